"""A site's columns, from the menus and blocks of its home page."""

import re
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from scrapers.dialects import entries, kinds, lexicon, marks
from scrapers.dialects.dates import url_date
from scrapers.dialects.entries import Place
from scrapers.dialects.lists import blocks, is_article
from scrapers.dialects.page import Element, Link, Page
from scrapers.reading import Found, SiteMap

_MORE = re.compile(r"^[\[【(（<《+\s]*(更多|more|查看更多|更多信息|更多内容|全部|查看全部)?[\]】)）>》\s.…+»]*$", re.I)
_NOT_A_COLUMN = re.compile(
    r"(calendar|login|logout|register|passport|/print|[?&]print|/(?:j?search|so|sousuo|query)(?:/|\.\w+$|\?|$)|/sso|rss\.|sitemap\.xml|javascript:|mailto:|tel:|weixin\.qq\.com|weibo\.c|/admin|\.(?:jpe?g|png|gif|docx?|xlsx?|pdf|zip|rar|swf|exe|apk|mp4)(?:$|\?))",
    re.I,
)
_SESSION = re.compile(r";jsessionid=[^?#/]*", re.I)
_NOISE = frozenset(
    [
        "jsessionid",
        "phpsessid",
        "timestamp",
        "rand",
        "random",
        "_",
        "from",
        "spm",
        "page",
        "pageno",
        "pageindex",
        "pagenum",
        "currentpage",
        "curpage",
        "utm_source",
    ]
)
_MAYBE_NOISE = frozenset(["sid", "sessionid", "session", "token", "t", "ts", "v", "p"])
_LEAST_SESSION = 8  # characters: a shorter one may be a column's number
_CLICKED = re.compile(r"(?:location(?:\.href)?\s*=|location\.(?:assign|replace)\s*\(|\bopen\s*\()\s*(['\"])([^'\"]+)\1")
_LONGEST_CLICKED = 8  # characters: longer words that are clicked may be an article's title
_INDEX = re.compile(r"/(?:index|default)(?:_1|_0)?\.(?:s?html?|php|aspx?|jsp|do)$", re.I)
_PAGED = re.compile(r"/(index|list)_\d{1,4}\.(s?html?)$", re.I)


def canonical(url: str) -> str:
    """One address for one column: host in lower case, no fragment, no session, no index file, no page number."""
    address = without_session(url)
    parts = urlsplit(address)
    path = _INDEX.sub("/", _PAGED.sub(r"/\1.\2", parts.path))
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, "")) if address else ""


def without_session(url: str) -> str:
    """An address as its server knows it: index file and path as written, without session, fragment and page number."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    if port and (parts.scheme, port) not in (("http", 80), ("https", 443)):
        host = f"{host}:{port}"
    path = _SESSION.sub("", parts.path) or "/"
    path = re.sub(r"//+", "/", path)
    asked = [pair for pair in parts.query.split("&") if pair]  # as written: it need not be encoded in UTF-8
    query = [pair for pair in asked if not _is_noise(*pair.partition("=")[::2], len(asked))]
    return urlunsplit((parts.scheme.lower(), host, path, "&".join(query), ""))


def _is_noise(name: str, value: str, parameters: int) -> bool:
    """A session, a page number or the hour: nothing that names a column."""
    name = name.lower()
    if name not in _MAYBE_NOISE:
        return name in _NOISE
    return len(value) >= _LEAST_SESSION or (name in ("p", "t", "ts", "v") and parameters > 1)


def same_place(url: str) -> str:
    """What all addresses of one column have in common: neither the scheme nor www makes another of it."""
    return canonical(url).partition("://")[2].rstrip("/").removeprefix("www.")


def site_map(page: Page) -> SiteMap:
    """The columns that a home page leads to.

    A menu is a run of short links; a block is a heading with 更多 or a linked heading above a list. What is an article,
    a calendar, a print view, a search, a login or another site's home page is no column.
    """
    wall = kinds.wall(page)
    if wall:
        return SiteMap((), (), f"首页被防护拦截（{wall}），栏目未能读取")
    target = marks.redirect_of(page)
    if target:
        return SiteMap((), (), f"首页为跳转页，转向 {target}")
    article_links = {row.link.number for block in blocks(page) if block.dated for row in block.rows}
    places = entries.places(page)
    columns: dict[str, Found] = {}
    outside: dict[str, Found] = {}
    leads = [_column(page, link, places) for link in page.outline.links if link.number not in article_links]
    for found in (*leads, *_areas(page), *_clicked(page)):
        if found is None:
            continue
        into = columns if _here(page, found.url) else outside
        key = same_place(found.url)
        into[key] = _together(into[key], found) if key in into else found
    because = ""
    if not columns:
        if page.outline.frames:
            because = "首页由框架组成，菜单不在本页"
        elif kinds.filled_by_script(page) or page.tree.css_first("script") is not None:
            because = "首页菜单由脚本生成，未能读取"
        else:
            because = "首页没有可读的栏目链接"
    elif page.cut:
        because = "首页过大或嵌套过深，未能完整读取"
    return SiteMap(tuple(columns.values()), tuple(outside.values()), because)


def _together(kept: Found, found: Found) -> Found:
    """One column of two links to one address: the menu's word for its place, and the name that says its class.

    An entry that leads to its own first column is that column, below the entry's name.
    """
    if found.parent and found.parent == kept.name and kept.level == 1:
        return found
    if kept.parent and kept.parent == found.name and found.level == 1:
        return kept
    named = found if kept.kind == "other" and found.kind != "other" else kept
    placed = found if kept.level is None and found.level is not None else kept
    return replace(named, parent=placed.parent if placed.parent != named.name else "", level=placed.level)


def _areas(page: Page) -> list[Found | None]:
    """The columns behind a picture's areas: of the first level where 首页 is one of them."""
    areas = []
    for node in page.tree.css("map area[href]"):
        attributes = node.attributes
        name = (attributes.get("alt") or attributes.get("title") or "").strip()
        areas.append((name, page.absolute(attributes.get("href") or "")))
    whole = sum(name in ("首页", "网站首页") for name, _ in areas) == 1 and 4 <= len(areas) <= entries.MOST_HEADS
    return [_found(page, "".join(name.split()), url, "", 1 if whole else None) for name, url in areas]


