"""What a reader says of one page: the facts, never guessed; an absent fact is None or empty."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Kind = Literal[
    "home", "list", "article", "letters", "guide", "survey", "interview", "blank", "soft404", "challenge", "other"
]


class PageChanged(Exception):
    """A page that we do not understand: ours to mend, and no evidence against anybody."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a column's list."""

    title: str
    url: str  # absolute
    date: date | None
    pinned: bool = False
    since: bool = False  # the day on which it began, a survey's say; it may have been made public later


@dataclass(frozen=True, slots=True)
class Message:
    """One public message of a letter box. The title is for the reader's answer only and is never landed."""

    title: str
    url: str
    asked_on: date | None
    answered_on: date | None
    answered: bool = False  # shown as answered, with or without a date
    waits: bool = False  # shown as waiting; neither: the page does not say


@dataclass(frozen=True, slots=True)
class Found:
    """One column that a menu or a home page leads to."""

    name: str
    url: str  # canonical, absolute
    kind: str  # news notice policy personnel_plan interaction other
    type: str = "栏目"
    parent: str = ""  # name of the column above
    level: int | None = 1  # None: cannot be told


@dataclass(frozen=True, slots=True)
class SiteMap:
    """The columns that one page leads to, and whether the menu could be read."""

    columns: tuple[Found, ...]
    links_out: tuple[Found, ...] = ()  # columns on another host: evidence for domain rules, not crawled
    because: str = ""  # why the menu could not be read; empty: it could


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that one page says."""

    kind: Kind
    charset: str
    title: str | None = None
    redirect: str | None = None
    site: dict[str, str | None] = field(default_factory=dict)  # name site_code icp police sponsor
    meta: dict[str, str] = field(default_factory=dict)
    column: str | None = None
    published_at: datetime | None = None
    source: str | None = None
    items: tuple[Item, ...] = ()
    newest: date | None = None
    # True: says so, or has a frame without rows, and nothing else explains it. False: it holds rows or real text.
    # None: neither was established.
    blank: bool | None = False
    next: str | None = None
    letters: tuple[Message, ...] = ()
    dated_list: bool = False  # the list itself shows dates
    headlines: tuple[Item, ...] = ()  # articles above the list, whose days only their own pages tell
    loose: date | None = None  # the latest day on a row of the list that leads nowhere
    unread: str = ""  # why an empty or odd page is not understood: ours (script, frame, login, no frame …)
    trail: tuple[str, ...] = ()  # the names on the way here from the home page, its own column last; empty: not shown
    closed: str = ""  # the line in which a column says that it is kept no longer
    wall: str = ""  # what kind of wall this is (captcha, firewall …); empty: none

    @property
    def by_script(self) -> bool:
        """Whether this page is not understood because a script fills it: a browser may know more."""
        return "脚本" in self.unread


@dataclass(frozen=True, slots=True)
class AccountPost:
    id: str
    published_at: datetime | None
    text: str
    url: str
    pinned: bool = False
    repost: bool = False


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What one answer of a platform says of an account."""

    id: str | None = None
    name: str | None = None
    verified_as: str | None = None
    followers: int | None = None
    posts: tuple[AccountPost, ...] = ()
    newest: datetime | None = None
    refused: str | None = None  # a login wall, a rate limit or an error answer; never an empty list
    total: int | None = None
