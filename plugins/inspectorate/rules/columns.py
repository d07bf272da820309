"""What is known of each column at 监测时间点, read once for all clauses."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum

from inspectorate.edition import Edition
from inspectorate.evidence import ColumnSeen, Door, PageVisit, SiteEvidence, frozen


class Dated(Enum):
    """How a column's dated items stand against a day."""

    FRESH = "fresh"  # an item of that day or later, and nothing that accuses
    OLD = "old"  # the counted visit accuses, and no other visit clears
    UNKNOWN = "unknown"
    NOTHING = "nothing"  # no list: a single page, a blank frame or an exempt column


SYSTEM = "业务系统"  # a type of address, not of column
TOPIC = "专题"
FRESH, OLD, UNKNOWN, NOTHING = Dated  # names of the module: looked up millions of times


@frozen
class Standing:
    """One column that is not plainly in order; None: nobody can say."""

    column: ColumnSeen
    blank: bool | None
    stale: bool | None
    why: str = ""  # unknown for a reason that is not in the column itself


@dataclass(frozen=True, slots=True)
class SiteColumns:
    """A site's columns at 监测时间点: only those that accuse or are unknown are kept one by one."""

    standings: tuple[Standing, ...] = ()
    limits: dict[str, date | None] = field(default_factory=dict)  # class → first day on which an item is in time
    addresses: "Addresses | None" = None  # None: no column has to be looked at
    mapped: bool = True  # False: there may be more columns than we know
    why_unmapped: str = ""


def counted_of(column: ColumnSeen) -> PageVisit | None:
    """The visit that may accuse: complete, and the door was open."""
    counted = column.counted
    return counted if counted is not None and counted.complete and counted.outcome is Door.OPENED else None


def compare(column: ColumnSeen, limit: date) -> Dated:
    """A column's dated items against the first day that is in time.

    Only the counted visit accuses; an item dated in time that any visit showed clears. Where both happen, or the
    counted list bears items without a date, nobody can say.
    """
    counted, newest = counted_of(column), column.newest
    if counted is None:
        if newest is not None and newest >= limit:
            return FRESH
        return NOTHING if column.exempt else UNKNOWN
    seen = counted.newest
    if seen is not None and seen >= limit:
        return FRESH
    cleared = newest is not None and newest >= limit
    if column.exempt:
        return FRESH if cleared else NOTHING
    if not counted.items:
        if cleared:
            return UNKNOWN if counted.blank else FRESH
        if newest is not None:
            return UNKNOWN  # another visit showed a list
        return UNKNOWN if counted.blank is None and not column.ever_filled else NOTHING
    if seen is None or counted.undated:
        return FRESH if cleared else UNKNOWN
    return UNKNOWN if cleared else OLD


def is_blank(column: ColumnSeen) -> bool | None:
    """空白栏目: a heading and no content since it was opened. Any item that any visit showed speaks against it."""
    if column.exempt:
        return False
    counted = counted_of(column)
    filled = column.newest is not None or column.ever_filled
    if counted is not None and counted.blank and not counted.items:
        return None if filled else True
    if filled or (counted is not None and (counted.items or counted.blank is False)):
        return False
    return None


def is_stale(column: ColumnSeen, limit: date | None, dated_list: bool) -> bool | None:
    """Not updated since before its class's limit; a blank column and a single page never are.

    `limit` None: the class has no period. `dated_list`: only a list that itself shows dates may be called stale.
    A list without dates is unknown until a person has said so.
    """
    if limit is None or column.exempt:
        return False
    counted = counted_of(column)
    if dated_list and counted is not None and counted.dated_list is False:
        return False
    found = compare(column, limit)
    if found is OLD and dated_list and counted is not None and counted.dated_list is None:
        return None
    if found is UNKNOWN:
        return column.stale_said if is_undated(column) else None
    return found is OLD


def is_undated(column: ColumnSeen) -> bool:
    """无日期: fully read, and items on it bear no date, neither on the list nor on their pages."""
    counted = counted_of(column)
    return counted is not None and bool(counted.items) and (counted.newest is None or bool(counted.undated))


