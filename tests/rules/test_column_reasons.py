"""How columns stand one by one, and what a finding tells of them: every proof, every reason, every doubt."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from inspectorate.evidence import ColumnSeen, SiteEvidence
from inspectorate.finding import Finding
from inspectorate.judge import judge_site
from inspectorate.rules.columns import (
    FRESH,
    NOTHING,
    UNKNOWN,
    Addresses,
    Standing,
    compare,
    doubt,
    folder_of,
    folders_above,
    is_stale,
    roll_up,
    why_unknown,
)
from tests.rules.made_evidence import (
    AT,
    DAY,
    ISSUER,
    SITE,
    UNIT,
    UNMAPPED,
    column,
    columns,
    editions_of,
    home,
    in_order,
    page,
)

LIMIT = DAY - timedelta(days=14)
OLDER = LIMIT - timedelta(days=1)


def judged(clause: str, **facts: Any) -> Finding:
    evidence: SiteEvidence = in_order(**facts)
    (found,) = judge_site(SITE, UNIT, evidence, AT, editions_of(clause), ISSUER, frozenset(), {clause}, None)
    return found


# How one column stands


@pytest.mark.parametrize(
    ("seen", "stands"),
    [
        (replace(column(1, "unread"), exempt="已归档"), NOTHING),
        (column(1, "unread"), UNKNOWN),
        (replace(column(1, "stale"), exempt="已归档"), NOTHING),
        (replace(column(1, "torn"), exempt="已归档"), FRESH),
        (replace(column(1, "single"), newest=LIMIT), FRESH),
        (replace(column(1, "blank"), newest=LIMIT), UNKNOWN),
        (replace(column(1, "blank"), newest=OLDER), UNKNOWN),
        (replace(column(1), counted=page(items=0, blank=None), newest=None), UNKNOWN),
        (replace(column(1), counted=page(items=0, blank=None), newest=None, ever_filled=True), NOTHING),
        (column(1, "blank"), NOTHING),
        (column(1, "undated"), UNKNOWN),
        (replace(column(1, "undated"), newest=LIMIT), FRESH),
    ],
)
def test_a_column_is_fresh_unknown_or_nothing_by_what_its_visits_say(seen: ColumnSeen, stands: object) -> None:
    assert compare(seen, LIMIT) is stands


def test_a_persons_word_on_a_list_without_dates_is_for_such_lists_alone() -> None:
    assert is_stale(replace(column(1, "undated"), stale_said=True), LIMIT, False) is True
    assert is_stale(replace(column(1, "torn"), stale_said=True), LIMIT, False) is None


@pytest.mark.parametrize(
    ("url", "folder", "above"),
    [
        ("http://host/a/b/index.html?page=2/3#x/y", "http://host/a/b/", ["http://host/a/"]),
        ("http://host/a/b/index.html#x/y", "http://host/a/b/", ["http://host/a/"]),
        ("http://host/a/b/c/", "http://host/a/b/c/", ["http://host/a/b/", "http://host/a/"]),
        (
            "http://host/a/b/c/d/",
            "http://host/a/b/c/d/",
            ["http://host/a/b/c/", "http://host/a/b/", "http://host/a/"],
        ),
        ("http://host/aa/index.html", "http://host/aa/", []),
        ("http://host/a/", "http://host/a/", []),
        ("http://host/", "http://host/", []),
        ("http://host/a/b/", "http://host/a/b/", ["http://host/a/"]),
    ],
)
def test_folders_above_a_page_are_those_of_its_path_without_the_hosts_own(
    url: str, folder: str, above: list[str]
) -> None:
    assert (folder_of(url), folders_above(folder_of(url))) == (folder, above)


NOBODY = Addresses(frozenset(), frozenset(), frozenset())


@pytest.mark.parametrize(
    ("facts", "standing", "becomes"),
    [
        ({"type": "频道", "blank_confirmed": False}, (True, False), (None, False)),
        ({"type": "频道"}, (True, False), (True, False)),
        ({"type": "频道", "blank_confirmed": False}, (False, None), (False, None)),
        ({"type": "频道", "class_confirmed": False, "blank_confirmed": False}, (False, True), (False, None)),
        ({"type": "专题", "blank_confirmed": False}, (True, False), (True, False)),
        ({"type": "专题", "class_confirmed": False, "blank_confirmed": False}, (False, True), (False, None)),
        ({"type": "专题", "class_confirmed": False, "blank_confirmed": False}, (True, True), (True, None)),
        ({"type": "频道", "class_confirmed": True, "blank_confirmed": False}, (True, True), (None, True)),
        ({"class_confirmed": False, "blank_confirmed": False}, (True, True), (True, True)),
    ],
)
def test_only_what_a_person_has_to_confirm_becomes_unknown(
    facts: dict[str, Any], standing: tuple[Any, Any], becomes: tuple[Any, Any]
) -> None:
    found = doubt(Standing(replace(column(1), **facts), *standing), NOBODY)
    assert (found.blank, found.stale) == becomes


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (column(1, "unread"), "被防护拦截"),
        (replace(column(1, "unread"), why_unknown=""), "监测时间点前无完整读取"),
        (
            replace(column(1), counted=replace(page(LIMIT, complete=False), because="超出抓取预算"), newest=None),
            "超出抓取预算",
        ),
        (replace(column(1), counted=page(LIMIT, complete=False), newest=None), "监测时间点前无完整读取"),
        (column(1, "undated"), "无日期"),
        (column(1, "torn"), "先后读取结果不一致"),
        (column(1, "torn_blank"), "先后读取结果不一致"),
        (column(1, "single"), "页面内容未能认定"),
    ],
)
def test_each_unknown_column_says_what_stood_in_the_way(seen: ColumnSeen, why: str) -> None:
    assert why_unknown(seen) == why


def test_a_parents_newest_is_the_newest_below_it_at_any_depth_and_a_ring_of_names_ends() -> None:
    top = replace(column(1, "stale"), name="甲", parent="丙")
    child = replace(column(2, "stale"), name="乙", parent="甲", newest=OLDER - timedelta(days=3))
    ring = replace(column(3), name="丙", parent="乙")
    below = {"甲": [child], "乙": [ring], "丙": [top]}
    assert roll_up(top, below, LIMIT) == (False, LIMIT)
    late = replace(ring, newest=OLDER, counted=page(OLDER))
    assert roll_up(top, below | {"乙": [late]}, LIMIT) == (True, OLDER)
    nobody = replace(column(4, "undated"), name="丁")
    assert roll_up(nobody, {}, LIMIT) == (None, None)
    assert roll_up(replace(nobody, stale_said=False), {}, LIMIT) == (False, None)
    assert roll_up(replace(nobody, stale_said=True), {}, LIMIT) == (True, None)
    unlisted = replace(column(5, "stale", dated_list=False), name="戊")
    assert roll_up(unlisted, {}, LIMIT)[0] is True


# What a finding tells


def test_a_failed_count_lists_each_counted_column_by_its_date_and_the_record_it_was_read_from() -> None:
    found = judged("E15.W-V-03a", columns=columns([{"times": 5, "state": "stale", "newest": date(2018, 6, 1)}]))
    assert (str(found.outcome), found.because) == ("failed", "计数5个，阈值5个")
    assert len(found.proof) == 5
    first = found.proof[0]
    assert (first.url, first.fetched_at, first.sha256) == (
        "http://jyj.shili.gov.cn/c1/", AT - timedelta(hours=1), "a" * 64,
    )  # fmt: skip
    assert first.what == f"栏目1（动态、要闻类）：最新日期2018-06-01，应不早于{LIMIT}"


def test_a_column_that_a_person_called_late_is_told_as_such_without_a_date() -> None:
    found = judged("E15.W-V-03a", columns=columns([{"times": 5, "state": "undated", "stale_said": True}]))
    assert {p.what.partition("：")[2] for p in found.proof} == {f"无日期，经人工认定未更新，应不早于{LIMIT}"}


def test_what_is_open_is_listed_only_where_the_outcome_is_open_and_only_with_a_page_that_we_hold() -> None:
    held = columns([{"times": 4, "state": "stale"}, {"state": "undated"}, {"state": "unread"}])
    found = judged("E15.W-V-03a", columns=held)
    assert str(found.outcome) == "unjudged"
    assert found.because.startswith("计数4个，阈值5个")
    assert found.because.endswith("；另有2个未能认定：无日期1个、被防护拦截1个")
    assert sorted(p.url for p in found.proof) == [f"http://jyj.shili.gov.cn/c{n}/" for n in (1, 2, 3, 4, 5)]
    assert [p.what for p in found.proof if p.url.endswith("c5/")] == ["栏目5（动态、要闻类）: 无日期"]
    failed = judged("E15.W-V-03a", columns=columns([{"times": 5, "state": "stale"}, {"state": "undated"}]))
    assert len(failed.proof) == 5
    fine = judged("E15.W-V-03a", columns=columns([{"times": 2, "state": "stale"}, {"state": "undated"}]))
    assert (str(fine.outcome), len(fine.proof)) == ("passed", 2)


def test_a_count_of_a_site_that_was_not_wholly_discovered_says_why_unless_it_fails_anyway() -> None:
    more = "；栏目发现未完成（超出抓取预算），不能排除还有其他栏目"
    few, many = columns([{"times": 2, "state": "stale"}]), columns([{"times": 5, "state": "stale"}])
    assert judged("E15.W-V-03a", columns=few, discovery=UNMAPPED).because == f"计数2个，阈值5个{more}"
    assert judged("E15.W-V-03a", columns=many, discovery=UNMAPPED).because == "计数5个，阈值5个"
    assert judged("E15.W-V-03a", columns=few).because == "计数2个，阈值5个"


def test_columns_are_confirmed_if_leaving_out_the_unconfirmed_changes_nothing() -> None:
    firm, loose = {"state": "stale"}, {"state": "stale", "class_confirmed": False}

    def said(*groups: dict[str, Any], **facts: Any) -> tuple[str, bool]:
        found = judged("E15.W-V-03a", columns=columns(groups), **facts)
        return str(found.outcome), found.columns_confirmed

    assert said({**firm, "times": 5}, {**loose, "times": 2}) == ("failed", True)
    assert said({**firm, "times": 3}, {**loose, "times": 2}) == ("failed", False)
    assert said({**firm, "times": 5}, {"state": "undated"}, discovery=UNMAPPED) == ("failed", True)
    assert said({**firm, "times": 3}, {"state": "undated"}) == ("passed", True)
    assert said({**firm, "times": 4}, {"state": "undated"}) == ("unjudged", True)
    assert said({**firm, "times": 4}, discovery=UNMAPPED) == ("unjudged", True)


def test_a_late_column_counts_as_confirmed_by_its_class_and_a_blank_one_by_its_blankness() -> None:
    late = columns([{"times": 10, "state": "stale", "blank_confirmed": False}])
    assert judged("E15.W-V-03b", columns=late).columns_confirmed
    loose = columns([{"times": 10, "state": "stale", "class_confirmed": False, "kind": "notice"}])
    assert not judged("E15.W-V-03b", columns=loose).columns_confirmed


def test_a_column_in_time_is_not_overdue_whatever_else_is_open() -> None:
    found = judged("E15.W-V-03b", columns=columns([{"times": 9, "state": "stale"}, {"times": 3, "state": "single"}]))
    assert (found.measured, str(found.outcome)) == (9, "passed")


def test_a_home_page_that_was_never_read_is_told_apart_from_one_that_could_not_be() -> None:
    assert "首页未读取" in judged("E15.W-V-02", home=None, columns=columns([{"state": "stale"}])).because
    walled = ColumnSeen(SITE.home_url, "首页", "other", why_unknown="被防护拦截")
    assert "首页：被防护拦截" in judged("E15.W-V-02", home=walled, columns=columns([{"state": "stale"}])).because


@pytest.mark.parametrize(("late", "near"), [(6, False), (7, True), (9, True), (10, False)])
def test_a_count_that_comes_near_a_veto_is_told_from_its_near_limit_on_and_not_beside_a_veto(
    late: int, near: bool
) -> None:
    found = judged("E15.W-V-03b", columns=columns([{"times": late, "state": "stale"}]))
    assert found.near is near
    assert found.because == f"计数{late}个，阈值10个" + ("（接近单项否决）" if near else "")


def test_a_home_page_that_accuses_is_the_proof_and_one_without_dates_is_followed_by_its_columns() -> None:
    old, older = OLDER - timedelta(days=30), OLDER - timedelta(days=60)
    two = (column(1, "stale", newest=old), column(2, "stale", newest=older))
    alone = judged("E15.W-V-02", home=home(OLDER), columns=two)
    assert [(p.url, p.what) for p in alone.proof] == [
        (SITE.home_url, f"首页：最新日期{OLDER}，应不早于{LIMIT}"),
    ]
    beside = judged("E15.W-V-02", home=home(None, undated=5), columns=two)
    assert str(beside.outcome) == "failed"
    assert [p.what for p in beside.proof] == [
        f"首页：无带日期的条目，应不早于{LIMIT}",
        f"栏目2：最新日期{older}，应不早于{LIMIT}",
        f"栏目1：最新日期{old}，应不早于{LIMIT}",
    ]


def test_a_home_page_that_was_not_read_clears_by_an_item_of_the_windows_first_day_and_a_system_never_accuses() -> None:
    unread = ColumnSeen(SITE.home_url, "首页", "other", newest=LIMIT, why_unknown="被防护拦截")
    assert str(judged("E15.W-V-02", home=unread, columns=(column(1, "stale"),)).outcome) == "passed"
    system = (column(1, "stale", type="业务系统"),)
    assert str(judged("E15.W-V-02", home=home(None, undated=5), columns=system).outcome) == "unjudged"
    seen = (column(1, "fresh", type="业务系统"),)
    assert str(judged("E15.W-V-02", home=home(None, undated=5), columns=seen).outcome) == "passed"


@pytest.mark.parametrize(("days", "near"), [(10, False), (11, True), (14, True)])
def test_a_home_page_whose_newest_item_is_older_than_the_near_window_is_near_the_veto(days: int, near: bool) -> None:
    found = judged("E15.W-V-02", home=home(DAY - timedelta(days=days)), columns=(column(1, "unread"),))
    assert (str(found.outcome), found.near) == ("passed", near)
    assert found.because == f"{LIMIT}以来有更新" + ("（接近单项否决）" if near else "")


def test_columns_behind_one_that_is_in_order_are_counted_too() -> None:
    found = judged("E15.W-V-03a", columns=columns([{"state": "fresh"}, {"times": 5, "state": "stale"}]))
    assert (str(found.outcome), found.measured) == ("failed", 5)
