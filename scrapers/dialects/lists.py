"""The lists on a page: which repeated block is the column's own, and its rows with their dates."""

# ruff: noqa: E501  (patterns and words are data: a line an idea)

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from scrapers.dialects import lexicon, marks, trs
from scrapers.dialects.dates import (
    PACKED,
    YEAR_MONTH,
    Shown,
    each_full_date,
    full_dates,
    is_clock,
    latest_year,
    month_named,
    odd_dates,
    plain,
    short_dates,
    turned,
    url_date,
)
from scrapers.dialects.page import SHANGHAI, Element, Link, Outline, Page

_ALSO_IN_TITLES = frozenset(
    [
        *("会议", "开会", "举办", "活动", "开始", "结束", "施行", "实施", "报名", "投票", "答复", "回复", "办结"),
        *(
            "开标",
            "投标",
            "竞价",
            "拍卖",
            "考试",
            "面试",
            "笔试",
            "开庭",
            "听证",
            "培训",
            "竣工",
            "验收",
            "失效",
            "废止",
        ),
    ]
)
_NOT_PUBLISHED = re.compile(
    r"(今天是|现在是|截止|截至|有效|到期|会议|开会|举办|开始|结束|活动|生效|施行|实施|出生|报名|投票|答复|回复|办结|开标|投标|竞价|拍卖|考试|面试|笔试|开庭|听证|培训|竣工|验收|失效|废止|至|到|~)[^\d]{0,8}$"
)
_STATE = re.compile(r"[已未待](?:答复|回复|办结)\W*$")  # of a message, and no name of the day behind it
_PUBLISHED = re.compile(r"(发布|发文|公开|发表|更新|刊登)[^\d]{0,8}$")
# A stretch of time, as surveys have one: what stands between its days, and its end without a year or with none yet.
_TO = re.compile(r"\s*起?\s*(?:[-—–－~～]{1,3}|至|到)\s*")
_TO_SHORT = re.compile(r"\s*起?\s*(?:[-—–－~～]{1,3}|至|到)\s*\d{1,2}\s?(?:月|[-/.])\s?\d{1,2}(?!\d)")
_TALKS = re.compile(r"征集|征求|调查|问卷|投票|访谈|评议")
_STARTS = re.compile(r"(?:开始|起始|征集|调查)(?:时间|日期|于)\s*[:：]?\s*$")
_BROWSERS = re.compile(r"(?:设为|设置)(?:首页|主页)$|(?:加入|添加)?收藏(?:本站|本页|夹)?$|打印(?:本页)?$")
_ROWS = ("li", "tr", "dl", "dd")
_FOOT = re.compile(r"ICP备|公网安备|标识码|备案号|版权所有|技术支持")
# An article's address, in lower case; two patterns, since one that begins with a plain sign is searched for quickly.
_ARTICLE_PATH = re.compile(
    r"/(?:t\d{8}_\d+\.|content[_/]\d+|content/detail/|content/article/|art/\d{4}/|info/\d+/\d+\.|c\d+a\d+/page\.|"
    r"\d{4}/\d{1,2}/\d{1,2}/|view/\d+|page\.(?:htm|psp)|nid/\d|\d{4}-\d{2}/\d{2}/|\d{6}/\d{6,}\.|\d{8}/[0-9a-f-]{16,}\.|"
    r"[0-9a-f]{32}\.|content/\w*\d{6,})"
)
_ARTICLE_WORD = re.compile(
    r"art_\d+_\d+|[?&](?:article|news|info|doc|content)_?id=|showarticle|show\.asp|detail\.|viewnews|article_\d"
)
_ASIDE = re.compile(
    r"(热点|热门|排行|点击|推荐|相关|最新更新|最近更新|最新发布|最新信息|最新文章|猜你|关注|图片新闻|友情|链接|专题|导航|浏览历史|阅读排行|TOP)",
    re.I,
)
_BESIDE = re.compile(r"热点|热门|热文|排行|点击|推荐|相关|猜你|浏览历史|TOP", re.I)
_SIDE_NAMES = re.compile(
    r"(^|[\s_-])(nav|menu|side|sidebar|aside|hot|relat\w*|foot\w*|friend\w*|crumb\w*|bread\w*|header|top|rank\w*|tuijian|xgxx|xgwz|remen|rdxx)"
)
_MORE = re.compile(
    r"^[\[【(（<《\s]*(更多|more|查看更多|更多信息|查看|详细|详情|阅读全文|全文|点击|进入|下载|附件)[\]】)）>》\s.…+»]*$",
    re.I,
)
_PAGER = re.compile(
    r"^[\[【(（<«\s]*(上一?[页頁]|下一?[页頁]|[首尾末][页頁]|前一页|后一页|最后一页|转到|跳转|GO|\d{1,5}|[<>«»]{1,3}|\.{2,3}|…)[\]】)）>»\s]*$",
    re.I,
)
_NEXT = re.compile(r"下一?[页頁]|后一?页|^[>»›]$|next", re.I)
_PINNED_PICTURE = re.compile(r"<img[^>]{0,200}(?:alt|title)\s*=\s*[\"']?[^\"'>]{0,8}置顶", re.I)
_PINNED = re.compile(r"置\s?顶|固\s?顶|[\[【(（]\s?顶\s?[\]】)）]")
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|zip|rar|wps|et|jpe?g|png|gif|mp4)$", re.I)
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
MOST_PIECES = 80  # a row with more pieces of text than that is no row
MOST_BESIDE = 160  # characters beside a row's link; what stands in more is no date in a rare shape
LEAST = 1.0  # a block that scores less is navigation
_OFFICE = re.compile(
    r"^[一-鿿（）()、·]{2,24}(厅|局|委|委员会|办|办公室|中心|政府|处|科|所|院|会|公司|集团|管理站|街道|乡|镇|大队|支队)$"
)
_BRACKETS = " [(【（［〔])】）］〕"
_DIGIT = re.compile(r"\d")
_CLOCK = re.compile(r"今天|现在|星期|农历")
_TOUCHING = re.compile(r"\d{5}[-/.年]")  # a year and a number before it
_DIGITS = re.compile(r"\d+")
_WORDED = re.compile(r"刚刚|[今昨前][天日](?![是一-鿿])|二\s?[零〇○OoＯ０]|一\s?九")  # a date without a figure
_MAYBE_WORDED = re.compile(r"[刚今昨前二一][刚天日零〇○OoＯ０九](?!是)")  # quicker over a whole page
# What may stand behind a date in its line: 来源：…, 阅读 12, 星期三.
_AFTER_DATE = re.compile(
    r"(来源|稿源|作者|编辑|发布|信息|阅读|浏览|点击|访问|人气|查看|评论|收藏|分享|次|星期|周|字号|分类|栏目|类别|类型|所属|单位|部门|责任|审核|热度|标签|上午|下午|更新|文号|发文|索引|\d+\s?[次人]|至今|前)"
)
_LINE_ENDS = re.compile(r"[\r\n]+|&#1[03];")
_TITLE_NAME = re.compile(r"^\s*(文章标题|标题|题目|Title)\s*[:：]\s*", re.I)
_TITLE_DATES = re.compile(r"时间|日期|发布|更新")
_CHINESE = re.compile(r"[一-鿿]")
_NEAR = re.compile(r"[^\d]{0,6}\d")
_LABEL_START = re.compile(r"[\s,，;；。(（\[【]")
_NO_NAME = re.compile(r"更新时间|发布时间|发布日期|作者|点击")
_DAY = re.compile(r"^\s*(3[01]|[12]\d|0?[1-9])\s?日?\s*$")
_YEAR_ALONE = re.compile(r"^\s*((?:19|20)\d\d)\s?年?\s*$")
_MONTH_ALONE = re.compile(r"^\s*(1[0-2]|0?[1-9])\s?月\s*$")
_MONTH_YEAR = re.compile(r"(1[0-2]|0?[1-9])\s?[-/.]\s?((?:19|20)\d\d)")
_DAY_MONTH = re.compile(r"(3[01]|2\d|1[3-9])\s?/\s?(1[0-2]|0?[1-9])")
_DOTTED = re.compile(r"[(\[]?\s?(1[0-2]|0[1-9])\.(3[01]|[12]\d|0[1-9])\s?[)\]]?")  # 09.19 alone; 1.5 is no day
_SISTER = re.compile(r"\d+|\b(?:on|active|cur|current|selected|show|hide|hidden|none|first|last)\b")
_DAY_HEAD = re.compile(r"日期|时间|[期限截效]至|截止$|期限$")
_OTHER_DAY_HEAD = re.compile(
    r"生效|失效|废止|施行|实施|有效|截止|截至|到期|期限|开标|投标|报名|考试|面试|开庭|会议|活动|出生|结束"
)
_DAY_HEADS = (
    re.compile(r"发布|公布|上网|刊登"),
    re.compile(r"发文|公开|公示|公告"),
    re.compile(r"^(日期|时间)$|更新"),
    re.compile(r"开始|起始|成文|生成"),
)
_BEGINS = re.compile(r"开始|起始")
_DAY_IN_BRACKETS = re.compile(r"[(（\[【]\s*((?:19|20)\d\d\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?)\s*[)）\]】]$")
_DAY_AT_END = re.compile(r"[\s\[(（【]*\d[\d年月日/.:\s-]{3,18}[\])）】\s]*$")
_NEAR_DATE = re.compile(r"^[\s\[\](){}<>【】（）·|:：/年月日时分时间发布更新日期于-]*$")


