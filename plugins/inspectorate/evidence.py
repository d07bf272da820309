"""What was seen, and when: one frozen class a table, taken by the spiders and the database as it is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Literal, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def frozen(made: type[T]) -> type[T]:
    """A frozen dataclass with slots of which a province has millions: mypy alone forbids to change one.

    A dataclass that is frozen at run time, too, takes ten times as long to make.
    """
    return dataclass(slots=True, unsafe_hash=True)(made)


ACCUSES_WITHIN = timedelta(hours=36)  # before 监测时间点; a visit outside of these hours can only clear


class Door(StrEnum):
    """How a knock on a door ended. Shut is theirs; a wall and ours are unknown."""

    OPENED = "opened"
    REFUSED = "refused"
    RESET = "reset"
    DNS = "dns"
    TLS = "tls"
    TIMEOUT = "timeout"
    HTTP_ERROR = "http_error"
    WALL = "wall"  # 401, 403, 412, 429 and what a firewall's page shows
    OURS = "ours"  # our network, our proxy, a page that we cannot read

    @cached_property
    def theirs(self) -> bool:
        """Shut by a fault of the site's own."""
        return self in _THEIRS


_THEIRS = frozenset(Door) - {Door.OPENED, Door.WALL, Door.OURS}
PageKind = Literal["home", "column", "letters"]
LinkScope = Literal["home", "other"]
# The eight classes of what a service guide tells, E15.W-D-08a.
GUIDE_ELEMENTS = ("事项名称", "设定依据", "申请条件", "办理材料", "办理地点", "办理时间", "联系电话", "办理流程")
SignKind = Literal[
    "hidden_link",
    "bad_link",
    "advertising",
    "id_number",
    "phone",
    "wrong_word",
    "letter_advertising",
    "letter_id_number",
    "older_date",
]
PostSource = Literal["ledger", "api", "web", "feed"]


@frozen
class Visit:
    """One knock on a home page's door, by the prober or by another monitor."""

    site: str
    visited_at: datetime
    source: str  # `probe`, or the monitor's name
    outcome: Door
    seconds: float | None  # from sending to the last byte; None: nothing came
    sha256: str | None = None  # None: an imported visit
    because: str = ""
    warc: str = ""  # where the last answer, or that none came, is kept; empty: an imported visit
    position: int | None = None
    address: str = ""  # that the host's name resolved to; empty: behind a proxy, imported, or no such name
    server_time: datetime | None = None  # by the server's own clock; None: it did not say, or a cache answered


@frozen
class Answer:
    """One record of a WARC file: where the bytes of an answer are kept."""

    url: str
    fetched_at: datetime
    status: int | None
    sha256: str  # lower-case hex over the payload as received
    warc: str  # file name below the evidence folder
    position: int  # byte offset of the record's gzip member
    content_type: str = ""
    seconds: float | None = None


@frozen
class PageVisit:
    """One reading of a home page, a column or a letter box."""

    site: str
    url: str  # the column's canonical address
    kind: PageKind
    visited_at: datetime
    outcome: Door
    complete: bool  # fetched whole and understood: only then can it accuse
    items: int | None = None
    undated: int | None = None  # items without a readable date, on the list or on their pages
    newest: date | None = None  # greatest plausible date, not after the visit
    oldest: date | None = None  # how far back the pages were read
    blank: bool | None = None  # says so or has a frame without rows; None: not established
    dated_list: bool | None = None  # the list itself shows dates (not only the items' pages)
    sha256: str | None = None
    because: str = ""  # why it is not complete
    template: str = ""  # digest of the page's shape without its words, of a page that says that it is blank


@frozen
class Article:
    """One item of a column's list or of a home page; first seen is kept beside the printed date."""

    site: str
    column_url: str
    url: str
    dated: date | None
    title: str
    position: int
    pinned: bool
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class LetterVisit:
    """One public message as a letter box showed it on a visit; no title and no name is kept."""

    site: str
    box_url: str
    url: str
    asked_on: date
    answered_on: date | None
    visited_at: datetime
    answered: bool = False  # shown as answered, though without a date
    valid: bool = True  # False: in process words, or no message at all
    known: bool = True  # shown as answered or as waiting; False: neither, and nobody can say


@dataclass(frozen=True, slots=True)
class Discovery:
    """One reading of a site's map from its home page."""

    site: str
    visited_at: datetime
    ended: bool  # False: budget, wall, script or an unreadable menu, told in `because`
    columns: int
    because: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """One address seen under a site, for the rules of domain names."""

    site: str
    host: str
    name: str  # of the column, channel, topic or system
    type: str  # 栏目, 频道, 专题, 业务系统
    url: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class AccountVisit:
    """One look at an account through one source."""

    account: str
    source: PostSource
    visited_at: datetime
    outcome: Door
    complete: bool  # the posts back to `covers_from` are all there
    posts: int | None = None
    newest: datetime | None = None
    covers_from: datetime | None = None
    name_seen: str = ""
    sha256: str | None = None
    because: str = ""


