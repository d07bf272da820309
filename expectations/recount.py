"""The second count: an inspection's frozen limits and what the SQL views make of its evidence."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from inspectorate.edition import Clause, Edition
from inspectorate.quarter import Period
from inspectorate.store.inspection import Inspection

SEEN = (  # tables whose statistics the planner needs, just after much was landed
    "visit, page_visit, article, letter_visit, discovery, account_visit, post, site_column, confirmation, exemption"
)
LIMITED = (
    "clause, edition, rule, subject, vetoes, share, seconds, visits_a_day, week, grouped_within, least, enough, span,"
    " waiting, asked_within, agreeing, classes, first_level, trusted, excluded, despite,"
    " outage_sites, outage_sites_alone, outage_share, outage_within, outage_columns"
)
FACTS = (
    "quarter, number, site, url, name, class, class_confirmed, type, parent, level, exempt, folder, counted, items,"
    " undatable, shown_newest, shown_blank, dated_list, newest, filled, blank_confirmed, stale_said, cleared, uncleared"
)
COUNTS = "quarter, number, clause, kind, subject, outcome, measured, limit_value, low, high"


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit looks at: one frozen inspection, or the register and the evidence as they stand."""

    quarter: str = "now"
    number: int = 0

    @classmethod
    def of(cls, inspection: Inspection) -> "Audited":
        return cls(inspection.quarter, inspection.number)

    @property
    def name(self) -> str:
        """As the views read it from the session's setting inspectorate.inspection."""
        return f"{self.quarter}/{self.number}" if self.number else self.quarter


def session(audited: Audited) -> dict[str, str]:
    """The settings of a session that reads the views."""
    return {
        "inspectorate.inspection": audited.name,
        "timezone": "Asia/Shanghai",
        "jit": "off",  # compiling takes longer than any of these queries
        "work_mem": "64MB",
    }


def choose(cursor: Cursor, audited: Audited) -> None:
    """From now on the views of this session speak of what is audited."""
    for setting, value in session(audited).items():
        cursor.execute("select set_config(%s, %s, false)", [setting, value])


def fill(
    connection: Connection, audited: Audited, editions: Iterable[Edition], switched_on: Collection[str] | None
) -> None:
    """Write the limits and what is known of every column, and count anew. Commits.

    `editions`: those in force, the main one among them; `switched_on`: the clauses frozen (None: all).
    """
    key = [audited.quarter, audited.number]
    with connection.cursor() as cursor:
        choose(cursor, audited)
        for table in ("clause_limit", "class_limit", "column_fact", "ledger_count"):
            cursor.execute(f"delete from {table} where quarter = %s and number = %s", key)  # noqa: S608 - our own names
        for edition in editions:
            for clause in edition.clauses:
                if clause.automatic and (switched_on is None or clause.id in switched_on):
                    _keep_clause(cursor, audited, edition, clause)
            if edition.main:
                _keep_classes(cursor, audited, edition)
        cursor.execute(f"analyze {SEEN}")
        cursor.execute(f"insert into column_fact ({FACTS}) select {FACTS} from column_seen")  # noqa: S608
        cursor.execute("analyze column_fact, clause_limit, class_limit")
        cursor.execute(f"insert into ledger_count ({COUNTS}) select {COUNTS} from ledger_recount")  # noqa: S608
    connection.commit()


def _keep_clause(cursor: Cursor, audited: Audited, edition: Edition, clause: Clause) -> None:
    limits = clause.limits
    minutes, together = limits.get("group_minutes"), limits.get("outage_minutes")
    row = [
        audited.quarter, audited.number, clause.id, edition.id, clause.rule, clause.subject,
        edition.main and clause.consequence == "veto",
        limits.get("share"), limits.get("seconds"), limits.get("visits_a_day"), _interval(limits.get("week")),
        f"{minutes} minutes" if minutes is not None else None,
        limits.get("least"), limits.get("count"),
        *(_interval(limits.get(name)) for name in ("window", "waiting", "within")),
        limits.get("agreeing"),
        *(list(words) for words in (clause.classes, clause.first_level, clause.trusted)),
        *(list(words) for words in (clause.excluded, clause.despite)),
        *(limits.get(f"outage_{name}") for name in ("sites", "sites_alone", "share")),
        f"{together} minutes" if together is not None else None, limits.get("outage_columns"),
    ]  # fmt: skip
    cursor.execute(
        f"insert into clause_limit (quarter, number, {LIMITED}) values ({', '.join(['%s'] * len(row))})",  # noqa: S608
        row,
    )


def _keep_classes(cursor: Cursor, audited: Audited, edition: Edition) -> None:
    for cadence in edition.columns:
        cursor.execute(
            "insert into class_limit (quarter, number, class, title, period, dated_list)"
            " values (%s, %s, %s, %s, %s, %s)",
            [audited.quarter, audited.number, cadence.kind, cadence.title, _interval(cadence.period),
             cadence.dated_list],
        )  # fmt: skip


def _interval(stretch: float | Period | None) -> str | None:
    """A stretch as Postgres reads it; months stay calendar months."""
    if stretch is None:
        return None
    if not isinstance(stretch, Period):
        raise TypeError(f"{stretch!r} 不是时段")
    return f"{stretch.months} months {stretch.days} days"
