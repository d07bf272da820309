"""The rows of the register's files: what each cell may say, and what the rows must say together."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

from inspectorate import identifiers
from inspectorate.formats.pictures import MOST_BYTES, read_picture
from inspectorate.formats.table_files import Field, Row
from inspectorate.register import (
    Account,
    AccountStatus,
    Column,
    ColumnClass,
    ColumnType,
    Complaint,
    Issuer,
    Kind,
    Level,
    Platform,
    Register,
    Site,
    SiteStatus,
    Unit,
    canonical_url,
)

Thing = TypeVar("Thing")
NOBODY = "-"  # in 责任单位确认人: not even who confirmed the rest of the row
UNKNOWN_LEVEL = "未知"  # in 上级栏目: nobody knows whether it is of the first level
_UNIT_ID = Field("unit_id", ("单位编号",), mandatory=True)
_SITE_CODE = Field("site_code", ("网站标识码",), mandatory=True)
FIELDS: dict[str, tuple[Field, ...]] = {
    "units": (
        _UNIT_ID,
        Field("name", ("单位名称",), mandatory=True),
        Field("level", ("层级", "单位层级"), mandatory=True),
        Field("contact", ("联系人",)),
        Field("email", ("邮箱", "电子邮箱")),
        Field("phone", ("电话", "联系电话")),
        Field("parent", ("上级单位",)),
        Field("institution", ("事业单位",)),
        Field("administrative", ("行政职能", "承担行政职能")),
        Field("vertical", ("垂直管理",)),
    ),
    "sites": (
        _SITE_CODE,
        Field("name", ("网站名称",), mandatory=True),
        _UNIT_ID,
        Field("kind", ("类型", "网站类型"), mandatory=True),
        Field("home_url", ("首页地址", "首页网址"), mandatory=True),
        Field("disclosure_url", ("信息公开网网址",)),
        Field("status", ("状态", "网站状态"), mandatory=True),
        Field("domains", ("所持域名",)),
        Field("valid_from", ("起始日期", "生效日期")),
        Field("valid_to", ("截止日期", "失效日期")),
        Field("successor", ("承接网站标识码",)),
        Field("reason", ("说明",)),
    ),
    "accounts": (
        Field("account_id", ("账号编号",), mandatory=True),
        Field("platform", ("平台",), mandatory=True),
        Field("name", ("账号名称",), mandatory=True),
        _UNIT_ID,
        Field("address", ("地址", "账号地址")),
        Field("status", ("状态", "账号状态"), mandatory=True),
        Field("uid", ("微博uid",)),
        Field("biz", ("微信biz", "__biz")),
        Field("qr", ("二维码",)),
        Field("matrix", ("纳入矩阵",)),
        Field("main", ("主账号",)),
        Field("filed_on", ("备案日期",)),
    ),
    "columns": (
        _SITE_CODE,
        Field("url", ("网址", "栏目地址", "栏目网址"), mandatory=True),
        Field("name", ("栏目名称",), mandatory=True),
        Field("class", ("类别", "栏目类别"), mandatory=True),
        Field("owner", ("责任单位",)),
        Field("parent", ("上级栏目",)),
        Field("exempt", ("免检原因",)),
        Field("until", ("免检期限", "免检截止日期")),
        Field("confirmed_by", ("确认人",)),
        Field("reading", ("读取提示",)),
        Field("type", ("栏目类型",)),
        Field("owner_confirmed_by", ("责任单位确认人",)),
    ),
}
EXTRAS = ("type", "owner_confirmed_by")  # written only where they say something


def _words(pairs: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {word: english for english, others in pairs.items() for word in (english, *others)}


LEVELS = _words(
    {
        "city": ("市本级",),
        "county": ("县区",),
        "committee": ("管委",),
        "department": ("市直",),
        "subordinate": ("下属单位",),
    }
)
KINDS = _words({"portal": ("门户网站", "政府门户网站"), "department": ("部门网站",)})
SITE_STATUSES = _words(
    {"running": ("正常运行",), "suspended": ("临时关停",), "moved": ("已迁移",), "offline": ("已关停",)}
)
ACCOUNT_STATUSES = _words({"running": ("正常运行",), "offline": ("已关停", "已注销")})
PLATFORMS = _words({"weibo": ("微博", "新浪微博"), "wechat": ("微信", "微信公众号")})
CLASSES = _words(
    {
        "news": ("动态要闻", "动态、要闻"),
        "notice": ("通知公告",),
        "policy": ("政策文件",),
        "personnel_plan": ("人事规划计划", "人事、规划计划"),
        "interaction": ("互动交流",),
        "other": ("其他",),
    }
)
TYPES = {word: word for word in ("栏目", "频道", "专题", "业务系统")}
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def read_register(rows: Mapping[str, Sequence[Row]], issuer: Issuer, known: Register, folder: Path) -> Register:
    """Rows as a register, each checked by itself and then against the others and against what is known.

    What is wrong or doubtful is told to the row. `folder`: where pictures lie.
    """
    units = {unit.unit_id: unit for unit in known.units}
    filed_units = _distinct(rows.get("units", ()), _read_unit, lambda unit: unit.unit_id, "单位编号")
    units |= {unit.unit_id: unit for _, unit in filed_units}
    filed_units = [(row, _with_parent(row, unit, units)) for row, unit in filed_units]
    units |= {unit.unit_id: unit for _, unit in filed_units}
    _check_parents(filed_units, units)
    # a unit whose row is bad has been told of already: what refers to it is not at fault
    named = units.keys() | {row.identifier("unit_id") for row in rows.get("units", ())}

    sites = _distinct(rows.get("sites", ()), _read_site, lambda site: site.site_code, "网站标识码")
    codes = {site.site_code for site in known.sites} | {site.site_code for _, site in sites}
    codes |= {identifiers.plain(row.text("site_code")) for row in rows.get("sites", ())}
    for row, site in sites:
        _check_unit(row, site.unit_id, named)
        _check_site(row, site, units.get(site.unit_id), codes)

    accounts = _distinct(rows.get("accounts", ()), _read_account, lambda account: account.account_id, "账号编号")
    for row, account in accounts:
        _check_unit(row, account.unit_id, named)
        _check_picture(row, account, folder)
    _check_main_accounts(accounts)

    columns = _distinct(rows.get("columns", ()), _read_column, lambda column: (column.site_code, column.url), "网址")
    owners = units.keys() | {unit.name for unit in units.values()}
    for row, column in columns:
        if column.site_code not in codes:
            row.wrong(f"网站标识码 {column.site_code} 不在 sites 中，也不在登记库中")
        if column.owner and column.owner not in owners:
            _tell_stranger(row, "责任单位", column.owner)
    _check_people(columns, issuer if issuer.people else known.issuer, known)
    return Register(
        units=tuple(unit for _, unit in filed_units),
        sites=tuple(site for _, site in sites),
        accounts=tuple(account for _, account in accounts),
        columns=_with_levels([column for _, column in columns]),
        issuer=issuer,
    )


def _check_people(columns: Iterable[tuple[Row, Column]], issuer: Issuer, known: Register) -> None:
    """Who confirms is one of the office's people; a confirmation that the register holds already is not asked again."""
    people = {person.sign_in for person in issuer.people}
    held = {(column.site_code, column.url): column for column in known.columns}
    for row, column in columns:
        was = held.get((column.site_code, column.url))
        told = {was.class_confirmed_by, was.owner_confirmed_by} if was else set()
        for name in sorted({column.class_confirmed_by, column.owner_confirmed_by} - told - {""}):
            if people and name not in people:
                row.wrong(f"确认人 {name!r} 不在 issuer.yaml 的 people 中（现有: {'、'.join(sorted(people))}）")
            elif not people:
                row.doubt(f"issuer.yaml 没有 people，无法核对确认人 {name!r}")


