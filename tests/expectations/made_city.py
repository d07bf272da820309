"""A made city for the second count: evidence landed as the errands land it, and audited by SQL alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from psycopg2.extensions import connection as Connection

from expectations.recount import Audited, choose, fill
from inspectorate import edition
from inspectorate.commands import inspection as steps
from inspectorate.evidence import (
    AccountVisit,
    Article,
    Discovery,
    Door,
    Landed,
    LetterVisit,
    PageVisit,
    Post,
    Visit,
)
from inspectorate.quarter import SHANGHAI, Quarter, day_of, midnight
from inspectorate.register import Account, Issuer, Person, Register, Site, Unit
from inspectorate.store import evidence, register
from inspectorate.store.inspection import Inspection, Standing

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
UNIT = Unit("U1", "某市政府办公室", "department")


def site_of(code: str) -> Site:
    return Site(code, f"网站{code}", "U1", "department", f"http://www.s{code}.gov.cn/")


@dataclass
class City:
    """A city in one database, looked at on one day."""

    connection: Connection
    at: datetime = datetime(2026, 9, 10, 10, tzinfo=SHANGHAI)
    sites: tuple[str, ...] = ("3415000001",)
    accounts: tuple[str, ...] = ()
    platform: str = "weibo"
    address: str = ""

    def __post_init__(self) -> None:
        held = Register(
            units=(UNIT,),
            sites=tuple(site_of(code) for code in self.sites),
            accounts=tuple(
                Account(name, self.platform, f"账号{name}", "U1", self.address)  # type: ignore[arg-type]
                for name in self.accounts
            ),
            issuer=Issuer(name="某市政府办公室", region="s", people=(Person("fuhe", "复核员"),)),
        )
        register.merge(self.connection, held, "tester", self.day)

    @property
    def day(self) -> date:
        return day_of(self.at)

    @property
    def quarter(self) -> Quarter:
        return Quarter.of(self.at)

    def before(self, days: int) -> date:
        return self.day - timedelta(days=days)

    def land(self, *rows: Landed) -> int:
        return evidence.land(self.connection, rows)

    def tell(self, statement: str, *values: object) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
        self.connection.commit()

    # what stands in the register

    def column(
        self,
        name: str,
        kind: str = "notice",
        site: str = "3415000001",
        *,
        type_: str = "栏目",
        parent: str = "",
        level: int | None = 1,
        url: str = "",
    ) -> str:
        """A column found by discovery; its address comes back."""
        url = url or f"http://www.s{site}.gov.cn/{name}/index.html"
        self.tell(
            "insert into site_column (site_code, url, valid_from, name, class, type, parent, level, recorded_by)"
            " values (%s, %s, null, %s, %s, %s, %s, %s, 'discover')",
            site, url, name, kind, type_, parent, level,
        )  # fmt: skip
        return url

    def confirm(self, url: str, fact: str, value: str, sha256: str | None = None, site: str = "3415000001") -> None:
        register.confirm(self.connection, site, url, fact, value, "tester", sha256)

    def mapped(self, ended: bool = True, site: str = "3415000001") -> None:
        self.land(Discovery(site, self.at - 3 * HOUR, ended, 1, "" if ended else "预算用尽"))

    # what was seen

    def seen(self, url: str, newest: date | None, site: str = "3415000001", **facts: object) -> None:
        """A complete visit an hour before, of a list whose newest item is of that day."""
        given: dict[str, object] = {
            "kind": "column",
            "visited_at": self.at - HOUR,
            "outcome": Door.OPENED,
            "complete": True,
            "items": 5,
            "undated": 0,
            "newest": newest,
            "oldest": newest,
            "blank": False,
            "dated_list": True,
            "sha256": "ab",
        }
        self.land(PageVisit(site, url, **given | facts))  # type: ignore[arg-type]

    def blank(self, url: str, **facts: object) -> None:
        self.seen(url, None, **{"items": 0, "undated": None, "oldest": None, "blank": True} | facts)

    def item(self, url: str, dated: date, site: str = "3415000001") -> None:
        self.land(Article(site, url, url + "?1", dated, "一条", 1, False, self.at - 400 * DAY))

    def home(self, newest: date | None, site: str = "3415000001", **facts: object) -> None:
        self.seen(site_of(site).home_url, newest, site, **{"kind": "home"} | facts)

    def knocks(self, outcomes: Iterable[tuple[Door, float | None]], site: str = "3415000001", every: int = 72) -> None:
        """Visits of the week in order, so many minutes apart; 72 minutes: 20 a day."""
        start = midnight(self.day) - 7 * DAY
        self.land(
            *(
                Visit(site, start + timedelta(minutes=every) * n, "probe", outcome, seconds)
                for n, (outcome, seconds) in enumerate(outcomes)
            )
        )

    def box(self, name: str = "领导信箱", site: str = "3415000001", **facts: object) -> str:
        """A letter box that was read; without a name it stands in no menu."""
        url = f"http://www.s{site}.gov.cn/{name or 'box'}/"
        if name:
            self.column(name, "interaction", site, url=url)
        self.seen(url, None, site, **{"kind": "letters", "undated": 0, "oldest": None} | facts)
        return url

    def letter(self, box: str, asked: date, answered_on: date | None = None, **facts: object) -> None:
        given: dict[str, object] = {"url": f"{box}{asked}", "visited_at": self.at - HOUR}
        self.land(
            LetterVisit(
                **{"site": "3415000001", "box_url": box, "asked_on": asked, "answered_on": answered_on} | given | facts
            )  # type: ignore[arg-type]
        )

    def looked(self, account: str, source: str, newest: datetime | None, **facts: object) -> None:
        """A complete look at an account that covers the window."""
        given: dict[str, object] = {
            "visited_at": self.at - HOUR,
            "outcome": Door.OPENED,
            "complete": True,
            "posts": 9,
            "covers_from": self.at - 60 * DAY,
        }
        self.land(AccountVisit(account, source, newest=newest, **given | facts))  # type: ignore[arg-type]

    def post(self, account: str, source: str, at: datetime, number: int = 1) -> None:
        self.land(Post(account, source, f"p{number}", at, "", "一条", False, None, False, self.at - HOUR))  # type: ignore[arg-type]

    # what is made of it

    def freeze(self, standing: Standing = "official", only: frozenset[str] = frozenset()) -> Inspection:
        return steps.freeze(self.connection, self.quarter, self.at, standing, only=only)

    def recount(self, frozen: Inspection | None = None) -> dict[tuple[str, str], tuple[str, Decimal | None]]:
        """Clause and subject → outcome and number, by the second count."""
        frozen = frozen or self.freeze()
        audited = Audited.of(frozen)
        fill(self.connection, audited, editions_of(frozen), frozenset(frozen.clauses))
        with self.connection.cursor() as cursor:
            choose(cursor, audited)
            cursor.execute("select clause, subject, outcome, measured from ledger_count")
            return {(clause, subject): (outcome, measured) for clause, subject, outcome, measured in cursor.fetchall()}

    def outcome(self, clause: str, subject: str = "3415000001") -> tuple[str, Decimal | None]:
        return self.recount()[clause, subject]


def editions_of(frozen: Inspection) -> tuple[edition.Edition, ...]:
    return edition.load().in_force(day_of(frozen.inspected_at), local=frozen.register.issuer.editions)
