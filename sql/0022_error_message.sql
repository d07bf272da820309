-- “我为政府网站找错”留言. One row a message and an export of the national platform.

create table error_message (
    id bigint not null default nextval('landing'),
    site text not null,
    number text not null, -- of the message, the platform's
    asked_on date not null,
    answered_on date, -- null: not answered when the list was exported
    exported_at timestamptz not null,
    primary key (site, number, exported_at)
);
