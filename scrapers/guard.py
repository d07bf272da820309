"""Which addresses we may knock at: what the register lists, and otherwise only what the open internet can reach."""

import ipaddress
import socket
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
HOME_NAMES = ("localhost", "local", "internal", "localdomain", "home.arpa")  # as the whole name or its last label


class Guard:
    """Keeps a page or a redirect from sending us into our own network.

    Hosts that the register lists are allowed wherever they are: a city's sites may stand on the government intranet.
    """

    def __init__(self, listed: Iterable[str]) -> None:
        self._listed = {known for url in listed if (known := host_of(url))}

    def lists(self, host: str) -> bool:
        return host in self._listed

    def refuses_url(self, url: str) -> str:
        """Why this address may not be asked, by its text alone; empty: it may. Asked again after every redirect."""
        return malformed(url) or ("" if host_of(url) in self._listed else _at_home(host_of(url)))

    def refuses_address(self, host: str, address: str) -> str:
        """Why we may not connect to what a name resolved to; empty: we may."""
        if host in self._listed:
            return ""
        literal = _literal(address)
        if literal is None or not _public(literal):
            return f"域名 {host} 解析到本机或内网地址"
        return ""


@lru_cache(1 << 14)
def malformed(url: str) -> str:
    """Why a URL's text forbids it, whoever it names."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "网址无法解析"
    if parts.scheme not in ("http", "https"):
        return f"不支持的网址类型 {parts.scheme or '空'}"
    return "" if host_of(url) else "网址没有主机名"


def _at_home(host: str) -> str:
    """Why a host that the register does not list must not be asked, by its text."""
    if any(host == name or host.endswith(f".{name}") for name in HOME_NAMES):
        return "网址指向本机或内网"
    literal = _literal(host)
    return "网址指向本机或内网地址" if literal is not None and not _public(literal) else ""


def led_to(url: str, location: str) -> str:
    """Where an answer sends its reader on; what is no address stays as it stands, for the guard to refuse."""
    try:
        return urljoin(url, location)
    except ValueError:
        return location


@lru_cache(1 << 14)
def host_of(url: str) -> str:
    """The host of a URL, in lower case and ASCII, without a last dot; empty if there is none."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".").lower()
        return host if host.isascii() else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        return ""


@lru_cache(1 << 14)
def is_literal(host: str) -> bool:
    """Whether a host is an address in its usual form."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _literal(host: str) -> Address | None:
    """An address written as one, in the odd forms too that connect() understands: 127.1, 0x7f000001, 017700000001."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    if not host[:1].isdigit():
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _public(inner)
    return address.is_global and not address.is_multicast
