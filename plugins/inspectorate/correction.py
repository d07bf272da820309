"""The correction (更正通报): what a published notice said wrongly, and its figures as they are without that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from inspectorate.finding import quoted
from inspectorate.judge import FAILED, PASSED, Rate
from inspectorate.notice import NUMERALS, Notice, Point, Section
from inspectorate.quarter import Quarter
from inspectorate.register import Issuer
from inspectorate.wording import TITLE_WIDTH, Wording, break_title, house_wording, scope_of, spell_day

ANNEXES = ("sites", "accounts", "set_aside", "unjudged")


@dataclass(frozen=True, slots=True)
class Corrected:
    """The paper that is corrected: how it is cited, and what it says up to now."""

    title: str
    number: str
    signed_on: date
    notice: Notice  # as the papers before this one have it


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """One finding that is taken back."""

    name: str
    code: str
    phrase: str
    reason: str
    verdict: str  # of the subject, without it
    phrases: tuple[str, ...]  # that stand


def compose_correction(
    quarter: Quarter,
    issuer: Issuer,
    first: Corrected,
    after: Notice,
    withdrawn: Sequence[Withdrawn],
    wording: Wording | None = None,
) -> Notice:
    """A notice that takes back, gives the figures before and after, and annexes the lists as they stand now.

    `after` is the notice as it would be without what is taken back; its number and date are this paper's.
    """
    texts = wording or house_wording()
    both = bool(after.account_rate or first.notice.account_rate)
    about = texts.texts["correction_both" if both else "correction_sites"]
    pieces = (after.issuer, "关于更正", quarter.title, scope_of(issuer), about)
    titles = {k: f"{title}（更正后）" for k, title in after.titles.items() if k in ANNEXES}
    labels = {k: f"附件{i if len(titles) > 1 else ''}" for i, k in enumerate(titles, 1)}
    office = issuer.short_name or issuer.name
    slots = {"office": office, "day": spell_day(first.signed_on), "title": first.title, "number": first.number}
    points = tuple(
        Point(f"（{_numeral(n)}）", f"{one.name}（{one.code}）", _say_withdrawn(one, texts))
        for n, one in enumerate(withdrawn, 1)
    )
    figures = [
        _say_rate("correction_rate_sites", first.notice.figures.sites, after.figures.sites, texts),
        _say_rate("correction_rate_accounts", first.notice.figures.accounts, after.figures.accounts, texts)
        if both
        else "",
    ]
    see = "、".join(labels.values())
    closing = texts.say("correction_closing", **slots, see=f"更正后的名单见{see}。" if see else "")
    sections = (
        Section(NUMERALS[0], texts.texts["heading_withdrawn"], (), points),
        Section(NUMERALS[1], texts.texts["heading_figures"], tuple(f for f in figures if f)),
        Section(NUMERALS[2], texts.texts["heading_effect"], (closing,)),
    )
    return replace(
        after,
        title="".join(pieces),
        title_lines=break_title(pieces, TITLE_WIDTH),
        preamble=texts.say("correction_preamble", **slots),
        sections=sections,
        closing="",
        attachments=tuple(titles.values()),
        labels=labels,
        titles=titles,
        survey=None,
    )


def _numeral(number: int) -> str:
    """一 to 九十九."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{NUMERALS[tens - 1]}十"
    return head + (NUMERALS[ones - 1] if ones else "")


def _say_withdrawn(one: Withdrawn, texts: Wording) -> str:
    slots = {"phrase": quoted(one.phrase), "reason": one.reason.rstrip("。")}
    if one.verdict == FAILED:
        return texts.say("withdrawn_partly", **slots, phrases="；".join(one.phrases))
    return texts.say("withdrawn", **slots, verdict=one.verdict or PASSED)


def _say_rate(name: str, before: Rate, after: Rate, texts: Wording) -> str:
    if (before.failed, before.pass_rate) == (after.failed, after.pass_rate):
        name = f"{name}_same"
    shown = [("—" if rate is None else f"{rate}%") for rate in (before.pass_rate, after.pass_rate)]
    return texts.say(
        name, running=after.running, was=before.failed, now=after.failed, was_rate=shown[0], now_rate=shown[1]
    )
