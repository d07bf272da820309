"""Verdicts, decisions, attestations and figures, one test a meaning of the contract."""

import json
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from inspectorate.evidence import AccountEvidence, Picture, SiteEvidence
from inspectorate.finding import Attestation, Decision, Finding, Outcome, Proof, Ruling, Verdict, with_pictures
from inspectorate.judge import (
    SET_ASIDE,
    Rate,
    account_row,
    awaits_decision,
    column_rows,
    figures,
    finding_row,
    judge_account,
    judge_closed,
    judge_site,
    last_inspection_day,
    percent,
    settle,
    verdict,
    verdict_row,
    weighing,
    what_if,
)
from inspectorate.quarter import SHANGHAI, Quarter
from inspectorate.register import Issuer, Person, Unit
from tests.rules.made_evidence import (
    ACCOUNT,
    AT,
    DAY,
    ISSUER,
    LIBRARY,
    SITE,
    UNIT,
    UNMAPPED,
    box,
    column,
    columns,
    home,
    in_order,
    look,
    post,
    week,
)

QUARTER = Quarter(2018, 3)
E15 = LIBRARY.in_force(DAY)
E19 = LIBRARY.replace_main("E19").in_force(DAY)
BLANK = columns([{"times": 5, "state": "blank"}, {"times": 3}])


def judge(evidence: SiteEvidence | None = None, editions: tuple = E15, **more: object) -> list[Finding]:
    return judge_site(SITE, UNIT, evidence or in_order(), AT, editions, ISSUER, **more)  # type: ignore[arg-type]


def only(found: list[Finding], clause: str) -> Finding:
    return next(f for f in found if f.clause == clause)


def decide(finding: Finding, ruling: Ruling, phrase: str = "", at: datetime = AT, quarter: str = "2018Q3") -> Decision:
    name = f"{quarter}/1/{finding.clause}/{finding.subject}"
    return Decision(name, finding.digest, ruling, phrase, "经核实", "zhang", at)


def verdict_of(found: list[Finding], editions: tuple = E15, **more: bool) -> str | None:
    return verdict(SITE, found, editions, **more).verdict


# §1.8, §1.11 what is judged at all


def test_every_clause_of_every_edition_in_force_has_one_finding() -> None:
    found = [f.clause for f in judge()]
    assert len(set(found)) == len(found)
    assert set(LIBRARY.edition("E15").clause_ids) <= set(found)
    assert {"DN-01", "DN-06", "LA-W-01"} <= set(found)


def test_what_no_machine_counts_is_not_examined() -> None:
    found = {f.clause for f in judge(editions=E19) if f.outcome is Outcome.NOT_EXAMINED}
    bound = [c for e in E19 for c in e.clauses_of("site") if c.consequence != "points"]
    assert found == {c.id for c in bound if not (c.automatic or c.office or c.closed)}


def test_what_binds_the_office_or_a_closed_site_is_asked_of_no_running_one() -> None:
    found = {f.clause for f in judge()}
    assert not found & {"WG-19", "WG-13", "DN-10"}


def test_a_closed_site_stands_under_its_two_clauses_and_in_no_other_line() -> None:
    closed = judge_closed(replace(SITE, status="offline"), UNIT, AT, E15, ISSUER)
    assert [(f.clause, f.outcome) for f in closed] == [
        ("DN-10", Outcome.NOT_EXAMINED),
        ("WG-13", Outcome.NOT_EXAMINED),
    ]
    assert judge_closed(SITE, UNIT, AT, E15, ISSUER, switched_on={"DN-10"})[0].consequence == "remark"


def test_a_local_edition_that_is_not_switched_on_is_not_judged() -> None:
    off = judge_site(SITE, UNIT, in_order(), AT, E15, replace(ISSUER, editions=()))
    assert not [f for f in off if f.edition == "LA"]
    assert [f for f in judge() if f.edition == "LA"]


def test_only_the_clauses_frozen_are_judged() -> None:
    assert [f.clause for f in judge(switched_on={"E15.W-V-01"})] == ["E15.W-V-01"]


def test_the_clauses_stand_in_the_order_of_the_edition() -> None:
    found = [f.clause for f in judge() if f.edition == "E15"]
    assert found == list(LIBRARY.edition("E15").clause_ids)


