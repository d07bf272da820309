"""What a machine shows of a portal's unscored indicators: a person sees it, and no verdict does."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inspectorate.evidence import GuideVisit
from inspectorate.finding import Decision, Finding, Outcome, Ruling, quoted
from inspectorate.judge import UNJUDGED, judge_site, settle, verdict, weighing
from inspectorate.quarter import Quarter
from inspectorate.rules.deductions import named_elsewhere
from inspectorate.rules.portals import activities_seen, column_not_opened
from inspectorate.rules.registry import Context
from tests.rules.made_evidence import (
    AT,
    DAY,
    ISSUER,
    LIBRARY,
    SITE,
    UNIT,
    box,
    column,
    editions_of,
    host,
    in_order,
)

PORTAL = replace(SITE, kind="portal")
E19 = editions_of("E19.W-V-02")


def judged(site: object = PORTAL, **more: object) -> list[Finding]:
    return judge_site(site, UNIT, in_order(**more), AT, E19, ISSUER)  # type: ignore[arg-type]


def test_every_indicator_of_a_portal_has_a_line_that_waits_for_a_person_and_other_sites_have_none() -> None:
    lines = [f for f in judged() if f.consequence == "points"]
    assert [f.clause for f in lines] == [f"E19.W-D-{n:02}" for n in range(1, 28)]
    assert {f.outcome for f in lines} == {Outcome.NOT_EXAMINED}
    assert {f.points for f in lines} == {None}
    assert not [f for f in judged(replace(SITE, kind="department")) if f.consequence == "points"]


def test_a_person_who_upholds_an_unscored_indicator_takes_no_points_and_changes_no_verdict() -> None:
    found, quarter = judged(), Quarter.of(AT)
    before = verdict(PORTAL, found, E19, issuer=ISSUER)
    said = [
        Decision(f"{quarter}/1/{f.clause}/{f.subject}", f.digest, Ruling.UPHELD, "", "逐项核对", "wang", AT)
        for f in found
        if f.consequence == "points"
    ]
    settled = settle(found, quarter, said)
    assert sum(f.stands_as is Outcome.FAILED for f in settled) == len(said) == 27
    assert verdict(PORTAL, settled, E19, issuer=ISSUER) == before
    assert before.verdict != UNJUDGED
    assert not weighing(settled, E19)


def test_a_box_that_shows_no_message_of_two_months_is_told_the_day_after_them() -> None:
    def said(day: str) -> Finding:
        found = judged(boxes=(box([{"asked": day}], True, AT),))
        return next(f for f in found if f.clause == "E19.W-D-15")

    assert str(DAY) == "2018-09-10"
    assert said("2018-07-10").measured is None
    late = said("2018-07-09")
    assert (late.measured, late.outcome) == (0, Outcome.NOT_EXAMINED)
    assert "2018-07-10以来未见有效留言" in late.because


def test_a_site_that_offers_guides_offers_services() -> None:
    """Whatever its columns are called."""
    guide = GuideVisit(SITE.site_code, f"{SITE.home_url}a.html", AT, "事项", "", "", 0, None, "d" * 64)
    of = {f.clause: f for f in judged(guides=(guide,))}
    assert of["E19.W-V-06a"].measured is None


@pytest.mark.parametrize(("kind", "least"), [("portal", 6), ("department", 3)])
def test_as_many_activities_as_are_asked_are_no_clue_and_one_fewer_is_told(kind: Any, least: int) -> None:
    clause = LIBRARY.clause("E19.W-D-17")
    context = Context(replace(SITE, kind=kind), UNIT, AT, ISSUER)
    edition = next(e for e in E19 if clause.id in e.clause_ids)
    for held in (least - 1, least, least + 1):
        days = tuple(DAY - timedelta(days=30 * n) for n in range(1, held + 1))
        survey = column(name="网上调查", kind="interaction", dates=days, newest=days[0], state="stale")
        found = activities_seen(in_order(columns=(survey,)), clause, edition, context)
        assert (found.measured is None) == (held >= least), held
        if held < least:
            assert f"开展{held}次，应不少于{least}次" in found.because


def test_an_address_of_the_site_itself_is_none_elsewhere_and_an_edition_without_points_has_no_services() -> None:
    clause = LIBRARY.clause("E19.W-D-17")
    named = [host(column(1).url, "意见征集"), host("http://zjdc.shili.gov.cn/", "民意征集")]
    assert named_elsewhere(in_order(columns=(column(1),), hosts=tuple(named)), clause) == ["民意征集"]
    assert named_elsewhere(in_order(columns=(column(2),), hosts=tuple(named)), clause) == ["意见征集", "民意征集"]
    bare = replace(next(e for e in E19 if clause.id in e.clause_ids), scoring=None)
    seen = in_order(columns=(column(1),))
    found = column_not_opened(seen, clause, bare, Context(PORTAL, UNIT, AT, ISSUER))
    assert "疑未开设" in found.because


def test_marks_within_quoted_words_become_single_ones() -> None:
    of = {f.clause: f for f in judged()}
    assert of["E19.W-D-22"].because.startswith("“功能设计·‘我为政府网站找错’”须人工检查")
    assert quoted("“找错”留言答复不及时") == "“‘找错’留言答复不及时”"


@pytest.mark.parametrize(
    ("name", "shown"), [("网上信访", True), ("纪检举报信箱", True), ("咨询举报", False), ("", False)]
)
def test_a_channel_for_complaints_alone_is_no_channel_for_questions(name: str, shown: bool) -> None:
    seen = replace(in_order(), boxes=(replace(box(), name=name),))
    found = judge_site(SITE, UNIT, seen, AT, E19, ISSUER, switched_on={"E19.W-V-05a"})
    assert [f.measured for f in found] == [0 if shown else None]
