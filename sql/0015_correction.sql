-- 更正. What was published and proved wrong: the reversal, and the paper that says so. The first paper stays as it was.

-- 误判撤销. The latest row of a finding holds; `restored` takes a reversal back before a correction was published with it.
create table reversal (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int not null,
    clause text not null,
    subject text not null,
    digest text not null, -- of the published finding
    ruling text not null check (ruling in ('dropped', 'restored')),
    reason text not null check (reason <> ''),
    by text not null,
    at timestamptz not null default now(),
    foreign key (quarter, number) references publication
);
create index reversal_by_finding on reversal (quarter, number, clause, subject, id);

create table correction_draft (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int not null,
    sha256 text not null,
    docx bytea not null,
    pdf bytea not null,
    drafted_at timestamptz not null default now(),
    foreign key (quarter, number) references publication
);

-- Every answer of a signer, those that were refused with the reason.
create table correction_answer (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int not null,
    chosen text not null,
    by text not null,
    at timestamptz not null default now(),
    accepted boolean not null,
    because text not null default '',
    draft_sha256 text not null default '',
    document_number text not null default '',
    signed_on date,
    foreign key (quarter, number) references publication
);

-- 更正通报, published and frozen; the latest one of a quarter says how it stands now.
create table correction (
    quarter text not null,
    number int not null,
    serial int not null,
    answer_id bigint not null references correction_answer,
    document_number text not null unique,
    signed_on date not null,
    draft_sha256 text not null,
    withdrawn jsonb not null, -- clause and subject of what it takes back
    verdicts jsonb not null, -- as in verdicts.jsonl, all of them
    published_at timestamptz not null default now(),
    primary key (quarter, number, serial),
    foreign key (quarter, number) references publication
);

create table correction_file (
    quarter text not null,
    number int not null,
    serial int not null,
    name text not null,
    sha256 text not null,
    body bytea not null,
    primary key (quarter, number, serial, name),
    foreign key (quarter, number, serial) references correction
);

create trigger reversal_stays before update or delete on reversal
for each row execute function keep_forever();
create trigger correction_answer_stays before update or delete on correction_answer
for each row execute function keep_forever();
create trigger correction_stays before update or delete on correction
for each row execute function keep_forever();
create trigger correction_file_stays before update or delete on correction_file
for each row execute function keep_forever();

alter table outbox drop constraint outbox_kind_check;
alter table outbox add constraint outbox_kind_check
check (kind in ('verify', 'rectify', 'remind', 'overdue', 'correct'));
