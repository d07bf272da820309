"""Columns in the database: what discovery and filed lists say of them, and the word of persons that goes before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, cast

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from inspectorate.register import BadInput, Column, ColumnClass
from inspectorate.store.registering import HOLDS, Change, printed_order, registering, trail


@dataclass(frozen=True, slots=True)
class ColumnChanges:
    """What a discovery changed in one site's columns."""

    new: tuple[Column, ...] = ()
    gone: tuple[Column, ...] = ()
    moved: tuple[tuple[Column, Column], ...] = ()  # as it was, as it is
    changed: tuple[Column, ...] = ()  # another name, class or place in the menu
    unseen: tuple[Column, ...] = ()  # filed by a person and not found: kept

    def __str__(self) -> str:
        lines = [f"新增栏目 {c.name} {c.url}" for c in self.new]
        lines += [f"栏目不再出现 {c.name} {c.url}" for c in self.gone]
        lines += [f"栏目迁移 {now.name} {was.url} → {now.url}" for was, now in self.moved]
        lines += [f"栏目信息有变 {c.name} {c.url}" for c in self.changed]
        lines += [f"登记的栏目未在网站上找到，仍保留 {c.name} {c.url}" for c in self.unseen]
        return "\n".join(lines)


# Reading


_SAID = """
select site_code, url, fact, value, by, sha256
from (
    select distinct on (site_code, url, fact) site_code, url, fact, value, by, sha256, until
    from confirmation
    where (%(site)s::text is null or site_code = %(site)s)
    order by site_code, url, fact, at desc, id desc
) as latest
where until is null or until >= coalesce(%(day)s::date, (now() at time zone 'Asia/Shanghai')::date)
"""
_EXEMPT = """
select distinct on (site_code, url) site_code, url, reason, until
from exemption
where (%(site)s::text is null or site_code = %(site)s)
order by site_code, url, at desc, id desc
"""


def read_columns(cursor: Cursor, day: date | None, site: str | None = None) -> list[Column]:
    """The columns that hold on a day, each with what persons said of it."""
    cursor.execute(
        "select site_code, url, name, class, type, parent, level, owner, reading from site_column"  # noqa: S608
        f" where {HOLDS} and (%(site)s::text is null or site_code = %(site)s) order by site_code, position, url",
        {"day": day, "site": site},
    )
    columns = [Column(*row) for row in cursor.fetchall()]
    said = read_said(cursor, site, day)
    cursor.execute(_EXEMPT, {"site": site})
    exempt = {(code, url): (reason, until) for code, url, reason, until in cursor.fetchall()}
    return [_as_said(column, said, exempt.get((column.site_code, column.url), ("", None))) for column in columns]


Said = Mapping[tuple[str, str, str], tuple[str, str, str | None]]  # site, url, fact → value, by, sha256


def read_said(cursor: Cursor, site: str | None, day: date | None = None) -> Said:
    """The latest word on each fact, if it holds on a day (None: today)."""
    cursor.execute(_SAID, {"site": site, "day": day})
    return {(code, url, fact): (value, by, sha256) for code, url, fact, value, by, sha256 in cursor.fetchall()}


def _as_said(column: Column, said: Said, exempt: tuple[str, date | None]) -> Column:
    """A column as persons confirmed it: their word goes before the machine's."""
    of = {fact: said.get((column.site_code, column.url, fact)) for fact in ("class", "owner", "blank", "parent")}
    if (confirmed := of["class"]) is not None:
        column = replace(column, kind=cast(ColumnClass, confirmed[0]), class_confirmed_by=confirmed[1])
    if (confirmed := of["owner"]) is not None:
        column = replace(column, owner=confirmed[0], owner_confirmed_by=confirmed[1])
    if (confirmed := of["blank"]) is not None:
        column = replace(column, blank_confirmed_by=confirmed[1], blank_confirmed_sha256=confirmed[2] or "")
    if (confirmed := of["parent"]) is not None:
        level = max(column.level or 2, 2) if confirmed[0] else 1
        column = replace(column, parent=confirmed[0], level=level)
    return replace(column, exempt=exempt[0], exempt_until=exempt[1] if exempt[0] else None)


# From files and from discovery


