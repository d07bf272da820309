"""What judging costs: gathering evidence out of a real Postgres and judging it, for more and more sites.

    python benchmarks/judging.py [--sites 150 1500 15000] [--columns 300] [--articles 0] [--readings 2] [--rounds 1]
        [--day 2018-09-10]
    python benchmarks/judging.py --sites 55 --accounts 60

Goals: 15,000 sites of 300 columns in 60 s and 2 GB on two cores, growing linearly from 150 on; a quarter of 55 sites
and 60 accounts in 5 s. The evidence is made up by the database itself: one counted visit a column, of which two in a
hundred are stale, one is blank and two were not read; twenty visits a day to each home page. With stored articles
there are earlier readings of each column too, the first 100 days before, and a fifth of the articles was first seen
on the last.
"""

import argparse
import os
import resource
import sys
import tempfile
import threading
import time
from contextlib import closing
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from inspectorate import edition  # noqa: E402
from inspectorate.commands import inspection as steps  # noqa: E402
from inspectorate.quarter import SHANGHAI, Quarter  # noqa: E402
from inspectorate.register import Account, Issuer, Register, Site, Unit  # noqa: E402
from inspectorate.store import cluster, database  # noqa: E402
from inspectorate.store import inspection as inspections  # noqa: E402

FIRST = 3_415_000_000

EVIDENCE = """
insert into site_column (site_code, url, name, class, type, parent, level, owner, position, recorded_by)
select
    (%(first)s + s)::text, 'http://s' || s || '.example.gov.cn/c' || c || '/', '栏目' || c,
    (array['news', 'notice', 'notice', 'policy', 'policy', 'personnel_plan', 'interaction', 'other', 'other', 'other']
    )[1 + c %% 10],
    '栏目', case when c %% 6 = 0 or c < 6 then '' else '栏目' || (c - c %% 6) end,
    case when c %% 6 = 0 or c < 6 then 1 else 2 end, '', c, 'discover'
from generate_series(%(from)s, %(to)s) as s, generate_series(1, %(columns)s) as c;

insert into page_visit (
    site, url, kind, visited_at, outcome, complete, items, undated, newest, oldest, blank, dated_list, sha256, because
)
select
    (%(first)s + s)::text, 'http://s' || s || '.example.gov.cn/c' || c || '/', 'column',
    %(at)s - interval '3 hours' + (c || ' seconds')::interval,
    case when k between 97 and 98 then 'wall' else 'opened' end, k not between 97 and 98,
    case when k = 99 then 0 when k between 97 and 98 then null else 15 end, 0,
    case when k = 99 then null when k < 2 then date '2016-01-01' else %(day)s - (c %% 10) end,
    case when k = 99 then null else date '2015-06-01' end, k = 99, true, repeat(md5(s || '/' || c), 2),
    case when k between 97 and 98 then '拒绝访问 (403)' else '' end
from generate_series(%(from)s, %(to)s) as s, generate_series(1, %(columns)s) as c,
    lateral (select (c * 37 + s * 101) %% 100 as k) as kind;

insert into page_visit (
    site, url, kind, visited_at, outcome, complete, items, undated, newest, oldest, blank, dated_list, sha256, because
)
select
    (%(first)s + s)::text, 'http://s' || s || '.example.gov.cn/c' || c || '/', 'column',
    %(at)s - (days || ' days')::interval + (c || ' seconds')::interval, 'opened', true, 15, 0,
    case when k < 2 then date '2016-01-01' else %(day)s - (c %% 10) - days end, date '2015-06-01', false, true,
    repeat(md5(s || '/' || c || '/' || days), 2), ''
from generate_series(%(from)s, %(to)s) as s, generate_series(1, %(columns)s) as c,
    lateral (select (c * 37 + s * 101) %% 100 as k) as kind, unnest(%(readings)s) as days
where %(articles)s > 0 and k < 97;

insert into page_visit (
    site, url, kind, visited_at, outcome, complete, items, undated, newest, oldest, blank, dated_list, sha256, because
)
select
    (%(first)s + s)::text, 'http://s' || s || '.example.gov.cn/', 'home', %(at)s - interval '4 hours', 'opened', true,
    60, 0, %(day)s - 1, %(day)s - 40, false, true, repeat(md5(s::text), 2), ''
from generate_series(%(from)s, %(to)s) as s;

insert into article (site, column_url, url, dated, title, position, pinned, first_seen, last_seen)
select
    (%(first)s + s)::text, 'http://s' || s || '.example.gov.cn/c' || c || '/',
    'http://s' || s || '.example.gov.cn/c' || c || '/' || a || '.html',
    case when (c * 37 + s * 101) %% 100 < 2 then date '2016-01-01' else %(day)s - (c %% 10) end
    - case when a %% 5 = 1 then 0 else 100 + a end,
    '关于某事的通知', a, false,
    case when a %% 5 = 1 then %(at)s - interval '3 hours' else %(at)s - ((%(readings)s)[1] || ' days')::interval end
    + (c || ' seconds')::interval,
    %(at)s - interval '3 hours' + (c || ' seconds')::interval
from generate_series(%(from)s, %(to)s) as s, generate_series(1, %(columns)s) as c, generate_series(1, %(articles)s) as a
where (c * 37 + s * 101) %% 100 < 97
order by a %% 5 = 1;

insert into visit (site, visited_at, source, outcome, seconds, sha256, because)
select
    (%(first)s + s)::text, %(at)s - interval '10 hours' - (v * 72 || ' minutes')::interval, 'probe',
    case when (v * 31 + s) %% 200 = 0 then 'timeout' else 'opened' end, 0.5, null, ''
from generate_series(%(from)s, %(to)s) as s, generate_series(1, 140) as v;

insert into discovery (site, visited_at, ended, columns)
select (%(first)s + s)::text, %(at)s - interval '4 hours', true, %(columns)s
from generate_series(%(from)s, %(to)s) as s;

insert into post (account, source, post_id, published_at, url, title, repost, interpretation, first_seen, last_seen)
select 'A' || a, 'ledger', p::text, %(at)s - (p || ' days')::interval, '', '一条', false, p %% 9 = 0, %(at)s, %(at)s
from generate_series(1, %(accounts)s) as a, generate_series(1, 60) as p where a %% 7 > 0;
insert into account_visit (account, source, visited_at, outcome, complete, posts, newest, covers_from)
select 'A' || a, 'ledger', %(at)s - interval '5 hours', 'opened', true, 60, %(at)s - interval '1 day',
    %(at)s - interval '200 days'
from generate_series(1, %(accounts)s) as a where a %% 7 > 0;
"""


