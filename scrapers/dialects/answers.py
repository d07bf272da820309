"""The answer of `inspectorate read`: facts as the JSON object of contract §5."""

from datetime import date, datetime
from typing import Any

from scrapers.dialects.accounts import read_account
from scrapers.dialects.facts import read
from scrapers.dialects.page import SHANGHAI, Page
from scrapers.reading import AccountFacts, Facts

_SITE = ("name", "site_code", "icp", "police", "sponsor")


def answer(page: Page, kind: str = "page") -> dict[str, Any]:
    """One page in, one JSON object out. `kind`: page, home, list, article, letters, weibo, wechat."""
    if kind in ("weibo", "wechat"):
        return _account(read_account(page, kind))
    return _page(read(page, kind))


def _page(facts: Facts) -> dict[str, Any]:
    return {
        "kind": facts.kind,
        "charset": facts.charset,
        "title": facts.title,
        "redirect": facts.redirect,
        "site": {name: facts.site.get(name) for name in _SITE},
        "meta": facts.meta,
        "column": facts.column,
        "published_at": _text(facts.published_at),
        "source": facts.source,
        "items": [{"title": i.title, "url": i.url, "date": _text(i.date), "pinned": i.pinned} for i in facts.items],
        "newest": _text(facts.newest),
        "blank": facts.blank is True,  # claimed or not; what could not be established is not claimed
        "next": facts.next,
        "letters": [
            {"title": m.title, "url": m.url, "asked_on": _text(m.asked_on), "answered_on": _text(m.answered_on)}
            for m in facts.letters
        ],
    }


def _account(facts: AccountFacts) -> dict[str, Any]:
    return {
        "account": {"id": facts.id, "name": facts.name, "verified_as": facts.verified_as, "followers": facts.followers},
        "posts": [
            {
                "id": p.id,
                "published_at": _text(p.published_at),
                "text": p.text,
                "url": p.url,
                "pinned": p.pinned,
                "repost": p.repost,
            }
            for p in facts.posts
        ],
        "newest": _text(facts.newest),
        "refused": facts.refused,
    }


def _text(moment: date | datetime | None) -> str | None:
    """Days as YYYY-MM-DD, times with the offset of Shanghai."""
    if isinstance(moment, datetime):
        return moment.astimezone(SHANGHAI).isoformat()
    return moment.isoformat() if moment is not None else None
