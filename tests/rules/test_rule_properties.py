"""What must hold whatever the evidence is: an unknown never accuses or clears, and order is no matter."""

import random
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from inspectorate.evidence import AccountEvidence, Door, SiteEvidence
from inspectorate.finding import Finding, Outcome
from inspectorate.judge import judge_account, judge_site, verdict
from tests.rules.made_evidence import (
    ACCOUNT,
    AT,
    DAY,
    ISSUER,
    LIBRARY,
    MAPPED,
    SITE,
    UNIT,
    UNMAPPED,
    box,
    column,
    home,
    host,
    look,
    post,
    week,
)

EDITIONS = {name: LIBRARY.replace_main(name).in_force(DAY) for name in ("E15", "E19")}
STATES = ["fresh", "stale", "blank", "torn_blank", "unread", "cleared", "undated", "half_dated", "single", "torn"]
KINDS = ["news", "notice", "policy", "personnel_plan", "other", "interaction"]

group = st.fixed_dictionaries(
    {
        "times": st.integers(1, 6),
        "state": st.sampled_from(STATES),
        "kind": st.sampled_from(KINDS),
        "level": st.sampled_from([1, 1, 2, None]),
        "parent": st.sampled_from(["", "", "栏目1", "栏目2"]),
        "exempt": st.sampled_from(["", "", "", "已归档"]),
        "class_confirmed": st.booleans(),
        "stale_said": st.sampled_from([None, None, True, False]),
        "name": st.sampled_from(["栏目", "栏目", "网上调查", "在线访谈"]),
        "dates": st.lists(st.dates(DAY - timedelta(days=500), DAY), max_size=4),
    }
)
letter = st.fixed_dictionaries(
    {
        "asked": st.dates(DAY - timedelta(days=500), DAY),
        "answered": st.one_of(st.none(), st.dates(DAY - timedelta(days=300), DAY)),
        "elsewhere": st.booleans(),
        "answered_undated": st.booleans(),
    }
)


@st.composite
def sites(draw: st.DrawFn) -> SiteEvidence:
    made = []
    for facts in draw(st.lists(group, max_size=6)):
        facts = dict(facts)
        for _ in range(facts.pop("times")):
            made.append(column(len(made) + 1, **facts | {"name": f"{facts['name']}{len(made) + 1}"}))
    shut, unknown = draw(st.integers(0, 14)), draw(st.integers(0, 14))
    first_page = draw(
        st.sampled_from([home(), home(DAY - timedelta(days=60)), home(None, undated=5), home(None, items=None)])
    )
    boxes = draw(st.lists(st.builds(box, st.lists(letter, max_size=4), st.booleans()), max_size=2))
    hosts = draw(
        st.lists(st.sampled_from(["http://jyj.shili.gov.cn/a", "http://zt.jyj.shili.gov.cn/b", "http://x.gov.cn/c"]))
    )
    return SiteEvidence(
        visits=week(draw(st.sampled_from([140, 139, 168])), shut=shut, unknown=unknown),
        home=draw(st.sampled_from([None, first_page])),
        columns=tuple(made),
        boxes=tuple(boxes),
        hosts=tuple(host(h) for h in hosts),
        discovery=draw(st.sampled_from([MAPPED, UNMAPPED, None])),
        new_items=((DAY, draw(st.integers(1, 12))),),
    )


def less_known(evidence: SiteEvidence, chance: random.Random) -> SiteEvidence:
    """The same site, of which we saw one thing less."""
    what = chance.choice(["column", "home", "visit", "box", "discovery", "letter"])
    if what == "column" and evidence.columns:
        place = chance.randrange(len(evidence.columns))
        rows = list(evidence.columns)
        rows[place] = replace(rows[place], counted=None, why_unknown="网络不通")
        return replace(evidence, columns=tuple(rows))
    if what == "home" and evidence.home:
        return replace(evidence, home=replace(evidence.home, counted=None))
    if what == "visit" and evidence.visits:
        place = chance.randrange(len(evidence.visits))
        rows = list(evidence.visits)
        if chance.random() < 0.5:
            rows[place] = replace(rows[place], outcome=Door.OURS, seconds=None)
        else:
            del rows[place]
        return replace(evidence, visits=tuple(rows))
    if what == "box" and evidence.boxes:
        place = chance.randrange(len(evidence.boxes))
        rows = list(evidence.boxes)
        rows[place] = replace(rows[place], counted=None, letters=())
        return replace(evidence, boxes=tuple(rows))
    if what == "letter" and evidence.boxes and evidence.boxes[0].letters:
        rows = list(evidence.boxes)
        letters = list(rows[0].letters)
        letters[0] = replace(letters[0], visited_at=AT - timedelta(days=3))
        rows[0] = replace(rows[0], letters=tuple(letters))
        return replace(evidence, boxes=tuple(rows))
    return replace(evidence, discovery=UNMAPPED)


def judge(evidence: SiteEvidence, edition: str) -> list[Finding]:
    return judge_site(SITE, UNIT, evidence, AT, EDITIONS[edition], ISSUER)


