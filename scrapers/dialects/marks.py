"""What a page says of itself: title, official tags, footer identifiers, way-bread (当前位置) and redirect."""

# ruff: noqa: E501  (patterns and words are data: a line an idea)

import html
import re
from urllib.parse import urlsplit

from scrapers.dialects.page import Link, Page

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼陇滇黔"
_ICP = re.compile(
    rf"([{_PROVINCES}]\s?ICP\s?(?:备案?|证)?\s?(?:案号|号|备)?\s?[:：]?\s?\d{{6,10}}(?:号?\s?-\s?\d{{1,3}})?\s?号?(?:\s?-\s?\d{{1,3}})?)",
    re.I,
)
_POLICE = re.compile(rf"([{_PROVINCES}]\s?公网安备\s*(?:案号)?\s*[:：]?\s*(?:第)?\s*(\d{{12,14}})\s*号?)")
_POLICE_FILING = re.compile(r"公安(?:机关)?备案[编序]?号\s*[:：]?\s*(\d{14})(?!\d)")
_CODE = re.compile(r"码\s*[:：]?\s*((?:bm|BM|Bm)\d{8}|N\d{9}|\d{10})(?!\d)")
_CODE_TAG = re.compile(r"bm\d{8}|n\d{9}|\d{10}", re.I)
_CODE_LINK = re.compile(r"_jiucuo_[\"'][^>]{0,80}sitecode\s*=\s*[\"']?(bm\d{8}|\d{10})(?!\d)", re.I)
_NAME = r"[一-鿿（）()、，·]"
_MORE_BODIES = rf"(?:[ 　\xa0]{_NAME}{{2,30}}(?:厅|局|委|办|府|院|会|中心|部|处)(?![一-鿿]))?"
_SPONSORS = (
    re.compile(rf"主\s?办\s?单\s?位\s*[:：]?\s*({_NAME}{{3,40}}{_MORE_BODIES})"),
    re.compile(rf"主\s?办\s*[:：]\s*({_NAME}{{3,40}}{_MORE_BODIES})"),
    re.compile(rf"(?:^|[\s。.>|:：])((?![^主]*(?<!自)由){_NAME}{{3,40}})[ 　\xa0]*主\s?办(?!单位|方|[:：一-鿿])"),
)
_OWNERS = (
    re.compile(rf"(?:^|[\s。.>|©:：·])({_NAME}{{4,40}}?)(?<!网)(?<!网站)(?<!公司)[ 　\xa0]*版权所有"),
    re.compile(rf"版权所有\s*[:：©]?\s*({_NAME}{{4,40}})(?<!网)(?<!网站)(?<!公司)(?![一-鿿])"),
)
_SPONSOR_LABEL = re.compile(rf"主\s?办\s?单?\s?位?\s*[:：]\s*({_NAME}{{3,40}})")
_SPONSOR_ENDS = re.compile(
    r"(?:承\s?办|主管|协办|技术支持|运行维护|维护|运维|管理|建设|联系)(?:单位|[:：])|网站标识|版权所有|地址|未经|中文域名|备案|邮编"
)
_IDENTIFIERS = re.compile(r"ICP|公网安备|标识码|版权所有|Copyright|COPYRIGHT|©")
_SPLIT = re.compile(r"\s+[-—–－|]+\s+|\s*[_|｜>»]+\s*|(?<=[一-鿿）)”])[-－–](?=[一-鿿])")
_CRUMB = re.compile(
    r"(?:当前|现在|目前|您的?|你的?|所在)\s?(?:所在)?(?:的)?\s?位\s?置(?:是)?\s*[:：是]?|您(?:现在|当前)?(?:所)?在[:：]|位置[:：]"
)
_BLANKS = " 　\xa0·:：\r\n\t-"
_ARROWS = re.compile(r"-?[>＞»›→/\\|]+|&gt;")
_HOME_NAME = re.compile(r"首\s?页|主\s?页")
_NO_STEP = re.compile(
    r"^(正文|列表页?|信息列表|内容|详细(内容|信息)?|文章内容|查看(详情|信息)?|当前位置|字号|字体|默认|特?大|中|小|超大|打印|关闭|分享)$"
)
_CRUMB_NAMES = re.compile(r"crumb|bread|position|location|weizhi|dqwz|(^|[\s_-])(wz|path|place|mbx)([\s_-]|$)")
_MAYBE_HOME = re.compile(r"\s*(?:https?://[^/]*|//[^/]*|[./]*)/?(?:(?:index|default)\.\w+)?\s*$", re.I)
_PATH = re.compile(r"https?://([^/?#]+)/?(?:(?:index|default)\.\w+)?$", re.I)
_LABEL = re.compile(r"[:：]|\d{4}-\d|时间|日期|来源|索\s?引")
_GENERIC_TITLE = re.compile(
    r"^(首页|信息内容|详细页面?|正文|内容页?|文章详情|列表页?|栏目页?|无标题文档|index|default)$", re.I
)

