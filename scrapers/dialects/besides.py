"""What a page shows although it says that it is empty: then its word is not believed, and nobody is accused by it."""

import re
from itertools import pairwise
from urllib.parse import urlsplit

from scrapers.dialects import kinds, lists
from scrapers.dialects.dates import full_dates
from scrapers.dialects.page import Link, Page, plain

_FAULT = re.compile(
    r"(?:系统|网站|服务|服务器|数据库|程序|网络|接口)[^，。,.\s]{0,6}(?:(?:维护|升级)(?!\s*[:：]|单位|电话|热线|管理|部门|人员|服务|[与和及])|故障|繁忙|失败|错误|异常|超时|出错|中断)|"
    r"(?:连接|查询|加载|读取|获取|请求)(?:数据)?(?:失败|超时|异常|错误|出错)|\berror\b|\bexception\b",
    re.I,
)
_ASKED = re.compile(r"(?:搜索|检索|查询)结果|重新(?:搜索|检索|查询|输入)")
_TO_COME = re.compile(r"加载更多|加载中|正在加载|上拉|下拉|没有更多|\bloading\b", re.I)
_ISLAND = re.compile(r"\bdatasrc\s*=|<xml\b", re.I)
_FETCHER = re.compile(
    r"(?:get|load|ajax|query|fetch)_?\w*(?:list|data|news|col|channel|info|page)|(?:list|data|news|col|channel|info|page)_?(?:get|load|ajax|query|fetch)"
)
_ELSEWHERE = re.compile(
    r"迁移|迁至|移至|并入|(?:整合|合并|归并|调整|转移)(?:至|到|入)|请(?:点击|前往|移步|参见|见|到)|详见|点击(?:此处|这里|查看|下载)"
)
_DENIED = re.compile(
    r"登录后|(?:没有|无|无权|暂无).{0,4}(?:权限|访问)|权限不足|(?:仅限|只限|仅供|限于).{0,8}(?:用户|内部|会员|人员)"
)
_LATER = re.compile(r"第\s?(?:[2-9]|[1-9]\d{1,4})\s?页|第\s?(?:[2-9]|[1-9]\d{1,4})\s?/")
_COUNTED = re.compile(r"(?:已|全部|往期|历史|结束)[一-鿿]{0,4}\s?[（(]\s?[1-9]\d{0,6}\s?[)）]")
# Of an address: one year, one search or a further page of a column.
_PART_OF = re.compile(
    r"(?:^|&)(?:(?:year|nian|niandu|month|keywords?|kw|wd|q|searchword)=[^&]|"
    r"(?:page|pageno|page_no|pageindex|curpage|currentpage|pagenum)=(?:[2-9]|[1-9]\d))",
    re.I,
)
_FURNITURE = re.compile(r"无障碍|客户端|浏览器|软件|插件|手册|帮助|登录|注册|找错|举报|APP", re.I)
_DOCUMENT = re.compile(r"\.(?:pdf|docx?|xlsx?|zip|rar|wps|et|ofd)(?:$|[?#])", re.I)
_HAN = re.compile(r"[一-鿿]")
_BADGE = re.compile(r"二维码|微信|微博|客户端|标识|徽|logo", re.I)
_LEAST_ALT = 4  # Chinese characters by which a picture or a line tells something
_LEAST_ROWS = 2
_LEAST_VIEWS = 2
_LEAST_ROLLED = 8  # Chinese characters
_PAGES = 3  # figures of a page's number
_YEAR = re.compile(r"(?:19|20)\d\d年?(?:度)?$")
_YEAR_WORDS = 6
_NONE_HAPPENED = re.compile(
    r"(?:本年|年度|本单位|本机关|本部门|本局|我局|我市|我县|本级|截至|截止|目前|至今).{0,14}(?:未发生|未产生|未开展|未收到|没有|不涉及|无).{2}"
)
_AROUND_DAY = " []【】()（）:：发布公开文时间日期"
_LEAST_SENTENCE = 20  # Chinese characters
_FRAME = re.compile(r"浏览|版权|分辨率|未经|转载|维护|技术支持|主办|承办|地址|搜索|提示|Copyright", re.I)
_LINE = 60  # characters of a line that may be a page's own word about itself


