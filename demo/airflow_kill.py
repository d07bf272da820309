"""Kills the demonstration under Airflow with -9 at random moments, starts it again, and looks for what that changed."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from demo.airflow_run import unit_letters
from demo.kill import facts
from demo.run import HOUSE, say


def kill_under_airflow(home: Path, seed: int, times: int) -> int:
    """0: the same findings after so many kills and every letter once; 1: not so, or a run failed."""
    calm, disturbed = home / "calm", home / "killed"
    shutil.rmtree(disturbed, ignore_errors=True)
    began = time.monotonic()
    if not (calm / "done").exists():
        if start(calm, seed, fresh=True).wait():
            say("未受干扰的一次没有成功")
            return 1
        (calm / "done").write_text(f"{time.monotonic() - began:.0f}", encoding="utf-8")
    seconds = float((calm / "done").read_text(encoding="utf-8"))
    say(f"未受干扰的一次用时 {seconds:.0f} 秒；以下中断 {times} 次")
    dice = random.Random(seed)
    for number in range(1, times + 1):
        wait = dice.uniform(0, seconds)
        process = start(disturbed, seed)
        try:
            status: int | str = process.wait(wait)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            status = "中断"
        say(f"第 {number} 次：{wait:.0f} 秒后，{status}")
    if status := start(disturbed, seed).wait():
        say(f"最后一次没有成功（状态 {status}）")
        return 1
    return compare(calm, disturbed)


def start(home: Path, seed: int, fresh: bool = False) -> "subprocess.Popen[bytes]":
    """One demonstration in a process of its own, its output beside its state."""
    home.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-m", "demo", "airflow", "--home", str(home), "--seed", str(seed), "--exit"]
    with (home / "demo.log").open("ab") as log:
        return subprocess.Popen(
            [*argv, *(["--fresh"] if fresh else [])], stdout=log, stderr=log, cwd=HOUSE, start_new_session=True
        )


def compare(calm: Path, disturbed: Path) -> int:
    """Findings by what a decision would stick to; letters by whom and about what."""
    first, second = (
        facts(next((home / "state" / "papers").glob("*/1/findings.jsonl")).parent) for home in (calm, disturbed)
    )
    once, again = (unit_letters(home / "mail") for home in (calm, disturbed))
    twice = {letter: number for letter, number in again.items() if number > 1}
    say(f"判定 {len(first)} 条与 {len(second)} 条，信件 {sum(once.values())} 封与 {sum(again.values())} 封")
    if first != second:
        say(f"判定不同：{len(set(first) ^ set(second))} 条")
    if twice:
        say(f"有人收到两次：{twice}")
    if set(once) != set(again):
        say(f"收信的单位不同：{set(once) ^ set(again)}")
    return int(first != second or bool(twice) or set(once) != set(again))