def file_columns(
    cursor: Cursor, filed: Sequence[Column], unsaid: Sequence[str], by: str, today: date
) -> list[tuple[Literal["new", "changed", "unchanged"], str]]:
    """Set filed columns beside the register's, and say of each what that did. What is not listed stays."""
    done: list[tuple[Literal["new", "changed", "unchanged"], str]] = []
    by_site: dict[str, list[Column]] = {}
    for column in filed:
        by_site.setdefault(column.site_code, []).append(column)
    for code, listed in by_site.items():
        standing = {column.url: column for column in read_columns(cursor, None, code)}
        said = read_said(cursor, code)
        changes: list[Change] = []
        written: list[Column] = []
        for column in listed:
            was = standing.get(column.url)
            becomes = column if was is None else _kept_column(was, column, unsaid)
            rewritten = was is None or _plainly(was) != _plainly(becomes)
            if rewritten:
                written.append(becomes)
            if _confirm_filed(cursor, column, said, was, by) or rewritten:
                changes.append((f"{code} {column.url}", was, becomes))
                done.append(("new" if was is None else "changed", column.url))
            else:
                done.append(("unchanged", column.url))
        _write_columns(cursor, code, written, by, today)
        trail(cursor, by, "column", changes)
        _place_columns(cursor, code, printed_order(list(standing), [column.url for column in listed]))
    return done


def _plainly(column: Column) -> tuple[Any, ...]:
    """What a row of site_column says, without what persons say beside it."""
    return (column.name, column.kind, column.type, column.parent, column.level, column.owner, column.reading)


def _kept_column(was: Column, filed: Column, unsaid: Sequence[str]) -> Column:
    """A filed row over a known column: what a person confirmed stays unless a person confirms the new."""
    becomes = replace(filed, owner=filed.owner or was.owner, reading=filed.reading or was.reading)
    if "type" in unsaid:
        becomes = replace(becomes, type=was.type)
    if "parent" in unsaid or filed.parent == was.parent != "":
        becomes = replace(becomes, parent=was.parent, level=was.level)
    if was.class_confirmed_by and not filed.class_confirmed_by:
        becomes = replace(becomes, kind=was.kind)
    if was.owner_confirmed_by and not filed.owner_confirmed_by:
        becomes = replace(becomes, owner=was.owner)
    return becomes


def _confirm_filed(cursor: Cursor, filed: Column, said: Said, was: Column | None, by: str) -> bool:
    """What the filed row's person says: class and owner, and the exemption. True: it was news."""
    facts: list[tuple[str, str, str]] = [("class", filed.kind, filed.class_confirmed_by)]
    if filed.owner:
        facts.append(("owner", filed.owner, filed.owner_confirmed_by))
    news = [
        (filed.site_code, filed.url, fact, value, person)
        for fact, value, person in facts
        if person and said.get((filed.site_code, filed.url, fact), ("", "", None))[:2] != (value, person)
    ]
    if news:
        execute_values(cursor, "insert into confirmation (site_code, url, fact, value, by) values %s", news)
    if filed.exempt and (was is None or (was.exempt, was.exempt_until) != (filed.exempt, filed.exempt_until)):
        person = filed.class_confirmed_by or by
        _exempt(cursor, filed.site_code, filed.url, filed.exempt, filed.exempt_until, person)
        return True
    return bool(news)


def _write_columns(
    cursor: Cursor, site_code: str, columns: Sequence[Column], by: str, today: date, began: date | None = None
) -> None:
    """A version of each column: its first holds from when it `began` (None: always), a later one from today.

    A version is never rewritten, because an inspection may have been frozen with it. One that itself began today is
    closed before it began: it holds on no day any more.
    """
    if not columns:
        return
    cursor.execute(
        "select distinct on (url) url, valid_from, valid_to from site_column where site_code = %s and url = any(%s)"
        " order by url, valid_to desc nulls first, valid_from desc nulls last",
        [site_code, [column.url for column in columns]],
    )
    last = {url: (valid_from, valid_to) for url, valid_from, valid_to in cursor.fetchall()}
    ending = [url for url, (_, end) in last.items() if end is None]
    _close_columns(cursor, site_code, ending, today)
    since = {url: max(start, today) if start and end is None else today for url, (start, end) in last.items()}
    execute_values(
        cursor,
        "insert into site_column"
        " (site_code, url, valid_from, recorded_by, name, class, type, parent, level, owner, reading)"
        " values %s",
        [(site_code, column.url, since.get(column.url, began), by, *_plainly(column)) for column in columns],
        template="(%s, %s, %s::date, %s, %s, %s, %s, %s, %s::int, %s, %s)",
        page_size=1000,
    )


