-- What a deduction may come to with every unknown thing against the site, and whether a veto is near (接近单项否决).
alter table finding add column points_most numeric;
alter table finding add column near boolean not null default false;
