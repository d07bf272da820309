"""更正通报

印发之后发现误判时用。先逐条撤销认定（`inspectorate reverse 判定编号 --reason … --by …`），再人工启动本流程：
成稿（数据重新计算）→ 签发 → 印发 → 向收到原通报的单位各发一封更正函。原通报照存不动；撤销之后即不再催办。

- **季度**填原通报的季度，如 2018Q3；一个季度有几次巡查的，另填已印发的那一次的编号。
- **签发人**不得复核过、也不得撤销过所列问题：会被记录为“未被接受”并重新询问。填错文号也只是再问一次。
- **退回修改**：本次运行到此为止（“退回修改”变红）。撤销或恢复认定之后，清除“成稿”（含下游）重新走。

**变红的含义**：看红色任务日志中“含义”“处理”“时限”三行。要点：

| 红色任务 | 含义 | 处理 |
|---|---|---|
| 成稿 | 没有撤销过认定，或该季度尚未印发 | 先用 `reverse` 撤销，再清除；未印发的用复核台复核 |
| 签发 | 期限内无人作答 | 有关人员到位后清除，重新询问 |
| 印发 | 没有对应这份稿子的签发记录 | 清除“成稿”（含下游），重新签发；任何“标记成功”都绕不过去 |
| 发更正函 | 有信没有发出或不知是否送达 | 看清单；状态不明的信不会自动再发 |

都可以等到早上处理，但不要拖延：点错名的单位在等更正。清除任何任务都可以重跑；印发之后再跑，什么也不改。
"""

import logging
from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

import scope
import telling
from errand import MORNING, Errand, in_words, told_red
from signing import RecordedQuestion

log = logging.getLogger(__name__)
OF = ["{{ params.quarter }}", "--inspection", "{{ params.inspection or '' }}", "--correction"]
DRAFTED = "{{ ti.xcom_pull(task_ids='draft')['inspection'] }}"  # such as 2018Q3/1
SIGN_FORM = {
    "文号": Param("", type=["null", "string"], title="文号（同意签发时必填）"),
    "成文日期": Param(None, type=["null", "string"], format="date", title="成文日期（不填为今天）"),
}


def step(door: str, name: str, more: list[str] | None = None, *, drafted: bool = True) -> Errand:
    """One command on the correction; `drafted`: the draft before it says which inspection it is about."""
    return Errand(
        task_id=door,
        task_display_name=name,
        argv=["inspectorate", door, *OF, *(more or [])],
        subject="{{ params.quarter }}",
        rows="/desk/inspection/" + DRAFTED if drafted else "",
        paper="/desk/paper/" + DRAFTED + "?correction=draft" if drafted else "",
        on_failure_callback=telling.task_failed(),
    )


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    dag_display_name="更正通报",
    description="印发之后撤销误判：成稿、签发、印发、发更正函",
    doc_md=__doc__,
    tags=["通报"],
    params={
        "quarter": Param(type="string", pattern=r"^\d{4}Q[1-4]$", title="季度", description="原通报的季度，如 2018Q3"),
        "inspection": Param(None, type=["null", "integer"], minimum=1, title="巡查编号", description="不填取正式的"),
    },
)
def correction_notice() -> None:
    @task(task_display_name="确定文件夹", retries=2, execution_timeout=timedelta(minutes=5))
    def folder(params: dict[str, Any]) -> str:
        return f"{scope.papers()}/{params['quarter']}/correction"

    @task(task_display_name="退回修改", retries=1, execution_timeout=timedelta(minutes=5))
    def returned() -> None:
        told = in_words("更正稿被退回修改。", "撤销或恢复认定之后，清除“成稿”任务（含下游）重新走流程。", MORNING)
        raise AirflowFailException(told_red(log, told))

    where = folder()
    sign = RecordedQuestion(
        task_id="sign",
        task_display_name="签发",
        command=["inspectorate", "sign", *OF, "--stage", "sign"],
        subject="签发更正通报：{{ params.quarter }}",
        options=["同意签发", "退回修改"],
        options_mapping={"同意签发": "publish", "退回修改": "returned"},
        params=SIGN_FORM,
        response_timeout=timedelta(days=60),
        on_failure_callback=telling.task_failed(),
    )
    draft = step("draft", "成稿", ["--out", "{{ ti.xcom_pull(task_ids='folder') }}"], drafted=False)
    publish = step("publish", "印发")
    where >> draft >> sign >> [publish, returned()]
    publish >> step("notify", "发更正函")


correction_notice()
