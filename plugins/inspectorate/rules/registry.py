"""The names of the rules, what each of them is given, and how it says what it found."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import Door, Visit
from inspectorate.finding import UNSEEN, Finding, Outcome, Proof, SubjectKind, quoted
from inspectorate.quarter import day_of
from inspectorate.register import Account, Issuer, Site, Unit
from inspectorate.rules.columns import SiteColumns

UNBOUNDED = float("inf")  # nobody knows how many more there may be
NEAR = "（接近单项否决）"  # said beside an outcome that is no veto yet


@dataclass(frozen=True, slots=True)
class Context:
    """Whom a clause is asked about, and when."""

    subject: Site | Account
    unit: Unit
    inspected_at: datetime
    issuer: Issuer
    columns: SiteColumns | None = None  # sites: every column's standing under the main edition
    since: date | None = None  # accounts: the last inspection's day
    registered: frozenset[str] = frozenset()  # hosts of all registered sites: links to them are no columns
    siblings: tuple[Site | Account, ...] | None = None  # what else of its kind the unit runs; None: not told
    weeks: dict[Any, Any] = field(default_factory=dict, compare=False)  # of availability, as clauses have read them

    @property
    def day(self) -> date:
        return day_of(self.inspected_at)

    @property
    def site(self) -> Site:
        if not isinstance(self.subject, Site):
            raise TypeError(f"{self.subject.account_id}：网站指标不能用于账号")
        return self.subject

    @property
    def account(self) -> Account:
        if not isinstance(self.subject, Account):
            raise TypeError(f"{self.subject.site_code}：账号指标不能用于网站")
        return self.subject

    @property
    def subject_id(self) -> str:
        return self.subject.site_code if isinstance(self.subject, Site) else self.subject.account_id

    @property
    def kind(self) -> SubjectKind:
        return "site" if isinstance(self.subject, Site) else "account"

    @property
    def site_columns(self) -> SiteColumns:
        if self.columns is None:
            raise ValueError(f"{self.subject_id}：未读取栏目")
        return self.columns


Rule = Callable[[Any, Clause, Edition, Context], Finding | None]
F = TypeVar("F", bound=Rule)
RULES: dict[str, Rule] = {}


def rule(function: F) -> F:
    """Enter a rule under the name by which clauses call it. None from it: the clause does not bind this subject."""
    if function.__name__ in RULES:
        raise ValueError(f"规则 {function.__name__} 重复")
    RULES[function.__name__] = function
    return function


def find(
    clause: Clause,
    context: Context,
    outcome: Outcome,
    because: str,
    measured: float | int | None = None,
    limit: float | int | None = None,
    proof: Sequence[Proof] = (),
    *,
    near: bool = False,
) -> Finding:
    """What a clause found of the subject; flags stand as the clause has them."""
    return Finding(
        edition=clause.edition,
        clause=clause.id,
        subject=context.subject_id,
        kind=context.kind,
        unit=context.unit.unit_id,
        outcome=outcome,
        measured=measured,
        limit=limit,
        phrase=clause.phrase,
        because=because,
        consequence=clause.consequence,
        clause_confirmed=clause.confirmed,
        points=clause.points,
        proof=tuple(proof),
        near=near,
    )


def not_examined(clause: Clause, context: Context) -> Finding:
    """A clause that a machine cannot count: it waits for a proposal, a person or an attestation."""
    return find(clause, context, Outcome.NOT_EXAMINED, f"{quoted(clause.name)}{UNSEEN}")


def bounded(low: float | Fraction, high: float | Fraction, limit: float | Fraction) -> Outcome:
    """Three outcomes of one count: at least `low`, at most `high`, and `limit` is already too many."""
    if low >= limit:
        return Outcome.FAILED
    return Outcome.PASSED if high < limit else Outcome.UNJUDGED


def shut(visit: Visit, seconds: float) -> bool | None:
    """Refused, reset, dns, tls, timeout, http_error, or opened too late; opened in an unknown time is unknown."""
    if visit.outcome is Door.OPENED:
        return None if visit.seconds is None else visit.seconds >= seconds
    return True if visit.outcome.theirs else None


def tally(reasons: Iterable[str]) -> str:
    """`无日期3个、被防护拦截1个`: why so many are unknown, the most frequent first."""
    counts: dict[str, int] = {}
    for reason in reasons:
        counts[reason] = counts.get(reason, 0) + 1
    return "、".join(f"{reason}{n}个" for reason, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def deduct(
    clause: Clause,
    edition: Edition,
    context: Context,
    counts: tuple[float, float],
    because: str,
    measured: float | int | None = None,
    limit: float | int | None = None,
    proof: Sequence[Proof] = (),
) -> Finding:
    """Points for things of which there are so many for certain and so many at the most (UNBOUNDED: nobody knows).

    unjudged: nothing is certain, but something may be. What an uncertain thing would cost is told beside.
    """
    low, high = counts
    outcome = bounded(low, high, 1)
    found = find(clause, context, outcome, because, measured, limit, proof)
    certain = worth(clause, edition, max(low, 1) if outcome is Outcome.UNJUDGED else low)
    most = worth(clause, edition, high)
    said = because
    if outcome is Outcome.FAILED:
        said += f"；扣{certain:g}分"
    if most > certain or outcome is Outcome.UNJUDGED:
        said += f"；未能认定的至多再扣{most - (certain if outcome is Outcome.FAILED else 0):g}分"
    return replace(found, points=certain, points_most=most, because=said)


def worth(clause: Clause, edition: Edition, number: float) -> float:
    """What so many things cost, never more than the clause's cap and the full marks."""
    if clause.points is None or edition.scoring is None:
        raise KeyError(f"{clause.place}: 指标 {clause.id} 没有分值，或版本 {edition.id} 不计分")
    most = min(clause.cap or edition.scoring.full, edition.scoring.full)
    if number == UNBOUNDED:
        return most
    return float(min(exactly(clause.points) * int(number), exactly(most)))


@cache
def exactly(number: float) -> Fraction:
    """A number as an edition writes it: 0.1 is one tenth."""
    return Fraction(str(number))


def unconfirmed(finding: Finding) -> Finding:
    """The same, resting on a reading of the clause that no one has confirmed."""
    return replace(finding, clause_confirmed=False)
