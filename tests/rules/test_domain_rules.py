"""Domain names: 是, 否 or 需人工, with a reason code."""

from dataclasses import replace
from typing import Any

import pytest

from inspectorate.evidence import Discovery
from inspectorate.judge import judge_site
from inspectorate.register import Site, Unit
from tests.rules.made_evidence import (
    AT,
    DAY,
    ISSUER,
    LIBRARY,
    SITE,
    UNIT,
    UNMAPPED,
    column,
    host,
    in_order,
    judged,
)

PORTAL_UNIT = Unit("U02", "示例市人民政府", "city")


def at(url: str, **more: Any) -> Site:
    return replace(SITE, home_url=url, **more)


def said(clause: str, url: str, unit: Unit = UNIT, kind: Any = "department", **more: Any) -> tuple[str, str]:
    found = judged(clause, in_order(), site=at(url, kind=kind, domains=(), **more), unit=unit)
    return str(found.outcome), found.because.replace("：", " ").split()[0]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://jyj.shili.gov.cn/", ("passed", "是")),
        ("http://示例市教育局.政务/", ("passed", "是")),
        ("http://xn--abc.xn--zfr164b/", ("passed", "是")),
        ("http://www.shili-jyj.com/", ("failed", "SUFFIX")),
        ("http://gov.cn.example.com/", ("failed", "SUFFIX")),
        ("http://10.1.2.3/", ("failed", "IP")),
    ],
)
def test_a_site_ends_in_gov_cn_or_its_chinese_name(url: str, expected: tuple[str, str]) -> None:
    assert said("DN-01", url) == expected


@pytest.mark.parametrize(
    ("url", "level", "expected"),
    [
        ("http://www.shili.gov.cn/", "city", "passed"),
        ("http://www.qitashi.gov.cn/", "city", "failed"),
        ("http://shili.gov.cn/", "city", "failed"),
        ("http://www.mouxian.gov.cn/", "county", "passed"),
        ("http://mouxian.shili.gov.cn/", "county", "failed"),
        ("http://kfq.shili.gov.cn/", "committee", "unjudged"),
    ],
)
def test_a_portal_is_www_and_the_regions_label(url: str, level: Any, expected: str) -> None:
    assert said("DN-02", url, replace(PORTAL_UNIT, level=level), "portal")[0] == expected


@pytest.mark.parametrize(
    ("url", "vertical", "expected"),
    [
        ("http://jyj.shili.gov.cn/", False, "passed"),
        ("http://a.jyj.shili.gov.cn/", False, "failed"),
        ("http://www.jyj.gov.cn/", False, "failed"),
        ("http://shili.bumen.gov.cn/", None, "unjudged"),
        ("http://jyj.example.com/", None, "failed"),
    ],
)
def test_a_department_sits_one_level_under_its_portal(url: str, vertical: bool | None, expected: str) -> None:
    assert said("DN-03", url, replace(UNIT, vertical=vertical))[0] == expected


def test_where_the_region_is_not_known_a_person_decides() -> None:
    found = judged("DN-03", in_order(), issuer=replace(ISSUER, region=""))
    assert (str(found.outcome), found.because.split()[0]) == ("unjudged", "UNRESOLVED")


def test_a_vertical_unit_sits_under_its_ministry_and_is_not_asked_for_the_citys_domain() -> None:
    unit = replace(UNIT, vertical=True)
    assert said("DN-04", "http://shili.bumen.gov.cn/", unit)[0] == "passed"
    assert said("DN-04", "http://sw.shili.gov.cn/", unit)[0] == "failed"
    asked = {f.clause for f in judge_site(SITE, unit, in_order(), AT, LIBRARY.in_force(DAY), ISSUER)}
    assert "DN-03" not in asked


