"""The steps that several doors share: freeze, judge, write out, draft. Each of them can be run again."""

import argparse
import gc
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

from psycopg2.extensions import connection as Connection
from tqdm import tqdm

from inspectorate import edition, judge, letter, notice, survey
from inspectorate.edition import Clause, Edition
from inspectorate.evidence import ACCUSES_WITHIN, AccountEvidence, Host, Ours, Picture, SharedFault, SiteEvidence
from inspectorate.finding import Finding, Json, Proof, Verdict, with_pictures
from inspectorate.quarter import SHANGHAI, Quarter, day_of
from inspectorate.register import Account, BadInput, Column, Register, Site, Unit
from inspectorate.rules.dates import DOUBTS
from inspectorate.rules.shared import SharedFaults
from inspectorate.settings import evidence_folder
from inspectorate.store import database, evidence, links, register, seen_hosts, worksheets
from inspectorate.store import finding as findings_kept
from inspectorate.store import inspection as inspections
from inspectorate.store import shared as kept_shared
from inspectorate.store.inspection import Inspection, Run, Standing
from inspectorate.store.law import in_force as in_force
from inspectorate.store.law import law as law
from inspectorate.store.shared import find_shared as find_shared


def chosen(connection: Connection, arguments: argparse.Namespace) -> Inspection:
    """The inspection that QUARTER and `--inspection` name: `2` or `2018Q3/2`."""
    named: str | None = arguments.inspection
    if not named:
        return inspections.find(connection, arguments.quarter)
    quarter, number = inspections.parse_name(named if "/" in named else f"{arguments.quarter}/{named}")
    if quarter != arguments.quarter:
        raise BadInput(f"巡查 {named} 不属于 {arguments.quarter}")
    return inspections.find(connection, quarter, number)


# Freezing


def check_moment(quarter: Quarter, moment: datetime, now: datetime) -> None:
    """BadInput if 监测时间点 lies outside of the quarter (in Shanghai) or after now."""
    shown = moment.astimezone(SHANGHAI).isoformat(timespec="seconds")
    if not quarter.holds(moment):
        raise BadInput(f"监测时间点 {shown} 不在 {quarter} 之内（北京时间）")
    if moment > now:
        raise BadInput(f"监测时间点 {shown} 晚于现在")


def freeze(
    connection: Connection,
    quarter: Quarter,
    inspected_at: datetime,
    standing: Standing = "trial",
    *,
    main_edition: str | None = None,
    only: frozenset[str] = frozenset(),
    anew: bool = False,
    run: Run | None = None,
) -> Inspection:
    """Write an inspection once: the register as of then, the editions in force, the last landed row that counts."""
    library = edition.load()
    day = day_of(inspected_at)
    try:
        if main_edition:
            library = library.replace_main(main_edition)
        main = library.main(day)
    except (LookupError, ValueError) as unknown:
        raise BadInput(str(unknown)) from None
    if main is None:
        raise BadInput(f"{day} 没有适用于网站的检查标准")
    held = narrowed(register.read(connection, inspected_at), only)
    in_force = library.in_force(day, local=held.issuer.editions)
    return inspections.freeze(
        connection,
        quarter,
        standing,
        inspected_at,
        held,
        library.digests,
        main.id,
        [clause.id for one in in_force for clause in one.clauses],
        anew,
        texts={path.name: path.read_bytes().decode() for path in sorted(edition.EDITIONS.glob("*.yaml"))},
        run=run,
    )


def narrowed(held: Register, only: frozenset[str]) -> Register:
    """The register with these sites and accounts alone; all of it where none is named."""
    if not only:
        return held
    known = {s.site_code for s in held.sites} | {a.account_id for a in held.accounts}
    if strangers := sorted(only - known):
        raise BadInput(f"登记库中没有 {'、'.join(strangers)}")
    return Register(
        units=held.units,
        sites=tuple(s for s in held.sites if s.site_code in only),
        accounts=tuple(a for a in held.accounts if a.account_id in only),
        columns=held.columns,
        issuer=held.issuer,
        as_of=held.as_of,
        left_out_sites=tuple(s for s in held.all_sites if s.site_code not in only),
        left_out_accounts=tuple(a for a in held.all_accounts if a.account_id not in only),
    )


# Judging


