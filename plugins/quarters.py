"""When the quarter is inspected, and which quarter a run is about."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from airflow.timetables.trigger import CronTriggerTimetable

from inspectorate.quarter import SHANGHAI, Quarter

FIRST = Quarter(2015, 1)  # the first national survey; there was nothing to inspect by before it
LATEST = timedelta(days=1)  # after the appointed moment; later than that a quarter is made up for by name
DAY, HOUR = 10, 10  # of the quarter's last month, in Shanghai: after the night's crawls


class BadQuarter(ValueError):
    """A run that cannot be about any quarter; the message says how to start it properly."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one run was asked to inspect."""

    quarter: Quarter
    inspected_at: datetime  # 监测时间点
    official: bool


def appointment() -> tuple[int, int]:
    """Day and hour of the schedule: INSPECTORATE_INSPECTION, `10 10` if it is not set.

    The issuer's own day and hour stand in the register, which a DAG file must not ask; the first task compares
    the two and refuses to run on a schedule that is not the issuer's.
    """
    told = os.environ.get("INSPECTORATE_INSPECTION") or f"{DAY} {HOUR}"
    try:
        day, hour = (int(part) for part in told.split())
    except ValueError:
        raise BadQuarter(f"INSPECTORATE_INSPECTION 应写作“日 时”，如 10 10: {told!r}") from None
    if not (1 <= day <= 28 and 0 <= hour <= 23):
        raise BadQuarter(f"INSPECTORATE_INSPECTION 的日应为 1 至 28，时应为 0 至 23: {told!r}")
    return day, hour


class QuarterlyInspection(CronTriggerTimetable):
    """The inspection day of each quarter; its data interval is that one moment.

    Run ids carry the quarter for people's eyes. Airflow names backfilled runs itself, so nothing reads it from there.
    """

    def __init__(self, cron: str = f"0 {HOUR} {DAY} 3,6,9,12 *", *, timezone: Any = "Asia/Shanghai", **kw: Any) -> None:
        super().__init__(cron, timezone=timezone, **kw)
        _, hour, day, *_ = cron.split()
        self.description = f"每季度末月 {day} 日 {hour}:00（北京时间）"  # after super(), which writes its own

    @classmethod
    def on(cls, day: int, hour: int) -> "QuarterlyInspection":
        return cls(f"0 {hour} {day} 3,6,9,12 *")

    def generate_run_id(self, *, run_type: Any, run_after: Any, data_interval: Any = None, **_: Any) -> str:
        """`scheduled__2026Q3`; by hand with the moment of starting, since two in one quarter must not collide."""
        suffix = str(Quarter.of(data_interval.start if data_interval else run_after))
        if run_type == "manual":
            suffix += f"_{run_after.astimezone(SHANGHAI):%Y%m%dT%H%M%S%f}"
        return str(run_type.generate_run_id(suffix=suffix))


def moment_of(quarter: Quarter, day: int, hour: int) -> datetime:
    """The issuer's inspection day and hour in a quarter."""
    return datetime(quarter.year, quarter.number * 3, day, hour, tzinfo=SHANGHAI)


def asked(
    run_type: str,
    logical_date: datetime | None,
    run_after: datetime,
    params: Mapping[str, Any],
    day: int,
    hour: int,
) -> Asked:
    """Which quarter a run is about, as of when, and whether officially.

    On schedule and in a backfill it is the quarter in Shanghai of the logical date, at the issuer's day and hour. By
    hand it is the one that was named, else that of the logical date, else that of the moment of starting; if the
    quarter still runs the inspection is as of that moment. Only the schedule is official without being told to.
    """
    if day > 28:
        raise BadQuarter(f"登记库中的监测日 {day} 日不是每个月都有，请改为 1 至 28 日")
    named = _named(params.get("quarter"))
    by_itself = run_type in ("scheduled", "backfill")
    if by_itself and logical_date is None:
        raise BadQuarter("排定或补算的运行没有逻辑日期，无法确定季度")
    quarter = Quarter.of(logical_date or run_after)
    if named and by_itself and named != quarter:
        raise BadQuarter(f"本次运行的逻辑日期属于 {quarter}，不能另外指定季度 {named}；请去掉 quarter 参数")
    quarter = named or quarter
    appointed = moment_of(quarter, day, hour)
    if quarter < FIRST:
        raise BadQuarter(f"{quarter} 早于 {FIRST}，没有可依据的检查标准，不能巡查")
    if run_type == "scheduled" and logical_date is not None and appointed != logical_date:
        raise BadQuarter(
            f"登记库中的监测时间点是每季度末月 {day} 日 {hour} 时，Airflow 的日程却是"
            f' {logical_date.astimezone(SHANGHAI):%m-%d %H:%M}：请设 INSPECTORATE_INSPECTION="{day} {hour}" 并重启'
        )
    inspected_at = run_after if not by_itself and quarter.holds(run_after) else appointed
    if inspected_at > run_after:
        raise BadQuarter(f"{quarter} 的监测时间点 {inspected_at:%Y-%m-%d %H:%M} 还没有到")
    official = run_type == "scheduled" or params.get("official") is True
    return Asked(quarter, inspected_at.astimezone(SHANGHAI), official)


def _named(text: str | None) -> Quarter | None:
    if not text:
        return None
    try:
        return Quarter.parse(text)
    except ValueError as bad:
        raise BadQuarter(str(bad)) from None


def missed(run_type: str, logical_date: datetime | None, started: datetime | None, cleared: int) -> bool:
    """Whether a scheduled run is too late to be official by itself. Cleared by a person it was asked for by name."""
    if run_type != "scheduled" or logical_date is None or started is None or cleared:
        return False
    return started - logical_date > LATEST


def ahead(now: datetime, day: int, hour: int) -> tuple[Quarter, timedelta]:
    """The quarter whose inspection comes next, and how long it is until then."""
    quarter = Quarter.of(now)
    moment = moment_of(quarter, day, hour)
    if moment < now:
        quarter = Quarter(quarter.year + quarter.number // 4, quarter.number % 4 + 1)
        moment = moment_of(quarter, day, hour)
    return quarter, moment - now
