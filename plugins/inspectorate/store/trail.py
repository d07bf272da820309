"""The whole trail of one inspection: who did what, when, and why, from every table that keeps a person's word."""

from dataclasses import dataclass
from datetime import datetime

from psycopg2.extensions import connection as Connection

from inspectorate.store.inspection import Inspection


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an inspection."""

    at: datetime
    by: str  # sign-in name, a unit, or empty: the system
    what: str
    clause: str
    subject: str
    said: str  # the ruling, the state or the number
    because: str


def read(connection: Connection, inspection: Inspection) -> list[Event]:
    """Everything in order of time; of a column's confirmations those of its sites, up to now."""
    codes = [s.site_code for s in inspection.register.sites]
    facts = {"quarter": inspection.quarter, "number": inspection.number, "codes": codes}
    found = []
    with connection.cursor() as cursor:
        for what, (query, of) in QUERIES.items():
            cursor.execute(query + of, facts)
            found += [Event(at, by, what, *rest) for at, by, *rest in cursor.fetchall()]
    return sorted(found, key=lambda event: event.at)


HERE = " where quarter = %(quarter)s and number = %(number)s"
SITES = " where site_code = any(%(codes)s)"
# what happened → at, by, clause, subject, said, because; and of which rows
QUERIES = {
    "固定": ("select frozen_at, '', '', '', standing, inspected_at::text from inspection", HERE),
    "复核": ("select at, by, clause, subject, ruling, reason || '；' || phrase from decision", HERE),
    "确认未发现": ("select at, by, clause, array_to_string(excepted, '、'), '', '' from attestation", HERE),
    "检查组意见": ("select at, by, clause, subject, result, note from worksheet_entry", HERE),
    "不纳入检查": ("select at, by, '', subject, '', reason from set_aside", HERE),
    "栏目认定": ("select at, by, fact, site_code || ' ' || url, value, reason from confirmation", SITES),
    "栏目免检": (
        "select at, by, '', site_code || ' ' || url, coalesce(until::text, ''), reason from exemption",
        SITES,
    ),
    "单位说明": ("select at, unit, clause, subject, file_name, text from explanation", HERE),
    "成稿": ("select drafted_at, '', '', '', sha256, '' from draft", HERE),
    "复核与签发作答": ("select at, by, stage, '', chosen, because from signing_answer", HERE),
    "签发": ("select at, by, '', '', document_number, draft_sha256 from signature", HERE),
    "印发": ("select published_at, '', '', '', document_number, draft_sha256 from publication", HERE),
    "信件": ("select coalesce(sent_at, queued_at), unit, kind, recipient, state, because from outbox", HERE),
    "复查": ("select checked_at, '', clause, subject, outcome, because from recheck", HERE),
    "撤销认定": ("select at, by, clause, subject, ruling, reason from reversal", HERE),
    "更正成稿": ("select drafted_at, '', '', '', sha256, '' from correction_draft", HERE),
    "更正作答": ("select at, by, '', document_number, chosen, because from correction_answer", HERE),
    "更正印发": ("select published_at, '', '', '', document_number, draft_sha256 from correction", HERE),
}
