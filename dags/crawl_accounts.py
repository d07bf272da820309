"""每夜巡查账号

每天 4:00 起读取各政务新媒体账号的公开来源；没有公开来源的账号以单位报送的发文台账为准，不在这里读取。
200 个以内每个账号一个任务，超过 200 个时分批。

**账号停更、登录墙或限流不会变红**：前者是证据，后两者记在“我方未能看到”里，该账号待核。

**变红是我方的事**：本机网络、代理、磁盘、数据库或程序出错。看红色任务日志中“含义”“处理”“时限”三行。一般可以等到早上；
监测日当天的夜里不能等。处理好后清除红色任务即可。
"""

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import CronTriggerTimetable, DeadlineAlert, DeadlineReference, SyncCallback, dag, task

import scope
import telling
from errand import errand_each


@dag(
    schedule=CronTriggerTimetable("0 4 * * *", timezone="Asia/Shanghai"),
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    dag_display_name="每夜巡查账号",
    description="读取各账号的公开来源",
    doc_md=__doc__,
    tags=["采集"],
    on_failure_callback=telling.run_failed(),
    deadline=DeadlineAlert(
        name="crawl_accounts_by_nine",
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=timedelta(hours=5),
        callback=SyncCallback("telling.late", kwargs={"what": "夜间巡查账号到早上 9 点还没有结束"}),
    ),
)
def crawl_accounts() -> None:
    @task(task_display_name="列出账号", retries=2, execution_timeout=timedelta(minutes=5))
    def in_scope() -> list[dict[str, Any]]:
        return scope.plan("account", scope.accounts())

    # All accounts of a platform share its host: few at once, whatever the machine could do.
    errand_each("crawl", "巡查账号", pool="accounts", hours=3).expand_kwargs(in_scope())


crawl_accounts()
