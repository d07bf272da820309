"""Kills the demonstration under Airflow with -9 at random moments, starts it again, and looks for what that changed."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from demo.airflow_run import unit_letters
from demo.kill import facts
from demo.run import HOUSE, say


def kill_under_airflow(home: Path, seed: int, times: int) -> int:
    """0: the same findings after so many kills and every letter once; 1: not so, or a run failed.

    A demonstration that comes to its end between two kills is compared and begun anew, so that every kill hits one
    that works.
    """
    calm, disturbed = home / "calm", home / "killed"
    seconds = undisturbed(calm, seed)
    if not seconds:
        say("未受干扰的一次没有成功")
        return 1
    say(f"未受干扰的一次用时 {seconds:.0f} 秒；以下中断 {times} 次")
    dice, kills, fresh, wrong = random.Random(seed), 0, True, 0
    while kills < times:
        wait = dice.uniform(0, seconds / 2)
        process = start(disturbed, seed, fresh)
        try:
            status = process.wait(wait)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            kills, fresh = kills + 1, False
            say(f"第 {kills} 次中断：{wait:.0f} 秒后")
            continue
        say(f"中断 {kills} 次后走到结束（状态 {status}）")
        wrong, fresh = wrong + (bool(status) or compare(calm, disturbed)), True
    if not fresh:
        status = start(disturbed, seed).wait()
        say(f"中断 {kills} 次后走到结束（状态 {status}）")
        wrong += bool(status) or compare(calm, disturbed)
    return int(wrong > 0)


def undisturbed(home: Path, seed: int) -> float:
    """Seconds that a whole demonstration takes here; 0: it did not succeed. One that is there is not run again."""
    done = home / "done"
    if not done.exists():
        began = time.monotonic()
        if start(home, seed, fresh=True).wait():
            return 0
        done.write_text(f"{time.monotonic() - began:.0f}", encoding="utf-8")
    return float(done.read_text(encoding="utf-8"))


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
