"""The review desk: what a reviewer is shown of an inspection, worst first, and the pages that show it."""

import re
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from psycopg2.extensions import connection as Connection

from inspectorate import asking, edition, judge, open_questions, settings, worksheet
from inspectorate.asking import Question
from inspectorate.edition import Clause
from inspectorate.evidence import Picture
from inspectorate.finding import Attestation, Decision, Finding, Outcome, Ruling, finding_id, shows_pages
from inspectorate.quarter import SHANGHAI, Quarter
from inspectorate.register import Account, BadInput, Site
from inspectorate.store import evidence as store_evidence
from inspectorate.store import finding as kept
from inspectorate.store import kept as evidence_kept
from inspectorate.store import letters, signing, worksheets
from inspectorate.store import shared as store_shared
from inspectorate.store.inspection import Inspection
from inspectorate.worksheet import SAID, Entry, Objection
from scrapers import warc

TEMPLATES = Path(__file__).parent / "templates" / "desk"
ROWS_A_PAGE = 100
LARGEST_PAGE = 20 * 1024 * 1024  # bytes of a kept page, unpacked
SOURCE_SHOWN = 300_000  # characters of its source
OUTCOMES = {"passed": "合格", "failed": "不合格", "unjudged": "待核", "not_examined": "未检查"}
RULINGS = {"none": "未复核", "upheld": "维持", "dropped": "撤销", "amended": "更正"}
CONSEQUENCES = {"veto": "单项否决", "points": "扣分", "remark": "问题提示", "note": "备注"}
CLASSES = {
    "news": "动态要闻", "notice": "通知公告", "policy": "政策文件", "personnel_plan": "人事规划",
    "interaction": "互动交流", "other": "其他",
}  # fmt: skip
STANDINGS = {"official": "正式巡查", "trial": "试算"}
CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_-]{2,20})""", re.IGNORECASE)


# What is shown


@dataclass(frozen=True, slots=True)
class Filter:
    """What of an inspection a reviewer wants to see."""

    unit: str = ""
    clause: str = ""
    everything: bool = False  # also what is decided already
    page: int = 1

    def query(self, **changes: object) -> str:
        facts = {"unit": self.unit, "clause": self.clause, "all": "1" if self.everything else "", "page": self.page}
        return urlencode({k: v for k, v in (facts | changes).items() if v and (k, v) != ("page", 1)})


@dataclass(frozen=True)
class Row:
    """One finding as the desk lists it."""

    finding: Finding  # settled
    id: str
    subject: str
    unit: str
    home_url: str
    clause: Clause | None
    decision: Decision | None
    explanations: Sequence[signing.Explanation]
    entries: Sequence[Entry] = ()  # what people of the teams entered

    @property
    def path(self) -> str:
        return "/".join(quote(part, safe="") for part in self.id.split("/"))

    @property
    def outcome(self) -> str:
        return OUTCOMES[self.finding.outcome]

    @property
    def unsure(self) -> tuple[str, ...]:
        """What a decision has to look at itself, because nobody confirmed it."""
        said = (
            ("指标口径未经确认", self.finding.clause_confirmed),
            ("栏目信息未经确认", self.finding.columns_confirmed),
        )
        return tuple(text for text, confirmed in said if not confirmed)


@dataclass(frozen=True)
class Unexamined:
    """A clause that no machine counts: open as long as somebody has not looked at it."""

    id: str
    name: str
    subjects: int
    open: int
    attested: Attestation | None


@dataclass(frozen=True)
class Board:
    """An inspection on the desk."""

    inspection: Inspection
    rows: list[Row]  # of the page
    count: int  # that the filter lets through
    open: int  # that wait for a decision in all
    filter: Filter
    units: Mapping[str, str]  # that have something, for the filter
    clauses: Mapping[str, str]
    unexamined: list[Unexamined]
    aside: Mapping[str, kept.SetAside]
    waiting: list[tuple[str, str]]  # subjects of open findings, for setting aside
    answers: list[tuple[datetime, signing.Answer]]
    published: signing.Publication | None
    drafted: bool
    objections: list[Objection]  # of the teams' people, that nobody has decided
    platforms: list[tuple[str, list[str]]]  # what broke many sites at once, in words, and their names

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // ROWS_A_PAGE))


@dataclass(frozen=True)
class KeptPage:
    """A page as it was given to us: unpacked bytes, and what the answer said of them."""

    url: str
    fetched_at: datetime
    status: int | None
    content_type: str
    body: bytes
    charset: str = field(default="")

    @property
    def markup(self) -> bool:
        return self.content_type.partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml", "")

    @property
    def picture(self) -> bool:
        return self.content_type.partition(";")[0].strip().lower() in (
            "image/png", "image/jpeg", "image/gif", "image/webp",
        )  # fmt: skip

    @property
    def text(self) -> str:
        named = self.charset or "utf-8"
        try:
            return self.body.decode(named)[:SOURCE_SHOWN]
        except (LookupError, UnicodeDecodeError):
            return self.body.decode("gb18030", "replace")[:SOURCE_SHOWN]


def settled(connection: Connection, inspection: Inspection) -> list[tuple[Finding, Finding]]:
    """Each finding as judged and with what people said of it."""
    found = kept.read(connection, inspection)
    said = judge.settle(
        found,
        Quarter.parse(inspection.quarter),
        kept.decisions(connection, inspection).values(),
        worksheets.attested(connection, inspection),
        inspection.register.issuer,
    )
    return list(zip(found, said, strict=True))


def concerns(finding: Finding, weighed: Collection[tuple[str, str]] = ()) -> bool:
    """A finding that would put its subject on the list, or that keeps it from being judged."""
    asked = finding.consequence == "veto" or (finding.clause, finding.subject) in weighed
    return asked and finding.outcome in (Outcome.FAILED, Outcome.UNJUDGED)


def worst_first(pairs: Iterable[tuple[Finding, Finding]]) -> list[tuple[Finding, Finding]]:
    """Failed before unjudged; then whose subject fails most; then who is farthest beyond the limit."""
    rows = list(pairs)
    failed: dict[str, int] = {}
    for raw, _ in rows:
        failed[raw.subject] = failed.get(raw.subject, 0) + (raw.outcome is Outcome.FAILED)

    def rank(pair: tuple[Finding, Finding]) -> tuple[bool, int, float, str, str]:
        raw = pair[0]
        share = float(raw.measured or 0) / float(raw.limit) if raw.limit else 0.0
        return raw.outcome is not Outcome.FAILED, -failed[raw.subject], -share, raw.subject, raw.clause

    return sorted(rows, key=rank)


def board(connection: Connection, inspection: Inspection, wanted: Filter) -> Board:
    """The inspection as a reviewer works through it."""
    pairs = settled(connection, inspection)
    aside = kept.read_set_aside(connection, inspection)
    weighed = judge.weighing((said for _, said in pairs), edition.load().editions)
    shown = worst_first(
        (raw, said)
        for raw, said in pairs
        if concerns(raw, weighed) or (raw.consequence == "veto" and said.decision is not Ruling.NONE)
    )
    settled_subjects = {said.subject for _, said in pairs if _fails_for_good(said)} | set(aside)
    waits = [(raw, said) for raw, said in shown if _waits(said, settled_subjects, weighed)]
    units, names = _units(inspection), inspection.register.names
    kinds = _clauses()
    chosen = [
        pair
        for pair in (shown if wanted.everything else waits)
        if wanted.unit in ("", pair[0].unit) and wanted.clause in ("", pair[0].clause)
    ]
    first = (wanted.page - 1) * ROWS_A_PAGE
    of = _Rows.read(connection, inspection)
    return Board(
        inspection,
        [of.row(raw, said) for raw, said in chosen[first : first + ROWS_A_PAGE]],
        len(chosen),
        len(waits),
        wanted,
        {raw.unit: units.get(raw.unit, raw.unit) for raw, _ in shown},
        {raw.clause: kinds[raw.clause].name if raw.clause in kinds else "" for raw, _ in shown},
        _unexamined(pairs, kept.attestations(connection, inspection)),
        aside,
        list({raw.subject: (raw.subject, names.get(raw.subject, "")) for raw, _ in waits}.values()),
        signing.answers(connection, inspection),
        signing.publication(connection, inspection),
        signing.draft(connection, inspection) is not None,
        _objections(connection, inspection, pairs),
        [
            (judge.say_shared(fault), [names.get(site, site) for site in fault.sites])
            for fault in store_shared.read(connection, inspection)
        ],
    )


def _objections(
    connection: Connection, inspection: Inspection, pairs: Iterable[tuple[Finding, Finding]]
) -> list[Objection]:
    """Where people of the teams found something, or disagree, and nobody has decided."""
    decided = {(said.clause, said.subject) for _, said in pairs if said.decision is not Ruling.NONE}
    found = worksheet.objections(worksheets.read(connection, inspection))
    return [one for one in found if (one.clause, one.subject) not in decided]


def _fails_for_good(said: Finding) -> bool:
    """A veto that a person has upheld: whatever else is unjudged of that subject changes nothing any more."""
    return said.consequence == "veto" and said.decision in (Ruling.UPHELD, Ruling.AMENDED)


def _waits(said: Finding, settled_subjects: Collection[str], weighed: Collection[tuple[str, str]]) -> bool:
    """Who fails waits for a person in any case; what is unjudged waits only while its subject's verdict does."""
    if not judge.awaits_decision(said, weighed):
        return False
    return said.outcome is Outcome.FAILED or said.subject not in settled_subjects


