"""Doors for letters: 核实函 before the signature, 限期整改 after publication, and what becomes of it day by day."""

import argparse
import hashlib
import ipaddress
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlsplit

from psycopg2.extensions import connection as Connection

from inspectorate import judge, letter, settings
from inspectorate.channels import mail
from inspectorate.commands import DONE, OURS_FAILED
from inspectorate.commands import correcting as correcting_doors
from inspectorate.commands import inspection as steps
from inspectorate.commands.inspection import Judged
from inspectorate.finding import Finding, Json, Outcome, Ruling, quoted
from inspectorate.judge import FAILED
from inspectorate.letter import Letter
from inspectorate.quarter import SHANGHAI, Quarter, day_of
from inspectorate.register import BadInput, Issuer, Unit
from inspectorate.store import correcting, database, evidence, letters, register, signing
from inspectorate.store import inspection as inspections
from inspectorate.store.inspection import Inspection
from inspectorate.store.letters import LetterKind, Outgoing, Sent
from inspectorate.store.signing import Publication
from inspectorate.wording import house_wording, spell_day
from inspectorate.working_days import window_ends, working_days_before

STATES: dict[mail.Receipt, str] = {"sent": "sent", "refused": "refused", "later": "queued", "unsure": "unsure"}
ITEMS_IN_TEXT = 50


@dataclass(frozen=True)
class Post:
    """From where letters of one inspection go out: the office, its address, the units as the register has them now."""

    inspection: Inspection
    issuer: Issuer
    units: Mapping[str, Unit]
    sender: str
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(SHANGHAI).date()

    @property
    def quarter(self) -> Quarter:
        return Quarter.parse(self.inspection.quarter)

    def write(
        self,
        kind: LetterKind,
        unit: str,
        subject: str,
        text: str,
        attachments: Mapping[str, bytes],
        due: str = "",
        until: datetime | None = None,
        recipient: tuple[str, str] | None = None,
    ) -> Outgoing:
        """One letter for the outbox, complete; to a unit, or to somebody else by address and name."""
        to, name = recipient or self._mailbox(unit)
        message = b""
        if to:
            key = f"{self.inspection.name}/{self.inspection.frozen_at.isoformat()}/{kind}/{unit}/{due}"
            named = hashlib.sha256(key.encode()).hexdigest()[:32]
            message = mail.compose(
                sender=self.sender,
                sender_name=self.issuer.name,
                recipient=to,
                recipient_name=name,
                subject=subject,
                text=f"{text}\n\n{self.issuer.name}\n{spell_day(self.today)}\n\n{_say('mail_footer')}\n",
                attachments=attachments,
                message_id=f"<{named}@{self.sender.rpartition('@')[2]}>",
                written_at=self.now,
            )
        return Outgoing(kind, unit, to, self.sender, subject, message, due, until)

    def _mailbox(self, unit: str) -> tuple[str, str]:
        found = self.units.get(unit)
        return (mail.address(found.email), found.name) if found else ("", "")


def _say(name: str, **slots: object) -> str:
    return house_wording().say(name, **slots)


def _post(connection: Connection, inspection: Inspection, now: datetime) -> Post:
    """Addresses are today's: a unit that moved its mailbox since the inspection is written to where it is."""
    held = register.read(connection)
    units = {u.unit_id: u for u in inspection.register.units} | {u.unit_id: u for u in held.units}
    return Post(inspection, inspection.register.issuer, units, _sender(), now)


def _sender() -> str:
    given = settings.mail_from()
    if given:
        sender = mail.address(given)
        if not sender:
            raise BadInput(f"INSPECTORATE_MAIL_FROM 不是邮箱地址: {given!r}")
        return sender
    parts = urlsplit(settings.smtp_url() or "")
    user, host = (_server().user if parts.netloc else ""), parts.hostname or "localhost"
    if mail.address(user):
        return mail.address(user)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return f"inspectorate@{host}"
    return "inspectorate@localhost"


def _server() -> mail.Server:
    url = settings.smtp_url()
    if url is None:
        raise BadInput("没有设置 INSPECTORATE_SMTP_URL，无法发信")
    try:
        return mail.read_url(url)
    except ValueError as bad:
        raise BadInput(str(bad)) from None


# Notify


