"""Whose outage it was: control targets, a second try by another path, and a gauge of our own lateness."""

import asyncio
import csv
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inspectorate.commands import main as command
from inspectorate.evidence import Door, Landed, Visit
from inspectorate.register import Issuer, Register, Site, Unit
from inspectorate.store import database, register
from scrapers import prober
from scrapers.door import Knock, Names
from scrapers.guard import Guard
from scrapers.prober import Prober
from scrapers.warc import record_at
from tests.scrapers.conftest import Ran
from tests.scrapers.mirror import HOST, Mirror, Reply

Run = Callable[..., Ran]
Rows = Callable[[str], list[tuple[Any, ...]]]
HOME = f"http://{HOST}/"
CONTROLS = ("http://one.example.com/robots.txt", "http://two.example.com/robots.txt")


@pytest.fixture
def filed_with_controls(database: str) -> None:
    made = Register(
        (Unit("U1", "市教育局", "department"),),
        (Site("3415000001", "市教育局", "U1", "department", HOME),),
        issuer=Issuer(name="示例市人民政府办公室", controls=CONTROLS),
    )
    with closing(connected(database)) as connection:
        register.merge(connection, made, "test", date(2020, 1, 1), False)


def connected(url: str) -> Any:
    return database.connect(url)


def torn(mirror: Mirror, *urls: str) -> None:
    for url in urls:
        mirror.pages[url] = Reply(reset=True)


def test_what_is_shut_while_all_control_targets_are_shut_is_ours(
    mirror: Mirror, filed_with_controls: None, run: Run, rows: Rows, tmp_path: Path
) -> None:
    torn(mirror, HOME, *CONTROLS)
    ran = run("probe")
    assert ran.status == 3, ran.told
    assert "对照网站" in ran.told
    [(outcome, because)] = rows("select outcome, because from visit")
    assert outcome == "ours"
    assert because.startswith("对照网站同时全部打不开: 连接中断")
    seen = {(subject, url) for subject, url in rows("select subject, url from ours")}
    assert seen == {("3415000001", HOME), ("", CONTROLS[0]), ("", CONTROLS[1])}
    # A replay sees the same outage in what was kept of the control targets.
    rows("with gone as (delete from visit returning 1) select count(*) from gone")
    assert run("probe", "--replay", str(tmp_path / "home" / "evidence"), HTTP_PROXY="http://127.0.0.1:1").status == 3
    assert rows("select outcome from visit") == [("ours",)]


def test_one_control_target_that_opens_leaves_a_shut_door_theirs(
    mirror: Mirror, filed_with_controls: None, run: Run, rows: Rows
) -> None:
    torn(mirror, HOME, CONTROLS[0])
    mirror.pages[CONTROLS[1]] = Reply("User-agent: *")
    ran = run("probe")
    assert ran.status == 0, ran.told
    assert rows("select outcome, because from visit") == [("reset", "连接中断; 第一次 连接中断")]
    assert rows("select count(*) from ours") == [(0,)]
    assert (ran.stats["control_looks"] >= 2, ran.stats["control_down"]) == (True, 0)


def test_an_open_door_stays_open_whatever_the_control_targets_say(
    mirror: Mirror, filed_with_controls: None, run: Run, rows: Rows
) -> None:
    torn(mirror, *CONTROLS)
    mirror.pages[HOME] = Reply("<title>市教育局</title>")
    assert run("probe").status == 0
    assert rows("select outcome from visit") == [("opened",)]


def test_without_control_targets_the_errand_says_so(mirror: Mirror, filed: Run, run: Run) -> None:
    mirror.pages[HOME] = Reply("<title>市教育局</title>")
    filed()
    assert "没有列出对照网站" in run("probe").told


def test_the_second_try_asks_past_a_proxys_memory_and_the_record_of_each_visit_is_named(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, tmp_path: Path
) -> None:
    torn(mirror, HOME)
    filed()
    run("probe")
    said = [headers.get("Cache-Control") for headers in mirror.headers]
    assert (said[0], said[-1]) == (None, "no-cache")
    [(name, position)] = rows("select warc, position from visit")
    record = record_at(tmp_path / "home" / "evidence" / name, position)
    assert record.rec_headers.get_header("Inspectorate-Outcome") == "reset"


