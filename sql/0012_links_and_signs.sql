-- 链接与页面迹象. One table an item of inspectorate.evidence, under the same names.

create table link_try (
    id bigint not null default nextval('landing'),
    site text not null,
    url text not null,
    page text not null,
    scope text not null check (scope in ('home', 'other')),
    tried_at timestamptz not null,
    outcome text not null,
    wrong text not null default '',
    because text not null default '',
    sha256 text,
    primary key (site, url, tried_at)
);
create index link_try_by_time on link_try (site, tried_at);

create table link_sweep (
    id bigint not null default nextval('landing'),
    site text not null,
    swept_at timestamptz not null,
    pages int not null,
    links int not null,
    tried int not null,
    because text not null default '',
    primary key (site, swept_at)
);

create table page_sign (
    id bigint not null default nextval('landing'),
    site text not null,
    url text not null,
    sign text not null,
    what text not null, -- personal data are masked before they are landed
    sha256 text,
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    primary key (site, url, sign, what)
);
create index page_sign_by_time on page_sign (site, last_seen);