def register(sites: int, accounts: int) -> Register:
    return Register(
        tuple(Unit(f"U{n}", f"示例{n}局", "department", vertical=False) for n in range(1, max(sites, accounts) + 1)),
        tuple(
            Site(str(FIRST + n), f"示例{n}网", f"U{n}", "department", f"http://s{n}.example.gov.cn/")
            for n in range(1, sites + 1)
        ),
        tuple(Account(f"A{n}", "weibo", f"示例{n}", f"U{n}") for n in range(1, accounts + 1)),
        issuer=Issuer(name="示例市人民政府办公室", region="example"),
    )


def fill(connection: Any, asked: argparse.Namespace, sites: int) -> inspections.Inspection:
    """Evidence of so many sites, and an inspection that freezes it."""
    at = datetime.combine(asked.day, time_of_day(10), SHANGHAI)
    with connection.cursor() as cursor:
        for start in range(1, sites + 1, 1000):
            facts = {"first": FIRST, "at": at, "day": asked.day, "columns": asked.columns, "articles": asked.articles}
            facts["readings"] = [100 * n // (asked.readings - 1) for n in range(asked.readings - 1, 0, -1)]
            facts |= {"from": start, "to": min(sites, start + 999), "accounts": asked.accounts if start == 1 else 0}
            cursor.execute(EVIDENCE, facts)
            connection.commit()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")  # what the server does by itself between landing and judging
        cursor.execute("vacuum")  # the first may have met the server's own at work
    connection.autocommit = False
    library = edition.load()
    main = library.main(asked.day)
    assert main is not None
    held = register(sites, asked.accounts)
    in_force = library.in_force(asked.day, local=held.issuer.editions)
    return inspections.freeze(
        connection, str(Quarter.of(at)), "trial", at, held, library.digests, main.id,
        [clause.id for one in in_force for clause in one.clauses], now=at + timedelta(days=1),
    )  # fmt: skip


def spent() -> tuple[float, float, float]:
    """Now, CPU seconds of this process, and the machine's busy seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    with open("/proc/stat") as file:
        told = [int(word) for word in file.readline().split()[1:9]]
    busy = (sum(told) - told[3] - told[4]) / os.sysconf("SC_CLK_TCK")
    return time.monotonic(), sum(one.ru_utime + one.ru_stime for one in used), busy


class Served(threading.Thread):
    """CPU seconds of the Postgres processes below the benchmark's server, also of those that end meanwhile."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._first: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._done = threading.Event()
        self._look()
        self._first = dict(self._last)
        self.start()

    def run(self) -> None:
        while not self._done.wait(0.5):
            self._look()

    def end(self) -> float:
        self._done.set()
        self.join()
        self._look()
        return sum(last - self._first.get(pid, 0.0) for pid, last in self._last.items())

    def _look(self) -> None:
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    words = (folder / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(words[1]) in SERVERS:
                    spent = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
                    self._last[folder.name] = spent


SERVERS: set[int] = set()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, nargs="+", default=[150, 1500, 15000])
    parser.add_argument("--columns", type=int, default=300)
    parser.add_argument("--articles", type=int, default=0, help="a column")
    parser.add_argument("--readings", type=int, default=2, help="of a column, where articles are stored")
    parser.add_argument("--accounts", type=int, default=0)
    parser.add_argument(
        "--day", type=date.fromisoformat, default=date(2018, 9, 10), help="of the inspection; the law goes by it"
    )
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the database lies (default: a temporary folder)")
    asked = parser.parse_args()
    os.environ["INSPECTORATE_TEST_VOLATILE"] = "1"  # loading need not outlive a power cut
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        Path(folder).chmod(0o711)  # as root the server is another user, who must get through
        with cluster.embedded(Path(folder) / "home") as url:
            for sites in asked.sites:
                with closing(database.connect(url)) as connection:
                    measure(connection, asked, sites)


def measure(connection: Any, asked: argparse.Namespace, sites: int) -> None:
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("drop schema public cascade")
        cursor.execute("create schema public")
        cursor.execute("select pg_backend_pid()")
        SERVERS.add(parent_of(cursor.fetchone()[0]))
    connection.autocommit = False
    database.migrate(connection)
    began = time.monotonic()
    inspection = fill(connection, asked, sites)
    print(f"{sites} sites × {asked.columns} columns, loaded in {time.monotonic() - began:.0f} s", file=sys.stderr)
    library = steps.law(connection, inspection)
    editions, switched_on = steps.in_force(library, inspection), frozenset(inspection.clauses)
    for _ in range(asked.rounds):
        before, served = spent(), Served()
        found = steps.judge_all(connection, inspection, editions, switched_on)
        after = spent()
        server = served.end()
        wall, used = after[0] - before[0], after[1] - before[1]
        rows = sites * asked.columns
        own, others = (resource.getrusage(w).ru_maxrss / 1024 for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        print(
            f"{sites:6} sites: {wall:7.1f} s, {used:6.1f} CPU s here + {server:6.1f} in Postgres"
            f" = {1e6 * (used + server) / rows:5.1f} µs a column row; {len(found)} findings, peak {own:.0f} MB"
            f" (a judge beside it {others:.0f} MB)",
            flush=True,
        )
        failed = sum(1 for f in found if f.outcome == "failed")
        print(f"        {failed} failed; machine busy {after[2] - before[2]:.1f} CPU s", flush=True)
        del found


def parent_of(pid: int) -> int:
    return int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])


if __name__ == "__main__":
    main()
