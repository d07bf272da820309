"""A task is a command: what its end means, and that nothing of it outlives the task. Real processes, no mocks."""

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException, AirflowTaskTimeout
from airflow.sdk.execution_time.timeout import timeout

import warm
from errand import MORNING, Errand
from signing import RecordedQuestion


def living(pid: int) -> bool:
    """Whether a process lives; the dead that nobody has waited for do not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Task:
    """What an errand asks of its task instance."""

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def run(*argv: str, **more: Any) -> tuple[dict[str, Any], Task]:
    task = Task()
    return Errand(task_id="t", argv=list(argv), **more).execute({"ti": task}), task


def until(fact: Callable[[], Any], seconds: float = 10) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := fact():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not so after {seconds} s")


def started(file: Path) -> list[int]:
    return until(lambda: file.exists() and [int(pid) for pid in file.read_text().split()], 20)


def gone(pids: list[int], seconds: float = 5) -> None:
    until(lambda: not any(living(pid) for pid in pids), seconds)


def test_a_command_that_ends_well_is_green_and_its_statistics_are_kept(played: Path) -> None:
    told, _ = run("scrapers", "exit", "0")
    assert told["subjects"] == 1
    assert told["exit"] == 0


def test_one_json_object_on_stdout_is_kept_and_anything_else_is_only_told(played: Path) -> None:
    assert run("inspectorate", "print", '{"inspection": "2018Q3/2"}')[0]["inspection"] == "2018Q3/2"
    assert set(run("inspectorate", "print", "第一行\n第二行")[0]) == {"exit", "took_seconds"}
    assert set(run("inspectorate", "much")[0]) == {"exit", "took_seconds"}


@pytest.mark.parametrize(
    "status, error, means, does",
    [
        (1, AirflowException, "本系统出错（它说的最后一句）", "清除本任务重跑"),
        (2, AirflowFailException, "输入有误，什么也没有改动", "改正登记库、参数或前一步"),
        (3, AirflowException, "什么也没有读到，原因在我方", "检查本机网络、代理"),
        (77, AirflowException, "未约定的状态 77", "看上面的日志"),
    ],
)
def test_red_says_what_it_means_what_to_do_and_whether_it_may_wait(
    played: Path, status: int, error: type[Exception], means: str, does: str
) -> None:
    with pytest.raises(error) as told:
        run("scrapers", "exit", str(status))
    assert means in str(told.value)
    assert does in str(told.value)
    assert str(told.value).endswith(MORNING)
    # Only bad input is not worth another try.
    assert isinstance(told.value, AirflowFailException) == (status == 2)


def test_statistics_of_a_red_command_are_kept_too(played: Path) -> None:
    task = Task()
    with pytest.raises(AirflowException):
        Errand(task_id="t", argv=["scrapers", "exit", "3"]).execute({"ti": task})
    assert task.pushed["statistics"] == {"subjects": 1}


def test_no_secret_of_airflow_reaches_a_command(played: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW_CONN_SMTP", "AIRFLOW_VAR_X", "_AIRFLOW__AS_LIBRARY"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("INSPECTORATE_HOME", str(played))
    names = run("inspectorate", "environment")[0]["names"]
    assert "INSPECTORATE_HOME" in names
    assert not [name for name in names if name.startswith(("AIRFLOW_", "_AIRFLOW")) and name != "AIRFLOW_HOME"]


def test_only_commands_of_ours_are_started_and_never_a_shell_line() -> None:
    for argv in (["rm", "x"], [], ["os"], ["scrapers; rm"]):
        with pytest.raises(AirflowFailException, match="不是本系统的命令"):
            Errand(task_id="t", argv=argv).execute({"ti": Task()})


def test_a_site_behind_its_own_firewall_is_skipped_and_not_red_where_the_crawl_says_so(played: Path) -> None:
    with pytest.raises(AirflowSkipException, match="对方的防火墙"):
        run("scrapers", "wall", skips_walls=True)
    with pytest.raises(AirflowException, match="什么也没有读到"):
        run("scrapers", "wall")


def test_links_stand_while_the_command_still_runs(played: Path) -> None:
    _, task = run("inspectorate", "print", "x", rows="/desk/subject/1", paper="/desk/paper/2018Q3/1")
    assert task.pushed == {"_link_RowsLink": "/desk/subject/1", "_link_PaperLink": "/desk/paper/2018Q3/1"}


def test_a_command_that_has_ended_before_its_number_is_read_is_no_killed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the number of a short command and its exit status arrive in one piece."""
    monkeypatch.setenv(warm.ADDRESS, str(tmp_path / "socket"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(tmp_path / "socket"))
        listening.listen()

        def nursery() -> None:
            connection, _ = listening.accept()
            with connection:
                _, descriptors, _, _ = socket.recv_fds(connection, 4, 2)
                connection.recv(65536)
                connection.sendall(b"4711\n3")
                for descriptor in descriptors:
                    os.close(descriptor)

        busy = threading.Thread(target=nursery)
        busy.start()
        forked = warm.fork(["scrapers", "probe"], {})
        busy.join()
    assert forked is not None
    assert (forked.pid, forked.poll(), forked.wait()) == (4711, 3, 3)
    forked.stdout.close()
    forked.stderr.close()


def test_an_answer_is_weighed_under_the_sign_in_name_whatever_the_auth_manager_calls_its_users_id(
    played: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SimpleAuthManager's id is the sign-in name, FAB's is a number; the desk and issuer.yaml know the name."""
    command = ["inspectorate", "sign", "--state", str(played / "asked")]
    options = {"同意签发": "publish", "退回修改": "again"}
    sign = RecordedQuestion(
        task_id="sign", command=command, subject="请签发", options=list(options), options_mapping=options
    )
    monkeypatch.setattr(sign, "do_branch", lambda context, branch: branch)
    task = SimpleNamespace(run_id="r", try_number=1, task_id="sign", xcom_pull=lambda **_: "a1b2")
    event = {"chosen_options": ["同意签发"], "params_input": {}, "responded_at": datetime.now(UTC)}

    def answer(user: dict[str, str] | None) -> Any:
        return sign.execute_complete({"ti": task}, event | {"responded_by_user": user})

    with pytest.raises(AirflowException, match="已参与复核，不得签发"):
        answer({"id": "2", "name": "fuhe"})
    assert answer({"id": "3", "name": "qianfa"}) == "publish"
    with pytest.raises(AirflowException, match="没有人作答"):
        answer(None)
    rows = [json.loads(line) for line in (played / "asked.answers").read_text(encoding="utf-8").splitlines()]
    assert [row["by"] for row in rows] == ["fuhe", "qianfa"]


def test_a_command_that_leaves_a_child_behind_neither_hangs_the_task_nor_keeps_the_child(played: Path) -> None:
    began = time.monotonic()
    run("inspectorate", "leave")
    assert time.monotonic() - began < 10
    time.sleep(0.2)
    assert "time.sleep(600)" not in _children_of_init()


def _children_of_init() -> str:
    lines = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and living(int(folder.name)):
            try:
                environment = (folder / "environ").read_bytes()
                if f"PYTEST_CURRENT_TEST={os.environ['PYTEST_CURRENT_TEST']}".encode() in environment:
                    lines.append((folder / "cmdline").read_text())
            except OSError:
                continue
    return "\n".join(lines)


@pytest.mark.parametrize("act", ["sleep", "stubborn", "family"])
def test_a_command_that_takes_too_long_is_ended_with_all_of_its_children(played: Path, act: str) -> None:
    mark = played / "pids"
    with pytest.raises(AirflowTaskTimeout), timeout(3):
        run("scrapers", act, str(mark), grace_seconds=0.5)
    gone(started(mark), 1)


def serve(file: str, act: str) -> None:
    """What Airflow's task process does: runs the operator, and on TERM calls on_kill."""
    task = Errand(task_id="t", argv=["scrapers", act, file], execution_timeout=timedelta(hours=1))
    signal.signal(signal.SIGTERM, lambda *_: task.on_kill())
    try:
        task.execute({"ti": Task()})
    except AirflowException as told:
        Path(file + ".told").write_text(str(told))


@pytest.mark.parametrize("act", ["sleep", "stubborn", "family"])
def test_a_task_that_is_marked_failed_takes_its_command_along_within_five_seconds(played: Path, act: str) -> None:
    mark = played / "pids"
    process = multiprocessing.get_context("fork").Process(target=serve, args=[str(mark), act])
    process.start()
    pids = started(mark)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGTERM)
    gone(pids, 5)
    process.join(5)
    told = (played / "pids.told").read_text()
    assert "信号终止" in told


WORKER = """
import os, sys, time
pid = os.fork()
if not pid:
    sys.path[:0] = [{plugins!r}, {tests!r}]
    from test_errand import serve
    serve({file!r}, "family")
    os._exit(0)
print(pid, flush=True)
time.sleep(600)
"""


def test_a_killed_worker_leaves_neither_its_task_nor_the_command_running(played: Path) -> None:
    house = Path(__file__).resolve().parents[2]
    mark = played / "pids"
    code = WORKER.format(plugins=str(house / "plugins"), tests=str(Path(__file__).parent), file=str(mark))
    worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=house)
    assert worker.stdout is not None
    task = int(worker.stdout.readline())
    pids = started(mark)
    worker.kill()
    worker.wait()
    gone([task, *pids], 8)


def test_a_task_killed_with_minus_nine_takes_its_command_along(played: Path) -> None:
    mark = played / "pids"
    process = multiprocessing.get_context("fork").Process(target=serve, args=[str(mark), "sleep"])
    process.start()
    pids = started(mark)
    process.kill()
    process.join(5)
    gone(pids, 5)
