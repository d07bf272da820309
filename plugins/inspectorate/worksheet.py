"""What inspection teams look at by hand: a worksheet a team, what its people enter, and where they disagree."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from inspectorate.edition import Edition
from inspectorate.evidence import Picture
from inspectorate.finding import UNSEEN, Attestation, Finding, Outcome, finding_id
from inspectorate.quarter import Quarter, day_of
from inspectorate.register import Account, Platform, Register, Site
from inspectorate.rules.columns import folder_of

Result = Literal["none", "found", "unclear"]
RESULTS: dict[str, Result] = {"未发现": "none", "发现问题": "found", "无法认定": "unclear"}
SAID = {result: word for word, result in RESULTS.items()}
NO_TEAM = "未分组"
EVERYBODY = "全部"  # where the office has no teams

IN_ROOT = 3  # slashes of a folder that leads to all of a host

NO_CLUE = "系统没有线索"  # neither found nor not found: a person looks

# An account's page is its platform's: shown to who has signed in, or in its own program alone.
NO_ACCOUNT_PAGE: dict[Platform, str] = {
    "weibo": "微博页面登录后才完整显示，请登录核对",
    "wechat": "公众号页面须在微信中查看",
}

Key = tuple[str, str]  # clause, subject


@dataclass(frozen=True, slots=True)
class Item:
    """One clause of one subject, with what the machine saw."""

    finding_id: str
    subject: str
    name: str
    unit: str
    address: str
    clause: str
    clause_name: str
    seen: str
    pictures: tuple[Picture, ...] = ()  # of which one may stand beside it, the best first
    unshown: str = ""  # why there is none


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One team's share of an inspection."""

    inspection: str
    team: str
    title: str
    items: tuple[Item, ...]  # by subject in the printed order, then by clause

    @property
    def subjects(self) -> list[str]:
        return list(dict.fromkeys(item.subject for item in self.items))


@dataclass(frozen=True, slots=True)
class Entry:
    """What one person entered about one clause of one subject."""

    clause: str
    subject: str
    digest: str  # of the finding that they looked at: judged otherwise since, the entry holds no more
    team: str
    result: Result
    note: str
    url: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Objection:
    """A clause of a subject of which somebody said more than 未发现; it waits for a decision."""

    clause: str
    subject: str
    entries: tuple[Entry, ...]  # the latest of each person

    @property
    def disagree(self) -> bool:
        return len({e.result for e in self.entries}) > 1

    def tell(self, names: Mapping[str, str]) -> str:
        return f"{self.clause} {self.subject} {self.say(names)}"

    def say(self, names: Mapping[str, str]) -> str:
        """Who said what, without what it is about."""
        said = "、".join(f"{names.get(e.by, e.by)}：{SAID[e.result]}" for e in self.entries)
        word = "检查人意见不一致" if self.disagree else "检查人未认定为未发现"
        return f"{word}（{said}）"


# Handing out


def compose_worksheets(
    quarter: Quarter,
    number: int,
    register: Register,
    inspected_at: datetime,
    findings: Iterable[Finding],
    editions: Sequence[Edition],
    everything: bool = False,
    pictured: Mapping[str, Mapping[str, Picture]] | None = None,
) -> tuple[Worksheet, ...]:
    """One worksheet a team that has anything to look at; the findings are as judged, before anybody's word.

    Vetoes that no machine counts, and with `everything` remarks and notes too. A unit's accounts go with the team of
    its sites; what no team has goes into a worksheet of its own. `pictured`: by site, the picture of each page, or why
    there is none.
    """
    day = day_of(inspected_at)
    names = {c.id: c.name for e in editions for c in e.clauses}
    running: list[Site | Account] = [*register.running_sites(day), *register.running_accounts(day)]
    units = {u.unit_id: u.name for u in register.units}
    team_of = _teams(register)
    waiting: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.outcome is Outcome.NOT_EXAMINED and (everything or finding.consequence == "veto"):
            waiting.setdefault(finding.subject, []).append(finding)
    items: dict[str, list[Item]] = {}
    for one in running:
        code = one.site_code if isinstance(one, Site) else one.account_id
        taken = (pictured or {}).get(code, {})
        for f in waiting.get(code, ()):
            items.setdefault(team_of(one), []).append(
                Item(
                    finding_id(str(quarter), number, f.clause, code),
                    code,
                    one.name,
                    units.get(one.unit_id, ""),
                    _address(one),
                    f.clause,
                    names.get(f.clause, ""),
                    "\n".join([_seen(f), *(f"{p.what} {p.url}" for p in f.proof)]),
                    pictures_for([p.url for p in f.proof], _address(one), taken),
                    _unshown(one, taken),
                )
            )
    teams = [*register.issuer.teams, NO_TEAM, EVERYBODY]
    name = f"{quarter}/{number}"
    return tuple(
        Worksheet(name, team, f"{quarter.title}人工检查表（{team}）", tuple(items[team]))
        for team in teams
        if team in items
    )


