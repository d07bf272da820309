"""Inspections: what is frozen once of each, and how far an `inspect` that was begun has come."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import Json as Jsonb

from inspectorate.quarter import SHANGHAI, Quarter, day_of, midnight
from inspectorate.register import Account, BadInput, Issuer, Person, Register, Site, Unit
from inspectorate.store.database import LANDING

Standing = Literal["official", "trial"]
TITLES: dict[str, str] = {"official": "正式巡查", "trial": "试算"}
EVERYTHING = 2**62  # a number of landing beyond all: whatever is there now


@dataclass(frozen=True, slots=True)
class Inspection:
    """One inspection as it was frozen."""

    quarter: str  # like 2018Q3
    number: int  # counts within the quarter
    standing: Standing
    inspected_at: datetime  # 监测时间点
    last_landed: int  # the last landed row that counts
    register: Register  # units, sites, accounts and the issuer as of then; columns are read as evidence
    editions: dict[str, str]  # edition → digest of its file
    main_edition: str
    clauses: tuple[str, ...]  # those switched on
    frozen_at: datetime
    said_until: int = EVERYTHING  # not frozen: the last confirmation or exemption that a judging heard

    @property
    def name(self) -> str:
        return f"{self.quarter}/{self.number}"


@dataclass(frozen=True, slots=True)
class Run:
    """An `inspect` that was begun, by its quarter and folder."""

    quarter: str
    folder: str
    started_at: datetime
    crawl_ended_at: datetime | None = None
    number: int | None = None  # of its inspection, once that is frozen
    done: frozenset[str] = frozenset()  # subjects that were read to their end since it was started


def freeze(
    connection: Connection,
    quarter: Quarter | str,
    standing: Standing,
    inspected_at: datetime,
    register: Register,
    editions: Mapping[str, str],
    main_edition: str,
    clauses: Iterable[str],
    anew: bool = False,
    *,
    texts: Mapping[str, str] | None = None,
    now: datetime | None = None,
    run: Run | None = None,
) -> Inspection:
    """Write an inspection once; the same one comes back if it is frozen already.

    `anew` makes the next number of the quarter, unless the latest of that standing was signed. BadInput if the
    time lies outside of the quarter (in Shanghai) or after now. With `run` the inspection is noted as that run's in
    the same transaction, so that a kill cannot part them; a run that has one keeps it. `texts` are the
    editions' files by name, kept once under their digests. Waits for what is being landed, so that last_landed is
    a true cut. Commits.
    """
    name = str(quarter)
    try:
        with connection.cursor() as cursor:
            # The exclusive lock also orders two that freeze at once.
            cursor.execute("select pg_advisory_xact_lock(%s)", [LANDING])
            found = _frozen(cursor, name, standing, run, anew=anew)
            if found is None:
                _check_time(Quarter.parse(name), inspected_at, now or datetime.now(UTC))
                facts = replace(register, columns=())
                _keep_texts(cursor, texts or {})
                found = _write(
                    cursor, name, standing, inspected_at, facts, dict(editions), main_edition, tuple(clauses)
                )
            if run is not None:
                cursor.execute(
                    "update inspect_run set number = %s where quarter = %s and folder = %s",
                    [found.number, run.quarter, run.folder],
                )
        connection.commit()
    finally:
        connection.rollback()
    return found


def find(connection: Connection, quarter: Quarter | str, number: int | None = None) -> Inspection:
    """An inspection by its number, else the latest official one, else the latest trial. BadInput: there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {KEPT} from inspection where quarter = %s and (%s::int is null or number = %s)"  # noqa: S608
            " order by standing = 'official' desc, number desc limit 1",
            [str(quarter), number, number],
        )
        found = cursor.fetchone()
    if found is None:
        which = f"第 {number} 次巡查" if number is not None else "巡查"
        raise BadInput(f"{quarter}: 没有{which}, 请先 freeze 或 inspect")
    return _read(found)


def listed(connection: Connection, quarter: Quarter | str | None = None) -> list[Inspection]:
    """All inspections, of one quarter or of all, in the order they were made."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {KEPT} from inspection where %s::text is null or quarter = %s order by quarter, number",  # noqa: S608
            [quarter and str(quarter), quarter and str(quarter)],
        )
        return [_read(row) for row in cursor.fetchall()]


def heard(connection: Connection, inspection: Inspection) -> Inspection:
    """The inspection as it is judged now: with what people have said of columns until this moment, and no later.

    Waits for whoever is saying something, so that the number it takes is a true cut; the second count hears the same.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [LANDING])
            return replace(inspection, said_until=_last_number(cursor))
    finally:
        connection.rollback()


