"""What a person is asked: enough to settle a verdict, nothing that could not change one, and as little as can be."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inspectorate import asking
from inspectorate.asking import Question
from inspectorate.evidence import SiteEvidence
from inspectorate.finding import Outcome, Ruling
from inspectorate.judge import judge_site, verdict
from tests.rules.made_evidence import AT, DAY, ISSUER, LIBRARY, SITE, UNIT, columns, in_order
from tests.rules.test_rule_properties import sites

EDITIONS = {name: tuple(e for e in LIBRARY.replace_main(name).in_force(DAY) if e.main) for name in ("E15", "E19")}
OPEN = {"class_confirmed": False}


def ask(evidence: SiteEvidence, edition: str = "E15") -> tuple[str | None, list[Question]]:
    """The verdict now, and the questions."""
    main = EDITIONS[edition]
    found = judge_site(SITE, UNIT, evidence, AT, main, ISSUER)
    return verdict(SITE, found, main).verdict, asking.ask_site(SITE, UNIT, evidence, AT, main, ISSUER, found)


def weighing(evidence: SiteEvidence, edition: str) -> asking._Weighing:
    main = EDITIONS[edition]
    return asking._Weighing(SITE, UNIT, evidence, AT, main, ISSUER, judge_site(SITE, UNIT, evidence, AT, main, ISSUER))


def asked_of(questions: Iterable[Question]) -> list[str]:
    return list(dict.fromkeys(q.url for q in questions if q.asked and q.url))


@pytest.mark.parametrize(
    ("groups", "now", "facts", "rest"),
    [
        # seven stale of which none is confirmed: five that are confirmed settle it, two need not be asked
        ([{"times": 7, "state": "stale", **OPEN}], "不合格", ["class"] * 5, 2),
        # five are confirmed: whatever is said of the others changes nothing
        ([{"times": 5, "state": "stale"}, {"times": 2, "state": "stale", **OPEN}], "不合格", [], 2),
        # below the limit whatever is said: nobody is asked
        ([{"times": 4, "state": "stale", **OPEN}], "合格", [], 4),
        # one more that counts settles it; three that do not would too
        ([{"times": 4, "state": "stale"}, {"times": 3, "state": "undated"}], "unjudged", ["date"], 2),
        # nine would fail and ten are possible: one that does not count settles it, all that count would too
        (
            [{"times": 2, "state": "stale", "kind": "other"}, {"times": 8, "state": "undated", "kind": "other"}],
            "unjudged",
            ["date"],
            7,
        ),
        # beside one that nobody could read no blank one accuses for certain, and one that is not blank clears
        (
            [{"times": 4, "state": "blank", "blank_confirmed": False}, {"state": "unread", "kind": "other"}],
            "unjudged",
            ["blank"],
            3,
        ),
        # what nobody could read no answer about a column settles
        ([{"times": 4, "state": "stale"}, {"times": 3, "state": "unread"}], "unjudged", ["subject"], 0),
        # two clauses fail, the cheaper one is settled
        (
            [
                {"times": 5, "state": "blank", "blank_confirmed": False},
                {"times": 8, "state": "stale", "kind": "other", **OPEN},
            ],
            "不合格",
            ["blank"] * 5,
            8,
        ),
        # a column that a body below keeps is two facts
        ([{"times": 5, "state": "stale", "owner": "U2", **OPEN}], "不合格", ["class", "owner"] * 5, 0),
    ],
)
def test_only_what_can_change_a_verdict_is_asked(groups: list, now: str, facts: list[str], rest: int) -> None:
    standing, questions = ask(in_order(columns=columns(groups)))
    assert standing == now
    assert [q.fact for q in questions if q.asked] == facts
    assert sum(not q.asked for q in questions) == rest
    for q in questions:
        assert q.minutes > 0
        assert q.text
        assert q.verdict == now


@settings(max_examples=120, deadline=None, derandomize=True)
@given(evidence=sites(), edition=st.sampled_from(["E15", "E19"]))
def test_the_answers_settle_the_verdict_and_without_questions_none_could_change_it(
    evidence: SiteEvidence, edition: str
) -> None:
    _, questions = ask(evidence, edition)
    weigh = weighing(asking.with_boxes(evidence), edition)
    asked = asked_of(questions)
    rest = [url for url in weigh.opened if url not in asked][:6]
    others = [url for url in weigh.opened if url not in asked and url not in rest]
    said = {}
    for accused in (True, False):  # the asked ones all turn out one way; the rest in every way there is
        outcomes = {
            weigh.of([*(asked if accused else ()), *(url for url, on in zip(rest, ways, strict=True) if on), *tail])
            .verdict
            for ways in product((False, True), repeat=len(rest))
            for tail in ((), others)
        }  # fmt: skip
        said[accused] = outcomes
    assert len(said[True]) == 1 or len(said[False]) == 1
    if not asked:
        assert said[True] == said[False]


def some(states: list[str], **facts: object) -> st.SearchStrategy[dict]:
    kinds = st.sampled_from(["news", "notice", "other", "personnel_plan"])
    return st.fixed_dictionaries({"state": st.sampled_from(states), "kind": kinds} | facts)  # type: ignore[arg-type]


CONFIRMED = st.lists(some(["stale", "blank"], times=st.integers(1, 5)), max_size=3)
DOUBTED = st.lists(
    some(
        ["stale", "blank", "undated"],
        class_confirmed=st.just(False),
        blank_confirmed=st.just(False),
        owner=st.sampled_from(["", "", "", "U2"]),
        level=st.sampled_from([1, 1, None]),
    ),
    min_size=1,
    max_size=8,
)


def doubtful(state: str, kind: str, owner: str = "") -> dict:
    return {"state": state, "kind": kind, "owner": owner, **OPEN, "blank_confirmed": False}


@settings(max_examples=200, deadline=None, derandomize=True)
@example(  # three columns that bear on one clause are dearer than what is left of two clauses' counts
    confirmed=[{"times": 3, "state": "stale", "kind": "news"}, {"state": "blank", "kind": "notice"}],
    doubted=[
        doubtful("undated", "personnel_plan"),
        doubtful("blank", "other", "U2"),
        doubtful("undated", "other"),
        doubtful("blank", "other", "U2"),
        doubtful("undated", "personnel_plan"),
        doubtful("stale", "news"),
        doubtful("undated", "notice", "U2"),
    ],
    edition="E15",
)
@given(confirmed=CONFIRMED, doubted=DOUBTED, edition=st.sampled_from(["E15", "E19"]))
def test_no_fewer_answers_settle_a_verdict(confirmed: list, doubted: list, edition: str) -> None:
    """Every smaller set of columns is tried: towards what accuses, and, where nobody can say yet, towards the other."""
    evidence = in_order(columns=columns([*confirmed, *doubted, {"times": 2}]))
    standing, questions = ask(evidence, edition)
    weigh = weighing(asking.with_boxes(evidence), edition)
    asked = asked_of(questions)
    cost = {url: len(one.facts) for url, one in weigh.opened.items()}
    best, worst = weigh.of(()).verdict, weigh.of(cost).verdict
    needed = sum(cost[url] for url in asked)
    for number in range(len(cost) + 1) if asked else ():
        for fewer in combinations(cost, number):
            if sum(cost[url] for url in fewer) < needed:
                if worst != "unjudged":
                    assert weigh.of(fewer).verdict != worst, fewer
                if standing != worst and best != "unjudged":
                    assert weigh.of([url for url in cost if url not in fewer]).verdict != best, fewer


def test_a_finding_that_a_person_decided_is_not_asked_about() -> None:
    main = EDITIONS["E15"]
    evidence = in_order(columns=columns([{"times": 7, "state": "stale", **OPEN}]))
    found = judge_site(SITE, UNIT, evidence, AT, main, ISSUER)
    for ruling in (Ruling.UPHELD, Ruling.DROPPED):
        decided = [replace(f, decision=ruling) if f.outcome is Outcome.FAILED else f for f in found]
        questions = asking.ask_site(SITE, UNIT, evidence, AT, main, ISSUER, decided)
        assert not [q for q in questions if q.asked]


def test_who_would_be_named_goes_first_and_what_need_not_be_asked_last() -> None:
    _, certain = ask(in_order(columns=columns([{"times": 7, "state": "stale", **OPEN}])))
    _, open_one = ask(in_order(columns=columns([{"times": 4, "state": "stale"}, {"times": 1, "state": "undated"}])))
    ordered = asking.worst_first([*open_one, *certain])
    assert [q.verdict for q in ordered if q.asked] == ["不合格"] * 5 + ["unjudged"]
    assert [q.asked for q in ordered] == sorted((q.asked for q in ordered), reverse=True)
    assert asking.total(ordered) == (6, sum(q.minutes for q in ordered if q.asked))
