"""登记库 in the database: dated versions merged from what people file, columns from discovery, and who said what."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from inspectorate import identifiers
from inspectorate.quarter import day_of
from inspectorate.register import (
    Account,
    BadInput,
    Column,
    Complaint,
    Issuer,
    Person,
    Register,
    Site,
    Unit,
)
from inspectorate.store.database import LANDING

REGISTERING = 7_202_020  # the advisory lock of whoever changes the register
Filed = TypeVar("Filed", Unit, Site, Account)
DISCOVERED = "discover"
_TITLES = {"unit": "单位", "site": "网站", "account": "账号", "column": "栏目", "issuer": "发文机关"}
_SEVERAL = {"unit": "units", "site": "sites", "account": "accounts", "column": "columns"}


@dataclass(frozen=True, slots=True)
class Merge:
    """What an import did to each kind of thing: `unit`, `site`, `account`, `column`, `issuer` → keys."""

    new: dict[str, tuple[str, ...]] = field(default_factory=dict)
    changed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unchanged: dict[str, tuple[str, ...]] = field(default_factory=dict)
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)  # no longer listed, and kept
    closed: dict[str, tuple[str, ...]] = field(default_factory=dict)  # no longer listed, and closed
    unpinned: tuple[str, ...] = ()  # accounts whose address now names somebody else, so that their uid was let go

    def __str__(self) -> str:
        lines = []
        for thing, title in _TITLES.items():
            counts = {
                "新增": len(self.new.get(thing, ())),
                "变更": len(self.changed.get(thing, ())),
                "未变": len(self.unchanged.get(thing, ())),
            }
            if any(counts.values()):
                lines.append(f"{title}: " + "，".join(f"{word} {count}" for word, count in counts.items() if count))
            if self.missing.get(thing):
                lines.append(f"{title}未列出，仍保留: {'、'.join(self.missing[thing])}（关闭请加 --close-missing）")
            if self.closed.get(thing):
                lines.append(f"{title}未列出，已关闭: {'、'.join(self.closed[thing])}")
        if self.unpinned:
            lines.append(f"账号地址已变，原 uid 不再沿用: {'、'.join(self.unpinned)}")
        return "\n".join(lines) or "登记库没有变化"


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


@dataclass(frozen=True, slots=True)
class _Table(Generic[Filed]):
    """How one class of the register is kept: its table, its key, and the columns that its fields have there."""

    kind: type[Filed]
    name: str
    key: str

    @property
    def columns(self) -> list[str]:
        scope = {"valid_from": "scope_from", "valid_to": "scope_to"}
        return [scope.get(each.name, each.name) for each in fields(self.kind)]

    def row(self, thing: Filed) -> list[Any]:
        return [list(v) if isinstance(v, tuple) else v for v in (getattr(thing, f.name) for f in fields(self.kind))]

    def thing(self, row: Sequence[Any]) -> Filed:
        return self.kind(*(tuple(value) if isinstance(value, list) else value for value in row))


_UNIT = _Table(Unit, "unit", "unit_id")
_SITE = _Table(Site, "site", "site_code")
_ACCOUNT = _Table(Account, "account", "account_id")


# Reading


def read(connection: Connection, as_of: datetime | None = None) -> Register:
    """The register as it held on the day (Shanghai) of a moment, or as it stands now, in printed order.

    What persons confirmed and exempted is not versioned: their latest word is given whatever the moment.
    """
    day = None if as_of is None else day_of(as_of)
    with connection.cursor() as cursor:
        sites = _held(cursor, _SITE, day)
        accounts = _held(cursor, _ACCOUNT, day)
        units = _held(cursor, _UNIT, day)
        units += _absent_units(cursor, units, {s.unit_id for s in sites} | {a.unit_id for a in accounts}, day)
        columns = _columns(cursor, day)
        issuer = _issuer(cursor, day)
    order = {site.site_code: index for index, site in enumerate(sites)}
    columns.sort(key=lambda column: order.get(column.site_code, len(order)))
    return Register(tuple(units), tuple(sites), tuple(accounts), tuple(columns), issuer, as_of)


def _held(cursor: Cursor, table: _Table[Filed], day: date | None) -> list[Filed]:
    """The versions that hold on a day; None: those that nothing has ended."""
    cursor.execute(
        f"select {', '.join(table.columns)} from {table.name}"  # noqa: S608 - names of our own
        f" where {_HOLDS} order by position, {table.key}",
        {"day": day},
    )
    return [table.thing(row) for row in cursor.fetchall()]


_HOLDS = (
    "case when %(day)s::date is null then valid_to is null"
    " else (valid_from is null or valid_from <= %(day)s) and (valid_to is null or valid_to >= %(day)s) end"
)


def _absent_units(cursor: Cursor, units: Iterable[Unit], named: set[str], day: date | None) -> list[Unit]:
    """Units that a site or account belongs to, though they were not registered on the day: their nearest version."""
    absent = sorted(named - {unit.unit_id for unit in units})
    if not absent:
        return []
    cursor.execute(
        f"select distinct on (unit_id) {', '.join(_UNIT.columns)} from unit where unit_id = any(%(absent)s)"  # noqa: S608
        " order by unit_id, coalesce(valid_from, '-infinity') > coalesce(%(day)s::date, 'infinity'),"
        " case when coalesce(valid_from, '-infinity') > coalesce(%(day)s::date, 'infinity') then valid_from end,"
        " valid_from desc nulls last",
        {"absent": absent, "day": day},
    )
    return [_UNIT.thing(row) for row in cursor.fetchall()]


_SAID = """
select distinct on (site_code, url, fact) site_code, url, fact, value, by, sha256
from confirmation
where (%(site)s::text is null or site_code = %(site)s)
order by site_code, url, fact, at desc, id desc
"""
_EXEMPT = """
select distinct on (site_code, url) site_code, url, reason, until
from exemption
where (%(site)s::text is null or site_code = %(site)s)
order by site_code, url, at desc, id desc
"""


def _columns(cursor: Cursor, day: date | None, site: str | None = None) -> list[Column]:
    """The columns that hold on a day, each with what persons said of it."""
    cursor.execute(
        "select site_code, url, name, class, type, parent, level, owner, reading from site_column"  # noqa: S608
        f" where {_HOLDS} and (%(site)s::text is null or site_code = %(site)s) order by site_code, position, url",
        {"day": day, "site": site},
    )
    columns = [Column(*row) for row in cursor.fetchall()]
    said = _said(cursor, site)
    cursor.execute(_EXEMPT, {"site": site})
    exempt = {(code, url): (reason, until) for code, url, reason, until in cursor.fetchall()}
    return [_as_said(column, said, exempt.get((column.site_code, column.url), ("", None))) for column in columns]


Said = Mapping[tuple[str, str, str], tuple[str, str, str | None]]  # site, url, fact → value, by, sha256


def _said(cursor: Cursor, site: str | None) -> Said:
    cursor.execute(_SAID, {"site": site})
    return {(code, url, fact): (value, by, sha256) for code, url, fact, value, by, sha256 in cursor.fetchall()}


def _as_said(column: Column, said: Said, exempt: tuple[str, date | None]) -> Column:
    """A column as persons confirmed it: their word goes before the machine's."""
    of = {fact: said.get((column.site_code, column.url, fact)) for fact in ("class", "owner", "blank", "parent")}
    if (confirmed := of["class"]) is not None:
        column = replace(column, kind=confirmed[0], class_confirmed_by=confirmed[1])
    if (confirmed := of["owner"]) is not None:
        column = replace(column, owner=confirmed[0], owner_confirmed_by=confirmed[1])
    if (confirmed := of["blank"]) is not None:
        column = replace(column, blank_confirmed_by=confirmed[1], blank_confirmed_sha256=confirmed[2] or "")
    if (confirmed := of["parent"]) is not None:
        level = max(column.level or 2, 2) if confirmed[0] else 1
        column = replace(column, parent=confirmed[0], level=level)
    return replace(column, exempt=exempt[0], exempt_until=exempt[1] if exempt[0] else None)


