"""How a command starts an errand: an argument list in a process of its own that ends when the command does."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import date

from inspectorate import edition

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def argv(name: str, subjects: Sequence[str], options: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "scrapers", name, *subjects, *options]


def errand(name: str, subjects: Sequence[str], options: Sequence[str]) -> int:
    """Run one errand to its end; its exit status is ours. What it says goes to stderr."""
    with start(name, subjects, options) as process:
        return wait(process)


def picture_options(day: date) -> list[str]:
    """The options for pictures: of each home page, and of columns older than the shortest edition has it."""
    days = edition.load().shortest_days(day)
    old = ",".join(f"{kind}={number}" for kind, number in sorted(days.items()))
    return ["--picture-home", "--picture-after", old]


def start(name: str, subjects: Sequence[str], options: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv(name, subjects, options), stdin=subprocess.DEVNULL, stdout=sys.stderr, preexec_fn=_end_with_parent
    )


def wait(process: subprocess.Popen[bytes]) -> int:
    """Its exit status; on Ctrl-C it is asked to stop and waited for."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise


def _end_with_parent() -> None:
    """Killed outright, a command leaves no errand behind that would go on knocking at the sites (Linux)."""
    parent = os.getppid()
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)
