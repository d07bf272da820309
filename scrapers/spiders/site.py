"""Errand `site`: read a government site's home page, its columns newest first, and its letter boxes back to a day."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from inspectorate.evidence import (
    Article,
    Discovery,
    Door,
    Host,
    LetterVisit,
    Ours,
    PageFoot,
    PageKind,
    PageSign,
    PageVisit,
    Picture,
)
from inspectorate.quarter import day_of, months_before
from inspectorate.register import Column, Site, canonical_url
from scrapers import dialects
from scrapers.dialects import Page, kinds, lexicon, menus
from scrapers.dialects.foot import foot_of
from scrapers.dialects.letters import one_of
from scrapers.dialects.signs import letter_signs
from scrapers.dialects.template import template_of
from scrapers.guard import host_of
from scrapers.pipelines import ColumnsFound, Item
from scrapers.reading import Facts, Found, Message, PageChanged, SiteMap
from scrapers.reading import Item as Row
from scrapers.screen import Motif, Screen
from scrapers.spiders.errand import Errand, Look, Shelf, Trip

LONGEST_TITLE = 300
LISTS = ("home", "list", "blank")  # any other page is a single one: it has no items to count


@dataclass
class Seen:
    """What the pages of one list came to."""

    rows: list[Row] = field(default_factory=list)
    undated: int = 0
    listed_dates: bool = False
    why_not_whole: str = ""
    loose: date | None = None  # of what belongs to the list and is no row of it

    def days(self, until: date) -> list[date]:
        """The plausible dates: none after the visit."""
        shown = [*(row.date for row in self.rows), self.loose]
        return [day for day in shown if day is not None and day <= until]


class SiteSpider(Errand):
    """Reads sites of the register. What a page means is the dialects' business; here is only the way through a site."""

    name = "site"

    def __init__(
        self,
        *args: Any,
        sites: Iterable[Site] = (),
        columns: Iterable[Column] = (),
        back_to: date | None = None,
        discover_only: bool = False,
        old_after: Mapping[str, int] | None = None,
        pictured: Mapping[tuple[str, str], Picture] | None = None,
        picture_home: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sites = tuple(sites)
        self.back_to = back_to  # lists are read to this day, for an inspection in the past
        self.discover_only = discover_only
        self.old_after = old_after or {}  # class of column, or `home` → days; whoever sends us knows the editions
        self.pictured = dict(pictured or {})  # (site, address) → its latest picture
        self.picture_home = picture_home  # of every site now and then, in order or not
        self.known: dict[str, list[Column]] = {}
        for column in columns:
            self.known.setdefault(column.site_code, []).append(column)

    def visits(self) -> list[Callable[[], AsyncIterator[Item]]]:
        return [partial(self.visit, site) for site in self.sites]

    async def visit(self, site: Site) -> AsyncIterator[Item]:
        """One site, from its home page to the discovery row that ends it."""
        trip = Trip(site.site_code, self.depth.requests, _hosts(site))
        home = await self.look(trip, site.home_url, "home", afar=True)
        trip.hosts |= _both(host_of(home.url))
        parts = await self.frames(trip, home)
        opening = await self.home_rows(trip, site, home, parts)
        yield opening
        found, why = await self.discover(trip, site, parts)
        known = self.known.get(site.site_code, [])
        filed = {column.url: column for column in known}
        found = _as_filed(found, filed)
        columns = found | {
            url: replace(column, reading=filed[url].reading, class_confirmed_by=filed[url].class_confirmed_by)
            for url, column in found.items()
            if url in filed
        }
        columns |= {url: column for url, column in filed.items() if url not in columns}
        # A home page that came but is not understood does not keep us from columns that a person filed.
        came = home.sha256 is not None and home.outcome in (Door.OPENED, Door.OURS)
        for column in sorted(columns.values(), key=lambda column: not column.class_confirmed_by):
            if came and not self.discover_only:
                rows, first = await self.read_column(trip, column, filed.get(column.url))
                yield rows
                if column.url not in found:
                    continue
                if first is not None:  # its second address: the same column counts once
                    again = found.pop(column.url)
                    if first.url in found and found[first.url].level != again.level:
                        found[first.url] = replace(found[first.url], level=None)
                elif (own := trip.looks.get(column.url)) is not None and own.facts is not None:
                    found[column.url] = _placed(found[column.url], own.facts.trail)
        if self.picture_home and self.back_to is None and not self.discover_only:
            yield await self.home_picture(trip, home, next(row for row in opening if isinstance(row, PageVisit)))
        yield self.end(trip, site, home, tuple(found.values()), why)

    def end(self, trip: Trip, site: Site, home: Look, found: tuple[Column, ...], why: str) -> Item:
        """The rows that close a site: its columns, the addresses under it, and whether discovery ended."""
        if trip.exhausted:
            why = why or f"访问次数达到上限 {self.depth.requests} 次"
        discovery = Discovery(site.site_code, home.at, not why, len(found), why)
        landed = (ColumnsFound(site.site_code, found, day_of(home.at), not why),) if found else ()
        return (*landed, discovery)

    # The home page and the menus

    async def home_rows(self, trip: Trip, site: Site, home: Look, parts: list[Look]) -> Item:
        """The visit to the home page and the items of its blocks, of all its parts together."""
        read = [part.facts for part in parts if part.facts is not None]
        if not read:
            return (_shut(site, site.home_url, "home", home), *self.ours(trip, home))
        seen = Seen([row for facts in read for row in facts.items], listed_dates=any(f.dated_list for f in read))
        for part in parts:
            lost = f"首页的框架未能读取: {part.because}" if part.facts is None else part.partial
            seen.why_not_whole = seen.why_not_whole or lost
        await self.date_by_articles(trip, seen, day_of(home.at))
        for facts in read:
            seen.why_not_whole = seen.why_not_whole or await self.headlines(trip, seen, facts, day_of(home.at))
        if home.facts is not None:
            seen.why_not_whole = seen.why_not_whole or await self.home_inside(trip, seen, home)
        if not seen.rows:  # a home page shows something: where we found nothing we did not understand it
            seen.why_not_whole = seen.why_not_whole or "首页没有读到任何信息条目"
        blank = read[0].blank if len(parts) == 1 else None
        visit = _visit(site.site_code, site.home_url, "home", home, seen, blank)
        ours = () if visit.complete else (Ours(self.name, trip.subject, home.asked, home.at, visit.because),)
        pictures = await self.pictures(trip, visit, home, "home")
        foot = (_foot(site, home, home.page),) if home.page is not None else ()
        return (visit, *ours, *foot, *_articles(site.site_code, site.home_url, home, seen), *pictures)

    async def home_inside(self, trip: Trip, seen: Seen, home: Look) -> str:
        """What an old home page shows in frames and after its scripts ran; says why not, where that is not theirs."""
        today, page, why = day_of(home.at), home.page, ""
        if page is None or self._fresh(seen, today) or not seen.days(today):
            return ""
        looks = [await self.look(trip, address, "home") for address in dialects.inner_pages(page)[: self.depth.frames]]
        if not home.rendered and kinds.filled_by_script(page):
            asked = replace(home, because="脚本可能显示更新的内容")
            looks.append(await self.render(trip, asked, page, "home", ""))
        known = {row.url for row in seen.rows}
        for look in looks:
            if look.facts is None:
                why = why or ("" if look.outcome.theirs else f"首页的一部分未能读取: {look.because}")
                continue
            why = why or look.partial
            seen.rows += [row for row in look.facts.items if row.url not in known and row.date is not None]
        return "" if self._fresh(seen, today) else why

    async def frames(self, trip: Trip, home: Look) -> list[Look]:
        """The parts of a home page: its frames where it is a frameset of several, else itself."""
        inner = [] if home.facts is not None or home.page is None else dialects.frames_of(home.page)
        near = [address for address in inner if host_of(address) in trip.hosts][: self.depth.frames]
        return [await self.look(trip, address, "home") for address in near] or [home]

    async def discover(self, trip: Trip, site: Site, parts: list[Look]) -> tuple[dict[str, Column], str]:
        """The columns that the menus lead to, by address, and why they may not be all; empty: they are."""
        unread = [
            part
            for part in parts
            if part.page is None or (part.facts is None and (len(parts) == 1 or kinds.filled_by_script(part.page)))
        ]
        if len(unread) == len(parts):
            return {}, f"首页未能读取: {parts[0].because}"
        maps = [(site_map(part.page), "", part) for part in parts if part.page is not None]
        why = next((f"首页的框架未能读取: {part.because}" for part in unread), "")
        why = why or next((part.partial for part in parts if part.partial), "")
        if not any(mapped.columns for mapped, _, _ in maps) or len(maps) == 1:
            why = why or maps[0][0].because
        if site.disclosure_url:
            look = await self.look(trip, site.disclosure_url, "page", afar=True)
            if look.page is not None:
                maps.append((_within(site_map(look.page), site.disclosure_url, trip.hosts), "", look))
                trip.hosts |= _both(host_of(look.url))
            else:
                why = why or f"信息公开网未能读取: {look.because}"
        flat = any(_is_flat(mapped) for mapped, _, _ in maps)
        found_so_far = [found for mapped, _, _ in maps for found in mapped.columns]
        channels = [
            found
            for found in found_so_far
            if found.type == "频道" or (flat and found.level == 1 and found.type == "栏目")
        ]
        for channel in channels[: self.depth.channels]:
            look = await self.look(trip, channel.url, "page" if channel.type == "频道" else _asked_as(channel.kind))
            if look.page is not None:
                maps.append((site_map(look.page), channel.name, look))
            elif not look.outcome.theirs:
                why = why or f"频道 {channel.name} 未能读取: {look.because}"
        if len(channels) > self.depth.channels:
            why = why or f"频道超过 {self.depth.channels} 个, 未全部读取"
        columns: dict[str, Column] = {}  # by what all addresses of a column have in common
        for mapped, channel_name, look in maps:
            for row in _addresses(site, mapped, look):
                self.landing.add(row)
            for found in mapped.columns:
                if host_of(found.url) in trip.hosts:
                    columns.setdefault(menus.same_place(found.url), _column(site, found, channel_name))
        return {column.url: column for column in columns.values()}, why

    # Columns

    async def read_column(self, trip: Trip, column: Column, filed: Column | None) -> tuple[Item, Column | None]:
        """One column, or the letter box that it turns out to be; and the column whose second address it is, if any."""
        hint = filed.reading if filed is not None else ""
        look = await self.look(trip, column.url, _asked_as(column.kind), hint)
        if look.facts is not None and look.facts.kind == "letters":
            return await self.read_box(trip, column, look, look.facts, hint), None
        if look.facts is None:
            return (_shut_column(column, look), *self.ours(trip, look)), None
        today = day_of(look.at)
        seen = Seen(list(look.facts.items), 0, look.facts.dated_list, look.partial, look.facts.loose)
        await self.read_on(trip, seen, look.facts, today, hint, by_script=look.rendered)
        seen.why_not_whole = seen.why_not_whole or await self.date_by_articles(trip, seen, today)
        seen.why_not_whole = seen.why_not_whole or await self.headlines(trip, seen, look.facts, today)
        if look.facts.closed and not self._fresh(seen, today):
            seen.why_not_whole = seen.why_not_whole or f"页面注明“{look.facts.closed}”, 是否仍应更新有待认定"
        twin = _shown_before(trip, column, look.facts.trail, seen)
        if twin is not None and seen.rows and _same_name(twin, column):
            return (), twin
        if twin is not None and (seen.rows or look.facts.blank) and not self._fresh(seen, today):
            same = "列表" if seen.rows else "名称和空白页"
            seen.why_not_whole = (
                seen.why_not_whole or f"{same}与“{twin.name}”（{twin.url}）相同, 是否为同一栏目有待认定"
            )
        visit = _visit(column.site_code, column.url, "column", look, seen, look.facts.blank)
        if look.facts.kind not in LISTS:
            visit = replace(visit, items=None, undated=None)
        if visit.blank and look.page is not None:
            visit = replace(visit, template=template_of(look.page))
        ours = () if visit.complete else (Ours(self.name, trip.subject, column.url, look.at, visit.because),)
        pictures = await self.pictures(trip, visit, look, column.kind)
        return (visit, *ours, *_articles(column.site_code, column.url, look, seen), *pictures), None

    async def read_on(
        self, trip: Trip, seen: Seen, first: Facts, today: date, hint: str, *, by_script: bool = False
    ) -> None:
        """Further pages of a list, only where the first one does not settle how new it is.

        A list in order is settled by its first page; one out of order may hide its newest item further back. For an
        inspection in the past the pages are read down to its day.
        """
        following, read = first.next, 1
        while following and read < self._pages() and not self._settled(seen, today):
            look = await self.look(trip, following, "list", hint)
            read += 1
            if look.facts is None:
                seen.why_not_whole = f"第 {read} 页未能读取: {look.because}"
                return
            seen.why_not_whole = seen.why_not_whole or look.partial
            known = {row.url for row in seen.rows}
            fresh = [row for row in look.facts.items if row.url not in known]
            if not fresh:
                return
            seen.rows += fresh
            following = look.facts.next
        if following and _rises(seen.rows) and not self._fresh(seen, today):
            seen.why_not_whole = "列表由旧到新排列, 未读到最后一页"
        if by_script and not following and not self._fresh(seen, today) and not _falls(seen.rows):
            seen.why_not_whole = seen.why_not_whole or "由脚本翻页的列表未按时间排列, 后面的页未能读取"

    def _pages(self) -> int:
        return self.depth.letter_pages if self.back_to is not None else self.depth.list_pages

    def _settled(self, seen: Seen, today: date) -> bool:
        days = seen.days(today)
        if self.back_to is not None:
            return bool(days) and min(days) < self.back_to
        return self._fresh(seen, today) or (bool(days) and _falls(seen.rows))

    def _fresh(self, seen: Seen, today: date) -> bool:
        days = seen.days(today)
        return bool(days) and max(days) >= today - timedelta(days=self.depth.enough_days)

    async def date_by_articles(self, trip: Trip, seen: Seen, today: date) -> str:
        """Ask the items' own pages for dates that the list does not show; says why not, where that is not theirs.

        Needed only where no item is fresh, since a single fresh item answers every question about a list. A day that
        only the addresses bear was not shown: it may be an older system's. A day on which something began is not that
        of its publication: its row counts as one without a date, since what was put up later is newer than it says.
        """
        seen.undated = sum(row.date is None or row.since for row in seen.rows)
        asked, why = 0, ""
        for number, row in enumerate(seen.rows):
            if asked >= self.depth.dated_articles or self._fresh(seen, today):
                break
            if (row.date is not None and seen.listed_dates and not row.since) or host_of(row.url) not in trip.hosts:
                continue
            asked += 1
            look = await self.look(trip, row.url, "article")
            if look.facts is None:
                why = why or ("" if look.outcome.theirs else f"条目页面未能读取: {look.because}")
            elif look.facts.published_at is not None:
                seen.undated -= row.date is None or row.since
                seen.rows[number] = replace(row, date=day_of(look.facts.published_at), since=False)
        return "" if self._fresh(seen, today) else why

    async def headlines(self, trip: Trip, seen: Seen, facts: Facts, today: date) -> str:
        """Ask the articles above a list that is not fresh for their days; says why not, where that is not theirs."""
        why = ""
        for row in facts.headlines:
            if self._fresh(seen, today) or not seen.days(today):
                break
            if host_of(row.url) not in trip.hosts:
                continue
            look = await self.look(trip, row.url, "article")
            if look.facts is None:
                why = why or ("" if look.outcome.theirs else f"列表上方的条目未能读取: {look.because}")
            elif look.facts.published_at is not None:
                day = day_of(look.facts.published_at)
                if max(seen.days(today)) < day <= today:
                    seen.loose = day  # no row of the list: the ledger would miss it in every reading before
        return "" if self._fresh(seen, today) else why

    # Pictures

    async def pictures(self, trip: Trip, visit: PageVisit, look: Look, kind: str) -> Item:
        """A picture of a page that is blank, or older than some edition lets its class be, taken when it first is so.

        Whether that counts is the judge's business. A page that has a picture and has not changed gets no second one.
        """
        day = day_of(look.at)
        days = self.old_after.get(kind)
        old = visit.newest is not None and days is not None and (day - visit.newest).days > days
        if not visit.complete or not (visit.blank or old):
            return ()
        last = self.pictured.get((visit.site, visit.url))
        screen = self.screen
        if screen is None or trip.pictures >= self.depth.pictures:
            return ()
        if last is not None and (last.newest, last.blank) == (visit.newest, visit.blank):
            recent = look.at - last.taken_at < timedelta(days=self.depth.picture_days)
            if recent and (last.sha256 is not None or last.because == screen.missing):
                return ()
        trip.pictures += 1
        return await self.shoot(trip, screen, visit, look)

    async def home_picture(self, trip: Trip, home: Look, visit: PageVisit) -> Item:
        """A picture of the home page for whoever inspects by hand, now and then, or why there is none.

        Taken last, in the browser that reading may have begun: it never costs a column its place in the budget.
        """
        screen = self.screen
        if screen is None:
            return ()
        because = "" if home.page is not None else f"首页未能读取：{home.because or home.outcome}"
        last = self.pictured.get((visit.site, visit.url))
        if last is not None and (last.sha256 is not None or last.because == (because or screen.missing)):
            shows_it = (last.newest or last.blank) and (last.newest, last.blank) == (visit.newest, visit.blank)
            days = self.depth.picture_days if shows_it else self.depth.home_picture_days
            if home.at - last.taken_at < timedelta(days=days):
                return ()
        if because and last is not None and last.sha256 is not None:
            return ()  # an old one shows more than the reason why there is no newer
        if because:
            return (Picture(visit.site, visit.url, home.at, None, home.sha256, because=because),)
        trip.left = max(trip.left, self.depth.home_picture_requests)
        return await self.shoot(trip, screen, visit, home, upper=True)

    async def shoot(self, trip: Trip, screen: Screen, visit: PageVisit, look: Look, *, upper: bool = False) -> Item:
        """One picture, and what the page was read as when it was taken."""
        page, sha256, scripts = look.page, look.sha256, not look.rendered
        if page is None and not screen.missing:  # looked at before, and not held since
            trip.looks.pop(look.asked, None)
            again = await self.look(trip, look.asked, "page")
            page, sha256, scripts = again.page, again.sha256, not again.rendered
        if page is None and not screen.missing:
            return ()
        page = page or Page(look.url, b"", look.at)
        shot = await screen.picture(Motif(page, sha256, scripts, upper), partial(self.fetch, trip))
        if shot is None:
            return ()
        picture = shot.answer.sha256 if shot.answer is not None else None
        newest, blank = (None, None) if upper else (visit.newest, visit.blank)  # its upper part proves no state
        taken = Picture(visit.site, visit.url, shot.taken_at, picture, sha256, newest, blank, shot.because)
        self.pictured[visit.site, visit.url] = taken
        return (taken,)

    # Letter boxes

    async def read_box(self, trip: Trip, column: Column, first: Look, facts: Facts, hint: str) -> Item:
        """One letter box, page by page back to a day; no title and no name is kept."""
        until = min(months_before(day_of(first.at), self.depth.letter_months), self.back_to or date.max)
        messages, following, read, why = list(facts.letters), facts.next, 1, first.partial
        signs = list(_signs(column, first))
        while following and read < self.depth.letter_pages and not _asked_before(messages, until):
            look = await self.look(trip, following, "letters", hint)
            read += 1
            signs += _signs(column, look)
            if look.facts is None:
                why = f"第 {read} 页未能读取: {look.because}"
                break
            known = {(message.url, message.title, message.asked_on) for message in messages}
            fresh = [m for m in look.facts.letters if (m.url, m.title, m.asked_on) not in known]
            if not fresh:
                break
            messages += fresh
            following, why = look.facts.next, why or look.partial
        else:
            if following and not _asked_before(messages, until):
                why = why or f"留言超过 {self.depth.letter_pages} 页, 未读到 {until}"
        told = await self.letter_details(trip, column, messages, signs, until)
        why = why or told
        visit = _box(column, first, messages, why)
        ours = (Ours(self.name, trip.subject, column.url, first.at, why),) if why else ()
        return (visit, *ours, *_letters(column, first.at, messages), *signs)

    async def letter_details(
        self, trip: Trip, column: Column, messages: list[Message], signs: list[PageSign], until: date
    ) -> str:
        """Add what their own pages say to the messages whose list leaves open when one was asked or answered.

        Those that say nothing come first, then those that are said to wait, then those answered on a day not told; what
        the budget leaves unread stays as the list has it. Says why a page could not be read, where that is not theirs.
        """
        open_ones = [n for n, m in enumerate(messages) if _leaves_open(m, until) and host_of(m.url) in trip.hosts]
        why = ""
        open_ones.sort(key=lambda n: (messages[n].answered, messages[n].waits))
        for number in open_ones[: self.depth.letter_details]:
            message = messages[number]
            look = await self.look(trip, message.url, "letters")
            if look.facts is None:
                why = why or ("" if look.outcome.theirs else f"留言页面未能读取: {look.because}")
            else:
                why = why or look.partial
                signs += _signs(column, look)
                messages[number] = _completed(message, look.facts)
        return why


def site_map(page: dialects.Page) -> SiteMap:
    """The columns of a page under addresses that their server knows.

    The dialects name a column by its shortest form, without index file or session; a server need not answer to that.
    So the address is the one that the page links to, without the session or the page number that may stand in it.
    """
    try:
        mapped = dialects.site_map(page)
    except PageChanged as changed:
        return SiteMap((), (), f"菜单无法理解: {changed}")
    written: dict[str, str] = {}
    for link in page.outline.links:
        address = page.absolute(link.href)
        if address:
            written.setdefault(menus.canonical(address), canonical_url(menus.without_session(address) or address))

    def addressed(found: Found) -> Found:
        return replace(found, url=written.get(found.url, found.url))

    columns, links_out = map(addressed, mapped.columns), map(addressed, mapped.links_out)
    return replace(mapped, columns=tuple(columns), links_out=tuple(links_out))


def _as_filed(found: dict[str, Column], filed: Mapping[str, Column]) -> dict[str, Column]:
    """The columns found, each under the address under which it is known already."""
    known = {menus.same_place(url): url for url in filed}
    return {
        url: replace(column, url=url)
        for column in found.values()
        for url in (column.url if column.url in filed else known.get(menus.same_place(column.url), column.url),)
    }


def _within(mapped: SiteMap, entrance: str, own: set[str]) -> SiteMap:
    """Of a second entrance on somebody else's host only what lies below it: the rest of the menu is the host's own."""
    if host_of(entrance) in own:
        return mapped
    folder, asked = urlsplit(entrance).path.rpartition("/")[0] + "/", set(parse_qsl(urlsplit(entrance).query))
    below = [
        found
        for found in mapped.columns
        if host_of(found.url) == host_of(entrance)
        and urlsplit(found.url).path.startswith(folder)
        and asked <= set(parse_qsl(urlsplit(found.url).query))
        and (asked or folder != "/")
    ]
    return replace(mapped, columns=tuple(below), links_out=())


def _is_flat(mapped: SiteMap) -> bool:
    """Whether a home page's menu shows first-level entries alone: what lies below them stands on their own pages."""
    levels = [found.level for found in mapped.columns]
    return 1 in levels and 2 not in levels


def _shown_before(trip: Trip, column: Column, trail: tuple[str, ...], seen: Seen) -> Column | None:
    """The column that showed the same list at another address; None where a person has told the column by its class.

    The list is the same if it leads to the same articles, or says the same under the same name; of lists without rows
    the name is all there is to tell. A channel repeats the list of its only column, and is no second address of it.
    """
    shown = _digest(f"{row.title} {row.date}" for row in seen.rows)
    here = Shelf(column, trail, _digest(row.url for row in seen.rows))
    shelves = trip.shelves.setdefault(shown, [])
    shelves.append(here)
    if column.class_confirmed_by or column.type == "频道":
        return None
    return next((other.column for other in shelves[:-1] if _is_again(here, other)), None)


def _digest(lines: Iterable[str]) -> bytes:
    """What many lines come to; empty: there is none. A site may have thousands of lists."""
    text = "\n".join(lines)
    return hashlib.sha256(text.encode(errors="replace")).digest() if text else b""


def _is_again(here: Shelf, other: Shelf) -> bool:
    """Whether two columns that show the same rows may be one: no channel and its column, no namesakes of two units."""
    one, two = here.column, other.column
    articles = bool(here.addresses) and here.addresses == other.addresses
    if _same_name(one, two):
        return articles or one.parent == two.parent or "" in (one.parent, two.parent)
    apart = two.name not in (one.parent, *here.trail) and one.name not in (two.parent, *other.trail)
    return articles and apart and two.type != "频道"


def _same_name(one: Column, other: Column) -> bool:
    return "".join(one.name.split()) == "".join(other.name.split())


def _asked_as(kind: str) -> str:
    """What a column's page is fetched as: where letters may stand its kind is found out."""
    return "page" if kind == "interaction" else "list"


def _hosts(site: Site) -> set[str]:
    named = {host_of(site.home_url)} | {host_of(f"http://{d}") for d in site.domains}
    return {host for one in named if one for host in _both(one)}


def _both(host: str) -> set[str]:
    """With www and without it a site is the same site."""
    return {host, host.removeprefix("www."), f"www.{host.removeprefix('www.')}"} if host else set()


def _column(site: Site, found: Found, channel: str) -> Column:
    parent = found.parent or (channel if channel != found.name else "")
    level = found.level if not channel or found.parent else 2
    return Column(site.site_code, found.url, found.name, found.kind, found.type, parent, level)  # type: ignore[arg-type]


def _placed(column: Column, trail: tuple[str, ...]) -> Column:
    """A column with the parent and the level that its own page's way-bread gives it, which goes before the menu.

    Where the menu sets a column below another and the page says that it is of the first level, nobody knows; so it is
    where a top entry's page lies further down under another name.
    """
    name = "".join(column.name.split())
    if name not in trail:
        return replace(column, level=None) if len(trail) > 1 and column.level == 1 else column
    level = len(trail) - trail[::-1].index(name)
    if level == 1:
        return replace(column, level=1 if column.level in (1, None) else None)
    parent = trail[level - 2]
    topic = column.type == "栏目" and lexicon.type_of(parent, "") == "专题"
    return replace(column, parent=parent, level=level, type="专题" if topic else column.type)


def _addresses(site: Site, mapped: SiteMap, look: Look) -> Iterator[Host]:
    for found in (*mapped.columns, *mapped.links_out):
        yield Host(site.site_code, host_of(found.url), found.name, found.type, found.url, look.at)


def _shut(site: Site, url: str, kind: PageKind, look: Look) -> PageVisit:
    return PageVisit(site.site_code, url, kind, look.at, look.outcome, False, sha256=look.sha256, because=look.because)


def _shut_column(column: Column, look: Look) -> PageVisit:
    because = look.because
    return PageVisit(
        column.site_code, column.url, "column", look.at, look.outcome, False, sha256=look.sha256, because=because
    )


def _foot(site: Site, home: Look, page: Page) -> PageFoot:
    foot = foot_of(page)
    shown, unsure = " ".join(foot.shown), " ".join(foot.unsure)
    lacking = " ".join(foot.lacking)
    whole = not home.partial
    return PageFoot(site.site_code, home.url, home.at, whole, shown, unsure, foot.code, home.sha256, lacking)


def _visit(site: str, url: str, kind: PageKind, look: Look, seen: Seen, blank: bool | None) -> PageVisit:
    """The row of a list that was read. Whole only if nothing of ours stood in the way."""
    days = seen.days(day_of(look.at))
    return PageVisit(
        site,
        url,
        kind,
        look.at,
        Door.OPENED,
        not seen.why_not_whole,
        len(seen.rows),
        seen.undated,
        max(days, default=None),
        min(days, default=None),
        None if look.partial else blank,
        seen.listed_dates,
        look.sha256,
        seen.why_not_whole,
    )


def _articles(site: str, url: str, look: Look, seen: Seen) -> Iterator[Article]:
    for position, row in enumerate(seen.rows):
        yield Article(site, url, row.url, row.date, row.title[:LONGEST_TITLE], position, row.pinned, look.at)


def _falls(rows: list[Row]) -> bool:
    """Whether a list runs from new to old, its pinned rows left out."""
    days = [row.date for row in rows if row.date is not None and not row.pinned]
    return all(later >= earlier for later, earlier in pairwise(days))


def _rises(rows: list[Row]) -> bool:
    """Whether a list runs from old to new more than the other way."""
    days = [row.date for row in rows if row.date is not None and not row.pinned]
    pairs = list(pairwise(days))
    return sum(a < b for a, b in pairs) > sum(a > b for a, b in pairs)


def _asked_before(messages: list[Message], day: date) -> bool:
    """Whether the list has been read back beyond a day; only the latest page's last message tells."""
    asked = [message.asked_on for message in messages if message.asked_on is not None]
    return bool(asked) and asked[-1] < day


def _leaves_open(message: Message, until: date) -> bool:
    if not message.url:
        return False
    return message.asked_on is None or (message.answered_on is None and message.asked_on >= until)


def _completed(message: Message, facts: Facts) -> Message:
    """A message with what its own page adds. Where two days of asking are told, the later one: it accuses less."""
    told = next(one_of(facts.letters, message), None)
    if told is None:
        return message
    answered = message.answered or told.answered
    return replace(
        message,
        asked_on=max((d for d in (message.asked_on, told.asked_on) if d is not None), default=None),
        answered_on=message.answered_on or told.answered_on,
        answered=answered,
        waits=(message.waits or told.waits) and not answered,
    )


def _signs(column: Column, look: Look) -> Iterator[PageSign]:
    """What a page of messages shows that nobody read before it was published; personal data are masked."""
    if look.page is not None:
        for sign in letter_signs(look.page):
            yield PageSign(column.site_code, look.url, sign.kind, sign.what, look.sha256, look.at)  # type: ignore[arg-type]


def _box(column: Column, look: Look, messages: list[Message], why: str) -> PageVisit:
    """The row of a letter box; `undated` counts the messages that may be waiting, nobody knows since when."""
    days = [message.asked_on for message in messages if message.asked_on is not None]
    undated = sum(message.asked_on is None and not message.answered for message in messages)
    return PageVisit(
        column.site_code,
        column.url,
        "letters",
        look.at,
        Door.OPENED,
        not why,
        len(messages),
        undated,
        max(days, default=None),
        min(days, default=None),
        not messages,
        bool(days),
        look.sha256,
        why,
    )


def _letters(column: Column, at: datetime, messages: list[Message]) -> Iterator[LetterVisit]:
    """A row a message. One without a page of its own is named by what it says, of which nothing is kept."""
    named: set[str] = set()
    for message in messages:
        if message.asked_on is None:
            continue
        url = message.url
        if not url or url.partition("#")[0] == column.url or url in named:
            mark = hashlib.sha256(f"{message.asked_on}{message.title}".encode()).hexdigest()[:16]
            url = f"{(url or column.url).partition('#')[0]}#{mark}"
        if url in named:
            continue
        named.add(url)
        known = message.answered or message.waits
        yield LetterVisit(
            column.site_code, column.url, url, message.asked_on, message.answered_on, at, message.answered, known=known
        )
