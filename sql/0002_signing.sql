-- 签发、印发、发信、整改: what people answered, what was drafted, signed, published and sent, and what became of it.

-- 稿件. What `draft` printed, kept under the digest of its notice.docx; a signature is bound to one of them.
create table draft (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int not null,
    sha256 text not null,
    docx bytea not null,
    pdf bytea not null,
    drafted_at timestamptz not null default now(),
    foreign key (quarter, number) references inspection
);
create index draft_by_inspection on draft (quarter, number, id);

-- 复核与签发的每一次作答, those that were refused with the reason. Never changed or removed.
create table signing_answer (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int not null,
    stage text not null check (stage in ('review', 'sign')),
    chosen text not null,
    by text not null, -- sign-in name, as it was given
    at timestamptz not null default now(),
    accepted boolean not null,
    because text not null default '', -- why it was refused
    draft_sha256 text not null default '',
    form jsonb not null default '{}',
    run text not null default '', -- Airflow's run and try, where it asked
    attempt int,
    foreign key (quarter, number) references inspection
);
create index signing_answer_by_inspection on signing_answer (quarter, number, id);

alter table signature add column document_number text not null default ''; -- 发文字号
alter table signature add column signed_on date; -- 成文日期
alter table signature add column rectify_by date; -- 整改期限
alter table signature add column answer_id bigint references signing_answer;

-- 印发. What is published is frozen: bytes, digests, editions, date of the text library, and every verdict.
create table publication (
    quarter text not null,
    number int not null,
    signature_id bigint not null references signature,
    document_number text not null,
    signed_on date not null,
    rectify_by date not null,
    draft_sha256 text not null,
    editions jsonb not null,
    wording_dated text not null,
    verdicts jsonb not null, -- as in verdicts.jsonl
    published_at timestamptz not null default now(),
    last_landed bigint not null, -- what was landed later may show that something was mended
    primary key (quarter, number),
    unique (quarter),
    unique (document_number),
    foreign key (quarter, number) references inspection
);

create table published_file (
    quarter text not null,
    number int not null,
    name text not null,
    sha256 text not null,
    body bytea not null,
    primary key (quarter, number, name),
    foreign key (quarter, number) references publication
);

-- 差异. What a later judging of a published quarter would say; replaced whole by the next one of the same inspection.
create table difference (
    quarter text not null,
    number int not null, -- the inspection that was judged
    published int not null, -- the one that was published
    found_at timestamptz not null default now(),
    rows jsonb not null,
    primary key (quarter, number),
    foreign key (quarter, number) references inspection
);

-- 发件箱. One row a letter, written whole before it is sent, and sent at most once.
create table outbox (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int not null,
    kind text not null check (kind in ('verify', 'rectify', 'remind', 'overdue')),
    unit text not null, -- empty: the office itself
    due text not null default '', -- what tells two letters of a kind to one unit apart: a day
    recipient text not null, -- empty: the unit has no address
    sender text not null,
    subject text not null,
    message bytea not null, -- RFC 5322, as it is sent
    sha256 text not null,
    state text not null check (state in ('queued', 'claimed', 'handed', 'sent', 'unsure', 'refused', 'undeliverable')),
    attempts int not null default 0,
    because text not null default '', -- the server's last words, or who settled it
    answer_until timestamptz, -- 核实函: until then the unit may explain
    queued_at timestamptz not null default now(),
    claimed_at timestamptz,
    sent_at timestamptz,
    unique (quarter, number, kind, unit, due),
    foreign key (quarter, number) references inspection
);
create index outbox_by_state on outbox (state, id);

-- 说明. What a unit said of a finding; never changed or removed.
create table explanation (
    id bigint generated always as identity primary key,
    quarter text not null,
    number int not null,
    clause text not null,
    subject text not null,
    unit text not null,
    text text not null,
    file_name text not null default '',
    file_body bytea,
    late boolean not null, -- after the window
    at timestamptz not null default now(),
    foreign key (quarter, number) references inspection
);
create index explanation_by_finding on explanation (quarter, number, clause, subject);

-- 复查. A published finding judged anew, once a day; the quarter stays as it was published.
create table recheck (
    quarter text not null,
    number int not null,
    clause text not null,
    subject text not null,
    checked_on date not null,
    unit text not null,
    outcome text not null check (outcome in ('passed', 'failed', 'unjudged', 'not_examined')),
    measured numeric,
    because text not null,
    proof jsonb not null,
    checked_at timestamptz not null default now(),
    primary key (quarter, number, clause, subject, checked_on),
    foreign key (quarter, number) references publication
);

-- What was published cannot be judged, decided or signed anew, whoever asks. Waits for a publishing that is under way.
create function keep_published() returns trigger language plpgsql as $$
begin
    perform 1 from inspection as i
    where (i.quarter, i.number) in (select c.quarter, c.number from changed as c) for share;
    if exists (
        select 1 from publication as p where (p.quarter, p.number) in (select c.quarter, c.number from changed as c)
    ) then
        raise exception '已印发, 不得改动 (%)', tg_table_name using errcode = 'restrict_violation';
    end if;
    return null;
end
$$;

create trigger finding_published_new after insert on finding
referencing new table as changed for each statement execute function keep_published();
create trigger finding_published_changed after update on finding
referencing old table as changed for each statement execute function keep_published();
create trigger finding_published_gone after delete on finding
referencing old table as changed for each statement execute function keep_published();
create trigger decision_published after insert on decision
referencing new table as changed for each statement execute function keep_published();
create trigger attestation_published after insert on attestation
referencing new table as changed for each statement execute function keep_published();
create trigger set_aside_published after insert on set_aside
referencing new table as changed for each statement execute function keep_published();
create trigger signature_published after insert on signature
referencing new table as changed for each statement execute function keep_published();

create function keep_forever() returns trigger language plpgsql as $$
begin
    raise exception '%: 只增不改', tg_table_name using errcode = 'restrict_violation';
end
$$;

create trigger signature_stays before update or delete on signature
for each row execute function keep_forever();
create trigger signing_answer_stays before update or delete on signing_answer
for each row execute function keep_forever();
create trigger publication_stays before update or delete on publication
for each row execute function keep_forever();
create trigger published_file_stays before update or delete on published_file
for each row execute function keep_forever();
create trigger decision_stays before update or delete on decision
for each row execute function keep_forever();
create trigger explanation_stays before update or delete on explanation
for each row execute function keep_forever();
