-- Each column against its class's limit, as before, and one thing more: a topic that is late may be of a campaign long
-- over (历史性工作专题), which is left out, so unconfirmed it may count or not; a blank one is blank.

-- noqa: disable=ST05,ST06

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
    case
        when not ((f.leads_on or f.type = '专题') and f.own_stale) or f.class_confirmed then f.own_stale
    end as stale,
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
