"""Weibo: answers of the mobile site and of the desktop site, the old HTML, and crawlers' tables."""

import csv
import html
import io
import json
import re
from datetime import datetime, time
from email.utils import parsedate_to_datetime
from typing import Any

from scrapers.dialects.dates import full_dates, latest_year, plain, relative, short_dates
from scrapers.dialects.page import SHANGHAI, Page
from scrapers.reading import AccountFacts, AccountPost, PageChanged

_RAW_TIME = re.compile(r"^\w{3} (\w{3}) (\d{1,2}) (\d\d):(\d\d):(\d\d) ([+-]\d{4}) (\d{4})$")
_MONTHS = {
    m: n for n, m in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1)
}
_EMPTY = re.compile(r"还没有(内容|发过|微博)|暂无|没有发")
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")


def read(page: Page) -> AccountFacts:
    """One answer in. Login walls, rate limits and errors are told in `refused`; nothing else means an empty list."""
    text = page.text.lstrip("\ufeff \r\n\t")
    if page.status in (401, 403, 418, 429, 432):
        return AccountFacts(refused=f"HTTP {page.status}：平台拒绝访问")
    if text[:1] == "{":
        return _answer(page, _parsed(page, text))
    if "<html" in text[:2_000].lower() or "<div" in text[:2_000].lower():
        return _html(page)
    if text.startswith("微博id") or ("发布时间" in text[:300] and "," in text[:300]):
        return _table(page, text)
    if "用户昵称" in text[:200] or "用户id" in text[:400]:
        return _letter(page, text)
    raise PageChanged(f"{page.url}: 不是可读的微博应答")


def _parsed(page: Page, text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PageChanged(f"{page.url}: 微博应答不是完整的 JSON") from error
    if not isinstance(data, dict):
        raise PageChanged(f"{page.url}: 微博应答不是对象")
    return data


def when(text: object, fetched_at: datetime) -> datetime | None:
    """`Tue Nov 25 10:00:00 +0800 2025`, 2020-01-13 16:22, 06月17日 18:12, 06-14, 昨天 10:20; None: not readable.

    What bears no year lies at or before the visit.
    """
    words = str(text or "").strip()
    raw = _RAW_TIME.match(words)
    if raw and raw[1] in _MONTHS:
        try:
            return datetime.strptime(
                f"{raw[7]}-{_MONTHS[raw[1]]}-{raw[2]} {raw[3]}:{raw[4]}:{raw[5]} {raw[6]}", "%Y-%m-%d %H:%M:%S %z"
            ).astimezone(SHANGHAI)
        except ValueError:
            return None
    told = relative(words, fetched_at)
    if told:
        return told
    words = plain(words)
    for shown in full_dates(words)[:1]:
        day = shown.day_of()
        return datetime.combine(day, shown.clock or time(0), SHANGHAI) if day else None
    for shown in short_dates(words)[:1]:
        now = fetched_at.astimezone(SHANGHAI)
        day = latest_year(shown.month, shown.day, now.date())
        clock = _CLOCK.search(words, shown.end)
        if day is None:
            return None
        return datetime.combine(
            day, time(int(clock[1]), int(clock[2]), int(clock[3] or 0)) if clock else time(0), SHANGHAI
        )
    try:
        return parsedate_to_datetime(words).astimezone(SHANGHAI)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _answer(page: Page, data: dict[str, Any]) -> AccountFacts:
    refused = _refusal(data)
    if refused:
        return AccountFacts(refused=refused)
    inner = data.get("data")
    if not isinstance(inner, dict):
        raise PageChanged(f"{page.url}: 微博应答没有 data")
    entries, user, total = _entries(inner)
    if not entries and not user and "cards" not in inner and "list" not in inner and "statuses" not in inner:
        raise PageChanged(f"{page.url}: 微博应答既无账号也无博文")
    posts = tuple(post for entry in entries if (post := _post(entry, page)) is not None)
    return AccountFacts(
        id=_string(user.get("idstr") or user.get("id")),
        name=_string(user.get("screen_name")),
        verified_as=_string(user.get("verified_reason")),
        followers=_count(user.get("followers_count")),
        posts=posts,
        newest=_newest(posts, page),
        total=_count(total if total is not None else user.get("statuses_count")),
    )


def _refusal(data: dict[str, Any]) -> str | None:
    ok = data.get("ok")
    said = str(data.get("msg") or data.get("message") or data.get("error") or data.get("errmsg") or "")
    if ok == -100 or "passport" in str(data.get("url") or ""):
        return "平台要求登录"
    if "errno" in data and str(data["errno"]) not in ("0", ""):
        return f"平台拒绝：{said or data['errno']}"
    if "error_code" in data:
        return f"平台拒绝：{said or data['error_code']}"
    if ok in (0, -1, None) and not data.get("data"):
        return f"平台应答出错：{said or '无数据'}"
    if ok == 0 and said and not _EMPTY.search(said):
        return f"平台应答出错：{said}"
    return None


def _entries(inner: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any], object]:
    """Posts, user and total of any of the known shapes: cards with mblog or card_group, list, statuses."""
    found: list[dict[str, Any]] = []
    for card in _dicts(inner.get("cards")):
        blog = card.get("mblog")
        if isinstance(blog, dict):
            found.append(blog)
        for inside in _dicts(card.get("card_group")):
            blog = inside.get("mblog")
            if isinstance(blog, dict):
                found.append(blog)
    found.extend(_dicts(inner.get("list")) or _dicts(inner.get("statuses")))
    about = inner.get("userInfo") or inner.get("user")
    user: dict[str, Any] = about if isinstance(about, dict) else {}
    if not user:
        user = next((e["user"] for e in found if isinstance(e.get("user"), dict)), {})
    card_list = inner.get("cardlistInfo")
    total = card_list.get("total") if isinstance(card_list, dict) else inner.get("total")
    return found, user, total