class _Now(NamedTuple):
    """When a page was fetched, and whether it bears words that tell a day from there, or a year in numerals."""

    at: datetime
    worded: bool
    talks: bool = False  # a column of surveys or interviews by its name

    @property
    def today(self) -> date:
        return self.at.astimezone(SHANGHAI).date()


@dataclass(slots=True)
class Row:
    """One row of a list, with the date that it shows."""

    link: Link
    title: str
    shown: Shown | None = None  # as printed, in the row or in a title attribute
    day: date | None = None  # with its year
    printed: bool = False  # False: only the address bears the date
    pinned: bool = False
    text: str = ""
    month: tuple[int, int] | None = None  # year and month, where it prints nothing nearer


@dataclass(slots=True)
class Block:
    """One repeated block of rows."""

    element: Element
    rows: list[Row]
    score: float = 0.0
    aside: bool = False  # a hot list, a sidebar, related links: hardly the column's own
    beside: bool = False  # its heading says so: 热点, 推荐, 相关
    heading: str = ""
    siblings: list[Element] = field(default_factory=list)

    @property
    def dated(self) -> int:
        return sum(row.printed for row in self.rows)


def is_article(url: str) -> bool:
    """An address of the shapes that publishing systems give to articles."""
    low = url.lower()
    return bool(_ARTICLE_PATH.search(low) or _ARTICLE_WORD.search(low))


