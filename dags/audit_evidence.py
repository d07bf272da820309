"""每早检查证据

每天 7:30 做两件事：

1. 监测日前 14 天起，检查证据是否够用：首页访问次数不足的网站、还没有读到的账号、尚未确认的栏目、我方未能看到的内容。
2. 给值班人员发一封早报：过去 24 小时失败的运行、证据缺口、距监测日还有几天。

**“检查证据”变红**：够不着可以判断的底线（有来源的网站或账号读到的不足 90%，或有不可能的数据），或检查本身出错。
看日志中“含义”“处理”“时限”三行。监测日前三天之内不能等，当天补读；更早可以在工作时间处理。
**“早报”变红**：邮件没有发出去，检查邮件服务器（SMTP）连接。不影响巡查。
"""

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import CronTriggerTimetable, dag, task

import quarters
import scope
import telling
from errand import Errand

DAYS = 14  # before the inspection, from which on the evidence is looked at each morning
QUARTER_HOURS = range(0, 24 * 60, 30)
NIGHTLY = {"probe_sites": QUARTER_HOURS, "crawl_sites": [60], "crawl_accounts": [240], "follow_up": [480]}


@dag(
    schedule=CronTriggerTimetable("30 7 * * *", timezone="Asia/Shanghai"),
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    dag_display_name="每早检查证据",
    description="监测日前 14 天起检查证据是否够用，并发早报",
    doc_md=__doc__,
    tags=["采集", "质量"],
)
def audit_evidence() -> None:
    @task.branch(task_display_name="距监测日", retries=2, execution_timeout=timedelta(minutes=5))
    def due(dag_run: Any = None, ti: Any = None) -> str | None:
        now = dag_run.logical_date or dag_run.run_after
        quarter, left = quarters.ahead(now, *scope.issuer_day())
        ti.xcom_push(key="quarter", value=str(quarter))
        ti.xcom_push(key="ahead", value=f"距 {quarter.title}监测时间点还有 {left.days} 天。")
        return "audit" if left <= timedelta(days=DAYS) else None

    quarter = "{{ ti.xcom_pull(task_ids='due', key='quarter') }}"
    audit = Errand(
        task_id="audit",
        task_display_name="检查证据",
        argv=["inspectorate", "audit", quarter, "evidence", "--readiness"],
        subject=quarter,
        docs="/desk/docs/" + quarter,
        retries=1,
        execution_timeout=timedelta(minutes=30),
    )

    @task(task_display_name="早报", trigger_rule="all_done", retries=3, execution_timeout=timedelta(minutes=5))
    def digest(ti: Any = None, dag_run: Any = None) -> None:
        now = dag_run.logical_date or dag_run.run_after
        red = {
            name: ti.get_dr_count(dag_id=name, logical_dates=telling.ticks(now, minutes), states=["failed"])
            for name, minutes in NIGHTLY.items()
        }
        audited = ti.xcom_pull(task_ids="audit") or ti.xcom_pull(task_ids="audit", key="statistics") or {}
        ahead = ti.xcom_pull(task_ids="due", key="ahead") or "登记库未能读取，不知道监测日。"
        telling.send(*telling.digest(now, red, audited.get("lines", []), ahead))

    # As a teardown it runs whatever became of the audit, and does not paint a red run green.
    due() >> audit >> digest().as_teardown()


audit_evidence()