def _dicts(value: object) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _post(entry: dict[str, Any], page: Page) -> AccountPost | None:
    number = _string(entry.get("idstr") or entry.get("id") or entry.get("mid"))
    if not number:
        return None
    bid = _string(entry.get("bid") or entry.get("mblogid"))
    user = entry.get("user") if isinstance(entry.get("user"), dict) else {}
    uid = _string((user or {}).get("idstr") or (user or {}).get("id"))
    title = entry.get("title")
    top = str(title.get("text", "")) if isinstance(title, dict) else ""
    pinned = bool(entry.get("isTop")) or "置顶" in top or entry.get("mblogtype") == 2
    url = f"https://weibo.com/{uid}/{bid}" if uid and bid else f"https://m.weibo.cn/status/{bid or number}"
    return AccountPost(
        number,
        when(entry.get("created_at"), page.fetched_at),
        _bare(str(entry.get("text_raw") or entry.get("text") or "")),
        url,
        pinned,
        isinstance(entry.get("retweeted_status"), dict),
    )


def _bare(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]{0,2000}>", "", text[:20_000])).split())


def _html(page: Page) -> AccountFacts:
    """The old weibo.cn page: one div.c with an id a post, its time in span.ct."""
    tree = page.tree
    posts: list[AccountPost] = []
    for node in tree.css("div.c[id^=M_]"):
        stamp = node.css_first("span.ct")
        words = stamp.text().replace("\xa0", " ").split("来自")[0] if stamp else ""
        bid = (node.attributes.get("id") or "")[2:]
        said = node.css_first("span.ctt")
        repost = node.css_first("span.cmt") is not None and "转发" in (node.css_first("span.cmt").text())
        mark = node.css_first("span.kt")
        pinned = mark is not None and "置顶" in mark.text()
        posts.append(
            AccountPost(
                bid,
                when(words, page.fetched_at),
                " ".join((said.text() if said else "").split()),
                f"https://weibo.cn/comment/{bid}",
                pinned,
                repost,
            )
        )
    title = tree.css_first("title")
    name = (title.text().strip() if title else "").removesuffix("的微博")
    text = page.visible
    if not posts:
        if re.search(r"登录|passport|visitor|验证码|频繁", page.text[:20_000], re.I):
            return AccountFacts(refused="平台要求登录或验证")
        if "微博[" not in text:
            raise PageChanged(f"{page.url}: 微博页面上没有博文，也没有账号")
    uid = re.search(r"[?&/](?:uid=)?(\d{8,12})(?:/(?:avatar|follow|fans|info)|&)", page.text)
    followers = re.search(r"粉丝\[(\d+)\]", text)
    total = re.search(r"微博\[(\d+)\]", text)
    verified = re.search(r"认证：\s*([^\n]{1,60})", text)
    done = tuple(posts)
    return AccountFacts(
        id=uid[1] if uid else None,
        name=name or None,
        verified_as=verified[1].strip() if verified else None,
        followers=int(followers[1]) if followers else None,
        posts=done,
        newest=_newest(done, page),
        total=int(total[1]) if total else None,
    )