def stand(column: ColumnSeen, limit: date | None, dated_list: bool) -> tuple[bool | None, bool | None]:
    """(blank, stale) of one column. A business system is no column and neither."""
    if column.type == SYSTEM:
        return False, False
    return is_blank(column), is_stale(column, limit, dated_list)


def limits_of(edition: Edition, day: date) -> dict[str, date | None]:
    """Class → the first day on which an item is in time."""
    return {c.kind: c.period.before(day) if c.period else None for c in edition.columns}


def read_columns(evidence: SiteEvidence, edition: Edition, day: date) -> SiteColumns:
    """One pass over a site's columns for all clauses of an edition."""
    limits = limits_of(edition, day)
    listed = {c.kind for c in edition.columns if c.dated_list}
    standings = []
    for column in evidence.columns:
        counted, limit = column.counted, limits[column.kind]
        if counted is not None and limit is not None:
            seen = counted.newest
            if seen is not None and seen >= limit and counted.items and counted.complete:
                continue  # by far the most, and plainly in order
        blank, stale = stand(column, limit, column.kind in listed)
        if blank is not False or stale is not False:
            standings.append(Standing(column, blank, stale))
    mapped, why = is_mapped(evidence)
    if not standings:
        return SiteColumns(limits=limits, mapped=mapped, why_unmapped=why)
    addresses = Addresses.of(evidence.columns)
    return SiteColumns(tuple(doubt(s, addresses) for s in standings), limits, addresses, mapped, why)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Which columns lead to others, by the menu's word and by where their pages lie."""

    parents: frozenset[str]  # names that a column gives as its parent
    folders: frozenset[str]  # of all columns
    above: frozenset[str]  # folders that hold the folder of a column

    @classmethod
    def of(cls, columns: Iterable[ColumnSeen]) -> "Addresses":
        folders = frozenset([folder_of(c.url) for c in columns])
        beside = {folder[: folder.rfind("/", 0, -1)]: folder for folder in folders}  # one of all that lie in one folder
        above = frozenset([up for folder in beside.values() for up in folders_above(folder)])
        return cls(frozenset([c.parent for c in columns if c.parent]), folders, above)

    def leads_on(self, column: ColumnSeen) -> bool:
        """A channel: it shows what the columns below it hold."""
        return column.type == "频道" or column.name in self.parents or folder_of(column.url) in self.above

    def lies_below(self, column: ColumnSeen) -> bool:
        """Its page lies below another column's, whatever the menu says of its level."""
        return any(up in self.folders for up in folders_above(folder_of(column.url)))


def folder_of(url: str) -> str:
    """`http://host/a/b/` of `http://host/a/b/index.html?page=2`."""
    return url.partition("?")[0].partition("#")[0].rpartition("/")[0] + "/"


def folders_above(folder: str) -> list[str]:
    """`http://host/a/` of `http://host/a/b/`; the host's own folder leads to everything and is left out."""
    host, found = folder.find("/", folder.find("//") + 2) + 1, []
    end = folder.rfind("/", host, len(folder) - 1)
    while end >= host:
        found.append(folder[: end + 1])
        end = folder.rfind("/", host, end)
    return found


def doubt(standing: Standing, addresses: Addresses) -> Standing:
    """What a person has to confirm before it accuses; until then it may be for the site or against it.

    A channel shows its columns' items once more. A topic that is late may be of a campaign long over, and
    历史性工作专题 are left out; a blank one is blank.
    """
    column = standing.column
    leads_on = addresses.leads_on(column)
    if not leads_on and column.type != TOPIC:
        return standing
    why = "频道页是否计为栏目有待认定" if leads_on else "是否为历史性工作专题有待认定"
    blank = None if leads_on and standing.blank and not column.blank_confirmed else standing.blank
    stale = None if standing.stale and not column.class_confirmed else standing.stale
    if (blank, stale) == (standing.blank, standing.stale):
        return standing
    return Standing(column, blank, stale, why)