def lost(found: list[Finding]) -> float:
    return sum(f.points or 0 for f in found if f.consequence == "points" and f.outcome is Outcome.FAILED)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(evidence=sites(), edition=st.sampled_from(["E15", "E19"]), seed=st.integers(0, 10**6))
def test_one_more_unknown_never_turns_passed_into_failed_or_failed_into_passed(
    evidence: SiteEvidence, edition: str, seed: int
) -> None:
    chance = random.Random(seed)
    found = judge(evidence, edition)
    before, said, certain = {f.clause: f.outcome for f in found}, verdict(SITE, found, EDITIONS[edition]), lost(found)
    for _ in range(3):
        evidence = less_known(evidence, chance)
        found = judge(evidence, edition)
        after, word = {f.clause: f.outcome for f in found}, verdict(SITE, found, EDITIONS[edition]).verdict
        assert (said.verdict, word) not in {("合格", "不合格"), ("unjudged", "不合格"), ("不合格", "合格")}
        assert lost(found) <= certain, "nothing that is lost takes more points for certain"
        said, certain = verdict(SITE, found, EDITIONS[edition]), lost(found)
        for clause, outcome in after.items():
            assert {before[clause], outcome} != {Outcome.PASSED, Outcome.FAILED}, clause
            # an accusation that is lost may leave what clears; nothing that is lost ever accuses
            assert (before[clause], outcome) != (Outcome.UNJUDGED, Outcome.FAILED), clause
        before = after


@settings(max_examples=60, deadline=None, derandomize=True)
@given(evidence=sites(), edition=st.sampled_from(["E15", "E19"]), seed=st.integers(0, 10**6))
def test_the_order_of_evidence_does_not_matter(evidence: SiteEvidence, edition: str, seed: int) -> None:
    chance = random.Random(seed)

    def mixed(rows: tuple) -> tuple:
        return tuple(chance.sample(rows, len(rows)))

    other = replace(
        evidence,
        visits=mixed(evidence.visits),
        columns=mixed(evidence.columns),
        boxes=mixed(evidence.boxes),
        hosts=mixed(evidence.hosts),
    )
    assert judge(other, edition) == judge(evidence, edition)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(evidence=sites(), edition=st.sampled_from(["E15", "E19"]), hours=st.integers(-3, 3))
def test_two_runs_an_hour_apart_say_the_same(evidence: SiteEvidence, edition: str, hours: int) -> None:
    """Fetch times are no part of a digest, so a decision still sticks."""
    moved = replace(
        evidence,
        columns=tuple(
            replace(c, counted=replace(c.counted, visited_at=c.counted.visited_at + timedelta(hours=hours), sha256="c"))
            if c.counted
            else c
            for c in evidence.columns
        ),
    )
    at = AT + timedelta(hours=hours)
    before = {f.clause: f.digest for f in judge(evidence, edition)}
    after = {f.clause: f.digest for f in judge_site(SITE, UNIT, moved, at, EDITIONS[edition], ISSUER)}
    assert after == before


@settings(max_examples=60, deadline=None, derandomize=True)
@given(evidence=sites(), edition=st.sampled_from(["E15", "E19"]))
def test_remarks_and_notes_never_change_a_verdict(evidence: SiteEvidence, edition: str) -> None:
    found = judge(evidence, edition)
    weighty = [f for f in found if f.consequence in ("veto", "points")]
    assert verdict(SITE, found, EDITIONS[edition]) == verdict(SITE, weighty, EDITIONS[edition])


looks = st.builds(
    look,
    st.sampled_from(["ledger", "api", "web", "feed"]),
    st.one_of(st.none(), st.integers(1, 60).map(lambda n: AT - timedelta(days=n))),
    covers_from=st.one_of(st.none(), st.integers(1, 90).map(lambda n: AT - timedelta(days=n))),
    complete=st.booleans(),
    visited_at=st.integers(1, 60).map(lambda n: AT - timedelta(hours=n)),
)
posts = st.builds(
    post, st.integers(0, 60), st.sampled_from(["ledger", "web"]), interpretation=st.sampled_from([None, True, False])
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(visits=st.lists(looks, max_size=5), sent=st.lists(posts, max_size=6), place=st.integers(0, 4))
def test_a_look_that_failed_never_turns_an_account_over(visits: list, sent: list, place: int) -> None:
    def outcomes(some: list) -> dict[str, Outcome]:
        evidence = AccountEvidence(tuple(some), tuple(sent))
        return {f.clause: f.outcome for f in judge_account(ACCOUNT, UNIT, evidence, AT, EDITIONS["E19"], ISSUER)}

    before = outcomes(visits)
    fewer = [v for n, v in enumerate(visits) if n != place]
    if not any(v.newest and v.newest > AT - timedelta(days=15) for v in visits):  # nothing that clears is taken away
        after = outcomes(fewer)
        for clause in before:
            assert {before[clause], after[clause]} != {Outcome.PASSED, Outcome.FAILED}, clause
