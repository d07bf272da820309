"""Service guides: which of the eight elements one tells, which it lacks, and what it offers for download. 办事指南"""

# ruff: noqa: E501  (patterns and words are data: a line an idea)

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from inspectorate.evidence import GUIDE_ELEMENTS
from scrapers.dialects import articles, kinds, marks
from scrapers.dialects.page import Page, plain

# The eight classes of the census table, and the words by which pages call them.
_WORDS: dict[str, str] = {
    "事项名称": r"事项名称|项目名称|服务名称|办事项目|办理事项|事项|许可名称",
    "设定依据": r"(?:设定|办理|法律|实施|法定|政策|审批|受理|许可)(?:法律|政策)?依据|依据(?:文件)?",
    "申请条件": r"(?:申请|受理|办理|申报|准予批准|审批|许可|办事|准入)(?:的)?条件|申请人条件|适用(?:范围|对象)及条件|条件",
    "办理材料": r"(?:申请|办理|申报|所需|提交|报送|受理|办事|需要?提(?:交|供)的?)(?:的)?(?:材料|资料|要件)(?:目录|清单)?|材料(?:清单|目录)|需提交的?材料",
    "办理地点": r"(?:办理|受理|办公|办事|服务|窗口|咨询|联系)(?:的)?(?:地点|地址|位置)|(?:办理|受理|办事)窗口|地址|地点",
    "办理时间": r"(?:办理|办公|受理|工作|服务|对外服务|办事|接待)(?:的)?时间|(?:办理|承诺|法定|办结|审批|受理)(?:办结)?(?:时限|期限|时间)",
    "联系电话": r"(?:联系|咨询|服务|办公|窗口|受理|办事)(?:电话|方式)|咨询(?:及|和|与)?(?:投诉|监督)?电话|电话",
    "办理流程": r"(?:办理|办事|审批|服务|受理|业务|申请|工作)(?:基本)?(?:流程|程序|步骤)(?:图)?|流程图?|程序|办理(?:环节|过程|方式)",
}
# Other labels of guides: what stands behind one of these belongs to it.
_OTHERS = r"(?:收费|监督|投诉|服务对象|实施|办理机构|办件|事项类型|行使层级|数量限制|结果|备注|常见问题|网上|附件|相关|承办|责任|权力|办理形式|到场|通办|中介|年审|咨询|法律救济|审查)[一-鿿]{0,8}"
_NUMBER = r"^[\s\d一二三四五六七八九十、.．，（）()【\[●■◆·★※☆-]*"
_BEHIND = r"(?:[（(][^（()）]{0,12}[）)])?(?:[】\])）]\s*[:：]?\s*(.*)|\s*[:：]\s*(.*)|\s{1,8}(\S.*))?$"
_LABELS = {name: re.compile(rf"{_NUMBER}(?:{words}){_BEHIND}") for name, words in _WORDS.items()}
_MENTIONS = {name: re.compile(words) for name, words in _WORDS.items()}
_OTHER_LABEL = re.compile(rf"{_NUMBER}(?:{_OTHERS})[】\])）]?\s*(?:[:：].*)?$")
_VAGUE = re.compile(r"^(?:暂无|无|略|详见.*|见附件.*|请?见.{0,12}|[-—–/\\.。、\s]+|待定|点击.{0,10}|查看.{0,6})$")
_FOOT = re.compile(r"主办(?:单位)?[:：]|承办单位|版权所有|ICP备|网站标识码|公网安备|Copyright", re.I)
_FILE = re.compile(r"\.(?:docx?|xlsx?|pdf|wps|et|rtf|zip|rar|7z|ofd)(?:$|[?#&])", re.I)
_DOWNLOADS = re.compile(r"(?:down(?:load)?|attach(?:ment)?|file)[^/]*[/?.]", re.I)
_FORM = re.compile(
    r"(?:申请|登记|审批|备案|申报|报名|审核|变更|注销|推荐|信息)(?:书|表)|样表|空表|表格|《[^》]{2,30}(?:表|书)》"
)
_SERVICE_HALL = re.compile(r"(?:政务服务网|一网通办|在线办理|网上办理|我要办|在线申办)")
_NAMES_GUIDES = re.compile(r"办事指南|服务指南|办事流程|办事须知|办事程序|服务事项|事项指南|便民服务|行政许可")
LEAST_LABELS = 3  # in a column of guides; elsewhere a page must say more before it is taken for one


