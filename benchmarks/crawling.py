"""What a cold errand costs beside other crawlers on the same pages, its start, extraction and landing included.

    python benchmarks/crawling.py [--sites 16] [--pages 96] [--kilobytes 15] [--rounds 2] [--charset]

Goals (performance.md 1 to 4 and 15), per page: CPU at most 0.4 of bare Scrapy's and 0.3 of LinkChecker's, 2.5 and 4
times their pages a second; what the errand takes more than a tuned Scrapy that only fetches, at most half of what that
takes; peak memory at most 40 MB more than bare Scrapy's.

Each page is a column of twenty dated items, gzipped and, unless `--charset`, without a charset, as plain servers send
it. Nobody asks for the items' own pages. The server, which counts the pages, and the database are processes of their
own and not in the figures. The crawlers take turns in every round and a ratio is formed within one; a small round
before them compiles what they import. LinkChecker is left out where it is not installed (`pip install .[benchmark]`).
"""

import argparse
import asyncio
import gzip
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

import uvloop

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from inspectorate.register import Register, Site, Unit  # noqa: E402
from inspectorate.store import cluster, database, register  # noqa: E402
from tests.scrapers.mirror import home_page, list_page  # noqa: E402

AT_ONCE = 16
ASKED = "http://benchmark.invalid/asked"  # how many pages were given since it was asked last
PAGE = r"/(?:lm\d+/index\.html)?$"

SCRAPY = """
import sys, scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor
class Follow(scrapy.Spider):
    name = "follow"
    links = LinkExtractor(allow=sys.argv[2])
    async def start(self):
        for url in open(sys.argv[1]):
            yield scrapy.Request(url.strip())
    def parse(self, response):
        for link in self.links.extract_links(response):
            yield scrapy.Request(link.url)
process = CrawlerProcess({"CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16, "DOWNLOAD_DELAY": 0,
    "LOG_LEVEL": "ERROR"})
process.crawl(Follow)
process.start()
"""

# Fetches a list of addresses and nothing else. It never guesses the encoding of compressed bytes, and has no hundred
# tasks a response: as quick as Scrapy becomes by settings.
TUNED = """
import sys, scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Response
class Plain(HttpCompressionMiddleware):
    def process_response(self, request, response, *args):
        raw = Response(response.url, response.status, response.headers, response.body, response.flags, request)
        return super().process_response(request, raw, *args)
class Fetch(scrapy.Spider):
    name = "fetch"
    async def start(self):
        for url in open(sys.argv[1]):
            yield scrapy.Request(url.strip(), dont_filter=True)
    def parse(self, response):
        pass
process = CrawlerProcess({"CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16, "DOWNLOAD_DELAY": 0,
    "LOG_LEVEL": "ERROR", "CONCURRENT_ITEMS": 2, "DOWNLOADER_MIDDLEWARES": {
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None, Plain: 590}})
process.crawl(Fetch)
process.start()
"""

# As root it becomes another user, who may not be able to read this Python.
LINKCHECKER = """
import os, sys
os.seteuid = lambda user: None
from linkcheck.command.linkchecker import linkchecker
sys.exit(linkchecker())
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One crawler's round."""

    pages: int
    seconds: float
    cpu: float
    megabytes: float  # peak of its largest process

    @property
    def cpu_a_page(self) -> float:
        return self.cpu / self.pages

    @property
    def rate(self) -> float:
        return self.pages / self.seconds


def host_of(number: int) -> str:
    return f"s{number}.example.gov.cn"


def write_pages(sites: int, pages: int, kilobytes: int) -> dict[str, bytes]:
    """Address → gzipped body: of every site a home page and so many columns."""
    text = "<p>各县区教育局，市直各学校，现将有关事项通知如下。</p>" * (kilobytes * 13)
    days = [(date.today() - timedelta(days=n)).isoformat() for n in range(20)]
    columns = [(f"/lm{n}/index.html", f"通知公告{n}") for n in range(pages - 1)]
    made = {}
    for number in range(sites):
        for n, (path, name) in enumerate([("/", ""), *columns]):
            items = [
                (f"/lm{n}/{i}.html", f"关于印发第{n}批第{i}号工作方案的通知要求", day) for i, day in enumerate(days)
            ]
            page = list_page(name, items) if name else home_page(columns, items)
            whole = page.replace("</body>", f"<div>{text}{number}</div></body>")
            made[f"http://{host_of(number)}{path}"] = gzip.compress(whole.encode(), mtime=0)
    return made


