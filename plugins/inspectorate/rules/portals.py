"""What a portal's indicators ask for, as far as a machine can see it; a person counts, nobody is scored. 门户网站"""

# ruff: noqa: ARG001 -- every rule is given the same four things

from datetime import date

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import SiteEvidence
from inspectorate.finding import Finding, Outcome, Proof
from inspectorate.rules.columns import Standing, is_discovered
from inspectorate.rules.deductions import columns_meant, may_have_had_more, named_elsewhere, times_held
from inspectorate.rules.domains import domain_suffix, portal_domain
from inspectorate.rules.freshness import column_fact, page_proof
from inspectorate.rules.links import link_proof, links_of
from inspectorate.rules.registry import Context, not_examined, rule
from inspectorate.rules.signs import propose


@rule
def column_not_opened(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """No column and no address that the site leads to bears a name that says what the clause means.

    Names differ from site to site, so only a person can say that there is none. Where discovery did not end nothing is
    said, and neither where a service guide was read and the clause asks for services.
    """
    serves = clause.id in (edition.scoring.services if edition.scoring else ()) and bool(evidence.guides)
    if serves or columns_meant(evidence, clause) or named_elsewhere(evidence, clause) or not is_discovered(evidence)[0]:
        return not_examined(clause, context)
    said = f"{len(evidence.columns)}个栏目的名称中均无“{'”“'.join(clause.words)}”字样，疑未开设"
    return propose(clause, context, [Proof(context.site.home_url, None, None, "未见名称相符的栏目")], said)


@rule
def columns_left_alone(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Columns of some classes that are blank or over their period."""
    rows = [s for s in context.site_columns.standings if s.column.kind in clause.classes and (s.blank or s.stale)]
    rows.sort(key=lambda s: (s.column.newest or date.min, s.column.url))
    proof = [page_proof(s.column, column_fact(s, edition, context)) for s in rows]
    return propose(clause, context, proof, _say(rows))


def _say(rows: list[Standing]) -> str:
    blank = sum(1 for s in rows if s.blank)
    counts = {"空白栏目": blank, "未按期更新的栏目": len(rows) - blank}
    return "、".join(f"{word}{n}个" for word, n in counts.items() if n)


@rule
def activities_seen(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """How often something happened in the window; where the clause names a number, only if it was fewer.

    What was listed is counted by its days. A list that was not read back so far may hold more: a person sees that.
    """
    first = clause.window.before(context.day)
    opened = [c for c in columns_meant(evidence, clause) if not c.exempt]
    times = {c.url: times_held(c, first, context) for c in opened}
    shown = sum(times.values())
    enough = "least" in clause.limits and shown >= _least(clause, context)
    if not opened or enough:
        return not_examined(clause, context)
    asked = f"，应不少于{_least(clause, context)}次" if "least" in clause.limits else ""
    open_ = {c.url: may_have_had_more(c, first) for c in opened}
    proof = [
        page_proof(c, f"{c.name}：{first}以来见到{times[c.url]}次{f'（{open_[c.url]}）' if open_[c.url] else ''}")
        for c in opened
    ]
    return propose(clause, context, proof, f"{first}以来开展{shown}次{asked}")


def _least(clause: Clause, context: Context) -> int:
    portal = context.site.kind == "portal" and "least_portal" in clause.limits
    return clause.whole("least_portal") if portal else clause.least


@rule
def dead_links_seen(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Links that do not open or are wrong, of the home page and of other pages."""
    bad = [link for link in links_of(evidence, clause, context) if link.state in ("dead", "wrong")]
    home = sum(1 for link in bad if link.last.scope == "home")
    counts = {"首页错链断链": home, "其他页面错链断链": len(bad) - home}
    said = "、".join(f"{word}{n}个" for word, n in counts.items() if n)
    return propose(clause, context, [link_proof(link) for link in bad], said)


@rule
def portal_name_doubted(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """A portal whose domain is not one by the rules of 国办函〔2018〕55号; its name only a person can weigh."""
    said = (look(evidence, clause, edition, context) for look in (domain_suffix, portal_domain))
    proof = {p.what: p for found in said if found and found.outcome is Outcome.FAILED for p in found.proof}
    return propose(clause, context, list(proof.values()), "域名不符合命名规则")
