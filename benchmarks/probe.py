"""What a round of probing costs beside a bare socket client: distinct loopback addresses, a new connection each.

    python benchmarks/probe.py [--addresses 2000] [--silent 10] [--seconds 15]

Goals (performance.md 6 and 7): at least 0.4 of the bare client's checks a second and at most 2.5 of its CPU; silent
addresses cost at most 1.3 of the time-out and of the round, for each of the two passes. Evidence is kept and landing
is left out.
"""

import argparse
import asyncio
import multiprocessing
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

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


class Counted:
    """A landing that only counts."""

    def __init__(self) -> None:
        self.ends: Counter[str] = Counter()

    def add(self, row: Landed) -> None:
        if isinstance(row, Visit):
            self.ends[str(row.outcome)] += 1


async def probe(urls: list[str], folder: Path, seconds: float) -> Counter[str]:
    """A whole round of the product's prober."""
    landing = Counted()
    answers: list[Answer] = []
    network = Network(Recorder(folder, "probe"), Guard(urls), answers.append, Limits(seconds=seconds), keep_alive=False)
    sites = tuple(Site(f"{number:010d}", url, "U", "department", url) for number, url in enumerate(urls))
    await Prober(network, landing, sites, jitter_seconds=0).run()  # type: ignore[arg-type]
    await network.close()
    return landing.ends


def measured(work: "asyncio.coroutines.Coroutine") -> tuple[float, float, object]:  # type: ignore[name-defined]
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    came = asyncio.run(work)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return time.monotonic() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, came


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--addresses", type=int, default=2000)
    parser.add_argument("--silent", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=15.0)
    asked = parser.parse_args()
    ready: multiprocessing.Queue[tuple[int, int]] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(ready,), daemon=True)
    server.start()
    port, silent = ready.get()
    hosts = list(addresses(asked.addresses))
    urls = [f"http://{host}:{silent if number < asked.silent else port}/" for number, host in enumerate(hosts)]
    with tempfile.TemporaryDirectory() as folder:
        floor, floor_cpu, _ = measured(bare(hosts, port))
        wall, cpu, ends = measured(probe(urls, Path(folder), asked.seconds))
    server.terminate()
    print(f"bare client: {len(hosts) / floor:.0f} checks/s, {1000 * floor_cpu / len(hosts):.2f} CPU ms a check")
    print(
        f"prober: {len(hosts) / wall:.0f} checks/s, {1000 * cpu / len(hosts):.2f} CPU ms a check, {wall:.1f} s, {ends}"
    )
    print(f"ratio: speed {floor / wall:.2f}, CPU {cpu / floor_cpu:.2f}")


if __name__ == "__main__":
    main()
