"""Letter boxes: which messages were asked and answered when, and which wait."""

# ruff: noqa: E501  (patterns and words are data: a line an idea)

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from selectolax.lexbor import LexborNode

from scrapers.dialects import kinds, marks
from scrapers.dialects.dates import FULL, full_dates, plain, short_dates
from scrapers.dialects.lists import Block, Row, parts
from scrapers.dialects.page import Element, Page
from scrapers.dialects.signs import masked
from scrapers.reading import Message

_BOX = re.compile(
    r"(信箱|来信|留言|咨询|投诉|问政|信件|举报|建言|写信|网上信访|互动交流|政民互动|有问必答|你问我答|在线答疑|民生热线|12345)"
)
# Names of columns that hold nothing but messages: there a list is one of messages, though it shows no state of any.
_NOTHING_ELSE = re.compile(
    r"信箱|来信(?!访)|留言|信件|网上咨询|在线咨询|我要咨询|咨询(?:投诉|建议|留言)|有问必答|你问我答|网络问政"
)
# What happens beside the boxes in the same channel, and is no box.
_OTHER_TALK = re.compile(r"调查|征集|征求|访谈|评议|投票|问卷|常见问题|知识库|须知|指南")
_TALK = re.compile(
    r"回\s?[复信]|答\s?复|办\s?结|办理中|受理|反馈|待办|待处理|处理中|处\s?理\s?[时结意情状]|留言|来\s?信|信件|写信|发信|转办|提交"
)

_WAITING = (
    r"(?:待|未|尚未|暂未|等待|还没有|没有)(?:回复|答复|回应|办理|处理|办结|受理|解答|审核|处置|反馈)|暂无(?:回复|答复|回应|处理结果|办理结果)|"
    r"(?:正在)?(?:处理|办理|受理|审核|转办|交办|回复)(?:之)?中|正在(?:办理|处理|审核|核实|转办)|已(?:受理|转办|交办|转交|分发|提交|接收|签收|登记)|待办|在办|未办"
)
_DONE = r"已(?:经)?(?:回复|答复|办结|处理(?:完毕|完成)?|办理(?:完毕|完成)?|反馈|解决|回应|解答|回信)|(?:回复|办理|处理)(?:完毕|完成)|办结|结案"
_WAITS = re.compile(rf"({_WAITING})")
_ANSWERED = re.compile(
    rf"(?<![未待])({_DONE}|(?<!未)回复)(?!率|数|量|时限|时间|日期|部门|单位|人|中|期限|\s?[（(]\s?0\s?[)）])"
)
# Words that are a receipt and no answer, where nothing else stands.
_IN_PROCESS = re.compile(rf"(?:您好|你好)?[，,！!\s]*(?:{_WAITING})[。.！!；;]?")
# A cell that is nothing but a state; shorter words may stand alone there.
_WAITS_CELL = re.compile(rf"(?:{_WAITING}|转办|交办|受理|办理|处理|审核|未答|未回|未复|新信件|待阅)")
_DONE_CELL = re.compile(rf"(?:{_DONE}|办毕|已办|已答|已回|已复|已结|已完成|完成|回复|答复|已归档|归档|已公开|√|✓)")
_STATE_HEAD = re.compile(r"状态|状况|进度|情况|是否(?:回复|答复|办结|反馈|处理)|^(?:回复|答复|办理结果|处理结果)$")
_YES, _NO = re.compile(r"是|有|√|✓|yes", re.I), re.compile(r"否|无|×|✗|no", re.I)

