"""Compares what the product found in the mirror city with the truth: recall, false accusations, what stayed open."""

import json
import re
import zipfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

Row = dict[str, Any]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(slots=True)
class ClauseScore:
    """One clause over all its subjects.

    `missed`: failed in truth, found otherwise (of them `open`: found unjudged, `absent`: no finding at all).
    `false`: found failed where the truth does not say failed. `cleared`: not failed in truth and found passed.
    """

    clause: str
    failed: int = 0
    found: int = 0
    missed: list[str] = field(default_factory=list)
    open: int = 0
    absent: int = 0
    false: list[str] = field(default_factory=list)
    cleared: int = 0
    unjudged: int = 0

    @property
    def recall(self) -> str:
        return f"{self.found}/{self.failed}" if self.failed else "-"


@dataclass(slots=True)
class PaperScore:
    """Sites in the final paper: named, named though the truth does not, not named though the truth does."""

    failed: int
    false: list[str]
    missed: list[str]


def score_clauses(findings: Iterable[Row], truth: Row) -> list[ClauseScore]:
    """One score a clause that the truth knows, of the editions that the findings come from.

    A finding for a subject that the truth does not know at all (not running, say) is a false accusation if it failed.
    """
    outcomes = {(row["clause"], row["subject"]): row["outcome"] for row in findings}
    main = {clause.partition(".")[0] for clause, _ in outcomes} & {"E15", "E19"}
    scores = []
    for edition, clauses in truth["clauses"].items():
        if edition in ("E15", "E19") and edition not in main:
            continue
        for clause, subjects in clauses.items():
            score = ClauseScore(clause)
            for subject, expected in subjects.items():
                weigh(score, subject, expected["expected"], outcomes.pop((clause, subject), None))
            scores.append(score)
    strangers: dict[str, ClauseScore] = {score.clause: score for score in scores}
    for (clause, subject), outcome in outcomes.items():
        known = subject in truth["subjects"]
        if outcome == "failed" and not known:
            if clause not in strangers:
                strangers[clause] = ClauseScore(clause)
                scores.append(strangers[clause])
            strangers[clause].false.append(subject)
    return sorted(scores, key=lambda s: s.clause)


def weigh(score: ClauseScore, subject: str, expected: str, outcome: str | None) -> None:
    """Put one finding beside its truth; unjudged is neither a hit nor an accusation."""
    if expected == "failed":
        score.failed += 1
        if outcome == "failed":
            score.found += 1
        else:
            score.missed.append(subject)
            score.open += outcome in ("unjudged", "not_examined")
            score.absent += outcome is None
    elif outcome == "failed":
        score.false.append(subject)
    elif outcome == "passed":
        score.cleared += 1
    else:
        score.unjudged += 1


def score_paper(named: Iterable[str], truth: Row, edition: str, excused: Collection[str] = ()) -> PaperScore:
    """The sites that the paper names against the sites that are 不合格 under this edition.

    `excused`: those for which a reason holds that only a person can know; a paper that people reviewed leaves them out.
    """
    sites = {code for code, subject in truth["subjects"].items() if subject["kind"] == "site"}
    bad = {code for code, verdict in truth["verdicts"][edition].items() if verdict == "不合格" and code in sites}
    bad -= set(excused)
    said = set(named)
    return PaperScore(len(said), sorted(said - bad), sorted(bad - said))


def score_accounts(verdicts: Iterable[Row], truth: Row, edition: str) -> PaperScore:
    """The accounts found 不合格 against those that are."""
    accounts = {code for code, subject in truth["subjects"].items() if subject["kind"] == "account"}
    bad = {code for code, verdict in truth["verdicts"][edition].items() if verdict == "不合格" and code in accounts}
    said = {row["subject"] for row in verdicts if row["kind"] == "account" and row["verdict"] == "不合格"}
    return PaperScore(len(said), sorted(said - bad), sorted(bad - said))


def main_edition(findings: Iterable[Row]) -> str:
    """E15 or E19, whichever the site findings were judged by."""
    for row in findings:
        edition = str(row["clause"]).partition(".")[0]
        if edition in ("E15", "E19"):
            return edition
    raise ValueError("findings.jsonl: 没有任何 E15 或 E19 的指标")


def read_lines(path: Path) -> list[Row]:
    """A file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def sheet_rows(path: Path) -> list[list[str]]:
    """All rows of all sheets of an xlsx file as text, read without any library for it."""
    with zipfile.ZipFile(path) as book:
        shared: list[str] = []
        if "xl/sharedStrings.xml" in book.namelist():
            tree = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314 - a file of our own making
            shared = ["".join(t.text or "" for t in si.iter(f"{SHEET}t")) for si in tree.iter(f"{SHEET}si")]
        rows = []
        for name in sorted(n for n in book.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", n)):
            tree = ElementTree.fromstring(book.read(name))  # noqa: S314
            rows += [[cell_text(c, shared) for c in row.iter(f"{SHEET}c")] for row in tree.iter(f"{SHEET}row")]
    return rows


def cell_text(cell: ElementTree.Element, shared: list[str]) -> str:
    """What a cell shows."""
    value = cell.find(f"{SHEET}v")
    if cell.get("t") == "s" and value is not None:
        return shared[int(value.text or 0)]
    if cell.get("t") == "inlineStr":
        return "".join(t.text or "" for t in cell.iter(f"{SHEET}t"))
    return (value.text or "") if value is not None else ""


def named_sites(annex: Path, truth: Row) -> set[str]:
    """Sites that annex 1 lists with the result 不合格; a row marked otherwise (待核) names nobody yet."""
    codes = {code for code, subject in truth["subjects"].items() if subject["kind"] == "site"} | set(
        truth["not_running"]
    )
    named = set()
    for row in sheet_rows(annex):
        if any(cell.strip().startswith("不合格") for cell in row[1:]):
            named |= codes & {cell.strip() for cell in row}
    return named


def table(scores: list[ClauseScore]) -> str:
    """The scores for a person to read."""
    lines = ["指标           应查出 查出 漏查(待核/缺) 误报 | 其余: 通过 待核  召回"]
    for s in scores:
        lines.append(
            f"{s.clause:<14} {s.failed:>5} {s.found:>4} {len(s.missed):>4} ({s.open}/{s.absent})   {len(s.false):>5} |"
            f" {s.cleared:>10} {s.unjudged:>4}  {s.recall}"
        )
    return "\n".join(lines)


def details(scores: list[ClauseScore], truth: Row) -> list[str]:
    """Every miss and every false accusation with what the truth says."""
    lines = []
    for score in scores:
        rows: Row = next((c[score.clause] for c in truth["clauses"].values() if score.clause in c), {})
        for word, subjects in (("漏查", score.missed), ("误报", score.false)):
            for subject in subjects:
                who = truth["subjects"].get(subject, {"name": truth["not_running"].get(subject, "?"), "role": "-"})
                because = rows.get(subject, {}).get("because", "真相中没有此项")
                lines.append(f"{word} {score.clause} {subject} {who['name']} [{who['role']}]：{because}")
    return lines
