"""Drafts, answers of reviewers and signers, signatures and publications: what may be printed, and what was."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json as Jsonb

from inspectorate.finding import Json
from inspectorate.register import BadInput
from inspectorate.store.inspection import Inspection

Stage = Literal["review", "sign"]
DraftTable = Literal["draft", "correction_draft"]  # of notices, and of what corrects a published one
AGREED, RETURNED, REVIEWED = "同意签发", "退回修改", "复核完毕"


@dataclass(frozen=True, slots=True)
class Draft:
    """The latest papers that `draft` printed of an inspection."""

    sha256: str  # of the notice as docx
    drafted_at: datetime
    docx: bytes
    pdf: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person answered when asked to end the review or to sign, taken or refused."""

    stage: Stage
    chosen: str
    by: str
    accepted: bool
    because: str = ""
    draft_sha256: str = ""
    form: Json | None = None
    run: str = ""
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that stands: who signed which draft, and what the paper is to bear."""

    id: int
    draft_sha256: str
    by: str
    at: datetime
    document_number: str
    signed_on: date
    rectify_by: date


@dataclass(frozen=True, slots=True)
class Publication:
    """A published notice, frozen."""

    quarter: str
    number: int
    document_number: str
    signed_on: date
    rectify_by: date
    draft_sha256: str
    editions: dict[str, str]
    wording_dated: str
    verdicts: list[Json]
    published_at: datetime
    last_landed: int

    @property
    def name(self) -> str:
        return f"{self.quarter}/{self.number}"


# Drafts


def keep_draft(
    connection: Connection, inspection: Inspection, docx: bytes, pdf: bytes, table: DraftTable = "draft"
) -> str:
    """Keep what was drafted and say its digest; the same draft again is not kept twice. Commits."""
    sha256 = hashlib.sha256(docx).hexdigest()
    kept = draft(connection, inspection, table)
    if kept is None or kept.sha256 != sha256:
        with connection.cursor() as cursor:
            cursor.execute(
                f"insert into {table} (quarter, number, sha256, docx, pdf) values (%s, %s, %s, %s, %s)",  # noqa: S608
                [inspection.quarter, inspection.number, sha256, docx, pdf],
            )
    connection.commit()
    return sha256


def draft(connection: Connection, inspection: Inspection, table: DraftTable = "draft") -> Draft | None:
    """The latest draft; None: none was printed yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select sha256, drafted_at, docx, pdf from {table} where quarter = %s and number = %s"  # noqa: S608
            " order by id desc limit 1",
            [inspection.quarter, inspection.number],
        )
        found = cursor.fetchone()
    return None if found is None else Draft(found[0], found[1], bytes(found[2]), bytes(found[3]))


# Answers and signatures


def record(connection: Connection, inspection: Inspection, answer: Answer) -> int:
    """Write what a person answered, taken or refused, and say its number. Commits."""
    with connection.cursor() as cursor:
        number = _record(cursor, inspection, answer)
    connection.commit()
    return number


def _record(cursor: Any, inspection: Inspection, answer: Answer) -> int:
    cursor.execute(
        "insert into signing_answer"
        " (quarter, number, stage, chosen, by, accepted, because, draft_sha256, form, run, attempt)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
        [
            inspection.quarter, inspection.number, answer.stage, answer.chosen, answer.by, answer.accepted,
            answer.because, answer.draft_sha256, Jsonb(answer.form or {}), answer.run, answer.attempt,
        ],
    )  # fmt: skip
    return int(cursor.fetchone()[0])


