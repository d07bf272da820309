"""What belongs to a column's list and is no row of it: a headline above it, a line that leads nowhere, a second list.

Each may be newer than all rows. A list is not called stale before they were asked.
"""

import re
from datetime import date

from scrapers.dialects.dates import full_dates, plain
from scrapers.dialects.lists import Block, is_anothers, is_article, is_own, is_pager
from scrapers.dialects.page import Element, Link, Page
from scrapers.reading import Item

_HAN = re.compile(r"[一-鿿]")
_CLOCK = re.compile(r"今天|现在|星期|农历|版权|截止|截至|更新时间")
_DAY_WORDS = re.compile(r"[年月日]|(?:发布|公开|发文|发表)?(?:时间|日期)?")
_LEAST_TITLE = 8  # characters of a headline
_LEAST_WORDS = 6  # Chinese characters of a line that tells of something
_MOST_LINKS = 24  # links above the list in a box that is not yet the whole page
_MOST_HEADLINES = 3
_MOST_AT_HOME = 6
_LEAST_ROWS = 3  # with a day, of a second list
_LEVELS = 3


def headlines(page: Page, block: Block) -> tuple[Item, ...]:
    """The articles that the box around a list shows before the list's first row, the nearest last."""
    told: dict[str, Item] = {}
    for link in _above(page, block):
        told.setdefault(page.absolute(link.href), Item(_title(link), page.absolute(link.href), None))
    return tuple(told.values())[-_MOST_HEADLINES:]


def headline_day(page: Page, block: Block) -> date | None:
    """The day, before the visit's, that stands alone beside the one headline in a box straight above a dated list."""
    around = block.element.parent
    if around is None or not block.dated:
        return None
    heads = []
    for link in _above(page, block):
        box = link.element
        while box.parent is not None and box.parent is not around and box.parent.links == link.element.links:
            box = box.parent
        if box.parent is around:
            heads.append((link, box))
    if len(heads) != 1:
        return None
    link, box = heads[0]
    texts, inner = page.outline.texts, link.element
    beside = [*texts[box.texts_from : inner.texts_from], "\n", *texts[inner.texts_to : box.texts_to]]
    days = []
    for line in plain("".join(beside)).split("\n"):
        shown = full_dates(line)
        if len(shown) == 1 and not _HAN.search(_DAY_WORDS.sub("", line)):
            days += [day for one in shown if (day := one.day_of()) is not None and day < page.today]
    return max(days, default=None)


def _above(page: Page, block: Block) -> list[Link]:
    """The links to articles that the box around a list shows before its first row."""
    if not block.rows:
        return []
    first = min(row.link.number for row in block.rows)
    start, box = first, block.element
    for _ in range(_LEVELS):
        if box.parent is None or first - box.parent.links_from > _MOST_LINKS:
            break
        box = box.parent
        start = box.links_from
    rows = {page.absolute(row.link.href) for row in block.rows}
    found = []
    for link in page.outline.links[start:first]:
        address, title = page.absolute(link.href), _title(link)
        if address and address not in rows and title and (is_article(address) or len(title) >= _LEAST_TITLE):
            found.append(link)
    return found


def home_headlines(page: Page, rows: tuple[Item, ...]) -> tuple[Item, ...]:
    """The first articles of a home page that stand in none of its dated rows: its headline, its pictures, its films."""
    known = {row.url for row in rows}
    told: dict[str, Item] = {}
    for link in page.outline.links:
        address = page.absolute(link.href)
        if not address or address in known or not (title := _title(link)):
            continue
        if is_article(address) and len(title) >= _LEAST_TITLE:
            told.setdefault(address, Item(title, address, None))
    return tuple(told.values())[:_MOST_AT_HOME]


def _title(link: Link) -> str:
    """A link's words, or what its picture is called."""
    words = link.text or link.title
    if not words and (image := link.element.node.css_first("img")) is not None:
        words = image.attributes.get("alt") or image.attributes.get("title") or ""
    words = " ".join(words.split())
    return "" if is_pager(words) else words


def loose_day(page: Page, element: Element) -> date | None:
    """The latest day, not after the visit, on a row of a list that has no link."""
    days = []
    for node in element.node.iter():
        if node.tag not in ("li", "tr", "dd", "div", "p") or node.css_first("a[href]") is not None:
            continue
        words = plain(" ".join(node.text(separator=" ").split()))
        if len(_HAN.findall(words)) >= _LEAST_WORDS and not _CLOCK.search(words):
            days += [day for shown in full_dates(words) if (day := shown.day_of()) is not None and day <= page.today]
    return max(days, default=None)


def other_day(page: Page, block: Block, found: list[Block]) -> date | None:
    """The latest day, before the visit's, of another dated list that may as well be the column's own.

    None that stands in a sidebar, is called 热点 or 推荐, bears the name of another column or holds the list itself.
    The day of the visit is left out: a page's clock shows it.
    """
    own = {row.link.number for row in block.rows}
    days = [
        row.day
        for other in found
        if other.dated >= _LEAST_ROWS and not other.aside and not is_anothers(page, other) and is_own(other)
        if not other.element.links_from <= min(own, default=-1) < other.element.links_to
        for row in other.rows
        if row.printed and row.day is not None and row.day < page.today and row.link.number not in own
    ]
    return max(days, default=None)
