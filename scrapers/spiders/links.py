"""Errand `links`: try the links of a site's pages, and note the signs on them at which a person has to look."""

import ipaddress
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from inspectorate.evidence import ArticleVisit, Door, GuideVisit, LinkScope, LinkSweep, LinkTry, PageSign
from inspectorate.register import Column, Site, canonical_url
from scrapers import dialects
from scrapers.dialects import Page
from scrapers.dialects.articles import published_day, shows_clock, title_of
from scrapers.dialects.guides import names_guides, read_guide
from scrapers.dialects.signs import WrongWord, signs_of
from scrapers.door import Knock
from scrapers.guard import host_of, is_literal, led_to
from scrapers.pipelines import Item
from scrapers.reading import Kind, PageChanged
from scrapers.spiders.errand import Errand, Look, Trip

AGAIN_AFTER = timedelta(hours=1)  # a link that failed is tried again at another hour
FRESH = timedelta(days=7)  # a link that opened need not be tried again for so long
LONGEST_TITLE = 120
FAILING_FIRST, NEW, OLD = range(3)  # whose turn it is


@dataclass(frozen=True, slots=True)
class Tried:
    """How the latest try at an address ended."""

    at: datetime
    failed: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A link of a page that was read now."""

    url: str
    page: str
    scope: LinkScope
    letter: bool = False


class LinksSpider(Errand):
    """Reads the home page and some columns of each site, and tries the links on them within a budget.

    Those that failed before come first, then those that were never tried, then those tried longest ago; so a run that
    was cut short is gone on with by the next.
    """

    name = "links"

    def __init__(
        self,
        *args: Any,
        sites: Iterable[Site] = (),
        columns: Iterable[Column] = (),
        tried: Mapping[tuple[str, str], Tried] | None = None,
        words: tuple[WrongWord, ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sites = tuple(sites)
        self.tried = dict(tried or {})
        self.words = words
        self.known: dict[str, list[Column]] = {}
        for column in columns:
            self.known.setdefault(column.site_code, []).append(column)

    def visits(self) -> list[Callable[[], AsyncIterator[Item]]]:
        return [partial(self.visit, site) for site in self.sites]

    async def visit(self, site: Site) -> AsyncIterator[Item]:
        """One site: its pages, then the links on them, then how far it came."""
        trip = Trip(site.site_code, self.depth.requests, {host_of(site.home_url)})
        home = await self.look(trip, site.home_url, "home", afar=True)
        self.landing.ends[str(Door.OPENED if home.page is not None else home.outcome)] += 1
        trip.hosts.add(host_of(home.url))
        if home.page is None:
            at = home.at
            yield (*self.ours(trip, home), LinkSweep(site.site_code, at, 0, 0, 0, f"首页未能读取: {home.because}"))
            return
        standing: dict[str, Standing] = {}
        yield self.read_page(site, home, home.page, "home", standing)
        pages = 1
        for column in self._columns(site):
            look = await self.look(trip, column.url, "page")
            if look.page is not None:
                pages += 1
                yield self.read_page(site, look, look.page, "other", standing, letter=column.kind == "interaction")
        turns = sorted(standing.values(), key=lambda link: self._turn(site, link.url))
        tried, left = 0, 0
        for link in turns:  # a guide that is met adds its attachments at the end
            if not self._due(site, link.url):
                tried += 1
            elif trip.left <= 1:
                left += 1
            else:
                yield await self.try_link(trip, site, link, standing, turns)
                tried += 1
        why = f"本次访问次数已用完，尚余{left}个链接未检测" if left else ""
        yield (LinkSweep(site.site_code, home.at, pages, len(standing), tried, why),)

    # Pages

    def _columns(self, site: Site) -> list[Column]:
        """The columns that are read this time: those of guides, then others from where the days have brought us."""
        own = self.known.get(site.site_code, [])
        most = self.depth.link_pages
        start = (datetime.now(UTC).toordinal() * most) % max(len(own), 1)
        others = [*own[start:], *own[:start]]
        first = [column for column in own if names_guides(column.name)][: self.depth.guide_columns]
        return list(dict.fromkeys([*first, *others]))[:most]

    def read_page(
        self,
        site: Site,
        look: Look,
        page: Page,
        scope: LinkScope,
        standing: dict[str, Standing],
        *,
        letter: bool = False,
    ) -> Item:
        """The signs on a page; its links are added to those that stand."""
        guide: Item = ()
        if look.facts is not None and look.facts.kind == "guide":
            guide = (self.read_guide(site, page, look.at, look.sha256, standing, []),)
        for url in links_of(page):
            if url not in standing and canonical_url(url) != canonical_url(look.url):
                standing[url] = Standing(url, look.url, scope, letter and host_of(url) == host_of(look.url))
        return (*self._signs(site, page, look.at, look.sha256, letter=letter), *guide)

    def read_guide(
        self,
        site: Site,
        page: Page,
        at: datetime,
        sha256: str | None,
        standing: dict[str, Standing],
        turns: list[Standing],
    ) -> GuideVisit:
        """What a guide tells; its attachments are to be tried, too."""
        guide = read_guide(page)
        for url in guide.attachments[: self.depth.guide_attachments]:
            if url not in standing:
                standing[url] = Standing(url, page.url, "other")
                turns.append(standing[url])
        lacking, unclear = "、".join(guide.lacking), "、".join(guide.unclear)
        return GuideVisit(
            site.site_code, page.url, at, guide.title[:LONGEST_TITLE], lacking, unclear, len(guide.attachments),
            guide.forms, sha256,
        )  # fmt: skip

    def _signs(
        self, site: Site, page: Page, at: datetime, sha256: str | None, *, letter: bool = False
    ) -> Iterator[PageSign]:
        for sign in signs_of(page, self.words, letter=letter):
            yield PageSign(site.site_code, page.url, sign.kind, sign.what, sha256, at)  # type: ignore[arg-type]

    # Links

    def _turn(self, site: Site, url: str) -> tuple[int, float]:
        known = self.tried.get((site.site_code, url))
        if known is None:
            return NEW, 0.0
        return (FAILING_FIRST if known.failed else OLD), known.at.timestamp()

    def _due(self, site: Site, url: str) -> bool:
        known = self.tried.get((site.site_code, url))
        return known is None or datetime.now(UTC) - known.at >= (AGAIN_AFTER if known.failed else FRESH)

    async def try_link(
        self, trip: Trip, site: Site, link: Standing, standing: dict[str, Standing], turns: list[Standing]
    ) -> Item:
        """One try, redirects followed wherever the guard lets us go; a guide that is met is read."""
        wrong = wrong_by_words(link.url)
        if wrong:
            at = datetime.now(UTC)
            return (LinkTry(site.site_code, link.url, link.page, link.scope, at, Door.OURS, wrong),)
        here = link.url
        knock = await self.knock(trip, here)
        began = knock.sent_at
        for _ in range(self.depth.redirects):
            target = knock.header("location") if knock.status is not None and 300 <= knock.status < 400 else ""
            if not target or trip.left <= 0:
                break
            here = led_to(here, target)
            knock = await self.knock(trip, here)
        outcome, because, page, kind = said(knock)
        sha256 = knock.answer.sha256 if knock.answer else None
        row = LinkTry(site.site_code, link.url, link.page, link.scope, began, outcome, "", because, sha256)
        if page is None or outcome is not Door.OPENED or host_of(page.url) not in trip.hosts:
            return (row,)
        more: Item = ()
        if kind == "guide":
            more = (self.read_guide(site, page, began, sha256, standing, turns),)
        elif kind == "article":
            more = (read_article(site, page, began, sha256),)
        return (row, *self._signs(site, page, began, sha256, letter=link.letter), *more)


def read_article(site: Site, page: Page, at: datetime, sha256: str | None) -> ArticleVisit:
    """The day of publication that an article's page shows, and whether the hour stands beside it."""
    title = title_of(page) or ""
    return ArticleVisit(
        site.site_code, page.url, at, title[:LONGEST_TITLE], published_day(page, title), shows_clock(page), sha256
    )