def answers(connection: Connection, inspection: Inspection) -> list[tuple[datetime, Answer]]:
    """Every answer about an inspection, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select at, stage, chosen, by, accepted, because, draft_sha256, form, run, attempt from signing_answer"
            " where quarter = %s and number = %s order by id",
            [inspection.quarter, inspection.number],
        )
        return [(row[0], Answer(*row[1:])) for row in cursor.fetchall()]


def sign(
    connection: Connection,
    inspection: Inspection,
    answer: Answer,
    document_number: str,
    signed_on: date,
    rectify_by: date,
) -> None:
    """Write the answer and the signature that follows from it, both or neither. Commits."""
    try:
        with connection.cursor() as cursor:
            number = _record(cursor, inspection, answer)
            cursor.execute(
                "insert into signature"
                " (quarter, number, draft_sha256, by, document_number, signed_on, rectify_by, answer_id)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    inspection.quarter, inspection.number, answer.draft_sha256, answer.by, document_number, signed_on,
                    rectify_by, number,
                ],
            )  # fmt: skip
        connection.commit()
    finally:
        connection.rollback()


def signature(connection: Connection, inspection: Inspection) -> Signature | None:
    """The signature that stands: the latest one after which nobody sent the draft back. None: there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select s.id, s.draft_sha256, s.by, s.at, s.document_number, s.signed_on, s.rectify_by"
            " from signature as s where s.quarter = %s and s.number = %s"
            " and s.document_number <> '' and s.signed_on is not null and s.rectify_by is not null"
            " and not exists (select 1 from signing_answer as a where a.quarter = s.quarter and a.number = s.number"
            " and a.accepted and a.chosen = %s and a.id > coalesce(s.answer_id, 0))"
            " order by s.id desc limit 1",
            [inspection.quarter, inspection.number, RETURNED],
        )
        found = cursor.fetchone()
    return None if found is None else Signature(*found)


def decided_by(connection: Connection, inspection: Inspection, digests: Sequence[str]) -> set[str]:
    """Who ever decided any of these findings, by their digests."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct by from decision where quarter = %s and number = %s and digest = any(%s)",
            [inspection.quarter, inspection.number, list(digests)],
        )
        return {by for (by,) in cursor.fetchall()}


def number_taken(connection: Connection, document_number: str, beside: Inspection | None = None) -> str | None:
    """What was published under a 发文字号, notice or correction; the notice of `beside` may bear it."""
    quarter, number = (beside.quarter, beside.number) if beside else (None, None)
    with connection.cursor() as cursor:
        cursor.execute(
            "select quarter || '/' || number from publication where document_number = %s"
            " and (quarter, number) is distinct from (%s::text, %s::int)"
            " union all select quarter || '/' || number || ' 更正' || serial from correction"
            " where document_number = %s",
            [document_number, quarter, number, document_number],
        )
        found = cursor.fetchone()
    return None if found is None else str(found[0])


# Publications

KEPT = (
    "quarter, number, document_number, signed_on, rectify_by, draft_sha256, editions, wording_dated, verdicts,"
    " published_at, last_landed"
)


def hold(connection: Connection, inspection: Inspection) -> None:
    """Nobody judges, decides or publishes this inspection until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select 1 from inspection where quarter = %s and number = %s for update",
            [inspection.quarter, inspection.number],
        )


def publish(
    connection: Connection,
    inspection: Inspection,
    signed: Signature,
    wording_dated: str,
    verdicts: list[Json],
    files: Mapping[str, bytes],
) -> None:
    """Freeze what was published, all of it or nothing. Commits, and so lets go of what `hold` held."""
    key = [inspection.quarter, inspection.number]
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into publication (quarter, number, signature_id, document_number, signed_on, rectify_by,"
                " draft_sha256, editions, wording_dated, verdicts, last_landed) values"
                " (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
                " (select case when is_called then last_value else 0 end from landing))",
                [
                    *key, signed.id, signed.document_number, signed.signed_on, signed.rectify_by, signed.draft_sha256,
                    Jsonb(inspection.editions), wording_dated, Jsonb(verdicts),
                ],
            )  # fmt: skip
            for name, body in files.items():
                cursor.execute(
                    "insert into published_file (quarter, number, name, sha256, body) values (%s, %s, %s, %s, %s)",
                    [*key, name, hashlib.sha256(body).hexdigest(), body],
                )
        connection.commit()
    finally:
        connection.rollback()


def publication(connection: Connection, inspection: Inspection) -> Publication | None:
    """What was published of an inspection; None: it was not."""
    return next((p for p in publications(connection, inspection.quarter) if p.number == inspection.number), None)


