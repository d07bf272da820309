"""Service guides: what they lack, and the forms that they name and do not offer. 办事指南"""

# ruff: noqa: ARG001 -- every rule is given the same four things

from collections.abc import Sequence

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import GUIDE_ELEMENTS, GuideVisit, SiteEvidence
from inspectorate.finding import Finding, Proof
from inspectorate.rules.registry import Context, not_examined, rule, tally
from inspectorate.rules.signs import propose


def lacking(guide: GuideVisit) -> list[str]:
    """The elements that a guide does not tell, as far as a machine can see; what is unclear is none of them."""
    return [name for name in GUIDE_ELEMENTS if name in guide.lacking.split("、")]


@rule
def guides_lacking(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Guides without one of the eight elements: a person sees whether it is told in other words."""
    poor = _poor(evidence, 1)
    return propose(clause, context, _proofs(poor), _say(evidence, poor))


@rule
def guides_poor(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Guides that lack so many of the eight elements; a person counts them, for not all were read."""
    poor = _poor(evidence, clause.least)
    said = f"{_say(evidence, poor)}，达{clause.count}份为单项否决"
    return propose(clause, context, _proofs(poor), said, clause.count)


@rule
def guides_few_and_poor(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Fewer guides were found than asked, and every one lacks so many of the eight elements."""
    poor = _poor(evidence, clause.least)
    if len(evidence.guides) >= clause.count or len(poor) < len(evidence.guides):
        return not_examined(clause, context)
    said = f"{_say(evidence, poor)}，事项不足{clause.count}项且均如此的为单项否决"
    return propose(clause, context, _proofs(poor), said, clause.count)


def _poor(evidence: SiteEvidence, least: int) -> list[GuideVisit]:
    return [guide for guide in evidence.guides if len(lacking(guide)) >= least]


def _say(evidence: SiteEvidence, poor: Sequence[GuideVisit]) -> str:
    classes = tally(name for guide in poor for name in lacking(guide))
    return f"已读的{len(evidence.guides)}份办事指南中有{len(poor)}份未见部分要素（{classes}）"


def _proofs(poor: Sequence[GuideVisit]) -> list[Proof]:
    return [_proof(guide, f"未见{'、'.join(lacking(guide))}") for guide in poor]


@rule
def forms_unoffered(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Guides that name a form and offer no document."""
    bare: Sequence[GuideVisit] = [guide for guide in evidence.guides if guide.forms is False]
    said = f"{len(bare)}份办事指南提到表格而页面上未见附件"
    return propose(clause, context, [_proof(guide, "提到表格而页面上未见附件") for guide in bare], said)


def _proof(guide: GuideVisit, what: str) -> Proof:
    name = f"《{guide.title}》" if guide.title else "办事指南"
    return Proof(guide.url, guide.visited_at, guide.sha256, f"{name}{what}")
