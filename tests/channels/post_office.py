"""A mail server of the test's own, which takes, refuses, puts off, keeps waiting or hangs up as it is told."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


@dataclass
class PostOffice:
    """What arrived, and how the next letters are answered."""

    answers: dict[str, str] = field(default_factory=dict)  # recipient → what RCPT is answered
    after_text: str = "250 taken"  # what the text is answered; empty: the line is cut
    seconds: float = 0.0  # before the text is answered
    arrived: list[bytes] = field(default_factory=list)  # every text that came in whole
    senders: list[str] = field(default_factory=list)
    has_text: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)
    users: list[tuple[bytes, bytes]] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self.may_answer.set()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def letters(self) -> list[EmailMessage]:
        found = [message_from_bytes(text, policy=default) for text in self.arrived]
        return [one for one in found if isinstance(one, EmailMessage)]

    # aiosmtpd's hooks

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        told = self.answers.get(address, "250 OK")
        if told.startswith("250"):
            envelope.rcpt_tos.append(address)
        return told

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        self.arrived.append(envelope.content)
        self.senders.append(envelope.mail_from)
        self.has_text.set()
        while not self.may_answer.is_set():
            await asyncio.sleep(0.02)
        await asyncio.sleep(self.seconds)
        if not self.after_text:
            server.transport.abort()
            return "421 gone"
        return self.after_text

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        given = data if isinstance(data, LoginPassword) else LoginPassword(b"", b"")
        self.users.append((given.login, given.password))
        return AuthResult(success=given.password == b"p@ss:w/rd")


@contextmanager
def post_office(**options: Any) -> Iterator[PostOffice]:
    """A server on a free port of this computer, until the block ends."""
    office = PostOffice()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        office.port = free.getsockname()[1]
    made = Controller(office, hostname="127.0.0.1", port=office.port, authenticator=office.authenticate, **options)
    made.start()
    try:
        yield office
    finally:
        office.may_answer.set()
        made.stop()
