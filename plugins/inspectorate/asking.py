"""What to ask a person about a subject: the fewest answers that settle its verdict, and none that could not."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from inspectorate.edition import Edition
from inspectorate.evidence import ColumnSeen, SiteEvidence
from inspectorate.finding import Finding, Json, Outcome, Ruling, SubjectKind
from inspectorate.judge import FAILED, PASSED, UNJUDGED, judge_site, verdict
from inspectorate.quarter import day_of
from inspectorate.register import Account, Issuer, Site, Unit
from inspectorate.rules.columns import SYSTEM, is_blank, is_stale, is_undated, limits_of, with_boxes

Fact = Literal["class", "owner", "blank", "date", "level", "subject"]
TEXTS = Path(__file__).parent / "templates" / "questions.yaml"
LEAVE = "待答"  # stands for whatever takes a column out of the count: another class, or an exemption


@dataclass(frozen=True, slots=True)
class Question:
    """One fact that a person is asked about; `subject` asks about the whole subject and names no column."""

    subject: str
    kind: SubjectKind
    unit: str
    fact: Fact
    verdict: str  # as it stands now
    otherwise: str  # what another answer may make of it
    clauses: tuple[str, ...]  # on which the answer bears
    text: str
    minutes: float
    column: str = ""
    url: str = ""
    now: str = ""  # what the machine takes for true
    sha256: str = ""  # the page as it was read, for what is said of a page
    asked: bool = True  # False: open, but no answer to it could change the verdict now


@dataclass(frozen=True, slots=True)
class _Open:
    """A column that counts against its site, or may, on facts that no person has confirmed."""

    column: ColumnSeen
    facts: tuple[Fact, ...]

    @property
    def against(self) -> ColumnSeen:
        """As it is if a person says of every open fact what accuses."""
        column = self.column
        said = True if is_undated(column) and column.stale_said is None else column.stale_said
        return replace(
            column,
            class_confirmed=True,
            owner_confirmed=True,
            blank_confirmed=True,
            stale_said=said,
            level=1 if column.level is None else column.level,
        )

    @property
    def cleared(self) -> ColumnSeen:
        return replace(self.column, exempt=self.column.exempt or LEAVE)


# Asking


def ask_site(
    site: Site,
    unit: Unit,
    evidence: SiteEvidence,
    inspected_at: datetime,
    editions: Sequence[Edition],
    issuer: Issuer,
    settled: Iterable[Finding],
) -> list[Question]:
    """The questions about one site, those that are to be answered first; none where its verdict is settled.

    `settled`: its findings now, with what people said. The verdict is weighed with every open column for the site and
    again with every open column against it; where both agree, nothing is asked of columns. Else the fewest columns are
    asked that settle it if they turn out as the machine has them, or whichever way needs fewer where nobody can say.
    An answer that turns out otherwise leaves another question, if one is left. Columns whose class counts for the site
    are not doubted: unconfirmed is not unknown.
    """
    found = list(settled)
    standing = verdict(site, found, editions).verdict
    if standing not in (FAILED, PASSED, UNJUDGED):
        return []  # set aside, or in no rate
    weigh = _Weighing(site, unit, with_boxes(evidence), inspected_at, editions, issuer, found)
    best, worst = weigh.of(()), weigh.of(weigh.opened)
    asked = _fewest(weigh, best, worst, standing) if best.verdict != worst.verdict else []
    otherwise = best.verdict if standing == worst.verdict else worst.verdict
    rows = [q for url in asked for q in _questions(weigh, url, standing, otherwise, worst)]
    if standing == UNJUDGED and not asked:
        rows.append(_subject_question(site.site_code, "site", site.unit_id, found, editions))
    rest = [url for url in weigh.opened if url not in asked]
    return rows + [replace(q, asked=False) for url in rest for q in _questions(weigh, url, standing, otherwise, worst)]


def ask_account(account: Account, settled: Iterable[Finding], editions: Sequence[Edition]) -> list[Question]:
    """An account that nobody can judge is one question."""
    found = list(settled)
    if verdict(account, found, editions).verdict != UNJUDGED:
        return []
    return [_subject_question(account.account_id, "account", account.unit_id, found, editions)]


def worst_first(questions: Iterable[Question]) -> list[Question]:
    """Who would be named goes first; then whoever fewest answers settle; what need not be asked comes last."""
    rows = list(questions)
    count: dict[str, int] = {}
    for row in rows:
        count[row.subject] = count.get(row.subject, 0) + row.asked
    return sorted(rows, key=lambda q: (not q.asked, q.verdict != FAILED, count[q.subject], q.subject, q.url, q.fact))


def total(questions: Iterable[Question]) -> tuple[int, float]:
    """How many are asked, and the minutes that they are expected to take."""
    asked = [q for q in questions if q.asked]
    return len(asked), sum(q.minutes for q in asked)


def question_row(question: Question, names: Mapping[str, str], units: Mapping[str, str]) -> Json:
    """One line of `questions`."""
    return {
        "subject": question.subject,
        "name": names.get(question.subject, ""),
        "kind": question.kind,
        "unit": question.unit,
        "unit_name": units.get(question.unit, ""),
        "asked": question.asked,
        "fact": question.fact,
        "question": question.text,
        "column": question.column,
        "url": question.url,
        "now": question.now,
        "verdict": question.verdict,
        "otherwise": question.otherwise,
        "clauses": list(question.clauses),
        "minutes": question.minutes,
    }


# Weighing


class _Weighing:
    """What a site's verdict would be if some of its open columns counted against it, and the others did not."""

    def __init__(
        self,
        site: Site,
        unit: Unit,
        evidence: SiteEvidence,
        inspected_at: datetime,
        editions: Sequence[Edition],
        issuer: Issuer,
        settled: Sequence[Finding],
    ) -> None:
        self.site, self.unit, self.evidence, self.at, self.issuer = site, unit, evidence, inspected_at, issuer
        self.main = next(e for e in editions if e.main)
        counted = {c.id for c in self.main.clauses_of("site") if c.automatic and c.consequence in ("veto", "points")}
        self.weighed = counted & {f.clause for f in settled if f.decision is Ruling.NONE}
        self.kept = [f for f in settled if f.clause not in self.weighed]
        shown = {p.url for f in settled if f.clause in self.weighed for p in f.proof}
        self.opened = _opened(evidence, self.main, day_of(inspected_at), shown)

    def of(self, accusing: Iterable[str]) -> "_Weighed":
        """`accusing`: the addresses of the open columns of which a person says all that accuses."""
        said = set(accusing)
        columns = tuple(
            c if (o := self.opened.get(c.url)) is None else o.against if c.url in said else o.cleared
            for c in self.evidence.columns
        )
        seen = replace(self.evidence, columns=columns)
        found = judge_site(self.site, self.unit, seen, self.at, (self.main,), self.issuer, switched_on=self.weighed)
        return _Weighed(verdict(self.site, [*self.kept, *found], (self.main,)).verdict or "", found)