def pictures_for(pages: Sequence[str], home: str, taken: Mapping[str, Picture]) -> tuple[Picture, ...]:
    """Of the pages themselves, else of the columns in whose folders they lie, else of the home page; the best first."""
    kept = {url: picture for url, picture in taken.items() if picture.sha256 is not None}
    columns = [url for url in kept if url != home and folder_of(url).count("/") > IN_ROOT]
    columns.sort(key=lambda url: (-len(folder_of(url)), url))
    above = [url for page in pages for url in columns if page.startswith(folder_of(url))]
    return tuple(kept[url] for url in dict.fromkeys([*pages, *above, home]) if url in kept)


def _unshown(subject: Site | Account, taken: Mapping[str, Picture]) -> str:
    """Why no picture of a subject may stand beside its rows."""
    if isinstance(subject, Account):
        return NO_ACCOUNT_PAGE[subject.platform]
    home = taken.get(subject.home_url)
    return home.because if home is not None and home.because else "尚未留存首页截图"


def _seen(finding: Finding) -> str:
    return NO_CLUE if finding.because.endswith(UNSEEN) else finding.because


def _address(subject: Site | Account) -> str:
    return subject.home_url if isinstance(subject, Site) else subject.address


def _teams(register: Register) -> Callable[[Site | Account], str]:
    """Which team looks at a subject."""
    none = NO_TEAM if register.issuer.teams else EVERYBODY
    of_site = {code: team for team, codes in register.issuer.teams.items() for code in codes}
    of_unit: dict[str, str] = {}
    for site in register.sites:
        if site.site_code in of_site:
            of_unit.setdefault(site.unit_id, of_site[site.site_code])

    def team(subject: Site | Account) -> str:
        if isinstance(subject, Site):
            return of_site.get(subject.site_code, none)
        return of_unit.get(subject.unit_id, none)

    return team


# Taking back


def latest(entries: Iterable[Entry]) -> dict[Key, tuple[Entry, ...]]:
    """What each person said last, by clause and subject."""
    said: dict[Key, dict[str, Entry]] = {}
    for entry in sorted(entries, key=lambda e: e.at):
        said.setdefault((entry.clause, entry.subject), {})[entry.by] = entry
    return {key: tuple(by.values()) for key, by in said.items()}


def objections(entries: Iterable[Entry]) -> list[Objection]:
    """Where not everybody who looked found nothing."""
    return [
        Objection(*key, said)
        for key, said in sorted(latest(entries).items())
        if any(entry.result != "none" for entry in said)
    ]


def attested(entries: Iterable[Entry], general: Iterable[Attestation]) -> list[Attestation]:
    """The attestations that hold: general ones never over an objection, and the worksheets' for their own subjects."""
    rows = list(entries)
    objected: dict[str, list[str]] = {}
    for one in objections(rows):
        objected.setdefault(one.clause, []).append(one.subject)
    found = [Attestation(a.clause, (*a.excepted, *objected.get(a.clause, ())), a.by, a.at) for a in general]
    clean: dict[tuple[str, str, date], list[Entry]] = {}
    for (clause, subject), said in latest(rows).items():
        if subject not in objected.get(clause, ()):
            clean.setdefault((clause, said[-1].by, day_of(said[-1].at)), []).append(said[-1])
    found += [
        Attestation(clause, (), by, max(e.at for e in some), subjects=frozenset(e.subject for e in some))
        for (clause, by, _), some in clean.items()
    ]
    return found