_KINDS = r"(?:留言|来信|咨询|提问|投诉|写信|信件|发信|提交|发表|反映|建议|来件|问政|网友|提出|诉求|求助|申请|问题|发帖)"
_ASKED_LABEL = re.compile(
    rf"(?:{_KINDS}(?:者|人)?(?:提交|发布)?(?:的)?(?:时间|日期)|(?:留言|发表|提交|写|提问|咨询|来信)于|(?:来信|留言|提问|咨询|提交|写信)[:：])[\]】）):：]*$"
)
# When the office took it in: the day of asking where no other day is told.
_TAKEN_LABEL = re.compile(r"(?:受理|登记|收到|接收|收信)(?:时间|日期)[\]】）):：]*$")
_ANSWER_LABEL = re.compile(
    r"(?:(?:回复|答复|回信|解答|办结|反馈|处理|办理|处置|官方回复|回应|答)(?:的)?(?:时间|日期|于)|(?:回复|答复|办结|反馈)[:：])[\]】）):：]*$"
)
# 答复（2018-09-05）, where the answer begins.
_ANSWER_BRACKET = re.compile(r"[\[【]?[一-鿿]{0,8}(?:回复|答复|回信|办结|反馈)(?:时间|日期)?[\]】]?[:：]?[（(\[【]")
_TWO_DAYS = re.compile(r"(?:时间|日期).*(?:时间|日期)")
_ANSWER_CELL = re.compile(r"(?:回复|答复)(?:内容|情况)?")
_CLOSING_DAY = re.compile(r"[（(\[【]([^（(\[【]{6,24})[）)\]】][。.]?$")
_ASKED_HEAD = re.compile(rf"^{_KINDS}.{{0,2}}(?:时间|日期)|^(?:受理|登记)(?:时间|日期)$|^(?:时间|日期)$")
_ANSWER_HEAD = re.compile(r"(?:回复|答复|回信|办结|反馈|处理|办理|回应).{0,2}(?:时间|日期)")
_BLANK = re.compile(r"(?<!\d)\s+|\s+(?!\d)")  # all but the one between a day and its hour
_LIMIT = re.compile(r"期限|时限|限办|限期|应(?:答复|办结|回复)")
_HEAD = re.compile(r"时间|日期|状态|标题|主题|部门|编号|单位|类型|类别|情况|是否|序号|内容")
# On a message's own page, what stands behind a time: 09:11 提交信件.
_STEP_ASKED = re.compile(r"^\W{0,4}(?:网友|用户|市民|群众|信件|诉求)?(?:提交|来信|留言|提问|写信|发起)")
_STEP_DONE = re.compile(
    r"^\W{0,4}(?:(?!转|交|督|请|由)[一-鿿]{1,9}(?:局|委|办|厅|中心|部门|单位|政府))?(?:已)?(?:办结|回复|答复|反馈)(?!期限|时限)"
)
# A question and its answer, each with its day behind it: 问：……？2018-09-01
_SPOKEN = re.compile(r"^(?:网友|市民|管理员|站长|官方)?[\[【]?(问|答|Q|A|回复|答复)[\]】]?\s*[:：]", re.I)
_BEHIND = re.compile(r"[。？?！!…\s(（\[【]$")
_REPLIES_NOW = re.compile(r"\W{0,4}(?:管理员|站长|官方)?(?:回复|答复)\s*[:：]")  # 市住建局 2018-06-08 回复：
_ASKS_NOW = re.compile(r"\W{0,4}(?:留言|提问|咨询|来信|写道)\s*[:：]")  # 网友 张** 于 2018-06-01 留言：
_OFFICE = 16  # characters of an office's name before the day of its answer
_STEP = 30  # characters of such a line