def _close_columns(cursor: Cursor, site_code: str, urls: Sequence[str], today: date) -> None:
    cursor.execute(
        "update site_column set valid_to = %s where site_code = %s and url = any(%s) and valid_to is null",
        [today - timedelta(days=1), site_code, list(urls)],
    )


def _place_columns(cursor: Cursor, site_code: str, order: Sequence[str]) -> None:
    execute_values(
        cursor,
        "update site_column as c set position = o.position from (values %s) as o (site_code, url, position)"
        " where c.site_code = o.site_code and c.url = o.url and c.position <> o.position",
        [(site_code, url, position) for position, url in enumerate(order)],
        page_size=10_000,
    )


def land_columns(
    connection: Connection, site_code: str, columns: Sequence[Column], by: str, today: date, ended: bool = True
) -> ColumnChanges:
    """Set what a discovery found beside the register's columns, in one transaction that this function commits.

    The columns of a first discovery hold on all earlier days too, as nobody has looked before; what is new later
    begins today. What a person filed or confirmed is never overwritten. A column that a discovery that ended did not
    find is closed if a machine had found it, and kept if a person had filed it; a discovery that did not end (`ended`
    false), or that found nothing at all, closes nothing. A column that is gone while one of the same name and parent
    is new has moved, and takes what persons said of it along, but for what they said of the page itself.
    """
    found = {column.url: column for column in columns}
    with registering(connection) as cursor:
        standing = {column.url: column for column in read_columns(cursor, None, site_code)}
        said = read_said(cursor, site_code, today)
        cursor.execute(
            "select url from site_column where site_code = %s and valid_to is null and recorded_by <> %s",
            [site_code, by],
        )
        filed = {url for (url,) in cursor.fetchall()}
        cursor.execute("select exists (select 1 from site_column where site_code = %s)", [site_code])
        began = today if cursor.fetchall() == [(True,)] else None
        new = [column for url, column in found.items() if url not in standing]
        seen = [(standing[url], column) for url, column in found.items() if url in standing and url not in filed]
        again = [(was, _found_again(was, column, said)) for was, column in seen]
        changed = [becomes for was, becomes in again if _plainly(was) != _plainly(becomes)]
        _write_columns(cursor, site_code, new, by, today, began)
        _write_columns(cursor, site_code, changed, by, today)
        renamed = [was.url for was, becomes in again if was.name != becomes.name]
        _lapse(cursor, site_code, renamed, today)
        absent = [column for url, column in standing.items() if url not in found] if ended and found else []
        gone = [column for column in absent if column.url not in filed]
        moved = _moved(gone, new)
        _close_columns(cursor, site_code, [column.url for column in gone], today)
        for before, now in moved:
            _take_along(cursor, site_code, before.url, now.url)
        _place_columns(cursor, site_code, printed_order(list(standing), list(found)))
        changes = ColumnChanges(
            new=tuple(c for c in new if c not in [now for _, now in moved]),
            gone=tuple(c for c in gone if c not in [before for before, _ in moved]),
            moved=tuple(moved),
            changed=tuple(changed),
            unseen=tuple(column for column in absent if column.url in filed),
        )
        _trail_columns(cursor, by, changes)
    return changes


def _found_again(was: Column, found: Column, said: Said) -> Column:
    """A known column as discovery sees it now, with what a person said of it."""
    becomes = replace(was, name=found.name, type=found.type)
    if not was.class_confirmed_by:
        becomes = replace(becomes, kind=found.kind)
    if (was.site_code, was.url, "parent") not in said:
        becomes = replace(becomes, parent=found.parent, level=found.level)
    if not was.owner_confirmed_by and found.owner:
        becomes = replace(becomes, owner=found.owner)
    return replace(becomes, reading=found.reading or was.reading)


