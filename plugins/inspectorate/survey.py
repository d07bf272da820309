"""The survey form of domain names (域名业务摸底调查表, rule book §15), blank or filled with what the register knows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from inspectorate.evidence import Host
from inspectorate.finding import Finding, Outcome, Ruling
from inspectorate.quarter import midnight
from inspectorate.register import Column, Issuer, Register, Site, Unit
from inspectorate.rules.domains import compare_host, host_of, is_ip, plain
from inspectorate.rules.registry import Context
from inspectorate.wording import Wording, house_wording, place_of

SITE_KINDS = {"portal": "门户网站", "department": "部门网站"}
ASK = "是/否"  # what the form prints where the unit has to choose
YES_NO = {True: "是", False: "否", None: ""}
REASONS = {
    "SUFFIX": "后缀不是.gov.cn或.政务",
    "PORTAL_PATTERN": "门户网站域名结构不符",
    "DEPT_PATTERN": "部门网站域名结构不符",
    "OTHER_HOST": "使用其他域名",
    "DEEP_SUBDOMAIN": "使用下级或同级的另一域名",
    "IP": "使用IP地址",
    "PORT": "使用非常用端口",
    "NOT_GOV_BODY": "不承担行政职能",
    "UNRESOLVED": "情况未明",
}
ITEMS = ("DN-06", "DN-12", "DN-13")  # clauses that stand in the lists, item by item


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
    proposals: tuple[str, ...] = ()  # what the machine proposes of the site and its domains, a line a clause


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
    hosts: Iterable[Host] = (),
) -> Survey:
    """A unit's form, filled with what the register knows and what was seen; the unit confirms every 是 and 否.

    `hosts`: every address seen under the sites; without them the register's columns stand for it. Nothing is proposed
    of a site that was not judged by the rules of domain names.
    """
    return _Forms(issuer, register, day, tuple(findings), tuple(hosts), wording).of(unit)


def compose_surveys(
    issuer: Issuer, register: Register, day: date, findings: Iterable[Finding], hosts: Iterable[Host]
) -> Iterator[tuple[Unit, Survey]]:
    """Every unit with its form."""
    forms = _Forms(issuer, register, day, tuple(findings), tuple(hosts))
    for unit in register.units:
        yield unit, forms.of(unit)


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
        closed_sites="；".join(f"{s.name}（{'、'.join(s.domains) or host_of(s.home_url)}）" for s in closed),
        sites=sites,
        compliance=texts.texts["survey_compliance"],
        notes=tuple(n.format(region=region) for n in texts.survey_notes),
    )


@dataclass(frozen=True)
class _Forms:
    """What the forms are filled from, by the site and the unit that it is about."""

    issuer: Issuer
    register: Register
    day: date
    findings: tuple[Finding, ...]
    hosts: tuple[Host, ...]
    wording: Wording | None = None

    @cached_property
    def judged(self) -> dict[str, dict[str, Finding]]:
        """Site → clause of the rules of domain names → its finding."""
        found: dict[str, dict[str, Finding]] = {}
        for finding in self.findings:
            if finding.clause.startswith("DN-"):
                found.setdefault(finding.subject, {})[finding.clause] = finding
        return found

    @cached_property
    def seen(self) -> dict[str, list[Host]]:
        """Site → the addresses under it; the register's columns, where none were seen."""
        found: dict[str, list[Host]] = {}
        for host in self.hosts:
            found.setdefault(host.site, []).append(host)
        if not found:
            for c in self.register.columns:
                at = midnight(self.day)
                found.setdefault(c.site_code, []).append(Host(c.site_code, host_of(c.url), c.name, c.type, c.url, at))
        return found

    @cached_property
    def columns(self) -> dict[str, list[Column]]:
        found: dict[str, list[Column]] = {}
        for column in self.register.columns:
            found.setdefault(column.site_code, []).append(column)
        return found

    @cached_property
    def units(self) -> dict[str, Unit]:
        return {unit.unit_id: unit for unit in self.register.units}

    @cached_property
    def sites(self) -> dict[str, list[Site]]:
        """Unit → its running sites."""
        found: dict[str, list[Site]] = {}
        for site in self.register.running_sites(self.day):
            found.setdefault(site.unit_id, []).append(site)
        return found

    @cached_property
    def closed(self) -> dict[str, list[Site]]:
        found: dict[str, list[Site]] = {}
        for site in self.register.sites:
            if site.status in ("offline", "moved"):
                found.setdefault(site.unit_id, []).append(site)
        return found

    @cached_property
    def below_of(self) -> dict[str, list[Unit]]:
        """Unit → the bodies below it."""
        found: dict[str, list[Unit]] = {}
        for unit in self.register.units:
            if unit.parent:
                found.setdefault(unit.parent, []).append(unit)
        return found

    @cached_property
    def registered(self) -> frozenset[str]:
        return frozenset(h for s in self.register.sites if (h := host_of(s.home_url)))

    def of(self, unit: Unit) -> Survey:
        sites = tuple(self.site(site, unit) for site in self.sites.get(unit.unit_id, ()))
        sites = sites or blank_survey(self.issuer, self.wording).sites
        return _survey(self.issuer, self.wording, unit, sites, self.closed.get(unit.unit_id, ()))

    def site(self, site: Site, unit: Unit) -> SurveySite:
        held = site.domains or tuple(h for h in [host_of(site.home_url)] if h)
        seen = self.seen.get(site.site_code, [])
        context = Context(site, unit, midnight(self.day), self.issuer, registered=self.registered)
        kept = [c for c in self.columns.get(site.site_code, ()) if c.owner and c.owner not in (unit.unit_id, unit.name)]
        return SurveySite(
            name=site.name,
            kind=SITE_KINDS[site.kind],
            domains=tuple(Domain(d, i == 0 if site.domains else None) for i, d in enumerate(held)) or (Domain(""),),
            channels=self.rows(seen, "频道", context),
            columns=self.rows(seen, "栏目", context),
            topics=self.rows(seen, "专题", context),
            systems=self.rows(seen, "业务系统", context),
            subordinates=tuple(self.below(c, context) for c in kept) or EMPTY,
            apart=tuple(self.apart(unit)) or EMPTY,
            proposals=tuple(self.proposals(site.site_code)),
        )

    def answer(self, url: str, type: str, context: Context, clause: str = "DN-06") -> str:
        """是, 否 with its reason, or both for the unit to choose; a person's word on the clause goes first."""
        finding = self.judged.get(context.subject_id, {}).get(clause)
        if finding is None:
            return ASK
        outcome, code = compare_host(url, type, context)
        if outcome is Outcome.PASSED and url in self.ported(context.subject_id):
            return f"{ASK}（PORT {REASONS['PORT']}，须人工认定）"
        if outcome is Outcome.PASSED or finding.decision is Ruling.DROPPED:
            return "是"
        because = f"{code} {REASONS[str(code)]}"
        return f"否（{because}）" if outcome is Outcome.FAILED else f"{ASK}（{because}，须人工认定）"

    def rows(self, seen: Sequence[Host], kind: str, context: Context) -> tuple[SurveyRow, ...]:
        """Addresses on another host one by one; those on the site's own in one line, or the form has no end.

        Another body's page to which a menu leads is no item of this site.
        """
        main = host_of(context.site.home_url)
        chosen = [h for h in seen if h.type == kind]
        ported = self.ported(context.subject_id)
        home = [h for h in chosen if plain(host_of(h.url)) == plain(main) and h.url not in ported]
        apart = [h for h in chosen if h not in home and (h.url in ported or self.is_own(h, context))]
        together = f"{home[0].name}等{len(home)}个" if len(home) > 1 else home[0].name if home else ""
        shown = [SurveyRow(together, main, self.answer(home[0].url, kind, context))] if home else []
        rest = [SurveyRow(h.name, host_of(h.url), self.answer(h.url, kind, context)) for h in apart]
        return tuple(shown + rest) or EMPTY

    def ported(self, code: str) -> set[str]:
        """Addresses with an unusual port."""
        plainly = self.judged.get(code, {}).get("DN-13")
        return {p.url for p in plainly.proof if not is_ip(host_of(p.url))} if plainly is not None else set()

    def is_own(self, seen: Host, context: Context) -> bool:
        entrance = context.site.disclosure_url
        if entrance and host_of(seen.url) == host_of(entrance):
            return True
        return compare_host(seen.url, seen.type, context)[0] is not Outcome.PASSED

    def below(self, column: Column, context: Context) -> SurveyRow:
        """What a subordinate body keeps on the site."""
        owner = self.units.get(column.owner)
        return SurveyRow(
            owner.name if owner else column.owner,
            host_of(column.url),
            self.answer(column.url, column.type, context, "DN-12"),
            shown_as=column.type,
            institution=YES_NO[owner.institution if owner else None],
            administrative=YES_NO[owner.administrative if owner else None],
        )

    def apart(self, unit: Unit) -> Iterator[SurveyRow]:
        """The running sites of the bodies below that stand under a domain of their own."""
        for owner in self.below_of.get(unit.unit_id, ()):
            for site in self.sites.get(owner.unit_id, ()):
                yield SurveyRow(
                    owner.name,
                    host_of(site.home_url),
                    self.site_answer(site.site_code),
                    shown_as=site.name,
                    institution=YES_NO[owner.institution],
                    administrative=YES_NO[owner.administrative],
                )

    def site_answer(self, code: str) -> str:
        """Of a site as a whole: 否 where any clause about its own domain failed, 是 where all of them passed."""
        about = {c: f for c, f in self.judged.get(code, {}).items() if c not in ITEMS}
        stands = {f.stands_as for f in about.values()} - {Outcome.NOT_EXAMINED}
        if Outcome.FAILED in stands:
            bad = min((f for f in about.values() if f.stands_as is Outcome.FAILED), key=lambda f: f.clause)
            return f"否（{bad.because.partition(' ')[0]} {bad.phrase}）"
        return "是" if stands == {Outcome.PASSED} else ASK

    def proposals(self, code: str) -> Iterator[str]:
        """Every clause about domain names that does not simply pass, with its reason code."""
        for clause, finding in sorted(self.judged.get(code, {}).items()):
            if finding.stands_as in (Outcome.FAILED, Outcome.UNJUDGED):
                yield f"系统初判，请核对：{clause} {finding.because}"


EMPTY = (SurveyRow("", compliant=""),)
