"""Ledgers as files: visits of another monitor, units' posts, messages of 找错, decisions of the inspection teams."""

import hashlib
import math
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from inspectorate import identifiers
from inspectorate.evidence import AccountVisit, Door, ErrorMessage, Post, Visit
from inspectorate.finding import Ruling
from inspectorate.formats.table_files import Field, Row, read_loose_day, read_tables, rows_of, write_csv
from inspectorate.quarter import SHANGHAI, day_of, midnight, read_time
from inspectorate.register import BadInput, Complaint, Register

_VISIT = (
    Field("site_code", ("网站标识码",), mandatory=True),
    Field("visited_at", ("访问时间", "监测时间"), mandatory=True),
    Field("seconds", ("耗时", "耗时秒", "耗时(秒)", "秒数")),
    Field("outcome", ("结果", "访问结果"), mandatory=True),
    Field("source", ("来源", "监测来源"), mandatory=True),
)
_POST = (
    Field("account_id", ("账号编号",), mandatory=True),
    Field("published_at", ("发布时间",), mandatory=True),
    Field("title", ("标题",)),
    Field("url", ("网址", "链接", "地址")),
    Field("kind", ("类型", "原创或转发"), mandatory=True),
    Field("interpretation", ("解读回应", "是否解读回应")),
)
_DECISION = (
    Field("finding_id", ("问题编号",), mandatory=True),
    Field("decision", ("复核结果", "复核意见", "ruling"), mandatory=True),
    Field("reason", ("理由", "复核理由"), mandatory=True),
    Field("by", ("复核人",), mandatory=True),
    Field("phrase", ("表述", "修改后表述")),
)
_ERROR = (
    Field("site_code", ("网站标识码",), mandatory=True),
    Field("number", ("留言编号", "编号"), mandatory=True),
    Field("asked_on", ("提交日期", "提交时间", "留言时间"), mandatory=True),
    Field("answered_on", ("答复日期", "答复时间", "办结时间")),
)
_OUTCOMES = {str(door): str(door) for door in Door} | {
    "打开": "opened",
    "正常": "opened",
    "拒绝连接": "refused",
    "连接重置": "reset",
    "域名解析失败": "dns",
    "证书错误": "tls",
    "超时": "timeout",
    "http错误": "http_error",
    "被拦截": "wall",
    "我方原因": "ours",
}
_POST_KINDS = {"original": "original", "原创": "original", "repost": "repost", "转发": "repost"}
_RULINGS = {
    "upheld": "upheld",
    "维持": "upheld",
    "属实": "upheld",
    "dropped": "dropped",
    "撤销": "dropped",
    "不属实": "dropped",
    "amended": "amended",
    "修改": "amended",
    "更正": "amended",
}


@dataclass(frozen=True, slots=True)
class Decided:
    """One row of a file of decisions; `place` tells where it stood, for what is found wrong with it later."""

    finding_id: str
    ruling: Ruling
    reason: str
    by: str  # sign-in name
    phrase: str = ""  # amended: printed instead of the clause's own; else empty
    place: str = ""


def read_visits(file: Path, now: datetime | None = None, known: Collection[str] | None = None) -> list[Visit]:
    """Visits of another monitor, as filed; a time without an offset is Shanghai's. BadInput with every bad row.

    `now`: no visit can be later (absent: the clock's). `known`: the site codes of the register (absent: not checked).
    """
    now = now or datetime.now(SHANGHAI)
    rows, told = _rows(file, _VISIT)
    visits: list[Visit] = []
    first: dict[Any, Row] = {}
    for row in rows:
        code = row.read("site_code", identifiers.site_code)
        at = _moment(row, "visited_at", now)
        outcome = row.choice("outcome", _OUTCOMES)
        seconds = _seconds(row)
        if outcome == "opened" and not row.text("seconds"):
            row.wrong("outcome 为 opened 时必须有 seconds")
        if code and known is not None and code not in known:
            row.wrong(f"网站标识码 {code} 不在登记库中")
        if not code or at is None or not outcome:
            continue
        if _first_of(row, (code, at, row.text("source")), first, "同一网站、时间和来源"):
            visits.append(Visit(code, at, row.text("source"), Door(outcome), seconds))
    _refuse(told)
    return visits


