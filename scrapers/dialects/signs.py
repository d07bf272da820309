"""Signs on a page at which a person has to look: hidden and gambling links, advertising, personal data, wrong words."""

# ruff: noqa: E501  (patterns and words are data: a line an idea)

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from scrapers.dialects import articles
from scrapers.dialects.dates import url_date
from scrapers.dialects.page import Link, Page, plain

LONGEST = 80  # characters of what is told
MOST_SIGNS = 40  # of one page: more say nothing new
HIGHEST = 30  # boxes above a link that are asked whether they hide it

# Words that no government page links to; plain 彩票 is not among them, for the welfare lottery is lawful.
_BAD = re.compile(
    r"六合彩|时时彩|快三(?:平台|投注)|百家乐|老虎机|真人(?:娱乐|荷官|视讯)|(?:网上|线上|在线|澳门)(?:赌|博|娱乐|葡京)|葡京(?:娱乐|赌)|博彩|赌场|赌球|赌博(?:网|平台|公司)|体育投注|"
    r"(?:足球|彩票)(?:投注|外围)|外围(?:投注|平台|赌)|棋牌(?:游戏)?(?:下载|平台|送)|皇冠(?:体育|网址)|金沙(?:娱乐|国际)|威尼斯人|太阳城(?:娱乐|集团)|捕鱼(?:游戏|平台)|"
    r"成人(?:视频|电影|网站|小说|图片)|(?:黄色|色情)(?:网站|视频|电影|图片|小说)|av(?:女优|在线|视频)|裸聊|一夜情|援交|招嫖|代孕|办(?:假)?证(?:刻章|件)|刻章办证|私服|迷药|枪支(?:出售|弹药)",
    re.I,
)
_BAD_HOST = re.compile(
    r"(?:^|[.-])(?:bet\d*|\d+bet|casino|baccarat|poker|porn|xxx|sexy?\d*|av\d+|lhc|\d*caipiao|yule\d*|dubo|bocai|qipai|pk10|ag\d{2,}|\d{2,}vip)(?=[.-])|bet365|888sport|xpj\d|yabo\d*\.",
    re.I,
)
# Hosts of advertising networks and of sales links; data, not a special case for one site.
_ADVERTISERS = re.compile(
    r"(?:^|\.)(?:cpro\.baidu\.com|pos\.baidu\.com|cb\.baidu\.com|googlesyndication\.com|doubleclick\.net|googleadservices\.com|tanx\.com|mmstat\.com|s\.click\.taobao\.com|union\.jd\.com|union-click\.jd\.com|adsame\.com|mediav\.com|allyes\.com|ad\.sina\.com\.cn|adsage\.com|gdt\.qq\.com)$"
)
_SELLS = re.compile(r"代开.{0,4}发票|低息贷款|无抵押贷款|(?:信用|极速)贷款.{0,8}(?:电话|微信|QQ)|刷单|兼职.{0,6}日结|加(?:我)?(?:微信|QQ)|祖传秘方|包治|特价(?:促销|优惠)|点击购买|免费领取|招代理|办理信用卡", re.I)  # fmt: skip
# Where a body's own and other bodies' pages lie: a link that leads there is no injected one.
_OFFICIAL = re.compile(r"(?:\.|^)(?:gov\.cn|edu\.cn|org\.cn|ac\.cn|mil\.cn|xn--zfr164b|xn--55qw42g|政务|公益)$")

_HIDES = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*[01](?:px|pt|em|%)?\s*(?:;|$|!)|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$|!)|"
    r"(?:left|top|right|margin-left|margin-top|text-indent)\s*:\s*-\s*\d{3,}(?:px|pt|em)?|(?<![-\w])(?:height|width)\s*:\s*[01](?:px)?\s*(?:;|$|!)|clip\s*:\s*rect\(\s*0",
    re.I,
)
_FOLDS = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)  # what menus and tabs do, too
_RULE = re.compile(r"([.#][\w-]+)\s*\{([^{}]{1,400})\}")
# An ID number: region, a birthday, three digits and the check; nothing that a longer number may hold.
_ID = re.compile(r"(?<![0-9A-Za-z])([1-9]\d{5})(18|19|20)(\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d{3})([0-9Xx])(?![0-9A-Za-z])")  # fmt: skip
_REGIONS = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")
_WEIGHTS, _CHECKS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"
_LONG_NUMBER = re.compile(r"\d{11}")
_MOBILE = re.compile(r"(?<![\d-])1[3-9]\d{9}(?!\d)")
# Words of a list of persons; a single mobile number beside 联系人 is an office's.
_PERSONS = re.compile(r"身份证|低保|救助对象|补助(?:对象|人员)|享受(?:对象|人员)|花名册|名单|学生姓名|户主|患者")
MANY_MOBILES = 3
LEAST_BODY = 80  # characters of running text of an article
FAR_LATER = timedelta(days=31)  # between a draft and its publication less may pass


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign, as it may be shown: personal data are masked."""

    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class WrongWord:
    """A wrong expression of the office's list, what it should be, and the words around which it is right."""

    wrong: str
    right: str
    unless: tuple[str, ...] = ()


def signs_of(page: Page, words: Iterable[WrongWord] = (), *, letter: bool = False) -> list[Sign]:
    """Everything on a page that a person should look at, each once; `letter`: the page shows the public's messages."""
    found = [
        *_links(page),
        *_advertisements(page),
        *_personal(page, letter=letter),
        *_wrong(page, words),
        *_older(page),
    ]
    found += _sells(page) if letter else ()
    return list(dict.fromkeys(found))[:MOST_SIGNS]


