"""The lists on a page: which repeated block is the column's own, and its rows with their dates."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlsplit

from scrapers.dialects.dates import PACKED, YEAR_MONTH, Shown, full_dates, latest_year, plain, short_dates, url_date
from scrapers.dialects.page import Element, Link, Outline, Page

_NOT_PUBLISHED = re.compile(
    r"(截止|截至|有效|到期|会议|开会|举办|开始|结束|活动|生效|施行|实施|出生|报名|投票|答复|回复|办结|至|到|~)[^\d]{0,8}$"
)
_PUBLISHED = re.compile(r"(发布|发文|公开|发表|更新|刊登)[^\d]{0,8}$")
_ASIDE = re.compile(
    r"(热点|热门|排行|点击|推荐|相关|最新更新|最近更新|最新发布|最新信息|最新文章|猜你|关注|图片新闻|友情|链接|专题|导航|浏览历史|阅读排行|TOP)",
    re.I,
)
_SIDE_NAMES = re.compile(
    r"(^|[\s_-])(nav|menu|side|sidebar|aside|hot|relat\w*|foot\w*|friend\w*|crumb\w*|bread\w*|header|top|rank\w*|tuijian|xgxx|xgwz|remen|rdxx)"
)
_MORE = re.compile(
    r"^[\[【(（<《\s]*(更多|more|查看更多|更多信息|查看|详细|详情|阅读全文|全文|点击|进入|下载|附件)[\]】)）>》\s.…+»]*$",
    re.I,
)
_PAGER = re.compile(
    r"^[\[【(（<«\s]*(上一页|下一页|上页|下页|首页|尾页|末页|前一页|后一页|最后一页|转到|跳转|GO|\d{1,5}|[<>«»]{1,3}|\.{2,3}|…)[\]】)）>»\s]*$",
    re.I,
)
_PINNED = re.compile(r"置\s?顶|固\s?顶|[\[【(（]\s?顶\s?[\]】)）]")
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|zip|rar|wps|et|jpe?g|png|gif|mp4)$", re.I)
_DAY = re.compile(r"^\s*(3[01]|[12]\d|0?[1-9])\s?日?\s*$")
_YEAR_ALONE = re.compile(r"^\s*((?:19|20)\d\d)\s?年?\s*$")
_MONTH_ALONE = re.compile(r"^\s*(1[0-2]|0?[1-9])\s?月\s*$")
_NEAR_DATE = re.compile(r"^[\s\[\](){}<>【】（）·|:：/年月日时分时间发布更新日期于-]*$")


@dataclass(slots=True)
class Row:
    """One row of a list, with the date that it shows."""

    link: Link
    title: str
    shown: Shown | None = None  # as printed, in the row or in a title attribute
    day: date | None = None  # with its year
    printed: bool = False  # False: only the address bears the date
    pinned: bool = False
    url: str = ""
    text: str = ""


@dataclass(slots=True)
class Block:
    """One repeated block of rows."""

    element: Element
    rows: list[Row]
    score: float = 0.0
    heading: str = ""
    siblings: list[Element] = field(default_factory=list)

    @property
    def dated(self) -> int:
        return sum(row.printed for row in self.rows)


def blocks(page: Page) -> list[Block]:
    """Every block of repeated rows that could be a list of articles, in the order of the page; none inside another."""
    out = page.outline
    found: list[Block] = []
    for element in out.elements:
        if element.links < 1 or not element.children or element.tag in ("html", "a"):
            continue
        rows = _rows(page, out, element)
        if rows:
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
    for block in taken:
        _settle_years(block.rows, page)
    return taken


def _weight(block: Block) -> float:
    lengths = sum(min(len(row.title), 30) for row in block.rows)
    return lengths + 30 * block.dated


def _rows(page: Page, out: Outline, element: Element) -> list[Row]:
    """The rows of one element: its children of one kind, each with one article's link; empty: it is no list."""
    holders = [c for c in element.children if c.links_to > c.links_from or (c.tag == "a" and c.links_to > c.links_from)]
    if not holders:
        return []
    tags = Counter(c.tag for c in holders)
    tag, number = tags.most_common(1)[0]
    if number < 2 and tag not in ("li", "tr", "dl", "dd"):
        return []
    rows: list[Row] = []
    bad = 0
    holders = [c for c in holders if c.tag == tag]
    for at, holder in enumerate(holders):
        end = holder.texts_to
        if tag not in ("li", "tr"):  # a date may stand beside the link
            end = holders[at + 1].texts_from if at + 1 < number else min(element.texts_to, holder.texts_to + 6)
        row = _row(page, out, holder, end)
        if row is None:
            bad += 1
        else:
            rows.append(row)
    if bad > len(rows) or (len(rows) < 2 and not any(r.printed for r in rows)):
        return []
    if not any(r.printed for r in rows) and sum(len(r.title) >= 8 for r in rows) * 2 < len(rows):
        return []
    return rows