def _issuer(cursor: Cursor, day: date | None) -> Issuer:
    """The settings that held on a day. Before the first ones were filed, those of that first day hold."""
    cursor.execute(
        "with dated as (select id, settings, recorded_at::date as day from issuer)"
        " select settings from dated"
        " where %(day)s::date is null or day <= greatest(%(day)s::date, (select min(day) from dated))"
        " order by id desc limit 1",
        {"day": day},
    )
    row = cursor.fetchone()
    return Issuer() if row is None else read_issuer_settings(row[0])


def read_issuer_settings(settings: Mapping[str, Any]) -> Issuer:
    """An issuer from its JSON."""
    given = dict(settings)
    given["people"] = tuple(Person(**person) for person in given.get("people", ()))
    given["teams"] = {team: tuple(codes) for team, codes in given.get("teams", {}).items()}
    given["editions"] = tuple(given.get("editions", Issuer().editions))
    return Issuer(**given)


# Merging


def merge(connection: Connection, filed: Register, by: str, today: date, close_missing: bool = False) -> Merge:
    """Merge what was filed into the register by id, in one transaction that this function commits.

    A key's first version holds on all earlier days; a changed row starts today, and a second change of the same day
    replaces the first. Fields that the file has no column for stay, and so do columns, confirmations and pinned uids.
    A kind of thing of which nothing is filed is left alone. BadInput, and nothing changed, if closing would leave a
    site or an account without its unit.
    """
    merging = _Merging(by, today, close_missing)
    with _registering(connection) as cursor:
        if filed.units:
            merging.things(cursor, _UNIT, filed.units, filed.unsaid.get("units", ()))
        if filed.sites:
            merging.things(cursor, _SITE, filed.sites, filed.unsaid.get("sites", ()))
        if filed.accounts:
            merging.things(cursor, _ACCOUNT, filed.accounts, filed.unsaid.get("accounts", ()))
        _refuse_orphans(cursor)
        if filed.columns:
            merging.columns(cursor, filed.columns, filed.unsaid.get("columns", ()))
        if filed.issuer != Issuer():
            merging.issuer(cursor, filed.issuer)
    return merging.summary()