def _unexamined(pairs: Iterable[tuple[Finding, Finding]], attested: Mapping[str, Attestation]) -> list[Unexamined]:
    """The vetoes that no machine counts, those that are open first."""
    counts: dict[str, list[int]] = {}
    for raw, said in pairs:
        if raw.consequence == "veto" and raw.outcome is Outcome.NOT_EXAMINED:
            count = counts.setdefault(raw.clause, [0, 0])
            count[0] += 1
            count[1] += said.stands_as is Outcome.NOT_EXAMINED
    names = _clauses()
    rows = [
        Unexamined(clause, names[clause].name if clause in names else "", all_of_them, still, attested.get(clause))
        for clause, (all_of_them, still) in counts.items()
    ]
    return sorted(rows, key=lambda row: (row.open == 0, row.id))


@dataclass(frozen=True)
class _Rows:
    """What rows are made from, read once."""

    inspection: Inspection
    names: Mapping[str, str]
    units: Mapping[str, str]
    homes: Mapping[str, str]
    decisions: Mapping[tuple[str, str, str], Decision]
    explanations: Mapping[tuple[str, str], Sequence[signing.Explanation]]
    entries: Mapping[tuple[str, str], Sequence[Entry]]

    @classmethod
    def read(cls, connection: Connection, inspection: Inspection) -> "_Rows":
        held = inspection.register
        return cls(
            inspection,
            inspection.register.names,
            _units(inspection),
            {s.site_code: s.home_url for s in held.sites} | {a.account_id: a.address for a in held.accounts},
            kept.decisions(connection, inspection),
            signing.explanations(connection, inspection),
            worksheet.latest(worksheets.read(connection, inspection)),
        )

    def row(self, raw: Finding, said: Finding) -> Row:
        key = (raw.clause, raw.subject)
        return Row(
            said,
            finding_id(self.inspection.quarter, self.inspection.number, *key),
            self.names.get(raw.subject, raw.subject),
            self.units.get(raw.unit, raw.unit),
            self.homes.get(raw.subject, ""),
            _clauses().get(raw.clause),
            self.decisions.get((*key, raw.digest)),
            self.explanations.get(key, ()),
            self.entries.get(key, ()),
        )


