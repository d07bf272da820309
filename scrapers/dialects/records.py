"""Rows that come as data: records of a JSON answer, bare or in a call, or in a page's script; nothing is run."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from scrapers.dialects.dates import FIRST_YEAR, PACKED, full_dates, plain
from scrapers.dialects.page import SHANGHAI, Page

MOST_SOURCE = 2_000_000  # characters of scripts that are looked through
MOST_ROWS = 2_000
MOST_VALUES = 20_000
LEAST_TITLE = 4  # characters
_CALL = re.compile(r"(?:/\*\*/)?\s*[A-Za-z_$][\w.$]{0,60}\s*\(\s*(?=[{\[])")
# A list of objects in a script, its keys with quotes or without.
_LIST = re.compile(r"\[\s*(?=\{\s*[\"']?[A-Za-z_])")
_RECORD = re.compile(r"\s*,?\s*\{([^{}]{10,4000})\}")
_PAIR = re.compile(r"""["']?([A-Za-z_]\w{0,40})["']?\s*:\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\d{1,14}(?![\w.]))""")
_FETCHES = ("$.ajax", "$.get", "$.post", "getjson", "xmlhttprequest", "fetch(", "axios", "dataproxy")
_TITLE = ("title", "articletitle", "doctitle", "infotitle", "showtitle", "subject", "bt", "name")
_TITLE_LIKE = re.compile(r"title$|biaoti|headline|xxbt|mc$")
_URL = ("url", "link", "href", "docpuburl", "linkurl", "pageurl", "infourl", "articleurl")
_URL_LIKE = re.compile(r"url|link|href")
_NO_URL = re.compile(r"img|image|pic|thumb|logo|icon|file|video|cover|site|channel|column")
_DATE_LIKE = re.compile(r"date|time|fbsj|fbrq|rq$|sj$|pubtm|datestr")
_PUBLISHED = re.compile(r"pub|release|fabu|^fb|reltime|show|display|issue")
_OTHER_DATE = re.compile(r"end|expir|start|begin|birth|jz|yx|^sx|^kx|reply|answer|count|times$")
_CHANGED = re.compile(r"update|modif|edit|last|oper|xg|gx")
_ZONED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)")
_ROWS = re.compile(r"<(?:li|tr|dd|div|p)\b[^>]*>.*?<a\b[^>]*href", re.I | re.S)
_TAGS = re.compile("<[^<>]{0,200}>")


def in_answer(text: str) -> list[str] | None:
    """The rows of a JSON answer, of one wrapped in a call too; None: it is no such answer, or holds no list."""
    head = text[:400].lstrip("\ufeff \r\n\t")
    if head[:1] not in ("{", "["):
        call = _CALL.match(text) if head[:1].isalpha() or head[:1] in ("_", "$", "/") else None
        if call is None:
            return None
        text = text[call.end() :].rstrip(" ;\r\n\t)")
    try:
        data = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    best: list[str] = []
    markup = ""
    saw_list = False
    todo: list[object] = [data]
    seen = 0
    while todo and seen < MOST_VALUES:
        seen += 1
        value = todo.pop()
        if isinstance(value, dict):
            todo.extend(value.values())
        elif isinstance(value, str):
            if len(value) > max(len(markup), 60) and _ROWS.search(value):
                markup = value
        elif isinstance(value, list):
            saw_list = True
            made = [row(entry) or _wrapped(entry) for entry in value[:MOST_ROWS] if isinstance(entry, dict)]
            rows = [one for one in made if one]
            if len(rows) > len(best):
                best = rows
            elif not rows:
                todo.extend(value[:MOST_ROWS])
    if markup and not best:
        return [markup]
    return best if best or (saw_list and isinstance(data, dict)) else None


def _wrapped(entry: Mapping[str, object]) -> str | None:
    """A row that is the one record inside its entry."""
    inner = [value for value in entry.values() if isinstance(value, dict)]
    return row(inner[0]) if len(inner) == 1 else None