@contextmanager
def _registering(connection: Connection) -> Iterator[Cursor]:
    """One transaction that changes the register: alone among its kind, and counted by the next freeze."""
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s), pg_advisory_xact_lock_shared(%s)", [REGISTERING, LANDING])
        yield cursor


class _Merging:
    """One import under way."""

    def __init__(self, by: str, today: date, close_missing: bool) -> None:
        self.by = by
        self.today = today
        self.close_missing = close_missing
        self.did: dict[str, dict[str, list[str]]] = {
            done: {} for done in ("new", "changed", "unchanged", "missing", "closed")
        }
        self.unpinned: list[str] = []

    def note(self, done: str, thing: str, key: str) -> None:
        self.did[done].setdefault(thing, []).append(key)

    def summary(self) -> Merge:
        said = {done: {thing: tuple(keys) for thing, keys in things.items()} for done, things in self.did.items()}
        return Merge(**said, unpinned=tuple(self.unpinned))

    def things(self, cursor: Cursor, table: _Table[Filed], filed: Sequence[Filed], unsaid: Sequence[str]) -> None:
        cursor.execute(
            f"select valid_from, {', '.join(table.columns)} from {table.name}"  # noqa: S608 - names of our own
            f" where valid_to is null order by position, {table.key}"
        )
        standing = {
            getattr(thing, table.key): (row[0], thing) for row in cursor.fetchall() for thing in [table.thing(row[1:])]
        }
        cursor.execute(f"select distinct {table.key} from {table.name}")  # noqa: S608
        ever = {key for (key,) in cursor.fetchall()}
        for thing in filed:
            key = getattr(thing, table.key)
            if key not in standing:
                _insert(cursor, table, thing, self.today if key in ever else None, self.by)
                _trail(cursor, self.by, table.name, key, None, thing)
                self.note("new", table.name, key)
                continue
            since, was = standing[key]
            becomes = self._kept(was, replace(thing, **{name: getattr(was, name) for name in unsaid}))
            if becomes == was:
                self.note("unchanged", table.name, key)
                continue
            self._change(cursor, table, since, was, becomes)
            _trail(cursor, self.by, table.name, key, was, becomes)
            self.note("changed", table.name, key)
        listed = [getattr(thing, table.key) for thing in filed]
        for key in [key for key in standing if key not in set(listed)]:
            self.note("closed" if self.close_missing else "missing", table.name, key)
            if self.close_missing:
                _close(cursor, table, key, self.today)
                _trail(cursor, self.by, table.name, key, standing[key][1], None)
        _place(cursor, table, printed_order(list(standing), listed))

    def _kept(self, was: Filed, filed: Filed) -> Filed:
        """A filed row with what an empty cell must not undo: an account's pinned uid and biz."""
        if not isinstance(was, Account) or not isinstance(filed, Account):
            return filed
        if not _same_address(was, filed):
            if was.uid and not filed.uid:
                self.unpinned.append(filed.account_id)
            return filed
        return replace(filed, uid=filed.uid or was.uid, biz=filed.biz or was.biz)

    def _change(self, cursor: Cursor, table: _Table[Filed], since: date | None, was: Filed, becomes: Filed) -> None:
        if isinstance(was, Site) and isinstance(becomes, Site) and _rescope(cursor, was, becomes):
            was = replace(was, valid_from=becomes.valid_from, valid_to=becomes.valid_to)
            if was == becomes:
                return
        if since is None or since < self.today:
            _close(cursor, table, getattr(was, table.key), self.today)
        _insert(cursor, table, becomes, max(since or self.today, self.today), self.by)

    def columns(self, cursor: Cursor, filed: Sequence[Column], unsaid: Sequence[str]) -> None:
        codes = sorted({column.site_code for column in filed})
        for code in codes:
            standing = {column.url: column for column in _columns(cursor, None, code)}
            said = _said(cursor, code)
            listed = [column for column in filed if column.site_code == code]
            for column in listed:
                was = standing.get(column.url)
                becomes = column if was is None else _kept_column(was, column, unsaid)
                written = was is None or _plainly(was) != _plainly(becomes)
                if written:
                    _write_column(cursor, becomes, self.by, self.today)
                written = _confirm_filed(cursor, column, said, unsaid, was, self.by) or written
                if written:
                    _trail(cursor, self.by, "column", f"{code} {column.url}", was, becomes)
                self.note("new" if was is None else "changed" if written else "unchanged", "column", column.url)
            _place_columns(cursor, code, printed_order(list(standing), [column.url for column in listed]))

    def issuer(self, cursor: Cursor, issuer: Issuer) -> None:
        was = _issuer(cursor, None)
        cursor.execute("select count(*) from issuer")
        known = cursor.fetchall() != [(0,)]
        if known and was == issuer:
            self.note("unchanged", "issuer", issuer.name)
            return
        cursor.execute("insert into issuer (settings, recorded_by) values (%s, %s)", [_json(issuer), self.by])
        _trail(cursor, self.by, "issuer", issuer.name, was if known else None, issuer)
        self.note("changed" if known else "new", "issuer", issuer.name)


