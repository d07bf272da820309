-- A confirmation or an exemption that comes between judging and the second count is for the next judging: both counts
-- hear people up to the same word.

-- noqa: disable=ST05,ST06

-- 判定. Up to which number of landing confirmations and exemptions were heard when the findings that stand were made.
create table judging (
    quarter text not null,
    number int not null,
    said_until bigint not null,
    judged_at timestamptz not null default now(),
    primary key (quarter, number),
    foreign key (quarter, number) references inspection
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
    i.register,
    coalesce(j.said_until, 4611686018427387904) as said_until
from inspection as i
left join judging as j on i.quarter = j.quarter and i.number = j.number
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
    ) as register,
    4611686018427387904 as said_until
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
    s.facts ->> 'home_url' as home_url,
    a.said_until
from audited as a
cross join lateral jsonb_array_elements(a.register -> 'sites') with ordinality as s (facts, position)
where
    s.facts ->> 'status' = 'running'
    and coalesce((s.facts ->> 'valid_from')::date <= a.day, true)
    and coalesce((s.facts ->> 'valid_to')::date >= a.day, true);

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
    inner join audited_site as s on c.site_code = s.site and c.id <= s.said_until
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
    inner join audited_site as s on x.site_code = s.site and x.id <= s.said_until
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