def blocks(page: Page) -> list[Block]:
    """Every block of repeated rows that could be a list of articles, in the order of the page; none inside another."""
    out = page.outline
    lengths = [_length(link) for link in out.links]
    named = _TALKS.search(f"{page.title or ''} {page.tags.get('columnname', '')}")
    now = _Now(page.fetched_at, _MAYBE_WORDED.search(page.visible) is not None, named is not None)
    found: list[Block] = []
    children: dict[int, list[Element]] = defaultdict(list)
    for element in out.elements:
        if element.links_to > element.links_from and element.parent is not None:
            children[element.parent.number].append(element)
    for number, kids in children.items():
        element = out.elements[number]
        few = len(kids)
        if element.links_to - element.links_from > 8 * few or (few == 1 and kids[0].tag not in _ROWS):
            continue
        if element.tag != "a" and (rows := _rows(out, element, kids, lengths, now)):
            found.append(Block(element, rows))
    found.sort(key=lambda b: (-_weight(b), b.element.number))
    taken: list[Block] = []
    used: set[int] = set()
    for block in found:
        numbers = {row.link.number for row in block.rows}
        if len(numbers & used) * 2 > len(numbers):
            continue
        used |= numbers
        taken.append(block)
    taken.sort(key=lambda b: b.element.number)
    _take_days_from_headings(out, taken)
    written = page.holds("document.write")
    pictures = page.holds("置顶") and _PINNED_PICTURE.search(page.text) is not None
    for block in taken:
        if block.dated:
            _take_days_under_heads(block)
        else:
            _take_days_beside(out, block)
            _take_days_at_ends(block)
            if written:
                _take_written_days(block)
        if pictures:
            _pinned_by_picture(block)
        _settle_days(block.rows, page)
    return taken


def _take_days_from_headings(out: Outline, found: list[Block]) -> None:
    """Days that stand as headings over the rows of that day: several of them, each a day and nothing else."""
    headed: list[tuple[Block, Shown]] = []
    for block in found:
        if block.dated or not (heading := plain(heading_before(out, block.element))) or not _DIGIT.search(heading):
            continue
        days = full_dates(heading)
        if (
            len(days) == 1
            and not heading[: days[0].start].strip()
            and not _CHINESE.match(heading[days[0].end :].strip())
        ):
            headed.append((block, days[0]))
    if len({(d.year, d.month, d.day) for _, d in headed}) < 2:
        return
    for block, day in headed:
        for row in block.rows:
            row.shown, row.printed = day, True


def _take_days_beside(out: Outline, block: Block) -> None:
    """The days of a list whose titles stand in one cell and whose days stand in the next, as many as there are rows."""
    parent = block.element.parent
    if block.element.tag not in ("td", "div", "ul") or parent is None or len(block.rows) < 3:
        return
    for pieces in (
        out.texts[block.element.texts_to : parent.texts_to],
        out.texts[parent.texts_from : block.element.texts_from],
    ):
        days = full_dates(plain("".join(pieces)))
        if len(days) == len(block.rows) and not "".join(_DIGITS.sub("", "".join(pieces)).split()).strip(
            "-/.年月日[]()"
        ):
            for row, day in zip(block.rows, days, strict=True):
                row.shown, row.printed = day, True
            return


def is_pager(words: str) -> bool:
    """下一页, 更多 and their like."""
    return bool(_PAGER.match(words) or _MORE.match(words))


def _length(link: Link) -> int:
    """How much a link says: -1 a pager's, the browser's or the foot's, 0 更多 and its like, else the length of its words."""
    words = link.text or link.title
    if len(words) > 12:
        return -1 if _FOOT.search(words) else len(words)
    if not words or _PAGER.match(words) or _BROWSERS.match(words):
        return -1
    return 0 if _MORE.match(words) else -1 if _FOOT.search(words) else len(words)


def _weight(block: Block) -> float:
    return sum(min(len(row.title), 30) + (30 if row.printed else 0) for row in block.rows)


def _rows(out: Outline, element: Element, kids: list[Element], lengths: list[int], now: _Now) -> list[Row]:
    """The rows of one element: its children of one kind, each with one article's link; empty: it is no list."""
    tag = kids[0].tag
    tags = [c.tag for c in kids]
    if tags.count(tag) != len(tags):
        tag = Counter(tags).most_common(1)[0][0]
        kids = [c for c in kids if c.tag == tag]
    if len(kids) < 2 and tag not in _ROWS:
        return []
    mains: list[tuple[int, Link]] = []
    untitled = False  # some row's only link says 详细 or 下载, beside a title that is none
    for at, kid in enumerate(kids):
        main = _main(out, kid, lengths)
        if main is None and (aside := _beside_title(out, kid, lengths)):
            main, untitled = aside, True
        if main is not None:
            mains.append((at, main))
        elif (at + 1 - len(mains)) * 2 > len(kids):
            return []
    if not mains:
        return []
    before = tag == "a" and _pick(out.texts[element.texts_from : kids[0].texts_from], now) is not None
    rows: list[Row] = []
    outside: list[Row] = []  # rows whose day stands behind their box, and not in it
    for at, main in mains:
        kid = kids[at]
        start, end = kid.texts_from, kid.texts_to
        if before:
            start = kids[at - 1].texts_to if at else element.texts_from
        elif tag not in ("li", "tr"):  # a date may stand beside the link
            end = min(kids[at + 1].texts_from if at + 1 < len(kids) else element.texts_to, kid.texts_to + 6)
        row = _row(out, start, min(end, kid.texts_to), main, now)
        if not row.printed and end > kid.texts_to:
            row = _row(out, start, end, main, now)
            if row.printed:
                outside.append(row)
        if untitled and lengths[main.number] == 0:
            row.title = _title_beside(row)
            if not row.printed or not row.title:
                continue
        rows.append(row)
    if len(outside) * 2 < len(rows) or len(outside) == 1 < len(rows):
        for row in outside:  # what stands behind one box of the page and its way-bread is no row's day
            row.shown, row.printed = None, False
    _drop_serial_numbers(rows)
    _drop_clock(rows, now)
    printed = sum(r.printed for r in rows)
    if printed and not rows[0].printed:
        printed += _take_hours(rows, now.at)
    if len(rows) < 2 and not printed:
        return []
    short = printed * 2 < len(rows) and sum(len(r.title) >= 8 for r in rows) * 2 < len(rows)
    if short and (len(rows) < 4 or sum(is_article(r.link.href) for r in rows) * 10 < len(rows) * 9):
        return []
    return rows