def shown_besides(page: Page) -> str:
    """Why a page's word that it is empty is not believed; empty: nothing on it speaks against that."""
    if _is_hidden(page):
        return "页面上“暂无”的字样并未显示"
    lines = [line for line in page.lines if len(line) <= _LINE]
    if any(_FAULT.search(line) for line in lines):
        return "页面提示出错或维护"
    if any(_ASKED.search(line) for line in lines):
        return "页面是查询的结果"
    if any(_DENIED.search(line) for line in lines):
        return "页面称无权查看"
    if _is_part(page, lines):
        return "页面只是栏目的一部分"
    if any(_TO_COME.search(line) for line in lines) or _is_fetched(page):
        return "列表可能由脚本填充"
    if _plays(page) or _tells_in_pictures(page) or _leads_by_pictures(page) or _rolls(page):
        return "页面另有文件、影像或图片"
    if _tells(page) or _shows_days(page):
        return "页面另有文字"
    if any(_NONE_HAPPENED.search(line) and not kinds.SAYS_EMPTY.search(line) for line in page.unlinked):
        return "页面说明没有此类事项"
    if any(_ELSEWHERE.search(line) and not _FURNITURE.search(line) for line in page.unlinked):
        return "页面指引到别处查看"
    if any(_DOCUMENT.search(link.href) and not _FURNITURE.search(link.text) for link in page.outline.links):
        return "页面附有文件"
    if _leads_below(page):
        return "页面另有下级栏目"
    return "页面另有表格" if _has_table(page) else ""


def _is_part(page: Page, lines: list[str]) -> bool:
    """One year, one filter or a further page of a column: what it lacks may stand under the others."""
    if _PART_OF.search(urlsplit(page.url).query) or any(_LATER.search(line) or _COUNTED.search(line) for line in lines):
        return True
    numbers = (link for link in page.outline.links if link.text.isdecimal() and len(link.text) <= _PAGES)
    if any(int(link.text) >= 2 and page.absolute(link.href) not in ("", page.url) for link in numbers):
        return True
    views = {
        link.href
        for link in page.outline.links
        if link.href.startswith("?") and (_YEAR.fullmatch(link.text) or not lists.is_pager(link.text))
    }
    return len(views) >= _LEAST_VIEWS or _offers_years(page) or _has_tabs(page)


def _offers_years(page: Page) -> bool:
    """Years to choose from, in a field or by a click."""
    options = sum(_YEAR.match(node.text().strip()) is not None for node in page.tree.css("option"))
    clicked = page.tree.css("a[href^='javascript:'], [onclick]")
    years = {words for node in clicked if len(words := node.text().strip()) <= _YEAR_WORDS and _YEAR.match(words)}
    return options >= _LEAST_VIEWS or len(years) >= _LEAST_VIEWS


def _has_tabs(page: Page) -> bool:
    """Tabs that a click opens: what stands under the others is not seen here."""
    boxes = ("[class~=tab]", "[class*=tabs]", "[class*=tab_]", "[class*=tab-]", "[id*=tabs]")
    tabs = page.tree.css(", ".join(f"{box} [onclick], {box} a[href^='javascript:']" for box in boxes))
    return sum(len(_HAN.findall(node.text())) >= 2 for node in tabs) >= _LEAST_VIEWS


def _tells(page: Page) -> bool:
    """A whole sentence that is neither the page's word about itself nor its frame's."""
    return any(
        line.endswith("。")
        and len(_HAN.findall(line)) >= _LEAST_SENTENCE
        and not kinds.SAYS_EMPTY.search(line)
        and not _FRAME.search(line)
        for line in page.unlinked
    )


def _shows_days(page: Page) -> bool:
    """A day alone in its line under words that lead nowhere; that of the visit is a clock's."""
    linked = {link.text for link in page.outline.links}
    for words, line in pairwise(page.lines):
        days = full_dates(plain(line)) if len(line) <= _LINE else []
        if len(days) != 1 or days[0].day_of() == page.today or " ".join(words.split()) in linked:
            continue
        around = line[: days[0].start] + line[days[0].end :]
        if not around.strip(_AROUND_DAY) and len(_HAN.findall(words)) >= _LEAST_ALT:
            return True
    return False


