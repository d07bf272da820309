"""工作日 as offices count them."""

from datetime import date, datetime

import pytest

from inspectorate.quarter import SHANGHAI
from inspectorate.working_days import announced, window_ends, working_days_after, working_days_before, works


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2018, 9, 10), True),  # a Monday
        (date(2018, 9, 15), False),  # a Saturday
        (date(2018, 9, 24), False),  # 中秋
        (date(2018, 9, 29), True),  # a Saturday worked for 国庆
        (date(2018, 10, 5), False),
        (date(2026, 10, 10), True),  # a Saturday worked for 国庆
        (date(2027, 1, 4), True),
        (date(2027, 2, 8), False),  # 春节, by our own table
        (date(2031, 3, 3), True),  # a year that nobody knows has weekends only
        (date(2031, 3, 1), False),
    ],
)
def test_which_days_are_worked(day: date, working: bool) -> None:
    assert works(day) is working


def test_a_window_leaves_out_the_first_day_and_the_holidays() -> None:
    assert working_days_after(date(2018, 9, 28), 2) == date(2018, 9, 30)  # both weekend days were worked
    assert working_days_after(date(2018, 9, 30), 2) == date(2018, 10, 9)
    assert working_days_after(date(2018, 9, 28), 0) == date(2018, 9, 28)
    assert working_days_before(date(2018, 10, 8), 3) == date(2018, 9, 28)


def test_a_window_ends_with_its_last_day_and_none_has_ended_at_once() -> None:
    moment = datetime(2018, 9, 10, 10, tzinfo=SHANGHAI)
    assert window_ends(moment, moment.date(), 2) == datetime(2018, 9, 13, tzinfo=SHANGHAI)
    assert window_ends(moment, moment.date(), 0) == moment


def test_it_is_known_which_years_are_only_assumed() -> None:
    assert announced(date(2026, 12, 31))
    assert not announced(date(2031, 1, 1))
