"""Starts and stops a local Airflow with everything it needs, for the demonstration and for tests."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
POOLS = {"crawl": 4, "accounts": 2}
READY_SECONDS = 180
STOP_SECONDS = 10
# Who may sign in, with the role in Airflow. The passwords are made once and kept in the state folder.
USERS = {"admin": "admin", "fuhe": "op", "hegao": "op", "qianfa": "op", "watch": "viewer"}

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # our own machine is past any proxy

Json = dict[str, Any]


class HouseFailed(Exception):
    """Airflow did not come up; the message names the component and the end of its log."""


@dataclass
class House:
    """A local Airflow that runs."""

    home: Path  # its state: AIRFLOW_HOME, logs, passwords
    url: str
    passwords: dict[str, str]
    components: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, who: str = "admin") -> Any:
        """One request to the REST interface as a user; the answer's JSON. HTTPError tells a refusal."""
        token = self._tokens.get(who) or self._sign_in(who)
        return fetch(method, self.url + path, body, {"Authorization": f"Bearer {token}"})

    def read(self, path: str, who: str = "admin") -> bytes:
        """A page of the web interface as a user sees it."""
        return self._open(urllib.request.Request(self.url + path), who)  # noqa: S310

    def submit(self, path: str, form: str, who: str) -> bytes:
        """An HTML form, filled in and encoded, sent off by a user. HTTPError tells a refusal."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._open(urllib.request.Request(self.url + path, form.encode(), kind), who)  # noqa: S310

    def _open(self, asked: urllib.request.Request, who: str) -> bytes:
        asked.add_header("Authorization", f"Bearer {self._tokens.get(who) or self._sign_in(who)}")
        with DIRECT.open(asked, timeout=60) as answer:
            return bytes(answer.read())

    def _sign_in(self, who: str) -> str:
        told = fetch("POST", f"{self.url}/auth/token", {"username": who, "password": self.passwords[who]})
        self._tokens[who] = str(told["access_token"])
        return self._tokens[who]

    def runs(self, dag: str) -> list[Json]:
        return list(self.ask("GET", f"/api/v2/dags/{dag}/dagRuns?limit=100")["dag_runs"])

    def tasks(self, dag: str, run: str) -> list[Json]:
        return list(self.ask("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances?limit=1000")["task_instances"])

    def log(self, dag: str, run: str, task: str, number: int = 1, map_index: int = -1) -> str:
        """What a task's try said."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{number}"
        lines = self.ask("GET", f"{path}?map_index={map_index}&full_content=true")["content"]
        return "\n".join(str(line.get("event", line)) if isinstance(line, dict) else str(line) for line in lines)

    def unpause(self, *dags: str) -> None:
        for dag in dags:
            self.ask("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})


def fetch(method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
    """One request to our own machine, past any proxy; the JSON of the answer."""
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(  # noqa: S310
        url, data, {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}, method=method
    )
    with DIRECT.open(asked, timeout=60) as answer:
        read = answer.read()
    return json.loads(read) if read else None


@contextlib.contextmanager
def keeping_database(environment: Mapping[str, str], name: str = "airflow") -> Iterator[dict[str, str]]:
    """The product's database server with a database for Airflow beside: addresses by name, while this stands."""
    argv = [sys.executable, "-m", "inspectorate", "keep-database", "--create", name]
    process = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(environment), start_new_session=True
    )
    try:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            raise HouseFailed("数据库没有启动")
        yield json.loads(line)
    finally:
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            end_session(process.pid, 0)
            process.wait()


@contextlib.contextmanager
def airflow_house(
    home: Path, databases: Mapping[str, str], environment: Mapping[str, str], settings: Mapping[str, str] | None = None
) -> Iterator[House]:
    """A local Airflow: its database made or brought up to date, all components ready, pools made.

    `databases` has the addresses `inspectorate` and `airflow`; `environment` is what every component and thus every
    command gets; `settings` are further AIRFLOW__… variables. Nothing of it runs on when this ends; what an earlier
    one that was killed left behind is ended first.
    """
    home.mkdir(parents=True, exist_ok=True)
    sweep(home)
    secret = keep_secrets(home)
    port = free_port(secret)
    write_private(home / "secrets.json", secret | {"port": port})
    env = components_environment(home, port, secret, databases, environment) | dict(settings or {})
    house = House(home, f"http://127.0.0.1:{port}", secret["passwords"])
    with guarded(home):
        try:
            migrate(home, env)
            for name in COMPONENTS:
                house.components[name] = start(home, name, env)
            wait_until_ready(house)
            for pool, slots in POOLS.items():
                make_pool(house, pool, slots)
            yield house
        finally:
            stop(home, house.components)


@contextlib.contextmanager
def guarded(home: Path) -> Iterator[None]:
    """Somebody who outlives us if we are killed, and then ends what we started."""
    argv = [sys.executable, "-m", "demo", "guard", "--home", str(home)]
    guard = subprocess.Popen(argv, stdin=subprocess.PIPE, cwd=CHECKOUT, start_new_session=True)
    try:
        yield
    finally:
        if guard.stdin:
            guard.stdin.close()
        guard.wait()


def components_environment(
    home: Path, port: int, secret: Json, databases: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """What each component needs; the same for all, or tasks could not talk to the API."""
    url = f"http://127.0.0.1:{port}"
    local = "127.0.0.1,localhost"  # the components' own talk never goes through the city's proxy
    return dict(environment) | {
        "INSPECTORATE_DSN": databases["inspectorate"],
        "NO_PROXY": local,
        "no_proxy": local,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(CHECKOUT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(CHECKOUT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
        "AIRFLOW__CORE__FERNET_KEY": secret["fernet"],
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{who}:{role}" for who, role in USERS.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": databases["airflow"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE": "5",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__SECRET_KEY": secret["session"],
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": secret["jwt"],
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(secret["log_port"]),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(secret["trigger_port"]),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


# What is kept from one start to the next


def keep_secrets(home: Path) -> Json:
    """Keys, ports and passwords, made once; only the owner of the state folder can read them."""
    file = home / "secrets.json"
    if not file.exists():
        made = {
            "jwt": secrets.token_urlsafe(64),
            "session": secrets.token_urlsafe(32),
            "fernet": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "port": 0,
            "log_port": any_port(),
            "trigger_port": any_port(),
            "passwords": {who: secrets.token_urlsafe(9) for who in USERS},
        }
        write_private(file, made)
        write_private(home / "passwords.json", made["passwords"])
    return dict(json.loads(file.read_text(encoding="utf-8")))


def write_private(file: Path, content: Json) -> None:
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(content, out)
    new.rename(file)


def any_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def free_port(secret: Json) -> int:
    """The same port as last time while nobody else has it: bookmarks go on working."""
    port = int(secret.get("port") or 0)
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", port or 8080))
        except OSError:
            return any_port()
        return int(door.getsockname()[1])


# Processes


def airflow(*argv: str) -> list[str]:
    return [sys.executable, "-m", "airflow", *argv]


def migrate(home: Path, env: Mapping[str, str]) -> None:
    """Make Airflow's tables or bring them up to date, unless this version has done so here before."""
    done = home / "migrated"
    version = subprocess.run(
        [sys.executable, "-c", "from importlib.metadata import version; print(version('apache-airflow-core'))"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    if done.exists() and done.read_text(encoding="utf-8") == f"{version} {env['AIRFLOW__DATABASE__SQL_ALCHEMY_CONN']}":
        return
    with (home / "migrate.log").open("wb") as log:
        ended = subprocess.run(
            airflow("db", "migrate"), env=dict(env), stdout=log, stderr=log, cwd=home, check=False, timeout=300
        )
    if ended.returncode:
        raise HouseFailed(f"Airflow 的数据库没有建成:\n{tail(home / 'migrate.log')}")
    done.write_text(f"{version} {env['AIRFLOW__DATABASE__SQL_ALCHEMY_CONN']}", encoding="utf-8")


def start(home: Path, name: str, env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start one component in a session of its own, its output into a file."""
    with (home / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            airflow(name), env=dict(env), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            cwd=home, start_new_session=True,
        )  # fmt: skip
    (home / f"{name}.session").write_text(f"{process.pid} {born(process.pid)}", encoding="utf-8")
    return process


def wait_until_ready(house: House) -> None:
    """Until the API answers and every component has reported; HouseFailed if one of them died or time is up."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        for name, process in house.components.items():
            if process.poll() is not None:
                raise HouseFailed(f"{name} 已退出（状态 {process.returncode}）:\n{tail(house.home / f'{name}.log')}")
        with contextlib.suppress(urllib.error.URLError, OSError, ValueError):
            health = fetch("GET", f"{house.url}/api/v2/monitor/health")
            parts = ("metadatabase", "scheduler", "dag_processor", "triggerer")
            if all((health.get(part) or {}).get("status") == "healthy" for part in parts):
                return
        time.sleep(1)
    raise HouseFailed(f"Airflow 在 {READY_SECONDS} 秒内没有就绪:\n{tail(house.home / 'api-server.log')}")


def make_pool(house: House, name: str, slots: int) -> None:
    try:
        house.ask("POST", "/api/v2/pools", {"name": name, "slots": slots, "include_deferred": False})
    except urllib.error.HTTPError as refused:
        if refused.code != 409:  # it is there, perhaps with slots that a person chose
            raise


def stop(home: Path, components: Mapping[str, "subprocess.Popen[bytes]"]) -> None:
    """TERM to all, then KILL to whatever of their sessions is left.

    The scheduler goes first and at once: tasks that were told to end would be put off for minutes; those that are
    simply gone are begun again by the next scheduler.
    """
    if "scheduler" in components:
        end_session(components["scheduler"].pid, 0)
    for process in components.values():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for process in components.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, deadline - time.monotonic()))
    for process in components.values():
        end_session(process.pid, 0)
        process.wait()
    for name in components:
        (home / f"{name}.session").unlink(missing_ok=True)


def sweep(home: Path, grace_seconds: float = 3) -> None:
    """End what a killed house left behind; a number that belongs to another process by now is left alone."""
    for file in home.glob("*.session"):
        pid, _, when = file.read_text(encoding="utf-8").partition(" ")
        if pid.isdigit() and (born(int(pid)) in ("", when)):
            end_session(int(pid), grace_seconds)
        file.unlink(missing_ok=True)


def end_session(session: int, grace_seconds: float) -> None:
    """End every process of a session, whatever process groups they made: TERM, and KILL after so many seconds."""
    for signum, patience in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 5.0)):
        if signum is signal.SIGTERM and not grace_seconds:
            continue
        for pid in session_members(session):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)
        deadline = time.monotonic() + patience
        while session_members(session) and time.monotonic() < deadline:
            time.sleep(0.1)


def session_members(session: int) -> list[int]:
    """Living processes of a session; the dead that nobody has waited for yet do not count."""
    return [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and (seen := stat(int(folder.name))) and seen[3] == str(session) and seen[0] != "Z"
    ]


def born(pid: int) -> str:
    """When a process started, in the kernel's ticks: with its number that names it for ever. Empty: it is gone."""
    seen = stat(pid)
    return seen[19] if seen else ""


def stat(pid: int) -> list[str]:
    """The kernel's facts of a process, from its state on; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def tail(file: Path, characters: int = 2000) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")[-characters:]
    except OSError:
        return ""
