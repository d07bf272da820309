"""Tries at links and what was seen on pages beside: what the errand goes on with, what the judge is given."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from inspectorate.evidence import (
    ArticleVisit,
    Door,
    ErrorMessage,
    GuideVisit,
    LinkSweep,
    LinkTry,
    PageFoot,
    PageSign,
    SiteEvidence,
    Visit,
    YearlyTable,
)
from inspectorate.quarter import Quarter, midnight
from inspectorate.store.inspection import Inspection

REMEMBERED = timedelta(days=60)  # tries that are older tell nothing
FOOT_SHOWN = timedelta(days=7)  # before the inspection: a foot that was seen longer ago clears nothing
CLOSED = "closed"  # the source of visits to sites that do not run any more

# What the errand goes on with


def latest_tries(connection: Connection, codes: Sequence[str]) -> dict[tuple[str, str], tuple[datetime, bool]]:
    """Site and address → when it was tried last, and whether it failed then; a wall is no failure, and asked again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct on (site, url) site, url, tried_at, outcome <> 'opened' from link_try"
            " where (cardinality(%(codes)s::text[]) = 0 or site = any(%(codes)s))"
            " and tried_at > now() - %(remembered)s order by site, url, tried_at desc",
            {"codes": list(codes), "remembered": REMEMBERED},
        )
        return {(site, url): (at, failed) for site, url, at, failed in cursor.fetchall()}


def closed_visits(connection: Connection, quarter: Quarter) -> set[str]:
    """The sites that were looked at in a quarter as ones that do not run any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct site from visit where source = %s and visited_at >= %s and outcome <> 'ours'",
            [CLOSED, midnight(quarter.first_day)],
        )
        return {site for (site,) in cursor.fetchall()}


# What the judge is given


def gather(connection: Connection, inspection: Inspection, codes: Iterable[str]) -> dict[str, SiteEvidence]:
    """Of each site the tries at its links, its guides, articles, signs and feet, and the visits after closing."""
    facts: dict[str, Any] = {
        "codes": list(codes),
        "last": inspection.last_landed,
        "at": inspection.inspected_at,
        "from": inspection.inspected_at - REMEMBERED,
        "shown_from": inspection.inspected_at - FOOT_SHOWN,
        "since": midnight(Quarter.parse(inspection.quarter).first_day),
        "closed": CLOSED,
    }
    with connection.cursor() as cursor:
        tries = _read(cursor, TRIES, facts, LinkTry, 5)
        sweeps = _read(cursor, SWEEPS, facts, LinkSweep)
        signs = _read(cursor, SIGNS, facts, PageSign)
        feet = _read(cursor, FEET, facts, PageFoot)
        guides = _read(cursor, GUIDES, facts, GuideVisit)
        readings = _read(cursor, READINGS, facts, ArticleVisit)
        errors = _read(cursor, ERRORS, facts, ErrorMessage)
        tables: dict[str, list[YearlyTable]] = defaultdict(list)
        cursor.execute(TABLES, facts)
        for site, *row in cursor.fetchall():
            tables[site].append(YearlyTable(*row))
        visits = _read(cursor, CLOSED_VISITS, facts, Visit, 3)
    return {
        code: SiteEvidence(
            links=tuple(tries.get(code, ())),
            sweep=next(iter(sweeps.get(code, ())), None),
            signs=tuple(signs.get(code, ())),
            errors=tuple(errors.get(code, ())),
            feet=tuple(feet.get(code, ())),
            guides=tuple(guides.get(code, ())),
            readings=tuple(readings.get(code, ())),
            tables=tuple(tables.get(code, ())),
            closed=tuple(visits.get(code, ())),
        )
        for code in facts["codes"]
    }


def beside(evidence: SiteEvidence, more: SiteEvidence | None) -> SiteEvidence:
    """A site's evidence with its links, its guides, its articles, its signs and its foot."""
    if more is None:
        return evidence
    return replace(
        evidence,
        links=more.links,
        sweep=more.sweep,
        guides=more.guides,
        readings=more.readings,
        tables=more.tables,
        signs=more.signs,
        errors=more.errors,
        feet=more.feet,
        closed=more.closed,
    )


def _read(
    cursor: Cursor, query: str, facts: dict[str, Any], kind: type, door: int | None = None
) -> dict[str, list[Any]]:
    """Site → rows of one class."""
    names = [f.name for f in fields(kind)]
    listed = ", ".join("first_seen" if name == "seen_at" else name for name in names)
    cursor.execute(query.replace("{listed}", listed), facts)
    found: dict[str, list[Any]] = defaultdict(list)
    for row in cursor.fetchall():
        found[row[0]].append(kind(*(Door(value) if place == door else value for place, value in enumerate(row))))
    return found


TRIES = """
select {listed}
from link_try
where site = any(%(codes)s) and id <= %(last)s and tried_at > %(from)s and tried_at <= %(at)s
order by site, url, tried_at
"""

SWEEPS = """
select distinct on (site) {listed}
from link_sweep
where site = any(%(codes)s) and id <= %(last)s and swept_at > %(from)s and swept_at <= %(at)s
order by site, swept_at desc
"""

SIGNS = """
select {listed}
from page_sign
where site = any(%(codes)s) and id <= %(last)s and last_seen >= %(since)s and first_seen <= %(at)s
order by site, sign, url, what
"""

FEET = """
select {listed}
from page_foot
where site = any(%(codes)s) and id <= %(last)s and visited_at > %(shown_from)s
order by site, visited_at
"""

GUIDES = """
select distinct on (site, url) {listed}
from guide_visit
where site = any(%(codes)s) and id <= %(last)s and visited_at >= %(since)s and visited_at <= %(at)s
order by site, url, visited_at desc
"""

READINGS = """
select distinct on (site, url) {listed}
from article_visit
where site = any(%(codes)s) and id <= %(last)s and visited_at >= %(since)s and visited_at <= %(at)s
order by site, url, visited_at desc
"""

# The earliest printed day of each; one that was listed after the moment can only clear, so it counts, too.
TABLES = """
select site, url, title, min(dated), min(first_seen), min(column_url)
from article
where site = any(%(codes)s) and id <= %(last)s and title like '%%年度报%%'
group by site, url, title
order by site, url, title
"""

# An export that was made after the moment can clear: it tells of answers given by then.
ERRORS = """
select {listed}
from error_message
where site = any(%(codes)s) and id <= %(last)s
order by site, number, exported_at
"""

CLOSED_VISITS = """
select {listed}
from visit
where
    site = any(%(codes)s) and source = %(closed)s and id <= %(last)s
    and visited_at >= %(since)s and visited_at <= %(at)s
order by site, visited_at
"""
