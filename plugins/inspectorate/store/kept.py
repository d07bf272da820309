"""What the desk shows of evidence: the kept answer behind a proof, and what was seen of one subject lately."""

from dataclasses import dataclass, fields
from datetime import datetime

from psycopg2.extensions import connection as Connection

from inspectorate.evidence import Answer

LATELY = 30  # rows of a kind


@dataclass(frozen=True, slots=True)
class Seen:
    """One line about a subject: when, what was visited, what came of it, and what we say about it."""

    at: datetime
    what: str
    url: str
    outcome: str
    because: str


def find_answer(connection: Connection, sha256: str, url: str = "") -> Answer | None:
    """The latest answer with this payload, if possible the one of this address; None: it is not kept."""
    names = ", ".join(f.name for f in fields(Answer))
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {names} from answer where sha256 = %s order by url = %s desc, fetched_at desc limit 1",  # noqa: S608
            [sha256, url],
        )
        found = cursor.fetchone()
    return None if found is None else Answer(*found)


def seen_lately(connection: Connection, subject: str) -> list[Seen]:
    """The last visits to a site's or an account's pages and what we could not read, latest first."""
    queries = (
        "select visited_at, '首页访问', '', outcome, because from visit where site = %s"
        " order by visited_at desc limit %s",
        "select visited_at, kind, url, outcome, because from page_visit where site = %s"
        " order by visited_at desc limit %s",
        "select visited_at, '账号', source, outcome, because from account_visit where account = %s"
        " order by visited_at desc limit %s",
        "select seen_at, '我方原因', url, errand, because from ours where subject = %s order by seen_at desc limit %s",
    )
    found = []
    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(query, [subject, LATELY])
            found += [Seen(*row) for row in cursor.fetchall()]
    return sorted(found, key=lambda row: row.at, reverse=True)