def test_visits_are_written_out_one_by_one_for_a_dispute(
    mirror: Mirror, filed: Run, run: Run, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.pages[HOME] = Reply("<title>市教育局</title>")
    filed()
    run("probe")
    torn(mirror, HOME)
    run("probe")
    monkeypatch.setenv("INSPECTORATE_DSN", database)
    file, now = tmp_path / "visits.csv", datetime.now(UTC)
    span = ["--from", (now - timedelta(hours=1)).isoformat(), "--to", (now + timedelta(hours=1)).isoformat()]
    assert command(["visits", "3415000001", *span, "--out", str(file)]) == 0
    with file.open(encoding="utf-8-sig", newline="") as opened:
        first, second = csv.DictReader(opened)
    assert (first["outcome"], len(first["sha256"])) == ("opened", 64)
    assert (second["outcome"], second["sha256"], second["seconds"]) == ("reset", "", "")
    assert abs(datetime.fromisoformat(first["server_time"]) - now) < timedelta(minutes=1)
    assert second["server_time"] == ""
    for row in (first, second):
        assert record_at(tmp_path / "home" / "evidence" / row["warc"], int(row["position"]))
    assert command(["visits", "3415000009", *span, "--out", str(file)]) == 2
    assert command(["visits", "3415000001", *span[2:], *["--from", span[3]], "--out", str(file)]) == 2


class Doors:
    """A network of made-up doors: each says how long it takes and how it ends, try by try."""

    def __init__(self, doors: Mapping[str, list[tuple[float, Door]]]) -> None:
        self.doors = {url: list(ends) for url, ends in doors.items()}
        self.again: list[str] = []

    async def knock(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        again: bool = False,
        sending: Callable[[], None] | None = None,
    ) -> Knock:
        if again:
            self.again.append(url)
        if sending is not None:
            sending()
        ends = self.doors[url]
        seconds, door = ends.pop(0) if len(ends) > 1 else ends[0]
        at = datetime.now(UTC)
        await asyncio.sleep(seconds)
        return Knock(
            url, at, door, seconds if door is Door.OPENED else None, status=200 if door is Door.OPENED else None
        )

    async def close(self) -> None:
        """Nothing is held open."""


class Kept:
    """A landing that keeps."""

    def __init__(self) -> None:
        self.rows: list[Landed] = []

    def add(self, row: Landed) -> None:
        self.rows.append(row)

    @property
    def visits(self) -> list[Visit]:
        return [row for row in self.rows if isinstance(row, Visit)]


def knocked(doors: Doors, count: int, **more: Any) -> tuple[list[Visit], float]:
    """The visits of sites a0, a1, …, and how long the round took."""
    sites = tuple(Site(f"{n:010d}", f"{n}", "U", "department", f"http://a{n}/") for n in range(count))
    landing = Kept()
    began = time.monotonic()
    asyncio.run(Prober(doors, landing, sites, jitter_seconds=0, **more).run())  # type: ignore[arg-type]
    return landing.visits, time.monotonic() - began


def test_a_silent_door_is_asked_again_beside_and_costs_one_time_out_and_a_little_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prober, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(prober, "AT_ONCE", 1)
    silent = [(0.6, Door.TIMEOUT)]
    doors = Doors({"http://a0/": silent, "http://a1/": [(0.6, Door.TIMEOUT), (0.0, Door.OPENED)], "http://a2/": silent})
    visits, seconds = knocked(doors, 3)
    assert [v.outcome for v in visits] == [Door.TIMEOUT, Door.OPENED, Door.TIMEOUT]
    assert sorted(doors.again) == ["http://a0/", "http://a1/", "http://a2/"]
    assert seconds < 1.1  # one after the other, twice each, it would be 3.6


def test_a_door_that_opens_late_but_in_time_is_open_by_its_first_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prober, "PATIENCE_SECONDS", 0.05)
    visits, _ = knocked(Doors({"http://a0/": [(0.2, Door.OPENED), (9.0, Door.TIMEOUT)]}), 1)
    assert (visits[0].outcome, visits[0].seconds, visits[0].because) == (Door.OPENED, 0.2, "")


def test_opening_too_late_is_tried_again_too() -> None:
    class Slow(Doors):
        async def knock(self, url: str, headers: Mapping[str, str], **how: Any) -> Knock:
            first = not how["again"]
            await super().knock(url, headers, **how)
            return Knock(url, datetime.now(UTC), Door.OPENED, 15.0 if first else 14.9, status=200)

    visits, _ = knocked(Slow({"http://a0/": [(0.0, Door.OPENED)]}), 1)
    assert visits[0].seconds == 14.9


def test_a_time_out_that_our_own_busy_loop_measured_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    class Busy(Doors):
        async def knock(self, url: str, headers: Mapping[str, str], **how: Any) -> Knock:
            await asyncio.sleep(0.3)
            time.sleep(0.55)
            return await super().knock(url, headers, **how)

    visits, _ = knocked(Busy({"http://a0/": [(0.0, Door.TIMEOUT)]}), 1)
    assert (visits[0].outcome, visits[0].because[:4]) == (Door.OURS, "本机过忙")


