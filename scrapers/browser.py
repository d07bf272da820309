"""A headless Chromium for what only scripts show, and for pictures; it has no network but what we ask for it."""

import asyncio
import base64
import html
import json
import logging
import os
import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    Error,
    Playwright,
    Request,
    Route,
    WebSocketRoute,
    async_playwright,
)
from playwright.async_api import Page as Tab

from inspectorate.evidence import Answer, Door
from inspectorate.quarter import SHANGHAI
from scrapers.dialects import Page, kinds
from scrapers.door import Knock, our_name
from scrapers.reading import PageChanged
from scrapers.screen import HIDDEN, Ask, Asked, Motif, Rendered, Shot, inscribed, is_counter
from scrapers.warc import DOM, VIEW, Made, Recorder

logger = logging.getLogger(__name__)
# Should a request ever get past us, it ends at a dead proxy: also those to this machine, and no name is resolved.
ARGUMENTS = (
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--js-flags=--max-old-space-size=512",
    "--renderer-process-limit=2",
)
READS = frozenset({"document", "script", "stylesheet", "xhr", "fetch"})  # what makes the text of a page, or hides it
SHOWS = READS | {"image"}
FAILS = READS - {"document"}  # a page that did not get one of these is not whole
NOT_PASSED_ON = frozenset(
    ["content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive", "content-disposition",
     "strict-transport-security", "alt-svc", "proxy-status", "x-squid-error"]
)  # fmt: skip
SENT_ON = ("accept", "content-type", "cookie", "origin", "referer", "x-requested-with")
# What data says of itself when it was not given: a list that such an answer leaves empty is not blank.
DONE_CODES = frozenset(
    ["0", "00", "000", "0000", "00000", "000000", "1", "200", "20000", "ok", "success", "true", "none"]
)
CODES = ("code", "status", "errcode", "errorcode", "resultcode", "retcode", "ret", "state")
# Scripts that by their names fill no list: libraries, and what serves the frame around a page.
LIBRARY = re.compile(
    r"/(?:[\w.-]*jquery|zepto|bootstrap|swiper|slick|owl|layer|layui|superslide|html5shiv|html5|respond|modernizr|wow|"
    r"animate|es5-shim|es6-promise|json2|polyfill|jcarousel|flexslider|iscroll|rem|flexible|echarts|pngfix|belatedpng|"
    r"my97|menu|nav|search|share|slide|banner|scroll|marquee|weather|tianqi|date|calendar|clock|fontsize|print|gray|"
    r"count|tongji|visit|link|head|foot|top|float|backtop)[\w.-]*\.js$",
    re.I,
)
MOST_DOM = 10_000_000  # characters, as of a page
MOST_MOVES = 3  # times that scripts may lead a page on
MOST_STARTS = 3  # of a browser in one errand
MARK_AND_TELL = f"""(most) => {{
    for (const e of document.querySelectorAll('body *')) {{
        if (e.parentElement.closest('[{HIDDEN}]')) continue;
        if (['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'LINK', 'META', 'OPTION', 'BR'].includes(e.tagName)) continue;
        if (!e.checkVisibility({{opacityProperty: true, visibilityProperty: true}})) e.setAttribute('{HIDDEN}', '');
    }}
    const told = '<!DOCTYPE html>' + document.documentElement.outerHTML;
    return [location.href, told.length > most ? null : told];
}}"""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how much the browser may take; all of it bounds our own work."""

    read_seconds: float = 90.0  # for a page and all that it asks for, politely one after the other
    page_seconds: float = 20.0  # of the page's own time, after it has loaded: its timers run, nobody waits for them
    picture_seconds: float = 60.0
    close_seconds: float = 10.0
    start_seconds: float = 60.0
    requests: int = 60  # a page
    images: int = 12  # a picture
    picture_height: int = 4000
    upper_height: int = 1600
    picture_bytes: int = 4 << 20
    at_once: int = 2


@dataclass(eq=False)
class Chromium:
    """One browser an errand, begun with the first page that needs it; a context of its own for each page.

    What the browser asks for is handed to the errand, whose requests go through our door: guard, robots.txt, manners,
    bounds and record are the same as for everything else. It ends with this process, however this process ends.
    """

    program: Path
    recorder: Recorder
    landed: Callable[[Answer], None]
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        self.missing = ""
        self._driver: Playwright | None = None
        self._browser: Browser | None = None
        self._starts = 0
        self._starting = asyncio.Lock()
        self._room = asyncio.Semaphore(self.patience.at_once)

    async def render(self, page: Page, ask: Ask) -> Rendered:
        """Run a page's scripts and keep the DOM that they leave, as a conversion of the answer that was kept of it."""
        try:
            async with self._sheet(page, ask, READS, scripts=True) as sheet:
                async with asyncio.timeout(self.patience.read_seconds):
                    await sheet.settle(self.patience.page_seconds)
                    url, told = await sheet.tab.evaluate(MARK_AND_TELL, MOST_DOM)
                because = sheet.fault()
                if told is None:
                    raise Unshown(f"脚本生成的页面超过 {MOST_DOM // 1_000_000} MB")
        except (Unshown, TimeoutError, Error) as error:
            because = _told(error, f"浏览器 {self.patience.read_seconds:g} 秒内未能读完")
            self.recorder.keep_failure(DOM + page.url, page.fetched_at, Door.OURS, None, because)
            return Rendered(page.url, because)
        dom = told.encode("utf-8", "replace")
        answer = self.recorder.keep_made(Made.dom(page.url, page.fetched_at, dom, because, url))
        self.landed(answer)
        return Rendered(url, because, answer, dom)

    async def picture(self, motif: Motif, ask: Ask) -> Shot:
        """A PNG of the page as it was given to us, with a strip over it that says what it shows and when."""
        page, taken_at = motif.page, datetime.now(UTC)
        caption = {"网址": page.url, "截图时间": f"{taken_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}（北京时间）"}
        if motif.sha256:
            caption["页面摘要 SHA-256"] = motif.sha256
        try:
            async with self._sheet(page, ask, SHOWS, scripts=motif.scripts) as sheet:
                async with asyncio.timeout(self.patience.picture_seconds):
                    bare = await sheet.shoot(self.patience, upper=motif.upper)
            async with self._context(scripts=False) as context, asyncio.timeout(self.patience.picture_seconds):
                png = await _captioned(context, bare, caption)
            if len(png) > self.patience.picture_bytes:
                raise Unshown(f"截图超过 {self.patience.picture_bytes >> 20} MB")
        except (Unshown, TimeoutError, Error) as error:
            because = _told(error, f"浏览器 {self.patience.picture_seconds:g} 秒内未能截图")
            self.recorder.keep_failure(VIEW + page.url, taken_at, Door.OURS, None, because)
            return Shot(taken_at, because=because)
        png = inscribed(png, {"Title": page.url, "Creation Time": taken_at.isoformat(), "Source": motif.sha256 or ""})
        answer = self.recorder.keep_made(Made.picture(page.url, taken_at, png))
        self.landed(answer)
        return Shot(taken_at, answer)

    async def close(self) -> None:
        browser, driver, self._browser, self._driver = self._browser, self._driver, None, None
        for end in (browser.close if browser is not None else None, driver.stop if driver is not None else None):
            if end is not None:
                with suppress(Error, TimeoutError):
                    async with asyncio.timeout(self.patience.close_seconds):
                        await end()

    @asynccontextmanager
    async def _sheet(self, page: Page, ask: Ask, wanted: Collection[str], *, scripts: bool) -> AsyncIterator["Sheet"]:
        async with self._context(scripts=scripts) as context:
            sheet = Sheet(page, ask, wanted, self.patience)
            await sheet.open(context)
            yield sheet

    @asynccontextmanager
    async def _context(self, *, scripts: bool) -> AsyncIterator[BrowserContext]:
        """A fresh context: no cookie, no store and no worker of another page is in it."""
        async with self._room:
            browser = await self._running()
            async with asyncio.timeout(self.patience.start_seconds):
                context = await browser.new_context(
                    user_agent=our_name(),
                    locale="zh-CN",
                    timezone_id="Asia/Shanghai",
                    viewport={"width": 1280, "height": 1024},
                    accept_downloads=False,
                    service_workers="block",
                    java_script_enabled=scripts,
                )
            try:
                yield context
            finally:
                try:
                    async with asyncio.timeout(self.patience.close_seconds):
                        await context.close()
                except (Error, TimeoutError):
                    await self.close()  # it does not answer any more: the next page gets another one

    async def _running(self) -> Browser:
        async with self._starting:
            if self._browser is not None and self._browser.is_connected():
                return self._browser
            if self.missing:
                raise Unshown(self.missing)
            await self.close()
            if self._starts >= MOST_STARTS:
                raise Unshown("浏览器多次中断，不再启动")
            self._starts += 1
            try:
                async with asyncio.timeout(self.patience.start_seconds):
                    self._driver = await async_playwright().start()
                    self._browser = await self._launch(self._driver)
            except Exception as error:  # playwright raises a bare one where its driver ends at once
                await self.close()
                self.missing = f"浏览器无法启动: {_first_line(error)}"
                raise Unshown(self.missing) from error
            return self._browser

    async def _launch(self, driver: Playwright) -> Browser:
        """With Chromium's own sandbox where the system lets it have one: not as root, and in few containers."""

        async def launch(*, boxed: bool) -> Browser:
            return await driver.chromium.launch(
                executable_path=str(self.program),
                args=list(ARGUMENTS),
                chromium_sandbox=boxed,
                env={name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ},
                timeout=self.patience.start_seconds * 1000,
            )

        if os.geteuid() == 0:
            return await launch(boxed=False)
        try:
            return await launch(boxed=True)
        except Error as error:
            logger.warning("浏览器的沙箱不能启用，不带沙箱启动: %s", _first_line(error))
            return await launch(boxed=False)


