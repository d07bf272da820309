"""Two counts of the same random evidence: the judge and the views never disagree."""

import contextlib
import random
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from expectations.recount import Audited, choose, fill
from inspectorate.commands import inspection as steps
from inspectorate.evidence import AccountVisit, Article, Discovery, Door, Landed, LetterVisit, PageVisit, Post, Visit
from inspectorate.quarter import SHANGHAI, midnight
from inspectorate.store import finding, register
from tests.expectations.made_city import DAY, HOUR, City, editions_of, site_of

SITES = tuple(f"34150001{n:02}" for n in range(40))
EMPTIED = SITES[:12]
ACCOUNTS = tuple(f"wb{n:02}" for n in range(40))
CLASSES = ("news", "notice", "policy", "personnel_plan", "interaction", "other")
AGES = (0, 1, 13, 14, 15, 100, 183, 184, 185, 364, 365, 366, 700)
MOMENTS = (-40 * DAY, -37 * HOUR, -36 * HOUR, -30 * HOUR, -2 * HOUR, -2 * HOUR, -HOUR, HOUR, 20 * DAY)
TYPES = ("栏目",) * 8 + ("频道", "专题")
ADDRESSES = ("192.0.2.1", "192.0.2.2", "192.0.2.3", "")
SPELLS = (40, 41, 42, 43, 90)  # in which the first address is down
DOORS = (Door.OPENED,) * 12 + (Door.WALL, Door.OURS, Door.TIMEOUT)