def publications(connection: Connection, quarter: str | None = None) -> list[Publication]:
    """All that was published, of one quarter or of all, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {KEPT} from publication where %s::text is null or quarter = %s order by quarter, number",  # noqa: S608
            [quarter, quarter],
        )
        return [Publication(*row) for row in cursor.fetchall()]


def published_files(connection: Connection, published: Publication) -> dict[str, bytes]:
    """The frozen bytes by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select name, body from published_file where quarter = %s and number = %s order by name",
            [published.quarter, published.number],
        )
        return {name: bytes(body) for name, body in cursor.fetchall()}


def refuse_published(connection: Connection, inspection: Inspection) -> None:
    """BadInput if an inspection is published: nothing about it is decided any more."""
    published = publication(connection, inspection)
    if published is not None:
        raise BadInput(f"{inspection.name}: 已印发（{published.document_number}），不得再改动")


def keep_difference(connection: Connection, inspection: Inspection, published: Publication, rows: list[Json]) -> None:
    """Write what a later judging would say otherwise than the published notice. Commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into difference (quarter, number, published, rows) values (%s, %s, %s, %s)"
            " on conflict (quarter, number) do update set published = excluded.published, rows = excluded.rows,"
            " found_at = now()",
            [inspection.quarter, inspection.number, published.number, Jsonb(rows)],
        )
    connection.commit()


# Explanations


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a unit said of a finding about it."""

    clause: str
    subject: str
    unit: str
    text: str
    file_name: str
    late: bool  # after its window had ended
    at: datetime


def explain(
    connection: Connection,
    inspection: Inspection,
    clause: str,
    subject: str,
    unit: str,
    text: str,
    file: tuple[str, bytes] | None,
    late: bool,
) -> None:
    """Keep a unit's explanation beside the finding. Commits."""
    name, body = file or ("", None)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into explanation (quarter, number, clause, subject, unit, text, file_name, file_body, late)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [inspection.quarter, inspection.number, clause, subject, unit, text, name, body, late],
        )
    connection.commit()


def explanations(connection: Connection, inspection: Inspection) -> dict[tuple[str, str], list[Explanation]]:
    """Every explanation by clause and subject, oldest first."""
    found: dict[tuple[str, str], list[Explanation]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select clause, subject, unit, text, file_name, late, at from explanation"
            " where quarter = %s and number = %s order by id",
            [inspection.quarter, inspection.number],
        )
        for row in cursor.fetchall():
            found.setdefault((row[0], row[1]), []).append(Explanation(*row))
    return found


# Re-checks


@dataclass(frozen=True, slots=True)
class Recheck:
    """A published finding judged anew on a later day."""

    clause: str
    subject: str
    unit: str
    checked_on: date
    outcome: str
    because: str


def keep_rechecks(connection: Connection, published: Publication, day: date, rows: Sequence[Sequence[Any]]) -> None:
    """Write a day's re-checks; one that was made on the same day is replaced.

    A row is (clause, subject, unit, outcome, measured, because, proof as JSON). Commits.
    """
    with connection.cursor() as cursor:
        for clause, subject, unit, outcome, measured, because, proof in rows:
            cursor.execute(
                "insert into recheck (quarter, number, clause, subject, checked_on, unit, outcome, measured, because,"
                " proof) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
                " on conflict (quarter, number, clause, subject, checked_on) do update set outcome = excluded.outcome,"
                " measured = excluded.measured, because = excluded.because, proof = excluded.proof, checked_at = now()",
                [
                    published.quarter, published.number, clause, subject, day, unit, outcome, measured, because,
                    Jsonb(proof),
                ],
            )  # fmt: skip
    connection.commit()


def rechecks(connection: Connection, published: Publication) -> dict[tuple[str, str], Recheck]:
    """The latest re-check of each clause and subject that could tell anything: unjudged days are passed over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct on (clause, subject) clause, subject, unit, checked_on, outcome, because from recheck"
            " where quarter = %s and number = %s and outcome in ('passed', 'failed')"
            " order by clause, subject, checked_on desc",
            [published.quarter, published.number],
        )
        return {(row[0], row[1]): Recheck(*row) for row in cursor.fetchall()}
