-- What the home page offers nowhere. Rows from before say nothing of it.
alter table page_foot add column lacking text not null default '';
