"""Edges that no case of one inspection reaches: days of the year, the moment itself, and what was told as a reason."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from inspectorate.evidence import ACCUSES_WITHIN, Door, LinkSweep, LinkTry, Visit
from inspectorate.finding import Outcome
from inspectorate.judge import judge_closed
from inspectorate.rules import rule
from inspectorate.rules.links import read_links
from inspectorate.rules.publishing import last_due
from inspectorate.rules.registry import RULES
from tests.rules.made_evidence import AT, ISSUER, LIBRARY, SITE, UNIT, box, editions_of, in_order, judged

LATE = [{"asked": "2018-01-02"}]
PAGE = "http://jyj.shili.gov.cn/x.html"


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2018-02-01", "2018-01-31"),
        ("2018-12-31", "2018-01-31"),
        ("2019-01-30", "2018-01-31"),
        ("2019-01-31", "2018-01-31"),
        ("2019-02-01", "2019-01-31"),
    ],
)
def test_what_is_due_once_a_year_has_time_until_its_day_is_over(day: str, due: str) -> None:
    clause = LIBRARY.clause("WG-16")
    assert last_due(clause, date.fromisoformat(day)) == date.fromisoformat(due)


@pytest.mark.parametrize("clause", ["E15.W-V-05", "LA-W-01"])
def test_a_box_accuses_that_was_read_exactly_36_hours_before(clause: str) -> None:
    outcomes = []
    for at in (AT - ACCUSES_WITHIN, AT - ACCUSES_WITHIN - timedelta(seconds=1)):
        outcomes.append(str(judged(clause, in_order(boxes=(box(LATE, at=at),))).outcome))
    assert outcomes == ["failed", "unjudged"]


def test_a_box_that_could_not_be_read_is_told_with_what_stood_in_the_way() -> None:
    unread = box(read=False)
    partly = box()
    assert partly.counted is not None
    partly = replace(partly, counted=replace(partly.counted, complete=False, because="网页过长"))
    bare = replace(unread, why_unknown="")
    said = [judged("E15.W-V-05", in_order(boxes=(one,))).because for one in (unread, partly, bare)]
    for because, reason in zip(said, ("网络不通1个", "网页过长1个", "无完整读取1个"), strict=True):
        assert because.endswith(f"未能读取：{reason}"), because


def test_a_link_counts_by_tries_up_to_the_moment_and_apart_by_the_clauses_hours() -> None:
    clause = LIBRARY.clause("E15.W-D-02a")
    apart = timedelta(hours=clause.number("hours"))

    def tries(last: timedelta, step: timedelta, door: Door = Door.DNS, wrong: str = "") -> str:
        rows = [
            LinkTry(SITE.site_code, PAGE, SITE.home_url, "home", AT - last - step * n, door, wrong) for n in (2, 1, 0)
        ]
        [link] = read_links(rows, clause, AT)
        return link.state

    second, now = timedelta(seconds=1), timedelta(0)
    assert [tries(now, apart), tries(now, apart - second)] == ["dead", "unknown"]
    assert [tries(ACCUSES_WITHIN, apart), tries(ACCUSES_WITHIN + second, apart)] == ["dead", "unknown"]
    assert [tries(ACCUSES_WITHIN, apart, Door.OURS, "指向本机文件"), tries(now, apart, Door.OPENED)] == [
        "wrong",
        "open",
    ]
    assert tries(ACCUSES_WITHIN + second, apart, Door.OURS, "指向本机文件") == "unknown"


def test_dead_links_are_counted_by_scope_with_their_proof_and_why_not_all_were_tried() -> None:
    rows = tuple(
        LinkTry(
            SITE.site_code, f"{PAGE}?{scope}", SITE.home_url, scope, AT - timedelta(hours=n), Door.DNS, sha256="ab" * 32
        )
        for scope in ("home", "other")
        for n in (4, 2, 0)
    )
    sweep = LinkSweep(SITE.site_code, AT, 1, 9, 2, "尚余7个链接未检测")
    for clause, scope in (("E15.W-D-02a", "home"), ("E15.W-D-02b", "other")):
        found = judged(clause, in_order(links=rows, sweep=sweep))
        assert [(p.url, p.sha256) for p in found.proof] == [(f"{PAGE}?{scope}", "ab" * 32)]
        assert "尚余7个链接未检测" in found.because


def test_a_closed_sites_page_is_kept_as_proof() -> None:
    seen = in_order(closed=(Visit(SITE.site_code, AT, "closed", Door.OPENED, None, sha256="ab" * 32),))
    [found] = judge_closed(SITE, UNIT, AT, editions_of("DN-10"), ISSUER, {"DN-10"}, seen)
    assert (found.outcome, [p.sha256 for p in found.proof]) == (Outcome.NOT_EXAMINED, ["ab" * 32])


def test_a_rule_is_entered_once_under_its_name() -> None:
    with pytest.raises(ValueError, match="规则 site_unreachable 重复"):
        rule(RULES["site_unreachable"])