def _row(page: Page, out: Outline, holder: Element, end: int) -> Row | None:
    links = out.links[holder.links_from : holder.links_to]
    if len(links) > 12:
        return None
    main = None
    best = -1
    for link in links:
        words = link.text or link.title
        if _PAGER.match(words):
            continue
        length = 0 if _MORE.match(words) else len(words)
        if length > best:
            main, best = link, length
    if main is None or best < 4:
        return None
    rivals = {
        link.href
        for link in links
        if link.href != main.href and not _FILE.search(link.href) and len(link.text) > 8 and not _MORE.match(link.text)
    }
    if rivals:
        return None
    title, shown = _date_in_row(page, out, holder, end, main)
    row = Row(main, title)
    row.shown = shown
    row.printed = shown is not None
    row.url = main.href
    row.text = "".join(out.texts[holder.texts_from : end])
    row.pinned = bool(_PINNED.search(row.text[:400])) if "顶" in row.text else False
    return row


def _date_in_row(page: Page, out: Outline, holder: Element, end: int, main: Link) -> tuple[str, Shown | None]:
    """The row's title and its printed date: beside the link, then a piece of the link that is all date, then a title."""
    inside_from, inside_to = main.element.texts_from, main.element.texts_to
    inside = [t for t in out.texts[inside_from:inside_to] if t != "\n"]
    outside = out.texts[holder.texts_from : inside_from] + ["\n"] + out.texts[inside_to:end]
    shown = _pick(outside)
    title = " ".join("".join(inside).split())
    if shown is None and any(c.isdigit() for c in title):
        for number, piece in enumerate(inside):
            if len(piece) < 40 and any(c.isdigit() for c in piece):
                whole = plain(piece).strip()
                for candidate in full_dates(whole) or short_dates(whole):
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
    if main.title:
        named, dated = _title_attribute(main.title)
        shown = shown if shown is not None and shown.year else dated or shown
        if named and (not title or len(named) >= len(title.rstrip("….")) or title.endswith(("…", "..."))):
            title = named
    return title or main.text or main.title, shown


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


def _title_attribute(title: str) -> tuple[str, Shown | None]:
    """A link's title attribute: the words without 文章标题： and what follows, and a date that it labels."""
    lines = re.split(r"[\r\n]+|&#1[03];", title)
    name = re.sub(r"^\s*(文章标题|标题|题目|Title)\s*[:：]\s*", "", lines[0], flags=re.I).strip()
    shown = None
    if re.search(r"时间|日期|发布|更新", title):
        text = plain(title)
        for m in full_dates(text):
            if re.search(r"(时间|日期|发布|更新)[^\d]{0,6}$", text[: m.start]):
                shown = m
    if re.match(r"(更新时间|发布时间|发布日期|作者|点击)", name):
        name = ""
    return " ".join(name.split()), shown


def _pick(pieces: list[str]) -> Shown | None:
    """The publication date among pieces of text beside a title."""
    joined = "".join(pieces)
    if not any(c.isdigit() for c in joined):
        return None
    text = plain(joined)
    for dates in (full_dates(text), None, short_dates(text)):
        if dates is None:
            boxed = _boxes([p for p in pieces if p != "\n"])
            if boxed:
                return boxed
            continue
        kept = [d for d in dates if not _NOT_PUBLISHED.search(text[max(0, d.start - 14) : d.start])]
        labelled = [d for d in kept if _PUBLISHED.search(text[max(0, d.start - 12) : d.start])]
        if labelled:
            return labelled[-1]
        alone = [d for d in kept if _alone(text, d)]
        if alone:
            return max(alone, key=lambda d: (d.year or 0, d.month, d.day)) if alone[0].year else alone[-1]
    packed = PACKED.search(text)
    if packed and _NEAR_DATE.match(text[: packed.start()].rsplit("\n", 1)[-1] + text[packed.end() :].split("\n", 1)[0]):
        return Shown(packed.start(), packed.end(), int(packed[1]), int(packed[2]), int(packed[3]))
    return None


def _alone(text: str, shown: Shown) -> bool:
    """A date that stands by itself, not in the middle of a sentence."""
    before = text[: shown.start].rsplit("\n", 1)[-1].strip()
    after = text[shown.end :].split("\n", 1)[0].strip()
    return (len(before) <= 24 and len(after) <= 24 and not re.match(r"[一-鿿]", after[:1])) or not (before or after)


