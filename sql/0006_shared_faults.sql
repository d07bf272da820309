-- 平台性故障. What breaks many sites at once is the platform's fault: one finding, and the sites unjudged.
-- The views of the second count that it touches are replaced whole.

-- noqa: disable=ST05,ST06

-- that the host's name resolved to; empty: behind a proxy, imported, or no such name
alter table visit add column address text not null default '';
-- digest of a blank page's shape without its words
alter table page_visit add column template text not null default '';
create index page_visit_of_template on page_visit (visited_at) where template <> '';

-- What a judging found, one row a platform. Replaced whole by each `judge` of an inspection.
create table shared_fault (
    quarter text not null,
    number int not null,
    sign text not null check (sign in ('address', 'page', 'zone', 'moment', 'template')),
    mark text not null,
    sites text[] not null,
    visits int not null, -- of all its sites; 0: it is no matter of visits
    since timestamptz not null,
    until timestamptz not null,
    primary key (quarter, number, sign, mark),
    foreign key (quarter, number) references inspection
);

alter table clause_limit add column outage_sites int;
alter table clause_limit add column outage_sites_alone int;
alter table clause_limit add column outage_share numeric;
alter table clause_limit add column outage_within interval;
alter table clause_limit add column outage_columns int;

-- The visit that may accuse: the latest complete one of the 36 hours before 监测时间点.
create or replace view page_counted as
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
inner join audited_site as s on v.site = s.site
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
    from page_counted as p
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

-- The same without the blank pages of a broken template, which nobody is judged on.
create or replace view audited_page as
select
    p.site,
    p.url,
    p.kind,
    p.visited_at,
    p.items,
    p.undated,
    p.newest,
    p.blank,
    p.dated_list,
    p.sha256
from page_counted as p
where
    p.kind <> 'column' or not coalesce(p.blank, false) or coalesce(p.items, 0) > 0
    or p.site not in (select b.site from site_of_broken_template as b);

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
    from audited_site as s
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

-- The second count of 站点无法访问: how often a site's door was shut in the seven whole days before the day.
-- In order of time a visit less than some minutes after the first of its group joins it: contract 1.6.
create or replace view recount_access as
with recursive asked as (
    select
        s.quarter,
        s.number,
        s.site,
        s.last_landed,
        l.clause,
        l.share,
        l.seconds,
        l.visits_a_day,
        l.grouped_within,
        s.day::timestamp at time zone 'Asia/Shanghai' as until,
        (s.day - l.week)::date as first_day,
        s.day - 1 as last_day,
        (s.day - l.week)::timestamp at time zone 'Asia/Shanghai' as since
    from audited_site as s
    inner join clause_limit as l on s.quarter = l.quarter and s.number = l.number
    where l.rule = 'site_unreachable'
),

first_knock as (
    select
        a.site,
        a.clause,
        a.last_landed,
        a.grouped_within,
        a.until,
        n.visited_at as started
    from asked as a
    cross join
        lateral (
            select v.visited_at
            from visit as v
            where v.site = a.site and v.visited_at >= a.since and v.visited_at < a.until and v.id <= a.last_landed
            order by v.visited_at
            limit 1
        ) as n
    union all
    select
        f.site,
        f.clause,
        f.last_landed,
        f.grouped_within,
        f.until,
        n.visited_at as started
    from first_knock as f
    cross join lateral (
        select v.visited_at
        from visit as v
        where
            v.site = f.site and v.visited_at >= f.started + f.grouped_within and v.visited_at < f.until
            and v.id <= f.last_landed
        order by v.visited_at
        limit 1
    ) as n
),

spaced as (
    select
        f.site,
        f.clause,
        f.started,
        coalesce(lead(f.started) over (partition by f.site, f.clause order by f.started), f.until) as ended
    from first_knock as f
),

knocked as (
    select
        a.site,
        a.clause,
        (g.started at time zone 'Asia/Shanghai')::date as day,
        -- shut beside anything else is unknown, open beside an outage of ours is open
        bool_and(coalesce(k.shut, false)) as shut,
        bool_or(not k.shut) and not bool_or(coalesce(k.shut, false)) as opened
    from asked as a
    inner join spaced as g on a.site = g.site and a.clause = g.clause
    inner join visit as v
        on a.site = v.site and g.started <= v.visited_at and g.ended > v.visited_at and a.last_landed >= v.id
    left join visit_excused as x
        on a.clause = x.clause and v.site = x.site and v.visited_at = x.visited_at and v.source = x.source
    cross join
        lateral (
            select
                case
                    when x.site is not null then null -- the platform's fault, and unknown of the site
                    when v.outcome in ('refused', 'reset', 'dns', 'tls', 'timeout', 'http_error') then true
                    when v.outcome = 'opened' then v.seconds >= a.seconds
                end as shut
        ) as k
    group by a.site, a.clause, g.started
),

daily as (
    select
        a.site,
        a.clause,
        count(k.day) as counted,
        greatest(a.visits_a_day, count(k.day)) as due,
        count(*) filter (where k.shut) as shut,
        count(*) filter (where k.opened) as opened
    from asked as a
    cross join lateral generate_series(a.first_day, a.last_day, interval '1 day') as d (day)
    left join knocked as k on a.site = k.site and a.clause = k.clause and k.day = d.day::date
    group by a.site, a.clause, a.visits_a_day, d.day
)

select
    a.quarter,
    a.number,
    a.clause,
    a.site as subject,
    a.share as limit_value,
    sum(w.shut) / sum(w.due) as low,
    1 - sum(w.opened) / sum(w.due) as high,
    sum(w.counted)::int as counted,
    sum(w.due)::int as due,
    count(*) filter (where w.counted < w.due)::int as short_days
from asked as a
inner join daily as w on a.site = w.site and a.clause = w.clause
group by a.quarter, a.number, a.clause, a.site, a.share;
