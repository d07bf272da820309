"""Official accounts that fell silent, changed their name or explain nothing. 政务新媒体"""

# ruff: noqa: ARG001 -- every rule is given the same four things

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import ACCUSES_WITHIN, AccountEvidence, AccountVisit, Door, Post
from inspectorate.finding import Finding, Outcome, Proof
from inspectorate.quarter import SHANGHAI, Period, day_of, midnight
from inspectorate.register import Account
from inspectorate.rules.registry import Context, bounded, find, not_examined, rule, tally, unconfirmed
from inspectorate.working_days import working_days_after

SAID = {"ledger": "发布台账", "api": "官方接口", "web": "公开网页", "feed": "订阅源"}


def counted_visits(evidence: AccountEvidence, context: Context) -> dict[str, AccountVisit]:
    """Source → its latest complete visit of the hours in which a visit accuses."""
    first, found = context.inspected_at - ACCUSES_WITHIN, {}
    for visit in sorted(evidence.visits, key=lambda v: (v.visited_at, v.source)):
        if visit.complete and visit.outcome is Door.OPENED and first <= visit.visited_at <= context.inspected_at:
            found[str(visit.source)] = visit
    return found


def sufficient(sources: Iterable[str], clause: Clause) -> bool:
    """One trusted source accuses, and so do several untrusted ones that agree; one of these alone never does."""
    named = set(sources)
    return bool(named & set(clause.trusted)) or len(named) >= clause.whole("agreeing")


def covers(visit: AccountVisit, first: date) -> bool:
    """All posts from a day on are there; an account without any post at all is covered whole."""
    if visit.covers_from is None:
        return visit.posts == 0
    return visit.covers_from <= midnight(first)


