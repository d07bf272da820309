"""What a cold errand costs: one site of 40 pages, its process's whole CPU time, start and landing included.

    python benchmarks/errand.py [--pages 40] [--kilobytes 15] [--rounds 3]

The goal is 2 CPU seconds for 40 pages. The pages are served from this process, so only the errand's own time counts;
the database's is not in it. Read ratios: the machine's load moves the numbers by a third.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from inspectorate.register import Register, Site, Unit  # noqa: E402
from inspectorate.store import cluster, database, register  # noqa: E402
from tests.scrapers.mirror import Mirror, Reply, home_page, list_page  # noqa: E402

HOST = "cost.example.gov.cn"


def write_pages(mirror: Mirror, pages: int, kilobytes: int) -> None:
    """A home page and so many columns, each with twenty dated items and text to fill it up."""
    today = date.today()
    filler = (
        "<div class='text'>" + "<p>各县区教育局，市直各学校，现将有关事项通知如下。</p>" * (kilobytes * 13) + "</div>"
    )
    columns = [(f"/lm{n}/index.html", f"通知公告{n}") for n in range(pages - 1)]

    def items(n: int) -> list[tuple[str, str, str]]:
        return [
            (f"/lm{n}/{i}.html", f"关于印发第{n}批第{i}号工作方案的通知要求", (today - timedelta(days=i)).isoformat())
            for i in range(20)
        ]

    def whole(page: str) -> Reply:
        return Reply(page.replace("</body>", f"{filler}</body>"), gzipped=True, headers={"Content-Type": "text/html"})

    mirror.pages[f"http://{HOST}/"] = whole(home_page(columns, items(0)))
    for n, (path, name) in enumerate(columns):
        mirror.pages[f"http://{HOST}{path}"] = whole(list_page(name, items(n)))


def errand(environment: dict[str, str]) -> float:
    """CPU seconds, user and system, of one errand's process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "scrapers", "site"], env=environment, cwd=ROOT, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--kilobytes", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    mirror = Mirror()
    write_pages(mirror, asked.pages, asked.kilobytes)
    with tempfile.TemporaryDirectory() as folder, cluster.embedded(Path(folder) / "home") as url:
        Path(folder).chmod(0o711)  # as root the server is another user, who must get through
        with closing(database.connect(url)) as connection:
            database.migrate(connection)
            site = Site("3415000001", "市教育局", "U1", "department", f"http://{HOST}/")
            filed = Register((Unit("U1", "市教育局", "department"),), (site,))
            register.merge(connection, filed, "benchmark", date(2020, 1, 1), False)
        environment = os.environ | {
            "INSPECTORATE_DSN": url,
            "INSPECTORATE_HOME": str(Path(folder) / "state"),
            "INSPECTORATE_DELAY": "0",
            "HTTP_PROXY": mirror.address,
        }
        rounds = [errand(environment) for _ in range(asked.rounds)]
    fetched = len(mirror.asked) / asked.rounds
    each = ", ".join(f"{seconds:.2f}" for seconds in rounds)
    print(f"{fetched:.0f} requests: {statistics.median(rounds):.2f} CPU s (rounds {each})")


if __name__ == "__main__":
    main()
