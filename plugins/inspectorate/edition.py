"""The law as dated data: editions, their clauses, and which of them is in force on a day."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NoReturn, Self, cast, get_args

import yaml

from inspectorate.finding import Consequence, SubjectKind
from inspectorate.quarter import Period
from inspectorate.register import ColumnClass, Kind, Level

Auto = Literal["A", "S", "M"]  # automatic, assisted (a machine proposes, a person confirms), manual
Confidence = Literal["H", "M", "L"]  # below H a clause is not confirmed

HERE = Path(__file__).parent
EDITIONS = HERE / "editions"
PERIODS = frozenset({"week", "window", "within", "waiting", "every", "backdated", "moved", "silence", "burst"})
WHOLE = frozenset(
    {
        *("count", "least", "least_portal", "visits_a_day", "group_minutes", "agreeing", "domains", "working_days"),
        *("hours", "tries", "outage_sites", "outage_sites_alone", "outage_minutes", "outage_columns"),
        *("items", "crawl_dated"),
    }
)
SHARES = frozenset({"share", "seconds", "step", "outage_share"})


class BadEdition(ValueError):
    """An edition's file cannot be taken; the message begins with its file and line."""


@dataclass(frozen=True, slots=True)
class Deduction:
    """One of the things for which an indicator takes points off."""

    what: str
    points: float | None  # None: the number has not been seen in any document
    each: bool = False  # for each of them, up to the indicator's own points
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of one edition. 指标

    `limits` and `near` hold numbers and periods under the names of PERIODS, WHOLE and SHARES; a clause asked for
    a limit that it does not name raises KeyError, because there is no default for what the law fixes.
    """

    id: str  # the rule book's, the only name that is stored or printed
    edition: str
    name: str
    subject: SubjectKind
    consequence: Consequence
    auto: Auto
    confidence: Confidence
    source: str  # where it stands in the document
    phrase: str = ""  # what annex 1 prints
    points: float | None = None  # consequence `points`: how many are deducted, for each thing that is counted
    cap: float | None = None  # at most so many; None: the document names no end
    bonus: bool = False  # 加分: added, and only above `bonus_over`
    deductions: tuple[Deduction, ...] = ()  # instead of `points`: an indicator with several of them
    rule: str = ""  # the function in rules/ that counts it; empty: not examined by the machine
    proposal: str = ""  # the function in rules/ that only shows a person where to look: the clause stays not examined
    missing: str = ""  # automatic by the rule book, but not built: the evidence that nobody lands yet
    office: bool = False  # binds the office that inspects, and no subject: counted from the figures
    closed: bool = False  # binds sites that do not run any more, and only these
    kinds: tuple[Kind, ...] = ()  # of the sites that it binds; empty: all
    limits: Mapping[str, float | Period] = field(default_factory=dict, hash=False)
    near: Mapping[str, float | Period] = field(default_factory=dict, hash=False)  # 接近单否: an internal warning
    remark: str = ""  # said beside the outcome, such as of messages that were answered late
    classes: tuple[ColumnClass, ...] = ()  # of the columns that it counts; empty: all
    first_level: tuple[ColumnClass, ...] = ()  # classes counted at first level only
    levels: tuple[Level, ...] = ()  # of the units that it binds; empty: all
    assumed_levels: tuple[Level, ...] = ()  # bound by our reading only, so never confirmed
    trusted: tuple[str, ...] = ()  # sources of posts that may accuse alone
    ports: tuple[int, ...] = ()  # usual ones
    yearly: tuple[int, int] | None = None  # month and day by which something is due in each year
    words: tuple[str, ...] = ()  # one of them stands in the name of what is meant
    excluded: tuple[str, ...] = ()  # words in the name of a letter box or a column that is not meant
    despite: tuple[str, ...] = ()  # words that outweigh them
    place: str = field(default="", compare=False)  # file and line

    @property
    def confirmed(self) -> bool:
        return self.confidence == "H"

    @property
    def automatic(self) -> bool:
        """The machine gives it an outcome; without one there is no 合格."""
        return bool(self.rule)

    @property
    def scorable(self) -> bool:
        """Every number of points is known and confirmed."""
        known = all(d.points is not None and d.confirmed for d in self.deductions)
        return self.confirmed and known and (bool(self.deductions) or self.points is not None)

    def number(self, name: str) -> float:
        """A share or a number of seconds."""
        found = self._limit(name)
        if isinstance(found, Period):
            raise KeyError(f"{self.place}: 指标 {self.id} 的 {name} 是时段, 不是数")
        return found

    def fraction(self, name: str) -> Fraction:
        """The number as it is written, so that 0.07 / 0.01 is seven."""
        return Fraction(str(self.number(name)))

    def whole(self, name: str) -> int:
        return int(self.number(name))

    def period(self, name: str) -> Period:
        found = self._limit(name)
        if not isinstance(found, Period):
            raise KeyError(f"{self.place}: 指标 {self.id} 的 {name} 不是时段")
        return found

    def _limit(self, name: str) -> float | Period:
        found = self.limits.get(name)
        if found is None:
            raise KeyError(f"{self.place}: 指标 {self.id} 没有写明 {name}")
        return found

    @property
    def due(self) -> tuple[int, int]:
        """Month and day of each year, the day itself still in time."""
        if self.yearly is None:
            raise KeyError(f"{self.place}: 指标 {self.id} 没有写明 yearly")
        return self.yearly

    @property
    def count(self) -> int:
        """So many, and the clause has failed."""
        return self.whole("count")

    @property
    def least(self) -> int:
        """Fewer than so many, and the clause has failed."""
        return self.whole("least")

    @property
    def share(self) -> float:
        return self.number("share")

    @property
    def seconds(self) -> float:
        return self.number("seconds")

    @property
    def visits_a_day(self) -> int:
        return self.whole("visits_a_day")

    @property
    def window(self) -> Period:
        """监测时间点前 X 内, both ends in."""
        return self.period("window")

    @property
    def waiting(self) -> Period:
        """How long a message may wait."""
        return self.period("waiting")

    @property
    def within(self) -> Period:
        """How old a message may be and still be counted."""
        return self.period("within")


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a class of columns has to be updated."""

    kind: ColumnClass
    title: str
    period: Period | None  # None: a column of this class never is stale
    confidence: Confidence
    dated_list: bool = False  # counts only if the list itself shows dates

    @property
    def confirmed(self) -> bool:
        return self.confidence == "H"


