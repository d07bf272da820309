"""Official accounts: what one answer of a platform, a feed or a crawler's file says of an account."""

from scrapers.dialects import wechat, weibo
from scrapers.dialects.page import Page
from scrapers.reading import AccountFacts, PageChanged


def read_account(page: Page, kind: str) -> AccountFacts:
    """`kind`: weibo or wechat. An answer that nobody understands raises PageChanged; a refusal is told in `refused`."""
    if kind == "weibo":
        return weibo.read(page)
    if kind == "wechat":
        return wechat.read(page)
    raise PageChanged(f"{page.url}: 不认识的账号平台 {kind!r}")