def notify(arguments: argparse.Namespace) -> int:
    """Write the letters once, and send those that wait; whom it could not reach is told."""
    kind: LetterKind = "verify" if arguments.verify else "correct" if arguments.correction else "rectify"
    with database.opened() as connection:
        inspection = steps.chosen(connection, arguments)
        published = signing.publication(connection, inspection)
        if kind == "verify":
            if inspection.standing != "official":
                raise BadInput(f"{inspection.name}: 试算不发核实函")
            if (over := _too_late(connection, inspection)) is not None:
                print(f"{inspection.name}: {over}，不再发核实函", file=sys.stderr)
                return _result(connection, inspection, [kind], 0, "")
        elif published is None:
            raise BadInput(f"{inspection.name}: 尚未印发，不得发限期整改通知")
        server = None if arguments.dry_run else _server()
        post = _post(connection, inspection, datetime.now(SHANGHAI))
        written = list(_written(connection, inspection, kind, published, post))
        if server is None:
            return _dry(written, post, published, letters.listed(connection, inspection, [kind]))
        added = letters.queue(connection, inspection, written)
        trouble = send(connection, inspection, [kind], server)
        return _result(connection, inspection, [kind], added, trouble)


def _written(
    connection: Connection, inspection: Inspection, kind: LetterKind, published: Publication | None, post: Post
) -> Iterator[Outgoing]:
    """The letters of a kind as they are to go out; what was taken back since publication is ordered of nobody."""
    if published is None:
        return _verify_letters(steps.judged_before(connection, inspection), post)
    if kind == "correct":
        return _correct_letters(connection, published, post)
    return _rectify_letters(connection, correcting_doors.standing(connection, inspection), published, post)


def _too_late(connection: Connection, inspection: Inspection) -> str | None:
    if published := signing.publications(connection, inspection.quarter):
        return f"已印发 {published[0].name}（{published[0].document_number}）"
    signed = signing.signature(connection, inspection)
    return f"已签发（{signed.document_number}）" if signed is not None else None


def _named(judged: Judged) -> set[str]:
    """The units that a paper would name: one of their subjects fails."""
    return {v.unit for v in judged.verdicts if v.verdict == FAILED}


def _verify_letters(judged: Judged, post: Post) -> Iterator[Outgoing]:
    """Each unit about to be named, its own list and nobody else's."""
    days = post.issuer.explain_working_days
    until = window_ends(post.now, post.today, days)
    for one in steps.compose_letters(judged):
        if one.unit_id in _named(judged):
            ready = letter.to_send(one, post.today)
            name = "mail_verify" if days else "mail_verify_at_once"
            shown = until.astimezone(SHANGHAI)
            text = _say(name, unit=one.unit, period=post.quarter.title, until=f"{spell_day(shown.date())}{shown:%H:%M}")
            yield post.write("verify", one.unit_id, ready.title, text, _papers(ready, "核实函", post), until=until)


def _rectify_letters(connection: Connection, judged: Judged, published: Publication, post: Post) -> Iterator[Outgoing]:
    """Each unit that the published notice names: the order, its list, and the notice as it was published."""
    named = _named(judged)
    told = replace(judged, findings=[f for f in judged.findings if _may_be_told(f)])
    notice = steps.compose_notice(steps.judged_before(connection, judged.inspection))
    files = signing.published_files(connection, published)
    slots = {"period": post.quarter.title, "number": published.document_number}
    for one in steps.compose_letters(told):
        if one.unit_id in named:
            ready = letter.rectification(
                one, post.quarter, post.issuer, notice.title, published.document_number, published.signed_on,
                published.rectify_by,
            )  # fmt: skip
            text = _say("mail_rectify", unit=one.unit, deadline=spell_day(published.rectify_by), **slots)
            papers = _papers(ready, "限期整改通知", post) | {"通报.pdf": files["notice.pdf"]}
            yield post.write("rectify", one.unit_id, ready.title, text, papers)


def _correct_letters(connection: Connection, published: Publication, post: Post) -> Iterator[Outgoing]:
    """Whoever got the first paper gets the last correction of it, with what was taken back of their own."""
    made = correcting_doors.latest(connection, published)
    if made is None:
        raise BadInput(f"{published.name}: 没有印发过更正通报")
    judged = steps.judged_before(connection, post.inspection)
    names = post.inspection.register.names
    own: dict[str, list[str]] = {}
    for owner, finding in correcting_doors.withdrawn_of(judged, made):
        own.setdefault(owner, []).append(f"{names.get(finding.subject, finding.subject)}{quoted(finding.phrase)}")
    paper = correcting.files(connection, made)["correction.pdf"]
    slots = {"period": post.quarter.title, "number": published.document_number}
    for first in letters.listed(connection, post.inspection, ["rectify"]):
        if first.state in ("undeliverable", "refused"):
            continue
        unit = post.units.get(first.unit)
        mine = own.get(first.unit)
        text = _say(
            "mail_correct",
            unit=unit.name if unit else first.unit,
            correction=made.document_number,
            own=_say("mail_correct_own", list="；".join(mine)) if mine else "",
            **slots,
        )
        subject = _say("correct_subject", period=post.quarter.title)
        yield post.write("correct", first.unit, subject, text, {"更正通报.pdf": paper}, due=made.name)


