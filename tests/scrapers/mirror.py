"""A little server on the loopback that is a forward proxy for hosts of its own writing, and a plain server too."""

import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOST = "jyj.example.gov.cn"
TODAY = date.today()  # pages of the mirror are as new as the visit


@dataclass
class Reply:
    """One answer: what is sent, how late, and in what bad manner."""

    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # before the first byte
    gzipped: bool = False
    chunked: bool = False
    reset: bool = False  # the connection is torn instead of answered
    cut: bool = False  # less comes than was announced


@dataclass
class Mirror:
    """Pages by URL. `asked` notes every request, `most_at_once` how many were under way together."""

    pages: dict[str, Reply | Callable[[], Reply]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                with suppress(ConnectionError):  # the client hung up, as an errand that is killed does
                    mirror.answer(self)

            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                with suppress(ConnectionError):
                    mirror.answer(self, form)

            def do_CONNECT(self) -> None:
                self.send_response(403)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler, form: str = "") -> None:
        url = handler.path if "://" in handler.path else f"http://{handler.headers['Host']}{handler.path}"
        url = f"{url} {form}" if form else url
        with self._lock:
            self.asked.append(url)
            self.headers.append(dict(handler.headers.items()))
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            found = self.pages.get(url)
            if found is None and not urlsplit(url).path:
                found = self.pages.get(url + "/")
            self.send(handler, found() if callable(found) else found or Reply("<title>404</title>", 404))
        finally:
            with self._lock:
                self._now -= 1

    @staticmethod
    def send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        time.sleep(reply.seconds)
        if reply.reset:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
            handler.close_connection = True
            return
        body = reply.body.encode() if isinstance(reply.body, str) else reply.body
        headers = {"Content-Type": "text/html; charset=utf-8"} | reply.headers
        if reply.gzipped:
            body = gzip.compress(body, mtime=0)
            headers["Content-Encoding"] = "gzip"
        handler.send_response(reply.status)
        for name, value in headers.items():
            handler.send_header(name, value)
        if reply.chunked:
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            middle = len(body) // 2
            for piece in (body[:middle], body[middle:]):
                handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" if piece else b"")
            handler.wfile.write(b"0\r\n\r\n")
            return
        handler.send_header("Content-Length", str(len(body) + (1000 if reply.cut else 0)))
        handler.end_headers()
        handler.wfile.write(body)
        if reply.cut:
            handler.close_connection = True


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def list_page(name: str, items: list[tuple[str, str, str]], following: str = "") -> str:
    """A column's page as many systems print it: items as (address, title, day)."""
    lines = "".join(f'<li><a href="{url}">{title}</a><span>{day}</span></li>' for url, title, day in items)
    more = f'<div class="page"><a href="{following}">下一页</a></div>' if following else ""
    return (
        f"<html><head><title>{name}-市教育局</title><meta name='ColumnName' content='{name}'></head><body>"
        f"<div class='crumb'>当前位置：<a href='/'>首页</a> &gt; {name}</div>"
        f"<ul class='list'>{lines}</ul>{more}<div>版权所有 市教育局</div></body></html>"
    )


def home_page(columns: list[tuple[str, str]], items: list[tuple[str, str, str]]) -> str:
    menu = "".join(f'<li><a href="{url}">{name}</a></li>' for url, name in columns)
    lines = "".join(f'<li><a href="{url}">{title}</a><span>{day}</span></li>' for url, title, day in items)
    return (
        f"<html><head><title>市教育局</title></head><body><ul class='nav'><li><a href='/'>首页</a></li>{menu}</ul>"
        f"<div class='news'><h3>工作动态</h3><ul>{lines}</ul></div>"
        "<div class='foot'>主办：市教育局 网站标识码：3415000001 皖ICP备00000000号</div></body></html>"
    )


NEWS = [(f"/gzdt/{n}.html", f"全市教育系统开展第{n}次工作部署会议", days_ago(n)) for n in range(1, 9)]
OLD = [(f"/zcwj/{n}.html", f"关于印发第{n}号规范性文件的通知要求", days_ago(300 + n)) for n in range(1, 9)]


def write_site(mirror: Mirror, host: str = HOST) -> None:
    """A small site: two columns and a home page."""
    base = f"http://{host}"
    columns = [("/gzdt/index.html", "工作动态"), ("/zcwj/index.html", "政策文件")]
    mirror.pages[f"{base}/"] = Reply(home_page(columns, NEWS), gzipped=True)
    mirror.pages[f"{base}/gzdt/index.html"] = Reply(list_page("工作动态", NEWS), gzipped=True)
    mirror.pages[f"{base}/zcwj/index.html"] = Reply(list_page("政策文件", OLD), chunked=True)
