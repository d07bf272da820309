"""Which quarter a run is about, and when the next one comes, in UTC and in Shanghai."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pendulum
import pytest
from airflow.sdk.api.datamodels._generated import DagRunType as Kind
from airflow.timetables.base import DataInterval, TimeRestriction
from airflow.utils.types import DagRunType

from inspectorate.quarter import SHANGHAI, Quarter
from quarters import BadQuarter, QuarterlyInspection, ahead, appointment, asked, missed
from run_note import note

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=SHANGHAI)


def shanghai(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[misc]


def ask(run_type: str, logical: datetime | None, after: datetime = NOW, day: int = 10, hour: int = 10, **params: Any):
    return asked(run_type, logical, after, params, day, hour)


def test_the_next_four_runs_are_on_the_inspection_days_of_the_next_four_quarters() -> None:
    timetable, last, seen = QuarterlyInspection(), None, []
    restriction = TimeRestriction(earliest=pendulum.datetime(2026, 11, 24), latest=None, catchup=True)
    for _ in range(4):
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        assert info is not None
        last = info.data_interval
        seen.append(info.run_after.in_timezone("Asia/Shanghai").format("YYYY-MM-DD HH:mm"))
        assert info.data_interval.start == info.data_interval.end == info.run_after
    assert seen == ["2026-12-10 10:00", "2027-03-10 10:00", "2027-06-10 10:00", "2027-09-10 10:00"]


def test_an_issuer_may_have_a_day_and_hour_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECTORATE_INSPECTION", "20 0")
    timetable = QuarterlyInspection.on(*appointment())
    restriction = TimeRestriction(earliest=pendulum.datetime(2026, 11, 24), latest=None, catchup=True)
    info = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    assert info is not None
    assert info.run_after == shanghai(2026, 12, 20, 0)
    assert timetable.description == "每季度末月 20 日 0:00（北京时间）"
    assert QuarterlyInspection.deserialize(timetable.serialize()).serialize() == timetable.serialize()


@pytest.mark.parametrize("told", ["31 10", "10", "10 24", "每月十日", "0 10"])
def test_a_day_that_not_every_quarter_has_is_refused(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECTORATE_INSPECTION", told)
    with pytest.raises(BadQuarter, match="INSPECTORATE_INSPECTION"):
        appointment()


def run_id(run_type: DagRunType, after: datetime, interval: datetime | None) -> str:
    moment = None if interval is None else pendulum.instance(interval)
    return QuarterlyInspection().generate_run_id(
        run_type=run_type,
        run_after=pendulum.instance(after),
        data_interval=None if moment is None else DataInterval(moment, moment),
    )


def test_run_ids_carry_the_quarter_in_shanghai_and_two_by_hand_never_collide() -> None:
    inspection = shanghai(2026, 9, 10, 10).astimezone(UTC)
    assert run_id(DagRunType.SCHEDULED, inspection, inspection) == "scheduled__2026Q3"
    late = datetime(2026, 9, 30, 17, 0, tzinfo=UTC)  # 1 October in Shanghai
    assert run_id(DagRunType.MANUAL, late, None) == "manual__2026Q4_20261001T010000000000"
    assert run_id(DagRunType.MANUAL, late + timedelta(microseconds=1), None) != run_id(DagRunType.MANUAL, late, None)


@pytest.mark.parametrize("zone", [UTC, SHANGHAI])
@pytest.mark.parametrize(
    "run_type, logical, params, quarter, inspected, official",
    [
        # by schedule: official, at the appointed moment
        ("scheduled", (2026, 9, 10, 10), {}, "2026Q3", (2026, 9, 10, 10), True),
        # backfilled from the form or the command line: a trial as of the issuer's day
        ("backfill", (2018, 9, 10, 10), {}, "2018Q3", (2018, 9, 10, 10), False),
        ("backfill", (2018, 9, 10, 10), {"official": True}, "2018Q3", (2018, 9, 10, 10), True),
        ("backfill", (2018, 9, 10, 10), {"quarter": None, "official": False}, "2018Q3", (2018, 9, 10, 10), False),
        # started by hand: a trial as of that moment in the running quarter
        ("manual", None, {}, "2026Q4", (2026, 11, 24, 10, 30), False),
        ("manual", None, {"official": True}, "2026Q4", (2026, 11, 24, 10, 30), True),
        ("manual", (2026, 11, 24, 10, 29), {}, "2026Q4", (2026, 11, 24, 10, 30), False),
        # … or of a past one that is named, by name or by logical date
        ("manual", None, {"quarter": "2026Q3", "official": True}, "2026Q3", (2026, 9, 10, 10), True),
        ("manual", (2018, 9, 10, 10), {}, "2018Q3", (2018, 9, 10, 10), False),
        ("manual", (2018, 9, 10, 10), {"quarter": "2017q1"}, "2017Q1", (2017, 3, 10, 10), False),
        # the first and last moments of a quarter in Shanghai lie in another one in UTC
        ("backfill", (2018, 7, 1, 0), {}, "2018Q3", (2018, 9, 10, 10), False),
        ("backfill", (2018, 9, 30, 23, 59), {}, "2018Q3", (2018, 9, 10, 10), False),
        ("backfill", (2015, 1, 1, 0), {}, "2015Q1", (2015, 3, 10, 10), False),
    ],
)
def test_each_quarter_is_found_however_its_run_was_started(
    zone: Any, run_type: str, logical: Any, params: dict[str, Any], quarter: str, inspected: Any, official: bool
) -> None:
    moment = None if logical is None else shanghai(*logical).astimezone(zone)
    first = ask(run_type, moment, NOW.astimezone(zone), **params)
    assert (str(first.quarter), first.inspected_at, first.official) == (quarter, shanghai(*inspected), official)
    assert first.inspected_at.utcoffset() == timedelta(hours=8)
    # Airflow gives a task the kind of its run as a member of an enumeration, whose str() is another text.
    assert ask(Kind(run_type), moment, NOW.astimezone(zone), **params) == first
    # A cleared run has the same dates and parameters, and so the same quarter and moment.
    assert ask(run_type, moment, NOW.astimezone(zone), **params) == first


@pytest.mark.parametrize(
    "run_type, logical, params, told",
    [
        ("backfill", (2014, 12, 31, 23, 59), {}, "2014Q4 早于 2015Q1"),
        ("manual", None, {"quarter": "2014Q4"}, "早于 2015Q1"),
        ("manual", None, {"quarter": "2027Q1"}, "还没有到"),
        ("manual", None, {"quarter": "第三季度"}, "季度应写作 2018Q3 的形式"),
        ("backfill", (2018, 9, 10, 10), {"quarter": "2018Q2"}, "不能另外指定季度"),
        ("backfill", None, {}, "没有逻辑日期"),
    ],
)
def test_a_run_without_a_possible_quarter_is_refused_in_words(
    run_type: str, logical: Any, params: dict[str, Any], told: str
) -> None:
    with pytest.raises(BadQuarter, match=told):
        ask(run_type, None if logical is None else shanghai(*logical), **params)


def test_a_schedule_that_is_not_the_issuers_is_refused_and_the_message_says_what_to_set() -> None:
    with pytest.raises(BadQuarter, match='INSPECTORATE_INSPECTION="20 9"'):
        ask("scheduled", shanghai(2026, 9, 10, 10), day=20, hour=9)
    assert ask("backfill", shanghai(2018, 9, 10, 10), day=20, hour=9).inspected_at == shanghai(2018, 9, 20, 9)


def test_a_quarter_missed_by_more_than_a_day_is_not_made_official_by_itself() -> None:
    moment = shanghai(2026, 9, 10, 10)
    assert not missed("scheduled", moment, moment + timedelta(hours=24), 0)
    assert missed("scheduled", moment, moment + timedelta(hours=24, seconds=1), 0)
    assert missed(Kind("scheduled"), moment, NOW, 0)
    assert not missed("scheduled", moment, NOW, 1)  # a person cleared it, and so asked for it
    assert not missed("backfill", moment, NOW, 0)
    assert not missed("manual", None, NOW, 0)


@pytest.mark.parametrize(
    "now, quarter, days",
    [
        (shanghai(2026, 12, 10, 9, 59), "2026Q4", 0),
        (shanghai(2026, 12, 10, 10, 0), "2026Q4", 0),
        (shanghai(2026, 12, 10, 10, 1), "2027Q1", 89),
        (shanghai(2026, 11, 26, 10, 0), "2026Q4", 14),
    ],
)
def test_the_morning_knows_which_inspection_comes_next(now: datetime, quarter: str, days: int) -> None:
    found, left = ahead(now, 10, 10)
    assert (found, left.days) == (Quarter.parse(quarter), days)


def test_the_grid_says_the_quarter_of_a_backfilled_run_in_its_note() -> None:
    assert note("backfill", shanghai(2018, 9, 10, 10).astimezone(UTC), NOW, {}) == "2018Q3 补算（试算）"
    assert note("scheduled", shanghai(2026, 9, 10, 10), NOW, {}) == "2026Q3 定期（正式）"
    assert note("manual", None, NOW, {"quarter": "2026Q3", "official": True}) == "2026Q3 人工启动（正式）"
    assert note("backfill", shanghai(2014, 9, 10, 10), NOW, {}) == "2014Q3"
