"""What inspection teams entered, kept for ever, and the attestations that follow from it."""

from collections.abc import Sequence

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from inspectorate.finding import Attestation
from inspectorate.store import finding as kept
from inspectorate.store.inspection import Inspection
from inspectorate.worksheet import Entry
from inspectorate.worksheet import attested as holding


def keep(connection: Connection, inspection: Inspection, entries: Sequence[Entry], file_name: str, sha256: str) -> int:
    """Keep one worksheet's entries, all or none, and say how many are news. Commits.

    An entry that repeats what the same person said last of the same finding is not written again.
    """
    standing = {(e.clause, e.subject, e.by): e for e in read(connection, inspection)}
    news = [
        e
        for e in entries
        if (was := standing.get((e.clause, e.subject, e.by))) is None
        or (was.result, was.note, was.url, was.digest) != (e.result, e.note, e.url, e.digest)
    ]
    rows = [
        (
            inspection.quarter, inspection.number, e.clause, e.subject, e.digest, e.team, e.result, e.note, e.url, e.by,
            e.at, file_name, sha256,
        )
        for e in news
    ]  # fmt: skip
    try:
        with connection.cursor() as cursor:
            if rows:
                execute_values(
                    cursor,
                    "insert into worksheet_entry (quarter, number, clause, subject, digest, team, result, note, url,"
                    " by, at, file_name, file_sha256) values %s",
                    rows,
                )
        connection.commit()
    finally:
        connection.rollback()
    return len(news)


def read(connection: Connection, inspection: Inspection) -> list[Entry]:
    """What each person said last, of findings that are still judged as they were when they looked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct on (e.clause, e.subject, e.by)"
            " e.clause, e.subject, e.digest, e.team, e.result, e.note, e.url, e.by, e.at"
            " from worksheet_entry as e inner join finding as f"
            " using (quarter, number, clause, subject, digest)"
            " where e.quarter = %s and e.number = %s order by e.clause, e.subject, e.by, e.id desc",
            [inspection.quarter, inspection.number],
        )
        return [Entry(*row) for row in cursor.fetchall()]


def attested(connection: Connection, inspection: Inspection) -> list[Attestation]:
    """The attestations that hold for one inspection: people's general ones, and those of the teams' worksheets."""
    return holding(read(connection, inspection), kept.attestations(connection, inspection).values())
