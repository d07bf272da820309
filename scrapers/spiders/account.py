"""Errand `account`: read the posts of official accounts, by the sources that were asked for."""

import re
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal
from urllib.parse import urlsplit

from inspectorate.evidence import AccountVisit, Door, Ours, Post
from inspectorate.register import Account
from scrapers import dialects
from scrapers.dialects import Page
from scrapers.guard import host_of, led_to
from scrapers.pipelines import Item
from scrapers.reading import AccountFacts, AccountPost, PageChanged
from scrapers.robots import SHUT_OUT
from scrapers.spiders.errand import Errand, Trip

LONGEST_TITLE = 300
# Rule book §18.1: posts by container 107603 and uid. The platform itself leads on to https.
WEIBO = "http://m.weibo.cn/api/container/getIndex?containerid=107603{uid}&page={page}&count=25"
# The shapes of rule book §11 that bear the uid; a name in its place tells nothing.
UID = re.compile(r"/(?:u/|p/100505|p/100606|profile/)?(\d{6,12})(?:[/?]|$)")


class AccountSpider(Errand):
    """Reads accounts of the register. A source that refuses is a wall with its reason, never an empty list."""

    name = "account"

    def __init__(
        self, *args: Any, accounts: Iterable[Account] = (), sources: frozenset[str] = frozenset(), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = tuple(accounts)
        self.sources = sources

    def visits(self) -> list[Callable[[], AsyncIterator[Item]]]:
        """One reading a feed; the accounts of the platform's web one after another, for they share a host."""
        feeds: list[Callable[[], AsyncIterator[Item]]] = [
            partial(self.feed, account) for account in self.accounts if "feed" in self.sources and _is_feed(account)
        ]
        web = [account for account in self.accounts if "web" in self.sources and account.platform == "weibo"]
        return [*feeds, partial(self.web, web)] if web else feeds

    async def feed(self, account: Account) -> AsyncIterator[Item]:
        """A feed: RSS, Atom or JSON Feed at the account's address."""
        trip = self._trip(account, account.address)
        facts, visit = await self.read(trip, account, account.address, "feed")
        yield self.rows(account, visit, facts.posts if facts is not None else ())

    async def web(self, accounts: list[Account]) -> AsyncIterator[Item]:
        """The platform's own JSON for visitors; it does not show every post, so a reading is never complete."""
        for account in accounts:
            uid = account.uid or uid_of(account.address)
            if not uid:
                at = datetime.now(UTC)
                yield (Ours(self.name, account.account_id, account.address, at, "地址中没有 uid, 需在登记库中填写"),)
                continue
            first = WEIBO.format(uid=uid, page=1)
            trip = self._trip(account, first)
            facts, visit = await self.read(trip, account, first, "web")
            posts = list(facts.posts) if facts is not None else []
            for page in range(2, self.depth.account_pages + 1):
                if facts is None or not facts.posts:
                    break
                facts, _ = await self.read(trip, account, WEIBO.format(uid=uid, page=page), "web")
                posts += facts.posts if facts is not None else ()
            yield self.rows(account, visit, posts)

    async def read(
        self, trip: Trip, account: Account, url: str, source: Literal["feed", "web"]
    ) -> tuple[AccountFacts | None, AccountVisit]:
        """One answer of a source. Without facts the visit says whose fault it was."""
        here = url
        for _ in range(self.depth.redirects + 1):
            knock = await self.knock(trip, here)
            target = _moved(here, knock.status, knock.header("location"))
            if not target:
                break
            here = target
        sha256 = knock.answer.sha256 if knock.answer else None
        visit = AccountVisit(
            account.account_id, source, knock.sent_at, knock.outcome, False, sha256=sha256, because=knock.because
        )
        if knock.status is None or (knock.outcome is not Door.OPENED and not knock.body):
            return None, visit
        headers = {name.lower(): value for name, value in knock.headers}
        page = Page(knock.url, knock.body, knock.sent_at, knock.status, headers.get("content-type", ""), headers)
        try:
            facts = dialects.read_account(page, "weibo" if source == "web" else "wechat")
        except PageChanged as changed:
            if knock.outcome is not Door.OPENED:
                return None, visit
            return None, replace(visit, outcome=Door.OURS, because=f"内容无法理解: {changed}")
        if facts.refused:
            return None, replace(visit, outcome=Door.WALL, because=facts.refused)
        if knock.outcome is not Door.OPENED:
            return None, visit
        return facts, replace(visit, name_seen=facts.name or "")

    def rows(self, account: Account, visit: AccountVisit, posts: Iterable[AccountPost]) -> Item:
        """The visit with what it came to, and a row a post."""
        posts = list(posts)
        dated = [(post, post.published_at) for post in posts if post.published_at is not None]
        if visit.outcome is not Door.OPENED:
            ours = self._told(account, visit) if not visit.outcome.theirs else ()
            return (visit, *ours)
        times = [published_at for _, published_at in dated]
        whole = visit.source == "feed" and bool(times) and len(dated) == len(posts)
        # An empty feed may as well be the collector's silence as the account's.
        because = "" if times else "没有读到任何文章"
        visit = replace(
            visit,
            complete=whole,
            posts=len(dated),
            newest=max(times, default=None),
            covers_from=min(times, default=None),
            because=because
            or ("" if whole else "部分文章没有时间" if visit.source == "feed" else "访客看不到全部微博"),
        )
        ours = () if times else self._told(account, visit)
        return (visit, *ours, *(_post(account, visit, *one) for one in dated))

    def _told(self, account: Account, visit: AccountVisit) -> tuple[Ours, ...]:
        return (Ours(self.name, account.account_id, account.address, visit.visited_at, visit.because or SHUT_OUT),)

    def _trip(self, account: Account, url: str) -> Trip:
        return Trip(account.account_id, self.depth.requests, {host_of(url)})


def uid_of(address: str) -> str:
    """The number in a Weibo address; empty where it bears a name instead."""
    found = UID.search(urlsplit(address).path)
    return found[1] if found else ""


def _is_feed(account: Account) -> bool:
    return account.platform == "wechat" and urlsplit(account.address).scheme in ("http", "https")


def _moved(url: str, status: int | None, location: str) -> str:
    return led_to(url, location) if status is not None and 300 <= status < 400 and location else ""


def _post(account: Account, visit: AccountVisit, post: AccountPost, published_at: datetime) -> Post:
    return Post(
        account.account_id,
        visit.source,
        post.id or post.url,
        published_at,
        post.url,
        post.text[:LONGEST_TITLE],
        post.repost,
        None,
        post.pinned,
        visit.visited_at,
    )