class Unshown(Exception):
    """The browser cannot show anything; ours."""


@dataclass(eq=False)
class Sheet:
    """One page in the browser: it is given the bytes that were kept, and whatever else it wants is asked for it."""

    page: Page
    ask: Ask
    wanted: Collection[str]
    patience: Patience

    def __post_init__(self) -> None:
        self.tab: Tab = None  # type: ignore[assignment]  # opened next
        self.faults: list[str] = []
        self._given = False
        self._missed: set[str] = set()  # what its server has lost, and nothing needs
        self._moves = 0
        self._asked = 0
        self._images = 0
        self._crashed = False
        self._passed = asyncio.Event()  # the page's own time

    def fault(self) -> str:
        """Why this page is not whole, in short."""
        more = f"等 {len(self.faults)} 处" if len(self.faults) > 1 else ""
        return f"{self.faults[0]}{more}" if self.faults else ""

    async def open(self, context: BrowserContext) -> None:
        await context.route("**/*", self._answer)
        await context.route_web_socket("**/*", self._refuse_socket)
        await context.add_init_script("window.open = () => null")  # as in every browser that blocks pop-ups
        self.tab = await context.new_page()
        context.on("page", _shut)
        self.tab.on("pageerror", lambda error: self.faults.append(f"脚本出错: {_first_line(error)}"))
        self.tab.on("requestfailed", self._failed)
        self.tab.on("crash", self._broke)

    async def settle(self, seconds: float) -> None:
        """Load the page and let so many seconds of its own time pass, during which nothing that it asked for is out.

        Time stands still while a request is under way, and runs as fast as it can otherwise: a timer of ten seconds
        costs none of ours. If scripts led on to another page, that one gets the same time.
        """
        await self.tab.goto(self.page.url, wait_until="commit", timeout=0)
        session = await self.tab.context.new_cdp_session(self.tab)
        session.on("Emulation.virtualTimeBudgetExpired", lambda _: self._passed.set())
        moves = -1
        while moves != self._moves:
            moves = self._moves
            await self.tab.wait_for_load_state("load", timeout=0)
            self._passed.clear()
            policy = {"policy": "pauseIfNetworkFetchesPending", "budget": seconds * 1000}
            await session.send("Emulation.setVirtualTimePolicy", policy)
            await self._passed.wait()
            if self._crashed:
                raise Unshown("页面使浏览器崩溃")

    async def shoot(self, patience: Patience, *, upper: bool) -> bytes:
        """The page as far as it has come after a while, its upper part if it is long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience.picture_seconds / 2):
                await self.settle(patience.page_seconds)
        size = await self.tab.evaluate("() => document.documentElement.scrollHeight")
        height = max(600, min(int(size), patience.upper_height if upper else patience.picture_height))
        return await self.tab.screenshot(
            full_page=True,
            clip={"x": 0, "y": 0, "width": 1280, "height": height},
            animations="disabled",
            timeout=patience.picture_seconds * 1000,
        )

    def _broke(self, _: Tab) -> None:
        self._crashed = True
        self._passed.set()

    async def _answer(self, route: Route, request: Request) -> None:
        """Give the page what it asks for, or nothing."""
        kind = request.resource_type
        with suppress(Error):  # the page may be gone by the time there is an answer
            if not self._given and kind == "document" and request.is_navigation_request():
                self._given = True
                await route.fulfill(
                    status=200, body=self.page.body, headers=_passed_on(self.page.headers, self.page.content_type)
                )
                return
            if not _of_the_web(request.url):
                await route.abort()
                return
            if is_counter(request.url):
                await route.fulfill(status=200, body="", headers={"content-type": "text/javascript"})
                return
            refusal = await self._refusal(request)
            if refusal is not None:
                if refusal:
                    self.faults.append(refusal)
                await route.abort()
                return
            self._asked += 1
            headers = {name: value for name, value in (await request.all_headers()).items() if name in SENT_ON}
            form = (request.post_data_buffer or b"") if request.method == "POST" else None
            knock = await self.ask(Asked(request.url, kind, headers, form))
            why = _why_not(knock, kind)
            if why and _needless(knock, kind):
                self._missed.add(request.url)
            elif why and kind in FAILS | {"document"}:
                self.faults.append(f"{_place(request.url)} {why}")
            if knock.status is None or knock.outcome is Door.OURS:
                await route.abort()
                return
            told = {name.lower(): value for name, value in knock.headers}
            await route.fulfill(
                status=knock.status, body=knock.body, headers=_passed_on(told, told.get("content-type", ""))
            )

    async def _refusal(self, request: Request) -> str | None:
        """Why a page does not get what it asks for; empty: nothing is missing without it; None: it does get it."""
        kind = request.resource_type
        if kind == "document":
            try:
                main = request.frame == self.tab.main_frame
            except Error:
                return ""  # another window's
            if not main:
                return None if "image" in self.wanted else ""
            self._moves += 1
            return None if self._moves <= MOST_MOVES else f"页面由脚本转向超过 {MOST_MOVES} 次"
        if kind == "eventsource":
            return f"页面由推送填充: {_place(request.url)}"
        if kind not in self.wanted:
            return ""
        if kind == "image":
            self._images += 1
            return None if self._images <= self.patience.images else ""
        if request.method not in ("GET", "POST"):
            return f"页面的请求方法 {request.method} 不予发送"
        if self._asked >= self.patience.requests:
            self._passed.set()  # it will not come to rest
            return f"页面的请求超过 {self.patience.requests} 次"
        return None

    def _failed(self, request: Request) -> None:
        """What the browser itself refused or gave up: another origin without permission, a policy, a script's abort."""
        known = request.url in self._missed or not _of_the_web(request.url)
        if (
            request.resource_type in FAILS
            and not known
            and not any(_place(request.url) in fault for fault in self.faults)
        ):
            self.faults.append(f"{_place(request.url)} 未能取得: {request.failure or ''}".strip())

    async def _refuse_socket(self, socket: WebSocketRoute) -> None:
        self.faults.append(f"页面由推送填充: {_place(socket.url)}")
        await socket.close()


