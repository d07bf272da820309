"""What was judged, what people decided about it, and who signed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import Json as Jsonb
from psycopg2.extras import execute_values

from inspectorate.finding import Attestation, Decision, Finding, Outcome, Proof, Ruling, finding_id
from inspectorate.register import BadInput
from inspectorate.store.inspection import Inspection


class DuplicateFinding(Exception):
    """One clause was judged twice of one subject: a fault of ours."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A subject that is 未纳入本季度检查, with the reason that is printed."""

    subject: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed which draft."""

    draft_sha256: str
    by: str
    at: datetime


# Findings

KEPT = (
    "edition, clause, subject, kind, unit, outcome, measured, limit_value, phrase, because, consequence,"
    " clause_confirmed, columns_confirmed, points, points_most, near, proof"
)


def keep(connection: Connection, inspection: Inspection, findings: Iterable[Finding]) -> int:
    """Replace all findings of one inspection at once and say how many there are. Commits.

    With them is kept up to which word of a person they were judged, for the second count to hear the same.
    Readers see the old ones until the new ones are complete.
    """
    key = (inspection.quarter, inspection.number)
    rows = (
        (
            *key, f.edition, f.clause, f.subject, f.kind, f.unit, str(f.outcome), f.measured, f.limit, f.phrase,
            f.because, f.consequence, f.clause_confirmed, f.columns_confirmed, f.points,
            f.points_most, f.near,
            Jsonb([_as_json(proof) for proof in f.proof]), f.digest, position,
        )
        for position, f in enumerate(findings)
    )  # fmt: skip
    count = 0
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select 1 from inspection where quarter = %s and number = %s for update", key
            )  # two judgings of one inspection come one after the other
            cursor.execute("delete from finding where quarter = %s and number = %s", key)
            for some in _pages(rows, 1000):
                execute_values(
                    cursor,
                    f"insert into finding (quarter, number, {KEPT}, digest, position) values %s",  # noqa: S608
                    some,
                    page_size=1000,
                )
                count += len(some)
            cursor.execute(
                "insert into judging (quarter, number, said_until) values (%s, %s, %s)"
                " on conflict (quarter, number) do update set said_until = excluded.said_until, judged_at = now()",
                [*key, inspection.said_until],
            )
        connection.commit()
    except UniqueViolation as twice:
        raise DuplicateFinding(
            f"{inspection.name}: 同一指标对同一对象判定了两次: {twice.diag.message_detail}"
        ) from twice
    finally:
        connection.rollback()
    return count


def read(connection: Connection, inspection: Inspection) -> list[Finding]:
    """The findings of one inspection as they were judged, in the order they were kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {KEPT} from finding where quarter = %s and number = %s order by position",  # noqa: S608
            [inspection.quarter, inspection.number],
        )
        return [_finding(row) for row in cursor.fetchall()]


def read_decided(connection: Connection, inspection: Inspection) -> list[Finding]:
    """The findings of one inspection, each with the decision that sticks to it."""
    latest = decisions(connection, inspection)
    return [f.after(latest.get((f.clause, f.subject, f.digest))) for f in read(connection, inspection)]


def _pages(rows: Iterable[Any], size: int) -> Iterable[list[Any]]:
    page: list[Any] = []
    for row in rows:
        page.append(row)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page


def _as_json(proof: Proof) -> dict[str, Any]:
    at = proof.fetched_at.isoformat() if proof.fetched_at is not None else None
    return {"url": proof.url, "fetched_at": at, "sha256": proof.sha256, "what": proof.what}