def _drop_serial_numbers(rows: list[Row]) -> None:
    """Takes back days put together of boxes whose day is but the row's number, beside a date that is only a month."""
    boxed = [(at, row, row.shown.day) for at, row in enumerate(rows) if row.shown is not None and not row.shown.end]
    if len(boxed) > 1 and len({day - at for at, _, day in boxed}) == 1:
        for _, row, _ in boxed:
            row.shown, row.printed = None, False


def _drop_clock(rows: list[Row], now: _Now) -> None:
    """Takes back the one day of several rows that is the clock's in a page's head: today's, with its weekday."""
    dated = [(row, row.shown.day_of()) for row in rows if row.shown is not None]
    if len(dated) == 1 < len(rows) and dated[0][1] == now.today and _CLOCK.search(dated[0][0].text):
        dated[0][0].shown, dated[0][0].printed = None, False


def _main(out: Outline, kid: Element, lengths: list[int]) -> Link | None:
    """The one link of a row that is an article's: the longest; None: there are several, or none."""
    first, last = kid.links_from, kid.links_to
    if last - first > 12 or kid.texts_to - kid.texts_from > MOST_PIECES:
        return None
    if last - first == 1:
        return out.links[first] if lengths[first] >= 2 else None
    told = lengths[first:last]
    longest = max(told)
    if longest < 2:
        return None
    main = out.links[first + told.index(longest)]
    others = [
        out.links[n]
        for n, length in enumerate(told, first)
        if length > 8 and out.links[n].href != main.href and not _FILE.search(out.links[n].href)
    ]
    if not others:
        return main
    titles = [link for link in (main, *others) if not _OFFICE.search(link.text)] or [main]
    return titles[0] if len({link.href for link in titles}) == 1 else None


def _take_hours(rows: list[Row], now: datetime) -> int:
    """Rows ahead of all dated ones that show an hour alone are of the day of the visit; says how many."""
    today = now.astimezone(SHANGHAI).date()
    taken = 0
    for row in rows:
        if row.printed:
            break
        beside = plain(row.text.replace(row.link.text, "\n"))
        if ":" in beside and any(is_clock(line) for line in beside.split("\n")):
            row.shown = Shown(0, 0, today.year, today.month, today.day)
            row.printed = True
            taken += 1
    return taken


def _beside_title(out: Outline, kid: Element, lengths: list[int]) -> Link | None:
    """The link of a row that says only 详细 or 下载, where a day and other words stand in the row."""
    first, last = kid.links_from, kid.links_to
    if last - first > 3 or kid.texts_to - kid.texts_from > MOST_PIECES or any(lengths[first:last]):
        return None
    text = "".join(out.texts[kid.texts_from : kid.texts_to])
    return out.links[first] if 14 < len(text) < 400 and _DIGIT.search(text) else None


def _title_beside(row: Row) -> str:
    """The longest line of a row without its day and its link."""
    lines = [" ".join(line.split()) for line in row.text.replace(row.link.text, "\n").split("\n")]
    lines = [_DAY_AT_END.sub("", line) for line in lines]
    longest = max((line for line in lines if _CHINESE.search(line)), key=len, default="")
    return longest if len(longest) >= 4 else ""


def _row(out: Outline, start: int, end: int, main: Link, now: _Now) -> Row:
    text = "".join(out.texts[start:end])
    # Most rows outside of lists hold no figure at all: no need to look for a date in them.
    if _DIGIT.search(text) or _DIGIT.search(main.title) or (now.worded and _WORDED.search(text)):
        title, shown = _date_in_row(out, start, end, main, now)
    else:
        title, shown = _title_of_row(main.text, main), None
    pinned = "顶" in text and bool(_PINNED.search(text[:400]))
    return Row(main, title, shown, None, shown is not None, pinned, text)


def _take_days_under_heads(block: Block) -> None:
    """Where a table's heads name days, the one of publication; where they name none but of other things, no day."""
    heads = _heads(block)
    named = [(n, words) for n, words in enumerate(heads) if _DAY_HEAD.search(words) and len(words) < 12]
    if not named:
        return
    own = [(n, words) for n, words in named if not _OTHER_DAY_HEAD.search(words)]
    if not own:
        for row in block.rows:
            row.shown, row.printed = None, False
        return
    at = next((n for p in _DAY_HEADS for n, words in own if p.search(words)), own[0][0] if len(own) == 1 else None)
    if at is None or len(named) < 2:
        return
    for row, box in zip(block.rows, boxes(block), strict=True):
        cells = parts(box.node)
        days = full_dates(plain(cells[at])) if len(cells) == len(heads) else []
        if len(days) == 1:
            row.shown = days[0]._replace(since=bool(_BEGINS.search(heads[at])))
            row.printed = True


def _heads(block: Block) -> list[str]:
    """The heads over a list's parts: a table's first row, or the row in front of the first; empty: there are none."""
    table = block.element.node if block.element.tag in ("tbody", "table") else None
    if table is not None:
        while table is not None and table.tag != "table":
            table = table.parent
        head = table.css_first("tr") if table is not None else None
    else:
        head = next(box for row, box in zip(block.rows, boxes(block), strict=True) if row.printed).node.prev
        while head is not None and not head.is_element_node:
            head = head.prev
        head = head or block.element.node.prev
    if head is None or not head.is_element_node or head.css_first("a[href]") is not None:
        return []
    return parts(head)


