"""The outbox: letters written once under a unique key, each sent at most once, whoever dies while it is sent."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg2.extensions import connection as Connection

from inspectorate.register import BadInput
from inspectorate.store.inspection import Inspection

SENDING = 7_202_020  # with a letter's id: the advisory lock of whoever sends it, gone with its process
LetterKind = Literal["verify", "rectify", "remind", "overdue", "correct"]
TITLES: dict[str, str] = {
    "verify": "核实函", "rectify": "限期整改通知", "remind": "到期提醒", "overdue": "逾期清单", "correct": "更正函",
}  # fmt: skip
STATES = {
    "queued": "待发",
    "claimed": "正在发送",
    "handed": "正在发送",
    "sent": "已发",
    "unsure": "状态不明",
    "refused": "被拒",
    "undeliverable": "没有可用的邮箱",
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter as it is put into the outbox; without a recipient it is only listed."""

    kind: LetterKind
    unit: str
    recipient: str
    sender: str
    subject: str
    message: bytes
    due: str = ""
    answer_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that this process, and no other, is sending."""

    id: int
    sender: str
    recipient: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter as it stands in the outbox."""

    id: int
    quarter: str
    number: int
    kind: LetterKind
    unit: str
    due: str
    recipient: str
    subject: str
    state: str
    attempts: int
    because: str
    answer_until: datetime | None
    queued_at: datetime
    sent_at: datetime | None


COLUMNS = (
    "id, quarter, number, kind, unit, due, recipient, subject, state, attempts, because, answer_until, queued_at,"
    " sent_at"
)


def queue(connection: Connection, inspection: Inspection, letters: Iterable[Outgoing]) -> int:
    """Put letters into the outbox, all in one transaction; one that is there already stays as it is. Commits.

    Says how many are new. A unit that had no address and has one now gets its letter, whose window begins now.
    """
    added = 0
    try:
        with connection.cursor() as cursor:
            for one in letters:
                cursor.execute(
                    "insert into outbox (quarter, number, kind, unit, due, recipient, sender, subject, message, sha256,"
                    " state, answer_until) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
                    " on conflict (quarter, number, kind, unit, due) do update set recipient = excluded.recipient,"
                    " sender = excluded.sender, subject = excluded.subject, message = excluded.message,"
                    " sha256 = excluded.sha256, state = excluded.state, answer_until = excluded.answer_until,"
                    " queued_at = now() where outbox.state = 'undeliverable' and excluded.recipient <> ''",
                    [
                        inspection.quarter, inspection.number, one.kind, one.unit, one.due, one.recipient, one.sender,
                        one.subject, one.message, hashlib.sha256(one.message).hexdigest(),
                        "queued" if one.recipient else "undeliverable", one.answer_until,
                    ],
                )  # fmt: skip
                added += cursor.rowcount
        connection.commit()
    finally:
        connection.rollback()
    return added


def recover(connection: Connection) -> None:
    """Set right what senders that died have left: nothing handed over waits again, all else is unsure. Commits.

    A sender holds a lock on its letter as long as its session lives; whose lock is free is dead.
    """
    with connection.cursor() as cursor:
        cursor.execute("select id from outbox where state in ('claimed', 'handed') order by id")
        for (letter,) in cursor.fetchall():
            cursor.execute("select pg_try_advisory_lock(%s, %s)", [SENDING, letter])
            if cursor.fetchone() != (True,):
                continue
            cursor.execute(
                "update outbox set state = 'queued', because = '发送中断, 尚未交给服务器'"
                " where id = %s and state = 'claimed'",
                [letter],
            )
            cursor.execute(
                "update outbox set state = 'unsure', because = '信件交给服务器时中断, 没有收到答复'"
                " where id = %s and state = 'handed'",
                [letter],
            )
            connection.commit()
            cursor.execute("select pg_advisory_unlock(%s, %s)", [SENDING, letter])
    connection.commit()


