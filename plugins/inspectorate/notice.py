"""The notice (通报) as plain facts, composed from verdicts, findings and figures, ready to be printed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Literal

from inspectorate.edition import Edition
from inspectorate.finding import Finding, Outcome, Ruling, SubjectKind, Verdict
from inspectorate.judge import FAILED, SET_ASIDE, UNJUDGED, Figures, Rate
from inspectorate.quarter import Quarter, day_of
from inspectorate.register import Account, Issuer, Level, Platform, Register, Site
from inspectorate.survey import Survey, blank_survey
from inspectorate.wording import TITLE_WIDTH, Wording, break_title, house_wording, place_of, scope_of, spell_day

Standing = Literal["official", "trial"]
NUMERALS = "一二三四五六七八九十"
PLATFORMS: dict[Platform, str] = {"weibo": "微博", "wechat": "微信"}
LEVELS: tuple[Level, ...] = ("city", "county", "committee", "department", "subordinate")
NO_ISSUER = "（发文机关）"
UNNAMED = "登记库没有发文机关名称（issuer.yaml 的 name），通报以占位文字代替"
BLANK_DAY = "　　月　　日"


class Contradiction(ValueError):
    """The facts of a paper do not agree with each other; nothing may be printed from them."""


# What a paper is made from.


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
    about: SubjectKind
    kind: str  # 网站 or the platform
    subject: str
    name: str
    unit: str
    reason: str


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
        if self.issuer == NO_ISSUER:
            found.append(UNNAMED)
        if self.undecided:
            found.append(f"尚有{len(self.undecided)}条单项否决未经复核: " + "、".join(self.undecided))
        return tuple(found)


# Small words.


def _spell_share(share: Decimal | None) -> str:
    """87%; a share of nothing is `—`."""
    return "—" if share is None else f"{share}%"


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
    deadline: date | None

    @cached_property
    def sites(self) -> Mapping[str, Site]:
        day = day_of(self.inspection.inspected_at)
        return {s.site_code: s for s in self.register.running_sites(day)}

    @cached_property
    def accounts(self) -> Mapping[str, Account]:
        day = day_of(self.inspection.inspected_at)
        return {a.account_id: a for a in self.register.running_accounts(day)}

    @cached_property
    def running(self) -> Mapping[str, Site | Account]:
        """Every running subject in the printed order."""
        return {**self.sites, **self.accounts}

    @cached_property
    def verdict_of(self) -> Mapping[str, Verdict]:
        return {v.subject: v for v in self.verdicts if v.subject in self.running}

    @cached_property
    def findings_of(self) -> Mapping[str, list[Finding]]:
        found: dict[str, list[Finding]] = {}
        for finding in self.findings:
            found.setdefault(finding.subject, []).append(finding)
        return found

    @cached_property
    def left_out(self) -> frozenset[str]:
        return frozenset(v.subject for v in self.verdicts if v.verdict == SET_ASIDE)

    @property
    def rated(self) -> Rate | None:
        """The accounts' rate, where the edition has vetoes for them."""
        accounts = self.figures.accounts
        return accounts if accounts.running > accounts.unrated else None

    def unit_name(self, unit_id: str) -> str:
        return self.register.unit(unit_id).name

    @property
    def office(self) -> str:
        return self.issuer.short_name or self.issuer.name


