"""What was seen: landed once, and gathered again for each subject as of one inspection."""

import io
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import chain, islice
from typing import Any, get_args

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from inspectorate.edition import Clause
from inspectorate.evidence import (
    ACCUSES_WITHIN,
    AccountEvidence,
    AccountVisit,
    Answer,
    Article,
    ArticleVisit,
    BoxSeen,
    ColumnSeen,
    Discovery,
    Door,
    ErrorMessage,
    GuideVisit,
    Host,
    Landed,
    Letter,
    LetterVisit,
    LinkSweep,
    LinkTry,
    Ours,
    PageFoot,
    PageKind,
    PageSign,
    PageVisit,
    Picture,
    Post,
    SiteEvidence,
    Visit,
)
from inspectorate.quarter import day_of, midnight, months_before
from inspectorate.register import Account, Site
from inspectorate.store.database import LANDING
from inspectorate.store.inspection import Inspection, last_day
from inspectorate.store.ledger import read_oddities

BATCH = 5_000  # rows a transaction
SITES_AT_ONCE = 40  # whose evidence is held in memory
KEY_BYTES = 2_000  # Postgres refuses to index much more
AVAILABILITY_DAYS = 7  # contract 1.6
POST_MONTHS = 3
LETTER_MONTHS = 15  # more than any clause asks for; the windows are the judge's
ACTIVITY_MONTHS = 15
NEW_ITEM_DAYS = 31


@dataclass(frozen=True, slots=True)
class Table:
    """Where one class of evidence lands."""

    name: str
    key: tuple[str, ...]
    edited: tuple[str, ...] = ()  # what a later look may correct, though no rule reads it


TABLES: dict[type, Table] = {
    Visit: Table("visit", ("site", "visited_at", "source")),
    Answer: Table("answer", ("url", "fetched_at", "sha256")),
    PageVisit: Table("page_visit", ("site", "url", "kind", "visited_at")),
    Article: Table("article", ("site", "column_url", "url", "dated")),
    LetterVisit: Table("letter_visit", ("site", "box_url", "url", "visited_at")),
    Discovery: Table("discovery", ("site", "visited_at")),
    Host: Table("host", ("site", "url", "name")),
    AccountVisit: Table("account_visit", ("account", "source", "visited_at")),
    # What a rule reads is in the key: a corrected post is a row of its own, so that what was frozen stays.
    Post: Table("post", ("account", "source", "post_id", "published_at", "repost", "interpretation"), ("title",)),
    Picture: Table("picture", ("site", "url", "taken_at")),
    LinkTry: Table("link_try", ("site", "url", "tried_at")),
    LinkSweep: Table("link_sweep", ("site", "swept_at")),
    GuideVisit: Table("guide_visit", ("site", "url", "visited_at")),
    ArticleVisit: Table("article_visit", ("site", "url", "visited_at")),
    PageSign: Table("page_sign", ("site", "url", "sign", "what")),
    PageFoot: Table("page_foot", ("site", "visited_at")),
    ErrorMessage: Table("error_message", ("site", "number", "exported_at")),
    Ours: Table("ours", ("errand", "subject", "url", "seen_at")),
}


# Landing


def land(connection: Connection, rows: Iterable[Landed]) -> int:
    """Keep what was seen and say how many rows are new; landing the same again adds nothing.

    Commits every 5,000 rows. A thing seen again keeps its number; only the first and the last time it was seen
    move apart.
    """
    added = 0
    stream = iter(rows)
    while batch := list(islice(stream, BATCH)):
        with connection.cursor() as cursor:
            share_landing(cursor)
            sorted_out: dict[type, list[Any]] = defaultdict(list)
            for row in batch:
                kept = row if _indexable(row) else _too_long(row)
                sorted_out[type(kept)].append(kept)
            for kind in TABLES:  # always in the same order, so that two that land never wait for each other
                if sorted_out[kind]:
                    added += _land_kind(cursor, kind, sorted_out[kind])
        connection.commit()
    return added