_REFRESH = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*[;,]\s*(?:url\s*=\s*)?[\"']?\s*(.+?)[\"']?\s*$", re.I)
_LOCATION = re.compile(
    r"(?:(?:window|self|top|parent|document|this)\s*\.\s*)*location\s*(?:\.\s*href\s*)?(?:=|\.\s*(?:replace|assign)\s*\()\s*"
    r"((?:[\"'][^\"'\n]*[\"']\s*\+?\s*)+)",
    re.I,
)
_GOES = re.compile(r"location\s*(?:\.\s*href\s*)?(?:=|\.\s*(?:replace|assign)\s*\()\s*([A-Za-z_$][\w$]{0,40})\s*[;)\n]")
_FUNCTION = re.compile(
    r"\bfunction\s+([\w$]{1,60})\s*\([^()]{0,200}\)\s*\{|(?<![\w$.])([\w$]{1,60})\s*=\s*function\s*\([^()]{0,200}\)\s*\{"
)
_HANDLERS = re.compile(
    r"""\son(?!load)[a-z]{3,20}\s*=\s*(?:"[^"]{0,500}"|'[^']{0,500}'|[^\s>]{1,200})|href\s*=\s*["']?javascript:[^"'>]{0,500}""",
    re.I,
)
_PIECE = re.compile(r"[\"']([^\"'\n]*)[\"']")
_COMMENTS = re.compile(r"<!--.*?-->|/\*.*?\*/|(?m:^\s*//.*$)", re.S)

SPLASH_TEXT = 400  # a page with more to read than that is no splash
SPLASH_LINKS = 12
_ENTER = re.compile(r"进入|点击|跳过|首\s?页|主\s?页|简体|中文|enter|skip", re.I)
_ROOT = re.compile(r"https?://[^/?#]+/?(?:(?:index|default|home|main)(?:_\d+)?\.\w{2,5})?", re.I)


def pieces(title: str) -> list[str]:
    """A title split at the signs that part page, column and site."""
    return [p for p in _SPLIT.split(title) if p]


def is_generic(title: str) -> bool:
    return bool(_GENERIC_TITLE.match(title))


def site_of(page: Page) -> dict[str, str | None]:
    """name, site_code, icp, police, sponsor: the footer's words first, then the official tags."""
    text = page.plain
    foot = text[-2500:]
    if "ICP" not in foot and "ICP" in text[-12_000:]:
        at = text.rindex("ICP")
        foot = text[max(0, at - 1200) : at + 1200]
    tags = page.tags
    tagged = tags.get("siteidcode", "").strip()
    code = _code(foot)
    if not code and not tagged and "_jiucuo_" in page.text and (link := _CODE_LINK.search(page.text)):
        code = link[1]
    if not code and _CODE_TAG.fullmatch(tagged):
        code = tagged
    return {
        "name": tags.get("sitename") or None,
        "site_code": code,
        "icp": _icp(text),
        "police": _police(foot) or _police_link(page),
        "sponsor": _sponsor(foot, text),
    }


