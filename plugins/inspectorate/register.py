"""What is inspected: units, their sites, accounts and columns, as the register held them on a day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

Level = Literal["city", "county", "committee", "department", "subordinate"]
Kind = Literal["portal", "department"]
SiteStatus = Literal["running", "suspended", "moved", "offline"]
AccountStatus = Literal["running", "offline"]
Platform = Literal["weibo", "wechat"]
ColumnClass = Literal["news", "notice", "policy", "personnel_plan", "interaction", "other"]
ColumnType = Literal["栏目", "频道", "专题", "业务系统"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A body that answers for sites and accounts. 单位"""

    unit_id: str
    name: str
    level: Level
    contact: str = ""
    email: str = ""
    phone: str = ""
    parent: str = ""  # unit_id of the body above
    institution: bool | None = None  # 事业单位; None: not said
    administrative: bool | None = None  # 承担行政职能
    vertical: bool | None = None  # 垂直管理


@dataclass(frozen=True, slots=True)
class Site:
    """A government site. 网站"""

    site_code: str  # 网站标识码, rule book §17
    name: str
    unit_id: str
    kind: Kind
    home_url: str
    disclosure_url: str = ""  # a second entrance whose columns belong to the unit; its host is no domain breach
    status: SiteStatus = "running"
    domains: tuple[str, ...] = ()  # the main one first
    valid_from: date | None = None  # in scope from this day; None: on all earlier days
    valid_to: date | None = None  # in scope up to and on this day
    successor: str = ""
    reason: str = ""

    def in_scope(self, day: date) -> bool:
        return (
            self.status == "running"
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )


@dataclass(frozen=True, slots=True)
class Account:
    """An official account on a platform. 账号"""

    account_id: str
    platform: Platform
    name: str
    unit_id: str
    address: str = ""  # as printed; Weibo: any of the four shapes of rule book §11; WeChat: a feed, or nothing
    status: AccountStatus = "running"
    uid: str = ""
    biz: str = ""
    qr: str = ""  # a picture file beside the import file
    matrix: bool | None = None
    main: bool | None = None
    filed_on: date | None = None

    @property
    def running(self) -> bool:
        return self.status == "running"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a site. 栏目"""

    site_code: str
    url: str  # canonical
    name: str
    kind: ColumnClass = "other"  # `class` in files and tables
    type: ColumnType = "栏目"
    parent: str = ""  # name of the column above; empty: first level
    level: int | None = 1  # 1: first level; None: not known
    owner: str = ""  # unit_id or name of a sub-unit that keeps it
    reading: str = ""  # a hint for a page that the reader cannot understand by itself
    class_confirmed_by: str = ""
    owner_confirmed_by: str = ""
    blank_confirmed_by: str = ""
    blank_confirmed_sha256: str = ""  # what the page was when a person confirmed that it is blank
    exempt: str = ""  # why it need not be updated
    exempt_until: date | None = None


def filed_and_found(filed: Iterable[Column], found: Iterable[Column]) -> Iterator[dict[str, Any]]:
    """The differences between a filed list of columns and the register's, of the sites that the list names.

    `只在报送`: nobody found it on the site. `只在网站`: the list has it not. `不一致`: they say different things of it.
    """
    listed = {(c.site_code, c.url): c for c in filed}
    sites = {code for code, _ in listed}
    standing = {(c.site_code, c.url): c for c in found if c.site_code in sites}
    for key in dict.fromkeys([*listed, *standing]):
        one, other = listed.get(key), standing.get(key)
        facts: dict[str, Any] = {}
        if one is not None and other is not None:
            pairs = (("name", "name"), ("class", "kind"), ("parent", "parent"), ("owner", "owner"))
            facts = {
                title: {"filed": getattr(one, field), "found": getattr(other, field)}
                for title, field in pairs
                if getattr(one, field) != getattr(other, field) and not (title == "owner" and not one.owner)
            }
            if not facts:
                continue
        kind = "不一致" if facts else "只在报送" if other is None else "只在网站"
        shown = one or other
        yield {
            "difference": kind,
            "site_code": key[0],
            "url": key[1],
            "name": shown.name if shown else "",
            "facts": facts,
        }


def canonical_url(url: str) -> str:
    """The one form of a page's address: scheme and host in small letters, no default port, no fragment, a path.

    Everything else stays: a server may tell `/a` from `/a/` and one query from another.
    """
    parts = urlsplit(url.strip())
    host = parts.netloc.lower()
    host = host.removesuffix({"http": ":80", "https": ":443"}.get(parts.scheme, "")) or host
    return urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the office: the sign-in name and the name that papers print."""

    sign_in: str
    name: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """The office that inspects and signs. 发文机关, from issuer.yaml"""

    name: str = ""
    short_name: str = ""
    region: str = ""  # label of the region's domain, such as `luan`
    addressees: str = ""  # 主送
    copies: str = ""  # 抄送
    number_prefix: str = ""  # 发文字号 without year and number, such as 六政办秘
    decimals: int = 0  # of percentages
    rounding: Literal["half_up"] = "half_up"
    inspection_day: int = 10  # of the quarter's last month
    inspection_hour: int = 10
    rectify_days: int = 30
    explain_working_days: int = 2
    remind_working_days: int = 3  # before the deadline of rectification
    editions: tuple[str, ...] = ("LA", "NM16-AH")  # local editions that are switched on
    near_misses: bool = False  # 接近单项否决 is told in verdicts and in the notice
    basic_near: bool = False  # and called 基本合格
    basic_below: float | None = None  # a score that passes, but lies under it, is called 基本合格
    without_services: tuple[str, ...] = ()  # unit_id of bodies without services to the public
    people: tuple[Person, ...] = ()
    teams: dict[str, tuple[str, ...]] = field(default_factory=dict)  # team → site codes
    controls: tuple[str, ...] = ()  # 对照网站: well-known addresses that tell our own outage from a site's

    def person(self, sign_in: str) -> Person | None:
        return next((p for p in self.people if p.sign_in == sign_in), None)


