"""The one door to the network: every errand knocks here, and every answer is kept before anybody reads it."""

import asyncio
import errno
import os
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult

from inspectorate import settings
from inspectorate.evidence import Answer, Door, frozen
from scrapers.guard import Guard, host_of, is_literal
from scrapers.packing import GZIP, MAGIC, unpacked
from scrapers.warc import Exchange, Recorder

WALLS = (401, 403, 412, 429)
TOO_MANY = 429
PROXY_SIGN_IN = 407
# RFC 9209 §2.3: what a proxy that names its errors says of the site behind it. What is not here is the proxy's own.
PROXY_STATUS = {
    "dns_timeout": Door.DNS,
    "dns_error": Door.DNS,
    "destination_not_found": Door.DNS,
    "connection_refused": Door.REFUSED,
    "connection_terminated": Door.RESET,
    "http_response_incomplete": Door.RESET,
    "connection_timeout": Door.TIMEOUT,
    "connection_read_timeout": Door.TIMEOUT,
    "connection_write_timeout": Door.TIMEOUT,
    "http_response_timeout": Door.TIMEOUT,
    "destination_ip_unroutable": Door.TIMEOUT,
    "tls_protocol_error": Door.TLS,
    "tls_certificate_error": Door.TLS,
    "tls_alert_received": Door.TLS,
}
SQUID = {
    "ERR_DNS_FAIL": Door.DNS,
    "ERR_CONNECT_FAIL": Door.REFUSED,
    "ERR_READ_TIMEOUT": Door.TIMEOUT,
    "ERR_LIFETIME_EXP": Door.TIMEOUT,
    "ERR_READ_ERROR": Door.RESET,
    "ERR_ZERO_SIZE_OBJECT": Door.RESET,
    "ERR_SECURE_CONNECT_FAIL": Door.TLS,
}
ERRNO = {
    errno.ECONNREFUSED: Door.REFUSED,
    errno.ECONNRESET: Door.RESET,
    errno.EPIPE: Door.RESET,
    errno.ECONNABORTED: Door.RESET,
    errno.ETIMEDOUT: Door.TIMEOUT,
}
SAID = {Door.REFUSED: "拒绝连接", Door.RESET: "连接中断", Door.TIMEOUT: "连接超时"}
# OpenSSL's verification errors that may as well lie in our list of authorities or in a proxy that opens TLS.
UNKNOWN_AUTHORITY = (2, 19, 20, 21)
ERROR_PARAMETER = re.compile(r";\s*error\s*=\s*\"?([a-z_]+)")
NO_SUCH_NAME = "域名无法解析"
GATE_SECONDS = 3  # to see whether a proxy is there at all


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much one request may take, and how many may be under way at one address."""

    seconds: float = 30.0  # from sending to the last byte
    body_bytes: int = 10 << 20
    decoded_bytes: int = 40 << 20
    per_address: int = 4


@frozen
class Knock:
    """How one request ended. With a status there is an answer; its body is decoded, its digest is of what came."""

    url: str
    sent_at: datetime
    outcome: Door
    seconds: float | None = None  # None: nothing came
    because: str = ""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    answer: Answer | None = None
    record: tuple[str, int] | None = None  # file and position of what was kept of it, an answer or a failure
    local: bool = False  # nothing outside of this machine was reached: theirs only if somebody else can be reached
    address: str = ""  # that was connected to; empty: a proxy's, or the name led nowhere

    def header(self, name: str) -> str:
        return next((value for known, value in self.headers if known.lower() == name), "")


class Cookies:
    """What each host asked us to say again; host by host, for as long as an errand lasts."""

    def __init__(self) -> None:
        self._jars: dict[str, dict[str, str]] = {}

    def said_to(self, host: str) -> dict[str, str]:
        jar = self._jars.get(host)
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}

    def heard(self, host: str, knock: Knock) -> None:
        for name, value in knock.headers:
            if name.lower() == "set-cookie":
                pair = value.partition(";")[0].partition("=")
                if pair[0].strip() and len(value) < 4096:
                    self._jars.setdefault(host, {})[pair[0].strip()] = pair[2].strip()


class Opening(Protocol):
    """What stands behind the door: the network, or what was kept of it."""

    async def knock(
        self,
        url: str,
        headers: Mapping[str, str],
        form: bytes | None = None,
        *,
        again: bool = False,
        sending: Callable[[], None] | None = None,
    ) -> Knock: ...

    async def close(self) -> None: ...


@dataclass
class Network:
    """The network, behind a proxy where the environment names one.

    One GET, or a POST of a form's bytes, no redirect followed, no cookie kept. `landed` takes the row of every answer,
    `errand` names the recorder's file.
    """

    recorder: Recorder
    guard: Guard
    landed: Callable[[Answer], None]
    limits: Limits = field(default_factory=Limits)
    keep_alive: bool = True

    def __post_init__(self) -> None:
        self._proxies = Proxies()
        self._names = Names(self.guard, self._proxies.hosts)
        self._session: aiohttp.ClientSession | None = None
        self._rooms: dict[str, asyncio.Semaphore] = {}
        self._stopped: dict[str, str] = {}  # host → why we ask it no more

    async def knock(
        self,
        url: str,
        headers: Mapping[str, str],
        form: bytes | None = None,
        *,
        again: bool = False,
        sending: Callable[[], None] | None = None,
    ) -> Knock:
        """Ask once and say how it ended; whatever came is written before this returns.

        `again` is a second try by another path: the name is resolved anew and its addresses are taken from the other
        end, and a proxy is told not to answer out of its memory. `sending` is called when the request goes out: what
        waits for its turn at a shared address has not been sent.
        """
        refusal = self.guard.refuses_url(url)
        if refusal:
            return self._failed(url, form, datetime.now(UTC), None, Door.OURS, f"{refusal}, 不予访问", False)
        host, proxy = host_of(url), self._proxies.of(url)
        if host in self._stopped:
            return self._failed(url, form, datetime.now(UTC), None, Door.WALL, self._stopped[host], False)
        if again:
            headers = {**headers, "Cache-Control": "no-cache"}
            self._names.turn(host)
        name_seconds = 0.0
        if not proxy:
            sent_at = datetime.now(UTC)
            name_seconds, failed = await self._names.settle(host, self.limits.seconds)
            if failed is not None:
                return self._failed(url, form, sent_at, name_seconds, *failed)
        async with self._room(host, proxy):
            if sending is not None:
                sending()
            sent_at = datetime.now(UTC)
            knock = await self._ask(url, headers, form, proxy, sent_at, name_seconds)
        if knock.status == TOO_MANY:
            self._stopped[host] = f"{host} 答复 429, 本次不再访问该主机"
        return knock

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        self._names.shut()

    def _room(self, host: str, proxy: str) -> asyncio.Semaphore:
        """So many at a time at one address; behind a proxy the address is unknown, so the host stands for it."""
        key = host if proxy else self._names.address(host)
        room = self._rooms.get(key)
        if room is None:
            room = self._rooms[key] = asyncio.Semaphore(self.limits.per_address)
        return room

    async def _ask(
        self,
        url: str,
        headers: Mapping[str, str],
        form: bytes | None,
        proxy: str,
        sent_at: datetime,
        name_seconds: float,
    ) -> Knock:
        began = time.monotonic() - name_seconds
        address = "" if proxy else self._names.address(host_of(url))
        try:
            async with asyncio.timeout(max(0.001, self.limits.seconds - name_seconds)):
                exchange, whole = await self._exchange(url, headers, form, proxy, sent_at, began)
        except TimeoutError:
            there = not proxy or await _listens(proxy)
            failed = (Door.TIMEOUT, f"{self.limits.seconds:g} 秒内未能打开", not proxy)
            failed = failed if there else (Door.OURS, "代理服务器无法连接", True)
            return self._failed(url, form, sent_at, None, *failed, address)
        except (aiohttp.ClientError, aiohttp.http_exceptions.HttpProcessingError, OSError, ValueError) as error:
            return self._failed(url, form, sent_at, None, *told(error, proxied=bool(proxy)), address)
        seconds = exchange.seconds
        if not whole:
            because = f"应答超过 {self.limits.body_bytes >> 20} MB"
            return self._failed(url, form, sent_at, seconds, Door.OURS, because, False, address)
        answer = self.recorder.keep(exchange)
        self.landed(answer)
        return opened(exchange, answer, self.limits.decoded_bytes, proxied=bool(proxy))

    async def _exchange(
        self,
        url: str,
        headers: Mapping[str, str],
        form: bytes | None,
        proxy: str,
        sent_at: datetime,
        began: float,
    ) -> tuple[Exchange, bool]:
        """What went over the wire, and whether the body came whole."""
        if self._session is None:
            self._session = self._begin()
        target = yarl.URL(url, encoded=url.isascii() and "#" not in url)  # as it is: no second thoughts on its escapes
        gate = yarl.URL(proxy) if proxy else None
        entry = None
        if gate is not None and gate.user is not None:
            entry = aiohttp.BasicAuth(unquote(gate.user), unquote(gate.password or ""))
            gate = gate.with_user(None)
        async with self._session.request(
            "GET" if form is None else "POST",
            target,
            headers=said(headers),
            data=form,
            allow_redirects=False,
            proxy=gate,
            proxy_auth=entry,
            ssl=self._trust if target.scheme == "https" else True,
        ) as response:
            body, whole = await _body(response, self.limits.body_bytes)
            version = response.version or aiohttp.HttpVersion11
            asked = response.request_info
            return Exchange(
                url,
                sent_at,
                round(time.monotonic() - began, 6),  # as much as a record keeps, so that a replay's sums are the same
                f"{asked.method} {asked.url.raw_path_qs or '/'} HTTP/1.1",
                [(name, value) for name, value in asked.headers.items() if name != "Proxy-Authorization"],
                f"HTTP/{version.major}.{version.minor}",
                response.status,
                response.reason or "",
                [(_text(name), _text(value)) for name, value in response.raw_headers],
                body,
                "" if proxy else self._names.address(host_of(url)),
                form,
            ), whole

    def _begin(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0, resolver=self._names, force_close=not self.keep_alive, use_dns_cache=False
        )
        return aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            max_line_size=32768,
            max_field_size=32768,
        )

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Whom we believe; made only when the first page behind TLS is asked."""
        trust = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or None)
        if os.environ.get("SSL_CERT_FILE"):
            trust.load_default_certs()
        # Many government servers have never been renewed; what is wrong with a certificate is told all the same.
        trust.set_ciphers("DEFAULT:@SECLEVEL=0")
        trust.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        trust.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)  # named since Python 3.12
        return trust

    def _failed(
        self,
        url: str,
        form: bytes | None,
        sent_at: datetime,
        seconds: float | None,
        outcome: Door,
        because: str,
        local: bool,
        address: str = "",
    ) -> Knock:
        seconds = None if seconds is None else round(seconds, 6)
        record = self.recorder.keep_failure(url, sent_at, outcome, seconds, because, address, form)
        return Knock(url, sent_at, outcome, seconds, because, record=record, local=local, address=address)