_REPLY = re.compile(
    r"^[\[【(（<《\s]*(?:管理员|站长|官方|部门|单位|最终|局长|[一-鿿]{0,12}?(?:局|委|办|厅|中心|部门))?"
    r"(?:回复|答复|回信|解答|回应|答|办理结果|处理结果|办理意见|处理意见|回复意见|答复意见|反馈意见|反馈结果|办理情况|处理情况)(?:信息)?(?:内容|意见|结果|情况|详情)?"
    r"(?:[\]】)）>》\s]*[:：][\s\]】]*|[\]】)）>》\s]*$|[\]】]\s*)(.*)$"
)
_REPLIER = re.compile(r"^\s*(?:回复|答复|处理|办理|承办|解答)\s*(?:单位|部门|人|机构)\s*[:：]?")
_REPLIED_BY = re.compile(r"\s*(?:回复|答复|解答)\s*(?:单位|部门|人|机构)\s*[:：]")
_STATE_LABEL = re.compile(rf"(?:状态|进度|结果|情况|回复|答复)\s*[:：]\s*[\[【(（]?\s*({_WAITING})")
_BRACKETED = re.compile(rf"[\[【(（]\s*({_WAITING}|转办|未答)\s*[\]】)）]")
_DONE_LABEL = re.compile(rf"(?:状态|进度|结果|情况)\s*[:：]\s*[\[【(（]?\s*({_DONE})|[\[【(（]\s*({_DONE})\s*[\]】)）]")
_ANY_REPLY = re.compile(
    r"回\s?[复信应]|答\s?复|解\s?答|办\s?结|反\s?馈|处理[结意情]|办理[结意情]|(?:^|\n)\s*答\s*[:：]"
)
_EMPTY_REPLY = re.compile(r"^[\s\-—–/无。.]*$|^(?:暂无|尚无|无|空)")
_LABEL_LINE = re.compile(r"^[一-鿿\s]{2,10}[:：]|^[一-鿿]{2,6}$")
_PAGE_END = re.compile(r"主办|承办单位|版权|ICP备|标识码|公网安备|打印|关闭|分享|上一[篇条]|下一[篇条]|返回")
_LEAST_REPLY = 4  # characters
_LEAST_ANSWER = 10  # characters of a cell that is an answer and no state
_HAN = re.compile(r"[一-鿿]")
# A message that needs no answer here, or gets none.
_LAID_ASIDE = re.compile(r"无效|不予受理|不受理|重复(?:信件|件|来信|诉求|提交)|撤回|撤销|退回|作废|不属于|不公开")
# What a message's page says of the message itself.
_MESSAGE_LINE = re.compile(
    rf"^[\[【(（]?(?:{_KINDS}|标题|主题|编号|姓名|昵称|网名|作者|类型|类别|分类|浏览|点击|阅读|访问|查询码|附件|收件|收信|受理|是否公开|所属|地区|区域|当前位置|您的?位置)[^。！？]{{0,20}}$"
)
_COMPLAINS = re.compile(r"至今|一直|仍|为什么|为何|何时|什么时候|怎么|我|[？！?!]")  # a citizen, and no state
_PICTURED_REPLY = re.compile(r"[复答函]|reply|answer|huifu|dafu|/hf", re.I)
_CONTENT = re.compile(
    r"(?:来信|留言|信件|咨询|问题|投诉|详细|提问|诉求)?内\s*容\s*[:：]|(?:来信|留言|信件|咨询|问题|投诉|提问)内容"
)
_BEFORE = 48  # characters in front of a date that may be its label
_MOST_SEGMENT = 6_000  # characters of one message that are looked at


def names_a_box(page: Page) -> bool:
    """Title, column tag or 当前位置 call the page a letter box; a survey or an interview in the same channel is none."""
    way = marks.crumbs(page)
    own = _own_name(page, way)
    if _OTHER_TALK.search(own) and not _BOX.search(own):
        return False
    return bool(_BOX.search(" ".join([page.title or "", page.tags.get("columnname", ""), *way])))


def holds_nothing_else(page: Page) -> bool:
    """A column whose own name says that its list can only be one of messages."""
    own = _own_name(page, marks.crumbs(page))
    return len(own) <= 16 and bool(_NOTHING_ELSE.search(own)) and not _OTHER_TALK.search(own)


def _own_name(page: Page, way: list[str]) -> str:
    names = [n for n in way if n not in ("正文", "列表", "内容", "首页")]
    title = re.split(r"[-_—|–]", page.title or "", maxsplit=1)[0]
    return (page.tags.get("columnname", "") or (names[-1] if names else "") or title).strip()


