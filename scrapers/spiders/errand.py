"""What all errands share: subjects side by side, one page looked at, and whose fault it was when there was none."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from scrapy import Request, Spider

from inspectorate.evidence import Door, Ours
from inspectorate.register import Column
from scrapers import dialects
from scrapers.dialects import Page, kinds
from scrapers.door import NO_SUCH_NAME, Knock, Opening
from scrapers.guard import host_of, led_to, malformed
from scrapers.handler import Shut
from scrapers.pipelines import Item, Landing
from scrapers.reading import Facts, PageChanged
from scrapers.screen import Asked, Screen, as_read, runs_scripts
from scrapers.settings import Depth

# Ends that a second try by another connection may turn out otherwise.
AGAIN = (Door.REFUSED, Door.RESET, Door.DNS, Door.TLS, Door.TIMEOUT)
logger = logging.getLogger(__name__)
NO_SCREEN = "未使用浏览器"
CONTROLS = 3  # other hosts that are asked before a dead network is taken for a dead site


@dataclass(frozen=True, slots=True)
class Look:
    """One page as it was given to us, redirects followed. Without facts there is nothing to read, and `because` why."""

    asked: str
    url: str
    at: datetime
    outcome: Door
    because: str = ""
    sha256: str | None = None
    facts: Facts | None = None
    page: Page | None = None
    by_script: bool = False  # nothing can be read before a script has run
    partial: str = ""  # why its scripts may not have shown everything: then it can clear, and not accuse
    rendered: bool = False  # `page` is what scripts left of it
    address: str = ""  # that was connected to


@dataclass(frozen=True, slots=True)
class Shelf:
    """A column whose list has been read: the names above it by its own page, and what its items' addresses come to."""

    column: Column
    trail: tuple[str, ...]
    addresses: bytes  # their digest; empty: no items


@dataclass
class Trip:
    """What is spent and known while one subject is being read."""

    subject: str
    left: int  # requests
    hosts: set[str]  # where pages of this subject may lie
    looks: dict[str, Look] = field(default_factory=dict)
    exhausted: bool = False
    rendered: int = 0  # pages that the browser read
    pictures: int = 0
    asked: int = 0  # requests that it made for them
    parts: dict[str, Knock] = field(default_factory=dict)  # scripts and styles that several pages share
    parts_bytes: int = 0
    shelves: dict[bytes, list[Shelf]] = field(default_factory=dict)  # by the digest of what their lists show
    at: datetime = field(default_factory=lambda: datetime.now(UTC))  # of the latest knock


