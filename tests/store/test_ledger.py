"""The first-seen ledger in a real Postgres: what stored lists show beside the printed dates, and what is only late."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection

from inspectorate import edition
from inspectorate.commands import inspection as steps
from inspectorate.evidence import Article, Door, Oddity, PageVisit, SiteEvidence
from inspectorate.finding import Finding, Outcome
from inspectorate.judge import judge_site
from inspectorate.quarter import SHANGHAI
from inspectorate.register import Issuer, Register, Site, Unit
from inspectorate.store import evidence, inspection, ledger, register

AT = datetime(2026, 9, 10, 10, tzinfo=SHANGHAI)
SITE, LIST = "3415000001", "http://one.mou.gov.cn/news/"
CLAUSE = "E19.W-V-01e"
LIBRARY = edition.load()


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


@pytest.fixture
def land(connection: Connection) -> Callable[..., None]:
    """Land one reading of the list: its items from new to old as (name, printed day), pinned ones by a star."""
    held = Register(
        units=(Unit("U1", "市一局", "department"),),
        sites=(Site(SITE, "市一局", "U1", "department", "http://one.mou.gov.cn/"),),
    )
    register.merge(connection, held, by="wang", today=day("06-01"))

    def reading(on: str, *items: tuple[str, str], hour: int = 2) -> None:
        at = datetime.combine(day(on), datetime.min.time(), SHANGHAI) + timedelta(hours=hour)
        days = [day(printed) for _, printed in items]
        visit = PageVisit(
            SITE, LIST, "column", at, Door.OPENED, True, items=len(items), undated=0, newest=max(days),
            oldest=min(days), blank=False, dated_list=True, sha256=f"{on.replace('-', '')}".ljust(64, "0"),
        )  # fmt: skip
        rows = [
            Article(SITE, LIST, f"{LIST}{name.strip('*')}.html", day(printed), name, n, name.startswith("*"), at)
            for n, (name, printed) in enumerate(items)
        ]
        evidence.land(connection, [visit, *rows])

    return reading


def freeze(connection: Connection) -> inspection.Inspection:
    held = register.read(connection, AT)
    return inspection.freeze(
        connection, inspection.Quarter(2026, 3), "trial", AT, held, LIBRARY.digests, "E19", [CLAUSE], False, texts={}
    )


def seen(connection: Connection, which: inspection.Inspection | None = None) -> SiteEvidence:
    which = which or freeze(connection)
    [(_, found)] = evidence.gather_sites(connection, which, doubts=LIBRARY.clause(CLAUSE))
    return found


def judged(found: SiteEvidence) -> Finding:
    main = LIBRARY.in_force(AT.date())[:1]
    site = Site(SITE, "市一局", "U1", "department", "http://one.mou.gov.cn/")
    [finding] = judge_site(site, Unit("U1", "市一局", "department"), found, AT, main, Issuer(), switched_on={CLAUSE})
    return finding


def kinds(rows: tuple[Oddity, ...]) -> list[tuple[str, str, int]]:
    return [(o.kind, o.title.strip("*"), o.count) for o in rows]


OLD = (("b", "07-20"), ("a", "07-01"))


def test_an_item_that_two_stored_lists_did_not_have_is_shown_with_both_of_them(
    connection: Connection, land: Callable[..., None]
) -> None:
    land("08-11", *OLD)
    land("08-20", *OLD)
    land("08-25", *OLD)
    land("08-26", ("x", "08-10"), *OLD)
    frozen = freeze(connection)
    found = seen(connection, frozen)
    listed = ledger.first_seen(connection, SITE, LIST)
    assert [(row.title, row.dated, row.first_seen.astimezone(SHANGHAI).date(), row.place) for row in listed] == [
        ("x", day("08-10"), day("08-26"), 1),
        ("b", day("07-20"), day("08-11"), 1),
        ("a", day("07-01"), day("08-11"), 2),
    ]
    [odd] = found.oddities
    assert (odd.kind, odd.title, odd.dated, odd.count) == ("backdated", "x", day("08-10"), 2)  # 20 and 25 August
    assert (odd.before.sha256, odd.seen.sha256) == ("0825".ljust(64, "0"), "0826".ljust(64, "0"))
    finding = judged(found)
    assert finding.outcome is Outcome.NOT_EXAMINED  # only a person can uphold it
    assert [(p.url, p.sha256) for p in finding.proof] == [(LIST, odd.before.sha256), (LIST, odd.seen.sha256)]
    assert "2026-08-26首见" in finding.proof[1].what
    [told] = steps.judge_all(connection, frozen, LIBRARY.in_force(AT.date()), frozenset({CLAUSE}))
    assert (told.digest, told.because) == (finding.digest, finding.because)


def test_what_was_filed_a_few_days_late_or_lay_beyond_the_list_is_not_doubted(
    connection: Connection, land: Callable[..., None]
) -> None:
    land("08-11", *OLD)
    land("08-15", *OLD)
    land("08-16", ("late", "08-10"), *OLD)  # six days
    assert seen(connection).oddities == ()
    # a short list with a pinned old item at its top: an item further down may well have been there
    full = [("n3", "08-19"), ("n2", "08-18")]
    for on in ("08-25", "08-26", "08-27"):
        land(on, ("*p", "01-01"), *full)
    land("08-28", ("*p", "01-01"), *full, ("deep", "08-12"))
    assert [o.title for o in seen(connection).oddities] == []


def test_a_printed_day_that_changed_between_two_lists_is_shown(
    connection: Connection, land: Callable[..., None]
) -> None:
    land("08-11", *OLD)
    land("08-12", ("b", "08-12"), ("a", "07-01"))
    [odd] = seen(connection).oddities
    assert (odd.kind, odd.title, odd.was, odd.dated) == ("moved", "b", day("07-20"), day("08-12"))
    assert "日期前后不一1处" in judged(seen(connection)).because


def test_a_list_whose_every_item_bears_the_day_of_reading_is_shown(
    connection: Connection, land: Callable[..., None]
) -> None:
    land("09-08", *((f"t{n}", "09-08") for n in range(6)))
    land("09-09", *((f"t{n}", "09-09") for n in range(6)))
    rows = seen(connection).oddities
    assert {o.kind for o in rows} == {"crawl_dated", "moved"}
    [whole] = [o for o in rows if o.kind == "crawl_dated"]
    assert (whole.count, whole.seen.sha256) == (6, "0909".ljust(64, "0"))


def test_ten_items_at_once_after_half_a_year_are_shown_and_a_deeper_reading_is_none(
    connection: Connection, land: Callable[..., None]
) -> None:
    long_ago = (("b", "01-20"), ("a", "01-10"))
    land("08-20", *long_ago)
    land("08-22", *((f"n{n}", "08-21") for n in range(10)), *long_ago)
    found = seen(connection)
    assert kinds(found.oddities) == [("burst", "", 10)]
    assert "长期停更后集中发布1处" in judged(found).because
    # the next page is read for the first time: what it shows was there before
    land("08-23", *((f"n{n}", "08-21") for n in range(10)), *long_ago, *((f"o{n}", "01-05") for n in range(12)))
    assert kinds(seen(connection).oddities) == [("burst", "", 10)]


def test_what_is_landed_later_changes_nothing_for_a_frozen_inspection(
    connection: Connection, land: Callable[..., None]
) -> None:
    land("08-11", *OLD)
    land("08-25", *OLD)
    land("08-26", ("x", "08-10"), *OLD)
    frozen = freeze(connection)
    before = judged(seen(connection, frozen))
    land("08-20", *OLD)
    land("09-20", ("x", "09-01"), *OLD)
    after = judged(seen(connection, frozen))
    assert (after.digest, after.because) == (before.digest, before.because)
    assert replace(after, proof=()) == replace(before, proof=())
