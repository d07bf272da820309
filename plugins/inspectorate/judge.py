"""From evidence to findings, from findings and people's decisions to verdicts and figures."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import AccountEvidence, SharedFault, SiteEvidence
from inspectorate.finding import (
    Attestation,
    Decision,
    Finding,
    Json,
    Outcome,
    Proof,
    Ruling,
    SubjectKind,
    Verdict,
    finding_id,
)
from inspectorate.quarter import SHANGHAI, Quarter, day_of
from inspectorate.register import Account, Issuer, Level, Site, Unit
from inspectorate.rules import Context, links, not_examined, rule_of
from inspectorate.rules.accounts import counted_visits
from inspectorate.rules.columns import (
    Addresses,
    Standing,
    counted_of,
    doubt,
    limits_of,
    read_columns,
    stand,
    with_boxes,
)
from inspectorate.score import Score, score

PASSED, FAILED, UNJUDGED, SET_ASIDE = "合格", "不合格", "unjudged", "未纳入本季度检查"
BASIC = "基本合格"  # passed, but near a veto or low in points, where the issuer has the word
LEVELS: Mapping[str, str] = {
    "city": "市本级",
    "county": "县区",
    "committee": "管委",
    "department": "市直部门",
    "subordinate": "下属单位",
}
LISTED: tuple[Level, ...] = ("county", "committee", "department")  # the parts that the notice itemises


# Judging


def judge_site(
    site: Site,
    unit: Unit,
    evidence: SiteEvidence,
    inspected_at: datetime,
    editions: Sequence[Edition],
    issuer: Issuer,
    registered: frozenset[str] = frozenset(),
    switched_on: Collection[str] | None = None,
    siblings: Iterable[Site] | None = None,
) -> list[Finding]:
    """One finding a clause, in the order of the editions; `switched_on` holds the clauses frozen (None: all).

    `registered` are the hosts of all registered sites: a link to one of them is no item of this site. `siblings` are
    the other running sites of the unit (None: not told, and nobody can say how many it has).
    """
    main = next((e for e in editions if e.main and e.covers("site")), None)
    evidence = with_boxes(evidence)
    columns = read_columns(evidence, main, day_of(inspected_at)) if main else None
    beside = None if siblings is None else tuple(siblings)
    context = Context(site, unit, inspected_at, issuer, columns=columns, registered=registered, siblings=beside)
    return _judge(evidence, context, editions, switched_on)


def judge_account(
    account: Account,
    unit: Unit,
    evidence: AccountEvidence,
    inspected_at: datetime,
    editions: Sequence[Edition],
    issuer: Issuer,
    since: date | None = None,
    switched_on: Collection[str] | None = None,
    siblings: Iterable[Account] | None = None,
) -> list[Finding]:
    """As judge_site; `since` is the last inspection's day (None: the issuer's day in the quarter before)."""
    since = since or last_inspection_day(inspected_at, issuer)
    beside = None if siblings is None else tuple(siblings)
    context = Context(account, unit, inspected_at, issuer, since=since, siblings=beside)
    return _judge(evidence, context, editions, switched_on)


def judge_closed(
    site: Site,
    unit: Unit,
    inspected_at: datetime,
    editions: Sequence[Edition],
    issuer: Issuer,
    switched_on: Collection[str] | None = None,
    evidence: SiteEvidence | None = None,
) -> list[Finding]:
    """What binds a site that does not run any more: it stands in no verdict, no figure and no other line."""
    context, seen, found = Context(site, unit, inspected_at, issuer), evidence or SiteEvidence(), []
    for edition, clause in _switched_on(context.kind, editions, issuer, switched_on):
        if clause.closed:
            rule = rule_of(clause)
            found.append(not_examined(clause, context) if rule is None else rule(seen, clause, edition, context))
    return [finding for finding in found if finding is not None]


def _judge(
    evidence: SiteEvidence | AccountEvidence,
    context: Context,
    editions: Sequence[Edition],
    switched_on: Collection[str] | None,
) -> list[Finding]:
    found = []
    for edition, clause in _switched_on(context.kind, editions, context.issuer, switched_on):
        if not _binds(clause, edition, context):
            continue
        rule = rule_of(clause)
        finding = not_examined(clause, context) if rule is None else rule(evidence, clause, edition, context)
        if finding is not None:
            found.append(finding)
    return found


def _binds(clause: Clause, edition: Edition, context: Context) -> bool:
    """Some clauses bind the office alone, or closed sites.

    Points are counted only of sites that are scored; what a person looks at is shown to him all the same.
    """
    if clause.office or clause.closed:
        return False
    kind = context.subject.kind if isinstance(context.subject, Site) else None
    serves = context.unit.unit_id not in context.issuer.without_services
    if not serves and edition.scoring is not None and clause.id in edition.scoring.services:
        return False
    if clause.kinds and kind not in clause.kinds:
        return False
    return clause.consequence != "points" or not clause.rule or kind in edition.points_on


def _switched_on(
    kind: SubjectKind, editions: Sequence[Edition], issuer: Issuer, switched_on: Collection[str] | None
) -> Iterator[tuple[Edition, Clause]]:
    for edition in editions:
        if edition.local and edition.id not in issuer.editions:
            continue
        for clause in edition.clauses_of(kind):
            if switched_on is None or clause.id in switched_on:
                yield edition, clause


def last_inspection_day(inspected_at: datetime, issuer: Issuer) -> date:
    """The issuer's inspection day in the quarter before."""
    quarter = Quarter.of(inspected_at)
    before = Quarter(quarter.year, quarter.number - 1) if quarter.number > 1 else Quarter(quarter.year - 1, 4)
    return before.last_day.replace(day=min(issuer.inspection_day, before.last_day.day))