@dataclass(frozen=True, slots=True)
class _Weighed:
    verdict: str
    findings: list[Finding]

    def bears_on(self, url: str) -> tuple[str, ...]:
        """The clauses that count a column, or would have to know of it."""
        return tuple(
            f.clause for f in self.findings if f.outcome is not Outcome.PASSED and any(p.url == url for p in f.proof)
        )


def _opened(evidence: SiteEvidence, main: Edition, day: date, shown: Collection[str]) -> dict[str, _Open]:
    """Address → column that counts, or may count, on facts that nobody has confirmed; `shown` stand in a proof."""
    limits = limits_of(main, day)
    levelled = {kind for clause in main.clauses for kind in clause.first_level}
    found: dict[str, _Open] = {}
    for column in evidence.columns:
        if column.exempt or column.type == SYSTEM:
            continue
        stale = is_stale(column, limits[column.kind], main.cadences[column.kind].dated_list)
        undated = stale is None and is_undated(column) and column.stale_said is None
        facts: list[Fact] = []
        if is_blank(column):
            facts += [] if column.blank_confirmed else ["blank"]
        elif stale or undated or column.url in shown:
            facts += [] if column.class_confirmed else ["class"]
            facts += ["date"] if undated else []
            facts += ["level"] if column.level is None and column.kind in levelled else []
        else:
            continue
        facts += ["owner"] if column.owner and not column.owner_confirmed else []
        if facts:
            found[column.url] = _Open(column, tuple(facts))
    return found