def _finding(row: tuple[Any, ...]) -> Finding:
    (edition, clause, subject, kind, unit, outcome, measured, limit, phrase, because, consequence, *rest) = row
    clause_confirmed, columns_confirmed, points, points_most, near, proof = rest
    return Finding(
        edition=edition,
        clause=clause,
        subject=subject,
        kind=kind,
        unit=unit,
        outcome=Outcome(outcome),
        measured=_number(measured),
        limit=_number(limit),
        phrase=phrase,
        because=because,
        consequence=consequence,
        clause_confirmed=clause_confirmed,
        columns_confirmed=columns_confirmed,
        points=_number(points),
        points_most=_number(points_most),
        near=near,
        proof=tuple(
            Proof(p["url"], p["fetched_at"] and datetime.fromisoformat(p["fetched_at"]), p["sha256"], p["what"])
            for p in proof
        ),
    )


def _number(kept: Decimal | None) -> float | int | None:
    """A number as it was judged: what was kept without a fraction was a count."""
    if kept is None:
        return None
    return int(kept) if kept.as_tuple().exponent == 0 else float(kept)


# Decisions


@dataclass(frozen=True, slots=True)
class Ruled:
    """What a person wants to be written down about one finding."""

    inspection: Inspection
    clause: str
    subject: str
    ruling: Ruling
    reason: str
    by: str
    phrase: str = ""

    @property
    def which(self) -> str:
        return finding_id(self.inspection.quarter, self.inspection.number, self.clause, self.subject)


def decide(
    connection: Connection,
    inspection: Inspection,
    clause: str,
    subject: str,
    ruling: Ruling,
    reason: str,
    by: str,
    at: datetime,
    phrase: str = "",
) -> Decision:
    """Write a person's decision on a finding as it is judged now. Commits.

    BadInput: there is no such finding, no reason, or an amended one without the phrase to print instead.
    """
    [made] = decide_all(connection, [Ruled(inspection, clause, subject, ruling, reason, by, phrase)], at)
    return made


def decide_all(connection: Connection, ruled: Iterable[Ruled], at: datetime) -> list[Decision]:
    """All of these decisions or none of them. Commits. One that repeats the standing decision writes nothing."""
    try:
        with connection.cursor() as cursor:
            made = [_decide(cursor, one, at) for one in ruled]
        connection.commit()
    finally:
        connection.rollback()
    return made


def _decide(cursor: Cursor, ruled: Ruled, at: datetime) -> Decision:
    _check_ruled(ruled)
    key = [ruled.inspection.quarter, ruled.inspection.number, ruled.clause, ruled.subject]
    cursor.execute(
        "select digest from finding where quarter = %s and number = %s and clause = %s and subject = %s for share", key
    )
    found = cursor.fetchone()
    if found is None:
        raise BadInput(f"{ruled.which}: 没有这条判定")
    said = (str(ruled.ruling), ruled.phrase, ruled.reason, ruled.by)
    cursor.execute(
        "select ruling, phrase, reason, by, at from decision where quarter = %s and number = %s and clause = %s"
        " and subject = %s and digest = %s order by id desc limit 1",
        [*key, found[0]],
    )
    standing = cursor.fetchone()
    if standing is not None and standing[:4] == said:
        at = standing[4]
    else:
        cursor.execute(
            "insert into decision (quarter, number, clause, subject, digest, ruling, phrase, reason, by, at)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [*key, found[0], *said, at],
        )
    return Decision(ruled.which, found[0], ruled.ruling, ruled.phrase, ruled.reason, ruled.by, at)


def _check_ruled(ruled: Ruled) -> None:
    if ruled.ruling is Ruling.NONE:
        raise BadInput(f"{ruled.which}: 复核结论应为 upheld、dropped 或 amended")
    if not ruled.reason.strip() or not ruled.by.strip():
        raise BadInput(f"{ruled.which}: 复核须写明理由和复核人")
    if (ruled.ruling is Ruling.AMENDED) != bool(ruled.phrase.strip()):
        raise BadInput(f"{ruled.which}: 改写（amended）须给出改写后的表述，其他结论不带表述")