def _lapse(cursor: Cursor, site_code: str, urls: Sequence[str], today: date) -> None:
    """Another column stands at these addresses now: what persons said of the one before holds until yesterday."""
    before = today - timedelta(days=1)
    reason = "栏目已更名，须重新确认"
    cursor.execute(
        "insert into confirmation (site_code, url, fact, value, sha256, until, by, reason)"
        " select site_code, url, fact, value, sha256, %(until)s, by, %(reason)s from ("
        " select distinct on (url, fact) * from confirmation"
        " where site_code = %(site)s and url = any(%(urls)s) order by url, fact, at desc, id desc) as latest"
        " where until is null or until > %(until)s",
        {"site": site_code, "urls": list(urls), "until": before, "reason": reason},
    )
    cursor.execute(
        "insert into exemption (site_code, url, reason, until, by)"
        " select site_code, url, reason, %(until)s, by from ("
        " select distinct on (url) * from exemption"
        " where site_code = %(site)s and url = any(%(urls)s) order by url, at desc, id desc) as latest"
        " where reason <> '' and (until is null or until > %(until)s)",
        {"site": site_code, "urls": list(urls), "until": before},
    )


def _moved(gone: Sequence[Column], new: Sequence[Column]) -> list[tuple[Column, Column]]:
    """Pairs of one gone and one new column that alone bear their name below their parent."""

    def alone(columns: Sequence[Column]) -> dict[tuple[str, str], Column]:
        names = [(column.parent, column.name) for column in columns]
        return {name: column for name, column in zip(names, columns, strict=True) if names.count(name) == 1}

    before, now = alone(gone), alone(new)
    return [(before[name], now[name]) for name in before if name in now]


def _take_along(cursor: Cursor, site_code: str, before: str, now: str) -> None:
    """What persons said of a column holds at its new address: still in their names and of their days."""
    cursor.execute(
        "insert into confirmation (site_code, url, fact, value, until, by, at, reason)"
        " select distinct on (fact) site_code, %s, fact, value, until, by, at, reason from confirmation"
        " where site_code = %s and url = %s and fact in ('class', 'owner', 'parent') order by fact, at desc, id desc",
        [now, site_code, before],
    )
    cursor.execute(
        "insert into exemption (site_code, url, reason, until, by, at)"
        " select site_code, %s, reason, until, by, at from exemption"
        " where site_code = %s and url = %s order by at desc, id desc limit 1",
        [now, site_code, before],
    )


# A person's word


