"""Service guides: what they lack, and the forms that they name and do not offer. 办事指南"""

# ruff: noqa: ARG001 -- every rule is given the same four things

from collections.abc import Sequence

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import GUIDE_ELEMENTS, GuideVisit, SiteEvidence
from inspectorate.finding import Finding, Proof
from inspectorate.rules.registry import Context, rule, tally
from inspectorate.rules.signs import propose


def lacking(guide: GuideVisit) -> list[str]:
    """The elements that a guide does not tell, as far as a machine can see; what is unclear is none of them."""
    return [name for name in GUIDE_ELEMENTS if name in guide.lacking.split("、")]


@rule
def guides_lacking(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Guides without one of the eight elements: a person sees whether it is told in other words."""
    return _proposed(evidence, clause, context, 1)


@rule
def guides_poor(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Guides that lack so many of the eight elements; a person counts them."""
    return _proposed(evidence, clause, context, clause.least)


def _proposed(evidence: SiteEvidence, clause: Clause, context: Context, least: int) -> Finding:
    poor = [guide for guide in evidence.guides if len(lacking(guide)) >= least]
    classes = tally(name for guide in poor for name in lacking(guide))
    said = f"已读的{len(evidence.guides)}份办事指南中有{len(poor)}份未见部分要素（{classes}）"
    return propose(clause, context, [_proof(guide, f"未见{'、'.join(lacking(guide))}") for guide in poor], said)


@rule
def forms_unoffered(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Guides that name a form and offer no document."""
    bare: Sequence[GuideVisit] = [guide for guide in evidence.guides if guide.forms is False]
    said = f"{len(bare)}份办事指南提到表格而页面上未见附件"
    return propose(clause, context, [_proof(guide, "提到表格而页面上未见附件") for guide in bare], said)


def _proof(guide: GuideVisit, what: str) -> Proof:
    name = f"《{guide.title}》" if guide.title else "办事指南"
    return Proof(guide.url, guide.visited_at, guide.sha256, f"{name}{what}")
