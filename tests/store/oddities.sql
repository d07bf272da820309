-- What the first-seen ledger is asked, said plainly: every item of every list is sorted. The ledger must answer alike.
with fresh as materialized (
    select *
    from (
        select
            site, column_url, url, dated, title, pinned, first_seen,
            lag(dated) over url_in_time as was,
            lag(first_seen) over url_in_time as was_seen,
            min(first_seen) over (partition by site, column_url) as begun
        from article
        where site = any(%(codes)s) and id <= %(last)s
        window url_in_time as (partition by site, column_url, url order by first_seen, dated)
    ) as item
    where first_seen > begun and first_seen >= %(seen_from)s and first_seen <= %(at)s
),

odd as (
    select
        'backdated' as kind, i.site, i.column_url, l.visited_at as before, l.sha256, i.first_seen as seen,
        l.missing as count, i.dated, null::date as was, i.title
    from fresh as i
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
        i.was_seen is null and not i.pinned and l.missing >= %(agreeing)s
        and i.first_seen >= (i.dated + %(backdated)s::interval) at time zone 'Asia/Shanghai'
    union all
    select
        'moved', i.site, i.column_url, i.was_seen, v.sha256, i.first_seen, 1, i.dated, i.was, i.title
    from fresh as i
    inner join page_visit as v
        on v.site = i.site and v.url = i.column_url and v.kind = 'column' and v.visited_at = i.was_seen
    where i.was <> i.dated and i.was_seen < i.first_seen
    union all
    select 'burst', i.site, i.column_url, p.visited_at, p.sha256, i.first_seen, i.items, p.newest, null, ''
    from (
        select site, column_url, first_seen, count(*) as items, min(dated) as earliest
        from fresh
        where was_seen is null
        group by site, column_url, first_seen
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
            and newest = (visited_at at time zone 'Asia/Shanghai')::date and oldest = newest
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
