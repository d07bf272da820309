"""Runs one quarter over the mirror city through the product's command line only, as a user would, and scores it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

from demo import score
from demo.build import build
from demo.days import SHANGHAI

HOUSE = Path(__file__).parent.parent
SLACK = timedelta(
    minutes=20
)  # an inspection that runs over midnight would look at another day than the city was built for


def say(text: str) -> None:
    """Progress, on stderr."""
    print(f"演示：{text}", file=sys.stderr, flush=True)


def run(home: Path, seed: int, sites: int, accounts: int, leave: bool, fresh: bool, edition: str) -> int:
    """Build or resume, serve, inspect, compare.

    0: all found and nobody wrongly named; 1: not so, or a command failed.
    """
    prepare(home, seed, sites, accounts, fresh)
    truth = json.loads((home / "truth.json").read_text(encoding="utf-8"))
    with serving(home) as proxy:
        failed = inspect(home, proxy, truth["quarter"], edition)
        if failed:
            say(f"命令未成功：{failed}")
            return 1
        status = compare(home, truth)
        if not leave:
            say(f"网页仍在 {proxy} 提供，按 Ctrl-C 结束")
            until_stopped()
        return status


def until_stopped() -> None:
    while True:
        signal.pause()


def listen_for_the_end() -> None:
    """TERM and HUP are KeyboardInterrupt too."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, interrupt)


def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """TERM and HUP end us as Ctrl-C does, once, so that the children are ended in peace too."""
    for known in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(known, signal.SIG_IGN)
    raise KeyboardInterrupt


def prepare(home: Path, seed: int, sites: int, accounts: int, fresh: bool) -> None:
    """Leave a city for today under `home`: the one that is there if it is the same, else a new one."""
    now = datetime.now(SHANGHAI)
    if (now + SLACK).date() != now.date():
        wait = datetime(now.year, now.month, now.day, tzinfo=SHANGHAI) + timedelta(days=1, minutes=1) - now
        say(f"临近午夜，等到明天再开始，以免日期错位（{wait.seconds // 60}分钟）")
        time.sleep(wait.total_seconds())
        now = datetime.now(SHANGHAI)
    wanted = {"seed": seed, "sites": sites, "accounts": accounts, "day": str(now.date())}
    mark = home / "city.json"
    if not fresh and mark.exists() and json.loads(mark.read_text(encoding="utf-8")) == wanted:
        say(f"接着上一次：{home}")
        return
    for name in ("state", "out", "airflow", "mail"):
        if (home / name).exists():  # moved first: a server that was killed a moment ago may still write there
            old = (home / name).rename(home / f"{name}.{os.getpid()}.old")
            shutil.rmtree(old, ignore_errors=True)
    mark.unlink(missing_ok=True)
    city = build(home, seed, now, sites, accounts)
    mark.write_text(json.dumps(wanted), encoding="utf-8")
    say(f"生成了{city.name}市：{len(city.running)}个网站、{len(city.accounts)}个账号（种子{seed}）")


@contextlib.contextmanager
def serving(home: Path) -> Iterator[str]:
    """The mirror's proxy in a process of its own; gone when we are, even killed: its stdin ends with us."""
    argv = [sys.executable, "-m", "demo", "serve", "--home", str(home), "--while-fed"]
    process = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True, cwd=HOUSE
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line.startswith("proxy: "):
            raise ChildProcessError("演示城市的代理没有启动")
        yield line.removeprefix("proxy: ").strip()
    finally:
        end(process)


def end(process: "subprocess.Popen[str]") -> None:
    """TERM to the whole group, and KILL if it will not go."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def product() -> list[str]:
    """The product's command: the one installed beside our interpreter, else as a module."""
    beside = Path(sys.executable).parent / "inspectorate"
    return [str(beside)] if beside.exists() else [sys.executable, "-m", "inspectorate"]


def environment(home: Path, proxy: str) -> dict[str, str]:
    """The user's environment with the mirror's proxy, a state folder of its own and no waiting between requests."""
    kept = {
        k: v for k, v in os.environ.items() if k.lower() not in ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
    }
    kept.pop("INSPECTORATE_DSN", None)
    state = {"INSPECTORATE_HOME": str(home / "state"), "INSPECTORATE_DELAY": "0"}
    return kept | state | {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "http_proxy": proxy, "https_proxy": proxy}


def inspect(home: Path, proxy: str, quarter: str, edition: str) -> str:
    """The commands a user types, in order; the first that fails is named, empty if none did."""
    extra = ["--edition", edition] if edition else []
    commands = [
        ["import", str(home / "register")],
        ["import-visits", str(home / "visits.csv")],
        ["import-posts", str(home / "posts.csv")],
        ["inspect", quarter, "--out", str(home / "out"), "--sources", "ledger,feed,web", *extra],
    ]
    for argv in commands:
        started = time.monotonic()
        say("inspectorate " + " ".join(argv))
        process = subprocess.Popen([*product(), *argv], env=environment(home, proxy), text=True, start_new_session=True)
        try:
            status = process.wait()
        finally:
            end(process)
        say(f"……状态 {status}，用时 {time.monotonic() - started:.1f} 秒")
        if status:
            return f"{argv[0]}（状态 {status}）"
    return ""


def compare(home: Path, truth: score.Row) -> int:
    """Print recall and false accusations per clause and the closing lines; 1 if anything is wrong."""
    out = home / "out"
    findings, verdicts = score.read_lines(out / "findings.jsonl"), score.read_lines(out / "verdicts.jsonl")
    edition = score.main_edition(findings)
    clauses = score.score_clauses(findings, truth)
    judged = {row["subject"] for row in verdicts if row["kind"] == "site" and row["verdict"] == "不合格"}
    annex = out / "annex1.xlsx"
    named = score.named_sites(annex, truth) if annex.exists() else judged
    paper = score.score_paper(named, truth, edition)
    accounts = score.score_accounts(verdicts, truth, edition)
    print(score.table(clauses))
    for line in score.details(clauses, truth):
        print(line)
    if named != judged:
        print(f"附件1与 verdicts.jsonl 不一致：只在附件1 {sorted(named - judged)}，只在判定 {sorted(judged - named)}")
    print(f"账号（{edition}）：查出{accounts.failed} 误报{len(accounts.false)} 漏查{len(accounts.missed)}")
    print(f"notice: {out / 'notice.docx'}")
    print(f"truth: failed={paper.failed} false={len(paper.false)} missed={len(paper.missed)}", flush=True)
    wrong = paper.false or paper.missed or accounts.false or any(s.false for s in clauses) or named != judged
    return 1 if wrong or not (out / "notice.docx").exists() else 0
