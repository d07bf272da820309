"""WeChat official accounts: feeds, article and history pages, the lists of the public platform."""

import html
import json
import re
from calendar import timegm
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import feedparser

from scrapers.dialects import kinds
from scrapers.dialects.dates import full_dates, moment, plain
from scrapers.dialects.page import SHANGHAI, Page
from scrapers.reading import AccountFacts, AccountPost, PageChanged

_CT = re.compile(
    r"""(?:\bct|ori_create_time|oriCreateTime|\bcreate_time|createTimestamp)\s*[:=]\s*(?:xml\s*\?[^:]{0,120}:\s*)?["'](1\d{9})["']"""
)
_NAME = (
    re.compile(r"""\bnickname\s*=\s*(?:htmlDecode\()?["']([^"'\n]{1,60})["']"""),
    re.compile(r"""\bnick_name\s*=\s*\(xml\s*\?[^:]{0,80}:\s*["']([^"'\n]{1,60})["']"""),
    re.compile(r"""data-nickname=["']([^"'\n]{1,60})["']"""),
)
_TITLE = (
    re.compile(r"""property=["']og:title["']\s+content=["']([^"'\n]{1,300})["']"""),
    re.compile(r"""\bmsg_title\s*=\s*["']([^"'\n]{1,300})["']"""),
)
_BIZ = re.compile(r"""(?:\bbiz\s*=\s*(?:["']{2}\s*\|\|\s*)?["']|__biz=)([A-Za-z0-9+/]{8,20}={0,2})""")
_ORIGINAL_ID = re.compile(r"""\buser_name\s*=\s*["'](gh_[0-9a-f]+)["']""")
_HISTORY = re.compile(r"msgList\s*=\s*(['\"]?)(\{.*?\})\1\s*;\s*$", re.S | re.M)
_ALIAS = re.compile(r"微信号\s*[:：]?\s*\n?\s*([A-Za-z][-\w]{3,30})")
_MINE = re.compile(r"\s*[|｜_-]\s*(wechat-feeds|wewe-?rss|RSS|微信公众号|公众号)\s*$", re.I)


def read(page: Page) -> AccountFacts:
    """One answer in. Freq control, a login or a verification is told in `refused`, a deleted article too."""
    if page.status in (401, 403, 418, 429):
        return AccountFacts(refused=f"HTTP {page.status}：平台拒绝访问")
    text = page.text.lstrip("\ufeff \r\n\t")
    if text[:1] in "{[":
        return _json(page, text)
    head = text[:1_500].lower()
    if (head.startswith("<?xml") or "<rss" in head or "<feed" in head or "<rdf" in head) and "<html" not in head:
        return _feed(page)
    return _page(page)


def _page(page: Page) -> AccountFacts:
    source = page.text
    history = _HISTORY.search(source)
    if history:
        return _history_page(page, history[2])
    if re.search(r"请输入验证码|环境异常|完成验证后即可继续访问|当前页面需要登录|请在微信客户端打开", page.visible):
        return AccountFacts(refused="平台要求验证或登录")
    if "认证主体" in page.visible or "wxverify" in source[:60_000]:
        return _about(page)
    post = _article(page)
    if post is not None:
        name = _first(_NAME, source) or _text_of(page, "#js_name") or _text_of(page, "strong.profile_nickname")
        biz = _BIZ.search(source)
        return AccountFacts(
            id=biz[1] if biz else None,
            name=html.unescape(name).strip() if name else None,
            posts=(post,),
            newest=post.published_at,
        )
    if len(page.visible) < 1_500:
        gone = kinds.gone_words(page)
        if gone:
            return AccountFacts(refused=gone)
    raise PageChanged(f"{page.url}: 微信页面上没有文章，也没有账号")


def _article(page: Page) -> AccountPost | None:
    source = page.text
    title = _first(_TITLE, source) or _text_of(page, "#activity-name")
    stamp = _CT.search(source)
    if not title or not (stamp or 'id="js_content"' in source or "appmsg" in source):
        return None
    published = _unix(int(stamp[1])) if stamp else None
    if published is None:
        shown = full_dates(plain(_text_of(page, "#publish_time") or ""))
        published = moment(shown[0], page.today) if shown else None
    return AccountPost(page.url, published, html.unescape(title).strip(), page.url)


