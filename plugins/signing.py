"""Who decides: a question to a person whose answer a command of ours weighs and records before it counts."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLBranchOperator, HITLOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from errand import DONE, MORNING, Errand, explain, in_words, told_red

DRAFT = "draft"  # the digest of what the person was asked to sign
TRIES = 99  # refusals before the task gives up; each is an answer of a person


class RecordedQuestion(HITLBranchOperator):
    """Asks, hands the answer to a command, and follows the branch of the answer only if the command accepts it.

    `command` is the argument list of a door of ours. Without further arguments it prints what is to be asked:
    `{"settled": bool, "because": str, "draft": sha256, "subject": str, "body": str}`; a settled question is not put to
    anybody and the first branch is followed (已印发, 已签发). With `--chosen TEXT --by SIGN_IN --form JSON --run RUN_ID
    --try N --draft SHA256` it records the answer, whether it takes it or not, and prints
    `{"accepted": bool, "because": str}`; the digest is the one that was asked about.

    Refused means raised: the retry asks again, and the refusal stays in our table, in the try's log and in the list
    of tries. A form that is not filled in properly asks again the same way.
    """

    template_fields = (*HITLOperator.template_fields, "command")

    def __init__(self, *, command: Sequence[str], **kwargs: Any) -> None:
        kwargs.setdefault("retries", TRIES)
        kwargs.setdefault("retry_delay", timedelta(seconds=1))
        super().__init__(**kwargs)
        self.command = command
        self._errand: Errand | None = None

    def execute(self, context: Any) -> Any:
        asked = self._told([])
        if asked.get("settled"):
            self.log.info("不再询问: %s", asked.get("because", ""))
            return self.do_branch(context, self.options_mapping[self.options[0]])
        context["ti"].xcom_push(key=DRAFT, value=asked.get("draft", ""))
        self.subject = asked.get("subject") or self.subject
        self.body = asked.get("body") or self.body
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        answer = HITLOperator.execute_complete(self, context, event)  # checks the options and the form
        chosen = answer["chosen_options"][0]
        # The sign-in name, as at the desk; `id` is that name under one auth manager and a number under another (FAB).
        who = (answer["responded_by_user"] or {}).get("name")
        if not who:
            raise AirflowException("没有人作答，不能代为决定；请重新作答。")
        run = context["ti"]
        weighed = self._told(
            [
                *("--chosen", chosen),
                *("--by", who),
                *("--form", json.dumps(answer["params_input"], ensure_ascii=False, sort_keys=True)),
                *("--run", run.run_id),
                *("--try", str(run.try_number)),
                *("--draft", run.xcom_pull(task_ids=run.task_id, key=DRAFT) or ""),
            ]
        )
        if weighed.get("accepted") is not True:
            refused = f"{chosen}（{who}）未被接受: {weighed.get('because', '')}。请重新作答。"
            raise AirflowException(told_red(self.log, refused))
        self.log.info("%s（%s）已记录", chosen, who)
        return self.do_branch(context, self.options_mapping[chosen])

    def validate_params_input(self, params_input: Mapping[str, Any]) -> None:
        """A field that is left out keeps its default; what the form does not have is refused in words."""
        if unknown := set(params_input) - set(self.params):
            told = f"表单中没有这些栏: {'、'.join(sorted(unknown))}。请重新作答。"
            raise AirflowException(told_red(self.log, told))

    def process_trigger_event_error(self, event: dict[str, Any]) -> None:
        """Nobody answered in time, or Airflow itself failed to listen: asked again by hand, never decided."""
        late = event.get("error_type") == "timeout"
        what = "期限内无人作答" if late else f"等待作答时 Airflow 出错（{event.get('error', '')}）"
        told = in_words(f"{what}，没有作任何决定。", "请有关人员到位后清除本任务，重新询问。", MORNING)
        raise AirflowFailException(told_red(self.log, told))

    def _told(self, more: Sequence[str]) -> Mapping[str, Any]:
        """Run the command and read what it prints; anything but success is ours and red."""
        self._errand = Errand(task_id=self.task_id, argv=())
        ended = self._errand.run_command([*self.command, *more])
        if ended.status != DONE:
            raise AirflowException(told_red(self.log, explain(ended, MORNING)))
        return ended.data

    def on_kill(self) -> None:
        if self._errand is not None:
            self._errand.on_kill()