class Errand(Spider):
    """Reads its subjects side by side, so many at a time; one page's rows are one item."""

    opening: Opening
    landing: Landing
    depth: Depth

    def __init__(
        self,
        opening: Opening,
        landing: Landing,
        depth: Depth,
        at_once: int,
        controls: Iterable[str] = (),
        show: Callable[[], Screen] | None = None,
    ) -> None:
        super().__init__()
        self._show = show  # called for the first page that needs it, which most errands never meet
        self._screen: Screen | None = None
        self.opening = opening
        self.landing = landing
        self.depth = depth
        self.at_once = at_once
        self.requests = 0
        self._reached = False  # anything at all outside of this machine
        self._controls = [url for url in controls if url]
        self._control: asyncio.Task[bool] | None = None

    def visits(self) -> list[Callable[[], AsyncIterator[Item]]]:
        """One reading a subject."""
        raise NotImplementedError

    @property
    def screen(self) -> Screen | None:
        """What runs scripts and takes pictures; None: this errand has none."""
        if self._screen is None and self._show is not None:
            self._screen = self._show()
        return self._screen

    async def shut(self) -> None:
        """End the browser, if there was any."""
        if self._screen is not None:
            await self._screen.close()

    async def start(self) -> AsyncIterator[Item]:
        async for item in side_by_side(self.visits(), self.at_once):
            yield item

    async def look(self, trip: Trip, url: str, kind: str, hint: str = "", *, afar: bool = False) -> Look:
        """Fetch and read one page, following redirects of both kinds while they stay within the trip's hosts.

        With `afar` a redirect may lead to any host that the guard lets us ask.
        """
        if url in trip.looks:
            return trip.looks[url]
        here = url
        for _ in range(self.depth.redirects + 1):
            if trip.left <= 0:
                trip.exhausted = True
                return Look(url, here, trip.at, Door.OURS, "本次访问次数已用完")
            knock = await self.knock(trip, here)
            look = self._read(url, knock, kind, hint)
            if look.page is not None and (look.by_script or _says_blank(look, look.page)):
                look = await self.render(trip, look, look.page, kind, hint)
            target = _onward(knock, look)
            if not target or target == here:
                break
            if not afar and host_of(target) not in trip.hosts:
                look = replace(look, outcome=Door.OURS, because=f"转向站外 {host_of(target)}", facts=None)
                break
            here = target
        else:
            look = replace(look, outcome=Door.OURS, because=f"转向超过 {self.depth.redirects} 次", facts=None)
        trip.looks[url] = replace(look, page=None)
        if len(trip.looks) > self.depth.held_looks:
            del trip.looks[next(iter(trip.looks))]
        return look

    async def render(self, trip: Trip, look: Look, page: Page, kind: str, hint: str) -> Look:
        """What a page says after its scripts ran, or why that is not known."""
        if self.screen is None or trip.rendered >= self.depth.rendered_pages:
            return _unshown(look, "浏览器读取次数已用完" if self.screen is not None else NO_SCREEN)
        trip.rendered += 1
        rendered = await self.screen.render(page, partial(self.fetch, trip))
        if rendered.answer is None:
            return _unshown(look, rendered.because)
        left = Page(rendered.url, as_read(rendered.dom), look.at, content_type="text/html; charset=utf-8")
        before = replace(
            look, url=rendered.url, sha256=rendered.answer.sha256, page=None, by_script=False, outcome=Door.OPENED,
            because="", partial=f"脚本未能完整运行: {rendered.because}" if rendered.because else "", rendered=True,
        )  # fmt: skip
        read = self._told(before, left, kind, hint)
        if rendered.because and not (read.facts is not None and (read.facts.items or read.facts.letters)):
            return replace(read, outcome=Door.OURS, because=read.partial, facts=None)
        return read

    async def fetch(self, trip: Trip, asked: Asked) -> Knock:
        """Ask for the browser what a page asks for, by the same door and with the same manners, redirects followed."""
        shared = asked.form is None and asked.kind in ("script", "stylesheet", "image")
        if shared and asked.url in trip.parts:
            return trip.parts[asked.url]
        here, form = asked.url, asked.form
        for _ in range(self.depth.redirects + 1):
            if asked.kind == "document" and host_of(here) not in trip.hosts:
                return Knock(here, trip.at, Door.OURS, because=f"转向站外 {host_of(here)}")
            if trip.left <= 0 or trip.asked >= self.depth.rendered_requests:
                return Knock(here, trip.at, Door.OURS, because="本次访问次数已用完")
            trip.asked += 1
            knock = await self.knock(trip, here, asked.headers, form)
            target = knock.header("location") if knock.status is not None and 300 <= knock.status < 400 else ""
            if not target:
                break
            here, form = led_to(here, target), form if knock.status in (307, 308) else None
        else:
            return Knock(here, trip.at, Door.OURS, because=f"转向超过 {self.depth.redirects} 次")
        if shared and knock.outcome is Door.OPENED and trip.parts_bytes + len(knock.body) <= self.depth.rendered_bytes:
            trip.parts[asked.url] = knock
            trip.parts_bytes += len(knock.body)
        return knock

    async def knock(
        self, trip: Trip, url: str, headers: Mapping[str, str] | None = None, form: bytes | None = None
    ) -> Knock:
        """Ask, and ask once more by another connection before a failure counts."""
        refusal = malformed(url)
        if refusal:
            return Knock(url, trip.at, Door.OURS, because=f"{refusal}, 不予访问")
        for _ in range(2):
            trip.left -= 1
            self.requests += 1
            method, body = ("GET", b"") if form is None else ("POST", form)
            request = Request(url, method=method, body=body, meta={"headers": headers or {}}, dont_filter=True)
            try:
                await self.crawler.engine.download_async(request)
                knock: Knock = request.meta["knock"]
            except Shut as shut:
                knock = shut.knock
            trip.at = knock.sent_at
            busy = knock.status is not None and knock.status >= 500 and knock.outcome is Door.HTTP_ERROR
            if not busy and knock.outcome not in AGAIN:
                break
        if knock.status is not None or (knock.outcome.theirs and not knock.local):
            self._reached = True
        if knock.local and knock.outcome.theirs and not await self._anybody(knock):
            return replace(knock, outcome=Door.OURS, because=f"本机网络不通: {knock.because}")
        return knock

    def ours(self, trip: Trip, look: Look) -> Item:
        """The row that tells a person what we could not see; nothing if it is theirs or was seen."""
        if look.outcome not in (Door.OURS, Door.WALL):
            return ()
        return (Ours(self.name, trip.subject, look.asked, look.at, look.because),)

    async def _anybody(self, knock: Knock) -> bool:
        """Whether anything outside can be reached; asked only as long as nothing has been.

        With nobody else to ask, a resolver that says that there is no such name is believed, and nothing else is.
        """
        if self._reached:
            return True
        others = list(dict.fromkeys(c for c in self._controls if host_of(c) != host_of(knock.url)))[:CONTROLS]
        if not others:
            return knock.because == NO_SUCH_NAME
        if self._control is None:
            self._control = asyncio.ensure_future(self._ask_controls(others))
        self._reached = await self._control or self._reached
        return self._reached

    async def _ask_controls(self, urls: list[str]) -> bool:
        knocks = await asyncio.gather(*(self.opening.knock(url, {}) for url in urls))
        return any(k.status is not None or (k.outcome.theirs and not k.local) for k in knocks)

    def _read(self, asked: str, knock: Knock, kind: str, hint: str) -> Look:
        """What a knock's page says. A wall is known by its status or by its words, whatever the status."""
        sha256 = knock.answer.sha256 if knock.answer else None
        shut = Look(asked, knock.url, knock.sent_at, knock.outcome, knock.because, sha256, address=knock.address)
        if knock.status is None or knock.outcome in (Door.OURS, Door.WALL):
            return shut
        if 300 <= knock.status < 400 and knock.header("location"):
            return shut
        headers = {name.lower(): value for name, value in knock.headers}
        page = Page(knock.url, knock.body, knock.sent_at, knock.status, headers.get("content-type", ""), headers)
        return self._told(shut, page, kind, hint)

    def _told(self, shut: Look, page: Page, kind: str, hint: str) -> Look:
        """What a page says, whose door stands as `shut` tells."""
        try:
            facts = dialects.read(page, kind, hint)
        except PageChanged as changed:
            if shut.outcome is not Door.OPENED:
                return shut
            return replace(shut, outcome=Door.OURS, because=f"页面无法理解: {changed}", page=page)
        if facts.wall:
            return replace(shut, outcome=Door.WALL, because=f"拦截页面: {facts.wall}")
        if shut.outcome is not Door.OPENED:
            return shut
        if facts.kind == "soft404":
            return replace(shut, outcome=Door.HTTP_ERROR, because="页面提示不存在")
        if facts.unread and not facts.redirect:
            by_script = facts.by_script or (kind == "home" and kinds.filled_by_script(page))
            because = f"页面无法理解: {facts.unread}"
            return replace(shut, outcome=Door.OURS, because=because, page=page, by_script=by_script)
        return replace(shut, facts=facts, page=page)