@dataclass(frozen=True, slots=True)
class Scoring:
    """How points become a score. 评分"""

    full: float  # before anything is deducted
    bonus_over: float | None = None  # 加分指标 are scored only above it; None: there are none
    bonus_most: float | None = None
    services: tuple[str, ...] = ()  # clauses that do not bind a body without services to the public
    services_points: float = 0.0  # what they come to: the rest is scaled up to `full`


@dataclass(frozen=True)
class Edition:
    """One document's clauses, with the days on which they hold. 版本"""

    id: str
    title: str
    document: str
    issuer: str
    valid_from: date
    valid_to: date | None  # last day; None: open
    subjects: tuple[SubjectKind, ...]
    parent: str = ""
    main: bool = False  # one of the editions that give verdicts; exactly one of them is in force on a day
    local: bool = False  # holds only where the issuer has switched it on
    variant: bool = False  # a city's or a province's own: `parent` with some clauses written anew
    pass_mark: float | None = None
    scoring: Scoring | None = None
    points_on: tuple[Kind, ...] = ()  # kinds of sites that are scored
    columns: tuple[Cadence, ...] = ()
    clauses: tuple[Clause, ...] = ()
    digest: str = ""  # sha256 of the file's bytes

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def covers(self, kind: SubjectKind) -> bool:
        return kind in self.subjects

    @property
    def clause_ids(self) -> tuple[str, ...]:
        return tuple(c.id for c in self.clauses)

    def clauses_of(self, kind: SubjectKind) -> tuple[Clause, ...]:
        return tuple(c for c in self.clauses if c.subject == kind)

    def has_veto(self, kind: SubjectKind) -> bool:
        return any(c.consequence == "veto" and c.subject == kind for c in self.clauses)

    def clause(self, clause_id: str) -> Clause:
        found = next((c for c in self.clauses if c.id == clause_id), None)
        if found is None:
            raise KeyError(f"版本 {self.id} 中没有指标 {clause_id}")
        return found

    def varied_by(self, variant: "Edition") -> "Edition":
        """This edition under the variant's name, with its clauses and periods in the place of the own ones."""
        written = {c.id: c for c in variant.clauses}
        periods = {c.kind: c for c in variant.columns}
        own = tuple(written.pop(c.id, c) for c in self.clauses)
        return replace(
            self,
            id=variant.id,
            title=variant.title,
            document=variant.document,
            issuer=variant.issuer,
            parent=variant.parent,
            pass_mark=self.pass_mark if variant.pass_mark is None else variant.pass_mark,
            scoring=variant.scoring or self.scoring,
            points_on=variant.points_on or self.points_on,
            columns=tuple(periods.get(c.kind, c) for c in self.columns),
            clauses=own + tuple(written.values()),
            digest=variant.digest,
        )

    @cached_property
    def cadences(self) -> dict[str, Cadence]:
        """Class → how often its columns have to be updated."""
        return {c.kind: c for c in self.columns}