def messages(page: Page, found: list[Block]) -> tuple[Message, ...]:
    """The messages of a box as its list shows them, or of one message's own page; empty: there are none to be read.

    Titles are masked: a number of a person in one is nobody's business.
    """
    sure = holds_nothing_else(page)
    if not sure and not _TALK.search(page.visible):
        return ()
    told = _labelled(page)
    if len(told) == 1 and _CONTENT.search(page.visible):
        best = told  # a message's own page; lists beside it show others
    else:
        best = max((told, _tabled(page), _listed(page, found, sure=sure)), key=_weight)
    return tuple(replace(message, title=masked(message.title)) for message in best)


def _weight(messages: tuple[Message, ...]) -> tuple[int, int]:
    return len(messages), sum(bool(m.asked_on) + bool(m.answered_on) + m.answered + m.waits for m in messages)


# Lists


def _listed(page: Page, found: list[Block], *, sure: bool) -> tuple[Message, ...]:
    """Rows whose pieces hold dates and words of state; `sure`: no other rows are to be expected."""
    best: tuple[Message, ...] = ()
    for block in found:
        heads = _heads(page, block)
        got, words = [], 0
        for row in block.rows:
            message = _message(page, block, row, heads)
            words += message.answered or message.waits or message.answered_on is not None
            if message.asked_on or message.answered_on or message.answered or message.waits:
                got.append(message)
        dated = sum(m.asked_on is not None for m in got) * 2 >= len(block.rows)
        enough = words * 2 >= len(block.rows) or any(_ANSWER_HEAD.search(h) for h in heads)
        enough = enough or (
            dated and not block.aside and (sure or any(_ASKED_HEAD.search(h) and len(h) > 2 for h in heads))
        )
        if enough and len(got) > len(best):
            best = tuple(got)
    return best


def _heads(page: Page, block: Block) -> list[str]:
    """The cells of a list's head: a table's first row, or the short words right before a list."""
    element = block.element
    if element.tag in ("tbody", "table"):
        for node in element.node.css("tr"):
            if _are_heads(cells := _cells(node)):
                return cells
            break
        table = element.parent if element.tag == "tbody" else None
        head = table.node.css_first("thead tr") if table else None
        if head is not None:
            return _cells(head)
    above = element.node.prev
    while above is not None and not above.is_element_node:
        above = above.prev
    for row in (next(element.node.iter(), None), above):
        heads = ["".join(part.split()) for part in parts(row)]
        if _are_heads(heads) and sum(bool(_ASKED_HEAD.search(h) or _ANSWER_HEAD.search(h)) for h in heads) >= 2:
            return heads
    before = [t.strip() for t in page.outline.texts[max(0, element.texts_from - 16) : element.texts_from] if t.strip()]
    return before[-6:] if sum(bool(_ASKED_HEAD.search(t) or _ANSWER_HEAD.search(t)) for t in before[-6:]) >= 2 else []


def _cells(row: LexborNode) -> list[str]:
    return [_BLANK.sub("", c.text().strip()) for c in row.css("th, td")]


def _are_heads(cells: list[str]) -> bool:
    named = sum(bool(_HEAD.search(c)) and len(c) <= 10 for c in cells)
    return named >= 2 and not any(c.endswith((":", "：")) or full_dates(plain(c)) for c in cells)


def _message(page: Page, block: Block, row: Row, heads: list[str]) -> Message:
    element = _row_element(block, row)
    node = element.node
    pieces = [t.strip() for t in page.outline.texts[element.texts_from : element.texts_to] if t.strip()]
    own = plain(row.title)
    pieces = [p for p in pieces if plain(p) != own]
    pieces += [(i.attributes.get("alt") or i.attributes.get("title") or "").strip() for i in node.css("img")]
    text = plain("\n".join(pieces)).replace(own, " ", 1)
    cells = _cells(node) if node.tag == "tr" else parts(node) if heads else []
    if len(cells) != len(heads) and node.tag != "tr":
        cells = []
    asked, replied, answered, waits = _told(text, pieces, list(zip(heads, cells, strict=False)), page.today)
    if heads and not cells and asked is None and replied is None:
        shown = [s.day_of() for s in full_dates(text)]
        order = [h for h in heads if _ASKED_HEAD.search(h) or _ANSWER_HEAD.search(h)]
        if len(shown) == len(order) == 2:
            asked, replied = shown if _ASKED_HEAD.search(order[0]) else reversed(shown)
    if asked is None and replied is None:
        asked, replied = _unlabelled(text, answered=answered)
    if asked is None and row.day is not None and not full_dates(text) and short_dates(text):
        asked = row.day
    if asked is None and (short := short_dates(text)) and not full_dates(text) and len(short) == 1:
        asked = _with_year(page, short[0].month, short[0].day)
    return _made(page, row.title, row.link.href, (asked, replied), answered=answered, waits=waits)


