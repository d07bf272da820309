"""Hanweb's JPage: the rows of a list as CDATA in a data answer, or in a script of the page."""

import html
import re

from scrapers.dialects import records
from scrapers.dialects.page import Page

_TOTAL = re.compile(r"<totalrecord>\s*(\d+)\s*</totalrecord>|\btotalrecord\s*[:=]\s*[\"']?(\d+)", re.I)
_JSON_TOTAL = re.compile(
    r"[\"'](?:total|count|totalcount|totalelements|recordcount|totalrecords?)[\"']\s*:\s*[\"']?(\d+)", re.I
)


def total(page: Page) -> int | None:
    """How many rows the data say that the column has."""
    m = _TOTAL.search(page.text)
    if m:
        return int(m[1] or m[2])
    m = _JSON_TOTAL.search(page.text)
    return int(m[1]) if m else None


def _records(text: str) -> list[str]:
    """What stands between <record> and </record>, without its CDATA marks."""
    rows = []
    at = text.find("<record>")
    while at >= 0:
        end = text.find("</record>", at)
        if end < 0:
            break
        rows.append(text[at + 8 : end].strip().removeprefix("<![CDATA[").removesuffix("]]>"))
        at = text.find("<record>", end)
    return rows


def rows_in_script(page: Page) -> Page | None:
    """The rows that a page carries in a script, as datastore XML or as a list of objects.

    The same script lays them out for the reader. A page whose scripts also fetch rows may show others than it carries.
    """
    if "<datastore" in page.text:
        rows = _records(page.text)
        return _laid_out(page, rows) if rows else None
    if "<script" not in page.text:
        return None
    rows = records.in_scripts(page)
    return _laid_out(page, rows) if rows else None


def says_none(page: Page) -> bool:
    """A page whose datastore holds no row, and which says itself that there is none."""
    return "<datastore" in page.text and "<record>" not in page.text and total(page) == 0


def rows_as_page(page: Page) -> Page | None:
    """The rows of a data answer (datastore XML, JSON, JSON in a call) as a plain list; None: it is no data answer."""
    head = page.text[:400].lstrip("\ufeff \r\n\t") or page.text.lstrip("\ufeff \r\n\t")[:400]
    if "<datastore" in head or "<recordset" in head:
        rows = _records(page.text)
        return _laid_out(page, ["<div>" + _unwrapped(row) + "</div>" if "<li" not in row else row for row in rows])
    if head[:1] == "<":
        return None
    found = records.in_answer(page.text)
    return _laid_out(page, found) if found is not None else None


def _unwrapped(row: str) -> str:
    return html.unescape(row) if "&lt;" in row and "<a" not in row else row


def _laid_out(page: Page, rows: list[str]) -> Page:
    """The rows as one list; rows of a table stay a table."""
    frame = "table" if rows and all("<tr" in row and "<li" not in row for row in rows) else "ul"
    if len(rows) == 1 and rows[0].count("<a") > 1:
        frame = "div"  # markup that brings its own list
    body = f"<html><body><{frame} class='list'>" + "\n".join(rows) + f"</{frame}></body></html>"
    return Page(page.url, body.encode("utf-8", "replace"), page.fetched_at, page.status, "text/html; charset=utf-8")