@dataclass(frozen=True)
class Library:
    """Every edition there is, the main ones in order of time, then the others by name."""

    editions: tuple[Edition, ...]
    chosen: str = ""  # a main edition that stands on every day: `--edition`

    def main(self, day: date, kind: SubjectKind = "site") -> Edition | None:
        """The edition that gives the verdict of a day; None: it has nothing for that kind of subject.

        LookupError if there was no main edition yet.
        """
        mains = [e for e in self.editions if e.main]
        found = next((e for e in mains if (e.id == self.chosen if self.chosen else e.holds(day))), None)
        if found is None:
            raise LookupError(f"{day} 没有可用的检查标准, 最早的自 {min(e.valid_from for e in mains)} 起施行")
        return found if found.covers(kind) else None

    def in_force(
        self, day: date, kind: SubjectKind | None = None, local: Iterable[str] | None = None
    ) -> tuple[Edition, ...]:
        """Every edition of a day, the main one first; `local` names the local ones switched on (None: all).

        A variant that is named there stands in the place of the edition that it varies; None switches no variant on.
        """
        switched_on = None if local is None else set(local)
        main = self.main(day)
        found = [] if main is None else [self._varied(main, day, switched_on or set())]
        found += [
            e
            for e in self.editions
            if not (e.main or e.variant)
            and e.holds(day)
            and (not e.local or switched_on is None or e.id in switched_on)
        ]
        return tuple(e for e in found if kind is None or e.covers(kind))

    def _varied(self, main: Edition, day: date, switched_on: set[str]) -> Edition:
        """The main edition as the issuer's province or city has it; a variant may vary another variant."""
        found, base = main, main.id
        while varying := [
            e for e in self.editions if e.variant and e.parent == base and e.id in switched_on and e.holds(day)
        ]:
            if len(varying) > 1:
                raise ValueError(f"{'、'.join(e.id for e in varying)} 都改写 {base}, 只能启用其一")
            found, base = found.varied_by(varying[0]), varying[0].id
        return found

    def replace_main(self, edition_id: str) -> Self:
        """The same library, with one main edition standing on every day; the others hold as they did."""
        mains = [e.id for e in self.editions if e.main]
        if edition_id not in mains:
            raise ValueError(f"只能改用 {'、'.join(mains)} 之一, 而不是 {edition_id!r}")
        return replace(self, chosen=edition_id)

    def edition(self, edition_id: str) -> Edition:
        found = next((e for e in self.editions if e.id == edition_id), None)
        if found is None:
            raise KeyError(f"没有版本 {edition_id}")
        return found

    def clause(self, clause_id: str) -> Clause:
        for edition in self.editions:
            for clause in () if edition.variant else edition.clauses:
                if clause.id == clause_id:
                    return clause
        raise KeyError(f"没有指标 {clause_id}")

    def shortest_days(self, day: date) -> dict[str, int]:
        """Class of columns → the days after which, on that day, some edition has its newest item too old.

        `home`: the shortest of all, since a home page shows what its columns do.
        """
        found: dict[str, int] = {}
        for cadence in (c for e in self.editions for c in e.columns):
            if cadence.period is not None:
                days = (day - cadence.period.before(day)).days
                found[cadence.kind] = min(days, found.get(cadence.kind, days))
        return found | ({"home": min(found.values())} if found else {})

    @property
    def digests(self) -> dict[str, str]:
        return {e.id: e.digest for e in self.editions}


