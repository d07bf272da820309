"""Doors that were found shut. 站点无法访问"""

# ruff: noqa: ARG001 -- every rule is given the same four things

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from operator import attrgetter
from urllib.parse import urlsplit

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import Door, SharedFault, SiteEvidence, Visit, frozen
from inspectorate.finding import Finding, Outcome, Proof
from inspectorate.quarter import day_of
from inspectorate.rules.foot import counted_foot
from inspectorate.rules.registry import NEAR, UNBOUNDED, Context, bounded, exactly, find, rule, shut, tally

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


@frozen
class Group:
    """Visits within minutes of one another: one visit in the law's sense."""

    day: date
    visits: tuple[Visit, ...]
    shut: bool | None  # None: unknown
    shared: SharedFault | None = None  # a platform was down, and that is no fault of this site's


@dataclass(frozen=True, slots=True)
class Week:
    """The seven whole days before the day of inspection: what was due, what was shut and what nobody knows."""

    first: date
    groups: tuple[Group, ...]
    due: int

    @property
    def shut(self) -> list[Group]:
        return [g for g in self.groups if g.shut]

    @property
    def unknown(self) -> list[Group]:
        return [g for g in self.groups if g.shut is None]

    @property
    def missing(self) -> int:
        return self.due - len(self.groups)

    @property
    def low(self) -> Fraction:
        """The share that was certainly shut."""
        return Fraction(len(self.shut), self.due)

    @property
    def high(self) -> Fraction:
        """The share that may have been shut."""
        return Fraction(len(self.shut) + len(self.unknown) + self.missing, self.due)

    def say_unknown(self) -> str:
        if not (self.unknown or self.missing):
            return ""
        reasons = tally([*("缺测" for _ in range(self.missing)), *map(_unknown, self.unknown)]).replace("个", "次")
        return f"；未知{len(self.unknown) + self.missing}次：{reasons}"


Together = list[tuple[date, tuple[Visit, ...]]]  # visits within minutes of one another, with their day


def read_week(evidence: SiteEvidence, clause: Clause, context: Context) -> Week:
    """Due a day: the visits that the clause asks for, or as many as were counted if these are more.

    Several clauses of a site look at the same week: it is read once for all that ask the same of it.
    """
    week, seconds, minutes = clause.period("week"), clause.seconds, clause.whole("group_minutes")
    asked = week, clause.visits_a_day, seconds, minutes
    found = context.weeks.get(asked)
    if found is None:
        groups = context.weeks.get(minutes)
        if groups is None:
            groups = context.weeks[minutes] = gather_groups(evidence.visits, minutes)
        found = context.weeks[asked] = _read_week(evidence, clause, context, groups)
    return found


def _read_week(evidence: SiteEvidence, clause: Clause, context: Context, together: Together) -> Week:
    first = clause.period("week").before(context.day)
    day = context.day
    groups = tuple(g for g in grouped(together, clause.seconds, evidence.shared) if first <= g.day < day)
    a_day = dict.fromkeys((first + timedelta(n) for n in range((day - first).days)), 0)
    for found in groups:
        a_day[found.day] += 1
    return Week(first, groups, sum(max(clause.visits_a_day, visits) for visits in a_day.values()))


