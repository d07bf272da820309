"""登记库 in the database: dated versions merged from what people file, columns from discovery, and who said what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from inspectorate import identifiers
from inspectorate.quarter import day_of
from inspectorate.register import Account, BadInput, Complaint, Issuer, Person, Register, Site, Unit
from inspectorate.store.columns import (
    ColumnChanges,
    answered,
    confirm,
    exempt,
    file_columns,
    land_columns,
    page_of,
    read_columns,
    say,
)
from inspectorate.store.registering import HOLDS, Change, as_json, printed_order, registering, trail

__all__ = [
    "ColumnChanges", "Merge", "answered", "confirm", "exempt", "land_columns", "merge", "page_of", "pin_uid", "read",
    "say",
]  # fmt: skip

Filed = TypeVar("Filed", Unit, Site, Account)
_TITLES = {"unit": "单位", "site": "网站", "account": "账号", "column": "栏目", "issuer": "发文机关"}


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
        values: list[Any] = [tuple(value) if isinstance(value, list) else value for value in row]
        return self.kind(*values)


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
        columns = read_columns(cursor, day)
        issuer = _issuer(cursor, day)
    order = {site.site_code: index for index, site in enumerate(sites)}
    columns = sorted((c for c in columns if c.site_code in order), key=lambda column: order[column.site_code])
    return Register(tuple(units), tuple(sites), tuple(accounts), tuple(columns), issuer, as_of)


def _held(cursor: Cursor, table: _Table[Filed], day: date | None) -> list[Filed]:
    """The versions that hold on a day; None: those that nothing has ended."""
    cursor.execute(
        f"select {', '.join(table.columns)} from {table.name}"  # noqa: S608 - names of our own
        f" where {HOLDS} order by position, {table.key}",
        {"day": day},
    )
    return [table.thing(row) for row in cursor.fetchall()]


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
    given["controls"] = tuple(given.get("controls", ()))
    given["without_services"] = tuple(given.get("without_services", ()))
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
    with registering(connection) as cursor:
        if filed.units:
            merging.things(cursor, _UNIT, filed.units, filed.unsaid.get("units", ()))
        if filed.sites:
            merging.things(cursor, _SITE, filed.sites, filed.unsaid.get("sites", ()))
        if filed.accounts:
            merging.things(cursor, _ACCOUNT, filed.accounts, filed.unsaid.get("accounts", ()))
        _refuse_orphans(cursor)
        if filed.columns:
            for done, url in file_columns(cursor, filed.columns, filed.unsaid.get("columns", ()), by, today):
                merging.note(done, "column", url)
        if filed.issuer != Issuer():
            merging.issuer(cursor, filed.issuer)
    return merging.summary()


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
        versions = [(row[0], table.thing(row[1:])) for row in cursor.fetchall()]
        standing = {getattr(thing, table.key): (since, thing) for since, thing in versions}
        cursor.execute(f"select distinct {table.key} from {table.name}")  # noqa: S608
        ever = {key for (key,) in cursor.fetchall()}
        changes: list[Change] = []
        for thing in filed:
            key = getattr(thing, table.key)
            if key not in standing:
                _insert(cursor, table, thing, self.today if key in ever else None, self.by)
                changes.append((key, None, thing))
                self.note("new", table.name, key)
                continue
            since, was = standing[key]
            becomes = self._kept(was, replace(thing, **{name: getattr(was, name) for name in unsaid}))
            if becomes == was:
                self.note("unchanged", table.name, key)
                continue
            self._change(cursor, table, since, was, becomes)
            changes.append((key, was, becomes))
            self.note("changed", table.name, key)
        listed = [getattr(thing, table.key) for thing in filed]
        for key in [key for key in standing if key not in set(listed)]:
            self.note("closed" if self.close_missing else "missing", table.name, key)
            if self.close_missing:
                _close(cursor, table, key, self.today)
                changes.append((key, standing[key][1], None))
        trail(cursor, self.by, table.name, changes)
        _place(cursor, table, printed_order(list(standing), listed))

    def _kept(self, was: Filed, filed: Filed) -> Filed:
        """A filed row with what an empty cell must not undo: an account's pinned uid and biz."""
        if not isinstance(was, Account) or not isinstance(filed, Account):
            return filed
        if was.platform != filed.platform:
            return filed
        if was.uid and not filed.uid and not _same_address(was, filed):
            self.unpinned.append(filed.account_id)
            return replace(filed, biz=filed.biz or was.biz)
        return replace(filed, uid=filed.uid or was.uid, biz=filed.biz or was.biz)

    def _change(self, cursor: Cursor, table: _Table[Filed], since: date | None, was: Filed, becomes: Filed) -> None:
        if isinstance(was, Site) and isinstance(becomes, Site) and _rescope(cursor, was, becomes):
            was = replace(was, valid_from=becomes.valid_from, valid_to=becomes.valid_to)
            if was == becomes:
                return
        if since is None or since < self.today:
            _close(cursor, table, getattr(was, table.key), self.today)
        _insert(cursor, table, becomes, max(since or self.today, self.today), self.by)

    def issuer(self, cursor: Cursor, issuer: Issuer) -> None:
        was = _issuer(cursor, None)
        cursor.execute("select count(*) from issuer")
        known = cursor.fetchall() != [(0,)]
        if known and was == issuer:
            self.note("unchanged", "issuer", issuer.name)
            return
        cursor.execute("insert into issuer (settings, recorded_by) values (%s, %s)", [as_json(issuer), self.by])
        trail(cursor, self.by, "issuer", [(issuer.name, was if known else None, issuer)])
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
    """Whether a filed Weibo address still means whom the old one meant: then the number pinned by it still holds."""
    if filed.address in ("", was.address):
        return True
    try:
        return identifiers.normalise_weibo(was.address) == identifiers.normalise_weibo(filed.address)
    except ValueError:
        return False


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


def _refuse_orphans(cursor: Cursor) -> None:
    """Nobody may stand in the register without the unit that answers for it."""
    cursor.execute(
        "select 'sites', s.site_code, s.unit_id from site as s where s.valid_to is null and not exists"
        " (select 1 from unit as u where u.unit_id = s.unit_id and u.valid_to is null)"
        " union all"
        " select 'accounts', a.account_id, a.unit_id from account as a where a.valid_to is null and not exists"
        " (select 1 from unit as u where u.unit_id = a.unit_id and u.valid_to is null) order by 1, 2"
    )
    orphans = [Complaint(place, f"{key} 的单位 {unit} 不在登记库中，或将被关闭") for place, key, unit in cursor]
    if orphans:
        raise BadInput(orphans)


def pin_uid(connection: Connection, account_id: str, uid: str, by: str) -> None:
    """Keep the number that an account's name was resolved to, once and for all; an account that has one keeps it.

    No new version: the account was the same before anybody knew its number. Commits.
    """
    with registering(connection) as cursor:
        cursor.execute(
            "update account set uid = %s where account_id = %s and uid = '' and address ="
            " (select address from account where account_id = %s and valid_to is null)",
            [uid, account_id, account_id],
        )
        if cursor.rowcount:
            trail(cursor, by, "account", [(account_id, {"uid": ""}, {"uid": uid})])