def load(folder: Path | None = None) -> Library:
    """Every edition of a folder (ours, if none is named).

    Strict: an unknown key, limit or rule, a double id, a date that is none, a gap or an overlap of main editions
    is a BadEdition that names file and line.
    """
    files = sorted((folder or EDITIONS).glob("*.yaml"))
    if not files:
        raise BadEdition(f"{folder or EDITIONS}: 没有任何版本文件")
    rules = rule_names()
    waiting = [_open(path) for path in files]
    read: dict[str, _Read] = {}
    while waiting:
        ready = [t for t in waiting if not t.flag("variant") or t.text("parent") in read]
        if not ready:
            orphan = waiting[0]
            orphan.refuse(f"没有版本 {orphan.text('parent')!r} 可供改写", orphan.nodes["parent"])
        for table in ready:
            one = _read_edition(table, rules, read)
            if one.edition.id in read:
                table.refuse(f"{one.edition.id} 重复, 已见于 {read[one.edition.id].place}")
            read[one.edition.id] = one
        waiting = [t for t in waiting if t not in ready]
    _refuse_doubles(read.values())
    mains = sorted((one for one in read.values() if one.edition.main), key=lambda one: one.edition.valid_from)
    _refuse_gaps([(one.edition, one.place) for one in mains])
    others = sorted((one.edition for one in read.values() if not one.edition.main), key=lambda e: (e.local, e.id))
    return Library((*(one.edition for one in mains), *others))


def rule_names(folder: Path = HERE / "rules") -> frozenset[str]:
    """The functions of rules/ that a clause may name; read and not imported, for the law stands above them."""
    return frozenset(
        name for path in folder.glob("*.py") for name in re.findall(r"^@rule\ndef (\w+)", path.read_text("utf-8"), re.M)
    )


def _refuse_doubles(read: Iterable["_Read"]) -> None:
    """A clause stands in one edition only, but for the variants that write it anew."""
    seen: dict[str, str] = {}
    for one in read:
        if one.edition.variant:
            continue
        for clause in one.edition.clauses:
            if clause.id in seen:
                raise BadEdition(f"{clause.place}: {clause.id} 重复, 已见于 {seen[clause.id]}")
            seen[clause.id] = clause.place


def _refuse_gaps(mains: list[tuple[Edition, str]]) -> None:
    """One main edition a day, without a break from the first to an open end."""
    for (before, place), (after, _) in pairwise(mains):
        if before.valid_to is None or before.valid_to >= after.valid_from:
            raise BadEdition(f"{place}: {before.id} 与 {after.id} 的施行日期重叠")
        if before.valid_to + timedelta(days=1) != after.valid_from:
            raise BadEdition(
                f"{place}: {before.id} 止于 {before.valid_to}, 而 {after.id} 始于 {after.valid_from}, 中间有空档"
            )
    if mains and mains[-1][0].valid_to is not None:
        raise BadEdition(f"{mains[-1][1]}: 最后一个主版本 {mains[-1][0].id} 不应有截止日期")


# Reading. YAML is composed, not loaded, because only its nodes know their lines.


