"""A column whose address is a feed, RSS or Atom: its entries as the list that a reader shows."""

import re
from calendar import timegm
from datetime import UTC, datetime
from html import escape
from typing import Any

import feedparser

from inspectorate.quarter import SHANGHAI
from scrapers.dialects.page import Page

_ROOT = re.compile(r"\s*(?:<\?xml[^>]*>|<\?[^>]*>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<(rss|feed|rdf:RDF)\b", re.S)
_LOCAL = re.compile(r"\s*(\d{4}-\d{1,2}-\d{1,2})(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?\s*")  # names no zone, so ours
_UTF8 = {"content-type": "application/xml; charset=utf-8"}


def rows_as_page(page: Page) -> Page | None:
    """The entries of a feed as a plain list; None: it is no feed, or tells nothing: without an entry, or broken.

    In Atom `updated` is no day of publication; RSS 1.0 has no other word for it (`dc:date`).
    """
    root = _ROOT.match(page.text[:2000].lstrip("\ufeff"))
    if root is None:
        return None
    words = ("published",) if root[1] == "feed" else ("published", "updated")
    parsed = feedparser.parse(page.text.encode("utf-8", "replace"), response_headers=_UTF8)
    if parsed.bozo and not isinstance(parsed.get("bozo_exception"), feedparser.CharacterEncodingOverride):
        return None  # what stands behind the break may be newer
    rows = [
        f"<li><a href='{escape(str(entry.get('link') or ''))}'>{escape(str(entry.get('title') or ''))}</a>"
        f"<span>{next((day for word in words if (day := _day(entry, word))), '')}</span></li>"
        for entry in parsed.entries
    ]
    if not rows:
        return None
    title = escape(str(parsed.feed.get("title") or ""))
    body = f"<html><head><title>{title}</title></head><body><ul class='list'>" + "\n".join(rows) + "</ul></body></html>"
    return Page(page.url, body.encode("utf-8", "replace"), page.fetched_at, page.status, "text/html; charset=utf-8")


def _day(entry: Any, word: str) -> str:
    """The day of an entry in Shanghai, as ISO 8601; empty: it names none."""
    if word not in entry:
        return ""
    local = _LOCAL.fullmatch(str(entry.get(word) or ""))
    if local:
        return local[1]
    parts = entry.get(f"{word}_parsed")
    try:
        return datetime.fromtimestamp(timegm(parts), UTC).astimezone(SHANGHAI).date().isoformat() if parts else ""
    except (ValueError, OverflowError, OSError):
        return ""
