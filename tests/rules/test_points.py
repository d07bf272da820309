"""Scores: caps, the pass mark, the bonus above 80, the 75 points of a body without services; all of it exact."""

from dataclasses import replace
from fractions import Fraction

import pytest

from inspectorate.edition import Clause, Scoring
from inspectorate.evidence import SiteEvidence
from inspectorate.finding import Decision, Finding, Outcome, Ruling
from inspectorate.judge import judge_site, verdict
from inspectorate.rules.registry import UNBOUNDED, Context, deduct, worth
from inspectorate.score import Score, score
from tests.rules.made_evidence import AT, ISSUER, LIBRARY, SITE, UNIT, in_order

PORTAL = replace(SITE, kind="portal")
CONTEXT = Context(PORTAL, UNIT, AT, ISSUER)
E19 = LIBRARY.edition("E19")
BONUS = replace(E19.clause("E19.W-D-01"), id="E19.W-B-01", points=20, deductions=(), bonus=True)
# E19 as it will be once its points are confirmed
ON = replace(
    E19,
    points_on=("portal",),
    clauses=(*(replace(c, points=5, deductions=(), cap=5) if c.deductions else c for c in E19.clauses), BONUS),
)


def lost(points: float, clause: str = "E19.W-D-01", outcome: Outcome = Outcome.FAILED, most: float = 0) -> Finding:
    made = deduct(ON.clause(clause), ON, CONTEXT, (1, 1), "")
    return replace(made, points=points, points_most=most or points, outcome=outcome)


@pytest.mark.parametrize(
    ("taken", "best"),
    [
        ((), "100"),
        ((40,), "60"),
        ((0.1, 0.1, 0.1), "99.7"),
        ((39.9, 0.1), "60"),
        ((120,), "0"),
    ],
)
def test_what_failed_is_taken_off_exactly(taken: tuple, best: str) -> None:
    assert score([lost(n) for n in taken], ON).best == Fraction(best)


def test_things_under_one_clause_never_cost_more_than_its_cap_nor_the_full_marks() -> None:
    capped, plain = replace(BONUS, points=2, cap=16), replace(BONUS, points=0.1, cap=None)
    assert [worth(capped, ON, n) for n in (0, 1, 7, 8, 9, UNBOUNDED)] == [0, 2, 14, 16, 16, 16]
    assert [worth(plain, ON, n) for n in (1, 3, 1000, 1001, UNBOUNDED)] == [0.1, 0.3, 100, 100, 100]
    with pytest.raises(KeyError, match="没有分值"):
        worth(replace(plain, points=None), ON, 1)
    with pytest.raises(KeyError, match="不计分"):
        worth(plain, replace(ON, scoring=None), 1)


def test_what_is_unjudged_counts_against_the_site_only() -> None:
    found = [lost(5), lost(10, outcome=Outcome.UNJUDGED), lost(10, outcome=Outcome.PASSED), lost(3, most=8)]
    assert score(found, ON) == Score(Fraction(92), Fraction(77))


@pytest.mark.parametrize(("ruling", "worst"), [(Ruling.UPHELD, 95), (Ruling.AMENDED, 95), (Ruling.DROPPED, 100)])
def test_where_a_person_has_decided_nothing_is_uncertain(ruling: Ruling, worst: int) -> None:
    waiting = lost(5, outcome=Outcome.UNJUDGED, most=30)
    decided = waiting.after(Decision("", waiting.digest, ruling, "", "", "", AT))
    assert score([decided], ON) == Score(Fraction(worst), Fraction(worst))


@pytest.mark.parametrize(
    ("taken", "earned", "reached"),
    [(19.9, 20, "100.1"), (20, 20, "80"), (20.1, 20, "79.9"), (0, 31, "130"), (0, 30, "130"), (0, 29.9, "129.9")],
)
def test_the_bonus_is_added_only_above_80_and_up_to_30(taken: float, earned: float, reached: str) -> None:
    assert score([lost(taken), lost(earned, "E19.W-B-01")], ON).best == Fraction(reached)


def test_an_edition_without_a_bonus_adds_none() -> None:
    plain = replace(ON, scoring=Scoring(100))
    assert score([lost(20, "E19.W-B-01")], plain).best == 100


def test_a_body_without_services_is_scored_out_of_75_and_scaled_up() -> None:
    found = [lost(15), lost(25, "E19.W-D-09")]
    assert score(found, ON).best == 60
    assert score(found, ON, serves=False).best == 80
    assert score([lost(0)], ON, serves=False).best == 100
    assert score([lost(80)], ON, serves=False).best == 0
    assert score([lost(10)], ON, serves=False).best == Fraction(260, 3)


def test_marks_are_rounded_half_up_for_the_eye_and_never_for_the_verdict() -> None:
    assert Score(Fraction(260, 3), Fraction(0)).marks == 86.67
    assert Score(Fraction("70.125"), Fraction(0)).marks == 70.13
    below = [f for f in judged(in_order()) if f.consequence == "veto"]
    said = verdict(PORTAL, [*below, lost(30.01)], (ON,), issuer=replace(ISSUER, without_services=(UNIT.unit_id,)))
    assert (said.verdict, said.score) == ("不合格", 59.99)


def judged(evidence: SiteEvidence, **settings: object) -> list[Finding]:
    return judge_site(PORTAL, UNIT, evidence, AT, (ON,), replace(ISSUER, **settings))  # type: ignore[arg-type]


def test_a_body_without_services_is_not_asked_for_them() -> None:
    asked = {f.clause for f in judged(in_order())}
    skipped = {f.clause for f in judged(in_order(), without_services=(UNIT.unit_id,))}
    assert E19.scoring is not None
    assert asked - skipped == set(E19.scoring.services)


def test_an_edition_that_does_not_score_has_no_score() -> None:
    with pytest.raises(ValueError, match="DN 不计分"):
        score([], LIBRARY.edition("DN"))


def test_only_what_is_confirmed_can_be_scored() -> None:
    unsure: list[Clause] = [c for c in E19.clauses if c.consequence == "points"]
    assert len(unsure) == 27
    assert not [c.id for c in unsure if c.scorable]
    assert all(c.scorable for c in LIBRARY.edition("E15").clauses if c.consequence == "points")
