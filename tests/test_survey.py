"""The survey form proposes for every rule of domain names, row by row, and leaves the answer to the unit."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from inspectorate.evidence import Host
from inspectorate.finding import Finding, Outcome, Ruling
from inspectorate.judge import judge_site
from inspectorate.register import Column, Register, Site, Unit
from inspectorate.survey import SurveySite, compose_survey, compose_surveys
from tests.rules.made_evidence import AT, DAY, ISSUER, LIBRARY, SITE, UNIT, host, in_order

SCHOOL = Unit("U02", "示例市第一中学", "subordinate", parent="U01", institution=True, administrative=False)
LAW = tuple(e for e in LIBRARY.in_force(DAY) if e.id == "DN" or e.main)


def findings(site: Site = SITE, unit: Unit = UNIT, hosts: tuple[Host, ...] = ()) -> list[Finding]:
    return [f for f in judge_site(site, unit, in_order(hosts=hosts), AT, LAW, ISSUER) if f.clause.startswith("DN-")]


def filled(*seen: Host, site: Site = SITE, decided: Any = None, **more: Any) -> SurveySite:
    register = Register((UNIT, SCHOOL), (site, *more.pop("others", ())), columns=more.pop("columns", ()))
    judged = findings(site, hosts=seen) if more.pop("judged", True) else []
    judged = [replace(f, decision=decided) if decided and f.clause == "DN-06" else f for f in judged]
    (form,) = compose_survey(UNIT, ISSUER, register, DAY, [*judged, *more.pop("beside", ())], hosts=seen).sites
    return form


@pytest.mark.parametrize(
    ("url", "type", "said"),
    [
        ("http://jyj.shili.gov.cn/zt/", "专题", "是"),
        ("http://www.jyj.shili.gov.cn/zt/", "专题", "是"),
        ("http://zt.jyj.shili.gov.cn/", "专题", "否（DEEP_SUBDOMAIN"),
        ("http://zsks.shili.gov.cn/", "专题", "否（DEEP_SUBDOMAIN"),
        ("http://zsks.example/a/", "专题", "否（OTHER_HOST"),
        ("http://10.1.2.3/xt/", "专题", "否（IP"),
        ("http://xt.shengting.gov.cn/jy/", "专题", "是/否（OTHER_HOST 使用其他域名，须人工认定）"),
        ("http://jyj.shili.gov.cn:8080/zt/", "专题", "是/否（PORT"),
    ],
)
def test_each_address_is_answered_with_its_reason(url: str, type: str, said: str) -> None:
    (row,) = filled(host(url, "专栏", type)).topics
    assert row.compliant.startswith(said), row.compliant


def test_the_second_entrance_is_no_breach_and_another_bodys_home_page_no_item() -> None:
    site = replace(SITE, disclosure_url="http://www.shili.gov.cn/open/?branch_id=1")
    form = filled(
        host("http://www.shili.gov.cn/open/?branch_id=1", "信息公开", "频道"),
        host("http://www.shengting.gov.cn/", "省教育厅", "频道"),
        host("http://kjj.shili.gov.cn/", "科技局", "频道"),
        site=site,
        others=(Site("3499000009", "科技局", "U09", "department", "http://kjj.shili.gov.cn/"),),
    )
    assert [(r.name, r.compliant) for r in form.channels] == [("信息公开", "是")]


def test_a_persons_word_goes_before_the_machines() -> None:
    (row,) = filled(host("http://zt.jyj.shili.gov.cn/", "专栏", "专题"), decided=Ruling.DROPPED).topics
    assert row.compliant == "是"


def test_nothing_is_proposed_where_nothing_was_judged() -> None:
    form = filled(host("http://zt.jyj.shili.gov.cn/", "专栏", "专题"), judged=False)
    assert [r.compliant for r in form.topics] == ["是/否"]
    assert form.proposals == ()


def test_what_a_subordinate_body_keeps_and_its_own_site_stand_in_their_lists() -> None:
    theirs = Site("3499000002", "一中网", "U02", "department", "http://yz.example/")
    form = filled(
        columns=(Column(SITE.site_code, "http://yz.jyj.shili.gov.cn/", "一中", owner="U02"),),
        others=(theirs,),
        beside=findings(theirs, SCHOOL),
    )
    (kept,) = form.subordinates
    assert (kept.name, kept.shown_as, kept.institution, kept.administrative) == ("示例市第一中学", "栏目", "是", "否")
    assert kept.compliant.startswith("否（DEEP_SUBDOMAIN")
    (apart,) = form.apart
    assert (apart.name, apart.shown_as, apart.host) == ("示例市第一中学", "一中网", "yz.example")
    assert apart.compliant.startswith("否（SUFFIX")


@pytest.mark.parametrize(
    ("site", "clause", "code"),
    [
        ({"home_url": "http://jyj.example/"}, "DN-01", "SUFFIX"),
        ({"home_url": "http://www.jyj.gov.cn/", "kind": "portal"}, "DN-03", ""),
        ({"home_url": "http://a.jyj.shili.gov.cn/"}, "DN-03", "DEPT_PATTERN"),
        ({"home_url": "http://10.0.0.1/"}, "DN-13", "IP"),
        ({"domains": ()}, "DN-07", "UNRESOLVED"),
        ({"domains": ("old.shili.gov.cn",)}, "DN-11", "OTHER_HOST"),
    ],
)
def test_every_clause_that_does_not_simply_pass_is_proposed_with_its_code(
    site: dict[str, Any], clause: str, code: str
) -> None:
    lines = [line for line in filled(site=replace(SITE, **site)).proposals if f"：{clause} " in line]
    assert [f"：{clause} {code} " in line for line in lines] == ([True] if code else [])


def test_a_site_in_order_has_nothing_to_propose_but_what_nobody_filed() -> None:
    known = replace(UNIT, institution=False)
    register = Register((known,), (SITE,))
    judged = findings(unit=known)
    ((unit, form),) = compose_surveys(ISSUER, register, date(2018, 9, 10), judged, ())
    assert unit == known
    assert form.sites[0].proposals == ()
    assert {f.outcome for f in judged} == {Outcome.PASSED, Outcome.NOT_EXAMINED}
