"""What breaks many sites at once is the platform's fault, and no site's: one finding, and the sites unjudged."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from inspectorate.edition import Clause
from inspectorate.evidence import Door, PageVisit, SharedFault, SiteEvidence, Visit
from inspectorate.rules.columns import counted_of
from inspectorate.rules.registry import shut

Sign = tuple[str, str]  # address, page, zone or moment, and its mark
Place = tuple[str, str, int]  # a sign at the number of a stretch of time
ORDER = ("address", "page", "zone", "moment")  # the closest likeness first: it names the fault
EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class CityWeek:
    """The week of all sites: every shut door, and how many sites were visited where and when."""

    shut: tuple[Visit, ...] = ()
    zones: Mapping[str, str] = field(default_factory=dict)  # site → zone of its host's name
    visited: Mapping[Place, int] = field(default_factory=dict)  # as place_of numbers the stretches


@dataclass(frozen=True, slots=True)
class BlankSite:
    """A site all of whose columns that were read are blank."""

    site: str
    columns: int
    templates: frozenset[str]


def stretch(clause: Clause) -> timedelta | None:
    """Half of the time within which sites that are down are down together; None: the edition knows no such fault."""
    return timedelta(minutes=clause.whole("outage_minutes")) / 2 if "outage_minutes" in clause.limits else None


def place_of(moment: datetime, half: timedelta) -> int:
    """The number of the half stretch; the stretches overlap, so that no boundary parts what lies close together."""
    return (moment - EPOCH) // half


def zone_of(host: str) -> str:
    """The names beside and above a host's: `a.gov.cn` of `www.a.gov.cn` and of `x.a.gov.cn`."""
    return host.lower().partition(".")[2]


def signs_of(visit: Visit, zone: str) -> list[Sign]:
    """What a shut door may have in common with others."""
    found = [("moment", "")]
    if visit.address:
        found.append(("address", visit.address))
    if visit.outcome is Door.HTTP_ERROR and visit.sha256:
        found.append(("page", visit.sha256))
    if visit.outcome is Door.DNS and zone:
        found.append(("zone", zone))
    return found


def find_crowds(week: CityWeek, clause: Clause) -> dict[Place, list[Visit]]:
    """Where so many doors were shut that it may be the platform's fault, if they are enough of those visited there."""
    half = stretch(clause)
    if half is None:
        return {}
    places: dict[Place, list[Visit]] = defaultdict(list)
    for visit in week.shut:
        if shut(visit, clause.seconds):
            here = place_of(visit.visited_at, half)
            for sign, mark in signs_of(visit, week.zones.get(visit.site, "")):
                places[sign, mark, here].append(visit)
                places[sign, mark, here - 1].append(visit)
    least = {sign: clause.whole("outage_sites_alone" if sign == "moment" else "outage_sites") for sign in ORDER}
    return {place: visits for place, visits in places.items() if _sites(visits) >= least[place[0]]}


def find_outages(week: CityWeek, clause: Clause) -> tuple[SharedFault, ...]:
    """One fault for each platform that was down: of one address, error page or zone, or of most sites at one moment."""
    together: dict[Sign, set[Visit]] = defaultdict(set)
    for (sign, mark, number), visits in find_crowds(week, clause).items():
        down = _sites(visits)
        seen = down if sign == "page" else week.visited.get((sign, mark, number), down)
        if down >= clause.number("outage_share") * seen:
            together[sign, mark].update(visits)
    return tuple(_faults(together))


def _sites(visits: Iterable[Visit]) -> int:
    return len({visit.site for visit in visits})


def _faults(together: Mapping[Sign, set[Visit]]) -> Iterable[SharedFault]:
    """Each visit stands under the closest likeness alone, so that one outage is one fault."""
    told: set[Visit] = set()
    for sign, mark in sorted(together, key=lambda s: (ORDER.index(s[0]), s[1])):
        visits = together[sign, mark] - told
        told |= visits
        if visits:
            moments = [v.visited_at for v in visits]
            keys = frozenset((v.site, v.visited_at, v.source) for v in visits)
            sites = tuple(sorted({v.site for v in visits}))
            yield SharedFault(sign, mark, sites, min(moments), max(moments), keys)  # type: ignore[arg-type]


def find_broken_templates(blank: Iterable[BlankSite], clause: Clause, at: datetime) -> tuple[SharedFault, ...]:
    """One fault for each template that shows nothing on so many sites, on none of which anything could be read."""
    if "outage_columns" not in clause.limits:
        return ()
    sharing: dict[str, set[str]] = defaultdict(set)
    for one in blank:
        if one.columns >= clause.whole("outage_columns"):
            for template in one.templates:
                sharing[template].add(one.site)
    told: set[str] = set()
    found = []
    for template, sites in sorted(sharing.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        if len(sites) >= clause.whole("outage_sites") and sites - told:
            found.append(SharedFault("template", template, tuple(sorted(sites - told)), at, at))
            told |= sites
    return tuple(found)


@dataclass(frozen=True, slots=True)
class SharedFaults:
    """All of an inspection's, by the sites that suffered them."""

    faults: tuple[SharedFault, ...] = ()
    of_site: Mapping[str, tuple[SharedFault, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, faults: Iterable[SharedFault]) -> "SharedFaults":
        faults = tuple(faults)
        of_site: dict[str, list[SharedFault]] = defaultdict(list)
        for fault in faults:
            for site in fault.sites:
                of_site[site].append(fault)
        return cls(faults, {site: tuple(some) for site, some in of_site.items()})

    def beside(self, site: str, evidence: SiteEvidence) -> SiteEvidence:
        """A site's evidence with the faults that it shared; a blank page of a broken template is counted no more."""
        shared = self.of_site.get(site, ())
        if not shared:
            return evidence
        broken = next((f for f in shared if f.sign == "template"), None)
        columns = evidence.columns
        if broken is not None:
            columns = tuple(
                replace(c, counted=None, why_unknown=broken.said) if is_empty(counted_of(c)) else c for c in columns
            )
        return replace(evidence, columns=columns, shared=shared)


def is_empty(visit: PageVisit | None) -> bool:
    return visit is not None and bool(visit.blank) and not visit.items