def test_a_letter_box_that_is_listed_as_a_column_is_neither_blank_nor_unknown() -> None:
    listed = column(1, "unread", kind="interaction", url=box().url)
    found = judge(in_order(columns=(column(2), listed)))
    assert only(found, "E15.W-V-03c").outcome is Outcome.PASSED
    assert "未能认定" not in only(found, "E15.W-V-03c").because


def test_a_list_that_a_person_confirmed_stands_where_nothing_was_discovered() -> None:
    filed = in_order(discovery=None)
    assert only(judge(filed), "E15.W-V-03a").outcome is Outcome.PASSED
    doubtful = replace(filed, columns=(*filed.columns, column(9, class_confirmed=False)))
    assert only(judge(doubtful), "E15.W-V-03a").outcome is Outcome.UNJUDGED


# §1.5 a past inspection proves nothing against anybody


def test_what_only_later_visits_show_never_accuses() -> None:
    late = AT + timedelta(days=40)
    seen = [replace(column(n, "stale"), counted=None, newest=date(2017, 1, 1)) for n in range(12)]
    evidence = SiteEvidence(
        home=replace(home(date(2017, 1, 1)), counted=None),
        columns=tuple(seen),
        boxes=(replace(box([{"asked": "2018-01-02"}], at=late), counted=None),),
        discovery=replace(UNMAPPED, ended=True, visited_at=late),
    )
    for editions in (E15, E19):
        vetoes = [f for f in judge(evidence, editions) if f.consequence == "veto"]
        assert not [f.clause for f in vetoes if f.outcome is Outcome.FAILED]


# §1.12 verdicts


def test_a_site_in_order_is_passed_though_the_manual_clauses_wait() -> None:
    assert verdict_of(judge()) == "合格"
    assert verdict_of(judge(editions=E19), E19) == "合格"


def test_one_failed_veto_fails_and_prints_its_phrase() -> None:
    found = verdict(SITE, judge(in_order(columns=BLANK)), E15)
    assert (found.verdict, found.phrases, found.clauses) == ("不合格", ("5个及以上空白栏目",), ("E15.W-V-03c",))


def test_phrases_are_printed_in_the_order_of_the_clauses() -> None:
    stale = in_order(columns=columns([{"times": 11, "state": "stale"}, {"state": "fresh"}]))
    found = verdict(SITE, list(reversed(judge(stale))), E15)
    assert found.phrases == ("动态、政策、公告类栏目5个以上未更新", "10个以上栏目未更新")


def test_one_automatic_veto_that_nobody_can_judge_leaves_the_site_open() -> None:
    assert verdict_of(judge(in_order(visits=week(139, shut=6)))) == "unjudged"


def test_a_clause_without_a_finding_does_not_pass() -> None:
    assert verdict_of([f for f in judge() if f.clause != "E15.W-V-01"]) == "unjudged"


def test_a_failed_veto_stands_though_others_are_open() -> None:
    assert verdict_of(judge(in_order(columns=BLANK, visits=()))) == "不合格"


def test_accounts_have_no_verdict_under_the_edition_of_2015() -> None:
    found = judge_account(ACCOUNT, UNIT, AccountEvidence((look("ledger", AT - timedelta(days=60)),)), AT, E15, ISSUER)
    assert only(found, "LA-M-05").outcome is Outcome.FAILED
    assert verdict(ACCOUNT, found, E15).verdict is None


def test_accounts_have_one_under_that_of_2019() -> None:
    silent = AccountEvidence((look("ledger", AT - timedelta(days=60)),))
    found = judge_account(ACCOUNT, UNIT, silent, AT, E19, ISSUER)
    assert verdict(ACCOUNT, found, E19).verdict == "不合格"
    busy = AccountEvidence((look("ledger", AT - timedelta(days=1)),), (post(1),))
    assert verdict(ACCOUNT, judge_account(ACCOUNT, UNIT, busy, AT, E19, ISSUER), E19).verdict == "合格"


def test_who_is_set_aside_is_in_no_verdict_but_a_judged_one_stays_judged() -> None:
    assert verdict_of(judge(in_order(visits=())), set_aside=True) == SET_ASIDE
    assert verdict_of(judge(in_order(columns=BLANK)), set_aside=True) == "不合格"


