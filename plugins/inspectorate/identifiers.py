"""The numbers and addresses that offices, sites and accounts are known by: their forms, and what is odd about one."""

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from inspectorate.register import Level

PROVINCES = {
    "京": "11", "津": "12", "冀": "13", "晋": "14", "蒙": "15", "辽": "21", "吉": "22", "黑": "23", "沪": "31",
    "苏": "32", "浙": "33", "皖": "34", "闽": "35", "赣": "36", "鲁": "37", "豫": "41", "鄂": "42", "湘": "43",
    "粤": "44", "桂": "45", "琼": "46", "渝": "50", "川": "51", "贵": "52", "云": "53", "藏": "54", "陕": "61",
    "甘": "62", "青": "63", "宁": "64", "新": "65",
}  # fmt: skip

_ICP = re.compile(rf"([{''.join(PROVINCES)}])ICP备(\d{{8}}|\d{{10}})号(?:-(\d{{1,3}}))?")
_POLICE = re.compile(rf"([{''.join(PROVINCES)}])公网安备 ?(\d{{14}})号")
_DOCUMENT = re.compile(r"([\u4e00-\u9fa5]+)〔(\d{4})〕(\d+)号")
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def plain(text: str) -> str:
    """An identifier as typed, without blanks, invisible signs and full-width forms."""
    return re.sub(r"\s+", "", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))


# 网站标识码


@lru_cache(10_000)
def site_code(text: str) -> str:
    """`3415000048`, `bm07000001` or `N123456789`; ValueError says what is wrong with any other form."""
    code = plain(text)
    if re.fullmatch(r"(?i)bm\d{8}", code):
        return code.lower()
    if re.fullmatch(r"(?i)n\d{9}", code) or re.fullmatch(r"\d{10}", code):
        return code.upper()
    if re.fullmatch(r"\d{12}", code):
        raise ValueError(f"网站标识码应为10位，不是12位: {text!r}")
    raise ValueError(f"网站标识码应为10位数字，或 bm 加8位数字，或 N 加9位数字: {text!r}")


def site_code_doubt(code: str, level: Level, vertical: bool | None = None) -> str:
    """What is odd about a valid code for a unit of that level; empty: nothing.

    Only ever a warning: no definition of the code is published, and old codes outlive a change of divisions.
    """
    if code.startswith("N"):
        return ""
    if code.startswith("bm"):
        return "" if vertical else f"网站标识码 {code} 是部委系统的编码，但单位没有标为垂直管理"
    if code[:2] not in PROVINCES.values():
        return f"网站标识码 {code} 的前2位不是省级行政区划代码"
    if level == "county" and code[4:6] == "00":
        return f"网站标识码 {code} 的前6位是市级区划，但单位层级为县区"
    if level in ("city", "department") and code[4:6] != "00":
        return f"网站标识码 {code} 的前6位是县级区划，但单位层级为{'市本级' if level == 'city' else '市直'}"
    return ""


# 备案


@dataclass(frozen=True, slots=True)
class IcpFiling:
    """ICP备案: of a body (nth is None), or of its nth site."""

    province: str
    number: str
    year: int
    nth: int | None

    def __str__(self) -> str:
        return f"{self.province}ICP备{self.number}号" + (f"-{self.nth}" if self.nth is not None else "")


def icp(text: str) -> IcpFiling:
    """Read `皖ICP备05002014号-1`. ValueError for any other form."""
    found = _ICP.fullmatch(_dashes(plain(text)).replace("icp", "ICP"))
    if found is None:
        raise ValueError(f"ICP备案号应为“皖ICP备05002014号-1”的形式: {text!r}")
    province, number, nth = found.groups()
    year = 2000 + int(number[:2]) if len(number) == 8 else int(number[:4])
    return IcpFiling(province, number, year, int(nth) if nth else None)


@dataclass(frozen=True, slots=True)
class PoliceFiling:
    """公安备案: province and 14 digits, of which the first six are the division."""

    province: str
    number: str

    @property
    def division(self) -> str:
        return self.number[:6]

    def __str__(self) -> str:
        return f"{self.province}公网安备 {self.number}号"