def _with_year(page: Page, month: int, day: int) -> date | None:
    """A day without a year in a list: the latest of that name. A later day accuses less than an earlier one."""
    for year in (page.today.year, page.today.year - 1):
        try:
            shown = date(year, month, day)
        except ValueError:
            continue
        if shown <= page.today:
            return shown
    return None


def _row_element(block: Block, row: Row) -> Element:
    """The row's own box: the child of the list's that holds its link."""
    element = row.link.element
    while element.parent is not None and element.parent is not block.element:
        element = element.parent
    return element


def _told(
    text: str, pieces: list[str], cells: list[tuple[str, str]], today: date
) -> tuple[date | None, date | None, bool, bool]:
    """What a row says: day asked, day answered, shown as answered, shown as waiting.

    A day of reply beside 正在办理 tells of a receipt or of an answer: nobody can say.
    """
    asked = replied = None
    for shown in full_dates(text):
        before = _folded(text[max(0, shown.start - _BEFORE) : shown.start])
        if _ANSWER_LABEL.search(before) and not _LIMIT.search(before[-10:]):
            replied = replied or shown.day_of()
        elif _ASKED_LABEL.search(before):
            asked = asked or shown.day_of()
    stripped = [p.strip(" []【】()（）<>《》:：·　") for p in pieces]
    done = any(_DONE_CELL.fullmatch(p) for p in stripped)
    waits = any(_WAITS_CELL.fullmatch(p) for p in stripped)
    blank_answer = False
    for head, cell in cells:
        there = full_dates(plain(cell))
        if _LIMIT.search(head):
            continue
        if _ANSWER_HEAD.search(head) and _TWO_DAYS.search(head):  # 来信时间/回复时间
            days = [shown.day_of() for shown in there[:2]]
            turned = len(days) == 2 and not _ASKED_HEAD.search(head)
            asked = asked or (days[-1] if turned else next(iter(days), None))
            replied = replied or (days[1 - turned] if len(days) == 2 else None)
        elif _ANSWER_HEAD.search(head):
            replied = replied or (there[0].day_of() if there else None)
            blank_answer = blank_answer or (not there and bool(re.fullmatch(r"[\s\-—–/无暂]*", cell)))
        elif there and _ASKED_HEAD.search(head) and not _ANY_REPLY.search(cell):
            asked = asked or there[0].day_of()
        elif _ANSWER_CELL.fullmatch(head) and len(cell) >= _LEAST_ANSWER and not _WAITS.search(cell):
            closing = full_dates(plain(m[1])) if (m := _CLOSING_DAY.search(cell)) else []
            replied, done = replied or (closing[0].day_of() if len(closing) == 1 else None), True
        elif _STATE_HEAD.search(head):
            done = done or bool(_YES.fullmatch(cell) or _DONE_CELL.fullmatch(cell))
            waits = waits or bool(_NO.fullmatch(cell) or _WAITS_CELL.fullmatch(cell))
    if asked is not None and replied is not None and replied < asked:
        replied = None  # 1900-01-01 and its like
    if not done and not waits:
        waits = bool(_WAITS.search(text))
        done = not waits and bool(_ANSWERED.search(text))
    if replied is not None and not done and any(_IN_PROCESS.fullmatch(p) for p in stripped):
        return asked, None, False, False
    done = done or (replied is not None and replied <= today)
    return asked, replied, done, (waits or blank_answer) and not done