def opened(exchange: Exchange, answer: Answer, decoded_bytes: int, *, proxied: bool) -> Knock:
    """What an answer comes to: its status, or what the proxy says of the site, and its body decoded within bounds."""
    outcome, because = outcome_of(exchange.status, exchange.headers, proxied=proxied)
    try:
        body = decoded(exchange.body, _header(exchange.headers, "content-encoding"), decoded_bytes)
    except Undecodable as error:
        body, outcome, because = b"", Door.OURS if outcome is Door.OPENED else outcome, because or str(error)
    return Knock(
        exchange.url,
        exchange.sent_at,
        outcome,
        exchange.seconds,
        because,
        exchange.status,
        tuple(exchange.headers),
        body,
        answer,
        (answer.warc, answer.position),
        address=exchange.address,
    )


def outcome_of(status: int, headers: list[tuple[str, str]], *, proxied: bool) -> tuple[Door, str]:
    """How a door stands by status and, behind a proxy, by what the proxy names. A page's words are not asked here."""
    if proxied and status == PROXY_SIGN_IN:
        return Door.OURS, "代理服务器要求认证 (407)"
    if proxied and status >= 400:
        named = ERROR_PARAMETER.search(_header(headers, "proxy-status"))
        if named is not None:
            return PROXY_STATUS.get(named[1], Door.OURS), f"代理服务器报告 {named[1]}"
        squid, _, number = _header(headers, "x-squid-error").partition(" ")
        if squid:
            door = SQUID.get(squid, Door.OURS)
            if door is Door.REFUSED:
                door = ERRNO.get(int(number) if number.isdigit() else errno.ECONNREFUSED, Door.TIMEOUT)
            return door, f"代理服务器报告 {squid} {number}".strip()
    if status in WALLS:
        return Door.WALL, f"拒绝访问 ({status})"
    if status >= 400:
        return Door.HTTP_ERROR, f"HTTP {status}"
    return Door.OPENED, ""


