"""Letter boxes: which messages were asked and answered when, and which wait."""

import re
from datetime import date

from scrapers.dialects import marks
from scrapers.dialects.dates import full_dates, plain, short_dates
from scrapers.dialects.lists import Block, Row
from scrapers.dialects.page import Page
from scrapers.reading import Message

_BOX = re.compile(
    r"(信箱|来信|留言|咨询|投诉|问政|信件|举报|建言|写信|网上信访|互动交流|政民互动|有问必答|你问我答|在线答疑|民生热线|12345)"
)
_TALK = re.compile(
    r"回\s?[复信]|答\s?复|办\s?结|办理中|受理|反馈|待办|处理中|待处理|处理(?:情况|状态|结果)|留言|来信|信件"
)
_WAITS = re.compile(
    r"(待回复|未回复|未答复|待答复|待办理|待处理|未处理|未办理|尚未回复|暂未回复|等待回复|处理中|办理中|受理中|已受理|待受理|正在办理|已转办|转办中|已交办|未办结|暂无回复|审核中)"
)
_ANSWERED = re.compile(
    r"(?<![未待])(已回复|已答复|已办结|已处理|已办理|已反馈|办结|已解决|回复完毕|(?<!未)回复)(?!率|数|量|时限|中)"
)
_ASKED_LABEL = re.compile(
    r"((?:留言|来信|咨询|提问|投诉|写信|信件|发信|提交|发表|受理|反映|建议|登记|来件|问政|网友|信件提交|提出)\s*(?:时\s?间|日\s?期)|(?:问题|来信)(?:提交|发布)?(?:时间|日期))\s*[:：]?\s*$"
)
_ANSWER_LABEL = re.compile(
    r"((?:回\s?复|答\s?复|回\s?信|解\s?答|办\s?结|反\s?馈|处\s?理|办\s?理|官方回复|回应)\s*(?:时\s?间|日\s?期|于))\s*[:：]?\s*$"
)
_ASKED_HEAD = re.compile(
    r"(留言|来信|咨询|提问|投诉|写信|发信|提交|受理|信件|登记|反映|来件|诉求|问政).{0,2}(时间|日期)|^(时间|日期)$"
)
_ANSWER_HEAD = re.compile(r"(回复|答复|回信|办结|反馈|处理|办理).{0,2}(时间|日期)")


def names_a_box(page: Page) -> bool:
    """Title, column tag or 当前位置 call the page a letter box."""
    words = " ".join([page.title or "", page.tags.get("columnname", ""), *marks.crumbs(page)])
    return bool(_BOX.search(words))


def messages(page: Page, found: list[Block]) -> tuple[Message, ...]:
    """The messages of a box as its list shows them, or of one message's own page; empty: there are none to be read."""
    if not _TALK.search(page.visible):
        return ()
    told = _labelled(page)
    listed = _listed(page, found)
    return listed if len(listed) >= len(told) else told


def _listed(page: Page, found: list[Block]) -> tuple[Message, ...]:
    """Rows of a table or list whose cells hold dates and words of state."""
    best: tuple[Message, ...] = ()
    for block in found:
        heads = _heads(block)
        got = []
        words = 0
        for row in block.rows:
            message, said = _message(page, row, heads)
            words += said
            if message is not None:
                got.append(message)
        enough = words * 2 >= len(block.rows) or (any(_ANSWER_HEAD.search(h) for h in heads))
        if enough and len(got) > len(best):
            best = tuple(got)
    return best


def _heads(block: Block) -> list[str]:
    """The cells of a table's head, empty for other lists."""
    element = block.element
    if element.tag not in ("tbody", "table"):
        return []
    for node in element.node.css("tr"):
        cells = [re.sub(r"\s+", "", c.text()) for c in node.css("th, td")]
        if sum(bool(re.search(r"时间|日期|状态|标题|主题|部门|编号|单位|类型|类别", c)) for c in cells) >= 2:
            return cells
        break
    table = element.parent if element.tag == "tbody" else None
    head = table.node.css_first("thead tr") if table else None
    return [re.sub(r"\s+", "", c.text()) for c in head.css("th, td")] if head else []


def _message(page: Page, row: Row, heads: list[str]) -> tuple[Message | None, bool]:
    text = plain(row.text)
    rest = text.replace(plain(row.title), " ", 1)
    waits = bool(_WAITS.search(rest))
    answered = not waits and bool(_ANSWERED.search(rest))
    asked: date | None = None
    replied: date | None = None
    dates = full_dates(rest)
    for shown in dates:
        before = rest[max(0, shown.start - 16) : shown.start]
        if _ANSWER_LABEL.search(before):
            replied = shown.day_of()
        elif _ASKED_LABEL.search(before):
            asked = shown.day_of()
    if heads and (asked is None or replied is None):
        cells = [c.text() for c in _row_cells(row)]
        for head, cell in zip(heads, cells, strict=False):
            there = full_dates(plain(cell))
            if there and _ANSWER_HEAD.search(head):
                replied = replied or there[0].day_of()
            elif there and _ASKED_HEAD.search(head):
                asked = asked or there[0].day_of()
    if asked is None and replied is None and dates:
        asked = dates[0].day_of()
        if len(dates) > 1 and answered:
            last = dates[-1].day_of()
            replied = last if last and asked and last >= asked else None
    if asked is None and not dates and row.day is not None and short_dates(rest):
        asked = row.day
    if asked and asked > page.today:
        asked = None
    if replied and replied > page.today:
        replied = None
    said = waits or answered or replied is not None
    if asked is None and replied is None and not said:
        return None, said
    return Message(row.title, page.absolute(row.link.href), asked, replied, answered or replied is not None), said


def _row_cells(row: Row) -> list:  # type: ignore[type-arg]
    element = row.link.element
    while element is not None and element.tag != "tr":
        element = element.parent
    return [n for n in element.node.iter() if n.tag in ("td", "th")] if element is not None else []


def _labelled(page: Page) -> tuple[Message, ...]:
    """Messages told in running text: 留言时间：… and 回复时间：… one after the other, one message a pair."""
    text = page.plain
    events: list[tuple[int, str, date]] = []
    for shown in full_dates(text):
        before = re.sub(r"\s+", " ", text[max(0, shown.start - 24) : shown.start])
        day = shown.day_of()
        if day is None or day > page.today:
            continue
        if _ANSWER_LABEL.search(before):
            events.append((shown.start, "answer", day))
        elif _ASKED_LABEL.search(before):
            events.append((shown.start, "ask", day))
    out: list[Message] = []
    ends = [*[at for at, what, _ in events if what == "ask"][1:], len(text)]
    number = 0
    for at, what, day in events:
        if what == "ask":
            following = text[at : ends[number]]
            number += 1
            waits = bool(_WAITS.search(following[:3_000]))
            out.append(
                Message(
                    _subject(text, at),
                    page.url,
                    day,
                    None,
                    not waits
                    and bool(re.search(r"回复内容|答复内容|办理结果|处理结果|回复意见|回复单位|答复单位", following)),
                )
            )
        elif out and out[-1].answered_on is None:
            last = out[-1]
            out[-1] = Message(last.title, last.url, last.asked_on, day, True)
    return tuple(out)


def _subject(text: str, at: int) -> str:
    before = text[max(0, at - 1_500) : at]
    found = list(
        re.finditer(r"(?:标题|主题|留言内容|信件标题|来信标题|咨询内容|问题)\s*[:：]?\s*\n?\s*([^\n]{2,80})", before)
    )
    return found[-1][1].strip()[:60] if found else ""