def letter_signs(page: Page) -> list[Sign]:
    """What a page of public messages shows that nobody who reads before publishing lets pass: sales, ID numbers."""
    numbers = (sign for sign in _personal(page, letter=True) if sign.kind == "letter_id_number")
    return list(dict.fromkeys([*_sells(page), *numbers]))[:MOST_SIGNS]


def _sells(page: Page) -> Iterator[Sign]:
    if sells := _SELLS.search(page.visible):
        yield Sign("letter_advertising", f"公开留言含“{sells[0]}”")


def says_bad(text: str) -> str:
    """The gambling or obscene words of a text; empty: none."""
    found = _BAD.search(text)
    return found[0] if found else ""


# Links


def _links(page: Page) -> Iterator[Sign]:
    """Links with gambling words or hosts, and links to strangers that no reader can see."""
    hiding = _hiding(page)
    for link in page.outline.links:
        url = page.absolute(link.href)
        host = _host(url)
        if not host or host == page.host:
            continue
        told = f"{url[:LONGEST]} {link.text[:20]}".strip()
        if not _OFFICIAL.search(host) and (says_bad(f"{link.text} {link.title}") or _BAD_HOST.search(host)):
            yield Sign("bad_link", told)
        elif not _OFFICIAL.search(host) and _hidden(page, link, hiding):
            yield Sign("hidden_link", told)


def _hiding(page: Page) -> frozenset[str]:
    """Class and id names that the page's own style sheet hides."""
    named: set[str] = set()
    for node in page.tree.css("style"):
        for name, rule in _RULE.findall(node.text()[:200_000]):
            if _HIDES.search(rule) and not _FOLDS.search(rule):
                named.add(name)
    return frozenset(named)


def _hidden(page: Page, link: Link, hiding: frozenset[str]) -> bool:
    """Moved off the screen, shrunk to nothing, or folded away in a box that leads to strangers alone.

    A folded box with links to public bodies is a menu or a list of friends that opens under the mouse.
    """
    node: LexborNode | None = link.element.node
    for _ in range(HIGHEST):
        if node is None or node.tag in ("body", "html"):
            return False
        attributes = node.attributes
        style = attributes.get("style") or ""
        if style and _HIDES.search(style):
            return not _FOLDS.search(style) or _strangers_alone(page, node)
        if node.tag == "marquee" and {attributes.get("height"), attributes.get("width")} & {"0", "1"}:
            return True
        if hiding and _names(attributes) & hiding:
            return True
        node = node.parent
    return False


def _strangers_alone(page: Page, box: LexborNode) -> bool:
    hosts = [_host(page.absolute(a.attributes.get("href") or "")) for a in box.css("a[href]")]
    return bool(hosts) and not any(h == page.host or _OFFICIAL.search(h) for h in hosts if h)


def _names(attributes: dict[str, str | None]) -> set[str]:
    named = {f".{name}" for name in (attributes.get("class") or "").split()}
    return named | ({f"#{attributes['id']}"} if attributes.get("id") else set())


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _advertisements(page: Page) -> Iterator[Sign]:
    """Scripts, frames and links of advertising networks."""
    for node in page.tree.css("script[src], iframe[src], a[href], img[src]"):
        attributes = node.attributes
        url = page.absolute(attributes.get("src") or attributes.get("href") or "")
        if _ADVERTISERS.search(_host(url)):
            yield Sign("advertising", url[:LONGEST])


# Persons


def _personal(page: Page, *, letter: bool) -> Iterator[Sign]:
    """ID numbers whose check is right, and mobile numbers of persons: in a list of persons, or in a public message."""
    text = page.plain
    kind = "letter_id_number" if letter else "id_number"
    for found in _ID.finditer(text):
        if is_id_number(found[0]):
            yield Sign(kind, f"疑似公民身份号码{mask(found[0])}")
    mobiles = dict.fromkeys(m[0] for m in _MOBILE.finditer(text))
    if mobiles and (letter or (len(mobiles) >= MANY_MOBILES and _PERSONS.search(text))):
        for number in mobiles:
            yield Sign("phone", f"疑似个人手机号码{mask(number)}")


def is_id_number(text: str) -> bool:
    """18 characters with a region, a day that there was, and the right check (GB 11643)."""
    if not _ID.fullmatch(text) or not _REGIONS.match(text):
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False))
    return _CHECKS[total % 11] == text[17].upper()


def mask(number: str) -> str:
    """The first three and the last two characters; what lies between is nobody's business."""
    return f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}"


# Dates


def _older(page: Page) -> Iterator[Sign]:
    """An article that shows a far later day than its tag or its address bears: an old text under a new day, perhaps.

    The other way round says nothing: a page that is made again, or moved to a new system, bears a later day there.
    """
    named = articles.tag_date(page), url_date(page.url, page.today)
    if not any(named) or not (page.tags.get("articletitle") or page.body_length >= LEAST_BODY):
        return
    shown = articles.published_at(page, articles.title_of(page))
    for day, called in zip(named, ("标签", "地址"), strict=True):
        if shown is not None and day is not None and shown.date() - day > FAR_LATER:
            yield Sign("older_date", f"显示{shown.date()}，{called}为{day}")


# Words


def masked(text: str) -> str:
    """A text whose ID and mobile numbers are masked."""
    if not _LONG_NUMBER.search(text):
        return text
    return _MOBILE.sub(lambda m: mask(m[0]), _ID.sub(lambda m: mask(m[0]), plain(text)))


def _wrong(page: Page, words: Iterable[WrongWord]) -> Iterator[Sign]:
    text = page.folded
    for word in words:
        at = text.find(word.wrong)
        while at >= 0:
            around = text[max(0, at - 12) : at + len(word.wrong) + 12]
            if not any(right in around for right in word.unless):
                yield Sign("wrong_word", f"“{word.wrong}”应为“{word.right}”：{masked(around)}")
                break
            at = text.find(word.wrong, at + 1)
