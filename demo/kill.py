"""Kills `inspect` with -9 at random moments and starts it again, and compares what it finds with an undisturbed run."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

from demo.run import environment, prepare, product, say, serving

FACTS = ("edition", "clause", "subject", "outcome", "measured", "limit", "phrase")


def kill(home: Path, seed: int, times: int) -> int:
    """0: the same findings after so many kills; 1: not so, or a command failed."""
    home = home.resolve()
    prepare(home, seed, 12, 12, fresh=True)
    quarter = json.loads((home / "truth.json").read_text(encoding="utf-8"))["quarter"]
    for name in ("state-killed", "out-killed"):
        shutil.rmtree(home / name, ignore_errors=True)
    dice = random.Random(seed)
    with serving(home) as proxy:
        calm, seconds = _undisturbed(home, proxy, quarter)
        say(f"未受干扰的一次用时 {seconds:.1f} 秒；以下中断 {times} 次")
        state = {**environment(home, proxy), "INSPECTORATE_HOME": str(home / "state-killed")}
        _file(home, state)
        argv = [*product(), "inspect", quarter, "--out", str(home / "out-killed"), "--sources", "ledger,feed,web"]
        for number in range(1, times + 1):
            wait = dice.uniform(0, seconds)
            process = subprocess.Popen(argv, env=state, stderr=subprocess.DEVNULL, start_new_session=True)
            ended = _ended_within(process, wait)
            say(f"第 {number} 次：{wait:.1f} 秒后" + (f"已自行结束（状态 {process.returncode}）" if ended else "中断"))
        if subprocess.run(argv, env=state, check=False).returncode:
            say("最后一次运行未成功")
            return 1
    disturbed = facts(home / "out-killed")
    if calm == disturbed:
        print(f"kills: {times} findings: {len(calm)} same")
        return 0
    for row in sorted(set(calm) ^ set(disturbed))[:20]:
        print("只在" + ("未受干扰" if row in set(calm) else "中断过") + f"的一次中：{row}")
    return 1


def facts(out: Path) -> list[str]:
    """The findings of one run by what a decision would stick to: no time, no digest of a page."""
    rows = [json.loads(line) for line in (out / "findings.jsonl").read_text(encoding="utf-8").splitlines()]
    return sorted(
        json.dumps(
            [*(row[name] for name in FACTS), sorted([p["url"], p["what"]] for p in row["proof"])], ensure_ascii=False
        )
        for row in rows
    )


def _undisturbed(home: Path, proxy: str, quarter: str) -> tuple[list[str], float]:
    state = environment(home, proxy)
    _file(home, state)
    began = time.monotonic()
    argv = [*product(), "inspect", quarter, "--out", str(home / "out"), "--sources", "ledger,feed,web"]
    subprocess.run(argv, env=state, check=True)
    return facts(home / "out"), time.monotonic() - began


def _file(home: Path, state: dict[str, str]) -> None:
    for argv in (["import", "register"], ["import-visits", "visits.csv"], ["import-posts", "posts.csv"]):
        subprocess.run([*product(), argv[0], str(home / argv[1])], env=state, check=True, stderr=subprocess.DEVNULL)


def _ended_within(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Wait so long, then kill the command alone: what it started has to notice by itself."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return False
    return True