@rule
def account_not_updated(evidence: AccountEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """No post in the window before 监测时间点, both ends in. 内容不更新

    A source that shows one clears; against accusers that suffice nobody can say. A repost is a post.
    """
    first = clause.window.before(context.day)
    posts = {(p.source, p.post_id) for p in evidence.posts if _in_window(p.published_at, first, context)}
    clearing = {str(source) for source, _ in posts}
    clearing |= {str(v.source) for v in evidence.visits if v.newest and _in_window(v.newest, first, context)}
    accusing = {
        source: visit
        for source, visit in counted_visits(evidence, context).items()
        if covers(visit, first) and not (visit.newest and _in_window(visit.newest, first, context))
    }
    seen = max([sum(1 for s, _ in posts if s == source) for source in clearing], default=0)
    limit, enough = clause.least, sufficient(accusing, clause)
    if clearing and not enough:
        shown = f"{first}以来有更新（{_sources(clearing)}）"
        return find(clause, context, Outcome.PASSED, shown, max(seen, 1), limit)
    if clearing:
        said = f"{_sources(accusing)}显示{first}以来无更新，{_sources(clearing)}显示有更新，不能认定"
        return find(clause, context, Outcome.UNJUDGED, said, None, limit)
    if not enough:
        return find(clause, context, Outcome.UNJUDGED, _why_unjudged(evidence, accusing, context), None, limit)
    proof = [_silent(visit, first, context) for _, visit in sorted(accusing.items())]
    said = f"{first}以来无更新（{_sources(accusing)}），计数0条，阈值{limit}条"
    return find(clause, context, Outcome.FAILED, said, 0, limit, proof)


def _in_window(moment: datetime, first: date, context: Context) -> bool:
    return first <= day_of(moment) and moment <= context.inspected_at


def _sources(sources: Iterable[str]) -> str:
    return "、".join(SAID[s] for s in sorted(sources))


def _why_unjudged(evidence: AccountEvidence, accusing: Iterable[str], context: Context) -> str:
    """Nothing clears, and what accuses does not suffice."""
    if accused := sorted(accusing):
        return f"仅{_sources(accused)}显示无更新，单一非可信来源不能认定"
    first = context.inspected_at - ACCUSES_WITHIN
    reasons = [
        v.because or ("未覆盖检查时段" if v.complete else "读取不完整")
        for v in evidence.visits
        if first <= v.visited_at <= context.inspected_at
    ]
    return f"没有可据以认定的数据来源：{tally(reasons)}" if reasons else "没有可据以认定的数据来源"


def _silent(visit: AccountVisit, first: date, context: Context) -> Proof:
    newest = f"最新发布于{day_of(visit.newest)}" if visit.newest else "无任何发布"
    what = f"{SAID[visit.source]}：{newest}，应不早于{first}"
    return Proof(context.account.address, visit.visited_at, visit.sha256, what)


@rule
def account_renamed(evidence: AccountEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """The account bears another name than the registered one. 基本信息变更未报备"""
    visits = {s: v for s, v in counted_visits(evidence, context).items() if v.name_seen.strip()}
    registered = context.account.name
    same = [s for s, v in visits.items() if _plain(v.name_seen) == _plain(registered)]
    other = {s: v for s, v in visits.items() if s not in same}
    if not visits:
        return find(clause, context, Outcome.UNJUDGED, "未能读取账号现用名称")
    if not other:
        return find(clause, context, Outcome.PASSED, f"现用名称与登记一致（{_sources(same)}）")
    names = "、".join(sorted({v.name_seen.strip() for v in other.values()}))
    if same or len({_plain(v.name_seen) for v in other.values()}) > 1 or not sufficient(other, clause):
        if same and not sufficient(other, clause):
            return find(clause, context, Outcome.PASSED, f"现用名称与登记一致（{_sources(same)}）")
        said = f"{_sources(other)}显示名称为“{names}”，登记为“{registered}”，不能认定"
        return find(clause, context, Outcome.UNJUDGED, said)
    said = f"现用名称“{names}”，登记为“{registered}”"
    proof = [
        Proof(context.account.address, v.visited_at, v.sha256, f"{SAID[s]}：名称“{v.name_seen.strip()}”")
        for s, v in sorted(other.items())
    ]
    return find(clause, context, Outcome.FAILED, said, proof=proof)


@rule
def account_filed(evidence: AccountEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Opening and changes are filed: a day of filing is registered, and the account bears the registered name."""
    renamed = account_renamed(evidence, clause, edition, context)
    if renamed.outcome is Outcome.FAILED:
        return renamed
    filed = context.account.filed_on
    if filed is None or filed > context.day:
        return replace(renamed, outcome=Outcome.UNJUDGED, because=f"登记库中没有备案日期；{renamed.because}")
    return replace(renamed, because=f"{filed}备案；{renamed.because}")


@rule
def account_filed_late(evidence: AccountEvidence, clause: Clause, edition: Edition, context: Context) -> Finding | None:
    """A new account is reported within so many working days of its opening.

    It was open at the latest when it first posted; how much earlier nobody has landed, so the clause never passes.
    An account that was filed before the last inspection is not new.
    """
    filed, limit = context.account.filed_on, clause.whole("working_days")
    if filed is not None and (filed < (context.since or context.day) or filed > context.day):
        return None
    if filed is None:
        return find(clause, context, Outcome.UNJUDGED, "登记库中没有备案日期", limit=limit)
    sent = [p for p in evidence.posts if p.source in clause.trusted and day_of(p.published_at) <= filed]
    first = min(sent, key=lambda p: (p.published_at, p.source, p.post_id), default=None)
    if first is None or working_days_after(day_of(first.published_at), limit) >= filed:
        return find(clause, context, Outcome.UNJUDGED, f"{filed}备案，开设日期未知", limit=limit)
    said = f"至迟{day_of(first.published_at)}已开设（{SAID[first.source]}），{filed}备案，超过{limit}个工作日"
    what = f"{SAID[first.source]}：{day_of(first.published_at)}已有发布，{filed}备案"
    return find(clause, context, Outcome.FAILED, said, None, limit, [Proof(first.url, first.seen_at, None, what)])


@rule
def main_accounts(evidence: AccountEvidence, clause: Clause, edition: Edition, context: Context) -> Finding | None:
    """A unit has one main account on a platform; where it is not said which one is, they may all be."""
    account = context.account
    if account.main is False:
        return None
    if context.siblings is None:
        return find(clause, context, Outcome.UNJUDGED, "未核对同一单位的其他账号", limit=clause.count)
    others = [a for a in context.siblings if isinstance(a, Account) and a.platform == account.platform]
    rows = sorted([account, *others], key=lambda a: a.account_id)
    named = [a for a in rows if a.main]
    unsaid = [a for a in rows if a.main is None]
    outcome = bounded(len(named), len(named) + len(unsaid), clause.count)
    said = f"{context.unit.name}在同一平台登记主账号{len(named)}个"
    said += f"，另有{len(unsaid)}个未标明是否主账号" if unsaid else ""
    proof = [Proof(a.address, None, None, f"{a.account_id} {a.name}") for a in named if outcome is Outcome.FAILED]
    return find(clause, context, outcome, said, len(named), clause.count, proof)


@rule
def accounts_named_alike(evidence: AccountEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """A proposal: the unit's accounts bear one name on all platforms; who verified them only a person can see."""
    names = {_plain(a.name): a for a in (*(context.siblings or ()), context.account) if isinstance(a, Account)}
    rows = sorted(names.values(), key=lambda a: a.account_id)
    if len(rows) < 2:
        return not_examined(clause, context)
    said = f"须人工检查：各平台名称不一，{'、'.join(f'“{a.name}”' for a in rows)}"
    proof = [Proof(a.address, None, None, f"{a.account_id} {a.name}") for a in rows]
    return find(clause, context, Outcome.NOT_EXAMINED, said, len(rows), proof=proof)


@rule
def account_idle(evidence: AccountEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """A proposal: an account that fell silent may be one that nobody needs or keeps; only a person can say."""
    silent = account_not_updated(evidence, clause, edition, context)
    if silent.outcome is not Outcome.FAILED:
        return not_examined(clause, context)
    return replace(silent, outcome=Outcome.NOT_EXAMINED, because=f"须人工检查：{silent.because}")


@rule
def interpretation_never(evidence: AccountEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """从未发布解读回应信息: one post that interprets clears; that there never was one only a person can see."""
    found = [p for p in evidence.posts if p.interpretation]
    if found:
        newest = max(day_of(p.published_at) for p in found)
        return find(clause, context, Outcome.PASSED, f"{newest}发布过解读回应信息")
    said = f"{context.since or context.day}以来未见解读回应信息；更早的须人工检查"
    return find(clause, context, Outcome.NOT_EXAMINED, said)


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


@rule
def interpretation_missing(
    evidence: AccountEvidence, clause: Clause, edition: Edition, context: Context
) -> Finding | None:
    """A whole week or month since the last inspection without a 解读回应 item.

    Each account is asked by itself; beside it stands what all accounts of the unit come to, since the text may be read
    of the unit. The running one is not judged. A post of which nobody has said whether it interprets is unknown.
    """
    if context.unit.level not in clause.levels + clause.assumed_levels:
        return None
    found = _interpretations(evidence, clause, context)
    return found if context.unit.level in clause.levels else unconfirmed(found)


def _interpretations(evidence: AccountEvidence, clause: Clause, context: Context) -> Finding:
    every, since = clause.period("every"), context.since or context.day
    visits = counted_visits(evidence, context)
    missed, unknown, periods = [], [], list(stretches(since, context.day, every))
    for first, last in periods:
        posts = [p for p in evidence.posts if first <= day_of(p.published_at) <= last]
        if len({_name(p) for p in posts if p.interpretation}) >= clause.least:
            continue
        covering = [source for source, visit in visits.items() if covers(visit, first)]
        if _unclassed(posts) or not sufficient(covering, clause):
            unknown.append(first)
        else:
            missed.append(first)
    low, limit = len(missed), clause.count
    outcome = bounded(low, low + len(unknown), limit)
    word = "周" if every.days else "个月"
    said_so = f"{since}至{context.day}共{len(periods)}个完整的{word.removeprefix('个')}，其中{low}{word}无解读回应"
    if unknown:
        said_so += f"，{len(unknown)}{word}未能认定"
    if context.siblings:
        of_unit = {
            _name(p)
            for p in (*evidence.posts, *evidence.beside)
            if p.interpretation and day_of(p.published_at) >= since
        }
        said_so += f"；{context.unit.name}各账号合计发布解读回应{len(of_unit)}条"
    proof = [_unexplained(first, every, visits, context) for first in missed]
    return find(clause, context, outcome, said_so, low, limit, proof)


def _name(post: Post) -> str:
    """What a post is called by whatever source shows it: the end of its address, else its own id."""
    return post.url.partition("?")[0].rstrip("/").rpartition("/")[2] or post.post_id


def _unclassed(posts: list[Post]) -> bool:
    """A post of which nobody has said whether it interprets, through any source that shows it.

    The same post may come from a ledger, classed, and from a page, which knows no classes: it is known by its
    address or by the minute of its publication.
    """
    classed = [p for p in posts if p.interpretation is not None]
    names, minutes = {_name(p) for p in classed}, {_minute(p) for p in classed}
    return any(p.interpretation is None and _name(p) not in names and _minute(p) not in minutes for p in posts)


def _minute(post: Post) -> datetime:
    return post.published_at.astimezone(SHANGHAI).replace(second=0, microsecond=0)


def _unexplained(first: date, every: Period, visits: dict[str, AccountVisit], context: Context) -> Proof:
    visit = next(v for _, v in sorted(visits.items()) if covers(v, first))
    word = f"{first}起一周" if every.days else f"{first.year}年{first.month}月"
    return Proof(context.account.address, visit.visited_at, visit.sha256, f"{word}：无解读回应信息")


def stretches(since: date, until: date, every: Period) -> Iterator[tuple[date, date]]:
    """ISO weeks or calendar months that lie wholly inside a stretch, both ends in; the running one is not over."""
    if every.days:
        first = since + timedelta(days=-since.weekday() % every.days)
    else:
        first = since if since.day == 1 else _month_end(since) + timedelta(days=1)
    while (last := _end(first, every)) < until:
        yield first, last
        first = last + timedelta(days=1)


def _end(first: date, every: Period) -> date:
    return first + timedelta(days=every.days - 1) if every.days else _month_end(first)


def _month_end(first: date) -> date:
    return date(first.year, first.month, calendar.monthrange(first.year, first.month)[1])