def told(error: Exception, *, proxied: bool) -> tuple[Door, str, bool]:
    """Whose fault a failed request is, why, and whether nothing outside of this machine was reached."""
    cause = getattr(error, "os_error", None) or error
    match error:
        case aiohttp.ClientProxyConnectionError():
            return Door.OURS, "代理服务器无法连接", True
        case aiohttp.ClientHttpProxyError(status=status, headers=headers):
            door, because = outcome_of(status, list((headers or {}).items()), proxied=True)
            named = door not in (Door.HTTP_ERROR, Door.WALL) or status >= 500
            return (door, because, False) if named else (Door.OURS, f"代理服务器拒绝连接 ({status})", False)
        case aiohttp.ClientConnectorDNSError():
            return (Door.OURS if proxied else Door.DNS), NO_SUCH_NAME, True
        case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError() as why):
            if why.verify_code in UNKNOWN_AUTHORITY:
                return Door.OURS, f"证书的签发机构不在信任列表中: {why.verify_message}", False
            return Door.TLS, f"证书无效: {why.verify_message}", False
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return Door.TLS, f"TLS 握手失败: {getattr(cause, 'reason', None) or type(cause).__name__}", False
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError():
            return Door.RESET, "连接中断", False
    number = getattr(cause, "errno", None)
    if number in ERRNO:
        return ERRNO[number], SAID[ERRNO[number]], number == errno.ETIMEDOUT
    if isinstance(error, Refused):
        return Door.OURS, f"{error}, 不予访问", False
    if number is not None:
        return Door.OURS, f"本机网络错误: {os.strerror(number)}", True
    return Door.OURS, f"应答不合 HTTP 规范: {type(error).__name__}", False


