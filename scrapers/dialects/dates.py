"""Dates as Chinese pages write them: read, given their year, and kept only where they are plausible."""

# ruff: noqa: E501  (patterns are data: a line an idea)

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from scrapers.dialects.page import SHANGHAI, plain

FIRST_YEAR = 1990  # no Chinese government page is older

_YEAR = r"((?:19|20)\d\d)(?<![\d.]\d{4})"
FULL = re.compile(
    _YEAR + r"\s?(?:年|[-/.])\s?(1[0-2]|0?[1-9])\s?(?:月|[-/.])\s?(3[01]|[12]\d|0?[1-9])(?!\d)(?:\s?日)?"
    r"(?:[\s,T-]{0,4}([01]?\d|2[0-3])\s?[:：时]\s?([0-5]\d)(?:\s?[:：分]\s?([0-5]\d))?)?"
)
PACKED = re.compile(r"(?<!\d)((?:19|20)\d\d)(1[0-2]|0[1-9])(3[01]|[12]\d|0[1-9])(?!\d)")
SHORT = re.compile(r"(?<![\d年./:-])(?<!\d[-/.])(1[0-2]|0?[1-9])(?:[-/]|月)(3[01]|[12]\d|0?[1-9])(?![\d/:-])日?")
YEAR_MONTH = re.compile(_YEAR + r"\s?(?:年|[-/.])\s?(1[0-2]|0?[1-9])(?![\d])月?")
_URL = (
    re.compile(r"[/_=]t((?:19|20)\d\d)(1[0-2]|0[1-9])(3[01]|[12]\d|0[1-9])_"),
    re.compile(r"/((?:19|20)\d\d)[-/_]?(1[0-2]|0[1-9])[-/_]?(3[01]|[12]\d|0[1-9])[/_.-]"),
    re.compile(r"/((?:19|20)\d\d)[-/](1[0-2]|[1-9])[-/](3[01]|[12]\d|[1-9])/"),
    re.compile(r"/((?:19|20)\d\d)(1[0-2]|0[1-9])(3[01]|[12]\d|0[1-9])\d{0,10}\.s?html?"),
)
_FOUR_DIGITS = re.compile(r"[0-9]{4}")
_ZEROS = "零〇○OoＯ０0"
_NUMERALS = {c: n for n, c in enumerate("零一二三四五六七八九")} | dict.fromkeys(_ZEROS, 0)
_SPELLED = re.compile(
    rf"([一二][{_ZEROS}一二三四五六七八九]{{3}})\s?年\s?(十?[一二三四五六七八九]?|十)\s?月\s?([一二三十]?十?[一二三四五六七八九]?)\s?日"
)
# 18-08-27: of a year in this century, where it cannot be a day or a month that stands first.
_TWO_DIGITS = re.compile(r"(?<![\d年./:-])(\d\d)([-/.])(1[0-2]|0?[1-9])\2(3[01]|[12]\d|0?[1-9])(?![\d/:.-])")
# 8/27/2018 and 27.08.2018: what stands first has to be told from the list.
_YEAR_LAST = re.compile(
    r"(?<![\d年./:-])(3[01]|[12]\d|0?[1-9])([-/.])(3[01]|[12]\d|0?[1-9])\2((?:19|20)\d\d)(?!\d|[-/.]\d)"
)
_PARTED = re.compile(r"\d[-/.]\d\d?[-/.]\d")
_LETTERS = re.compile(r"[A-Za-z]{3}")
_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_ENGLISH = (
    re.compile(_MONTH + r"\s{1,3}(3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?(?:,\s{0,3}|\s{1,3})(?:\d\d:\d\d(?::\d\d)?\s{1,3}[a-z]{3,4}\s{1,3})?((?:19|20)\d\d)(?!\d)", re.I),
    re.compile(r"(?<!\d)(3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?[\s-]{1,3}" + _MONTH + r",?[\s-]{1,3}((?:19|20)\d\d)(?!\d)", re.I),
)  # fmt: skip
_RELATIVE = re.compile(
    r"(?<![一-鿿\d])(?:刚刚|(\d{1,3})\s*(秒钟?|分钟|个?小时|天)(?:之|以)?前|(今|昨|前)[天日](?![一-鿿])(?:\s*([01]?\d|2[0-3])[:：]([0-5]\d))?)"
)
_CLOCK = re.compile(r"\s*[\[(]?\s*([01]?\d|2[0-3])[:：][0-5]\d(?:[:：][0-5]\d)?\s*[\])]?\s*")