def _fewest(weigh: _Weighing, best: _Weighed, worst: _Weighed, standing: str) -> list[str]:
    """The columns to ask: those that settle what the machine has, or whichever verdict needs fewer of them.

    Towards the verdict that accuses, one clause is enough, and each is tried; towards the other, every clause has to
    come below its limit, so several orders are: what bears on most clauses first, the cheapest, each clause by itself.
    Where no answer accuses for certain (something else cannot be read), only answers that clear end the waiting.
    """
    cost = {url: len(o.facts) for url, o in weigh.opened.items()}
    clauses = dict.fromkeys(c for url in weigh.opened for c in worst.bears_on(url))
    bears = {url: worst.bears_on(url) for url in weigh.opened}
    ways: list[list[str]] = []
    if worst.verdict != UNJUDGED:
        firsts = [sorted(cost, key=lambda url: (clause not in bears[url], cost[url])) for clause in clauses]
        ways += [_settling(weigh, order, worst.verdict, True) for order in firsts]
    if best.verdict != UNJUDGED and (standing != worst.verdict or worst.verdict == UNJUDGED):
        orders = [
            sorted(cost, key=lambda url: (-len(bears[url]), cost[url])),
            sorted(cost, key=lambda url: (cost[url], -len(bears[url]))),
            *(
                sorted(cost, key=lambda url: (clause not in bears[url], cost[url], -len(bears[url])))
                for clause in clauses
            ),
        ]
        ways += [_settling(weigh, order, best.verdict, False) for order in orders]
    return min(ways, key=lambda urls: sum(cost[u] for u in urls), default=list(cost))


def _settling(weigh: _Weighing, order: Sequence[str], target: str, accuse: bool) -> list[str]:
    """The shortest head of an order that settles the verdict, without what is not needed in it.

    The answers accuse or clear; whatever is not asked does the opposite.
    """

    def settles(asked: Collection[str]) -> bool:
        accusing = asked if accuse else [url for url in order if url not in asked]
        return weigh.of(accusing).verdict == target

    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if settles(order[:middle]) else (middle + 1, high)
    chosen = list(order[:low])
    for url in reversed(order[:low]):
        fewer = [u for u in chosen if u != url]
        if settles(fewer):
            chosen = fewer
    return chosen


# Saying


def _questions(weigh: _Weighing, url: str, standing: str, otherwise: str, worst: _Weighed) -> list[Question]:
    one = weigh.opened[url]
    column = one.column
    title = weigh.main.cadences[column.kind].title
    now = {"class": column.kind, "owner": column.owner, "blank": "yes", "date": "", "level": ""}
    slots = {"column": column.name, "title": title, "newest": column.newest or "无", "owner": column.owner}
    return [
        Question(
            subject=weigh.site.site_code,
            kind="site",
            unit=weigh.site.unit_id,
            fact=fact,
            verdict=standing,
            otherwise=otherwise,
            clauses=worst.bears_on(url),
            text=_text(fact, **slots),
            minutes=_minutes(fact),
            column=column.name,
            url=url,
            now=now[fact],
            sha256=(column.counted.sha256 or "") if column.counted else "",
        )
        for fact in one.facts
    ]


def _subject_question(
    subject: str, kind: SubjectKind, unit: str, settled: Iterable[Finding], editions: Sequence[Edition]
) -> Question:
    """Nothing that a person could say of a column settles it: its findings are to be decided, or it is set aside."""
    main = {c for e in editions if e.main for c in e.clause_ids}
    waiting = [
        f
        for f in settled
        if f.clause in main and f.consequence in ("veto", "points") and f.stands_as is Outcome.UNJUDGED
    ]
    because = "；".join(f"{f.clause}：{f.because}" for f in waiting)
    clauses = tuple(f.clause for f in waiting)
    text = _text("subject", because=because)
    return Question(subject, kind, unit, "subject", UNJUDGED, PASSED, clauses, text, _minutes("subject"))


def _text(fact: Fact, **slots: object) -> str:
    said: str = _written()["texts"][fact]
    return said.format_map(slots)


def _minutes(fact: Fact) -> float:
    return float(_written()["minutes"][fact])


@lru_cache(maxsize=1)
def _written() -> dict[str, Any]:
    written: dict[str, Any] = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
    return written