class Undecodable(Exception):
    """A body that cannot be decoded, or that would grow beyond all bounds."""


def decoded(body: bytes, encodings: str, most: int) -> bytes:
    """The body without its content encodings; Undecodable beyond `most` bytes or for an unknown encoding.

    A server that names gzip and sends none is common; then the body is taken as it is.
    """
    for encoding in reversed([e.strip().lower() for e in encodings.split(",") if e.strip()]):
        if encoding in ("gzip", "x-gzip"):
            body = _inflated(body, GZIP, most) if body[:2] == MAGIC else body
        elif encoding == "deflate":
            # RFC 9110 means zlib's format; some servers send the bare one.
            body = _inflated(body, 15 if body[:1] == b"\x78" else -15, most) if body else body
        elif encoding != "identity":
            raise Undecodable(f"无法解码 {encoding}")
    return body


def _inflated(body: bytes, form: int, most: int) -> bytes:
    text, because = unpacked(body, form, most)
    if because:
        raise Undecodable(because)
    return text


@cache
def our_name() -> str:
    """The User-Agent, asked of the settings once."""
    return settings.user_agent()


def said(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a request: who we are, and what the errand adds."""
    return {
        "User-Agent": our_name(),
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language": "zh-CN,zh;q=0.9",
        "Accept-Encoding": "gzip, deflate",
        **headers,
    }


class Refused(Exception):
    """The guard does not let us connect."""


class Proxies:
    """HTTP_PROXY, HTTPS_PROXY and NO_PROXY, read once."""

    def __init__(self) -> None:
        self._known = {
            k: (v if "://" in v else f"http://{v}") for k, v in getproxies_environment().items() if k != "no"
        }
        self._except = {"no": getproxies_environment().get("no", "")}
        self.hosts = frozenset(host_of(url) for url in self._known.values())

    def of(self, url: str) -> str:
        """The proxy for a URL; empty: none."""
        if not self._known:
            return ""
        parts = urlsplit(url)
        proxy = self._known.get(parts.scheme) or self._known.get("all") or ""
        return "" if proxy and proxy_bypass_environment(parts.netloc, self._except) else proxy


class Names(AbstractResolver):
    """Resolves each name once a process, so that what was checked is what is connected to."""

    def __init__(self, guard: Guard, gates: frozenset[str]) -> None:
        self._guard = guard
        self._gates = gates  # our proxies may stand in our own network
        self._known: dict[str, list[tuple[socket.AddressFamily, str]]] = {}
        self._turned: set[str] = set()
        self._pool = ThreadPoolExecutor(32, thread_name_prefix="names")  # a dead resolver holds a thread for long

    def address(self, host: str) -> str:
        known = self._known.get(host)
        return known[0][1] if known else host

    def turn(self, host: str) -> None:
        """Ask for a name anew, and try its addresses from the other end: the other family first, if it has two."""
        if self._known.pop(host, None) is not None:
            self._turned ^= {host}

    async def settle(self, host: str, seconds: float) -> tuple[float, tuple[Door, str, bool] | None]:
        """Resolve a name and check it: how long it took, and None if we may connect, else how the knock ended.

        The time runs from when a thread of ours takes the name up, so that our own queue is nobody's slowness.
        """
        if host in self._known or is_literal(host):
            return 0.0, None
        began = [time.monotonic()]
        try:
            async with asyncio.timeout(seconds):
                await self._addresses(host, began)
        except TimeoutError:
            ended = Door.OURS, "域名解析服务没有应答", True
        except Refused as error:
            ended = Door.OURS, f"{error}, 不予访问", False
        except socket.gaierror as error:
            nobody = error.errno in (socket.EAI_NONAME, socket.EAI_NODATA)
            ended = Door.DNS, NO_SUCH_NAME if nobody else f"域名解析失败: {error.strerror}", True
        else:
            ended = None
        return time.monotonic() - began[-1], ended

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """For aiohttp's connector: the checked addresses, never others."""
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, address in await self._addresses(host)
            if family in (socket.AF_UNSPEC, kind)
        ]

    async def close(self) -> None:
        """Called with each session; the known names stay."""

    def shut(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _addresses(self, host: str, began: list[float] | None = None) -> list[tuple[socket.AddressFamily, str]]:
        if host not in self._known and is_literal(host):
            return [(socket.AF_INET6 if ":" in host else socket.AF_INET, host)]  # the guard has seen it in the URL
        if host not in self._known:

            def ask() -> list[Any]:
                if began is not None:
                    began.append(time.monotonic())
                return socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)

            asked = asyncio.get_running_loop().run_in_executor(self._pool, ask)
            found: list[tuple[socket.AddressFamily, str]] = list(
                dict.fromkeys((family, str(where[0])) for family, *_, where in await asked)
            )
            for _, address in found:
                refusal = "" if host in self._gates else self._guard.refuses_address(host, address)
                if refusal:
                    raise Refused(refusal)
            self._known[host] = found[::-1] if host in self._turned else found
        return self._known[host]


async def _listens(proxy: str) -> bool:
    """Whether anybody takes connections at a proxy's address."""
    parts = urlsplit(proxy)
    try:
        async with asyncio.timeout(GATE_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _body(response: aiohttp.ClientResponse, most: int) -> tuple[bytes, bool]:
    """The body as received, de-chunked, and whether it ended within bounds."""
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > most:
            response.close()
            return b"".join(pieces), False
        pieces.append(piece)
    return b"".join(pieces), True


def _header(headers: list[tuple[str, str]], name: str) -> str:
    return ", ".join(value for known, value in headers if known.lower() == name)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