def write_visits(file: Path, visits: Iterable[Visit]) -> None:
    """Visits as a unit may check them one by one: what import-visits reads first, then why and where it is kept."""
    header = [field.name for field in _VISIT] + ["because", "address", "server_time", "sha256", "warc", "position"]
    rows = [
        [
            v.site,
            v.visited_at.astimezone(SHANGHAI).isoformat(),
            "" if v.seconds is None else f"{v.seconds:.6f}",
            str(v.outcome),
            v.source,
            v.because,
            v.address,
            v.server_time.astimezone(SHANGHAI).isoformat() if v.server_time else "",
            v.sha256 or "",
            v.warc,
            "" if v.position is None else str(v.position),
        ]
        for v in visits
    ]
    write_csv(file, header, rows)


def read_posts(
    file: Path, register: Register, visited_at: datetime | None = None
) -> tuple[list[Post], list[AccountVisit]]:
    """Posts that units filed, and for each account one visit that covers from its earliest post on.

    `visited_at`: when the ledger came in; no post can be later (absent: the clock's). BadInput with every bad row.
    """
    visited_at = visited_at or datetime.now(SHANGHAI)
    accounts = {account.account_id for account in register.accounts}
    rows, told = _rows(file, _POST)
    posts: list[Post] = []
    first: dict[Any, Row] = {}
    for row in rows:
        account = row.identifier("account_id")
        if account and account not in accounts:
            row.wrong(f"账号编号 {account} 不在登记库中")
        at = _moment(row, "published_at", visited_at)
        url, title = row.read("url", identifiers.web_address), row.text("title")
        if not row.text("url") and not title:
            row.wrong("标题和网址不能都为空")
        kind = row.choice("kind", _POST_KINDS)
        interpretation = row.yes_no("interpretation")
        if not account or at is None or not kind:
            continue
        post_id = url or hashlib.sha256(f"{title}\n{at.astimezone(SHANGHAI).isoformat()}".encode()).hexdigest()
        if _first_of(row, (account, post_id), first, "同一篇"):
            posts.append(
                Post(account, "ledger", post_id, at, url, title, kind == "repost", interpretation, False, visited_at)
            )
    _refuse(told)
    return posts, _ledger_visits(posts, visited_at)


def read_errors(file: Path, exported_at: datetime, known: Collection[str]) -> list[ErrorMessage]:
    """Messages of “我为政府网站找错” as the platform exports them; `known`: the site codes of the register.

    No day can be after the export, and no answer before its message. BadInput with every bad row.
    """
    rows, told = _rows(file, _ERROR)
    messages: list[ErrorMessage] = []
    first: dict[Any, Row] = {}
    for row in rows:
        code, number = row.read("site_code", identifiers.site_code), row.text("number")
        if code and code not in known:
            row.wrong(f"网站标识码 {code} 不在登记库中")
        asked, answered = _day(row, "asked_on", exported_at), _day(row, "answered_on", exported_at)
        if asked is not None and answered is not None and answered < asked:
            row.wrong(f"answered_on {answered} 早于 asked_on {asked}")
        if not code or not number or asked is None:
            continue
        if _first_of(row, (code, number), first, f"留言编号 {number}"):
            messages.append(ErrorMessage(code, number, asked, answered, exported_at))
    _refuse(told)
    return messages


def _day(row: Row, name: str, latest: datetime) -> date | None:
    """A day, or the day of a moment."""
    if re.search(r"\d:\d", row.text(name)):
        moment = _moment(row, name, latest)
        return None if moment is None else day_of(moment)
    day = row.day(name)
    if day is not None and day > day_of(latest):
        row.wrong(f"{name} 晚于现在: {day}")
        return None
    return day


