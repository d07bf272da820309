"""Below, at and above every limit: the cases are made from the editions' own numbers, so that no number stands here."""

from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Any

import pytest

from inspectorate.edition import Clause
from inspectorate.evidence import AccountEvidence
from inspectorate.quarter import Period, months_before
from tests.rules.made_evidence import (
    AT,
    DAY,
    LIBRARY,
    box,
    column,
    columns,
    home,
    in_order,
    judged,
    judged_account,
    look,
    post,
    week,
)


def served(*rules: str) -> list[Any]:
    found = [c for e in LIBRARY.editions for c in e.clauses if c.rule in rules]
    assert found
    return [pytest.param(c, id=c.id) for c in found]


COUNTS = {
    "news_and_notices_stale": "stale",
    "first_level_stale": "stale",
    "columns_overdue": "stale",
    "columns_blank": "blank",
}


@pytest.mark.parametrize("clause", served(*COUNTS))
def test_one_column_below_the_limit_passes_and_the_limit_fails(clause: Clause) -> None:
    state = COUNTS[clause.rule]
    for number, outcome in [(clause.count - 1, "passed"), (clause.count, "failed"), (clause.count + 1, "failed")]:
        found = judged(clause.id, in_order(columns=columns([{"times": number, "state": state}, {"times": 3}])))
        assert (str(found.outcome), found.measured, found.limit) == (outcome, number, clause.count)


@pytest.mark.parametrize("clause", served(*COUNTS))
def test_one_unknown_at_the_limit_is_open(clause: Clause) -> None:
    state = COUNTS[clause.rule]
    rows = columns([{"times": clause.count - 1, "state": state}, {"state": "unread"}])
    assert judged(clause.id, in_order(columns=rows)).outcome == "unjudged"


@pytest.mark.parametrize("edition", ["E15", "E19"])
@pytest.mark.parametrize("kind", ["news", "notice", "policy", "personnel_plan", "other"])
def test_a_column_is_in_time_on_the_last_day_of_its_period_and_late_the_day_before(edition: str, kind: str) -> None:
    cadence = LIBRARY.edition(edition).cadences[kind]
    assert cadence.period is not None
    last = cadence.period.before(DAY)
    clause = next(c for c in LIBRARY.edition(edition).clauses if c.rule == "columns_overdue")
    for day, counted in [(last, 0), (last - timedelta(days=1), 1), (last + timedelta(days=1), 0)]:
        seen = column(1, "stale", kind=kind, newest=day)
        assert judged(clause.id, in_order(columns=(seen,))).measured == counted


@pytest.mark.parametrize("clause", served("home_not_updated"))
def test_the_home_page_is_in_time_on_the_last_day_of_the_window(clause: Clause) -> None:
    last = clause.window.before(DAY)
    for day, outcome in [(last, "passed"), (last - timedelta(days=1), "failed"), (DAY, "passed")]:
        found = judged(clause.id, in_order(home=home(day), columns=(column(1, "single"),)))
        assert found.outcome == outcome, day


@pytest.mark.parametrize("clause", served("site_unreachable"))
def test_the_share_of_shut_doors_is_inclusive(clause: Clause) -> None:
    due = clause.visits_a_day * 7
    at = ceil(Fraction(str(clause.share)) * due)
    for shut, outcome in [(at - 1, "passed"), (at, "failed"), (at + 1, "failed")]:
        found = judged(clause.id, in_order(visits=week(due, shut=shut)))
        assert (str(found.outcome), found.measured) == (outcome, round(shut / due, 4))


@pytest.mark.parametrize("clause", served("site_unreachable"))
def test_the_seconds_of_a_slow_door_are_inclusive(clause: Clause) -> None:
    due = clause.visits_a_day * 7
    for seconds, outcome in [(clause.seconds - 0.1, "passed"), (clause.seconds, "failed"), (99, "failed")]:
        assert judged(clause.id, in_order(visits=week(due, slow=due, slow_seconds=seconds))).outcome == outcome


@pytest.mark.parametrize("clause", served("letter_unanswered"))
@pytest.mark.parametrize("day", ["2018-09-10", "2018-05-31", "2018-02-28", "2020-02-29", "2018-12-31", "2019-03-01"])
def test_a_message_is_over_the_day_before_three_calendar_months(clause: Clause, day: str) -> None:
    at = datetime.fromisoformat(f"{day}T10:00:00+08:00")
    edge = months_before(at.date(), clause.waiting.months)
    seen = at - timedelta(hours=1)
    for asked, outcome in [
        (edge, "passed"),
        (edge - timedelta(days=1), "failed"),
        (edge + timedelta(days=1), "passed"),
    ]:
        evidence = in_order(boxes=(box([{"asked": asked}], at=seen),))
        assert judged(clause.id, evidence, at=at).outcome == outcome, asked


@pytest.mark.parametrize(
    ("day", "months", "first"),
    [
        ("2018-03-01", 2, "2018-01-01"),
        ("2018-08-31", 6, "2018-02-28"),
        ("2020-08-31", 6, "2020-02-29"),
        ("2020-02-29", 12, "2019-02-28"),
        ("2018-05-31", 3, "2018-02-28"),
    ],
)
def test_months_are_calendar_months_and_end_with_the_month(day: str, months: int, first: str) -> None:
    assert Period(months=months).before(date.fromisoformat(day)) == date.fromisoformat(first)


@pytest.mark.parametrize("clause", served("account_not_updated"))
def test_a_post_on_the_last_day_of_the_window_is_in(clause: Clause) -> None:
    last = clause.window.before(DAY)
    early = datetime(last.year, last.month, last.day, 0, 0, 1, tzinfo=AT.tzinfo)
    for moment, outcome in [(early, "passed"), (early - timedelta(seconds=2), "failed")]:
        evidence = AccountEvidence((look(newest=moment),), (post(at=moment),))
        assert judged_account(clause.id, evidence)[0].outcome == outcome, moment
