-- Where what a visit found is kept: the last answer, or the record that none came. Empty for another monitor's visits.
alter table visit add column warc text not null default '';
alter table visit add column position bigint;