# Decisions and attestations


def settle(
    findings: Iterable[Finding],
    quarter: Quarter,
    decisions: Iterable[Decision] = (),
    attestations: Iterable[Attestation] = (),
    issuer: Issuer | None = None,
) -> list[Finding]:
    """The findings with what people said of them in this quarter.

    The latest decision that sticks to a finding's digest holds. An attestation closes a clause that was not
    examined, for every subject that it does not except and that nobody decided by itself.
    """
    said: dict[str, Decision] = {}
    for decision in sorted(decisions, key=lambda d: d.at):
        if decision.finding_id.startswith(f"{quarter}/"):
            said[decision.digest] = decision
    attested: dict[str, list[Attestation]] = {}
    for attestation in sorted(attestations, key=lambda a: a.at):
        attested.setdefault(attestation.clause, []).append(attestation)
    settled = []
    for finding in findings:
        finding = finding.after(said.get(finding.digest))
        if finding.decision is Ruling.NONE and finding.outcome is Outcome.NOT_EXAMINED:
            holds = [
                a
                for a in attested.get(finding.clause, ())
                if finding.subject not in a.excepted and (not a.subjects or finding.subject in a.subjects)
            ]
            if holds:
                finding = replace(finding, outcome=Outcome.PASSED, because=_attested(holds[-1], issuer))
        settled.append(finding)
    return settled


def _attested(attestation: Attestation, issuer: Issuer | None) -> str:
    person = issuer.person(attestation.by) if issuer else None
    return f"{person.name if person else attestation.by}于{day_of(attestation.at)}检查，未发现"


def awaits_decision(finding: Finding, weighed: Collection[tuple[str, str]] = ()) -> bool:
    """A veto that a signed paper would print, or on which a verdict waits, and of which nobody has decided.

    A deduction awaits one only where the verdict rests on it: `weighed` holds these, as weighing tells them.
    """
    asked = finding.consequence == "veto" or (finding.clause, finding.subject) in weighed
    return asked and finding.decision is Ruling.NONE and finding.outcome in (Outcome.FAILED, Outcome.UNJUDGED)