def parts(row: LexborNode | None) -> list[str]:
    """What stands in the parts of a row, which may be boxes inside boxes."""
    found = [row] if row is not None else []
    while len(found) == 1:
        found = list(found[0].iter())
    return [" ".join(part.text().split()) for part in found]


def _take_days_at_ends(block: Block) -> None:
    """The days in brackets with which nearly all titles of a list end; of one title alone it says nothing."""
    ends = [(row, m) for row in block.rows if (m := _DAY_IN_BRACKETS.search(row.title))]
    if len(ends) < 3 or len(ends) * 5 < len(block.rows) * 4:
        return
    for row, m in ends:
        if len(days := full_dates(plain(m[1]))) == 1:
            row.shown, row.printed, row.title = days[0], True, row.title[: m.start()].rstrip()


def _take_written_days(block: Block) -> None:
    """The days that a script in each row writes there, where it names one day."""
    for row, box in zip(block.rows, boxes(block), strict=True):
        sources = [node.text() for node in box.node.css("script") if len(node.text()) < 400]
        days = [day for source in sources if "document.write" in source for day in full_dates(plain(source))]
        if len(days) == 1:
            row.shown, row.printed = days[0], True


def boxes(block: Block) -> list[Element]:
    """The element of each row."""
    lists = [block.element, *block.siblings]
    found = []
    for row in block.rows:
        element = row.link.element
        while element.parent is not None and not any(element.parent is one for one in lists):
            element = element.parent
        found.append(element)
    return found


def _pinned_by_picture(block: Block) -> None:
    """A row that carries a picture which says 置顶."""
    for row, box in zip(block.rows, boxes(block), strict=True):
        row.pinned = row.pinned or box.node.css_first("img[alt*=置顶], img[title*=置顶]") is not None


def _title_of_row(title: str, main: Link) -> str:
    """The link's words, or its title attribute where that says more."""
    named = _title_attribute(main)[0] if main.title and main.title != title else ""
    if named and (not title or len(named) >= len(title.rstrip("….")) or title.endswith(("…", "..."))):
        return named
    return title or main.text or main.title


def _date_in_row(out: Outline, start: int, end: int, main: Link, now: _Now) -> tuple[str, Shown | None]:
    """The row's title and its printed date: beside the link, then a piece of the link that is all date, then a title."""
    inside_from, inside_to = main.element.texts_from, main.element.texts_to
    inside = [t for t in out.texts[inside_from:inside_to] if t != "\n"]
    outside = [*out.texts[start:inside_from], "\n", *out.texts[inside_to:end]]
    shown = _pick(outside, now)
    title = " ".join("".join(inside).split())
    if shown is None and (_DIGIT.search(title) or (now.worded and _WORDED.search(title))):
        for number, piece in enumerate(inside):
            if len(piece) < 40 and (_DIGIT.search(piece) or _WORDED.search(piece)):
                whole = plain(piece).strip()
                for candidate in full_dates(whole) or short_dates(whole) or odd_dates(whole, now.at):
                    if _NEAR_DATE.match(whole[: candidate.start] + whole[candidate.end :]):
                        shown = candidate
                        inside[number] = " "
        if shown is None and len(inside) > 1:
            boxes = [t for t in inside if len(t) < 12]
            shown = _boxes(boxes)
            if shown:
                inside = [t for t in inside if len(t) >= 12]
        if shown is None:
            shown, cut = _edge(title)
            if shown:
                inside = [cut]
        title = " ".join("".join(inside).split())
    if inside_to - inside_from > 2:
        title = _heading_in(out, main) or (_first_line(out, main) if len(title) > 30 else "") or title
    if main.title and (shown is None or not shown.year):
        told = _title_attribute(main)[1]
        if told is not None and (shown is None or (told.month, told.day) == (shown.month, shown.day)):
            shown = told
    return _title_of_row(title, main), shown


def _heading_in(out: Outline, link: Link) -> str:
    """The heading inside a link that holds a whole row."""
    element = link.element
    for number in range(element.number + 1, len(out.elements)):
        inner = out.elements[number]
        if inner.texts_from >= element.texts_to:
            break
        if inner.tag in _HEADINGS:
            return " ".join(out.text(inner).split())
    return ""


def _first_line(out: Outline, link: Link) -> str:
    """What a link that holds a title and a summary has as its title: a line before a longer one."""
    lines = [" ".join(line.split()) for line in out.text(link.element).split("\n") if len(line.strip()) >= 6]
    lines = [line for line in lines if not _NEAR_DATE.match(_DIGITS.sub("", line))]
    return lines[0] if len(lines) > 1 and len(lines[1]) >= 30 and len(lines[1]) > len(lines[0]) else ""


def _edge(title: str) -> tuple[Shown | None, str]:
    """A date in brackets or after a blank at the very end or beginning of a link's words: printed with it, not in it."""
    text = plain(title)
    for shown in full_dates(text) or short_dates(text):
        before, after = text[: shown.start], text[shown.end :]
        bracketed = before[-1:] in "[(" and after[:1] in "])" and bool(before) and bool(after)
        if not after.strip(" ])") and ((bracketed and "[" in before[-1:]) or before[-1:].isspace()):
            return shown, title[: shown.start].rstrip(" [(【（［")
        if not before.strip(" [(") and ((bracketed and "]" in after[:1]) or after[:1].isspace()):
            return shown, title[shown.end :].lstrip(" ])】）］")
    return None, title


