"""What lies around a site's columns and leads a reader astray; nothing in it changes what is true of them."""

import gzip
import random
import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from demo.model import Column, Item, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# How a site is entered whose home page does not lie at its address.
ENTRANCES = ("refresh", "script", "frames", "moved", "picture")
FRONTS = ("/web/index.html", "/portal/", "/cms/html/index.htm")
# Habits of a site, with their share of the sites.
HABITS = {
    "sessions": 0.25,  # every link to a column bears a session of its own
    "aliases": 0.35,  # a column is linked with its index file and without it, by path and in full
    "calendar": 0.3,  # a calendar, every month and every day of it a page
    "prints": 0.3,  # views of columns for printing
    "strangers": 0.4,  # other units' sites and systems elsewhere, in the menu
    "subunit": 0.35,  # columns that a subordinate body keeps
    "login": 0.3,  # a column that is shown after a log-in only
    "archive": 0.35,  # a column that was closed, and says so
    "markup": 0.3,  # a title that is markup and a formula
    "talks": 0.4,  # interviews, often enough
    "hostile": 0.3,  # a column whose page would break a careless reader
}
UNSEEN = {"login", "archive", "hostile"}  # of which nobody can say from outside how old they are
HOSTILE = (
    "deep", "nul", "gzip", "bomb", "loopback", "intranet", "malformed", "huge", "rows", "endless_redirect", "repair",
)  # fmt: skip
HEAVY = {"huge", "bomb", "rows"}  # each costs a reader about a second
STRANGERS = (
    ("市公共资源交易平台", "http://ggzy.qiongyu.gov.cn/"), ("国家政务服务平台", "http://gjzwfw.www.gov.cn/"),
    ("信用信息网", "http://credit.qiongyu.gov.cn/"),
)  # fmt: skip
CLOSED = ("本栏目已归档，不再更新。", "该栏目已停止更新，内容仅供查阅。", "本栏目已归档")
_LINK = re.compile(r"href=([\"'])([^\"'#]+)\1")


def lay(site: Site, dice: random.Random) -> None:
    """Deal a site its entrance and its habits; a site behind a wall shows none of them."""
    site.flags |= {flag for flag, share in HABITS.items() if dice.random() < share}
    if site.role == "home_stale":  # behind a door that stays shut something new could lie
        site.flags -= UNSEEN
    if dice.random() < 0.4:
        site.entrance, site.front = dice.choice(ENTRANCES), dice.choice(FRONTS)
    site.hostile = dice.choice([trap for trap in HOSTILE if trap not in HEAVY or dice.random() < 0.3] or ["deep"])


def add_columns(site: Site, today: date, dice: random.Random) -> "Iterable[tuple[str, Column, date]]":
    """The columns that the habits add, each with the slug of its group and its newest day."""

    def fresh() -> date:
        return date.fromordinal(today.toordinal() - dice.randint(20, 160))

    old = date.fromordinal(today.toordinal() - dice.randint(900, 1500))
    if "subunit" in site.flags:
        for number, body in enumerate(dice.sample(["服务中心", "执法支队", "信息中心", "监测站"], 2), 1):
            yield "zwgk", Column(f"xs{number}", f"{site.unit.trade}{body}", "other", "other", step=30), fresh()
    if "archive" in site.flags:
        column = Column("lntg", "往年通知公告", "notice", "notice", trap="archived", step=30)
        column.empty = dice.choice(CLOSED)
        yield "zwgk", column, old
    if "talks" in site.flags:
        yield "hdjl", Column("zxft", "在线访谈", "interaction", "talk", size=8, step=30), fresh()
    if "login" in site.flags:
        yield "bsfw", Column("wssb", "网上申报", "other", "other", trap="login"), old
    if "hostile" in site.flags:
        yield "bsfw", Column("bmts", "便民提示", "other", "other", trap=site.hostile, step=12), fresh()


def stray_links(text: str, site: Site, dice: random.Random) -> str:
    """A page whose links to columns are written in the many ways in which one address can be."""
    paths = {c.path for top in site.menu for c in [top, *top.children] if c.host == site.host}

    def written(found: re.Match[str]) -> str:
        quote, path = found[1], found[2].replace("&amp;", "&")
        if path not in paths or dice.random() < 0.4:
            return found[0]
        if "aliases" in site.flags:
            if path.endswith("/"):
                path = dice.choice([path, f"{path}index.html"])
            path = dice.choice([path, f"http://{site.host}{path}"])
        if "sessions" in site.flags:
            mark = f"{dice.randint(16**11, 16**12 - 1):012X}"
            path = f"{path}&PHPSESSID={mark}" if "?" in path else f"{path};jsessionid={mark}"
        return f"href={quote}{path.replace('&', '&amp;')}{quote}"

    return _LINK.sub(written, text)


def entrance(site: Site, charset: str) -> tuple[str, int, dict[str, str]]:
    """What stands at a site's address: a page, its status and its headers."""
    to, tag = site.front, f"<meta charset='{charset}'>" if charset else ""
    head = f"<html><head>{tag}<title>{site.name}</title>"
    pages = {
        "refresh": f"{head}<meta http-equiv='refresh' content='0; url={to}'></head><body></body></html>",
        "script": f"{head}<script>window.location.href = '{to}';</script></head><body>正在进入……</body></html>",
        "frames": f"{head}</head><frameset rows='*,0'><frame src='{to}' name='main'><frame src='about:blank'>"
        "<noframes><body>您的浏览器不支持框架</body></noframes></frameset></html>",
        "moved": "",
        "picture": f"{head}</head><body><a href='{to}'><img src='/images/enter.jpg' alt='{site.name}'></a>"
        f"<p><a href='{to}'>进入网站</a></p></body></html>",
    }
    moved = site.entrance == "moved"
    return pages[site.entrance], 302 if moved else 200, {"Location": to} if moved else {}


