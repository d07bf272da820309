"""The survey form of domain names (域名业务摸底调查表, rule book §15), blank or filled with what the register knows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from inspectorate.finding import Finding, Outcome
from inspectorate.register import Column, Issuer, Register, Site, Unit
from inspectorate.wording import Wording, house_wording, place_of

SITE_KINDS = {"portal": "门户网站", "department": "部门网站"}
ASK = "是/否"  # what the form prints where the unit has to choose


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