def _icp(text: str) -> str | None:
    """The last number of its kind; every place is looked at by itself, since a plain search for a word is quick."""
    word = "ICP" if "ICP" in text else "icp"
    at = text.rfind(word)
    while at >= 0:
        if m := _ICP.search(text, max(0, at - 2), at + 60):
            return " ".join(m[1].split())
        at = text.rfind(word, 0, at)
    return None


def _police(foot: str) -> str | None:
    if "公安" in foot and (m := _POLICE_FILING.search(foot)):
        return m[1]
    at = foot.find("网安备")
    while at >= 0:
        around = foot[max(0, at - 5) : at + 60]
        if m := _POLICE.search(around) or _POLICE.search("".join(around.split())):
            return m[2]
        at = foot.find("网安备", at + 1)
    return None


def _code(foot: str) -> str | None:
    at = foot.find("码")
    while at >= 0:
        if foot[max(0, at - 2) : at] in ("标识", "识别", "标志") and (
            m := _CODE.match(foot, at) or _CODE.match("".join(foot[at : at + 60].split()))
        ):
            return m[1]
        at = foot.find("码", at + 1)
    return None


def _police_link(page: Page) -> str | None:
    found = re.search(r"recordcode=(\d{14})(?!\d)", page.text) if "recordcode=" in page.text else None
    return found[1] if found else None


def _sponsor(foot: str, text: str) -> str | None:
    """The body that the footer names as 主办单位; else whoever claims 版权所有 there, if the page names no other 主办单位.

    What the standard asks for in the footer is 主办单位. A claim of copyright stands in for it, because many pages have
    nothing else; where the same page names another body as 主办单位, be it of an event, it does not say which of the two
    runs the site. 版权所有 before a site's or a firm's name names no body.
    """
    lines = [line for line in _foot_lines(foot) if len(line) < 200]
    for pattern in _SPONSORS:
        for line in lines:
            if "主" in line and "办" in line and (name := _body_in(pattern, line)):
                return name
    for pattern in _OWNERS:
        for line in lines:
            if "版权所有" in line and (name := _body_in(pattern, line)):
                others = {m[1] for m in _SPONSOR_LABEL.finditer(text)} if "主办" in text else set()
                return name if all(other.startswith(name) for other in others) else None
    return None


def _foot_lines(foot: str) -> list[str]:
    """The lines around the identifiers that could name a body, from the end of the last paragraph before them."""
    places = [m.start() for m in _IDENTIFIERS.finditer(foot)]
    first = max(0, places[0] - 500) if places else max(0, len(foot) - 600)
    last = places[-1] + 500 if places else len(foot)
    lines = foot[first:last].split("\n")
    telling = [n for n, line in enumerate(lines) if "主" in line or "版权所有" in line]
    if not telling:
        return []
    until = foot.count("\n", first, places[0]) if places else len(lines)
    prose = (n for n in range(until - 1, -1, -1) if len(lines[n]) >= 40 and lines[n].rstrip().endswith(("。", "；")))
    begin = next(prose, -1)
    return [lines[n].strip() for n in telling if n > begin]


def _body_in(pattern: re.Pattern[str], line: str) -> str:
    m = pattern.search(line)
    name = _SPONSOR_ENDS.split(m[1])[0].strip(" 　\xa0,，、（(").removeprefix("中国·") if m else ""
    if sum(map(name.count, "（(")) > sum(map(name.count, "）)")):
        name = re.split("[（(]", name)[0].strip()  # what the pattern did not reach the end of
    return name if len(name) >= 3 and name not in ("主办单位", "单位名称") else ""


def crumbs(page: Page) -> list[str]:
    """The names along 当前位置, home page first; empty: the page shows none."""
    return _crumbs(page)[0]


