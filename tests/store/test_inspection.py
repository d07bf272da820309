"""Freezing: written once, checked against the quarter, and kept by a run that is killed."""

import threading
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection

from inspectorate.evidence import AccountVisit, Discovery, Door, Visit
from inspectorate.quarter import SHANGHAI, Quarter
from inspectorate.register import Account, BadInput, Column, Issuer, Person, Register, Site, Unit
from inspectorate.store import evidence, finding, inspection
from inspectorate.store.inspection import Inspection, Standing

AT = datetime(2018, 9, 10, 10, tzinfo=SHANGHAI)
NOW = datetime(2018, 9, 20, 8, tzinfo=SHANGHAI)
REGISTER = Register(
    units=(Unit("U1", "某市政府办公室", "city", institution=False), Unit("U2", "某局", "department", parent="U1")),
    sites=(
        Site(
            "3415000001", "某市政府", "U1", "portal", "http://www.a.gov.cn/", domains=("a.gov.cn", "b.gov.cn"),
            valid_from=date(2017, 1, 1),
        ),
        Site("3415000002", "某局", "U2", "department", "http://b.gov.cn/", status="offline", valid_to=date(2018, 1, 1)),
    ),
    accounts=(Account("wb1", "weibo", "某市发布", "U1", matrix=True, filed_on=date(2016, 3, 4)),),
    issuer=Issuer(
        "某市政府办公室", region="a", decimals=1, people=(Person("li", "李某"),),
        teams={"乙组": ("3415000002",), "甲": ("3415000001", "3415000002")},
    ),
    as_of=AT,
)  # fmt: skip


def freeze(
    connection: Connection, at: datetime = AT, standing: Standing = "trial", anew: bool = False, quarter: str = "2018Q3"
) -> Inspection:
    return inspection.freeze(
        connection, quarter, standing, at, REGISTER, {"E15": "ab", "DN": "cd"}, "E15", ["E15.W-V-01"], anew, now=NOW
    )


def test_what_is_frozen_is_read_back_exactly(connection: Connection) -> None:
    made = freeze(connection)
    found = inspection.find(connection, Quarter(2018, 3))
    assert found == made
    assert found.register == REGISTER
    assert list(found.register.issuer.teams) == ["乙组", "甲"]
    assert found.name == "2018Q3/1"


def test_columns_are_not_frozen_with_the_register(connection: Connection) -> None:
    register = replace(REGISTER, columns=(Column("3415000001", "http://www.a.gov.cn/x/", "要闻"),))
    made = inspection.freeze(connection, "2018Q3", "trial", AT, register, {}, "E15", [], now=NOW)
    assert made.register.columns == ()


def test_freezing_again_changes_nothing(connection: Connection) -> None:
    first = freeze(connection)
    evidence.land(connection, [Visit("3415000001", AT, "probe", Door.OPENED, 1.0)])
    assert freeze(connection, AT + timedelta(hours=3)) == first


def test_anew_is_the_next_number_and_sees_what_was_landed_since(connection: Connection) -> None:
    first = freeze(connection)
    evidence.land(connection, [Visit("3415000001", AT, "probe", Door.OPENED, 1.0)])
    second = freeze(connection, anew=True)
    assert (second.number, second.last_landed > first.last_landed) == (2, True)
    assert inspection.find(connection, "2018Q3", 1) == first
    assert inspection.find(connection, "2018Q3") == second
    assert [i.number for i in inspection.listed(connection)] == [1, 2]


def test_a_trial_never_takes_the_place_of_the_official_one(connection: Connection) -> None:
    official = freeze(connection, standing="official")
    trial = freeze(connection)
    assert trial.number != official.number
    assert inspection.find(connection, "2018Q3") == official
    assert freeze(connection, anew=True).number == 3
    assert inspection.find(connection, "2018Q3") == official


