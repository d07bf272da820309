-- 复算. The second count of the automatic count vetoes, from evidence, exemptions, confirmations and frozen limits
-- alone, and what an audit found. Nothing here reads `finding` but ledger_difference, which compares.
-- A session says which inspection it audits: set inspectorate.inspection to '2026Q4/1', or to 'now' for the register
-- and the evidence as they stand. Without it every view is empty.

-- A lateral cannot be a common table expression, and the order of a view's columns is that of the table it fills.
-- noqa: disable=ST05,ST06

-- The limits of one inspection's clauses as its frozen editions have them, filled by each audit.
create table clause_limit (
    quarter text not null,
    number int not null,
    clause text not null,
    edition text not null,
    rule text not null,
    subject text not null check (subject in ('site', 'account')),
    vetoes boolean not null, -- an automatic veto of the main edition: it is counted twice
    share numeric,
    seconds double precision,
    visits_a_day int,
    week interval,
    grouped_within interval,
    least int,
    enough int, -- so many columns or messages, and the clause has failed
    span interval, -- 监测时间点前 X 内
    waiting interval,
    asked_within interval,
    agreeing int,
    classes text[] not null default '{}',
    first_level text[] not null default '{}',
    trusted text[] not null default '{}',
    excluded text[] not null default '{}',
    despite text[] not null default '{}',
    primary key (quarter, number, clause) -- ('now', 0): a readiness line
);

-- How often a class of columns has to be updated, by the frozen main edition.
create table class_limit (
    quarter text not null,
    number int not null,
    class text not null,
    title text not null,
    period interval, -- null: a column of this class never is stale
    dated_list boolean not null, -- only a list that itself shows dates may be called stale
    primary key (quarter, number, class)
);

-- 核验. One row a run of a suite.
create table audit (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int, -- null: a readiness line, before anything was frozen
    suite text not null check (suite in ('evidence', 'ledger', 'service')),
    run_at timestamptz not null default now(),
    success boolean not null, -- every expectation was met
    stopped boolean not null, -- the quarter must not go on
    said text[] not null, -- what people were told
    results jsonb not null, -- expectation, success, severity and count of each
    docs text not null, -- folder below the state folder; empty: none were written
    took_seconds numeric not null
);
create index audit_by_inspection on audit (quarter, number, suite, id);

-- Every failing row of a service suite: theirs, told to them.
create table service_row (
    audit_id bigint not null references audit on delete cascade,
    position int not null,
    matter text not null check (matter in ('freshness', 'response', 'reply')),
    kind text not null check (kind in ('site', 'account')),
    subject text not null,
    unit text not null,
    name text not null,
    url text not null,
    measured numeric,
    limit_value numeric,
    said text not null,
    primary key (audit_id, position)
);

-- What is audited: one frozen inspection, or things as they stand.
create or replace view audited as
select
    i.quarter,
    i.number,
    i.inspected_at,
    (i.inspected_at at time zone 'Asia/Shanghai')::date as day,
    i.inspected_at - interval '36 hours' as accuses_from, -- contract 1.5; an earlier visit can only clear
    i.last_landed,
    i.frozen_at,
    i.register
from inspection as i
where i.quarter || '/' || i.number = current_setting('inspectorate.inspection', true)
union all
select
    'now' as quarter,
    0 as number,
    now() as inspected_at,
    (now() at time zone 'Asia/Shanghai')::date as day,
    now() - interval '36 hours' as accuses_from,
    (select l.last_value from landing as l) as last_landed,
    now() as frozen_at,
    jsonb_build_object(
        'sites',
        coalesce(
            (
                select
                    jsonb_agg(
                        to_jsonb(s) || jsonb_build_object('valid_from', s.scope_from, 'valid_to', s.scope_to)
                        order by s.position, s.site_code
                    )
                from site as s
                where s.valid_to is null
            ),
            '[]'
        ),
        'accounts',
        coalesce(
            (
                select jsonb_agg(to_jsonb(c) order by c.position, c.account_id)
                from account as c
                where c.valid_to is null
            ),
            '[]'
        )
    ) as register
where current_setting('inspectorate.inspection', true) = 'now';

-- The sites in scope on the day: contract 1.1.
create or replace view audited_site as
select
    a.quarter,
    a.number,
    a.inspected_at,
    a.day,
    a.accuses_from,
    a.last_landed,
    s.position,
    s.facts ->> 'site_code' as site,
    s.facts ->> 'name' as name,
    s.facts ->> 'unit_id' as unit,
    s.facts ->> 'home_url' as home_url
from audited as a
cross join lateral jsonb_array_elements(a.register -> 'sites') with ordinality as s (facts, position)
where
    s.facts ->> 'status' = 'running'
    and coalesce((s.facts ->> 'valid_from')::date <= a.day, true)
    and coalesce((s.facts ->> 'valid_to')::date >= a.day, true);

create or replace view audited_account as
select
    a.quarter,
    a.number,
    a.inspected_at,
    a.day,
    a.accuses_from,
    a.last_landed,
    c.position,
    c.facts ->> 'account_id' as account,
    c.facts ->> 'name' as name,
    c.facts ->> 'unit_id' as unit,
    c.facts ->> 'platform' as platform,
    c.facts ->> 'address' as address
from audited as a
cross join lateral jsonb_array_elements(a.register -> 'accounts') with ordinality as c (facts, position)
where c.facts ->> 'status' = 'running';

