"""The real quarterly notice under a running Airflow: what stands in the way of a paper that nobody signed."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from demo.airflow_house import House
from demo.office import Question, answer_until_taken
from inspectorate.store import database
from tests.signing.office import AT, FINDING, SHUT, SILENT, file_register, visits

DAG = "quarterly_notice"
OVER = {"success", "skipped", "failed", "upstream_failed"}
KEPT = (
    "select (select count(*) from signature), (select count(*) from publication), (select count(*) from outbox),"
    " (select md5(string_agg(digest, ',' order by position)) from finding where quarter = '2018Q3' and number = 1),"
    " (select string_agg(sha256, ',' order by name) from published_file)"
)


def until(fact: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := fact():
            return found
        time.sleep(0.5)
    raise AssertionError(f"not so after {seconds} s")


def answer_until_refused(question: Question, who: str, chosen: str, form: Mapping[str, Any]) -> str:
    """Answer as somebody who may not; the words of the refusal. Airflow itself may fail an answer that is too quick."""
    for tries in range(3):
        assert not question.answer(who, chosen, form, 120, thinks=3 * 4**tries), "an answer was taken that must not be"
        if "未被接受" in (told := question.refusal()):
            return told
    raise AssertionError("never refused in words")


@dataclass
class Quarter:
    """The small office's third quarter of 2018, as its people and the person on watch handle it."""

    house: House
    env: Mapping[str, str]
    mails: list[bytes]
    dag: str = DAG

    def must(self, *argv: str) -> str:
        """One command of ours as a clerk types it; its stdout."""
        ended = subprocess.run(
            [sys.executable, "-m", "inspectorate", *argv],
            env=dict(self.env),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, (argv, ended.stderr)
        return ended.stdout

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        connection = database.connect(self.env["INSPECTORATE_DSN"])
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            rows = cursor.fetchall()
        connection.close()
        return rows

    def letters(self, word: str) -> list[str]:
        """Who got a letter with that word in its subject, once for each time that it came."""
        read = [message_from_bytes(mail, policy=policy.default) for mail in list(self.mails)]
        return [mail["To"].addresses[0].addr_spec for mail in read if word in str(mail["Subject"])]

    # Airflow

    def start(self, **conf: Any) -> str:
        body = {"logical_date": None, "conf": conf}
        return str(self.house.ask("POST", f"/api/v2/dags/{self.dag}/dagRuns", body)["dag_run_id"])

    def states(self, run: str) -> dict[str, str | None]:
        return {task["task_id"]: task["state"] for task in self.house.tasks(self.dag, run)}

    def reach(self, run: str, task: str, *states: str, seconds: float = 240) -> None:
        deadline = time.monotonic() + seconds
        while (now := self.states(run))[task] not in states:
            assert time.monotonic() < deadline, f"{task} is not {states}: {now}"
            time.sleep(0.5)

    def mark_success(self, run: str, task: str) -> None:
        self.house.ask("PATCH", f"/api/v2/dags/{self.dag}/dagRuns/{run}/taskInstances/{task}", {"new_state": "success"})

    def clear(self, run: str, *tasks: str) -> None:
        """Clear tasks of a run that is over; a clearing in the moment in which it ends is lost."""
        until(lambda: self.house.ask("GET", f"/api/v2/dags/{self.dag}/dagRuns/{run}")["state"] in ("success", "failed"))
        body = {"dry_run": False, "dag_run_id": run, "task_ids": list(tasks), "only_failed": False}
        self.house.ask("POST", f"/api/v2/dags/{self.dag}/clearTaskInstances", body)

    def question(self, run: str, task: str) -> Question:
        return Question(self.house, self.dag, run, task)

    def log(self, run: str, task: str) -> str:
        found = self.house.ask("GET", f"/api/v2/dags/{self.dag}/dagRuns/{run}/taskInstances/{task}")
        return self.house.log(self.dag, run, task, found["try_number"])


def file_quarter(quarter: Quarter, folder: Path) -> None:
    """The register, a week of visits to a site that was shut, and somebody's word for what nobody read."""
    quarter.must("import", str(file_register(folder)))
    quarter.must("import-visits", str(visits(folder / "visits.csv", SHUT, "timeout")))
    quarter.must("freeze", "2018Q3", "--official", "--inspected-at", AT.isoformat())
    quarter.must("vouch", "2018Q3", "site_floor", "--by", "fuhe", "--reason", "一家网站正在迁移，没有来源")


def review(quarter: Quarter) -> None:
    quarter.must("decide", FINDING, "upheld", "--reason", "已核实", "--by", "fuhe")
    quarter.must("set-aside", SILENT, "2018Q3", "--reason", "网站迁移中", "--by", "fuhe")
    lines = [json.loads(line) for line in quarter.must("findings", "2018Q3").splitlines()]
    for clause in {f["clause"] for f in lines if f["outcome"] == "not_examined" and f["consequence"] == "veto"}:
        quarter.must("attest", clause, "2018Q3", "--by", "fuhe")


def nothing_steps_round_a_signature(quarter: Quarter) -> str:
    """Mark-success, clear and the refused signature of a decider; the run that they were tried on."""
    run = quarter.start(quarter="2018Q3", official=True)
    quarter.reach(run, "round_1.review", "awaiting_input")
    assert quarter.letters("核实") == ["yi@one.test"]
    review(quarter)
    answer_until_taken(quarter.question(run, "round_1.review"), "fuhe", "复核完毕", {})
    quarter.reach(run, "round_1.sign", "awaiting_input")
    sign = quarter.question(run, "round_1.sign")
    with pytest.raises(HTTPError, match="403"):
        sign.answer("watch", "同意签发", {"文号": "1"}, 60)

    # The signature alone leads to the next round's question; whoever wants to publish must mark every round.
    for task in ("round_1.sign", *(t for t in quarter.states(run) if t.startswith(("round_2", "round_3", "give_up")))):
        quarter.mark_success(run, task)
    quarter.reach(run, "publish", "failed")
    assert "没有有效的签发记录，不得印发" in quarter.log(run, "publish")
    quarter.mark_success(run, "publish")
    quarter.clear(run, "notify")
    quarter.reach(run, "notify", "failed")
    assert "尚未印发" in quarter.log(run, "notify")
    quarter.clear(run, "publish")
    quarter.reach(run, "publish", "failed")

    quarter.clear(run, "round_1.sign")
    quarter.reach(run, "round_1.sign", "awaiting_input")
    answer_until_refused(sign, "fuhe", "同意签发", {"文号": "1"})
    assert set(quarter.ask("select by, accepted from signing_answer where stage = 'sign'")) == {("fuhe", False)}
    assert quarter.ask(KEPT)[0][:2] == (0, 0)
    assert quarter.letters("限期整改") == []
    return run


def a_run_started_by_hand_must_be_signed_too_and_then_sends_each_letter_once(quarter: Quarter, first: str) -> str:
    run = quarter.start(quarter="2018Q3", official=True)
    quarter.reach(run, "round_1.review", "awaiting_input")
    assert quarter.ask("select number, standing from inspection where quarter = '2018Q3'") == [(1, "official")]
    answer_until_taken(quarter.question(run, "round_1.review"), "fuhe", "复核完毕", {})
    quarter.reach(run, "round_1.sign", "awaiting_input")
    assert quarter.ask(KEPT)[0][:2] == (0, 0)
    answer_until_taken(quarter.question(run, "round_1.sign"), "qianfa", "同意签发", {"文号": "200"})
    quarter.reach(run, "notify", "success")
    # The question that still stood open is answered by what was published, whoever answers it.
    answer_until_taken(quarter.question(first, "round_1.sign"), "fuhe", "同意签发", {"文号": "201"})
    quarter.clear(first, "publish", "notify")
    quarter.reach(first, "notify", "success")
    assert "不再签发" in quarter.log(first, "round_1.sign")
    assert quarter.letters("核实") == quarter.letters("限期整改") == ["yi@one.test"]
    return run


def after_publication_every_task_ends_green_and_changes_nothing(quarter: Quarter, run: str) -> None:
    before, mails = quarter.ask(KEPT), len(quarter.mails)
    tasks = {t["task_id"]: t["start_date"] for t in quarter.house.tasks(DAG, run) if t["state"] == "success"}
    quarter.clear(run, *tasks)
    again = until(lambda: _begun_again(quarter, run, tasks), 180)
    assert set(again.values()) == {"success"}
    for task in ("judge", "round_1.draft", "round_1.sign", "publish"):
        assert "已印发" in quarter.log(run, task), task
    assert (quarter.ask(KEPT), len(quarter.mails)) == (before, mails)


def _begun_again(quarter: Quarter, run: str, tasks: Mapping[str, str]) -> dict[str, str] | None:
    """The states of tasks that were cleared, once each of them has run anew."""
    now = {t["task_id"]: t for t in quarter.house.tasks(DAG, run) if t["task_id"] in tasks}
    if any(now[name]["start_date"] == was or now[name]["state"] not in OVER for name, was in tasks.items()):
        return None
    return {name: task["state"] for name, task in now.items()}


def a_backfill_notes_its_quarter_and_leaves_the_published_one_as_it_is(quarter: Quarter, folder: Path) -> None:
    """2018Q3 with evidence that came late and clears the site; 2018Q4 with none."""
    quarter.must("import-visits", str(visits(folder / "late.csv", SHUT, "opened", source="另一监测")))
    before, mails = quarter.ask(KEPT), len(quarter.mails)
    body = {
        "dag_id": DAG,
        "from_date": "2018-07-01T00:00:00+08:00",
        "to_date": "2018-12-31T00:00:00+08:00",
        "run_backwards": False,
        "dag_run_conf": {},
        "reprocess_behavior": "none",
        "max_active_runs": 2,
    }
    quarter.house.ask("POST", "/api/v2/backfills", body)
    runs = until(lambda: _backfilled(quarter), 180)
    assert {run["note"]: run["state"] for run in runs} == {
        "2018Q3 补算（试算）": "success",
        "2018Q4 补算（试算）": "success",
    }
    assert (quarter.ask(KEPT), len(quarter.mails)) == (before, mails)
    assert quarter.ask(
        "select number, published, rows -> 0 -> 'was' ->> 'verdict' from difference where number > 1"
    ) == [(2, 1, "不合格")]
    papers = Path(quarter.env["INSPECTORATE_HOME"], "papers")
    bare = [json.loads(line) for line in (papers / "2018Q4/1/verdicts.jsonl").read_text("utf-8").splitlines()]
    assert {(row["subject"], row["verdict"]) for row in bare} == {(SHUT, "unjudged"), (SILENT, "unjudged")}
    assert (papers / "2018Q3/2/notice.docx").is_file()


def _backfilled(quarter: Quarter) -> list[dict[str, Any]]:
    runs = [run for run in quarter.house.runs(DAG) if run["run_type"] == "backfill"]
    return runs if len(runs) == 2 and all(run["state"] in ("success", "failed") for run in runs) else []


def the_schedule_skips_what_it_missed_and_says_so(quarter: Quarter) -> None:
    """Unpaused, the timetable starts the last quarter that is over; only a person may make up for that, by name."""
    run = until(lambda: [run for run in quarter.house.runs(DAG) if run["run_type"] == "scheduled"])[0]
    until(lambda: quarter.letters("错过季度巡查"), 60)
    assert run["note"].endswith("定期（正式）")
    assert run["dag_run_id"] == "scheduled__" + run["note"].partition(" ")[0]
    until(lambda: quarter.states(run["dag_run_id"])["notify"] == "skipped")


def a_correction_is_signed_by_whoever_took_nothing_back_and_sent_once(quarter: Quarter) -> None:
    """Everything that bears the published verdict is taken back; a second run, and a cleared one, change nothing."""
    lines = [json.loads(line) for line in quarter.must("findings", "2018Q3").splitlines()]
    bears = [f for f in lines if f["subject"] == SHUT and f["consequence"] in ("veto", "points")]
    for one in bears:
        if one["outcome"] in ("failed", "unjudged"):
            quarter.must("reverse", one["finding_id"], "--reason", "监测线路故障", "--by", "fuhe")
    correction = replace(quarter, dag="correction_notice")
    run = correction.start(quarter="2018Q3")
    correction.reach(run, "sign", "awaiting_input")
    answer_until_refused(correction.question(run, "sign"), "fuhe", "同意签发", {"文号": "230"})
    answer_until_taken(correction.question(run, "sign"), "qianfa", "同意签发", {"文号": "230"})
    correction.reach(run, "notify", "success")
    assert correction.states(run)["returned"] == "skipped"
    assert quarter.letters("更正") == ["yi@one.test"]
    assert len(quarter.ask("select 1 from correction")) == 1
    again = correction.start(quarter="2018Q3")
    correction.reach(again, "notify", "success")
    assert "已印发更正通报" in correction.log(again, "sign")
    assert quarter.letters("更正") == ["yi@one.test"]
    assert len(quarter.ask("select 1 from correction")) == 1
