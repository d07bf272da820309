"""What the mirror city knows of itself: its sites, columns, items, letters and accounts."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(slots=True)
class Item:
    """One article: when it was published and where it lies."""

    title: str
    at: datetime
    path: str
    source: str
    pinned: bool = False
    written: date | None = None  # when the document was signed, long before it was published
    paragraphs: list[str] = field(default_factory=list)

    @property
    def day(self) -> date:
        return self.at.date()


@dataclass(slots=True)
class Letter:
    """One message to a letter box; `answered` None: it still waits."""

    title: str
    asked: datetime
    answered: datetime | None
    path: str
    number: str


@dataclass(slots=True)
class Column:
    """One column of a site.

    `shape`: list, single, letters, topics, channel. `cls`: news, notice, policy, personnel_plan, interaction, other.
    `dates`: list (beside the titles), article (only on the articles), none. `trap` names what makes it odd, `dress` how
    its list writes days, `form` how it is laid out, `tail` what other dates its titles bear.
    `newest` is what the plan wants; the items bear it out.
    """

    slug: str
    name: str
    cls: str
    words: str
    shape: str = "list"
    number: int = 0
    parent: "Column | None" = None
    newest: date | None = None
    blank: bool = False
    empty: str = ""  # what a blank one says instead of items
    size: int = 6
    step: int = 9
    dates: str = "list"
    trap: str = ""
    dress: str = ""
    form: str = ""
    tail: str = ""
    host: str = ""
    path: str = ""
    items: list[Item] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    children: "list[Column]" = field(default_factory=list)

    @property
    def level(self) -> int:
        return 1 if self.parent is None else 2

    @property
    def url(self) -> str:
        return f"http://{self.host}{self.path}"


@dataclass(slots=True)
class Unit:
    """One unit: its people are made up as well."""

    unit_id: str
    name: str
    short: str
    level: str
    trade: str
    label: str
    contact: str = ""
    phone: str = ""

    @property
    def email(self) -> str:
        return f"office@{self.label}.example"


@dataclass(slots=True)
class Site:
    """One site of the register; `role` is what it plays in this city."""

    code: str
    name: str
    unit: Unit
    kind: str
    host: str
    layout: str
    role: str
    status: str = "running"
    disclosure_url: str = ""
    charset: str = "utf8"
    entrance: str = ""  # what stands at its address, where its home page lies elsewhere
    front: str = "/"  # where its home page lies
    hostile: str = ""  # what is the matter with the page that would break a careless reader
    menu: list[Column] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    icp: str = ""
    police: str = ""
    gone: dict[str, str] = field(default_factory=dict)  # reason and dates of a site that no longer runs

    @property
    def home(self) -> str:
        return f"http://{self.host}/"

    @property
    def leaves(self) -> list[Column]:
        """Every column that holds something itself."""
        return [leaf for top in self.menu for leaf in ([top] if top.shape != "channel" else top.children)]


@dataclass(slots=True)
class Post:
    """One post of an account; `interpretation` as the unit would tick it in the ledger."""

    id: str
    at: datetime
    title: str
    url: str
    repost: bool = False
    interpretation: bool = False
    pinned: bool = False


@dataclass(slots=True)
class Account:
    """One account; `filed`: in the ledger, `shown`: on its own web page or feed."""

    account_id: str
    platform: str
    name: str
    unit: Unit
    role: str
    uid: str = ""
    address: str = ""
    feed: str = ""
    filed: list[Post] = field(default_factory=list)
    shown: list[Post] = field(default_factory=list)
    past: list[Post] = field(default_factory=list)  # of a quarter long over, in the ledger as well


@dataclass(slots=True)
class Visit:
    """One knock on a home page's door by the other monitor."""

    site_code: str
    at: datetime
    seconds: float | None
    outcome: str


@dataclass(slots=True)
class Explanation:
    """What a unit answers when it is asked about its site; `excuses` is known to the truth alone."""

    site_code: str
    unit_id: str
    email: str
    text: str
    excuses: bool


@dataclass(slots=True)
class City:
    """The whole mirror."""

    seed: int
    at: datetime
    name: str
    label: str
    division: str
    units: list[Unit]
    sites: list[Site]
    accounts: list[Account]
    visits: list[Visit] = field(default_factory=list)
    feed_host: str = ""
    inspection_day: int = 10  # of a quarter's last month
    past_visits: list[Visit] = field(default_factory=list)  # of a quarter long over
    past_shut: str = ""  # the site that was shut then
    explanations: "list[Explanation]" = field(default_factory=list)

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def running(self) -> list[Site]:
        return [site for site in self.sites if site.status == "running"]