async def side_by_side(visits: Iterable[Callable[[], AsyncIterator[Item]]], at_once: int) -> AsyncIterator[Item]:
    """What many readings yield, as it comes. One that breaks is logged as an error, which makes the errand end 1."""
    waiting = iter(visits)
    items: asyncio.Queue[Item | None] = asyncio.Queue(maxsize=at_once * 4)

    async def work() -> None:
        try:
            for visit in waiting:
                try:
                    async for item in visit():
                        if item:
                            await items.put(item)
                except Exception:  # a fault of ours in one subject: told, counted, and the others go on
                    logger.exception("读取时程序出错: %s", getattr(visit, "args", ""))
        finally:
            await items.put(None)

    workers = [asyncio.ensure_future(work()) for _ in range(at_once)]
    try:
        ended = 0
        while ended < len(workers):
            item = await items.get()
            if item is None:
                ended += 1
            else:
                yield item
    finally:
        for worker in workers:
            worker.cancel()


def _says_blank(look: Look, page: Page) -> bool:
    """A page that calls itself empty, and has scripts: it is looked at after they ran before it is believed (§6.4)."""
    return look.facts is not None and look.facts.blank is True and runs_scripts(page)


def _unshown(look: Look, why: str) -> Look:
    """A page that only its scripts could complete, and they did not run: ours."""
    because = look.because or "页面自称没有内容, 但其脚本可能填充列表"
    return replace(look, outcome=Door.OURS, because=f"{because}（{why}）", facts=None)


def _onward(knock: Knock, look: Look) -> str:
    """Where a page sends its reader: by its status or by a stub's script; empty: nowhere."""
    location = knock.header("location")
    if knock.status is not None and 300 <= knock.status < 400 and location:
        return led_to(knock.url, location)
    return (look.facts.redirect or "") if look.facts is not None else ""
