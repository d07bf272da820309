"""Scrapy's requests go through our door, and nowhere else."""

from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response

from scrapers.door import Cookies, Knock, Opening
from scrapers.guard import host_of


class Shut(Exception):
    """No answer came, or none was asked for."""

    def __init__(self, knock: Knock) -> None:
        super().__init__(f"{knock.url}: {knock.because or knock.outcome}")
        self.knock = knock


class Handler(BaseDownloadHandler):
    """Knocks for the spider; how it ended stands in the request's `meta["knock"]`."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._spider: Any = crawler.spider  # it is made first
        self._opening: Opening = self._spider.opening
        self._cookies = Cookies()

    async def download_request(self, request: Request) -> Response:
        host = host_of(request.url)
        asked: dict[str, str] = dict(request.meta.get("headers") or {})
        cookies = [asked.pop("cookie", ""), self._cookies.said_to(host).get("Cookie", "")]
        if any(cookies):
            asked["Cookie"] = "; ".join(filter(None, cookies))
        form: bytes | None = request.body if request.method == "POST" else None
        knock = await self._opening.knock(request.url, asked, form)
        self._cookies.heard(host, knock)
        request.meta["knock"] = knock
        if knock.status is None:
            raise Shut(knock)
        return Response(request.url, knock.status, Headers(), knock.body, request=request)

    async def close(self) -> None:
        await self._spider.shut()
        await self._opening.close()
