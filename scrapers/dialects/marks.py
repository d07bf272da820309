"""What a page says of itself: title, official tags, footer identifiers, way-bread (当前位置) and redirect."""

import html
import re

from scrapers.dialects.dates import plain
from scrapers.dialects.page import Page

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼陇滇黔"
_ICP = re.compile(
    rf"([{_PROVINCES}]\s?ICP\s?(?:备案?|证)?\s?(?:案号|号|备)?\s?[:：]?\s?\d{{6,10}}(?:号?\s?-\s?\d{{1,3}})?\s?号?(?:\s?-\s?\d{{1,3}})?)",
    re.I,
)
_POLICE = re.compile(rf"([{_PROVINCES}]\s?公网安备\s*(?:案号)?\s*[:：]?\s*(?:第)?\s*(\d{{12,14}})\s*号?)")
_CODE = re.compile(r"(?:网站)?(?:标识码|识别码|标志码)\s*[:：]?\s*((?:bm|BM|Bm)\d{8}|N\d{9}|\d{10})(?!\d)")
_SPONSOR = re.compile(
    r"(?:主\s?办\s?单\s?位|主\s?办|版权所有|主\s?管\s?单\s?位)\s*[:：©]?\s*"
    r"([一-鿿（）()、，·]{3,40}(?:[ 　][一-鿿]{2,20}(?:厅|局|委|办|府|院|会|中心|部|处))?)"
)
_SPONSOR_ENDS = re.compile(
    r"(承办|主管|技术支持|维护|网站标识|版权|地址|电话|联系|未经|备案|邮编|协办|运维|管理|建议|ICP|Copyright|保留|所有).*"
)
_SPLIT = re.compile(r"\s*[-_|—–－＿｜>»]+\s*")
_CRUMB = re.compile(
    r"(?:当前|现在|目前|您的?|你的?|所在)\s?(?:所在)?(?:的)?\s?位\s?置(?:是)?\s*[:：是]?|您(?:现在|当前)?(?:所)?在[:：]|位置[:：]"
)
_GENERIC_TITLE = re.compile(
    r"^(首页|信息内容|详细页面?|正文|内容页?|文章详情|列表页?|栏目页?|无标题文档|index|default)$", re.I
)

_REFRESH = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*[;,]\s*(?:url\s*=\s*)?[\"']?\s*(.+?)[\"']?\s*$", re.I)
_LOCATION = re.compile(
    r"(?:(?:window|self|top|parent|document|this)\s*\.\s*)*location\s*(?:\.\s*href\s*)?(?:=|\.\s*(?:replace|assign)\s*\()\s*"
    r"((?:[\"'][^\"'\n]*[\"']\s*\+?\s*)+)",
    re.I,
)
_PIECE = re.compile(r"[\"']([^\"'\n]*)[\"']")
_COMMENTS = re.compile(r"<!--.*?-->|/\*.*?\*/|(?m:^\s*//.*$)", re.S)

SPLASH_TEXT = 400  # a page with more to read than that is no splash


def title_of(page: Page) -> str | None:
    """The words of <title>, blanks folded."""
    node = page.tree.css_first("title")
    text = " ".join(node.text().split()) if node else ""
    return text or None


def pieces(title: str) -> list[str]:
    """A title split at the signs that part page, column and site."""
    return [p for p in _SPLIT.split(title) if p]


def is_generic(title: str) -> bool:
    return bool(_GENERIC_TITLE.match(title))


def site_of(page: Page) -> dict[str, str | None]:
    """name, site_code, icp, police, sponsor: the footer's words first, then the official tags."""
    text = page.visible
    foot = plain(text[-6000:])
    icp = _last(_ICP, foot) or _last(_ICP, plain(text[:-6000])) if text else None
    police = _POLICE.search(foot)
    joined = police or _POLICE.search(re.sub(r"\s*\n\s*", "", foot))
    code = _CODE.search(foot) or _CODE.search(re.sub(r"\s*\n\s*", "", foot))
    tags = page.tags
    tagged = tags.get("siteidcode", "").strip()
    return {
        "name": tags.get("sitename") or None,
        "site_code": code[1] if code else (tagged if re.fullmatch(r"(?i)bm\d{8}|n\d{9}|\d{10}", tagged) else None),
        "icp": " ".join(icp.split()) if icp else None,
        "police": joined[2] if joined else _police_link(page),
        "sponsor": _sponsor(foot),
    }


