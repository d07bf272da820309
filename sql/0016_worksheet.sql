-- 人工检查表. What each person of a team entered about one clause of one subject; never changed or removed, the latest
-- entry of a person holds as long as the finding is judged as it was.
create table worksheet_entry (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int not null,
    clause text not null,
    subject text not null,
    digest text not null,
    team text not null,
    result text not null check (result in ('none', 'found', 'unclear')),
    note text not null default '',
    url text not null default '',
    by text not null,
    at timestamptz not null default now(),
    file_name text not null,
    file_sha256 text not null,
    foreign key (quarter, number) references inspection
);
create index worksheet_entry_by_finding on worksheet_entry (quarter, number, clause, subject, by, id);

create trigger worksheet_entry_stays before update or delete on worksheet_entry
for each row execute function keep_forever();
create trigger worksheet_entry_published after insert on worksheet_entry
referencing new table as changed for each statement execute function keep_published();
