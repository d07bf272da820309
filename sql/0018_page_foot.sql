-- 首页底部. inspectorate.evidence.PageFoot, under the same names.

create table page_foot (
    id bigint not null default nextval('landing'),
    site text not null,
    url text not null,
    visited_at timestamptz not null,
    complete boolean not null,
    shown text not null,
    unsure text not null,
    code text not null default '',
    sha256 text,
    primary key (site, visited_at)
);