def _crumbs(page: Page) -> tuple[list[str], bool]:
    if page.way is None:
        page.way = _way(page) if any(word in page.visible for word in ("位置", "位 置", "在：", "在:")) else ([], False)
    return page.way


def _way(page: Page) -> tuple[list[str], bool]:
    """The names along 当前位置, and whether arrows stand between them."""
    texts = page.outline.texts
    for number in [n for n, text in enumerate(texts) if "置" in text or "在" in text]:
        text = texts[number]
        if len(text) > 60 or not _CRUMB.search(text):
            continue
        names: list[str] = []
        apart = False
        for piece in [_CRUMB.split(text)[-1], *texts[number + 1 : number + 40]]:
            if piece == "\n":
                if apart and names:
                    break
                continue
            words = piece.strip(_BLANKS)
            if len(words) > 40 or (_LABEL.search(words) and names):
                break
            parts = [p.strip(_BLANKS) for p in _ARROWS.split(html.unescape(piece))]
            apart = apart or len(parts) > 1
            names.extend(p for p in parts if p)
            if len(names) > 8:
                break
        names = [n for n in names if len(n) <= 30]
        if names:
            return names[:8], apart
    return [], False


def trail(page: Page) -> tuple[str, ...]:
    """The names on the way to the page by its own way-bread, home page and 正文 left out; empty: it shows none.

    A way without arrows, or one that does not begin at the home page, does not say how far from it the page lies.
    """
    names, apart = _crumbs(page)
    names = names[1:] if apart and _is_home_name(page, names[0]) else _bare_crumbs(page)
    return tuple(n for n in ("".join(n.split()) for n in names) if n and not _NO_STEP.match(n))


def _is_home_name(page: Page, name: str) -> bool:
    if _HOME_NAME.search(name) or name == page.tags.get("sitename"):
        return True
    return any(link.text == name and _leads_home(page, link) for link in page.outline.links)


def _leads_home(page: Page, link: Link) -> bool:
    if len(link.href) > 60 or link.href.count("/") > 5 or not _MAYBE_HOME.match(link.href):
        return False
    parts = _PATH.match(page.absolute(link.href))
    return parts is not None and parts[1].partition(":")[0] == page.host


def _bare_crumbs(page: Page) -> list[str]:
    """The names after 首页 in a short line of links with arrows between, or in a box that calls itself a way-bread."""
    out = page.outline
    for link in out.links:
        row = link.element.parent
        words = link.text
        if (
            len(words) > 12
            or row is None
            or not (("页" in words and _HOME_NAME.search(words)) or _leads_home(page, link))
        ):
            continue
        box = row if row.tag != "li" or row.parent is None else row.parent
        said = out.texts[box.texts_from : box.texts_to]
        whole = "".join(said).strip()
        if len(whole) > 160 or box.links > 7 or not whole.startswith(link.text.strip() or "\0"):
            continue
        called = _CRUMB_NAMES.search(box.names()) or (
            box.parent is not None and _CRUMB_NAMES.search(box.parent.names())
        )
        if not called and not re.search(r"[>＞»›→]", whole[len(link.text) :]):
            continue
        pieces = _ARROWS.split("/".join(said) if called else whole.replace("\n", " "))
        names = [p.strip(_BLANKS) for p in pieces if p.strip(_BLANKS)][1:]
        if names and all(len(n) <= 30 for n in names):
            return names
    return []


def column_of(page: Page, is_article: bool) -> str | None:
    """The tag ColumnName, else the last name along 当前位置 that is not the page's own title or 正文."""
    tagged = page.tags.get("columnname", "").strip()
    own = page.tags.get("articletitle", "")
    if tagged and not (is_article and tagged == own):
        return tagged
    names = [n for n in crumbs(page) if n not in ("正文", "首页", "网站首页", "列表", "当前位置", "内容") and n != own]
    if names and not (is_article and len(names) == 1 and names[0] == (page.title or "")):
        return names[-1]
    return None


