-- 文章页. One row a reading of an article's page: whether it shows when it was published.

create table article_visit (
    id bigint not null default nextval('landing'),
    site text not null,
    url text not null,
    visited_at timestamptz not null,
    title text not null,
    dated date, -- null: the page shows no day
    clock boolean, -- null: nobody can say whether it shows the hour
    sha256 text,
    primary key (site, url, visited_at)
);

-- 年度报表 are few among millions of items, and asked for by their titles.
create index article_yearly on article (site) where title like '%年度报%';
