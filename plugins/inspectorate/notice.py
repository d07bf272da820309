"""The notice (通报), the letters of verification (核实函) and the survey forms as plain facts, ready to be printed."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import yaml

from inspectorate.edition import Edition
from inspectorate.finding import Finding, Outcome, Ruling, SubjectKind, Verdict
from inspectorate.quarter import SHANGHAI, Quarter, day_of
from inspectorate.register import Account, Column, Issuer, Platform, Register, Site, Unit

Standing = Literal["official", "trial"]
NUMERALS = "一二三四五六七八九十"
FAILED_WORD, UNJUDGED_WORD = "不合格", "unjudged"  # of Verdict.verdict
PLATFORMS: dict[Platform, str] = {"weibo": "微博", "wechat": "微信"}
SITE_KINDS = {"portal": "门户网站", "department": "部门网站"}
BLANK_DAY = "　　月　　日"
TITLE_WIDTH = 19  # of 二号 characters that fit on a line of the type area
ASK = "是/否"  # what the survey form prints where the unit has to choose


class Contradiction(ValueError):
    """The facts of a paper do not agree with each other; nothing may be printed from them."""


# What a paper is made from.


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of a population, `县区政府门户网站7家`."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Population:
    """What one kind of subject comes to: subjects running on the day of inspection, and nothing else."""

    running: int
    judged: int
    passed: int
    failed: int
    parts: tuple[Part, ...] = ()  # need not sum up to `running`: then the paper warns


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of one inspection; accounts are None where the edition has no veto for them."""

    sites: Population
    accounts: Population | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """One document in force on the day of inspection, as papers cite it."""

    edition: str
    title: str  # without 《》; empty: it switches texts on, but is not cited
    document: str  # 文号; empty: not numbered


def cite(editions: Iterable[Edition]) -> tuple[Basis, ...]:
    """How papers cite the editions of a day; a local one is a practice of the issuer's own and is not cited."""
    return tuple(Basis(e.id, "" if e.local else e.title, "" if e.local else e.document) for e in editions)


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a paper must know of its inspection."""

    inspected_at: datetime
    standing: Standing
    past: bool  # made after its quarter had ended: 补算稿
    basis: tuple[Basis, ...] = ()  # in the order of citing; `edition` also switches work requirements on

    def has(self, edition: str) -> bool:
        return any(b.edition == edition for b in self.basis)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A subject left out of the quarter by a person, with the reason that is printed. 未纳入本季度检查"""

    subject: str
    reason: str


# What a paper says.


@dataclass(frozen=True, slots=True)
class Point:
    """`一是网站管理不够到位。…` or `（一）强化政府网站规范管理。…`"""

    label: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    ordinal: str  # 一
    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A row of annex 1, rule book §14; a missing account leaves its cells empty."""

    number: int
    site_code: str
    name: str
    home_url: str
    disclosure_url: str
    weibo_name: str
    weibo_address: str
    wechat_name: str
    wechat_qr: str  # the picture's file name in the register
    result: str
    problems: str  # phrases in the order of the rules, joined by `; `


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A row of the annex of failing accounts."""

    number: int
    platform: str
    name: str
    unit: str
    address: str
    result: str
    problems: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """A subject that is set aside or that nobody can judge yet, and why."""

    number: int
    kind: str  # 网站 or the platform
    subject: str
    name: str
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Domain:
    """One held domain; None: the unit has not said whether it is the main one."""

    name: str
    main: bool | None = None


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """One row of the form's lists; what nobody knows is an empty cell, for the unit to fill."""

    name: str
    host: str = ""
    compliant: str = ASK  # 是, 否 or 是/否
    migrated: str = ""  # 业务系统: 是否已迁移到市政务云数据中心
    built_by: str = ""  # 业务系统: 上级建设/自建
    shown_as: str = ""  # 下属机构: 专题/栏目/网页/其他
    institution: str = ""
    administrative: str = ""


@dataclass(frozen=True, slots=True)
class SurveySite:
    name: str
    kind: str
    domains: tuple[Domain, ...]
    channels: tuple[SurveyRow, ...]
    columns: tuple[SurveyRow, ...]
    topics: tuple[SurveyRow, ...]
    systems: tuple[SurveyRow, ...]
    subordinates: tuple[SurveyRow, ...]
    apart: tuple[SurveyRow, ...]  # 未整合迁移至市政府网站集约化平台


