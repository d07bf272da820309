"""One knock at every home page's door: the visits that availability is counted from."""

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime

from inspectorate.evidence import Door, Ours, Visit, frozen
from inspectorate.register import Site
from scrapers.dialects import Page, kinds
from scrapers.door import NO_SUCH_NAME, Cookies, Knock, Opening
from scrapers.guard import host_of, led_to
from scrapers.pipelines import Landing
from scrapers.reading import PageChanged

ERRAND = "probe"
SECONDS = 15.0  # the stop watch: whoever has not opened by then is waited for no longer
REDIRECTS = 5
AT_ONCE = 200
PATIENCE_SECONDS = 4.0  # whoever has said nothing by then is asked a second time beside, and holds up nobody
SILENT_AT_ONCE = 300  # so many at a time: each of them holds two connections
LATE_SECONDS = 1.0  # when a knock may have been measured too long by so much, a time-out is nobody's fault but ours
TICK_SECONDS = 0.1
LAG_SECONDS = 0.02  # of one turn of our loop; less is no lateness
EARLIEST, LATEST = 1990, 2200  # years that a server's clock may show
ROUNDS_MORE = 2  # one for a second try, and one more where our own lateness took a try away
STEPS = 3  # connecting, sending and reading wait for the loop one after the other
CONTROL_SECONDS = 20.0  # between two looks at the control targets, as long as a round lasts
OTHERS = 3
# A wall may answer with any of these and call itself a page; other errors are what they say.
MANY_LINKS = 40  # a page with so many is a site's own, and need not be parsed to see that it is no wall
DISGUISES = (200, 202, 405, 503, 521)


@frozen
class Try:
    """One walk to a home page, redirects followed, and when it was under way by our monotonic clock."""

    knock: Knock
    began: float
    ended: float
    late: bool = False  # shut, but our own loop was so late that nobody can say for how long

    @property
    def shut(self) -> bool:
        """What would count against the site."""
        late = self.knock.outcome is Door.OPENED and (self.knock.seconds or 0.0) >= SECONDS
        return late or self.knock.outcome.theirs