@dataclass(frozen=True, slots=True)
class _Lists:
    """The rows of every annex, and the annexes' names."""

    sites: tuple[SiteRow, ...]
    accounts: tuple[AccountRow, ...]
    set_aside: tuple[ListRow, ...]
    unjudged: tuple[ListRow, ...]
    survey: Survey | None
    undecided: tuple[str, ...]
    titles: Mapping[str, str]

    @property
    def labels(self) -> dict[str, str]:
        return {k: f"附件{i if len(self.titles) > 1 else ''}" for i, k in enumerate(self.titles, 1)}

    def see(self, name: str) -> str:
        return f"（见{self.labels[name]}）" if name in self.titles else ""

    def waiting(self, name: Literal["set_aside", "unjudged"], kind: SubjectKind) -> int:
        rows = self.set_aside if name == "set_aside" else self.unjudged
        return sum(r.about == kind for r in rows)


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

    The findings are settled first (their decisions applied). Subjects that did not run on the day, or that are set
    aside, are named as failing nowhere. Raises Contradiction where figures, verdicts and findings do not agree.
    """
    if not issuer.name:
        issuer = replace(issuer, name=NO_ISSUER)
    case = _Case(
        quarter, issuer, inspection, register, tuple(findings), tuple(verdicts), figures, tuple(set_aside),
        wording or house_wording(), deadline,
    )  # fmt: skip
    lists = _lists(case)
    _agree(case, lists)
    return _fill(case, lists, number, signed_on)


def _fill(case: _Case, lists: _Lists, number: str | None, signed_on: date | None) -> Notice:
    quarter, issuer, inspection, figures = case.quarter, case.issuer, case.inspection, case.figures
    pieces = _title_pieces(case)
    rated = case.rated
    return Notice(
        quarter=quarter,
        inspected_at=inspection.inspected_at,
        standing=inspection.standing,
        watermark=watermark(inspection, len(lists.unjudged)),
        issuer=issuer.name,
        title="".join(pieces),
        title_lines=break_title(pieces, TITLE_WIDTH),
        number=number or f"{issuer.number_prefix}〔{(signed_on or quarter.last_day).year}〕　　号",
        signed_on=spell_day(signed_on) if signed_on else f"{quarter.last_day.year}年{BLANK_DAY}",
        addressees=issuer.addressees.rstrip("：:"),
        copies=issuer.copies.rstrip("。"),
        preamble=_preamble(case),
        sections=_sections(case, lists),
        closing=_closing(case, lists),
        attachments=tuple(lists.titles.values()),
        labels=lists.labels,
        titles=lists.titles,
        site_rows=lists.sites,
        account_rows=lists.accounts,
        set_aside=lists.set_aside,
        unjudged=lists.unjudged,
        survey=lists.survey,
        figures=figures,
        site_share=_spell_share(figures.sites.judged_rate),
        site_rate=_spell_share(figures.sites.pass_rate),
        account_share=_spell_share(rated.judged_rate) if rated else "",
        account_rate=_spell_share(rated.pass_rate) if rated else "",
        undecided=lists.undecided,
        warnings=_warnings(case),
        editions=tuple(b.edition for b in inspection.basis),
        wording_dated=case.wording.texts["dated"],
    )


def _warnings(case: _Case) -> tuple[str, ...]:
    found = (case.figures.sites.warning(_listed(case)), UNNAMED if case.issuer.name == NO_ISSUER else "")
    return tuple(w for w in found if w)


def _listed(case: _Case) -> tuple[Level, ...]:
    """The levels that the paper itemises: those that the text library has a label for."""
    return tuple(level for level in LEVELS if level in case.wording.part_labels)


def _title_pieces(case: _Case) -> tuple[str, ...]:
    about = case.wording.texts["title_both" if case.rated else "title_sites"]
    return (case.issuer.name, "关于", case.quarter.title, scope_of(case.issuer), about)


def _lists(case: _Case) -> _Lists:
    sites, accounts = _site_rows(case), _account_rows(case)
    aside, unjudged = _aside_rows(case), _unjudged_rows(case)
    survey = blank_survey(case.issuer, case.wording) if case.inspection.has("DN") else None
    filled = {"sites": sites, "accounts": accounts, "set_aside": aside, "unjudged": unjudged}
    titles = {k: case.wording.say(f"annex_{k}", period=case.quarter.title) for k, rows in filled.items() if rows}
    if survey:
        titles["survey"] = survey.title
    return _Lists(sites, accounts, aside, unjudged, survey, _undecided(case), titles)


def _failing(case: _Case, kind: SubjectKind) -> list[tuple[str, str]]:
    """(subject, problems) of every failing subject in the register's order; none without its ground."""
    rows = []
    for subject in case.sites if kind == "site" else case.accounts:
        verdict = case.verdict_of.get(subject)
        if verdict is None or verdict.verdict is None:
            continue
        grounds = [f for f in case.findings_of.get(subject, ()) if f.stands_as is Outcome.FAILED]
        if verdict.verdict != FAILED:
            if vetoes := [f.clause for f in grounds if f.consequence == "veto"]:
                raise Contradiction(f"{subject}: 判定为{verdict.verdict}，但单项否决成立: {'、'.join(vetoes)}")
            continue
        known = {f.phrase for f in grounds if f.consequence in ("veto", "points")}
        if not verdict.phrases or set(verdict.phrases) - known:
            raise Contradiction(
                f"{subject}: 判定为不合格，但所列问题没有成立的判定作依据: {'; '.join(verdict.phrases) or '无'}"
            )
        rows.append((subject, "; ".join(verdict.phrases)))
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
                result=FAILED,
                problems=problems,
            )
        )
    return tuple(rows)


