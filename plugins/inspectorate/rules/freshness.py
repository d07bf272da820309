"""Columns and home pages that were left alone. 栏目不更新、首页不更新"""

# ruff: noqa: ARG001 -- every rule is given the same four things

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import ColumnSeen, SiteEvidence
from inspectorate.finding import Finding, Outcome, Proof
from inspectorate.quarter import Period
from inspectorate.rules.columns import (
    FRESH,
    NOTHING,
    OLD,
    SYSTEM,
    UNKNOWN,
    Dated,
    Standing,
    children_of,
    compare,
    counted_of,
    is_undated,
    level_of,
    roll_up,
    why_unknown,
)
from inspectorate.rules.registry import NEAR, UNBOUNDED, Context, bounded, find, rule, tally, unconfirmed


@rule
def news_and_notices_stale(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """动态、要闻类 columns over two weeks and 通知公告、政策文件类 over six months, added together.

    A blank column never counts here: it has a clause of its own.
    """
    rows = [s for s in context.site_columns.standings if s.column.kind in clause.classes and s.stale is not False]
    return _count(rows, lambda s: s.stale, class_confirmed, clause, edition, context)


@rule
def first_level_stale(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """As news_and_notices_stale, but notices and policies are counted at first level only, children rolled up.

    A column whose level is unknown may be of the first: it counts against the site only.
    """
    below = children_of(evidence.columns)
    rows = [
        s
        for s in context.site_columns.standings
        if s.stale is not False and s.column.kind in clause.classes and s.column.kind not in clause.first_level
    ]
    for column in evidence.columns:
        if column.kind not in clause.first_level or column.exempt or column.type == SYSTEM:
            continue
        level = level_of(column, context.site_columns.addresses)
        if level is not None and level != 1:
            continue
        limit = context.site_columns.limits[column.kind]
        if limit is None:
            continue
        stale, newest = roll_up(column, below, limit)
        if stale is False:
            continue
        rolled = Standing(replace(column, newest=newest), blank=False, stale=None if level is None else stale)
        rows.append(rolled if level is not None else replace(rolled, why="栏目层级不明"))
    return _count(rows, lambda s: s.stale, class_confirmed, clause, edition, context)


@rule
def columns_overdue(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """应更新但长期未更新: blank columns, and those over the period of their class.

    A class whose period is not confirmed counts, but a limit that is reached only with it is not confirmed either.
    """
    rows = list(context.site_columns.standings)
    found = _count(rows, _overdue, _overdue_confirmed, clause, edition, context)
    firm = sum(1 for s in rows if s.blank or (s.stale and edition.cadences[s.column.kind].confirmed))
    return unconfirmed(found) if found.outcome is Outcome.FAILED and firm < clause.count else found


@rule
def columns_blank(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """空白栏目: a heading and no content since it was opened."""
    rows = [s for s in context.site_columns.standings if s.blank is not False]
    return _count(rows, lambda s: s.blank, _blank_confirmed, clause, edition, context)


def _overdue(standing: Standing) -> bool | None:
    if standing.blank or standing.stale:
        return True
    return None if standing.blank is None or standing.stale is None else False


def _owner_confirmed(column: ColumnSeen) -> bool:
    """That a column is the site's own needs no word; that it is kept by a body below does."""
    return column.owner_confirmed or not column.owner


def class_confirmed(standing: Standing) -> bool:
    return standing.column.class_confirmed and _owner_confirmed(standing.column)


def _blank_confirmed(standing: Standing) -> bool:
    return standing.column.blank_confirmed and _owner_confirmed(standing.column)


def _overdue_confirmed(standing: Standing) -> bool:
    return _blank_confirmed(standing) if standing.blank else class_confirmed(standing)


def _count(
    rows: list[Standing],
    accuses: Callable[[Standing], bool | None],
    confirmed: Callable[[Standing], bool],
    clause: Clause,
    edition: Edition,
    context: Context,
) -> Finding:
    """Count columns for and against the site; `columns_confirmed` says whether the unconfirmed ones matter."""
    columns = context.site_columns
    counted = [s for s in rows if accuses(s)]
    unknown = [s for s in rows if accuses(s) is None]
    low, limit = len(counted), clause.count
    more = len(unknown) if columns.mapped else UNBOUNDED
    outcome = bounded(low, low + more, limit)
    firm = sum(map(confirmed, counted))
    firm_more = sum(map(confirmed, unknown)) if columns.mapped else UNBOUNDED
    near = clause.near.get("count")
    close = outcome is not Outcome.FAILED and isinstance(near, (int, float)) and low >= near
    found = find(
        clause,
        context,
        outcome,
        _because(outcome, low, unknown, clause, context, near=close),
        measured=low,
        limit=limit,
        proof=_proof(counted, unknown if outcome is Outcome.UNJUDGED else [], edition, context),
        near=close,
    )
    return replace(found, columns_confirmed=bounded(firm, firm + firm_more, limit) is outcome)


def _because(
    outcome: Outcome, low: int, unknown: list[Standing], clause: Clause, context: Context, *, near: bool
) -> str:
    said = f"计数{low}个，阈值{clause.count}个" + (NEAR if near else "") + say_unknown(unknown)
    if not context.site_columns.mapped and outcome is not Outcome.FAILED:
        said += f"；{context.site_columns.why_unmapped}，不能排除还有其他栏目"
    return said


def say_unknown(unknown: Sequence[Standing]) -> str:
    if not unknown:
        return ""
    return f"；另有{len(unknown)}个未能认定：{tally(s.why or why_unknown(s.column) for s in unknown)}"


def _proof(counted: list[Standing], unknown: list[Standing], edition: Edition, context: Context) -> list[Proof]:
    """The counted columns, and of the unknown ones those whose page we hold."""
    rows = [(s, column_fact(s, edition, context)) for s in counted]
    rows += [
        (s, f"{_name(s.column, edition)}: {s.why or why_unknown(s.column)}") for s in unknown if counted_of(s.column)
    ]
    rows.sort(key=lambda row: (row[0].column.newest or date.min, row[0].column.url, row[1]))
    return [page_proof(s.column, what) for s, what in rows]


def page_proof(column: ColumnSeen, what: str) -> Proof:
    counted = column.counted
    return Proof(column.url, counted.visited_at if counted else None, counted.sha256 if counted else None, what)


def _name(column: ColumnSeen, edition: Edition) -> str:
    return f"{column.name}（{edition.cadences[column.kind].title}）"


def column_fact(standing: Standing, edition: Edition, context: Context) -> str:
    column = standing.column
    if standing.blank:
        return f"{_name(column, edition)}：空白栏目"
    limit = context.site_columns.limits[column.kind]
    if column.newest is None:
        return f"{_name(column, edition)}：无日期，经人工认定未更新，应不早于{limit}"
    return f"{_name(column, edition)}：最新日期{column.newest}，应不早于{limit}"


@rule
def home_not_updated(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """No new item that the home page shows or leads to. 首页不更新

    An item dated in the window clears, on the home page or in a column that it leads to. A home page without a
    list or without dates is judged by the pages of the second level. One column that nobody could read may hold
    the new item, and so may one that was not discovered; beside a home page that accuses by its own dates only
    columns of the classes that a home page shows.
    """
    limit = clause.window.before(context.day)
    home = _home(evidence.home, limit)
    standings = [_led_to(c, limit) for c in evidence.columns]
    if home is FRESH or FRESH in standings:
        near = _near_home(evidence, clause, context)
        said = f"{limit}以来有更新" + (NEAR if near else "")
        return find(clause, context, Outcome.PASSED, said, measured=1, limit=clause.least, near=near)
    reasons = _home_unknown(evidence, home, standings, clause, context)
    accused = home is OLD or OLD in standings
    if reasons or not accused:
        said = f"未见{limit}以来的更新，但不能认定：{'；'.join(reasons or ['没有任何可据以认定的日期'])}"
        return find(clause, context, Outcome.UNJUDGED, said, measured=0, limit=clause.least)
    said = f"{limit}以来首页及首页所链栏目无更新"
    proof = _home_proof(evidence, home, standings, limit)
    return find(clause, context, Outcome.FAILED, said, measured=0, limit=clause.least, proof=proof)


def _home_unknown(
    evidence: SiteEvidence, home: Dated, standings: list[Dated], clause: Clause, context: Context
) -> list[str]:
    """Every reason for which the new item may still exist."""
    reasons = []
    if home is UNKNOWN:
        reasons.append("首页未读取" if evidence.home is None else f"首页：{why_unknown(evidence.home)}")
    unknown = [
        why_unknown(c)
        for c, s in zip(evidence.columns, standings, strict=True)
        if s is UNKNOWN and (home is not OLD or c.kind in clause.classes)
    ]
    if unknown:
        reasons.append(f"{len(unknown)}个栏目未能认定：{tally(unknown)}")
    if not context.site_columns.mapped:
        reasons.append(f"{context.site_columns.why_unmapped}，不能排除还有其他栏目")
    return reasons


def _led_to(column: ColumnSeen, limit: date) -> Dated:
    """As compare; what a business system holds is no item of the site, unless it was seen to be one."""
    found = compare(column, limit)
    return found if found is FRESH or column.type != "业务系统" else NOTHING


def _home(home: ColumnSeen | None, limit: date) -> Dated:
    """As compare; NOTHING: a home page read in full that bears no list, or no dates, so that others decide."""
    if home is None or counted_of(home) is None:
        return FRESH if home is not None and home.newest is not None and home.newest >= limit else UNKNOWN
    found = compare(home, limit)
    if found is FRESH or (home.newest is not None and home.newest >= limit):
        return found
    without = is_undated(home) or not (home.counted and home.counted.items)
    return NOTHING if without else found


def _near_home(evidence: SiteEvidence, clause: Clause, context: Context) -> bool:
    near = clause.near.get("window")
    dates = [c.newest for c in (*evidence.columns, evidence.home) if c is not None and c.newest is not None]
    return isinstance(near, Period) and bool(dates) and max(dates) < near.before(context.day)


def _home_proof(evidence: SiteEvidence, home: Dated, standings: Iterable[Dated], limit: date) -> list[Proof]:
    """The home page first; where it accuses by itself, its columns need not be listed."""
    proof = []
    if evidence.home is not None:
        newest = f"最新日期{evidence.home.newest}" if evidence.home.newest else "无带日期的条目"
        proof.append(page_proof(evidence.home, f"首页：{newest}，应不早于{limit}"))
    if home is not OLD:
        rows = [c for c, s in zip(evidence.columns, standings, strict=True) if s is OLD]
        rows.sort(key=lambda c: (c.newest or date.min, c.url))
        proof += [page_proof(c, f"{c.name}：最新日期{c.newest}，应不早于{limit}") for c in rows]
    return proof