def _title_attribute(link: Link) -> tuple[str, Shown | None]:
    """A link's title attribute: the words without 文章标题： and what follows, and a date that it labels."""
    if link.told is None:
        link.told = _told(link.title)
    return link.told


def _told(title: str) -> tuple[str, Shown | None]:
    first = _LINE_ENDS.split(title, 1)[0] if "\n" in title or "\r" in title or "&#1" in title else title
    name = _TITLE_NAME.sub("", first).strip() if ":" in first or "：" in first else first.strip()
    shown = None
    if _DIGIT.search(title):
        text = plain(title)
        for m in _TITLE_DATES.finditer(text):
            label = _LABEL_START.split(text[: m.end()])[-1]
            if _NEAR.match(text, m.end()) and not _NOT_PUBLISHED.search(label):
                shown = next(each_full_date(text[m.end() : m.end() + 40]), shown)
    if _NO_NAME.match(name):
        name = ""
    return " ".join(name.split()), shown


def _pick(pieces: list[str], now: _Now) -> Shown | None:
    """The publication date among pieces of text beside a title."""
    joined = "".join([p if len(p) < 120 else "\n" for p in pieces])
    if _TOUCHING.search(joined):
        joined = _apart(pieces)
    if not _DIGIT.search(joined) and not (now.worded and _WORDED.search(joined)):
        return None
    text = plain(joined)
    whole = full_dates(text)
    starts, spans = _spans(text, whole) if now.talks else ([], [])
    for dates in ([d for d in whole if d not in spans] if spans else whole, None, short_dates(text)):
        if dates is None:
            if starts:
                return starts[0] if (starts[0].day_of() or now.today) <= now.today else None
            boxed = _boxes(pieces)
            if boxed:
                return boxed
            continue
        kept = [d for d in dates if not _is_other_day(text[max(0, d.start - 14) : d.start])]
        labelled = [d for d in kept if _PUBLISHED.search(text[max(0, d.start - 12) : d.start])]
        if labelled:
            return labelled[-1]
        alone = [d for d in kept if _alone(text, d)]
        if alone:
            return max(alone, key=lambda d: (d.year or 0, d.month, d.day)) if alone[0].year else alone[-1]
    packed = PACKED.search(text)
    if packed and _NEAR_DATE.match(text[: packed.start()].rsplit("\n", 1)[-1] + text[packed.end() :].split("\n", 1)[0]):
        return Shown(packed.start(), packed.end(), int(packed[1]), int(packed[2]), int(packed[3]))
    if len(text) > MOST_BESIDE:
        return None
    return next((d for d in odd_dates(text, now.at) if _alone(text, d)), None)


def _spans(text: str, dates: list[Shown]) -> tuple[list[Shown], list[Shown]]:
    """The first days of the stretches of time in a row (征集时间：… 至 …, 开始时间), and all days that belong to one.

    Where no other day is shown the first stands for that of publication, and is known not to be it: a survey may have
    been put up after it began. Its last day never stands for it.
    """
    starts: list[Shown] = []
    spans: list[Shown] = []
    for at, shown in enumerate(dates):
        after = dates[at + 1] if at + 1 < len(dates) else None
        if shown in spans:
            continue
        if after is not None and _TO.fullmatch(text[shown.end : after.start]):
            starts.append(shown._replace(since=True))
            spans += [shown, after]
        elif _TO_SHORT.match(text, shown.end) or _STARTS.search(text[max(0, shown.start - 12) : shown.start]):
            starts.append(shown._replace(since=True))
            spans.append(shown)
    return starts, spans


def _is_other_day(before: str) -> bool:
    """Words before a date that make it another day than that of publication; a title that ends in 会议 does not."""
    m = _NOT_PUBLISHED.search(before)
    if m is None or _STATE.search(before):
        return False
    line = before.rstrip().rsplit("\n", 1)[-1].strip()
    return m[1] not in _ALSO_IN_TITLES or len(line) <= 6 or line.endswith((":", "：", "时间", "日期", "于"))


def _apart(pieces: list[str]) -> str:
    """Pieces with a blank between two figures: what stands in a box of its own is a number of its own."""
    text = ""
    for piece in pieces:
        piece = piece if len(piece) < 120 else "\n"
        text += " " + piece if text[-1:].isdecimal() and piece[:1].isdecimal() else piece
    return text


def _alone(text: str, shown: Shown) -> bool:
    """A date that stands by itself, not in the middle of a sentence."""
    before = text[: shown.start].rsplit("\n", 1)[-1].strip()
    after = text[shown.end :].split("\n", 1)[0].lstrip(" ，,、\t\u3000\xa0").rstrip()
    if not _CHINESE.match(after) or (not before and len(after) <= 24 and _OFFICE.search(after.split()[0])):
        return len(before) <= 24 and len(after) <= 24
    return len(before) <= 24 and len(after) <= 80 and bool(_AFTER_DATE.match(after))