@dataclass(frozen=True)
class Judged:
    """One inspection with everything that was made of its evidence and of what people said."""

    inspection: Inspection
    editions: tuple[Edition, ...]
    findings: list[Finding]  # settled: decisions and attestations applied
    verdicts: list[Verdict]
    set_aside: tuple[notice.SetAside, ...]
    shared: tuple[SharedFault, ...] = ()  # what broke many sites at once; told by judging alone
    hosts: tuple[Host, ...] = ()  # addresses seen under the sites, for the survey forms
    kept_by_others: tuple[Column, ...] = ()  # columns of subordinate bodies, for the same

    @cached_property
    def quarter(self) -> Quarter:
        return Quarter.parse(self.inspection.quarter)


@dataclass
class Files:
    """Where the lines about columns and accounts go while their evidence passes by."""

    columns: TextIO
    links: TextIO
    accounts: TextIO


def judge_all(
    connection: Connection,
    inspection: Inspection,
    editions: tuple[Edition, ...],
    switched_on: frozenset[str] | None,
    files: Files | None = None,
    shared: SharedFaults | None = None,
) -> list[Finding]:
    """Every clause of every subject that ran on the day, from the evidence that is frozen."""
    shared = shared or find_shared(connection, inspection, editions, switched_on)
    held, moment = inspection.register, inspection.inspected_at
    units = {unit.unit_id: unit for unit in held.units}
    beside = Siblings.of(held, day_of(moment))
    found: list[Finding] = []
    court = Court(inspection, editions, switched_on, units, beside, shared, told=files is not None)
    with unswept():
        sites = court.judge_side_by_side(connection)
        for findings, columns, dead in tqdm(sites, "判定网站", len(held.sites), delay=1, disable=None, leave=False):
            found += findings
            if files is not None:
                files.columns.write(columns)
                files.links.write(dead)
    shut_down = [site for site in held.sites if site.status in ("moved", "offline")]
    more = links.gather(connection, inspection, [site.site_code for site in shut_down])
    for site in shut_down:
        unit, seen = units[site.unit_id], more[site.site_code]
        found += judge.judge_closed(site, unit, moment, editions, held.issuer, switched_on, seen)
    since = inspections.last_day(connection, inspection)
    accounts: Iterator[tuple[Account, AccountEvidence]] = evidence.gather_accounts(connection, inspection)
    for account, posted in tqdm(accounts, "判定账号", len(held.accounts), delay=1, disable=None, leave=False):
        unit, same = units[account.unit_id], beside.of_account(account)
        found += judge.judge_account(account, unit, posted, moment, editions, held.issuer, since, switched_on, same)
        if files is not None:
            _write(files.accounts, [judge.account_row(account, posted, moment, unit, editions)])
    taken = pictures_of(connection, inspection)
    return [with_pictures(finding, taken.get(finding.subject, {})) for finding in found]


def pictures_of(connection: Connection, inspection: Inspection) -> dict[str, dict[str, Picture]]:
    """Site → address → the latest picture that was kept by then."""
    codes = [site.site_code for site in inspection.register.sites]
    found: dict[str, dict[str, Picture]] = {}
    kept = evidence.pictures(connection, codes, inspection.inspected_at, inspection.last_landed)
    for (site, url), picture in kept.items():
        found.setdefault(site, {})[url] = picture
    return found


