-- A person's door where evidence stops a quarter: impossible rows are laid aside in their name, and a floor that cannot
-- be reached any more is vouched for.

-- noqa: disable=ST05,ST06

-- 作废. What was landed and cannot be, taken out of evidence whole; never changed or removed. The table that it came from
-- is free for the corrected row.
create table voided (
    id bigint primary key, -- its number of landing
    item text not null, -- the table that it was landed in
    facts jsonb not null, -- the row as it was landed
    reason text not null check (reason <> ''),
    by text not null,
    at timestamptz not null default now()
);
create trigger voided_stays before update or delete on voided
for each row execute function keep_forever();

-- 具名确认. An expectation of the evidence suite that no more stops this inspection, and who answers for that.
create table vouching (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int not null,
    expectation text not null,
    reason text not null check (reason <> ''),
    by text not null,
    at timestamptz not null default now(),
    foreign key (quarter, number) references inspection
);
create trigger vouching_stays before update or delete on vouching
for each row execute function keep_forever();

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
    end as fault,
    t.id
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
