"""每夜巡查网站

每天 1:00 起读取所有正常运行网站的首页、栏目和信箱，把看到的写入证据库。200 个以内每个网站一个任务，
超过 200 个时分批。

**网站慢、打不开或栏目是空的不会变红**：那是证据。某一页我们读不懂也不变红，记在“我方未能看到”里，该栏目待核。
**粉色（跳过）**：对方的防火墙拦住了我方，整个网站没有读到；可请该单位放行我方地址。

**变红是我方的事**：本机网络、代理、磁盘、数据库或程序出错。看红色任务日志中“含义”“处理”“时限”三行。一般可以等到早上；
监测日当天和前一天的夜里不能等：监测时间点前 36 小时内没有读到，就不能认定任何问题。
处理好后清除红色任务即可，只重读那几个网站，已写入的不会重复。
"""

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import CronTriggerTimetable, DeadlineAlert, DeadlineReference, SyncCallback, dag, task

import scope
import telling
from errand import errand_each


@dag(
    schedule=CronTriggerTimetable("0 1 * * *", timezone="Asia/Shanghai"),
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    dag_display_name="每夜巡查网站",
    description="读取所有网站的首页、栏目和信箱",
    doc_md=__doc__,
    tags=["采集"],
    on_failure_callback=telling.run_failed(),
    deadline=DeadlineAlert(
        name="crawl_sites_by_nine",
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=timedelta(hours=8),
        callback=SyncCallback("telling.late", kwargs={"what": "夜间巡查网站到早上 9 点还没有结束"}),
    ),
)
def crawl_sites() -> None:
    @task(task_display_name="列出网站", retries=2, execution_timeout=timedelta(minutes=5))
    def in_scope() -> list[dict[str, Any]]:
        return scope.plan("site", scope.sites(), scope.pictures())

    errand_each("crawl", "巡查网站", pool="crawl", hours=4).expand_kwargs(in_scope())


crawl_sites()
