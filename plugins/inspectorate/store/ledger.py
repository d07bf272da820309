"""The first-seen ledger: list items whose printed date does not go with the lists that were stored."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from inspectorate.edition import Clause
from inspectorate.evidence import Look, Oddity
from inspectorate.quarter import Period, midnight


def read_oddities(cursor: Cursor, facts: dict[str, Any], clause: Clause) -> dict[str, list[Oddity]]:
    """What may be odd about the lists of some sites, by site; the clause's limits narrow the search.

    `facts`: codes, last (landed row that counts), at and day of an inspection. The same evidence gives the same answer
    whatever was landed later.
    """
    given = facts | {
        "seen_from": midnight(clause.within.before(facts["day"])),
        "backdated": _interval(clause.period("backdated")),
        "agreeing": clause.whole("agreeing"),
        "items": clause.whole("items"),
        "crawl_dated": clause.whole("crawl_dated"),
    }
    found: dict[str, list[Oddity]] = defaultdict(list)
    cursor.execute(ODDITIES, given)
    for kind, site, url, name, before, before_sha256, seen, sha256, count, dated, was, title in cursor.fetchall():
        looks = (Look(before, before_sha256), Look(seen, sha256))
        found[site].append(Oddity(kind, url, name, *looks, count, dated, was, title))
    return found


@dataclass(frozen=True, slots=True)
class Listed:
    """One printed day of one list item, with the day on which we first saw it and its place in the list then."""

    column_url: str
    column: str
    url: str
    title: str
    dated: date | None
    first_seen: datetime
    place: int  # 1 is the top
    pinned: bool


def first_seen(connection: Connection, site: str, column: str = "") -> list[Listed]:
    """The ledger of a site, or of one of its columns, what was seen last at the top."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select a.column_url, coalesce(c.name, ''), a.url, a.title, a.dated, a.first_seen, a.position + 1, a.pinned"
            " from article as a left join lateral (select k.name from site_column as k"
            " where k.site_code = a.site and k.url = a.column_url order by k.id desc limit 1) as c on true"
            " where a.site = %(site)s and (%(column)s = '' or a.column_url = %(column)s)"
            " order by a.first_seen desc, a.column_url, a.position",
            {"site": site, "column": column},
        )
        return [Listed(*row) for row in cursor.fetchall()]


def _interval(period: Period) -> str:
    """As Postgres takes it; the judge counts calendar months again."""
    return f"{period.months} months {period.days} days"


