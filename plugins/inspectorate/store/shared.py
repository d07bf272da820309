"""What all sites of an inspection suffered at one time: gathered for the rule about platforms, and what it found."""

from collections import defaultdict
from urllib.parse import urlsplit

from psycopg2.extensions import connection as Connection

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import ACCUSES_WITHIN, Door, SharedFault, Visit
from inspectorate.quarter import day_of, midnight
from inspectorate.rules.shared import (
    BlankSite,
    CityWeek,
    Place,
    SharedFaults,
    find_broken_templates,
    find_crowds,
    find_outages,
    stretch,
    zone_of,
)
from inspectorate.store.inspection import Inspection


def find_shared(
    connection: Connection, inspection: Inspection, editions: tuple[Edition, ...], switched_on: frozenset[str] | None
) -> SharedFaults:
    """What broke many sites at once, by the numbers of the main edition."""
    main = next(one for one in editions if one.main)
    found: list[SharedFault] = []
    for clause in main.clauses_of("site"):
        if switched_on is not None and clause.id not in switched_on:
            continue
        if clause.rule == "site_unreachable":
            found += find_outages(gather_week(connection, inspection, clause), clause)
        elif clause.rule == "columns_blank":
            blank = gather_blank_sites(connection, inspection)
            found += find_broken_templates(blank, clause, inspection.inspected_at)
    return SharedFaults.of(found)


def gather_week(connection: Connection, inspection: Inspection, clause: Clause) -> CityWeek:
    """The shut doors of the week of a clause, and how many sites were visited at the same time in the same place."""
    half = stretch(clause)
    if half is None:
        return CityWeek()
    day = day_of(inspection.inspected_at)
    running = [site for site in inspection.register.all_sites if site.in_scope(day)]
    zones = {site.site_code: zone_of(urlsplit(site.home_url).hostname or "") for site in running}
    facts = {
        "codes": list(zones),
        "zones": list(zones.values()),
        "last": inspection.last_landed,
        "since": midnight(clause.period("week").before(day)),
        "until": midnight(day),
        "seconds": clause.seconds,
        "half": half.total_seconds(),
        "doors": [door.value for door in Door if door.theirs],
    }
    with connection.cursor() as cursor:
        cursor.execute(SHUT, facts)
        shut = tuple(Visit(row[0], row[1], row[2], Door(row[3]), *row[4:]) for row in cursor.fetchall())
        marks: dict[str, set[str]] = defaultdict(set)
        for sign, mark, _ in find_crowds(CityWeek(shut, zones), clause):
            marks[sign].add(mark)
        visited: dict[Place, int] = {}
        for sign in MARKS.keys() & marks.keys():
            cursor.execute(VISITED.replace("{mark}", MARKS[sign]), facts | {"marks": sorted(marks[sign])})
            visited |= {(sign, mark, number): sites for mark, number, sites in cursor.fetchall()}
    return CityWeek(shut, zones, visited)


def gather_blank_sites(connection: Connection, inspection: Inspection) -> list[BlankSite]:
    """The sites all of whose columns that were counted are blank, with the templates of their pages."""
    day = day_of(inspection.inspected_at)
    codes = [site.site_code for site in inspection.register.all_sites if site.in_scope(day)]
    with connection.cursor() as cursor:
        cursor.execute(
            BLANK,
            {
                "codes": codes,
                "last": inspection.last_landed,
                "at": inspection.inspected_at,
                "from": inspection.inspected_at - ACCUSES_WITHIN,
            },
        )
        return [BlankSite(site, columns, frozenset(templates)) for site, columns, templates in cursor.fetchall()]


def keep(connection: Connection, inspection: Inspection, faults: tuple[SharedFault, ...]) -> None:
    """What was found, in the place of what an earlier judging found. Commits."""
    with connection.cursor() as cursor:
        key = [inspection.quarter, inspection.number]
        cursor.execute("delete from shared_fault where quarter = %s and number = %s", key)
        for fault in faults:
            cursor.execute(
                "insert into shared_fault (quarter, number, sign, mark, sites, visits, since, until)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s)",
                [*key, fault.sign, fault.mark, list(fault.sites), fault.shut, fault.since, fault.until],
            )
    connection.commit()


def read(connection: Connection, inspection: Inspection) -> list[SharedFault]:
    """What the last judging found, the widest fault first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select sign, mark, sites, since, until, visits from shared_fault where quarter = %s and number = %s"
            " order by cardinality(sites) desc, since, sign, mark",
            [inspection.quarter, inspection.number],
        )
        return [
            SharedFault(sign, mark, tuple(sites), since, until, kept_visits=visits)
            for sign, mark, sites, since, until, visits in cursor.fetchall()
        ]


SHUT = """
select site, visited_at, source, outcome, seconds, sha256, because, warc, position, address
from visit
where
    site = any(%(codes)s) and id <= %(last)s and visited_at >= %(since)s and visited_at < %(until)s
    and (outcome = any(%(doors)s) or (outcome = 'opened' and seconds >= %(seconds)s))
order by site, visited_at, source
"""

MARKS = {"address": "v.address", "zone": "z.zone", "moment": "''"}  # an error page counts for itself

# Every half stretch of time belongs to two stretches, its own and the one before, so that they overlap. A visit brings
# its site to a stretch unless the visit before has brought it there already.
VISITED = """
select knock.mark, stretch.number, count(*)
from (
    select mark, half, lag(half) over (partition by site, mark order by visited_at) as before
    from (
        select
            v.site, v.visited_at, {mark} as mark,
            floor(date_part('epoch', v.visited_at) / %(half)s)::bigint as half
        from visit as v
        inner join unnest(%(codes)s::text[], %(zones)s::text[]) as z (site, zone) on v.site = z.site
        where
            v.id <= %(last)s and v.visited_at >= %(since)s and v.visited_at < %(until)s
            and {mark} = any(%(marks)s)
    ) as visited
) as knock
cross join lateral (values (knock.half), (knock.half - 1)) as stretch (number)
where knock.before is null or knock.before < stretch.number
group by knock.mark, stretch.number
"""

BLANK = """
with candidate as (
    select distinct site
    from page_visit
    where
        template <> '' and site = any(%(codes)s) and id <= %(last)s and kind = 'column' and complete
        and visited_at >= %(from)s and visited_at <= %(at)s
),

counted as (
    select distinct on (v.site, v.url) v.site, v.items, v.blank, v.template
    from page_visit as v
    inner join candidate as c on v.site = c.site
    where
        v.id <= %(last)s and v.kind = 'column' and v.complete and v.outcome = 'opened'
        and v.visited_at >= %(from)s and v.visited_at <= %(at)s
    order by v.site asc, v.url asc, v.visited_at desc
)

select site, count(*)::int, array_agg(distinct template) filter (where template <> '')
from counted
where items is not null or blank
group by site
having
    bool_and(coalesce(blank, false) and coalesce(items, 0) = 0)
    and count(*) filter (where template <> '') > 0
order by site
"""