def _account_rows(case: _Case) -> tuple[AccountRow, ...]:
    rows = []
    for number, (subject, problems) in enumerate(_failing(case, "account"), 1):
        account = case.accounts[subject]
        unit, platform = case.unit_name(account.unit_id), PLATFORMS[account.platform]
        rows.append(AccountRow(number, platform, account.name, unit, account.address, FAILED, problems))
    return tuple(rows)


def _list_row(case: _Case, number: int, code: str, reason: str) -> ListRow:
    subject = case.running[code]
    about: SubjectKind = "site" if isinstance(subject, Site) else "account"
    word = "网站" if isinstance(subject, Site) else PLATFORMS[subject.platform]
    return ListRow(number, about, word, code, subject.name, case.unit_name(subject.unit_id), reason)


def _aside_rows(case: _Case) -> tuple[ListRow, ...]:
    reasons = {s.subject: s.reason for s in case.set_aside}
    rows: list[ListRow] = []
    for code in case.running:
        if code in case.left_out:
            if not reasons.get(code):
                raise Contradiction(f"{code}: 未纳入本季度检查，但没有写明原因")
            rows.append(_list_row(case, len(rows) + 1, code, reasons[code]))
    return tuple(rows)


def _unjudged_rows(case: _Case) -> tuple[ListRow, ...]:
    rows: list[ListRow] = []
    for code in case.running:
        verdict = case.verdict_of.get(code)
        if verdict is not None and verdict.verdict == UNJUDGED:
            open_ones = [f for f in case.findings_of.get(code, ()) if f.stands_as is Outcome.UNJUDGED]
            whys = [f"{f.clause}：{f.because}" for f in open_ones if f.consequence in ("veto", "points")]
            rows.append(_list_row(case, len(rows) + 1, code, "；".join(whys)))
    return tuple(rows)


def _agree(case: _Case, lists: _Lists) -> None:
    """Figures and lists must say the same; a paper that contradicts itself is not printed."""
    checks: list[tuple[SubjectKind, str, Rate, int]] = [("site", "网站", case.figures.sites, len(lists.sites))]
    if case.rated:
        checks.append(("account", "账号", case.rated, len(lists.accounts)))
    for kind, what, rate, failing in checks:
        if rate.failed != failing:
            raise Contradiction(f"{what}: 统计数不合格{rate.failed}，名单{failing}")
        waiting = lists.waiting("set_aside", kind) + lists.waiting("unjudged", kind)
        missing = rate.running - rate.unrated - rate.judged
        if missing != waiting:
            raise Contradiction(f"{what}: 未完成检查{missing}，但未纳入检查与待核名单共{waiting}")


def _undecided(case: _Case) -> tuple[str, ...]:
    """What puts a subject into the annexes though nobody has decided it yet."""
    return tuple(
        f"{finding.clause} {code}"
        for code, verdict in case.verdict_of.items()
        if verdict.verdict == FAILED
        for finding in case.findings_of.get(code, ())
        if finding.clause in verdict.clauses and finding.decision is Ruling.NONE
    )


def _preamble(case: _Case) -> str:
    cited = "、".join(
        f"《{b.title.strip('《》')}》" + (f"（{b.document}）" if b.document else "")
        for b in case.inspection.basis
        if b.title
    )
    return case.wording.say(
        "basis" if cited else "basis_without_documents",
        documents=cited,
        office=case.office,
        period=case.quarter.title,
        scope=scope_of(case.issuer),
        and_accounts="与政务新媒体" if case.rated else "",
    )


def _sections(case: _Case, lists: _Lists) -> tuple[Section, ...]:
    say = case.wording.texts
    found: list[tuple[str, tuple[str, ...], tuple[Point, ...]]] = [
        (say["heading_overview"], _overview(case, lists), ())
    ]
    if problems := _problems(case):
        found.append((say["heading_problems"], (), problems))
    found.append((say["heading_requirements"], (), _work(case, lists)))
    return tuple(Section(NUMERALS[i], *parts) for i, parts in enumerate(found))


