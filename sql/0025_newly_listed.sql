-- What was first seen since a day, at one look: what is asked of a quarter must not grow with the years before it.
create index article_by_sight on article (site, first_seen);
