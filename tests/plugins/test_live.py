"""What only a running Airflow can show: refusals asked again, nothing orphaned, quarters in the grid, mails sent."""

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from test_errand import living, started

from demo.airflow_house import House, airflow_house, keeping_database, session_members

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parent
DAGS = '''
"""Small DAGs of the test's own, with commands that do as they are told."""
import os
from datetime import timedelta
import errand, pendulum, telling
from airflow.sdk import Param, dag, task
from errand import Errand
from quarters import QuarterlyInspection
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

@dag(schedule=QuarterlyInspection(), start_date=pendulum.datetime(2015, 3, 1, tz="Asia/Shanghai"), catchup=False)
def quarterly_notice():
    @task
    def quarter(dag_run=None):
        return str(dag_run.logical_date)
    quarter()

signing_trial(), long_trial(), red_trial(), quarterly_notice()
'''


@pytest.fixture(scope="module")
def marks() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="inspectorate-live-"))
    folder.chmod(0o711)  # as root the database server is another user, who must get through
    yield folder
    if not os.environ.get("KEEP_LIVE"):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def house(marks: Path, mails: tuple[str, list[bytes]]) -> Iterator[House]:
    for name in ("state", "dags"):
        (marks / name).mkdir(mode=0o711)
    (marks / "dags" / "trials.py").write_text(DAGS, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "INSPECTORATE_"))}
    environment = kept | {
        "INSPECTORATE_HOME": str(marks / "state"),
        "INSPECTORATE_TEST_VOLATILE": "1",
        "INSPECTORATE_WATCH": "zhiban@city.example",
        "TEST_MARKS": str(marks),
        "PYTHONPATH": str(HERE),
        "AIRFLOW_CONN_SMTP_DEFAULT": mails[0],
    }
    settings = {"AIRFLOW__CORE__DAGS_FOLDER": str(marks / "dags")}
    sessions: list[int] = []
    with (
        keeping_database(environment) as databases,
        airflow_house(marks / "airflow", databases, environment, settings) as up,
    ):
        sessions = [process.pid for process in up.components.values()]
        until(lambda: len(up.ask("GET", "/api/v2/dags")["dags"]) == 4, 60)
        up.unpause("signing_trial", "long_trial", "red_trial", "quarterly_notice")
        yield up
    assert not [pid for session in sessions for pid in session_members(session)], "something of Airflow runs on"


def until(fact: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := fact():
            return found
        time.sleep(0.5)
    raise AssertionError(f"not so after {seconds} s")


def trigger(house: House, dag: str) -> str:
    return str(house.ask("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None})["dag_run_id"])


def state(house: House, dag: str, run: str, task: str) -> tuple[str | None, int]:
    found = house.ask("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}")
    return found["state"], found["try_number"]


def answer(house: House, run: str, who: str, chosen: str, form: dict[str, Any]) -> Any:
    time.sleep(3)  # an answer within the first moment of waiting meets the executor's own event and fails the task
    path = f"/api/v2/dags/signing_trial/dagRuns/{run}/taskInstances/sign/-1/hitlDetails"
    return house.ask("PATCH", path, {"chosen_options": [chosen], "params_input": form}, who=who)


def a_deciders_signature_is_recorded_as_refused_and_asked_again(house: House, marks: Path) -> None:
    run = trigger(house, "signing_trial")
    until(lambda: state(house, "signing_trial", run, "sign") == ("awaiting_input", 1))
    asked = house.ask("GET", f"/api/v2/dags/signing_trial/dagRuns/{run}/hitlDetails")
    assert asked["hitl_details"][0]["subject"] == "题目由命令写出"
    with pytest.raises(HTTPError, match="403"):
        answer(house, run, "watch", "同意签发", {"文号": "某政办秘〔2026〕1号"})
    answer(house, run, "fuhe", "同意签发", {"文号": "某政办秘〔2026〕1号"})
    until(lambda: state(house, "signing_trial", run, "sign") == ("awaiting_input", 2))
    assert "已参与复核，不得签发" in house.log("signing_trial", run, "sign", 1)
    assert state(house, "signing_trial", run, "publish")[0] is None
    answer(house, run, "qianfa", "同意签发", {"文号": None})
    until(lambda: state(house, "signing_trial", run, "publish")[0] == "success")
    assert state(house, "signing_trial", run, "again")[0] == "skipped"
    rows = [json.loads(line) for line in (marks / "settled.answers").read_text().splitlines()]
    assert [(row["by"], row["accepted"], row["try"]) for row in rows] == [("fuhe", False, "1"), ("qianfa", True, "2")]
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


def the_grid_says_the_quarter_of_backfilled_and_scheduled_runs(house: House) -> None:
    body = {
        "dag_id": "quarterly_notice",
        "from_date": "2018-07-01T00:00:00+08:00",
        "to_date": "2018-12-31T00:00:00+08:00",
        "run_backwards": False,
        "dag_run_conf": {},
        "reprocess_behavior": "none",
        "max_active_runs": 2,
    }
    house.ask("POST", "/api/v2/backfills", body)
    trigger(house, "quarterly_notice")
    until(lambda: len([r for r in house.runs("quarterly_notice") if r["note"]]) >= 4)
    notes = {run["run_type"]: [] for run in house.runs("quarterly_notice")}
    for run in house.runs("quarterly_notice"):
        notes[run["run_type"]].append(run["note"])
    assert sorted(notes["backfill"]) == ["2018Q3 补算（试算）", "2018Q4 补算（试算）"]
    assert len(notes["scheduled"]) == 1
    assert notes["scheduled"][0].endswith("定期（正式）")
    assert notes["manual"][0].endswith("人工启动（试算）")
    assert any(run["dag_run_id"].startswith("scheduled__20") for run in house.runs("quarterly_notice"))


def a_red_task_mails_who_is_on_watch_what_it_means(house: House, mails: tuple[str, list[bytes]]) -> None:
    run = trigger(house, "red_trial")
    until(lambda: state(house, "red_trial", run, "red")[0] == "failed")
    mail = message_from_bytes(until(lambda: mails[1])[0], policy=policy.default)
    assert mail["To"] == "zhiban@city.example"
    assert mail["Subject"] == "巡查任务失败：巡查网站（红）"
    body = mail.get_body(("html", "plain")).get_content()  # type: ignore[union-attr]
    assert "原因在我方" in body
    assert "可以等到早上处理" in body
    assert "什么也没有读到" in house.log("red_trial", run, "red", 1)


def test_a_running_airflow_keeps_its_promises(
    house: House, marks: Path, mails: tuple[str, list[bytes]], subtests: pytest.Subtests
) -> None:
    """One test, since a house is too dear to be started by each worker of the test run that takes a part."""
    with subtests.test("a deciders signature is recorded as refused and asked again"):
        a_deciders_signature_is_recorded_as_refused_and_asked_again(house, marks)
    with subtests.test("what is settled is not asked again"):
        what_is_settled_is_not_asked_again(house, marks)
    with subtests.test("neither a killed worker nor a task marked failed leaves a command running"):
        neither_a_killed_worker_nor_a_task_marked_failed_leaves_a_command_running(house, marks)
    with subtests.test("the grid says the quarter of backfilled and scheduled runs"):
        the_grid_says_the_quarter_of_backfilled_and_scheduled_runs(house)
    with subtests.test("a red task mails who is on watch what it means"):
        a_red_task_mails_who_is_on_watch_what_it_means(house, mails)