def weighing(findings: Iterable[Finding], editions: Iterable[Edition]) -> set[tuple[str, str]]:
    """(clause, subject) of the settled deductions that can turn a verdict.

    No veto of the subject has failed, and everything that may be deducted would bring it under the pass mark.
    """
    scored = {e.id: e for e in editions if e.points_on and e.scoring is not None}
    of_subject: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.edition in scored and finding.kind == "site":
            of_subject.setdefault((finding.edition, finding.subject), []).append(finding)
    found = set()
    for (edition, subject), own in of_subject.items():
        mark = scored[edition].pass_mark
        vetoed = any(f.consequence == "veto" and f.stands_as is Outcome.FAILED for f in own)
        if not vetoed and mark is not None and score(own, scored[edition]).worst < mark:
            found |= {(f.clause, subject) for f in own if f.consequence == "points" and _takes(f)}
    return found


def _takes(finding: Finding) -> bool:
    return finding.stands_as in (Outcome.FAILED, Outcome.UNJUDGED)


def unattested(findings: Iterable[Finding]) -> list[str]:
    """The vetoes that no machine counts and that nobody has closed yet, each clause once: they are not 未发现."""
    return list(
        dict.fromkeys(f.clause for f in findings if f.consequence == "veto" and f.stands_as is Outcome.NOT_EXAMINED)
    )


# Verdicts


def verdict(
    subject: Site | Account,
    findings: Iterable[Finding],
    editions: Sequence[Edition],
    set_aside: bool = False,
    issuer: Issuer | None = None,
) -> Verdict:
    """What one subject's findings come to. They are to be settled first.

    不合格: a veto failed, or the points of failed clauses alone bring the score under the pass mark. 合格 (or 基本合格,
    where the issuer's data say so): every automatic veto passed, no other failed, and the score with unjudged
    deductions against it still passes. Else unjudged, or 未纳入本季度检查 where a person has set the subject aside.
    None: the main edition has no veto for this kind of subject.
    """
    kind: SubjectKind = "site" if isinstance(subject, Site) else "account"
    name = subject.site_code if isinstance(subject, Site) else subject.account_id
    main = next((e for e in editions if e.main), None)
    if main is None or not main.has_veto(kind):
        return Verdict(name, kind, subject.unit_id, None, None, (), ())
    places = {clause_id: place for place, clause_id in enumerate(main.clause_ids)}
    own = [f for f in findings if f.subject == name and f.clause in places]
    own.sort(key=lambda f: places[f.clause])
    vetoes = [f for f in own if f.consequence == "veto" and f.stands_as is Outcome.FAILED]
    if vetoes:
        # a veto failed: nothing else is scored
        return Verdict(name, kind, subject.unit_id, FAILED, None, _phrases(vetoes), tuple(f.clause for f in vetoes))
    issuer = issuer or Issuer()
    marks = _score_of(subject, own, main, issuer)
    best = marks.marks if marks is not None else None
    if marks is not None and main.pass_mark is not None and marks.best < main.pass_mark:
        lost = [f for f in own if f.consequence == "points" and f.stands_as is Outcome.FAILED]
        return Verdict(name, kind, subject.unit_id, FAILED, best, _phrases(lost), tuple(f.clause for f in lost))
    outcomes = {f.clause: f.stands_as for f in own}
    needed = [c for c in main.clauses_of(kind) if c.consequence == "veto" and c.automatic]
    held = all(outcomes.get(c.id) is Outcome.PASSED for c in needed)
    if held and (marks is None or main.pass_mark is None or marks.worst >= main.pass_mark):
        near = tuple(f.clause for f in own if f.near and f.stands_as is Outcome.PASSED)
        return Verdict(
            name, kind, subject.unit_id, _word(best, near, issuer), best, (), (), near if issuer.near_misses else ()
        )
    return Verdict(name, kind, subject.unit_id, SET_ASIDE if set_aside else UNJUDGED, None, (), ())


