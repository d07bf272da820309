"""What only a running Airflow can show: refusals asked again, nothing orphaned or unsigned, mails sent."""

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError

import live_quarter
import pytest
from live_quarter import Quarter, answer_until_refused, file_quarter, until
from test_errand import living, started

from demo.airflow_house import CHECKOUT, House, airflow_house, keeping_database, session_members
from demo.office import Question, answer_until_taken

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parent
DAGS = '''
"""Small DAGs of the test's own, with commands that do as they are told."""
import os
from datetime import timedelta
import errand, telling
from airflow.sdk import Param, dag
from errand import Errand
from signing import RecordedQuestion

errand.COMMANDS = (*errand.COMMANDS, "played")
MARKS = os.environ["TEST_MARKS"]

@dag(schedule=None, dag_display_name="签发")
def signing_trial():
    sign = RecordedQuestion(
        task_id="sign", command=["played", "sign", "--state", MARKS + "/settled"], subject="请签发",
        options=["同意签发", "退回修改"], options_mapping={"同意签发": "publish", "退回修改": "again"},
        params={"文号": Param("", type=["null", "string"])}, response_timeout=timedelta(hours=1))
    sign >> [Errand(task_id=name, argv=["played", "print", "好"]) for name in ("publish", "again")]

@dag(schedule=None, dag_display_name="久")
def long_trial():
    Errand.partial(task_id="long", retries=0, map_index_template="{{ task.subject }}").expand_kwargs(
        [{"argv": ["played", "family", f"{MARKS}/long{n}"], "subject": f"市教育局{n}"} for n in range(2)])

@dag(schedule=None, dag_display_name="红")
def red_trial():
    Errand(task_id="red", task_display_name="巡查网站", argv=["played", "exit", "3"], retries=0,
           on_failure_callback=telling.task_failed(waits=False))

signing_trial(), long_trial(), red_trial()
'''


@pytest.fixture(scope="module")
def marks() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="inspectorate-live-"))
    folder.chmod(0o711)  # as root the database server is another user, who must get through
    yield folder
    if not os.environ.get("KEEP_LIVE"):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def quarter(marks: Path, mails: tuple[str, list[bytes]]) -> Iterator[Quarter]:
    """A house with the trials, the real notice and its correction, and a quarter of the small office filed in it."""
    for name in ("state", "dags"):
        (marks / name).mkdir(mode=0o711)
    (marks / "dags" / "trials.py").write_text(DAGS, encoding="utf-8")
    for name in ("quarterly_notice.py", "correction_notice.py"):
        shutil.copy(CHECKOUT / "dags" / name, marks / "dags")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "INSPECTORATE_"))}
    environment = kept | {
        "INSPECTORATE_HOME": str(marks / "state"),
        "INSPECTORATE_TEST_VOLATILE": "1",
        "INSPECTORATE_SMTP_URL": f"smtp://127.0.0.1:{json.loads(mails[0])['port']}",
        "INSPECTORATE_MAIL_FROM": "xuncha@city.example",
        "INSPECTORATE_WATCH": "zhiban@city.example",
        "TEST_MARKS": str(marks),
        "PYTHONPATH": str(HERE),
        "AIRFLOW_CONN_SMTP_DEFAULT": mails[0],
    }
    settings = {
        "AIRFLOW__CORE__DAGS_FOLDER": str(marks / "dags"),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    }
    sessions: list[int] = []
    with (
        keeping_database(environment) as databases,
        airflow_house(marks / "airflow", databases, environment, settings) as up,
    ):
        sessions = [process.pid for process in up.components.values()]
        filed = Quarter(up, environment | {"INSPECTORATE_DSN": databases["inspectorate"]}, mails[1])
        file_quarter(filed, marks / "register")
        until(lambda: len(up.ask("GET", "/api/v2/dags")["dags"]) == 5, 60)
        up.unpause("signing_trial", "long_trial", "red_trial", "quarterly_notice", "correction_notice")
        yield filed
    assert not [pid for session in sessions for pid in session_members(session)], "something of Airflow runs on"


