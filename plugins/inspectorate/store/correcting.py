"""Corrections: what was taken back after publication, who signed the paper that says so, and how things stand since."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json as Jsonb

from inspectorate.finding import Json
from inspectorate.store.inspection import Inspection
from inspectorate.store.signing import RETURNED, Publication

Key = tuple[str, str]  # clause, subject


@dataclass(frozen=True, slots=True)
class Reversal:
    """A person's word, after publication, that a finding was wrong. 误判撤销"""

    clause: str
    subject: str
    digest: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person answered when asked to sign a correction, taken or refused."""

    chosen: str
    by: str
    accepted: bool
    because: str = ""
    draft_sha256: str = ""
    document_number: str = ""
    signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    id: int
    draft_sha256: str
    by: str
    document_number: str
    signed_on: date


@dataclass(frozen=True, slots=True)
class Correction:
    """A published 更正通报, frozen."""

    quarter: str
    number: int
    serial: int
    document_number: str
    signed_on: date
    withdrawn: tuple[Key, ...]
    verdicts: list[Json]
    published_at: datetime

    @property
    def name(self) -> str:
        return f"correction-{self.serial}"


# Reversals


def reverse(
    connection: Connection, inspection: Inspection, clause: str, subject: str, digest: str, ruling: str, reason: str,
    by: str, at: datetime,
) -> None:  # fmt: skip
    """Write that a published finding was wrong (`dropped`), or that the reversal was (`restored`). Commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into reversal (quarter, number, clause, subject, digest, ruling, reason, by, at)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [inspection.quarter, inspection.number, clause, subject, digest, ruling, reason, by, at],
        )
    connection.commit()


def reversals(connection: Connection, inspection: Inspection) -> dict[Key, Reversal]:
    """What is taken back of one inspection, by clause and subject."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct on (clause, subject) clause, subject, digest, reason, by, at, ruling from reversal"
            " where quarter = %s and number = %s order by clause, subject, id desc",
            [inspection.quarter, inspection.number],
        )
        rows = cursor.fetchall()
    return {(row[0], row[1]): Reversal(*row[:-1]) for row in rows if row[-1] == "dropped"}


def reversed_by(connection: Connection, inspection: Inspection) -> set[str]:
    """Who ever took back, or restored, a finding of one inspection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct by from reversal where quarter = %s and number = %s",
            [inspection.quarter, inspection.number],
        )
        return {by for (by,) in cursor.fetchall()}


# Answers and signatures


def record(connection: Connection, inspection: Inspection, answer: Answer) -> None:
    """Write what a person answered, taken or refused. Commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into correction_answer"
            " (quarter, number, chosen, by, accepted, because, draft_sha256, document_number, signed_on)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                inspection.quarter, inspection.number, answer.chosen, answer.by, answer.accepted, answer.because,
                answer.draft_sha256, answer.document_number, answer.signed_on,
            ],
        )  # fmt: skip
    connection.commit()


def last_refusal(connection: Connection, inspection: Inspection) -> str:
    """Why the latest answer was not taken; empty: it was, or there was none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select because from correction_answer where quarter = %s and number = %s order by id desc limit 1",
            [inspection.quarter, inspection.number],
        )
        found = cursor.fetchone()
    return found[0] if found else ""


def signature(connection: Connection, inspection: Inspection) -> Signature | None:
    """The signature that waits for publication: the latest answer, if it agreed and nothing was published with it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select a.id, a.draft_sha256, a.by, a.document_number, a.signed_on, a.chosen from correction_answer as a"
            " where a.quarter = %s and a.number = %s and a.accepted and a.id > coalesce((select max(c.answer_id)"
            " from correction as c where c.quarter = a.quarter and c.number = a.number), 0)"
            " order by a.id desc limit 1",
            [inspection.quarter, inspection.number],
        )
        found = cursor.fetchone()
    return None if found is None or found[5] == RETURNED else Signature(*found[:5])


# Publications


def publish(
    connection: Connection,
    inspection: Inspection,
    signed: Signature,
    withdrawn: Sequence[Key],
    verdicts: Sequence[Json],
    files: Mapping[str, bytes],
) -> None:
    """Freeze a correction, all of it or nothing. Commits."""
    key = [inspection.quarter, inspection.number]
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into correction (quarter, number, serial, answer_id, document_number, signed_on, draft_sha256,"
                " withdrawn, verdicts) values (%s, %s, (select coalesce(max(serial), 0) + 1 from correction"
                " where quarter = %s and number = %s), %s, %s, %s, %s, %s, %s) returning serial",
                [
                    *key, *key, signed.id, signed.document_number, signed.signed_on, signed.draft_sha256,
                    Jsonb([list(one) for one in withdrawn]), Jsonb(list(verdicts)),
                ],
            )  # fmt: skip
            [(serial,)] = cursor.fetchall()
            for name, body in files.items():
                cursor.execute(
                    "insert into correction_file (quarter, number, serial, name, sha256, body)"
                    " values (%s, %s, %s, %s, %s, %s)",
                    [*key, serial, name, hashlib.sha256(body).hexdigest(), body],
                )
        connection.commit()
    finally:
        connection.rollback()


def corrections(connection: Connection, quarter: str | None = None) -> list[Correction]:
    """The corrections of a quarter, or of all, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select quarter, number, serial, document_number, signed_on, withdrawn, verdicts, published_at"
            " from correction where %s::text is null or quarter = %s order by quarter, number, serial",
            [quarter, quarter],
        )
        return [
            Correction(
                row[0], row[1], row[2], row[3], row[4], tuple((clause, subject) for clause, subject in row[5]), row[6],
                row[7],
            )
            for row in cursor.fetchall()
        ]  # fmt: skip


def files(connection: Connection, made: Correction) -> dict[str, bytes]:
    """The frozen bytes by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select name, body from correction_file where quarter = %s and number = %s and serial = %s order by name",
            [made.quarter, made.number, made.serial],
        )
        return {name: bytes(body) for name, body in cursor.fetchall()}


def standing_verdicts(connection: Connection, published: Publication) -> list[Json]:
    """The verdicts of a published quarter as they stand now: the latest correction's, else those of the notice."""
    made = [c for c in corrections(connection, published.quarter) if c.number == published.number]
    return made[-1].verdicts if made else published.verdicts


@dataclass(frozen=True, slots=True)
class Past:
    """What one published quarter says of a subject now."""

    quarter: str
    document_number: str
    verdict: str | None
    was: str | None  # what the notice had said, where a correction says otherwise
    correction: str  # its 发文字号; empty: there is none, or it says nothing else of this subject


def history(connection: Connection, published: Sequence[Publication], subject: str) -> list[Past]:
    """A subject's verdict in each published quarter, oldest first, with what corrections changed."""
    rows = []
    for one in published:
        made = [c for c in corrections(connection, one.quarter) if c.number == one.number]
        said = next((row["verdict"] for row in one.verdicts if row["subject"] == subject), None)
        now = next((row["verdict"] for row in standing_verdicts(connection, one) if row["subject"] == subject), None)
        changed = next((c.document_number for c in made if any(s == subject for _, s in c.withdrawn)), "")
        if said is not None:
            rows.append(Past(one.quarter, one.document_number, now, said if said != now else None, changed))
    return rows


def streak(rows: Sequence[Past]) -> int:
    """Over how many published quarters in a row, up to the last, a subject's verdict has been the same."""
    count = 0
    for row in reversed(rows):
        if row.verdict != rows[-1].verdict:
            break
        count += 1
    return count
