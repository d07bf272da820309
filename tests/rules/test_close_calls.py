"""What stands exactly on a limit, or is told apart by one fact alone: a step further and a rule would say otherwise."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from inspectorate.edition import Scoring
from inspectorate.evidence import FOOT_MARKS, ColumnSeen, Door, PageFoot, SharedFault, SiteEvidence, Visit
from inspectorate.rules.availability import group, read_week
from inspectorate.rules.columns import children_of, family, folders_above, is_discovered, with_boxes
from inspectorate.rules.registry import Context
from inspectorate.score import score
from tests.rules.made_evidence import (
    AT,
    DAY,
    ISSUER,
    LIBRARY,
    MAPPED,
    SITE,
    UNIT,
    UNMAPPED,
    box,
    column,
    columns,
    home,
    in_order,
    judged,
    odd,
    page,
    week,
)
from tests.rules.test_points import ON, lost

FORTNIGHT = DAY - timedelta(days=14)
YEAR = DAY.replace(year=DAY.year - 1)
LONG_AGO = DAY - timedelta(days=900)


def ends(clause: str, **evidence: Any) -> tuple[str, str]:
    found = judged(clause, in_order(**evidence))
    return str(found.outcome), found.because


def test_every_bonus_is_added_and_half_a_bonus_is_none() -> None:
    assert score([lost(5, "E19.W-B-01"), lost(7, "E19.W-B-01")], ON).best == 112
    for half in (Scoring(100, bonus_over=80), Scoring(100, bonus_most=30)):
        assert score([lost(20, "E19.W-B-01")], replace(ON, scoring=half)).best == Fraction(100)


# Columns


def test_a_column_of_another_level_does_not_end_the_count() -> None:
    second = {"state": "stale", "kind": "notice", "level": 2, "class_confirmed": True}
    first = {**second, "level": 1, "times": 5}
    found = judged("E19.W-V-04a", in_order(columns=columns([second, first])))
    assert (found.outcome, found.measured) == ("failed", 5)


def test_columns_all_in_order_are_counted_as_none() -> None:
    found = judged("E19.W-V-04a", in_order(columns=columns([{"kind": "notice", "level": 1, "times": 3}])))
    assert (found.outcome, found.measured) == ("passed", 0)


@pytest.mark.parametrize(
    ("folder", "above"),
    [
        ("http://h/", []),
        ("http://h/a/", []),
        ("http://h/a/b/", ["http://h/a/"]),
        ("http://h/a//b/", ["http://h/a//", "http://h/a/"]),
        ("http://h/a//", ["http://h/a/"]),
        ("http://h//a/", ["http://h//"]),
    ],
)
def test_the_folders_above_are_those_below_the_host(folder: str, above: list[str]) -> None:
    assert folders_above(folder) == above


def test_a_column_named_twice_has_its_children_once() -> None:
    made = [
        column(n, name=name, parent=parent)
        for n, (name, parent) in enumerate([("乙", "甲"), ("乙", "甲"), ("丙", "乙")])
    ]
    found = family(column(9, name="甲"), children_of(made))
    assert sorted(c.name for c in found) == ["丙", "乙", "乙"]


def test_only_an_unread_column_at_a_boxs_address_is_taken_for_the_box() -> None:
    kept = replace(page(DAY, items=5, undated=2, blank=True), url=box().url)
    seen = replace(box(), counted=kept)
    read, unread = column(1, url=seen.url), column(2, "unread", url=seen.url)
    made = with_boxes(in_order(columns=(read, column(3, "unread"), unread), boxes=(seen,)))
    plain = made.columns[2].counted
    assert made.columns[:2] == (read, column(3, "unread"))
    assert plain == replace(kept, items=None, undated=None, newest=None, blank=False)
    elsewhere = in_order(columns=(read, column(3, "unread")), boxes=(seen,))
    assert with_boxes(elsewhere) is elsewhere


def test_whether_a_discovery_ended_is_told_with_its_reason() -> None:
    sure = (column(1), column(2))
    unsure = (column(1), column(2, class_confirmed=False))
    told = [
        is_discovered(SiteEvidence(discovery=MAPPED)),
        is_discovered(SiteEvidence(discovery=UNMAPPED)),
        is_discovered(SiteEvidence(discovery=replace(UNMAPPED, because=""))),
        is_discovered(SiteEvidence(columns=sure)),
        is_discovered(SiteEvidence(columns=unsure)),
    ]
    assert told == [
        (True, ""),
        (False, "栏目发现未完成（超出抓取预算）"),
        (False, "栏目发现未完成（原因不明）"),
        (True, ""),
        (False, "尚未做过栏目发现"),
    ]


# The home page


def bare_home(newest: Any = None, **facts: Any) -> ColumnSeen:
    """A home page whose counted visit showed no items; `newest` is another visit's."""
    return replace(home(None, items=0, **facts), newest=newest)


