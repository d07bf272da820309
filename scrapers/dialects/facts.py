"""All facts of one page put together: its kind first, then what a page of that kind says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from scrapers.dialects import articles, besides, feeds, guides, hanweb, kinds, leading, letters, lists, marks
from scrapers.dialects.dates import FULL, SHORT
from scrapers.dialects.lists import Block
from scrapers.dialects.page import Page, once
from scrapers.reading import Facts, Item, Kind, Message

_REPLIES = re.compile(r"[复结信言]\s?(?:时\s?间|日\s?期|内容|单位)|[待已]回复|已办结|办理中")
_REPLY_WORDS = ("回复", "答复", "办结", "办理中", "来信", "留言", "信时间", "信日期", "复 时")
_NO_CONTENT_FRAME = re.compile(
    r"^(about:|javascript:|#|$)|weather|tianqi|widget\.weibo|share|comment|counter|tongji", re.I
)
# Boxes beside a column: a menu of its group that happens to be empty is no frame of its list.
_BESIDE = re.compile(r"(^|[_-])(side|aside|nav|crumb|foot|head|friend|hot)|(left|nav|menu)\d*$")
_HEAD_NAME = re.compile(r"head|top|nav|menu|foot|side|search|sousuo|logo|banner")
_SITE_SEARCH = re.compile(r"搜\s*索|检\s*索|站内|全站|关键[字词]|search|sousuo|keyword", re.I)
_FIELDS = "select, textarea, input[type=text], input[type=date], input[type=search], input:not([type])"
LEAST_MENU = 5  # links: with a menu around it a column may be under construction, the site is not
MOST_BESIDE = 12  # links in a box that is not yet the whole page
LEAST_LEADING = 8  # characters of a link that leads on to where a column's content is
LEAST_BODY = 60  # characters of running text below which a single page is not known to hold anything
LEAST_TOLD = 100  # the same for text in short lines, headings and labels among them
# Lines of the frame around a page: its foot, its way-bread, the day, counters and buttons.
_FRAME_LINE = re.compile(
    r"ICP|公网安备|标识码|版权|主办|承办|技术支持|维护|地址[:：]|邮编|电话[:：]|Copyright|©|位\s?置[:：]|今天是|浏览|访问|点击|字号|打印|分享|"
    r"搜索|首页|网站地图|联系我们|关闭|首頁|[>＞»]\s*\S",
    re.I,
)
_CHINESE = re.compile(r"[一-鿿]")
_NO_LIST = "没有找到列表，也没有空栏目的说明"
KINDS = ("page", "home", "list", "article", "letters")


@dataclass(eq=False)
class Reading:
    """What has been worked out of one page so far; everything is worked out once, and only when asked for."""

    page: Page

    @once
    def blocks(self) -> list[Block]:
        return lists.blocks(self.page)

    @once
    def column(self) -> Block | None:
        return lists.column_list(self.page, self.blocks)

    @once
    def data(self) -> Page | None:
        """The rows that the page carries in its scripts, laid out; None: there are none."""
        return hanweb.rows_in_script(self.page)

    @once
    def wall(self) -> str:
        return kinds.wall(self.page)

    @once
    def redirect(self) -> str | None:
        return marks.redirect_of(self.page)

    @once
    def messages(self) -> tuple[Message, ...]:
        return letters.messages(self.page, self.blocks)

    @once
    def dates(self) -> list[articles.Dated]:
        return articles.dates_of(self.page)

    @once
    def body(self) -> int:
        return self.page.body_length

    @once
    def title(self) -> str | None:
        return self.page.title


def read(page: Page, kind: str = "page", hint: str = "") -> Facts:
    """A page in, its facts out. `kind`: what it was fetched as, `page`: find out. `hint`: a selector of the list."""
    data = hanweb.rows_as_page(page) or feeds.rows_as_page(page)
    if data is not None:
        return _data_list(page, data)
    reading = Reading(page)
    found = _kind(reading, kind)
    if found in ("challenge", "soft404"):
        return _nothing(reading, found)
    if found == "home":
        return _home(reading)
    if found == "article":
        return _article(reading, found)
    if found in ("list", "blank"):
        return _list(reading, hint)
    if found == "letters":
        return _letters(reading)
    if kind in ("list", "letters"):
        return _list(reading, hint) if kind == "list" else _letters(reading)
    return _other(reading, found)


def _kind(reading: Reading, asked: str) -> Kind:
    page = reading.page
    if reading.wall:
        return "challenge"
    if kinds.says_gone(page) and not _has_rows(reading):
        return "soft404"
    if reading.redirect:
        return "other"
    if asked in ("home", "article", "letters"):
        return asked  # type: ignore[return-value]
    tags = page.tags
    if guides.is_guide(page):
        return "guide"
    if kinds.is_interview(page) and not _lists_talks(reading):
        return "interview"
    boxed = letters.names_a_box(page)
    tagged = bool(tags.get("articletitle"))
    if tagged and not boxed and (reading.body >= 80 or reading.dates) and not _mostly_list(reading):
        return "article"
    if (boxed or _tells_of_replies(page)) and not kinds.at_root(page) and _holds_letters(reading, boxed):
        return "letters"
    if tagged and not _mostly_list(reading):
        return "article"
    if asked == "page" and _looks_home(reading):
        return "home"
    if kinds.is_survey(page):
        return "survey"
    if _looks_article(reading):
        return "article"
    if boxed and _is_form(page):
        return "other"
    block = reading.column
    if asked == "list" or (block is not None and not _beside_empty(reading) and _is_list(reading, block)):
        return "list"
    if reading.data is not None:
        return "list"
    if _emptiness(reading) == "":
        return "blank"
    return "list" if tags.get("columnname") and not tagged else "other"


def _lists_talks(reading: Reading) -> bool:
    """A list of interviews, each with its guest, is none itself."""
    block = reading.column
    if block is None or block.dated < 2:
        return False
    return sum("嘉宾" in row.text or "主持" in row.text for row in block.rows) * 2 > len(block.rows) >= 2


def _tells_of_replies(page: Page) -> bool:
    text = page.visible
    return any(word in text for word in _REPLY_WORDS) and bool(_REPLIES.search(text))


def _has_rows(reading: Reading) -> bool:
    """Rows of a list of its own: what stands under 热点 or 推荐 stands on a page that is gone as well."""
    block = reading.column
    return block is not None and not block.beside and sum(b.dated for b in reading.blocks) >= 3


def _holds_letters(reading: Reading, boxed: bool) -> bool:
    messages = reading.messages
    return bool(messages) and (boxed or any(m.answered_on for m in messages)) and len(reading.blocks) < 12


def _beside_empty(reading: Reading) -> bool:
    """A page that says that its list is empty, and whose only list is a hot list or stands in a sidebar."""
    block = reading.column
    return block is not None and block.aside and kinds.says_empty(reading.page)


def _is_list(reading: Reading, block: Block) -> bool:
    if block.dated >= 1 and (len(block.rows) >= 2 or (not block.aside and marks.column_of(reading.page, False))):
        return True
    told = sum(len(r.title) >= 8 or lists.is_article(r.link.href) for r in block.rows)
    return len(block.rows) >= 4 and told * 2 > len(block.rows)


def _mostly_list(reading: Reading) -> bool:
    if reading.body >= 300 or len(reading.page.outline.links) < 8:
        return False
    block = reading.column
    return block is not None and block.dated >= 8


def _looks_home(reading: Reading) -> bool:
    page = reading.page
    links = len(page.outline.links)
    if kinds.at_root(page):
        return links >= 8
    if links < 60 or page.tags.get("columnname") or marks.crumbs(page):
        return False
    return sum(len(b.rows) >= 3 for b in reading.blocks) >= 4


def _looks_article(reading: Reading) -> bool:
    page = reading.page
    body = reading.body
    dates = [d for d in reading.dates if d.rank <= 2 or d.rank == 7]
    if dates and (body > 600 or (body >= 80 and len(page.outline.links) < 10)):
        block = reading.column if len(dates) > 1 else None
        few = block is None or (block.dated < 2 and (block.aside or len(block.rows) < 4))
        return few or page.body_outside(*lists.boxes(block)) >= 80
    block = reading.column
    if block is not None and block.beside:
        block = None
    rows = block.dated if block else 0
    if block is not None and rows >= 2 and page.body_outside(*lists.boxes(block)) < 80:
        return False  # its running text is what its rows say of themselves
    told_by_rows = block is not None and len(block.rows) >= 4 and not block.aside
    if told_by_rows and not 0 < len(dates) < len(block.rows) and page.body_outside(*lists.boxes(block)) < 80:
        return False  # so are its days
    if dates and (body >= 80 or rows < 3):
        return rows < 10
    few = block is None or len(block.rows) < 6
    if rows >= 5 or not few or len(page.outline.links) >= 80 or _is_form(page):
        return False
    if body < 100:
        return rows < 2 and _is_dated_under_heading(reading)
    if body >= 800:
        return True
    if kinds.says_empty(page):
        return False
    title = articles.title_of(page) or ""
    told = len(title) >= 10 and not articles.names_a_site(page, title) and articles.is_shown(page, title)
    if told or articles.published_at(page, title, reading.dates) is not None:
        return True
    return body >= 250 and bool(marks.crumbs(page))


def _is_dated_under_heading(reading: Reading) -> bool:
    """A film or some pictures under a heading, with their day and source in a line of their own."""
    page = reading.page
    title = articles.title_of(page) or ""
    if not any(title and title in " ".join(page.outline.text(h).split()) for h in page.outline.titles if not h.links):
        return False
    return articles.source_of(page) is not None and articles.published_at(page, title, reading.dates) is not None


def _is_form(page: Page) -> bool:
    if page.inputs < 2 and "<textarea" not in page.text:
        return False
    return len(page.tree.css("textarea, input[type=text], input:not([type])")) >= 3


def _emptiness(reading: Reading) -> str:
    """Why a page without rows is not understood; empty: it is blank, and nothing else explains it."""
    page = reading.page
    if page.cut:
        return page.why_cut
    if page.status != 200:
        return f"HTTP {page.status}"
    if reading.wall:
        return f"被防护拦截：{reading.wall}"
    if reading.redirect:
        return f"页面转向 {reading.redirect}"
    if kinds.asks_login(page):
        return "页面要求登录"
    if kinds.in_repair(page) and not (kinds.says_empty(page) and len(page.outline.links) >= LEAST_MENU):
        return "页面提示维护或建设中"
    if kinds.rows_in_comment(page):
        return "列表行写在注释中，由脚本填充"
    if any(f for f in page.outline.frames if not _NO_CONTENT_FRAME.search(f)):
        return "内容在框架页中"
    if kinds.is_search(page):
        return "查询结果页，不是栏目"
    if hanweb.says_none(page):
        return ""
    if kinds.counts_rows(page):
        return "页面称有信息，但未列出"
    if kinds.rows_without_links(page):
        return "页面有不带链接的行"
    if kinds.says_empty(page):
        if _script_list(page) or kinds.fetches(page) or kinds.calls_for_rows(page):
            return "列表可能由脚本填充"
        if _queries(page):
            return "页面供人查询，未查询时没有内容"
        return besides.shown_besides(page) or ("" if _told(page) < LEAST_TOLD else "页面称没有内容，但另有文字")
    if kinds.filled_by_script(page):
        return "列表由脚本填充"
    if _frame(page) is None:
        return _NO_LIST
    told = kinds.leads_on(page) or _says_something(page) or reading.body >= LEAST_BODY or _told(page) >= LEAST_TOLD
    return "列表为空，但页面另有文字或指引" if told else besides.shown_besides(page)


def _says_something(page: Page) -> bool:
    """A whole sentence, such as that the office has no such powers."""
    return any(len(line) >= 8 and line.endswith("。") and not _FRAME_LINE.search(line) for line in page.unlinked)


def _script_list(page: Page) -> bool:
    """A page that says 暂无 only until a script has filled it: the words stand in a template or beside one."""
    return bool(
        re.search(r"v-(?:if|for|show|else)|ng-(?:repeat|if|show)|\{\{.+?\}\}|dataproxy\.jsp|datastore", page.text)
    )


def _frame(page: Page) -> object | None:
    """A list's frame without rows: an empty ul or tbody in the column's place."""
    for node in page.tree.css("ul, ol, tbody, dl"):
        bare = node.first_child is None or not (node.text() or "").strip()
        if not bare or node.css_first("a, img, script") is not None:
            continue
        if node.parent is not None and (_holds_more(node.parent) or _beside_body(node) or _asks(node)):
            continue
        names = _names(node)
        if re.search(r"list|news|lb|con|main|xx", " ".join(names)) and not any(_BESIDE.search(name) for name in names):
            return node
    return None


def _holds_more(box) -> bool:  # type: ignore[no-untyped-def]
    """Something to look at in the box around an empty frame: a picture, a file, a link that leads on."""
    links = [] if box.tag == "body" else box.css("a[href]")
    if box.tag == "body" or len(links) > MOST_BESIDE:
        return False  # the whole page: its menus and banners stand in it
    if box.css_first("object, embed, video, iframe, canvas") is not None:
        return True
    told = [" ".join(link.text().split()) for link in links]
    if any(len(words) >= LEAST_LEADING and not lists.is_pager(words) for words in told):
        return True
    return any(_is_large(image.attributes) for image in box.css("img"))


def _beside_body(frame) -> bool:  # type: ignore[no-untyped-def]
    """A picture right before or after a frame that stands straight under body."""
    if frame.parent.tag != "body":
        return False
    for box in (_neighbour(frame, "prev"), _neighbour(frame, "next")):
        if box is None or box.css_first("a[href]") is not None or box.text().strip():
            continue
        if any(_is_large(image.attributes) for image in box.css("img")):  # a picture finds itself
            return True
    return False


def _neighbour(node, way: str):  # type: ignore[no-untyped-def]
    """The next element that way."""
    node = getattr(node, way)
    while node is not None and not node.is_element_node:
        node = getattr(node, way)
    return node


def _asks(frame) -> bool:  # type: ignore[no-untyped-def]
    """A form of its own beside the frame: what it shows is the answer to a query, and nobody has asked yet.

    The search of the whole site stands in a head or beside a menu, or has a field alone and calls itself a search.
    """
    inner = frame
    while inner.parent is not None and inner.tag not in ("body", "html"):
        box = inner.parent
        wide = box.tag in ("body", "html") or len(box.css("a[href]")) > MOST_BESIDE
        for form in (f for child in box.iter() for f in child.css("form")):
            if _in_head(form, box) or not (fields := len(form.css(_FIELDS))):
                continue
            if not wide or fields >= 2 or not _searches_site(form):
                return True
        inner = box
    return False


def _queries(page: Page) -> bool:
    """A form with fields of its own outside of head, menu and foot: 暂无 is the answer to a query that nobody made."""
    for form in page.tree.css("form"):
        alone = form.parent is None or len(form.parent.css("a[href]")) < LEAST_MENU or form.parent.tag == "body"
        fields = len(form.css(_FIELDS))
        asks = fields >= 2 or (fields == 1 and not _searches_site(form))
        if alone and asks and not any(_HEAD_NAME.search(name) for name in _names(form)):
            return True
    return False


def _searches_site(form) -> bool:  # type: ignore[no-untyped-def]
    """A form that calls itself a search, as that of the whole site does, and no query."""
    source = form.html or ""
    return "查询" not in source and _SITE_SEARCH.search(source) is not None


def _in_head(node, top) -> bool:  # type: ignore[no-untyped-def]
    """In a head, a menu, a sidebar or a foot, by the names of the boxes around it or by the links beside it."""
    while node is not None and node != top:
        attributes = node.attributes
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower().split()
        if node.tag in ("nav", "aside", "footer", "header") or any(_HEAD_NAME.search(name) for name in names):
            return True
        if (
            node.tag != "form"
            and len(node.css("a[href]")) >= LEAST_MENU
            and not node.css_first("ul:empty, tbody:empty")
        ):
            return True
        node = node.parent
    return False


def _is_large(attributes: Mapping[str, str | None]) -> bool:
    """A picture that is no dot, line or button."""
    source = (attributes.get("src") or "").lower()
    small = any(size.isdecimal() and int(size) < 100 for n in ("width", "height") if (size := attributes.get(n) or ""))
    return (
        bool(source)
        and not small
        and not re.search(r"\.gif|icon|dot|line|logo|banner|/bg|arrow|more|nodata|empty|/no", source)
    )


def _names(node) -> list[str]:  # type: ignore[no-untyped-def]
    """The names of an element and of the two boxes around it."""
    words: list[str] = []
    for _ in range(3):
        if node is None or node.tag in ("body", "html"):
            break
        attributes = node.attributes
        words += f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower().split()
        words.append(node.tag if node.tag in ("nav", "aside", "footer", "header") else "")
        node = node.parent
    return words


def _common(reading: Reading) -> dict:  # type: ignore[type-arg]
    page = reading.page
    return {
        "charset": page.charset,
        "trail": marks.trail(page),
        "redirect": reading.redirect,
        "site": marks.site_of(page),
        "meta": page.metas,
    }


def _nothing(reading: Reading, kind: Kind) -> Facts:
    return Facts(
        kind=kind,
        title=reading.title,
        wall=reading.wall,
        blank=None,
        unread="被防护拦截" if reading.wall else "",
        **_common(reading),
    )


def _other(reading: Reading, kind: Kind) -> Facts:
    page = reading.page
    known = kind in ("guide", "survey", "interview")
    messages = reading.messages if known and kind != "guide" else ()
    why = "" if known else _emptiness(reading) or "页面没有列表，也没有可认定的内容"
    return Facts(
        kind=kind,
        title=reading.title if kind == "other" else articles.title_of(page),
        column=marks.column_of(page, False),
        letters=messages,
        blank=False if known else None,
        unread=why,
        **_common(reading),
    )


def _home(reading: Reading) -> Facts:
    page = reading.page
    items = tuple(_items(page, [row for block in reading.blocks for row in block.rows if row.printed]))
    why = ""
    if not page.outline.links:
        why = "首页没有可读的链接"
    elif page.cut:
        why = page.why_cut.replace("页面", "首页")
    return Facts(
        kind="home",
        title=reading.title,
        items=items,
        newest=newest_of(items, page),
        dated_list=bool(items),
        headlines=leading.home_headlines(page, items),
        unread=why,
        **_common(reading),
    )


def _article(reading: Reading, kind: Kind) -> Facts:
    page = reading.page
    title = articles.title_of(page)
    return Facts(
        kind=kind,
        title=title,
        column=marks.column_of(page, True),
        published_at=articles.published_at(page, title, reading.dates),
        source=articles.source_of(page),
        blank=False if reading.body >= LEAST_BODY or _told(page) >= LEAST_TOLD else None,
        **_common(reading),
    )


def _told(page: Page) -> int:
    """How much a page says outside of its links and its foot: names and offices on a single page are short lines.

    The days of boxes beside say nothing, however many 年月日 they bear.
    """
    lines = [line for line in page.unlinked if not _FRAME_LINE.search(line) and _CHINESE.search(line)]
    return sum(len(line) for line in lines if not FULL.fullmatch(line) and not SHORT.fullmatch(line))


def _list(reading: Reading, hint: str) -> Facts:
    page = reading.page
    block = _hinted(reading, hint) if hint else None if _beside_empty(reading) else reading.column
    scripted = (block is None or _only_beside(block, hint)) and reading.data is not None
    if scripted and reading.data is not None:
        block = Reading(reading.data).column
    rows = block.rows if block is not None else []
    items = tuple(_items(page, rows))
    loose = _loose_day(reading, block) if block is not None else None
    following = lists.next_page(page)
    why = _emptiness(reading) if not items else page.why_cut
    if items and block is not None and _only_beside(block, hint) and not following:
        why = "只认出侧栏或热点列表，未认出栏目自己的列表"
    if items and scripted and not why and "<datastore" not in page.text and kinds.has_own_scripts(page):
        why = "列表行取自页面脚本中的数据，另有脚本，未必完整"
    if why == _NO_LIST and _told(page) >= 2 * LEAST_TOLD:
        return replace(_article(reading, "other"), blank=False)  # a single page: an office, a leader, a map
    blank = not items and not why
    return Facts(
        kind="blank" if blank else "list",
        title=reading.title,
        column=marks.column_of(page, False),
        items=items,
        newest=max((day for day in (newest_of(items, page), loose) if day is not None), default=None),
        headlines=leading.headlines(page, block) if items and block is not None else (),
        loose=loose,
        blank=blank if blank or not why else None,
        next=following,
        dated_list=any(row.printed for row in rows),
        closed=kinds.says_closed(page),
        unread=why,
        **_common(reading),
    )


def _loose_day(reading: Reading, block: Block) -> date | None:
    """The latest day of what may belong to the list and is no row of it."""
    page = reading.page
    days = (
        leading.loose_day(page, block.element),
        leading.headline_day(page, block),
        leading.other_day(page, block, reading.blocks),
    )
    return max((day for day in days if day is not None), default=None)


def _only_beside(block: Block, hint: str) -> bool:
    """A hot list or a sidebar, and nothing else: hardly the column's own list."""
    return block.aside and len(block.rows) < 10 and not hint