def _rescope(cursor: Cursor, was: Site, becomes: Site) -> bool:
    """Correct when a site is in scope, in every version that said otherwise; False: it says the same, or a new stretch.

    The days that the office files speak for themselves, so they hold for earlier days too. Only a site that had ended
    and begins again keeps its earlier stretch.
    """
    if (was.valid_from, was.valid_to) == (becomes.valid_from, becomes.valid_to):
        return False
    if was.valid_to and becomes.valid_from and becomes.valid_from > was.valid_to:
        return False
    cursor.execute(
        "update site set scope_from = %s, scope_to = %s"
        " where site_code = %s and scope_from is not distinct from %s and scope_to is not distinct from %s",
        [becomes.valid_from, becomes.valid_to, was.site_code, was.valid_from, was.valid_to],
    )
    return True


def _same_address(was: Account, filed: Account) -> bool:
    """Whether a filed address still means whom the old one meant: what was pinned by it then still holds."""
    if not filed.address or filed.address == was.address or was.platform != "weibo":
        return filed.platform == was.platform and (was.platform == "weibo" or filed.address in ("", was.address))
    try:
        before, now = identifiers.normalise_weibo(was.address), identifiers.normalise_weibo(filed.address)
    except ValueError:
        return False
    return filed.platform == was.platform and (before == now or now.uid == was.uid != "")