@dataclass(frozen=True, slots=True)
class Register:
    """Everything in the register as of one moment; the order of rows is the printed order."""

    units: tuple[Unit, ...] = ()
    sites: tuple[Site, ...] = ()
    accounts: tuple[Account, ...] = ()
    columns: tuple[Column, ...] = ()
    issuer: Issuer = field(default_factory=Issuer)
    as_of: datetime | None = None
    unsaid: dict[str, tuple[str, ...]] = field(default_factory=dict)  # filed table → fields that it has no column for
    left_out_sites: tuple[Site, ...] = ()  # registered, but not looked at this time: they are judged in no line
    left_out_accounts: tuple[Account, ...] = ()

    def unit(self, unit_id: str) -> Unit:
        found = next((u for u in self.units if u.unit_id == unit_id), None)
        if found is None:
            raise KeyError(f"登记库中没有单位 {unit_id}")
        return found

    @property
    def names(self) -> dict[str, str]:
        """Code of a site, or id of an account → its name."""
        return {s.site_code: s.name for s in self.sites} | {a.account_id: a.name for a in self.accounts}

    def running_sites(self, day: date) -> tuple[Site, ...]:
        return tuple(s for s in self.sites if s.in_scope(day))

    def running_accounts(self, day: date) -> tuple[Account, ...]:  # noqa: ARG002 - asked like sites; has no days of its own
        return tuple(a for a in self.accounts if a.running)

    @property
    def all_sites(self) -> tuple[Site, ...]:
        """Those left out as well: what is said of a site beside others needs the others."""
        return self.sites + self.left_out_sites

    @property
    def all_accounts(self) -> tuple[Account, ...]:
        return self.accounts + self.left_out_accounts


@dataclass(frozen=True, slots=True)
class Complaint:
    """One bad or doubtful row of an import file, told as `sites.csv:3: fact`."""

    place: str  # `sites.csv:3` or `file.xlsx!sites:3`
    fact: str
    refuses: bool = True  # False: a warning

    def __str__(self) -> str:
        return f"{self.place}: {self.fact}"


class BadInput(Exception):
    """Input that a person gave cannot be taken; nothing was changed."""

    def __init__(self, complaints: list[Complaint] | str) -> None:
        self.complaints = [Complaint("", complaints)] if isinstance(complaints, str) else complaints
        super().__init__("\n".join(str(c).removeprefix(": ") for c in self.complaints))


Row = dict[str, Any]