def _is_hidden(page: Page) -> bool:
    """Whether all words of emptiness stand in boxes that are folded away until a script shows them."""
    hidden = [
        node
        for node in page.tree.css("[style*='none'], [hidden]")
        if "hidden" in node.attributes or re.search(r"display\s*:\s*none", node.attributes.get("style") or "", re.I)
    ]
    if not hidden:
        return False
    inside = {node.mem_id for box in hidden for node in box.traverse(include_text=False)}
    says = [
        node
        for node in page.tree.css("p, div, span, li, td, dd, h1, h2, h3, h4, h5, em, strong, b, font, center")
        if _says(node.text(deep=False))
    ]
    return bool(says) and all(node.mem_id in inside for node in says)


def _says(words: str | None) -> bool:
    return bool(words) and len(words) <= _LINE and kinds.SAYS_EMPTY.search("".join(words.split())) is not None


def _is_fetched(page: Page) -> bool:
    """A box that names where its rows come from, a data island, or a script that is asked for or named a fetcher."""
    if _ISLAND.search(page.text) or any("script" in node.text().lower() for node in page.tree.css("noscript")):
        return True
    if any(
        not node.text().strip()
        for node in page.tree.css("[data-url], [data-api], [data-source]")
        if node.tag in ("ul", "ol", "div", "table", "tbody", "section")
    ):
        return True
    names = (
        (node.attributes.get("src") or "").lower().split("?", 1)[0].rsplit("/", 1)[-1]
        for node in page.tree.tags("script")
    )
    return any(_FETCHER.search(name) for name in names)


def _plays(page: Page) -> bool:
    """A document, a film, a sound, a drawing or a map of links; a film of Flash is a banner."""
    if page.tree.css_first("canvas, svg text, map area[href], [id*=chart], [class*=chart]") is not None:
        return True
    for node in page.tree.css("object, embed, video, audio, applet"):
        address = f"{node.attributes.get('data') or ''}{node.attributes.get('src') or ''}"
        if ".swf" not in address and not (node.tag == "object" and ".swf" in (node.html or "")):
            return True
    return False


def _rolls(page: Page) -> bool:
    """Words that roll over the page, other than a welcome."""
    told = (node.text() for node in page.tree.css("marquee") if node.css_first("a[href]") is None)
    return any(len(_HAN.findall(words)) >= _LEAST_ROLLED and "欢迎" not in words for words in told)


def _leads_by_pictures(page: Page) -> bool:
    """Pictures without words that lead to articles of the site."""
    told = 0
    for link in page.outline.links:
        if not link.text and _is_article_of(page, link) and link.element.node.css_first("img") is not None:
            told += 1
    return told >= _LEAST_ROWS


def _is_article_of(page: Page, link: Link) -> bool:
    """Whether a link leads to an article, or to a numbered page, of the same site."""
    address = page.absolute(link.href)
    numbered = re.search(r"\d+\.s?html?$", urlsplit(address).path) is not None
    return urlsplit(address).hostname == page.host and (lists.is_article(address) or numbered)


def _tells_in_pictures(page: Page) -> bool:
    """Rows of pictures that are named and lead nowhere: a poster, a scanned table."""
    told = 0
    for image in page.tree.css("li img[alt], td img[alt], p img[alt]"):
        above = image.parent
        while above is not None and above.tag not in ("a", "li", "td", "p"):
            above = above.parent
        words = image.attributes.get("alt") or ""
        alone = (above is None or above.tag != "a") and not _BADGE.search(words)
        told += alone and len(_HAN.findall(words)) >= _LEAST_ALT
    return told >= _LEAST_ROWS


def _leads_below(page: Page) -> bool:
    """Links to pages that lie below this one: it is an entry to columns of its own."""
    own = urlsplit(page.url)
    folder = own.path.rpartition("/")[0] + "/"
    if folder == "/":
        return False
    for link in page.outline.links:
        there = urlsplit(page.absolute(link.href))
        below = there.path.removeprefix(folder) if there.path.startswith(folder) else ""
        if there.netloc == own.netloc and "/" in below and link.text.strip():
            return True
    return False


def _has_table(page: Page) -> bool:
    """A table with a head and rows of words or figures that lead nowhere: a budget, a list of offices."""
    for table in page.tree.css("table"):
        if table.css_first("th") is None or table.css_first("table table") is not None:
            continue
        cells = [
            [cell.text().strip() for cell in row.css("td")]
            for row in table.css("tr")
            if row.css_first("a[href]") is None
        ]
        if sum(len(row) >= 2 and all(row) for row in cells) >= _LEAST_ROWS:
            return True
    return False