def _table(page: Page, text: str) -> AccountFacts:
    """A crawler's table: 微博id, 微博正文, 是否为原创微博, 发布时间 …, one post a row."""
    posts: list[AccountPost] = []
    try:
        for row in csv.DictReader(io.StringIO(text)):
            number = (row.get("微博id") or row.get("id") or "").strip()
            if not number:
                continue
            posts.append(
                AccountPost(
                    number,
                    when(row.get("发布时间"), page.fetched_at),
                    " ".join((row.get("微博正文") or "").split()),
                    f"https://weibo.cn/comment/{number}",
                    False,
                    (row.get("是否为原创微博") or "True").strip() == "False",
                )
            )
    except csv.Error as error:
        raise PageChanged(f"{page.url}: 微博表格读不完：{error}") from error
    done = _pinned_first(posts)
    return AccountFacts(posts=done, newest=_newest(done, page))


def _letter(page: Page, text: str) -> AccountFacts:
    """A crawler's text: an account's head, then numbered posts, each with 发布时间."""
    name = re.search(r"用户昵称[:：]\s*([^\n]+)", text)
    uid = re.search(r"用户id[:：]\s*(\d+)", text)
    followers = re.search(r"粉丝数[:：]\s*(\d+)", text)
    total = re.search(r"微博数[:：]\s*(\d+)", text)
    posts: list[AccountPost] = []
    for part in re.split(r"\n(?=\d{1,6}:)", text)[1:]:
        stamp = re.search(r"\n发布时间[:：]\s*([^\n]+)", part)
        number, _, rest = part.partition(":")
        posts.append(
            AccountPost(
                number,
                when(stamp[1], page.fetched_at) if stamp else None,
                " ".join(rest.split("\n微博位置")[0].split()),
                "",
                False,
                rest.startswith("转发理由"),
            )
        )
    done = _pinned_first(posts)
    return AccountFacts(
        id=uid[1] if uid else None,
        name=name[1].strip() if name else None,
        followers=int(followers[1]) if followers else None,
        posts=done,
        newest=_newest(done, page),
        total=int(total[1]) if total else None,
    )


def _pinned_first(posts: list[AccountPost]) -> tuple[AccountPost, ...]:
    """A first row that is older than the second, in a table that runs from new to old, was pinned."""
    if (
        len(posts) >= 3
        and posts[0].published_at
        and posts[1].published_at
        and posts[0].published_at < posts[1].published_at
    ):
        first = posts[0]
        posts = [AccountPost(first.id, first.published_at, first.text, first.url, True, first.repost), *posts[1:]]
    return tuple(posts)


def _newest(posts: tuple[AccountPost, ...], page: Page) -> datetime | None:
    return max((p.published_at for p in posts if p.published_at and p.published_at <= page.fetched_at), default=None)


def _string(value: object) -> str | None:
    return str(value).strip() or None if isinstance(value, str | int) and not isinstance(value, bool) else None


def _count(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        m = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(万|亿)?", value.strip())
        return int(float(m[1]) * {"万": 10_000, "亿": 100_000_000, None: 1}[m[2]]) if m else None
    return None
