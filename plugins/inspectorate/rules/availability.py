"""Doors that were found shut. 站点无法访问"""

# ruff: noqa: ARG001 -- every rule is given the same four things

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import Door, SiteEvidence, Visit
from inspectorate.finding import Finding, Outcome, Proof
from inspectorate.quarter import day_of
from inspectorate.rules.registry import Context, bounded, find, rule, tally

SAID = {
    Door.OPENED: "打开过慢",
    Door.REFUSED: "拒绝连接",
    Door.RESET: "连接中断",
    Door.DNS: "域名无法解析",
    Door.TLS: "加密连接失败",
    Door.TIMEOUT: "超时",
    Door.HTTP_ERROR: "返回错误页",
    Door.WALL: "被防护拦截",
    Door.OURS: "本方原因未能访问",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Visits within minutes of one another: one visit in the law's sense."""

    day: date
    visits: tuple[Visit, ...]
    shut: bool | None  # None: unknown


@rule
def site_unreachable(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Too many of a week's visits found the door shut.

    超过（含） makes both limits inclusive. A visit that we missed, a wall or an outage of ours is unknown: counted
    for the site, then against it.
    """
    first = clause.period("week").before(context.day)
    groups = [g for g in group(evidence.visits, clause) if first <= g.day < context.day]
    a_day = dict.fromkeys((first + timedelta(n) for n in range((context.day - first).days)), 0)
    for found in groups:
        a_day[found.day] += 1
    due = sum(max(clause.visits_a_day, visits) for visits in a_day.values())
    missing = due - len(groups)
    shut = [g for g in groups if g.shut]
    unknown = [g for g in groups if g.shut is None]
    limit = Fraction(str(clause.share))
    low, high = Fraction(len(shut), due), Fraction(len(shut) + len(unknown) + missing, due)
    outcome = bounded(low, high, limit)
    said = f"{first}起7天应访问{due}次，打不开{len(shut)}次，占{_percent(low)}，阈值{_percent(limit)}"
    if unknown or missing:
        reasons = tally([*("缺测" for _ in range(missing)), *(_unknown(g) for g in unknown)]).replace("个", "次")
        said += f"；未知{len(unknown) + missing}次：{reasons}"
    near = clause.near.get("share")
    if outcome is not Outcome.FAILED and near is not None and low > Fraction(str(near)):
        said += "（接近单项否决）"
    measured = round(float(high if outcome is Outcome.PASSED else low), 4)
    proof = [_proof(v, context) for g in shut for v in g.visits] if outcome is Outcome.FAILED else []
    return find(clause, context, outcome, said, measured, clause.share, proof)


def group(visits: Iterable[Visit], clause: Clause) -> list[Group]:
    """In order of time a visit less than so many minutes after the first of its group joins it."""
    apart = timedelta(minutes=clause.whole("group_minutes"))
    groups: list[list[Visit]] = []
    for visit in sorted(visits, key=lambda v: (v.visited_at, v.source)):
        if groups and visit.visited_at - groups[-1][0].visited_at < apart:
            groups[-1].append(visit)
        else:
            groups.append([visit])
    return [Group(day_of(g[0].visited_at), tuple(g), _shut_all(g, clause.seconds)) for g in groups]


def _shut_all(visits: list[Visit], seconds: float) -> bool | None:
    """Open and shut within one group is unknown, and so is shut beside an outage of ours; open beside one is open."""
    found = {_shut(v, seconds) for v in visits}
    if True not in found:
        return False if False in found else None
    return True if found == {True} else None


def _shut(visit: Visit, seconds: float) -> bool | None:
    """Refused, reset, dns, tls, timeout, http_error, or opened too late; opened in an unknown time is unknown."""
    if visit.outcome.theirs:
        return True
    if visit.outcome is not Door.OPENED or visit.seconds is None:
        return None
    return visit.seconds >= seconds


def _unknown(found: Group) -> str:
    doors = {v.outcome for v in found.visits}
    if len(doors) == 1:
        door = doors.pop()
        return "未记用时" if door is Door.OPENED else SAID[door]
    return "同一时刻有开有闭" if Door.OPENED in doors else "同一时刻结果不一"


def _percent(share: Fraction) -> str:
    return f"{float(share) * 100:.2f}".rstrip("0").rstrip(".") + "%"


def _proof(visit: Visit, context: Context) -> Proof:
    """One shut door; the day and the cause are the fact, and an imported visit names its source."""
    source = f"，来源{visit.source}" if visit.sha256 is None else ""
    what = f"{day_of(visit.visited_at)} {SAID[visit.outcome]}{source}"
    return Proof(context.site.home_url, visit.visited_at, visit.sha256, what)
