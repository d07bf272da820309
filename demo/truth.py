"""What a perfect inspector would find in the mirror city, in words, per edition, clause and subject."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from demo.days import months_before, quarter_of, quarter_start
from demo.model import Account, City, Column, Site
from demo.past import tell_past
from demo.plan import NEWSY, last_day_in
from demo.snares import HOSTILE

OPAQUE = {
    "script",
    "frame",
    "refused",
    "captcha",
    "broken",
    "missing",
    "forbidden",
    "link_out",
    "deep_host",
    "other_host",
    "login",
    "archived",
    *HOSTILE,
}
NEAR_MISSES = {
    "edge_counts": "各类问题栏目都比标准少一个",
    "edge_dates": "所有日期正好落在期限最后一天",
    "odd_lists": "置顶、倒序、列表无日期、未来日期，容易看错",
    "unreadable": "若干栏目机器看不到内容，不能说是空白或未更新",
    "walled": "整个网站在防护墙后，什么也不能断定",
}


@dataclass(frozen=True, slots=True)
class Expected:
    """One clause for one subject.

    `expected`: failed, passed, unjudged, not failed. `seeded`: fault, near_miss, plain.
    """

    expected: str
    because: str
    seeded: str


@dataclass(frozen=True, slots=True)
class Range:
    """How many columns count, at the least for certain and at the most for a careful reader."""

    low: int
    high: int


def stale(column: Column, today: date) -> bool:
    """Past its period, by what its own items say; an item of the future proves nothing, a blank column is not stale."""
    days = [i.day for i in column.items if i.day <= today]
    return bool(days) and max(days) < last_day_in(column, today)


def listed(site: Site) -> list[Column]:
    """The columns that ought to be kept: lists of articles."""
    return [c for c in site.leaves if c.shape == "list"]


def opaque(site: Site) -> int:
    """How many columns a careful reader may be unable to judge."""
    return sum(c.trap in OPAQUE for c in site.leaves) + (1 if "disclosure" in site.flags else 0)


def count_newsy(site: Site, today: date, first_level_only: bool) -> Range:
    """News, notices and policies out of date; E19 counts notices and policies on the first level only."""
    late = [c for c in listed(site) if c.cls in NEWSY and not c.blank and c.trap not in OPAQUE and stale(c, today)]
    if first_level_only:
        late = [c for c in late if c.cls == "news" or c.level == 1]
    parents = [
        t
        for t in site.menu
        if t.shape == "channel" and t.cls in NEWSY and all(c in late or stale(c, today) for c in t.children)
    ]
    hidden = sum(c.trap in OPAQUE and c.cls in NEWSY for c in site.leaves)
    return Range(len(late), len(late) + len(parents) + hidden)


def count_unkept(site: Site, today: date) -> Range:
    """All columns that ought to be updated and are not, blank ones included."""
    late = [c for c in listed(site) if c.trap not in OPAQUE and (c.blank or stale(c, today))]
    parents = [t for t in site.menu if t.shape == "channel" and t.children and all(c in late for c in t.children)]
    return Range(len(late), len(late) + len(parents) + opaque(site))


def count_blank(site: Site) -> Range:
    """Headings with nothing beneath."""
    blanks = sum(c.blank for c in listed(site))
    return Range(blanks, blanks + opaque(site))


def judge_count(found: Range, limit: int, site: Site, words: str) -> Expected:
    """Failed if the certain ones reach the limit, passed if all possible ones do not."""
    because = (
        f"{words}{found.low}个" + (f"（至多{found.high}个）" if found.high > found.low else "") + f"，标准为{limit}个"
    )
    if site.role == "walled":
        return Expected("unjudged", NEAR_MISSES["walled"], "near_miss")
    if found.low >= limit:
        return Expected("failed", because, "fault")
    near = site.role in NEAR_MISSES
    return Expected(
        "passed" if found.high < limit and not near else "not failed", because, "near_miss" if near else "plain"
    )


def home_update(site: Site, today: date) -> Expected:
    """Whether anything new within two weeks stands on the home page."""
    if site.role == "walled":
        return Expected("unjudged", NEAR_MISSES["walled"], "near_miss")
    newest = max(i.day for c in listed(site) for i in c.items if i.day <= today and not c.trap.endswith("_host"))
    if newest < today - timedelta(days=14):
        return Expected("failed", f"首页最新信息为{newest}，已超过2周", "fault")
    near = site.role in NEAR_MISSES
    return Expected(
        "not failed" if near else "passed", f"首页有2周内的信息，最新{newest}", "near_miss" if near else "plain"
    )


def week(site: Site, city: City) -> Expected:
    """The share of knocks that found the door shut, at least twenty a day due."""
    visits = [v for v in city.visits if v.site_code == site.code]
    if site.role == "walled":
        return Expected("unjudged", "一周内每次访问都被防护墙拦下", "near_miss")
    groups: list[bool] = []
    last = None
    for visit in visits:  # a second knock within a quarter of an hour is the same one
        if last is None or visit.at - last >= timedelta(minutes=15):
            last = visit.at
            if visit.outcome not in ("wall", "ours"):
                groups.append(visit.outcome != "opened" or (visit.seconds or 0) >= 15)
    unknown = sum(v.outcome in ("wall", "ours") for v in visits)
    shut, due = sum(groups), max(140, len(groups))
    because = f"一周{due}次访问，打不开{shut}次，占{shut / due:.2%}"
    if shut / due >= 0.05:
        return Expected("failed", because, "fault")
    passed = (shut + unknown) / due < 0.05
    return Expected(
        "passed" if passed else "not failed", because, "near_miss" if site.role == "edge_dates" else "plain"
    )


def letter_box(site: Site, limit: date, since: date) -> Expected:
    """Whether a consultation letter of the last year waits longer than three months; complaints do not count."""
    if site.role == "walled":
        return Expected("unjudged", NEAR_MISSES["walled"], "near_miss")
    letters = [x for c in site.leaves if c.shape == "letters" and c.slug == "xx" for x in c.letters]
    late = [x for x in letters if x.answered is None and since <= x.asked.date() < limit]
    if late:
        return Expected("failed", f"{late[0].asked.date()}的来信超过3个月未回复", "fault")
    near = site.role in NEAR_MISSES
    return Expected(
        "not failed" if near or not letters else "passed",
        "没有超过3个月未回复的咨询来信",
        "near_miss" if near else "plain",
    )


def held(site: Site, words: tuple[str, ...], city: City) -> Expected:
    """Whether surveys or interviews were few in the last year, by lists that go back further than that."""
    since, least = months_before(city.day, 12), 6 if site.kind == "portal" else 3
    if site.role == "walled":
        return Expected("unjudged", NEAR_MISSES["walled"], "near_miss")
    columns = [c for c in listed(site) if any(word in c.name for word in words)]
    days = [i.day for c in columns for i in c.items]
    shown = sum(day >= since for day in days)
    whole = all(c.items and min(i.day for i in c.items) < since for c in columns)
    because = f"1年内开展{shown}次，应不少于{least}次"
    if whole and 0 < shown < least:
        return Expected("failed", because, "fault" if "few_talks" in site.flags else "plain")
    return Expected("not failed", because if whole else f"{because}，列表只到{min(days)}", "plain")


def site_truth(site: Site, city: City) -> dict[str, dict[str, Expected]]:
    """Every automatic clause for one running site, per edition."""
    today = city.day
    letters = letter_box(site, months_before(today, 3), months_before(today, 12))
    unkept = judge_count(count_unkept(site, today), 10, site, "应更新未更新栏目")
    blank = judge_count(count_blank(site), 5, site, "空白栏目")
    shut, home = week(site, city), home_update(site, today)
    words = "动态要闻、通知公告、政策文件类未更新栏目"
    both = {
        "E15": {
            "E15.W-V-01": shut, "E15.W-V-02": home, "E15.W-V-05": letters,
            "E15.W-V-03a": judge_count(count_newsy(site, today, False), 5, site, words),
            "E15.W-V-03b": unkept, "E15.W-V-03c": blank,
            "E15.W-D-06c": held(site, ("征集",), city), "E15.W-D-07b": held(site, ("访谈",), city),
        },
        "E19": {
            "E19.W-V-02": shut, "E19.W-V-03": home, "E19.W-V-05b": letters,
            "E19.W-V-04a": judge_count(count_newsy(site, today, True), 5, site, words),
            "E19.W-V-04b": unkept, "E19.W-V-04c": blank,
        },
    }  # fmt: skip
    return both | {"DN": domain_truth(site)}


def domain_truth(site: Site) -> dict[str, Expected]:
    """Domains: the seeded breaches, and for everything else that nobody may be accused."""
    fine = Expected("not failed", "域名符合规定", "plain")
    found = dict.fromkeys(["DN-01", "DN-02", "DN-03", "DN-06", "DN-07", "DN-11", "DN-13", "DN-14"], fine)
    if "wrong_department_host" in site.flags:
        found["DN-03"] = Expected("failed", f"部门网站域名{site.host}不在本市门户网站域名之下", "fault")
    strays = [c for c in site.leaves if c.trap in ("deep_host", "other_host")]
    if strays:
        found["DN-06"] = Expected("failed", f"栏目“{strays[0].name}”使用了另外的域名{strays[0].host}", "fault")
    elif "disclosure" in site.flags:
        found["DN-06"] = Expected("not failed", "信息公开网网址已登记，友情链接不是本站栏目", "near_miss")
    return found


def account_truth(account: Account, city: City) -> dict[str, dict[str, Expected]]:
    """The automatic clauses for one account: posts at all, and interpretations in time."""
    limit = city.day - timedelta(days=14)
    known = [p.at.date() for p in [*account.filed, *account.shown]]
    if not known:
        quiet = Expected("unjudged", "没有台账，网上也看不到，不能断定", "near_miss")
    elif max(known) < limit:
        quiet = Expected("failed", f"最新一条为{max(known)}，已超过2周", "fault")
    else:
        near = account.role in ("edge", "pinned", "wall_filed", "feed_lags")
        quiet = Expected(
            "not failed" if near else "passed", f"最新一条为{max(known)}", "near_miss" if near else "plain"
        )
    return {"E19": {"E19.M-V-02a": quiet}, "LA": interpretations(account, city)}


def interpretations(account: Account, city: City) -> dict[str, Expected]:
    """A county interprets every week, everyone else every month; whole ones since the quarter began count.

    A stretch that began earlier may hold an empty week or month that this one does not: such a case is left out.
    """
    clause = "LA-M-01" if account.unit.level == "county" else "LA-M-02"
    if account.unit.level == "city" or not account.filed:
        return {}
    days = {p.at.date() for p in account.filed if p.interpretation}
    start, oldest = quarter_start(city.day), min(p.at.date() for p in account.filed)
    weekly = clause == "LA-M-01"
    empty = [
        first
        for first in stretches(oldest, city.day, weekly)
        if not any(first <= d < next_stretch(first, weekly) for d in days)
    ]
    counted = [first for first in empty if first >= start]
    if counted:
        seeded = "fault" if account.role == "no_interpretation" else "plain"
        return {clause: Expected("failed", f"从{counted[0]}起有一期没有发布解读回应信息", seeded)}
    return {} if empty else {clause: Expected("not failed", "每期都有解读回应信息", "plain")}


def next_stretch(first: date, weekly: bool) -> date:
    """The first day of the next week or month."""
    return first + timedelta(days=7) if weekly else (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def stretches(oldest: date, today: date, weekly: bool) -> list[date]:
    """First days of the whole weeks or months after `oldest` and before today."""
    first = oldest + timedelta(days=7 - oldest.weekday()) if weekly else next_stretch(oldest, False)
    found = []
    while next_stretch(first, weekly) <= today:
        found.append(first)
        first = next_stretch(first, weekly)
    return found


def verdict(expected: dict[str, Expected], walled: bool) -> str:
    """不合格 with any failed veto; 合格 if all are plainly passed; else only that it may not be accused."""
    outcomes = {e.expected for clause, e in expected.items() if "-V-" in clause}
    if "failed" in outcomes:
        return "不合格"
    if walled or outcomes == {"unjudged"}:
        return "unjudged"
    return "合格" if outcomes == {"passed"} else "not 不合格"


def tell(city: City) -> dict[str, Any]:
    """The whole truth as it goes into truth.json."""
    clauses: dict[str, dict[str, dict[str, Any]]] = {"E15": {}, "E19": {}, "DN": {}, "LA": {}}
    verdicts: dict[str, dict[str, str | None]] = {"E15": {}, "E19": {}}
    for site in city.running:
        found = site_truth(site, city)
        for edition, rows in found.items():
            for clause, expected in rows.items():
                clauses[edition].setdefault(clause, {})[site.code] = asdict(expected)
        for edition in verdicts:
            verdicts[edition][site.code] = verdict(found[edition], site.role == "walled")
    for account in city.accounts:
        found = account_truth(account, city)
        for edition, rows in found.items():
            for clause, expected in rows.items():
                clauses[edition].setdefault(clause, {})[account.account_id] = asdict(expected)
        verdicts["E15"][account.account_id] = None
        verdicts["E19"][account.account_id] = verdict(found["E19"], False)
    sites = {
        s.code: {
            "name": s.name,
            "role": s.role,
            "layout": s.layout,
            "charset": s.charset,
            "kind": "site",
            "host": s.host,
            "front": s.front,
            "entrance": s.entrance,
            "flags": sorted(s.flags),
        }
        for s in city.running
    }
    accounts = {a.account_id: {"name": a.name, "role": a.role, "kind": "account"} for a in city.accounts}
    return {
        "seed": city.seed,
        "at": city.at.isoformat(),
        "quarter": quarter_of(city.at),
        "city": city.name,
        "region": city.label,
        "subjects": sites | accounts,
        "not_running": {s.code: s.status for s in city.sites if s.status != "running"},
        "clauses": clauses,
        "verdicts": verdicts,
        "excused": {e.site_code: e.text for e in city.explanations if e.excuses},
        "past": tell_past(city),
        "columns": {s.code: tell_columns(s, city.day) for s in city.running},
    }


def tell_columns(site: Site, today: date) -> list[dict[str, Any]]:
    """What each column really is."""
    return [
        {
            "url": c.url,
            "name": c.name,
            "class": c.cls,
            "level": c.level,
            "parent": c.parent.name if c.parent else None,
            "shape": c.shape,
            "newest": str(c.newest) if c.newest else None,
            "items": len(c.items),
            "blank": c.blank,
            "stale": stale(c, today) if c.shape == "list" and not c.blank else None,
            "trap": c.trap,
            "dates": c.dates,
            "dress": c.dress,
            "form": c.form,
            "tail": c.tail,
        }
        for c in site.leaves
    ]