def deduction(points: float, outcome: Outcome, clause: str = "E15.W-D-04c", most: float | None = None) -> Finding:
    return replace(only(judge(), clause), points=points, points_most=most or points, outcome=outcome)


@pytest.mark.parametrize(
    ("failed", "unjudged", "expected", "score"),
    [
        (0, 0, "合格", 100.0),
        (40, 0, "合格", 60.0),
        (40.1, 0, "不合格", 59.9),
        (30, 10, "合格", 70.0),
        (30, 10.1, "unjudged", None),
        (0.1, 100, "unjudged", None),
    ],
)
def test_points_fail_a_site_only_by_what_certainly_failed(
    failed: float, unjudged: float, expected: str, score: float | None
) -> None:
    found = [f for f in judge() if f.consequence == "veto"]
    found += [deduction(failed, Outcome.FAILED), deduction(unjudged, Outcome.UNJUDGED, "E15.W-D-03")]
    said = verdict(SITE, found, E15)
    assert (said.verdict, said.score) == (expected, score)


def test_what_else_a_failed_deduction_may_take_counts_only_against_the_site() -> None:
    vetoes = [f for f in judge() if f.consequence == "veto"]
    assert verdict_of([*vetoes, deduction(10, Outcome.FAILED, most=40)]) == "合格"
    assert verdict_of([*vetoes, deduction(10, Outcome.FAILED, most=40.1)]) == "unjudged"


def test_a_site_fails_by_points_alone_and_prints_what_it_lost() -> None:
    late = columns([{"times": 9, "state": "stale", "kind": "personnel_plan"}, {"times": 3}])
    found = judge(in_order(columns=late))
    said = verdict(SITE, found, E15)
    assert (said.verdict, said.score) == ("不合格", 50.0)
    assert said.clauses == ("E15.W-D-04c", "E15.W-D-06a")
    assert said.phrases == ("人事、规划计划类栏目未及时更新", "未开设调查征集类栏目")
    assert not [f.clause for f in found if f.consequence == "veto" and f.outcome is Outcome.FAILED]


def test_a_deduction_awaits_a_decision_only_where_the_verdict_rests_on_it() -> None:
    few = judge(in_order(columns=columns([{"times": 3, "state": "stale", "kind": "personnel_plan"}, {"times": 3}])))
    assert weighing(few, E15) == set()
    many = judge(in_order(columns=columns([{"times": 9, "state": "stale", "kind": "personnel_plan"}, {"times": 3}])))
    weighed = weighing(many, E15)
    assert weighed == {("E15.W-D-04c", SITE.site_code), ("E15.W-D-06a", SITE.site_code)}
    assert {f.clause for f in many if awaits_decision(f, weighed)} == {"E15.W-D-04c", "E15.W-D-06a"}
    assert weighing(judge(in_order(columns=BLANK)), E15) == set(), "a veto failed, and nothing else is scored"


def test_a_deduction_that_a_person_dropped_takes_nothing_and_one_upheld_what_is_certain() -> None:
    late = columns([{"times": 9, "state": "stale", "kind": "personnel_plan"}, {"times": 3}])
    found = judge(in_order(columns=late))
    dropped = settle(found, QUARTER, [decide(only(found, "E15.W-D-06a"), Ruling.DROPPED)])
    assert verdict(SITE, dropped, E15).score == 55.0
    entered = settle(judge(), QUARTER, [decide(only(judge(), "E15.W-D-04d"), Ruling.UPHELD)])
    assert verdict(SITE, entered, E15).score == 99.0


def test_a_veto_leaves_nothing_to_be_scored() -> None:
    found = verdict(SITE, judge(in_order(columns=BLANK)), E15)
    assert (found.verdict, found.score) == ("不合格", None)


def test_portals_are_not_scored_under_the_edition_of_2019_while_points_are_unconfirmed() -> None:
    portal = replace(SITE, kind="portal")
    found = judge_site(portal, UNIT, in_order(), AT, E19, ISSUER)
    assert {f.outcome for f in found if f.consequence == "points"} == {Outcome.NOT_EXAMINED}
    assert verdict(portal, found, E19).score is None


# 基本合格 and 接近单否, where the issuer's data say so

NEAR = columns([{"times": 4, "state": "blank"}, {"times": 3}])


