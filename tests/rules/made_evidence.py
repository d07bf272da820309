"""Evidence made up for the tests of the law, from a few words."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from inspectorate.edition import Library, load
from inspectorate.evidence import (
    AccountEvidence,
    AccountVisit,
    BoxSeen,
    ColumnSeen,
    Discovery,
    Door,
    Host,
    Letter,
    Look,
    Oddity,
    PageVisit,
    Post,
    SiteEvidence,
    Visit,
)
from inspectorate.finding import Finding
from inspectorate.judge import judge_account, judge_site
from inspectorate.quarter import Period, midnight
from inspectorate.register import Account, Issuer, Site, Unit

LIBRARY: Library = load()
AT = datetime.fromisoformat("2018-09-10T10:00:00+08:00")
DAY = date(2018, 9, 10)
UNIT = Unit("U01", "示例市教育局", "department", vertical=False)
SITE = Site(
    "3499000001", "示例市教育局", "U01", "department", "http://jyj.shili.gov.cn/", domains=("jyj.shili.gov.cn",)
)
ACCOUNT = Account("U01-wb", "weibo", "示例教育", "U01", "https://weibo.com/u/1000000001")
ISSUER = Issuer(name="示例市人民政府办公室", region="shili")
MAPPED = Discovery(SITE.site_code, AT - timedelta(hours=2), True, 1)
UNMAPPED = replace(MAPPED, ended=False, because="超出抓取预算")
LIMITS = {
    "news": Period(days=14),
    "notice": Period(months=6),
    "policy": Period(months=6),
    "personnel_plan": Period(months=12),
    "other": Period(months=12),
    "interaction": Period(months=12),
}


def page(
    newest: date | None = None,
    items: int | None = 10,
    undated: int | None = 0,
    blank: bool | None = False,
    dated_list: bool | None = True,
    complete: bool = True,
    at: datetime = AT - timedelta(hours=1),
    kind: Any = "column",
    url: str = "",
    oldest: date | None = None,
) -> PageVisit:
    """A list that was read back far enough for every window, unless `oldest` says less."""
    if oldest is None and newest is not None:
        oldest = newest - timedelta(days=500)
    return PageVisit(
        SITE.site_code,
        url,
        kind,
        at,
        Door.OPENED,
        complete,
        items=items,
        undated=undated,
        newest=newest,
        oldest=oldest,
        blank=blank,
        dated_list=dated_list,
        sha256="a" * 64,
    )


def column(number: int = 1, state: str = "fresh", day: date = DAY, **more: Any) -> ColumnSeen:
    """A column in one of the states in which the law knows it.

    fresh and edge: an item dated on the last day in time; stale: one day before that; blank, unread, undated,
    single; torn: the counted visit accuses and another one clears.
    """
    kind = more.get("kind", "news")
    limit = LIMITS[kind].before(day)
    name = more.pop("name", f"栏目{number}")
    more["dates"] = tuple(more.get("dates", ()))
    seen = ColumnSeen(f"http://jyj.shili.gov.cn/c{number}/", name, kind, class_confirmed=True, blank_confirmed=True)
    seen = replace(seen, **{k: v for k, v in more.items() if k in ColumnSeen.__slots__})
    old = more.get("newest", limit - timedelta(days=1))
    dated_list, oldest = more.get("dated_list", True), more.get("oldest")
    made: dict[str, dict[str, Any]] = {
        "fresh": {"counted": page(limit, dated_list=dated_list, oldest=oldest), "newest": limit},
        "stale": {"counted": page(old, dated_list=dated_list), "newest": old},
        "blank": {"counted": page(items=0, blank=True)},
        "torn_blank": {"counted": page(items=0, blank=True), "ever_filled": True},
        "unread": {"why_unknown": "被防护拦截"},
        "cleared": {"newest": limit},
        "undated": {"counted": page(None, undated=10)},
        "half_dated": {"counted": page(old, undated=3), "newest": old},
        "single": {"counted": page(items=None)},
        "torn": {"counted": page(old, dated_list=dated_list), "newest": limit},
    }
    return replace(seen, **made[state])


def columns(groups: Iterable[dict[str, Any]], day: date = DAY) -> tuple[ColumnSeen, ...]:
    """Groups like `{times: 5, state: stale, kind: notice}`, numbered through."""
    made: list[ColumnSeen] = []
    for group in groups:
        facts = dict(group)
        for _ in range(facts.pop("times", 1)):
            made.append(column(len(made) + 1, day=day, **facts))
    return tuple(made)


def week(
    visits: int = 140,
    shut: int = 0,
    unknown: int = 0,
    slow: int = 0,
    slow_seconds: float = 15.0,
    day: date = DAY,
    door: Door = Door.TIMEOUT,
) -> tuple[Visit, ...]:
    """A week of visits, the same number on each of the seven whole days before the day of inspection."""
    made = []
    a_day, rest = divmod(visits, 7)
    for n in range(7):
        start = midnight(day) - timedelta(days=7 - n)
        today = a_day + (1 if n < rest else 0)
        made += [start + timedelta(minutes=1440 * k // max(today, 1)) for k in range(today)]
    rows = []
    for place, moment in enumerate(made):
        if place < shut:
            rows.append(Visit(SITE.site_code, moment, "monitor", door, None))
        elif place < shut + slow:
            rows.append(Visit(SITE.site_code, moment, "monitor", Door.OPENED, slow_seconds))
        elif place < shut + slow + unknown:
            rows.append(Visit(SITE.site_code, moment, "monitor", Door.OURS, None))
        else:
            rows.append(Visit(SITE.site_code, moment, "monitor", Door.OPENED, 0.8))
    return tuple(rows)


def home(newest: date | None = DAY, **more: Any) -> ColumnSeen:
    counted = page(newest, kind="home", url=SITE.home_url, **more)
    return ColumnSeen(SITE.home_url, "首页", "other", counted=counted, newest=newest)


def box(
    letters: Iterable[dict[str, Any]] = (),
    read: bool = True,
    at: datetime = AT - timedelta(hours=1),
    undated: int = 0,
    name: str = "咨询留言",
) -> BoxSeen:
    made = []
    for number, facts in enumerate(letters):
        made.append(
            Letter(
                f"http://jyj.shili.gov.cn/letter/{number}",
                _day(facts["asked"]),
                _day(facts["answered"]) if facts.get("answered") else None,
                answered_elsewhere=facts.get("elsewhere", False),
                visited_at=at,
                sha256="b" * 64,
                answered=facts.get("answered_undated", False),
                known=not facts.get("silent", False),
            )
        )
    counted = page(items=len(made), kind="letters", at=at, undated=undated) if read else None
    return BoxSeen("http://jyj.shili.gov.cn/box/", name, counted, tuple(made), "" if read else "网络不通")


def _day(word: Any) -> date:
    return word if isinstance(word, date) else date.fromisoformat(word)


def host(url: str, name: str = "专栏", type: str = "栏目") -> Host:
    return Host(SITE.site_code, url.split("/")[2], name, type, url, AT)


def odd(
    kind: Any, seen: date, before: date, count: int = 1, dated: date | None = None, was: date | None = None
) -> Oddity:
    """What two stored lists of one column show of an item."""
    looks = (Look(midnight(before), "c" * 64), Look(midnight(seen), "d" * 64))
    return Oddity(kind, "http://jyj.shili.gov.cn/c1/", "通知公告", *looks, count, dated, was, "一则通知")


def in_order(**more: Any) -> SiteEvidence:
    """A site of which nothing can be said; what a test is about replaces a part of it."""
    held = tuple(DAY - timedelta(days=30 * n) for n in range(1, 7))
    survey = column(99, name="网上调查", kind="interaction", dates=held)
    facts = {"visits": week(), "home": home(), "columns": (column(), survey), "boxes": (box(),), "discovery": MAPPED}
    facts |= {"new_items": ((DAY, 20),)}
    return SiteEvidence(**(facts | more))


def editions_of(clause_id: str, day: date = DAY) -> tuple[Any, ...]:
    edition = next(e for e in LIBRARY.editions if clause_id in e.clause_ids)
    library = LIBRARY.replace_main(edition.id) if edition.main else LIBRARY
    found = library.in_force(day)
    return found if edition in found else (*found, edition)


def judged(
    clause_id: str,
    evidence: SiteEvidence,
    site: Site = SITE,
    unit: Unit = UNIT,
    at: datetime = AT,
    issuer: Issuer = ISSUER,
    registered: frozenset[str] = frozenset(),
) -> Finding:
    """The one finding of one clause, as judge_site gives it."""
    editions = editions_of(clause_id, at.date())
    found = judge_site(site, unit, evidence, at, editions, issuer, registered, switched_on={clause_id})
    assert len(found) == 1, f"{clause_id}: {len(found)} findings"
    return found[0]


def post(days_ago: float = 1, source: Any = "ledger", **more: Any) -> Post:
    at = more.pop("at", AT - timedelta(days=days_ago))
    number, account = f"{source}-{at.isoformat()}", more.pop("account", ACCOUNT.account_id)
    facts = {"repost": False, "interpretation": False, "pinned": False, **more}
    return Post(account, source, number, at, "", "一则消息", seen_at=AT, **facts)


def look(source: Any = "ledger", newest: datetime | None = None, **more: Any) -> AccountVisit:
    facts = {
        "visited_at": AT - timedelta(hours=2),
        "outcome": Door.OPENED,
        "complete": True,
        "covers_from": AT - timedelta(days=120),
        "posts": 5,
        **more,
    }
    return AccountVisit(ACCOUNT.account_id, source, newest=newest, **facts)


def judged_account(
    clause_id: str,
    evidence: AccountEvidence,
    unit: Unit = UNIT,
    at: datetime = AT,
    since: date | None = None,
    account: Account = ACCOUNT,
) -> list[Finding]:
    return judge_account(
        account, unit, evidence, at, editions_of(clause_id, at.date()), ISSUER, since, switched_on={clause_id}
    )
