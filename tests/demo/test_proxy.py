"""The mirror's proxy answers for its hosts, and names its errors for all others."""

import gzip
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from demo.build import build
from demo.model import City

AT = datetime(2026, 11, 24, 13, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
ROOT = Path(__file__).parents[2]


class Line:
    """One plain connection to the proxy."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.file = self.socket.makefile("rb")

    def ask(self, url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self.socket.sendall(f"{method} {url} HTTP/1.1\r\n{fields}\r\n".encode())
        status = int(self.file.readline().split()[1])
        found = {}
        while (line := self.file.readline().decode().strip()) != "":
            name, _, value = line.partition(": ")
            found[name.lower()] = value
        return status, found, b"" if method == "HEAD" else self.file.read(int(found["content-length"]))


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[City, int]]:
    home = tmp_path_factory.mktemp("mirror")
    city = build(home, 4, AT)
    argv = [sys.executable, "-m", "demo", "serve", "--home", str(home)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        first = process.stdout.readline()
        assert first.startswith("proxy: http://127.0.0.1:")
        yield city, int(first.rpartition(":")[2])
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stdout.close()


@pytest.fixture
def line(served) -> Iterator[Line]:
    line = Line(served[1])
    yield line
    line.file.close()
    line.socket.close()


def role(city: City, name: str):
    return next(site for site in city.running if site.role == name)


def test_a_host_that_nobody_knows_is_named_as_a_dns_error(line: Line) -> None:
    status, headers, _ = line.ask("http://nobody.gov.cn/")
    assert (status, headers["proxy-status"]) == (502, "demo; error=dns_error")


def test_a_dead_host_is_named_with_its_own_error(served, line: Line) -> None:
    suspended = next(site for site in served[0].sites if site.status == "suspended")
    status, headers, _ = line.ask(suspended.home)
    assert (status, headers["proxy-status"]) in (
        (502, "demo; error=connection_refused"),
        (504, "demo; error=connection_timeout"),
    )


def test_a_tunnel_is_refused_and_the_refusal_is_the_proxys_own(served) -> None:
    line = Line(served[1])
    status, headers, _ = line.ask("m.weibo.cn:443", "CONNECT")
    assert (status, headers["proxy-status"]) == (403, "demo; error=http_request_denied")
    line.file.close()
    line.socket.close()


def test_pages_are_compressed_for_those_who_ask_and_the_same_in_plain(served, line: Line) -> None:
    home = role(served[0], "edge_counts").home
    _, plain_headers, plain = line.ask(home)
    _, headers, packed = line.ask(home, Accept_Encoding="gzip")
    assert headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain_headers
    assert gzip.decompress(packed) == plain


def test_a_head_request_tells_the_length_and_sends_nothing(served, line: Line) -> None:
    home = role(served[0], "edge_counts").home
    assert line.ask(home, "HEAD")[1]["content-length"] == str(len(line.ask(home)[2]))


def test_lost_pages_are_404_except_on_the_sites_that_say_so_in_a_page(served, line: Line) -> None:
    city = served[0]
    honest = next(site for site in city.running if "soft404" not in site.flags and site.role != "walled")
    soft = role(city, "unreadable")
    assert line.ask(f"{honest.home}no/such/page.html")[0] == 404
    status, _, body = line.ask(f"{soft.home}no/such/page.html")
    assert status == 200
    assert "不存在" in body.decode()


def test_the_walled_site_answers_every_address_alike(served, line: Line) -> None:
    walled = role(served[0], "walled")
    answers = [line.ask(walled.home + path) for path in ("", "robots.txt", "x/y.html")]
    [(status, body)] = {(status, body) for status, _, body in answers}
    assert status == 412 or "维护".encode() in body


def test_the_unreadable_sites_columns_answer_as_they_were_seeded(served, line: Line) -> None:
    site = role(served[0], "unreadable")
    said = {c.trap: line.ask(c.url) for c in site.leaves if c.trap and c.trap != "link_out"}
    assert said["refused"][0] == 403
    assert said["broken"][0] == 500
    assert said["captcha"][0] == said["missing"][0] == said["script"][0] == said["frame"][0] == 200
    assert b"<iframe" in said["frame"][2]
    assert "Disallow: /oa/" in line.ask(f"{site.home}robots.txt")[2].decode()
    assert next(c for c in site.leaves if c.trap == "forbidden").path.startswith("/oa/")


def test_weibo_is_asked_in_any_order_and_shows_pinned_posts_and_walls(served, line: Line) -> None:
    accounts = {a.role: a for a in served[0].accounts if a.platform == "weibo"}
    pinned = accounts["pinned"]
    base = "http://m.weibo.cn/api/container/getIndex"
    asked = line.ask(f"{base}?page=1&containerid=107603{pinned.uid}&value={pinned.uid}&type=uid")[2]
    cards = json.loads(asked)["data"]["cards"]
    assert cards[0]["card_type"] == 11
    assert cards[0]["card_group"][0]["mblog"]["isTop"] == 1
    assert cards[1]["mblog"]["created_at"].endswith("2026")
    wall = json.loads(line.ask(f"{base}?containerid=107603{accounts['wall_filed'].uid}")[2])
    assert wall["ok"] == -100
    user = json.loads(line.ask(f"{base}?type=uid&value={pinned.uid}")[2])["data"]["userInfo"]
    assert user["screen_name"] == pinned.name


def test_every_feed_is_served_in_its_own_format(served, line: Line) -> None:
    for account in served[0].accounts:
        if account.feed:
            status, _, body = line.ask(account.address)
            assert status == 200
            mark = {"rss": b"<rss", "atom": b"<feed", "json": b"jsonfeed.org"}[account.feed]
            assert mark in body
            assert account.name in body.decode()


def test_a_proxy_that_is_fed_ends_with_whoever_fed_it(tmp_path: Path) -> None:
    build(tmp_path, 4, AT)
    argv = [sys.executable, "-m", "demo", "serve", "--home", str(tmp_path), "--while-fed"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout.readline().startswith("proxy: ")
        process.stdin.close()
        assert process.wait(10) == 0