def test_a_near_miss_changes_no_verdict_and_is_told_where_the_issuer_wants_it() -> None:
    found = judge(in_order(columns=NEAR))
    plain = verdict(SITE, found, E15, issuer=ISSUER)
    assert (plain.verdict, plain.near) == ("合格", ())
    assert "near" not in verdict_row(plain)
    told = verdict(SITE, found, E15, issuer=replace(ISSUER, near_misses=True))
    assert (told.verdict, verdict_row(told)["near"]) == ("合格", ["E15.W-V-03c"])
    assert verdict(SITE, judge(), E15, issuer=replace(ISSUER, near_misses=True)).near == ()


@pytest.mark.parametrize(
    ("settings", "evidence", "word"),
    [
        ({"basic_near": True}, in_order(columns=NEAR), "基本合格"),
        ({"basic_near": True}, in_order(), "合格"),
        ({"basic_below": 95.1}, in_order(columns=NEAR), "基本合格"),
        ({"basic_below": 95.0}, in_order(columns=NEAR), "合格"),
        ({"basic_below": 100.0, "basic_near": True}, in_order(columns=BLANK), "不合格"),
    ],
)
def test_the_third_word_is_the_issuers_and_stands_for_a_passed_site(
    settings: dict, evidence: SiteEvidence, word: str
) -> None:
    issuer = replace(ISSUER, **settings)
    said = verdict(SITE, judge(evidence), E15, issuer=issuer)
    assert said.verdict == word
    rate = figures([said], [UNIT], issuer).sites
    assert (rate.passed, rate.basic) == (int(word != "不合格"), int(word == "基本合格"))


# §1.14 decisions


def test_a_dropped_veto_counts_as_passed_and_stays_as_judged() -> None:
    found = judge(in_order(columns=BLANK))
    settled = settle(found, QUARTER, [decide(only(found, "E15.W-V-03c"), Ruling.DROPPED)])
    assert only(settled, "E15.W-V-03c").outcome is Outcome.FAILED
    assert verdict_of(settled) == "合格"


def test_an_upheld_unjudged_veto_counts_as_failed() -> None:
    found = judge(in_order(visits=week(139, shut=6)))
    settled = settle(found, QUARTER, [decide(only(found, "E15.W-V-01"), Ruling.UPHELD)])
    assert verdict(SITE, settled, E15).phrases == ("首页无法访问",)


def test_an_unjudged_veto_that_a_person_dropped_counts_as_passed() -> None:
    found = judge(in_order(visits=week(139, shut=6)))
    assert verdict_of(found) == "unjudged"
    settled = settle(found, QUARTER, [decide(only(found, "E15.W-V-01"), Ruling.DROPPED)])
    assert only(settled, "E15.W-V-01").outcome is Outcome.UNJUDGED
    assert verdict_of(settled) == "合格"


def test_a_person_enters_what_no_machine_examines() -> None:
    found = judge()
    settled = settle(found, QUARTER, [decide(only(found, "E15.W-V-04"), Ruling.UPHELD)])
    assert verdict(SITE, settled, E15).clauses == ("E15.W-V-04",)


def test_an_amended_phrase_is_printed_instead() -> None:
    found = judge(in_order(columns=BLANK))
    settled = settle(found, QUARTER, [decide(only(found, "E15.W-V-03c"), Ruling.AMENDED, "6个空白栏目")])
    assert verdict(SITE, settled, E15).phrases == ("6个空白栏目",)


def test_another_digest_opens_a_decision_again() -> None:
    dropped = decide(only(judge(in_order(columns=BLANK)), "E15.W-V-03c"), Ruling.DROPPED)
    more = judge(in_order(columns=columns([{"times": 6, "state": "blank"}, {"times": 3}])))
    settled = settle(more, QUARTER, [dropped])
    assert only(settled, "E15.W-V-03c").decision is Ruling.NONE
    assert verdict_of(settled) == "不合格"


def test_the_latest_decision_holds() -> None:
    found = judge(in_order(columns=BLANK))
    blank = only(found, "E15.W-V-03c")
    said = [decide(blank, Ruling.DROPPED, at=AT + timedelta(days=2)), decide(blank, Ruling.UPHELD, at=AT)]
    assert only(settle(found, QUARTER, said), "E15.W-V-03c").decision is Ruling.DROPPED


