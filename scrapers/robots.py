"""robots.txt is obeyed; a site that shuts the inspector out is told to a person."""

import asyncio
from datetime import datetime
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler

from inspectorate.evidence import Door
from scrapers.door import Knock, our_name
from scrapers.guard import led_to, malformed
from scrapers.handler import Shut

MOST_REDIRECTS = 5  # RFC 9309 §2.3.1.2
MOST_BYTES = 500 << 10  # RFC 9309 §2.5
SHUT_OUT = "robots.txt 不允许"


class Robots:
    """Asks each host's robots.txt once. A host that has none, or cannot give it, allows everything (RFC 9309 §2.3.1.3).

    The same goes for a 5xx answer, where the RFC would have us stay away: a server that is broken is evidence.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._rules: dict[str, asyncio.Future[tuple[Protego, datetime] | None]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Robots":
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        if request.meta.get("robots"):
            return
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._rules:
            self._rules[origin] = asyncio.ensure_future(self._ask(origin))
        known = await asyncio.shield(self._rules[origin])
        if known is not None and not known[0].can_fetch(request.url, our_name()):
            raise Shut(Knock(request.url, known[1], Door.OURS, because=SHUT_OUT))

    async def _ask(self, origin: str) -> tuple[Protego, datetime] | None:
        """The rules of a host and when it gave them, which is when it shut us out."""
        url = f"{origin}/robots.txt"
        for _ in range(MOST_REDIRECTS + 1):
            request = Request(url, meta={"robots": True}, dont_filter=True)
            try:
                await self._crawler.engine.download_async(request)
            except Shut:
                return None
            knock: Knock = request.meta["knock"]
            if knock.status is not None and 300 <= knock.status < 400 and knock.header("location"):
                url = led_to(url, knock.header("location"))
                if malformed(url):
                    return None
                continue
            if knock.outcome is not Door.OPENED:
                return None
            return Protego.parse(knock.body[:MOST_BYTES].decode("utf-8", "replace")), knock.sent_at
        return None
