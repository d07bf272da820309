"""What stands in the foot that every page of a government site must have, and what the page offers. 底部功能区"""

import re
from dataclasses import dataclass

from inspectorate.evidence import FOOT_MARKS, PAGE_MARKS
from scrapers.dialects.marks import site_of
from scrapers.dialects.page import Page

# Words of the text, of links, of pictures and of the addresses that the standard's own services have.
_WORDS = {
    "identity": re.compile(r"conac|bszs|党政机关|事业单位标|机关网站标识|政府机关标识", re.I),
    "errors": re.compile(r"找错|纠错|jiucuo|zhaocuo|wzjc|pucha\.|zfwzgl|错误反馈", re.I),
    "code": re.compile(r"标\s*识\s*码|识\s*别\s*码|标\s*志\s*码|siteidcode", re.I),
    "sponsor": re.compile(r"主\s*办|版\s*权\s*所\s*有|承\s*办|主\s*管|copyright|©", re.I),
    "contact": re.compile(
        r"联\s*系|电\s*话|热\s*线|邮\s*箱|信\s*箱|邮\s*编|地\s*址|传\s*真|mailto:|e-?mail|tel\s*[:：]|\d{3,4}[-－—]\d{7,8}",
        re.I,
    ),
    "icp": re.compile(r"ICP|beian\.miit|miibeian|miitbeian|备案[序编]?号", re.I),
    "police": re.compile(r"公\s*网\s*安\s*备|公\s*安\s*备\s*案|beian\.gov\.cn|beian\.mps|recordcode", re.I),
    "sitemap": re.compile(r"(?:网站|站点|本站)\s*(?:地图|导航|导览)|sitemap|site_map|wzdt|zddt|wzmap", re.I),
}
_OFFERED = {
    "search": re.compile(r"搜\s*索|检\s*索|关\s*键\s*[字词]|search|sousuo|jiansuo|\bso\.", re.I),
    "barrier_free": re.compile(r"无\s*障\s*碍|长\s*者|适\s*老|老\s*年|关\s*怀|大\s*字|wza|barrier|accessib", re.I),
}
FEW = 4  # with fewer of them we have not read the foot, whatever else the page shows
_SCRIPTED = ("identity", "errors")  # their services hand out a script that writes them into the page
_LOADED = re.compile(r"<(?:script|iframe)\b[^>]*\bsrc\s*=\s*[\"']?([^\"'\s>]+)", re.I)
_HEAD_FILE = re.compile(r"head|top|nav|menu|search|sousuo|tool|index|main|app\b|chunk|wza|help", re.I)
_FOOT_FILE = re.compile(r"foot|bottom|copyright|dibu|banquan|bq\b|common|public|gonggong", re.I)


@dataclass(frozen=True, slots=True)
class Foot:
    """The marks that are there, and those that a browser may show though the source has none of them."""

    shown: tuple[str, ...]
    unsure: tuple[str, ...]
    code: str  # the site's code that it shows; empty: none
    lacking: tuple[str, ...] = ()  # of PAGE_MARKS


def foot_of(page: Page) -> Foot:
    """Anywhere on the page is enough: where a mark stands is for a person to say, and none is missed that is there.

    A page that shows few of the marks, or loads a part that may hold its foot, leaves the others open; so does a script
    from elsewhere what its services write by script.
    """
    told, source = site_of(page), page.text
    said = {"code": told["site_code"], "sponsor": told["sponsor"], "icp": told["icp"], "police": told["police"]}
    shown = tuple(mark for mark in FOOT_MARKS if said.get(mark) or _WORDS[mark].search(source))
    loaded = _LOADED.findall(source)
    lost = page.cut or len(shown) < FEW or any(_FOOT_FILE.search(address) for address in loaded)
    foreign = any("//" in address and page.host not in address for address in loaded)
    missing = (mark for mark in FOOT_MARKS if mark not in shown)
    unsure = tuple(mark for mark in missing if lost or (foreign and mark in _SCRIPTED))
    written = lost or any(_HEAD_FILE.search(address) for address in loaded)
    lacking = () if written else tuple(mark for mark in PAGE_MARKS if not _OFFERED[mark].search(source))
    return Foot(shown, unsure, told["site_code"] or "", lacking)