def test_a_decision_of_another_quarter_does_not_hold_though_the_digest_is_the_same() -> None:
    found = judge()
    upheld = decide(only(found, "E15.W-V-04"), Ruling.UPHELD, quarter="2018Q2")
    assert verdict_of(settle(found, QUARTER, [upheld])) == "合格"


def test_a_digest_holds_no_time_no_hash_and_no_flag() -> None:
    found = only(judge(in_order(columns=BLANK)), "E15.W-V-03c")
    other = replace(
        found,
        clause_confirmed=False,
        columns_confirmed=False,
        because="另一种说法",
        proof=tuple(replace(p, fetched_at=AT, sha256="f" * 64) for p in reversed(found.proof)),
    )
    assert other.digest == found.digest
    assert replace(found, measured=5.0).digest == found.digest
    for changed in (replace(found, measured=6), replace(found, phrase="x"), replace(found, proof=found.proof[1:])):
        assert changed.digest != found.digest


def test_the_digest_of_a_known_finding_does_not_change_between_versions() -> None:
    """Decisions of years rest on it: if this fails, every decision on this clause is open again."""
    found = only(judge(in_order(columns=BLANK)), "E15.W-V-03c")
    assert found.digest == "8be64f59e622ba364a9d8f0b75381020ea279ac35bbe27115c6decaca43bd9f7"


# §1.11 attestations


def attest(*excepted: str, by: str = "zhang") -> Attestation:
    return Attestation("E15.W-V-04", excepted, by, AT)


def test_an_attestation_closes_a_clause_for_a_quarter() -> None:
    office = replace(ISSUER, people=(Person("zhang", "张三"),))
    found = only(settle(judge(), QUARTER, attestations=[attest()], issuer=office), "E15.W-V-04")
    assert (found.outcome, found.because) == (Outcome.PASSED, "张三于2018-09-10检查，未发现")


def test_it_does_not_close_it_for_whom_it_excepts() -> None:
    found = settle(judge(), QUARTER, attestations=[attest(SITE.site_code)])
    assert only(found, "E15.W-V-04").outcome is Outcome.NOT_EXAMINED


def test_it_does_not_undo_a_persons_word_on_one_subject() -> None:
    found = judge()
    upheld = decide(only(found, "E15.W-V-04"), Ruling.UPHELD)
    assert verdict_of(settle(found, QUARTER, [upheld], [attest()])) == "不合格"


def test_it_never_passes_what_a_machine_has_judged() -> None:
    found = judge(in_order(columns=BLANK))
    said = [replace(attest(), clause="E15.W-V-03c")]
    assert only(settle(found, QUARTER, attestations=said), "E15.W-V-03c").outcome is Outcome.FAILED


def test_failed_and_unjudged_vetoes_await_a_decision() -> None:
    found = judge(in_order(columns=BLANK, visits=()))
    assert {f.clause for f in found if awaits_decision(f)} == {"E15.W-V-01", "E15.W-V-03c"}
    settled = settle(found, QUARTER, [decide(only(found, "E15.W-V-03c"), Ruling.UPHELD)])
    assert {f.clause for f in settled if awaits_decision(f)} == {"E15.W-V-01"}


# §1.13 figures


@pytest.mark.parametrize(
    ("part", "whole", "decimals", "expected"),
    [
        (48, 55, 0, "87"),
        (48, 55, 1, "87.3"),
        (48, 55, 2, "87.27"),
        (55, 55, 0, "100"),
        (1, 8, 0, "13"),  # 12.5 goes up
        (1, 200, 0, "1"),  # 0.5 goes up, not to the even
        (29, 40, 1, "72.5"),
        (0, 5, 0, "0"),
    ],
)
def test_rates_are_rounded_half_up(part: int, whole: int, decimals: int, expected: str) -> None:
    assert str(percent(part, whole, decimals)) == expected


def test_a_rate_of_nobody_is_none() -> None:
    assert percent(0, 0) is None


def verdicts(words: list[str | None], kind: str = "site", unit: str = "U01") -> list[Verdict]:
    return [Verdict(f"{kind}{n}", kind, unit, w, None, (), ()) for n, w in enumerate(words)]  # type: ignore[arg-type]


def test_sites_and_accounts_have_rates_of_their_own() -> None:
    rows = verdicts(["合格"] * 48 + ["不合格"] * 7) + verdicts(["合格", "不合格"], "account")
    found = figures(rows, [UNIT], ISSUER)
    assert (found.sites.running, found.sites.judged_rate, found.sites.pass_rate) == (55, Decimal(100), Decimal(87))
    assert (found.accounts.running, found.accounts.pass_rate) == (2, Decimal(50))