class Shown(NamedTuple):  # made for every date of a page: quicker than a dataclass
    """One date as it stands in a text; no year: the year has to be told from what stands around it."""

    start: int
    end: int
    year: int | None
    month: int
    day: int
    clock: time | None = None
    order: str = ""  # of month and day before a year: "day" certainly first, "month" read as first; else as they stand
    since: bool = False  # of something that began then: made public on that day, before or after

    def day_of(self, year: int | None = None) -> date | None:
        try:
            return date(self.year or year or 0, self.month, self.day)
        except ValueError:
            return None


def each_full_date(text: str) -> Iterator[Shown]:
    """Every date with its year in a text that `plain` has gone over."""
    for m in FULL.finditer(text):
        year, month, day, hour, minute, second = m.groups()
        clock = time(int(hour), int(minute), int(second or 0)) if minute else None
        if int(day) > 28 and not _is_day(int(year), int(month), int(day)):
            continue
        yield Shown(m.start(), m.end(), int(year), int(month), int(day), clock)


def full_dates(text: str) -> list[Shown]:
    return list(each_full_date(text))


def _is_day(year: int, month: int, day: int) -> bool:
    return day <= monthrange(year, month)[1]


def short_dates(text: str) -> list[Shown]:
    """Every date without a year (09-01, 9月1日) in a text that `plain` has gone over."""
    found = [Shown(m.start(), m.end(), None, int(m[1]), int(m[2])) for m in SHORT.finditer(text)]
    return [s for s in found if s.day_of(2000)]


def url_date(url: str, today: date) -> date | None:
    """The day that an address bears (t20180901_, /2018/0901/, /2018-09/01/); None: none, or one to come."""
    path = "/" + url.split("?", 1)[0].split("#", 1)[0].partition("://")[2].partition("/")[2]
    if not _FOUR_DIGITS.search(path):
        return None
    for pattern in _URL:
        m = pattern.search(path)
        if m:
            day = Shown(0, 0, int(m[1]), int(m[2]), int(m[3])).day_of()
            return day if day and plausible(day, today) else None
    return None


def plausible(day: date, today: date) -> bool:
    return day.year >= FIRST_YEAR and day <= today


def latest_year(month: int, day: int, today: date) -> date | None:
    """The latest day of that name that is not after today."""
    for year in range(today.year, today.year - 9, -1):
        shown = Shown(0, 0, year, month, day).day_of()
        if shown and shown <= today:
            return shown
    return None


def moment(shown: Shown, today: date) -> datetime | None:
    """A full date as a time in Shanghai; None where it lies after today."""
    day = shown.day_of()
    if day is None or not plausible(day, today):
        return None
    return datetime.combine(day, shown.clock or time(0), SHANGHAI)


def relative(text: str, fetched_at: datetime) -> datetime | None:
    """刚刚, 5分钟前, 2小时前, 今天 10:20, 昨天 10:20, 前天, 3天前, by the time of the visit."""
    text = plain(text).strip()
    now = fetched_at.astimezone(SHANGHAI)
    if text.startswith("刚刚"):
        return now
    if m := re.match(r"(\d+)\s*(秒|分钟|小时|天)前", text):
        unit = {"秒": "seconds", "分钟": "minutes", "小时": "hours", "天": "days"}[m[2]]
        return now - timedelta(**{unit: min(int(m[1]), 100_000)})
    if m := re.match(r"(今天|昨天|前天)\s*(?:([01]?\d|2[0-3]):([0-5]\d))?", text):
        day = now.date() - timedelta(days={"今天": 0, "昨天": 1, "前天": 2}[m[1]])
        return datetime.combine(day, time(int(m[2] or 0), int(m[3] or 0)), SHANGHAI)
    return None


def spelled(text: str) -> date | None:
    """二〇一八年九月一日, as documents are signed."""
    m = _SPELLED.search(text)
    if not m:
        return None
    year = int("".join(str(_NUMERALS[c]) for c in m[1]))
    return Shown(0, 0, year, _tens(m[2]), _tens(m[3])).day_of()


