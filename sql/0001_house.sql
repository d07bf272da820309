-- The house: the register, what was seen, what was frozen, what was judged and what people decided.
-- Forward only. PostgreSQL 15 and no extension. Times are timestamptz, days are Shanghai's.

-- Every landed row takes its number here; an inspection freezes the last one that counts.
create sequence landing;

-- 登记库. One row a version: it holds from valid_from (null: always) until the next one begins.
create table unit (
    unit_id text not null,
    valid_from date,
    valid_to date, -- last day on which this version holds
    position int not null, -- the printed order
    name text not null,
    level text not null check (level in ('city', 'county', 'committee', 'department', 'subordinate')),
    contact text not null default '',
    email text not null default '',
    phone text not null default '',
    parent text not null default '',
    institution boolean,
    administrative boolean,
    vertical boolean,
    recorded_at timestamptz not null default now(),
    recorded_by text not null,
    unique nulls not distinct (unit_id, valid_from)
);

create table site (
    site_code text not null,
    valid_from date,
    valid_to date,
    position int not null,
    name text not null,
    unit_id text not null,
    kind text not null check (kind in ('portal', 'department')),
    home_url text not null,
    disclosure_url text not null default '',
    status text not null check (status in ('running', 'suspended', 'moved', 'offline')),
    domains text[] not null default '{}',
    scope_from date, -- valid_from and valid_to as the office filed them
    scope_to date,
    successor text not null default '',
    reason text not null default '',
    recorded_at timestamptz not null default now(),
    recorded_by text not null,
    unique nulls not distinct (site_code, valid_from)
);

create table account (
    account_id text not null,
    valid_from date,
    valid_to date,
    position int not null,
    platform text not null check (platform in ('weibo', 'wechat')),
    name text not null,
    unit_id text not null,
    address text not null default '',
    status text not null check (status in ('running', 'offline')),
    uid text not null default '',
    biz text not null default '',
    qr text not null default '',
    matrix boolean,
    main boolean,
    filed_on date,
    recorded_at timestamptz not null default now(),
    recorded_by text not null,
    unique nulls not distinct (account_id, valid_from)
);

-- A column as discovery or the unit's filed list gave it. What persons say of it: `confirmation` and `exemption`.
create table site_column (
    id bigint not null default nextval('landing'),
    site_code text not null,
    url text not null, -- canonical
    valid_from date,
    valid_to date, -- last day on which it holds; before valid_from: it was replaced on its first day
    closed bigint, -- its number of landing when valid_to was set: a closing after a freeze does not count for it
    name text not null,
    class text not null check (class in ('news', 'notice', 'policy', 'personnel_plan', 'interaction', 'other')),
    type text not null default '栏目',
    parent text not null default '',
    level int,
    owner text not null default '',
    reading text not null default '',
    position int not null default 0,
    recorded_at timestamptz not null default now(),
    recorded_by text not null -- `discover`, or who filed it
);
-- A version is never rewritten; at most one of them is open.
create unique index site_column_open on site_column (site_code, url) where valid_to is null;
create index site_column_by_site on site_column (site_code, url);

create function number_closing() returns trigger language plpgsql as $$
begin
    new.closed := case when new.valid_to is not null then nextval('landing') end;
    return new;
end
$$;
create trigger site_column_closed before update of valid_to on site_column
for each row when (old.valid_to is distinct from new.valid_to) execute function number_closing();

create table confirmation (
    id bigint primary key default nextval('landing'),
    site_code text not null,
    url text not null,
    fact text not null check (fact in ('class', 'owner', 'blank', 'stale', 'parent')),
    value text not null,
    sha256 text, -- the page as it was, for blank and stale
    until date,
    by text not null,
    at timestamptz not null default now()
);

create table exemption (
    id bigint primary key default nextval('landing'),
    site_code text not null,
    url text not null,
    reason text not null, -- empty: the exemption was withdrawn
    until date,
    by text not null,
    at timestamptz not null default now()
);

create table issuer (
    id bigint primary key default nextval('landing'),
    settings jsonb not null,
    recorded_at timestamptz not null default now(),
    recorded_by text not null
);

-- Who changed what in the register; nothing here is ever changed or removed.
create table register_trail (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    by text not null,
    thing text not null,
    key text not null,
    was jsonb,
    becomes jsonb
);

-- 所见. One table an item of inspectorate.evidence, under the same names.
create table visit (
    id bigint not null default nextval('landing'),
    site text not null,
    visited_at timestamptz not null,
    source text not null,
    outcome text not null,
    seconds double precision,
    sha256 text,
    because text not null default '',
    primary key (site, visited_at, source)
);

create table answer (
    id bigint not null default nextval('landing'),
    url text not null,
    fetched_at timestamptz not null,
    status int,
    sha256 text not null,
    warc text not null,
    position bigint not null,
    content_type text not null default '',
    seconds double precision,
    primary key (url, fetched_at, sha256)
);
create index answer_by_sha256 on answer (sha256);
create index answer_by_time on answer using brin (fetched_at);

create table page_visit (
    id bigint not null default nextval('landing'),
    site text not null,
    url text not null,
    kind text not null check (kind in ('home', 'column', 'letters')),
    visited_at timestamptz not null,
    outcome text not null,
    complete boolean not null,
    items int,
    undated int,
    newest date,
    oldest date,
    blank boolean,
    dated_list boolean,
    sha256 text,
    because text not null default '',
    primary key (site, url, kind, visited_at)
);