def last_day(connection: Connection, inspection: Inspection) -> date:
    """The day of the official inspection before this one, from which on posts are counted.

    Where there was none: the issuer's inspection day of the quarter before.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select max(inspected_at) from inspection where standing = 'official' and quarter < %s",
            [inspection.quarter],
        )
        [(last,)] = cursor.fetchall()
    if last is not None:
        return day_of(last)
    before = Quarter.of(midnight(Quarter.parse(inspection.quarter).first_day) - timedelta(days=1))
    return before.last_day.replace(day=min(inspection.register.issuer.inspection_day, before.last_day.day))


def parse_name(text: str) -> tuple[Quarter, int]:
    """`2018Q3/2` as `--inspection` takes it: the quarter and the number. BadInput quotes anything else."""
    quarter, _, number = text.partition("/")
    try:
        return Quarter.parse(quarter), int(number)
    except ValueError:
        raise BadInput(f"巡查编号应写作 2018Q3/1 的形式: {text!r}") from None


# What is written


KEPT = "quarter, number, standing, inspected_at, last_landed, register, editions, main_edition, clauses, frozen_at"
GIVEN = KEPT.removesuffix(", frozen_at")


def _frozen(cursor: Cursor, quarter: str, standing: Standing, run: Run | None, *, anew: bool) -> Inspection | None:
    """The inspection that stands already; None: one is to be made."""
    if run is not None:
        cursor.execute(
            f"select {KEPT} from inspection where (quarter, number) ="  # noqa: S608 - our own names
            " (select quarter, number from inspect_run where quarter = %s and folder = %s and number is not null)",
            [run.quarter, run.folder],
        )
        kept = cursor.fetchone()
        if kept is not None:
            return _read(kept)
    cursor.execute(
        f"select {KEPT}, exists (select 1 from signature as s"  # noqa: S608 - our own names
        " where s.quarter = i.quarter and s.number = i.number)"
        " from inspection as i where quarter = %s and standing = %s order by number desc limit 1",
        [quarter, standing],
    )
    found = cursor.fetchone()
    if found is None:
        return None
    if not anew:
        return _read(found[:-1])
    if found[-1]:
        raise BadInput(f"{quarter}: {TITLES[standing]}第 {found[1]} 次已签发, 不能另立一次")
    return None


def _check_time(quarter: Quarter, inspected_at: datetime, now: datetime) -> None:
    if inspected_at.tzinfo is None:
        raise ValueError(f"监测时间点没有时区: {inspected_at}")
    shown = inspected_at.astimezone(SHANGHAI).isoformat(timespec="seconds")
    if not quarter.holds(inspected_at):
        raise BadInput(f"监测时间点 {shown} 不在 {quarter} 之内（北京时间）")
    if inspected_at > now:
        raise BadInput(f"监测时间点 {shown} 晚于现在")


def edition_texts(connection: Connection, inspection: Inspection) -> dict[str, str]:
    """The text of each edition as it was frozen, by its file's name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select name, body from edition_text where sha256 = any(%s)", [list(inspection.editions.values())]
        )
        return dict(cursor.fetchall())


def _keep_texts(cursor: Cursor, texts: Mapping[str, str]) -> None:
    for name, body in texts.items():
        cursor.execute(
            "insert into edition_text (sha256, name, body) values (%s, %s, %s) on conflict do nothing",
            [hashlib.sha256(body.encode()).hexdigest(), name, body],
        )


def _write(
    cursor: Cursor,
    quarter: str,
    standing: Standing,
    inspected_at: datetime,
    register: Register,
    editions: dict[str, str],
    main_edition: str,
    clauses: tuple[str, ...],
) -> Inspection:
    last_landed = _last_number(cursor)
    cursor.execute("select coalesce(max(number), 0) + 1 from inspection where quarter = %s", [quarter])
    [(number,)] = cursor.fetchall()
    kept = [quarter, number, standing, inspected_at, last_landed, Jsonb(_as_json(register)), Jsonb(editions)]
    cursor.execute(
        f"insert into inspection ({GIVEN}) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608 - our own names
        " returning frozen_at",
        [*kept, main_edition, Jsonb(list(clauses))],
    )
    [(frozen_at,)] = cursor.fetchall()
    return Inspection(
        quarter, number, standing, inspected_at, last_landed, register, editions, main_edition, clauses, frozen_at
    )


def _last_number(cursor: Cursor) -> int:
    cursor.execute("select case when is_called then last_value else 0 end from landing")
    [(number,)] = cursor.fetchall()
    return int(number)