def _may_be_told(finding: Finding) -> bool:
    """A remark that rests on facts which nobody confirmed is no order to anybody."""
    confirmed = finding.clause_confirmed and finding.columns_confirmed
    return finding.consequence == "veto" or finding.decision is not Ruling.NONE or confirmed


def _papers(one: Letter, name: str, post: Post) -> dict[str, bytes]:
    from inspectorate.formats import paper, questions

    return {
        f"{name}.docx": paper.print_letter(one, post.now),
        "问题清单.xlsx": questions.print_questions(one.title, one.unit, one.questions, post.now),
    }


# Sending


def send(connection: Connection, inspection: Inspection, kinds: Sequence[LetterKind], server: mail.Server) -> str:
    """Send what waits of these kinds, each letter once; what stood in the way of all of them, or nothing.

    A letter that a dead sender had already handed over is left as unsure.
    """
    letters.recover(connection)
    last = 0
    try:
        while letters.waiting(connection, inspection, kinds, last):
            with mail.opened(server) as session:
                while session.sock is not None and (one := letters.claim(connection, inspection, kinds, last)):
                    last = one.id
                    receipt, said = mail.deliver(
                        session, one.sender, one.recipient, one.message, lambda: letters.hand_over(connection, one)
                    )
                    letters.settle(connection, one, STATES[receipt], said)
    except mail.Unreachable as failed:
        return str(failed)
    return ""


def _dry(written: Iterable[Outgoing], post: Post, published: Publication | None, held: Sequence[Sent]) -> int:
    """List what would be sent; nothing is written and nothing is sent.

    `due`: by when the unit is to explain or to mend. `state`: how a letter that was written before stands, else `new`.
    """
    states = {(row.unit, row.due): row.state for row in held}
    for one in written:
        unit = post.units.get(one.unit)
        row = {"kind": one.kind, "unit": one.unit, "name": unit.name if unit else "", "recipient": one.recipient}
        told = {"subject": one.subject, "due": _due(one, published), "state": states.get((one.unit, one.due), "new")}
        print(json.dumps(row | told, ensure_ascii=False))
    return DONE


def _due(one: Outgoing, published: Publication | None) -> str:
    if one.answer_until is not None:
        return one.answer_until.astimezone(SHANGHAI).isoformat()
    return published.rectify_by.isoformat() if published is not None and one.kind == "rectify" else one.due


def _result(
    connection: Connection, inspection: Inspection, kinds: Sequence[LetterKind], added: int, trouble: str
) -> int:
    """One JSON object, and a line for every letter that did not arrive; red where that is ours to mend."""
    rows = letters.listed(connection, inspection, kinds)
    print(json.dumps({"inspection": inspection.name, **_counts(rows), "new": added}, ensure_ascii=False))
    return _tell(rows, trouble)


def _counts(rows: Sequence[Sent]) -> Json:
    groups: dict[str, list[Json]] = {"waiting": [], "unsure": [], "refused": [], "no_address": []}
    names = {"queued": "waiting", "claimed": "waiting", "handed": "waiting", "undeliverable": "no_address"}
    for row in rows:
        if row.state != "sent":
            groups[names.get(row.state, row.state)].append(
                {"letter": row.id, "kind": row.kind, "unit": row.unit, "because": row.because}
            )
    return {"letters": len(rows), "sent": sum(row.state == "sent" for row in rows), **groups}


def _tell(rows: Sequence[Sent], trouble: str) -> int:
    """A unit's missing or wrong address is listed and green; what nobody can be sure of, or still waits, is red."""
    for row in rows:
        if row.state != "sent":
            said = f"（{row.because}）" if row.because else ""
            title = letters.TITLES[row.kind]
            print(f"信件 {row.id} {title} {row.unit or '值班人员'}: {letters.STATES[row.state]}{said}", file=sys.stderr)
    if trouble:
        print(f"本系统故障：{trouble}；尚未发出的信会在重跑时发送", file=sys.stderr)
        return OURS_FAILED
    states = {row.state for row in rows}
    if "unsure" in states:
        print(
            "本系统故障：有信件状态不明，不会自动再发；请向对方核实后用 settle-letter 认定已送达或重新发送",
            file=sys.stderr,
        )
        return OURS_FAILED
    if states & {"queued", "claimed", "handed"}:
        print("本系统故障：有信件暂时没有发出，重跑即再发", file=sys.stderr)
        return OURS_FAILED
    if "refused" in states and "sent" not in states:
        print("本系统故障：所有信件都被邮件服务器拒绝，请检查邮件服务器设置", file=sys.stderr)
        return OURS_FAILED
    return DONE