create table article (
    id bigint not null default nextval('landing'),
    site text not null,
    column_url text not null,
    url text not null,
    dated date,
    title text not null,
    position int not null,
    pinned boolean not null,
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    unique nulls not distinct (site, column_url, url, dated)
);

create index article_by_date on article (site, column_url, dated desc, url, id);

create table letter_visit (
    id bigint not null default nextval('landing'),
    site text not null,
    box_url text not null,
    url text not null,
    asked_on date not null,
    answered_on date,
    visited_at timestamptz not null,
    answered boolean not null,
    valid boolean not null,
    primary key (site, box_url, url, visited_at)
);

create index letter_visit_by_message on letter_visit (site, url);

create table discovery (
    id bigint not null default nextval('landing'),
    site text not null,
    visited_at timestamptz not null,
    ended boolean not null,
    columns int not null,
    because text not null default '',
    primary key (site, visited_at)
);

create table host (
    id bigint not null default nextval('landing'),
    site text not null,
    host text not null,
    name text not null,
    type text not null,
    url text not null,
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    primary key (site, url, name)
);

create table account_visit (
    id bigint not null default nextval('landing'),
    account text not null,
    source text not null check (source in ('ledger', 'api', 'web', 'feed')),
    visited_at timestamptz not null,
    outcome text not null,
    complete boolean not null,
    posts int,
    newest timestamptz,
    covers_from timestamptz,
    name_seen text not null default '',
    sha256 text,
    because text not null default '',
    primary key (account, source, visited_at)
);

create table post (
    id bigint not null default nextval('landing'),
    account text not null,
    source text not null check (source in ('ledger', 'api', 'web', 'feed')),
    post_id text not null,
    published_at timestamptz not null,
    url text not null default '',
    title text not null default '',
    repost boolean not null default false,
    interpretation boolean,
    pinned boolean not null default false,
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    -- what rules read is in the key: a corrected post is a row of its own, and what was frozen stays
    unique nulls not distinct (account, source, post_id, published_at, repost, interpretation)
);

create table ours (
    id bigint not null default nextval('landing'),
    errand text not null,
    subject text not null,
    url text not null,
    seen_at timestamptz not null,
    because text not null,
    primary key (errand, subject, url, seen_at)
);

-- 巡查. What an inspection freezes is written once.
create table inspection (
    quarter text not null check (quarter ~ '^\d{4}Q[1-4]$'),
    number int not null, -- counts within the quarter
    standing text not null check (standing in ('official', 'trial')),
    inspected_at timestamptz not null, -- 监测时间点
    frozen_at timestamptz not null default now(),
    last_landed bigint not null,
    register jsonb not null, -- units, sites, accounts and the issuer as of then
    editions jsonb not null, -- edition → digest of its file
    main_edition text not null, -- in force for sites that day
    clauses jsonb not null, -- ids of the clauses switched on
    primary key (quarter, number)
);

-- The text of each edition that an inspection was frozen with: old quarters are judged by it, whatever is in force now.
create table edition_text (
    sha256 text primary key,
    name text not null, -- its file's name
    body text not null
);

-- An `inspect` that was begun: killed and begun again with the same folder it keeps its inspection.
create table inspect_run (
    quarter text not null,
    folder text not null,
    started_at timestamptz not null default now(),
    crawl_ended_at timestamptz,
    number int,
    primary key (quarter, folder)
);

-- 判定. Replaced whole by each `judge` of an inspection.
create table finding (
    quarter text not null,
    number int not null,
    edition text not null,
    clause text not null,
    subject text not null,
    kind text not null check (kind in ('site', 'account')),
    unit text not null,
    outcome text not null check (outcome in ('passed', 'failed', 'unjudged', 'not_examined')),
    measured numeric, -- exactly as judged: a count comes back as a count, a share as a share
    limit_value numeric,
    phrase text not null,
    because text not null,
    consequence text not null check (consequence in ('veto', 'points', 'remark', 'note')),
    clause_confirmed boolean not null,
    columns_confirmed boolean not null,
    points numeric,
    proof jsonb not null,
    digest text not null,
    position int not null,
    primary key (quarter, number, clause, subject),
    foreign key (quarter, number) references inspection
);

-- 复核. Never changed or removed; the latest one that sticks to the digest holds.
create table decision (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int not null,
    clause text not null,
    subject text not null,
    digest text not null,
    ruling text not null check (ruling in ('upheld', 'dropped', 'amended')),
    phrase text not null default '',
    reason text not null check (reason <> ''),
    by text not null,
    at timestamptz not null default now()
);
create index decision_by_digest on decision (digest);

create table attestation (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int not null,
    clause text not null,
    excepted text[] not null default '{}',
    by text not null,
    at timestamptz not null default now()
);

create table set_aside (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int not null,
    subject text not null,
    reason text not null check (reason <> ''),
    by text not null,
    at timestamptz not null default now()
);

-- 签发. Publishing reads this row and nothing else.
create table signature (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int not null,
    draft_sha256 text not null,
    by text not null,
    at timestamptz not null default now(),
    foreign key (quarter, number) references inspection
);