def _close(cursor: Cursor, table: _Table[Filed], key: str, today: date) -> None:
    cursor.execute(
        f"update {table.name} set valid_to = %s where {table.key} = %s and valid_to is null",  # noqa: S608
        [today - timedelta(days=1), key],
    )


def _insert(cursor: Cursor, table: _Table[Filed], thing: Filed, since: date | None, by: str) -> None:
    """A version from a day on; a version that began on the same day is replaced."""
    columns = ["valid_from", "recorded_by", *table.columns]
    replaced = [f"{name} = excluded.{name}" for name in columns if name not in ("valid_from", table.key)]
    cursor.execute(
        f"insert into {table.name} (position, {', '.join(columns)})"  # noqa: S608 - names of our own
        f" values (0, {', '.join(['%s'] * len(columns))})"
        f" on conflict ({table.key}, valid_from) do update"
        f" set {', '.join(replaced)}, valid_to = null, recorded_at = now()",
        [since, by, *table.row(thing)],
    )


def _place(cursor: Cursor, table: _Table[Filed], order: Sequence[str]) -> None:
    """The printed order of all versions. A closed thing keeps the place that it had."""
    execute_values(
        cursor,
        f"update {table.name} as t set position = o.position from (values %s) as o (key, position)"  # noqa: S608
        f" where t.{table.key} = o.key and t.position <> o.position",
        [(key, position) for position, key in enumerate(order)],
        page_size=10_000,
    )


def printed_order(standing: Sequence[str], listed: Sequence[str]) -> list[str]:
    """The order of a file among what stands already.

    Listed keys keep the file's order in the places that listed keys had; a new key follows its neighbour in the file;
    whatever is not listed stays where it was.
    """
    known = set(standing)
    places = iter([key for key in listed if key in known])
    chosen = set(listed)
    order = [next(places) if key in chosen else key for key in standing]
    at = {key: float(index) for index, key in enumerate(order)}
    before = None
    step = 1 / (len(listed) + 1)
    for key in listed:
        if key in known:
            before = key
        elif before is None:
            after = next((other for other in listed if other in known), None)
            at[key] = (at[after] - 1 if after else len(order)) + step * listed.index(key)
        else:
            at[key] = at[before] + step
            before = key
    return sorted(at, key=lambda key: at[key])


def _refuse_orphans(cursor: Cursor) -> None:
    """Nobody may stand in the register without the unit that answers for it."""
    cursor.execute(
        "select 'sites', s.site_code, s.unit_id from site as s where s.valid_to is null and not exists"
        " (select 1 from unit as u where u.unit_id = s.unit_id and u.valid_to is null)"
        " union all select 'accounts', a.account_id, a.unit_id from account as a where a.valid_to is null and not exists"
        " (select 1 from unit as u where u.unit_id = a.unit_id and u.valid_to is null) order by 1, 2"
    )
    orphans = [
        Complaint(place, f"{key} 的单位 {unit} 不在登记库中或将被关闭") for place, key, unit in cursor.fetchall()
    ]
    if orphans:
        raise BadInput(orphans)


# Columns