def _unlabelled(text: str, *, answered: bool) -> tuple[date | None, date | None]:
    """Days that nothing names: the first is that of asking, and the last of an answered one that of the answer."""
    days = [
        d for s in full_dates(text) if not _LIMIT.search(text[max(0, s.start - 12) : s.start]) and (d := s.day_of())
    ]
    if not days:
        return None, None
    return days[0], (days[-1] if len(days) > 1 and answered and days[-1] >= days[0] else None)


def _made(
    page: Page, title: str, href: str, days: tuple[date | None, date | None], *, answered: bool, waits: bool
) -> Message:
    """A day to come is none that was shown."""
    asked, replied = (day if day is not None and day <= page.today else None for day in days)
    return Message(title, page.absolute(href), asked, replied, answered or replied is not None, waits and not answered)


def _tabled(page: Page) -> tuple[Message, ...]:
    """Rows of a table with a head, whether they lead anywhere or not."""
    best: tuple[Message, ...] = ()
    for table in page.tree.css("table"):
        rows = table.css("tr")
        if len(rows) < 2 or table.css_first("table table") is not None:
            continue
        heads = _cells(rows[0])
        if not _are_heads(heads) or not any(_ASKED_HEAD.search(h) for h in heads):
            continue
        if not any(_ANSWER_HEAD.search(h) or _STATE_HEAD.search(h) for h in heads):
            continue
        got = tuple(_of_cells(page, row, heads) for row in rows[1:] if len(row.css("td")) == len(heads))
        got = tuple(m for m in got if m.asked_on or m.answered_on)
        if len(got) > len(best):
            best = got
    return best


def _of_cells(page: Page, row: LexborNode, heads: list[str]) -> Message:
    cells = _cells(row)
    link = row.css_first("a")
    named = [c for h, c in zip(heads, cells, strict=False) if re.search(r"标题|主题|内容|题目", h)]
    title = " ".join(link.text().split()) if link is not None else (named[0] if named else "")
    pieces = [c for c in cells if c and c != title]
    pieces += [(i.attributes.get("alt") or i.attributes.get("title") or "").strip() for i in row.css("img")]
    asked, replied, answered, waits = _told(
        plain("\n".join(pieces)), pieces, list(zip(heads, cells, strict=False)), page.today
    )
    href = (link.attributes.get("href") or "") if link is not None else ""
    return _made(page, title, href, (asked, replied), answered=answered, waits=waits)


# Messages told in running text


def _labelled(page: Page) -> tuple[Message, ...]:
    """留言时间：… and 回复时间：… one after the other, one message a pair; what was asked lately and how it stands."""
    text = page.plain
    events = _events(page, text)
    asks = [(at, day) for at, what, day in events if what == "ask"]
    if not asks:
        asks = [(at, day) for at, what, day in events if what == "taken"]
    ends = [*[at for at, _ in asks[1:]], len(text)][: len(asks)]
    alone = len(asks) == 1
    out: list[Message] = []
    silent: list[bool] = []
    for (at, day), end in zip(asks, ends, strict=True):
        replied = next((d for a, what, d in events if what == "answer" and at < a < end), None)
        if replied is None and alone:
            replied = next((d for _, what, d in events if what == "answer"), None)
        start = text.rfind("\n", 0, at) + 1
        part = text[start : min(end, start + _MOST_SEGMENT)]
        said = list(_replies(_lines(part))) if replied else []
        if said and all(_IN_PROCESS.fullmatch(one) for one in said):  # a receipt with a day
            replied, answered, waits = None, False, False
        else:
            answered, waits = (True, False) if replied else _stands(page, text if alone else part, part, alone=alone)
        if replied is None and answered and alone:
            replied = _signed(_lines(part), page.today)
        replied = (
            replied if replied is not None and replied >= day else None
        )  # an earlier day is that of something else
        out.append(Message(_subject(text, at), page.url, day, replied, answered, waits))
        silent.append(not _ANY_REPLY.search(part))
    if any(m.answered for m in out) and not kinds.filled_by_script(page):  # where others are answered, silence waits
        out = [replace(m, waits=True) if still and not m.answered else m for m, still in zip(out, silent, strict=True)]
    return tuple(out)