# A list counts if it was read in full. A column's first reading shows nothing, so only what came later is looked at:
# `since` is that reading's moment. `was` is the day that was printed before. The cheap tests go first, for a province
# has millions of columns and hardly one that is odd.
#
# backdated: an item that was absent from lists that would have held it: they reach beyond its day, and show more items
# than are newer than it or pinned. One that stood there under another day has moved instead. The last ten lists count.
# moved: an item that bears another day than in an earlier list.
# burst: many items first seen in one list, all newer than the list before had any.
# crawl_dated: the latest list of a column on which every item bears the day of reading.
ODDITIES = """
with reading as (
    select site, url, min(visited_at) as since, count(*) as readings
    from page_visit
    where site = any(%(codes)s) and kind = 'column'
    group by site, url
    having count(*) > 1
),

recent as materialized (
    select i.site, i.column_url, i.url, i.dated, i.title, i.pinned, i.first_seen, r.readings
    from article as i
    inner join reading as r on i.site = r.site and i.column_url = r.url and i.first_seen > r.since
    where
        i.site = any(%(codes)s) and i.id <= %(last)s
        and i.first_seen >= %(seen_from)s and i.first_seen <= %(at)s
),

absent as materialized (
    select i.site, i.column_url, i.url, i.dated, i.title, i.first_seen, l.visited_at, l.sha256, l.missing
    from recent as i
    cross join lateral (
        select v.visited_at, v.sha256, count(*) over () as missing
        from (
            select *
            from page_visit
            where
                site = i.site and url = i.column_url and kind = 'column' and visited_at < i.first_seen
                and visited_at >= (i.dated + %(backdated)s::interval) at time zone 'Asia/Shanghai'
                and id <= %(last)s and complete and outcome = 'opened' and items > 0 and oldest < i.dated
            order by visited_at desc
            limit 10
        ) as v
        where v.items > (
            select count(distinct b.url)
            from article as b
            where
                b.site = i.site and b.column_url = i.column_url and b.id <= %(last)s and b.first_seen <= v.visited_at
                and (b.pinned or b.dated is null or b.dated >= i.dated)
        )
        order by v.visited_at desc
        limit 1
    ) as l
    where
        i.readings > %(agreeing)s and not i.pinned and l.missing >= %(agreeing)s
        and i.first_seen >= (i.dated + %(backdated)s::interval) at time zone 'Asia/Shanghai'
),

many as materialized (
    select site, column_url, first_seen
    from recent
    group by site, column_url, first_seen
    having count(*) >= %(items)s
),

dated_twice as materialized (
    select site, column_url, url
    from article
    where site = any(%(codes)s)
    group by site, column_url, url
    having count(*) > 1
),

odd as (
    select
        'backdated' as kind, i.site, i.column_url, i.visited_at as before, i.sha256, i.first_seen as seen,
        i.missing as count, i.dated, null::date as was, i.title
    from absent as i
    where
        exists (
            select from article as b
            where b.site = i.site and b.column_url = i.column_url and b.id <= %(last)s and b.first_seen < i.first_seen
        )
        and not exists (
            select from article as b
            where
                b.site = i.site and b.column_url = i.column_url and b.url = i.url and b.id <= %(last)s
                and (b.first_seen, b.dated) < (i.first_seen, i.dated)
        )
    union all
    select
        'moved', i.site, i.column_url, i.was_seen, v.sha256, i.first_seen, 1, i.dated, i.was, i.title
    from (
        select
            a.site, a.column_url, a.dated, a.title, a.first_seen,
            lag(a.dated) over url_in_time as was,
            lag(a.first_seen) over url_in_time as was_seen
        from article as a
        inner join dated_twice as d on a.site = d.site and a.column_url = d.column_url and a.url = d.url
        where a.id <= %(last)s
        window url_in_time as (partition by a.site, a.column_url, a.url order by a.first_seen, a.dated)
    ) as i
    inner join page_visit as v
        on v.site = i.site and v.url = i.column_url and v.kind = 'column' and v.visited_at = i.was_seen
    where
        i.was <> i.dated and i.was_seen < i.first_seen
        and i.first_seen >= %(seen_from)s and i.first_seen <= %(at)s
    union all
    select 'burst', i.site, i.column_url, p.visited_at, p.sha256, i.first_seen, i.items, p.newest, null, ''
    from (
        select n.site, n.column_url, n.first_seen, count(*) as items, min(n.dated) as earliest
        from many as m
        inner join recent as n
            on m.site = n.site and m.column_url = n.column_url and m.first_seen = n.first_seen
        where
            exists (
                select from article as b
                where
                    b.site = m.site and b.column_url = m.column_url and b.id <= %(last)s and b.first_seen < m.first_seen
            )
            and not exists (
                select from article as b
                where
                    b.site = n.site and b.column_url = n.column_url and b.url = n.url and b.id <= %(last)s
                    and (
                        b.first_seen < n.first_seen
                        or (
                            b.first_seen = n.first_seen
                            and (b.dated < n.dated or (b.dated is not null and n.dated is null))
                        )
                    )
            )
        group by n.site, n.column_url, n.first_seen
        having count(*) >= %(items)s
    ) as i
    cross join lateral (
        select v.visited_at, v.sha256, v.newest
        from page_visit as v
        where
            v.site = i.site and v.url = i.column_url and v.kind = 'column' and v.id <= %(last)s
            and v.complete and v.outcome = 'opened' and v.items > 0 and v.visited_at < i.first_seen
        order by v.visited_at desc
        limit 1
    ) as p
    where i.earliest > p.newest
    union all
    select 'crawl_dated', l.site, l.url, l.visited_at, l.sha256, l.visited_at, l.items, l.newest, null, ''
    from (
        select distinct on (site, url) site, url, visited_at, sha256, items, newest
        from page_visit
        where
            site = any(%(codes)s) and id <= %(last)s and kind = 'column' and complete and outcome = 'opened'
            and visited_at >= %(seen_from)s and visited_at <= %(at)s
            and newest = oldest and newest = (visited_at at time zone 'Asia/Shanghai')::date
            and coalesce(undated, 0) = 0 and items >= %(crawl_dated)s
        order by site, url, visited_at desc
    ) as l
)

select
    odd.kind, odd.site, odd.column_url, coalesce(nullif(c.name, ''), odd.column_url), odd.before, odd.sha256, odd.seen,
    s.sha256, odd.count, odd.dated, odd.was, odd.title
from odd
inner join page_visit as s
    on s.site = odd.site and s.url = odd.column_url and s.kind = 'column' and s.visited_at = odd.seen
left join lateral (
    select k.name from site_column as k
    where k.site_code = odd.site and k.url = odd.column_url and k.id <= %(last)s order by k.id desc limit 1
) as c on true
order by odd.kind, odd.site, odd.column_url, odd.dated, odd.seen, odd.title, odd.was
"""
