"""Working days in China: what 工作日 means for a deadline, holidays and weekends worked in their stead included."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import cast

import chinese_calendar
import yaml

from inspectorate.quarter import midnight

DATA = Path(__file__).parent / "holidays.yaml"
SATURDAY = 5


def works(day: date) -> bool:
    """Whether offices work on a day.

    The library knows what the State Council announced, year by year. A year that it does not know yet is counted by
    `holidays.yaml`, which takes more days off than will be granted; one that is not there has weekends only.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < SATURDAY and not any(first <= day <= last for first, last in _days_off(day.year))


def announced(day: date) -> bool:
    """Whether the State Council's arrangement of that year is known; if not, `works` only assumes."""
    try:
        chinese_calendar.is_workday(day)
    except NotImplementedError:
        return False
    return True


def working_days_after(day: date, count: int) -> date:
    """The day that is so many working days after a day, which itself is not counted. 0: the day itself."""
    while count > 0:
        day += timedelta(days=1)
        count -= works(day)
    return day


def working_days_before(day: date, count: int) -> date:
    """The day that is so many working days before a day, which itself is not counted. 0: the day itself."""
    while count > 0:
        day -= timedelta(days=1)
        count -= works(day)
    return day


def window_ends(moment: datetime, today: date, count: int) -> datetime:
    """When a window of so many working days from today ends: with its last day. 0: it has ended at once."""
    return moment if count == 0 else midnight(working_days_after(today, count) + timedelta(days=1))


@lru_cache(maxsize=8)
def _days_off(year: int) -> tuple[tuple[date, date], ...]:
    rows = yaml.safe_load(DATA.read_text(encoding="utf-8")).get(year, [])
    return tuple((cast(date, first), cast(date, last)) for first, last in rows)