def _distinct(
    rows: Iterable[Row], read_row: Callable[[Row], Thing | None], key: Callable[[Thing], Any], title: str
) -> list[tuple[Row, Thing]]:
    """What the good rows say, one a key; a second row of the same key names the first."""
    found: list[tuple[Row, Thing]] = []
    first: dict[Any, Row] = {}
    for row in rows:
        if not any(row.line.cells):
            continue
        thing = read_row(row)
        if thing is None:
            continue
        if key(thing) in first:
            name = key(thing)[-1] if isinstance(key(thing), tuple) else key(thing)
            row.wrong(f"{title} {name} 与第{first[key(thing)].line.number}行重复")
        else:
            first[key(thing)] = row
            found.append((row, thing))
    return found


def _read_unit(row: Row) -> Unit | None:
    unit_id, name = row.identifier("unit_id"), row.text("name")
    level = row.choice("level", LEVELS)
    email = unicodedata.normalize("NFKC", row.text("email"))
    if email and not _EMAIL.fullmatch(email):
        row.wrong(f"邮箱写法有误: {email!r}")
    unit = Unit(
        unit_id=unit_id,
        name=name,
        level=cast(Level, level),
        contact=row.text("contact"),
        email=email,
        phone=row.identifier("phone"),
        parent=row.text("parent"),
        institution=row.yes_no("institution"),
        administrative=row.yes_no("administrative"),
        vertical=row.yes_no("vertical"),
    )
    return unit if unit_id and name and level else None