def police(text: str) -> PoliceFiling:
    """Read `皖公网安备 34150202000123号`; its first two digits must be the province's. ValueError: another form."""
    found = _POLICE.fullmatch(plain(text))
    if found is None:
        raise ValueError(f"公安备案号应为“皖公网安备 34150202000123号”的形式: {text!r}")
    filing = PoliceFiling(found[1], found[2])
    if PROVINCES[filing.province] != filing.number[:2]:
        raise ValueError(f"公安备案号的省份“{filing.province}”与数字前2位 {filing.number[:2]} 不符: {text!r}")
    return filing


def credit_code(text: str) -> str:
    """统一社会信用代码 with a true check digit. ValueError says what is wrong."""
    code = plain(text).upper()
    if len(code) != 18 or any(sign not in _CREDIT for sign in code):
        raise ValueError(f"统一社会信用代码应为18位数字和大写字母（不含 I、O、S、V、Z）: {text!r}")
    if code[17] != (due := credit_check_digit(code)):
        raise ValueError(f"统一社会信用代码的校验位应为 {due}: {text!r}")
    return code


def credit_check_digit(code: str) -> str:
    """The 18th sign that the first 17 call for."""
    total = sum(_CREDIT.index(sign) * weight for sign, weight in zip(code[:17], _CREDIT_WEIGHTS, strict=True))
    return _CREDIT[-total % 31]


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """发文字号: 六政办秘〔2018〕200号."""

    prefix: str
    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.prefix}〔{self.year}〕{self.number}号"


def document_number(text: str) -> DocumentNumber:
    """Read 六政办秘〔2018〕200号; square and half-width brackets, 第 and leading zeros are ValueErrors that say so."""
    stripped = text.strip()
    found = _DOCUMENT.fullmatch(stripped)
    if found is None:
        if re.search(r"[\[(（【［]\s*\d{4}\s*[])）】］]", stripped):
            raise ValueError(f"发文字号的年份应使用六角括号〔〕: {text!r}")
        raise ValueError(f"发文字号应为“六政办秘〔2018〕200号”的形式: {text!r}")
    if found[3].startswith("0"):
        raise ValueError(f"发文字号的序号不编虚位: {text!r}")
    return DocumentNumber(found[1], int(found[2]), int(found[3]))


# 网址


@lru_cache(10_000)
def ascii_host(host: str) -> str:
    """A host as the name service knows it: 六安市教育局.政务 becomes xn--….xn--zfr164b. ValueError: not a host."""
    name = unicodedata.normalize("NFKC", host).strip().rstrip(".").lower().replace("。", ".")
    try:
        encoded = name.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError(f"不是有效的域名: {host!r}") from None
    if not encoded or not all(_LABEL.fullmatch(label) for label in encoded.split(".")):
        raise ValueError(f"不是有效的域名: {host!r}")
    return encoded


def web_address(text: str) -> str:
    """An address that can be fetched, otherwise as printed; ValueError says what it lacks."""
    address = _INVISIBLE.sub("", text).strip()
    if not address.isascii():
        address = _half_width(address)
    if re.search(r"\s", address):
        raise ValueError(f"网址中有空格: {text!r}")
    if not re.match(r"(?i)https?://", address):
        raise ValueError(f"网址应以 http:// 或 https:// 开头: {text!r}")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValueError(f"网址写法有误: {text!r}") from None
    if parts.username is not None:
        raise ValueError(f"网址中不应有用户名: {text!r}")
    if not parts.hostname or port == 0:
        raise ValueError(f"网址中没有主机名: {text!r}")
    if not re.fullmatch(r"[0-9a-f:.]*:[0-9a-f:.]*", parts.hostname):  # not an IPv6 address
        ascii_host(parts.hostname)
        if "." not in parts.hostname and parts.hostname != "localhost":
            raise ValueError(f"网址的主机名不完整: {text!r}")
    return address


def host_of(address: str) -> str:
    """The host of an address as the name service knows it; an IP address stays as it is."""
    host = urlsplit(address).hostname or ""
    return host if ":" in host else ascii_host(host)


def domain(text: str) -> str:
    """A domain that a site holds, from a host name or an address of it; Chinese domains stay Chinese."""
    name = plain(text)
    if "://" in name:
        name = urlsplit(web_address(name)).hostname or ""
    name = name.split("/", 1)[0].lower()
    if "." not in ascii_host(name):
        raise ValueError(f"不是有效的域名: {text!r}")
    return name


