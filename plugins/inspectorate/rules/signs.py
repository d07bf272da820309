"""What a machine saw and a person has to look at: it proposes, and the clause stays not examined. 供人工核查"""

# ruff: noqa: ARG001 -- every rule is given the same four things

from collections.abc import Collection, Sequence

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import Door, PageSign, SignKind, SiteEvidence
from inspectorate.finding import Finding, Outcome, Proof, quoted
from inspectorate.quarter import day_of
from inspectorate.rules.interaction import is_meant
from inspectorate.rules.registry import Context, find, not_examined, rule

CALLED: dict[SignKind, str] = {
    "hidden_link": "暗链",
    "bad_link": "涉赌涉黄链接",
    "advertising": "商业广告",
    "id_number": "疑似公民身份号码",
    "phone": "疑似个人手机号码",
    "wrong_word": "错误表述清单中的表述",
    "letter_advertising": "公开留言中的广告",
    "letter_id_number": "公开留言中的公民身份号码",
    "older_date": "页面显示日期晚于标签或地址所载日期",
}


def propose(clause: Clause, context: Context, seen: Sequence[Proof], said: str, limit: int | None = None) -> Finding:
    """Where a person should look; without anything seen, nobody has examined the clause and it says only that."""
    if not seen:
        return not_examined(clause, context)
    because = f"{quoted(clause.name)}须人工检查：机器发现{said}，请逐一核实"
    proof = sorted(seen, key=lambda p: (p.url, p.what))
    return find(clause, context, Outcome.NOT_EXAMINED, because, measured=len(proof), limit=limit, proof=proof)


def signs_of(evidence: SiteEvidence, kinds: Collection[SignKind]) -> list[PageSign]:
    return [sign for sign in evidence.signs if sign.sign in kinds]


def _signs(evidence: SiteEvidence, clause: Clause, context: Context, *kinds: SignKind) -> Finding:
    found = signs_of(evidence, kinds)
    return propose(clause, context, [proof_of(sign) for sign in found], tally(found))


def proof_of(sign: PageSign) -> Proof:
    return Proof(sign.url, sign.seen_at, sign.sha256, f"{CALLED[sign.sign]}：{sign.what}")


def tally(signs: Sequence[PageSign]) -> str:
    counts = {kind: sum(sign.sign == kind for sign in signs) for kind in CALLED}
    return "、".join(f"{CALLED[kind]}{n}处" for kind, n in counts.items() if n)


@rule
def bad_links_seen(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Links to gambling or obscene sites, shown or hidden."""
    return _signs(evidence, clause, context, "bad_link", "hidden_link")


@rule
def attack_seen(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Links that no reader can see are what an intruder leaves."""
    return _signs(evidence, clause, context, "hidden_link")


@rule
def wrong_words_seen(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Expressions of the office's list of wrong ones."""
    return _signs(evidence, clause, context, "wrong_word")


@rule
def grave_errors_seen(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """严重错误 of the census: wrong expressions, and what leads to obscene content."""
    return _signs(evidence, clause, context, "wrong_word", "bad_link", "hidden_link")


@rule
def personal_data_seen(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Numbers of persons on public pages: no state secret, but a leak that a person has to look at; masked."""
    return _signs(evidence, clause, context, "id_number", "phone")


@rule
def advertising_seen(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Scripts, frames and links of advertising networks."""
    return _signs(evidence, clause, context, "advertising")


@rule
def unmoderated_seen(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """Public messages with advertising or ID numbers, or shown while they wait: published without having been read."""
    found = signs_of(evidence, ("letter_advertising", "letter_id_number"))
    limit = clause.waiting.before(context.day)
    waiting = [
        Proof(letter.url, letter.visited_at, letter.sha256, f"{box.name}：{letter.asked_on}的留言公开展示而未见答复")
        for box in evidence.boxes
        if box.name and is_meant(box, clause)
        for letter in box.letters
        if letter.asked_on < limit and letter.known
        if not (letter.answered or letter.answered_on or letter.answered_elsewhere)
    ]
    said = "、".join(
        part for part in (tally(found), f"公开而久未答复的留言{len(waiting)}条" if waiting else "") if part
    )
    return propose(clause, context, [*map(proof_of, found), *waiting], said)


@rule
def closed_still_there(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """A site that does not run any more, and whose name still leads somewhere: perhaps to somebody else."""
    last = max(evidence.closed, key=lambda v: v.visited_at, default=None)
    if last is None or last.outcome in (Door.OURS, Door.WALL):
        return not_examined(clause, context)
    if last.outcome is Door.DNS:
        because = f"{quoted(clause.name)}须人工检查：{day_of(last.visited_at)}域名已不能解析"
        return find(clause, context, Outcome.NOT_EXAMINED, because, measured=0)
    opened = "页面仍可打开" if last.outcome is Door.OPENED else "域名仍可解析，页面打不开"
    what = f"{opened}{f'（{last.because}）' if last.because else ''}"
    bad = signs_of(evidence, ("bad_link", "hidden_link"))
    said = f"{opened}{f'，且有{tally(bad)}，疑被他人占用' if bad else ''}"
    seen = [Proof(context.site.home_url, last.visited_at, last.sha256, what), *map(proof_of, bad)]
    return propose(clause, context, seen, said)
