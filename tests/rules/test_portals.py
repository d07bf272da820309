"""What a machine shows of a portal's unscored indicators: a person sees it, and no verdict does."""

from dataclasses import replace

import pytest

from inspectorate.evidence import GuideVisit
from inspectorate.finding import Decision, Finding, Outcome, Ruling, quoted
from inspectorate.judge import UNJUDGED, judge_site, settle, verdict, weighing
from inspectorate.quarter import Quarter
from tests.rules.made_evidence import AT, DAY, ISSUER, SITE, UNIT, box, editions_of, in_order

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
