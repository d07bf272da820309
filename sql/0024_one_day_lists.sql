-- Lists whose every item bears one day are few among millions of readings, and asked for at each judging.
create index page_visit_one_day on page_visit (site) where kind = 'column' and newest = oldest;
