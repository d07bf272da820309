"""A person's word on evidence that stopped a quarter: what is laid aside as impossible, and what is vouched for."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from inspectorate.store.inspection import Inspection

LANDED = ("visit", "answer", "page_visit", "letter_visit", "discovery", "account_visit", "article", "post")


@dataclass(frozen=True, slots=True)
class Impossible:
    """A landed row that cannot be, as the evidence suite lists it."""

    id: int  # its number of landing
    item: str  # the table that it was landed in
    subject: str
    seen_at: datetime
    seconds: float | None
    fault: str
    source: str  # of a visit: the monitor


def impossible(cursor: Cursor) -> list[Impossible]:
    """What the evidence suite calls impossible in the inspection of this session."""
    cursor.execute(
        "select e.id, e.item, e.subject, e.seen_at, e.seconds, e.fault, coalesce(v.source, '')"
        " from evidence_impossible as e left join visit as v on e.item = 'visit' and e.id = v.id"
        " order by e.item, e.subject, e.seen_at"
    )
    return [Impossible(*row) for row in cursor.fetchall()]


def of_source(cursor: Cursor, source: str) -> list[Impossible]:
    """Every other visit of one monitor that counts for the inspection of this session and for no official one before.

    Where some of a monitor's figures cannot be, none of them can be believed: milliseconds under ten minutes too.
    """
    cursor.execute(
        "select v.id, 'visit', v.site, v.visited_at, v.seconds, '同一来源', v.source"
        " from visit as v inner join audited as a on v.id <= a.last_landed"
        " where v.source = %s and v.id > coalesce((select max(i.last_landed) from inspection as i"
        " where i.standing = 'official' and i.quarter < a.quarter), 0)"
        " and v.id not in (select e.id from evidence_impossible as e where e.item = 'visit')"
        " order by v.site, v.visited_at",
        [source],
    )
    return [Impossible(*row) for row in cursor.fetchall()]


def void(connection: Connection, rows: Collection[Impossible], reason: str, by: str) -> Counter[str]:
    """Take rows out of evidence and keep them whole, with who did so and why; how many of each table. Commits."""
    found: Counter[str] = Counter()
    with connection, connection.cursor() as cursor:
        for item in LANDED:
            numbers = [row.id for row in rows if row.item == item]
            if not numbers:
                continue
            cursor.execute(
                f"with gone as (delete from {item} as t where id = any(%s) returning id, to_jsonb(t) as facts)"  # noqa: S608
                " insert into voided (id, item, facts, reason, by) select id, %s, facts, %s, %s from gone",
                [numbers, item, reason, by],
            )
            found[item] = cursor.rowcount
    return found


def vouch(connection: Connection, inspection: Inspection, expectations: Sequence[str], reason: str, by: str) -> None:
    """Keep that a person lets an inspection go on although expectations of its evidence are not met. Commits."""
    with connection, connection.cursor() as cursor:
        for code in expectations:
            cursor.execute(
                "insert into vouching (quarter, number, expectation, reason, by) values (%s, %s, %s, %s, %s)",
                [inspection.quarter, inspection.number, code, reason, by],
            )