def serve(pages: dict[str, bytes], charset: bool, ready: "multiprocessing.Queue[int]") -> None:
    """A forward proxy for hosts of its own; LinkChecker goes slowly where it is not told otherwise."""
    given: set[str] = set()
    kind = b"text/html; charset=utf-8" if charset else b"text/html"
    answer = b"HTTP/1.1 %s\r\nContent-Type: %s\r\n%sLinkChecker: yes\r\nContent-Length: %d\r\n\r\n"

    def reply(url: str) -> bytes:
        if url == ASKED:
            told = str(len(given)).encode()
            given.clear()
            return answer % (b"200 OK", b"text/plain", b"", len(told)) + told
        body = pages.get(url)
        if body is None:
            return answer % (b"404 Not Found", b"text/plain", b"", 0)
        given.add(url)
        return answer % (b"200 OK", kind, b"Content-Encoding: gzip\r\n", len(body)) + body

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while asked := await reader.readuntil(b"\r\n\r\n"):
                writer.write(reply(asked.split(b" ", 2)[1].decode()))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        door = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=1000)
        ready.put(door.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    uvloop.run(run())


def measure(argv: list[str | Path], environment: dict[str, str]) -> Run:
    """Run one crawler; the server says how many pages it was given."""
    asked(environment)
    began = time.monotonic()
    process = subprocess.Popen(argv, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):  # LinkChecker's 1: it found a link that does not open
        raise ChildProcessError(f"{argv[1]} ended {process.returncode}")
    return Run(asked(environment), seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def asked(environment: dict[str, str]) -> int:
    os.environ["http_proxy"] = environment["http_proxy"]
    with urlopen(ASKED) as told:
        return int(told.read())


@contextmanager
def registered(sites: int, environment: dict[str, str], folder: Path) -> Iterator[dict[str, str]]:
    """A house of its own in which the sites are registered and nothing was seen yet."""
    folder.mkdir()
    with cluster.embedded(folder / "home") as url:
        with closing(database.connect(url)) as connection:
            database.migrate(connection)
            rows = [
                Site(f"34150{n:05}", f"市教育局{n}", "U1", "department", f"http://{host_of(n)}/") for n in range(sites)
            ]
            held = Register((Unit("U1", "市教育局", "department"),), tuple(rows))
            register.merge(connection, held, "benchmark", date(2020, 1, 1), False)
        state = {"INSPECTORATE_DSN": url, "INSPECTORATE_HOME": str(folder / "state")}
        yield environment | state | {"INSPECTORATE_DELAY": "0", "INSPECTORATE_BROWSER": "none"}


def take_turns(sites: int, pages: list[str], environment: dict[str, str], folder: Path) -> dict[str, Run]:
    """One round: every crawler once."""
    homes, all_of_them = folder / "homes", folder / "pages"
    homes.write_text("\n".join(f"http://{host_of(n)}/" for n in range(sites)))
    all_of_them.write_text("\n".join(pages))
    hasty = "[checking]\nmaxrequestspersecond=100000\n"  # else three a second, as all hosts are one behind a proxy
    for name, text in (("follow.py", SCRAPY), ("fetch.py", TUNED), ("linkcheckerrc", hasty)):
        (folder / name).write_text(text)
    found = {
        "scrapy": measure([sys.executable, folder / "follow.py", homes, PAGE], environment),
        "fetch": measure([sys.executable, folder / "fetch.py", all_of_them], environment),
    }
    if find_spec("linkcheck"):
        options = ["--no-status", "--no-robots", "--output", "none", "--config", str(folder / "linkcheckerrc")]
        options += ["--threads", str(AT_ONCE), "--recursion-level", "-1", "--ignore-url", r"/lm\d+/\d+\.html$"]
        argv = [sys.executable, "-c", LINKCHECKER, *options, *homes.read_text().split()]
        found["linkchecker"] = measure(argv, environment | {"HOME": str(folder)})
    with registered(sites, environment, folder / f"house{time.monotonic_ns()}") as house:
        errand = [sys.executable, "-m", "scrapers", "site", "--at-once", str(AT_ONCE), "--budget", str(2 * len(pages))]
        found["errand"] = measure(errand, house)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=16)
    parser.add_argument("--pages", type=int, default=96, help="a site")
    parser.add_argument("--kilobytes", type=int, default=15, help="a page, before compression")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--charset", action="store_true", help="the server says it, and nobody has to guess")
    given = parser.parse_args()
    pages = write_pages(given.sites, given.pages, given.kilobytes)
    assert all(re.search(PAGE, url) for url in pages)
    ready: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(pages, given.charset, ready), daemon=True)
    server.start()
    proxy = f"http://127.0.0.1:{ready.get()}"
    environment = os.environ | {"http_proxy": proxy, "HTTP_PROXY": proxy}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["INSPECTORATE_TEST_VOLATILE"] = "1"
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o711)  # as root the database is another user, who must get through
        environment["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
        take_turns(1, [url for url in pages if f"//{host_of(0)}/" in url], environment, folder)
        rounds = [take_turns(given.sites, list(pages), environment, folder) for _ in range(given.rounds)]
    server.terminate()
    tell(rounds)


def tell(rounds: list[dict[str, Run]]) -> None:
    for name in rounds[0]:
        runs = [each[name] for each in rounds]
        cpu = statistics.median(each["errand"].cpu_a_page / each[name].cpu_a_page for each in rounds)
        speed = statistics.median(each["errand"].rate / each[name].rate for each in rounds)
        cpu_ms, rate = 1000 * statistics.median(r.cpu_a_page for r in runs), statistics.median(r.rate for r in runs)
        print(
            f"{name:12} {runs[-1].pages:6} pages, {rate:6.0f} a second, {cpu_ms:6.2f} CPU ms a page,"
            f" peak {max(r.megabytes for r in runs):4.0f} MB | the errand: CPU {cpu:5.2f}, speed {speed:5.2f}"
        )


if __name__ == "__main__":
    main()
