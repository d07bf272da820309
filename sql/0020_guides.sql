-- 办事指南. One row a reading of a service guide.

create table guide_visit (
    id bigint not null default nextval('landing'),
    site text not null,
    url text not null,
    visited_at timestamptz not null,
    title text not null,
    lacking text not null, -- of the eight elements, 、 between
    unclear text not null,
    attachments int not null,
    forms boolean, -- null: the guide names no form
    sha256 text,
    primary key (site, url, visited_at)
);