class Dice:
    """Random evidence of one city, the same for the same seed."""

    def __init__(self, city: City, seed: int) -> None:
        self.city, self.roll = city, random.Random(seed)

    def page(self, site: str, url: str, kind: str) -> PageVisit:
        roll, city = self.roll, self.city
        items = roll.choice((None, 0, 3, 9, 9, 9))
        newest = city.before(roll.choice(AGES)) if items and roll.random() < 0.85 else None
        outcome = roll.choice(DOORS)
        return PageVisit(
            site,
            url,
            kind,  # type: ignore[arg-type]
            city.at + roll.choice(MOMENTS) + timedelta(seconds=roll.randrange(-1, 2)),
            outcome,
            outcome is Door.OPENED and roll.random() < 0.9,
            items,
            roll.choice((0, 0, 0, None, 2)) if items else None,
            newest,
            newest - timedelta(days=roll.choice((0, 400))) if newest else None,
            None if items is None and roll.random() < 0.3 else (not items and roll.random() < 0.7),
            roll.choice((True, True, True, False, None)),
            roll.choice(("ab", "cd")),
        )

    def columns(self, site: str) -> list[Landed]:
        roll, city, rows = self.roll, self.city, list[Landed]()
        stale = roll.random() < 0.4  # whole sites that were left alone, else nothing would ever fail
        for n in range(roll.choice((0, 3, 8, 14, 14))):
            folder = roll.choice(("", "a/", "a/b/", f"c{n}/", f"c{n}/"))
            url = city.column(
                f"栏目{n % 9}",
                roll.choice(CLASSES),
                site,
                type_=roll.choice(TYPES),
                parent=roll.choice(("",) * 5 + ("栏目1", "栏目2", "栏目3")),
                level=roll.choice((1, 1, 1, 2, None)),
                url=f"{site_of(site).home_url}{folder}{n}.html",
            )
            for _ in range(roll.choice((0, 1, 1, 1, 2, 3))):
                seen = self.page(site, url, roll.choice(("column",) * 9 + ("letters",)))
                if stale and seen.newest and roll.random() < 0.9:
                    rows.append(self.old(seen))
                else:
                    rows.append(seen)
            if roll.random() < 0.15:
                rows.append(Article(site, url, url + "?1", city.before(roll.choice(AGES)), "一条", 1, False, city.at))
            self.say(site, url)
        return rows

    def old(self, seen: PageVisit) -> PageVisit:
        return PageVisit(
            seen.site,
            seen.url,
            seen.kind,
            self.city.at - HOUR * 2,
            Door.OPENED,
            True,
            9,
            0,
            self.city.before(900),
            self.city.before(900),
            False,
            True,
            "ab",
        )

    def emptied(self, row: Landed) -> Landed:
        """The row as a broken template would have it: the page opens, and shows nothing."""
        if not isinstance(row, PageVisit) or row.kind != "column" or not row.complete:
            return row
        template = self.roll.choice(("t1", "t1", "t1", "t2"))
        return replace(row, items=0, undated=None, newest=None, oldest=None, blank=True, template=template)

    def say(self, site: str, url: str) -> None:
        """What persons said of a column."""
        roll, city = self.roll, self.city
        if roll.random() < 0.3:
            city.confirm(url, "class", roll.choice(CLASSES), site=site)
        if roll.random() < 0.1:
            city.confirm(url, "blank", roll.choice(("yes", "no")), roll.choice(("ab", "cd")), site)
        if roll.random() < 0.1:
            city.confirm(url, "stale", roll.choice(("yes", "no")), roll.choice(("ab", "cd", None)), site)
        if roll.random() < 0.1:
            city.confirm(url, "parent", roll.choice(("", "栏目1")), site=site)
        if roll.random() < 0.1:
            until = roll.choice((None, city.day, city.before(1)))
            register.exempt(city.connection, site, url, roll.choice(("专题", "")), "tester", until)

    def letters(self, site: str) -> list[Landed]:
        roll, city, rows = self.roll, self.city, list[Landed]()
        for name in roll.sample(("领导信箱", "网上举报", "咨询投诉", ""), roll.randrange(3)):
            url = f"{site_of(site).home_url}box{name}/"
            if name:
                city.column(name, "interaction", site, url=url)
            for at in roll.sample(MOMENTS, 2):
                rows.append(
                    PageVisit(
                        site,
                        url,
                        "letters",
                        city.at + at,
                        Door.OPENED,
                        roll.random() < 0.9,
                        5,
                        roll.choice((0, 0, 0, 0, 1)),
                        None,
                        None,
                        False,
                        None,
                        "ab",
                    )
                )
                for n in range(roll.randrange(4)):
                    asked = city.day - timedelta(days=(10, 91, 92, 93, 200)[n] + roll.choice((0, 0, 170)))
                    answered = asked + timedelta(days=roll.choice((5, 95, 400))) if roll.random() < 0.7 else None
                    rows.append(
                        LetterVisit(
                            site,
                            url,
                            f"{url}{n}",
                            asked,
                            answered,
                            city.at + at,
                            roll.random() < 0.1,
                            roll.random() < 0.95,
                            roll.random() < 0.85,
                        )
                    )
        return rows

    def knocks(self, site: str) -> list[Landed]:
        roll, city = self.roll, self.city
        start, bad = midnight(city.day) - 8 * DAY, roll.choice((0.0, 0.02, 0.045, 0.06, 0.1))
        address, rows = roll.choice(ADDRESSES), list[Landed]()
        for n in range(9 * 22):
            if roll.random() < 0.02:
                continue
            at = start + timedelta(minutes=65) * n + timedelta(minutes=roll.choice((0, 0, 0, 5)))
            door = roll.choice((Door.TIMEOUT, Door.HTTP_ERROR, Door.OPENED)) if roll.random() < bad else Door.OPENED
            if roll.random() < 0.01:
                door = roll.choice((Door.WALL, Door.OURS))
            if n in SPELLS and address == ADDRESSES[0] and roll.random() < 0.9:
                door = Door.TIMEOUT
            page = roll.choice(("e1", "e1", site)) if door is Door.HTTP_ERROR else None
            seconds = 15.0 if door is Door.OPENED and roll.random() < bad else roll.choice((1.0, 14.999))
            waited = seconds if door is Door.OPENED else None
            rows.append(Visit(site, at, "probe", door, waited, page, address=address))
            if roll.random() < 0.1:
                near = at + timedelta(minutes=roll.choice((3, 10, 14, 15, 16)))
                rows.append(Visit(site, near, "other", roll.choice((Door.OPENED, Door.TIMEOUT, Door.OURS)), 1.0))
        return rows

    def account(self, name: str) -> list[Landed]:
        roll, city, rows = self.roll, self.city, list[Landed]()
        silent = roll.random() < 0.6
        for source in roll.sample(("ledger", "api", "web", "feed"), roll.randrange(4)):
            for _ in range(roll.choice((1, 1, 2))):
                newest = city.at - DAY * (roll.choice((40, 15)) if silent else roll.choice((1, 13, 14, 15)))
                reach = roll.choice((city.at - 60 * DAY, city.at - 60 * DAY, city.at - 3 * DAY, None))
                rows.append(
                    AccountVisit(
                        name,
                        source,
                        city.at + roll.choice(MOMENTS),
                        roll.choice(DOORS),
                        roll.random() < 0.9,  # type: ignore[arg-type]
                        roll.choice((0, 5)),
                        roll.choice((newest, newest, None)),
                        reach,
                    )
                )
            for n in range(roll.choice((0, 0, 1, 3))):
                at = city.at - DAY * (roll.choice((15, 40)) if silent else roll.choice((1, 14, 15)))
                rows.append(Post(name, source, f"p{n}", at, "", "", roll.random() < 0.3, None, False, city.at))  # type: ignore[arg-type]
        return rows

    def throw(self) -> None:
        for site in SITES:
            rows = [*self.columns(site), *self.letters(site), *self.knocks(site)]
            home = site_of(site).home_url
            rows += [self.page(site, self.roll.choice((home, home, home + "index.html")), "home") for _ in range(2)]
            if self.roll.random() < 0.9:
                at = self.city.at + self.roll.choice(MOMENTS)
                rows.append(Discovery(site, at, self.roll.random() < 0.85, 5))
            self.city.land(*(self.emptied(row) for row in rows) if site in EMPTIED else rows)
        for name in ACCOUNTS:
            self.city.land(*self.account(name))