@contextmanager
def unswept() -> Iterator[None]:
    """Without the search for cycles: evidence has none, and the search takes a fifth of judging a province."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@dataclass(frozen=True)
class Siblings:
    """What else each unit runs on the day."""

    sites: dict[str, list[Site]]
    accounts: dict[str, list[Account]]

    @classmethod
    def of(cls, held: Register, day: date) -> "Siblings":
        found = cls({}, {})
        for site in held.all_sites:
            if site.in_scope(day):
                found.sites.setdefault(site.unit_id, []).append(site)
        for account in held.all_accounts:
            if account.running:
                found.accounts.setdefault(account.unit_id, []).append(account)
        return found

    def of_site(self, site: Site) -> list[Site]:
        return [s for s in self.sites.get(site.unit_id, ()) if s.site_code != site.site_code]

    def of_account(self, account: Account) -> list[Account]:
        return [a for a in self.accounts.get(account.unit_id, ()) if a.account_id != account.account_id]


Packed = tuple[tuple[Any, ...], list[tuple[Any, ...]]]
PROOF_FIELDS = attrgetter(*(field.name for field in fields(Proof)))
FINDING = [field.name for field in fields(Finding)]
FINDING_FIELDS = attrgetter(*(name for name in FINDING if name != "proof"))
Heard = tuple[list[Finding], str, str]  # one site's findings, and its lines of columns.jsonl and links.jsonl
SITES_A_JUDGE = 400  # fewer are not worth a process of their own
SITES_AT_ONCE = 40


@dataclass(frozen=True)
class Court:
    """All that judging one site after another needs; a province's sites are shared out to processes of the machine."""

    inspection: Inspection
    editions: tuple[Edition, ...]
    switched_on: frozenset[str] | None
    units: dict[str, Unit]
    beside: Siblings
    shared: SharedFaults
    told: bool  # the lines of columns.jsonl and links.jsonl are wanted too

    @cached_property
    def hosts(self) -> frozenset[str]:
        named = (urlsplit(site.home_url).hostname for site in self.inspection.register.all_sites)
        return frozenset(host for host in named if host)

    @cached_property
    def main(self) -> Edition:
        return next(one for one in self.editions if one.main)

    @cached_property
    def doubts(self) -> Clause | None:
        """The clause that asks what the first-seen ledger holds against printed dates."""
        on = (c for c in self.main.clauses if self.switched_on is None or c.id in self.switched_on)
        return next((c for c in on if c.proposal == DOUBTS), None)

    def judge(self, connection: Connection, sites: Sequence[Site]) -> Iterator[Heard]:
        scored = any(one.points_on for one in self.editions)
        for start in range(0, len(sites), SITES_AT_ONCE):
            some = sites[start : start + SITES_AT_ONCE]
            more = links.gather(connection, self.inspection, [site.site_code for site in some])
            for site, seen in evidence.gather_sites(
                connection, self.inspection, some, scored=scored, doubts=self.doubts
            ):
                seen = self.shared.beside(site.site_code, links.beside(seen, more[site.site_code]))
                yield self.judge_one(site, seen)

    def judge_one(self, site: Site, seen: SiteEvidence) -> Heard:
        moment, issuer = self.inspection.inspected_at, self.inspection.register.issuer
        unit, others = self.units[site.unit_id], self.beside.of_site(site)
        found = judge.judge_site(site, unit, seen, moment, self.editions, issuer, self.hosts, self.switched_on, others)
        if not self.told:
            return found, "", ""
        columns = judge.column_rows(site, seen, self.main, moment)
        dead = judge.link_rows(site, seen, self.main, moment)
        return found, "".join(map(_line, columns)), "".join(map(_line, dead))

    def judge_side_by_side(self, connection: Connection) -> Iterator[Heard]:
        """In printed order, whoever judges: a site's findings rest on nothing but the site's evidence."""
        sites = self.inspection.register.running_sites(day_of(self.inspection.inspected_at))
        judges = min(len(os.sched_getaffinity(0)), len(sites) // SITES_A_JUDGE)
        if judges < 2:
            yield from self.judge(connection, sites)
            return
        # Forked, because the register and the editions are large, and they have them already.
        begun = multiprocessing.get_context("fork")
        told = self, database.connect_beside(connection)
        with ProcessPoolExecutor(judges, begun, _take_seat, told) as pool:
            some = [sites[start : start + SITES_AT_ONCE] for start in range(0, len(sites), SITES_AT_ONCE)]
            for heard in pool.map(_judge_some, some):
                yield from (([_unpacked(one) for one in found], columns, dead) for found, columns, dead in heard)


_SEAT: list[tuple[Court, Connection]] = []  # of a process that judges beside ours


def _take_seat(court: Court, connect: Callable[[], Connection]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked; it ends us
    gc.disable()
    _SEAT.append((court, connect()))


def _judge_some(sites: Sequence[Site]) -> list[tuple[list[Packed], str, str]]:
    court, connection = _SEAT[0]
    heard = court.judge(connection, sites)
    return [([_packed(one) for one in found], columns, dead) for found, columns, dead in heard]


def _packed(finding: Finding) -> Packed:
    """A finding on its way between processes, as plain values: a frozen class is slow to pickle."""
    proof = [PROOF_FIELDS(one) for one in finding.proof]
    return FINDING_FIELDS(finding), proof


def _unpacked(packed: Packed) -> Finding:
    values, proof = packed
    place = FINDING.index("proof")
    whole = [*values[:place], tuple(Proof(*one) for one in proof), *values[place:]]
    return Finding(*whole)


def settle(
    connection: Connection, inspection: Inspection, editions: tuple[Edition, ...], found: list[Finding]
) -> Judged:
    """What people decided, attested and set aside, put to the findings; then the verdicts."""
    quarter, held = Quarter.parse(inspection.quarter), inspection.register
    aside = findings_kept.read_set_aside(connection, inspection)
    settled = judge.settle(
        found,
        quarter,
        findings_kept.decisions(connection, inspection).values(),
        worksheets.attested(connection, inspection),
        held.issuer,
    )
    left_out = tuple(notice.SetAside(one.subject, one.reason) for one in aside.values())
    return with_verdicts(inspection, editions, settled, left_out)


def with_verdicts(
    inspection: Inspection,
    editions: tuple[Edition, ...],
    settled: list[Finding],
    set_aside: tuple[notice.SetAside, ...],
) -> Judged:
    """What settled findings come to, a verdict for every subject that ran on the day."""
    held, aside = inspection.register, {one.subject for one in set_aside}
    of_subject: dict[str, list[Finding]] = {}
    for finding in settled:
        of_subject.setdefault(finding.subject, []).append(finding)
    day = day_of(inspection.inspected_at)
    running: list[Site | Account] = [*held.running_sites(day), *held.running_accounts(day)]
    verdicts = []
    for subject in running:
        name = subject.site_code if isinstance(subject, Site) else subject.account_id
        verdicts.append(judge.verdict(subject, of_subject.get(name, []), editions, name in aside, held.issuer))
    return Judged(inspection, editions, settled, verdicts, set_aside)


def judge_inspection(connection: Connection, inspection: Inspection, folder: Path | None) -> Judged:
    """Judge, keep the findings in the database and, with a folder, leave the files of the contract there."""
    library = law(connection, inspection)
    editions = in_force(library, inspection)
    switched_on = frozenset(inspection.clauses)
    inspection = inspections.heard(connection, inspection)
    shared = find_shared(connection, inspection, editions, switched_on)
    kept_shared.keep(connection, inspection, shared.faults)
    if folder is None:
        found = judge_all(connection, inspection, editions, switched_on, shared=shared)
        findings_kept.keep(connection, inspection, found)
        return replace(settle(connection, inspection, editions, found), shared=shared.faults)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        files = Files(
            *(stack.enter_context(_fresh(folder / f"{name}.jsonl")) for name in ("columns", "links", "accounts"))
        )
        found = judge_all(connection, inspection, editions, switched_on, files, shared)
    findings_kept.keep(connection, inspection, found)
    hosts, columns = seen_hosts.read(connection, inspection)
    judged = settle(connection, inspection, editions, found)
    judged = replace(judged, shared=shared.faults, hosts=hosts, kept_by_others=columns)
    write_out(connection, judged, folder)
    return judged


def judged_anew(connection: Connection, inspection: Inspection) -> tuple[list[Finding], Judged]:
    """What `judge` would say now, kept nowhere; the findings also as judged, before anybody's word."""
    editions = in_force(law(connection, inspection), inspection)
    found = judge_all(connection, inspection, editions, frozenset(inspection.clauses))
    return found, settle(connection, inspection, editions, found)


def judged_before(connection: Connection, inspection: Inspection) -> Judged:
    """What was judged and kept, with what people said since. BadInput: nothing was judged yet."""
    found = findings_kept.read(connection, inspection)
    if not found:
        raise BadInput(f"{inspection.name}: 尚未判定，请先 judge")
    return settle(connection, inspection, in_force(law(connection, inspection), inspection), found)


# Writing out


def finding_line(inspection: Inspection, finding: Finding) -> Json:
    """One line of findings.jsonl."""
    quarter = Quarter.parse(inspection.quarter)
    return judge.finding_row(finding, quarter, inspection.number, inspection.inspected_at, inspection.standing)


def write_out(connection: Connection, judged: Judged, folder: Path) -> None:
    """findings, verdicts and ours as JSON lines, and the records that the findings rest on."""
    inspection = judged.inspection
    with _fresh(folder / "findings.jsonl") as file:
        _write(file, (finding_line(inspection, finding) for finding in judged.findings))
    with _fresh(folder / "verdicts.jsonl") as file:
        _write(file, map(judge.verdict_row, judged.verdicts))
    with _fresh(folder / "platform.jsonl") as file:
        _write(file, map(judge.shared_row, judged.shared))
    since = inspection.inspected_at - ACCUSES_WITHIN
    lost = _collect(connection, judged, folder)
    with _fresh(folder / "ours.jsonl") as file:
        seen = evidence.read_ours(connection, since, inspection.inspected_at)
        named = {s.site_code for s in inspection.register.sites} | {a.account_id for a in inspection.register.accounts}
        _write(file, (_ours_row(row) for row in [*seen, *lost] if row.subject in named or not row.subject))


def _collect(connection: Connection, judged: Judged, folder: Path) -> list[Ours]:
    """Copy what the findings rest on beside them; what is not kept whole any more is told as ours."""
    from scrapers import warc

    taken = pictures_of(connection, judged.inspection)
    shown = [
        taken[finding.subject].get(proof.url)
        for finding in judged.findings
        if finding.subject in taken
        for proof in finding.proof
    ]
    digests = {proof.sha256 for finding in judged.findings for proof in finding.proof if proof.sha256}
    digests |= {picture.sha256 for picture in shown if picture is not None and picture.sha256 is not None}
    answers = evidence.read_answers(
        connection, judged.inspection, judged.inspection.inspected_at - ACCUSES_WITHIN, digests
    )
    missing = warc.collect(answers, evidence_folder(), folder / "evidence")
    return [
        Ours("evidence", "", answer.url, answer.fetched_at, f"证据文件 {answer.warc} 中没有完整的记录")
        for answer in missing
    ]


def _ours_row(row: Ours) -> Json:
    return {
        "errand": row.errand,
        "subject": row.subject,
        "url": row.url,
        "seen_at": row.seen_at.astimezone(SHANGHAI).isoformat(),
        "because": row.because,
    }


def _fresh(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8")


def _write(file: TextIO, rows: Iterable[Json]) -> None:
    for row in rows:
        file.write(_line(row))


def _line(row: Json) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


# Drafting


def compose_notice(
    judged: Judged, number: str | None = None, signed_on: date | None = None, deadline: date | None = None
) -> notice.Notice:
    """The notice as data; Contradiction between its facts is a fault of ours."""
    held = judged.inspection.register
    return notice.compose(
        judged.quarter,
        held.issuer,
        inspected(judged),
        held,
        judged.findings,
        judged.verdicts,
        judge.figures(judged.verdicts, held.units, held.issuer, judged.editions),
        judged.set_aside,
        number=number,
        signed_on=signed_on,
        deadline=deadline,
    )


def draft(judged: Judged, folder: Path, pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    """The notice with its annexes, the units' letters and survey forms, as files; the notice's bytes come back.

    ConverterFailed, and Contradiction between the facts of a paper, are faults of ours.
    """
    from inspectorate.formats import paper, pdf, sheet

    inspection, held = judged.inspection, judged.inspection.register
    made = compose_notice(judged)
    for warning in made.warnings:
        print(f"提示 {warning}", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    printed = paper.print_notice(made, pictures)
    papers = {"notice.docx": printed, "notice.pdf": pdf.convert({"notice": printed})["notice"]}
    for name, body in {**papers, "annex1.xlsx": sheet.print_annex(made, pictures)}.items():
        _put(folder / name, body)
    for one in compose_letters(judged):
        _put(folder / "letters" / f"{one.unit_id}.docx", paper.print_letter(one, inspection.inspected_at))
    if made.survey is not None:
        day = day_of(inspection.inspected_at)
        known = replace(held, columns=judged.kept_by_others)
        for unit, form in survey.compose_surveys(held.issuer, known, day, judged.findings, judged.hosts):
            _put(folder / "annex2" / f"{unit.unit_id}.docx", paper.print_survey(form, inspection.inspected_at))
    return papers


def compose_letters(judged: Judged) -> tuple[letter.Letter, ...]:
    """One letter a unit, about its own findings."""
    held = judged.inspection.register
    lost = {(clause, v.subject) for v in judged.verdicts if v.verdict == judge.FAILED for clause in v.clauses}
    return letter.compose_letters(
        judged.quarter, held.issuer, inspected(judged), held, judged.findings, judged.set_aside, deducted=lost
    )


def _put(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def inspected(judged: Judged) -> notice.Inspected:
    return inspected_of(judged.inspection, judged.editions)


def inspected_of(inspection: Inspection, editions: tuple[Edition, ...] = ()) -> notice.Inspected:
    """What papers must know of an inspection; letters cite no editions."""
    return notice.Inspected(
        inspection.inspected_at,
        inspection.standing,
        past=inspection.frozen_at.astimezone(SHANGHAI).date() > Quarter.parse(inspection.quarter).last_day,
        basis=notice.cite(editions),
    )