def _about(page: Page) -> AccountFacts:
    alias = _ALIAS.search(page.visible)
    subject = re.search(r"认证主体\s*[:：]?\s*([^\n]{2,60})", page.visible)
    biz = _BIZ.search(page.text)
    name = re.search(r"(?:名称|账号名称|公众号名称)\s*[:：]?\s*\n?\s*([^\n]{2,40})", page.visible)
    return AccountFacts(
        id=alias[1] if alias else biz[1] if biz else None,
        name=name[1].strip() if name else None,
        verified_as=subject[1].strip() if subject else None,
    )


def _history_page(page: Page, data: str) -> AccountFacts:
    try:
        found = json.loads(html.unescape(data) if "&quot;" in data[:400] else data)
    except (ValueError, RecursionError) as error:
        raise PageChanged(f"{page.url}: 历史消息列表读不完") from error
    posts = tuple(_pushes(_dicts(found.get("list")), page))
    alias = _ALIAS.search(page.visible)
    name = _text_of(page, "strong.profile_nickname") or _first(_NAME, page.text)
    subject = re.search(r"[帐账]号主体\s*[:：]?\s*([^\n]{2,60})", page.visible)
    return AccountFacts(
        id=alias[1] if alias else None,
        name=name.strip() if name else None,
        verified_as=subject[1].strip() if subject else None,
        posts=posts,
        newest=_newest(posts, page),
    )


def _feed(page: Page) -> AccountFacts:
    parsed = feedparser.parse(page.body)
    if not parsed.entries and parsed.bozo and not parsed.feed:
        raise PageChanged(f"{page.url}: 订阅源读不懂")
    posts = tuple(
        AccountPost(
            str(entry.get("id") or entry.get("link") or f"{number}"),
            _struct(entry.get("published_parsed") or entry.get("updated_parsed")),
            str(entry.get("title") or ""),
            str(entry.get("link") or ""),
        )
        for number, entry in enumerate(parsed.entries)
    )
    name = _MINE.sub("", str(parsed.feed.get("title") or "")).strip()
    return AccountFacts(name=name or None, posts=posts, newest=_newest(posts, page))


def _struct(parts: Any) -> datetime | None:
    if not parts:
        return None
    try:
        return datetime.fromtimestamp(timegm(parts), UTC).astimezone(SHANGHAI)
    except (ValueError, OverflowError, OSError):
        return None


def _json(page: Page, text: str) -> AccountFacts:
    entries = _parsed(page, text)
    for data in entries:
        refused = _refusal(data)
        if refused:
            return AccountFacts(refused=refused)
    first = entries[0] if entries else {}
    if "version" in first and "items" in first:
        return _json_feed(page, first)
    rows: list[dict[str, Any]] = []
    name = None
    if len(entries) == 1:
        rows = list(_rows_inside(first))
        name = next(
            (str(first[k]) for k in ("nick_name", "nickname", "account") if isinstance(first.get(k), str)), None
        )
    rows = rows or entries
    posts = (*_pushes(rows, page), *_messages(rows))
    if not posts and not any(k in first for k in ("app_msg_list", "publish_page", "general_msg_list", "item", "list")):
        raise PageChanged(f"{page.url}: 微信应答中没有文章")
    biz = _BIZ.search(text)
    return AccountFacts(id=biz[1] if biz else None, name=name, posts=posts, newest=_newest(posts, page))