-- A person's latest word on each fact of a column, while it holds.
create or replace view audited_word as
select
    w.site,
    w.url,
    w.fact,
    w.value,
    w.sha256
from (
    select distinct on (c.site_code, c.url, c.fact)
        c.site_code as site,
        c.url,
        c.fact,
        c.value,
        c.sha256,
        c.until,
        s.day
    from confirmation as c
    inner join audited_site as s on c.site_code = s.site
    order by c.site_code asc, c.url asc, c.fact asc, c.at desc, c.id desc
) as w
where coalesce(w.until >= w.day, true);

-- The columns that held on the day, or were found later, with what persons said of them.
-- `folder`: where its page lies, `http://host/a/` of `http://host/a/index.html`.
create or replace view audited_column as
with e as (
    select distinct on (x.site_code, x.url)
        x.site_code,
        x.url,
        case when coalesce(x.until >= s.day, true) then nullif(x.reason, '') end as reason
    from exemption as x
    inner join audited_site as s on x.site_code = s.site
    order by x.site_code asc, x.url asc, x.at desc, x.id desc
)

select
    h.site_code as site,
    h.url,
    h.name,
    h.type,
    coalesce(nullif(k.value, ''), h.class) as class,
    coalesce(k.value, '') <> '' as class_confirmed,
    coalesce(p.value, h.parent) as parent,
    case when p.value = '' then 1 when p.value is not null then greatest(h.level, 2) else h.level end as level,
    e.reason is not null as exempt,
    regexp_replace(split_part(split_part(h.url, '?', 1), '#', 1), '[^/]*$', '') as folder,
    coalesce(nullif(o.value, ''), h.owner) as owner
from (
    select distinct on (c.site_code, c.url)
        c.site_code,
        c.url,
        c.name,
        c.class,
        c.type,
        c.parent,
        c.level,
        c.owner
    from site_column as c
    inner join audited_site as s on c.site_code = s.site
    where
        c.id <= s.last_landed
        and (
            c.valid_to is null
            or c.closed > s.last_landed
            or (c.valid_to >= s.day and c.valid_to >= coalesce(c.valid_from, c.valid_to)) -- else it never held
        )
    order by c.site_code, c.url, c.valid_from nulls first, c.id
) as h
left join audited_word as k on h.site_code = k.site and h.url = k.url and k.fact = 'class'
left join audited_word as p on h.site_code = p.site and h.url = p.url and p.fact = 'parent'
left join audited_word as o on h.site_code = o.site and h.url = o.url and o.fact = 'owner'
left join e on h.site_code = e.site_code and h.url = e.url;

-- The visit that may accuse: the latest complete one of the 36 hours before 监测时间点.
create or replace view audited_page as
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
    v.sha256
from page_visit as v
inner join audited_site as s on v.site = s.site
where
    v.id <= s.last_landed and v.complete and v.outcome = 'opened'
    and v.visited_at between s.accuses_from and s.inspected_at
order by v.site asc, v.url asc, v.kind asc, v.visited_at desc;

-- What all visits of a page show, earlier and later ones too: the greatest item date by the day of inspection, and
-- whether any visit but the counted one showed an item that existed by then. They only clear.
create or replace view audited_past as
select
    v.site,
    v.url,
    v.kind,
    max(d.dated) filter (where d.dated <= s.day) as newest,
    bool_or(
        v.items > 0
        and (v.visited_at <> p.visited_at or p.visited_at is null)
        and (v.visited_at <= s.inspected_at or least(v.newest, v.oldest) <= s.day)
    ) as filled
from page_visit as v
inner join audited_site as s on v.site = s.site
left join audited_page as p on v.site = p.site and v.url = p.url and v.kind = p.kind
cross join lateral (values (v.newest), (case when v.items > 0 then v.oldest end)) as d (dated)
where v.id <= s.last_landed
group by v.site, v.url, v.kind;

-- What column_seen said when the inspection was audited last; the views below count from it.
create table column_fact (
    quarter text not null,
    number int not null,
    site text not null,
    url text not null,
    name text not null,
    class text not null,
    class_confirmed boolean not null,
    type text not null,
    parent text not null,
    level int,
    exempt boolean not null,
    folder text not null,
    counted boolean not null,
    items int not null,
    undatable boolean not null,
    shown_newest date,
    shown_blank boolean,
    dated_list boolean,
    newest date,
    filled boolean not null,
    blank_confirmed boolean not null,
    stale_said boolean,
    cleared text not null,
    uncleared text not null,
    primary key (quarter, number, site, url)
);

-- All that is known of each column. A column that was read as a letter box is a page with content and without a list.
-- An item date of the time limit or later clears as `cleared` says; without one the column is what `uncleared` says.
create or replace view column_seen as
select
    f.quarter,
    f.number,
    f.site,
    f.url,
    f.name,
    f.class,
    f.class_confirmed,
    f.type,
    f.parent,
    f.level,
    f.exempt,
    f.folder,
    f.counted,
    f.items,
    f.undatable,
    f.shown_newest,
    f.shown_blank,
    f.dated_list,
    f.newest,
    f.filled,
    f.blank_confirmed,
    f.stale_said,
    case
        when not f.counted or f.exempt then 'fresh'
        when f.items > 0 then case when f.undatable then 'fresh' else 'unknown' end
        when f.shown_blank then 'unknown'
        else 'fresh'
    end as cleared,
    case
        when f.exempt then 'nothing'
        when not f.counted then 'unknown'
        when f.items > 0 then case when f.undatable then 'unknown' else 'old' end
        when f.newest is not null then 'unknown'
        when f.shown_blank is null and not f.filled then 'unknown'
        else 'nothing'
    end as uncleared