def share_landing(cursor: Cursor) -> None:
    """Hold until the transaction ends: a freeze waits for it, so that the last number it takes is a true cut."""
    cursor.execute("select pg_advisory_xact_lock_shared(%s)", [LANDING])


def _land_kind(cursor: Cursor, kind: type, rows: Sequence[Any]) -> int:
    """Copy rows of one class into a temporary table and upsert from there."""
    table = TABLES[kind]
    named = [field.name for field in fields(kind)]
    seen = "seen_at" in named and kind is not Ours
    columns = [name for name in named if not (seen and name == "seen_at")]
    columns += ["first_seen", "last_seen"] if seen else []
    lines = io.StringIO()
    spans = _spans(table, rows) if seen else ((row, None, None) for row in rows)
    for row, first, last in spans:
        values = [getattr(row, name) for name in named if not (seen and name == "seen_at")]
        lines.write("\t".join(map(_copied, values + ([first, last] if seen else []))) + "\n")
    lines.seek(0)
    staged = f"landing_{table.name}"
    listed = ", ".join(columns)
    cursor.execute(f"create temp table {staged} (like {table.name}) on commit drop")
    cursor.execute(f"alter table {staged} drop column id")
    cursor.copy_expert(f"copy {staged} ({listed}) from stdin", lines)
    cursor.execute(_upsert(table, columns, seen=seen, staged=staged))
    [(added,)] = cursor.fetchall()
    cursor.execute(f"drop table {staged}")
    return int(added)


def _upsert(table: Table, columns: Sequence[str], *, seen: bool, staged: str) -> str:
    """One insert that says how many rows were new; in the order of the key, so that no two deadlock."""
    key, listed = ", ".join(table.key), ", ".join(columns)
    when = "do nothing"
    if seen:
        moves = ["first_seen = least(t.first_seen, excluded.first_seen)"]
        moves += ["last_seen = greatest(t.last_seen, excluded.last_seen)"]
        later = "case when excluded.last_seen >= t.last_seen then excluded.{0} else t.{0} end"
        moves += [f"{name} = {later.format(name)}" for name in table.edited]
        when = (
            f"do update set {', '.join(moves)}"
            " where excluded.first_seen < t.first_seen or excluded.last_seen > t.last_seen"
        )
    return (
        f"with landed as (insert into {table.name} as t ({listed})"  # noqa: S608 - our own names
        f" select {listed} from {staged} order by {key}"
        f" on conflict ({key}) {when} returning xmax = 0 as new)"
        " select count(*) filter (where new) from landed"
    )


def _spans(table: Table, rows: Iterable[Any]) -> Iterable[tuple[Any, datetime, datetime]]:
    """Each thing once, as the latest look has it, with the first and the last time it was seen.

    One insert cannot touch a row twice.
    """
    found: dict[tuple[object, ...], tuple[Any, datetime, datetime]] = {}
    for row in rows:
        values = (getattr(row, name) for name in table.key)
        key = tuple(_kept(value) if isinstance(value, str) else value for value in values)
        before = found.get(key)
        if before is None:
            found[key] = (row, row.seen_at, row.seen_at)
        else:
            latest = row if row.seen_at >= before[2] else before[0]
            found[key] = (latest, min(before[1], row.seen_at), max(before[2], row.seen_at))
    return found.values()


def _kept(text: str) -> str:
    """A text as Postgres can keep it: pages have NULs and halves of surrogate pairs."""
    if text.isprintable():  # neither of them is
        return text
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _copied(value: object) -> str:
    """One value as COPY's text format wants it."""
    write = _WRITTEN.get(type(value))
    if write is not None:
        return write(value)
    if isinstance(value, str):  # a word of an enumeration
        return _text(value)
    raise TypeError(f"{type(value).__name__} 不是证据中的值: {value!r}")


