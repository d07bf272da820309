"""Below, at and above every limit: the cases are made from the editions' own numbers, so that no number stands here."""

from dataclasses import replace
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
    SITE,
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


# Deductions


@pytest.mark.parametrize("clause", served("home_often_shut"))
def test_each_whole_step_of_shut_doors_costs_its_points(clause: Clause) -> None:
    due, step = 300, clause.fraction("step")
    for steps in (1, 2, 3, 4):
        at = ceil(step * steps * due)
        for shut, counted in [(at - 1, steps - 1), (at, steps), (at + 1, steps)]:
            found = judged(clause.id, in_order(visits=week(due, shut=shut)))
            assert (found.outcome == "failed", found.points) == (counted > 0, clause.points * counted), shut


@pytest.mark.parametrize("clause", served("home_items_few"))
def test_one_new_item_below_the_least_is_too_few_and_the_windows_first_day_counts(clause: Clause) -> None:
    first = clause.window.before(DAY)
    for number, outcome in [(clause.least - 1, "failed"), (clause.least, "passed"), (clause.least + 1, "passed")]:
        assert judged(clause.id, in_order(new_items=((first, number),))).outcome == outcome
        older = in_order(new_items=((first - timedelta(days=1), number),))
        assert judged(clause.id, older).outcome == "failed"


@pytest.mark.parametrize("clause", served("columns_late"))
def test_each_column_costs_its_points_from_the_day_after_its_period(clause: Clause) -> None:
    for kind in clause.classes:
        period = LIBRARY.edition(clause.edition).cadences[kind].period
        assert period is not None
        last = period.before(DAY)
        for newest, counted in [(last, 0), (last - timedelta(days=1), 3)]:
            rows = columns([{"times": 3, "state": "stale", "kind": kind, "newest": newest}])
            found = judged(clause.id, in_order(columns=rows))
            assert (found.measured, found.points, found.points_most) == (
                counted, clause.points * counted, clause.points * counted,
            )  # fmt: skip


@pytest.mark.parametrize("clause", served("activities_few", "activities_none"))
@pytest.mark.parametrize("kind", ["portal", "department"])
def test_what_was_held_on_the_windows_first_day_counts_and_the_day_before_does_not(clause: Clause, kind: str) -> None:
    first = clause.window.before(DAY)
    least = 1
    if clause.rule == "activities_few":
        least = clause.whole("least_portal") if kind == "portal" else clause.least
    site = replace(SITE, kind=kind)

    def held(*days: date) -> str:
        seen = column(1, "fresh", name=clause.words[0], kind="interaction", dates=days, newest=max(days))
        seen = replace(seen, newest=max(days))
        return str(judged(clause.id, in_order(columns=(seen,)), site=site).outcome)

    assert held(*[first] * least) == "passed"
    short = [first] * (least - 1) + [first - timedelta(days=1)]
    assert held(*short) == "failed"


@pytest.mark.parametrize("clause", served("account_not_updated"))
def test_a_post_on_the_last_day_of_the_window_is_in(clause: Clause) -> None:
    last = clause.window.before(DAY)
    early = datetime(last.year, last.month, last.day, 0, 0, 1, tzinfo=AT.tzinfo)
    for moment, outcome in [(early, "passed"), (early - timedelta(seconds=2), "failed")]:
        evidence = AccountEvidence((look(newest=moment),), (post(at=moment),))
        assert judged_account(clause.id, evidence)[0].outcome == outcome, moment
