"""The one door: how a knock ends, and whose fault it is, against servers that misbehave."""

import asyncio
import gzip
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from inspectorate.evidence import Answer, Door
from scrapers.door import Cookies, Knock, Limits, Network, Undecodable, decoded, outcome_of
from scrapers.guard import Guard
from scrapers.warc import Recorder
from tests.scrapers.mirror import Mirror, Reply

SITE = "http://jyj.example.gov.cn/"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture
def knock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Knock]:
    """Knock once, through a proxy if one is named; whatever was listed may be asked."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)

    def knock_once(
        url: str, proxy: str = "", listed: tuple[str, ...] = (), seconds: float = 3.0, **limits: int
    ) -> Knock:
        if proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy)
            monkeypatch.setenv("HTTPS_PROXY", proxy)

        async def once() -> Knock:
            landed: list[Answer] = []
            recorder = Recorder(tmp_path, "test")
            network = Network(recorder, Guard(listed), landed.append, Limits(seconds=seconds, **limits))
            ended = await network.knock(url, {})
            await network.close()
            recorder.close()
            return ended

        return asyncio.run(once())

    return knock_once


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def test_an_answer_opens_and_says_how_long_it_took(mirror: Mirror, knock: Callable[..., Knock]) -> None:
    mirror.pages[SITE] = Reply("<title>市教育局</title>", seconds=0.3, gzipped=True)
    ended = knock(SITE, mirror.address)
    assert (ended.outcome, ended.status, ended.body.decode()) == (Door.OPENED, 200, "<title>市教育局</title>")
    assert ended.seconds is not None
    assert 0.3 <= ended.seconds < 2
    assert ended.answer is not None


def test_we_say_who_we_are(mirror: Mirror, knock: Callable[..., Knock]) -> None:
    mirror.pages[SITE] = Reply("x")
    knock(SITE, mirror.address)
    assert mirror.headers[0]["User-Agent"].startswith("Inspectorate/")


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(status=404), Door.HTTP_ERROR),
        (Reply(status=502), Door.HTTP_ERROR),
        (Reply(status=401), Door.WALL),
        (Reply(status=403), Door.WALL),
        (Reply(status=412), Door.WALL),
        (Reply(status=429), Door.WALL),
        (Reply(status=407), Door.OURS),
        (Reply(status=502, headers={"Proxy-Status": "p; error=dns_error; rcode=NXDOMAIN"}), Door.DNS),
        (Reply(status=502, headers={"Proxy-Status": 'a, p; details="x"; error=connection_refused'}), Door.REFUSED),
        (Reply(status=504, headers={"Proxy-Status": "p;error=connection_timeout"}), Door.TIMEOUT),
        (Reply(status=500, headers={"Proxy-Status": "p; error=proxy_internal_error"}), Door.OURS),
        (Reply(status=503, headers={"X-Squid-Error": "ERR_DNS_FAIL 0"}), Door.DNS),
        (Reply(status=503, headers={"X-Squid-Error": "ERR_CONNECT_FAIL 111"}), Door.REFUSED),
        (Reply(status=503, headers={"X-Squid-Error": "ERR_CONNECT_FAIL 110"}), Door.TIMEOUT),
        (Reply(status=403, headers={"X-Squid-Error": "ERR_ACCESS_DENIED 0"}), Door.OURS),
        (Reply(reset=True), Door.RESET),
        (Reply("half", cut=True), Door.RESET),
        (Reply(seconds=1.5), Door.TIMEOUT),
    ],
)
def test_a_failure_is_known_by_status_by_what_the_proxy_names_or_by_how_it_breaks(
    mirror: Mirror, knock: Callable[..., Knock], reply: Reply, outcome: Door
) -> None:
    mirror.pages[SITE] = reply
    ended = knock(SITE, mirror.address, seconds=0.7)
    assert ended.outcome is outcome
    assert ended.because


def test_without_a_proxy_nobody_is_believed_who_speaks_as_one() -> None:
    told = [("Proxy-Status", "p; error=proxy_internal_error")]
    assert outcome_of(502, told, proxied=False)[0] is Door.HTTP_ERROR


def test_a_dead_proxy_is_ours(knock: Callable[..., Knock]) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    for url in (SITE, SITE.replace("http:", "https:")):
        ended = knock(url, dead)
        assert (ended.outcome, ended.local) == (Door.OURS, True)


def test_a_proxy_that_refuses_the_tunnel_is_ours(mirror: Mirror, knock: Callable[..., Knock]) -> None:
    assert knock("https://jyj.example.gov.cn/", mirror.address).outcome is Door.OURS


def test_a_refused_connection_is_theirs(knock: Callable[..., Knock]) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    ended = knock(url, listed=(url,))
    assert (ended.outcome, ended.local) == (Door.REFUSED, False)


def test_the_address_that_was_asked_is_told_but_never_a_proxys(
    mirror: Mirror, knock: Callable[..., Knock], monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.pages[SITE] = Reply("x")
    assert knock(SITE, mirror.address).address == ""
    monkeypatch.delenv("HTTP_PROXY")
    url = f"http://localhost:{free_port()}/"
    assert knock(url, listed=(url,)).address in ("127.0.0.1", "::1")


def test_a_name_that_nobody_knows_is_theirs_only_if_somebody_else_can_be_reached(knock: Callable[..., Knock]) -> None:
    ended = knock("http://no-such-host.invalid/")
    assert (ended.outcome, ended.local) == (Door.DNS, True)


def test_no_proxy_is_honoured(mirror: Mirror, knock: Callable[..., Knock], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    mirror.pages[f"{mirror.address}/"] = Reply("direct")
    ended = knock(f"{mirror.address}/", f"http://127.0.0.1:{free_port()}", listed=(mirror.address,))
    assert ended.body == b"direct"


def test_an_address_of_our_own_network_is_not_asked(mirror: Mirror, knock: Callable[..., Knock]) -> None:
    ended = knock(f"{mirror.address}/")
    assert (ended.outcome, mirror.asked) == (Door.OURS, [])
    assert "不予访问" in ended.because


def test_a_name_that_leads_to_this_machine_is_not_asked(mirror: Mirror, knock: Callable[..., Knock]) -> None:
    name = socket.gethostname()
    if not any(where[0].startswith("127.") for *_, where in socket.getaddrinfo(name, None, socket.AF_INET)):
        pytest.skip("this machine's name does not lead to its loopback")
    ended = knock(f"http://{name}:{mirror.port}/")
    assert (ended.outcome, mirror.asked) == (Door.OURS, [])


def certificate(folder: Path, *more: str) -> tuple[Path, Path]:
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2"],
            *["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", *more],
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


def tls(mirror: Mirror, folder: Path) -> str:
    """Serve the mirror behind TLS with a certificate that only SSL_CERT_FILE can vouch for."""
    cert, key = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    mirror._server.socket = context.wrap_socket(mirror._server.socket, server_side=True)
    return f"https://127.0.0.1:{mirror.port}/"


def test_a_certificate_that_signed_itself_is_a_fault_of_tls(
    mirror: Mirror, knock: Callable[..., Knock], tmp_path: Path
) -> None:
    url = tls(mirror, tmp_path)
    assert knock(url, listed=(url,)).outcome is Door.TLS


def test_ssl_cert_file_is_honoured(
    mirror: Mirror, knock: Callable[..., Knock], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = tls(mirror, tmp_path)
    mirror.pages[url.replace("https", "http")] = Reply("vouched for")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    ended = knock(url, listed=(url,))
    assert (ended.outcome, ended.body) == (Door.OPENED, b"vouched for")


def test_no_tls_where_tls_should_be_is_a_fault_of_tls(mirror: Mirror, knock: Callable[..., Knock]) -> None:
    url = f"https://127.0.0.1:{mirror.port}/"
    assert knock(url, listed=(url,)).outcome is Door.TLS


def test_a_body_beyond_bounds_is_not_swallowed(mirror: Mirror, knock: Callable[..., Knock]) -> None:
    mirror.pages[SITE] = Reply(b"x" * 300_000)
    ended = knock(SITE, mirror.address, body_bytes=100_000)
    assert (ended.outcome, ended.answer) == (Door.OURS, None)


def test_a_compressed_bomb_does_not_go_off(mirror: Mirror, knock: Callable[..., Knock]) -> None:
    bomb = gzip.compress(b"0" * 30_000_000)
    mirror.pages[SITE] = Reply(bomb, headers={"Content-Encoding": "gzip"})
    ended = knock(SITE, mirror.address, decoded_bytes=1_000_000)
    assert (ended.outcome, ended.body) == (Door.OURS, b"")
    assert ended.answer is not None


def test_a_body_that_only_says_that_it_is_compressed_is_taken_as_it_is() -> None:
    assert decoded(b"<html>", "gzip", 100) == b"<html>"
    with pytest.raises(Undecodable, match="不完整"):
        decoded(gzip.compress(b"x" * 1000)[:-12], "gzip", 10_000)
    with pytest.raises(Undecodable, match="br"):
        decoded(b"x", "br", 100)


def test_after_429_a_host_is_asked_no_more(mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", mirror.address)
    mirror.pages[SITE] = Reply(status=429)

    async def thrice() -> list[Knock]:
        network = Network(Recorder(tmp_path, "test"), Guard([]), lambda answer: None)
        ended = [await network.knock(SITE + path, {}) for path in ("", "a", "b")]
        await network.close()
        return ended

    assert [k.outcome for k in asyncio.run(thrice())] == [Door.WALL] * 3
    assert mirror.asked == [SITE]


def test_hosts_that_share_an_address_share_its_limit(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    hosts = [f"127.0.0.1:{mirror.port}", f"localhost:{mirror.port}"]
    for host in hosts:
        mirror.pages[f"http://{host}/"] = Reply("x", seconds=0.15)

    async def all_at_once() -> None:
        listed = [f"http://{host}/" for host in hosts]
        network = Network(Recorder(tmp_path, "test"), Guard(listed), lambda answer: None, Limits(per_address=2))
        await asyncio.gather(*(network.knock(url, {}) for url in listed * 4))
        await network.close()

    asyncio.run(all_at_once())
    # Of eight at once. The server may still count a request whose last byte we have read already.
    assert 2 <= mirror.most_at_once <= 3


def test_cookies_are_said_again_to_their_host_only() -> None:
    jar = Cookies()
    jar.heard("a.gov.cn", Knock(SITE, None, Door.OPENED, headers=(("Set-Cookie", "id=7; Path=/"),)))  # type: ignore[arg-type]
    assert jar.said_to("a.gov.cn") == {"Cookie": "id=7"}
    assert jar.said_to("b.gov.cn") == {}
