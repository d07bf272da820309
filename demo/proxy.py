"""A forward proxy on loopback that answers for the mirror city's hosts and names its errors (RFC 9209)."""

import asyncio
import contextlib
import gzip
import json
import re
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

NAME = "demo"
STATUS_OF = {"dns_error": 502, "connection_refused": 502, "connection_terminated": 502, "tls_protocol_error": 502,
             "connection_timeout": 504, "http_request_denied": 403}  # fmt: skip
REASONS = {number: HTTPStatus(number).phrase for number in (200, 302, 403, 404, 405, 412, 500, 502, 504)}
NOT_FOUND = (
    b"<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1></center></body></html>"
)
SOFT_404 = (
    "<!DOCTYPE html><html><head><meta charset='utf-8'><title>温馨提示</title></head><body>"
    "<p>您访问的页面不存在，3秒后返回首页。</p><a href='/'>返回首页</a></body></html>"
).encode()
# What a server reads out of an address before it looks for the page.
SESSION = re.compile(r";jsessionid=[0-9A-F]*|(?<=[?&])(?:PHPSESSID|print)=[0-9A-F]*&?", re.I)
LIMIT = 65_536  # bytes of request head


@dataclass(slots=True)
class Reply:
    """One answer ready to be sent, plain and compressed."""

    status: int
    body: bytes
    content_type: str = "text/html; charset=utf-8"
    seconds: float = 0.0
    headers: list[str] = field(default_factory=list)
    packed: bytes = b""

    def encode(self, squeeze: bool, head_only: bool, close: bool) -> bytes:
        """Status line, headers and body."""
        body, lines = self.body, [f"HTTP/1.1 {self.status} {REASONS[self.status]}", f"Date: {formatdate(usegmt=True)}"]
        if squeeze and len(body) > 200 and not any(line.startswith("Content-Encoding") for line in self.headers):
            self.packed = self.packed or gzip.compress(body, 6, mtime=0)
            body = self.packed
            lines += ["Content-Encoding: gzip", "Vary: Accept-Encoding"]
        lines += [f"Content-Type: {self.content_type}", f"Content-Length: {len(body)}", "Server: demo", *self.headers]
        lines.append("Connection: close" if close else "Connection: keep-alive")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (b"" if head_only else body)


def name_error(error: str, host: str) -> Reply:
    """The proxy's own answer for a host it could not reach: which error, in `Proxy-Status`."""
    status = STATUS_OF[error]
    text = f"<html><body><h1>{status}</h1><p>{error}: {host}</p></body></html>".encode()
    return Reply(status, text, headers=[f"Proxy-Status: {NAME}; error={error}"])


class Mirror:
    """The city's hosts as they lie on disk."""

    def __init__(self, home: Path) -> None:
        facts: dict[str, Any] = json.loads((home / "hosts.json").read_text(encoding="utf-8"))
        self.dead = {host: row["dead"] for host, row in facts.items() if "dead" in row}
        self.soft = {host for host, row in facts.items() if row.get("soft404")}
        self.served: dict[str, Counter[str]] = {}
        self.replies: dict[str, dict[str, Reply]] = {}
        for host, row in facts.items():
            folder = home / "www" / host
            self.replies[host] = {
                path: Reply(
                    r["status"],
                    (folder / r["file"]).read_bytes(),
                    r["type"],
                    r["seconds"],
                    [f"{name}: {value}" for name, value in r["headers"].items()],
                )
                for path, r in row.get("routes", {}).items()
            }

    def note(self, host: str, what: object) -> None:
        """Count what was asked of whom."""
        self.served.setdefault(host, Counter())[str(what)] += 1

    def answer(self, host: str, target: str) -> Reply:
        """What this host answers at this path and query."""
        if host in self.dead:
            return name_error(self.dead[host], host)
        known = self.replies.get(host)
        if known is None:
            return name_error("dns_error", host)
        if host == "m.weibo.cn":
            target = weibo_key(target)
        found = known.get(target) or known.get(unquote(target)) or known.get("*")
        if found is None:
            target = SESSION.sub("", target).rstrip("?&")
            found = known.get(target) or known.get(f"/{target.split('/')[1]}/*")
        if found is None and target.endswith(("/index.html", "/index.htm")):
            found = known.get(target.rpartition("/")[0] + "/")
        if found is not None:
            return found
        return Reply(200, SOFT_404) if host in self.soft else Reply(404, NOT_FOUND, "text/html")


def weibo_key(target: str) -> str:
    """Container and page of a getIndex question, in whatever order they were asked."""
    parts = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    container = query.get("containerid") or f"100505{query.get('value') or query.get('uid', '')}"
    container = container.replace("230413", "107603", 1) if container.startswith("230413") else container
    page = f"/{query.get('page') or '1'}" if container.startswith("107603") else ""
    return f"{parts.path}#{container}{page}"


async def converse(mirror: Mirror, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer requests on one connection until the other side has had enough."""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, _, rest = head.partition("\r\n")
            pairs = (line.partition(":") for line in rest.split("\r\n"))
            fields = {name.strip().lower(): value.strip() for name, _, value in pairs}
            if length := int(fields.get("content-length", "0") or 0):
                await reader.readexactly(length)
            reply, head_only = respond(mirror, first, fields)
            if reply.seconds:
                await asyncio.sleep(reply.seconds)
            close = "close" in (
                fields.get("connection", "") + fields.get("proxy-connection", "")
            ).lower() or first.startswith("CONNECT")
            writer.write(reply.encode("gzip" in fields.get("accept-encoding", ""), head_only, close))
            await writer.drain()
            if close:
                break
    with contextlib.suppress(ConnectionError):
        writer.close()
        await writer.wait_closed()


def respond(mirror: Mirror, first: str, fields: dict[str, str]) -> tuple[Reply, bool]:
    """The reply to one request line, and whether only its head is wanted."""
    method, _, rest = first.partition(" ")
    address = rest.rpartition(" ")[0] or rest
    if method == "CONNECT":  # the mirror has no certificates: say so, rather than look like a dead host
        mirror.note(address, "CONNECT")
        return name_error("http_request_denied", address), False
    if method not in ("GET", "HEAD"):
        return Reply(405, NOT_FOUND), False
    parts = urlsplit(address)
    host = (parts.hostname or fields.get("host", "").partition(":")[0]).lower()
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    reply = mirror.answer(host, target)
    mirror.note(host, reply.status)
    return reply, method == "HEAD"


async def serve(home: Path, port: int = 0, while_fed: bool = False) -> None:
    """Serve until TERM or INT; the first line on stdout names the address. served.json then counts what was asked.

    `while_fed`: end as well when stdin does, so that whoever started us need not live to end us.
    """
    mirror = Mirror(home)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    if while_fed:
        loop.add_reader(sys.stdin.fileno(), done.set)
    server = await asyncio.start_server(lambda r, w: converse(mirror, r, w), "127.0.0.1", port, limit=LIMIT)
    print(f"proxy: http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await done.wait()
    server.close()
    (home / "served.json").write_text(json.dumps(mirror.served, indent=1), encoding="utf-8")