def branch_id_doubt(address: str) -> str:
    """What is odd about the `branch_id` of a 信息公开网 address; empty: nothing, or it has none."""
    for value in parse_qs(urlsplit(address).query, keep_blank_values=True).get("branch_id", []):
        if not re.fullmatch(r"[0-9a-f]{24}", value):
            return f"信息公开网网址的 branch_id 应为24位十六进制数，实为{len(value)}位，疑有损坏: {value!r}"
    return ""


# 账号


@dataclass(frozen=True, slots=True)
class WeiboAddress:
    """Whom a Weibo address means: by number, or by a name that has yet to be resolved once and pinned."""

    uid: str = ""
    name: str = ""


_WEIBO_HOSTS = frozenset({"weibo.com", "www.weibo.com", "m.weibo.com", "e.weibo.com", "weibo.cn", "m.weibo.cn"})
_WEIBO_TAILS = frozenset({"", "home", "profile", "info"})
_WEIBO_PAGES = frozenset(
    {"login", "login.php", "signup", "search", "hot", "tv", "status", "detail", "ttarticle", "api"}
)


def normalise_weibo(url: str) -> WeiboAddress:
    """`/u/<uid>`, `/m/u/<uid>`, `/m/<name>/` and `/<name>`, each with any query, on Weibo's hosts.

    ValueError: no address of an account.
    """
    address = web_address(url if "://" in url else f"https://{url.strip()}")
    parts = urlsplit(address)
    if parts.hostname not in _WEIBO_HOSTS:
        raise ValueError(f"不是微博地址: {url!r}")
    way = [unquote(step) for step in parts.path.split("/") if step]
    if way[:1] == ["m"]:
        way = way[1:]
    if way[:1] in (["u"], ["profile"], ["p"], ["n"]):
        shape, way = way[0], way[1:]
    else:
        shape = ""
    if not way or "/".join(way[1:]) not in _WEIBO_TAILS or way[0].lower() in _WEIBO_PAGES:
        raise ValueError(f"不是微博账号的地址: {url!r}")
    who = way[0]
    if shape == "p":  # a container: 100505 and the number of the account
        who = re.sub(r"^100[1-9]0[56](?=\d{5,12}$)", "", who)
    if shape != "n" and re.fullmatch(r"\d{5,12}", who):
        return WeiboAddress(uid=who)
    if shape in ("u", "profile", "p"):
        raise ValueError(f"微博地址中的账号编号应为数字: {url!r}")
    return WeiboAddress(name=who)


@dataclass(frozen=True, slots=True)
class WechatAddress:
    """Where a WeChat account's posts can be read by a machine: a feed, or nowhere (posts are filed in a ledger)."""

    kind: Literal["feed", "biz", "none"]
    value: str = ""  # the feed's address, or the `__biz`


def normalise_wechat(text: str) -> WechatAddress:
    """A feed's address, a `__biz` id (alone or in an address of the platform), or nothing. ValueError: neither."""
    address = text.strip()
    if not address:
        return WechatAddress("none")
    if re.match(r"(?i)https?://", address):
        parts = urlsplit(web_address(address))
        if parts.hostname == "mp.weixin.qq.com":
            found = parse_qs(parts.query).get("__biz")
            if not found:
                raise ValueError(f"微信文章地址不是订阅源，也没有 __biz: {text!r}")
            return WechatAddress("biz", biz(found[0]))
        return WechatAddress("feed", address)
    return WechatAddress("biz", biz(address))


def biz(text: str) -> str:
    """A `__biz` id: base64 of a number. ValueError: it is none."""
    value = plain(text).removeprefix("__biz=")
    try:
        number = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        number = b""
    if not re.fullmatch(rb"\d{5,20}", number):
        raise ValueError(f"微信 __biz 应为一个数字的 base64 编码: {text!r}")
    return value


def weibo_uid(text: str) -> str:
    """The number of a Weibo account. ValueError: not a number."""
    value = plain(text)
    if not re.fullmatch(r"\d{5,12}", value):
        raise ValueError(f"微博 uid 应为数字: {text!r}")
    return value


def _dashes(text: str) -> str:
    """The many signs that look like a hyphen, as one."""
    return re.sub("[\u2010-\u2015\u2212\ufe63\uff0d]", "-", text)


def _half_width(address: str) -> str:
    """Full-width letters, digits and `：／．` as their half-width forms; Chinese stays."""
    return "".join(unicodedata.normalize("NFKC", sign) if "\uff01" <= sign <= "\uff5e" else sign for sign in address)
