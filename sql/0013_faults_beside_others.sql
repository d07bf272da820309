-- 平台性故障. An inspection of some sites alone (`--only`) still knows what the others suffered beside them.

-- noqa: disable=ST05,ST06

-- The sites in scope on the day, and those that were left out of this inspection.
create or replace view registered_site as
select
    a.quarter,
    a.number,
    a.inspected_at,
    a.day,
    a.accuses_from,
    a.last_landed,
    s.facts ->> 'site_code' as site,
    s.facts ->> 'home_url' as home_url
from audited as a
cross join
    lateral jsonb_array_elements(
        (a.register -> 'sites') || coalesce(a.register -> 'left_out' -> 'sites', '[]'::jsonb)
    ) as s (facts)
where
    s.facts ->> 'status' = 'running'
    and coalesce((s.facts ->> 'valid_from')::date <= a.day, true)
    and coalesce((s.facts ->> 'valid_to')::date >= a.day, true);

-- The same visits of all registered sites, for what many of them share.
create or replace view page_counted_anywhere as
select distinct on (v.site, v.url, v.kind)
    v.site,
    v.url,
    v.kind,
    v.visited_at,
    v.items,
    v.undated,
    v.newest,
    v.blank,
    v.dated_list,
    v.sha256,
    v.template
from page_visit as v
inner join registered_site as s on v.site = s.site
where
    v.id <= s.last_landed and v.complete and v.outcome = 'opened'
    and v.visited_at between s.accuses_from and s.inspected_at
order by v.site asc, v.url asc, v.kind asc, v.visited_at desc;

-- The second count of a template that shows nothing: so many sites of which every column that was read is blank.
create or replace view site_of_broken_template as
with blank_site as (
    select
        p.site,
        count(*) as columns,
        array_agg(distinct p.template) filter (where p.template <> '') as templates
    from page_counted_anywhere as p
    where
        p.kind = 'column' and (p.items is not null or p.blank)
        and p.site in (
            select v.site
            from page_visit as v
            inner join audited as a on v.visited_at between a.accuses_from and a.inspected_at
            where v.template <> ''
        )
    group by p.site
    having bool_and(coalesce(p.blank, false) and coalesce(p.items, 0) = 0)
)

select distinct b.site
from blank_site as b
cross join lateral unnest(b.templates) as t (template)
cross join audited as a
inner join clause_limit as l on a.quarter = l.quarter and a.number = l.number and l.rule = 'columns_blank' and l.vetoes
where
    b.columns >= l.outage_columns
    and (
        select count(*)
        from blank_site as o
        where t.template = any(o.templates) and o.columns >= l.outage_columns
    ) >= l.outage_sites;

-- The second count of 平台性故障: the shut doors that many sites share with their address, their error page, their zone
-- of names, or the moment alone. Every visit stands in two stretches of time, which overlap.
create or replace view visit_excused as
with asked as (
    select
        s.site,
        s.last_landed,
        l.clause,
        l.seconds,
        l.outage_sites,
        l.outage_sites_alone,
        l.outage_share,
        extract(epoch from l.outage_within) / 2 as half,
        substring(lower(substring(s.home_url from '^[^/]*//(?:[^/@]*@)?([^/:?#]+)')) from '[.](.+)$') as zone,
        s.day::timestamp at time zone 'Asia/Shanghai' as until,
        (s.day - l.week)::date::timestamp at time zone 'Asia/Shanghai' as since
    from registered_site as s
    inner join clause_limit as l on s.quarter = l.quarter and s.number = l.number
    where l.rule = 'site_unreachable' and l.outage_within is not null
),

knock as materialized (
    select
        a.clause,
        a.site,
        a.zone,
        v.visited_at,
        v.source,
        v.outcome,
        v.address,
        v.sha256,
        floor(extract(epoch from v.visited_at) / a.half)::bigint as place,
        coalesce(
            v.outcome in ('refused', 'reset', 'dns', 'tls', 'timeout', 'http_error')
            or (v.outcome = 'opened' and v.seconds >= a.seconds),
            false
        ) as shut
    from asked as a
    inner join visit as v on a.site = v.site and a.last_landed >= v.id
    where v.visited_at >= a.since and v.visited_at < a.until
),

likeness as materialized (
    select
        k.clause,
        k.site,
        k.visited_at,
        k.source,
        n.sign,
        n.mark,
        k.place - b.before as place
    from knock as k
    cross join (values (0), (1)) as b (before)
    cross join
        lateral (
            values
            ('moment', ''),
            ('address', nullif(k.address, '')),
            ('page', case when k.outcome = 'http_error' then k.sha256 end),
            ('zone', case when k.outcome = 'dns' then k.zone end)
        ) as n (sign, mark)
    where k.shut and n.mark is not null
),

crowd as (
    select
        l.clause,
        l.sign,
        l.mark,
        l.place,
        count(distinct l.site) as down
    from likeness as l
    group by l.clause, l.sign, l.mark, l.place
),

fault as (
    select c.*
    from crowd as c
    inner join (select distinct
        a.clause,
        a.outage_sites,
        a.outage_sites_alone,
        a.outage_share
    from asked as a) as l on c.clause = l.clause
    where
        c.down >= case c.sign when 'moment' then l.outage_sites_alone else l.outage_sites end
        and (
            c.sign = 'page'
            or c.down >= l.outage_share * (
                select count(distinct k.site)
                from knock as k
                where
                    k.clause = c.clause and k.place between c.place and c.place + 1
                    and case c.sign when 'address' then k.address when 'zone' then k.zone else '' end = c.mark
            )
        )
)

select distinct
    l.clause,
    l.site,
    l.visited_at,
    l.source
from likeness as l
inner join fault as f on l.clause = f.clause and l.sign = f.sign and l.mark = f.mark and l.place = f.place;
