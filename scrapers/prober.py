"""One knock at every home page's door: the visits that availability is counted from."""

import asyncio
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from inspectorate.evidence import Door, Ours, Visit
from inspectorate.register import Site
from scrapers.dialects import Page, kinds
from scrapers.door import NO_SUCH_NAME, Cookies, Knock, Opening
from scrapers.guard import host_of
from scrapers.pipelines import Landing
from scrapers.reading import PageChanged

ERRAND = "probe"
SECONDS = 15.0  # the stop watch: whoever has not opened by then is waited for no longer
REDIRECTS = 5
AT_ONCE = 200
LATE_SECONDS = 1.0  # when our own loop lags by so much, a time-out is nobody's fault but ours
TICK_SECONDS = 0.25
CONTROLS = 3
# A wall may answer with any of these and call itself a page; other errors are what they say.
MANY_LINKS = 40  # a page with so many is a site's own, and need not be parsed to see that it is no wall
DISGUISES = (200, 202, 405, 503, 521)


@dataclass
class Prober:
    """Knocks at all doors in a first pass, and once more by another connection where one stayed shut.

    The second pass comes after the first, so that silent addresses do not hold up the others.
    """

    opening: Opening
    landing: Landing
    sites: tuple[Site, ...]
    jitter_seconds: float = 2.0
    controls: tuple[str, ...] = ()  # home pages of others, asked when nobody answered
    requests: int = 0

    async def run(self) -> None:
        """Knock, judge whose fault it was, and hand the rows to the landing."""
        gate = asyncio.Semaphore(AT_ONCE)
        watch = Watch()
        ticking = asyncio.ensure_future(watch.run())
        try:
            first = await asyncio.gather(*(self._knock(gate, watch, site) for site in self.sites))
            again = [number for number, knock in enumerate(first) if knock.outcome.theirs]
            second = await asyncio.gather(*(self._knock(gate, watch, self.sites[number]) for number in again))
        finally:
            ticking.cancel()
        knocks = list(first)
        for number, knock in zip(again, second, strict=True):
            before = f"第一次 {first[number].because or first[number].outcome}"
            knocks[number] = replace(knock, because=f"{knock.because}; {before}" if knock.because else before)
            if knock.outcome is Door.OPENED:
                knocks[number] = replace(knock, because=before)
        if not any(_from_outside(knock) for knock in (*first, *second)) and not await self._anybody(knocks):
            knocks = [_dead_line(knock) for knock in knocks]
        for site, knock in zip(self.sites, knocks, strict=True):
            self._tell(site, knock)

    def _tell(self, site: Site, knock: Knock) -> None:
        sha256 = knock.answer.sha256 if knock.answer else None
        seconds = None if knock.seconds is None else round(knock.seconds, 6)
        self.landing.add(Visit(site.site_code, knock.sent_at, ERRAND, knock.outcome, seconds, sha256, knock.because))
        if knock.outcome in (Door.OURS, Door.WALL):
            self.landing.add(Ours(ERRAND, site.site_code, site.home_url, knock.sent_at, knock.because))

    async def _knock(self, gate: asyncio.Semaphore, watch: "Watch", site: Site) -> Knock:
        """One visit to a home page, redirects followed; its time runs from the first sending to the last byte."""
        await asyncio.sleep(random.uniform(0, self.jitter_seconds))
        async with gate:
            cookies, here = Cookies(), site.home_url
            spent = 0.0
            sent_at = None
            watch.begin(site.site_code)
            for _ in range(REDIRECTS + 1):
                self.requests += 1
                knock = await self.opening.knock(here, cookies.said_to(host_of(here)))
                sent_at = sent_at or knock.sent_at
                spent += knock.seconds or 0.0
                cookies.heard(host_of(here), knock)
                target = knock.header("location") if knock.status and 300 <= knock.status < 400 else ""
                if not target:
                    break
                here = urljoin(here, target)
            else:
                knock = replace(knock, outcome=Door.OURS, because=f"转向超过 {REDIRECTS} 次")
            lag = watch.end(site.site_code)
        knock = _unmasked(
            replace(knock, sent_at=sent_at or knock.sent_at, seconds=None if knock.seconds is None else spent)
        )
        if lag >= LATE_SECONDS and (knock.outcome is Door.TIMEOUT or spent >= SECONDS - lag):
            return replace(knock, outcome=Door.OURS, because=f"本机过忙, 计时迟 {lag:.1f} 秒")
        return knock

    async def _anybody(self, knocks: list[Knock]) -> bool:
        """Whether the line is up although nobody answered: others are asked, and a resolver's plain no is believed."""
        asked = {host_of(site.home_url) for site in self.sites}
        others = [url for url in self.controls if host_of(url) not in asked][:CONTROLS]
        controls = await asyncio.gather(*(self.opening.knock(url, {}) for url in others))
        if any(_from_outside(knock) for knock in controls):
            return True
        return len(asked) + len(others) == 1 and all(k.because.startswith(NO_SUCH_NAME) for k in knocks)


class Watch:
    """Measures how late our own loop is, so that our slowness is not taken for a site's."""

    def __init__(self) -> None:
        self._worst: dict[str, float] = {}

    async def run(self) -> None:
        due = time.monotonic()
        while True:
            due += TICK_SECONDS
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            lag = time.monotonic() - due
            for key in self._worst:
                self._worst[key] = max(self._worst[key], lag)
            due = time.monotonic()

    def begin(self, key: str) -> None:
        self._worst[key] = 0.0

    def end(self, key: str) -> float:
        return self._worst.pop(key)


def home_pages(sites: Iterable[Site]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(site.home_url for site in sites))


def _unmasked(knock: Knock) -> Knock:
    """A knock whose page turns out to be a firewall's is a wall, whatever its status."""
    if knock.status not in DISGUISES or knock.outcome not in (Door.OPENED, Door.HTTP_ERROR):
        return knock
    if knock.body.count(b"<a ") > MANY_LINKS or knock.body.count(b"<A ") > MANY_LINKS:
        return knock
    headers = {name.lower(): value for name, value in knock.headers}
    page = Page(knock.url, knock.body, knock.sent_at, knock.status, headers.get("content-type", ""), headers)
    try:
        wall = kinds.wall(page)
    except PageChanged:
        wall = ""  # what it says does not matter here: the door opened
    return replace(knock, outcome=Door.WALL, because=f"拦截页面: {wall}") if wall else knock


def _from_outside(knock: Knock) -> bool:
    """Whether somebody else than this machine had a word in how a knock ended."""
    return knock.status is not None or (knock.outcome.theirs and not knock.local)


def _dead_line(knock: Knock) -> Knock:
    ours = knock.local and knock.outcome.theirs
    return replace(knock, outcome=Door.OURS, because=f"本机网络不通: {knock.because}") if ours else knock