@rule
def site_unreachable(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Too many of a week's visits found the door shut.

    超过（含） makes both limits inclusive. A visit that we missed, a wall or an outage of ours is unknown: counted
    for the site, then against it.
    """
    week = read_week(evidence, clause, context)
    limit = exactly(clause.share)
    outcome = bounded(week.low, week.high, limit)
    said = f"{week.first}起7天应访问{week.due}次，打不开{len(week.shut)}次，占{_percent(week.low)}，"
    said += f"阈值{_percent(limit)}{week.say_unknown()}"
    near = clause.near.get("share")
    close = outcome is not Outcome.FAILED and isinstance(near, float) and week.low > exactly(near)
    said += NEAR if close else ""
    measured = round(float(week.high if outcome is Outcome.PASSED else week.low), 4)
    proof = [shut_proof(v, context) for g in week.shut for v in g.visits] if outcome is Outcome.FAILED else []
    return find(clause, context, outcome, said, measured, clause.share, proof, near=close)


@rule
def site_gone(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """信息报送系统登记与实际不符: registered as running, and every visit of a whole week found the door shut.

    It passes where the home page opened at its registered host and shows the registered code. Another code may have
    been copied from elsewhere: a person looks.
    """
    week = read_week(evidence, clause, context)
    if week.low == 1:
        said = f"登记为正常运行，{week.first}起7天访问{week.due}次均打不开"
        proof = [shut_proof(v, context) for g in week.shut for v in g.visits]
        return find(clause, context, Outcome.FAILED, said, len(week.shut), week.due, proof)
    foot, site = counted_foot(evidence, context), context.site
    code = foot.code.lower() if foot else ""
    if foot and code == site.site_code.lower() and urlsplit(foot.url).hostname == urlsplit(site.home_url).hostname:
        return find(clause, context, Outcome.PASSED, "首页可以打开，网址和所示网站标识码与登记一致", 0)
    if code and code != site.site_code.lower():
        return find(clause, context, Outcome.UNJUDGED, f"首页所示网站标识码{code}与登记不一致，须人工核对")
    return find(clause, context, Outcome.UNJUDGED, "网站可以打开或不能断定打不开；页面所示标识码、网址尚未与登记核对")


@rule
def home_slow(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """The home page took longer than advised in half of the week's visits; only its own document is timed.

    A door that was shut is no slow page; a visit that nobody timed is unknown.
    """
    week = read_week(evidence, clause, context)
    came = [_fastest(visits) for g in week.groups if (visits := [v for v in g.visits if not v.outcome.theirs])]
    times = sorted(seconds for seconds in came if seconds is not None)
    unknown = week.missing + len(came) - len(times)
    if not times:
        return find(clause, context, Outcome.UNJUDGED, "一周内没有记下用时的访问", limit=clause.seconds)
    low, high = _median([0.0] * unknown + times), _median(times + [UNBOUNDED] * unknown)
    outcome = Outcome.FAILED if low > clause.seconds else Outcome.UNJUDGED
    if high <= clause.seconds:
        outcome = Outcome.PASSED
    usual = _median(times)
    said = f"{week.first}起7天首页打开时间中位数{usual:.1f}秒，建议不超过{clause.seconds:g}秒"
    said += f"；另有{unknown}次未记用时" if unknown else ""
    proof = [Proof(context.site.home_url, None, None, f"中位数{usual:.1f}秒")] if outcome is Outcome.FAILED else []
    return find(clause, context, outcome, said, round(usual, 1), clause.seconds, proof)


def _fastest(visits: Iterable[Visit]) -> float | None:
    return min([v.seconds for v in visits if v.outcome is Door.OPENED and v.seconds is not None], default=None)


def _median(numbers: list[float]) -> float:
    return numbers[len(numbers) // 2]


def group(visits: Iterable[Visit], clause: Clause, shared: Iterable[SharedFault] = ()) -> list[Group]:
    """In order of time a visit less than so many minutes after the first of its group joins it."""
    return grouped(gather_groups(visits, clause.whole("group_minutes")), clause.seconds, shared)


def gather_groups(visits: Iterable[Visit], minutes: int) -> Together:
    apart = timedelta(minutes=minutes)
    groups: list[list[Visit]] = []
    full = datetime.min.replace(tzinfo=UTC)  # when the last group takes no more
    for visit in sorted(visits, key=attrgetter("visited_at", "source")):
        if visit.visited_at < full:
            groups[-1].append(visit)
        else:
            groups.append([visit])
            full = visit.visited_at + apart
    return [(day_of(g[0].visited_at), tuple(g)) for g in groups]


def grouped(together: Together, seconds: float, shared: Iterable[SharedFault] = ()) -> list[Group]:
    """Open and shut within one group is unknown, and so is shut beside an outage of ours; open beside one is open.

    A door that was shut because the platform was down is as unknown as one that we could not ask at.
    """
    excused = {key: fault for fault in shared for key in fault.visits}
    if not excused:
        return [
            Group(day, g, shut(g[0], seconds) if len(g) == 1 else _said({shut(v, seconds) for v in g}))
            for day, g in together
        ]
    found = []
    for day, visits in together:
        faults = [excused.get((v.site, v.visited_at, v.source)) for v in visits]
        doors = {None if fault else shut(v, seconds) for v, fault in zip(visits, faults, strict=True)}
        found.append(Group(day, visits, _said(doors), next((f for f in faults if f), None)))
    return found


def _said(doors: set[bool | None]) -> bool | None:
    if True in doors:
        return True if doors == {True} else None
    return False if False in doors else None


def _unknown(found: Group) -> str:
    if found.shared is not None:
        return found.shared.said
    doors = {v.outcome for v in found.visits}
    if len(doors) == 1:
        door = doors.pop()
        return "未记用时" if door is Door.OPENED else SAID[door]
    return "同一时刻有开有闭" if Door.OPENED in doors else "同一时刻结果不一"


def _percent(share: Fraction) -> str:
    return f"{float(share) * 100:.2f}".rstrip("0").rstrip(".") + "%"


def shut_proof(visit: Visit, context: Context) -> Proof:
    """One shut door; the day and the cause are the fact, and an imported visit names its source."""
    source = f"，来源{visit.source}" if visit.sha256 is None else ""
    what = f"{day_of(visit.visited_at)} {SAID[visit.outcome]}{source}"
    return Proof(context.site.home_url, visit.visited_at, visit.sha256, what)
