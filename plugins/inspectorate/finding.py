"""What the judge says of one subject under one clause, and what a person decided about it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Self

from inspectorate.evidence import Picture, frozen


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNJUDGED = "unjudged"
    NOT_EXAMINED = "not_examined"


class Ruling(StrEnum):
    """A person's decision about a finding. 复核"""

    NONE = "none"
    UPHELD = "upheld"
    DROPPED = "dropped"
    AMENDED = "amended"


Consequence = Literal["veto", "points", "remark", "note"]
SubjectKind = Literal["site", "account"]
UNSEEN = "须人工检查，尚未检查"  # said of a clause of which no machine saw anything
WITHIN = str.maketrans("“”", "‘’")


@frozen
class Proof:
    """One counted thing: where it was, when it was fetched, the payload's digest and what it shows."""

    url: str
    fetched_at: datetime | None
    sha256: str | None  # None: an imported visit, whose source stands in `what`
    what: str


@frozen
class Finding:
    """One clause and one subject."""

    edition: str
    clause: str  # rule-book id
    subject: str
    kind: SubjectKind
    unit: str
    outcome: Outcome
    measured: float | int | None
    limit: float | int | None
    phrase: str  # what annex 1 prints, if it failed
    because: str  # why, in official Chinese
    consequence: Consequence
    clause_confirmed: bool = True
    columns_confirmed: bool = True
    points: float | None = None  # what it takes off if it stands as failed: for the certain things
    points_most: float | None = None  # with every unknown thing against the subject
    near: bool = False  # 接近单项否决: no veto yet, but within the band that the edition names
    proof: tuple[Proof, ...] = ()
    decision: Ruling = Ruling.NONE

    @property
    def digest(self) -> str:
        """What a decision sticks to: no fetch time, no hash of a page and no flag is in it."""
        facts = [
            self.edition,
            self.clause,
            self.subject,
            str(self.outcome),
            _plain(self.measured),
            _plain(self.limit),
            self.phrase,
            sorted([p.url, p.what] for p in self.proof),
        ]
        text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def after(self, decision: "Decision | None") -> Self:
        """This finding with a decision that sticks to it: its outcome stays as judged."""
        if decision is None or decision.digest != self.digest:
            return replace(self, decision=Ruling.NONE)
        return replace(self, decision=decision.ruling, phrase=decision.phrase or self.phrase)

    @property
    def stands_as(self) -> Outcome:
        """The outcome that verdicts, figures and papers use: a person's word goes before the judge's."""
        if self.decision is Ruling.DROPPED:
            return Outcome.PASSED
        if self.decision in (Ruling.UPHELD, Ruling.AMENDED):
            return Outcome.FAILED
        return self.outcome


def shows_pages(finding: Finding) -> bool:
    """Whether its proof is pages that were read: one that is proof several times over was knocked at."""
    urls = [proof.url for proof in finding.proof]
    return len(set(urls)) == len(urls)


def with_pictures(finding: Finding, pictures: Mapping[str, Picture]) -> Finding:
    """The finding, saying of how many of its pages a picture was kept, and why there is none of the others.

    `pictures` by address. Said in `because`, to which no decision sticks.
    """
    if finding.outcome is not Outcome.FAILED or not shows_pages(finding):
        return finding
    found = [pictures[proof.url] for proof in finding.proof if proof.url in pictures]
    taken = sum(picture.sha256 is not None for picture in found)
    reasons = "、".join(dict.fromkeys(picture.because for picture in found if picture.sha256 is None))
    said = [f"附截图{taken}张"] if taken else []
    if reasons:
        said.append(f"另{len(found) - taken}处无截图：{reasons}" if taken else f"无截图：{reasons}")
    return replace(finding, because="；".join([finding.because, *said])) if said else finding


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on one finding, with a time and a reason."""

    finding_id: str
    digest: str
    ruling: Ruling
    phrase: str  # amended: printed instead of the clause's own; else empty
    reason: str
    by: str  # sign-in name
    at: datetime


@dataclass(frozen=True, slots=True)
class Attestation:
    """A person's word that one clause, which no machine counts, was looked at for a quarter and nothing found."""

    clause: str
    excepted: tuple[str, ...]  # subjects for which it does not hold
    by: str  # sign-in name
    at: datetime
    subjects: frozenset[str] = frozenset()  # for which alone it holds; empty: for all that are not excepted


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one subject's findings come to."""

    subject: str
    kind: SubjectKind
    unit: str
    # 合格, 不合格, unjudged, 基本合格 where the issuer has it; None: no veto for this kind of subject in the edition
    verdict: str | None
    score: float | None
    phrases: tuple[str, ...]
    clauses: tuple[str, ...]
    near: tuple[str, ...] = ()  # clauses of the near-miss band, where the issuer wants them told


def _plain(number: float | int | None) -> float | int | None:
    """5.0 and 5 are the same fact, whichever way it was kept."""
    return int(number) if number is not None and number == int(number) else number


def quoted(text: str) -> str:
    """A phrase or a name between quotation marks; those within it become single ones. GB/T 15834"""
    return f"“{text.translate(WITHIN)}”"


def finding_id(quarter: str, number: int, clause: str, subject: str) -> str:
    return f"{quarter}/{number}/{clause}/{subject}"


Json = dict[str, Any]