# Follow-up


def follow_up(arguments: argparse.Namespace) -> int:
    """Judge anew what was published as failing, remind before the deadline, report what is overdue."""
    now = datetime.now(SHANGHAI)
    status, told = DONE, []
    with database.opened() as connection:
        for published in followed(signing.publications(connection), now.date()):
            inspection = inspections.find(connection, published.quarter, published.number)
            checked = recheck(connection, inspection, published, now)
            still = [f for f in checked.failing if not checked.mended(f)]
            post = _post(connection, inspection, now)
            written = [*_reminders(published, still, post), *_overdue(published, still, post)]
            kinds: list[LetterKind] = ["remind", "overdue"]
            trouble = ""
            if not arguments.dry_run:
                letters.queue(connection, inspection, written)
                if letters.waiting(connection, inspection, kinds, 0):
                    try:
                        trouble = send(connection, inspection, kinds, _server())
                    except BadInput as bad:  # everything else was done: the letters wait
                        trouble = str(bad)
                rows = letters.listed(connection, inspection, kinds)
                status = max(status, _tell(rows, trouble))
            told.append(_follow_up_row(published, checked, still, written, now.date()))
    print(json.dumps({"day": now.date().isoformat(), "publications": told}, ensure_ascii=False))
    return status


def followed(published: Sequence[Publication], today: date) -> list[Publication]:
    """The last publication, and those before it whose deadline is not over."""
    return [p for p in published if p is published[-1] or p.rectify_by >= today]


@dataclass(frozen=True)
class Checked:
    """What was published as failing, and what the latest re-check that could tell says of it."""

    failing: list[Finding]
    outcomes: Mapping[tuple[str, str], str]
    judged: int  # of today's re-checks, those that could tell
    withdrawn: list[Finding]  # 误判撤销: taken back after publication, nobody need mend it

    def mended(self, finding: Finding) -> bool:
        return self.outcomes.get((finding.clause, finding.subject)) == Outcome.PASSED


def recheck(connection: Connection, inspection: Inspection, published: Publication, now: datetime) -> Checked:
    """Judge the published clauses anew from all that is landed by now, as records of their own."""
    rows = {row["subject"]: set(row["clauses"]) for row in published.verdicts if row["verdict"] == FAILED}
    kept = steps.judged_before(connection, inspection).findings
    gone = correcting.reversals(connection, inspection)
    named = [f for f in kept if f.clause in rows.get(f.subject, ())]
    failing = [f for f in named if (f.clause, f.subject) not in gone]
    asked = {subject: {f.clause for f in failing if f.subject == subject} for subject in {f.subject for f in failing}}
    found = list(_judge_anew(connection, inspection, asked, now)) if failing else []
    signing.keep_rechecks(
        connection,
        published,
        now.date(),
        [
            (f.clause, f.subject, f.unit, str(f.outcome), f.measured, f.because, [judge.proof_row(p) for p in f.proof])
            for f in found
        ],
    )
    latest = {key: r.outcome for key, r in signing.rechecks(connection, published).items()}
    told = sum(f.outcome in (Outcome.PASSED, Outcome.FAILED) for f in found)
    return Checked(failing, latest, told, [f for f in named if f not in failing])


def _judge_anew(
    connection: Connection, inspection: Inspection, clauses: Mapping[str, set[str]], now: datetime
) -> Iterator[Finding]:
    """By the law of the inspection, at this moment, those clauses of those subjects."""
    held = inspection.register
    narrowed = steps.narrowed(held, frozenset(clauses))
    later = replace(inspection, inspected_at=now, last_landed=inspections.EVERYTHING, register=narrowed)
    editions = steps.in_force(steps.law(connection, inspection), inspection)
    units = {unit.unit_id: unit for unit in held.units}
    hosts = frozenset(host for site in held.all_sites for host in (urlsplit(site.home_url).hostname,) if host)
    beside = steps.Siblings.of(held, day_of(now))
    for site, seen in evidence.gather_sites(connection, later):
        unit, others = units[site.unit_id], beside.of_site(site)
        yield from judge.judge_site(
            site, unit, seen, now, editions, held.issuer, hosts, clauses[site.site_code], others
        )
    since = inspections.last_day(connection, later)
    for account, posted in evidence.gather_accounts(connection, later):
        yield from judge.judge_account(
            account, units[account.unit_id], posted, now, editions, held.issuer, since, clauses[account.account_id],
            beside.of_account(account),
        )  # fmt: skip


