"""Quarters, days and windows, all of them in Shanghai's time."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
ORDINALS = "一二三四"


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """One quarter of a year, written like `2018Q3`."""

    year: int
    number: int  # 1 to 4

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2018Q3`; anything else is a ValueError that quotes the text."""
        found = re.fullmatch(r"(\d{4})Q([1-4])", text.strip().upper())
        if found is None:
            raise ValueError(f"季度应写作 2018Q3 的形式: {text!r}")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """The quarter in Shanghai that holds a moment."""
        local = moment.astimezone(SHANGHAI)
        return cls(local.year, (local.month - 1) // 3 + 1)

    @property
    def first_day(self) -> date:
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def last_day(self) -> date:
        month = self.number * 3
        return date(self.year, month, calendar.monthrange(self.year, month)[1])

    @property
    def title(self) -> str:
        """As papers print it: 2018年第三季度."""
        return f"{self.year}年第{ORDINALS[self.number - 1]}季度"

    def holds(self, moment: datetime) -> bool:
        return Quarter.of(moment) == self

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"


def read_time(text: str) -> datetime:
    """An ISO 8601 time; without an offset it is Shanghai's. ValueError names what cannot be read."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"时间应为 ISO 8601 格式: {text!r}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def read_day(text: str) -> date:
    """An ISO 8601 day, `2018-09-01`. ValueError names what cannot be read."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"日期应为 YYYY-MM-DD 格式: {text!r}") from None


def day_of(moment: datetime) -> date:
    """The day in Shanghai."""
    return moment.astimezone(SHANGHAI).date()


def midnight(day: date) -> datetime:
    """The first moment of a day in Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def months_before(day: date, months: int) -> date:
    """The same day of the month so many calendar months earlier, or that month's last day.

    The official example: checked on 1 March, 2 months reach back to 1 January.
    """
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch that a clause names: so many days, or so many calendar months."""

    days: int = 0
    months: int = 0

    def before(self, day: date) -> date:
        """The first day of 监测时间点前 X 内; both ends are in."""
        return months_before(day, self.months) - timedelta(days=self.days)

    def __str__(self) -> str:
        if self.days:
            return f"{self.days // 7}周" if self.days % 7 == 0 else f"{self.days}天"
        return f"{self.months // 12}年" if self.months % 12 == 0 else f"{self.months}个月"