@dataclass
class Prober:
    """Knocks at all doors, and a second time by another path where one stayed shut: only two failures count.

    A silent door is asked again beside the first try, so that it costs one time-out and a little more; one that
    failed at once is asked again after the first round. So is one that we were too busy to measure: a try counts for
    nothing if our own loop was late, and only if that goes on is the visit ours.
    """

    opening: Opening
    landing: Landing
    sites: tuple[Site, ...]
    jitter_seconds: float = 2.0
    controls: tuple[str, ...] = ()  # 对照网站, named by the office: all of them shut at once, and the line is ours
    others: tuple[str, ...] = ()  # home pages of others, asked when nobody answered
    requests: int = 0
    watch: "Watch" = field(default_factory=lambda: Watch())
    line: "Line" = field(init=False)

    def __post_init__(self) -> None:
        self.line = Line(self.opening, self.controls)
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._waiting: set[Patience] = set()
        self._silent = 0

    async def run(self) -> None:
        """Knock, judge whose fault it was, and hand the rows to the landing."""
        beside = [asyncio.ensure_future(run()) for run in (self.watch.run, self.line.run, self._look_around)]
        try:
            tries = await asyncio.gather(*(self._visit(site, twice=True) for site in self.sites))
            for _ in range(ROUNDS_MORE):
                wanting = {number: _sound(made) for number, made in enumerate(tries) if _wants_more(made)}
                if any(made[-1].late for made in tries):
                    await asyncio.sleep(TICK_SECONDS)  # lest the gauge tell of that lateness only now
                visits = (self._visit(self.sites[number], twice=not sound) for number, sound in wanting.items())
                for (number, sound), made in zip(wanting.items(), await asyncio.gather(*visits), strict=True):
                    tries[number] = sound + made
            if any(made[-1].shut for made in tries):
                await self.line.look()
        finally:
            for task in beside:
                task.cancel()
        knocks = [self._settled(made) for made in tries]
        reached = any(_from_outside(one.knock) for made in tries for one in made)
        if not reached and not self.line.seen_up and not await self._anybody(knocks):
            knocks = [_dead_line(knock) for knock in knocks]
        for site, knock in zip(self.sites, knocks, strict=True):
            self._tell(site, knock)
        for knock in self.line.down:
            because = f"对照网站打不开: {knock.because or knock.outcome}"
            self.landing.add(Ours(ERRAND, "", knock.url, knock.sent_at, because))

    def _settled(self, tries: list[Try]) -> Knock:
        """How the visit ended: the last try, which tells of the one before; nobody's fault while the line was dead."""
        last = tries[-1].knock
        if len(tries) > 1:
            before = f"第一次 {tries[0].knock.because or tries[0].knock.outcome}"
            last = replace(last, because=f"{last.because}; {before}" if last.because else before)
        if tries[-1].shut and _wants_more(tries):
            return replace(last, outcome=Door.OURS, because=f"本机过忙, 未能再试: {last.because}")
        if tries[-1].shut and any(self.line.was_down(one.began, one.ended) for one in tries):
            return replace(last, outcome=Door.OURS, because=f"对照网站同时全部打不开: {last.because}")
        return last

    def _tell(self, site: Site, knock: Knock) -> None:
        sha256 = knock.answer.sha256 if knock.answer else None
        seconds = None if knock.seconds is None else round(knock.seconds, 6)
        warc, position = knock.record or ("", None)
        told = (knock.outcome, seconds, sha256, knock.because, warc, position, knock.address, _server_time(knock))
        self.landing.add(Visit(site.site_code, knock.sent_at, ERRAND, *told))
        if knock.outcome in (Door.OURS, Door.WALL):
            self.landing.add(Ours(ERRAND, site.site_code, site.home_url, knock.sent_at, knock.because))

    async def _look_around(self) -> None:
        while True:
            await asyncio.sleep(PATIENCE_SECONDS / 20)
            now = time.monotonic()
            for patience in tuple(self._waiting):
                patience.look(now)

    async def _visit(self, site: Site, *, twice: bool) -> list[Try]:
        """The tries that were made; `twice`: a second one beside the first where that stays silent."""
        if self.jitter_seconds:
            await asyncio.sleep(random.uniform(0, self.jitter_seconds))
        await self._gate.acquire()
        second: list[asyncio.Task[Try]] = []

        def silent() -> bool:
            if twice and not second:
                if self._silent >= SILENT_AT_ONCE:
                    return False
                self._silent += 1
                second.append(asyncio.ensure_future(self._try(site, again=True)))
            return True

        patience = Patience(self._waiting, self._gate.release, silent)
        try:
            first = await self._try(site, again=not twice, sending=patience.begin)
            patience.end()
            if not second:
                return [first]
            return [first, await second[0]] if first.shut or first.late else [first]
        finally:
            patience.end()
            for task in second:
                self._silent -= 1
                task.cancel()

    async def _try(self, site: Site, *, again: bool, sending: Callable[[], None] | None = None) -> Try:
        """One walk to a home page; its time runs from the first sending to the last byte."""
        cookies, here, spent, sent_at = Cookies(), site.home_url, 0.0, None
        began = time.monotonic()
        for _ in range(REDIRECTS + 1):
            self.requests += 1
            said = cookies.said_to(host_of(here))
            knock = await self.opening.knock(here, said, again=again, sending=sending)
            sent_at = sent_at or knock.sent_at
            spent += knock.seconds or 0.0
            if knock.status is None or not 300 <= knock.status < 400:
                break
            cookies.heard(host_of(here), knock)
            target = knock.header("location")
            if not target:
                break
            here = led_to(here, target)
        else:
            knock = replace(knock, outcome=Door.OURS, because=f"转向超过 {REDIRECTS} 次")
        ended = time.monotonic()
        knock = _unmasked(knock)
        if (spent != knock.seconds and knock.seconds is not None) or sent_at != knock.sent_at:
            knock = replace(knock, sent_at=sent_at, seconds=None if knock.seconds is None else spent)
        made = Try(knock, began, ended)
        if not made.shut:
            return made
        excused = _excused(knock, self.watch.late(began))
        return replace(made, knock=excused, late=excused is not knock)

    async def _anybody(self, knocks: list[Knock]) -> bool:
        """Whether the line is up although nobody answered: others are asked, and a resolver's plain no is believed."""
        asked = {host_of(site.home_url) for site in self.sites}
        others = [url for url in self.others if host_of(url) not in asked][:OTHERS]
        answers = await asyncio.gather(*(self.opening.knock(url, {}) for url in others))
        if any(_from_outside(knock) for knock in answers):
            return True
        return len(asked) + len(others) == 1 and all(k.because.startswith(NO_SUCH_NAME) for k in knocks)


