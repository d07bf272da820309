"""Dates that a person should look at: what the first-seen ledger shows beside the dates that are printed. 弄虚作假"""

# ruff: noqa: ARG001 -- every rule is given the same four things

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import Look, Oddity, SignKind, SiteEvidence
from inspectorate.finding import Finding, Outcome, Proof, quoted
from inspectorate.quarter import day_of
from inspectorate.rules.registry import Context, find, not_examined, rule
from inspectorate.rules.signs import proof_of, signs_of, tally

DOUBTS = "dates_doubted"
OLDER_TEXTS: tuple[SignKind, ...] = ("older_date",)
TITLES = {
    "backdated": "倒填日期",
    "moved": "日期前后不一",
    "crawl_dated": "整页均为读取当日",
    "burst": "长期停更后集中发布",
}


@rule
def dates_doubted(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """A proposal: printed dates that do not go with the stored lists, or with the article's own tag. 伪造发稿日期

    Suspicion only: whatever is found, the clause stays not examined until a person upholds it, with both stored lists
    as proof. Late filing, a mended typing error and a moved site look the same.
    """
    rows = [o for o in evidence.oddities if _doubted(o, clause, context)]
    signs = signs_of(evidence, OLDER_TEXTS)
    if not rows and not signs:
        return not_examined(clause, context)
    rows.sort(key=lambda o: (o.kind, o.column_url, o.dated or context.day, o.title))
    counts = {kind: sum(o.kind == kind for o in rows) for kind in TITLES}
    odd = "、".join(f"{TITLES[kind]}{count}处" for kind, count in counts.items() if count)
    said = "、".join(part for part in (f"疑似{odd}" if odd else "", tally(signs)) if part)
    because = f"{quoted(clause.name)}须人工检查：机器发现{said}，请逐一核实"
    told = sorted(map(proof_of, signs), key=lambda p: (p.url, p.what))
    proof = [*(p for o in rows for p in _proof(o)), *told]
    return find(clause, context, Outcome.NOT_EXAMINED, because, len(rows) + len(signs), proof=proof)


def _doubted(odd: Oddity, clause: Clause, context: Context) -> bool:
    """Whether an oddity lies within the clause's limits."""
    seen, before = day_of(odd.seen.at), day_of(odd.before.at)
    if seen < clause.within.before(context.day):
        return False
    if odd.kind == "backdated":
        in_time = odd.dated is not None and odd.dated <= clause.period("backdated").before(before)
        return in_time and odd.count >= clause.whole("agreeing")
    if odd.kind == "moved":
        if odd.dated is None or odd.was is None:
            return False
        earlier, later = sorted((odd.dated, odd.was))
        return earlier <= clause.period("moved").before(later)
    if odd.kind == "crawl_dated":
        return odd.count >= clause.whole("crawl_dated")
    silent = odd.dated is not None and odd.dated <= clause.period("silence").before(before)
    return silent and before >= clause.period("burst").before(seen) and odd.count >= clause.whole("items")


def _proof(odd: Oddity) -> list[Proof]:
    """Both stored lists: the one before, and the one that shows it."""
    before, seen = day_of(odd.before.at), day_of(odd.seen.at)
    name = f"{odd.column}：{TITLES[odd.kind]}，"
    if odd.kind == "backdated":
        told = (
            f"{before}的列表中没有“{odd.title}”",
            f"“{odd.title}”注明{odd.dated}，{seen}首见，此前至少{odd.count}次列表没有",
        )
    elif odd.kind == "moved":
        told = (f"{before}的列表中“{odd.title}”注明{odd.was}", f"{seen}的列表中“{odd.title}”注明{odd.dated}")
    elif odd.kind == "burst":
        told = (f"{before}的列表最新日期{odd.dated}", f"{seen}的列表新出现{odd.count}条")
    else:
        return [_page(odd, odd.seen, f"{name}{seen}读取的列表{odd.count}条均注明当日")]
    return [_page(odd, odd.before, name + told[0]), _page(odd, odd.seen, name + told[1])]


def _page(odd: Oddity, look: Look, what: str) -> Proof:
    return Proof(odd.column_url, look.at, look.sha256, what)