async def _captioned(context: BrowserContext, png: bytes, caption: Mapping[str, str]) -> bytes:
    """The picture under a strip that says what it is; made in a page of our own, which theirs cannot touch."""
    lines = "".join(f"<div>{html.escape(name)}：{html.escape(text)}</div>" for name, text in caption.items())
    page = await context.new_page()
    await page.set_content(
        "<!DOCTYPE html><meta charset=utf-8><style>body{margin:0}header{font:16px/1.5 sans-serif;background:#fff;"
        "color:#000;padding:6px 10px;border-bottom:2px solid #000;word-break:break-all}img{display:block}</style>"
        f"<header>{lines}</header><img src='data:image/png;base64,{base64.b64encode(png).decode()}'>"
    )
    return await page.screenshot(full_page=True)


def _of_the_web(url: str) -> bool:
    """Whether a site's visitors can get this; a page may still name its editor's disk and browser extensions."""
    return url.partition(":")[0].lower() in ("http", "https", "data", "blob")


def _why_not(knock: Knock, kind: str) -> str:
    """Why an answer is none that a page could be filled from; empty: it is one."""
    if knock.status is None or knock.outcome is not Door.OPENED:
        return knock.because or str(knock.outcome)
    if not 200 <= knock.status < 300:
        return f"HTTP {knock.status}"
    if kind in ("xhr", "fetch", "script"):
        return _wall(knock) or (_said_failed(knock.body) if kind != "script" else "")
    return ""