@dataclass(frozen=True, slots=True)
class Guide:
    """One guide: each element is told, lacking, or nobody can say."""

    title: str
    lacking: tuple[str, ...]
    unclear: tuple[str, ...]
    attachments: tuple[str, ...]  # absolute addresses
    forms: bool | None  # names a form and offers one; None: names none


def is_guide(page: Page) -> bool:
    """By its words; in a column of guides by fewer, if they stand as labels."""
    if kinds.is_guide(page):
        return True
    text = page.visible
    if not ("材料" in text or "依据" in text or "流程" in text or "条件" in text):
        return False
    way = " ".join([*marks.crumbs(page), page.tags.get("columnname", "")])
    if not _NAMES_GUIDES.search(way):
        return False
    return sum(any(pattern.match(line) for line in _lines(page)) for pattern in _LABELS.values()) >= LEAST_LABELS


def names_guides(name: str) -> bool:
    """A column whose name says that guides stand in it."""
    return bool(_NAMES_GUIDES.search(name))


def read_guide(page: Page) -> Guide:
    """What a page of kind `guide` tells.

    An element is told where its label has something behind it, and lacking only where neither the label nor its words
    are on the page and nothing else could hold it: no script that fills, frame, document or hall to go on to.
    """
    lines = _lines(page)
    title = articles.title_of(page) or ""
    attachments = _attachments(page)
    elsewhere = (
        bool(attachments)
        or kinds.filled_by_script(page)
        or page.cut
        or any(f and not f.lower().startswith(("about:", "javascript:")) for f in page.outline.frames)
        or any(
            _SERVICE_HALL.search(link.text) for link in page.outline.links if _is_body(page, link.element.texts_from)
        )
        or _pictures(page)
    )
    lacking, unclear = [], []
    text = "\n".join(lines)
    for name in GUIDE_ELEMENTS:
        told = _told(lines, _LABELS[name])
        if name == "事项名称" and not told and title and not _NAMES_GUIDES.fullmatch(title):
            continue  # the page is called by it
        if told:
            continue
        if told is None and not elsewhere and not _MENTIONS[name].search(text):
            lacking.append(name)
        else:
            unclear.append(name)
    named = bool(_FORM.search(text))
    return Guide(title, tuple(lacking), tuple(unclear), attachments, bool(attachments) if named else None)


def _lines(page: Page) -> list[str]:
    """The page's lines, without its foot."""
    lines = [plain(line) for line in page.lines]
    foot = next((n for n, line in enumerate(lines) if n * 2 > len(lines) and _FOOT.search(line)), len(lines))
    return lines[:foot]


def _told(lines: list[str], label: re.Pattern[str]) -> bool | None:
    """True: something stands behind the label; False: only the label is there, or it says 无; None: not even that."""
    there = False
    for number, line in enumerate(lines):
        if not (found := label.match(line)):
            continue
        there = True
        said = next(filter(None, found.groups()), "").strip()
        if not said:
            following = lines[number + 1] if number + 1 < len(lines) else ""
            said = "" if _is_label(following) else following.strip()
        if said and not _VAGUE.match(said):
            return True
    return False if there else None


def _is_label(line: str) -> bool:
    if _OTHER_LABEL.match(line):
        return True
    return any(pattern.match(line) for pattern in _LABELS.values())


def _is_body(page: Page, place: int) -> bool:
    """Not in the page's head or foot, by its place alone."""
    return place * 10 > len(page.outline.texts)


def _pictures(page: Page) -> bool:
    """A picture in the running text may be a flow chart, or the whole guide."""
    return (
        page.tree.css_first("p img, td img, [class*=content] img, [id*=content] img, [class*=article] img") is not None
    )


def _attachments(page: Page) -> tuple[str, ...]:
    """The documents that a guide offers, each address once."""
    found: dict[str, None] = {}
    for link in page.outline.links:
        url = page.absolute(link.href)
        if not url.startswith(("http://", "https://")):
            continue
        try:
            parts = urlsplit(url)
        except ValueError:
            continue
        named = _FILE.search(f"{parts.path}?{parts.query}") or (_FILE.search(link.text) and _DOWNLOADS.search(url))
        if named:
            found.setdefault(url.partition("#")[0], None)
    return tuple(found)