class Patience:
    """Gives a place in the pool back as soon as a knock has been silent, or has waited for its turn, for too long.

    One look at all of them every so often is enough, and costs less than a timer each.
    """

    def __init__(self, waiting: "set[Patience]", leave: Callable[[], None], silent: Callable[[], bool]) -> None:
        self._waiting = waiting
        self._leave: Callable[[], None] | None = leave
        self._silent = silent
        self._sent = False
        self._until = time.monotonic() + PATIENCE_SECONDS
        waiting.add(self)

    def begin(self) -> None:
        """Something was sent; if nothing comes of it `silent` is called, which says whether the place may go."""
        self._sent = True
        self._until = time.monotonic() + PATIENCE_SECONDS

    def end(self) -> None:
        self._waiting.discard(self)
        self._go()

    def look(self, now: float) -> None:
        if now >= self._until and (not self._sent or self._silent()):
            self._go()

    def _go(self) -> None:
        if self._leave is not None:
            leave, self._leave = self._leave, None
            leave()


class Line:
    """对照网站: well-known pages that are asked in the same tick. All of them shut at once is our own outage.

    They are looked at when a round begins, every so often while it lasts, and once more before a failure is believed.
    """

    def __init__(self, opening: Opening, controls: tuple[str, ...]) -> None:
        self.controls = controls
        self.down: list[Knock] = []  # the knocks of the looks that found all of them shut
        self.looks = 0
        self.seen_up = False
        self._opening = opening
        self._dead: list[tuple[float, float]] = []

    async def run(self) -> None:
        while self.controls:
            await self.look()
            await asyncio.sleep(CONTROL_SECONDS)

    async def look(self) -> None:
        if not self.controls:
            return
        began = time.monotonic()
        knocks = await asyncio.gather(*(self._opening.knock(url, {}, again=True) for url in self.controls))
        self.looks += 1
        if any(_is_up(knock) for knock in knocks):
            self.seen_up = True
        else:
            self._dead.append((began, time.monotonic()))
            self.down += knocks

    def was_down(self, began: float, ended: float) -> bool:
        """Whether a look that found all of them shut lies beside a try, or between it and the next look."""
        return any(one - CONTROL_SECONDS <= ended and began <= other + CONTROL_SECONDS for one, other in self._dead)


class Watch:
    """A gauge of how late our own loop is, so that our slowness is not taken for a site's."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._due = time.monotonic() + TICK_SECONDS
        self._lags: list[tuple[float, float]] = []  # (when, how late), those worth a word

    async def run(self) -> None:
        while True:
            self._due = time.monotonic() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            lag = max(0.0, now - self._due)
            self.worst = max(self.worst, lag)
            if lag >= LAG_SECONDS:
                self._lags.append((now, lag))

    def late(self, since: float) -> float:
        """By how much a knock begun then may have been measured too long: it waits for the loop at every step."""
        pending = max(0.0, time.monotonic() - self._due)
        return STEPS * max(
            [pending if pending >= LAG_SECONDS else 0.0, *(lag for at, lag in self._lags if at >= since)]
        )


def home_pages(sites: Iterable[Site]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(site.home_url for site in sites))


def _sound(tries: list[Try]) -> list[Try]:
    """The tries that were measured."""
    return [one for one in tries if not one.late]


def _wants_more(tries: list[Try]) -> bool:
    """Whether nothing was measured yet, or one failure that a second try has to bear out."""
    sound = _sound(tries)
    return not sound or (len(sound) == 1 and sound[0].shut)


def _excused(knock: Knock, late: float) -> Knock:
    """What is shut only because we were late ourselves is ours."""
    over = knock.outcome is Door.OPENED and (knock.seconds or 0.0) >= SECONDS > (knock.seconds or 0.0) - late
    if over or (knock.outcome is Door.TIMEOUT and late >= LATE_SECONDS):
        return replace(knock, outcome=Door.OURS, because=f"本机过忙, 计时迟 {late:.1f} 秒")
    return knock


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


def _server_time(knock: Knock) -> datetime | None:
    """What the answer's server took for the time (RFC 9110 §6.6.1); a cache repeats what it was told long ago."""
    said = "" if knock.header("age") else knock.header("date")
    try:
        told = parsedate_to_datetime(said)
    except (TypeError, ValueError, OverflowError):  # it is hostile as all that a page says
        return None
    return told if told.tzinfo and EARLIEST <= told.year <= LATEST else None


def _is_up(knock: Knock) -> bool:
    """Whether a control target was reached. A server's error may be a proxy's word for a line that is dead."""
    return knock.status is not None and knock.outcome is not Door.OURS and knock.status < 500


def _from_outside(knock: Knock) -> bool:
    """Whether somebody else than this machine had a word in how a knock ended."""
    return knock.status is not None or (knock.outcome.theirs and not knock.local)


def _dead_line(knock: Knock) -> Knock:
    ours = knock.local and knock.outcome.theirs
    return replace(knock, outcome=Door.OURS, because=f"本机网络不通: {knock.because}") if ours else knock