def _reminders(published: Publication, still: Sequence[Finding], post: Post) -> Iterator[Outgoing]:
    """One letter a unit before the deadline, with what is still to be mended."""
    first = working_days_before(published.rectify_by, post.issuer.remind_working_days)
    if not first <= post.today <= published.rectify_by:
        return
    held = post.inspection.register
    told = {(f.clause, f.subject) for f in still}
    composed = letter.compose_letters(
        post.quarter, post.issuer, steps.inspected_of(post.inspection), held, still, deducted=told
    )
    for one in composed:
        text = _say(
            "mail_remind",
            unit=one.unit,
            period=post.quarter.title,
            number=published.document_number,
            deadline=spell_day(published.rectify_by),
            day=spell_day(post.today),
            count=len(one.questions),
        )
        papers = _papers(letter.to_send(one, post.today), "到期提醒", post)
        listed = {"问题清单.xlsx": papers["问题清单.xlsx"]}
        subject = _say("remind_subject", period=post.quarter.title)
        yield post.write("remind", one.unit_id, subject, text, listed, due=published.rectify_by.isoformat())


def _overdue(published: Publication, still: Sequence[Finding], post: Post) -> Iterator[Outgoing]:
    """One list a day to each address on watch, as long as something is overdue."""
    if not still or post.today <= published.rectify_by:
        return
    names = post.inspection.register.names
    items = [f"{names.get(f.subject, f.subject)}（{f.phrase}）" for f in still[:ITEMS_IN_TEXT]]
    slots = {"period": post.quarter.title, "day": spell_day(post.today)}
    text = _say(
        "mail_overdue",
        number=published.document_number,
        deadline=spell_day(published.rectify_by),
        count=len(still),
        list="；".join(items) + ("等" if len(still) > ITEMS_IN_TEXT else "。"),
        **slots,
    )
    for person in settings.watch():
        if to := mail.address(person):
            due = f"{post.today.isoformat()} {to}"
            yield post.write("overdue", "", _say("overdue_subject", **slots), text, {}, due, recipient=(to, ""))


def _follow_up_row(
    published: Publication, checked: Checked, still: Sequence[Finding], written: Sequence[Outgoing], today: date
) -> Json:
    over = today > published.rectify_by
    return {
        "inspection": published.name,
        "document_number": published.document_number,
        "rectify_by": published.rectify_by.isoformat(),
        "failing": len(checked.failing),
        "rechecked": checked.judged,
        "mended": len(checked.failing) - len(still),
        "reminded": [one.unit for one in written if one.kind == "remind"],
        "overdue": [{"subject": f.subject, "unit": f.unit, "clause": f.clause} for f in still] if over else [],
        "withdrawn": [
            {"subject": f.subject, "unit": f.unit, "clause": f.clause, "closed": "误判撤销"} for f in checked.withdrawn
        ],
    }


# A person's doors


def letters_listed(arguments: argparse.Namespace) -> int:
    with database.opened() as connection:
        letters.recover(connection)
        for row in letters.listed(connection):
            if arguments.open and row.state == "sent":
                continue
            times = {"queued_at": row.queued_at, "sent_at": row.sent_at, "answer_until": row.answer_until}
            facts = {
                "letter": row.id, "inspection": f"{row.quarter}/{row.number}", "kind": row.kind, "unit": row.unit,
                "recipient": row.recipient, "subject": row.subject, "state": row.state, "attempts": row.attempts,
                "because": row.because,
            }  # fmt: skip
            shown = {name: at.astimezone(SHANGHAI).isoformat() if at else None for name, at in times.items()}
            print(json.dumps(facts | shown, ensure_ascii=False))
    return DONE


def settle_letter(arguments: argparse.Namespace) -> int:
    """A person found out whether an unsure letter arrived, or had a refused one's address mended."""
    if not arguments.reason.strip():
        raise BadInput("认定信件须写明理由")
    with database.opened() as connection:
        letters.recover(connection)
        row = letters.decide(
            connection, arguments.letter, arguments.ruling == "arrived", arguments.by, arguments.reason
        )
    print(f"信件 {row.id}: {letters.STATES[row.state]}", file=sys.stderr)
    return DONE