def _read_site(row: Row) -> Site | None:
    code = row.read("site_code", identifiers.site_code)
    kind, status = row.choice("kind", KINDS), row.choice("status", SITE_STATUSES)
    site = Site(
        site_code=code,
        name=row.text("name"),
        unit_id=row.identifier("unit_id"),
        kind=cast(Kind, kind),
        home_url=row.read("home_url", identifiers.web_address),
        disclosure_url=row.read("disclosure_url", identifiers.web_address),
        status=cast(SiteStatus, status),
        domains=_read_domains(row),
        valid_from=row.day("valid_from"),
        valid_to=row.day("valid_to"),
        successor=row.read("successor", identifiers.site_code),
        reason=row.text("reason"),
    )
    if site.valid_from and site.valid_to and site.valid_from > site.valid_to:
        row.wrong(f"valid_from {site.valid_from} 晚于 valid_to {site.valid_to}")
    if site.disclosure_url and (doubt := identifiers.branch_id_doubt(site.disclosure_url)):
        row.doubt(doubt)
    return site if code else None


def _read_domains(row: Row) -> tuple[str, ...]:
    domains: list[str] = []
    for text in re.split(r"[;；,，、\s]+", row.text("domains")):
        try:
            name = identifiers.domain(text) if text else ""
        except ValueError as wrong:
            row.wrong(f"所持域名: {wrong}")
            continue
        if name and name not in domains:
            domains.append(name)
    return tuple(domains)


def _read_account(row: Row) -> Account | None:
    account_id = row.identifier("account_id")
    platform, status = row.choice("platform", PLATFORMS), row.choice("status", ACCOUNT_STATUSES)
    account = Account(
        account_id=account_id,
        platform=cast(Platform, platform),
        name=row.text("name"),
        unit_id=row.identifier("unit_id"),
        address=row.text("address"),
        status=cast(AccountStatus, status),
        uid=row.identifier("uid"),
        biz=row.text("biz"),
        qr=row.text("qr"),
        matrix=row.yes_no("matrix"),
        main=row.yes_no("main"),
        filed_on=row.day("filed_on"),
    )
    if not account_id or not platform:
        return None
    return _addressed_weibo(row, account) if platform == "weibo" else _addressed_wechat(row, account)


def _addressed_weibo(row: Row, account: Account) -> Account:
    """With the uid that its address gives: two that differ would have us read somebody else's account."""
    uid = row.read("uid", identifiers.weibo_uid)
    address = row.read("address", identifiers.normalise_weibo) if account.address else None
    found = address.uid if address else ""
    if uid and found and uid != found:
        row.wrong(f"uid {uid} 与微博地址中的 {found} 不符")
    if account.biz:
        row.wrong("微博账号不应有 biz")
    return replace(account, uid=uid or found)


def _addressed_wechat(row: Row, account: Account) -> Account:
    biz = row.read("biz", identifiers.biz)
    address = row.read("address", identifiers.normalise_wechat) if account.address else None
    found = address.value if address and address.kind == "biz" else ""
    if biz and found and biz != found:
        row.wrong(f"biz {biz} 与微信地址中的 {found} 不符")
    return replace(account, biz=biz or found)


def _read_column(row: Row) -> Column | None:
    code = row.read("site_code", identifiers.site_code)
    address = row.read("url", identifiers.web_address)
    kind = row.choice("class", CLASSES)
    confirmed = row.text("confirmed_by")
    owner = row.text("owner")
    said = row.text("owner_confirmed_by")
    owner_confirmed = "" if said == NOBODY else said or (confirmed if owner else "")
    if said and not owner:
        row.wrong("有责任单位确认人，但没有责任单位")
    until = row.day("until")
    if until and not row.text("exempt"):
        row.wrong("有免检期限，但没有免检原因")
    parent = row.text("parent")
    column = Column(
        site_code=code,
        url=canonical_url(address) if address else "",
        name=row.text("name"),
        kind=cast(ColumnClass, kind),
        type=cast(ColumnType, row.choice("type", TYPES) or "栏目"),
        parent="" if parent == UNKNOWN_LEVEL else parent,
        level=None if parent == UNKNOWN_LEVEL else 2 if parent else 1,
        owner=owner,
        reading=row.text("reading"),
        class_confirmed_by=confirmed,
        owner_confirmed_by=owner_confirmed,
        exempt=row.text("exempt"),
        exempt_until=until,
    )
    return column if code and address else None