class _Table:
    """A mapping of one file, every key of which is asked for once."""

    def __init__(self, file: str, node: yaml.Node, allowed: str) -> None:
        self.file, self.node, self.digest = file, node, ""  # digest: of the whole file
        if not isinstance(node, yaml.MappingNode):
            self.refuse("此处应为键值表")
        self.nodes: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.value not in allowed.split():
                self.refuse(f"不认识的键 {key.value!r}", key)
            if key.value in self.nodes:
                self.refuse(f"键 {key.value!r} 重复", key)
            self.nodes[key.value] = value

    def refuse(self, fact: str, node: yaml.Node | None = None) -> NoReturn:
        raise BadEdition(f"{self.place(node)}: {fact}")

    def place(self, node: yaml.Node | None = None) -> str:
        return f"{self.file}:{(node or self.node).start_mark.line + 1}"

    def text(self, key: str, default: str | None = None) -> str:
        node = self.nodes.get(key)
        if node is None:
            return self.refuse(f"缺少 {key!r}") if default is None else default
        if not isinstance(node, yaml.ScalarNode) or not str(node.value).strip():
            self.refuse(f"{key!r} 应为文字", node)
        return str(node.value)

    def one_of(self, key: str, choice: Any, default: str | None = None) -> Any:
        found = self.text(key, default)
        if found not in get_args(choice):
            self.refuse(f"{key!r} 应为 {'、'.join(get_args(choice))} 之一, 而不是 {found!r}", self.nodes[key])
        return found

    def flag(self, key: str) -> bool:
        found = self.text(key, "false")
        if found not in ("true", "false"):
            self.refuse(f"{key!r} 应为 true 或 false", self.nodes[key])
        return found == "true"

    def number(self, key: str, kind: Callable[[str], float] = float) -> float:
        try:
            found = kind(self.text(key))
        except ValueError:
            self.refuse(f"{key!r} 应为数字", self.nodes[key])
        if found <= 0:
            self.refuse(f"{key!r} 应大于零", self.nodes[key])
        return found

    def day(self, key: str) -> date:
        try:
            return date.fromisoformat(self.text(key))
        except ValueError:
            self.refuse(f"{key!r} 应为 YYYY-MM-DD 日期", self.nodes[key])

    def yearly(self, key: str) -> tuple[int, int] | None:
        """`01-31`: a day that every year has."""
        if key not in self.nodes:
            return None
        try:
            found = date.fromisoformat(f"2001-{self.text(key)}")
        except ValueError:
            self.refuse(f"{key!r} 应为 MM-DD 日期", self.nodes[key])
        return found.month, found.day

    def several(self, key: str, choice: Any) -> tuple[Any, ...]:
        found = self.rows(key)
        for node in found:
            if node.value not in get_args(choice):
                self.refuse(f"{key!r} 中不认识 {node.value!r}", node)
        return tuple(node.value for node in found)

    def numbers(self, key: str) -> tuple[int, ...]:
        found = self.rows(key)
        for node in found:
            if not (isinstance(node, yaml.ScalarNode) and node.value.isdecimal()):
                self.refuse(f"{key!r} 应为整数的列表", node)
        return tuple(int(node.value) for node in found)

    def words(self, key: str) -> tuple[str, ...]:
        found = self.rows(key)
        for node in found:
            if not (isinstance(node, yaml.ScalarNode) and node.value.strip()):
                self.refuse(f"{key!r} 应为词语的列表", node)
        return tuple(str(node.value) for node in found)

    def rows(self, key: str) -> list[yaml.Node]:
        node = self.nodes.get(key)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.refuse(f"{key!r} 应为列表", node)
        return list(node.value)

    def period(self, key: str) -> Period:
        table = _Table(self.file, self.nodes[key], "days months")
        if len(table.nodes) != 1:
            self.refuse(f"{key!r} 应写 days 或 months 之一", self.nodes[key])
        unit = next(iter(table.nodes))
        return Period(**{unit: int(table.number(unit, int))})


@dataclass(frozen=True, slots=True)
class _Read:
    """One edition with its clauses as its file has them, for the variants that write some of them anew."""

    edition: Edition
    place: str
    nodes: Mapping[str, yaml.MappingNode]  # clause → its node


