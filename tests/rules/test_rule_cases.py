"""The cases of tests/cases: each is a sentence, and each clause that the rule serves must agree with it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from inspectorate.evidence import ColumnSeen
from tests.rules.made_evidence import (
    AT,
    LIBRARY,
    MAPPED,
    SITE,
    UNMAPPED,
    box,
    columns,
    home,
    in_order,
    judged,
    week,
)

CASES = Path(__file__).parents[1] / "cases"


def told() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        book = yaml.safe_load(path.read_text("utf-8"))
        for case in book["cases"]:
            for clause in book["clauses"]:
                found.append(pytest.param(book["rule"], clause, case, id=f"{clause}: {case['name']}"))
    return found


def evidence_of(case: dict[str, Any]) -> Any:
    facts: dict[str, Any] = {}
    if "columns" in case:
        facts["columns"] = columns(case["columns"])
    if "week" in case:
        facts["visits"] = week(**case["week"])
    if "home" in case:
        facts["home"] = (
            ColumnSeen(SITE.home_url, "首页", "other", why_unknown="被防护拦截")
            if case["home"] == "unread"
            else home(**case["home"])
        )
    kind = case.get("box", "read")
    if kind == "none":
        facts["boxes"] = ()
    elif "letters" in case:
        at = AT - timedelta(hours=37) if kind == "early" else AT - timedelta(hours=1)
        facts["boxes"] = (box(case["letters"], read=kind != "unread", at=at),)
    facts["discovery"] = UNMAPPED if case.get("discovery") == "not_ended" else MAPPED
    return in_order(**facts)


@pytest.mark.parametrize(("rule", "clause", "case"), told())
def test_a_case_of_the_law_ends_as_its_sentence_says(rule: str, clause: str, case: dict[str, Any]) -> None:
    assert LIBRARY.clause(clause).rule == rule
    found = judged(clause, evidence_of(case))
    assert (str(found.outcome), found.because) == (case["outcome"], found.because)
    for fact in ("measured", "clause_confirmed", "columns_confirmed"):
        if fact in case:
            assert getattr(found, fact) == case[fact], found.because
    if "because" in case:
        assert case["because"] in found.because
    if found.outcome == "failed" and isinstance(found.measured, int) and found.measured:
        assert len(found.proof) >= found.measured, "a count veto lists at least the counted columns"


def test_every_case_file_names_a_rule_of_the_editions() -> None:
    served = {c.rule for e in LIBRARY.editions for c in e.clauses if c.rule}
    assert {yaml.safe_load(p.read_text("utf-8"))["rule"] for p in CASES.glob("*.yaml")} <= served
