"""The ledger passes over most lists unread, and must still tell what a plain search through all of them tells."""

import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from inspectorate.evidence import Article, Door, Landed, PageVisit
from inspectorate.quarter import SHANGHAI
from inspectorate.store import evidence, ledger

AT = datetime(2026, 9, 10, 10, tzinfo=SHANGHAI)
PLAIN = Path(__file__).with_name("oddities.sql").read_text()
SITES = ("3415000001", "3415000002")
RHYTHMS = ([200, 120, 90, 80, 60, 40, 20, 10, 1], [30, 20, 10, 5, 3, 1], [100, 2, 0, -1])  # days before
AGES = (0, 0, 1, 3, 6, 7, 8, 15, 20, 30, 60, 200, 250)


def throw(dice: random.Random) -> list[list[Landed]]:
    """Readings of a few lists: dates move, items come late or at once, visits and items get lost, order is chance."""
    landed: list[list[Landed]] = []
    for site in SITES:
        for number in range(3):
            column = f"http://{site}.gov.cn/{number}/"
            for days in dice.choice(RHYTHMS):
                at = AT - timedelta(days=days, hours=dice.randrange(3))
                items: list[Landed] = []
                for place in range(dice.choice((0, 1, 5, 6, 12, 14))):
                    name = f"t{dice.randrange(200 if number == 2 else 25)}"
                    whole = number == 1 and dice.random() < 0.4
                    dated = at.date() - timedelta(days=0 if whole else dice.choice(AGES))
                    held = None if dice.random() < 0.06 else dated
                    items.append(Article(site, column, f"{column}{name}", held, name, place, dice.random() < 0.1, at))
                days_of = [item.dated for item in items if isinstance(item, Article) and item.dated is not None]
                outcome, complete = dice.choice((Door.OPENED,) * 5 + (Door.WALL,)), dice.random() < 0.9
                visit = PageVisit(
                    site, column, "column", at, outcome, complete, items=len(items),
                    undated=len(items) - len(days_of), newest=max(days_of, default=None),
                    oldest=min(days_of, default=None), blank=False, dated_list=True, sha256=None,
                )  # fmt: skip
                parts: tuple[list[Landed], ...] = ([visit], items)
                landed += [part for part in parts if dice.random() < 0.95]
    if dice.random() < 0.5:
        dice.shuffle(landed)
    return landed


@pytest.mark.parametrize("seed", range(6))
def test_the_ledger_tells_what_a_plain_search_through_every_list_tells(connection: Connection, seed: int) -> None:
    dice = random.Random(seed)
    for part in throw(dice):
        evidence.land(connection, part)
    told: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute("select last_value from landing")
        [(last,)] = cursor.fetchall()
        for cut in (last, last - dice.randrange(120)):  # a freeze now, and one that did not see all of this
            for agreeing, items in ((2, 10), (1, 3), (3, 5)):
                facts = {"codes": list(SITES), "last": cut, "at": AT, "seen_from": AT - timedelta(days=92)}
                facts |= {"backdated": "0 months 7 days", "agreeing": agreeing, "items": items, "crawl_dated": 5}
                rows = []
                for query in (PLAIN, ledger.ODDITIES):
                    cursor.execute(query, facts)
                    rows.append(cursor.fetchall())
                assert Counter(rows[0]) == Counter(rows[1])
                told.update(row[0] for row in rows[0])
    assert {"backdated", "moved", "burst"} <= set(told)
