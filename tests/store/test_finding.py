"""Findings come back as they were judged, and decisions stick to what they were made about."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection

from inspectorate.finding import Finding, Outcome, Proof, Ruling
from inspectorate.quarter import SHANGHAI
from inspectorate.register import BadInput, Register, Site
from inspectorate.store import finding, inspection
from inspectorate.store.inspection import Inspection

AT = datetime(2018, 9, 10, 10, tzinfo=SHANGHAI)
NOW = datetime(2018, 9, 20, 8, tzinfo=SHANGHAI)
SHUT = Finding(
    "E15", "E15.W-V-01", "3415000001", "site", "U1", Outcome.FAILED, 0.05, 0.05, "站点无法访问", "140次中7次",
    "veto", proof=(Proof("http://www.a.gov.cn/", AT, None, "超时（某监测）"), Proof("http://b/", None, "ab", "拒绝")),
)  # fmt: skip
STALE = replace(
    SHUT, clause="E15.W-V-03a", measured=7, limit=5, points=2.5, columns_confirmed=False, proof=(), because="7个"
)
UNSEEN = replace(
    SHUT, clause="E15.W-V-04", measured=None, limit=None, outcome=Outcome.NOT_EXAMINED, clause_confirmed=False, proof=()
)


@pytest.fixture
def trial(connection: Connection) -> Inspection:
    register = Register(sites=(Site("3415000001", "某市政府", "U1", "portal", "http://www.a.gov.cn/"),))
    return inspection.freeze(connection, "2018Q3", "trial", AT, register, {"E15": "ab"}, "E15", [], now=NOW)


def decide(connection: Connection, which: Inspection, ruling: Ruling, phrase: str = "", at: datetime = NOW) -> None:
    finding.decide(connection, which, SHUT.clause, SHUT.subject, ruling, "已核实", "li", at, phrase)


def decided(connection: Connection, which: Inspection) -> Finding:
    return next(f for f in finding.read_decided(connection, which) if f.clause == SHUT.clause)


def test_findings_come_back_equal_in_their_order_with_counts_as_counts(
    connection: Connection, trial: Inspection
) -> None:
    judged = [STALE, SHUT, UNSEEN, replace(SHUT, clause="X", measured=1.0, limit=0.1 + 0.2, points=1 / 3)]
    assert finding.keep(connection, trial, judged) == 4
    kept = finding.read(connection, trial)
    assert kept == judged
    assert [f.digest for f in kept] == [f.digest for f in judged]
    assert [repr(f.measured) for f in kept] == ["7", "0.05", "None", "1.0"]
    assert [repr(f.limit) for f in kept] == ["5", "0.05", "None", repr(0.1 + 0.2)]


def test_keeping_replaces_all_of_one_inspection_and_nothing_of_another(
    connection: Connection, trial: Inspection
) -> None:
    other = inspection.freeze(connection, "2018Q3", "official", AT, trial.register, {}, "E15", [], now=NOW)
    finding.keep(connection, other, [SHUT])
    finding.keep(connection, trial, [SHUT, STALE])
    finding.keep(connection, trial, [UNSEEN])
    assert finding.read(connection, trial) == [UNSEEN]
    assert finding.read(connection, other) == [SHUT]


def test_a_judging_that_breaks_off_leaves_the_findings_before(connection: Connection, trial: Inspection) -> None:
    finding.keep(connection, trial, [SHUT])
    with pytest.raises(finding.DuplicateFinding, match=r"E15\.W-V-03a, 3415000001"):
        finding.keep(connection, trial, [STALE, STALE])
    assert finding.read(connection, trial) == [SHUT]


def test_a_decision_holds_until_the_finding_changes_and_again_when_it_changes_back(
    connection: Connection, trial: Inspection
) -> None:
    finding.keep(connection, trial, [SHUT])
    decide(connection, trial, Ruling.DROPPED)
    assert decided(connection, trial).decision is Ruling.DROPPED
    assert decided(connection, trial).stands_as is Outcome.PASSED
    finding.keep(connection, trial, [replace(SHUT, measured=0.06)])
    assert decided(connection, trial).decision is Ruling.NONE
    refetched = replace(SHUT, proof=tuple(replace(p, fetched_at=NOW, sha256="ff") for p in SHUT.proof))
    finding.keep(connection, trial, [refetched])
    assert decided(connection, trial).decision is Ruling.DROPPED


def test_the_latest_decision_holds_and_the_earlier_one_is_kept(connection: Connection, trial: Inspection) -> None:
    finding.keep(connection, trial, [SHUT])
    decide(connection, trial, Ruling.DROPPED)
    decide(connection, trial, Ruling.AMENDED, "站点长期无法访问", NOW + timedelta(minutes=1))
    assert decided(connection, trial).phrase == "站点长期无法访问"
    assert decided(connection, trial).outcome is Outcome.FAILED
    with connection.cursor() as cursor:
        cursor.execute("select ruling, by, reason from decision order by id")
        assert cursor.fetchall() == [("dropped", "li", "已核实"), ("amended", "li", "已核实")]


def test_a_decision_in_a_trial_leaves_the_official_one_open(connection: Connection, trial: Inspection) -> None:
    official = inspection.freeze(connection, "2018Q3", "official", AT, trial.register, {}, "E15", [], now=NOW)
    for which in (trial, official):
        finding.keep(connection, which, [SHUT])
    decide(connection, trial, Ruling.DROPPED)
    assert decided(connection, official).decision is Ruling.NONE


@pytest.mark.parametrize(
    ("clause", "ruling", "reason", "by", "phrase", "fact"),
    [
        ("E15.W-V-99", Ruling.UPHELD, "因", "li", "", "没有这条判定"),
        (SHUT.clause, Ruling.UPHELD, " ", "li", "", "理由"),
        (SHUT.clause, Ruling.UPHELD, "因", "", "", "复核人"),
        (SHUT.clause, Ruling.AMENDED, "因", "li", "", "表述"),
        (SHUT.clause, Ruling.UPHELD, "因", "li", "改", "表述"),
        (SHUT.clause, Ruling.NONE, "因", "li", "", "upheld"),
    ],
)
def test_a_decision_that_cannot_be_taken_is_refused_and_leaves_nothing(
    connection: Connection, trial: Inspection, clause: str, ruling: Ruling, reason: str, by: str, phrase: str, fact: str
) -> None:
    finding.keep(connection, trial, [SHUT])
    with pytest.raises(BadInput, match=fact):
        finding.decide(connection, trial, clause, SHUT.subject, ruling, reason, by, NOW, phrase)
    assert finding.decisions(connection, trial) == {}


def test_what_is_checked_before_a_file_is_taken(connection: Connection, trial: Inspection) -> None:
    finding.keep(connection, trial, [SHUT])
    finding.check(connection, trial, SHUT.clause, SHUT.subject)
    with pytest.raises(BadInput, match=r"2018Q3/1/E15[.]W-V-01/nobody"):
        finding.check(connection, trial, SHUT.clause, "nobody")


def test_attestations_and_what_is_set_aside_are_kept_and_the_latest_holds(
    connection: Connection, trial: Inspection
) -> None:
    finding.attest(connection, trial, "E15.W-V-04", "li", NOW, ["3415000001"])
    finding.attest(connection, trial, "E15.W-V-04", "wang", NOW, [])
    assert finding.attestations(connection, trial)["E15.W-V-04"].by == "wang"
    finding.set_aside(connection, trial, "3415000001", "迁移中", "li", NOW)
    assert finding.read_set_aside(connection, trial)["3415000001"].reason == "迁移中"
    with pytest.raises(BadInput, match="理由"):
        finding.set_aside(connection, trial, "3415000001", "", "li", NOW)
    with pytest.raises(BadInput, match="没有 nobody"):
        finding.set_aside(connection, trial, "nobody", "因", "li", NOW)


def test_the_latest_signature_is_found_and_none_is_none(connection: Connection, trial: Inspection) -> None:
    assert finding.signature(connection, trial) is None
    finding.sign(connection, trial, "ab" * 32, "li", NOW)
    found = finding.signature(connection, trial)
    assert found is not None
    assert (found.draft_sha256, found.by) == ("ab" * 32, "li")
