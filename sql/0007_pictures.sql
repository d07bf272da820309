-- A picture of a column's page or of a home page, taken when it first came out old or blank; without a picture the
-- row says why there is none.
create table picture (
    id bigint not null default nextval('landing'),
    site text not null,
    url text not null,
    taken_at timestamptz not null,
    sha256 text,
    page_sha256 text,
    newest date,
    blank boolean,
    because text not null default '',
    primary key (site, url, taken_at)
);
