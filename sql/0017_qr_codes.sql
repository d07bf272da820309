-- 二维码: the pictures that come with the register, whole, so that what was printed can be printed again.
create table qr_code (
    account_id text not null,
    name text not null, -- the picture's file name in the register
    sha256 text not null,
    picture bytea not null,
    kept_at timestamptz not null,
    primary key (account_id, kept_at)
);