def _events(page: Page, text: str) -> list[tuple[int, str, date]]:
    """Every day that a label or a step's name calls one of asking or of answering."""
    events: list[tuple[int, str, date]] = []
    for shown in full_dates(text):
        day = shown.day_of()
        if day is None or day > page.today:
            continue
        before = _folded(text[max(0, shown.start - _BEFORE) : shown.start])
        line = text[text.rfind("\n", 0, shown.start) + 1 : (text.find("\n", shown.end) + 1 or len(text) + 1) - 1]
        after = text[shown.end : shown.end + 16]
        if _LIMIT.search(before[-8:]):
            continue
        opening = text[text.rfind("\n", 0, shown.start) + 1 : shown.start]
        if _ANSWER_LABEL.search(before) or _ANSWER_BRACKET.fullmatch(_folded(opening)):
            events.append((shown.start, "answer", day))
        elif _ASKED_LABEL.search(before):
            events.append((shown.start, "ask", day))
        elif _TAKEN_LABEL.search(before):
            events.append((shown.start, "taken", day))
        elif (spoken := _SPOKEN.match(line.strip())) and _BEHIND.search(line[: line.find(str(day.year))]):
            if not line[line.find(str(day.year)) :][shown.end - shown.start :].strip(" ])】）"):
                events.append((shown.start, "ask" if spoken[1] in "问Qq" else "answer", day))
        elif _answers_now(line, line.find(str(day.year)), after):
            events.append((shown.start, "answer", day))
        elif _ASKS_NOW.match(after) and line.find(str(day.year)) <= _OFFICE:
            events.append((shown.start, "ask", day))
        elif len(line) <= _STEP and not line[: line.find(str(day.year))].strip():
            if _STEP_DONE.search(after):
                events.append((shown.start, "answer", day))
            elif _STEP_ASKED.search(after):
                events.append((shown.start, "ask", day))
    return events


def _answers_now(line: str, at: int, after: str) -> bool:
    """市住建局 2018-06-08 回复： or 回复单位：市住建局 2018-06-08, the day at a place of its line."""
    return bool(
        (_REPLIES_NOW.match(after) and at <= _OFFICE) or (_REPLIED_BY.match(line) and not _HAN.search(line, at))
    )


def _folded(text: str) -> str:
    return "".join(text.split())


def _stands(page: Page, whole: str, part: str, *, alone: bool) -> tuple[bool, bool]:
    """Whether a message without a day of answer is shown as answered, or as waiting; neither: nobody can say.

    What the citizen wrote is not asked: 至今未回复 there is a complaint. A public page of one message that has nothing
    behind it, and no script that could bring an answer, shows one that waits.
    """
    lines = _lines(part)
    reply = _reply(lines)
    if reply:
        return True, False
    states = [line for line in lines if len(line) <= 60]
    if any(_STATE_LABEL.search(s) or _BRACKETED.search(s) or _is_state(s) for s in states):
        return False, True
    if any(_DONE_LABEL.search(s) or _DONE_CELL.fullmatch(s) for s in states if len(s) > 2):
        return True, False
    if any(_LAID_ASIDE.search(s) and not _COMPLAINS.search(s) for s in states if len(s) <= _STEP):
        return False, False
    if reply is not None:  # its place is empty
        return False, not (alone and (_may_reply(page, lines) or _may_come(page)))
    silent = alone and not _ANY_REPLY.search(_main(page, whole)) and not _may_reply(page, lines)
    return False, silent and not kinds.filled_by_script(page)


def _may_come(page: Page) -> bool:
    """A script or a frame that could bring the answer."""
    return kinds.fetches(page) or kinds.calls_for_rows(page) or bool(page.outline.frames)