from (
    select
        s.quarter,
        s.number,
        c.site,
        c.url,
        c.name,
        c.class,
        c.class_confirmed,
        c.type,
        c.parent,
        c.level,
        c.exempt,
        c.folder,
        p.url is not null or b.url is not null as counted,
        coalesce(p.items, 0) as items,
        coalesce(p.items > 0 and (p.newest is null or p.undated > 0), false) as undatable, -- 无日期
        p.newest as shown_newest,
        case when p.url is not null then p.blank when b.url is not null then false end as shown_blank,
        case when p.url is not null then p.dated_list else b.dated_list end as dated_list,
        greatest(h.newest, i.dated) as newest,
        coalesce(h.filled, false) or i.dated is not null as filled,
        coalesce(lower(trim(e.value)) in ('yes', 'true', '是') and e.sha256 = p.sha256, false) as blank_confirmed,
        case
            when t.value <> '' and coalesce(t.sha256, p.sha256) = p.sha256
                then lower(trim(t.value)) in ('yes', 'true', '是')
        end as stale_said
    from audited_column as c
    cross join audited as s
    left join audited_page as p on c.site = p.site and c.url = p.url and p.kind = 'column'
    left join audited_page as b on c.site = b.site and c.url = b.url and b.kind = 'letters'
    left join audited_past as h on c.site = h.site and c.url = h.url and h.kind = 'column'
    left join audited_word as e on c.site = e.site and c.url = e.url and e.fact = 'blank'
    left join audited_word as t on c.site = t.site and c.url = t.url and t.fact = 'stale'
    cross join lateral (
        select max(r.dated) as dated
        from article as r
        where r.site = c.site and r.column_url = c.url and r.id <= s.last_landed and r.dated <= s.day
    ) as i
) as f;

-- Each column against its class's limit: blank, stale, null where nobody can say. A business system is no column.
-- A channel shows what the columns below it hold, so unconfirmed it may count or not; a first-level column whose
-- page lies below another's is of an unknown level until a person has confirmed it.
create or replace view column_standing as
with fact as materialized (
    select
        c.*,
        l.dated_list as must_be_dated,
        (a.day - l.period)::date as limit_day
    from audited as a
    inner join column_fact as c on a.quarter = c.quarter and a.number = c.number
    inner join class_limit as l on c.quarter = l.quarter and c.number = l.number and c.class = l.class
),

-- the folders above each page's own; the host's leads to everything and is left out
folder_above as (
    select distinct
        c.site,
        c.folder,
        n.folder as above
    from (select distinct
        f.site,
        f.folder
    from fact as f) as c
    cross join
        lateral (
            select string_agg(part.word, '/') over (order by part.place) || '/' as folder
            from unnest(string_to_array(c.folder, '/')) with ordinality as part (word, place)
        ) as n
    where length(n.folder) < length(c.folder) and n.folder ~ '^[^/]*//[^/]+/.'
),

folder_leading as (
    select distinct
        u.site,
        u.above as folder
    from folder_above as u
),

lying_below as (
    select distinct
        u.site,
        u.folder
    from folder_above as u
    inner join fact as o on u.site = o.site and u.above = o.folder
),

parent_named as (
    select distinct
        f.site,
        f.parent
    from fact as f
    where f.parent <> ''
),

standing as (
    select
        f.*,
        f.type = '频道' or n.site is not null or u.site is not null as leads_on,
        b.site is not null as lies_below,
        case
            when f.type = '业务系统' or f.exempt then false
            when f.counted and f.shown_blank and f.items = 0
                then case when f.filled or f.newest is not null then null else true end
            when f.filled or f.newest is not null or f.items > 0 or f.shown_blank is false then false
        end as found_blank,
        case
            when f.shown_newest >= f.limit_day then 'fresh'
            when f.newest >= f.limit_day then f.cleared
            else f.uncleared
        end as standing
    from fact as f
    left join parent_named as n on f.site = n.site and f.name = n.parent
    left join folder_leading as u on f.site = u.site and f.folder = u.folder
    left join lying_below as b on f.site = b.site and f.folder = b.folder
)

select
    f.site,
    f.url,
    f.name,
    f.class,
    f.parent,
    f.exempt,
    f.undatable,
    f.shown_newest,
    f.newest,
    f.cleared,
    f.uncleared,
    f.limit_day,
    f.own_stale,
    f.type = '业务系统' as is_system,
    case when not (f.leads_on and f.found_blank) or f.blank_confirmed then f.found_blank end as blank,
    case when not (f.leads_on and f.own_stale) or f.class_confirmed then f.own_stale end as stale,
    case when f.level <> 1 or not f.lies_below or f.class_confirmed then f.level end as level
from (
    select
        s.*,
        case
            when s.type = '业务系统' or s.exempt or s.limit_day is null then false
            when s.must_be_dated and s.counted and s.dated_list is false then false
            when s.standing = 'unknown' then case when s.undatable then s.stale_said end
            when s.standing = 'old' and s.must_be_dated and s.dated_list is null then null
            else s.standing = 'old'
        end as own_stale
    from standing as s
) as f;

-- Whether all columns of a site are known: its discovery ended, or a person confirmed every column of its list.
create or replace view site_mapped as
select
    s.site,
    coalesce(d.ended, c.all_confirmed, false) as discovered,
    coalesce(d.ended, c.all_confirmed, false) and c.columns > 0 as mapped