def check(connection: Connection, inspection: Inspection, clause: str, subject: str) -> None:
    """BadInput if an inspection has no such finding."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select 1 from finding where quarter = %s and number = %s and clause = %s and subject = %s",
            [inspection.quarter, inspection.number, clause, subject],
        )
        if cursor.fetchone() is None:
            raise BadInput(f"{finding_id(inspection.quarter, inspection.number, clause, subject)}: 没有这条判定")


def decisions(connection: Connection, inspection: Inspection) -> dict[tuple[str, str, str], Decision]:
    """The latest decision on each clause, subject and digest of one inspection.

    A finding that was judged otherwise since has another digest: no decision sticks to it, and it is open again.
    One that is judged as before finds its decision again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct on (clause, subject, digest) clause, subject, digest, ruling, phrase, reason, by, at"
            " from decision where quarter = %s and number = %s order by clause, subject, digest, id desc",
            [inspection.quarter, inspection.number],
        )
        rows = cursor.fetchall()
    return {
        (clause, subject, digest): Decision(
            finding_id(inspection.quarter, inspection.number, clause, subject),
            digest, Ruling(ruling), phrase, reason, by, at,
        )
        for clause, subject, digest, ruling, phrase, reason, by, at in rows
    }  # fmt: skip


# Attestations, what is set aside, signatures


def attest(
    connection: Connection, inspection: Inspection, clause: str, by: str, at: datetime, excepted: Iterable[str]
) -> Attestation:
    """Write that a clause was examined in every subject but these. Commits."""
    made = Attestation(clause, tuple(excepted), by, at)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into attestation (quarter, number, clause, excepted, by, at) values (%s, %s, %s, %s, %s, %s)",
            [inspection.quarter, inspection.number, clause, list(made.excepted), by, at],
        )
    connection.commit()
    return made


def attestations(connection: Connection, inspection: Inspection) -> dict[str, Attestation]:
    """The latest attestation of each clause of one inspection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct on (clause) clause, excepted, by, at from attestation"
            " where quarter = %s and number = %s order by clause, id desc",
            [inspection.quarter, inspection.number],
        )
        rows = cursor.fetchall()
    return {clause: Attestation(clause, tuple(left_out), by, at) for clause, left_out, by, at in rows}


def set_aside(
    connection: Connection, inspection: Inspection, subject: str, reason: str, by: str, at: datetime
) -> SetAside:
    """Leave a subject out of the quarter, with the reason that is printed. Commits. BadInput: none such, no reason."""
    register = inspection.register
    if subject not in {s.site_code for s in register.sites} | {a.account_id for a in register.accounts}:
        raise BadInput(f"{inspection.name}: 登记库中没有 {subject}")
    if not reason.strip():
        raise BadInput(f"{inspection.name} {subject}: 未纳入检查须写明理由")
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into set_aside (quarter, number, subject, reason, by, at) values (%s, %s, %s, %s, %s, %s)",
            [inspection.quarter, inspection.number, subject, reason, by, at],
        )
    connection.commit()
    return SetAside(subject, reason, by, at)


def read_set_aside(connection: Connection, inspection: Inspection) -> dict[str, SetAside]:
    """The subjects that are left out of one inspection, by the latest word on each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct on (subject) subject, reason, by, at from set_aside"
            " where quarter = %s and number = %s order by subject, id desc",
            [inspection.quarter, inspection.number],
        )
        return {row[0]: SetAside(*row) for row in cursor.fetchall()}


def sign(connection: Connection, inspection: Inspection, draft_sha256: str, by: str, at: datetime) -> Signature:
    """Write who signed which draft. Commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into signature (quarter, number, draft_sha256, by, at) values (%s, %s, %s, %s, %s)",
            [inspection.quarter, inspection.number, draft_sha256, by, at],
        )
    connection.commit()
    return Signature(draft_sha256, by, at)


def signature(connection: Connection, inspection: Inspection) -> Signature | None:
    """The latest signature of one inspection; None: it is not signed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select draft_sha256, by, at from signature where quarter = %s and number = %s order by id desc limit 1",
            [inspection.quarter, inspection.number],
        )
        found = cursor.fetchone()
    return None if found is None else Signature(*found)
