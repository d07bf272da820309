"""Errand `closed`: once a quarter one look at each site that does not run any more; old domains are taken over."""

from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import Any

from inspectorate.evidence import Door, PageSign, Visit
from inspectorate.register import Site
from scrapers.dialects.signs import says_bad, signs_of
from scrapers.guard import host_of
from scrapers.pipelines import Item
from scrapers.spiders.errand import Errand, Trip

LONGEST = 60


class ClosedSpider(Errand):
    """One look-up of the name and one visit to the page; what stands there now is for a person."""

    name = "closed"

    def __init__(self, *args: Any, sites: Iterable[Site] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sites = tuple(sites)

    def visits(self) -> list[Callable[[], AsyncIterator[Item]]]:
        return [partial(self.visit, site) for site in self.sites]

    async def visit(self, site: Site) -> AsyncIterator[Item]:
        """The visit as a row, with the title of what is shown, and gambling or hidden links on it."""
        trip = Trip(site.site_code, self.depth.redirects + 2, {host_of(site.home_url)})
        look = await self.look(trip, site.home_url, "page", afar=True)
        title = (look.page.title or "")[:LONGEST] if look.page is not None else ""
        moved = host_of(look.url)
        said = [f"转向 {moved}"] if moved != host_of(site.home_url) else []
        said += [f"页面标题“{title}”"] if title else []
        outcome = Door.OPENED if look.page is not None else look.outcome  # whether we can read it is no matter here
        because = "，".join(said) if look.page is not None else look.because
        visit = Visit(site.site_code, look.at, self.name, outcome, None, look.sha256, because, address=look.address)
        signs = []
        if look.page is not None:
            signs = [
                PageSign(site.site_code, look.url, s.kind, s.what, look.sha256, look.at) for s in signs_of(look.page)
            ]  # type: ignore[arg-type]
            if bad := says_bad(f"{title} {look.page.visible[:5000]}"):
                signs.append(PageSign(site.site_code, look.url, "bad_link", f"页面含“{bad}”", look.sha256, look.at))
        yield (visit, *(self.ours(trip, look) if look.page is None else ()), *signs)