def _plainly(column: Column) -> tuple[Any, ...]:
    """What a row of site_column says, without what persons say beside it."""
    return (column.name, column.kind, column.type, column.parent, column.level, column.owner, column.reading)


def _kept_column(was: Column, filed: Column, unsaid: Sequence[str]) -> Column:
    """A filed row over a known column: what a person confirmed stays unless a person confirms the new."""
    becomes = replace(filed, owner=filed.owner or was.owner, reading=filed.reading or was.reading)
    if "type" in unsaid:
        becomes = replace(becomes, type=was.type)
    if "parent" in unsaid:
        becomes = replace(becomes, parent=was.parent, level=was.level)
    if was.class_confirmed_by and not filed.class_confirmed_by:
        becomes = replace(becomes, kind=was.kind)
    if was.owner_confirmed_by and not filed.owner_confirmed_by:
        becomes = replace(becomes, owner=was.owner)
    return becomes


def _confirm_filed(
    cursor: Cursor, filed: Column, said: Said, unsaid: Sequence[str], was: Column | None, by: str
) -> bool:
    """What the filed row's person says: class, owner and place in the menu, and the exemption. True: it was news."""
    facts = [("class", filed.kind, filed.class_confirmed_by)]
    if filed.owner:
        facts.append(("owner", filed.owner, filed.owner_confirmed_by))
    if "parent" not in unsaid and filed.level is not None:
        facts.append(("parent", filed.parent, filed.class_confirmed_by))
    news = False
    for fact, value, person in facts:
        known = said.get((filed.site_code, filed.url, fact))
        if person and (known is None or known[:2] != (value, person)):
            _confirm(cursor, filed.site_code, filed.url, fact, value, person)
            news = True
    if filed.exempt and (was is None or (was.exempt, was.exempt_until) != (filed.exempt, filed.exempt_until)):
        person = filed.class_confirmed_by or by
        _exempt(cursor, filed.site_code, filed.url, filed.exempt, filed.exempt_until, person)
        news = True
    return news


