"""The addresses seen under each site, for the survey form of domain names."""

from psycopg2.extensions import connection as Connection

from inspectorate.evidence import ACCUSES_WITHIN, Host
from inspectorate.quarter import day_of
from inspectorate.register import Column
from inspectorate.rules.domains import host_of
from inspectorate.store.inspection import Inspection


def read(connection: Connection, inspection: Inspection) -> tuple[tuple[Host, ...], tuple[Column, ...]]:
    """Every address on another host one by one, those on a site's own host told together by type; and the columns
    that a subordinate body keeps.
    """
    running = inspection.register.running_sites(day_of(inspection.inspected_at))
    facts = {
        "codes": [site.site_code for site in running],
        "mains": [host_of(site.home_url) for site in running],
        "last": inspection.last_landed,
        "at": inspection.inspected_at,
        "from": inspection.inspected_at - ACCUSES_WITHIN,
        "day": day_of(inspection.inspected_at),
    }
    with connection.cursor() as cursor:
        cursor.execute(HOSTS, facts)
        hosts = tuple(Host(*row) for row in cursor.fetchall())
        cursor.execute(KEPT_BY_OTHERS, facts)
        columns = tuple(
            Column(code, url, name, type=type_, owner=owner) for code, url, name, type_, owner in cursor.fetchall()
        )
    return hosts, columns


HOSTS = """
with seen as (
    select
        h.*,
        (h.host = s.main or 'www.' || h.host = s.main or h.host = 'www.' || s.main)
        and h.url !~ '^[^/]*//[^/]*:[0-9]' as own
    from host as h
    inner join unnest(%(codes)s::text[], %(mains)s::text[]) as s (site, main) on h.site = s.site
    where h.id <= %(last)s and h.first_seen <= %(at)s and h.last_seen >= %(from)s
)

select
    site,
    min(host) as host,
    min(name) || case when count(distinct url) > 1 then '等' || count(distinct url) || '个' else '' end as name,
    type,
    min(url) as url,
    min(first_seen) as seen_at
from seen
where own
group by site, type
union all
select site, host, min(name), type, url, min(first_seen)
from seen
where not own
group by site, host, type, url
order by site, type, host, url
"""

# What a person said of a column's owner goes before what its unit filed.
KEPT_BY_OTHERS = """
select c.site_code, c.url, c.name, c.type, coalesce(o.value, c.owner)
from site_column as c
left join lateral (
    select k.value
    from confirmation as k
    where
        k.site_code = c.site_code and k.url = c.url and k.fact = 'owner' and k.value <> ''
        and (k.until is null or k.until >= %(day)s)
    order by k.at desc, k.id desc
    limit 1
) as o on true
where
    c.site_code = any(%(codes)s) and c.id <= %(last)s and coalesce(o.value, c.owner) <> ''
    and (c.valid_to is null or c.closed > %(last)s)
order by c.site_code, c.position, c.url
"""
