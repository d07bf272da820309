"""The publishing systems that the city's sites are made with: where each lays its pages and how it dresses them."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

LAYOUTS = Path(__file__).parent / "layouts"


@dataclass(frozen=True, slots=True)
class Charset:
    """What a page's bytes are, and what its tag and its header say of them; empty: nothing."""

    written: str
    tag: str
    header: str = ""


CHARSETS = {
    "gb2312": Charset("gb18030", "gb2312"),
    "gb2312_header": Charset("gb18030", "gb2312", "gb2312"),
    "gbk": Charset("gb18030", "GBK", "GBK"),
    "gbk_header_wrong": Charset("gb18030", "gb2312", "ISO-8859-1"),
    "gbk_tag_wrong": Charset("gb18030", "utf-8"),
    "gbk_silent": Charset("gb18030", ""),
    "utf8": Charset("utf-8", "utf-8"),
    "utf8_header": Charset("utf-8", "utf-8", "utf-8"),
    "utf8_tag_wrong": Charset("utf-8", "gb2312"),
    "utf8_silent": Charset("utf-8", ""),
    "utf8_mark": Charset("utf-8-sig", "gb2312"),
}


@dataclass(frozen=True, slots=True)
class Family:
    """One publishing system, as the head of its template tells it.

    Addresses are patterns: `folder` a column's or an article's folder, `base` a column's address without its ending,
    `number` the column's number, `serial` the article's, `d` its day, `n` a list page counted from nought, `page` from
    one, `left` from the end. `day` and `short` are the ways in which a list prints a day with and without its year.
    """

    name: str
    column: str
    article: str
    letter: str
    further: str
    sitemap: str
    style: str
    charsets: tuple[str, ...]
    about: str = ""
    alias: str = ""  # a second address of the same column
    day: str = "{d:%Y-%m-%d}"
    short: str = ""  # empty: the year is always printed
    home: str = ""  # the same on the home page, where that is another
    rows: int = 8  # on one page of a list
    parents: bool = True  # a first-level entry has a page of its own
    relative: bool = False  # articles are linked from where the page lies

    def print_day(self, day: date, today: date, home: bool = False) -> str:
        """A day as a list prints it; only this year's days are ever printed without their year."""
        short = self.home if home and self.home else self.short
        return (short if short and day.year == today.year else self.day).format(d=day)


def split(name: str) -> tuple[str, str]:
    """A template's head (TOML between two lines of ---, empty for a part) and its body."""
    text = (LAYOUTS / f"{name}.html").read_text(encoding="utf-8")
    if not text.startswith("---\n"):
        return "", text
    head, _, body = text.removeprefix("---\n").partition("---\n")
    return head, body


@cache
def families() -> dict[str, Family]:
    """Every family by its name, in the order of the names."""
    names = sorted(path.stem for path in LAYOUTS.glob("*.html") if not path.stem.startswith("_"))
    return {name: read_family(name) for name in names}


def read_family(name: str) -> Family:
    """One family from the head of its template."""
    facts: dict[str, Any] = tomllib.loads(split(name)[0])
    return Family(name, **facts | {"charsets": tuple(facts["charsets"])})


@cache
def environment() -> jinja2.Environment:
    """The families' templates; undefined names are errors."""
    loader = jinja2.FunctionLoader(lambda name: split(name.removesuffix(".html"))[1])
    made = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return made