def level_of(column: ColumnSeen, addresses: Addresses | None) -> int | None:
    """The level that the menu gives a column; unknown where no person confirmed it and its address says another."""
    if column.level == 1 and not column.class_confirmed and addresses is not None and addresses.lies_below(column):
        return None
    return column.level


def with_boxes(evidence: SiteEvidence) -> SiteEvidence:
    """The same evidence, where a column that was read as a letter box is a page with content and without a list.

    Messages are not the site's updates, and a box that nobody wrote to is not blank.
    """
    read = {b.url: b.counted for b in evidence.boxes if b.counted is not None and b.counted.complete}
    if not any(c.counted is None and c.url in read for c in evidence.columns):
        return evidence
    columns = (
        replace(c, counted=replace(read[c.url], items=None, undated=None, newest=None, blank=False))
        if c.counted is None and c.url in read
        else c
        for c in evidence.columns
    )
    return replace(evidence, columns=tuple(columns))


def is_mapped(evidence: SiteEvidence) -> tuple[bool, str]:
    """Whether all columns of a site are known, and if not, why."""
    discovered, why = is_discovered(evidence)
    return (False, "未发现任何栏目") if discovered and not evidence.columns else (discovered, why)


def is_discovered(evidence: SiteEvidence) -> tuple[bool, str]:
    """Whether the discovery of a site ended, and if not, why.

    A list whose every class a person has confirmed stands for the site where no discovery was made.
    """
    discovery = evidence.discovery
    if discovery is not None:
        return (True, "") if discovery.ended else (False, f"栏目发现未完成（{discovery.because or '原因不明'}）")
    filed = bool(evidence.columns) and all(c.class_confirmed for c in evidence.columns)
    return (True, "") if filed else (False, "尚未做过栏目发现")


def why_unknown(column: ColumnSeen) -> str:
    """Where the unknown comes from, in a few words that do not change between two runs."""
    counted = counted_of(column)
    if counted is None:
        if column.why_unknown:
            return column.why_unknown
        return column.counted.because if column.counted and column.counted.because else "监测时间点前无完整读取"
    if is_undated(column):
        return "无日期"
    if counted.items or counted.blank:
        return "先后读取结果不一致"
    return "页面内容未能认定"


def children_of(columns: Iterable[ColumnSeen]) -> dict[str, list[ColumnSeen]]:
    """Name of a column → the columns below it."""
    below: dict[str, list[ColumnSeen]] = {}
    for column in columns:
        if column.parent:
            below.setdefault(column.parent, []).append(column)
    return below


def family(column: ColumnSeen, below: dict[str, list[ColumnSeen]]) -> list[ColumnSeen]:
    """All columns below one, at any depth; a menu that names itself as its own parent ends here too."""
    found: list[ColumnSeen] = []
    names, waiting = {column.name}, list(below.get(column.name, ()))
    while waiting:
        child = waiting.pop()
        found.append(child)
        if child.name not in names:
            names.add(child.name)
            waiting.extend(below.get(child.name, ()))
    return found


def roll_up(column: ColumnSeen, below: dict[str, list[ColumnSeen]], limit: date) -> tuple[bool | None, date | None]:
    """(stale, newest) of a first-level column: a parent's newest is its newest child's.

    A business system below it is no column: what it shows can only clear.
    """
    members = [column, *(c for c in family(column, below) if c is not column)]
    newest = max((c.newest for c in members if c.newest is not None), default=None)
    below_it = [(c, compare(c, limit)) for c in members[1:]]
    found = {dated for c, dated in below_it if dated is FRESH or c.type != SYSTEM}
    if column.exempt or FRESH in found or compare(column, limit) is FRESH:
        return False, newest
    stale = is_stale(column, limit, dated_list=False)
    if stale is False and is_undated(column):
        return False, newest  # a person has said so
    if stale is None or UNKNOWN in found:
        return None, newest
    return stale or OLD in found, newest
