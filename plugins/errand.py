"""How a task runs: a command of ours as an argument list, in a process group that ends when the task does."""

import ctypes
import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import attrs
from airflow.sdk import BaseOperator, BaseOperatorLink
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

import warm

COMMANDS = ("inspectorate", "scrapers")  # what may be started
SECRETS = ("AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_VAR_", "_AIRFLOW")  # what no command of ours may see
DONE, OURS_FAILED, BAD_INPUT, NOTHING_READ = 0, 1, 2, 3
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
# Airflow kills a task five seconds after it asked it to stop; by then the errand must be gone.
GRACE_SECONDS = 3.0
KEPT_BYTES = 64 * 1024  # of what a command prints as data; XCom is no place for more

MORNING = "可以等到早上处理。"
AT_ONCE = "不能等：今天是监测日或签发在即，请现在处理。"


def in_words(means: str, does: str, waits: str) -> str:
    """What red means, what to do about it, and whether it may wait until morning, a line each."""
    return f"含义：{means}\n处理：{does}\n时限：{waits}"


def told_red(log: Any, told: str, level: int = logging.ERROR) -> str:
    """Write such words into a task's log, each as a line of its own; the log shows an exception folded away."""
    for line in told.splitlines():
        log.log(level, line)
    return told


WALLED = in_words(
    "对方的防火墙拦住了我方，没有读到内容。已记入“我方未能看到”，该对象待核，不算对方的问题。",
    "请该单位放行我方的出口地址；重跑没有用。",
    "可以等到上班后。",
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit status, negative for a signal, its last words, and the data that it printed."""

    status: int
    seconds: float
    last_words: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Running:
    """A command that runs, in a process group of its own."""

    process: "subprocess.Popen[bytes] | warm.Forked"
    printed: bytearray = field(default_factory=bytearray)

    def watch(self, tell: Callable[[str], None]) -> tuple[int, str]:
        """Tell every line as it comes until the command ends; its exit status and its last words."""
        last, rest = "", {"out": b"", "err": b""}
        with selectors.DefaultSelector() as pipes:
            for name, pipe in (("out", self.process.stdout), ("err", self.process.stderr)):
                if pipe is not None:
                    os.set_blocking(pipe.fileno(), False)
                    pipes.register(pipe, selectors.EVENT_READ, name)
            ended = False
            while pipes.get_map():
                # A grandchild may hold a pipe open for ever: once the command is gone we read what is there and leave.
                ready = pipes.select(0 if ended else 0.5)
                for key, _ in ready:
                    piece = os.read(key.fd, 65536)
                    if not piece:
                        pipes.unregister(key.fileobj)
                    if key.data == "out":
                        self.printed += piece[: max(0, KEPT_BYTES - len(self.printed))]
                    *lines, rest[key.data] = (rest[key.data] + piece).replace(b"\r", b"\n").split(b"\n")
                    if not piece and rest[key.data]:
                        lines.append(rest[key.data])
                    for line in lines:
                        if text := line.decode("utf-8", "replace").rstrip():
                            tell(text)
                            last = text if key.data == "err" else last
                if ended and not ready:
                    break
                ended = self.process.poll() is not None
        return self.process.wait(), last

    def end(self, grace: float) -> None:
        """TERM to the whole group, and KILL to what is left of it after so many seconds."""
        if self.process.poll() is None:
            self._signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(grace)
        self._signal(signal.SIGKILL)  # its children too, whatever became of itself
        self.process.wait()

    def _signal(self, signum: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signum)


def start(argv: Sequence[str]) -> Running:
    """Start `python -m argv…`: no shell, no secret of Airflow, a session of its own, TERM if we die."""
    if not argv or argv[0] not in COMMANDS:
        raise AirflowFailException(f"不是本系统的命令: {' '.join(argv)!r}")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(SECRETS)}
    environment["PYTHONUNBUFFERED"] = "1"  # the log is read while it runs
    if (forked := warm.fork(argv, environment)) is not None:
        return Running(forked)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", *argv],  # -P: a folder that happens to be called like us is not us
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
        preexec_fn=end_with_parent,
    )
    return Running(process)


def end_with_parent() -> None:
    """Ask the kernel to end this process when its parent is gone, killed with -9 or not (Linux)."""
    parent = os.getppid()
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def statistics(printed: bytes, stats: Path | None) -> dict[str, Any]:
    """What a command says of itself: its --stats file, else the one JSON object on its stdout, else nothing."""
    if stats is not None and stats.is_file():
        said: Any = json.loads(stats.read_text(encoding="utf-8"))
        return dict(said)
    try:
        said = json.loads(printed)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def explain(ended: Ended, morning: str) -> str:
    """What red means, what to do about it, and whether it may wait until morning."""
    said = f"（{ended.last_words}）" if ended.last_words else ""
    if ended.status == NOTHING_READ:
        return in_words(
            f"什么也没有读到，原因在我方{said}。对各单位不作任何判断。",
            "检查本机网络、代理（HTTP_PROXY）和出口是否被拦，恢复后清除本任务重跑。",
            morning,
        )
    if ended.status == OURS_FAILED:
        return in_words(
            f"本系统出错{said}。已写入的证据有效，重跑不会重复。",
            "看上面的日志，排除磁盘、数据库或程序故障后清除本任务重跑。",
            morning,
        )
    if ended.status == BAD_INPUT:
        return in_words(
            f"输入有误，什么也没有改动，重跑也不会成功{said}。",
            "按日志改正登记库、参数或前一步，再清除本任务重跑。",
            morning,
        )
    if ended.status < 0:
        name = signal.Signals(-ended.status).name
        return in_words(
            f"命令被 {name} 信号终止{said}，可能是人工停止、超时或内存不足。已写入的证据有效。",
            "若不是人工停止，检查内存后清除本任务重跑。",
            morning,
        )
    return in_words(
        f"命令以未约定的状态 {ended.status} 结束{said}，按本系统出错处理。",
        "看上面的日志，排除后清除本任务重跑。",
        morning,
    )


@attrs.define()
class RowsLink(BaseOperatorLink):
    """Leads to what the task wrote about its subject."""

    name: str = "记录"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002
        return str(operator.rows)


@attrs.define()
class DocsLink(BaseOperatorLink):
    """Leads to the Data Docs of the quarter's suites."""

    name: str = "数据文档"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002
        return str(operator.docs)


@attrs.define()
class PaperLink(BaseOperatorLink):
    """Leads to the quarter's draft or notice."""

    name: str = "通报文稿"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002
        return str(operator.paper)


class Errand(BaseOperator):
    """One command of ours. What the world did wrong leaves it green; only what we did wrong makes it red.

    `argv` begins with `inspectorate` or `scrapers`. The command's statistics (its --stats, or the JSON object on its
    stdout) are the task's XCom. `rows`, `docs` and `paper` are addresses of the task's links, empty where it has none.
    `skips_walls`: a subject whose own firewall keeps us out is shown as skipped, not red: nothing here needs mending.
    """

    template_fields = ("argv", "subject", "rows", "docs", "paper")
    operator_extra_links = (RowsLink(), DocsLink(), PaperLink())
    ui_color: ClassVar[str] = "#e8f0fe"

    def __init__(
        self,
        *,
        argv: Any,
        subject: str = "",
        rows: str = "",
        docs: str = "",
        paper: str = "",
        morning: str = MORNING,
        grace_seconds: float = 20.0,
        skips_walls: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("retries", 2)
        kwargs.setdefault("retry_delay", timedelta(minutes=5))
        kwargs.setdefault("execution_timeout", timedelta(hours=1))
        super().__init__(**kwargs)
        self.argv = argv
        self.subject = subject
        self.rows, self.docs, self.paper = rows, docs, paper
        self.morning = morning
        self.grace_seconds = grace_seconds
        self.skips_walls = skips_walls
        self._running: Running | None = None

    def execute(self, context: Mapping[str, Any]) -> dict[str, Any]:
        end_with_parent()  # if a worker is killed its task ends too, and with the task the errand
        for link in self.operator_extra_links:  # so that they can be followed while the task still runs
            if address := link.get_link(self, ti_key=context["ti"]):
                context["ti"].xcom_push(key=link.xcom_key, value=address)
        ended = self.run_command(self.argv)
        if ended.status == DONE:
            return {**ended.data, "exit": ended.status, "took_seconds": round(ended.seconds, 1)}
        if ended.data:
            context["ti"].xcom_push(key="statistics", value=ended.data)
        if self.skips_walls and ended.status == NOTHING_READ and set(ended.data.get("ends", {})) == {"wall"}:
            raise AirflowSkipException(told_red(self.log, WALLED, logging.WARNING))
        message = told_red(self.log, explain(ended, self.morning))
        raise AirflowFailException(message) if ended.status == BAD_INPUT else AirflowException(message)

    def run_command(self, argv: Sequence[str]) -> Ended:
        """Run a command to its end with its log as ours; whatever interrupts us ends it first."""
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="errand-") as folder:
            stats = Path(folder, "stats.json") if argv and argv[0] == "scrapers" else None
            full = [*argv, "--stats", str(stats)] if stats else list(argv)
            self.log.info("命令: python -m %s", " ".join(argv))
            running = self._running = start(full)
            try:
                status, last = running.watch(self.log.info)
            finally:
                running.end(self.grace_seconds)
                self._running = None
            return Ended(status, time.monotonic() - began, last, statistics(bytes(running.printed), stats))

    def on_kill(self) -> None:
        """Marked failed, cleared or timed out: the command is gone within Airflow's own five seconds."""
        if (running := self._running) is not None:
            running.end(GRACE_SECONDS)


def errand_each(task_id: str, name: str, *, pool: str, hours: int) -> Any:
    """The errand of a night's crawl, to be expanded over the tasks that `scope.plan` lists."""
    return Errand.partial(
        task_id=task_id,
        task_display_name=name,
        map_index_template="{{ task.subject }}",
        skips_walls=True,
        pool=pool,
        retries=2,  # what Errand itself would set does not reach a mapped task
        retry_delay=timedelta(minutes=5),
        execution_timeout=timedelta(hours=hours),
    )