def _police_link(page: Page) -> str | None:
    found = re.search(r"recordcode=(\d{14})(?!\d)", page.text[-60_000:])
    return found[1] if found else None


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    found = None
    for m in pattern.finditer(text):
        found = m[1]
    return found


def _sponsor(foot: str) -> str | None:
    best: tuple[int, int, str] | None = None
    for m in _SPONSOR.finditer(foot):
        words = m[0]
        name = _SPONSOR_ENDS.sub("", m[1]).strip(" 　,，、（(")
        if len(name) < 3 or name in ("单位", "所有"):
            continue
        rank = (
            2
            if "单" in words[:6] and "主" in words[:2] and "管" not in words[:3]
            else 1
            if words.startswith("主")
            else 0
        )
        if best is None or (rank, m.start()) > best[:2]:
            best = (rank, m.start(), name)
    return best[2] if best else None


def crumbs(page: Page) -> list[str]:
    """The names along 当前位置, home page first; empty: the page shows none."""
    out = page.outline
    for number, text in enumerate(out.texts):
        if len(text) > 40 or not ("位置" in text or "在：" in text or "在:" in text) or not _CRUMB.search(text):
            continue
        names: list[str] = []
        gap = 0
        rest = _CRUMB.split(text)[-1]
        for piece in [rest, *out.texts[number + 1 : number + 40]]:
            if piece == "\n":
                gap += 1
                if gap > 2 and names:
                    break
                continue
            if not piece.strip():
                continue
            if len(piece.strip()) > 40:
                break
            gap = 0
            parts = [p.strip(" 　\xa0·:：\r\n\t") for p in re.split(r"[>＞»›→/\\|]|&gt;", html.unescape(piece))]
            names.extend(p for p in parts if p)
            if len(names) > 8:
                break
        return [n for n in names if len(n) <= 40][:8]
    return []


def column_of(page: Page, is_article: bool) -> str | None:
    """The tag ColumnName, else the last name along 当前位置 that is not the page's own title or 正文."""
    tagged = page.tags.get("columnname", "").strip()
    own = page.tags.get("articletitle", "")
    if tagged and not (is_article and tagged == own):
        return tagged
    names = [n for n in crumbs(page) if n not in ("正文", "首页", "网站首页", "列表", "当前位置", "内容") and n != own]
    if names and not (is_article and len(names) == 1 and names[0] == (title_of(page) or "")):
        return names[-1]
    return None


def redirect_of(page: Page) -> str | None:
    """Where the page sends its reader without more ado: refresh, `location`, or one frame alone."""
    short = len(page.visible) < SPLASH_TEXT
    if not short:
        return None
    for node in page.tree.css("meta[http-equiv]"):
        attributes = node.attributes
        if (attributes.get("http-equiv") or "").lower().strip() == "refresh":
            m = _REFRESH.match(attributes.get("content") or "")
            if m:
                return page.absolute(m[2]) or None
    frames = [f for f in page.outline.frames if f and not f.lower().startswith(("about:", "javascript:"))]
    if len(page.outline.links) > 12:
        return None
    target = _location(page)
    if target is not None:
        return target
    if len(frames) == 1 and page.tree.css_first("frameset, frame"):
        return page.absolute(frames[0]) or None
    return None


def _location(page: Page) -> str | None:
    if "location" not in page.text:
        return None
    source = _COMMENTS.sub("", page.text.replace("<!--", " ").replace("://", ":\0\0"))
    mobile = re.search(r"(?i)navigator\.userAgent|ismobile|Android", source)
    for m in _LOCATION.finditer(source):
        target = "".join(_PIECE.findall(m[1])).replace("\0", "/")
        if target and not mobile and "${" not in target and not target.lower().startswith("javascript:"):
            return page.absolute(target) or None
    return None
