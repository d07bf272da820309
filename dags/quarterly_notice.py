"""季度巡查通报

每季度末月的监测时间点（默认 10 日 10:00，北京时间）启动：固定范围 → 检查证据 → 判定 → 复算核对 → 时效检查。
正式巡查接着发核实函 → 人工复核 → 成稿 → 再次复算核对 → 签发 → 印发 → 通知整改；试算只出一份带水印的稿子。

- **正式还是试算**：按日程启动的是正式巡查。人工启动和补算都是试算，除非参数 `official` 指明。
- **哪个季度**：按日程和补算取逻辑日期所在的季度；人工启动取参数 `quarter`，不填则取启动时所在的季度。
- **补算**：`airflow backfill create` 或界面上的补算表单，只用当时的证据和当时有效的标准，出补算稿；
  不联网、不发信、不签发，不改动已印发的季度。没有证据的季度全部“待核”，不会算成合格。
- **签发人**不得是复核人：会被记录为“未被接受”并重新询问。填错文号也只是再问一次。
- **退回修改**回到复核，最多三轮；每一轮在图上都看得见。

**变红的含义**：看红色任务日志中“含义”“处理”“时限”（能否等到早上）三行。要点：

| 红色任务 | 含义 | 处理 |
|---|---|---|
| 确定季度 | 启动参数或日程与登记库不符 | 按提示改正后清除 |
| 检查证据 | 证据不足以判断（低于 90%），或有不可能的数据 | 当天补读，再人工启动本流程并勾选“正式巡查”和“另立一次”；\
时间已过的用 `vouch` 具名确认，不可能的数据用 `void` 作废，然后清除 |
| 复算核对 | 判定程序与 SQL 复算的结果不一致 | **立即找开发人员，不得继续签发** |
| 核实函、通知整改 | 有信没有发出或不知是否送达 | 看清单；状态不明的信不会自动再发 |
| 印发 | 没有对应这份稿子的签发记录 | 重新签发；任何“标记成功”都绕不过去 |

清除任何任务都可以重跑；印发之后再跑，前面的任务显示“已印发”，什么也不改。
"""

import logging
from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import DeadlineAlert, DeadlineReference, Param, SyncCallback, TaskGroup, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

import scope
import telling
from errand import AT_ONCE, MORNING, Errand, in_words, told_red
from quarters import BadQuarter, QuarterlyInspection, appointment, asked, missed
from signing import RecordedQuestion

log = logging.getLogger(__name__)
QUARTER = "{{ ti.xcom_pull(task_ids='open_quarter')['quarter'] }}"
PAPERS = "{{ ti.xcom_pull(task_ids='open_quarter')['papers'] }}"
INSPECTION = "{{ ti.xcom_pull(task_ids='freeze')['inspection'] }}"  # such as 2018Q3/2
OF = [QUARTER, "--inspection", INSPECTION]
OUT = ["--out", PAPERS + "/" + INSPECTION]
ROUNDS = 3
LATE = "需要补做的，请人工启动本流程，填写 quarter 并勾选 official；或清除本次运行。新装系统第一次启用时出现属正常。"
SIGN_FORM = {
    "文号": Param("", type=["null", "string"], title="文号（同意签发时必填）"),
    "成文日期": Param(None, type=["null", "string"], format="date", title="成文日期（不填为今天）"),
    "整改期限": Param(None, type=["null", "integer"], minimum=1, maximum=90, title="整改期限（天，不填按登记库）"),
}


def step(
    task_id: str, name: str, argv: Any, *, minutes: int = 60, frozen: bool = True, drafted: bool = False, **more: Any
) -> Errand:
    """One command on the run's inspection: `frozen` before it, and `drafted` by or before it."""
    return Errand(
        task_id=task_id,
        task_display_name=name,
        argv=argv,
        subject=QUARTER,
        rows="/desk/inspection/" + INSPECTION if frozen else "",
        docs="/desk/docs/" + INSPECTION if frozen else "",
        paper="/desk/paper/" + INSPECTION if drafted else "",
        execution_timeout=timedelta(minutes=minutes),
        on_failure_callback=telling.task_failed(waits=False),
        morning=AT_ONCE,
        **more,
    )


def audit(suite: str) -> list[str]:
    return ["inspectorate", "audit", QUARTER, suite, "--inspection", INSPECTION]


def question(stage: str, name: str, options: dict[str, str], **more: Any) -> RecordedQuestion:
    """One question to a person about the run's inspection, weighed and recorded by the door `sign`."""
    return RecordedQuestion(
        task_id=stage,
        task_display_name=name,
        command=["inspectorate", "sign", *OF, "--stage", stage],
        subject=f"{name}：{QUARTER}",
        options=list(options),
        options_mapping=options,
        response_timeout=timedelta(days=60),
        on_failure_callback=telling.task_failed(waits=False),
        **more,
    )


