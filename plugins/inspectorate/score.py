"""What a site's deductions come to: 100 minus what certainly failed, and minus what may have failed as well. 评分"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from inspectorate.edition import Edition, Scoring
from inspectorate.finding import Finding, Outcome, Ruling

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Score:
    """Bounds of one site's score. Exact, so that 59.97 never passes for 60."""

    best: Fraction  # with the failed deductions alone
    worst: Fraction  # with everything that may be deducted

    @property
    def marks(self) -> float:
        """What is printed of `best`, rounded half up."""
        shown = Decimal(self.best.numerator) / Decimal(self.best.denominator)
        return float(shown.quantize(CENT, rounding=ROUND_HALF_UP))


def score(findings: Iterable[Finding], edition: Edition, *, serves: bool = True) -> Score:
    """The score of one site from its settled findings; `serves` False: a body without services to the public.

    Such a body skips the clauses for services, and what is left of the full marks is scaled up to them again. The
    bonus is added only above the edition's mark, and never more than it allows.
    """
    scoring = edition.scoring
    if scoring is None:
        raise ValueError(f"版本 {edition.id} 不计分")
    bonuses = {c.id for c in edition.clauses if c.bonus}
    lost = may_be_lost = earned = Fraction(0)
    for finding in findings:
        if finding.consequence != "points":
            continue
        certain, most = _points(finding)
        if finding.clause in bonuses:
            earned += certain
        elif serves or finding.clause not in scoring.services:
            lost, may_be_lost = lost + certain, may_be_lost + most
    best, worst = (_scaled(taken, scoring, serves) for taken in (lost, may_be_lost))
    return Score(_with_bonus(best, earned, scoring), _with_bonus(worst, earned, scoring))


def _points(finding: Finding) -> tuple[Fraction, Fraction]:
    """(certainly, at the most); where a person has decided there is nothing uncertain left."""
    points = Fraction(str(finding.points or 0))
    if finding.stands_as is Outcome.FAILED:
        certain = points
    elif finding.stands_as is Outcome.UNJUDGED:
        certain = Fraction(0)
    else:
        return Fraction(0), Fraction(0)
    if finding.decision is not Ruling.NONE or finding.points_most is None:
        return certain, points
    return certain, max(points, Fraction(str(finding.points_most)))


def _scaled(taken: Fraction, scoring: Scoring, serves: bool) -> Fraction:
    full = Fraction(str(scoring.full))
    if serves:
        return max(full - taken, Fraction(0))
    asked = full - Fraction(str(scoring.services_points))
    return max(asked - taken, Fraction(0)) * full / asked


def _with_bonus(reached: Fraction, earned: Fraction, scoring: Scoring) -> Fraction:
    if scoring.bonus_over is None or scoring.bonus_most is None or reached <= Fraction(str(scoring.bonus_over)):
        return reached
    return reached + min(earned, Fraction(str(scoring.bonus_most)))