from audited_site as s
left join lateral (
    select v.ended
    from discovery as v
    where v.site = s.site and v.id <= s.last_landed
    order by
        v.visited_at > s.inspected_at asc,
        case when v.visited_at <= s.inspected_at then v.visited_at end desc,
        v.visited_at asc
    limit 1
) as d on true
cross join lateral (
    select
        count(*) as columns,
        bool_and(k.class_confirmed) as all_confirmed
    from column_fact as k
    where k.quarter = s.quarter and k.number = s.number and k.site = s.site
) as c;

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
    cross join
        lateral (
            select
                case
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

-- The second count of 网站不更新、首页不更新: an item dated in the window on the home page, or where it leads to.
create or replace view recount_home as
with asked as (
    select
        s.quarter,
        s.number,
        s.site,
        l.clause,
        l.least,
        l.classes,
        m.mapped,
        (s.day - l.span)::date as limit_day
    from audited_site as s
    inner join clause_limit as l on s.quarter = l.quarter and s.number = l.number
    inner join site_mapped as m on s.site = m.site
    where l.rule = 'home_not_updated'
),

home_seen as (
    select
        s.site,
        p.items,
        p.newest as shown_newest,
        p.blank as shown_blank,
        p.visited_at,
        coalesce(p.newest is null or p.undated > 0, false) as undatable,
        greatest(h.newest, i.dated) as newest
    from audited_site as s
    left join lateral (
        select
            v.items,
            v.newest,
            v.blank,
            v.undated,
            v.visited_at
        from audited_page as v
        where v.site = s.site and v.kind = 'home'
        order by v.visited_at desc, v.url asc
        limit 1
    ) as p on true
    cross join
        lateral (
            select max(v.newest) as newest
            from audited_past as v
            where v.site = s.site and v.kind = 'home'
        ) as h
    cross join lateral (
        select max(r.dated) as dated
        from article as r
        where
            r.site = s.site and r.id <= s.last_landed and r.dated <= s.day
            and r.column_url in (
                select s.home_url as url
                union all
                select v.url
                from audited_past as v
                where v.site = s.site and v.kind = 'home'
            )
    ) as i
),

home_standing as (
    select
        a.site,
        a.clause,
        case
            when h.shown_newest >= a.limit_day then 'fresh'
            when h.newest >= a.limit_day
                then case
                    when h.visited_at is null then 'fresh'
                    when h.items > 0 then case when h.undatable then 'fresh' else 'unknown' end
                    when h.shown_blank then 'unknown'
                    else 'fresh'
                end
            when h.visited_at is null then 'unknown'
            when h.items > 0 and not h.undatable then 'old'
            else 'nothing' -- no list or no dates: the pages that it leads to decide
        end as home
    from asked as a
    inner join home_seen as h on a.site = h.site
),

led_to as (
    select
        a.site,
        a.clause,
        coalesce(bool_or(k.standing = 'fresh'), false) as fresh,
        coalesce(bool_or(k.standing = 'old' and c.type <> '业务系统'), false) as old,
        coalesce(bool_or(k.standing = 'unknown' and c.type <> '业务系统'), false) as unknown,
        coalesce(
            bool_or(k.standing = 'unknown' and c.type <> '业务系统' and c.class = any(a.classes)), false
        ) as unknown_of_home
    from asked as a
    left join column_fact as c on a.quarter = c.quarter and a.number = c.number and a.site = c.site
    left join lateral (
        select
            case
                when c.shown_newest >= a.limit_day then 'fresh'
                when c.newest >= a.limit_day then c.cleared
                else c.uncleared
            end as standing
    ) as k on true
    group by a.site, a.clause
)

select
    a.quarter,
    a.number,
    a.clause,
    a.site as subject,
    a.least as limit_value,
    -- at least so many new items, and none more than we saw where nothing is hidden
    case when h.home = 'fresh' or c.fresh then 1 else 0 end as low,
    case
        when h.home = 'fresh' or c.fresh then 1
        when h.home = 'unknown' or not a.mapped then null
        when case when h.home = 'old' then c.unknown_of_home else c.unknown end then null
        when h.home = 'old' or c.old then 0
    end as high
from asked as a
inner join home_standing as h on a.site = h.site and a.clause = h.clause
inner join led_to as c on a.site = c.site and a.clause = c.clause;

-- The second count of 栏目不更新 at first level: a parent's newest is its newest child's.
create or replace view first_level_standing as
with recursive top_column as materialized (
    select c.*
    from column_standing as c
    where
        not c.exempt and not c.is_system and c.limit_day is not null and coalesce(c.level = 1, true)
        and exists (
            select 1
            from clause_limit as l
            inner join audited as a on l.quarter = a.quarter and l.number = a.number
            where c.class = any(l.first_level)
        )
),

child as materialized (
    select
        c.site,
        c.url,
        c.name,
        c.parent,
        c.type,
        c.shown_newest,
        c.newest,
        c.cleared,
        c.uncleared
    from column_fact as c
    inner join audited as a on c.quarter = a.quarter and c.number = a.number
    where c.parent <> ''
),

family as (
    select
        t.site,
        t.url as top,
        t.name
    from top_column as t
    union
    select
        f.site,
        f.top,
        c.name
    from family as f
    inner join child as c on f.site = c.site and f.name = c.parent
),

below as (
    select
        t.site,
        t.url as top,
        bool_or(k.standing = 'fresh') as fresh,
        bool_or(k.standing = 'old' and c.type <> '业务系统') as old,
        bool_or(k.standing = 'unknown' and c.type <> '业务系统') as unknown
    from top_column as t
    inner join family as f on t.site = f.site and t.url = f.top
    inner join child as c on f.site = c.site and f.name = c.parent and t.url <> c.url
    cross join
        lateral (
            select
                case
                    when c.shown_newest >= t.limit_day then 'fresh'
                    when c.newest >= t.limit_day then c.cleared
                    else c.uncleared
                end as standing
        ) as k
    group by t.site, t.url
)

select
    t.site,
    t.url,
    t.class,
    case
        when b.fresh or (t.own_stale is false and t.undatable) then false
        when t.shown_newest >= t.limit_day or (t.newest >= t.limit_day and t.cleared = 'fresh') then false
        when t.own_stale is null or b.unknown then null
        when not t.own_stale and not coalesce(b.old, false) then false
        when t.level is null then null
        else true
    end as stale
from top_column as t
left join below as b on t.site = b.site and t.url = b.top;

-- The second count of 栏目不更新 and 空白栏目.
create or replace view recount_columns as
with limited as materialized (
    select l.*
    from clause_limit as l
    inner join audited as a on l.quarter = a.quarter and l.number = a.number
    where l.rule in ('news_and_notices_stale', 'first_level_stale', 'columns_overdue', 'columns_blank')
),

accused as (
    select
        l.clause,
        c.site,
        case l.rule
            when 'columns_blank' then c.blank
            when 'columns_overdue' then c.blank or c.stale
            else c.stale and c.class = any(l.classes) and c.class <> all(l.first_level)
        end as accused
    from limited as l
    cross join column_standing as c
    union all
    select
        l.clause,
        t.site,
        t.stale as accused
    from limited as l
    inner join first_level_standing as t on t.class = any(l.first_level)
    where l.rule = 'first_level_stale'
)

select
    s.quarter,
    s.number,
    l.clause,
    s.site as subject,
    l.enough as limit_value,
    count(*) filter (where c.accused) as low,
    case when m.mapped then count(c.clause) filter (where c.accused is not false) end as high
from audited_site as s
inner join site_mapped as m on s.site = m.site
cross join limited as l
left join accused as c on s.site = c.site and l.clause = c.clause
group by s.quarter, s.number, l.clause, s.site, l.enough, m.mapped;

-- The letter boxes of a site: every page that was ever read as one, by the name of its column.
create or replace view audited_box as
select
    b.site,
    b.url,
    p.visited_at,
    coalesce(c.name, '') as name,
    coalesce(p.undated, 0) as undated
from (
    select distinct
        v.site,
        v.url
    from page_visit as v
    inner join audited_site as s on v.site = s.site
    where v.kind = 'letters' and v.id <= s.last_landed
) as b
left join audited_column as c on b.site = c.site and b.url = c.url
left join audited_page as p on b.site = p.site and b.url = p.url and p.kind = 'letters';

-- The second count of 互动回应差: a message of the last year that has waited longer than allowed, and waits still.
-- Asked exactly so many calendar months before is not over; another visit's answer leaves it open.
create or replace view recount_letters as
select
    s.quarter,
    s.number,
    l.clause,
    s.site as subject,
    l.enough as limit_value,
    b.waiting as low,
    case
        when b.unread > 0 or (b.boxes = 0 and not m.discovered) then null
        else b.waiting + b.perhaps + b.undated
    end as high
from audited_site as s
inner join site_mapped as m on s.site = m.site
inner join clause_limit as l on s.quarter = l.quarter and s.number = l.number
cross join
    lateral (
        select
            count(*) as boxes,
            count(*) filter (where x.visited_at is null) as unread,
            coalesce(sum(x.undated), 0) as undated,
            coalesce(sum(n.waiting), 0) as waiting,
            coalesce(sum(n.perhaps), 0) as perhaps
        from audited_box as x
        cross join
            lateral (
                select
                    count(*) filter (where w.waits) as waiting,
                    count(*) filter (where w.waits is null) as perhaps
                from (
                    select
                        case
                            when v.answered or v.answered_on <= s.day then false
                            when v.answered_on is not null then null -- dated after the day: nobody can say
                            when x.name <> '' then case when o.answered then null else true end
                            when o.answered then false
                        end as waits
                    from letter_visit as v
                    cross join
                        lateral (
                            select
                                exists(
                                    select 1
                                    from letter_visit as t
                                    where
                                        t.site = v.site and t.url = v.url and t.id <= s.last_landed
                                        and (t.box_url <> v.box_url or t.visited_at <> v.visited_at)
                                        and case
                                            when t.answered_on is not null then t.answered_on <= s.day
                                            else t.answered and t.visited_at <= s.inspected_at
                                        end
                                ) as answered
                        ) as o
                    where
                        v.site = x.site and v.box_url = x.url and v.visited_at = x.visited_at and v.id <= s.last_landed
                        and v.valid and v.asked_on >= (s.day - l.asked_within)::date
                        and v.asked_on < (s.day - l.waiting)::date
                ) as w
            ) as n
        where
            x.site = s.site
            and (
                not exists (
                    select 1 from unnest(l.excluded) as e (word)
                    where strpos(x.name, e.word) > 0
                )
                or exists (
                    select 1 from unnest(l.despite) as d (word)
                    where strpos(x.name, d.word) > 0
                )
            )
    ) as b
where l.rule = 'letter_unanswered';

-- The second count of 内容不更新 of accounts: no post in the window by a source that may say so, and none by any other.
create or replace view recount_accounts as
select
    a.quarter,
    a.number,
    l.clause,
    a.account as subject,
    l.least as limit_value,
    w.first_day,
    case when q.suffices then 0 else coalesce(k.posts, 0) end as low,
    case
        when q.suffices and k.posts is null then 0
        when not q.suffices and k.posts is not null then k.posts
    end as high
from audited_account as a
inner join clause_limit as l on a.quarter = l.quarter and a.number = l.number
cross join
    lateral (
        select
            (a.day - l.span)::date as first_day,
            ((a.day - l.span)::date)::timestamp at time zone 'Asia/Shanghai' as since
    ) as w
cross join
    lateral (
        -- the most that one source shows; null: none shows any
        select max(n.posts) as posts
        from (
            select
                p.source,
                count(*) as posts
            from (
                select distinct on (r.source, r.post_id)
                    r.source,
                    r.published_at
                from post as r
                where r.account = a.account and r.id <= a.last_landed
                order by r.source asc, r.post_id asc, r.id desc -- a corrected post: its latest word
            ) as p
            where p.published_at between w.since and a.inspected_at
            group by p.source
            union all
            select
                v.source,
                1 as posts
            from account_visit as v
            where v.account = a.account and v.id <= a.last_landed and v.newest between w.since and a.inspected_at
        ) as n
    ) as k
cross join
    lateral (
        select
            coalesce(
                bool_or(c.silent and c.source = any(l.trusted)) or count(*) filter (where c.silent) >= l.agreeing, false
            ) as suffices
        from (
            select distinct on (v.source)
                v.source,
                coalesce(v.newest not between w.since and a.inspected_at, true)
                and coalesce(v.covers_from <= w.since, v.posts = 0, false) as silent
            from account_visit as v
            where
                v.account = a.account and v.id <= a.last_landed and v.complete and v.outcome = 'opened'
                and v.visited_at between a.accuses_from and a.inspected_at
            order by v.source asc, v.visited_at desc
        ) as c
    ) as q
where l.rule = 'account_not_updated';

-- The second count, clause by clause and subject by subject: failed and passed where both bounds say so, else unjudged.
create or replace view ledger_recount as
select
    c.quarter,
    c.number,
    c.clause,
    'site' as kind,
    c.subject,
    case when c.low >= c.limit_value then 'failed' when c.high < c.limit_value then 'passed' else 'unjudged' end
        as outcome,
    case when c.high < c.limit_value then c.high else c.low end as measured,
    c.limit_value,
    c.low,
    c.high
from recount_access as c
union all
select
    c.quarter,
    c.number,
    c.clause,
    'site' as kind,
    c.subject,
    case when c.low >= c.limit_value then 'failed' when c.high < c.limit_value then 'passed' else 'unjudged' end
        as outcome,
    c.low as measured,
    c.limit_value,
    c.low,
    c.high
from (
    select * from recount_columns
    union all
    select * from recount_letters
) as c
union all
select
    c.quarter,
    c.number,
    c.clause,
    'site' as kind,
    c.subject,
    case when c.low >= c.limit_value then 'passed' when c.high < c.limit_value then 'failed' else 'unjudged' end
        as outcome,
    c.low as measured,
    c.limit_value,
    c.low,
    c.high
from recount_home as c
union all
select
    c.quarter,
    c.number,
    c.clause,
    'account' as kind,
    c.subject,
    case when c.high >= c.limit_value then 'passed' when c.high < c.limit_value then 'failed' else 'unjudged' end
        as outcome,
    c.high as measured,
    c.limit_value,
    c.low,
    c.high
from recount_accounts as c;

-- The second count as it was made when the inspection was audited last.
create table ledger_count (
    quarter text not null,
    number int not null,
    clause text not null,
    kind text not null,
    subject text not null,
    outcome text not null check (outcome in ('passed', 'failed', 'unjudged')),
    measured numeric,
    limit_value numeric not null,
    low numeric,
    high numeric, -- null: nobody knows how many more there may be
    primary key (quarter, number, clause, subject)
);

-- The judge's word beside the second count, for every automatic veto and every subject. They do not agree if the
-- outcome, the number or the limit is another, or if only one of them speaks.
create or replace view ledger_comparison as
select
    k.quarter,
    k.number,
    k.clause,
    k.subject,
    f.outcome as judged,
    r.outcome as recounted,
    f.measured as judged_measured,
    f.limit_value as judged_limit,
    r.limit_value as recounted_limit,
    round(r.measured, 4) as recounted_measured,
    round(r.low, 4) as low,
    round(r.high, 4) as high,
    coalesce(
        f.outcome = r.outcome
        and f.limit_value = r.limit_value
        and (f.measured is null) = (r.measured is null)
        and coalesce(abs(f.measured - r.measured) <= 0.00005, true), -- the judge keeps four places of a share
        false
    ) as agrees
from (
    select
        l.quarter,
        l.number,
        l.clause,
        s.site as subject
    from audited_site as s
    inner join clause_limit as l on s.quarter = l.quarter and s.number = l.number and l.vetoes and l.subject = 'site'
    union
    select
        l.quarter,
        l.number,
        l.clause,
        c.account as subject
    from audited_account as c
    inner join clause_limit as l
        on c.quarter = l.quarter and c.number = l.number and l.vetoes and l.subject = 'account'
    union
    select
        l.quarter,
        l.number,
        l.clause,
        j.subject
    from audited as a
    inner join clause_limit as l on a.quarter = l.quarter and a.number = l.number and l.vetoes
    inner join finding as j on l.quarter = j.quarter and l.number = j.number and l.clause = j.clause
) as k
left join
    ledger_count as r
    on k.quarter = r.quarter and k.number = r.number and k.clause = r.clause and k.subject = r.subject
left join
    finding as f
    on k.quarter = f.quarter and k.number = f.number and k.clause = f.clause and k.subject = f.subject;

-- May we judge: each running subject, whether there is a source to ask, and whether anyone but ourselves failed.
create or replace view evidence_subject as
select
    s.quarter,
    s.number,
    'site' as kind,
    s.site as subject,
    s.name,
    s.unit,
    s.position,
    s.home_url <> '' as has_source,
    coalesce(v.tried, false) as tried, -- by a visit that did not fail for a reason of ours
    coalesce(v.visits, 0) as visits,
    r.counted,
    r.due,
    r.short_days
from audited_site as s
left join recount_access as r on s.site = r.subject
cross join
    lateral (
        select
            count(*) as visits,
            bool_or(p.outcome <> 'ours') as tried
        from page_visit as p
        where p.site = s.site and p.id <= s.last_landed and p.visited_at between s.accuses_from and s.inspected_at
    ) as v
union all
select
    c.quarter,
    c.number,
    'account' as kind,
    c.account as subject,
    c.name,
    c.unit,
    c.position,
    (c.platform = 'wechat' and c.address ~ '^https?://') or coalesce(v.ever, false) as has_source,
    coalesce(v.tried, false) as tried,
    coalesce(v.visits, 0) as visits,
    null as counted,
    null as due,
    null as short_days
from audited_account as c
cross join lateral (
    select
        bool_or(true) as ever,
        count(*) filter (where p.visited_at between c.accuses_from and c.inspected_at) as visits,
        bool_or(p.outcome <> 'ours' and p.visited_at between c.accuses_from and c.inspected_at) as tried
    from account_visit as p
    where p.account = c.account and p.id <= c.last_landed
) as v;

-- How much was read whole, against the last run before: its 36 hours end with the last reading before ours begin.
create or replace view evidence_volume as
with reading as (
    select
        'site' as kind,
        '页面' as counted,
        v.site || ' ' || v.url as thing,
        1 as amount,
        v.visited_at
    from page_visit as v
    inner join audited_site as s on v.site = s.site
    where v.id <= s.last_landed and v.complete and v.outcome = 'opened' and v.visited_at <= s.inspected_at
    union all
    select
        'site' as kind,
        '条目' as counted,
        v.site || ' ' || v.url as thing,
        v.items as amount,
        v.visited_at
    from page_visit as v
    inner join audited_site as s on v.site = s.site
    where v.id <= s.last_landed and v.complete and v.outcome = 'opened' and v.visited_at <= s.inspected_at
    union all
    select
        'account' as kind,
        '账号' as counted,
        v.account as thing,
        1 as amount,
        v.visited_at
    from account_visit as v
    inner join audited_account as c on v.account = c.account
    where v.id <= c.last_landed and v.complete and v.outcome = 'opened' and v.visited_at <= c.inspected_at
),

last_before as (
    select
        r.kind,
        max(r.visited_at) as visited_at
    from reading as r
    inner join audited as a on r.visited_at < a.accuses_from
    group by r.kind
),

most as (
    select
        r.kind,
        r.counted,
        r.thing,
        max(r.amount) filter (where r.visited_at >= a.accuses_from) as now,
        max(r.amount) filter (
            where r.visited_at <= b.visited_at and r.visited_at >= b.visited_at - (a.inspected_at - a.accuses_from)
        ) as before
    from reading as r
    cross join audited as a
    left join last_before as b on r.kind = b.kind
    group by r.kind, r.counted, r.thing
)

select
    m.kind,
    m.counted,
    coalesce(sum(m.now), 0)::bigint as read_now,
    coalesce(sum(m.before), 0)::bigint as read_before
from most as m
group by m.kind, m.counted;

-- What cannot be: seen in the future or before there was any inspection, or longer than anyone waits. Only what was
-- landed since the last official inspection: what was let pass then is not asked again.
create or replace view evidence_impossible as
with seen as (
    select
        'visit' as item,
        v.site as subject,
        v.visited_at as seen_at,
        v.seconds,
        v.id
    from visit as v
    union all
    select
        'answer' as item,
        v.url as subject,
        v.fetched_at as seen_at,
        v.seconds,
        v.id
    from answer as v
    union all
    select
        'page_visit' as item,
        v.site as subject,
        v.visited_at as seen_at,
        null as seconds,
        v.id
    from page_visit as v
    union all
    select
        'letter_visit' as item,
        v.site as subject,
        v.visited_at as seen_at,
        null as seconds,
        v.id
    from letter_visit as v
    union all
    select
        'discovery' as item,
        v.site as subject,
        v.visited_at as seen_at,
        null as seconds,
        v.id
    from discovery as v
    union all
    select
        'account_visit' as item,
        v.account as subject,
        v.visited_at as seen_at,
        null as seconds,
        v.id
    from account_visit as v
    union all
    select
        'article' as item,
        v.site as subject,
        v.first_seen as seen_at,
        null as seconds,
        v.id
    from article as v
    union all
    select
        'post' as item,
        v.account as subject,
        v.first_seen as seen_at,
        null as seconds,
        v.id
    from post as v
)

select
    t.item,
    t.subject,
    t.seen_at,
    t.seconds,
    case
        when t.seen_at > a.frozen_at + interval '5 minutes' then '时间在将来'
        when t.seen_at < timestamptz '2015-01-01 00:00+08' then '时间早于2015年'
        else '用时不合理'
    end as fault
from audited as a
cross join
    lateral (
        select max(i.last_landed) as last_landed
        from inspection as i
        where i.standing = 'official' and i.quarter < a.quarter
    ) as b
inner join seen as t on a.last_landed >= t.id and coalesce(b.last_landed, 0) < t.id
where
    t.seen_at > a.frozen_at + interval '5 minutes'
    or t.seen_at < timestamptz '2015-01-01 00:00+08'
    or t.seconds < 0
    or t.seconds = 'NaN'
    or t.seconds > 600; -- nobody holds a door for ten minutes: milliseconds, taken for seconds

-- How fresh each column and each account is against the window of its class. Theirs.
create or replace view service_freshness as
select
    s.quarter,
    s.number,
    'site' as kind,
    c.site as subject,
    s.unit,
    c.name,
    c.url,
    s.day - c.newest as measured,
    s.day - c.limit_day as limit_value,
    coalesce(c.stale or c.blank, false) as failing,
    case
        when c.blank then '空白栏目'
        when c.newest is null then '没有带日期的条目'
        else '最新日期' || c.newest || '，应不早于' || c.limit_day
    end as said
from column_standing as c
inner join audited_site as s on c.site = s.site
where c.limit_day is not null and not c.is_system and not c.exempt
union all
select
    a.quarter,
    a.number,
    'account' as kind,
    a.account as subject,
    a.unit,
    a.name,
    a.address as url,
    a.day - n.newest as measured,
    a.day - r.first_day as limit_value,
    coalesce(r.high < r.limit_value, false) as failing,
    case when n.newest is null then '没有发布' else '最新发布' || n.newest || '，应不早于' || r.first_day end as said
from audited_account as a
inner join recount_accounts as r on a.account = r.subject
cross join
    lateral (
        select (array_agg(l.clause order by l.vetoes desc, l.clause asc))[1] as clause
        from clause_limit as l
        where l.quarter = a.quarter and l.number = a.number and l.rule = 'account_not_updated'
    ) as o
cross join
    lateral (
        select max((g.newest at time zone 'Asia/Shanghai')::date) as newest
        from (
            select p.published_at as newest
            from post as p
            where p.account = a.account and p.id <= a.last_landed and p.published_at <= a.inspected_at
            union all
            select v.newest
            from account_visit as v
            where v.account = a.account and v.id <= a.last_landed and v.newest <= a.inspected_at
        ) as g
    ) as n
where r.clause = o.clause; -- the veto, or where the edition has none for accounts the note

-- How fast each home page opened in the week: 95 of 100 visits within `measured` seconds. Theirs.
create or replace view service_response as
select
    s.quarter,
    s.number,
    'site' as kind,
    s.site as subject,
    s.unit,
    s.name,
    s.home_url as url,
    v.p95 as measured,
    l.seconds::numeric as limit_value,
    v.visits,
    v.slow,
    coalesce(v.slow > 0, false) as failing,
    v.visits || '次打开，95%在' || v.p95 || '秒内，' || v.slow || '次达到' || l.seconds || '秒' as said
from audited_site as s
inner join clause_limit as l on s.quarter = l.quarter and s.number = l.number and l.rule = 'site_unreachable'
cross join lateral (
    select
        count(*) as visits,
        count(*) filter (where k.seconds >= l.seconds) as slow,
        round((percentile_cont(0.95) within group (order by k.seconds))::numeric, 3) as p95
    from visit as k
    where
        k.site = s.site and k.id <= s.last_landed and k.outcome = 'opened' and k.seconds is not null
        and k.visited_at >= (s.day - l.week)::timestamp at time zone 'Asia/Shanghai'
        and k.visited_at < s.day::timestamp at time zone 'Asia/Shanghai'
) as v;

-- How many days each public message of the last year waited, or waits still. Theirs.
create or replace view service_reply as
select
    s.quarter,
    s.number,
    'site' as kind,
    s.site as subject,
    s.unit,
    b.name,
    v.url,
    coalesce(v.answered_on, s.day) - v.asked_on as measured,
    s.day - (s.day - l.waiting)::date as limit_value,
    case
        when v.answered_on is not null then v.asked_on < (v.answered_on - l.waiting)::date
        else not v.answered and v.asked_on < (s.day - l.waiting)::date
    end as failing,
    v.answered_on is not null as answered,
    v.asked_on || '的留言' || coalesce(v.answered_on || '答复', case when v.answered then '已答复' else '未见答复' end)
        as said
from audited_site as s
inner join clause_limit as l on s.quarter = l.quarter and s.number = l.number and l.rule = 'letter_unanswered'
inner join audited_box as b on s.site = b.site
inner join letter_visit as v on b.site = v.site and b.url = v.box_url and b.visited_at = v.visited_at
where
    v.id <= s.last_landed and v.valid and v.asked_on >= (s.day - l.asked_within)::date and v.asked_on <= s.day
    and coalesce(v.answered_on <= s.day, true)
    and (
        not exists (
            select 1 from unnest(l.excluded) as e (word)
            where strpos(b.name, e.word) > 0
        )
        or exists (
            select 1 from unnest(l.despite) as d (word)
            where strpos(b.name, d.word) > 0
        )
    );