def _ledger_visits(posts: list[Post], visited_at: datetime) -> list[AccountVisit]:
    """A ledger is one look at each account it names: whole from the earliest post on, and silent about the rest."""
    times: dict[str, list[datetime]] = {}
    for post in posts:
        times.setdefault(post.account, []).append(post.published_at)
    return [
        AccountVisit(
            account=account,
            source="ledger",
            visited_at=visited_at,
            outcome=Door.OPENED,
            complete=True,
            posts=len(published),
            newest=max(published),
            covers_from=min(published),
        )
        for account, published in times.items()
    ]


def read_decisions(file: Path) -> list[Decided]:
    """Decisions as the teams filed them, in order. BadInput with every bad row."""
    rows, told = _rows(file, _DECISION)
    decided: list[Decided] = []
    first: dict[Any, Row] = {}
    for row in rows:
        finding_id = row.text("finding_id")
        if finding_id and not re.fullmatch(r"\d{4}Q[1-4]/\d+/[^/\s]+/[^/\s]+", finding_id):
            row.wrong(f"问题编号应为“季度/巡查/指标/对象”的形式: {finding_id!r}")
        ruling, phrase = row.choice("decision", _RULINGS), row.text("phrase")
        if ruling == "amended" and not phrase:
            row.wrong("复核结果为 amended(修改) 时必须有修改后的表述 phrase")
        if phrase and ruling in ("upheld", "dropped"):
            row.wrong("只有复核结果为 amended(修改) 时才有修改后的表述 phrase")
        if ruling and _first_of(row, finding_id, first, f"问题编号 {finding_id}"):
            decided.append(Decided(finding_id, Ruling(ruling), row.text("reason"), row.text("by"), phrase, row.place))
    _refuse(told)
    return decided


def _rows(file: Path, fields: tuple[Field, ...]) -> tuple[list[Row], list[Complaint]]:
    """The rows of a file's first table that has any."""
    tables, told = read_tables(file)
    if not tables or not tables[0].header.cells:
        raise BadInput([*told, Complaint(file.name, "是空表")])
    return rows_of(tables[0], fields, {}, told), told


def _refuse(told: list[Complaint]) -> None:
    if any(complaint.refuses for complaint in told):
        raise BadInput(told)


def _first_of(row: Row, key: Any, first: dict[Any, Row], what: str) -> bool:
    """Whether no row before this one had the same key; a second one is told, and names the first."""
    earlier = first.setdefault(key, row)
    if earlier is not row:
        row.wrong(f"{what}与第{earlier.line.number}行重复")
    return earlier is row


def _seconds(row: Row) -> float | None:
    text = unicodedata.normalize("NFKC", row.text("seconds")).strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        row.wrong(f"seconds 应为不小于0的秒数: {row.text('seconds')!r}")
        return None
    return seconds


def _moment(row: Row, name: str, latest: datetime) -> datetime | None:
    text = unicodedata.normalize("NFKC", row.text(name)).strip()
    if not text:
        return None
    try:
        moment = read_loose_time(text)
    except ValueError as wrong:
        row.wrong(f"{name}: {wrong}")
        return None
    if moment > latest:
        row.wrong(f"{name} 晚于现在: {text}")
        return None
    return moment


def read_loose_time(text: str) -> datetime:
    """A moment as people and spreadsheets write it; without an offset it is Shanghai's, a bare day is its midnight."""
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?", text)
    if found:
        try:
            year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=SHANGHAI)
        except ValueError:
            raise ValueError(f"没有这个时间: {text!r}") from None
    if re.fullmatch(r"[2-6]\d{4}\.\d+", text):  # a spreadsheet's days since 1899
        return datetime(1899, 12, 30, tzinfo=SHANGHAI) + timedelta(seconds=round(float(text) * 86400))
    if re.search(r"\d:\d", text) or re.fullmatch(r"\d{8}T\d{4,6}.*", text):
        return read_time(text)
    return midnight(read_loose_day(text))