def claim(
    connection: Connection, inspection: Inspection, kinds: Iterable[LetterKind], after: int = 0
) -> Claimed | None:
    """Take the next waiting letter of these kinds behind an id, so that no other sender takes it. Commits.

    None: none waits. The letter's lock is held until `settle` or the end of the session.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "update outbox set state = 'claimed', claimed_at = now(), attempts = attempts + 1 where id ="
            " (select id from outbox where quarter = %s and number = %s and kind = any(%s) and state = 'queued'"
            " and id > %s order by id for update skip locked limit 1)"
            " returning id, sender, recipient, message, pg_try_advisory_lock(%s, id::int)",
            [inspection.quarter, inspection.number, list(kinds), after, SENDING],
        )
        found = cursor.fetchone()
        if found is None:
            connection.rollback()
            return None
        if not found[4]:  # someone is just setting it right: leave it to the next run
            connection.rollback()
            return claim(connection, inspection, kinds, found[0])
    connection.commit()
    return Claimed(found[0], found[1], found[2], bytes(found[3]))


def waiting(connection: Connection, inspection: Inspection, kinds: Iterable[LetterKind], after: int) -> bool:
    """Whether a letter of these kinds behind an id waits to be sent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select 1 from outbox where quarter = %s and number = %s and kind = any(%s)"
            " and state = 'queued' and id > %s)",
            [inspection.quarter, inspection.number, list(kinds), after],
        )
        found: Any = cursor.fetchone()
    connection.rollback()
    return bool(found[0])


def hand_over(connection: Connection, letter: Claimed) -> None:
    """Note, before the first byte of the text goes out, that from now on nobody can be sure. Commits."""
    _move(connection, letter.id, "claimed", "handed", "")


def settle(connection: Connection, letter: Claimed, state: str, because: str) -> None:
    """Write what became of a claimed letter and let go of it. Commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update outbox set state = %s, because = %s, sent_at = case when %s = 'sent' then now() end"
            " where id = %s and state in ('claimed', 'handed')",
            [state, because, state, letter.id],
        )
        moved = cursor.rowcount
        cursor.execute("select pg_advisory_unlock(%s, %s)", [SENDING, letter.id])
    connection.commit()
    if moved != 1:
        raise LookupError(f"outbox {letter.id}: 状态已被另一进程改动")


def decide(connection: Connection, letter: int, arrived: bool, by: str, reason: str) -> Sent:
    """A person's word on a letter that is unsure or was refused: it arrived, or it is to be sent again. Commits."""
    state = "sent" if arrived else "queued"
    told = f"{by}: {reason}（{'已送达' if arrived else '重新发送'}）"
    with connection.cursor() as cursor:
        cursor.execute(
            f"update outbox set state = %s, because = %s where id = %s and state in ('unsure', 'refused')"  # noqa: S608
            f" returning {COLUMNS}",
            [state, told, letter],
        )
        found = cursor.fetchone()
    connection.commit()
    if found is None:
        raise BadInput(f"信件 {letter}: 不存在，或不是“不明”“被拒”状态")
    return Sent(*found)


def listed(
    connection: Connection,
    inspection: Inspection | None = None,
    kinds: Iterable[LetterKind] = ("verify", "rectify", "remind", "overdue", "correct"),
) -> list[Sent]:
    """The letters of one inspection, or of all, in the order they were written."""
    quarter, number = (inspection.quarter, inspection.number) if inspection else (None, None)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {COLUMNS} from outbox where (%s::text is null or (quarter = %s and number = %s))"  # noqa: S608
            " and kind = any(%s) order by id",
            [quarter, quarter, number, list(kinds)],
        )
        return [Sent(*row) for row in cursor.fetchall()]


def window(connection: Connection, inspection: Inspection, unit: str | None = None) -> datetime | None:
    """Until when a unit, or the last of all units, may explain; None: no letter of verification was written to it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select max(answer_until) from outbox where quarter = %s and number = %s and kind = 'verify'"
            " and state <> 'undeliverable' and (%s::text is null or unit = %s)",
            [inspection.quarter, inspection.number, unit, unit],
        )
        found: Any = cursor.fetchone()
    moment: datetime | None = found[0]
    return moment


def _move(connection: Connection, letter: int, was: str, becomes: str, because: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "update outbox set state = %s, because = %s where id = %s and state = %s", [becomes, because, letter, was]
        )
        moved = cursor.rowcount
    connection.commit()
    if moved != 1:
        raise LookupError(f"outbox {letter}: 状态已被另一进程改动")
