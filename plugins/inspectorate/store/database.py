"""The door to the database: connections, engines and the numbered migrations."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import make_dsn

from inspectorate.store import cluster

if TYPE_CHECKING:
    import sqlalchemy

MIGRATIONS = Path(__file__).resolve().parents[3] / "sql"
MIGRATING = 7_202_018  # the advisory lock of whoever migrates
LANDING = 7_202_019  # shared by whoever lands evidence, alone for whoever freezes
SESSION = "-c timezone=Asia/Shanghai"
ADDRESS = re.compile(
    r"(?P<driver>[\w+]+)://"
    r"(?:(?P<user>[^:/@]*)(?::(?P<password>[^@]*))?@)?"
    r"(?:\[(?P<v6>[^/\]]+)\]|(?P<host>[^/:?]*))(?::(?P<port>\d*))?"
    r"(?:/(?P<dbname>[^?]*))?(?:\?(?P<query>.*))?"
)


class MigrationRefused(Exception):
    """The database was made by other migrations than the ones at hand."""


@contextmanager
def opened() -> Iterator[Connection]:
    """A connection to the database of the settings, running and migrated; what is not committed is rolled back."""
    with cluster.running() as url:
        connection = connect(url)
        try:
            migrate(connection)
            yield connection
        finally:
            connection.close()


def connect(url: str) -> Connection:
    """Connect psycopg2 by a SQLAlchemy URL, without SQLAlchemy; the session's days are Shanghai's."""
    return psycopg2.connect(make_dsn(**read_address(url)))


def connect_beside(connection: Connection) -> Callable[[], Connection]:
    """How another process connects to the same database with the same session; to be asked before it is started."""
    known: dict[str, Any] = dict(connection.info.dsn_parameters) | {"password": connection.info.password}
    return lambda: psycopg2.connect(**known)


def read_address(url: str) -> dict[str, str]:
    """What psycopg2 wants to be told, from an address written for SQLAlchemy."""
    read = ADDRESS.fullmatch(url)
    if read is None or read["driver"].partition("+")[0] not in ("postgresql", "postgres"):
        raise ValueError("INSPECTORATE_DSN 应为 postgresql://用户:密码@主机:端口/数据库 的形式")
    facts = {
        "user": unquote(read["user"] or ""),
        "password": unquote(read["password"] or ""),
        "host": read["v6"] or read["host"] or "",
        "port": read["port"] or "",
        "dbname": unquote(read["dbname"] or ""),
    }
    facts |= dict(parse_qsl(read["query"] or ""))
    facts["options"] = f"{facts.get('options', '')} {SESSION}".strip()
    return {name: value for name, value in facts.items() if value}


def engine(url: str) -> "sqlalchemy.Engine":
    """A SQLAlchemy engine for the doors that want one; the same session settings as `connect`."""
    import sqlalchemy  # noqa: PLC0415 - errands must start without its second of import time

    return sqlalchemy.create_engine(url, connect_args={"options": SESSION}, pool_pre_ping=True)


def migrate(connection: Connection, folder: Path = MIGRATIONS) -> None:
    """Bring the database up to the numbered files of a folder, each in a transaction of its own.

    Forward only: a file that was applied and has changed since, or that is not at hand, is refused.
    """
    files = _files(folder)
    if _applied(connection, files) == len(files):
        connection.rollback()
        return
    connection.rollback()
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [MIGRATING])
        connection.commit()
        try:
            cursor.execute(
                "create table if not exists migration (number int primary key, name text not null,"
                " sha256 text not null, applied_at timestamptz not null default now())"
            )
            connection.commit()
            for number, name, sha256, text in files[_applied(connection, files) :]:
                cursor.execute(text)
                cursor.execute("insert into migration values (%s, %s, %s)", [number, name, sha256])
                connection.commit()
        finally:
            connection.rollback()
            cursor.execute("select pg_advisory_unlock(%s)", [MIGRATING])
            connection.commit()


def _files(folder: Path) -> list[tuple[int, str, str, str]]:
    """Number, name, digest and text of each migration, in order."""
    found = []
    for file in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql")):
        text = file.read_bytes()
        found.append((int(file.name[:4]), file.name, hashlib.sha256(text).hexdigest(), text.decode()))
    if [number for number, *_ in found] != list(range(1, len(found) + 1)) or not found:
        raise MigrationRefused(f"{folder}: 数据库结构文件编号不连续或缺失")
    return found


def _applied(connection: Connection, files: list[tuple[int, str, str, str]]) -> int:
    """How many migrations the database has; refuses a database that does not begin with these files."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('migration')")
        if cursor.fetchall() == [(None,)]:
            return 0
        cursor.execute("select number, name, sha256 from migration order by number")
        applied = cursor.fetchall()
    for (number, name, sha256), file in zip(applied, files, strict=False):
        if (number, sha256) != (file[0], file[2]):
            raise MigrationRefused(f"{file[1]}: 该文件在用于数据库之后被改动（当时为 {name}）, 结构只能向前增加")
    if len(applied) > len(files):
        raise MigrationRefused(f"数据库比本程序新: 已有 {applied[-1][1]}, 请升级程序")
    return len(applied)