def _boxes(pieces: list[str]) -> Shown | None:
    """A date split over boxes: 01 and 2018-09, 2018 and 09-01, 9月 and 01."""
    small = [plain(p).strip() for p in pieces if p.strip() and len(p.strip()) <= 12]
    if "/" in small:
        small += [
            words for line in plain("".join(pieces)).split("\n") if "/" in (words := line.strip()) and len(words) <= 12
        ]
    days = [m for p in small if (m := _DAY.match(p))]
    for p in small:
        if days and (m := YEAR_MONTH.fullmatch(p.strip(_BRACKETS + "/-.年月") if not p.endswith("月") else p)):
            return Shown(0, 0, int(m[1]), int(m[2]), int(days[0][1]))
        if days and (m := _MONTH_YEAR.fullmatch(p)):
            return Shown(0, 0, int(m[2]), int(m[1]), int(days[0][1]))
    years = [m for p in small if (m := _YEAR_ALONE.match(p))]
    if years:
        for p in small:
            dates = short_dates(p)
            if not dates and (m := _DAY_MONTH.fullmatch(p)):
                return Shown(0, 0, int(years[0][1]), int(m[2]), int(m[1]))
            if dates:
                return Shown(0, 0, int(years[0][1]), dates[0].month, dates[0].day)
    months = [int(m[1]) for p in small if (m := _MONTH_ALONE.match(p))] or [n for p in small if (n := month_named(p))]
    if months and days:
        return Shown(0, 0, int(years[0][1]) if years else None, months[0], int(days[0][1]))
    dotted = [m for p in small if (m := _DOTTED.fullmatch(p))]
    if len(dotted) == 1:
        return Shown(0, 0, int(years[0][1]) if years else None, int(dotted[0][1]), int(dotted[0][2]))
    return None


def _settle_days(rows: list[Row], page: Page) -> None:
    """Give every row its day; a date without a year gets the latest that is not after the visit.

    An address that bears the same month and day, or nearly, says the year. Otherwise a list that runs from new to old
    says it: a row does not lie after the one above it, as long as the one above is not pinned. A row that prints no date
    takes its address's, unless all rows lead to one address; one that prints a month takes it only from within that
    month, since an address is often older than what is shown, and a day too early accuses. A lone first row that would lie after the visit may be of
    last year, pinned there, or of days to come: it has no day, and the others do not hang on it.
    """
    if any(row.shown is not None and row.shown.order for row in rows):
        _settle_order(rows, page.today)
    falls: bool | None = None
    one_address = len({row.link.href for row in rows}) < 2 <= len(rows)
    above: date | None = None
    for row in rows[1:] if _is_alone_ahead(rows, page.today) else rows:
        shown = row.shown
        if shown is not None and shown.year is not None:
            row.day = shown.day_of()
        elif shown is None:
            row.month = _month_of(row)
            day = None if one_address else url_date(page.absolute(row.link.href), page.today)
            row.day = day if day is None or row.month in (None, (day.year, day.month)) else None
            continue
        else:
            by_address = url_date(page.absolute(row.link.href), page.today)
            same = shown.day_of(by_address.year) if by_address else None
            if by_address and same and same <= page.today and abs((by_address - same).days) <= 45:
                row.day = same
            else:
                falls = _falls(rows) if falls is None else falls
                row.day = latest_year(shown.month, shown.day, min(page.today, above) if above and falls else page.today)
        if row.day and not row.pinned and row.day <= page.today:
            above = row.day


def _month_of(row: Row) -> tuple[int, int] | None:
    """The month that stands beside a title alone, where no day does."""
    if not _DIGIT.search(row.text):
        return None
    for line in plain(row.text.replace(row.link.text, "\n")).split("\n"):
        if m := YEAR_MONTH.fullmatch(line.strip(_BRACKETS)):
            return int(m[1]), int(m[2])
    return None


def _settle_order(rows: list[Row], today: date) -> None:
    """Whether month or day stands first is told by the whole list: one row that can only be read one way says it."""
    shown = [row.shown for row in rows if row.shown is not None and row.shown.order]
    ahead = any(s.order == "month" and s.day <= 12 and (s.day_of() or today) > today for s in shown)
    if not ahead and not any(s.order == "day" and s.day > 12 for s in shown):
        return
    if any(s.order == "month" and s.day > 12 for s in shown):
        return
    for row in rows:
        if row.shown is not None and row.shown.order == "month":
            row.shown = turned(row.shown)


def _is_alone_ahead(rows: list[Row], today: date) -> bool:
    """The first row alone bears a month and day that this year has not had yet."""
    if len(rows) < 3 or any(r.shown is None or r.shown.year is not None for r in rows):
        return False
    ahead = [(r.shown.month, r.shown.day) > (today.month, today.day) for r in rows]  # type: ignore[union-attr]
    return ahead[0] and not any(ahead[1:])