def odd_dates(text: str, now: datetime) -> list[Shown]:
    """The first date in a rare shape: told from the visit, in numerals, in English, year last, of two digits."""
    if any(sign in text for sign in "前刚今昨") and (m := _RELATIVE.search(text)):
        back = _back(m, now)
        return [Shown(m.start(), m.end(), back.year, back.month, back.day)]
    if "年" in text and (m := _SPELLED.search(text)):
        day = spelled(m[0])
        return [Shown(m.start(), m.end(), day.year, day.month, day.day)] if day else []
    # The patterns that follow are slow, and nearly every text with a figure in it has none of these.
    for number, pattern in enumerate(_ENGLISH if _LETTERS.search(text) else ()):
        if m := pattern.search(text):
            name, day_text = (m[2], m[1]) if number else (m[1], m[2])
            found = Shown(m.start(), m.end(), int(m[3]), _MONTHS.index(name[:3].lower()) + 1, int(day_text))
            return [found] if found.day_of() else []
    if not _PARTED.search(text):
        return []
    if m := _YEAR_LAST.search(text):
        first, second = int(m[1]), int(m[3])
        order = "day" if first > 12 or (second <= 12 and m[2] != "/") else "month"
        month, day_number = (second, first) if order == "day" else (first, second)
        found = Shown(m.start(), m.end(), int(m[4]), month, day_number, None, order)
        return [found] if month <= 12 and found.day_of() else []
    return two_digit_dates(text, now)[:1]


def two_digit_dates(text: str, now: datetime) -> list[Shown]:
    """Every 18-09-11 in a text that could not as well be a day or a month before a year."""
    this = now.astimezone(SHANGHAI).year % 100
    found = []
    for m in _TWO_DIGITS.finditer(text):
        short, last = int(m[1]), int(m[4])
        if not short <= 12 < last <= this:
            found.append(Shown(m.start(), m.end(), (2000 if short <= this else 1900) + short, int(m[3]), last))
    return [shown for shown in found if shown.day_of()]


def spelled_dates(text: str) -> list[Shown]:
    """Every 二〇一八年九月一日 in a text."""
    found = [(m, spelled(m[0])) for m in _SPELLED.finditer(text)] if "年" in text else []
    return [Shown(m.start(), m.end(), day.year, day.month, day.day) for m, day in found if day]


def month_named(text: str) -> int:
    """The month that an English word or its first three letters name; 0: none."""
    low = text.strip(" .").lower()
    return next((n for n, name in enumerate(_MONTH_NAMES, 1) if len(low) >= 3 and name.startswith(low)), 0)


def is_clock(text: str) -> bool:
    """Nothing but an hour: what lists of the day show in place of a date."""
    return bool(_CLOCK.fullmatch(text))


def english_dates(text: str) -> list[Shown]:
    """Every Sep 19, 2018 and 19 September 2018 in a text."""
    found = []
    for number, pattern in enumerate(_ENGLISH):
        for m in pattern.finditer(text):
            name, day_text = (m[2], m[1]) if number else (m[1], m[2])
            found.append(Shown(m.start(), m.end(), int(m[3]), _MONTHS.index(name[:3].lower()) + 1, int(day_text)))
    return [shown for shown in found if shown.day_of()]


def turned(shown: Shown) -> Shown:
    """The same with its day read first."""
    return shown._replace(month=shown.day, day=shown.month, order="day")


def _back(m: re.Match[str], now: datetime) -> date:
    """The day that so many hours or days back, or yesterday, was in Shanghai."""
    now = now.astimezone(SHANGHAI)
    if m[3]:
        return now.date() - timedelta(days={"今": 0, "昨": 1, "前": 2}[m[3]])
    unit = {"秒": "seconds", "分": "minutes", "天": "days"}.get((m[2] or "秒")[0], "hours")
    return (now - timedelta(**{unit: int(m[1] or 0)})).date()


def _tens(text: str) -> int:
    if "十" not in text:
        return _NUMERALS.get(text, 0)
    before, _, after = text.partition("十")
    return (_NUMERALS.get(before, 1) if before else 1) * 10 + (_NUMERALS.get(after, 0) if after else 0)