@frozen
class Post:
    """One post of an account as a source gave it."""

    account: str
    source: PostSource
    post_id: str
    published_at: datetime
    url: str
    title: str
    repost: bool
    interpretation: bool | None  # 解读回应; None: not said
    pinned: bool
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a column's page that first came out old or blank, or of a home page, taken now and then."""

    site: str
    url: str
    taken_at: datetime
    sha256: str | None  # of the PNG; None: there is no picture, and `because` says why
    page_sha256: str | None = None  # of the page that it shows
    newest: date | None = None  # as the page was read
    blank: bool | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class LinkTry:
    """One try at an address that a page of a site leads to. 错链断链"""

    site: str
    url: str
    page: str  # on which the link stands
    scope: LinkScope
    tried_at: datetime
    outcome: Door  # http_error also where the page says that it is not there
    wrong: str = ""  # why it is wrong by its words alone, and was not asked: file://, an intranet address, a bare IP
    because: str = ""
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class LinkSweep:
    """One walk over a site's links, to be gone on with by the next."""

    site: str
    swept_at: datetime
    pages: int  # that were read for links
    links: int  # different addresses on them
    tried: int  # of these, now or not long before
    because: str = ""  # why not all; empty: all


@dataclass(frozen=True, slots=True)
class GuideVisit:
    """One reading of a service guide. 办事指南"""

    site: str
    url: str
    visited_at: datetime
    title: str
    lacking: str  # of the eight elements, 、 between
    unclear: str  # those of which nobody can say, 、 between
    attachments: int
    forms: bool | None  # names forms, and offers documents; None: names none
    sha256: str | None


@dataclass(frozen=True, slots=True)
class ArticleVisit:
    """One reading of an article's page: whether it shows when it was published. 文章页"""

    site: str
    url: str
    visited_at: datetime
    title: str
    dated: date | None  # the day of publication that it shows; None: none
    clock: bool | None  # the hour is shown beside the day; None: nobody can say
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class PageSign:
    """Something on a page at which a person has to look; personal data are masked before they come here."""

    site: str
    url: str
    sign: SignKind
    what: str
    sha256: str | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class PageFoot:
    """What the foot of a home page showed on one visit. 底部功能区"""

    site: str
    url: str
    visited_at: datetime
    complete: bool  # its scripts have shown everything: only then can it accuse
    shown: str  # of FOOT_MARKS, blanks between
    unsure: str  # those that a browser may show though the source has none of them
    code: str = ""  # the site's code that it shows; empty: none
    sha256: str | None = None
    lacking: str = ""  # of PAGE_MARKS, those that its source has nowhere and no file of its own is likely to write


PAGE_MARKS = ("search", "barrier_free")  # of the home page as a whole
FOOT_MARKS = ("identity", "errors", "code", "sponsor", "contact", "icp", "police", "sitemap")


@dataclass(frozen=True, slots=True)
class ErrorMessage:
    """One message of “我为政府网站找错” as an export of the national platform has it; neither its words nor a name."""

    site: str
    number: str  # the platform's
    asked_on: date
    answered_on: date | None  # None: not answered when the list was exported
    exported_at: datetime


@dataclass(frozen=True, slots=True)
class Ours:
    """What we could not see, and why; nobody is judged on it."""

    errand: str
    subject: str
    url: str
    seen_at: datetime
    because: str


Landed = (
    Visit
    | Answer
    | PageVisit
    | Article
    | LetterVisit
    | Discovery
    | Host
    | AccountVisit
    | Post
    | LinkTry
    | LinkSweep
    | GuideVisit
    | ArticleVisit
    | PageSign
    | PageFoot
    | ErrorMessage
    | Picture
    | Ours
)


# What the judge is given: one subject's evidence, gathered as of one inspection.


@frozen
class ColumnSeen:
    """All that is known of one column at 监测时间点."""

    url: str
    name: str
    kind: str  # news notice policy personnel_plan interaction other
    type: str = "栏目"
    parent: str = ""
    level: int | None = 1
    owner: str = ""
    counted: PageVisit | None = None  # the latest complete visit of the 36 hours before 监测时间点
    newest: date | None = None  # greatest item date up to that day, by any visit, earlier or later
    newest_url: str = ""
    ever_filled: bool = False  # any other visit showed an item that existed by then
    why_unknown: str = ""  # what stood in the way, where nothing was counted
    class_confirmed: bool = False
    owner_confirmed: bool = False
    blank_confirmed: bool = False  # by a person, and the page's digest has not changed since
    exempt: str = ""
    stale_said: bool | None = None  # 无日期: what a person said of a list without dates
    dates: tuple[date, ...] = ()  # interaction columns: of every item of the last years, whatever visit showed it