def _may_reply(page: Page, lines: list[str]) -> bool:
    """Whether anything behind a message could be its answer under a name that we do not know: one paragraph is its own."""
    linked = {link.text for link in page.outline.links if link.text}
    own, behind = 1, 0
    for line in lines:
        if _PAGE_END.search(line[:20]):
            break
        content = _CONTENT.search(line[:12])
        if content is not None:
            own, behind = int(not line[content.end() :].strip(" :：")), 0
        elif line in linked or _MESSAGE_LINE.match(line) or _is_label(line):
            continue
        elif len(_HAN.findall(line)) >= _LEAST_REPLY:
            behind += 1
    pictures = page.tree.css("img[alt], img[title], img[src]") if behind <= own else []
    shown = (" ".join(filter(None, (i.attributes.get(n) for n in ("alt", "title", "src")))) for i in pictures)
    return behind > own or any(_PICTURED_REPLY.search(text) for text in shown)


def _is_label(line: str) -> bool:
    """答复单位 or 答复时间 with nothing behind it."""
    bare = line.strip(" :：[]【】")
    return bool(_ANSWER_HEAD.fullmatch(bare) or (_REPLIER.fullmatch(bare)) or (len(bare) <= 6 and _REPLY.match(bare)))


def _lines(part: str) -> list[str]:
    return [line.strip() for line in part.split("\n") if line.strip()]


def _is_state(line: str) -> bool:
    """A short line that is a state and no more, perhaps behind a day."""
    said = re.sub(r"\d[\d\-/.:年月日\s]*|状态|[:：\s\[\]【】()（）。,，!！]", "", line)
    short = len(line) <= 12 and not _COMPLAINS.search(line)
    return len(line) <= 40 and bool(_WAITS_CELL.fullmatch(said) or (short and _WAITS.search(line)))


def _reply(lines: list[str]) -> bool | None:
    """True: something stands where an answer is to stand; False: there is only its place; None: not even that."""
    place = False
    for said in _replies(lines):
        if said and not _EMPTY_REPLY.match(said) and len(said) >= _LEAST_REPLY and not _is_state(said):
            return True
        place = True
    return False if place else None


def _replies(lines: list[str]) -> Iterator[str]:
    """What stands in each place of an answer; empty: nothing."""
    for number, line in enumerate(lines):
        found = _REPLY.match(line)
        if found is None:
            continue
        said = found[1].strip()
        if not said:
            for following in lines[number + 1 : number + 4]:
                if _REPLIER.match(following) or _REPLY.match(following):
                    continue
                ends = _PAGE_END.search(following[:20]) or (_LABEL_LINE.match(following) and len(following) <= 16)
                said = "" if ends else following
                break
        yield said


def _signed(lines: list[str], today: date) -> date | None:
    """The day that closes an answer, under the office's name, on a line of its own."""
    place = next((n for n, line in enumerate(lines) if _REPLY.match(line)), len(lines))
    for line in lines[place + 1 :]:
        if _PAGE_END.search(line[:20]):
            break
        shown = next(iter(full_dates(line)), None)
        day = shown.day_of() if shown is not None and FULL.fullmatch(line) else None
        if day is not None and day <= today:
            return day
    return None


def _main(page: Page, text: str) -> str:
    """The text without its links: menus and buttons such as 回复 or 来信回复选登 say nothing of this message."""
    linked = {link.text for link in page.outline.links if link.text}
    return "\n".join(
        line for line in text.split("\n") if line.strip() and line.strip() not in linked and "内容" not in line[:6]
    )


def _subject(text: str, at: int) -> str:
    before = text[max(0, at - 1_500) : at]
    found = list(
        re.finditer(
            r"(?:标\s*题|主\s*题|留言内容|信件标题|来信标题|咨询内容|问题|问)\s*[:：]?\s*\n?\s*([^\n]{2,80})", before
        )
    )
    return found[-1][1].strip()[:60] if found else ""


def one_of(found: tuple[Message, ...], wanted: Message) -> Iterator[Message]:
    """The message of its own page that a list led to: the only one there, or one of the same title, of its day if any is."""
    alike = [m for m in found if len(found) == 1 or (m.title and m.title == wanted.title)]
    yield from [m for m in alike if m.asked_on == wanted.asked_on] or alike
