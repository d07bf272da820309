"""Hanweb's JPage: the rows of a list as CDATA in a data answer, or in a script of the page."""

# ruff: noqa: E501  (patterns and words are data: a line an idea)

import html
import json
import re

from scrapers.dialects.page import Page

_TOTAL = re.compile(r"<totalrecord>\s*(\d+)\s*</totalrecord>|\btotalrecord\s*[:=]\s*[\"']?(\d+)", re.I)
_JSON_TOTAL = re.compile(
    r"[\"'](?:total|count|totalcount|totalelements|recordcount|totalrecords?)[\"']\s*:\s*[\"']?(\d+)", re.I
)
_JSON_TITLE = ("title", "articletitle", "doctitle", "name", "bt", "infotitle", "subject")
_JSON_DATE = (
    "publishdate",
    "pubdate",
    "publishtime",
    "pubtime",
    "publish_date",
    "publish_time",
    "releasetime",
    "createtime",
    "create_time",
    "docreltime",
    "date",
    "time",
    "infodate",
    "updatetime",
    "fbsj",
)
_LIST = re.compile(r"[=:(]\s*(\[\s*\{\s*\")")
_FETCHES = re.compile(r"\$\.(?:ajax|get|post)|getJSON|XMLHttpRequest|\bfetch\(|axios|dataproxy", re.I)
MOST_LISTS = 20  # in one script
_JSON_URL = ("url", "link", "href", "docpuburl", "linkurl", "pageurl", "infourl", "articleurl")


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
    if not _LIST.search(page.text):
        return None
    rows = _carried(page)
    return _laid_out(page, rows) if rows else None


def says_none(page: Page) -> bool:
    """A page whose datastore holds no row, and which says itself that there is none."""
    return "<datastore" in page.text and "<record>" not in page.text and total(page) == 0


def _carried(page: Page) -> list[str]:
    """The longest list of dated rows in the page's own scripts; none where a script fetches rows as well."""
    best: list[str] = []
    for node in page.tree.css("script"):
        source = node.text() or ""
        if _FETCHES.search(source):
            return []
        for number, m in enumerate(_LIST.finditer(source)):
            if number >= MOST_LISTS:
                break
            try:
                value, _ = json.JSONDecoder().raw_decode(source, m.start(1))
            except (ValueError, RecursionError):
                continue
            entries = [entry for entry in value if isinstance(entry, dict)]
            dated = [
                row for entry in entries if any(k.lower() in _JSON_DATE for k in entry) and (row := _json_row(entry))
            ]
            if len(dated) == len(value) and len(dated) > len(best):
                best = dated
    return best


def rows_as_page(page: Page) -> Page | None:
    """The rows of a data answer (datastore XML, or a JSON list) laid out as a plain list; None: it is no data answer."""
    head = page.text[:400].lstrip("\ufeff \r\n\t") or page.text.lstrip("\ufeff \r\n\t")[:400]
    if "<datastore" in head or "<recordset" in head:
        rows = _records(page.text)
        return _laid_out(page, ["<div>" + _unwrapped(row) + "</div>" if "<li" not in row else row for row in rows])
    if head[:1] in "{[":
        found = _json_rows(page.text)
        return _laid_out(page, found) if found is not None else None
    return None


def _unwrapped(row: str) -> str:
    return html.unescape(row) if "&lt;" in row and "<a" not in row else row


def _laid_out(page: Page, rows: list[str]) -> Page:
    body = "<html><body><ul class='list'>" + "\n".join(rows) + "</ul></body></html>"
    return Page(page.url, body.encode("utf-8", "replace"), page.fetched_at, page.status, "text/html; charset=utf-8")


def _json_rows(text: str) -> list[str] | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    best: list[str] = []
    saw_list = False
    todo: list[object] = [data]
    seen = 0
    while todo and seen < 20_000:
        seen += 1
        value = todo.pop()
        if isinstance(value, dict):
            todo.extend(value.values())
        elif isinstance(value, list):
            saw_list = True
            rows = [row for entry in value if isinstance(entry, dict) and (row := _json_row(entry))]
            if len(rows) > len(best):
                best = rows
            elif not rows:
                todo.extend(value)
    return best if best or (saw_list and isinstance(data, dict)) else None


def _json_row(entry: dict[str, object]) -> str | None:
    low = {k.lower(): v for k, v in entry.items() if isinstance(v, str | int)}
    title = next((str(low[k]) for k in _JSON_TITLE if low.get(k)), "")
    if not title:
        return None
    url = next((str(low[k]) for k in _JSON_URL if low.get(k)), "#")
    date = next((str(low[k]) for k in _JSON_DATE if low.get(k)), "")
    return f'<li><a href="{html.escape(url)}">{html.escape(re.sub("<[^>]+>", "", title))}</a><span>{html.escape(date[:19])}</span></li>'
