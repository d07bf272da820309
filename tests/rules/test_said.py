"""What every finding of the cases says to the unit that it accuses, word for word: a change of words is looked at."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from inspectorate.finding import Finding
from tests.rules.test_rule_cases import CASES, judged

SAID = Path(__file__).parent / "said"
BOOKS = sorted(path.stem for path in CASES.glob("*.yaml"))


def told(book: dict[str, Any]) -> str:
    """Every case under every clause that the rule serves: the outcome with its numbers, its words and its proof."""
    parts = []
    for clause in book["clauses"]:
        for case in book["cases"]:
            lines = [f"## {clause}: {case['name']}"]
            for finding in judged(clause, case):
                lines += _lines(finding)
            parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _lines(finding: Finding) -> list[str]:
    flags = {
        "unconfirmed clause": not finding.clause_confirmed,
        "unconfirmed columns": not finding.columns_confirmed,
        "near": finding.near,
    }
    numbers = f"measured {finding.measured}, limit {finding.limit}"
    if finding.points is not None:
        numbers += f", points {finding.points} to {finding.points_most}"
    marks = "".join(f", {word}" for word, holds in flags.items() if holds)
    who = f"{finding.edition} {finding.kind} {finding.subject} {finding.unit}"
    lines = [f"{finding.outcome} ({finding.consequence}): {numbers}{marks}", f"{who} “{finding.phrase}”"]
    lines.append(finding.because)
    for proof in finding.proof:
        moment = proof.fetched_at.isoformat() if proof.fetched_at else "-"
        lines.append(f"- {proof.what} <{proof.url}> {moment} {(proof.sha256 or '-')[:2]}")
    return lines


@pytest.mark.parametrize("rule", BOOKS)
def test_a_finding_says_to_the_word_what_was_read_before_it_was_kept(rule: str) -> None:
    said = told(yaml.safe_load((CASES / f"{rule}.yaml").read_text("utf-8")))
    path = SAID / f"{rule}.md"
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        path.write_text(said, encoding="utf-8")
        pytest.fail(f"{path.name} was written: read it, and keep it if a unit may be told so")
    assert said == path.read_text("utf-8")


def test_nothing_is_kept_of_rules_that_are_gone() -> None:
    assert sorted(path.stem for path in SAID.glob("*.md")) == BOOKS
