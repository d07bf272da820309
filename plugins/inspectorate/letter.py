"""Letters of verification (核实函): each unit is asked about its own findings, and hears of no one else's."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from inspectorate.finding import Finding, Outcome
from inspectorate.notice import BLANK_DAY, NO_ISSUER, Inspected, SetAside, watermark
from inspectorate.quarter import SHANGHAI, Quarter
from inspectorate.register import Issuer, Register
from inspectorate.wording import TITLE_WIDTH, Wording, break_title, house_wording, spell_day


@dataclass(frozen=True, slots=True)
class LetterProof:
    number: int
    url: str
    what: str
    fetched_at: str


@dataclass(frozen=True, slots=True)
class LetterItem:
    """One finding as the unit is asked about it, with everything that was counted."""

    number: int
    subject: str
    name: str
    clause: str
    phrase: str
    because: str
    proof: tuple[LetterProof, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A unit's own findings, and no one else's. 核实函, a draft until it is sent"""

    unit_id: str
    unit: str
    issuer: str
    title: str
    title_lines: tuple[str, ...]
    opening: str
    closing: str
    questions: tuple[LetterItem, ...]
    watermark: tuple[str, ...]
    signed_on: str


def compose_letters(
    quarter: Quarter,
    issuer: Issuer,
    inspection: Inspected,
    register: Register,
    findings: Iterable[Finding],
    set_aside: Iterable[SetAside] = (),
    wording: Wording | None = None,
    deducted: Collection[tuple[str, str]] = (),
) -> tuple[Letter, ...]:
    """One letter a unit that has something to answer, in the register's order; it holds that unit's findings only.

    Remarks about subjects that were set aside are not asked about; a veto that stands always is, and so are the
    deductions by which a subject failed: `deducted` holds their (clause, subject).
    """
    texts = wording or house_wording()
    left_out = {s.subject for s in set_aside}
    asked = [f for f in findings if _is_asked(f, left_out, deducted)]
    names = register.names
    moment = inspection.inspected_at.astimezone(SHANGHAI)
    opening = texts.say(
        "letter_opening",
        office=issuer.short_name or issuer.name or NO_ISSUER,
        period=quarter.title,
        moment=f"{spell_day(moment.date())}{moment:%H}时{moment:%M}分",
    )
    pieces = texts.say("letter_title", period=quarter.title).split("|")
    title, lines = "".join(pieces), break_title(pieces, TITLE_WIDTH)
    asks = "letter_closing" if issuer.explain_working_days else "letter_closing_at_once"
    closing = texts.say(asks, days=issuer.explain_working_days, channel=texts.texts["channel"])
    letters = []
    for unit in register.units:
        own = sorted(
            (f for f in asked if f.unit == unit.unit_id), key=lambda f: (f.consequence == "remark", f.subject, f.clause)
        )
        if own:
            items = tuple(_item(i, f, names.get(f.subject, f.subject)) for i, f in enumerate(own, 1))
            words = ("草稿", *watermark(inspection, 0))
            signed = f"{quarter.last_day.year}年{BLANK_DAY}"
            letters.append(
                Letter(
                    unit.unit_id,
                    unit.name,
                    issuer.name or NO_ISSUER,
                    title,
                    lines,
                    opening,
                    closing,
                    items,
                    words,
                    signed,
                )
            )
    return tuple(letters)


def _is_asked(finding: Finding, left_out: Collection[str], deducted: Collection[tuple[str, str]]) -> bool:
    if finding.stands_as is not Outcome.FAILED:
        return False
    if finding.consequence == "veto" or (finding.clause, finding.subject) in deducted:
        return True
    return finding.consequence == "remark" and finding.subject not in left_out


def to_send(letter: Letter, day: date) -> Letter:
    """A letter of verification as it goes out: no draft any more, dated."""
    return replace(letter, watermark=(), signed_on=spell_day(day))


def rectification(
    letter: Letter,
    quarter: Quarter,
    issuer: Issuer,
    notice_title: str,
    document_number: str,
    signed_on: date,
    deadline: date,
    wording: Wording | None = None,
) -> Letter:
    """The letter that orders a unit to mend what was published of it. 限期整改通知"""
    texts = wording or house_wording()
    pieces = texts.say("rectify_title", period=quarter.title).split("|")
    office = issuer.short_name or issuer.name
    return replace(
        letter,
        title="".join(pieces),
        title_lines=break_title(pieces, TITLE_WIDTH),
        opening=texts.say("rectify_opening", office=office, notice=notice_title, number=document_number),
        closing=texts.say(
            "rectify_closing", deadline=spell_day(deadline), channel=texts.texts["channel"], office=office
        ),
        watermark=(),
        signed_on=spell_day(signed_on),
    )


def _item(number: int, finding: Finding, name: str) -> LetterItem:
    proof = tuple(
        LetterProof(i, p.url, p.what, f"{p.fetched_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if p.fetched_at else "")
        for i, p in enumerate(finding.proof, 1)
    )
    return LetterItem(number, finding.subject, name, finding.clause, finding.phrase, finding.because, proof)