def in_scripts(page: Page) -> list[str]:
    """The longest list of dated rows in the page's own scripts; none where a script fetches rows as well."""
    best: list[str] = []
    left = MOST_SOURCE
    for node in page.tree.tags("script"):
        source = node.text()[:left]
        left -= len(source)
        low = source.lower()
        if any(word in low for word in _FETCHES):
            return []
        for rows in _lists(source):
            if len(rows) > len(best):
                best = rows
        if left <= 0:
            break
    return best


def _lists(source: str) -> Iterator[list[str]]:
    """Lists of flat records that follow one another, every one of them a dated row."""
    if ":" not in source or "{" not in source:
        return
    done = 0
    for m in _LIST.finditer(source):
        if m.end() < done:
            continue
        rows: list[str] = []
        at = m.end()
        if (whole := _whole(source, m.start())) is not None:
            value, done = whole
            made_of = [row(entry, dated=True) for entry in value[:MOST_ROWS] if isinstance(entry, dict)]
            yield [r for r in made_of if r] if all(made_of) else []
            continue
        while len(rows) < MOST_ROWS and (record := _RECORD.match(source, at)):
            at = record.end()
            made = row({name: _value(said) for name, said in _PAIR.findall(record[1])}, dated=True)
            if not made:
                rows = []
                break
            rows.append(made)
        done = at
        yield rows


def _whole(source: str, at: int) -> tuple[list[object], int] | None:
    """The list as JSON, nested records and all, and where it ends; None: it is not JSON."""
    if source[at + 1 :].lstrip()[1:].lstrip()[:1] != '"':
        return None
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(source, at)
    except (ValueError, RecursionError):
        return None
    return (value, end) if isinstance(value, list) else None


def _value(said: str) -> str:
    """A string or a number as it is written, its escapes undone."""
    if said[0] == "'":
        said = '"' + said[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    try:
        return str(json.loads(said, strict=False))
    except ValueError:
        return said.strip("\"'")


def row(entry: Mapping[str, object], *, dated: bool = False) -> str | None:
    """One record as a row of a plain list; None: it has no title, or no day where it must have one."""
    low = {
        k.lower().replace("_", ""): str(v) for k, v in entry.items() if isinstance(v, str | int) and v not in ("", True)
    }
    title = next((low[k] for k in _TITLE if low.get(k)), "")
    title = title or next((v for k, v in low.items() if _TITLE_LIKE.search(k) and not v.isdecimal()), "")
    title = " ".join(html.unescape(_TAGS.sub("", title)).split())
    if not title:
        return None
    url = next((low[k] for k in _URL if low.get(k)), "") or next(
        (v for k, v in low.items() if _URL_LIKE.search(k) and not _NO_URL.search(k) and ("/" in v or "." in v)), ""
    )
    day = _day(low)
    if dated and (not day or len(title) < LEAST_TITLE):
        return None
    return f'<li><a href="{html.escape(url or "#")}">{html.escape(title)}</a><span>{html.escape(day)}</span></li>'


def _day(low: Mapping[str, str]) -> str:
    """The day of a record: of publication first, of its making next, of a change last; empty: none that can be read."""
    named = [k for k in low if _DATE_LIKE.search(k) and not _OTHER_DATE.search(k)]
    for key in sorted(named, key=lambda k: (bool(_CHANGED.search(k)), not _PUBLISHED.search(k))):
        said = low[key]
        if _ZONED.fullmatch(said):
            try:
                return datetime.fromisoformat(said).astimezone(SHANGHAI).date().isoformat()
            except ValueError:
                continue
        if found := full_dates(plain(said[:40])):
            return f"{found[0].year}-{found[0].month:02}-{found[0].day:02}"
        if said.isdecimal() and len(said) in (10, 13) and (moment := _moment(int(said))):
            return moment
        if packed := PACKED.match(said[:8]):
            return f"{packed[1]}-{packed[2]}-{packed[3]}"
    return next((low[k][:19] for k in named if low[k]), "")


def _moment(seconds: int) -> str:
    seconds = seconds // 1000 if seconds > 10**11 else seconds
    day = datetime.fromtimestamp(seconds, SHANGHAI).date()
    return day.isoformat() if day.year >= FIRST_YEAR else ""