@pytest.mark.parametrize("newest", [FORTNIGHT, DAY])
def test_a_blank_home_page_that_another_visit_saw_in_time_lets_nobody_say(newest: Any) -> None:
    late = column(1, "stale")
    outcome, because = ends("E15.W-V-02", home=bare_home(newest, blank=True), columns=(late,))
    assert (outcome, "首页：" in because) == ("unjudged", True)


@pytest.mark.parametrize("facts", [{"newest": LONG_AGO}, {"blank": None}])
def test_a_home_page_without_items_leaves_it_to_the_columns(facts: dict[str, Any]) -> None:
    assert ends("E15.W-V-02", home=bare_home(**facts), columns=(column(1, "stale"),))[0] == "failed"


def test_every_reason_why_a_home_page_may_have_been_updated_is_told() -> None:
    unread = (column(1, "unread"),)
    _, because = ends("E15.W-V-02", home=None, columns=unread, discovery=UNMAPPED)
    assert because == (
        "未见2018-08-27以来的更新，但不能认定：首页未读取；1个栏目未能认定：被防护拦截1个；"
        "栏目发现未完成（超出抓取预算），不能排除还有其他栏目"
    )


# What takes points off


def test_doors_shut_less_than_a_step_are_no_proof_of_it() -> None:
    found = judged("E15.W-D-01", in_order(visits=week(140, shut=1, unknown=5)))
    assert (found.outcome, found.proof) == ("unjudged", ())


@pytest.mark.parametrize("newest", [FORTNIGHT, DAY])
def test_the_newest_item_of_the_home_page_is_one_of_its_items(newest: Any) -> None:
    late = (column(1, "stale"),)
    shown = [judged("E15.W-D-03", in_order(new_items=(), home=home(day), columns=late)) for day in (newest, LONG_AGO)]
    assert [found.measured for found in shown] == [1, 0]


def test_what_few_items_rest_on_is_told_without_any_date() -> None:
    undated = (column(1, "undated"),)
    for seen, first in ((None, "首页未能完整读取；"), (home(None, items=0, blank=False), "")):
        outcome, because = ends("E15.W-D-03", new_items=(), home=seen, columns=undated)
        assert outcome == "unjudged"
        assert f"应不少于10条；{first}1个栏目可能还有：无日期1个；未能认定的" in because


def test_late_columns_are_listed_with_the_oldest_first() -> None:
    late = tuple(column(n, "stale", newest=LONG_AGO - timedelta(days=n)) for n in (1, 2, 3))
    proof = judged("E15.W-D-04a", in_order(columns=late)).proof
    assert [p.url[-3:] for p in proof] == ["c3/", "c2/", "c1/"]


def survey(state: str = "fresh", **facts: Any) -> dict[str, Any]:
    return {"columns": (column(1, state, name="网上调查", kind="interaction", **facts),)}