@pytest.mark.parametrize(
    ("seed", "at"),
    [
        (1, datetime(2026, 9, 10, 10, tzinfo=SHANGHAI)),
        (2, datetime(2026, 5, 31, 10, tzinfo=SHANGHAI)),  # three months before is the end of February
        (3, datetime(2018, 9, 10, 10, tzinfo=SHANGHAI)),
    ],
)
def test_the_judge_and_the_views_say_the_same_of_random_evidence(
    connection: Connection, seed: int, at: datetime
) -> None:
    city = City(connection, at, SITES, ACCOUNTS)
    Dice(city, seed).throw()
    frozen = city.freeze()
    found = steps.judge_all(connection, frozen, editions_of(frozen), frozenset(frozen.clauses))
    finding.keep(connection, frozen, found)
    audited = Audited.of(frozen)
    fill(connection, audited, editions_of(frozen), frozenset(frozen.clauses))
    with connection.cursor() as cursor:
        choose(cursor, audited)
        cursor.execute("select * from ledger_comparison where not agrees")
        assert cursor.fetchall() == []
        cursor.execute("select count(distinct (clause, outcome)) from ledger_count")
        [(kinds,)] = cursor.fetchall()
        cursor.execute("select count(*) from visit_excused")
        [(excused,)] = cursor.fetchall()
        cursor.execute("select count(*) from site_of_broken_template")
        [(emptied,)] = cursor.fetchall()
    assert kinds >= 17, "the dice must throw every outcome of nearly every clause"
    shared = steps.find_shared(connection, frozen, editions_of(frozen), None).faults
    assert excused == sum(len(fault.visits) for fault in shared) > 0
    assert emptied == sum(len(fault.sites) for fault in shared if fault.sign == "template")


def test_sites_shared_out_to_processes_are_judged_as_by_one(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    city = City(connection, datetime(2018, 9, 10, 10, tzinfo=SHANGHAI), SITES, ACCOUNTS)
    Dice(city, 4).throw()
    connection.commit()
    frozen = city.freeze()
    told = []
    for judges in (1, 2):
        monkeypatch.setattr(steps, "SITES_A_JUDGE", len(SITES) // judges)
        monkeypatch.setattr(steps, "SITES_AT_ONCE", 3)
        monkeypatch.setattr("os.sched_getaffinity", lambda pid, judges=judges: set(range(judges)))
        names = ("columns", "links", "accounts")
        with contextlib.ExitStack() as stack:
            columns, links, accounts = (stack.enter_context((tmp_path / name).open("w+")) for name in names)
            files = steps.Files(columns, links, accounts)
            found = steps.judge_all(connection, frozen, editions_of(frozen), frozenset(frozen.clauses), files)
            columns.seek(0)
            told.append((found, columns.read()))
    assert told[0] == told[1]
    assert len(told[0][1].splitlines()) > len(SITES)