def _hinted(reading: Reading, hint: str) -> Block | None:
    """The block inside the first element that the hint's selector finds."""
    page = reading.page
    try:
        node = page.tree.css_first(hint)
    except ValueError:
        return reading.column
    if node is None:
        return reading.column
    for block in reading.blocks:
        element = block.element
        while element is not None:
            if element.node.mem_id == node.mem_id:
                return block
            element = element.parent
    return None


def _letters(reading: Reading) -> Facts:
    page = reading.page
    messages = reading.messages
    why = page.why_cut if messages else _emptiness(reading)
    return Facts(
        kind="letters",
        title=reading.title,
        column=marks.column_of(page, False),
        letters=messages,
        next=lists.next_page(page),
        newest=max((m.asked_on for m in messages if m.asked_on), default=None),
        blank=None if why else not messages,
        unread=why,
        **_common(reading),
    )


def _data_list(page: Page, data: Page) -> Facts:
    reading = Reading(data)
    block = reading.column
    items = tuple(_items(data, block.rows if block else []))
    empty = not items and hanweb.total(page) == 0 and not page.cut
    return Facts(
        kind="blank" if empty else "list",
        charset=page.charset,
        title=reading.title,
        items=items,
        newest=newest_of(items, page),
        blank=empty if items or empty else None,
        dated_list=any(i.date for i in items),
        unread=page.why_cut or ("" if items or empty else "数据中没有可读的行"),
        site=dict.fromkeys(("name", "site_code", "icp", "police", "sponsor")),
    )


def _items(page: Page, rows: list[lists.Row]) -> list[Item]:
    return [
        Item(row.title, page.absolute(row.link.href), row.day, row.pinned, row.shown is not None and row.shown.since)
        for row in rows
    ]


def newest_of(items: tuple[Item, ...], page: Page) -> date | None:
    """The greatest date of a list that is not after the day of the visit in Shanghai; never just the first row's."""
    return max((i.date for i in items if i.date and i.date <= page.today and i.date.year >= 1990), default=None)
