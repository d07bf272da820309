"""What landing costs beside a bare COPY into the same table with its key: rows a second and this process's CPU.

    python benchmarks/landing.py [--rows 20000] [--rounds 5]

Goals (performance.md 8): at least 0.6 of COPY's rows a second, with upsert and proof that landing again adds nothing.
Half of the rows that are landed are known already. The ways take turns in every round and a ratio is formed within one.
"""

import argparse
import io
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from inspectorate.evidence import Article, Door, PageVisit  # noqa: E402
from inspectorate.quarter import SHANGHAI  # noqa: E402
from inspectorate.store import cluster, database, evidence  # noqa: E402

AT = datetime(2018, 9, 10, 10, tzinfo=SHANGHAI)
BATCH = 5_000
VISIT = (
    "site, url, kind, visited_at, outcome, complete, items, undated, newest, oldest, blank, dated_list, sha256, because"
)
ARTICLE = "site, column_url, url, dated, title, position, pinned, first_seen, last_seen"


def visits(count: int) -> list[PageVisit]:
    return [
        PageVisit(
            f"34150{n % 55:05d}", f"http://s{n % 55}.example.gov.cn/lm/{n // 55}/index.html", "column", AT, Door.OPENED,
            True, 20, 0, date(2018, 9, 1), date(2018, 1, 1), False, True, f"{n:064x}",
        )
        for n in range(count)
    ]  # fmt: skip


def articles(count: int) -> list[Article]:
    return [
        Article(
            f"34150{n % 55:05d}", f"http://s{n % 55}.example.gov.cn/lm/{n % 300}/",
            f"http://s{n % 55}.example.gov.cn/lm/{n // 55}.html", date(2018, 9, 1) - timedelta(days=n % 400),
            "关于印发2018年政务公开工作要点的通知", n % 20, False, AT,
        )
        for n in range(count)
    ]  # fmt: skip


def told(value: object) -> str:
    if value is None:
        return "\\N"
    return {True: "t", False: "f"}[value] if isinstance(value, bool) else str(value)


def copy(connection: Any, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    """The stand-in: rows as text, straight into a table with the same key."""
    for start in range(0, len(rows), BATCH):
        text = io.StringIO("".join("\t".join(map(told, row)) + "\n" for row in rows[start : start + BATCH]))
        with connection.cursor() as cursor:
            cursor.copy_expert(f"copy {table} ({columns}) from stdin", text)
        connection.commit()


def measured(work: Callable[[], Any]) -> tuple[float, float]:
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return time.monotonic() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    os.environ.pop("INSPECTORATE_TEST_VOLATILE", None)  # a commit is a commit here
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with cluster.embedded(Path(folder) / "home") as url, closing(database.connect(url)) as connection:
            database.migrate(connection)
            for name, columns, rows in (
                ("page_visit", VISIT, visits(asked.rows)),
                ("article", ARTICLE, articles(asked.rows)),
            ):
                measure(connection, asked, name, columns, rows)


def measure(connection: Any, asked: argparse.Namespace, name: str, columns: str, rows: list[Any]) -> None:
    fields = [c.strip() for c in columns.split(",")]
    plain = [
        tuple(getattr(row, {"first_seen": "seen_at", "last_seen": "seen_at"}.get(f, f)) for f in fields) for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"create table bare (like {name} including all)")
    connection.commit()
    rounds = []
    for _ in range(asked.rounds):
        clear(connection, name)
        bare = measured(lambda: copy(connection, "bare", columns, plain))
        evidence.land(connection, rows[::2])  # half of them are known
        landed = measured(lambda: evidence.land(connection, rows))
        assert evidence.land(connection, rows) == 0, "landing again must add nothing"
        rounds.append((bare, landed))
    speed = statistics.median(bare[0] / landed[0] for bare, landed in rounds)
    for place, way in enumerate(("COPY", "land")):
        rate = len(rows) / statistics.median(each[place][0] for each in rounds)
        cpu = 1e6 * statistics.median(each[place][1] for each in rounds) / len(rows)
        print(f"{name:10} {way:5} {rate:7.0f} rows/s {cpu:5.0f} CPU µs a row")
    print(f"{name:10} ratio: speed {speed:.2f}")
    with connection.cursor() as cursor:
        cursor.execute("drop table bare")
    connection.commit()


def clear(connection: Any, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"truncate bare, {name}")
    connection.commit()


if __name__ == "__main__":
    main()