def one_finding(connection: Connection, inspection: Inspection, clause: str, subject: str) -> tuple[Row, str]:
    """A finding with everything about it, and the digest that a decision would stick to. BadInput: none such."""
    for raw, said in settled(connection, inspection):
        if (raw.clause, raw.subject) == (clause, subject):
            return _Rows.read(connection, inspection).row(raw, said), raw.digest
    raise BadInput(f"{finding_id(inspection.quarter, inspection.number, clause, subject)}: 没有这条判定")


@dataclass(frozen=True)
class Asked:
    """The questions of an inspection as the desk lists them, a group a subject."""

    groups: Sequence[tuple[str, str, str, Sequence[Question]]]  # subject, name, unit, its questions
    count: int
    minutes: float
    rest: int  # unconfirmed, and no answer to them changes anything now
    everything: bool


def questions(connection: Connection, inspection: Inspection, everything: bool) -> Asked:
    """What a person has to be asked, worst first; with `everything` also what need not be asked."""
    found = open_questions.ask(connection, inspection)
    names, units = inspection.register.names, _units(inspection)
    of: dict[str, list[Question]] = {}
    for question in found:
        if question.asked or everything:
            of.setdefault(question.subject, []).append(question)
    groups = [(code, names.get(code, code), units.get(rows[0].unit, ""), rows) for code, rows in of.items()]
    count, minutes = asking.total(found)
    return Asked(groups, count, minutes, len(found) - count, everything)