def _falls(rows: list[Row]) -> bool:
    """A list of dates without a year that mostly runs downward."""
    keys = [(r.shown.month, r.shown.day) for r in rows if r.shown is not None and r.shown.year is None and not r.pinned]
    rises = sum(b > a for a, b in pairwise(keys))
    return rises <= max(1, len(keys) // 5)


def column_list(page: Page, found: list[Block]) -> Block | None:
    """The block that is the column's own list; None: the page has no such block."""
    best: Block | None = None
    for block in found:
        block.heading = heading_before(page.outline, block.element)
        block.score = _score(page, block)
        if block.score < LEAST or (not block.dated and (block.aside or len(block.rows) < 3)):
            continue
        if best is None or _goes_before(block, best):
            best = block
    if best is None:
        return None
    column = marks.column_of(page, False) if len(found) > 1 else None
    if column and best.heading != column and is_anothers(page, best):
        named = [b for b in found if b.heading == column and b.score >= LEAST and len(b.rows) >= 3 and not b.aside]
        best = max(named, key=lambda b: b.score, default=best)
    kin = [b for b in found if b is not best and _is_kin(b, best)]
    if not kin and _leads_on(page, best) and next_page(page) is None:
        kin = [b for b in found if b is not best and not b.aside and is_own(b) and _leads_on(page, b)]
    together = sorted([best, *kin], key=lambda b: b.element.number)
    headed = [_take_year(block) for block in together]
    if len(together) == 1 and not any(headed):
        return best
    rows = [row for b in together for row in b.rows]
    siblings = [b.element for b in together] if len(together) > 1 else []
    merged = Block(best.element, rows, best.score, best.aside, best.heading, siblings)
    _settle_days(merged.rows, page)
    return merged


def _goes_before(block: Block, other: Block) -> bool:
    if other.beside and is_own(block):
        return True
    return block.score > other.score and not (block.beside and is_own(other))


def _leads_on(page: Page, block: Block) -> bool:
    """A box that shows the first rows of a column: 更多, or the column's own name as a link, stands by it."""
    links = page.outline.links
    first, last = block.rows[0].link.number, block.rows[-1].link.number
    before, after = links[max(0, first - 2) : first], links[last + 1 : last + 2]
    heads = [link for link in before if link.text and (_MORE.match(link.text) or link.text == block.heading)]
    heads += [link for link in after if _MORE.match(link.text or link.title)]
    return any((url := page.absolute(link.href)) and url != page.url for link in heads)


def is_anothers(page: Page, block: Block) -> bool:
    """Its heading is the name of another column to which the page links."""
    heading = block.heading
    if not heading:
        return False
    return any(link.text == heading and page.absolute(link.href) not in ("", page.url) for link in page.outline.links)


def is_own(block: Block) -> bool:
    """A list with dates that no heading calls 热点 or 推荐, however short: it goes before one that is called so."""
    return not block.beside and block.dated >= 2 and block.dated * 2 >= len(block.rows)


def _is_kin(block: Block, best: Block) -> bool:
    """A second part of the same list: beside the first, or in a sister box, as the tabs of a column are."""
    one, other = block.element, best.element
    if one.tag != other.tag or one.names() != other.names() or (block.dated > 0) != (best.dated > 0):
        return False
    above, below = one.parent, other.parent
    if above is below:
        return True
    if above is None or below is None or above.parent is not below.parent or above.tag != below.tag:
        return False
    return not block.aside and _kind_of_box(above) == _kind_of_box(below)


def _kind_of_box(element: Element) -> str:
    """A box's names without what tells sisters apart."""
    return " ".join(_SISTER.sub("", element.names()).split())


def _take_year(block: Block) -> bool:
    """A heading that is a year and nothing else is the year of the days below it."""
    year = _YEAR_ALONE.match(plain(block.heading)) if block.heading else None
    if year is None:
        return False
    for row in block.rows:
        if row.shown is not None and row.shown.year is None:
            row.shown = row.shown._replace(year=int(year[1]))
    return True


def _score(page: Page, block: Block) -> float:
    """How much a block looks like the column's own list: many rows, long titles, dates; not navigation, not a sidebar."""
    rows = block.rows
    count = len(rows)
    length = sum(min(len(r.title), 40) for r in rows) / count
    score = min(count, 40) * (0.4 + length / 25) + 3.0 * min(block.dated, 40)
    same = sum(_same_site(page, r.link.href) for r in rows)
    if same * 2 < count:
        score *= 0.4
    if not block.dated:
        score *= 0.6
        if length < 9:
            score *= 0.3 if sum(is_article(r.link.href) for r in rows) * 2 < count else 0.8
    if block.heading and _ASIDE.search(block.heading) and block.heading != marks.column_of(page, False):
        score *= 0.3
        block.aside = True
        block.beside = bool(_BESIDE.search(block.heading))
    element: Element | None = block.element
    for _ in range(4):
        if element is None or element.tag == "body":
            break
        if element.tag in ("nav", "aside", "footer", "header") or _SIDE_NAMES.search(element.names()):
            score *= 0.35
            block.aside = True
            break
        element = element.parent
    folder = page.url.rsplit("/", 1)[0] + "/"
    if len(folder) > 10 and sum(_below(r.link.href, folder) for r in rows) * 2 > count:
        score *= 1.5
    return score


def _below(href: str, folder: str) -> bool:
    return (
        href.startswith(("./", folder))
        or (href[:1].isalnum() and ":" not in href[:8])
        or folder.endswith(href.rsplit("/", 1)[0] + "/")
    )


def _same_site(page: Page, href: str) -> bool:
    href = href.strip()
    if href[:4].lower() != "http" and href[:2] != "//":
        return True
    try:
        host = urlsplit(href).hostname or ""
    except ValueError:
        return False
    return host == page.host or host in lexicon.ALLIED or host.split(".", 1)[-1] == page.host.split(".", 1)[-1]


def heading_before(out: Outline, element: Element) -> str:
    """The nearest short line in front of a block: its heading, as a rule."""
    for text in reversed(out.texts[max(0, element.texts_from - 12) : element.texts_from]):
        words = text.strip(" 　\xa0>»+:：|\r\n\t")
        if words and not _MORE.match(words):
            return words if len(words) <= 24 else ""
    return ""


def next_page(page: Page) -> str | None:
    """The address behind 下一页; None: the last page, or a pager that only a script can read."""
    for link in reversed(page.outline.links):
        if len(link.text) <= 8 and _NEXT.search(link.text):
            url = page.absolute(link.href)
            if url and url != page.url:
                return url
    if "createPageHTML" in page.text:
        return trs.next_page(page)
    return _next_number(page)


def _next_number(page: Page) -> str | None:
    """The address behind the number that follows the page's own in a pager of numbers alone."""
    out = page.outline
    for link in reversed(out.links):
        words = link.text
        if not words.isdecimal() or not "2" <= words <= "9999" or len(words) > 4 or link.element.parent is None:
            continue
        own = str(int(words) - 1)
        before = [text for text in out.texts[link.element.parent.texts_from : link.element.texts_from] if text.strip()]
        if before and before[-1].strip() == own and not _is_link(out, link.number - 1, own):
            url = page.absolute(link.href)
            return url if url and url != page.url else None
    return None


def _is_link(out: Outline, number: int, words: str) -> bool:
    return number >= 0 and out.links[number].text == words
