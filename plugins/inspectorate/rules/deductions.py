"""What takes points off a site's score. 扣分指标"""

# ruff: noqa: ARG001 -- every rule is given the same four things

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from math import floor

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import ColumnSeen, SiteEvidence
from inspectorate.finding import Finding, Outcome, Proof
from inspectorate.rules.availability import read_week, shut_proof
from inspectorate.rules.columns import SYSTEM, counted_of, is_discovered, is_undated, why_unknown
from inspectorate.rules.freshness import class_confirmed, column_fact, page_proof, say_unknown
from inspectorate.rules.interaction import is_meant, is_meant_by, is_read
from inspectorate.rules.registry import UNBOUNDED, Context, deduct, find, not_examined, rule, tally


@rule
def home_often_shut(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Points for each whole per cent of a week's visits that found the door shut."""
    week, step = read_week(evidence, clause, context), clause.fraction("step")
    said = f"{week.first}起7天应访问{week.due}次，打不开{len(week.shut)}次{week.say_unknown()}"
    counts = floor(week.low / step), floor(week.high / step)
    proof = [shut_proof(v, context) for g in week.shut for v in g.visits] if counts[0] else []
    return deduct(clause, edition, context, counts, said, round(float(week.low), 4), clause.number("step"), proof)


@rule
def home_items_few(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Fewer new items than asked in the window, on the home page and in the columns that it leads to.

    What has left the home page is still in its column, so both are counted, each address once. A list that was not
    read back to the window's first day, or bears items without a date, may hold more.
    """
    first, least = clause.window.before(context.day), clause.least
    shown = sum(number for day, number in evidence.new_items if first <= day <= context.day)
    pages = [*evidence.columns, *([evidence.home] if evidence.home else [])]
    newest = max((c.newest for c in pages if c.newest is not None), default=date.min)
    shown = max(shown, int(first <= newest <= context.day))
    said = f"{first}以来新发信息{shown}条，应不少于{least}条"
    if shown >= least:
        return deduct(clause, edition, context, (0, 0), said, shown, least)
    reasons = ["首页未能完整读取"] if evidence.home is None or counted_of(evidence.home) is None else []
    asked = [c for c in evidence.columns if c.kind in clause.classes and c.type != SYSTEM]
    open_ones = [why for c in asked if (why := _may_hold_more(c, first))]
    reasons += [f"{len(open_ones)}个栏目可能还有：{tally(open_ones)}"] if open_ones else []
    if evidence.home is not None and is_undated(evidence.home):
        reasons.append("首页有无日期的条目")
    if not context.site_columns.mapped:
        reasons.append(f"{context.site_columns.why_unmapped}，不能排除还有其他栏目")
    if reasons:
        return deduct(clause, edition, context, (0, 1), f"{said}；{'；'.join(reasons)}", shown, least)
    proof = [Proof(context.site.home_url, None, None, said)]
    if evidence.home is not None:
        proof = [page_proof(evidence.home, said)]
    return deduct(clause, edition, context, (1, 1), said, shown, least, proof)


def _may_hold_more(column: ColumnSeen, first: date) -> str:
    """Why a list may hold more items dated in the window than were seen; empty: it cannot."""
    counted = counted_of(column)
    if counted is None:
        return why_unknown(column)
    if not counted.items:
        return ""
    if counted.undated or counted.oldest is None:
        return "无日期"
    return "未读到检查时段之前" if counted.oldest >= first else ""


@rule
def columns_late(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Points for each column of some classes that is over its period; a blank column is none of them."""
    columns = context.site_columns
    rows = [s for s in columns.standings if s.column.kind in clause.classes]
    counted, unknown = [s for s in rows if s.stale], [s for s in rows if s.stale is None]
    more = len(unknown) if columns.mapped else UNBOUNDED
    said = f"未按期更新{len(counted)}个" + say_unknown(unknown)
    if not columns.mapped:
        said += f"；{columns.why_unmapped}，不能排除还有其他栏目"
    counted.sort(key=lambda s: (s.column.newest or date.min, s.column.url))
    proof = [page_proof(s.column, column_fact(s, edition, context)) for s in counted]
    counts = len(counted), len(counted) + more
    found = deduct(clause, edition, context, counts, said, len(counted), 1, proof)
    return replace(found, columns_confirmed=all(map(class_confirmed, counted)))


# Columns in which something happens with the public: surveys, interviews, consultation


def columns_meant(evidence: SiteEvidence, clause: Clause) -> list[ColumnSeen]:
    """The columns whose name says that they are what the clause means, by address."""
    names = "\n".join([c.name for c in evidence.columns])
    words = [word for word in clause.words if word in names]  # few or none: columns are asked by millions
    meant = (c for c in evidence.columns if any(word in c.name for word in words)) if words else ()
    return sorted(meant, key=lambda c: (c.url, c.name))


def named_elsewhere(evidence: SiteEvidence, clause: Clause) -> list[str]:
    """The addresses on somebody else's host whose names say that they are what the clause means, by name."""
    named = [h for h in evidence.hosts if any(word in h.name for word in clause.words)]
    own = {c.url for c in evidence.columns} if named else set()
    return sorted(h.name for h in named if h.url not in own)


@rule
def activities_absent(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """No column is open for it, neither on the site nor on a host that the site leads to, as far as names tell."""
    opened = [c.name for c in columns_meant(evidence, clause)] or named_elsewhere(evidence, clause)
    if opened:
        return deduct(clause, edition, context, (0, 0), f"已开设“{opened[0]}”", len(opened), 1)
    mapped, why = context.site_columns.mapped, context.site_columns.why_unmapped
    if not mapped:
        return deduct(clause, edition, context, (0, 1), f"未发现此类栏目，但{why}", 0, 1)
    said = "在全部栏目中未发现此类栏目"
    proof = [Proof(context.site.home_url, None, None, f"{len(evidence.columns)}个栏目中没有此类栏目")]
    found = deduct(clause, edition, context, (1, 1), said, 0, 1, proof)
    return replace(found, columns_confirmed=all(c.class_confirmed for c in evidence.columns))


@rule
def activities_none(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Opened, and nothing in the window; a column that is not opened is no matter here."""
    return _activities(evidence, clause, edition, context, 1, none=True)


@rule
def activities_few(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Opened, and something in the window, but less than asked of a portal or of another site."""
    least = clause.whole("least_portal") if context.site.kind == "portal" else clause.least
    return _activities(evidence, clause, edition, context, least, none=False)


def _activities(
    evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context, least: int, *, none: bool
) -> Finding:
    opened, first = columns_meant(evidence, clause), clause.window.before(context.day)
    meant = [c for c in opened if not c.exempt]
    if opened and not meant:
        return deduct(clause, edition, context, (0, 0), f"免检：{opened[0].exempt}", None, least)
    if not meant:
        other = named_elsewhere(evidence, clause)
        said = f"“{other[0]}”不在本站，开展情况未能认定" if other else "未开设此类栏目"
        hidden = bool(other) or not context.site_columns.mapped
        return deduct(clause, edition, context, (0, int(hidden)), said, None, least)
    shown = sum(times_held(c, first, context) for c in meant)
    said = f"{first}以来开展{shown}次，应不少于{least}次"
    open_ones = [why for c in meant if (why := may_have_had_more(c, first))]
    more = bool(open_ones) or not context.site_columns.mapped
    if open_ones:
        said += f"；{len(open_ones)}个栏目未能认定：{tally(open_ones)}"
    certain = not more and shown < least and (none or shown > 0)
    possible = shown < least and (more if none else more or shown > 0)
    proof = [page_proof(c, f"{c.name}：{first}以来{_listed(c, first, context)}次") for c in meant] if certain else []
    found = deduct(clause, edition, context, (int(certain), int(certain or possible)), said, shown, least, proof)
    return replace(found, columns_confirmed=not certain or all(c.class_confirmed for c in meant))


def times_held(column: ColumnSeen, first: date, context: Context) -> int:
    """How often something happened since a day, as far as a column shows it; its newest date is one time."""
    newest = column.newest is not None and first <= column.newest <= context.day
    return max(_listed(column, first, context), int(newest))


def _listed(column: ColumnSeen, first: date, context: Context) -> int:
    return sum(first <= day <= context.day for day in column.dates)


def may_have_had_more(column: ColumnSeen, first: date) -> str:
    """Why more may have happened than was seen; empty: it cannot."""
    counted = counted_of(column)
    if counted is None or column.type == SYSTEM:
        return why_unknown(column) if counted is None else "业务系统"
    if counted.items is None:
        return "页面没有列表"
    return _may_hold_more(column, first)


@rule
def consultation_absent(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """A proposal: no letter box and no column whose name says consultation; whether there is one a person sees.

    One whose name the clause excludes (信访, 举报) is none.
    """
    named = [*(c.name for c in columns_meant(evidence, clause)), *named_elsewhere(evidence, clause)]
    opened = any(is_meant(b, clause) for b in evidence.boxes) or any(is_meant_by(n, clause) for n in named)
    discovered, _ = is_discovered(evidence)
    if opened or not discovered:
        return not_examined(clause, context)
    said = f"须人工检查：{len(evidence.columns)}个栏目中未发现政务咨询类栏目"
    proof = [Proof(context.site.home_url, None, None, "未发现政务咨询类栏目")]
    return find(clause, context, Outcome.NOT_EXAMINED, said, 0, proof=proof)


@rule
def consultation_unused(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """A proposal: every letter box for consultation was read, and none shows a message of the last year."""
    boxes = [b for b in evidence.boxes if is_meant(b, clause)]
    first = clause.within.before(context.day)
    asked: Iterable[date] = (letter.asked_on for box in boxes for letter in box.letters)
    unread: Sequence[object] = [b for b in boxes if not is_read(b)]
    if not boxes or unread or any(first <= day <= context.day for day in asked):
        return not_examined(clause, context)
    said = f"须人工检查：{first}以来未见有效留言"
    proof = [Proof(b.url, b.counted.visited_at, b.counted.sha256, said) for b in boxes if b.counted]
    return find(clause, context, Outcome.NOT_EXAMINED, said, 0, proof=proof)