@pytest.mark.parametrize(
    ("held", "outcome", "measured"),
    [
        ((DAY, DAY, DAY - timedelta(days=1)), "passed", 3),
        ((DAY, YEAR), "failed", 2),
        ((DAY, YEAR - timedelta(days=1)), "failed", 1),
        ((YEAR,), "failed", 1),
    ],
)
def test_what_was_held_on_the_first_or_the_last_day_of_the_window_counts(
    held: Any, outcome: str, measured: int
) -> None:
    found = judged("E15.W-D-06c", in_order(**survey(dates=held, oldest=LONG_AGO)))
    assert (found.outcome, found.measured) == (outcome, measured)


@pytest.mark.parametrize(("newest", "measured"), [(DAY, 1), (YEAR, 1), (YEAR - timedelta(days=1), 0)])
def test_the_newest_date_of_a_column_without_others_is_one_activity(newest: Any, measured: int) -> None:
    seen = replace(survey()["columns"][0], newest=newest, counted=page(newest, oldest=LONG_AGO))
    assert judged("E15.W-D-06c", in_order(columns=(seen,))).measured == measured


def test_too_few_activities_may_be_where_none_was_seen_and_not_all_was_read() -> None:
    assert ends("E15.W-D-06c", **survey("unread"))[0] == "unjudged"


def test_a_message_of_the_same_day_uses_a_box() -> None:
    said = [ends("E15.W-D-05b", boxes=(box([{"asked": day}]),))[1] for day in (DAY, YEAR, YEAR - timedelta(days=1))]
    assert ["未见有效留言" in because for because in said] == [False, False, True]


# Letters and days


def test_a_message_asked_on_the_last_day_in_time_is_no_late_one_whatever_its_answer() -> None:
    asked = LIBRARY.clause("LA-W-01").waiting.before(DAY)
    letters = [{"asked": asked - timedelta(days=n), "answered_undated": True} for n in (0, 1)]
    assert [ends("LA-W-01", boxes=(box([one]),))[0] for one in letters] == ["passed", "unjudged"]


def test_a_message_answered_late_accuses_only_where_it_was_read_lately() -> None:
    late = [{"asked": "2018-01-02", "answered": "2018-06-02"}]
    told = [ends("LA-W-01", boxes=(box(late, at=AT - timedelta(hours=n)),))[0] for n in (36, 37)]
    assert told == ["failed", "unjudged"]


def test_of_a_box_that_was_not_read_to_its_end_no_message_is_counted() -> None:
    torn = box(undated=3)
    assert torn.counted is not None
    torn = replace(torn, counted=replace(torn.counted, complete=False))
    assert "3条无日期" in ends("E15.W-V-05", boxes=(box(undated=3),))[1]
    assert "无日期" not in ends("E15.W-V-05", boxes=(torn,))[1]


def test_a_burst_is_doubted_up_to_the_last_day_of_its_stretch() -> None:
    clause = next(c for c in LIBRARY.edition("E19").clauses if c.proposal == "dates_doubted")
    seen = DAY - timedelta(days=1)
    edge = clause.period("burst").before(seen)
    told = [ends(clause.id, oddities=(odd("burst", seen, edge - timedelta(days=n), 10, LONG_AGO),))[1] for n in (0, 1)]
    assert ["机器发现" in because for because in told] == [True, False]


# Doors


def knocks(*visits: tuple[Door, float | None]) -> tuple[Visit, ...]:
    """The same visits, five minutes after one another, twenty times a day for a week."""
    return tuple(
        replace(one, visited_at=one.visited_at + timedelta(minutes=5 * n), outcome=door, seconds=seconds)
        for one in week()
        for n, (door, seconds) in enumerate(visits)
    )


def test_a_week_is_read_once_for_all_that_ask_the_same_of_it_and_for_no_others() -> None:
    context = Context(SITE, UNIT, AT, ISSUER)
    seen = in_order(visits=week(slow=140, slow_seconds=15.0))
    strict, mild = LIBRARY.clause("E15.W-V-01"), LIBRARY.clause("WG-12")
    loose = replace(strict, limits={**strict.limits, "seconds": 30})
    first = read_week(seen, strict, context)
    assert read_week(seen, mild, context) is first
    other = read_week(seen, loose, context)
    assert (len(first.shut), len(other.shut)) == (140, 0)
    assert other.groups[0].visits is first.groups[0].visits