def _text(value: str) -> str:
    if value.isprintable() and "\\" not in value:
        return str(value)
    return _kept(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


@lru_cache(1024)
def _moment(value: datetime) -> str:
    """All items of a page were seen at one moment, and asking a time zone is dear."""
    return value.isoformat()


_WRITTEN: dict[type, Callable[[Any], str]] = {
    str: _text,
    type(None): lambda _: "\\N",
    bool: lambda value: "t" if value else "f",
    int: repr,
    float: repr,
    date: date.isoformat,
    datetime: _moment,
}


def _indexable(row: Landed) -> bool:
    """Whether the row's key is short enough to be indexed."""
    texts = (getattr(row, name) for name in TABLES[type(row)].key)
    return sum(len(text.encode("utf-8", "replace")) for text in texts if isinstance(text, str)) <= KEY_BYTES


def _too_long(row: Landed) -> Ours:
    """What cannot be kept is ours, and told."""
    kind = TABLES[type(row)].name
    subject = next(str(getattr(row, name)) for name in ("site", "account", "subject", "url") if hasattr(row, name))
    at = next(
        getattr(row, name)
        for name in ("visited_at", "fetched_at", "taken_at", "tried_at", "swept_at", "seen_at")
        if hasattr(row, name)
    )
    url = next(str(getattr(row, name)) for name in ("url", "post_id", "source", "subject") if hasattr(row, name))
    return Ours(f"land:{kind}", subject[:200], url[:300], at, f"地址过长（{len(url)} 字符），未入库")


# Gathering


def gather_sites(
    connection: Connection,
    inspection: Inspection,
    sites: Sequence[Site] | None = None,
    *,
    scored: bool = True,
    doubts: Clause | None = None,
) -> Iterator[tuple[Site, SiteEvidence]]:
    """The sites that ran on the day of inspection, in printed order, each with what counts for it; or some of them.

    `scored` False: no clause takes points, and what only such clauses ask is left out. `doubts`: the clause whose
    limits say what the first-seen ledger is searched for (None: it is not searched).
    """
    running = inspection.register.running_sites(day_of(inspection.inspected_at)) if sites is None else sites
    for start in range(0, len(running), SITES_AT_ONCE):
        some = running[start : start + SITES_AT_ONCE]
        with connection.cursor() as cursor:
            read = _Reading(cursor, inspection, [site.site_code for site in some], scored)
            seen = {site.site_code: read.site(site) for site in some}
            odd = read_oddities(cursor, read.facts, doubts) if doubts is not None else {}
        for site in some:
            yield site, replace(seen[site.site_code], oddities=tuple(odd.get(site.site_code, ())))


def gather_accounts(connection: Connection, inspection: Inspection) -> Iterator[tuple[Account, AccountEvidence]]:
    """The accounts that ran on the day of inspection, in printed order, each with what counts for it.

    Posts reach back to the day of the last inspection, and a quarter at least: two inspections may lie closer to each
    other than a clause looks back.
    """
    day = day_of(inspection.inspected_at)
    running = inspection.register.running_accounts(day)
    since = midnight(min(last_day(connection, inspection), months_before(day, POST_MONTHS)))
    beside = _interpretations(connection, inspection, running, since)
    for start in range(0, len(running), SITES_AT_ONCE):
        some = running[start : start + SITES_AT_ONCE]
        facts = {"codes": [a.account_id for a in some], "last": inspection.last_landed}
        facts |= {"since": since, "at": inspection.inspected_at}
        visits: dict[str, list[AccountVisit]] = defaultdict(list)
        posts: dict[str, list[Post]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute(ACCOUNT_VISITS, facts)
            for row in cursor.fetchall():
                visits[row[0]].append(AccountVisit(*_opened(row, 3)))
            cursor.execute(POSTS, facts)
            for row in cursor.fetchall():
                posts[row[0]].append(Post(*row))
        for account in some:
            key = account.account_id
            others = tuple(p for p in beside.get(account.unit_id, ()) if p.account != key)
            yield account, AccountEvidence(tuple(visits[key]), tuple(posts[key]), others)


def _interpretations(
    connection: Connection, inspection: Inspection, running: Iterable[Account], since: datetime
) -> dict[str, list[Post]]:
    """Unit with several accounts → the 解读回应 of all of them."""
    unit_of = {a.account_id: a.unit_id for a in running}
    many = Counter(unit_of.values())
    facts = {"codes": [a for a, unit in unit_of.items() if many[unit] > 1], "last": inspection.last_landed}
    found: dict[str, list[Post]] = {}
    with connection.cursor() as cursor:
        cursor.execute(INTERPRETATIONS, facts | {"since": since, "at": inspection.inspected_at})
        for row in cursor.fetchall():
            found.setdefault(unit_of[row[0]], []).append(Post(*row))
    return found


def read_ours(connection: Connection, since: datetime, until: datetime | None = None) -> list[Ours]:
    """What we could not see from a moment on, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select errand, subject, url, seen_at, because from ours"
            " where seen_at >= %s and (%s::timestamptz is null or seen_at <= %s)"
            " order by seen_at, errand, subject, url",
            [since, until, until],
        )
        return [Ours(*row) for row in cursor.fetchall()]


def read_answers(
    connection: Connection, inspection: Inspection, since: datetime, digests: Collection[str]
) -> list[Answer]:
    """The answers that an inspection rests on: all that were given from a moment on, and those that a proof names."""
    names = [f.name for f in fields(Answer)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {', '.join(names)} from answer where id <= %(last)s"  # noqa: S608 - our own names
            " and (fetched_at between %(since)s and %(at)s or sha256 = any(%(digests)s))"
            " order by warc, position",
            {
                "last": inspection.last_landed,
                "since": since,
                "at": inspection.inspected_at,
                "digests": sorted(digests),
            },
        )
        return [Answer(*row) for row in cursor.fetchall()]


def read_visits(connection: Connection, code: str, since: datetime, until: datetime) -> list[Visit]:
    """Every landed visit of one home page from a moment on and before another, in order of time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select site, visited_at, source, outcome, seconds, sha256, because, warc, position, address, server_time"
            " from visit"
            " where site = %s and visited_at >= %s and visited_at < %s order by visited_at, source",
            [code, since, until],
        )
        return [Visit(*_opened(row, 3)) for row in cursor.fetchall()]


def pictures(
    connection: Connection, sites: Collection[str], until: datetime | None = None, last_landed: int | None = None
) -> dict[tuple[str, str], Picture]:
    """The latest picture of each page (site, address), or why there is none; up to a moment and a landing number."""
    names = ", ".join(f.name for f in fields(Picture))
    with connection.cursor() as cursor:
        cursor.execute(
            f"select distinct on (site, url) {names} from picture"  # noqa: S608 - our own names
            " where site = any(%(sites)s) and (%(until)s::timestamptz is null or taken_at <= %(until)s)"
            " and (%(last)s::bigint is null or id <= %(last)s)"
            # one that shows something goes before the reason why a later one does not
            " order by site, url, sha256 is null, taken_at desc",
            {"sites": sorted(sites), "until": until, "last": last_landed},
        )
        return {(row[0], row[1]): Picture(*row) for row in cursor.fetchall()}


def nothing_read(connection: Connection, subjects: Collection[str], since: datetime) -> bool:
    """Whether visits were paid from a moment on and every one of them failed for a reason of ours, or at a wall."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*), count(*) filter (where outcome not in ('ours', 'wall')) from ("
            " select site as subject, outcome, visited_at from page_visit union all"
            " select account, outcome, visited_at from account_visit where source in ('feed', 'web')"
            ") as paid where visited_at >= %s and subject = any(%s)",
            [since, sorted(subjects)],
        )
        [(paid, seen)] = cursor.fetchall()
    return bool(paid and not seen)


KINDS = get_args(PageKind)
DOORS = {str(door): door for door in Door}


class _Reading:
    """The evidence of some sites as of one inspection, read by one query a table and put together per site."""

    def __init__(self, cursor: Cursor, inspection: Inspection, codes: list[str], scored: bool) -> None:
        self.day = day_of(inspection.inspected_at)
        self.cursor = cursor
        self.facts = {
            "codes": codes,
            "last": inspection.last_landed,
            "said": inspection.said_until,
            "at": inspection.inspected_at,
            "from": inspection.inspected_at - ACCUSES_WITHIN,
            "day": self.day,
            "week_from": midnight(self.day - timedelta(days=AVAILABILITY_DAYS)),
            "week_to": midnight(self.day),
            "asked_from": months_before(self.day, LETTER_MONTHS),
            "held_from": months_before(self.day, ACTIVITY_MONTHS),
            "new_from": self.day - timedelta(days=NEW_ITEM_DAYS),
        }
        self.visits = self._by_site(VISITS)
        self.discoveries = self._by_site(DISCOVERIES)
        self.hosts = self._by_site(HOSTS)
        self.columns = self._by_site(COLUMNS)
        self.seen = {code: _Seen() for code in codes}
        seen = self.seen
        for row in self._rows(COUNTED):
            site, url, kind, at = row[:4]
            seen[site].counted[kind][url] = PageVisit(site, url, kind, at, Door.OPENED, True, *row[4:])
        for site, url, kind, newest, filled in self._rows(HISTORY):
            seen[site].history[kind][url] = newest, bool(filled)
        for site, url, dated, item in self._rows(NEWEST_ARTICLES):
            seen[site].articles[url] = dated, item
        for site, url, because in self._rows(OBSTACLES):
            seen[site].obstacles[url] = because
        for site, url, fact, value, sha256 in self._rows(CONFIRMATIONS):
            seen[site].said.setdefault(url, {})[fact] = value, sha256
        for site, url, reason in self._rows(EXEMPTIONS):
            seen[site].exempt[url] = reason
        self.new_items = self._by_site(NEW_ITEMS) if scored else {}
        for site, url, dated in self._activities() if scored else ():
            seen[site].activities.setdefault(url, []).append(dated)
        for row in self._rows(LETTERS):
            seen[row[0]].letters.setdefault(row[1], []).append(row[2:])

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        self.cursor.execute(query, self.facts)
        return self.cursor.fetchall()

    def _activities(self) -> list[tuple[Any, ...]]:
        """The dates in the columns that are for the public to take part, as the register or a person has them."""
        named = {row[1] for row in chain.from_iterable(self.columns.values()) if row[3] == "interaction"}
        for seen in self.seen.values():
            for url, said in seen.said.items():
                if "class" in said:
                    (named.add if said["class"][0] == "interaction" else named.discard)(url)
        self.facts["activities"] = sorted(named)
        return self._rows(ACTIVITIES)

    def _by_site(self, query: str) -> dict[str, list[tuple[Any, ...]]]:
        found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for row in self._rows(query):
            found[row[0]].append(row)
        return found

    def site(self, site: Site) -> SiteEvidence:
        """All that counts for one site."""
        code = site.site_code
        seen = self.seen[code]
        names = {row[1]: row[2] for row in self.columns[code]}
        boxes = sorted(seen.history["letters"])
        discovery = next((Discovery(*row) for row in self.discoveries[code]), None)
        return SiteEvidence(
            visits=tuple(Visit(*_opened(row, 3)) for row in self.visits[code]),
            home=seen.home(site),
            columns=tuple(map(seen.column, self.columns[code])),
            boxes=tuple(seen.box(url, names.get(url, "")) for url in boxes),
            hosts=tuple(Host(*row) for row in self.hosts[code]),
            discovery=discovery,
            new_items=tuple((dated, number) for _, dated, number in self.new_items.get(code, ())),
        )


class _Seen:
    """What was seen and said of one site's pages, by their addresses."""

    __slots__ = ("activities", "articles", "counted", "exempt", "history", "letters", "obstacles", "said")

    def __init__(self) -> None:
        # kind of page → address →
        self.counted: dict[str, dict[str, PageVisit]] = {kind: {} for kind in KINDS}
        self.history: dict[str, dict[str, tuple[date | None, bool]]] = {kind: {} for kind in KINDS}
        self.articles: dict[str, tuple[date, str]] = {}
        self.activities: dict[str, list[date]] = {}
        self.obstacles: dict[str, str] = {}
        self.said: dict[str, dict[str, tuple[str, str | None]]] = {}  # address → fact → (word, digest)
        self.exempt: dict[str, str] = {}
        self.letters: dict[str, list[Any]] = {}

    def home(self, site: Site) -> ColumnSeen:
        """The home page, by whatever address it was read."""
        read = sorted(self.history["home"])
        counted = [v for url in read if (v := self.counted["home"].get(url)) is not None]
        latest = max(counted, key=lambda visit: visit.visited_at, default=None)
        url = latest.url if latest is not None else (read[-1] if read and site.home_url not in read else site.home_url)
        seen = self._home_at(url)
        for other in read:  # the address was changed: what the old one showed still clears
            if other != url:
                more = self._home_at(other)
                filled = seen.ever_filled or more.ever_filled or (more.counted is not None and bool(more.counted.items))
                seen = replace(seen, ever_filled=filled)
                if more.newest is not None and (seen.newest is None or more.newest > seen.newest):
                    seen = replace(seen, newest=more.newest, newest_url=more.newest_url)
        return seen

    def _home_at(self, url: str) -> ColumnSeen:
        counted, newest, newest_url, filled = self._shown(url, "home")
        return ColumnSeen(
            url,
            "首页",
            "other",
            counted=counted,
            newest=newest,
            newest_url=newest_url,
            ever_filled=filled,
            why_unknown="" if counted is not None else self._why(url),
        )

    def column(self, row: tuple[Any, ...]) -> ColumnSeen:
        """One column: what the register says of it, what people confirmed, and what was seen.

        Made by position and at once: there may be millions of them.
        """
        _, url, name, kind, type_, parent, level, owner = row
        counted, newest, newest_url, filled = self._shown(url, "column")
        why = "" if counted is not None else self._why(url)
        exempt = self.exempt.get(url, "")
        said, held = self.said.get(url), tuple(self.activities.get(url, ()))
        if said is None:
            return ColumnSeen(
                url, name, kind, type_, parent, level, owner, counted, newest, newest_url, filled, why,
                False, False, False, exempt, None, held,
            )  # fmt: skip
        if "parent" in said:
            parent = said["parent"][0]
            level = 1 if not parent else max(level or 2, 2)
        (class_, _), (keeper, _) = said.get("class", UNSAID), said.get("owner", UNSAID)
        (blank, blank_sha256), (stale, stale_sha256) = said.get("blank", UNSAID), said.get("stale", UNSAID)
        shown = counted.sha256 if counted is not None else None
        unchanged = shown is not None and stale_sha256 in (None, shown)
        return ColumnSeen(
            url, name, class_ or kind, type_, parent, level, keeper or owner, counted, newest, newest_url, filled, why,
            bool(class_), "owner" in said, _yes(blank) and shown is not None and blank_sha256 == shown, exempt,
            _yes(stale) if stale and unchanged else None, held,
        )  # fmt: skip

    def _shown(self, url: str, kind: str) -> tuple[PageVisit | None, date | None, str, bool]:
        """What the visits of one page showed: the counted one, the newest item and its place, and if it had any."""
        counted = self.counted[kind].get(url)
        newest, filled = self.history[kind].get(url, UNSEEN)
        found = self.articles.get(url)
        if found is None:
            return counted, newest, "", filled
        if newest is None or found[0] >= newest:
            return counted, *found, True
        return counted, newest, "", True

    def box(self, url: str, name: str) -> BoxSeen:
        """One letter box with the messages of its counted visit."""
        counted = self.counted["letters"].get(url)
        if counted is None:
            return BoxSeen(url, name, None, (), self._why(url))
        letters = tuple(
            Letter(message, asked_on, answered_on, elsewhere, visited_at, counted.sha256, answered, known)
            for message, asked_on, answered_on, answered, known, visited_at, elsewhere in self.letters.get(url, ())
        )
        return BoxSeen(url, name, counted, letters)

    def _why(self, url: str) -> str:
        """What stood in the way of a page that nothing was counted of."""
        return self.obstacles.get(url) or self.obstacles.get("") or "监测时间点前36小时内没有访问记录"


UNSAID: tuple[str, str | None] = ("", None)
UNSEEN: tuple[date | None, bool] = (None, False)


def _opened(row: tuple[Any, ...], door: int) -> list[Any]:
    """A row with the word at one place read as a door."""
    return [*row[:door], DOORS[row[door]], *row[door + 1 :]]


def _yes(value: str) -> bool:
    return value.strip().lower() in ("yes", "true", "是")


VISITS = """
select site, visited_at, source, outcome, seconds, sha256, because, warc, position, address
from visit
where site = any(%(codes)s) and id <= %(last)s and visited_at >= %(week_from)s and visited_at < %(week_to)s
order by site, visited_at, source
"""

# The latest one by 监测时间点; where the site was only looked at later, the first one after.
DISCOVERIES = """
select distinct on (site) site, visited_at, ended, columns, because
from discovery
where site = any(%(codes)s) and id <= %(last)s
order by site, visited_at > %(at)s, abs(extract(epoch from visited_at - %(at)s))
"""

HOSTS = """
select site, host, name, type, url, first_seen
from host
where site = any(%(codes)s) and id <= %(last)s and first_seen <= %(at)s and last_seen >= %(from)s
order by site, host, url, name
"""

# The version of each column that held on the day, or the first later one: an inspection of the past knows its
# columns from a discovery made since. A closing that was landed after the freeze does not count.
COLUMNS = """
select site_code, url, name, class, type, parent, level, owner
from (
    select distinct on (site_code, url) *
    from site_column
    where
        site_code = any(%(codes)s) and id <= %(last)s
        and (
            valid_to is null or closed > %(last)s
            or (valid_to >= %(day)s and valid_to >= coalesce(valid_from, valid_to)) -- not replaced on its first day
        )
    order by site_code, url, valid_from nulls first, id
) as held
order by site_code, position, url
"""

COUNTED = """
select distinct on (site, url, kind)
    site, url, kind, visited_at, items, undated, newest, oldest, blank, dated_list, sha256, because
from page_visit
where
    site = any(%(codes)s) and id <= %(last)s and complete and outcome = 'opened'
    and visited_at >= %(from)s and visited_at <= %(at)s
order by site, url, kind, visited_at desc
"""

# What all visits say, earlier and later ones too: the greatest date by then, and whether any but the counted one (the
# latest of those that may be counted) showed an item that existed by then.
HISTORY = """
select
    site, url, kind,
    greatest(
        max(newest) filter (where newest <= %(day)s),
        max(oldest) filter (where oldest <= %(day)s and items > 0)
    ),
    bool_or(showed and not countable)
    or min(visited_at) filter (where showed and countable) < max(visited_at) filter (where countable)
from (
    select
        site, url, kind, newest, oldest, items, visited_at,
        items > 0 and (visited_at <= %(at)s or newest <= %(day)s or oldest <= %(day)s) as showed,
        complete and outcome = 'opened' and visited_at >= %(from)s and visited_at <= %(at)s as countable
    from page_visit
    where site = any(%(codes)s) and id <= %(last)s
) as v
group by site, url, kind
"""

NEWEST_ARTICLES = """
select distinct on (site, column_url) site, column_url, dated, url
from article
where site = any(%(codes)s) and id <= %(last)s and dated <= %(day)s
order by site, column_url, dated desc, url
"""

# Each address once, by its newest printed date, on whatever page of the site it was seen.
NEW_ITEMS = """
select site, dated, count(*)
from (
    select site, url, max(dated) as dated
    from article
    where site = any(%(codes)s) and id <= %(last)s and dated >= %(new_from)s and dated <= %(day)s
    group by site, url
) as item
group by site, dated
order by site, dated
"""

ACTIVITIES = """
select site, column_url, max(dated)
from article
where
    site = any(%(codes)s) and id <= %(last)s and column_url = any(%(activities)s)
    and dated >= %(held_from)s and dated <= %(day)s
group by site, column_url, url
order by site, column_url, max(dated)
"""

# The latest incomplete visit of the 36 hours, else what the errand said it could not see of the page or the site.
OBSTACLES = """
select distinct on (site, url) site, url, because
from (
    select site, url, because, visited_at, 0 as rank
    from page_visit
    where
        site = any(%(codes)s) and id <= %(last)s and because <> ''
        and (not complete or outcome <> 'opened')
        and visited_at >= %(from)s and visited_at <= %(at)s
    union all
    select subject, url, because, seen_at, 1
    from ours
    where subject = any(%(codes)s) and id <= %(last)s and seen_at >= %(from)s and seen_at <= %(at)s
) as obstacle
order by site, url, rank, visited_at desc
"""

# Not frozen: a person's latest word holds at each judging, unless it ended before the day of inspection.
CONFIRMATIONS = """
select site_code, url, fact, value, sha256
from (
    select distinct on (site_code, url, fact) *
    from confirmation
    where site_code = any(%(codes)s) and id <= %(said)s
    order by site_code, url, fact, at desc, id desc
) as latest
where until is null or until >= %(day)s
"""

EXEMPTIONS = """
select site_code, url, reason
from (
    select distinct on (site_code, url) *
    from exemption
    where site_code = any(%(codes)s) and id <= %(said)s
    order by site_code, url, at desc, id desc
) as latest
where reason <> '' and (until is null or until >= %(day)s)
"""

LETTERS = """
with counted as (
    select distinct on (site, url) site, url as box_url, visited_at
    from page_visit
    where
        site = any(%(codes)s) and id <= %(last)s and kind = 'letters' and complete and outcome = 'opened'
        and visited_at >= %(from)s and visited_at <= %(at)s
    order by site, url, visited_at desc
)
select
    l.site, l.box_url, l.url, l.asked_on, l.answered_on, l.answered, l.known, l.visited_at,
    exists (
        select 1
        from letter_visit as o
        where
            o.site = l.site and o.url = l.url and o.id <= %(last)s
            and (o.box_url, o.visited_at) <> (l.box_url, l.visited_at)
            and (o.answered_on <= %(day)s or (o.answered and o.answered_on is null and o.visited_at <= %(at)s))
    )
from letter_visit as l
inner join counted as c using (site, box_url, visited_at)
where l.id <= %(last)s and l.valid and l.asked_on >= %(asked_from)s and l.asked_on <= %(day)s
order by l.site, l.box_url, l.asked_on, l.url
"""

ACCOUNT_VISITS = """
select account, source, visited_at, outcome, complete, posts, newest, covers_from, name_seen, sha256, because
from account_visit
where account = any(%(codes)s) and id <= %(last)s
order by account, visited_at, source
"""

# Of a post that was corrected, the latest word by the time of the freeze.
POSTS = """
select account, source, post_id, published_at, url, title, repost, interpretation, pinned, first_seen
from (
    select distinct on (account, source, post_id) *
    from post
    where account = any(%(codes)s) and id <= %(last)s
    order by account, source, post_id, id desc
) as latest
where published_at >= %(since)s and published_at <= %(at)s
order by account, published_at desc, source, post_id
"""
INTERPRETATIONS = f"select * from ({POSTS}) as post where interpretation"  # noqa: S608 - our own words