def _parsed(page: Page, text: str) -> list[dict[str, Any]]:
    """One JSON value, or one a line."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = []
        for line in text.splitlines():
            if line.strip():
                try:
                    data.append(json.loads(line))
                except (ValueError, RecursionError) as error:
                    raise PageChanged(f"{page.url}: 微信应答不是完整的 JSON") from error
    found = data if isinstance(data, list) else [data]
    return [entry for entry in found if isinstance(entry, dict)]


def _refusal(data: dict[str, Any]) -> str | None:
    """200013 freq control, 200003 invalid session, and errors of the open platform."""
    inner = data.get("base_resp")
    answer = inner if isinstance(inner, dict) else data
    code = answer.get("ret", answer.get("errcode", 0))
    said = str(answer.get("err_msg") or answer.get("errmsg") or "")
    if code not in (0, "0", None):
        meaning = {
            "200013": "访问频率受限（freq control）",
            "200003": "登录已失效",
            "200002": "参数被拒绝",
            "-3": "登录已失效",
            "-6": "访问频率受限",
        }
        return f"平台拒绝：{meaning.get(str(code), said or code)}"
    return None


def _rows_inside(data: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """The entries of app_msg_list, publish_page (JSON in JSON), general_msg_list, list or item."""
    for key in ("app_msg_list", "list", "item", "articles"):
        yield from _dicts(data.get(key))
    for key in ("publish_page", "general_msg_list"):
        inner = _opened(data.get(key))
        yield from _dicts(inner.get("list"))
        for entry in _dicts(inner.get("publish_list")):
            info = _opened(entry.get("publish_info"))
            yield from _dicts(info.get("appmsgex"))


def _opened(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _pushes(rows: list[dict[str, Any]], page: Page) -> Iterable[AccountPost]:
    """Entries of a history: one push with its first article and the others of the same push."""
    for row in rows:
        about = row.get("comm_msg_info")
        if not isinstance(about, dict):
            continue
        published = _unix(about.get("datetime"))
        main = row.get("app_msg_ext_info")
        articles = [main, *_dicts(main.get("multi_app_msg_item_list"))] if isinstance(main, dict) else []
        for number, article in enumerate(a for a in articles if a.get("title")):
            url = html.unescape(str(article.get("content_url") or "")).replace("\\/", "/")
            yield AccountPost(
                f"{about.get('id')}_{number + 1}",
                published,
                html.unescape(str(article["title"])),
                page.absolute(url) if url else "",
            )
        if not articles:
            yield AccountPost(str(about.get("id")), published, html.unescape(str(about.get("content") or "")), "")


def _messages(rows: list[dict[str, Any]]) -> Iterable[AccountPost]:
    """Entries of the public platform's lists, and of freepublish/batchget."""
    for row in rows:
        content = row.get("content")
        if isinstance(content, dict):
            for number, article in enumerate(_dicts(content.get("news_item"))):
                yield AccountPost(
                    f"{row.get('article_id')}_{number + 1}",
                    _unix(content.get("create_time") or row.get("update_time")),
                    str(article.get("title") or ""),
                    str(article.get("url") or ""),
                )
        elif "title" in row and ("create_time" in row or "update_time" in row):
            yield AccountPost(
                str(row.get("aid") or row.get("appmsgid") or row.get("link")),
                _unix(row.get("create_time") or row.get("update_time")),
                html.unescape(str(row["title"])),
                str(row.get("link") or ""),
            )


def _json_feed(page: Page, data: dict[str, Any]) -> AccountFacts:
    posts = []
    for number, item in enumerate(_dicts(data.get("items"))):
        stamp = str(item.get("date_published") or item.get("date_modified") or "")
        try:
            published = datetime.fromisoformat(stamp) if stamp else None
        except ValueError:
            published = None
        if published is not None and published.tzinfo is None:
            published = published.replace(tzinfo=SHANGHAI)
        posts.append(
            AccountPost(
                str(item.get("id") or number),
                published,
                str(item.get("title") or item.get("content_text") or ""),
                str(item.get("url") or ""),
            )
        )
    done = tuple(posts)
    name = _MINE.sub("", str(data.get("title") or "")).strip()
    return AccountFacts(name=name or None, posts=done, newest=_newest(done, page))


def _dicts(value: object) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _unix(value: object) -> datetime | None:
    try:
        seconds = int(value)  # type: ignore[call-overload]
        return (
            datetime.fromtimestamp(seconds, UTC).astimezone(SHANGHAI)
            if 1_200_000_000 < seconds < 4_000_000_000
            else None
        )
    except (TypeError, ValueError):
        return None


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> str | None:
    for pattern in patterns:
        m = pattern.search(text)
        if m and m[1].strip():
            return m[1]
    return None


def _text_of(page: Page, selector: str) -> str | None:
    node = page.tree.css_first(selector)
    return " ".join(node.text().split()) or None if node else None


def _newest(posts: tuple[AccountPost, ...], page: Page) -> datetime | None:
    return max((p.published_at for p in posts if p.published_at and p.published_at <= page.fetched_at), default=None)
