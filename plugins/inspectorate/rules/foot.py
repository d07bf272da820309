"""What the foot of every page must show. 底部功能区"""

# ruff: noqa: ARG001 -- every rule is given the same four things

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import ACCUSES_WITHIN, PageFoot, SiteEvidence
from inspectorate.finding import Finding, Outcome, Proof
from inspectorate.rules.registry import Context, find, not_examined, rule
from inspectorate.rules.signs import propose

CALLED = {
    "identity": "党政机关网站标识",
    "errors": "“我为政府网站找错”入口",
    "code": "网站标识码",
    "sponsor": "主办单位",
    "contact": "联系方式",
    "icp": "ICP备案编号",
    "police": "公安机关备案标识",
    "search": "站内搜索入口",
    "barrier_free": "无障碍浏览入口",
}


def counted_foot(evidence: SiteEvidence, context: Context) -> PageFoot | None:
    """The latest foot that was read whole within the hours that accuse."""
    at = context.inspected_at
    fresh = (f for f in evidence.feet if f.complete and at - ACCUSES_WITHIN <= f.visited_at <= at)
    return max(fresh, key=lambda f: f.visited_at, default=None)


def _stands(evidence: SiteEvidence, context: Context, mark: str) -> tuple[Outcome, str]:
    """Missing only where the counted visit lacks it for certain and no other visit showed it."""
    counted = counted_foot(evidence, context)
    shown = [f for f in evidence.feet if mark in f.shown.split()]
    if counted is None:
        return (Outcome.PASSED, "") if shown else (Outcome.UNJUDGED, "监测时间点前36小时内没有完整读到首页底部")
    if counted in shown:
        return Outcome.PASSED, ""
    if mark in counted.unsure.split():
        return (Outcome.PASSED, "") if shown else (Outcome.UNJUDGED, "可能由脚本或另一文件显示，机器不能断定")
    if shown:
        return Outcome.UNJUDGED, "各次访问所见不一"
    return Outcome.FAILED, ""


@rule
def foot_mark_missing(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """The home page shows the mark that the clause names nowhere, neither in words nor in an address or a picture.

    The standard asks for it on every page; the home page stands for them all.
    """
    (mark,) = clause.words
    outcome, said = _stands(evidence, context, mark)
    counted = counted_foot(evidence, context)
    if outcome is Outcome.FAILED and counted is not None:
        proof = [Proof(counted.url, counted.visited_at, counted.sha256, clause.phrase)]
        return find(clause, context, outcome, f"首页上未见：{clause.name}", 1, 1, proof)
    if outcome is Outcome.PASSED:
        return find(clause, context, outcome, "首页上已标明", 0, 1)
    return find(clause, context, outcome, said, limit=1)


@rule
def filing_not_shown(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """A foot without the mark of a filing: the domain may be filed all the same, and a person asks."""
    return _lacking(evidence, clause, context)


@rule
def foot_marks_seen(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """A proposal: marks that the foot of the home page lacks; a person looks at other pages and at where they stand."""
    return _lacking(evidence, clause, context)


@rule
def page_marks_seen(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """A proposal: what the source of the home page has nowhere; a script may still show it, and a person looks.

    One visit that saw it is enough, before or after the one that counts.
    """
    counted = counted_foot(evidence, context)
    if counted is None:
        return not_examined(clause, context)
    lacking = [m for m in clause.words if all(m in f.lacking.split() for f in evidence.feet if f.complete)]
    seen = [Proof(counted.url, counted.visited_at, counted.sha256, f"首页未见{CALLED[m]}") for m in lacking]
    return propose(clause, context, seen, f"首页源码中未见{'、'.join(CALLED[m] for m in lacking)}")


def _lacking(evidence: SiteEvidence, clause: Clause, context: Context) -> Finding:
    counted = counted_foot(evidence, context)
    if counted is None:
        return not_examined(clause, context)
    lacking = [mark for mark in clause.words if _stands(evidence, context, mark)[0] is Outcome.FAILED]
    said = f"首页底部未见{'、'.join(CALLED[mark] for mark in lacking)}"
    seen = [Proof(counted.url, counted.visited_at, counted.sha256, f"首页底部未见{CALLED[m]}") for m in lacking]
    return propose(clause, context, seen, said)
