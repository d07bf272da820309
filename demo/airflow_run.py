"""Runs a quarter of the mirror city under Airflow, with the people it needs, then two past ones, and scores it."""

import contextlib
import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from demo import office, score
from demo.airflow_house import House, HouseFailed, airflow_house, keeping_database
from demo.days import SHANGHAI, quarter_start
from demo.office import Desk, DeskFailed, Question
from demo.postbox import Postbox, letters_in, postbox, recipient
from demo.run import environment, prepare, product, say, serving, until_stopped

QUARTER = "quarterly_notice"
CRAWLS = {"crawl_sites": "网站", "crawl_accounts": "账号"}
OVER = ("success", "skipped", "failed", "upstream_failed", "removed")
BY_ITSELF_SECONDS = 20  # within which an unpaused timetable starts what it missed
CRAWL_SECONDS = 1200
STEP_SECONDS = 600
NUMBER = 1  # of the document
UNIT_LETTERS = "核实", "限期整改"  # in their subjects; mails to the person on watch have neither

# A killed demonstration is started again a moment later: what its scheduler left behind is taken up at once.
BRISK = {
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "90",
}

Row = dict[str, Any]


class RunFailed(Exception):
    """The demonstration cannot go on; the message says at which step, and what was seen."""


@dataclass(frozen=True)
class Stage:
    """What every step of the demonstration needs."""

    home: Path
    house: House
    box: Postbox
    truth: Row
    env: Mapping[str, str]

    def command(self, argv: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        """One command as a clerk types it; RunFailed with its words if it fails."""
        ended = subprocess.run([*product(), *argv], env=dict(self.env), text=True, capture_output=True, check=False)
        if ended.returncode:
            raise RunFailed(f"inspectorate {argv[0]}（状态 {ended.returncode}）: {ended.stderr.strip()[-800:]}")
        return ended


def run_under_airflow(home: Path, seed: int, sites: int, accounts: int, leave: bool, fresh: bool) -> int:
    """0: the paper names whom it should and nobody else; 1: not so, or a step failed."""
    began = time.monotonic()
    try:
        prepare(home, seed, sites, accounts, fresh)
        with staged(home) as stage:
            status = play(stage)
            say(f"共用时 {(time.monotonic() - began) / 60:.1f} 分钟")
            if not leave:
                passwords = home / "airflow" / "passwords.json"
                say(f"界面 {stage.house.url} ，登录名和密码见 {passwords}，按 Ctrl-C 结束")
                until_stopped()
            return status
    except (RunFailed, DeskFailed, HouseFailed) as failed:
        say(f"未能完成：{failed}")
        return 1


@contextlib.contextmanager
def staged(home: Path) -> Iterator[Stage]:
    """The city behind its proxy, the mail catcher, the database and Airflow; nothing of it runs on when this ends."""
    truth = json.loads((home / "truth.json").read_text(encoding="utf-8"))
    with serving(home) as proxy, postbox(home / "mail") as box:
        env = environment(home, proxy) | office_environment(home, box, truth)
        say("启动数据库和 Airflow……")
        with (
            keeping_database(env) as databases,
            airflow_house(home / "airflow", databases, env, BRISK) as house,
        ):
            yield Stage(home, house, box, truth, env | {"INSPECTORATE_DSN": databases["inspectorate"]})


def office_environment(home: Path, box: Postbox, truth: Row) -> dict[str, str]:
    """How the office of this city set the product up: its mail server, who is on watch, its inspection day."""
    issuer = yaml.safe_load((home / "register" / "issuer.yaml").read_text(encoding="utf-8"))
    plain = {"disable_ssl": True, "disable_tls": True}
    mail = {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "extra": plain}
    sender = f"xuncha@{truth['region']}.example"
    return {
        "INSPECTORATE_SMTP_URL": box.url,
        "INSPECTORATE_MAIL_FROM": sender,
        "INSPECTORATE_WATCH": f"zhiban@{truth['region']}.example",
        "INSPECTORATE_WATCH_FROM": sender,
        "INSPECTORATE_INSPECTION": f"{issuer['inspection_day']} 10",
        "AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(mail),
    }


def play(stage: Stage) -> int:
    """The steps in order. Each finds what an earlier start has done and goes on from there."""
    file_city(stage)
    crawl(stage)
    run = official_run(stage)
    inspection = carry_through(stage, run)
    past = backfill(stage)
    return compare(stage, inspection, past)


# The steps


def file_city(stage: Stage) -> None:
    """What the office files: the register, the week of visits, the ledger, and what it kept of a past quarter."""
    home = stage.home
    for argv in (
        ["import", str(home / "register")],
        ["import-visits", str(home / "visits.csv")],
        ["import-visits", str(home / "visits-past.csv")],
        ["import-posts", str(home / "posts.csv")],
    ):
        stage.command(argv)
    say("已导入登记库、一周的首页访问记录和发文台账")


def crawl(stage: Stage) -> None:
    """Last night's crawls. A timetable that is switched on starts what it missed; else they are started by hand."""
    runs = {dag: tonight(stage.house, dag) for dag in CRAWLS}
    for dag, name in CRAWLS.items():
        watch(stage.house, dag, runs[dag], f"巡查{name}", "crawl", CRAWL_SECONDS)


def tonight(house: House, dag: str) -> str:
    """The id of the crawl that counts: the one that is there, else the one that begins now."""
    house.unpause(dag)
    until = time.monotonic() + BY_ITSELF_SECONDS
    while time.monotonic() < until:
        if runs := house.runs(dag):
            return str(runs[-1]["dag_run_id"])
        time.sleep(1)
    return str(house.ask("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None})["dag_run_id"])


def official_run(stage: Stage) -> str:
    """The run of this quarter that was asked for by name; begun if there is none yet."""
    house = stage.house
    house.unpause(QUARTER)
    named = [run for run in house.runs(QUARTER) if (run.get("conf") or {}).get("official")]
    if named:
        return str(named[-1]["dag_run_id"])
    asked = {"logical_date": None, "conf": {"official": True, "quarter": stage.truth["quarter"]}}
    return str(house.ask("POST", f"/api/v2/dags/{QUARTER}/dagRuns", asked)["dag_run_id"])


def carry_through(stage: Stage, run: str) -> str:
    """From freezing to the last letter, with everybody's part in it; the inspection's name."""
    house = stage.house
    await_letters(stage, run, "verify")
    frozen = house.ask("GET", f"/api/v2/dags/{QUARTER}/dagRuns/{run}/taskInstances/freeze/xcomEntries/return_value")
    desk = Desk(house, inspection_of(frozen["value"]))
    review, sign = (Question(house, QUARTER, run, f"round_1.{name}") for name in ("review", "sign"))
    if await_task(house, run, review.task) == "awaiting_input":
        words = json.loads((stage.home / "explanations.json").read_text(encoding="utf-8"))
        say(f"核实函：{office.units_explain(stage.box, words, desk, stage.command)}个单位作了说明")
        at = datetime.now(SHANGHAI)
        office.review(desk, (at.year, at.month, at.day), say)
        office.answer_until_taken(review, office.REVIEWERS[0], "复核完毕", {})
    if await_task(house, run, sign.task) == "awaiting_input":
        office.sign(sign, NUMBER, say)
    await_task(house, run, "publish")
    await_letters(stage, run, "notify")
    say("已签发、印发，限期整改通知已发出")
    return desk.inspection


def await_letters(stage: Stage, run: str, task: str) -> None:
    """Until a task that sends letters is done. Where one of them is of unknown fate the person on watch settles it."""
    if await_task(stage.house, run, task, patient=False) == "success":
        return
    settled = office.settle_unsure(stage.box, stage.command)
    say(f"值班人员核对了{settled}封状态不明的信")
    body = {"dry_run": False, "dag_run_id": run, "task_ids": [task], "only_failed": False, "include_downstream": True}
    stage.house.ask("POST", f"/api/v2/dags/{QUARTER}/clearTaskInstances", body)
    await_task(stage.house, run, task)


def inspection_of(value: Any) -> str:
    found = json.loads(value) if isinstance(value, str) else value
    return str(found["inspection"])


def backfill(stage: Stage) -> dict[str, str]:
    """Two quarters long over, one with evidence and one without: by quarter, the inspection that judged it."""
    house, quarters = stage.house, sorted(stage.truth["past"])
    known = {run["dag_run_id"] for run in house.runs(QUARTER) if run["run_type"] == "backfill"}
    if len(known) < len(quarters):
        first, last = (first_day(quarter) for quarter in (quarters[0], quarters[-1]))
        body = {
            "dag_id": QUARTER,
            "from_date": f"{first}T00:00:00+08:00",
            "to_date": f"{last + timedelta(days=88)}T00:00:00+08:00",
            "run_backwards": False,
            "dag_run_conf": {},
            "reprocess_behavior": "none",
            "max_active_runs": 2,
        }
        if not house.ask("GET", f"/api/v2/backfills?dag_id={QUARTER}&active=true")["backfills"]:
            house.ask("POST", "/api/v2/backfills", body)
        say(f"补算 {'、'.join(quarters)}")
    found: dict[str, str] = {}
    until = time.monotonic() + STEP_SECONDS
    while len(found) < len(quarters):
        if time.monotonic() > until:
            raise RunFailed(f"补算没有结束: 已有 {found}")
        for run in house.runs(QUARTER):
            if run["run_type"] != "backfill" or run["state"] not in ("success", "failed"):
                continue
            if run["state"] == "failed":
                raise RunFailed(f"补算 {run['dag_run_id']} 失败:\n{last_words(house, run['dag_run_id'])}")
            frozen = f"/api/v2/dags/{QUARTER}/dagRuns/{run['dag_run_id']}/taskInstances/freeze/xcomEntries/return_value"
            name = inspection_of(house.ask("GET", frozen)["value"])
            found[name.partition("/")[0]] = name
        time.sleep(2)
    return found


def first_day(quarter: str) -> date:
    year, number = quarter.split("Q")
    return quarter_start(date(int(year), int(number) * 3, 1))


# Watching


def watch(house: House, dag: str, run: str, name: str, mapped: str, seconds: float) -> None:
    """Until a run is over, telling how far its mapped tasks are. RunFailed: it ended red, or not at all."""
    began, told = time.monotonic(), ""
    while time.monotonic() - began < seconds:
        state = house.ask("GET", f"/api/v2/dags/{dag}/dagRuns/{run}")["state"]
        tasks = [t for t in house.tasks(dag, run) if t["task_id"] == mapped and t["map_index"] >= 0]
        over = Counter(t["state"] for t in tasks if t["state"] in OVER)
        line = f"{name} {sum(over.values())}/{len(tasks)}" + (
            f"（{over['skipped']}个被对方防火墙拦下）" if over["skipped"] else ""
        )
        if tasks and line != told and (sum(over.values()) % 5 == 0 or state == "success"):
            say(told := line)
        if state == "success":
            say(f"{name}完毕，用时 {time.monotonic() - began:.0f} 秒")
            return
        if state == "failed":
            raise RunFailed(f"{name}失败:\n{last_words(house, run, dag)}")
        time.sleep(2)
    raise RunFailed(f"{name} {seconds:.0f} 秒内没有结束")


def await_task(house: House, run: str, task: str, patient: bool = True) -> str:
    """Until a task of the quarter is done or waits for a person; its state. RunFailed: it is red.

    Not `patient`: a task that failed and would be tried again in a while is told, as is one that failed for good.
    """
    began, told = time.monotonic(), ""
    while time.monotonic() - began < STEP_SECONDS:
        tasks = {t["task_id"]: t for t in house.tasks(QUARTER, run)}
        working = "、".join(t["task_display_name"] for t in tasks.values() if t["state"] == "running")
        if working and working != told:
            say(f"季度巡查：{working}")
            told = working
        state = str(tasks[task]["state"]) if task in tasks else "none"
        if state in ("success", "awaiting_input") or (state in ("up_for_retry", "failed") and not patient):
            return state
        if state in OVER or any(t["state"] == "failed" for t in tasks.values()):
            raise RunFailed(f"{task} 没有成功（{state}）:\n{last_words(house, run)}")
        time.sleep(1)
    raise RunFailed(f"{task} {STEP_SECONDS} 秒内没有结束")


def last_words(house: House, run: str, dag: str = QUARTER) -> str:
    """The ends of the logs of a run's red tasks."""
    red = [t for t in house.tasks(dag, run) if t["state"] == "failed"]
    logs = [house.log(dag, run, t["task_id"], t["try_number"], t["map_index"])[-1500:] for t in red[:3]]
    return "\n".join(f"[{t['task_id']}] {log}" for t, log in zip(red, logs, strict=False)) or "没有红色任务"


# The score


def compare(stage: Stage, inspection: str, past: Mapping[str, str]) -> int:
    """Print recall and false accusations per clause, what is wrong beside, and the closing lines; 1 if anything is."""
    truth, quarter = stage.truth, inspection.partition("/")[0]
    state = Path(stage.env["INSPECTORATE_HOME"])
    published, judged = state / "published" / quarter, state / "papers" / inspection
    findings = score.read_lines(judged / "findings.jsonl")
    clauses = score.score_clauses(findings, truth)
    named = score.named_sites(published / "annex1.xlsx", truth)
    paper = score.score_paper(named, truth, score.main_edition(findings), set(truth["excused"]))
    print(score.table(clauses))
    for line in score.details(clauses, truth):
        print(line)
    accounts = score.score_accounts(score.read_lines(judged / "verdicts.jsonl"), truth, score.main_edition(findings))
    print(f"账号：查出{accounts.failed} 误报{len(accounts.false)} 漏查{len(accounts.missed)}")
    wrong = [*past_wrongs(state / "papers", past, truth), *letter_wrongs(stage.box.folder)]
    for line in wrong:
        print(line)
    print(f"notice: {published / 'notice.docx'}")
    print(f"ui: {stage.house.url}")
    print(f"truth: failed={paper.failed} false={len(paper.false)} missed={len(paper.missed)}", flush=True)
    false = paper.false or accounts.false or any(s.false for s in clauses)
    return 1 if wrong or false or paper.missed else 0


def past_wrongs(papers: Path, past: Mapping[str, str], truth: Row) -> list[str]:
    """Who was named of a past quarter and should not have been, or the other way round."""
    wrong = []
    for quarter, told in truth["past"].items():
        rows = [r for r in score.read_lines(papers / past[quarter] / "verdicts.jsonl") if r["kind"] == "site"]
        failed = sorted(r["subject"] for r in rows if r["verdict"] == "不合格")
        clean = sorted(r["subject"] for r in rows if r["verdict"] == "合格")
        say(
            f"补算 {quarter}：不合格 {len(failed)}，合格 {len(clean)}，其余 {len(rows) - len(failed) - len(clean)} 待核"
        )
        if failed != sorted(told["failed"]):
            wrong.append(f"补算 {quarter}：应通报 {told['failed']}，实为 {failed}")
        if clean and not told["seeded"]:
            wrong.append(f"补算 {quarter}：没有证据却判为合格 {clean}")
    return wrong


def letter_wrongs(folder: Path) -> list[str]:
    """Letters to units that somebody got twice."""
    sent = unit_letters(folder)
    verify, rectify = (sum(n for (_, s), n in sent.items() if word in s) for word in UNIT_LETTERS)
    say(f"信件：核实函 {verify}，限期整改通知 {rectify}")
    wrong = [f"给 {who} 的《{subject}》寄了 {number} 次" for (who, subject), number in sent.items() if number > 1]
    return wrong if rectify else [*wrong, "没有一封限期整改通知"]


def unit_letters(folder: Path) -> Counter[tuple[str, str]]:
    """By recipient and subject, how often each letter to a unit arrived."""
    arrived = ((recipient(letter), str(letter["Subject"])) for letter in letters_in(folder))
    return Counter((who, subject) for who, subject in arrived if any(word in subject for word in UNIT_LETTERS))