def _with_parent(row: Row, unit: Unit, units: Mapping[str, Unit]) -> Unit:
    """上级单位 by number; its name will do where only one unit bears it."""
    if not unit.parent or unit.parent in units:
        return unit
    found = [other.unit_id for other in units.values() if other.name == unit.parent]
    if len(found) == 1:
        return replace(unit, parent=found[0])
    _tell_stranger(row, "上级单位", unit.parent)
    return unit


def _check_parents(filed: Iterable[tuple[Row, Unit]], units: Mapping[str, Unit]) -> None:
    """Nobody stands above himself, not even by way of others."""
    for row, unit in filed:
        above, passed = unit.parent, {unit.unit_id}
        while above in units and above not in passed:
            passed.add(above)
            above = units[above].parent
        if above == unit.unit_id:
            row.wrong(f"上级单位循环: {unit.unit_id} 的上级又归到自己")


def _tell_stranger(row: Row, title: str, who: str) -> None:
    """A number that nobody has is a mistake; a name may be that of a body outside the register."""
    if re.fullmatch(r"[A-Za-z0-9._-]+", who):
        row.wrong(f"{title} {who} 不在 units 中，也不在登记库中")
    else:
        row.doubt(f"{title}“{who}”不在单位名单中，按文字保留")


def _check_unit(row: Row, unit_id: str, named: Collection[str]) -> None:
    if unit_id and unit_id not in named:
        row.wrong(f"单位编号 {unit_id} 不在 units 中，也不在登记库中")


def _check_site(row: Row, site: Site, unit: Unit | None, codes: Collection[str]) -> None:
    if unit and (doubt := identifiers.site_code_doubt(site.site_code, unit.level, unit.vertical)):
        row.doubt(doubt)
    if site.successor and site.successor == site.site_code:
        row.wrong("承接网站标识码就是本网站")
    elif site.successor and site.successor not in codes:
        row.doubt(f"承接网站标识码 {site.successor} 不在登记库中")
    host = identifiers.host_of(site.home_url) if site.home_url else ""
    if site.domains and host and host not in {identifiers.ascii_host(name) for name in site.domains}:
        row.doubt(f"首页地址的主机名 {host} 不在所持域名中")


def _check_picture(row: Row, account: Account, folder: Path) -> None:
    """The picture lies beside the file and nowhere else; without it the cell of the paper stays empty."""
    if not account.qr:
        return
    picture = Path(account.qr)
    if picture.is_absolute() or ".." in picture.parts or "\\" in account.qr or ":" in account.qr:
        row.wrong(f"二维码应为表格旁的图片文件名: {account.qr!r}")
    elif not (folder / picture).is_file():
        row.doubt(f"找不到二维码图片 {account.qr!r}")
    elif read_picture(folder / picture) is None:
        row.doubt(f"二维码不是可用的图片（PNG 或 JPEG，不超过 {MOST_BYTES // 1_000_000} MB）: {account.qr!r}")


def _check_main_accounts(accounts: Iterable[tuple[Row, Account]]) -> None:
    """一个单位原则上每个平台只设一个主账号 (rule book §9)."""
    first: dict[tuple[str, str], Row] = {}
    for row, account in accounts:
        if account.main and account.status == "running":
            earlier = first.setdefault((account.unit_id, account.platform), row)
            if earlier is not row:
                row.doubt(f"单位 {account.unit_id} 在同一平台有两个主账号，另见第{earlier.line.number}行")


def check_teams(issuer: Issuer, codes: Collection[str], place: str) -> list[Complaint]:
    """Teams may be given sites that are not in the register yet, but a person should know."""
    return [
        Complaint(place, f"{team} 的网站 {code} 不在登记库中", refuses=False)
        for team, listed in issuer.teams.items()
        for code in listed
        if code not in codes
    ]


def _with_levels(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Each column with its depth below its parents; a parent that is not listed stands at the first level."""
    named = {(column.site_code, column.name): column for column in columns}

    def depth(column: Column, passed: frozenset[str]) -> int | None:
        if column.level is None or not column.parent:
            return column.level
        above = named.get((column.site_code, column.parent))
        if above is None or above.name in passed:
            return 2
        level = depth(above, passed | {above.name})
        return None if level is None else level + 1

    return tuple(replace(column, level=depth(column, frozenset({column.name}))) for column in columns)
