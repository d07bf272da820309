"""Exact calendar arithmetic of the mirror city, written on its own so that it can contradict the product's."""

import calendar
import random
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEKDAYS = "一二三四五六日"


def months_before(day: date, months: int) -> date:
    """The same day so many calendar months earlier; where that month is shorter, its last day."""
    year, month = day.year, day.month - months
    while month < 1:
        year, month = year - 1, month + 12
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def months_after(day: date, months: int) -> date:
    """The same day so many calendar months later; where that month is shorter, its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def quarter_of(moment: datetime) -> str:
    """The quarter in Shanghai that holds a moment, written like 2018Q3."""
    local = moment.astimezone(SHANGHAI)
    return f"{local.year}Q{(local.month + 2) // 3}"


def quarter_start(day: date) -> date:
    """The first day of the quarter that holds a day."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def earlier_quarter(moment: datetime, back: int) -> tuple[int, int]:
    """Year and number of the quarter so many quarters before the one that holds a moment."""
    local = moment.astimezone(SHANGHAI)
    year, number = divmod(local.year * 4 + (local.month - 1) // 3 - back, 4)
    return year, number + 1


def inspection_of(year: int, number: int, day: int) -> datetime:
    """The office's inspection of a quarter: that day of its last month, at ten."""
    return datetime(year, number * 3, day, 10, tzinfo=SHANGHAI)


def back_from(newest: date, count: int, step: int, dice: random.Random) -> list[date]:
    """`count` days, newest first, about `step` days apart; the first is `newest` itself."""
    days = [newest]
    while len(days) < count:
        days.append(days[-1] - timedelta(days=dice.randint(0, 2 * step)))
    return days


def at_clock(day: date, dice: random.Random, first: int = 8, last: int = 17) -> datetime:
    """A moment of that day in office hours, Shanghai."""
    return datetime(day.year, day.month, day.day, dice.randint(first, last), dice.randint(0, 59), tzinfo=SHANGHAI)
