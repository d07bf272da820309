-- What a message's list and its own page leave open: shown neither as answered nor as waiting. Nobody is accused of it.

alter table letter_visit add column known boolean not null default true;

-- The second count of 互动回应差: a message of the last year that has waited longer than allowed, and waits still.
-- Asked exactly so many calendar months before is not over; another visit's answer leaves it open, and so does a
-- message that is shown neither as answered nor as waiting.
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
                            when x.name <> '' and v.known then case when o.answered then null else true end
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
        else v.known and not v.answered and v.asked_on < (s.day - l.waiting)::date
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
