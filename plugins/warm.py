"""A clean process that has the commands' imports ready and forks one on request: half a second instead of three to ten.

It is started once by whoever runs tasks (see airflow_local_settings), with no secret of Airflow in its environment,
and dies with it. Each command it forks is on a leash: when the connection of the task that asked is closed, the
command is ended. Where it is not there, commands are started as new processes; nothing else changes.
"""

import contextlib
import ctypes
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ADDRESS = "INSPECTORATE_WARM"  # where its socket is told to tasks
PRELOADED = (  # in the order of their use; what is not installed or fails is left to the command to complain about
    "inspectorate.commands.inspection",
    "inspectorate.commands.judging",
    "inspectorate.formats.paper",
    "scrapers.door",
    "scrapers.pipelines",
    "scrapy.crawler",
    "scrapers.spiders.site",
    "scrapers.spiders.account",
    "scrapers.prober",
    "great_expectations",
    "great_expectations.expectations",
)
LEASH_SECONDS = 3.0  # from TERM to KILL for a command whose task is gone
REQUEST_BYTES = 512 * 1024
PR_SET_PDEATHSIG = 1


# The task's side


class Forked:
    """A command that the warm process forked; as much of subprocess.Popen as a task needs."""

    def __init__(self, connection: socket.socket, pid: int, stdout: int, stderr: int, heard: bytes = b"") -> None:
        self.pid = pid
        self.stdout, self.stderr = os.fdopen(stdout, "rb", 0), os.fdopen(stderr, "rb", 0)
        self.returncode: int | None = None
        self._connection = connection
        self._heard = heard  # the end of a short command comes together with its number

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        status = self._ended(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return status

    def _ended(self, timeout: float | None) -> int | None:
        """Its exit status once there is one; a warm process that died took it along, as by KILL."""
        if self.returncode is None:
            said = self._heard
            if not said:
                self._connection.settimeout(timeout)
                try:
                    said = self._connection.recv(64)
                except (BlockingIOError, TimeoutError):
                    return None
            self.returncode = int(said) if said.strip() else -signal.SIGKILL
            self._connection.close()
        return self.returncode


def fork(argv: Sequence[str], environment: Mapping[str, str]) -> Forked | None:
    """Have `python -m argv…` forked by the warm process; None if there is none that answers."""
    address = os.environ.get(ADDRESS)
    if not address:
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    pipes = [os.pipe(), os.pipe()]
    asked = json.dumps({"argv": list(argv), "environment": dict(environment), "cwd": str(Path.cwd())}).encode()
    try:
        connection.settimeout(10)
        connection.connect(address)
        socket.send_fds(connection, [len(asked).to_bytes(4, "big")], [pipes[0][1], pipes[1][1]])
        connection.sendall(asked)
        told = b""
        while b"\n" not in told and (piece := connection.recv(64)):
            told += piece
        number, _, heard = told.partition(b"\n")
        pid = int(number)
    except (OSError, ValueError):
        connection.close()
        for read, _ in pipes:
            os.close(read)
        return None
    finally:
        for _, write in pipes:
            os.close(write)
    return Forked(connection, pid, pipes[0][0], pipes[1][0], heard)


# Starting it


def start(preloaded: Sequence[str] = PRELOADED) -> "subprocess.Popen[bytes]":
    """Start the warm process beside this one and tell every later child where it will be."""
    folder = tempfile.mkdtemp(prefix="inspectorate-warm-")  # mode 700: nobody else may have commands run
    address = f"{folder}/socket"
    secrets = ("AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_VAR_", "_AIRFLOW")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(secrets)}
    argv = [sys.executable, "-P", __file__, address, str(os.getpid()), *preloaded]
    os.environ[ADDRESS] = address
    return subprocess.Popen(argv, env=clean, stdin=subprocess.DEVNULL)


# The warm process's side


@dataclass
class Nursery:
    """The commands that run, by process number and by connection."""

    listening: socket.socket
    connections: dict[int, socket.socket] = field(default_factory=dict)
    ending: dict[int, float] = field(default_factory=dict)  # since when its task is gone

    def serve(self, parent: int) -> None:
        """Fork what is asked for and tell how it ended, until the parent is gone."""
        wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with selectors.DefaultSelector() as ready:
            ready.register(self.listening, selectors.EVENT_READ)
            ready.register(wake, selectors.EVENT_READ)
            while os.getppid() == parent:
                for key, _ in ready.select(1.0):
                    if key.fileobj is self.listening:
                        if (pid := self._take()) is not None:
                            ready.register(self.connections[pid], selectors.EVENT_READ, pid)
                    elif key.fd == wake:
                        with contextlib.suppress(BlockingIOError):
                            os.read(wake, 4096)
                    else:  # a task says nothing more: it is gone
                        ready.unregister(key.fileobj)
                        self._end(key.data)
                for pid in self._reap():
                    with contextlib.suppress(KeyError, ValueError):
                        ready.unregister(self.connections[pid])
                    self.connections.pop(pid).close()
                self._hurry()

    def _take(self) -> int | None:
        """Fork one command; None if the request broke off."""
        connection, _ = self.listening.accept()
        connection.settimeout(5)
        descriptors: list[int] = []
        try:
            length, descriptors, _, _ = socket.recv_fds(connection, 4, 2)
            wanted = min(int.from_bytes(length, "big"), REQUEST_BYTES)
            body = b""
            while len(body) < wanted and (piece := connection.recv(wanted - len(body))):
                body += piece
            asked = json.loads(body)
            pid = os.fork()
            if pid == 0:
                self.listening.close()
                connection.close()
                for other in self.connections.values():
                    other.close()
                become(asked["argv"], asked["environment"], asked["cwd"], *descriptors)
            connection.sendall(f"{pid}\n".encode())  # a line: what follows is another message
        except (OSError, ValueError, KeyError):
            connection.close()
            return None
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        connection.setblocking(False)
        self.connections[pid] = connection
        return pid

    def _reap(self) -> list[int]:
        """Who ended; each task is told how."""
        ended = []
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if not pid:
                break
            if pid in self.connections:
                with contextlib.suppress(OSError):
                    self.connections[pid].send(str(os.waitstatus_to_exitcode(status)).encode())
                ended.append(pid)
            self.ending.pop(pid, None)
        return ended

    def _end(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
        self.ending[pid] = time.monotonic()

    def _hurry(self) -> None:
        for pid, since in list(self.ending.items()):
            if time.monotonic() - since > LEASH_SECONDS:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)


def become(argv: Sequence[str], environment: Mapping[str, str], cwd: str, stdout: int, stderr: int) -> None:
    """In the forked child: be `python -m argv…` in a session of its own, and never return."""
    status = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent(signal.SIGTERM)
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = list(argv)
        runpy.run_module(argv[0], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as ended:
        status = exit_status(ended.code)
    except BaseException:  # noqa: BLE001 - whatever it is, the child must not go on as a second nursery
        sys.excepthook(*sys.exc_info())
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)


def exit_status(code: object) -> int:
    """What the interpreter would make of sys.exit(code)."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1


def die_with_parent(signum: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signum)


def main(address: str, parent: int, preloaded: Sequence[str]) -> None:
    die_with_parent(signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        for name in preloaded:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        listening.bind(address)  # not before: who finds nobody here starts the command by itself
        listening.listen(128)
        Nursery(listening).serve(parent)
    finally:
        with contextlib.suppress(OSError):
            Path(address).unlink()
            Path(address).parent.rmdir()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