@pytest.mark.parametrize(
    ("ends", "outcome", "because"),
    [
        ([Door.TIMEOUT, Door.OPENED], Door.OPENED, ""),  # what was not measured is asked anew
        ([Door.TIMEOUT, Door.RESET, Door.RESET], Door.RESET, "第一次 reset"),  # two failures that were
        ([Door.TIMEOUT, Door.RESET, Door.OPENED], Door.OPENED, "第一次 reset"),
    ],
)
def test_a_try_that_our_own_busy_loop_spoilt_is_made_anew(ends: list[Door], outcome: Door, because: str) -> None:
    class BusyAtFirst(Doors):
        async def knock(self, url: str, headers: Mapping[str, str], **how: Any) -> Knock:
            if len(self.doors[url]) == len(ends):
                await asyncio.sleep(0.3)
                time.sleep(0.55)
            return await super().knock(url, headers, **how)

    visits, _ = knocked(BusyAtFirst({"http://a0/": [(0.0, end) for end in ends]}), 1)
    assert visits[0].outcome is outcome
    assert because in visits[0].because
    assert "本机过忙" not in visits[0].because


def test_one_failure_that_we_were_too_busy_to_bear_out_is_ours() -> None:
    class BusyTwice(Doors):
        async def knock(self, url: str, headers: Mapping[str, str], **how: Any) -> Knock:
            if len(self.doors[url]) > 1:
                await asyncio.sleep(0.3)
                time.sleep(0.55)
            return await super().knock(url, headers, **how)

    visits, _ = knocked(BusyTwice({"http://a0/": [(0.0, Door.TIMEOUT), (0.0, Door.TIMEOUT), (0.0, Door.RESET)]}), 1)
    assert (visits[0].outcome, visits[0].because[:9]) == (Door.OURS, "本机过忙, 未能再")


def test_sites_that_wait_for_their_turn_at_a_shared_address_hold_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prober, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(prober, "AT_ONCE", 2)

    began, came = time.monotonic(), []

    class Shared(Doors):
        """Nine sites at one address, one at a time; the tenth lives alone."""

        turn = asyncio.Semaphore(1)

        async def knock(self, url: str, headers: Mapping[str, str], **how: Any) -> Knock:
            if url == "http://a9/":
                came.append(time.monotonic() - began)
                return await super().knock(url, headers, **how)
            async with self.turn:
                return await super().knock(url, headers, **how)

    doors = Shared({f"http://a{n}/": [(0.5, Door.OPENED)] for n in range(9)} | {"http://a9/": [(0.0, Door.OPENED)]})
    visits, _ = knocked(doors, 10)
    assert {v.outcome for v in visits} == {Door.OPENED}
    assert came[0] < 1.5  # behind nine others of half a second each it would be four


def test_a_second_try_takes_the_addresses_of_a_name_from_the_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", ("203.0.113.1", 0)), (10, 1, 6, "", ("2001:db8::1", 0, 0, 0))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: found)
    names = Names(Guard(["http://both.example/"]), frozenset())

    async def addresses() -> list[str]:
        await names.settle("both.example", 5)
        return [one["host"] for one in await names.resolve("both.example")]

    first = asyncio.run(addresses())
    names.turn("both.example")
    assert asyncio.run(addresses()) == first[::-1] == ["2001:db8::1", "203.0.113.1"]


@pytest.mark.parametrize("target", ["http://[::1", "ftp://files.example/", "http://a.gov.cn:port/"])
def test_a_redirect_to_no_address_breaks_no_tick(mirror: Mirror, filed: Run, run: Run, rows: Rows, target: str) -> None:
    mirror.pages[HOME] = Reply("", 302, headers={"Location": target})
    filed()
    ran = run("probe")
    assert ran.status in (0, 3), ran.told
    assert rows("select outcome from visit") == [("ours",)]


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Date": "Tue, 24 Nov 2026 05:00:00 GMT"}, datetime(2026, 11, 24, 5, tzinfo=UTC)),
        ({"Date": "Tue, 24 Nov 2026 13:00:00 +0800"}, datetime(2026, 11, 24, 5, tzinfo=UTC)),
        ({"Date": "Tue, 24 Nov 2026 05:00:00 GMT", "Age": "86400"}, None),  # a cache says it again
        ({"Date": "Tue, 24 Nov 2026 05:00:00 -0000"}, None),
        ({"Date": "Tue, 24 Nov 2026 05:00:00 +9999"}, None),
        ({"Date": "Tue, 24 Nov 9999 05:00:00 GMT"}, None),
        ({"Date": "今天"}, None),
        ({}, None),
    ],
)
def test_a_visit_tells_what_the_server_took_for_the_time(headers: dict[str, str], told: datetime | None) -> None:
    class Telling(Doors):
        async def knock(self, *given: Any, **more: Any) -> Knock:
            return replace(await super().knock(*given, **more), headers=tuple(headers.items()))

    visits, _ = knocked(Telling({"http://a0/": [(0.0, Door.OPENED)]}), 1)
    assert visits[0].server_time == told
