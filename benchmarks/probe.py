"""What a round of probing costs beside a bare socket client: distinct loopback addresses, a new connection each.

    python benchmarks/probe.py [--addresses 1000] [--rounds 5] [--scrapy]
    python benchmarks/probe.py --addresses 5000 --silent 50 [--seconds 15]

Goals (performance.md 6 and 7): at least 0.4 of the bare client's checks a second, at most 2.5 of its CPU, five times
Scrapy's rate; with silent addresses at most 1.3 of the time-out and of what aiohttp needs for the round. Evidence is
kept and landing is left out. The clients take turns in every round and a ratio is formed within one: the machine's
load moves the numbers, and the ratios by a third.
"""

import argparse
import asyncio
import multiprocessing
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from inspectorate.evidence import Answer, Landed, Visit  # noqa: E402
from inspectorate.register import Site  # noqa: E402
from scrapers.door import Limits, Network  # noqa: E402
from scrapers.guard import Guard  # noqa: E402
from scrapers.prober import Prober  # noqa: E402
from scrapers.warc import Recorder  # noqa: E402

PAGE = (
    b"<html><head><title>home</title></head><body>" + b"<p><a href='/x/'>column</a> text</p>" * 60 + b"</body></html>"
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(PAGE) + PAGE
)
AT_ONCE = 200


def serve(ready: "multiprocessing.Queue[tuple[int, int]]") -> None:
    """Answer on every loopback address; the second port takes connections and says nothing."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def run() -> None:
        doors = [await asyncio.start_server(f, "0.0.0.0", 0, backlog=1000) for f in (talk, keep_silent)]  # noqa: S104
        ready.put(tuple(door.sockets[0].getsockname()[1] for door in doors))  # type: ignore[arg-type]
        await asyncio.Event().wait()

    asyncio.run(run())


def addresses(count: int) -> Iterator[str]:
    for number in range(count):
        yield f"127.1.{number // 250}.{number % 250 + 1}"


async def bare(hosts: list[str], port: int) -> None:
    """The stand-in: open, send, read to the end."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def check(host: str) -> None:
        async with gate:
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % host.encode())
            await reader.read(-1)
            writer.close()

    await asyncio.gather(*(check(host) for host in hosts))


async def plain(urls: list[str]) -> None:
    """aiohttp by itself, whose rate stands in goal 7."""
    gate = asyncio.Semaphore(AT_ONCE)
    connector = aiohttp.TCPConnector(limit=0, force_close=True, use_dns_cache=False)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def check(url: str) -> None:
            async with gate, session.get(url, allow_redirects=False) as response:
                await response.read()

        await asyncio.gather(*(check(url) for url in urls))


SCRAPY = """
import sys, scrapy
from scrapy.crawler import CrawlerProcess
class Knock(scrapy.Spider):
    name = "knock"
    async def start(self):
        for url in open(sys.argv[1]):
            yield scrapy.Request(url.strip(), dont_filter=True)
    def parse(self, response):
        pass
process = CrawlerProcess({"CONCURRENT_REQUESTS": 200, "DOWNLOAD_DELAY": 0, "LOG_LEVEL": "ERROR"})
process.crawl(Knock)
process.start()
"""


def scrapy(urls: list[str], folder: Path) -> None:
    """Scrapy with so many in flight and nothing else to do; its start is in it."""
    (folder / "urls").write_text("\n".join(urls))
    (folder / "knock.py").write_text(SCRAPY)
    subprocess.run([sys.executable, folder / "knock.py", folder / "urls"], check=True)


class Counted:
    """A landing that only counts."""

    def __init__(self) -> None:
        self.ends: Counter[str] = Counter()
        self.worst = 0.0  # lateness of the prober's own loop

    def add(self, row: Landed) -> None:
        if isinstance(row, Visit):
            self.ends[str(row.outcome)] += 1


async def probe(urls: list[str], folder: Path, seconds: float) -> Counted:
    """A whole round of the product's prober."""
    landing = Counted()
    answers: list[Answer] = []
    network = Network(Recorder(folder, "probe"), Guard(urls), answers.append, Limits(seconds=seconds), keep_alive=False)
    sites = tuple(Site(f"{number:010d}", url, "U", "department", url) for number, url in enumerate(urls))
    prober = Prober(network, landing, sites, jitter_seconds=0)  # type: ignore[arg-type]
    await prober.run()
    landing.worst = prober.watch.worst
    await network.close()
    network.recorder.close()
    return landing


def measured(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds, CPU seconds of this process and its children, and what came of it."""
    began, before = time.monotonic(), cpu()
    came = work()
    return time.monotonic() - began, cpu() - before, came


def cpu() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


def with_silent(urls: list[str], silent: list[str], folder: Path, seconds: float) -> None:
    """Goal 7: the same addresses, some of which take connections and say nothing."""
    alone, _, _ = measured(lambda: asyncio.run(plain(urls)))
    wall, _, kept = measured(lambda: uvloop.run(probe(silent, folder, seconds)))
    floor = seconds + alone
    print(f"aiohttp alone {len(urls) / alone:.0f} checks/s; time-out and its round: {floor:.1f} s")
    print(f"prober with silent addresses: {wall:.1f} s, ratio {wall / floor:.2f}; {dict(kept.ends)}")
    print(f"its loop was late by {kept.worst:.2f} s at most")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--addresses", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--silent", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--scrapy", action="store_true")
    asked = parser.parse_args()
    ready: multiprocessing.Queue[tuple[int, int]] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(ready,), daemon=True)
    server.start()
    port, silent = ready.get()
    hosts = list(addresses(asked.addresses))
    urls = [f"http://{host}:{port}/" for host in hosts]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if asked.silent:
            partly = [f"http://{h}:{silent if n < asked.silent else port}/" for n, h in enumerate(hosts)]
            with_silent(urls, partly, folder, asked.seconds)
            return
        clients: dict[str, Callable[[], Any]] = {
            "bare": lambda: asyncio.run(bare(hosts, port)),
            "aiohttp": lambda: asyncio.run(plain(urls)),
            "prober": lambda: uvloop.run(probe(urls, folder, asked.seconds)),
        }
        if asked.scrapy:
            clients["scrapy"] = lambda: scrapy(urls, folder)
        rounds = [{name: measured(run)[:2] for name, run in clients.items()} for _ in range(asked.rounds)]
    server.terminate()
    for name in clients:
        wall, used = (statistics.median(each[name][place] for each in rounds) for place in (0, 1))
        speed = statistics.median(each["bare"][0] / each[name][0] for each in rounds)
        share = statistics.median(each[name][1] / each["bare"][1] for each in rounds)
        rate, ms = len(hosts) / wall, 1000 * used / len(hosts)
        print(f"{name:8} {rate:6.0f} checks/s {ms:6.3f} CPU ms a check | speed {speed:5.2f}, CPU {share:5.2f}")


if __name__ == "__main__":
    main()