@frozen
class Letter:
    """One message at 监测时间点, the box's counted visit first, then what other visits say."""

    url: str
    asked_on: date
    answered_on: date | None  # by the counted visit
    answered_elsewhere: bool  # another visit shows an answer dated by then
    visited_at: datetime
    sha256: str | None = None
    answered: bool = False  # shown as answered, without a date
    known: bool = True  # False: shown neither as answered nor as waiting


@dataclass(frozen=True, slots=True)
class BoxSeen:
    """One letter box at 监测时间点."""

    url: str
    name: str
    counted: PageVisit | None
    letters: tuple[Letter, ...] = ()
    why_unknown: str = ""


@dataclass(frozen=True, slots=True)
class YearlyTable:
    """One item of a site whose title names a yearly table. 年度报表"""

    url: str
    title: str
    dated: date | None  # the earliest day under which it was listed
    first_seen: datetime
    page: str  # that lists it


OddityKind = Literal["backdated", "moved", "crawl_dated", "burst"]


@dataclass(frozen=True, slots=True)
class Look:
    """One stored list of a column."""

    at: datetime
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Oddity:
    """What stored lists show beside the dates that are printed on them: a suspicion at most, for a person to weigh."""

    kind: OddityKind
    column_url: str
    column: str
    before: Look  # the last list before: the item was not in it, or was dated otherwise
    seen: Look  # the list that showed it first
    count: int  # items; backdated: stored lists that it ought to have been in and was not
    dated: date | None  # as printed; burst: the newest of the lists before
    was: date | None = None  # moved: as printed before
    title: str = ""


@dataclass(frozen=True, slots=True)
class SharedFault:
    """What broke many sites at once: the platform's, and no fault of any one of them. 平台性故障"""

    sign: Literal["address", "page", "zone", "moment", "template"]  # what the sites have in common
    mark: str  # the address, the page's digest, the zone of names, the template; empty: the moment alone
    sites: tuple[str, ...]
    since: datetime
    until: datetime
    visits: frozenset[tuple[str, datetime, str]] = frozenset()  # site, time and source of what accuses nobody
    kept_visits: int = 0  # how many they were, where they themselves are known no more

    @property
    def shut(self) -> int:
        """How many visits found a door shut."""
        return self.kept_visits or len(self.visits)

    @property
    def said(self) -> str:
        """What they share, in a few words that do not change between two runs."""
        return f"平台性故障（{SHARED[self.sign]}{self.mark[:SHORT]}）"


SHORT = 16  # of a digest that people read
SHARED = {
    "address": "同一IP地址",
    "page": "同一错误页",
    "zone": "同一上级域名",
    "moment": "同一时刻多数网站",
    "template": "同一页面模板",
}


@dataclass(frozen=True, slots=True)
class SiteEvidence:
    """Everything about one site that counts for one inspection."""

    visits: tuple[Visit, ...] = ()  # the seven whole days before the day of inspection
    home: ColumnSeen | None = None
    columns: tuple[ColumnSeen, ...] = ()
    boxes: tuple[BoxSeen, ...] = ()
    hosts: tuple[Host, ...] = ()
    discovery: Discovery | None = None
    links: tuple[LinkTry, ...] = ()  # of the last weeks, oldest first
    sweep: LinkSweep | None = None  # the latest by 监测时间点
    guides: tuple[GuideVisit, ...] = ()  # the latest reading of each in the quarter by then
    readings: tuple[ArticleVisit, ...] = ()  # of articles' pages: the latest of each in the quarter by then
    tables: tuple[YearlyTable, ...] = ()  # listed on any page of the site, by title
    signs: tuple[PageSign, ...] = ()  # seen in the quarter by then
    errors: tuple[ErrorMessage, ...] = ()  # of every export by the freeze, the latest last
    feet: tuple[PageFoot, ...] = ()  # of the home page, on the days before the inspection and after it
    closed: tuple[Visit, ...] = ()  # of a site that does not run any more: visits of the quarter
    shared: tuple[SharedFault, ...] = ()  # what this site suffered together with many others
    new_items: tuple[tuple[date, int], ...] = ()  # day → items dated so, each address once, on any page of the site
    oddities: tuple[Oddity, ...] = ()  # of the first-seen ledger, where a clause asks for them


@dataclass(frozen=True, slots=True)
class AccountEvidence:
    """Everything about one account that counts for one inspection."""

    visits: tuple[AccountVisit, ...] = ()  # every landed visit, earlier and later ones too
    posts: tuple[Post, ...] = ()  # from the last inspection's day on and a quarter at least, up to 监测时间点
    beside: tuple[Post, ...] = ()  # 解读回应 of the unit's other accounts in that time
