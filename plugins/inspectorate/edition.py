"""The law as dated data: editions, their clauses, and which of them is in force on a day."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
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
PERIODS = frozenset({"week", "window", "within", "waiting", "every"})
WHOLE = frozenset({"count", "least", "visits_a_day", "group_minutes", "agreeing", "domains"})
SHARES = frozenset({"share", "seconds"})


class BadEdition(ValueError):
    """An edition's file cannot be taken; the message begins with its file and line."""


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
    points: float | None = None  # consequence `points`: how many are deducted
    rule: str = ""  # the function in rules/ that counts it; empty: not examined by the machine
    limits: Mapping[str, float | Period] = field(default_factory=dict, hash=False)
    near: Mapping[str, float | Period] = field(default_factory=dict, hash=False)  # 接近单否: an internal warning
    remark: str = ""  # said beside the outcome, such as of messages that were answered late
    classes: tuple[ColumnClass, ...] = ()  # of the columns that it counts; empty: all
    first_level: tuple[ColumnClass, ...] = ()  # classes counted at first level only
    levels: tuple[Level, ...] = ()  # of the units that it binds; empty: all
    assumed_levels: tuple[Level, ...] = ()  # bound by our reading only, so never confirmed
    trusted: tuple[str, ...] = ()  # sources of posts that may accuse alone
    ports: tuple[int, ...] = ()  # usual ones
    excluded: tuple[str, ...] = ()  # words in the name of a letter box that is not meant
    despite: tuple[str, ...] = ()  # words that outweigh them
    place: str = field(default="", compare=False)  # file and line

    @property
    def confirmed(self) -> bool:
        return self.confidence == "H"

    @property
    def automatic(self) -> bool:
        """The machine gives it an outcome; without one there is no 合格."""
        return bool(self.rule)

    def number(self, name: str) -> float:
        """A share or a number of seconds."""
        found = self._limit(name)
        if isinstance(found, Period):
            raise KeyError(f"{self.place}: 指标 {self.id} 的 {name} 是时段, 不是数")
        return found

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
    pass_mark: float | None = None
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
        """Every edition of a day, the main one first; `local` names the local ones switched on (None: all)."""
        switched_on = None if local is None else set(local)
        main = self.main(day)
        found = [] if main is None else [main]
        found += [
            e
            for e in self.editions
            if not e.main and e.holds(day) and (not e.local or switched_on is None or e.id in switched_on)
        ]
        return tuple(e for e in found if kind is None or e.covers(kind))

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
            for clause in edition.clauses:
                if clause.id == clause_id:
                    return clause
        raise KeyError(f"没有指标 {clause_id}")

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
    read = [_read_edition(path, rules) for path in files]
    _refuse_doubles(read)
    mains = sorted((pair for pair in read if pair[0].main), key=lambda pair: pair[0].valid_from)
    _refuse_gaps(mains)
    others = sorted((e for e, _ in read if not e.main), key=lambda e: (e.local, e.id))
    return Library((*(e for e, _ in mains), *others))


def rule_names(folder: Path = HERE / "rules") -> frozenset[str]:
    """The functions of rules/ that a clause may name; read and not imported, for the law stands above them."""
    return frozenset(
        name for path in folder.glob("*.py") for name in re.findall(r"^@rule\ndef (\w+)", path.read_text("utf-8"), re.M)
    )


def _refuse_doubles(read: list[tuple[Edition, str]]) -> None:
    seen: dict[str, str] = {}
    for edition, place in read:
        for name, where in [(edition.id, place), *((c.id, c.place) for c in edition.clauses)]:
            if name in seen:
                raise BadEdition(f"{where}: {name} 重复, 已见于 {seen[name]}")
            seen[name] = where


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
        self.file, self.node = file, node
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


def _read_edition(path: Path, rules: frozenset[str]) -> tuple[Edition, str]:
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
        "id title document issuer parent valid_from valid_to main local subjects pass_mark points_on columns clauses",
    )
    edition = table.text("id")
    if path.stem != edition:
        table.refuse(f"文件名与版本号 {edition!r} 不符", table.nodes["id"])
    subjects = table.several("subjects", SubjectKind) or table.refuse("缺少 'subjects'")
    valid_from, valid_to = table.day("valid_from"), table.day("valid_to") if "valid_to" in table.nodes else None
    if valid_to is not None and valid_to < valid_from:
        table.refuse("'valid_to' 早于 'valid_from'", table.nodes["valid_to"])
    columns = tuple(_read_cadence(path.name, row) for row in table.rows("columns"))
    clauses = tuple(_read_clause(path.name, row, edition, subjects, rules) for row in table.rows("clauses"))
    read = Edition(
        id=edition,
        title=table.text("title"),
        document=table.text("document"),
        issuer=table.text("issuer"),
        parent=table.text("parent", ""),
        valid_from=valid_from,
        valid_to=valid_to,
        main=table.flag("main"),
        local=table.flag("local"),
        subjects=subjects,
        pass_mark=table.number("pass_mark") if "pass_mark" in table.nodes else None,
        points_on=table.several("points_on", Kind),
        columns=columns,
        clauses=clauses,
        digest=hashlib.sha256(body).hexdigest(),
    )
    kinds = [c.kind for c in columns]
    if len(set(kinds)) != len(kinds):
        table.refuse("栏目类别重复", table.nodes["columns"])
    if read.main and set(kinds) != set(get_args(ColumnClass)):
        table.refuse("主版本须写明每一类栏目的更新期限", table.nodes.get("columns"))
    return read, table.place()


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
        "id name subject consequence points auto confidence rule limits near phrase remark"
        " classes first_level levels assumed_levels trusted ports excluded despite source",
    )
    subject = cast(SubjectKind, table.one_of("subject", SubjectKind))
    if subject not in subjects:
        table.refuse(f"版本不涉及 {subject!r}", table.nodes["subject"])
    name = table.text("rule", "")
    if name and name not in rules:
        table.refuse(f"没有名为 {name!r} 的规则", table.nodes["rule"])
    consequence = cast(Consequence, table.one_of("consequence", Consequence))
    if (consequence == "points") != ("points" in table.nodes):
        table.refuse("'points' 须与 consequence: points 同时出现")
    return Clause(
        id=table.text("id"),
        edition=edition,
        name=table.text("name"),
        subject=subject,
        consequence=consequence,
        points=table.number("points") if "points" in table.nodes else None,
        auto=table.one_of("auto", Auto),
        confidence=table.one_of("confidence", Confidence),
        rule=name,
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
        excluded=table.words("excluded"),
        despite=table.words("despite"),
        source=table.text("source"),
        place=table.place(),
    )


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
