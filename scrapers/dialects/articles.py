"""One article: its title, the date that a reader is shown, its source."""

# ruff: noqa: E501  (patterns and words are data: a line an idea)

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import pairwise
from typing import NamedTuple

from scrapers.dialects import marks
from scrapers.dialects.dates import (
    Shown,
    each_full_date,
    english_dates,
    full_dates,
    moment,
    plain,
    spelled_dates,
    two_digit_dates,
)
from scrapers.dialects.page import Page

# Words in front of a date, the best witness of publication first. 成文 is when it was written, not when it was published.
_LABELS = (
    (
        "發布日期",
        "發布時間",
        "發佈日期",
        "發佈時間",
        "发布日期",
        "发布时间",
        "发布于",
        "发表时间",
        "发表日期",
        "发稿时间",
        "上网时间",
        "上传时间",
        "刊登时间",
        "发布",
    ),
    (
        "发文日期",
        "发文时间",
        "公开日期",
        "公开时间",
        "公布日期",
        "公布时间",
        "信息时间",
        "录入时间",
        "添加时间",
        "提交时间",
    ),
    ("日期", "时间", "時間"),  # only by itself, and with a colon behind it
    ("生成日期", "生成时间", "更新时间", "更新日期", "最后更新"),
)
_WRITTEN = ("成文日期", "成文时间")
_NO_DATE = (
    "今天", "今天是", "现在", "现在是", "当前时间", "截止", "截至", "有效", "有效期", "会议时间", "活动时间", "报名时间", "开标时间", "出生", "实施日期", "施行日期", "生效日期",
    "废止日期", "失效日期", "办结", "留言时间", "回复时间", "来信时间", "访问量", "copyright", "©", "版权",
)  # fmt: skip
_SOURCE = re.compile(
    r"(?:(?<![一-鿿])|(?<=\d[日时分秒次]))(?:信息来源|稿件来源|稿\s?源|文章来源|新闻来源|内容来源|消息来源|[来來]\s{0,4}源|文章出处|出\s?处|供稿单位|信息提供)\s*[:：]\s*[\[【（(〔]?([^\s|｜【\[，。；]{2,40})"
)
_IN_ENGLISH = re.compile(
    r"\b(?:Source|SOURCE)\s{0,3}[:：][^\S\n]{0,3}([^\W\d][^\n|｜:：\d]{1,40}?)[^\S\n]*(?=[|｜\n\d\[(（]|\b(?:Editor|Author|Time|Date|Updated?|Published)\b|$)"
)
# Where the page sets no blank between a source and the label that follows it.
_NEXT_LABEL = re.compile(
    r"(?:发布|发表|更新|录入|添加|上传)?(?:时间|日期)[:：]|(?:作者|责任编辑|责编|编辑|审核|审核人|发布人|录入|录入人|字号|字体|大小|人气|(?:阅读|浏览|点击|访问|查看)(?:次数|人数|量|数)?)[:：]"
)
_ISSUER = re.compile(
    r"(?:发\s?布\s?机\s?构|发\s?文\s?机\s?关|责\s?任\s?部\s?门|发\s?布\s?单\s?位|发\s?文\s?单\s?位|信息提供单位|公开责任部门|发\s?布\s?部\s?门)"
    r"\s*[:：]\s*([一-鿿（）()、]{2,40})"
)
_NO_END = re.compile(r"\s*(星期|周[一二三四五六日]|至|到|前|起)")
_PARTED = re.compile(r"\d[-/.]\d\d?[-/.]\d")
_CHINESE = re.compile(r"[一-鿿]")
_TABLED = ("发布机构", "发文机关", "来源")
_BODY_NAME = re.compile(r"[一-鿿（）()、]{2,40}")
_DAY_HEAD = re.compile(r"(?:发文|发布|公开|生成)(?:日期|时间)[:：]?")
_FOREIGN = re.compile(
    r"(?:发布|发表|更新|录入|添加)?(?:时间|日期)\s*[:：]\s*(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])/((?:19|20)\d\d)\s+(1[0-2]|0?\d):([0-5]\d)(?::([0-5]\d))?\s*([AP]M)",
    re.I,
)
_ENGLISH_DAY = re.compile(r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\b")
_ISSUER_HEAD = re.compile(r"^(?:发布机构|发文机关|责任部门|发布单位|发文单位|(?:信息|文章|稿件)?来源)$")
_NO_CELL = re.compile(
    r"[^\n]{0,59}?[：:。；;、][ \t\u3000\xa0]*(?:\n|$)|[^\n]{31}"
)  # a line of the text, no cell of a name
_NOT_SOURCE = re.compile(
    r"^(作者|编辑|发布|时间|日期|浏览|点击|访问|字号|字体|责任|录入|审核|打印|分享|索引|文号|主题|本站讯?$|\d)"
)


class Dated(NamedTuple):
    """A date on an article's page, and the words that vouch for it."""

    shown: Shown
    rank: int
    label: str


def title_of(page: Page) -> str | None:
    """The tag ArticleTitle; else the part of <title> that the page shows as well; else a heading, 标题：, the line over the date.

    A <title> that names only the site says nothing of the article.
    """
    tagged = " ".join(page.tags.get("articletitle", "").split())
    if tagged:
        return tagged
    whole = page.title or ""
    site = page.tags.get("sitename", "")
    parts = [p for p in marks.pieces(whole) if p != site and not marks.is_generic(p)]
    body = page.folded
    shown = [p for p in parts if len(p) >= 6 and _folded(p) in body]
    first = next((p for p in shown if not _SITE_NAME.search(p)), shown[0] if shown else None)
    if first is not None and (not _SITE_NAME.search(first) or (len(parts) > 1 and first == parts[0])):
        return first
    for part in parts:
        before, _, after = part.rpartition("——")
        if len(before) >= 6 and _SITE_NAME.search(after) and _folded(before) in body:
            return before
    return _shown_title(page) or first or max(parts, key=len, default=None) or whole or None


def names_a_site(page: Page, title: str) -> bool:
    return title == page.tags.get("sitename") or bool(_SITE_NAME.search(title))


def is_shown(page: Page, title: str) -> bool:
    """The page shows the words of the title outside of <title>."""
    return _folded(title) in page.folded


def _shown_title(page: Page) -> str | None:
    """What the page itself puts at the head of an article."""
    out = page.outline
    for element in out.titles:
        if element.tag == "h1" and element.links_to == element.links_from:
            words = " ".join(out.text(element).split())
            if 6 <= len(words) <= 120:
                return words
    m = _TITLE_LABEL.search(page.visible)
    if m:
        return " ".join(m[1].split())
    lines = page.lines
    for number, line in enumerate(lines[1:], 1):
        if len(line) < 120 and _DATE_LINE.search(line):
            above = lines[number - 1]
            if 6 <= len(above) <= 120 and not re.search(r"[:：]$|位置|首页|\d:\d\d|://|\d{4}-\d", above):
                return " ".join(above.split())
            return None
    return None


_BESIDE_DATE = re.compile(
    r"来源|作者|浏览|点击|访问|字号|字体|打印|分享|编辑|发布|阅读|\d\s*次|(?i:releas|publish|updat|posted|source|date|time)"
)
_MAKING = re.compile(r"通过|公布|施行|实施|修[订正]|批准|废止")
_SITE_NAME = re.compile(r"(政府|网|网站|门户|局|厅|委员会|办公室|中心|委)$")
_TITLE_LABEL = re.compile(r"(?<![一-鿿])标[\s　]*题\s*[:：]\s*([^\n]{6,150})")
_DATE_LINE = re.compile(
    r"(?:发布|发文|公开|发表|更新)?(?:时间|日期)\s*[:：]\s*(?:19|20)\d\d|^(?:19|20)\d\d[-年/.]\d{1,2}[-月/.]\d{1,2}"
)


def _folded(text: str) -> str:
    return "".join(text.split())


def dates_of(page: Page) -> list[Dated]:
    """The dates on the page that could be the day of publication, the best witness first, then by place.

    Once a day and hour with the best words in front is found, what follows is not looked at.
    """
    text = page.plain
    found: list[Dated] = []
    for shown in each_full_date(text):
        if _NO_END.match(text, shown.end):
            continue
        before = text[max(0, shown.start - 60) : shown.start]
        label = "".join(before.split()).rstrip("[(（【")
        said = label.rstrip(":：")
        if said.lower().endswith(_NO_DATE) and _ends_in_one_line(before):
            continue
        rank = _rank(said, len(said) < len(label))
        if rank == 9 and said.endswith(_LABELS[2]) and "\n" in before:
            line = "".join(_last_line(before).split())
            rank = _rank(line.rstrip(":："), line[-1:] in (":", "："))
        found.append(Dated(shown, rank, label[-10:]))
        if found[-1].rank == 0 and shown.clock is not None and moment(shown, page.today):
            break
    return sorted(found, key=lambda d: (d.rank, d.shown.start))


def _ends_in_one_line(before: str) -> bool:
    """The words in front of a date say no with their last line alone, not a title's end and 时间 on the next."""
    return "".join(_last_line(before).split()).rstrip("[(（【").rstrip(":：").lower().endswith(_NO_DATE)


def _last_line(text: str) -> str:
    return next((part for part in reversed(text.split("\n")) if part.strip()), "")


def _rank(said: str, colon: bool) -> int:
    """How good a witness of publication the words before a date are: 0 the best, 7 成文日期, 9 none."""
    for rank, words in enumerate(_LABELS):
        if said.endswith(words) and (rank != 2 or (colon and not _CHINESE.match(said[-3:-2]))):
            return rank
    return 7 if said.endswith(_WRITTEN) else 9


def published_at(page: Page, title: str | None, found: list[Dated] | None = None) -> datetime | None:
    """The date shown with the words for publication; else one that stands alone under the title; else 成文日期.

    A PubDate tag alone is no date: in part of the real pages it is the time at which the page was made again. Where the tag
    and what is shown name the same day and only the tag knows the hour, the hour is the tag's.
    """
    dates = [d for d in (dates_of(page) if found is None else found) if moment(d.shown, page.today)]
    labelled = [d for d in dates if d.rank < 7]
    chosen = labelled[0].shown if labelled else _under_title(page, title, dates)
    if not labelled:
        chosen = _day_in_table(page) or chosen or _over_heading(page, title) or _in_a_rare_shape(page)
        chosen = chosen or _of_a_foreign_culture(page) or _in_english(page, title)
    if chosen is None:
        written = [d for d in dates if d.rank == 7]
        chosen = written[0].shown if written else None
    if chosen is None:
        return None
    if labelled and chosen.clock is None:
        same = [
            d.shown
            for d in labelled
            if d.rank == labelled[0].rank and d.shown.day_of() == chosen.day_of() and d.shown.clock
        ]
        chosen = same[0] if same else chosen
    if chosen.clock is None and (tagged := full_dates(plain(page.tags.get("pubdate", "")))):
        tag = tagged[0]
        if tag.clock is not None and tag.day_of() == chosen.day_of():
            chosen = tag
    return moment(chosen, page.today)


def published_day(page: Page, title: str | None) -> date | None:
    """The day that the page shows as that of publication; None: none."""
    found = published_at(page, title)
    return found.date() if found is not None else None


_CLOCK = re.compile(r"(?<!\d)(?:[01]?\d|2[0-3])\s?[:：]\s?[0-5]\d(?!\d)|\d\s?[时點点]\s?\d{1,2}\s?分")


def shows_clock(page: Page) -> bool | None:
    """Whether the hour of publication is shown; False only where no hour at all stands on the page or in its tag.

    None: an hour stands somewhere, but not beside a date that could be the day of publication; or a part is missing.
    """
    if any(d.shown.clock is not None for d in dates_of(page)):
        return True
    tagged = page.tags.get("pubdate", "")
    if page.cut or _CLOCK.search(page.plain) or _CLOCK.search(tagged):
        return None
    return False


def _under_title(page: Page, title: str | None, dates: list[Dated]) -> Shown | None:
    """A date in a short line of its own, near the title, before the text proper begins."""
    text = page.plain
    folded = plain(title or "").strip()
    at = [m.end() for m in re.finditer(re.escape(folded[:12]), text)] if len(folded) >= 4 else []
    if not at:
        return None
    best: tuple[int, Shown] | None = None
    for dated in dates:
        if dated.rank != 9:
            continue
        shown = dated.shown
        line_from = text.rfind("\n", 0, shown.start) + 1
        line_to = text.find("\n", shown.end)
        line = text[line_from : line_to if line_to > 0 else None]
        rest = (line[: shown.start - line_from] + line[shown.end - line_from :]).strip(" ()[]|·")
        if _MAKING.search(rest) or len(rest) > 60 or (len(rest) > 4 and not _BESIDE_DATE.search(rest)):
            continue
        near = min(
            (shown.start - e for e in at if -10 <= shown.start - e <= 600 and not _is_prose(text[e : shown.start])),
            default=None,
        )
        if near is not None and (best is None or near < best[0]):
            best = (near, shown)
    return best[1] if best else None


def _is_prose(text: str) -> bool:
    """Between a title and a date that is shown under it no text has begun: one behind the text is a signature's."""
    return sum(len(line) for line in text.split("\n") if "。" in line) >= 60


def _over_heading(page: Page, title: str | None) -> Shown | None:
    """The day in the line straight above the heading; alone it may be the clock of the day on which the page was made."""
    out, begins = page.outline, _folded(title or "")[:12]
    for heading in out.titles:
        if heading.links or len(begins) < 4 or not _folded(out.text(heading)).startswith(begins):
            continue
        above = plain("".join(out.texts[max(0, heading.texts_from - 24) : heading.texts_from]))
        line = _last_line(above)
        days = full_dates(line)
        if len(days) != 1 or not moment(days[0], page.today) or _NO_END.match(line, days[0].end):
            return None
        rest = (line[: days[0].start] + line[days[0].end :]).strip(" ()[]|·")
        if _MAKING.search(rest) or _folded(line[: days[0].start]).rstrip(":：").lower().endswith(_NO_DATE):
            return None
        if rest:
            return days[0] if len(rest) <= 60 and _BESIDE_DATE.search(rest) else None
        return days[0] if days[0].day_of() != page.today else None
    return None


def _in_a_rare_shape(page: Page) -> Shown | None:
    """18-09-11 or 二〇一八年九月十一日 behind the words for publication, 18-09-11 beside a source as well.

    Never one that stands by itself; where several days stand so, none is believed.
    """
    found: list[Shown] = []
    for line in page.plain.split("\n"):
        if len(line) > 120 or not (_PARTED.search(line) or "年" in line):
            continue
        short = two_digit_dates(line, page.fetched_at)
        for shown in [*short, *spelled_dates(line)]:
            label = _folded(line[: shown.start]).rstrip("[(（【")
            said = label.rstrip(":：")
            vouched = _rank(said, len(said) < len(label)) < 7 and not said.lower().endswith(_NO_DATE)
            if (vouched or (len(short) == 1 and shown in short and _SOURCE.search(line))) and moment(shown, page.today):
                found.append(shown)
    return found[0] if len({shown.day_of() for shown in found}) == 1 else None


def _day_in_table(page: Page) -> Shown | None:
    """The day under its head cell, where heads and values stand in two rows."""
    if not any(word in page.visible for word in ("发文日期", "发布日期", "公开日期", "发布时间", "公开时间")):
        return None
    for rows in _tables(page):
        for heads, cells in pairwise(rows):
            if len(heads) != len(cells) or len(heads) < 3:
                continue
            for head, cell in zip(heads, cells, strict=True):
                days = full_dates(plain(cell)) if len(cell) < 24 and _DAY_HEAD.fullmatch(head) else []
                if len(days) == 1 and moment(days[0], page.today):
                    return days[0]
    return None


def _of_a_foreign_culture(page: Page) -> Shown | None:
    """5/3/2018 4:20:00 PM behind the words for publication: AM and PM say that the month stands first."""
    m = _FOREIGN.search(page.plain)
    if m is None:
        return None
    hour = int(m[4]) % 12 + (12 if m[7].upper() == "PM" else 0)
    shown = Shown(m.start(1), m.end(), int(m[3]), int(m[1]), int(m[2]), time(hour, int(m[5]), int(m[6] or 0)))
    return shown if moment(shown, page.today) else None


def _in_english(page: Page, title: str | None) -> Shown | None:
    """Updated: Sep 19, 2018, in a short line under a title without a Chinese word."""
    if not title or _CHINESE.search(title) or not _ENGLISH_DAY.search(page.visible):
        return None
    _, _, below = page.visible.partition(title[:20])
    for line in below.split("\n")[:8]:
        shown = english_dates(line) if len(line) <= 120 else []
        if len(shown) == 1 and moment(shown[0], page.today):
            return shown[0]
    return None


def _sources(text: str) -> Iterator[re.Match[str]]:
    """Every place that names a source; the plain search for a word goes first, because it is the quicker one."""
    for word in ("源", "出处", "供稿单位", "信息提供"):
        at = text.find(word)
        while at >= 0:
            m = _SOURCE.search(text, max(0, at - 6), at + 80)
            if m:
                yield m
            at = text.find(word, at + 1)


def source_of(page: Page) -> str | None:
    """The words after 来源, else the issuing body; a label with nothing behind it is no source."""
    text = page.visible
    for m in _sources(text):
        if "\n" in text[m.start() : m.start(1)] and _NO_CELL.match(text, m.start(1), m.start(1) + 60):
            continue
        words = _NEXT_LABEL.split(m[1], 1)[0].strip(" ：:|。，,;；)）】]］")
        if len(words) >= 2 and not _NOT_SOURCE.match(words):
            return words
    m2 = _ISSUER.search(text)
    if m2:
        return m2[1].strip()
    if any(word in text for word in _TABLED) and (body := _issuer_in_table(page)):
        return body
    m3 = _IN_ENGLISH.search(text) if "ource" in text or "SOURCE" in text else None
    return m3[1].strip() if m3 else None


def _issuer_in_table(page: Page) -> str | None:
    """The issuing body under its head cell, or in the cell beside it."""
    for rows in _tables(page):
        for at, cells in enumerate(rows):
            for number, cell in enumerate(cells):
                if not _ISSUER_HEAD.match(cell):
                    continue
                under = rows[at + 1] if at + 1 < len(rows) else []
                beside = cells[number + 1] if number + 1 < len(cells) else ""
                if len(under) == len(cells) > 2 and _BODY_NAME.fullmatch(under[number]):
                    return under[number]
                return beside if _BODY_NAME.fullmatch(beside) and len(cells) % 2 == 0 else None
    return None


def _tables(page: Page) -> Iterator[list[list[str]]]:
    """The cells of every table, row by row."""
    for table in page.tree.css("table"):
        yield [[" ".join(c.text().split()) for c in row.iter() if c.tag in ("td", "th")] for row in table.css("tr")]


def tag_date(page: Page) -> date | None:
    """The day in the tag PubDate: evidence beside what is shown, and proof of nothing."""
    dates = full_dates(plain(page.tags.get("pubdate", "")))
    return dates[0].day_of() if dates else None
