"""The cases of tests/cases: each is a sentence, and each clause that the rule serves must agree with it."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from inspectorate.evidence import (
    FOOT_MARKS,
    AccountEvidence,
    ArticleVisit,
    ColumnSeen,
    Door,
    ErrorMessage,
    GuideVisit,
    LinkSweep,
    LinkTry,
    PageFoot,
    PageSign,
    SiteEvidence,
    Visit,
    YearlyTable,
)
from inspectorate.finding import Finding
from inspectorate.judge import judge_account, judge_closed, judge_site
from inspectorate.quarter import midnight
from tests.rules.made_evidence import (
    ACCOUNT,
    AT,
    ISSUER,
    LIBRARY,
    MAPPED,
    SITE,
    UNIT,
    UNMAPPED,
    box,
    columns,
    editions_of,
    home,
    host,
    in_order,
    look,
    odd,
    post,
    week,
)

CASES = Path(__file__).parents[1] / "cases"
KNOWN = {
    *("name", "outcome", "measured", "clause_confirmed", "columns_confirmed", "consequence", "because"),
    *("points", "points_most", "new_items"),
    *("columns", "discovery", "week", "home", "letters", "undated_letters", "box", "box_name", "hosts"),
    *("site", "unit", "issuer", "registered", "account", "siblings", "looks", "posts", "beside", "oddities"),
    *("signs", "signs_at", "closed", "links", "guides", "feet", "readings", "tables", "errors"),
}


def told() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        book = yaml.safe_load(path.read_text("utf-8"))
        for case in book["cases"]:
            for clause in book["clauses"]:
                found.append(pytest.param(book["rule"], clause, case, id=f"{clause}: {case['name']}"))
    return found


def foot(facts: dict[str, Any]) -> PageFoot:
    """`hours` before 监测时间点; `lacks` and `unsure` name marks."""
    lacks, unsure = facts.get("lacks", ()), facts.get("unsure", ())
    shown = [mark for mark in FOOT_MARKS if mark not in (*lacks, *unsure)]
    at, code = AT - timedelta(hours=facts.get("hours", 2)), facts.get("code", "")
    url = facts.get("url", SITE.home_url)
    complete = facts.get("complete", True)
    marks = [" ".join(marks) for marks in (shown, unsure, facts.get("lacking", ()))]
    return PageFoot(SITE.site_code, url, at, complete, marks[0], marks[1], code, "f" * 64, marks[2])


def site_evidence(case: dict[str, Any]) -> SiteEvidence:
    facts: dict[str, Any] = {"discovery": UNMAPPED if case.get("discovery") == "not_ended" else MAPPED}
    if "columns" in case:
        facts["columns"] = columns(case["columns"])
    if "week" in case:
        facts["visits"] = week(**case["week"])
    if case.get("home") == "unread":
        facts["home"] = ColumnSeen(SITE.home_url, "首页", "other", why_unknown="被防护拦截")
    elif "home" in case:
        facts["home"] = home(**case["home"])
    kind = case.get("box", "read")
    if kind == "none":
        facts["boxes"] = ()
    elif "letters" in case:
        at = AT - timedelta(hours=37) if kind == "early" else AT - timedelta(hours=1)
        facts["boxes"] = (
            box(
                case["letters"], kind != "unread", at, case.get("undated_letters", 0), case.get("box_name", "咨询留言")
            ),
        )
    if "new_items" in case:
        facts["new_items"] = tuple(sorted(case["new_items"].items()))
    facts["oddities"] = tuple(odd(**o) for o in case.get("oddities", ()))
    facts["hosts"] = tuple(host(**h) for h in case.get("hosts", ()))
    facts["signs"] = tuple(
        PageSign(SITE.site_code, case.get("signs_at", SITE.home_url), sign, f"第{n}处", "c" * 64, AT)
        for n, sign in enumerate(case.get("signs", ()))
    )
    facts["links"] = tuple(
        LinkTry(SITE.site_code, one["url"], SITE.home_url, one.get("scope", "home"), AT - timedelta(hours=hours),
                Door(door), one.get("wrong", ""), one.get("because", ""))
        for one in case.get("links", ())
        for hours, door in one["tries"]
    )  # fmt: skip
    facts["guides"] = tuple(
        GuideVisit(SITE.site_code, f"{SITE.home_url}bszn/{n}.html", AT, one.get("title", f"事项{n}"),
                   one.get("lacking", ""), one.get("unclear", ""), one.get("attachments", 0), one.get("forms"),
                   "d" * 64)
        for n, one in enumerate(case.get("guides", ()))
    )  # fmt: skip
    if "links" in case:
        facts["sweep"] = LinkSweep(SITE.site_code, AT - timedelta(hours=1), 3, 9, 9)
    facts["readings"] = tuple(
        ArticleVisit(SITE.site_code, f"{SITE.home_url}a/{one.get('place', n)}.html",
                     AT - timedelta(hours=one.get("hours", 2)), f"通知{n}", one.get("dated", date(2018, 9, 3)),
                     one.get("clock", True), "e" * 64)
        for n, one in enumerate(case.get("readings", ()))
    )  # fmt: skip
    facts["tables"] = tuple(
        YearlyTable(f"{SITE.home_url}t/{n}.html", one["title"], one["dated"],
                    midnight(one.get("first_seen", date(2018, 9, 1))), SITE.home_url)
        for n, one in enumerate(case.get("tables", ()))
    )  # fmt: skip
    facts["errors"] = tuple(
        ErrorMessage(SITE.site_code, str(number), asked, answered, midnight(exported))
        for number, asked, answered, exported in case.get("errors", ())
    )
    facts["feet"] = tuple(map(foot, case.get("feet", ())))
    facts["closed"] = tuple(
        Visit(SITE.site_code, AT - timedelta(days=days), "closed", Door(door), None, because=because)
        for days, door, because in case.get("closed", ())
    )
    return in_order(**facts)


def account_evidence(case: dict[str, Any]) -> AccountEvidence:
    looks = []
    for facts in map(dict, case.get("looks", ())):
        newest, covers = facts.pop("newest_days", None), facts.pop("covers_days", 120)
        looks.append(
            look(
                newest=None if newest is None else AT - timedelta(days=newest),
                covers_from=None if covers is None else AT - timedelta(days=covers),
                visited_at=AT - timedelta(hours=facts.pop("hours", 2)),
                **facts,
            )
        )
    posts, beside = (
        tuple(post(facts.pop("days"), **facts) for facts in map(dict, case.get(word, ())))
        for word in ("posts", "beside")
    )
    return AccountEvidence(tuple(looks), posts, beside)


def judged(clause: str, case: dict[str, Any]) -> list[Finding]:
    unit, issuer = replace(UNIT, **case.get("unit", {})), replace(ISSUER, **case.get("issuer", {}))
    editions, only = editions_of(clause), {clause}
    beside = case.get("siblings")
    if LIBRARY.clause(clause).subject == "account":
        same = None if beside is None else [replace(ACCOUNT, **facts) for facts in beside]
        account, seen = replace(ACCOUNT, **case.get("account", {})), account_evidence(case)
        return judge_account(account, unit, seen, AT, editions, issuer, date(2018, 6, 10), only, same)
    others = None if beside is None else [replace(SITE, **facts) for facts in beside]
    if LIBRARY.clause(clause).closed:
        return judge_closed(SITE, unit, AT, editions, issuer, only, site_evidence(case))
    kind = (LIBRARY.clause(clause).kinds or (SITE.kind,))[0]
    facts = {"kind": kind} | case.get("site", {})
    site = replace(SITE, **{k: tuple(v) if k == "domains" else v for k, v in facts.items()})
    return judge_site(
        site, unit, site_evidence(case), AT, editions, issuer, frozenset(case.get("registered", ())), only, others
    )


@pytest.mark.parametrize(("rule", "clause", "case"), told())
def test_a_case_of_the_law_ends_as_its_sentence_says(rule: str, clause: str, case: dict[str, Any]) -> None:
    assert (LIBRARY.clause(clause).rule or LIBRARY.clause(clause).proposal) == rule
    assert set(case) <= KNOWN, "a fact that no reader of cases takes"
    found = judged(clause, case)
    if case["outcome"] == "none":
        assert found == []
        return
    (finding,) = found
    assert str(finding.outcome) == case["outcome"], finding.because
    for fact in ("measured", "points", "points_most", "clause_confirmed", "columns_confirmed", "consequence"):
        if fact in case:
            assert getattr(finding, fact) == case[fact], finding.because
    assert case.get("because", "") in finding.because
    if finding.outcome == "failed" and isinstance(finding.measured, int) and finding.consequence != "points":
        assert len(finding.proof) >= finding.measured, "a count veto lists at least the counted columns"


def test_every_clause_that_a_machine_counts_has_cases() -> None:
    books = [yaml.safe_load(p.read_text("utf-8")) for p in CASES.glob("*.yaml")]
    counted = {c.id for e in LIBRARY.editions for c in e.clauses if c.rule or c.proposal}
    # LA-M-01 is LA-M-02 by the week: tests/rules/test_account_rules.py; E19.W-D-15 is E15.W-D-05b by two months:
    # tests/rules/test_portals.py
    assert {c for book in books for c in book["clauses"]} == counted - {"LA-M-01", "E19.W-D-15"}