def _score_of(subject: Site | Account, own: Iterable[Finding], main: Edition, issuer: Issuer) -> Score | None:
    if not isinstance(subject, Site) or subject.kind not in main.points_on:
        return None
    return score(own, main, serves=subject.unit_id not in issuer.without_services)


def _word(marks: float | None, near: Collection[str], issuer: Issuer) -> str:
    low = marks is not None and issuer.basic_below is not None and marks < issuer.basic_below
    return BASIC if low or (issuer.basic_near and near) else PASSED


def _phrases(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Each phrase once, in the edition's order."""
    return tuple(dict.fromkeys(f.phrase for f in findings if f.phrase))


# Figures


@dataclass(frozen=True, slots=True)
class Rate:
    """One population: sites, or accounts. Subjects without a verdict (None) are in no rate."""

    kind: SubjectKind
    running: int  # in scope and running
    passed: int
    failed: int
    unjudged: int = 0
    set_aside: int = 0
    basic: int = 0  # of those that passed: 基本合格
    near: int = 0  # of those that passed: 接近单项否决, where the issuer wants them told
    unrated: int = 0  # of the running ones: the edition has no veto for them
    by_level: Mapping[str, int] = field(default_factory=dict)  # level of the unit → running
    failed_by_level: Mapping[str, int] = field(default_factory=dict)
    decimals: int = 0

    @property
    def judged(self) -> int:
        return self.passed + self.failed

    @property
    def judged_rate(self) -> Decimal | None:
        """检查率 in per cent; None: there is nobody to be judged."""
        return percent(self.judged, self.running - self.unrated, self.decimals)

    @property
    def pass_rate(self) -> Decimal | None:
        """合格率 in per cent; None: nobody was judged."""
        return percent(self.passed, self.judged, self.decimals)

    def warning(self, listed: Sequence[Level] = LISTED) -> str:
        """What has to be said where the parts that a paper itemises do not come to the total; else nothing."""
        parts = {level: self.by_level.get(level, 0) for level in listed}
        if sum(parts.values()) == self.running:
            return ""
        said = "、".join(f"{LEVELS[level]}{n}" for level, n in parts.items())
        rest = {level: n for level, n in self.by_level.items() if level not in parts and n}
        more = "；未列入分项：" + "、".join(f"{LEVELS[level]}{n}" for level, n in rest.items()) if rest else ""
        word = "网站" if self.kind == "site" else "账号"
        return f"{word}总数{self.running}与分项之和{sum(parts.values())}（{said}）不符{more}"


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of one inspection; sites and accounts have rates of their own."""

    sites: Rate
    accounts: Rate
    warnings: tuple[str, ...] = ()


def percent(part: int, whole: int, decimals: int = 0) -> Decimal | None:
    """A share in per cent, rounded half up; None where the whole is nothing."""
    if whole == 0:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def figures(
    verdicts: Iterable[Verdict], units: Iterable[Unit], issuer: Issuer, editions: Iterable[Edition] = ()
) -> Figures:
    """Count the verdicts of all running subjects in scope, each of which has one; `editions` may bind the office."""
    levels: dict[str, str] = {u.unit_id: u.level for u in units}
    rows = list(verdicts)
    sites, accounts = (_rate(kind, rows, levels, issuer) for kind in ("site", "account"))
    bound = [c for e in editions for c in e.clauses if c.office]
    return Figures(sites, accounts, tuple(w for w in [sites.warning(), *(_too_few(sites, c) for c in bound)] if w))


def _too_few(sites: Rate, clause: Clause) -> str:
    """What the office is told where it has inspected a smaller share of the sites than asked; else nothing."""
    share = clause.fraction("share")
    if not sites.running or Fraction(sites.judged, sites.running) >= share:
        return ""
    asked = percent(share.numerator, share.denominator)
    return f"{clause.id}：{sites.running}家网站只完成检查{sites.judged}家，{clause.name}（{asked}%）"


def _rate(kind: str, verdicts: Iterable[Verdict], levels: Mapping[str, str], issuer: Issuer) -> Rate:
    rows = [v for v in verdicts if v.kind == kind]
    words = (PASSED, BASIC, FAILED, UNJUDGED, SET_ASIDE, None)
    counts = {word: sum(1 for v in rows if v.verdict == word) for word in words}
    return Rate(
        kind="site" if kind == "site" else "account",
        running=len(rows),
        passed=counts[PASSED] + counts[BASIC],
        failed=counts[FAILED],
        unjudged=counts[UNJUDGED],
        set_aside=counts[SET_ASIDE],
        basic=counts[BASIC],
        near=sum(1 for v in rows if v.near),
        unrated=counts[None],
        by_level=_by_level(rows, levels),
        failed_by_level=_by_level([v for v in rows if v.verdict == FAILED], levels),
        decimals=issuer.decimals,
    )


def _by_level(verdicts: Iterable[Verdict], levels: Mapping[str, str]) -> dict[str, int]:
    counts = dict.fromkeys(LEVELS, 0)
    for row in verdicts:
        counts[levels[row.unit]] += 1
    return {level: n for level, n in counts.items() if n}


# What if


def what_if(
    before: tuple[Iterable[Verdict], Iterable[Finding]], after: tuple[Iterable[Verdict], Iterable[Finding]]
) -> list[Json]:
    """Whose verdict would change between two ways to judge the same evidence, and by which vetoes and deductions."""
    old_findings, new_findings = list(before[1]), list(after[1])
    old = {v.subject: v for v in before[0]}
    changed = []
    for new in after[0]:
        was = old.get(new.subject)
        if was is None or was.verdict == new.verdict:
            continue
        changed.append(
            {
                "subject": new.subject,
                "kind": new.kind,
                "unit": new.unit,
                "was": was.verdict,
                "becomes": new.verdict,
                "score_was": was.score,
                "score_becomes": new.score,
                "before": _reasons(was, old_findings),
                "after": _reasons(new, new_findings),
            }
        )
    return changed


def _reasons(said: Verdict, findings: Iterable[Finding]) -> list[Json]:
    """What one verdict rests on: the vetoes that failed or wait, and the deductions unless a veto failed."""
    own = [f for f in findings if f.subject == said.subject and f.consequence in ("veto", "points") and _takes(f)]
    if any(f.consequence == "veto" and f.stands_as is Outcome.FAILED for f in own):
        own = [f for f in own if f.consequence == "veto"]
    return [
        {
            "clause": f.clause,
            "outcome": str(f.stands_as),
            "measured": f.measured,
            "limit": f.limit,
            "because": f.because,
            "points": f.points,
        }
        for f in own
    ]


# Rows of the files in --out


def finding_row(finding: Finding, quarter: Quarter, number: int, inspected_at: datetime, standing: str) -> Json:
    """One line of findings.jsonl."""
    return {
        "finding_id": finding_id(str(quarter), number, finding.clause, finding.subject),
        "quarter": str(quarter),
        "inspected_at": _time(inspected_at),
        "standing": standing,
        "edition": finding.edition,
        "clause": finding.clause,
        "subject": finding.subject,
        "kind": finding.kind,
        "unit": finding.unit,
        "outcome": str(finding.outcome),
        "measured": finding.measured,
        "limit": finding.limit,
        "phrase": finding.phrase,
        "because": finding.because,
        "clause_confirmed": finding.clause_confirmed,
        "columns_confirmed": finding.columns_confirmed,
        "decision": str(finding.decision),
        "consequence": finding.consequence,
        "points": finding.points,
        "proof": [proof_row(p) for p in finding.proof],
    }


def proof_row(proof: Proof) -> Json:
    return {
        "url": proof.url,
        "fetched_at": _time(proof.fetched_at) if proof.fetched_at else None,
        "sha256": proof.sha256,
        "what": proof.what,
    }


def link_rows(site: Site, evidence: SiteEvidence, edition: Edition, inspected_at: datetime) -> Iterable[Json]:
    """The lines of links.jsonl: every link of one site that did not simply open, by the edition's number of tries."""
    clause = next((c for c in edition.clauses_of("site") if {"tries", "hours"} <= c.limits.keys()), None)
    return [] if clause is None else links.link_rows(site.site_code, evidence, clause, inspected_at)


def shared_row(fault: SharedFault) -> Json:
    """One line of platform.jsonl."""
    return {
        "sign": fault.sign,
        "mark": fault.mark,
        "sites": list(fault.sites),
        "visits": fault.shut,
        "since": _time(fault.since),
        "until": _time(fault.until),
        "because": say_shared(fault),
    }


def say_shared(fault: SharedFault) -> str:
    """The one finding about a platform; its sites are named for the office alone, and none of them is accused."""
    many = f"{len(fault.sites)}个网站"
    if fault.sign == "template":
        return f"{fault.said}：{many}读到的栏目全部空白，疑为模板故障，各网站相关栏目待核"
    spell = f"{_minute(fault.since)}至{_minute(fault.until)}"
    return f"{fault.said}：{spell}{many}同时打不开，共{fault.shut}次，按平台一处问题处理，不计入各网站"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def verdict_row(found: Verdict) -> Json:
    """One line of verdicts.jsonl; `near` only where the issuer wants near misses told."""
    near = {"near": list(found.near)} if found.near else {}
    return {
        "subject": found.subject,
        "kind": found.kind,
        "unit": found.unit,
        "verdict": found.verdict,
        "score": found.score,
        "phrases": list(found.phrases),
        "clauses": list(found.clauses),
        **near,
    }


def column_rows(site: Site, evidence: SiteEvidence, edition: Edition, inspected_at: datetime) -> Iterator[Json]:
    """The lines of columns.jsonl of one site; unknown `blank` or `stale` is None."""
    limits = limits_of(edition, day_of(inspected_at))
    columns = with_boxes(evidence).columns
    addresses = Addresses.of(columns)
    for column in columns:
        standing = Standing(column, *stand(column, limits[column.kind], edition.cadences[column.kind].dated_list))
        standing = doubt(standing, addresses)
        counted = counted_of(column)
        yield {
            "code": site.site_code,
            "url": column.url,
            "name": column.name,
            "class": column.kind,
            "parent": column.parent,
            "newest": column.newest.isoformat() if column.newest else None,
            "items": counted.items if counted else None,
            "blank": standing.blank,
            "stale": standing.stale,
            "exempt": column.exempt,
            "confirmed": column.class_confirmed and (not standing.blank or column.blank_confirmed),
            "owner": column.owner,
            "type": column.type,
        }


def account_row(
    account: Account, evidence: AccountEvidence, inspected_at: datetime, unit: Unit, editions: Sequence[Edition]
) -> Json:
    """One line of accounts.jsonl, told by the best source that has anything to tell; a trusted one goes first."""
    clauses = [c for e in editions for c in e.clauses_of("account") if c.trusted]
    trusted = clauses[0].trusted if clauses else ()
    visits = counted_visits(evidence, Context(account, unit, inspected_at, Issuer()))
    shown = {str(p.source) for p in evidence.posts} | set(visits)
    source = min(
        shown, key=lambda s: (trusted.index(s) if s in trusted else len(trusted), s not in visits, s), default=""
    )
    posts = {p.post_id: p for p in evidence.posts if p.source == source and p.published_at <= inspected_at}
    visit = visits.get(source)
    dates = [p.published_at for p in posts.values()] + ([visit.newest] if visit and visit.newest else [])
    return {
        "account_id": account.account_id,
        "platform": account.platform,
        "name": account.name,
        "posts": len(posts) if source else None,
        "newest": _time(max(dates)) if dates else None,
        "interpretations": sum(1 for p in posts.values() if p.interpretation) if source else None,
        "source": source or None,
        "trust": ("trusted" if source in trusted else "untrusted") if source and trusted else None,
        "covers": _time(visit.covers_from) if visit and visit.covers_from else None,
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).isoformat()