@dataclass(frozen=True, slots=True)
class Survey:
    """The survey form 域名业务摸底调查表, blank or filled with what the register knows."""

    title: str
    unit_id: str
    unit: str
    contact: str
    closed_sites: str
    sites: tuple[SurveySite, ...]
    compliance: str  # heading of the judgement's cells
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """All that one 通报 says. Formats print it and add nothing."""

    quarter: Quarter
    inspected_at: datetime
    standing: Standing
    watermark: tuple[str, ...]  # 试算, 补算稿, 待核; empty on a clean official draft
    issuer: str
    title: str
    title_lines: tuple[str, ...]
    number: str  # 发文字号, or a placeholder
    signed_on: str  # 成文日期, or a placeholder
    addressees: str
    copies: str
    preamble: str
    sections: tuple[Section, ...]
    closing: str
    attachments: tuple[str, ...]
    labels: Mapping[str, str]  # list → 附件1; only lists that are printed
    titles: Mapping[str, str]  # list → title of its annex
    site_rows: tuple[SiteRow, ...]
    account_rows: tuple[AccountRow, ...]
    set_aside: tuple[ListRow, ...]
    unjudged: tuple[ListRow, ...]
    survey: Survey | None
    figures: Figures
    site_share: str  # 网站检查率
    site_rate: str  # 网站合格率
    account_share: str
    account_rate: str
    undecided: tuple[str, ...]  # `clause subject` of printed vetoes that nobody has decided yet
    warnings: tuple[str, ...]  # for the person at the desk; not printed
    editions: tuple[str, ...]
    wording_dated: str

    def obstacles(self) -> tuple[str, ...]:
        """Why this draft cannot be signed yet, in official Chinese; empty: it can."""
        found = []
        if self.standing != "official":
            found.append("试算结果不得签发")
        if self.unjudged:
            found.append(f"尚有{len(self.unjudged)}个对象待核: " + "、".join(r.name for r in self.unjudged))
        if self.undecided:
            found.append(f"尚有{len(self.undecided)}条单项否决未经复核: " + "、".join(self.undecided))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class LetterProof:
    number: int
    url: str
    what: str
    fetched_at: str


