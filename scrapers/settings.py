"""How far an errand goes and how gently: its own limits, and Scrapy's settings made from them."""

import os
from dataclasses import dataclass
from typing import Any

from inspectorate import settings


@dataclass(frozen=True, slots=True)
class Depth:
    """How much of one site an errand reads. None of these is a limit of the law: they only bound our own work."""

    requests: int = 600  # a site, all in all
    redirects: int = 5
    held_looks: int = 600  # pages of one site whose facts are held, lest they be asked for twice; the oldest go first
    frames: int = 8  # of a home page
    channels: int = 40  # pages whose menus are read besides the home page's
    list_pages: int = 3  # of a list whose newest item is not on its first page for certain
    enough_days: int = 7  # an item this fresh answers every clause's question about its list
    dated_articles: int = 20  # items of a list without dates whose own pages are asked
    letter_months: int = 13
    letter_pages: int = 60
    letter_details: int = 200
    account_pages: int = 2
    rendered_pages: int = 60  # of one site, by the browser
    rendered_requests: int = 300  # of what those pages ask for, out of `requests`
    rendered_bytes: int = 4 << 20  # of scripts and styles that are held so that a site is asked for each only once
    pictures: int = 12  # of one site
    picture_days: int = 60  # a picture of what has not changed since is as good as a new one
    home_picture_days: int = 30  # the home page is shown to inspectors as it was no longer ago than this
    home_picture_requests: int = 40  # that its picture may take where reading has used up all the others
    link_pages: int = 12  # besides the home page, whose links are tried
    guide_columns: int = 3  # of these at the most, which come first
    guide_attachments: int = 10  # of one guide that are tried


WEIBO_DELAY_SECONDS = 15.0  # two pages an account: rule book §18.1 asks for 30 to 60 seconds between accounts


def delay_seconds(usual: float = 1.0) -> float:
    """Between two requests to one host: INSPECTORATE_DELAY, else what is usual there."""
    told = os.environ.get("INSPECTORATE_DELAY") or str(usual)
    try:
        return max(0.0, float(told))
    except ValueError:
        raise ValueError(f"INSPECTORATE_DELAY 应为秒数: {told!r}") from None


def scrapy_settings(delay: float, sites_at_once: int) -> dict[str, Any]:
    """Scrapy with only the parts we use: its middlewares for what our door does itself are left out.

    Compression, redirects, proxies, cookies and retries belong to the door, where every answer is kept as it came;
    so the guessing of encodings on compressed bytes (3 to 4 ms a page) never happens.
    """
    weibo_delay = delay_seconds(WEIBO_DELAY_SECONDS)
    return {
        "USER_AGENT": settings.user_agent(),
        "ROBOTSTXT_OBEY": True,  # by scrapers.robots, which tells a person what was shut out
        "REMOTE_CONTROL_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "TWISTED_REACTOR_ENABLED": False,
        "CONCURRENT_REQUESTS": sites_at_once,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "CONCURRENT_ITEMS": 2,
        "DOWNLOAD_DELAY": delay,
        "DOWNLOAD_DELAY_JITTER": 0.3,
        "DOWNLOAD_SLOTS": {"m.weibo.cn": {"concurrency": 1, "delay": delay if delay == 0 else weibo_delay}},
        "DOWNLOAD_HANDLERS_BASE": {},
        "DOWNLOAD_HANDLERS": {"http": "scrapers.handler.Handler", "https": "scrapers.handler.Handler"},
        "DOWNLOADER_MIDDLEWARES_BASE": {},
        "DOWNLOADER_MIDDLEWARES": {"scrapers.robots.Robots": 100},
        "SPIDER_MIDDLEWARES_BASE": {},
        "ITEM_PIPELINES": {"scrapers.pipelines.LandingPipeline": 100},
        "EXTENSIONS_BASE": {"scrapy.extensions.corestats.CoreStats": 0, "scrapy.extensions.logcount.LogCount": 0},
        "STATS_DUMP": False,
        "LOG_LEVEL": os.environ.get("INSPECTORATE_LOG_LEVEL") or "WARNING",
    }
