"""The mail catcher of the demonstration: a real SMTP server that keeps every letter as a file and sends none on."""

import contextlib
import hashlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

LARGEST = 50 * 1024 * 1024  # bytes of one letter


@dataclass(frozen=True)
class Postbox:
    """Where it is reached and where its letters lie."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def letters(self) -> list[EmailMessage]:
        """Every letter that was ever taken, in the order of coming."""
        return letters_in(self.folder)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002 - aiosmtpd's name
        """Kept first, answered second: whoever is told 250 may rely on it. A letter that comes twice is two files."""
        number = len(list(self.folder.glob("*.eml"))) + 1
        body = bytes(envelope.content)
        new = self.folder / f"{number:04d}-{hashlib.sha256(body).hexdigest()[:12]}.new"
        new.write_bytes(body)
        new.rename(new.with_suffix(".eml"))
        return "250 taken"


def letters_in(folder: Path) -> list[EmailMessage]:
    read = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(folder.glob("*.eml"))]
    return [one for one in read if isinstance(one, EmailMessage)]


def recipient(letter: EmailMessage) -> str:
    """The one address that a letter goes to."""
    return str(letter["To"].addresses[0].addr_spec)


@contextlib.contextmanager
def postbox(folder: Path) -> Iterator[Postbox]:
    """The server on a free port of this machine, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        box = Postbox(folder, int(door.getsockname()[1]))
    server = Controller(box, hostname="127.0.0.1", port=box.port, data_size_limit=LARGEST, enable_SMTPUTF8=True)
    server.start()
    try:
        yield box
    finally:
        server.stop()