def test_the_open_and_the_set_aside_are_not_judged() -> None:
    found = figures(verdicts(["合格", "不合格", "unjudged", SET_ASIDE]), [UNIT], replace(ISSUER, decimals=1)).sites
    assert (found.judged, found.unjudged, found.set_aside) == (2, 1, 1)
    assert (str(found.judged_rate), str(found.pass_rate)) == ("50.0", "50.0")


def test_subjects_without_a_verdict_are_in_no_rate() -> None:
    found = figures(verdicts([None, None], "account"), [UNIT], ISSUER).accounts
    assert (found.running, found.unrated, found.judged_rate, found.pass_rate) == (2, 2, None, None)


def test_a_total_that_the_listed_parts_do_not_come_to_is_told() -> None:
    units = [Unit(level, level, level) for level in ("city", "county", "committee", "department")]  # type: ignore[arg-type]
    rows = [v for unit, n in zip(units, (1, 7, 2, 45), strict=True) for v in verdicts(["合格"] * n, unit=unit.unit_id)]
    found = figures(rows, units, ISSUER)
    assert found.sites.by_level == {"city": 1, "county": 7, "committee": 2, "department": 45}
    assert found.warnings == ("网站总数55与分项之和54（县区7、管委2、市直部门45）不符；未列入分项：市本级1",)


def test_the_notice_of_2018_draws_the_warning_too() -> None:
    rate = Rate("site", 55, 48, 7, by_level={"county": 7, "committee": 2, "department": 45})
    assert (str(rate.pass_rate), str(rate.judged_rate)) == ("87", "100")
    assert rate.warning() == "网站总数55与分项之和54（县区7、管委2、市直部门45）不符"
    assert Rate("site", 54, 54, 0, by_level=rate.by_level).warning() == ""


# what-if


def test_what_if_tells_whose_verdict_changes_and_by_which_clause() -> None:
    """Notices of the second level counted until 2019."""
    evidence = in_order(columns=columns([{"times": 5, "state": "stale", "kind": "notice", "level": 2}, {"times": 2}]))
    sides = []
    for editions in (E15, E19):
        found = judge(evidence, editions)
        sides.append(([verdict(SITE, found, editions)], found))
    (changed,) = what_if(*sides)
    assert (changed["subject"], changed["was"], changed["becomes"]) == (SITE.site_code, "不合格", "合格")
    assert [r["clause"] for r in changed["before"]] == ["E15.W-V-03a"]
    assert changed["after"] == []
    assert what_if(sides[0], sides[0]) == []


def test_what_if_tells_the_points_by_which_a_site_failed() -> None:
    late = in_order(columns=columns([{"times": 9, "state": "stale", "kind": "personnel_plan"}, {"times": 3}]))
    sides = []
    for editions in (E15, E19):
        found = judge(late, editions)
        sides.append(([verdict(SITE, found, editions)], found))
    (changed,) = what_if(*sides)
    assert (changed["was"], changed["becomes"]) == ("不合格", "合格")
    assert (changed["score_was"], changed["score_becomes"]) == (50.0, None)
    assert [(r["clause"], r["points"]) for r in changed["before"]] == [("E15.W-D-04c", 45.0), ("E15.W-D-06a", 5.0)]
    assert changed["after"] == []


def test_an_old_quarter_judged_again_gives_the_same_bytes() -> None:
    mixed = in_order(
        columns=columns([{"times": 6, "state": "stale"}, {"times": 5, "state": "blank"}, {"state": "unread"}]),
        visits=week(168, shut=3, unknown=2),
        boxes=(box([{"asked": "2018-01-02"}, {"asked": "2018-02-03", "answered": "2018-09-01"}]),),
    )

    def lines() -> bytes:
        found = judge(mixed)
        rows = [finding_row(f, QUARTER, 1, AT, "official") for f in found] + [verdict_row(verdict(SITE, found, E15))]
        return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()

    assert lines() == lines()


# §6 rows

