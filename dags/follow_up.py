"""整改跟踪

每天 8:00 复查已印发通报中的问题：重新访问、记录是否已经整改；到期前提醒，逾期列入清单。

**单位没有整改不会变红**：那是要报告的事实，写进清单。

**变红是我方的事**：网络、数据库或邮件服务器出错。看日志中“含义”“处理”“时限”三行。可以等到早上上班后处理，但不要过夜：
提醒信要在期限之前送到。清除红色任务即可重跑，已经发出的提醒不会再发。
"""

from datetime import timedelta

import pendulum
from airflow.sdk import CronTriggerTimetable, dag

import telling
from errand import Errand


@dag(
    schedule=CronTriggerTimetable("0 8 * * *", timezone="Asia/Shanghai"),
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    dag_display_name="整改跟踪",
    description="复查问题、到期提醒、报告逾期",
    doc_md=__doc__,
    tags=["整改"],
)
def follow_up() -> None:
    Errand(
        task_id="follow_up",
        task_display_name="复查与提醒",
        argv=["inspectorate", "follow-up"],
        subject="已印发的通报",
        pool="crawl",
        execution_timeout=timedelta(hours=2),
        on_failure_callback=telling.task_failed(),
    )


follow_up()