def test_a_signed_inspection_cannot_be_replaced_but_trials_go_on(connection: Connection) -> None:
    official = freeze(connection, standing="official")
    finding.sign(connection, official, "ab" * 32, "li", NOW)
    with pytest.raises(BadInput, match="已签发"):
        freeze(connection, standing="official", anew=True)
    assert freeze(connection, standing="official") == official
    assert freeze(connection, anew=True).number == 2


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        (datetime(2018, 7, 1, 0, 0, tzinfo=SHANGHAI), True),
        (datetime(2018, 6, 30, 23, 59, tzinfo=SHANGHAI), False),
        (datetime.fromisoformat("2018-06-30T16:00:00+00:00"), True),
        (datetime(2018, 10, 1, 0, 0, tzinfo=SHANGHAI), False),
        (NOW, True),
        (NOW + timedelta(seconds=1), False),
    ],
)
def test_the_time_lies_in_the_quarter_in_shanghai_and_not_after_now(
    connection: Connection, at: datetime, inside: bool
) -> None:
    if inside:
        assert freeze(connection, at).inspected_at == at
        return
    with pytest.raises(BadInput, match="监测时间点"):
        freeze(connection, at)
    with pytest.raises(BadInput, match="没有巡查"):
        inspection.find(connection, "2018Q3")


def test_two_that_freeze_at_once_get_the_same_inspection(database: str) -> None:
    from inspectorate.store.database import connect

    made: list[Inspection] = []

    def run() -> None:
        own = connect(database)
        made.append(freeze(own))
        own.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [made[0]] * 4


def test_a_quarter_without_an_inspection_is_named(connection: Connection) -> None:
    freeze(connection)
    with pytest.raises(BadInput, match="2018Q2"):
        inspection.find(connection, "2018Q2")
    with pytest.raises(BadInput, match="第 7 次"):
        inspection.find(connection, "2018Q3", 7)


def test_an_inspections_name_is_read_as_it_is_written() -> None:
    assert inspection.parse_name("2018Q3/12") == (Quarter(2018, 3), 12)
    with pytest.raises(BadInput, match="2018Q3/x"):
        inspection.parse_name("2018Q3/x")


def test_posts_are_gathered_from_the_last_official_inspection_on(connection: Connection) -> None:
    assert inspection.last_day(connection, freeze(connection)) == date(2018, 6, 10)
    freeze(connection, datetime(2018, 6, 20, 9, tzinfo=SHANGHAI), "trial", quarter="2018Q2")
    freeze(connection, datetime(2018, 6, 12, 9, tzinfo=SHANGHAI), "official", quarter="2018Q2")
    assert inspection.last_day(connection, freeze(connection)) == date(2018, 6, 12)


def test_an_inspect_begun_again_keeps_what_was_done_its_moment_and_its_inspection(connection: Connection) -> None:
    run = inspection.begin(connection, "2018Q3", "out")
    assert (run.done, run.crawl_ended_at, run.number) == (frozenset(), None, None)
    since = run.started_at
    evidence.land(
        connection,
        [
            Discovery("3415000001", since, True, 12),
            Discovery("3415000002", since - timedelta(seconds=1), True, 12),
            AccountVisit("wb1", "web", since, Door.WALL, False),
            AccountVisit("wb2", "ledger", since, Door.OPENED, True),
        ],
    )
    assert inspection.begin(connection, "2018Q3", "out").done == {"3415000001", "wb1"}
    assert inspection.crawl_ended(connection, run, AT) == AT
    assert inspection.crawl_ended(connection, run, AT + timedelta(hours=1)) == AT
    made = inspection.freeze(connection, "2018Q3", "trial", AT, REGISTER, {}, "E15", [], True, now=NOW, run=run)
    again = inspection.begin(connection, "2018Q3", "out")
    assert (again.number, again.crawl_ended_at) == (made.number, AT)
    kept = inspection.freeze(connection, "2018Q3", "trial", AT, REGISTER, {}, "E15", [], True, now=NOW, run=again)
    assert kept == made


def test_another_folder_is_another_inspect(connection: Connection) -> None:
    run = inspection.begin(connection, "2018Q3", "out")
    assert inspection.resume(connection, "2018Q3", "elsewhere") is None
    assert inspection.begin(connection, "2018Q3", "elsewhere").done == frozenset()
    with pytest.raises(LookupError, match="2018Q2"):
        inspection.crawl_ended(connection, replace(run, quarter="2018Q2"), AT)
