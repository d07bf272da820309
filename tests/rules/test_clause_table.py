"""The page of all clauses is up to date, and says of each what the rule book says."""

import os
import re
from pathlib import Path

import pytest

from inspectorate.edition import load
from tests.rules.clause_table import HOUSE, PAGE, page

LIBRARY = load()
# What the rule book calls automatic and certain, and what still lacks its evidence. It may only grow shorter.
WAITING: set[str] = set()


def test_the_page_of_all_clauses_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run python -m tests.rules.clause_table"


def test_no_clause_that_is_automatic_and_certain_waits_for_a_rule() -> None:
    waiting = {c.id for e in LIBRARY.editions for c in e.clauses if c.auto == "A" and c.confidence == "H" and c.missing}
    assert waiting == WAITING


# The rule book itself


@pytest.fixture(scope="module")
def book() -> str:
    corpus = os.environ.get("INSPECTORATE_CORPUS")
    folder = Path(corpus).parent if corpus else HOUSE.parent / "shared"
    path = folder / "standards" / "rulebook.md"
    if not path.is_file():
        pytest.skip(f"the rule book is not kept with the project and not at {path}")
    return path.read_text("utf-8")


ID = r"(?:E1[59]\.[WM]-[VD]-\d\d[a-z]?|(?:WG|DN|NM)-\d\d|LA-[MW]-\d\d)"


def rows_of(book: str) -> dict[str, list[str]]:
    """Clause → the cells of its row; `E19.M-V-01a–d` is four clauses."""
    found: dict[str, list[str]] = {}
    for line in book.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        match = re.fullmatch(rf"({ID})(?:–([a-z]))?", cells[0])
        if line.startswith("|") and match:
            first, last = match[1], match[2] or match[1][-1]
            letters = [chr(n) for n in range(ord(first[-1]), ord(last) + 1)] if match[2] else [first[-1]]
            found |= {first[:-1] + letter: cells for letter in letters}
    return found


def test_every_clause_of_the_rule_book_stands_in_an_edition_and_no_other(book: str) -> None:
    ours = {c.id for e in LIBRARY.editions if not e.variant for c in e.clauses}
    footers = {f"WG-F-{n}" for n in range(1, 9)}  # §7.2 names them in one sentence
    assert all(word in book for word in ("WG-F-1", "WG-F-8"))
    assert ours == set(rows_of(book)) | footers


def test_marks_and_confidences_are_those_of_the_rule_book(book: str) -> None:
    """Where a row gives its mark and its confidence in cells of their own."""
    for clause_id, cells in rows_of(book).items():
        clause = LIBRARY.clause(clause_id)
        if clause_id.startswith(("WG", "DN", "LA", "NM")):
            mark, confidence = cells[-2], cells[-1]
        elif clause_id.startswith(("E19.W-V", "E19.M-V")):
            mark, confidence = cells[-1], cells[-2]
        else:
            continue
        told = re.findall(r"\b[HML]\b", confidence) or ["M"]
        assert clause.confidence == max(told, key="HML".index), f"{clause_id}: the weakest that the row names"
        assert clause.auto in re.findall(r"\b[ASM]\b", mark) or not re.findall(r"\b[ASM]\b", mark), clause_id