def review_round(number: int) -> tuple[TaskGroup, RecordedQuestion]:
    """Review, draft, sign. 退回修改 leads to the next round, so that every round stays to be seen."""
    following = f"round_{number + 1}.review" if number < ROUNDS else "give_up"
    with TaskGroup(f"round_{number}", group_display_name=f"第{'一二三'[number - 1]}轮") as group:
        review = question("review", "复核", {"复核完毕": f"round_{number}.draft"})
        draft = step("draft", "成稿", ["inspectorate", "draft", *OF, *OUT], drafted=True)
        # A draft is judged anew, with what people have said since: what is signed has been counted twice as well.
        recount = step("audit_ledger", "复算核对", audit("ledger"), retries=0)
        options = {"同意签发": "publish", "退回修改": following}
        sign = question("sign", "签发", options, params=SIGN_FORM)
        review >> draft >> recount >> sign
    return group, sign


def appointed(params: dict[str, Any], dag_run: Any) -> dict[str, Any]:
    """What this run is to inspect and how it freezes it; a run that cannot be about any quarter is refused in words."""
    try:
        found = asked(dag_run.run_type, dag_run.logical_date, dag_run.run_after, params, *scope.issuer_day())
    except BadQuarter as bad:
        waits = AT_ONCE if dag_run.run_type == "scheduled" else MORNING
        told = in_words(f"不能开始：{bad}。", "改正后清除本任务，或重新启动本流程。", waits)
        raise AirflowFailException(told_red(log, told)) from None
    if missed(dag_run.run_type, dag_run.logical_date, dag_run.start_date, dag_run.clear_number or 0):
        told = f"{found.quarter} 的监测时间点已过去超过一天，不再自动作正式巡查"
        telling.send(f"错过季度巡查：{found.quarter}", f"<p>{told}。{LATE}</p>")
        log.warning("%s。%s", told, LATE)
        raise AirflowSkipException(f"{told}。{LATE}")
    freeze = ["inspectorate", "freeze", str(found.quarter), "--inspected-at", found.inspected_at.isoformat()]
    freeze += ["--official"] if found.official else []
    freeze += ["--anew"] if params.get("anew") else []
    return {
        "quarter": str(found.quarter),
        "official": found.official,
        "freeze": freeze,
        "papers": scope.papers(),
    }


@dag(
    schedule=QuarterlyInspection.on(*appointment()),
    start_date=pendulum.datetime(2015, 3, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=4,
    dag_display_name="季度巡查通报",
    description="固定、检查、判定、核对、核实、复核、成稿、签发、印发、通知整改",
    doc_md=__doc__,
    tags=["通报"],
    params={
        "official": Param(False, type="boolean", title="正式巡查", description="人工启动和补算默认试算"),
        "quarter": Param(None, type=["null", "string"], title="季度", description="如 2018Q3；不填则按日期"),
        "anew": Param(False, type="boolean", title="另立一次", description="不沿用本季度已固定的巡查"),
    },
    deadline=DeadlineAlert(
        name="notice_in_twenty_days",
        # Not DAGRUN_QUEUED_AT: with it Airflow 3.3.2 answers 500 to every clearing of a run that still has time.
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=timedelta(days=20),
        callback=SyncCallback("telling.late", kwargs={"what": "季度巡查通报在监测日后 20 天仍未办结"}),
    ),
)
def quarterly_notice() -> None:
    @task(
        task_display_name="确定季度",
        retries=2,
        execution_timeout=timedelta(minutes=5),
        on_failure_callback=telling.task_failed(waits=False),
    )
    def open_quarter(params: dict[str, Any], dag_run: Any = None) -> dict[str, Any]:
        return appointed(params, dag_run)

    @task.branch(task_display_name="正式还是试算", retries=2, execution_timeout=timedelta(minutes=5))
    def standing(opened: dict[str, Any]) -> str:
        return "verify" if opened["official"] else "trial_draft"

    @task(task_display_name="三次退回", retries=0, execution_timeout=timedelta(minutes=5))
    def give_up() -> None:
        told = in_words("已三次退回修改。", "商定后清除第一轮的“复核”任务（含下游），重新走流程。", MORNING)
        raise AirflowFailException(told_red(log, told))

    opened = open_quarter()
    freeze = step("freeze", "固定范围", opened["freeze"], frozen=False)
    judged = (
        freeze
        >> step("audit_evidence", "检查证据", audit("evidence"))
        >> step("judge", "判定", ["inspectorate", "judge", *OF, *OUT], minutes=120)
        >> step("audit_ledger", "复算核对", audit("ledger"), retries=0)
        >> step("audit_service", "时效检查", audit("service"))
    )
    chosen = standing(opened)
    verify = step("verify", "发核实函", ["inspectorate", "notify", *OF, "--verify"])
    judged >> chosen >> [verify, step("trial_draft", "试算稿", ["inspectorate", "draft", *OF, *OUT], drafted=True)]
    publish = step(
        "publish", "印发", ["inspectorate", "publish", *OF], drafted=True, trigger_rule="none_failed_min_one_success"
    )
    before: Any = verify
    for number in range(1, ROUNDS + 1):
        group, sign = review_round(number)
        before >> group
        sign >> publish
        before = sign
    before >> give_up()
    publish >> step("notify", "通知整改", ["inspectorate", "notify", *OF], drafted=True)


quarterly_notice()
