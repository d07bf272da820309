"""What the tests of the errands share: a mirror, a register in it, and a way to run an errand as a person would."""

import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from inspectorate.register import Account, Register, Site, Unit
from inspectorate.store import database, register
from scrapers.__main__ import main
from tests.scrapers.mirror import HOST, Mirror


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    made = Mirror()
    yield made
    made.close()


@pytest.fixture
def filed(database: str) -> Callable[..., None]:
    """Put sites and accounts into the register; by default the one site of the mirror."""

    def file(*hosts: str, accounts: tuple[Account, ...] = (), home: str = "") -> None:
        sites = tuple(
            Site(f"341500{number:04d}", f"{host}网", "U1", "department", home or f"http://{host}/")
            for number, host in enumerate(hosts or (HOST,), start=1)
        )
        made = Register((Unit("U1", "市教育局", "department"),), sites, accounts)
        with closing(connected(database)) as connection:
            register.merge(connection, made, "test", date(2020, 1, 1), False)

    return file


def connected(url: str) -> Any:
    return database.connect(url)


@dataclass
class Ran:
    """One errand that was run: its exit status, what it told people, and its statistics."""

    status: int
    told: str
    stats: dict[str, Any]


@pytest.fixture
def environment(database: str, mirror: Mirror, tmp_path: Path) -> dict[str, str]:
    """The environment of an errand: the mirror is its proxy, and nothing waits."""
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    own = {
        "INSPECTORATE_DSN": database,
        "INSPECTORATE_HOME": str(tmp_path / "home"),
        "INSPECTORATE_DELAY": "0",
        "HTTP_PROXY": mirror.address,
        "HTTPS_PROXY": mirror.address,
    }
    return kept | own


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Callable[..., Ran]:
    """Run `python -m scrapers …` in this process, which spares its start; the environment is the errand's own."""

    def run_errand(*arguments: str, **changed: str) -> Ran:
        stats = tmp_path / "stats.json"
        stats.unlink(missing_ok=True)
        told = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stderr(told):
            for name in set(os.environ) - set(environment):
                patch.delenv(name)
            for name, value in (environment | changed).items():
                patch.setenv(name, value)
            try:
                status = main([*arguments, "--stats", str(stats)])
            except SystemExit as ended:
                status = int(str(ended.code))
        return Ran(status, told.getvalue(), json.loads(stats.read_text()) if stats.exists() else {})

    return run_errand


@pytest.fixture
def rows(database: str) -> Callable[..., list[tuple[Any, ...]]]:
    """Ask the database."""

    def ask(query: str) -> list[tuple[Any, ...]]:
        with closing(connected(database)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    return ask