def _open(path: Path) -> _Table:
    """A file's top table; its text and its digest are asked of it later."""
    body = path.read_bytes()
    try:
        node = yaml.compose(body.decode(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except UnicodeDecodeError:
        raise BadEdition(f"{path.name}:1: 不是 UTF-8 文字") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadEdition(f"{path.name}:{line}: 不是合法的 YAML: {error.problem}") from None
    if node is None:
        raise BadEdition(f"{path.name}:1: 文件是空的")
    table = _Table(
        path.name,
        node,
        "id title document issuer parent valid_from valid_to main local variant subjects pass_mark scoring points_on"
        " columns clauses overrides",
    )
    table.digest = hashlib.sha256(body).hexdigest()
    if path.stem != table.text("id"):
        table.refuse(f"文件名与版本号 {table.text('id')!r} 不符", table.nodes["id"])
    if table.flag("variant"):
        if "parent" not in table.nodes:
            table.refuse("缺少 'parent': 改写的是哪一个版本")
        if table.flag("main") or not table.flag("local"):
            table.refuse("改写的版本由发文机关启用, 须写 local: true 而不写 main", table.nodes["variant"])
    elif "overrides" in table.nodes:
        table.refuse("只有 variant: true 的版本可以写 'overrides'", table.nodes["overrides"])
    return table


def _read_edition(table: _Table, rules: frozenset[str], read: Mapping[str, _Read]) -> _Read:
    name, variant = table.text("id"), table.flag("variant")
    base = read[table.text("parent")] if variant else None
    if base is not None and not (base.edition.main or base.edition.variant):
        table.refuse(f"只能改写主版本, 而不是 {base.edition.id}", table.nodes["parent"])
    subjects = table.several("subjects", SubjectKind) or table.refuse("缺少 'subjects'")
    valid_from, valid_to = table.day("valid_from"), table.day("valid_to") if "valid_to" in table.nodes else None
    if valid_to is not None and valid_to < valid_from:
        table.refuse("'valid_to' 早于 'valid_from'", table.nodes["valid_to"])
    columns = tuple(_read_cadence(table.file, row) for row in table.rows("columns"))
    nodes = _clause_nodes(table, base)
    clauses = tuple(_read_clause(table.file, row, name, subjects, rules) for row in nodes.values())
    edition = Edition(
        id=name,
        title=table.text("title"),
        document=table.text("document"),
        issuer=table.text("issuer"),
        parent=table.text("parent", "") if "parent" in table.nodes else "",
        valid_from=valid_from,
        valid_to=valid_to,
        main=table.flag("main"),
        local=table.flag("local"),
        variant=variant,
        subjects=subjects,
        pass_mark=table.number("pass_mark") if "pass_mark" in table.nodes else None,
        scoring=_read_scoring(table, nodes.keys() | (base.nodes.keys() if base else set())),
        points_on=table.several("points_on", Kind),
        columns=columns,
        clauses=clauses,
        digest=table.digest,
    )
    _refuse_columns(table, edition)
    whole = edition if base is None else base.edition.varied_by(edition)
    _refuse_points(table, whole)
    known = dict(base.nodes) if base is not None else {}
    return _Read(edition, table.place(), known | nodes)


def _clause_nodes(table: _Table, base: _Read | None) -> dict[str, yaml.MappingNode]:
    """Clause → its node; one that a variant writes anew is the parent's node with other values for some keys."""
    found: dict[str, yaml.MappingNode] = {}
    for key in ("overrides", "clauses"):
        for row in table.rows(key):
            if not isinstance(row, yaml.MappingNode):
                table.refuse("此处应为键值表", row)
            values = {k.value: v for k, v in row.value}
            clause = str(values["id"].value) if "id" in values else table.refuse("缺少 'id'", row)
            if clause in found:
                table.refuse(f"{clause} 重复, 已见于 {table.place(found[clause])}", row)
            if base is None or key == "clauses":
                if base is not None and clause in base.nodes:
                    table.refuse(f"{base.edition.id} 已有 {clause}, 改写须放在 'overrides' 之下", row)
                found[clause] = row
                continue
            if clause not in base.nodes:
                table.refuse(f"{base.edition.id} 没有指标 {clause}", values["id"])
            kept = [(k, v) for k, v in base.nodes[clause].value if k.value not in values]
            found[clause] = yaml.MappingNode(row.tag, kept + list(row.value), row.start_mark, row.end_mark)
    return found


def _refuse_columns(table: _Table, edition: Edition) -> None:
    kinds = [c.kind for c in edition.columns]
    if len(set(kinds)) != len(kinds):
        table.refuse("栏目类别重复", table.nodes["columns"])
    if edition.main and set(kinds) != set(get_args(ColumnClass)):
        table.refuse("主版本须写明每一类栏目的更新期限", table.nodes.get("columns"))


def _refuse_points(table: _Table, edition: Edition) -> None:
    """Nobody is scored by numbers that no one has confirmed."""
    if not edition.points_on:
        return
    place = table.nodes.get("points_on")
    if edition.pass_mark is None or edition.scoring is None:
        table.refuse("计分须写明 'pass_mark' 和 'scoring'", place)
    unsure = [c.id for c in edition.clauses if c.consequence == "points" and not c.scorable]
    if unsure:
        table.refuse(f"分值尚未核实, 不能计分: {'、'.join(unsure)}", place)


def _read_scoring(table: _Table, clauses: Set[str]) -> Scoring | None:
    if "scoring" not in table.nodes:
        return None
    rows = _Table(table.file, table.nodes["scoring"], "full bonus_over bonus_most services services_points")
    services = rows.words("services")
    if strangers := [c for c in services if c not in clauses]:
        rows.refuse(f"没有指标 {'、'.join(strangers)}", rows.nodes["services"])
    if bool(services) != ("services_points" in rows.nodes):
        rows.refuse("'services' 与 'services_points' 须同时出现")
    if ("bonus_over" in rows.nodes) != ("bonus_most" in rows.nodes):
        rows.refuse("'bonus_over' 与 'bonus_most' 须同时出现")
    return Scoring(
        full=rows.number("full"),
        bonus_over=rows.number("bonus_over") if "bonus_over" in rows.nodes else None,
        bonus_most=rows.number("bonus_most") if "bonus_most" in rows.nodes else None,
        services=services,
        services_points=rows.number("services_points") if services else 0.0,
    )


def _read_cadence(file: str, node: yaml.Node) -> Cadence:
    table = _Table(file, node, "class title period confidence dated_list")
    return Cadence(
        kind=table.one_of("class", ColumnClass),
        title=table.text("title"),
        period=table.period("period") if "period" in table.nodes else None,
        confidence=table.one_of("confidence", Confidence),
        dated_list=table.flag("dated_list"),
    )


def _read_clause(file: str, node: yaml.Node, edition: str, subjects: tuple[str, ...], rules: frozenset[str]) -> Clause:
    table = _Table(
        file,
        node,
        "id name subject consequence points cap bonus deductions auto confidence rule proposal missing office closed"
        " kinds limits near phrase remark classes first_level levels assumed_levels trusted ports yearly words excluded"
        " despite source",
    )
    subject = cast(SubjectKind, table.one_of("subject", SubjectKind))
    if subject not in subjects:
        table.refuse(f"版本不涉及 {subject!r}", table.nodes["subject"])
    for key in ("rule", "proposal"):
        named = table.text(key, "") if key in table.nodes else ""
        if named and named not in rules:
            table.refuse(f"没有名为 {named!r} 的规则", table.nodes[key])
    consequence = cast(Consequence, table.one_of("consequence", Consequence))
    given = sum(key in table.nodes for key in ("points", "deductions"))
    if given != (1 if consequence == "points" else 0):
        table.refuse("'points' 须与 consequence: points 同时出现; 有几种扣分情形的写 'deductions'")
    if consequence != "points" and table.nodes.keys() & {"cap", "bonus"}:
        table.refuse("'cap' 和 'bonus' 只用于 consequence: points")
    auto = cast(Auto, table.one_of("auto", Auto))
    if auto == "A" and not (table.nodes.keys() & {"rule", "office", "missing"}):
        table.refuse("自动指标须写明 'rule', 尚未实现的须写明 'missing': 缺少什么证据")
    return Clause(
        id=table.text("id"),
        edition=edition,
        name=table.text("name"),
        subject=subject,
        consequence=consequence,
        points=table.number("points") if "points" in table.nodes else None,
        cap=table.number("cap") if "cap" in table.nodes else None,
        bonus=table.flag("bonus"),
        deductions=tuple(_read_deduction(file, row) for row in table.rows("deductions")),
        auto=auto,
        confidence=table.one_of("confidence", Confidence),
        rule=table.text("rule", ""),
        proposal=table.text("proposal", ""),
        missing=table.text("missing", ""),
        office=table.flag("office"),
        closed=table.flag("closed"),
        kinds=table.several("kinds", Kind),
        limits=_read_limits(table, "limits"),
        near=_read_limits(table, "near"),
        phrase=table.text("phrase", ""),
        remark=table.text("remark", ""),
        classes=table.several("classes", ColumnClass),
        first_level=table.several("first_level", ColumnClass),
        levels=table.several("levels", Level),
        assumed_levels=table.several("assumed_levels", Level),
        trusted=table.several("trusted", Literal["ledger", "api", "web", "feed"]),
        ports=table.numbers("ports"),
        yearly=table.yearly("yearly"),
        words=table.words("words"),
        excluded=table.words("excluded"),
        despite=table.words("despite"),
        source=table.text("source"),
        place=table.place(),
    )


def _read_deduction(file: str, node: yaml.Node) -> Deduction:
    table = _Table(file, node, "what points each confirmed")
    points = table.number("points") if "points" in table.nodes else None
    if points is None and table.flag("confirmed"):
        table.refuse("没有分值就不能算已核实", table.nodes["confirmed"])
    return Deduction(table.text("what"), points, table.flag("each"), table.flag("confirmed"))


def _read_limits(table: _Table, key: str) -> dict[str, float | Period]:
    if key not in table.nodes:
        return {}
    limits = _Table(table.file, table.nodes[key], " ".join(sorted(PERIODS | WHOLE | SHARES)))
    found: dict[str, float | Period] = {}
    for name in limits.nodes:
        if name in PERIODS:
            found[name] = limits.period(name)
        else:
            found[name] = limits.number(name, int if name in WHOLE else float)
    return found