def said(knock: Knock) -> tuple[Door, str, Page | None, Kind]:
    """How a try ended: a page that says that it is not there is a dead one, one that we cannot read did open."""
    if knock.status is None or knock.outcome is not Door.OPENED:
        return knock.outcome, knock.because, None, "other"
    if 300 <= knock.status < 400:
        return Door.OURS, "转向次数过多", None, "other"
    headers = {name.lower(): value for name, value in knock.headers}
    kind = headers.get("content-type", "")
    if "html" not in kind.lower() and knock.body.lstrip()[:1] != b"<":
        return Door.OPENED, "", None, "other"
    page = Page(knock.url, knock.body, knock.sent_at, knock.status, kind, headers)
    try:
        facts = dialects.read(page, "page")
    except PageChanged:
        return Door.OPENED, "", page, "other"
    if facts.wall:
        return Door.WALL, f"拦截页面: {facts.wall}", None, "other"
    if facts.kind == "soft404":
        return Door.HTTP_ERROR, "页面提示不存在", None, "other"
    return Door.OPENED, "", page, facts.kind


def links_of(page: Page) -> list[str]:
    """The addresses that a page leads to or shows, each once: links, attachments and pictures."""
    found: dict[str, None] = {}
    for node in page.tree.css("a[href], img[src], area[href]"):
        attributes = node.attributes
        href = (attributes.get("href") or attributes.get("src") or "").strip()
        scheme = href.partition(":")[0].lower()
        if scheme in ("mailto", "tel", "javascript", "data", "about", "sms"):
            continue
        url = page.absolute(href).partition("#")[0]
        if url.startswith(("http://", "https://", "file:")) or wrong_by_words(href):
            found.setdefault(url or href, None)
    return list(found)


def wrong_by_words(url: str) -> str:
    """Why an address can be wrong for everybody outside of the office, without asking it; empty: it is not."""
    low = url.lower()
    if low.startswith("file:") or low[1:3] in (":\\", ":/") or low.startswith("\\\\"):
        return "指向本机文件"
    host = host_of(url)
    if host in ("localhost",) or host.endswith(".local"):
        return "指向本机或内网"
    if not is_literal(host):
        return ""
    address = ipaddress.ip_address(host)
    return "指向IP地址" if address.is_global else "指向内网地址"