def trigger(house: House, dag: str) -> str:
    return str(house.ask("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None})["dag_run_id"])


def state(house: House, dag: str, run: str, task: str) -> tuple[str | None, int]:
    found = house.ask("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}")
    return found["state"], found["try_number"]


def a_deciders_signature_is_recorded_as_refused_and_asked_again(house: House, marks: Path) -> None:
    run = trigger(house, "signing_trial")
    until(lambda: state(house, "signing_trial", run, "sign") == ("awaiting_input", 1))
    asked = house.ask("GET", f"/api/v2/dags/signing_trial/dagRuns/{run}/hitlDetails")
    assert asked["hitl_details"][0]["subject"] == "题目由命令写出"
    question = Question(house, "signing_trial", run, "sign")
    with pytest.raises(HTTPError, match="403"):
        question.answer("watch", "同意签发", {"文号": "某政办秘〔2026〕1号"}, 60)
    told = answer_until_refused(question, "fuhe", "同意签发", {"文号": "某政办秘〔2026〕1号"})
    assert "已参与复核，不得签发" in told
    assert state(house, "signing_trial", run, "publish")[0] is None
    answer_until_taken(question, "qianfa", "同意签发", {})
    until(lambda: state(house, "signing_trial", run, "publish")[0] == "success")
    assert state(house, "signing_trial", run, "again")[0] == "skipped"
    rows = [json.loads(line) for line in (marks / "settled.answers").read_text().splitlines()]
    # Airflow itself may fail an answer that is very quick; then the same is answered and recorded once more.
    assert list(dict.fromkeys((row["by"], row["accepted"]) for row in rows)) == [("fuhe", False), ("qianfa", True)]
    assert sorted({int(row["try"]) for row in rows}) == [int(row["try"]) for row in rows]
    assert json.loads(rows[0]["form"]) == {"文号": "某政办秘〔2026〕1号"}
    assert {row["run"] for row in rows} == {run}
    assert {row["draft"] for row in rows} == {"a1b2"}  # what was asked about, whatever was drafted since


def what_is_settled_is_not_asked_again(house: House, marks: Path) -> None:
    (marks / "settled").touch()
    run = trigger(house, "signing_trial")
    until(lambda: state(house, "signing_trial", run, "publish")[0] == "success")
    assert "已印发" in house.log("signing_trial", run, "sign", 1)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def neither_a_killed_worker_nor_a_task_marked_failed_leaves_a_command_running(house: House, marks: Path) -> None:
    run = trigger(house, "long_trial")
    first, second = (started_live(marks / f"long{n}") for n in range(2))
    names = until(lambda: [t["rendered_map_index"] for t in house.tasks("long_trial", run) if t["rendered_map_index"]])
    assert set(names) <= {"市教育局0", "市教育局1"}
    path = f"/api/v2/dags/long_trial/dagRuns/{run}/taskInstances/long"
    task = int(house.ask("GET", f"{path}/0")["pid"])
    os.kill(parent(task), signal.SIGKILL)
    until(lambda: not any(living(pid) for pid in [task, *first]), 15)
    assert all(living(pid) for pid in second)
    house.ask("PATCH", f"{path}/1", {"new_state": "failed"})
    until(lambda: not any(living(pid) for pid in second), 30)


def started_live(file: Path) -> list[int]:
    until(file.exists, 60)
    return started(file)


def a_red_task_mails_who_is_on_watch_what_it_means(house: House, mails: tuple[str, list[bytes]]) -> None:
    run = trigger(house, "red_trial")
    until(lambda: state(house, "red_trial", run, "red")[0] == "failed")
    subject = "巡查任务失败：巡查网站（红）"
    (mail,) = until(lambda: [m for m in map(read_mail, list(mails[1])) if m["Subject"] == subject])
    assert mail["To"] == "zhiban@city.example"
    body = mail.get_body(("html", "plain")).get_content()  # type: ignore[union-attr]
    assert "原因在我方" in body
    assert "可以等到早上处理" in body
    assert "什么也没有读到" in house.log("red_trial", run, "red", 1)


def read_mail(mail: bytes) -> Message:
    return message_from_bytes(mail, policy=policy.default)


def test_a_running_airflow_keeps_its_promises(
    quarter: Quarter, marks: Path, mails: tuple[str, list[bytes]], subtests: pytest.Subtests
) -> None:
    """One test, since a house is too dear to be started by each worker of the test run that takes a part."""
    house = quarter.house
    with subtests.test("a deciders signature is recorded as refused and asked again"):
        a_deciders_signature_is_recorded_as_refused_and_asked_again(house, marks)
    with subtests.test("what is settled is not asked again"):
        what_is_settled_is_not_asked_again(house, marks)
    with subtests.test("neither a killed worker nor a task marked failed leaves a command running"):
        neither_a_killed_worker_nor_a_task_marked_failed_leaves_a_command_running(house, marks)
    with subtests.test("a red task mails who is on watch what it means"):
        a_red_task_mails_who_is_on_watch_what_it_means(house, mails)
    with subtests.test("the schedule skips what it missed and says so"):
        live_quarter.the_schedule_skips_what_it_missed_and_says_so(quarter)
    with subtests.test("nothing steps round a signature"):
        first = live_quarter.nothing_steps_round_a_signature(quarter)
        signed = live_quarter.a_run_started_by_hand_must_be_signed_too_and_then_sends_each_letter_once(quarter, first)
        live_quarter.after_publication_every_task_ends_green_and_changes_nothing(quarter, signed)
    with subtests.test("a backfill notes its quarter and leaves the published one as it is"):
        live_quarter.a_backfill_notes_its_quarter_and_leaves_the_published_one_as_it_is(quarter, marks)
    with subtests.test("a correction is signed by whoever took nothing back and sent once"):
        live_quarter.a_correction_is_signed_by_whoever_took_nothing_back_and_sent_once(quarter)