def print_view(path: str) -> str:
    return path + ("&amp;" if "?" in path else "?") + "print=1"


def month_page(site: Site, tag: str) -> str:
    """A month of the calendar: its days are links, and so are the months before it and after, without end."""
    head = f"<html><head>{tag and f'<meta charset={tag}>'}<title>工作日历-{site.name}</title></head><body>"
    return f"{head}<h1>工作日历</h1>{calendar('2026-10', '2026-12')}<p>当日暂无安排</p></body></html>"


def calendar(before: str, after: str) -> str:
    days = "".join(f"<td><a href='/rili/{after}-{n:02}.html'>{n}</a></td>" for n in range(1, 29))
    return (
        f"<table class='rili'><tr><td><a href='/rili/{before}.html'>上个月</a></td>"
        f"<td><a href='/rili/'>工作日历</a></td><td><a href='/rili/{after}.html'>下个月</a></td></tr>"
        f"<tr>{days}</tr></table>"
    )


# --- pages that would break a careless reader ------------------------------------------------------------------------

MARKUP = '<img src=x onerror=alert(1)>=HYPERLINK("http://x.example")'
REPAIR = (
    "<html><head><meta charset=utf-8><title>系统维护</title></head>"
    "<body><h1>系统升级维护中，暂停服务</h1></body></html>"
)
Broken = tuple[bytes, int, dict[str, str]]  # body, status, headers


def break_page(trap: str, whole: bytes, column: Column, charset: str) -> Broken:
    """A column's page as the trap leaves it."""
    if trap == "rows":
        return _rows(whole, column, charset)
    makers: dict[str, Callable[[bytes, Column], Broken]] = {
        "deep": _deep, "nul": _nul, "gzip": _cut_short, "bomb": _bomb, "loopback": _loopback, "intranet": _intranet,
        "malformed": _malformed, "huge": _huge, "endless_redirect": _round, "repair": _repair,
    }  # fmt: skip
    return makers[trap](whole, column)


def _deep(whole: bytes, column: Column) -> Broken:  # noqa: ARG001
    depth = 20_000
    return whole.replace(b"<body", b"<body data-d=1", 1).replace(b"</body>", b"<div>" * depth + b"</body>"), 200, {}


def _nul(whole: bytes, column: Column) -> Broken:  # noqa: ARG001
    return whole.replace(b"<li", b"\0<li\0").replace(b"<a ", b"<\0a "), 200, {}


def _cut_short(whole: bytes, column: Column) -> Broken:  # noqa: ARG001
    packed = gzip.compress(whole, mtime=0)
    return packed[: len(packed) // 2], 200, {"Content-Encoding": "gzip"}


@cache
def _zeros() -> bytes:
    return gzip.compress(b"<p>" + b" " * 120_000_000, 9, mtime=0)


def _bomb(whole: bytes, column: Column) -> Broken:  # noqa: ARG001
    return _zeros(), 200, {"Content-Encoding": "gzip"}


def _loopback(whole: bytes, column: Column) -> Broken:  # noqa: ARG001
    return b"", 302, {"Location": "http://127.0.0.1:8080/admin/"}


def _intranet(whole: bytes, column: Column) -> Broken:  # noqa: ARG001
    return b"<html><head><meta http-equiv=refresh content='0;url=http://10.1.2.3/oa/'></head></html>", 200, {}


def _round(whole: bytes, column: Column) -> Broken:  # noqa: ARG001
    return b"", 302, {"Location": column.path}


def _malformed(whole: bytes, column: Column) -> Broken:  # noqa: ARG001
    for closed, left in ((b"</li>", b""), (b"</a>", b"</a"), (b"</tr>", b""), (b"</ul>", b"<ul>")):
        whole = whole.replace(closed, left, 3)
    return whole, 200, {}


def _huge(whole: bytes, column: Column) -> Broken:  # noqa: ARG001
    return whole.replace(b"</body>", b"<!-- " + b"x" * 12_000_000 + b" --></body>"), 200, {}


def _rows(whole: bytes, column: Column, charset: str) -> Broken:
    """A hundred thousand rows, of which the newest is the column's own."""
    item: Item = column.items[0]
    row = f'<li><a href="{item.path}?n=%d">{item.title}</a><span>{item.day}</span></li>\n'.encode(charset)
    rows = b"".join(row.replace(b"%d", b"%d" % n) for n in range(100_000))
    return whole.replace(b"</body>", b"<ul class=list>" + rows + b"</ul></body>"), 200, {}


def _repair(whole: bytes, column: Column) -> Broken:  # noqa: ARG001
    return REPAIR.encode(), 200, {}


def log_in(site: Site, tag: str) -> str:
    """A page that shows its column to those only who have logged in."""
    return (
        f"<html><head>{tag and f'<meta charset={tag}>'}<title>用户登录-{site.name}</title></head><body>"
        "<h2>用户登录</h2><form action='/wssb/login' method=post><p>用户名：<input name=u></p>"
        "<p>密码：<input type=password name=p></p>"
        "<ul class=list></ul><button>登录</button></form></body></html>"
    )
