"""访问首页（每 30 分钟）

每 30 分钟访问一次所有正常运行网站的首页，记下能否打开、用了几秒。监测时间点前七天的记录决定“站点无法访问”。

**网站打不开不会变红**：那是对方的情况，记一行就是了。

**变红是我方的事**：网络、代理、磁盘或数据库出了问题，这一次没有可用的记录，按“未知”处理，不会算到任何网站头上。
看任务日志中“含义”“处理”“时限”三行。偶尔红一次可以等到早上；监测时间点前七天里连续变红，要当天处理，
否则访问次数不足，网站只能判为“待核”。不必补跑：下一个半小时会照常访问。
"""

from datetime import timedelta

import pendulum
from airflow.sdk import CronTriggerTimetable, dag

from errand import MORNING, Errand


@dag(
    schedule=CronTriggerTimetable("*/30 * * * *", timezone="Asia/Shanghai"),
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    dag_display_name="访问首页（每 30 分钟）",
    description="访问一次所有网站首页，记录可用性",
    doc_md=__doc__,
    tags=["采集"],
)
def probe_sites() -> None:
    # One retry, soon: visits less than 15 minutes apart count as one. Who is on watch reads of it in the morning.
    Errand(
        task_id="probe",
        task_display_name="访问首页",
        argv=["scrapers", "probe"],
        subject="全部网站首页",
        retries=1,
        retry_delay=timedelta(minutes=1),
        execution_timeout=timedelta(minutes=25),
        pool="crawl",
        morning=MORNING,
    )


probe_sites()