def redirect_of(page: Page) -> str | None:
    """Where the page sends its reader without more ado: refresh, `location`, one frame alone, or a splash's one door."""
    short = len(page.visible) < SPLASH_TEXT
    if not short:
        return None
    if m := _REFRESH.match(page.refresh):
        return page.absolute(m[2]) or None
    frames = _framed(page)
    if len(page.outline.links) > SPLASH_LINKS:
        return None
    target = _location(page)
    if target is not None:
        return target
    if len(frames) == 1 and page.tree.css_first("frameset, frame"):
        return page.absolute(frames[0]) or None
    return None if frames else _door(page)


def frames_of(page: Page) -> list[str]:
    """The pages that a frameset shows side by side; empty: the page is none."""
    if page.tree.css_first("frameset") is None:
        return []
    return [address for frame in _framed(page) if (address := page.absolute(frame))]


def inner_pages(page: Page) -> list[str]:
    """The pages of its own host that a page shows inside itself."""
    inside = [page.absolute(frame) for frame in _framed(page)]
    return [address for address in inside if address and (urlsplit(address).hostname or "") == page.host]


def _framed(page: Page) -> list[str]:
    return [f for f in page.outline.frames if f and not f.lower().startswith(("about:", "javascript:"))]


def _door(page: Page) -> str | None:
    """Where a splash at a site's address lets its reader in: the one page of the site that it links, or calls so."""
    if not _ROOT.fullmatch(page.url.partition("?")[0]) or page.inputs:
        return None
    root = page.absolute("/").rstrip("/")  # where every page leads back to
    inside: dict[str, bool] = {}
    for link in page.outline.links:
        to = page.absolute(link.href).partition("#")[0]
        if to.partition("://")[2].partition("/")[0].partition(":")[0].lower() != page.host:
            continue
        if to.rstrip("/") not in (root, page.url.rstrip("/")):
            inside[to] = inside.get(to, False) or bool(_ENTER.search(f"{link.text} {link.title}"))
    called = [to for to, says in inside.items() if says]
    doors = called if len(called) == 1 else list(inside)
    return doors[0] if len(doors) == 1 else None


def _through_a_variable(source: str) -> str:
    """The address that a variable holds when the page goes there."""
    m = _GOES.search(source)
    if m is None or _waits_for_a_call(source, m.start()):
        return ""
    held = re.findall(rf"(?<![\w$.]){re.escape(m[1])}\s*=\s*[\"']([^\"'\n]{{1,300}})[\"']\s*[;\n]", source[: m.start()])
    return held[-1].replace("\0", "/") if len(set(held)) == 1 else ""


def _waits_for_a_call(source: str, at: int) -> bool:
    """Inside a function with a name that nothing but a click or a key calls."""
    begin = max(source.rfind("<script", 0, at), 0)
    for m in reversed(list(_FUNCTION.finditer(source, begin, at))):
        body = source[m.end() : at]
        if body.count("}") > body.count("{"):
            continue  # ended before
        name = re.escape(m[1] or m[2])
        others = source[: m.start()] + source[m.end() :]
        return re.search(rf"(?<![\w$.]){name}(?![\w$])", others) is None
    return False


def _location(page: Page) -> str | None:
    if "location" not in page.text:
        return None
    source = _COMMENTS.sub("", page.text.replace("<!--", " ").replace("://", ":\0\0"))
    mobile = re.search(r"(?i)navigator\.userAgent|ismobile|Android", source)
    source = _HANDLERS.sub(" ", source)
    for m in _LOCATION.finditer(source):
        if _waits_for_a_call(source, m.start()):
            continue
        target = "".join(_PIECE.findall(m[1])).replace("\0", "/")
        if target and not mobile and "${" not in target and not target.lower().startswith("javascript:"):
            return page.absolute(target) or None
    target = "" if mobile else _through_a_variable(source)
    return page.absolute(target) or None if target and not target.lower().startswith("javascript:") else None