def pictures(connection: Connection, inspection: Inspection, finding: Finding) -> dict[str, Picture]:
    """Address → the picture of a page that is proof, kept by the moment of the inspection, or why there is none."""
    if not shows_pages(finding):
        return {}
    found = store_evidence.pictures(connection, [finding.subject], inspection.inspected_at, inspection.last_landed)
    return {url: picture for (_, url), picture in found.items()}


def next_open(connection: Connection, inspection: Inspection) -> Row | None:
    """The worst finding that still waits; None: the review is done."""
    rows = board(connection, inspection, Filter()).rows
    return rows[0] if rows else None


def subject_of(held: Iterable[Site | Account], code: str) -> Site | Account | None:
    return next((s for s in held if code == (s.site_code if isinstance(s, Site) else s.account_id)), None)


def _units(inspection: Inspection) -> dict[str, str]:
    return {u.unit_id: u.name for u in inspection.register.units}


@lru_cache(maxsize=1)
def _clauses() -> dict[str, Clause]:
    """What clauses are called; an old edition's are there too."""
    return {clause.id: clause for one in edition.load().editions for clause in one.clauses}


# Kept pages


def kept_page(connection: Connection, sha256: str, url: str = "") -> KeptPage:
    """A page as it was, from its WARC record. BadInput says why it cannot be shown."""
    answer = evidence_kept.find_answer(connection, sha256, url)
    if answer is None:
        raise BadInput("没有这一页的记录")
    folder = settings.evidence_folder()
    try:
        first = warc.first_copy(answer, folder)
        record = warc.record_at(folder / first.warc, first.position)
        body = record.raw_stream.read(LARGEST_PAGE + 1)  # still content-encoded, as its digest is
    except warc.NotKept as lost:
        raise BadInput(f"证据文件中没有完整的记录: {lost}") from None
    headers = record.http_headers
    packed = (headers.get_header("Content-Encoding") or "") if headers is not None else ""
    unpacked = unpack(body, packed)
    named = CHARSET.search(answer.content_type.encode("ascii", "replace")) or CHARSET.search(unpacked[:4096])
    charset = named[1].decode("ascii") if named else ""
    return KeptPage(answer.url, answer.fetched_at, answer.status, answer.content_type, unpacked, charset)


def unpack(body: bytes, packed: str) -> bytes:
    """The payload without its content encoding, as long as it is not too long. BadInput: it cannot be unpacked."""
    for name in reversed([word.strip().lower() for word in packed.split(",") if word.strip()]):
        if name in ("gzip", "x-gzip", "deflate"):
            body = _inflate(body, name)
        elif name != "identity":
            raise BadInput(f"无法展开 {name} 压缩的页面")
    if len(body) > LARGEST_PAGE:
        raise BadInput("页面过大，无法展示")
    return body


def _inflate(body: bytes, name: str) -> bytes:
    for bits in (47,) if "gzip" in name else (15, -15):  # deflate comes with and without its header
        try:
            return zlib.decompressobj(bits).decompress(body, LARGEST_PAGE + 1)
        except zlib.error:
            continue
    raise BadInput(f"无法展开 {name} 压缩的页面")


# Pages


def render(template: str, root: str, by: str, **facts: Any) -> str:
    """One page; everything that a site or a person wrote is data in it."""
    return _environment().get_template(template).render(root=root, by=by, **facts)


def show_time(moment: datetime | None) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if moment else ""


def show_number(number: float | int | None) -> str:
    if number is None:
        return "—"
    return str(number) if isinstance(number, int) else f"{number:.4g}"


def web_address(url: str) -> str:
    """An address that may be followed, or nothing: only http and https."""
    return url if urlsplit(url).scheme in ("http", "https") else ""


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {"time": show_time, "number": show_number, "web": web_address, "part": lambda t: quote(t, safe="")}
    made.globals |= {
        "OUTCOMES": OUTCOMES,
        "RULINGS": RULINGS,
        "CONSEQUENCES": CONSEQUENCES,
        "STANDINGS": STANDINGS,
        "CLASSES": CLASSES,
        "RESULTS": SAID,
        "LETTERS": letters.TITLES,
    }
    return made
