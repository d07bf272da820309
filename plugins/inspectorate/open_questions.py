"""The questions of one inspection, from the evidence that is kept and from what people have said so far."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from psycopg2.extensions import connection as Connection

from inspectorate import asking, judge
from inspectorate.asking import Question
from inspectorate.edition import Edition
from inspectorate.evidence import AccountEvidence, SiteEvidence
from inspectorate.finding import Finding
from inspectorate.quarter import Quarter
from inspectorate.register import Account, Site
from inspectorate.store import evidence, worksheets
from inspectorate.store import finding as kept
from inspectorate.store import inspection as inspections
from inspectorate.store.inspection import Inspection
from inspectorate.store.law import in_force, law
from inspectorate.store.shared import find_shared


def ask(connection: Connection, inspection: Inspection) -> list[Question]:
    """Every question, those first whose answer may change who is named. What is confirmed meanwhile is not asked."""
    inspection = inspections.heard(connection, inspection)
    main = tuple(e for e in in_force(law(connection, inspection), inspection) if e.main)
    return asking.worst_first(_asked(connection, inspection, main))


def _asked(connection: Connection, inspection: Inspection, main: tuple[Edition, ...]) -> Iterator[Question]:
    held, moment = inspection.register, inspection.inspected_at
    units = {unit.unit_id: unit for unit in held.units}
    hosts = frozenset(host for site in held.sites for host in (urlsplit(site.home_url).hostname,) if host)
    on = frozenset(inspection.clauses) & {c for e in main for c in e.clause_ids}
    aside = kept.read_set_aside(connection, inspection)
    decisions = list(kept.decisions(connection, inspection).values())
    attestations = worksheets.attested(connection, inspection)

    def settled(found: list[Finding]) -> list[Finding]:
        return judge.settle(found, Quarter.parse(inspection.quarter), decisions, attestations, held.issuer)

    shared = find_shared(connection, inspection, main, on)
    sites: Iterator[tuple[Site, SiteEvidence]] = evidence.gather_sites(connection, inspection)
    for site, whole in sites:
        seen = shared.beside(site.site_code, whole)
        if site.site_code not in aside:
            unit = units[site.unit_id]
            found = settled(judge.judge_site(site, unit, seen, moment, main, held.issuer, hosts, on))
            yield from asking.ask_site(site, unit, seen, moment, main, held.issuer, found)
    since = inspections.last_day(connection, inspection)
    accounts: Iterator[tuple[Account, AccountEvidence]] = evidence.gather_accounts(connection, inspection)
    for account, posted in accounts:
        if account.account_id not in aside:
            unit = units[account.unit_id]
            found = settled(judge.judge_account(account, unit, posted, moment, main, held.issuer, since, on))
            yield from asking.ask_account(account, found, main)
