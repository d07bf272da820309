"""How the register is changed: one transaction at a time, a trail that keeps every change, and the printed order."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from inspectorate.store.database import LANDING

REGISTERING = 7_202_020  # the advisory lock of whoever changes the register

# Which version holds on %(day)s; without a day, the one that nothing has ended.
HOLDS = (
    "case when %(day)s::date is null then valid_to is null"
    " else (valid_from is null or valid_from <= %(day)s) and (valid_to is null or valid_to >= %(day)s) end"
)


@contextmanager
def registering(connection: Connection) -> Iterator[Cursor]:
    """One transaction that changes the register: alone among its kind, and counted by the next freeze."""
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s), pg_advisory_xact_lock_shared(%s)", [REGISTERING, LANDING])
        yield cursor


def printed_order(standing: Sequence[str], listed: Sequence[str]) -> list[str]:
    """The order of a file among what stands already.

    Listed keys keep the file's order in the places that listed keys had; a new key follows its neighbour in the file;
    whatever is not listed stays where it was.
    """
    known = set(standing)
    places = iter([key for key in listed if key in known])
    chosen = set(listed)
    order = [next(places) if key in chosen else key for key in standing]
    at = {key: float(index) for index, key in enumerate(order)}
    first = next((at[key] - 1 for key in listed if key in known), float(len(order)))
    before = None
    step = 1 / (len(listed) + 1)
    for index, key in enumerate(listed, start=1):
        if key not in known:
            at[key] = first + step * index if before is None else at[before] + step
        before = key if key in known or before is not None else None
    return sorted(at, key=lambda key: at[key])


Change = tuple[str, Any, Any]  # key, as it was, as it becomes; None: it was not, it is no longer


def trail(cursor: Cursor, by: str, thing: str, changes: Iterable[Change]) -> None:
    """Keep who changed what."""
    execute_values(
        cursor,
        "insert into register_trail (by, thing, key, was, becomes) values %s",
        [(by, thing, key, as_json(was), as_json(becomes)) for key, was, becomes in changes],
        template="(%s, %s, %s, %s::jsonb, %s::jsonb)",
        page_size=1000,
    )


def as_json(thing: Any) -> str | None:
    """A row for the trail; None stays no value."""
    if thing is None:
        return None
    given = thing if isinstance(thing, dict) else asdict(thing)
    return json.dumps(given, ensure_ascii=False, default=_iso)


def _iso(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} 不能写入登记变更记录")
