"""Public messages that wait for an answer. 互动回应差"""

# ruff: noqa: ARG001 -- every rule is given the same four things

from collections.abc import Callable, Iterator
from dataclasses import replace

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import ACCUSES_WITHIN, BoxSeen, Door, ErrorMessage, Letter, SiteEvidence
from inspectorate.finding import Finding, Outcome, Proof
from inspectorate.quarter import day_of, months_before
from inspectorate.rules.columns import is_discovered
from inspectorate.rules.registry import UNBOUNDED, Context, bounded, find, rule, tally
from inspectorate.working_days import working_days_after

Accuses = Callable[[BoxSeen, Letter, Clause, Context], bool | None]


@rule
def letter_unanswered(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """A message of the last year that has waited longer than the clause allows, and waits still.

    Asked exactly so many calendar months before is not over. A message answered late is told, but does not count.
    """
    found = _count(evidence, clause, context, waits)
    late = sum(1 for box, letter in _of_the_year(evidence, clause, context) if _answered_late(letter, clause))
    if not late or not clause.remark:
        return found
    return replace(found, because=f"{found.because}；另有{late}条{clause.remark}")


@rule
def letter_answered_late(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """3个月内无有效回应, the weaker reading: within so many months of being asked there was no answer.

    One that was answered late counts as well as one that still waits; one that was asked lately never does.
    """
    return _count(evidence, clause, context, waited)


def waits(box: BoxSeen, letter: Letter, clause: Clause, context: Context) -> bool | None:
    """Over, and shown as waiting at 监测时间点; another visit that shows an answer leaves it open.

    What is shown neither as answered nor as waiting may be either.
    """
    if letter.asked_on >= clause.waiting.before(context.day) or letter.answered:
        return False
    if letter.answered_on is not None:
        return False if letter.answered_on <= context.day else None
    if not letter.known or not _accusing(box, letter, context):
        return False if letter.answered_elsewhere else None
    return None if letter.answered_elsewhere else True


def waited(box: BoxSeen, letter: Letter, clause: Clause, context: Context) -> bool | None:
    """Over before it was answered, if it was; an answer without a date leaves that open."""
    if letter.answered_on is not None and letter.answered_on <= context.day:
        if not _answered_late(letter, clause):
            return False
        return True if _accusing(box, letter, context) else None
    if letter.asked_on >= clause.waiting.before(context.day):
        return False
    if letter.answered or letter.answered_elsewhere:
        return None
    return waits(box, letter, clause, context)


def _answered_late(letter: Letter, clause: Clause) -> bool:
    answered = letter.answered_on
    return answered is not None and letter.asked_on < months_before(answered, clause.waiting.months)


def is_meant(box: BoxSeen, clause: Clause) -> bool:
    """Whether a box is for consultation, by its name: 访谈, 征集, 举报投诉 and the like are excluded."""
    return is_meant_by(box.name, clause)


def is_meant_by(name: str, clause: Clause) -> bool:
    return not any(w in name for w in clause.excluded) or any(w in name for w in clause.despite)


def is_read(box: BoxSeen) -> bool:
    return box.counted is not None and box.counted.complete and box.counted.outcome is Door.OPENED


def _accusing(box: BoxSeen, letter: Letter, context: Context) -> bool:
    """Of a box without a name nobody knows whether it is for consultation."""
    return bool(box.name) and is_read(box) and letter.visited_at >= context.inspected_at - ACCUSES_WITHIN


def _meant(evidence: SiteEvidence, clause: Clause) -> list[BoxSeen]:
    return [box for box in evidence.boxes if is_meant(box, clause)]


def _of_the_year(evidence: SiteEvidence, clause: Clause, context: Context) -> Iterator[tuple[BoxSeen, Letter]]:
    first = clause.within.before(context.day)
    for box in _meant(evidence, clause):
        for letter in box.letters:
            if first <= letter.asked_on <= context.day:
                yield box, letter


def _count(evidence: SiteEvidence, clause: Clause, context: Context, accuses: Accuses) -> Finding:
    """Count messages for and against the site; a box that was not read may hold any number of them.

    A message without a date that has no answer (`undated` of a box) may have waited for any time.
    """
    rows = [
        (box, letter, accuses(box, letter, clause, context)) for box, letter in _of_the_year(evidence, clause, context)
    ]
    counted = [(box, letter) for box, letter, accused in rows if accused]
    boxes = _meant(evidence, clause)
    unread = [box for box in boxes if not is_read(box)]
    silent = sum(1 for _, letter, accused in rows if accused is None and not letter.known)
    undated = sum(box.counted.undated or 0 for box in boxes if box.counted is not None and is_read(box))
    unknown = undated + sum(1 for *_, accused in rows if accused is None)
    discovered, why = is_discovered(evidence)
    hidden = bool(unread) or (not boxes and not discovered)
    low = len(counted)
    outcome = bounded(low, UNBOUNDED if hidden else low + unknown, clause.count)
    said = f"计数{low}条，阈值{clause.count}条"
    if unknown:
        causes = [f"{undated}条无日期"] if undated else []
        causes += [f"{silent}条未显示是否已答复"] if silent else []
        said += f"；另有{unknown}条未能认定" + (f"，其中{'、'.join(causes)}" if causes else "")
    if outcome is not Outcome.FAILED:
        if unread:
            reasons = tally(
                box.why_unknown or (box.counted.because if box.counted else "") or "无完整读取" for box in unread
            )
            said += f"；{len(unread)}个互动栏目未能读取：{reasons}"
        elif not boxes:
            said += "；未发现公开的咨询留言栏目" if discovered else f"；{why}，不能排除还有公开的咨询留言栏目"
    return find(clause, context, outcome, said, low, clause.count, _proof(counted, clause, context))


def _proof(counted: list[tuple[BoxSeen, Letter]], clause: Clause, context: Context) -> list[Proof]:
    rows = sorted(counted, key=lambda row: (row[1].asked_on, row[1].url, row[0].url))
    limit = clause.waiting.before(context.day)
    proof = []
    for box, letter in rows:
        answer = "未见答复" if letter.answered_on is None else f"{letter.answered_on}答复"
        what = f"{box.name}：{letter.asked_on}的留言{answer}，早于{limit}"
        if letter.answered_on is not None:
            what = f"{box.name}：{letter.asked_on}的留言{answer}，超过{clause.waiting}"
        proof.append(Proof(letter.url, letter.visited_at, letter.sha256, what))
    return proof


@rule
def error_message_late(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """A message of “我为政府网站找错” that was answered after the last working day allowed, or not by then.

    Answered on that day is in time. Where two exports differ and one of them clears, nobody knows; a message without an
    answer in a list that was exported on its last day or before may have been answered since.
    """
    first, days, limit = clause.within.before(context.day), clause.whole("working_days"), clause.count
    rows: dict[str, list[ErrorMessage]] = {}
    for row in evidence.errors:
        if first <= row.asked_on <= context.day:
            rows.setdefault(row.number, []).append(row)
    over = {number: {_over(row, days, context) for row in some} for number, some in rows.items()}
    late = [max(rows[n], key=lambda r: r.exported_at) for n, said in over.items() if True in said and False not in said]
    open_ = sum(said == {None} or {True, False} <= said for said in over.values())
    said = f"{first}以来的“找错”留言{len(rows)}条，其中{len(late)}条超过{days}个工作日未答复"
    if open_:
        said += f"，{open_}条未能认定"
    if not rows:
        return find(clause, context, Outcome.UNJUDGED, f"没有导入{first}以来的“找错”留言", limit=limit)
    outcome = bounded(len(late), len(late) + open_, limit)
    proof = [_error_proof(row, days) for row in sorted(late, key=lambda r: (r.asked_on, r.number))]
    return find(clause, context, outcome, said, len(late), limit, proof)


def _over(row: ErrorMessage, days: int, context: Context) -> bool | None:
    """Whether one export shows a message as late; None: it was made too early to tell, or its day is not over."""
    due = working_days_after(row.asked_on, days)
    if row.answered_on is not None:
        return row.answered_on > due if due < context.day or row.answered_on <= due else None
    return True if due < min(day_of(row.exported_at), context.day) else None


def _error_proof(row: ErrorMessage, days: int) -> Proof:
    answer = "导出时未答复" if row.answered_on is None else f"{row.answered_on}答复"
    last = working_days_after(row.asked_on, days)
    what = f"“找错”留言{row.number}：{row.asked_on}提交，应于{last}前（含）答复，{answer}"
    return Proof("", row.exported_at, None, what)
