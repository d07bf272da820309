"""The door to the database: addresses, sessions and migrations."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from inspectorate.commands import main
from inspectorate.store import database


def test_a_session_counts_days_in_shanghai(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("show timezone")
        assert cursor.fetchone() == ("Asia/Shanghai",)
        cursor.execute("select (timestamptz '2018-09-30T16:00:00Z')::date::text")
        assert cursor.fetchone() == ("2018-10-01",)


def test_a_rollback_keeps_the_sessions_time_zone(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        connection.rollback()
        cursor.execute("show timezone")
        assert cursor.fetchone() == ("Asia/Shanghai",)


def test_an_engine_sees_the_same_database_and_days(database: str) -> None:
    from inspectorate.store.database import engine

    made = engine(database)
    with made.connect() as session:
        assert session.exec_driver_sql("show timezone").scalar() == "Asia/Shanghai"
        assert session.exec_driver_sql("select count(*) from migration").scalar() >= 1
    made.dispose()


def test_a_connection_does_not_pay_for_sqlalchemy() -> None:
    script = (
        "import sys, inspectorate.store.database, inspectorate.store.evidence; sys.exit('sqlalchemy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize(
    "url",
    ["sqlite:///house.db", "mysql://root@localhost/house", "house"],
)
def test_another_kind_of_address_is_refused_by_name(url: str) -> None:
    with pytest.raises(ValueError, match="INSPECTORATE_DSN"):
        database.read_address(url)


@pytest.mark.parametrize(
    ("url", "facts"),
    [
        ("postgresql+psycopg2://u:p%40ss/w@h:5433/d", {"user": "u", "password": "p@ss/w", "host": "h", "port": "5433"}),
        ("postgresql://u@[::1]/d", {"user": "u", "host": "::1", "dbname": "d"}),
        ("postgresql+psycopg2://u:p@/d?host=/run/pg&sslmode=require", {"host": "/run/pg", "sslmode": "require"}),
    ],
)
def test_an_address_is_read_as_sqlalchemy_reads_it(url: str, facts: dict[str, str]) -> None:
    assert facts.items() <= database.read_address(url).items()


def write_migrations(folder: Path, *texts: str) -> Path:
    for number, text in enumerate(texts, 1):
        (folder / f"{number:04}_step.sql").write_text(text)
    return folder


def empty(connection: Connection) -> Connection:
    with connection.cursor() as cursor:
        cursor.execute("drop schema public cascade; create schema public")
    connection.commit()
    return connection


def test_migrating_twice_changes_nothing(connection: Connection) -> None:
    database.migrate(connection)
    with connection.cursor() as cursor:
        cursor.execute("select count(*), max(number) from migration")
        count, last = cursor.fetchone()
    assert count == last == len(list(database.MIGRATIONS.glob("*.sql")))


def test_only_what_is_new_is_applied(connection: Connection, tmp_path: Path) -> None:
    empty(connection)
    database.migrate(connection, write_migrations(tmp_path, "create table a (x int);"))
    database.migrate(connection, write_migrations(tmp_path, "create table a (x int);", "create table b (x int);"))
    with connection.cursor() as cursor:
        cursor.execute("select name from migration order by number")
        assert cursor.fetchall() == [("0001_step.sql",), ("0002_step.sql",)]


def test_a_command_without_its_database_says_so_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INSPECTORATE_DSN", "postgresql+psycopg2://nobody:secret@127.0.0.1:1/none")
    assert main(["letters"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("本系统故障：数据库不能使用: ")
    assert told.count("\n") == 1
    assert "secret" not in told


def test_a_changed_migration_is_refused(connection: Connection, tmp_path: Path) -> None:
    empty(connection)
    database.migrate(connection, write_migrations(tmp_path, "create table a (x int);"))
    with pytest.raises(database.MigrationRefused, match="0001_step"):
        database.migrate(connection, write_migrations(tmp_path, "create table a (x bigint);"))


def test_a_database_newer_than_the_program_is_refused(connection: Connection, tmp_path: Path) -> None:
    empty(connection)
    database.migrate(connection, write_migrations(tmp_path, "create table a (x int);", "create table b (x int);"))
    (tmp_path / "0002_step.sql").unlink()
    with pytest.raises(database.MigrationRefused, match="0002_step"):
        database.migrate(connection, tmp_path)


def test_a_migration_that_breaks_leaves_the_ones_before_and_nothing_of_its_own(
    connection: Connection, tmp_path: Path
) -> None:
    empty(connection)
    broken = write_migrations(tmp_path, "create table a (x int);", "create table b (x int); select 1/0;")
    with pytest.raises(database.psycopg2.Error):
        database.migrate(connection, broken)
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('a')::text, to_regclass('b')::text")
        assert cursor.fetchone() == ("a", None)


def test_four_that_migrate_at_once_do_it_once(database: str, connection: Connection, tmp_path: Path) -> None:
    from inspectorate.store import database as door

    empty(connection)
    folder = write_migrations(tmp_path, "create table a (x int); select pg_sleep(0.1);")
    failed: list[BaseException] = []

    def migrate() -> None:
        own = door.connect(database)
        try:
            door.migrate(own, folder)
        except door.psycopg2.Error as error:
            failed.append(error)
        own.close()

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from migration")
        assert cursor.fetchone() == (1,)
