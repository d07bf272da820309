"""The second count and the judge agree on what is a platform's fault, on both sides of its limits."""

from datetime import timedelta

import pytest
from psycopg2.extensions import connection as Connection

from expectations.recount import Audited, choose, fill
from inspectorate.commands import inspection as steps
from inspectorate.evidence import Door, Visit
from inspectorate.quarter import midnight
from inspectorate.store import finding
from tests.expectations.made_city import DAY, City, editions_of, site_of

ACCESS, BLANK = "E19.W-V-02", "E19.W-V-04c"
SITES = tuple(f"34150002{n:02}" for n in range(12))


def counted(
    city: City, only: frozenset[str] = frozenset()
) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    """Clause and subject → outcome, by the judge and by SQL, which must agree in every number."""
    frozen = city.freeze("trial", only)
    editions, switched_on = editions_of(frozen), frozenset(frozen.clauses)
    judged = steps.judge_all(city.connection, frozen, editions, switched_on)
    finding.keep(city.connection, frozen, judged)
    audited = Audited.of(frozen)
    fill(city.connection, audited, editions, switched_on)
    with city.connection.cursor() as cursor:
        choose(cursor, audited)
        cursor.execute("select * from ledger_comparison where not agrees")
        assert cursor.fetchall() == []
        cursor.execute("select clause, subject, outcome from ledger_count")
        counts = {(clause, subject): outcome for clause, subject, outcome in cursor.fetchall()}
    return {(f.clause, f.subject): str(f.outcome) for f in judged}, counts


def week(city: City, site: str, shut: int, **facts: str) -> None:
    start = midnight(city.day) - 7 * DAY
    for n in range(140):
        door = Door.HTTP_ERROR if n < shut else Door.OPENED
        page = facts.get("page") if n < shut else None
        at = start + timedelta(minutes=72) * n
        city.land(Visit(site, at, "probe", door, 1.0 if n >= shut else None, page, address=facts.get("address", "")))


@pytest.mark.parametrize(
    ("down", "facts", "outcome"),
    [
        (3, {}, "failed"),
        (6, {}, "failed"),
        (5, {"address": "192.0.2.1"}, "failed"),  # of twelve at one address: not half
        (6, {"address": "192.0.2.1"}, "unjudged"),
        (5, {"page": "e1"}, "unjudged"),
        (4, {"page": "e1"}, "failed"),
        (10, {}, "unjudged"),
    ],
)
def test_both_counts_call_the_same_sites_down_with_their_platform(
    connection: Connection, down: int, facts: dict[str, str], outcome: str
) -> None:
    city = City(connection, sites=SITES)
    for number, site in enumerate(SITES):
        week(city, site, 20 if number < down else 0, **facts)
    judged, counts = counted(city)
    for number, site in enumerate(SITES):
        expected = outcome if number < down else "passed"
        assert (judged[ACCESS, site], counts[ACCESS, site]) == (expected, expected)


def test_a_site_that_is_inspected_alone_is_still_down_with_its_platform(connection: Connection) -> None:
    city = City(connection, sites=SITES)
    for site in SITES:
        week(city, site, 20, address="192.0.2.1")
    judged, counts = counted(city, frozenset(SITES[:1]))
    assert {subject for _, subject in judged} == {SITES[0]}
    assert (judged[ACCESS, SITES[0]], counts[ACCESS, SITES[0]]) == ("unjudged", "unjudged")


@pytest.mark.parametrize(
    ("sites", "columns", "filled", "outcome"),
    [(5, 6, 0, "unjudged"), (4, 6, 0, "failed"), (5, 6, 1, "failed")],
)
def test_both_counts_leave_the_blank_columns_of_a_broken_template_open(
    connection: Connection, sites: int, columns: int, filled: int, outcome: str
) -> None:
    city = City(connection, sites=SITES[:6])
    for site in SITES[:sites]:
        city.mapped(site=site)
        for n in range(columns):
            city.blank(city.column(f"栏目{n}", site=site), site=site, template="t1")
        for n in range(filled):
            city.seen(city.column(f"别栏{n}", site=site), city.before(1), site)
    judged, counts = counted(city)
    for site in SITES[:sites]:
        assert (judged[BLANK, site], counts[BLANK, site]) == (outcome, outcome)


def test_one_finding_stands_in_the_files_and_the_table_for_a_platform_that_was_down(
    connection: Connection, tmp_path
) -> None:
    city = City(connection, sites=SITES)
    for site in SITES:
        week(city, site, 20, address="192.0.2.1")
    frozen = city.freeze()
    judged = steps.judge_inspection(connection, frozen, tmp_path)
    steps.judge_inspection(connection, frozen, tmp_path)  # again: nothing is told twice
    lines = (tmp_path / "platform.jsonl").read_text("utf-8").splitlines()
    with connection.cursor() as cursor:
        cursor.execute("select sign, mark, cardinality(sites), visits from shared_fault")
        assert cursor.fetchall() == [("address", "192.0.2.1", 12, 240)]
    assert len(lines) == 1
    assert "平台性故障（同一IP地址192.0.2.1）" in lines[0]
    assert {v.verdict for v in judged.verdicts} == {"unjudged"}
    assert site_of(SITES[0]).home_url not in lines[0]
