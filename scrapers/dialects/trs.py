"""TRS WCM: pagers that a script writes from a call of createPageHTML."""

import re

from scrapers.dialects.page import Page

_PAGER = re.compile(
    r"createPageHTML\w*\s*\(\s*(\d{1,5})\s*,\s*(\d{1,5})\s*,\s*[\"']([\w-]+)[\"']\s*,\s*[\"'](\w+)[\"']", re.I
)


def next_page(page: Page) -> str | None:
    """`createPageHTML(pages, this, "index", "html")`: the first page is index.html, the next index_1.html."""
    m = _PAGER.search(page.text, max(page.text.find("createPageHTML"), 0))
    if not m or int(m[2]) + 1 >= int(m[1]):
        return None
    return page.absolute(f"{m[3]}_{int(m[2]) + 1}.{m[4]}") or None