def _needless(knock: Knock, kind: str) -> bool:
    """A style sheet, or a script that fills no list by itself, which the server says is not there: nobody gets it.

    A script that needed it breaks, and then the page is not whole for that.
    """
    gone = knock.status in (404, 410) and knock.outcome is Door.HTTP_ERROR
    return gone and (kind == "stylesheet" or (kind == "script" and bool(LIBRARY.search(urlsplit(knock.url).path))))


def _wall(knock: Knock) -> str:
    """What kind of wall stands where data was asked for; empty: none."""
    content_type = knock.header("content-type")
    if "html" not in content_type.lower():
        return ""
    page = Page(knock.url, knock.body, knock.sent_at, knock.status or 0, content_type)
    try:
        wall = kinds.wall(page)
    except PageChanged:
        return ""
    return f"拦截页面: {wall}" if wall else ""


def _said_failed(body: bytes) -> str:
    """What data says of a failure of its own; empty: it does not say any."""
    if body[:1] != b"{" or len(body) > 1 << 20:
        return ""
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    facts = {str(name).lower(): value for name, value in told.items()}
    if facts.get("success") in (False, "false", 0):
        return "数据接口报告失败"
    for name in CODES:
        value = facts.get(name)
        if isinstance(value, str | int | bool) and str(value).strip().lower() not in DONE_CODES | {""}:
            return f"数据接口报告 {name}={str(value)[:20]}"
    return ""


def _shut(tab: Any) -> None:
    """A window that a page opens is closed again; the set keeps the task from being forgotten."""
    task = asyncio.ensure_future(tab.close())
    _shutting.add(task)
    task.add_done_callback(_shutting.discard)
    task.add_done_callback(lambda done: None if done.cancelled() else done.exception())


_shutting: set[asyncio.Task[None]] = set()


def _passed_on(headers: Mapping[str, str], content_type: str) -> dict[str, str]:
    kept = {name.lower(): value for name, value in headers.items() if name.lower() not in NOT_PASSED_ON}
    return kept | {"content-type": content_type or "text/html"}


def _place(url: str) -> str:
    """An address as it is told: without what stands behind the question mark."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"[:120]


def _told(error: Exception, late: str) -> str:
    if isinstance(error, Unshown):
        return str(error)
    return late if isinstance(error, TimeoutError) else f"浏览器出错: {_first_line(error)}"


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
