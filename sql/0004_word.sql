-- 确认的理由. Why a person says what they say of a column; until when it holds stood there already.
alter table confirmation add column reason text not null default '';