def _overview(case: _Case, lists: _Lists) -> tuple[str, ...]:
    say, sites = case.wording.say, case.figures.sites
    slots: dict[str, object] = {
        "scope": scope_of(case.issuer),
        "running": sites.running,
        "judged": sites.judged,
        "failed": sites.failed,
        "period": case.quarter.title,
        "ordinal": case.quarter.title[case.quarter.title.index("第") :],
        "year": case.quarter.year,
        "share": _spell_share(sites.judged_rate),
        "rate": _spell_share(sites.pass_rate),
        "see": lists.see("sites"),
    }
    labels = case.wording.part_labels
    listed = "，".join(f"{labels[v]}{sites.by_level[v]}家" for v in _listed(case) if sites.by_level.get(v))
    standing = say("population", **slots, parts=say("parts", list=listed) if listed else "")
    text = say("method_reviewed" if _reviewed(case) and not lists.undecided else "method_machine", **slots)
    text += say("checked_all" if sites.judged == sites.running else "checked_part", **slots)
    if sites.failed:
        text += say("failing_draft" if lists.undecided else "failing_reviewed", **slots)
    elif sites.judged:
        text += say("failing_none", **slots)
    text += _lesser_words(case)
    text += _waiting(case, lists, "site") + _accounts(case, lists)
    return tuple(p for p in (say("praise", **slots) + standing, text, _clean(case)) if p)


def _lesser_words(case: _Case) -> str:
    """基本合格 and 接近单项否决, where the issuer has them; near is named only who is near by confirmed facts."""
    basic = case.figures.sites.basic
    said = case.wording.say("basic", count=basic) if basic else ""
    near = [s.name for code, s in case.sites.items() if _is_near(case, code)]
    return said + (case.wording.say("near_misses", count=len(near), names="、".join(near)) if near else "")


def _is_near(case: _Case, code: str) -> bool:
    verdict = case.verdict_of.get(code)
    told = verdict.near if verdict is not None else ()
    return any(f.clause in told and f.clause_confirmed and f.columns_confirmed for f in case.findings_of.get(code, ()))


def _reviewed(case: _Case) -> bool:
    """A person has decided at least one finding: only then may a paper speak of review."""
    return any(f.decision is not Ruling.NONE for f in case.findings)


def _waiting(case: _Case, lists: _Lists, kind: SubjectKind) -> str:
    """How many were left out or wait for a person."""
    said = ""
    for name in ("set_aside", "unjudged"):
        if count := lists.waiting(name, kind):
            text = name if kind == "site" else f"accounts_{name}"
            said += case.wording.say(text, count=count, see=lists.see(name))
    return said


def _accounts(case: _Case, lists: _Lists) -> str:
    """What was done about accounts: rates where the edition has vetoes for them, else only how many were examined."""
    say, rated = case.wording.say, case.rated
    if rated is None:
        told = (Outcome.PASSED, Outcome.FAILED)
        examined = sum(any(f.stands_as in told for f in case.findings_of.get(a, ())) for a in case.accounts)
        return say("accounts_unrated", examined=examined) if examined else ""
    text = say(
        "accounts_rated",
        running=rated.running - rated.unrated,
        judged=rated.judged,
        share=_spell_share(rated.judged_rate),
    )
    if rated.judged:
        rate = _spell_share(rated.pass_rate)
        text += say("accounts_failing", failed=rated.failed, rate=rate, see=lists.see("accounts"))
    text += "。"
    return text + _waiting(case, lists, "account")


def _clean(case: _Case) -> str:
    """`未发现…` sentences: each only if every running subject of its kind passed under all its clauses."""
    passed = {(f.clause, f.subject) for f in case.findings if f.stands_as is Outcome.PASSED}
    said = []
    for sentence in case.wording.clean:
        subjects = case.accounts if sentence.kind == "account" else case.sites
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
        return finding.subject in case.running
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


def _work(case: _Case, lists: _Lists) -> tuple[Point, ...]:
    chosen = [r for r in case.wording.requirements if not r.when or case.inspection.has(r.when)]
    slots = _form_slots(case) | {"see_form": lists.see("survey")}
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


def _closing(case: _Case, lists: _Lists) -> str:
    slots = _form_slots(case)
    if lists.sites or lists.accounts:
        return case.wording.say("closing", **slots, and_form=f"及《{slots['form']}》" if lists.survey else "")
    return case.wording.say("form_sentence", **slots) if lists.survey else ""
