-- What a home page's server says of the time: its own clock, against which ours is checked before anybody is judged.
alter table visit add column server_time timestamptz;

-- By how many seconds the servers' clocks are ahead of ours at the last visit to each home page within the 36 hours:
-- one of them may go wrong, half of them at once do not.
create view evidence_clock as
select
    count(*) as sites,
    percentile_cont(0.5) within group (order by extract(epoch from v.server_time - v.visited_at)) as ahead_seconds
from audited_site as s
cross join lateral (
    select
        w.visited_at,
        w.server_time
    from visit as w
    where
        w.site = s.site
        and w.visited_at between s.accuses_from and s.inspected_at
        and w.id <= s.last_landed
        and w.server_time is not null
    order by w.visited_at desc
    limit 1
) as v;