FINDING = (
    "finding_id quarter inspected_at standing edition clause subject kind unit outcome measured limit phrase because"
    " clause_confirmed columns_confirmed decision consequence points proof"
)
VERDICT = "subject kind unit verdict score phrases clauses"
COLUMN = "code url name class parent newest items blank stale exempt confirmed owner type"
ACCOUNT_ROW = "account_id platform name posts newest interpretations source trust covers"


def test_a_line_of_findings_has_the_fields_of_the_contract() -> None:
    found = only(judge(in_order(columns=BLANK)), "E15.W-V-03c")
    row = finding_row(found, QUARTER, 2, AT, "trial")
    assert list(row) == FINDING.split()
    assert row["finding_id"] == f"2018Q3/2/E15.W-V-03c/{SITE.site_code}"
    assert list(row["proof"][0]) == ["url", "fetched_at", "sha256", "what"]
    assert json.loads(json.dumps(row, ensure_ascii=False)) == row


def test_lines_of_verdicts_columns_and_accounts_do_too() -> None:
    assert list(verdict_row(verdict(SITE, judge(), E15))) == VERDICT.split()
    main = LIBRARY.edition("E15")
    rows = list(column_rows(SITE, in_order(columns=columns([{"state": "unread"}, {"state": "stale"}])), main, AT))
    assert list(rows[0]) == COLUMN.split()
    assert [(r["blank"], r["stale"]) for r in rows] == [(None, None), (False, True)]
    row = account_row(ACCOUNT, AccountEvidence((look("ledger", AT),), (post(1, interpretation=True),)), AT, UNIT, E15)
    assert list(row) == ACCOUNT_ROW.split()
    assert (row["source"], row["trust"], row["posts"], row["interpretations"]) == ("ledger", "trusted", 1, 1)


def test_an_account_without_any_source_says_so_with_nulls() -> None:
    row = account_row(ACCOUNT, AccountEvidence(), AT, UNIT, E15)
    assert {k: row[k] for k in ("posts", "newest", "source", "trust", "covers")} == dict.fromkeys(
        ("posts", "newest", "source", "trust", "covers")
    )


@pytest.mark.parametrize(
    ("at", "day", "expected"),
    [("2018-09-10", 10, "2018-06-10"), ("2018-02-01", 10, "2017-12-10"), ("2018-08-01", 31, "2018-06-30")],
)
def test_the_last_inspection_was_on_the_issuers_day_of_the_quarter_before(at: str, day: int, expected: str) -> None:
    moment = datetime.fromisoformat(f"{at}T10:00:00+08:00")
    assert last_inspection_day(moment, Issuer(inspection_day=day)) == date.fromisoformat(expected)


# performance.md


def test_columns_are_judged_at_a_rate_that_carries_every_city() -> None:
    """4.5 million columns in a minute on two cores leave 26 µs a column and core; ask for it with room for noise."""
    rows = columns(
        [{"times": 270}, {"times": 12, "state": "stale", "kind": "notice"}, {"times": 18, "state": "unread"}]
    )
    evidence = in_order(columns=rows)
    judge(evidence)
    begun = time.process_time()
    for _ in range(40):
        judge(evidence)
    each = (time.process_time() - begun) / (40 * len(rows))
    assert each < 26e-6, f"{each * 1e6:.1f} µs a column"


def test_a_finding_says_of_which_pages_there_is_a_picture_and_a_decision_still_sticks_to_it() -> None:
    at = datetime(2018, 9, 10, 10, tzinfo=SHANGHAI)
    proof = tuple(Proof(f"http://a.gov.cn/{n}/", at, "0" * 64, "空白") for n in range(3))
    finding = Finding("E15", "c", "s", "site", "u", Outcome.FAILED, 3, 3, "p", "空白栏目3个", "veto", proof=proof)
    taken = Picture("s", proof[0].url, at, "1" * 64)
    none = Picture("s", proof[1].url, at, None, because="未安装浏览器")
    both = with_pictures(finding, {picture.url: picture for picture in (taken, none)})
    assert both.because == "空白栏目3个；附截图1张；另1处无截图：未安装浏览器"
    assert both.digest == finding.digest
    assert with_pictures(finding, {none.url: none}).because == "空白栏目3个；无截图：未安装浏览器"
    assert with_pictures(finding, {}) == finding
    knocked = replace(finding, proof=proof[:1] * 2)
    assert with_pictures(knocked, {taken.url: taken}) == knocked
