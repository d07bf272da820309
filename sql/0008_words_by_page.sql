-- Judging asks for the words on some sites' pages and for what stood in the way there, again and again in a province.
create index confirmation_by_page on confirmation (site_code, url, fact, at desc, id desc);
create index exemption_by_page on exemption (site_code, url, at desc, id desc);
create index ours_by_subject on ours (subject, seen_at);