def test_a_share_of_exactly_what_is_near_is_not_near() -> None:
    assert [judged("E15.W-V-01", in_order(visits=week(200, shut=n))).near for n in (6, 7)] == [False, True]


@pytest.mark.parametrize(
    ("visits", "why"),
    [
        ([(Door.OPENED, None)], "未记用时140次"),
        ([(Door.OPENED, 1.0), (Door.TIMEOUT, None)], "同一时刻有开有闭140次"),
        ([(Door.WALL, None), (Door.TIMEOUT, None)], "同一时刻结果不一140次"),
    ],
)
def test_why_a_visit_says_nothing_is_told(visits: Any, why: str) -> None:
    outcome, because = ends("E15.W-V-01", visits=knocks(*visits))
    assert (outcome, why in because) == ("unjudged", True), because


def test_a_door_shut_beside_a_platforms_outage_is_unknown_in_its_group() -> None:
    visits = week(140, shut=1)[:1]
    fault = SharedFault("address", "192.0.2.1", (SITE.site_code,), AT, AT, frozenset({_key(visits[0])}))
    clause = LIBRARY.clause("E15.W-V-01")
    assert [[g.shut for g in group(visits, clause, shared)] for shared in ((), (fault,))] == [[True], [None]]


def _key(visit: Visit) -> tuple[str, Any, str]:
    return visit.site, visit.visited_at, visit.source


def test_a_door_whose_page_is_kept_is_proved_by_it_and_not_by_a_source() -> None:
    shut = tuple(replace(v, sha256="ab" * 32) for v in week(140, shut=140))
    proof = judged("E15.W-V-01", in_order(visits=shut)).proof
    assert {(p.sha256, p.what.partition(" ")[2]) for p in proof} == {("ab" * 32, "超时")}


@pytest.mark.parametrize(
    ("times", "outcome"),
    [({3.0: 60, 5.0: 40}, "unjudged"), ({3.1: 60, 5.0: 40}, "failed"), ({3.0: 140}, "passed")],
)
def test_a_home_page_at_its_advised_time_is_not_slow(times: dict[float, int], outcome: str) -> None:
    seconds: list[float | None] = [s for s, n in times.items() for _ in range(n)]
    seconds += [None] * (140 - len(seconds))
    visits = tuple(replace(v, seconds=s) for v, s in zip(week(), seconds, strict=True))
    assert ends("WG-06", visits=visits)[0] == outcome


def test_only_a_door_that_opened_says_how_slow_a_page_is() -> None:
    visits = knocks((Door.OPENED, 5.14), (Door.HTTP_ERROR, 0.2), (Door.OPENED, None))
    found = judged("WG-06", in_order(visits=visits))
    assert (found.outcome, found.measured) == ("failed", 5.1)


def test_a_sites_code_is_the_same_in_either_case_of_its_letters() -> None:
    site = replace(SITE, site_code="bm34990001")
    told = []
    for code, url in (("BM34990001", SITE.home_url), ("BM34990001", "http://other.gov.cn/"), ("BM1", SITE.home_url)):
        foot = PageFoot(site.site_code, url, AT - timedelta(hours=1), True, " ".join(FOOT_MARKS), "", code)
        found = judged("WG-12", in_order(feet=(foot,)), site=site)
        told.append((str(found.outcome), found.because.partition("登记")[0]))
    assert told == [
        ("passed", "首页可以打开，网址和所示网站标识码与"),
        ("unjudged", "网站可以打开或不能断定打不开；页面所示标识码、网址尚未与"),
        ("unjudged", "首页所示网站标识码bm1与"),
    ]
