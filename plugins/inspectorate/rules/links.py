"""Links that lead nowhere, once they failed three times at different hours. 错链断链"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import ACCUSES_WITHIN, Door, LinkScope, LinkTry, SiteEvidence
from inspectorate.finding import Finding, Proof
from inspectorate.quarter import SHANGHAI
from inspectorate.register import canonical_url
from inspectorate.rules.availability import SAID
from inspectorate.rules.registry import Context, deduct, not_examined, rule

State = Literal["dead", "wrong", "open", "unknown"]


@dataclass(frozen=True, slots=True)
class Link:
    """One address as its tries leave it."""

    url: str
    state: State
    tries: tuple[LinkTry, ...]  # dead: the failures that count; else the latest alone

    @property
    def last(self) -> LinkTry:
        return self.tries[-1]

    @property
    def said(self) -> str:
        """Why it is dead or wrong, or what nobody knows, without times: two runs say the same."""
        if self.state == "wrong":
            return f"错链：{self.last.wrong}"
        cause = self.last.because or SAID[self.last.outcome]
        if self.state == "dead":
            return f"断链：{len(self.tries)}次不同时间检测均打不开（{cause}）"
        return "打开正常" if self.state == "open" else f"未能认定（{cause}）"


def read_links(tries: Iterable[LinkTry], clause: Clause, at: datetime) -> list[Link]:
    """Every address once, in the order of its first try."""
    by_url: dict[str, list[LinkTry]] = {}
    for one in sorted(tries, key=lambda t: t.tried_at):
        if one.tried_at <= at:
            by_url.setdefault(one.url, []).append(one)
    return [_stand(url, own, clause, at) for url, own in by_url.items()]


def _stand(url: str, tries: list[LinkTry], clause: Clause, at: datetime) -> Link:
    """Dead after so many failures, each so many hours from the next, since it was last seen open.

    A wall is no failure, and neither is a fault of ours. What accuses must lie within the hours that accuse.
    """
    last = tries[-1]
    if last.wrong:
        return Link(url, "wrong" if at - last.tried_at <= ACCUSES_WITHIN else "unknown", (last,))
    if last.outcome is Door.OPENED:
        return Link(url, "open", (last,))
    apart = timedelta(hours=clause.whole("hours"))
    failures: list[LinkTry] = []
    for one in reversed(tries):
        if one.outcome is Door.OPENED:
            break
        if one.outcome.theirs and (not failures or failures[-1].tried_at - one.tried_at >= apart):
            failures.append(one)
    fresh = bool(failures) and at - failures[0].tried_at <= ACCUSES_WITHIN
    if fresh and len(failures) >= clause.whole("tries"):
        return Link(url, "dead", tuple(reversed(failures)))
    return Link(url, "unknown", (last,))


def links_of(evidence: SiteEvidence, clause: Clause, context: Context, scope: LinkScope | None = None) -> list[Link]:
    links = read_links(evidence.links, clause, context.inspected_at)
    return [link for link in links if scope is None or link.last.scope == scope]


def link_proof(link: Link) -> Proof:
    last = link.last
    return Proof(link.url, last.tried_at, last.sha256, f"{link.said}，所在页面{last.page}")


def _deduct(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context, scope: LinkScope) -> Finding:
    """Only what was tried is counted, for and against; a site whose links nobody tried is not examined."""
    return _count(links_of(evidence, clause, context, scope), "链接", evidence, clause, edition, context)


def _count(
    links: list[Link], word: str, evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context
) -> Finding:
    if not links or evidence.sweep is None:
        return not_examined(clause, context)
    bad = [link for link in links if link.state in ("dead", "wrong")]
    unknown = sum(link.state == "unknown" for link in links)
    said = f"检测{word}{len(links)}个，错链断链{len(bad)}个"
    said += f"，{unknown}个未能认定" if unknown else ""
    said += f"；{evidence.sweep.because}" if evidence.sweep.because else ""
    proof = [link_proof(link) for link in sorted(bad, key=lambda link: link.url)]
    return deduct(clause, edition, context, (len(bad), len(bad) + unknown), said, len(bad), 1, proof)


@rule
def dead_links_home(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Each link on the home page that does not open or is wrong."""
    return _deduct(evidence, clause, edition, context, "home")


@rule
def dead_links_elsewhere(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """The same on other pages; one that stands on the home page, too, is counted there."""
    return _deduct(evidence, clause, edition, context, "other")


@rule
def dead_attachments(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Each form or attachment that a page offers and that cannot be downloaded. 附件下载

    What is a file is told by how its address ends; a page behind an address without an ending is no attachment.
    """
    endings = tuple(clause.words)
    files = [x for x in links_of(evidence, clause, context) if urlsplit(x.url).path.lower().endswith(endings)]
    return _count(files, "附件", evidence, clause, edition, context)


@rule
def dead_systems(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Each online system, of those that the site's map shows, that does not open. 在线系统

    A system that stands on none of the pages that were swept was not tried, and is told but not counted.
    """
    systems = {canonical_url(h.url) for h in evidence.hosts if h.type == "业务系统"}
    tried = [x for x in links_of(evidence, clause, context) if canonical_url(x.url) in systems]
    found = _count(tried, "在线系统", evidence, clause, edition, context)
    left = len(systems - {canonical_url(x.url) for x in tried})
    return replace(found, because=f"{found.because}；另有在线系统{left}个未检测") if tried and left else found


def link_rows(site: str, evidence: SiteEvidence, clause: Clause, at: datetime) -> Iterable[dict[str, object]]:
    """The lines of links.jsonl: every address that did not simply open."""
    for link in read_links(evidence.links, clause, at):
        if link.state != "open":
            last = link.last
            yield {
                "code": site,
                "url": link.url,
                "page": last.page,
                "scope": last.scope,
                "state": link.state,
                "tried": [t.tried_at.astimezone(SHANGHAI).isoformat() for t in link.tries],
                "because": link.said,
            }