def confirm(
    connection: Connection,
    site_code: str,
    url: str,
    fact: str,
    value: str,
    by: str,
    sha256: str | None = None,
    until: date | None = None,
    reason: str = "",
) -> None:
    """Keep what a person says of a column: its `class`, `owner`, `parent`, or yes or no to `blank` and `stale`.

    `sha256`: the page as it was, for blank and stale. The word holds while the page does not change: for blank and
    stale its bytes, for the rest the name that the column bears; and no longer than `until`. Commits.
    """
    with registering(connection) as cursor:
        _known_column(cursor, site_code, url)
        _confirm(cursor, Word(site_code, url, fact, value, by, reason, until, sha256))


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that a person says of a column: a fact as in `confirm`, or `exempt` with the reason as its value."""

    site_code: str
    url: str
    fact: str
    value: str
    by: str
    reason: str = ""
    until: date | None = None
    sha256: str | None = None


def say(connection: Connection, words: Sequence[Word]) -> None:
    """All of these words, or none of them. Commits. BadInput: there is no such column."""
    with registering(connection) as cursor:
        for word in words:
            _known_column(cursor, word.site_code, word.url)
            if word.fact == "exempt":
                _exempt(cursor, word.site_code, word.url, word.value, word.until, word.by)
            else:
                _confirm(cursor, word)


EXEMPTIONS = {"nothing": "无内容可发布", "archived": "已归档", "campaign": "历史性工作专题"}
CLASS_WORDS = {
    "news": "news", "动态要闻": "news", "notice": "notice", "通知公告": "notice", "policy": "policy",
    "政策文件": "policy", "personnel_plan": "personnel_plan", "人事规划": "personnel_plan",
    "interaction": "interaction", "互动交流": "interaction", "other": "other", "其他": "other",
}  # fmt: skip
YES_NO = {"yes": "yes", "是": "yes", "no": "no", "否": "no"}


def answered(
    site_code: str, url: str, fact: str, answer: str, reason: str, by: str, until: date | None, sha256: str | None
) -> Word:
    """What a person's answer to a question about a column says. BadInput: it is no answer to that question.

    `免检` (exempt) answers every question with a reason. A page of which a person says that it is not blank is exempt
    until a day, because the next reading may find it blank again.
    """
    where, answer = f"{site_code} {url}", answer.strip()
    if answer in ("exempt", "免检"):
        if not reason.strip():
            raise BadInput(f"{where}: 免检须写明理由")
        return Word(site_code, url, "exempt", reason, by, until=until)
    if fact == "class" and answer in CLASS_WORDS:
        return Word(site_code, url, "class", CLASS_WORDS[answer], by, reason, until)
    if fact == "owner" and answer:
        return Word(site_code, url, "owner", answer, by, reason, until)
    if fact in ("level", "parent") and answer:
        return Word(site_code, url, "parent", "" if answer == "一级" else answer, by, reason, until)
    if fact in ("blank", "date", "stale") and answer in YES_NO:
        if sha256 is None:
            raise BadInput(f"{where}: 本系统没有完整读到过这一页，不能认定页面内容")
        if fact != "blank":
            return Word(site_code, url, "stale", YES_NO[answer], by, reason, until, sha256)
        if YES_NO[answer] == "yes":
            return Word(site_code, url, "blank", "yes", by, reason, until, sha256)
        if not reason.strip() or until is None:
            raise BadInput(f"{where}: 认定不是空白栏目须写明理由和截止日期")
        return Word(site_code, url, "exempt", f"不是空白栏目：{reason}", by, until=until)
    choices = {"class": "、".join(CLASS_WORDS), "owner": "责任单位", "level": "一级 或上级栏目名称"}
    raise BadInput(f"{where}: {fact} 的答复 {answer!r} 应为 {choices.get(fact, '是、否')}，或 免检")


def page_of(connection: Connection, site_code: str, url: str, sha256: str = "") -> str | None:
    """The page that a person speaks of: the one they were shown, or the latest complete reading of the column.

    None: no such page was ever read in full.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select sha256 from page_visit where site = %(site)s and url = %(url)s and kind = 'column' and complete"
            " and (%(sha256)s = '' or sha256 = %(sha256)s) order by visited_at desc limit 1",
            {"site": site_code, "url": url, "sha256": sha256},
        )
        found = cursor.fetchone()
    return found[0] if found else None


def exempt(connection: Connection, site_code: str, url: str, reason: str, by: str, until: date | None = None) -> None:
    """Keep why a column need not be updated, and until when; an empty reason withdraws it. Commits."""
    with registering(connection) as cursor:
        _known_column(cursor, site_code, url)
        _exempt(cursor, site_code, url, reason, until, by)


def _known_column(cursor: Cursor, site_code: str, url: str) -> None:
    cursor.execute("select 1 from site_column where site_code = %s and url = %s limit 1", [site_code, url])
    if cursor.fetchone() is None:
        raise BadInput(f"登记库中没有网站 {site_code} 的栏目 {url}")


def _confirm(cursor: Cursor, word: Word) -> None:
    cursor.execute(
        "insert into confirmation (site_code, url, fact, value, sha256, until, by, reason)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        [word.site_code, word.url, word.fact, word.value, word.sha256, word.until, word.by, word.reason],
    )


def _exempt(cursor: Cursor, site_code: str, url: str, reason: str, until: date | None, by: str) -> None:
    cursor.execute(
        "insert into exemption (site_code, url, reason, until, by) values (%s, %s, %s, %s, %s)",
        [site_code, url, reason, until, by],
    )


def _trail_columns(cursor: Cursor, by: str, changes: ColumnChanges) -> None:
    rows: list[tuple[Column | None, Column | None]] = [(None, column) for column in changes.new]
    rows += [(column, None) for column in changes.gone]
    rows += changes.moved
    rows += [(None, column) for column in changes.changed]
    one = [becomes or was for was, becomes in rows]
    trail(
        cursor,
        by,
        "column",
        [(f"{c.site_code} {c.url}", *row) for c, row in zip(one, rows, strict=True) if c is not None],
    )