def _read(row: tuple[Any, ...]) -> Inspection:
    quarter, number, standing, inspected_at, last_landed, register, editions, main_edition, clauses, frozen_at = row
    return Inspection(
        quarter, number, standing, inspected_at, last_landed, _as_register(register), editions, main_edition,
        tuple(clauses), frozen_at,
    )  # fmt: skip


# The register as JSON and back


def _as_json(register: Register) -> dict[str, Any]:
    """The register as jsonb keeps it; teams as pairs, because jsonb does not keep the order of keys."""
    issuer = asdict(register.issuer)
    issuer["teams"] = [[team, list(codes)] for team, codes in register.issuer.teams.items()]
    return {
        "units": [_plain(asdict(unit)) for unit in register.units],
        "sites": [_plain(asdict(site)) for site in register.sites],
        "accounts": [_plain(asdict(account)) for account in register.accounts],
        "issuer": issuer,
        "as_of": register.as_of.isoformat() if register.as_of is not None else None,
        "left_out": {
            "sites": [_plain(asdict(site)) for site in register.left_out_sites],
            "accounts": [_plain(asdict(account)) for account in register.left_out_accounts],
        },
    }


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in facts.items()}


def _as_site(kept: dict[str, Any]) -> Site:
    days = {"valid_from": _day(kept["valid_from"]), "valid_to": _day(kept["valid_to"])}
    return Site(**kept | days | {"domains": tuple(kept["domains"])})


def _as_account(kept: dict[str, Any]) -> Account:
    return Account(**kept | {"filed_on": _day(kept["filed_on"])})


def _as_register(kept: dict[str, Any]) -> Register:
    issuer = dict(kept["issuer"])
    issuer["editions"] = tuple(issuer["editions"])
    issuer["controls"] = tuple(issuer.get("controls", ()))
    issuer["without_services"] = tuple(issuer.get("without_services", ()))
    issuer["people"] = tuple(Person(**person) for person in issuer["people"])
    issuer["teams"] = {team: tuple(codes) for team, codes in issuer["teams"]}
    left_out = kept.get("left_out", {})
    return Register(
        units=tuple(Unit(**unit) for unit in kept["units"]),
        sites=tuple(map(_as_site, kept["sites"])),
        accounts=tuple(map(_as_account, kept["accounts"])),
        left_out_sites=tuple(map(_as_site, left_out.get("sites", ()))),
        left_out_accounts=tuple(map(_as_account, left_out.get("accounts", ()))),
        issuer=Issuer(**issuer),
        as_of=datetime.fromisoformat(kept["as_of"]) if kept["as_of"] is not None else None,
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


# An `inspect` on its way


def begin(connection: Connection, quarter: Quarter | str, folder: str) -> Run:
    """Begin an `inspect` into a folder, or find how far the one begun there before has come. Commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into inspect_run (quarter, folder) values (%s, %s) on conflict do nothing", [str(quarter), folder]
        )
    connection.commit()
    run = resume(connection, quarter, folder)
    if run is None:
        raise LookupError(f"inspect_run {quarter} {folder}: 刚写入的记录不见了")
    return run


def resume(connection: Connection, quarter: Quarter | str, folder: str) -> Run | None:
    """How far the `inspect` of a quarter into a folder has come; None: none was begun.

    What was read to its end stands in the evidence itself: a site's discovery row is the last of its rows, an
    account's visit is landed with its posts.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select started_at, crawl_ended_at, number from inspect_run where quarter = %s and folder = %s",
            [str(quarter), folder],
        )
        found = cursor.fetchone()
        if found is None:
            return None
        cursor.execute(
            "select site from discovery where visited_at >= %(since)s union"
            " select account from account_visit where visited_at >= %(since)s and source in ('feed', 'web')",
            {"since": found[0]},
        )
        done = frozenset(subject for (subject,) in cursor.fetchall())
    return Run(str(quarter), folder, found[0], found[1], found[2], done)


def forget(connection: Connection, run: Run) -> None:
    """Let the next `inspect` into this folder begin anew; the inspection that it made stays. Commits."""
    with connection.cursor() as cursor:
        cursor.execute("delete from inspect_run where quarter = %s and folder = %s", [run.quarter, run.folder])
    connection.commit()


def crawl_ended(connection: Connection, run: Run, at: datetime) -> datetime:
    """Note the moment when the crawl ended, once: the first one stays and comes back. Commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update inspect_run set crawl_ended_at = coalesce(crawl_ended_at, %s)"
            " where quarter = %s and folder = %s returning crawl_ended_at",
            [at, run.quarter, run.folder],
        )
        found = cursor.fetchone()
    connection.commit()
    if found is None:
        raise LookupError(f"inspect_run {run.quarter} {run.folder}: 没有这次 inspect 的记录, 先调用 begin")
    moment: datetime = found[0]
    return moment
