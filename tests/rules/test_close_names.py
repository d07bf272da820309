"""Accounts, addresses and platforms that differ from a faulty one by a letter, a moment or a word of the register."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inspectorate.evidence import AccountEvidence, Door, PageSign, Post, SharedFault, SiteEvidence
from inspectorate.finding import Finding
from inspectorate.judge import judge_site
from inspectorate.quarter import midnight
from inspectorate.register import Site
from inspectorate.rules.domains import compare_host, host_of, port_of
from inspectorate.rules.registry import Context
from inspectorate.rules.shared import (
    BlankSite,
    CityWeek,
    SharedFaults,
    find_broken_templates,
    find_outages,
    is_empty,
    stretch,
    zone_of,
)
from tests.rules.made_evidence import (
    ACCOUNT,
    AT,
    DAY,
    ISSUER,
    LIBRARY,
    MAPPED,
    SITE,
    UNIT,
    UNMAPPED,
    column,
    editions_of,
    host,
    in_order,
    judged,
    judged_account,
    look,
    page,
    post,
    week,
)

ACCESS, BLANK = LIBRARY.clause("E15.W-V-01"), LIBRARY.clause("E15.W-V-03c")
OLD = AT - timedelta(days=40)
SILENT, LATE, MONTHLY, WEEKLY = "E19.M-V-02a", "NM-10", "LA-M-02", "LA-M-01"
COUNTY = replace(UNIT, level="county")


# Platforms


def down(number: int, **facts: Any) -> Any:
    return replace(week(1, shut=1)[0], site=f"{number:010}", **facts)


def outages(*visits: Any) -> list[tuple[str, str, int]]:
    return [(f.sign, f.mark, len(f.sites)) for f in find_outages(CityWeek(visits), ACCESS)]


def test_a_stretch_is_half_of_the_time_and_a_zone_what_stands_after_the_first_dot() -> None:
    assert stretch(ACCESS) == timedelta(minutes=15)
    assert [zone_of(name) for name in ("WWW.A.gov.cn", "x.a.gov.cn", "localhost")] == ["a.gov.cn", "a.gov.cn", ""]


def test_sites_whose_zone_nobody_knows_share_none() -> None:
    assert outages(*(down(n, outcome=Door.DNS) for n in range(9))) == []


def test_slow_doors_of_one_address_are_one_outage_with_its_first_and_last_moment() -> None:
    slow = [down(n, outcome=Door.OPENED, seconds=15.0, address="192.0.2.1") for n in range(5)]
    slow[4] = replace(slow[4], visited_at=slow[4].visited_at + timedelta(minutes=1))
    [fault] = find_outages(CityWeek(tuple(slow)), ACCESS)
    assert (fault.since, fault.until) == (slow[0].visited_at, slow[4].visited_at)
    assert (fault.sign, len(fault.visits)) == ("address", 5)


def test_an_outage_is_named_by_the_closest_likeness_and_only_once() -> None:
    one = [down(n, address="192.0.2.1") for n in range(6)]
    other = [down(n, outcome=Door.HTTP_ERROR, sha256="cd" * 32) for n in range(6, 12)]
    assert outages(*one, *other) == [("address", "192.0.2.1", 6), ("page", "cd" * 32, 6)]


def test_a_template_is_named_once_for_the_most_sites_that_share_it() -> None:
    def shared(**templates: range) -> list[tuple[str, tuple[str, ...]]]:
        blank = [BlankSite(f"{n:02}", 5, frozenset({name})) for name, sites in templates.items() for n in sites]
        return [(f.mark, f.sites) for f in find_broken_templates(blank, BLANK, AT)]

    def sites(some: range) -> tuple[str, ...]:
        return tuple(f"{n:02}" for n in some)

    assert shared(a=range(5), b=range(7)) == [("b", sites(range(7)))]
    assert shared(z=range(5), a=range(5, 10)) == [("a", sites(range(5, 10))), ("z", sites(range(5)))]
    assert shared(a=range(7), b=range(10, 16), c=range(5)) == [("a", sites(range(7))), ("b", sites(range(10, 16)))]
    [fault] = find_broken_templates([BlankSite(f"{n:02}", 5, frozenset("t")) for n in range(5)], BLANK, AT)
    assert fault == SharedFault("template", "t", sites(range(5)), AT, AT)


def test_a_blank_page_of_a_broken_template_is_unknown_with_that_reason() -> None:
    fault = SharedFault("template", "t" * 64, (SITE.site_code,), AT, AT)
    seen = in_order(columns=(column(1, "blank"), column(2, "unread"), column(3)))
    made = SharedFaults.of([fault]).beside(SITE.site_code, seen).columns
    assert [(c.counted is None, c.why_unknown) for c in made] == [(True, fault.said), (True, "被防护拦截"), (False, "")]
    assert [is_empty(v) for v in (None, page(items=0), page(items=0, blank=True))] == [False, False, True]


# Accounts


def account(clause: str, *looks: Any, posts: tuple[Post, ...] = (), **more: Any) -> Finding:
    [found] = judged_account(clause, AccountEvidence(looks, posts), **more)
    return found


def test_a_source_accuses_at_the_moment_itself_and_from_the_windows_first_midnight() -> None:
    first = midnight(LIBRARY.clause(SILENT).window.before(DAY))
    told = [
        str(account(SILENT, look("ledger", OLD, visited_at=AT, covers_from=first + late, sha256="ab" * 32)).outcome)
        for late in (timedelta(0), timedelta(seconds=1))
    ]
    assert told == ["failed", "unjudged"]
    [proof] = account(SILENT, look("ledger", OLD, sha256="ab" * 32)).proof
    assert proof.sha256 == "ab" * 32


def test_posts_are_counted_of_the_source_that_shows_most_up_to_the_moment() -> None:
    posts = (post(1), post(2), post(3), post(1, "web"))
    assert [account(SILENT, posts=some).measured for some in (posts, posts[:3])] == [3, 3]
    told = [str(account(SILENT, posts=(post(at=AT + timedelta(seconds=n)),)).outcome) for n in (0, 1)]
    assert told == ["passed", "unjudged"]


def test_a_source_that_was_not_read_to_its_end_is_told_as_such() -> None:
    hours = (0, 36, 37)
    said = [account(SILENT, look(complete=False, visited_at=AT - timedelta(hours=n))).because for n in hours]
    assert [because.partition("：")[2] for because in said] == ["读取不完整1个", "读取不完整1个", ""]


def test_a_changed_name_is_proved_by_the_page_that_shows_it() -> None:
    found = account("LA-M-04", look(name_seen="另一名称", sha256="ab" * 32))
    assert (found.outcome, [p.sha256 for p in found.proof]) == ("failed", ["ab" * 32])


@pytest.mark.parametrize(("days", "judges"), [(0, True), (92, True), (93, False), (-1, False)])
def test_an_account_is_new_from_the_last_inspections_day_to_this_ones(days: int, judges: bool) -> None:
    filed = DAY - timedelta(days=days)
    new = replace(ACCOUNT, filed_on=filed)
    found = judged_account(LATE, AccountEvidence(), since=DAY - timedelta(days=92), account=new)
    assert bool(found) is judges


def test_an_account_was_open_when_it_first_posted() -> None:
    new = replace(ACCOUNT, filed_on=DAY)
    found = account(LATE, posts=(post(10), post(20), post(30)), since=DAY - timedelta(days=90), account=new)
    assert (found.outcome, found.because[:12]) == ("failed", "至迟2018-08-11")


def explained(clause: str, *posts: Post, **more: Any) -> Finding:
    return account(clause, look(sha256="ab" * 32), posts=posts, **more)


@pytest.mark.parametrize(
    ("clause", "unit", "since", "edges", "said", "proof"),
    [
        (MONTHLY, UNIT, "2018-08-01", ("2018-08-01", "2018-08-31"), "共1个完整的月，其中1个月无解读回应", "2018年8月"),
        (
            WEEKLY,
            COUNTY,
            "2018-08-27",
            ("2018-08-27", "2018-09-02"),
            "其中2周无解读回应",
            "2018-08-27起一周",
        ),
    ],
)
def test_what_interprets_on_the_first_or_the_last_day_of_a_stretch_is_in_it(
    clause: str, unit: Any, since: str, edges: tuple[str, str], said: str, proof: str
) -> None:
    more = {"unit": unit, "since": DAY.fromisoformat(since)}
    none = explained(clause, **more)
    assert said in none.because
    assert (none.proof[0].what, none.proof[0].sha256) == (f"{proof}：无解读回应信息", "ab" * 32)
    for day in edges:
        one = post(at=midnight(DAY.fromisoformat(day)) + timedelta(hours=9), interpretation=True)
        assert explained(clause, one, **more).measured == none.measured - 1  # type: ignore[operator]


@pytest.mark.parametrize(
    ("classed", "shown", "apart", "outcome"),
    [
        ("https://a.cn/x/1?f=2", "https://b.cn/y/1/", 3600, "failed"),
        ("https://a.cn/x/1X", "https://b.cn/y/1", 3600, "unjudged"),
        ("https://a.cn/x/1", "https://b.cn/y/2", 59.5, "failed"),
        ("https://a.cn/x/1", "https://b.cn/y/2", 60, "unjudged"),
    ],
)
def test_a_post_is_known_by_the_end_of_its_address_or_by_its_minute(
    classed: str, shown: str, apart: float, outcome: str
) -> None:
    at = midnight(DAY.fromisoformat("2018-08-15"))
    one = replace(post(at=at, interpretation=False), url=classed)
    same = replace(post(1, "web", at=at + timedelta(seconds=apart), interpretation=None), url=shown)
    assert explained(MONTHLY, one, same, since=DAY.replace(month=8, day=1)).outcome == outcome


# Addresses


def named(clause: str, site: Site = SITE, evidence: SiteEvidence | None = None, **more: Any) -> tuple[str, str]:
    found = judged(clause, evidence or in_order(), site=site, **more)
    return str(found.outcome), found.because


def kept(clause: str, site: Site, level: Any) -> bool:
    unit = replace(UNIT, level=level)
    return bool(judge_site(site, unit, in_order(), AT, editions_of(clause), ISSUER, frozenset(), {clause}))


def test_a_host_is_read_without_its_last_dot_and_a_port_without_a_scheme() -> None:
    assert [host_of(a) for a in ("http://H.gov.cn./a", "h.gov.cn.", "")] == ["h.gov.cn", "h.gov.cn", ""]
    assert [port_of(a) for a in ("h.gov.cn:8080", "http://h.gov.cn:81/", "h.gov.cn", "h:x")] == [8080, 81, None, None]


def test_only_a_governments_portal_is_asked_for_a_portals_name() -> None:
    portal = replace(SITE, kind="portal")
    assert [kept("DN-02", *one) for one in ((portal, "city"), (portal, "department"), (SITE, "city"))] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("clause", "site", "more", "outcome", "because"),
    [
        ("DN-01", {"home_url": "http://a.com/", "domains": ("b.com",)}, {}, "failed", "SUFFIX 否：a.com、b.com"),
        ("DN-03", {"home_url": "http://教育局.政务/"}, {}, "passed", "是：部门网站域名教育局.政务"),
        ("DN-04", {}, {"unit": replace(UNIT, vertical=True), "issuer": replace(ISSUER, region="")}, "unjudged",
         "UNRESOLVED 需人工：垂直管理单位网站域名jyj.shili.gov.cn，未登记本级域名字段"),
        ("WG-18", {"home_url": "http://192.0.2.1/", "domains": ("192.0.2.2",)}, {}, "failed",
         "IP 否：首页仅登记IP地址192.0.2.1"),
        ("DN-05", {"domains": ("甲.政务", "乙.政务")}, {}, "unjudged",
         "UNRESOLVED 需人工：中文域名乙.政务、甲.政务是否为规范简称须人工认定"),
        ("DN-05", {"domains": ("甲.政务", "乙.政务"), "name": "甲"}, {"unit": replace(UNIT, name="乙")}, "passed",
         "是：中文域名乙.政务、甲.政务与单位名称一致"),
        ("DN-08", {}, {"unit": replace(UNIT, institution=True)}, "unjudged", "UNRESOLVED 需人工：单位性质未填报"),
        ("DN-08", {"domains": ("b.gov.cn",)}, {"unit": replace(UNIT, institution=True, administrative=False)},
         "unjudged", "NOT_GOV_BODY 需人工：不承担行政职能的事业单位使用b.gov.cn、jyj.shili.gov.cn"),
    ],
)  # fmt: skip
def test_a_sites_names_end_as_its_register_says(
    clause: str, site: dict[str, Any], more: dict[str, Any], outcome: str, because: str
) -> None:
    assert named(clause, replace(SITE, **site), **more) == (outcome, because)


@pytest.mark.parametrize(
    ("url", "type", "site", "outcome"),
    [
        ("/a/b", "栏目", {}, "passed"),
        ("http://示例.政务/a", "栏目", {"domains": ("示例.政务",)}, "passed"),
        ("http://示例.政务/a", "栏目", {}, "unjudged OTHER_HOST"),
        ("http://b.gov.cn/a", "栏目", {"domains": ("b.gov.cn",)}, "unjudged OTHER_HOST"),
        ("http://b.com/a", "栏目", {"domains": ("b.com",)}, "unjudged OTHER_HOST"),
        ("http://b.com/a", "业务系统", {}, "unjudged OTHER_HOST"),
        ("http://b.com/a", "栏目", {"disclosure_url": "http://xxgk.cn/"}, "failed OTHER_HOST"),
        ("http://xxgk.cn/a", "栏目", {"disclosure_url": "http://xxgk.cn/"}, "passed"),
        ("http://b.gov.cn", "栏目", {}, "passed"),
        ("http://b.gov.cn/a", "栏目", {"home_url": "http://www.shili.gov.cn/"}, "unjudged OTHER_HOST"),
        ("http://乙.政务/a", "栏目", {"home_url": "http://甲.政务/"}, "unjudged OTHER_HOST"),
        ("http://b.shili.gov.cn/a", "栏目", {}, "failed DEEP_SUBDOMAIN"),
    ],
)
def test_another_host_is_its_own_body_only_where_its_name_says_so(
    url: str, type: str, site: dict[str, Any], outcome: str
) -> None:
    found, code = compare_host(url, type, Context(replace(SITE, **site), UNIT, AT, ISSUER))
    assert " ".join(str(part) for part in (found, code) if part) == outcome


def test_every_code_of_the_hosts_found_is_told() -> None:
    hosts = (host("http://192.0.2.1/a"), host("http://b.shili.gov.cn/a"))
    assert named("DN-06", evidence=in_order(hosts=hosts))[1].startswith("DEEP_SUBDOMAIN IP 否：2处")


def test_a_held_domain_is_idle_where_all_was_seen_and_a_name_is_lent_where_its_page_sells() -> None:
    site = replace(SITE, domains=("jyj.shili.gov.cn", "old.gov.cn", "192.0.2.9"))
    lent = (PageSign(SITE.site_code, "http://b.jyj.shili.gov.cn/", "advertising", "广告", "c" * 64, AT),)
    told = [
        judged("DN-09", in_order(signs=signs, discovery=discovery), site=site).because.partition("机器发现")[2]
        for signs, discovery in (((), MAPPED), (lent, MAPPED), (lent, UNMAPPED), ((), UNMAPPED))
    ]
    idle, sells = "登记而未见使用的域名1个", "下级域名上的可疑链接1处"
    assert [because.partition("，")[0] for because in told] == [idle, f"{idle}、{sells}", sells, ""]
