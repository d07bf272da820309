"""Letters by SMTP: a message as RFC 5322 wants it, handed over so that we know whether the server has it."""

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

SECONDS = 60.0  # for each answer of the server
GOODBYE_SECONDS = 2.0
TYPES = {
    ".docx": ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".pdf": ("application", "pdf"),
}
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")

# sent: the server took it · refused: it never will · later: it may, and has nothing yet · unsure: nobody can say
Receipt = Literal["sent", "refused", "later", "unsure"]


class Unreachable(Exception):
    """The mail server cannot be used at all: ours to mend, and nothing was sent."""


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server, from `smtp://user:password@host:port[?starttls]` or `smtps://…`."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False


def read_url(url: str) -> Server:
    """ValueError says, without the password, what is wrong with the address."""
    wrong = ValueError("INSPECTORATE_SMTP_URL 应为 smtp://用户:密码@主机:端口[?starttls] 或 smtps://… 的形式")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    options = parse_qs(parts.query, keep_blank_values=True)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or set(options) - {"starttls"}:
        raise wrong
    tls = parts.scheme == "smtps"
    return Server(
        parts.hostname,
        port or (465 if tls else 587 if "starttls" in options else 25),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        "starttls" in options,
        tls,
    )


def address(text: str) -> str:
    """An address that can be written to, or nothing: one mailbox, ASCII, without a name."""
    local, at, host = text.strip().rpartition("@")
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    if not at or not LOCAL.fullmatch(local) or not HOST.fullmatch(host) or len(local) > 64 or len(host) > 253:
        return ""
    return f"{local}@{host}"


def compose(
    *,
    sender: str,
    sender_name: str,
    recipient: str,
    recipient_name: str,
    subject: str,
    text: str,
    attachments: Mapping[str, bytes],
    message_id: str,
    written_at: datetime,
) -> bytes:
    """One message, CRLF and seven bits wide; Chinese in headers as RFC 2047, file names as RFC 2231."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _mailbox(sender_name, sender)
    message["To"] = _mailbox(recipient_name, recipient)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(written_at)
    message["Message-ID"] = message_id
    message["Content-Language"] = "zh-CN"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="base64")
    for name, body in attachments.items():
        kind, exact = TYPES.get("." + name.rpartition(".")[2], ("application", "octet-stream"))
        message.add_attachment(body, kind, exact, filename=name)
    return message.as_bytes()


def _mailbox(name: str, mailbox: str) -> Address:
    try:
        return Address(" ".join(name.split()), addr_spec=mailbox)
    except (HeaderParseError, ValueError, IndexError):
        raise ValueError(f"不是邮箱地址: {mailbox!r}") from None


@contextmanager
def opened(server: Server, seconds: float = SECONDS) -> Iterator[smtplib.SMTP]:
    """A session with the server. Unreachable: not there, no encryption though asked for, or the password is wrong."""
    context = ssl.create_default_context()
    try:
        session = (
            smtplib.SMTP_SSL(server.host, server.port, timeout=seconds, context=context)
            if server.tls
            else smtplib.SMTP(server.host, server.port, timeout=seconds)
        )
    except (OSError, smtplib.SMTPException) as failed:
        raise Unreachable(f"邮件服务器 {server.host}:{server.port} 无法连接: {_told(failed)}") from failed
    try:
        try:
            if server.starttls:
                session.starttls(context=context)
            if server.user:
                session.login(server.user, server.password)
            else:
                session.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException, ValueError) as failed:
            raise Unreachable(f"邮件服务器 {server.host}:{server.port} 拒绝登录: {_told(failed)}") from failed
        yield session
    finally:
        _leave(session)


def deliver(
    session: smtplib.SMTP, sender: str, recipient: str, message: bytes, handing_over: Callable[[], None]
) -> tuple[Receipt, str]:
    """Hand one message over, and what the server said last.

    `handing_over` is called when the server is ready for the text and nothing of it has been sent: what goes wrong
    before is `later` or `refused`, for the server has nothing; what goes wrong after it, without an answer, is
    `unsure`, for the server may have it. Only an answer makes it `sent`.
    """
    handed = False
    try:
        for command, argument, taken in (
            ("MAIL", f"FROM:<{sender}>", (250,)),
            ("RCPT", f"TO:<{recipient}>", (250, 251, 252)),
            ("DATA", "", (354,)),
        ):
            code, said = session.docmd(command, argument)
            if code not in taken:
                _start_over(session)
                return ("refused" if code >= 500 else "later"), _answer(code, said)
        handing_over()
        handed = True
        session.send(dotted(message))
        code, said = session.getreply()
    except (OSError, smtplib.SMTPException) as failed:  # a timeout is an OSError, a closed line an SMTPException
        session.close()
        return ("unsure" if handed else "later"), _told(failed)
    if code == 250:
        return "sent", _answer(code, said)
    if 400 <= code < 600:
        return ("refused" if code >= 500 else "later"), _answer(code, said)
    return "unsure", _answer(code, said)


def dotted(message: bytes) -> bytes:
    """The text as it goes over the line: CRLF, a dot before every dot that begins a line, and the last dot."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    return re.sub(rb"(?m)^\.", b"..", lines).removesuffix(b"\r\n") + b"\r\n.\r\n"


def _start_over(session: smtplib.SMTP) -> None:
    """After a refusal the next message begins clean; a line that broke meanwhile is noticed there."""
    with suppress(OSError, smtplib.SMTPException):
        session.rset()


def _leave(session: smtplib.SMTP) -> None:
    """Say goodbye; whether it is heard changes nothing about what was sent."""
    try:
        if session.sock is not None:
            session.sock.settimeout(GOODBYE_SECONDS)
        session.quit()
    except (OSError, smtplib.SMTPException):
        session.close()


def _answer(code: int, said: bytes) -> str:
    return f"{code} {' '.join(said.decode('utf-8', 'replace').split())}"[:500]


def _told(failed: Exception) -> str:
    if isinstance(failed, smtplib.SMTPResponseException):
        said = failed.smtp_error
        return _answer(failed.smtp_code, said if isinstance(said, bytes) else str(said).encode())
    return " ".join(str(failed).split())[:500] or type(failed).__name__
