"""Accounts: who may accuse, who clears, and what a week without 解读回应 is."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from inspectorate.evidence import AccountEvidence, AccountVisit, Post
from inspectorate.quarter import Period
from inspectorate.register import Unit
from inspectorate.rules.accounts import stretches
from tests.rules.made_evidence import AT, UNIT, judged_account, look, post

OLD = AT - timedelta(days=40)
SILENT = "E19.M-V-02a"


def outcome(*visits: AccountVisit, posts: tuple[Post, ...] = ()) -> str:
    found = judged_account(SILENT, AccountEvidence(visits, posts))
    assert len(found) == 1
    return str(found[0].outcome)


@pytest.mark.parametrize("source", ["ledger", "api"])
def test_a_trusted_source_fails_an_account_alone(source: str) -> None:
    assert outcome(look(source, OLD)) == "failed"


@pytest.mark.parametrize("source", ["feed", "web"])
def test_a_single_untrusted_source_never_fails_an_account(source: str) -> None:
    assert outcome(look(source, OLD)) == "unjudged"
    assert outcome(look(source, OLD), look(source, OLD, visited_at=AT - timedelta(hours=5))) == "unjudged"


def test_two_untrusted_sources_that_agree_do() -> None:
    assert outcome(look("web", OLD), look("feed", OLD)) == "failed"


def test_a_post_that_any_source_shows_clears_against_an_accuser_that_does_not_suffice() -> None:
    assert outcome(look("web", OLD), posts=(post(3, "feed"),)) == "passed"


def test_a_post_against_accusers_that_suffice_is_open() -> None:
    assert outcome(look("ledger", OLD), look("web", AT - timedelta(days=1))) == "unjudged"
    assert outcome(look("web", OLD), look("feed", OLD), posts=(post(3, "api"),)) == "unjudged"


def test_only_a_visit_of_the_last_36_hours_accuses() -> None:
    assert outcome(look("ledger", OLD, visited_at=AT - timedelta(hours=36))) == "failed"
    assert outcome(look("ledger", OLD, visited_at=AT - timedelta(hours=36, seconds=1))) == "unjudged"
    assert outcome(look("ledger", OLD, visited_at=AT + timedelta(seconds=1))) == "unjudged"


def test_a_visit_of_any_time_clears() -> None:
    later = AT + timedelta(days=30)
    assert outcome(look("web", visited_at=later), posts=(post(3, "web"),)) == "passed"
    assert outcome(look("web", AT - timedelta(days=3), visited_at=later)) == "passed"


def test_a_later_post_than_the_inspection_does_not_clear() -> None:
    assert outcome(look("web", AT + timedelta(hours=1), visited_at=AT + timedelta(hours=2))) == "unjudged"


def test_a_source_that_does_not_reach_back_to_the_window_does_not_accuse() -> None:
    assert outcome(look("ledger", OLD, covers_from=AT - timedelta(days=5))) == "unjudged"
    assert outcome(look("ledger", None, covers_from=None, posts=0)) == "failed"
    assert outcome(look("ledger", None, covers_from=None, posts=None)) == "unjudged"


def test_an_incomplete_look_does_not_accuse_and_says_why() -> None:
    evidence = AccountEvidence((look("ledger", OLD, complete=False, because="要求登录"),))
    found = judged_account(SILENT, evidence)[0]
    assert found.outcome == "unjudged"
    assert "要求登录" in found.because


def test_a_repost_and_a_pinned_post_are_posts() -> None:
    assert outcome(look("web", None), posts=(post(2, "web", repost=True, pinned=True),)) == "passed"


def test_the_proof_of_silence_names_the_source_and_its_newest_post() -> None:
    found = judged_account(SILENT, AccountEvidence((look("ledger", OLD),)))[0]
    assert [p.what for p in found.proof] == ["发布台账：最新发布于2018-08-01，应不早于2018-08-27"]
    assert (found.measured, found.limit, found.phrase) == (0, 1, "监测时间点前2周内无更新")


def test_under_lu_an_silence_is_only_a_note() -> None:
    found = judged_account("LA-M-05", AccountEvidence((look("ledger", OLD),)))[0]
    assert (str(found.outcome), found.consequence) == ("failed", "note")


def test_another_name_than_the_registered_one_is_a_remark_if_the_source_may_accuse() -> None:
    def named(*visits: AccountVisit) -> str:
        return str(judged_account("LA-M-04", AccountEvidence(visits))[0].outcome)

    assert named(look("api", name_seen="示例教育发布")) == "failed"
    assert named(look("api", name_seen=" 示例 教育")) == "passed"
    assert named(look("web", name_seen="示例教育发布")) == "unjudged"
    assert named(look("web", name_seen="示例教育发布"), look("feed", name_seen="示例教育发布")) == "failed"
    assert named(look("web", name_seen="示例教育发布"), look("feed", name_seen="示例教育发布站")) == "unjudged"
    assert named(look("web", name_seen="示例教育发布"), look("feed", name_seen="示例教育")) == "passed"
    assert named(look("ledger")) == "unjudged"


def test_weeks_are_iso_weeks_and_the_running_one_is_not_over() -> None:
    # 2018-09-03 is a Monday
    found = list(stretches(date(2018, 8, 21), date(2018, 9, 9), Period(days=7)))
    assert found == [(date(2018, 8, 27), date(2018, 9, 2))]
    assert list(stretches(date(2018, 8, 27), date(2018, 9, 10), Period(days=7))) == [
        (date(2018, 8, 27), date(2018, 9, 2)),
        (date(2018, 9, 3), date(2018, 9, 9)),
    ]


def test_months_are_calendar_months_and_the_running_one_is_not_over() -> None:
    found = list(stretches(date(2018, 6, 10), date(2018, 9, 10), Period(months=1)))
    assert found == [(date(2018, 7, 1), date(2018, 7, 31)), (date(2018, 8, 1), date(2018, 8, 31))]
    assert list(stretches(date(2020, 2, 1), date(2020, 3, 1), Period(months=1))) == [
        (date(2020, 2, 1), date(2020, 2, 29))
    ]


JULY, AUGUST = AT - timedelta(days=50), AT - timedelta(days=20)


def explained(unit: Unit, *posts: Post, source: str = "ledger") -> list:
    clause = "LA-M-01" if unit.level == "county" else "LA-M-02"
    return judged_account(clause, AccountEvidence((look(source),), posts), unit=unit, since=date(2018, 6, 10))


def test_a_department_that_explains_something_each_month_is_in_order() -> None:
    both = (post(at=JULY, interpretation=True), post(at=AUGUST, interpretation=True))
    assert str(explained(UNIT, *both)[0].outcome) == "passed"


def test_a_month_without_any_is_counted_once() -> None:
    found = explained(UNIT, post(at=JULY, interpretation=True), post(at=AUGUST))[0]
    assert (str(found.outcome), found.measured, [p.what for p in found.proof]) == (
        "failed",
        1,
        ["2018年8月：无解读回应信息"],
    )


def test_a_post_that_nobody_classed_leaves_its_month_open() -> None:
    found = explained(UNIT, post(at=JULY, interpretation=True), post(at=AUGUST, interpretation=None))[0]
    assert str(found.outcome) == "unjudged"


def test_a_single_untrusted_source_leaves_the_month_open() -> None:
    assert str(explained(UNIT, source="web")[0].outcome) == "unjudged"


def test_a_county_is_asked_each_week_and_a_committee_each_month_by_our_reading_only() -> None:
    county = explained(replace(UNIT, level="county"))[0]
    assert (county.clause, county.measured, county.clause_confirmed) == ("LA-M-01", 13, True)
    committee = explained(replace(UNIT, level="committee"))[0]
    assert (committee.clause, committee.measured, committee.clause_confirmed) == ("LA-M-02", 2, False)


def test_units_that_the_notice_does_not_name_are_not_bound() -> None:
    assert explained(replace(UNIT, level="subordinate")) == []
    assert judged_account("LA-M-01", AccountEvidence(), unit=UNIT) == []
