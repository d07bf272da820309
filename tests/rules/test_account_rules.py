"""Accounts: who may accuse, who clears, and what a week without 解读回应 is."""

from dataclasses import replace
from datetime import date, timedelta

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


def test_a_post_against_accusers_that_suffice_is_open() -> None:
    assert outcome(look("ledger", OLD), look("web", AT - timedelta(days=1))) == "unjudged"
    assert outcome(look("web", OLD), look("feed", OLD), posts=(post(3, "api"),)) == "unjudged"


def test_only_a_visit_of_the_last_36_hours_accuses() -> None:
    assert outcome(look("ledger", OLD, visited_at=AT - timedelta(hours=36))) == "failed"
    assert outcome(look("ledger", OLD, visited_at=AT - timedelta(hours=36, seconds=1))) == "unjudged"
    assert outcome(look("ledger", OLD, visited_at=AT + timedelta(seconds=1))) == "unjudged"


def test_a_source_that_does_not_reach_back_to_the_window_does_not_accuse() -> None:
    assert outcome(look("ledger", OLD, covers_from=AT - timedelta(days=5))) == "unjudged"
    assert outcome(look("ledger", None, covers_from=None, posts=0)) == "failed"
    assert outcome(look("ledger", None, covers_from=None, posts=None)) == "unjudged"


def test_the_proof_of_silence_names_the_source_and_its_newest_post() -> None:
    found = judged_account(SILENT, AccountEvidence((look("ledger", OLD),)))[0]
    assert [p.what for p in found.proof] == ["发布台账：最新发布于2018-08-01，应不早于2018-08-27"]
    assert (found.measured, found.limit, found.phrase) == (0, 1, "监测时间点前2周内无更新")


def test_under_lu_an_silence_is_only_a_note() -> None:
    found = judged_account("LA-M-05", AccountEvidence((look("ledger", OLD),)))[0]
    assert (str(found.outcome), found.consequence) == ("failed", "note")


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


def test_a_county_is_asked_each_week_and_a_committee_each_month_by_our_reading_only() -> None:
    county = explained(replace(UNIT, level="county"))[0]
    assert (county.clause, county.measured, county.clause_confirmed) == ("LA-M-01", 13, True)
    committee = explained(replace(UNIT, level="committee"))[0]
    assert (committee.clause, committee.measured, committee.clause_confirmed) == ("LA-M-02", 2, False)


def test_units_that_the_notice_does_not_name_are_not_bound() -> None:
    assert explained(replace(UNIT, level="subordinate")) == []
    assert judged_account("LA-M-01", AccountEvidence(), unit=UNIT) == []