def _write_column(cursor: Cursor, column: Column, by: str, today: date) -> None:
    """A version of a column: its first holds on all earlier days, a later one from today."""
    cursor.execute(
        "select valid_from, valid_to from site_column where site_code = %s and url = %s"
        " order by valid_to nulls first, valid_from desc nulls last limit 1",
        [column.site_code, column.url],
    )
    last = cursor.fetchone()
    since = None if last is None else today
    if last is not None and last[1] is None:
        if last[0] is not None and last[0] >= today:
            since = last[0]
        else:
            _close_columns(cursor, column.site_code, [column.url], today)
    cursor.execute(
        "insert into site_column"
        " (site_code, url, valid_from, recorded_by, name, class, type, parent, level, owner, reading)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (site_code, url, valid_from) do update set"
        " valid_to = null, recorded_by = excluded.recorded_by, recorded_at = now(), name = excluded.name,"
        " class = excluded.class, type = excluded.type, parent = excluded.parent, level = excluded.level,"
        " owner = excluded.owner, reading = excluded.reading",
        [column.site_code, column.url, since, by, *_plainly(column)],
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

    What a person filed or confirmed is never overwritten. A column that a discovery that ended did not find is closed
    if a machine had found it, and kept if a person had filed it; a discovery that did not end (`ended` false), or that
    found nothing at all, closes nothing. A column that is gone while one of the same name and parent is new has moved,
    and takes what persons said of it along, but for what they said of the page itself.
    """
    found = {column.url: column for column in columns}
    with _registering(connection) as cursor:
        standing = {column.url: column for column in _columns(cursor, None, site_code)}
        said = _said(cursor, site_code)
        cursor.execute(
            "select url, recorded_by from site_column where site_code = %s and valid_to is null", [site_code]
        )
        filed = {url for url, recorded_by in cursor.fetchall() if recorded_by != by}
        changed = []
        for url, column in found.items():
            was = standing.get(url)
            if was is None:
                _write_column(cursor, column, by, today)
            elif url not in filed and _plainly(was) != _plainly(becomes := _found_again(was, column, said)):
                _write_column(cursor, becomes, by, today)
                changed.append(becomes)
        absent = [column for url, column in standing.items() if url not in found] if ended and found else []
        gone = [column for column in absent if column.url not in filed]
        new = [column for url, column in found.items() if url not in standing]
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
        "insert into confirmation (site_code, url, fact, value, until, by, at)"
        " select distinct on (fact) site_code, %s, fact, value, until, by, at from confirmation"
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
) -> None:
    """Keep what a person says of a column: its `class`, `owner`, `parent`, or whether it is `blank` or `stale` (yes, no).

    `sha256`: the page as it was, for blank and stale. Commits.
    """
    with _registering(connection) as cursor:
        _known_column(cursor, site_code, url)
        _confirm(cursor, site_code, url, fact, value, by, sha256, until)


def exempt(connection: Connection, site_code: str, url: str, reason: str, by: str, until: date | None = None) -> None:
    """Keep why a column need not be updated, and until when; an empty reason withdraws it. Commits."""
    with _registering(connection) as cursor:
        _known_column(cursor, site_code, url)
        _exempt(cursor, site_code, url, reason, until, by)


def pin_uid(connection: Connection, account_id: str, uid: str, by: str) -> None:
    """Keep the number that an account's name was resolved to, once and for all; an account that has one keeps it.

    No new version: the account was the same before anybody knew its number. Commits.
    """
    with _registering(connection) as cursor:
        cursor.execute(
            "update account set uid = %s where account_id = %s and uid = '' and address ="
            " (select address from account where account_id = %s and valid_to is null)",
            [uid, account_id, account_id],
        )
        if cursor.rowcount:
            _trail(cursor, by, "account", account_id, {"uid": ""}, {"uid": uid})


def _known_column(cursor: Cursor, site_code: str, url: str) -> None:
    cursor.execute("select 1 from site_column where site_code = %s and url = %s limit 1", [site_code, url])
    if cursor.fetchone() is None:
        raise BadInput(f"登记库中没有网站 {site_code} 的栏目 {url}")


def _confirm(
    cursor: Cursor,
    site_code: str,
    url: str,
    fact: str,
    value: str,
    by: str,
    sha256: str | None = None,
    until: date | None = None,
) -> None:
    cursor.execute(
        "insert into confirmation (site_code, url, fact, value, sha256, until, by) values (%s, %s, %s, %s, %s, %s, %s)",
        [site_code, url, fact, value, sha256, until, by],
    )


def _exempt(cursor: Cursor, site_code: str, url: str, reason: str, until: date | None, by: str) -> None:
    cursor.execute(
        "insert into exemption (site_code, url, reason, until, by) values (%s, %s, %s, %s, %s)",
        [site_code, url, reason, until, by],
    )


# The trail


def _trail(cursor: Cursor, by: str, thing: str, key: str, was: Any, becomes: Any) -> None:
    cursor.execute(
        "insert into register_trail (by, thing, key, was, becomes) values (%s, %s, %s, %s, %s)",
        [by, thing, key, _json(was), _json(becomes)],
    )


def _trail_columns(cursor: Cursor, by: str, changes: ColumnChanges) -> None:
    rows: list[tuple[Column | None, Column | None]] = [(None, column) for column in changes.new]
    rows += [(column, None) for column in changes.gone]
    rows += changes.moved
    rows += [(None, column) for column in changes.changed]
    execute_values(
        cursor,
        "insert into register_trail (by, thing, key, was, becomes) values %s",
        [
            (by, "column", f"{one.site_code} {one.url}", _json(was), _json(becomes))
            for was, becomes in rows
            for one in [becomes or was]
            if one is not None
        ],
    )


def _json(thing: Any) -> str | None:
    """A row for the trail; None stays no value."""
    if thing is None:
        return None
    given = thing if isinstance(thing, dict) else asdict(thing)
    return json.dumps(given, ensure_ascii=False, default=_iso)


def _iso(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} 不能写入登记变更记录")
