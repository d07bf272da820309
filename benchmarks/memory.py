"""What one cold errand holds in memory on a site of many pages, and whether that grows with the pages.

    python benchmarks/memory.py [--pages 500 5000] [--kilobytes 15] [--hostile]

The goal is under 200 MB at 5,000 pages and flat: what the last tenth of the pages adds is no more than noise. Every
page is another column, so all of them are read. The pages are made when they are asked for, in this process; measured
is the errand's own process alone (Rss and the kernel's high-water mark, from /proc), with the landing of its rows.
A browser and the database are processes of their own and are not in it.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from demo.model import Column, Item  # noqa: E402
from demo.snares import break_page  # noqa: E402
from inspectorate.register import Register, Site, Unit  # noqa: E402
from inspectorate.store import cluster, database, register  # noqa: E402
from tests.scrapers.mirror import Mirror, Reply, home_page, list_page  # noqa: E402

HOST = "size.example.gov.cn"
EVERY = 0.5  # seconds between two looks


@dataclass(frozen=True, slots=True)
class Size:
    """One errand: what it asked for, and its process's megabytes over time."""

    pages: int
    requests: int
    peak: float
    middle: float  # median of the third quarter of its run
    last: float  # median of the last quarter
    seconds: float  # CPU


class Pages(Mirror):
    """A site whose columns are made when they are asked for: nobody holds five thousand of them."""

    def __init__(self, count: int, kilobytes: int) -> None:
        self.filler = "<p>各县区教育局，市直各学校，现将有关事项通知如下。</p>" * (kilobytes * 13)
        columns = [(f"/lm{n}/index.html", f"通知公告{n}") for n in range(count - 1)]
        super().__init__()
        self.pages[f"http://{HOST}/"] = self.whole(home_page(columns, self.items(0)))
        for n, (path, name) in enumerate(columns):
            self.pages[f"http://{HOST}{path}"] = partial(self.column, n, name)

    def column(self, n: int, name: str) -> Reply:
        return self.whole(list_page(name, self.items(n)))

    @staticmethod
    def items(n: int) -> list[tuple[str, str, str]]:
        days = ((date.today() - timedelta(days=i)).isoformat() for i in range(20))
        return [(f"/lm{n}/{i}.html", f"关于印发第{n}批第{i}号工作方案的通知要求", day) for i, day in enumerate(days)]

    def whole(self, page: str) -> Reply:
        return Reply(page.replace("</body>", f"<div class='text'>{self.filler}</div></body>"), gzipped=True)


class HostilePages(Pages):
    """The same, where some columns are what would break a careless reader."""

    def __init__(self, count: int, kilobytes: int) -> None:
        super().__init__(count, kilobytes)
        whole = list_page("通知公告", self.items(1)).encode()
        item = Item("关于印发第1批工作方案的通知要求", datetime.now(UTC), "/lm1/1.html", "市教育局")
        for n, trap in enumerate(("rows", "bomb", "huge", "deep", "gzip", "endless_redirect", "loopback"), 1):
            column = Column(f"lm{n}", "通知公告", "notice", "notice", path=f"/lm{n}/index.html", items=[item])
            body, status, headers = break_page(trap, whole, column, "utf-8")
            self.pages[f"http://{HOST}{column.path}"] = Reply(body, status, headers)


def resident(pid: int) -> tuple[float, float]:
    """Megabytes that a process holds now and held at most; nought when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0.0
    facts = {line.partition(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return int(facts.get("VmRSS", 0)) / 1024, int(facts.get("VmHWM", 0)) / 1024


def errand(environment: dict[str, str], site: str, pages: int, mirror: Mirror) -> Size:
    """Run one errand and look at it twice a second."""
    asked = len(mirror.asked)
    before = os.times()
    argv = [sys.executable, "-m", "scrapers", "site", site, "--budget", str(pages + 100)]
    process = subprocess.Popen(argv, env=environment, cwd=ROOT)
    held, peak = [], 0.0
    while process.poll() is None:
        now, most = resident(process.pid)
        if now:
            held.append(now)
        peak = max(peak, most)
        time.sleep(EVERY)
    if process.returncode:
        raise ChildProcessError(f"the errand ended {process.returncode}")
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    quarter = max(1, len(held) // 4)
    middle, last = statistics.median(held[2 * quarter : 3 * quarter] or held), statistics.median(held[-quarter:])
    return Size(pages, len(mirror.asked) - asked, peak, middle, last, seconds)


def measure(counts: list[int], kilobytes: int, site_of: type[Pages]) -> list[Size]:
    """One cold errand a number of pages, each against a site of its own size."""
    with tempfile.TemporaryDirectory() as folder, cluster.embedded(Path(folder) / "home") as url:
        Path(folder).chmod(0o711)  # as root the server is another user, who must get through
        with closing(database.connect(url)) as connection:
            database.migrate(connection)
            site = Site("3415000001", "市教育局", "U1", "department", f"http://{HOST}/")
            filed = Register((Unit("U1", "市教育局", "department"),), (site,))
            register.merge(connection, filed, "benchmark", date(2020, 1, 1), False)
        found = []
        for count in counts:
            mirror = site_of(count, kilobytes)
            environment = os.environ | {
                "INSPECTORATE_DSN": url,
                "INSPECTORATE_HOME": str(Path(folder) / f"state{count}"),
                "INSPECTORATE_DELAY": "0",
                "INSPECTORATE_BROWSER": "none",
                "HTTP_PROXY": mirror.address,
            }
            found.append(errand(environment, site.site_code, count, mirror))
            mirror.close()
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, nargs="+", default=[500, 5000])
    parser.add_argument("--kilobytes", type=int, default=15)
    parser.add_argument("--hostile", action="store_true", help="some columns would break a careless reader")
    asked = parser.parse_args()
    for size in measure(asked.pages, asked.kilobytes, HostilePages if asked.hostile else Pages):
        print(
            f"{size.pages} pages, {size.requests} requests: peak {size.peak:.0f} MB,"
            f" third quarter {size.middle:.0f} MB, last quarter {size.last:.0f} MB, {size.seconds:.0f} CPU s"
        )


if __name__ == "__main__":
    main()