@pytest.mark.parametrize(
    ("url", "type", "expected"),
    [
        ("http://jyj.shili.gov.cn/zt/", "专题", "passed"),
        ("http://www.jyj.shili.gov.cn/zt/", "专题", "passed"),
        ("http://zt.jyj.shili.gov.cn/", "专题", "DEEP_SUBDOMAIN"),
        ("http://zsks.shili.gov.cn/", "频道", "DEEP_SUBDOMAIN"),
        ("http://zsks.example.com/", "专题", "OTHER_HOST"),
        ("http://10.1.2.3:8080/xt/", "业务系统", "IP"),
        ("http://xt.shengting.gov.cn/", "业务系统", "unjudged"),
        ("http://www.shili.gov.cn/opennessContent/?branch_id=1", "栏目", "passed"),
    ],
)
def test_an_item_uses_its_sites_own_host_by_path(url: str, type: str, expected: str) -> None:
    site = replace(SITE, disclosure_url="http://www.shili.gov.cn/opennessContent/?branch_id=1")
    found = judged("DN-06", in_order(hosts=(host(url, type=type),)), site=site)
    if expected in ("passed", "unjudged"):
        assert str(found.outcome) == expected
    else:
        assert (str(found.outcome), found.because.split()[0]) == ("failed", expected)
        assert [p.url for p in found.proof] == [url]


def test_a_link_to_another_registered_site_is_no_item_of_this_one() -> None:
    evidence = in_order(hosts=(host("http://kjj.shili.gov.cn/"),))
    assert str(judged("DN-06", evidence).outcome) == "failed"
    assert str(judged("DN-06", evidence, registered=frozenset({"kjj.shili.gov.cn"})).outcome) == "passed"


def test_where_discovery_did_not_end_there_may_be_more_hosts() -> None:
    evidence = in_order(discovery=UNMAPPED)
    assert isinstance(evidence.discovery, Discovery)
    assert str(judged("DN-06", evidence).outcome) == "unjudged"


def test_what_a_body_below_keeps_is_reached_by_path() -> None:
    kept = column(1, owner="示例市第一中学", url="http://yz.jyj.shili.gov.cn/")
    assert str(judged("DN-12", in_order(columns=(kept,))).outcome) == "failed"
    own = column(1, url="http://yz.jyj.shili.gov.cn/")
    assert str(judged("DN-12", in_order(columns=(own,))).outcome) == "passed"


def test_more_domains_than_one_need_a_main_one_that_is_used() -> None:
    def counted(*domains: str) -> str:
        return str(judged("DN-07", in_order(), site=replace(SITE, domains=domains)).outcome)

    assert counted("jyj.shili.gov.cn", "示例市教育局.政务") == "passed"
    assert counted("jyj.shili.gov.cn", "www.jyj.shili.gov.cn") == "passed"
    assert counted("jyj.shili.gov.cn", "edu.shili.gov.cn") == "unjudged"
    assert counted("edu.shili.gov.cn", "jyj.shili.gov.cn") == "failed"
    assert counted() == "unjudged"


def test_the_domain_in_use_is_declared() -> None:
    def declared(*domains: str) -> str:
        return str(judged("DN-11", in_order(), site=replace(SITE, domains=domains)).outcome)

    assert declared("jyj.shili.gov.cn") == "passed"
    assert declared("http://jyj.shili.gov.cn/") == "passed"
    assert declared("edu.shili.gov.cn") == "failed"
    assert declared() == "unjudged"


def test_an_ip_address_is_a_remark_and_an_unusual_port_a_note() -> None:
    bare = judged("DN-13", in_order(), site=at("http://10.1.2.3/"))
    port = judged("DN-13", in_order(hosts=(host("http://jyj.shili.gov.cn:8081/xt/"),)))
    assert (str(bare.outcome), bare.consequence, bare.clause_confirmed) == ("failed", "remark", False)
    assert (str(port.outcome), port.consequence) == ("failed", "note")
    assert str(judged("DN-13", in_order()).outcome) == "passed"