def _boxes(pieces: list[str]) -> Shown | None:
    """A date split over boxes: 01 and 2018-09, 2018 and 09-01, 9月 and 01."""
    small = [plain(p).strip() for p in pieces if p.strip() and len(p.strip()) <= 12]
    days = [m for p in small if (m := _DAY.match(p))]
    for p in small:
        if days and (m := YEAR_MONTH.fullmatch(p.strip("[]() /-.年月") if not p.endswith("月") else p)):
            return Shown(0, 0, int(m[1]), int(m[2]), int(days[0][1]))
    years = [m for p in small if (m := _YEAR_ALONE.match(p))]
    if years:
        for p in small:
            dates = short_dates(p)
            if dates:
                return Shown(0, 0, int(years[0][1]), dates[0].month, dates[0].day)
    months = [m for p in small if (m := _MONTH_ALONE.match(p))]
    if months and days:
        return Shown(0, 0, int(years[0][1]) if years else None, int(months[0][1]), int(days[0][1]))
    return None


def _settle_years(rows: list[Row], page: Page) -> None:
    """Give every row its address and its day; a date without a year gets the latest that is not after the visit.

    An address that bears the same month and day, or nearly, says the year. Otherwise a list that runs from new to old
    says it: a row does not lie after the one above it, as long as the one above is not pinned.
    """
    above: date | None = None
    for row in rows:
        row.url = page.absolute(row.link.href)
        by_address = url_date(row.url, page.today)
        shown = row.shown
        if shown is None:
            row.day = by_address
            continue
        if shown.year is not None:
            row.day = shown.day_of()
        elif by_address and abs((by_address - (shown.day_of(by_address.year) or by_address)).days) <= 45:
            row.day = shown.day_of(by_address.year)
            if row.day and row.day > page.today:
                row.day = latest_year(shown.month, shown.day, page.today)
        else:
            row.day = latest_year(
                shown.month, shown.day, min(page.today, above) if above and _falls(rows) else page.today
            )
        if row.day and not row.pinned and row.day <= page.today:
            above = row.day


def _falls(rows: list[Row]) -> bool:
    """A list of dates without a year that mostly runs downward."""
    keys = [(r.shown.month, r.shown.day) for r in rows if r.shown is not None and r.shown.year is None and not r.pinned]
    rises = sum(b > a for a, b in zip(keys, keys[1:], strict=False))
    return rises <= max(1, len(keys) // 5)


def column_list(page: Page, found: list[Block]) -> Block | None:
    """The block that is the column's own list; None: the page has no such block."""
    best: Block | None = None
    for block in found:
        block.heading = heading_before(page.outline, block.element)
        block.score = _score(page, block)
        if block.score > 0 and (best is None or block.score > best.score):
            best = block
    if best is None:
        return None
    kin = [
        b
        for b in found
        if b is not best
        and b.element.parent is best.element.parent
        and b.element.tag == best.element.tag
        and b.element.names() == best.element.names()
        and (b.dated > 0) == (best.dated > 0)
    ]
    if kin:
        together = sorted([best, *kin], key=lambda b: b.element.number)
        rows = [row for b in together for row in b.rows]
        merged = Block(best.element, rows, best.score, best.heading, [b.element for b in together])
        _settle_years(merged.rows, page)
        return merged
    return best


def _score(page: Page, block: Block) -> float:
    rows = block.rows
    count = len(rows)
    length = sum(min(len(r.title), 40) for r in rows) / count
    score = min(count, 40) * (0.4 + length / 25) + 3.0 * min(block.dated, 40)
    same = sum(1 for r in rows if _same_site(page, r.url))
    if same * 2 < count:
        score *= 0.4
    if not block.dated:
        score *= 0.6
        if length < 9:
            score *= 0.3
    if block.heading and _ASIDE.search(block.heading):
        score *= 0.3
    element: Element | None = block.element
    for _ in range(4):
        if element is None or element.tag == "body":
            break
        if _SIDE_NAMES.search(element.names()) or element.tag in ("nav", "aside", "footer", "header"):
            score *= 0.35
            break
        element = element.parent
    folder = page.url.rsplit("/", 1)[0] + "/"
    if len(folder) > 10 and sum(r.url.startswith(folder) for r in rows) * 2 > count:
        score *= 1.5
    return score


def _same_site(page: Page, url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return (
        host == page.host or host.endswith("mp.weixin.qq.com") or host.split(".", 1)[-1] == page.host.split(".", 1)[-1]
    )


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
        if len(link.text) <= 8 and re.search(r"下一?页|后一?页|^[>»›]$|next", link.text, re.I):
            url = page.absolute(link.href)
            if url and url != page.url:
                return url
    return None
