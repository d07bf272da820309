"""What every test may ask for: a real Postgres, and in it a migrated database of the test's own."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from inspectorate.store import cluster, database

NUMBER = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A server's address: an embedded one in a folder of this test process, or INSPECTORATE_TEST_DSN's."""
    given = os.environ.get("INSPECTORATE_TEST_DSN")
    if given:
        yield given
        return
    home = Path(tempfile.mkdtemp(prefix="inspectorate-test-"))
    home.chmod(0o711)  # as root the server is another user, who must get through
    before = os.environ.get("INSPECTORATE_TEST_VOLATILE")
    os.environ["INSPECTORATE_TEST_VOLATILE"] = "1"
    try:
        with cluster.embedded(home) as url:
            yield url
    finally:
        if before is None:
            del os.environ["INSPECTORATE_TEST_VOLATILE"]
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server: str) -> Iterator[str]:
    """The name of a migrated database that fresh ones are copied from."""
    name = f"template_{os.getpid()}"
    _tell(server, f"create database {name}")
    made = database.connect(_named(server, name))
    database.migrate(made)
    made.close()
    yield name
    _tell(server, f"drop database {name} with (force)")


@pytest.fixture
def database_url(server: str, template: str) -> Iterator[str]:
    """A fresh migrated database, as a SQLAlchemy URL."""
    name = f"test_{os.getpid()}_{next(NUMBER)}"
    _tell(server, f"create database {name} template {template}")
    yield _named(server, name)
    _tell(server, f"drop database {name} with (force)")


@pytest.fixture(name="database")
def fresh_database(database_url: str) -> str:
    return database_url


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to the test's own database."""
    made = database.connect(database_url)
    yield made
    made.close()


def _named(server: str, name: str) -> str:
    """The same server, another database."""
    return server.rpartition("/")[0] + "/" + name


def _tell(server: str, statement: str) -> None:
    """Run one statement outside of any transaction."""
    made: psycopg2.extensions.connection = database.connect(server)
    made.autocommit = True
    with made.cursor() as cursor:
        cursor.execute(statement)
    made.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The one test that starts a whole Airflow begins first, so that the others run beside it and not after it."""
    items.sort(key=lambda item: "test_live" not in item.nodeid)