def _clicked(page: Page) -> list[Found | None]:
    """The columns behind words that no link leads on from, but a click that sets `location` or opens a window."""
    found = []
    for node in page.tree.css("[onclick], a[href^='javascript:']"):
        attributes = node.attributes
        leads = _CLICKED.search(attributes.get("onclick") or "") or _CLICKED.search(attributes.get("href") or "")
        if leads is not None:
            name = "".join(node.text().split()) or (attributes.get("title") or "").strip()
            if len(name) <= _LONGEST_CLICKED:
                found.append(_found(page, name, page.absolute(leads[2]), "", None))
    return found


def _here(page: Page, url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host.removeprefix("www.") == page.host.removeprefix("www.")


def _column(page: Page, link: Link, places: dict[int, Place]) -> Found | None:
    """The column behind a link, with its parent and level as far as the menu shows them."""
    url = page.absolute(link.href)
    if not url or _NOT_A_COLUMN.search(url) or not (name := _name(page, link)):
        return None
    place = places.get(link.number)
    if place is not None and place.level == 1:
        return _found(page, name, url, "", 1)
    parent = _parent(page, link)
    if place is not None and not parent:
        parent = _name(page, place.above) if place.above is not None else place.above_name
        parent = "" if lexicon.is_no_column(parent) else parent
    return _found(page, name, url, parent, 2 if parent or place is not None else None)


def _found(page: Page, name: str, url: str, parent: str, level: int | None) -> Found | None:
    """A column under its canonical address; None: the page itself, a home page, an article, or no column's name."""
    if not url or _NOT_A_COLUMN.search(url) or not 2 <= len(name) <= 20 or lexicon.is_no_column(name):
        return None
    clean = canonical(url)
    root = bool(clean) and urlsplit(clean).path == "/" and not urlsplit(clean).query
    if not clean or clean == canonical(page.url) or (root and _here(page, clean)):
        return None
    article = is_article(url) or url_date(url, page.today) is not None
    kind = lexicon.class_of(name)
    if article or (len(name) > 12 and kind == "other"):
        return None
    kind_of_parent = lexicon.type_of(parent, "") if parent else ""
    sort = "专题" if kind_of_parent == "专题" else lexicon.type_of(name, clean)
    return Found(name, clean, kind, sort, parent, level)


def _name(page: Page, link: Link) -> str:
    """The words of a link; of a picture its alt; of 更多 the heading that it stands beside."""
    words = link.text.strip(" 　·•>»|[]【】()（）:：-")
    if _MORE.match(link.text):
        if not words and link.element.node.css_first("img"):
            image = link.element.node.css_first("img")
            alt = (image.attributes.get("alt") or image.attributes.get("title") or "") if image else ""
            words = alt.strip() or link.title.strip()
            if words and not _MORE.match(words):
                return words if len(words) <= 20 else ""
        return _heading(page, link)
    if len(words) < 2 or len(words) > 20 or re.fullmatch(r"[\d\W]+", words):
        return ""
    return re.sub(r"\s+", "", words) if len(words) <= 12 else words


def _heading(page: Page, link: Link) -> str:
    """The nearest short words before 更多 inside the same box, at most three boxes up."""
    out = page.outline
    element: Element | None = link.element.parent
    for _ in range(3):
        if element is None or element.tag in ("body", "html"):
            break
        before = [t.strip(" 　\xa0·>»|:：\r\n\t") for t in out.texts[element.texts_from : link.element.texts_from]]
        named = [t for t in before if 2 <= len(t) <= 16 and not _MORE.match(t)]
        if named:
            return named[-1] if len(named) <= 3 else ""
        after = [t.strip(" 　\xa0·>»|:：\r\n\t") for t in out.texts[link.element.texts_to : element.texts_to][:4]]
        named = [t for t in after if 2 <= len(t) <= 16 and not _MORE.match(t)]
        if len(named) == 1 and element.links == 1:
            return named[0]
        element = element.parent
    return ""


def _parent(page: Page, link: Link) -> str:
    """The name of the menu entry above a link: in a list inside a list item, the item's own first link."""
    element: Element | None = link.element.parent
    inner = False
    for _ in range(8):
        if element is None or element.tag in ("body", "html"):
            return ""
        if element.tag in ("ul", "ol", "dl", "dd"):
            inner = True
        elif inner and element.tag in ("li", "dl"):
            first = page.outline.links[element.links_from] if element.links else None
            if (
                first is not None
                and first is not link
                and first.number < link.number
                and first.element.parent is not link.element.parent
            ):
                name = _name(page, first)
                return name if name and not lexicon.is_no_column(name) else ""
        element = element.parent
    return ""
