"""The week of availability: which visits are one, which are missing, and whose fault each is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from inspectorate.evidence import Door, Visit
from inspectorate.quarter import midnight
from inspectorate.rules.availability import gather_groups, group
from tests.rules.made_evidence import AT, DAY, LIBRARY, SITE, in_order, judged, week

CLAUSE = LIBRARY.clause("E15.W-V-01")
NOON = midnight(DAY) - timedelta(hours=12)


def knock(minutes: float = 0, door: Door = Door.OPENED, seconds: float | None = 1.0) -> Visit:
    return Visit(SITE.site_code, NOON + timedelta(minutes=minutes), "monitor", door, seconds)


def shut(*visits: Visit) -> list[bool | None]:
    return [g.shut for g in group(visits, CLAUSE)]


@pytest.mark.parametrize("door", [Door.REFUSED, Door.RESET, Door.DNS, Door.TLS, Door.TIMEOUT, Door.HTTP_ERROR])
def test_a_door_that_is_shut_by_a_fault_of_theirs_counts(door: Door) -> None:
    assert shut(knock(door=door, seconds=None)) == [True]


@pytest.mark.parametrize("door", [Door.WALL, Door.OURS])
def test_a_wall_and_a_fault_of_ours_are_unknown(door: Door) -> None:
    assert shut(knock(door=door, seconds=None)) == [None]


def test_a_door_that_opened_in_an_unknown_time_is_unknown() -> None:
    assert shut(knock(seconds=None)) == [None]


def test_a_visit_less_than_fifteen_minutes_after_the_first_of_its_group_joins_it() -> None:
    assert len(shut(knock(0), knock(14.9))) == 1
    assert len(shut(knock(0), knock(15))) == 2
    # counted from the first of the group, not from the last
    assert len(shut(knock(0), knock(10), knock(20))) == 2


def test_a_group_with_both_shut_and_open_is_one_unknown() -> None:
    assert shut(knock(0), knock(5, Door.TIMEOUT, None)) == [None]


def test_beside_an_outage_of_ours_open_stays_open_and_shut_becomes_unknown() -> None:
    assert shut(knock(0, Door.OURS, None), knock(1)) == [False]
    assert shut(knock(0, Door.OURS, None), knock(1, Door.TIMEOUT, None)) == [None]


def test_visits_of_the_day_of_inspection_and_of_eight_days_before_do_not_count() -> None:
    early = tuple(replace(v, visited_at=v.visited_at - timedelta(days=7)) for v in week(140, shut=140))
    today = tuple(replace(v, visited_at=midnight(DAY) + timedelta(minutes=n)) for n, v in enumerate(week(20, shut=20)))
    found = judged("E15.W-V-01", in_order(visits=week(140) + early + today))
    assert (str(found.outcome), found.measured) == ("passed", 0)


def test_a_day_with_many_visits_does_not_make_up_for_one_with_none() -> None:
    visits = tuple(v for v in week(280) if v.visited_at >= midnight(DAY) - timedelta(days=6))
    found = judged("E15.W-V-01", in_order(visits=visits))
    assert str(found.outcome) == "unjudged"
    assert "未知20次：缺测20次" in found.because


def test_an_imported_visit_names_its_source_in_the_proof() -> None:
    found = judged("E15.W-V-01", in_order(visits=week(140, shut=7)))
    assert {p.sha256 for p in found.proof} == {None}
    assert all("来源monitor" in p.what for p in found.proof)


def test_near_the_limit_is_said_to_the_office() -> None:
    assert "接近单项否决" in judged("E15.W-V-01", in_order(visits=week(140, shut=6))).because
    assert "接近单项否决" not in judged("E15.W-V-01", in_order(visits=week(140, shut=4))).because


def test_the_week_ends_with_the_day_before_whatever_the_hour() -> None:
    evidence = in_order(visits=week(140, shut=7))
    for hours in (-9, 0, 13):
        assert str(judged("E15.W-V-01", evidence, at=AT + timedelta(hours=hours)).outcome) == "failed"


def test_visits_of_one_moment_stand_by_their_sources_in_whatever_order_they_were_landed() -> None:
    both = [replace(week(7)[0], source=source) for source in ("市级平台", "own")]
    [(day, visits)] = gather_groups(both, 15)
    assert [(day, visits)] == gather_groups(reversed(both), 15)
    assert [visit.source for visit in visits] == ["own", "市级平台"]