@dataclass(frozen=True, slots=True)
class LetterItem:
    """One finding as the unit is asked about it, with everything that was counted."""

    number: int
    subject: str
    name: str
    clause: str
    phrase: str
    because: str
    proof: tuple[LetterProof, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A unit's own findings, and no one else's. 核实函, a draft until it is sent"""

    unit_id: str
    unit: str
    issuer: str
    title: str
    opening: str
    closing: str
    items: tuple[LetterItem, ...]
    watermark: tuple[str, ...]
    signed_on: str


# The text library.


@dataclass(frozen=True, slots=True)
class Sentence:
    clauses: tuple[str, ...]
    text: str
    kind: SubjectKind | None = None


@dataclass(frozen=True, slots=True)
class Theme:
    heading: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    heading: str
    text: str
    when: str = ""  # edition; empty: always


@dataclass(frozen=True, slots=True)
class Wording:
    """The text library: sentences with slots, no facts. An issuer's own phrases replace single texts."""

    texts: Mapping[str, str]
    part_labels: Mapping[str, str]
    clean: tuple[Sentence, ...]
    problems: tuple[Theme, ...]
    requirements: tuple[Requirement, ...]
    survey_notes: tuple[str, ...]

    def say(self, name: str, **slots: object) -> str:
        """The text with its slots filled; a text or a slot that is missing is a KeyError naming both."""
        try:
            return self.texts[name].format_map(slots)
        except KeyError as missing:
            raise KeyError(f"用语库 {name}: 缺少 {missing}") from None

    def with_phrases(self, own: Mapping[str, Any]) -> Self:
        """This library with an issuer's own phrases; a name that the library does not know is a KeyError."""
        known = set(self.texts) | {"part_labels", "clean", "problems", "requirements", "survey_notes"}
        if unknown := sorted(set(own) - known):
            raise KeyError(f"用语库没有这些条目: {', '.join(unknown)}")
        texts = dict(self.texts) | {k: str(v) for k, v in own.items() if k in self.texts}
        return type(self)(
            texts=texts,
            part_labels=own.get("part_labels", self.part_labels),
            clean=_sentences(own["clean"]) if "clean" in own else self.clean,
            problems=_themes(own["problems"]) if "problems" in own else self.problems,
            requirements=_requirements(own["requirements"]) if "requirements" in own else self.requirements,
            survey_notes=tuple(own.get("survey_notes", self.survey_notes)),
        )


def _sentences(rows: Iterable[Mapping[str, Any]]) -> tuple[Sentence, ...]:
    return tuple(Sentence(tuple(r["clauses"]), r["text"], r.get("kind")) for r in rows)


def _themes(rows: Iterable[Mapping[str, Any]]) -> tuple[Theme, ...]:
    return tuple(Theme(r["heading"], _sentences(r["sentences"])) for r in rows)


def _requirements(rows: Iterable[Mapping[str, Any]]) -> tuple[Requirement, ...]:
    return tuple(Requirement(r["heading"], r["text"], r.get("when", "")) for r in rows)


def read_wording(text: str) -> Wording:
    """Read a text library (YAML). A missing list is a KeyError that names it."""
    rows: dict[str, Any] = yaml.safe_load(text)
    lists = {"part_labels", "clean", "problems", "requirements", "survey_notes"}
    return Wording(
        texts={k: str(v) for k, v in rows.items() if k not in lists},
        part_labels=rows["part_labels"],
        clean=_sentences(rows["clean"]),
        problems=_themes(rows["problems"]),
        requirements=_requirements(rows["requirements"]),
        survey_notes=tuple(rows["survey_notes"]),
    )


@lru_cache(maxsize=1)
def house_wording() -> Wording:
    """The text library that comes with the house."""
    return read_wording((Path(__file__).parent / "templates" / "wording.yaml").read_text(encoding="utf-8"))


# Small words.


def printable(text: str) -> str:
    """Text as data: one line, without control, private and direction-changing characters that paper cannot show."""
    kept = "".join(" " if c in "\t\n\r\v\f\x85\u2028\u2029" else c for c in text)
    kept = "".join(c for c in kept if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn"))
    return re.sub(" {2,}", " ", kept).strip(" ")


def percent(part: int, whole: int, decimals: int) -> str:
    """A share as papers print it, rounded half up: 48 of 55 is 87%. Nothing of nothing is `—`."""
    if whole == 0:
        return "—"
    share = Decimal(part) * 100 / Decimal(whole)
    return f"{share.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)}%"


def spell_day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def place_of(issuer: Issuer) -> str:
    """六安市 of 六安市人民政府办公室; empty where the name has no 人民政府."""
    before, found, _ = issuer.name.partition("人民政府")
    return before if found else ""


def _scope(issuer: Issuer) -> str:
    place = place_of(issuer)
    return f"全{place[-1]}" if place and place[-1] in "省市县区州盟旗" else "全市"


def watermark(inspection: Inspected, unjudged: int) -> tuple[str, ...]:
    """The words that stand on every page. §1.13, §1.15"""
    words = []
    if inspection.standing == "trial":
        words.append("试算")
        if inspection.past:
            words.append("补算稿")
    if unjudged:
        words.append("待核")
    return tuple(words)


def parts_of(register: Register, day: date, wording: Wording | None = None) -> tuple[Part, ...]:
    """The running sites of a day by the level of their unit, in the order of the text library."""
    labels = (wording or house_wording()).part_labels
    levels: list[str] = [register.unit(s.unit_id).level for s in register.running_sites(day)]
    counted = [Part(label, levels.count(level)) for level, label in labels.items()]
    return tuple(p for p in counted if p.count)


def _lines(pieces: Sequence[str], width: float) -> tuple[str, ...]:
    """Title lines that break no word, the upper ones longer (梯形)."""
    lines = [""]
    for piece in pieces:
        if lines[-1] and width_of(lines[-1] + piece) > width:
            lines.append(piece)
        else:
            lines[-1] += piece
    return tuple(lines)


def width_of(text: str) -> float:
    """In full-width characters."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.5 for c in text)


# Composing.


@dataclass(frozen=True)
class _Case:
    """Everything that a notice is composed from, and what follows from it."""

    quarter: Quarter
    issuer: Issuer
    inspection: Inspected
    register: Register
    findings: tuple[Finding, ...]
    verdicts: tuple[Verdict, ...]
    figures: Figures
    set_aside: tuple[SetAside, ...]
    wording: Wording
    signed_on: date | None
    deadline: date | None
    sites: Mapping[str, Site] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)

    @property
    def left_out(self) -> frozenset[str]:
        return frozenset(s.subject for s in self.set_aside)

    def running(self, kind: SubjectKind) -> Mapping[str, Site] | Mapping[str, Account]:
        return self.sites if kind == "site" else self.accounts

    def named(self, subject: str) -> Site | Account | None:
        return self.sites.get(subject) or self.accounts.get(subject)

    def unit_name(self, unit_id: str) -> str:
        return self.register.unit(unit_id).name

    @property
    def office(self) -> str:
        return self.issuer.short_name or self.issuer.name

    def share(self, part: int, whole: int) -> str:
        return percent(part, whole, self.issuer.decimals)


def compose(
    quarter: Quarter,
    issuer: Issuer,
    inspection: Inspected,
    register: Register,
    findings: Iterable[Finding],
    verdicts: Iterable[Verdict],
    figures: Figures,
    set_aside: Iterable[SetAside] = (),
    number: str | None = None,
    signed_on: date | None = None,
    deadline: date | None = None,
    wording: Wording | None = None,
) -> Notice:
    """All facts of one notice; every number of it is in the arguments.

    The findings carry their decisions. Subjects that did not run on the day, or that are set aside, are named as
    failing nowhere. Raises Contradiction where figures, verdicts and findings do not agree.
    """
    day = day_of(inspection.inspected_at)
    case = _Case(
        quarter, issuer, inspection, register, tuple(findings), tuple(verdicts), figures, tuple(set_aside),
        wording or house_wording(), signed_on, deadline,
        {s.site_code: s for s in register.running_sites(day)},
        {a.account_id: a for a in register.running_accounts(day)},
    )  # fmt: skip
    site_rows, account_rows = _site_rows(case), _account_rows(case)
    aside, unjudged = _aside_rows(case), _unjudged_rows(case)
    _agree(case, site_rows, account_rows, aside, unjudged)
    undecided = _undecided(case)
    survey = blank_survey(issuer, case.wording) if inspection.has("DN") else None
    titles = _annexes(case, site_rows, account_rows, aside, unjudged, survey)
    labels = {k: f"附件{i if len(titles) > 1 else ''}" for i, k in enumerate(titles, 1)}
    pieces = _title_pieces(case)
    sites, accounts = figures.sites, figures.accounts
    return Notice(
        quarter=quarter,
        inspected_at=inspection.inspected_at,
        standing=inspection.standing,
        watermark=watermark(inspection, len(unjudged)),
        issuer=issuer.name,
        title="".join(pieces),
        title_lines=_lines(pieces, TITLE_WIDTH),
        number=number or f"{issuer.number_prefix}〔{(signed_on or quarter.last_day).year}〕　　号",
        signed_on=spell_day(signed_on) if signed_on else f"{quarter.last_day.year}年{BLANK_DAY}",
        addressees=issuer.addressees.rstrip("：:"),
        copies=issuer.copies.rstrip("。"),
        preamble=_preamble(case),
        sections=_sections(case, labels, bool(undecided)),
        closing=_closing(case, bool(site_rows or account_rows), survey),
        attachments=tuple(titles.values()),
        labels=labels,
        titles=titles,
        site_rows=site_rows,
        account_rows=account_rows,
        set_aside=aside,
        unjudged=unjudged,
        survey=survey,
        figures=figures,
        site_share=case.share(sites.judged, sites.running),
        site_rate=case.share(sites.passed, sites.judged),
        account_share=case.share(accounts.judged, accounts.running) if accounts else "",
        account_rate=case.share(accounts.passed, accounts.judged) if accounts else "",
        undecided=undecided,
        warnings=_warnings(figures),
        editions=tuple(b.edition for b in inspection.basis),
        wording_dated=case.wording.texts["dated"],
    )


def _title_pieces(case: _Case) -> tuple[str, ...]:
    about = case.wording.texts["title_both" if case.figures.accounts else "title_sites"]
    return (case.issuer.name, "关于", case.quarter.title, _scope(case.issuer), about)


def _grounds(verdict: Verdict, findings: Iterable[Finding]) -> tuple[str, ...]:
    """The phrases that annex 1 prints, in the order of the rules, none twice; the points alone may also fail a site."""
    failed = sorted((f for f in findings if _fails(f)), key=lambda f: f.clause)
    return tuple(dict.fromkeys([f.phrase for f in failed] or verdict.phrases))


def _fails(finding: Finding) -> bool:
    return finding.consequence == "veto" and finding.stands_as is Outcome.FAILED


def _failing(case: _Case, kind: SubjectKind) -> list[tuple[str, str]]:
    """(subject, problems) of every failing subject, in the register's order; each with its ground."""
    verdicts = {v.subject: v for v in case.verdicts if v.kind == kind}
    rows = []
    for subject in case.running(kind):
        own = [f for f in case.findings if f.subject == subject]
        verdict = verdicts.get(subject)
        if subject in case.left_out or verdict is None or verdict.verdict is None:
            continue
        if verdict.verdict != FAILED_WORD:
            if any(_fails(f) for f in own):
                raise Contradiction(f"{subject}: 判定为{verdict.verdict}，但有单项否决成立")
            continue
        grounds = _grounds(verdict, own)
        if not grounds:
            raise Contradiction(f"{subject}: 判定为不合格，但没有任何依据")
        rows.append((subject, "; ".join(grounds)))
    return rows


def _account_of(case: _Case, unit_id: str, platform: Platform) -> Account | None:
    """The unit's account on a platform: its main one, else the first of the register."""
    own = [a for a in case.accounts.values() if a.unit_id == unit_id and a.platform == platform]
    return next((a for a in own if a.main), own[0] if own else None)


def _site_rows(case: _Case) -> tuple[SiteRow, ...]:
    rows = []
    for number, (code, problems) in enumerate(_failing(case, "site"), 1):
        site = case.sites[code]
        weibo, wechat = (_account_of(case, site.unit_id, p) for p in ("weibo", "wechat"))
        rows.append(
            SiteRow(
                number=number,
                site_code=code,
                name=site.name,
                home_url=site.home_url,
                disclosure_url=site.disclosure_url,
                weibo_name=weibo.name if weibo else "",
                weibo_address=weibo.address if weibo else "",
                wechat_name=wechat.name if wechat else "",
                wechat_qr=wechat.qr if wechat else "",
                result=FAILED_WORD,
                problems=problems,
            )
        )
    return tuple(rows)


def _account_rows(case: _Case) -> tuple[AccountRow, ...]:
    rows = []
    for number, (subject, problems) in enumerate(_failing(case, "account"), 1):
        account = case.accounts[subject]
        unit = case.unit_name(account.unit_id)
        platform = PLATFORMS[account.platform]
        rows.append(AccountRow(number, platform, account.name, unit, account.address, FAILED_WORD, problems))
    return tuple(rows)


def _list_row(case: _Case, number: int, subject: Site | Account, reason: str) -> ListRow:
    kind, name = (
        ("网站", subject.site_code) if isinstance(subject, Site) else (PLATFORMS[subject.platform], subject.account_id)
    )
    return ListRow(number, kind, name, subject.name, case.unit_name(subject.unit_id), reason)


def _aside_rows(case: _Case) -> tuple[ListRow, ...]:
    reasons = {s.subject: s.reason for s in case.set_aside}
    everyone: list[Site | Account] = [*case.sites.values(), *case.accounts.values()]
    kept = [(s, reasons.get(_key(s))) for s in everyone]
    return tuple(_list_row(case, i, s, why) for i, (s, why) in enumerate(((s, w) for s, w in kept if w is not None), 1))


def _key(subject: Site | Account) -> str:
    return subject.site_code if isinstance(subject, Site) else subject.account_id


def _unjudged_rows(case: _Case) -> tuple[ListRow, ...]:
    rows: list[ListRow] = []
    order = {subject: i for i, subject in enumerate([*case.sites, *case.accounts])}
    open_ones = [v for v in case.verdicts if v.verdict == UNJUDGED_WORD and v.subject in order]
    for verdict in sorted(open_ones, key=lambda v: order[v.subject]):
        subject = case.named(verdict.subject)
        if verdict.subject in case.left_out or subject is None:
            continue
        own = [f for f in case.findings if f.subject == verdict.subject and f.consequence == "veto"]
        whys = dict.fromkeys(f.because or f.clause for f in own if f.stands_as is Outcome.UNJUDGED)
        rows.append(_list_row(case, len(rows) + 1, subject, "；".join(whys)))
    return tuple(rows)


def _agree(
    case: _Case,
    site_rows: Sequence[SiteRow],
    account_rows: Sequence[AccountRow],
    aside: Sequence[ListRow],
    unjudged: Sequence[ListRow],
) -> None:
    """Figures, lists and verdicts must say the same; a paper that contradicts itself is not printed."""
    for what, figures, rows, is_kind in (
        ("网站", case.figures.sites, len(site_rows), True),
        ("账号", case.figures.accounts, len(account_rows), False),
    ):
        if figures is None:
            if rows:
                raise Contradiction(f"{what}: 名单有{rows}个不合格，但没有统计数")
            continue
        if figures.failed != rows:
            raise Contradiction(f"{what}: 统计数不合格{figures.failed}，名单{rows}")
        if figures.passed + figures.failed != figures.judged:
            raise Contradiction(
                f"{what}: 合格{figures.passed}与不合格{figures.failed}之和不等于完成检查{figures.judged}"
            )
        listed = sum((r.kind == "网站") is is_kind for r in (*aside, *unjudged))
        if figures.running - figures.judged != listed:
            missing = figures.running - figures.judged
            raise Contradiction(f"{what}: 未完成检查{missing}，但未纳入检查与待核名单共{listed}")


def _warnings(figures: Figures) -> tuple[str, ...]:
    found = []
    for what, population in (("网站", figures.sites), ("账号", figures.accounts)):
        if population is None or not population.parts:
            continue
        total = sum(p.count for p in population.parts)
        if total != population.running:
            listed = " + ".join(str(p.count) for p in population.parts)
            found.append(f"{what}分类合计 {listed} = {total}，与总数 {population.running} 不符，请核对登记库")
    return tuple(found)


def _undecided(case: _Case) -> tuple[str, ...]:
    """Vetoes that the paper prints though nobody has decided them yet."""
    printed = {subject for kind in ("site", "account") for subject, _ in _failing(case, kind)}
    open_ones = [f for f in case.findings if f.subject in printed and _fails(f) and f.decision is Ruling.NONE]
    return tuple(f"{f.clause} {f.subject}" for f in open_ones)


def _annexes(
    case: _Case,
    site_rows: Sequence[SiteRow],
    account_rows: Sequence[AccountRow],
    aside: Sequence[ListRow],
    unjudged: Sequence[ListRow],
    survey: Survey | None,
) -> dict[str, str]:
    """The annexes that are printed, in order: list → title."""
    period = case.quarter.title
    lists: dict[str, Sequence[Any]] = {
        "sites": site_rows, "accounts": account_rows, "set_aside": aside, "unjudged": unjudged
    }  # fmt: skip
    found = {k: case.wording.say(f"annex_{k}", period=period) for k, rows in lists.items() if rows}
    return found | ({"survey": survey.title} if survey else {})


def _see(labels: Mapping[str, str], name: str) -> str:
    return f"（见{labels[name]}）" if name in labels else ""


def _preamble(case: _Case) -> str:
    cited = "、".join(
        f"《{b.title}》" + (f"（{b.document}）" if b.document else "") for b in case.inspection.basis if b.title
    )
    return case.wording.say(
        "basis" if cited else "basis_without_documents",
        documents=cited,
        office=case.office,
        period=case.quarter.title,
        scope=_scope(case.issuer),
        and_accounts="与政务新媒体" if case.figures.accounts else "",
    )


def _sections(case: _Case, labels: Mapping[str, str], undecided: bool) -> tuple[Section, ...]:
    say = case.wording.texts
    found: list[tuple[str, tuple[str, ...], tuple[Point, ...]]] = [
        (say["heading_overview"], _overview(case, labels, undecided), ())
    ]
    if problems := _problems(case):
        found.append((say["heading_problems"], (), problems))
    found.append((say["heading_requirements"], (), _work(case, labels)))
    return tuple(
        Section(NUMERALS[i], heading, paragraphs, points) for i, (heading, paragraphs, points) in enumerate(found)
    )


def _overview(case: _Case, labels: Mapping[str, str], undecided: bool) -> tuple[str, ...]:
    say, sites = case.wording.say, case.figures.sites
    slots: dict[str, object] = {
        "scope": _scope(case.issuer),
        "running": sites.running,
        "judged": sites.judged,
        "failed": sites.failed,
        "period": case.quarter.title,
        "ordinal": case.quarter.title[case.quarter.title.index("第") :],
        "year": case.quarter.year,
        "share": case.share(sites.judged, sites.running),
        "rate": case.share(sites.passed, sites.judged),
        "see": _see(labels, "sites"),
    }
    listed = "，".join(f"{p.label}{p.count}家" for p in sites.parts)
    standing = say("population", **slots, parts=say("parts", list=listed) if listed else "")
    text = say("method_reviewed" if _reviewed(case) and not undecided else "method_machine", **slots)
    text += say("checked_all" if sites.judged == sites.running else "checked_part", **slots)
    if sites.failed:
        text += say("failing_draft" if undecided else "failing_reviewed", **slots)
    elif sites.judged:
        text += say("failing_none", **slots)
    for name in ("set_aside", "unjudged"):
        count = _counted(case, name, "site")
        text += say(name, count=count, see=_see(labels, name)) if count else ""
    paragraphs = (say("praise", **slots) + standing, text + _accounts(case, labels), _clean(case))
    return tuple(p for p in paragraphs if p)


def _reviewed(case: _Case) -> bool:
    """A person has decided at least one finding: only then may a paper speak of review."""
    return any(f.decision is not Ruling.NONE for f in case.findings)


def _counted(case: _Case, name: str, kind: SubjectKind) -> int:
    rows = _aside_rows(case) if name == "set_aside" else _unjudged_rows(case)
    return sum((r.kind == "网站") is (kind == "site") for r in rows)


def _accounts(case: _Case, labels: Mapping[str, str]) -> str:
    """What was done about accounts: rates where the edition has vetoes for them, else only how many were examined."""
    say, figures = case.wording.say, case.figures.accounts
    if figures is None:
        seen = {
            f.subject for f in case.findings if f.kind == "account" and f.stands_as in (Outcome.PASSED, Outcome.FAILED)
        }
        examined = len(seen & set(case.accounts) - case.left_out)
        return say("accounts_unrated", examined=examined) if examined else ""
    text = say(
        "accounts_rated",
        running=figures.running,
        judged=figures.judged,
        failed=figures.failed,
        share=case.share(figures.judged, figures.running),
        rate=case.share(figures.passed, figures.judged),
        see=_see(labels, "accounts"),
    )
    for name in ("set_aside", "unjudged"):
        count = _counted(case, name, "account")
        text += say(f"accounts_{name}", count=count, see=_see(labels, name)) if count else ""
    return text


def _clean(case: _Case) -> str:
    """`未发现…` sentences: each only if every running subject of its kind passed under all its clauses."""
    passed = {(f.clause, f.subject) for f in case.findings if f.stands_as is Outcome.PASSED}
    said = []
    for sentence in case.wording.clean:
        subjects = case.running(sentence.kind or "site")
        if subjects and all((c, s) in passed for c in sentence.clauses for s in subjects):
            said.append(sentence.text)
    return "；".join(said) + "。" if said else ""


def _tells(case: _Case, finding: Finding) -> bool:
    """Whether a finding may put a sentence into the paper.

    Dropped and set-aside ones never; a remark that rests on unconfirmed facts and a mere note only after a person
    decided it. A veto only of a subject that ran on the day.
    """
    if finding.stands_as is not Outcome.FAILED or finding.subject in case.left_out:
        return False
    if finding.consequence == "veto":
        return finding.subject in case.running(finding.kind)
    if finding.decision is not Ruling.NONE:
        return True
    return finding.consequence != "note" and finding.clause_confirmed and finding.columns_confirmed


def _problems(case: _Case) -> tuple[Point, ...]:
    told = [f for f in case.findings if _tells(case, f)]
    points: list[Point] = []
    for theme in case.wording.problems:
        said = []
        for sentence in theme.sentences:
            units = {f.unit for f in told if f.clause in sentence.clauses}
            if units:
                said.append(sentence.text.format(some="个别" if len(units) == 1 else "部分"))
        if said:
            points.append(Point(f"{NUMERALS[len(points)]}是", theme.heading, "；".join(said) + "。"))
    return tuple(points)


def _work(case: _Case, labels: Mapping[str, str]) -> tuple[Point, ...]:
    chosen = [r for r in case.wording.requirements if not r.when or case.inspection.has(r.when)]
    slots = _form_slots(case) | {"see_form": _see(labels, "survey")}
    return tuple(Point(f"（{NUMERALS[i]}）", r.heading, r.text.format_map(slots)) for i, r in enumerate(chosen))


def _form_slots(case: _Case) -> dict[str, str]:
    deadline = case.deadline
    if deadline is None:
        until = BLANK_DAY
    else:
        until = spell_day(deadline) if deadline.year != case.quarter.year else f"{deadline.month}月{deadline.day}日"
    return {
        "form": case.wording.say("form", place=place_of(case.issuer)),
        "deadline": until,
        "channel": case.wording.texts["channel"],
        "office": case.office,
    }


def _closing(case: _Case, failing: bool, survey: Survey | None) -> str:
    slots = _form_slots(case)
    if failing:
        return case.wording.say("closing", **slots, and_form=f"及《{slots['form']}》" if survey else "")
    return case.wording.say("form_sentence", **slots) if survey else ""


# Letters of verification.


def compose_letters(
    quarter: Quarter,
    issuer: Issuer,
    inspection: Inspected,
    register: Register,
    findings: Iterable[Finding],
    set_aside: Iterable[SetAside] = (),
    wording: Wording | None = None,
) -> tuple[Letter, ...]:
    """One letter a unit that has something to answer, in the register's order; it holds that unit's findings only."""
    texts = wording or house_wording()
    left_out = {s.subject for s in set_aside}
    asked = [
        f for f in findings
        if f.stands_as is Outcome.FAILED and f.consequence in ("veto", "remark") and f.subject not in left_out
    ]  # fmt: skip
    names = {s.site_code: s.name for s in register.sites} | {a.account_id: a.name for a in register.accounts}
    moment = inspection.inspected_at.astimezone(SHANGHAI)
    opening = texts.say(
        "letter_opening",
        office=issuer.short_name or issuer.name,
        period=quarter.title,
        moment=f"{spell_day(moment.date())}{moment:%H}时{moment:%M}分",
    )
    closing = texts.say("letter_closing", days=issuer.explain_working_days, channel=texts.texts["channel"])
    letters = []
    for unit in register.units:
        own = sorted(
            (f for f in asked if f.unit == unit.unit_id), key=lambda f: (f.consequence != "veto", f.subject, f.clause)
        )
        if own:
            items = tuple(_item(i, f, names.get(f.subject, f.subject)) for i, f in enumerate(own, 1))
            title = texts.say("letter_title", period=quarter.title)
            words = ("草稿", *watermark(inspection, 0))
            signed = f"{quarter.last_day.year}年{BLANK_DAY}"
            letters.append(Letter(unit.unit_id, unit.name, issuer.name, title, opening, closing, items, words, signed))
    return tuple(letters)


def _item(number: int, finding: Finding, name: str) -> LetterItem:
    proof = tuple(
        LetterProof(i, p.url, p.what, f"{p.fetched_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if p.fetched_at else "")
        for i, p in enumerate(finding.proof, 1)
    )
    return LetterItem(number, finding.subject, name, finding.clause, finding.phrase, finding.because, proof)


# Survey forms.


def blank_survey(issuer: Issuer, wording: Wording | None = None) -> Survey:
    """The form as it is sent out with the notice: its example rows and nothing filled in."""
    rows = (SurveyRow("1.××××"), SurveyRow("2.××××"), SurveyRow("……"))
    domains = tuple(Domain("") for _ in range(3))
    return _survey(issuer, wording, None, (SurveySite("", "", domains, rows, rows, rows, rows, rows, rows),))


def compose_survey(
    unit: Unit,
    issuer: Issuer,
    register: Register,
    day: date,
    findings: Iterable[Finding] = (),
    wording: Wording | None = None,
) -> Survey:
    """A unit's form, filled with what the register knows; the unit confirms every 是 and 否."""
    own = [s for s in register.running_sites(day) if s.unit_id == unit.unit_id]
    judged = {f.subject: f for f in findings if f.clause == "DN-06"}
    sites = tuple(_survey_site(s, register, judged.get(s.site_code)) for s in own)
    closed = [s for s in register.sites if s.unit_id == unit.unit_id and s.status in ("offline", "moved")]
    return _survey(issuer, wording, unit, sites or blank_survey(issuer, wording).sites, closed)


def _survey(
    issuer: Issuer,
    wording: Wording | None,
    unit: Unit | None,
    sites: tuple[SurveySite, ...],
    closed: Sequence[Site] = (),
) -> Survey:
    texts = wording or house_wording()
    region = issuer.region or "□□□"
    return Survey(
        title=texts.say("form", place=place_of(issuer)),
        unit_id=unit.unit_id if unit else "",
        unit=unit.name if unit else "",
        contact=" ".join(w for w in (unit.contact, unit.phone) if w) if unit else "",
        closed_sites="；".join(f"{s.name}（{'、'.join(s.domains) or _host(s.home_url)}）" for s in closed),
        sites=sites,
        compliance=texts.texts["survey_compliance"],
        notes=tuple(n.format(region=region) for n in texts.survey_notes),
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _survey_site(site: Site, register: Register, domains_judged: Finding | None) -> SurveySite:
    main = site.domains[0] if site.domains else _host(site.home_url)
    held = site.domains or ((main,) if main else ())
    own = [c for c in register.columns if c.site_code == site.site_code]
    accused = {p.url for p in domains_judged.proof} if domains_judged and _stands(domains_judged) else set()
    cleared = domains_judged is not None and domains_judged.stands_as is Outcome.PASSED
    names = {u.unit_id: u for u in register.units}

    def answer(url: str) -> str:
        if url in accused:
            return "否"
        return "是" if cleared and _host(url) == main else ASK

    def rows(kind: str) -> tuple[SurveyRow, ...]:
        """Columns on another host one by one; those on the site's own host in one line, or the form has no end."""
        chosen = [c for c in own if c.type == kind]
        apart = [SurveyRow(c.name, _host(c.url), answer(c.url)) for c in chosen if _host(c.url) != main]
        home = [c for c in chosen if _host(c.url) == main]
        together = f"{home[0].name}等{len(home)}个" if len(home) > 1 else home[0].name if home else ""
        shown = [SurveyRow(together, main, answer(home[0].url))] if home else []
        return tuple(shown + apart) or (SurveyRow("", compliant=""),)

    def below(column: Column) -> SurveyRow:
        owner = names.get(column.owner)
        name = owner.name if owner else column.owner
        yes_no = {True: "是", False: "否", None: ""}
        return SurveyRow(
            name, _host(column.url), answer(column.url), shown_as=column.type,
            institution=yes_no[owner.institution if owner else None],
            administrative=yes_no[owner.administrative if owner else None],
        )  # fmt: skip

    subordinates = tuple(below(c) for c in own if c.owner and c.owner not in (site.unit_id, names[site.unit_id].name))
    empty = (SurveyRow("", compliant=""),)
    return SurveySite(
        name=site.name,
        kind=SITE_KINDS[site.kind],
        domains=tuple(Domain(d, i == 0 if site.domains else None) for i, d in enumerate(held)) or (Domain(""),),
        channels=rows("频道"),
        columns=rows("栏目"),
        topics=rows("专题"),
        systems=rows("业务系统"),
        subordinates=subordinates or empty,
        apart=empty,
    )


def _stands(finding: Finding) -> bool:
    return finding.stands_as is Outcome.FAILED
