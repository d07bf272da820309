"""每日检测链接

每天 12:30 起检测各网站首页和部分栏目页上的链接，并在页面上查找暗链、涉赌涉黄链接、商业广告、个人信息和错误表述
（清单由办公室自己维护：状态目录中的 wrong_words.csv，列名“错误表述”“正确表述”“例外”）。
先试上次没打开的，再试没试过的；没做完的第二天接着做。已关停或迁移的网站每季度看一次，查其域名是否被他人占用。

**链接打不开不会变红**：那是证据。隔开时间三次都打不开才算断链；对方防火墙拦住的不算。找到的迹象都只供人工核查。
**粉色（跳过）**：对方的防火墙拦住了我方。

**变红是我方的事**：本机网络、代理、磁盘、数据库或程序出错；清单写错也会变红，日志说明哪一行
错在哪里。看红色任务日志中“含义”“处理”“时限”三行。可以等到第二天早上：清除红色任务即可，已写入的不会重复。
"""

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import CronTriggerTimetable, dag, task

import scope
import telling
from errand import Errand, errand_each


@dag(
    schedule=CronTriggerTimetable("30 12 * * *", timezone="Asia/Shanghai"),
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    dag_display_name="每日检测链接",
    description="检测链接，查找暗链、个人信息和错误表述，每季度看一次已关停网站",
    doc_md=__doc__,
    tags=["采集"],
    on_failure_callback=telling.run_failed(),
)
def check_links() -> None:
    @task(task_display_name="列出网站", retries=2, execution_timeout=timedelta(minutes=5))
    def in_scope() -> list[dict[str, Any]]:
        return scope.plan("links", scope.sites())

    errand_each("links", "检测链接", pool="crawl", hours=4).expand_kwargs(in_scope())

    Errand(
        task_id="closed",
        task_display_name="查看已关停网站",
        argv=["scrapers", "closed"],
        subject="已关停网站",
        rows="",
        skips_walls=True,
        pool="crawl",
    )


check_links()
