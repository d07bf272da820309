"""Gathering: what may accuse, what may only clear, and what a freeze cuts off (contract 1.5)."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection

from inspectorate.evidence import (
    AccountEvidence,
    AccountVisit,
    Article,
    BoxSeen,
    ColumnSeen,
    Discovery,
    Door,
    Host,
    Landed,
    LetterVisit,
    Ours,
    PageVisit,
    Post,
    SiteEvidence,
    Visit,
)
from inspectorate.quarter import SHANGHAI, midnight
from inspectorate.register import Account, Column, ColumnClass, Register, Site
from inspectorate.store import evidence, inspection, register
from inspectorate.store.inspection import Inspection

AT = datetime(2018, 9, 10, 10, tzinfo=SHANGHAI)
DAY = date(2018, 9, 10)
HOUR = timedelta(hours=1)
SITE = "3415000001"
HOME = "http://www.a.gov.cn/"
LIST = HOME + "tzgg/"
BOX = HOME + "szxx/"
REGISTER = Register(
    sites=(
        Site(SITE, "某市政府", "U1", "portal", HOME),
        Site("3415000002", "已关停的", "U1", "department", "http://b.gov.cn/", status="offline"),
        Site("3415000003", "后来的", "U1", "department", "http://c.gov.cn/", valid_from=date(2018, 9, 11)),
        Site("3415000004", "某局", "U1", "department", "http://d.gov.cn/", valid_from=DAY, valid_to=DAY),
    ),
    accounts=(
        Account("wb1", "weibo", "某市发布", "U1"),
        Account("wb2", "weibo", "已注销", "U1", status="offline"),
    ),
)


def freeze(connection: Connection, anew: bool = False) -> Inspection:
    return inspection.freeze(
        connection, "2018Q3", "trial", AT, REGISTER, {}, "E15", [], anew, now=AT + timedelta(days=365)
    )


def gather(connection: Connection, which: Inspection | None = None) -> SiteEvidence:
    found = evidence.gather_sites(connection, which or freeze(connection))
    return next(seen for site, seen in found if site.site_code == SITE)


def column(connection: Connection, which: Inspection | None = None) -> ColumnSeen:
    [found] = gather(connection, which).columns
    return found


def box(connection: Connection) -> BoxSeen:
    [found] = gather(connection).boxes
    return found


def account(connection: Connection, which: Inspection | None = None) -> AccountEvidence:
    [(_, found)] = evidence.gather_accounts(connection, which or freeze(connection))
    return found


def visit(at: datetime = AT - HOUR, complete: bool = True, items: int | None = 3, **facts: object) -> PageVisit:
    given: dict[str, object] = {"site": SITE, "url": LIST, "kind": "column", "outcome": Door.OPENED}
    return PageVisit(**given | {"visited_at": at, "complete": complete, "items": items} | facts)  # type: ignore[arg-type]


def item(dated: date | None, at: datetime = AT, url: str = LIST + "1.html") -> Article:
    return Article(SITE, LIST, url, dated, "通知", 1, False, at)


@pytest.fixture
def told(connection: Connection) -> Callable[..., None]:
    """Run one statement on the test's database and commit."""

    def tell(statement: str, *values: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
        connection.commit()

    return tell


@pytest.fixture
def known(told: Callable[..., None]) -> None:
    """The site has one column, found by discovery."""
    told(
        "insert into site_column (site_code, url, valid_from, name, class, recorded_by)"
        " values (%s, %s, null, '通知公告', 'notice', 'discover')",
        SITE,
        LIST,
    )


def test_only_subjects_that_run_on_the_day_are_gathered_in_printed_order(connection: Connection) -> None:
    frozen = freeze(connection)
    assert [s.site_code for s, _ in evidence.gather_sites(connection, frozen)] == [SITE, "3415000004"]
    assert [a.account_id for a, _ in evidence.gather_accounts(connection, frozen)] == ["wb1"]


def test_the_week_of_availability_is_the_seven_whole_days_before(connection: Connection) -> None:
    moments = [
        midnight(date(2018, 9, 3)) - timedelta(seconds=1),
        midnight(date(2018, 9, 3)),
        midnight(DAY) - timedelta(seconds=1),
        midnight(DAY),
    ]
    evidence.land(connection, [Visit(SITE, at, "probe", Door.TIMEOUT, None, None, "无响应") for at in moments])
    assert gather(connection).visits == tuple(
        Visit(SITE, at, "probe", Door.TIMEOUT, None, None, "无响应") for at in moments[1:3]
    )


@pytest.mark.usefixtures("known")
class TestAColumn:
    def test_the_latest_complete_visit_of_the_36_hours_counts(self, connection: Connection) -> None:
        latest = visit(AT - 2 * HOUR, blank=False, sha256="ab", newest=date(2018, 9, 1))
        evidence.land(connection, [visit(AT - 30 * HOUR), latest, visit(AT - HOUR, complete=False, because="断网")])
        assert column(connection).counted == latest

    @pytest.mark.parametrize(
        ("before", "counts"),
        [(36 * HOUR, True), (36 * HOUR + timedelta(seconds=1), False), (0 * HOUR, True), (-HOUR, False)],
    )
    def test_the_36_hours_end_at_the_moment_of_inspection(
        self, connection: Connection, before: timedelta, counts: bool
    ) -> None:
        evidence.land(connection, [visit(AT - before)])
        assert (column(connection).counted is not None) is counts

    def test_a_door_that_was_not_opened_is_never_counted(self, connection: Connection) -> None:
        evidence.land(connection, [visit(outcome=Door.HTTP_ERROR, because="503")])
        found = column(connection)
        assert (found.counted, found.why_unknown) == (None, "503")

    def test_the_newest_is_what_any_visit_showed_up_to_the_day(self, connection: Connection) -> None:
        rows = [
            visit(newest=date(2018, 7, 1)),
            visit(AT + 500 * HOUR, newest=date(2018, 9, 30)),
            item(date(2018, 9, 11), AT + 500 * HOUR, LIST + "after"),
            item(date(2018, 9, 10), AT + 500 * HOUR, LIST + "same-day"),
            item(date(2018, 8, 1), AT - 500 * HOUR, LIST + "before"),
            item(None, AT, LIST + "undated"),
        ]
        evidence.land(connection, rows)
        found = column(connection)
        assert (found.newest, found.newest_url) == (DAY, LIST + "same-day")

    def test_a_newest_that_only_a_visit_knows_has_no_address(self, connection: Connection) -> None:
        evidence.land(connection, [visit(AT - 100 * HOUR, newest=date(2018, 9, 5)), item(date(2018, 8, 1))])
        found = column(connection)
        assert (found.newest, found.newest_url) == (date(2018, 9, 5), "")

    def test_the_oldest_date_of_a_later_visit_clears_too(self, connection: Connection) -> None:
        evidence.land(connection, [visit(AT + 999 * HOUR, newest=date(2018, 10, 9), oldest=date(2018, 9, 2))])
        assert column(connection).newest == date(2018, 9, 2)

    @pytest.mark.parametrize(
        ("other", "filled"),
        [
            (visit(AT - 2000 * HOUR), True),
            (visit(AT - 2 * HOUR), True),  # within the 36 hours, but not the one that counts
            (visit(AT - 2000 * HOUR, items=0), False),
            (visit(AT - 2000 * HOUR, items=None), False),
            (visit(AT + 2000 * HOUR), False),  # filled since: nobody knows what of it existed
            (visit(AT + 2000 * HOUR, newest=date(2018, 9, 20), oldest=date(2018, 9, 11)), False),
            (visit(AT + 2000 * HOUR, newest=date(2018, 9, 20), oldest=date(2018, 9, 9)), True),
            (item(date(2018, 1, 1), AT + 2000 * HOUR), True),
            (item(date(2018, 9, 11), AT + 2000 * HOUR), False),
            (item(None, AT + 2000 * HOUR), False),
        ],
    )
    def test_ever_filled_is_what_another_visit_showed_that_existed_by_then(
        self, connection: Connection, other: PageVisit | Article, filled: bool
    ) -> None:
        evidence.land(connection, [visit(items=0, blank=True), other])
        assert column(connection).ever_filled is filled

    def test_the_counted_visit_does_not_speak_against_itself(self, connection: Connection) -> None:
        evidence.land(connection, [visit(items=3)])
        assert column(connection).ever_filled is False

    def test_why_nothing_was_counted_is_the_latest_obstacle(self, connection: Connection) -> None:
        assert "没有访问" in column(connection).why_unknown
        evidence.land(connection, [Ours("site", SITE, "", AT - 3 * HOUR, "网络中断")])
        assert column(connection, freeze(connection, anew=True)).why_unknown == "网络中断"
        evidence.land(connection, [Ours("site", SITE, LIST, AT - 3 * HOUR, "页面无法识别")])
        assert column(connection, freeze(connection, anew=True)).why_unknown == "页面无法识别"
        evidence.land(connection, [visit(AT - 4 * HOUR, complete=False, items=None, because="防火墙拦截")])
        assert column(connection, freeze(connection, anew=True)).why_unknown == "防火墙拦截"
        evidence.land(connection, [visit()])
        assert column(connection, freeze(connection, anew=True)).why_unknown == ""

    def test_what_is_landed_after_the_freeze_changes_nothing(
        self, connection: Connection, told: Callable[..., None]
    ) -> None:
        evidence.land(connection, [visit(AT - 3 * HOUR, items=0, blank=True)])
        frozen = freeze(connection)
        before = gather(connection, frozen)
        evidence.land(connection, [visit(), item(date(2018, 9, 9)), visit(AT - 99 * HOUR)])
        evidence.land(connection, [Visit(SITE, AT - 24 * HOUR, "probe", Door.TIMEOUT, None)])
        evidence.land(connection, [LetterVisit(SITE, BOX, BOX + "1", date(2018, 5, 1), None, AT - HOUR)])
        evidence.land(connection, [Discovery(SITE, AT, False, 0, "墙"), visit(url=BOX, kind="letters")])
        told(
            "insert into site_column (site_code, url, name, class, recorded_by) values (%s, 'x', 'x', 'news', 'd')",
            SITE,
        )
        assert gather(connection, frozen) == before
        assert gather(connection, freeze(connection, anew=True)) != before

    def test_a_column_that_is_gone_by_the_day_does_not_count(
        self, connection: Connection, told: Callable[..., None]
    ) -> None:
        told("update site_column set valid_to = %s", date(2018, 9, 9))
        assert gather(connection).columns == ()

    def test_a_column_that_goes_after_the_day_or_after_the_freeze_counts(
        self, connection: Connection, told: Callable[..., None]
    ) -> None:
        frozen = freeze(connection)
        told("update site_column set valid_to = %s", date(2018, 9, 9))
        assert column(connection, frozen).name == "通知公告"
        told("update site_column set valid_to = %s", DAY)
        assert column(connection, freeze(connection, anew=True)).name == "通知公告"

    def test_of_several_versions_the_one_of_the_day_counts(
        self, connection: Connection, told: Callable[..., None]
    ) -> None:
        told("update site_column set valid_to = %s", date(2018, 8, 31))
        told(
            "insert into site_column (site_code, url, valid_from, valid_to, name, class, recorded_by) values"
            " (%s, %s, '2018-09-01', '2018-09-30', '公示公告', 'notice', 'd'),"
            " (%s, %s, '2018-10-01', null, '后名', 'news', 'd')",
            *[SITE, LIST] * 2,
        )
        assert column(connection).name == "公示公告"

    def test_a_column_found_only_since_counts_for_an_inspection_of_the_past(
        self, connection: Connection, told: Callable[..., None]
    ) -> None:
        told("update site_column set valid_from = %s", date(2026, 11, 24))
        assert column(connection).name == "通知公告"


@pytest.mark.usefixtures("known")
class TestAPersonsWord:
    def confirm(self, told: Callable[..., None], fact: str, value: str, **more: object) -> None:
        told(
            "insert into confirmation (site_code, url, fact, value, sha256, until, by, at)"
            " values (%s, %s, %s, %s, %s, %s, 'li', coalesce(%s, now()))",
            SITE, LIST, fact, value, more.get("sha256"), more.get("until"), more.get("at"),
        )  # fmt: skip

    def test_it_holds_though_it_came_after_the_freeze(self, connection: Connection, told: Callable[..., None]) -> None:
        frozen = freeze(connection)
        assert column(connection, frozen).class_confirmed is False
        self.confirm(told, "class", "policy")
        self.confirm(told, "owner", "U2")
        found = column(connection, frozen)
        assert (found.kind, found.class_confirmed) == ("policy", True)
        assert (found.owner, found.owner_confirmed) == ("U2", True)

    @pytest.mark.parametrize(("until", "holds"), [(date(2018, 9, 9), False), (DAY, True), (None, True)])
    def test_it_holds_up_to_its_last_day(
        self, connection: Connection, told: Callable[..., None], until: date | None, holds: bool
    ) -> None:
        self.confirm(told, "class", "policy", until=until)
        told(
            "insert into exemption (site_code, url, reason, until, by) values (%s, %s, '专题', %s, 'li')",
            SITE,
            LIST,
            until,
        )
        found = column(connection)
        assert (found.class_confirmed, found.exempt) == (holds, "专题" if holds else "")

    def test_the_latest_word_holds_and_an_empty_one_withdraws(
        self, connection: Connection, told: Callable[..., None]
    ) -> None:
        self.confirm(told, "class", "policy", at=AT)
        self.confirm(told, "class", "", at=AT + HOUR)
        told("insert into exemption (site_code, url, reason, by, at) values (%s, %s, '专题', 'li', %s)", SITE, LIST, AT)
        told("insert into exemption (site_code, url, reason, by) values (%s, %s, '', 'li')", SITE, LIST)
        found = column(connection)
        assert (found.kind, found.class_confirmed, found.exempt) == ("notice", False, "")

    @pytest.mark.parametrize(("shown", "holds"), [("ab", True), ("cd", False), (None, False)])
    def test_a_confirmed_blank_holds_as_long_as_the_page_is_the_same(
        self, connection: Connection, told: Callable[..., None], shown: str | None, holds: bool
    ) -> None:
        evidence.land(connection, [visit(items=0, blank=True, sha256=shown)])
        self.confirm(told, "blank", "yes", sha256="ab")
        assert column(connection).blank_confirmed is holds

    @pytest.mark.parametrize(
        ("value", "sha256", "said"), [("yes", "ab", True), ("no", "ab", False), ("yes", "cd", None), ("", "ab", None)]
    )
    def test_what_was_said_of_a_list_without_dates_is_of_the_page_as_it_was(
        self, connection: Connection, told: Callable[..., None], value: str, sha256: str, said: bool | None
    ) -> None:
        evidence.land(connection, [visit(sha256="ab")])
        self.confirm(told, "stale", value, sha256=sha256)
        assert column(connection).stale_said is said

    def test_a_parent_that_was_confirmed_places_the_column(
        self, connection: Connection, told: Callable[..., None]
    ) -> None:
        told("update site_column set level = null")
        assert column(connection).level is None
        self.confirm(told, "parent", "政务公开", at=AT)
        assert (column(connection).parent, column(connection).level) == ("政务公开", 2)
        self.confirm(told, "parent", "")
        assert (column(connection).parent, column(connection).level) == ("", 1)


def test_a_column_found_otherwise_on_the_same_day_does_not_change_what_was_frozen(connection: Connection) -> None:
    def find(name: str) -> None:
        register.land_columns(connection, SITE, [Column(SITE, LIST, name, "notice")], "discover", DAY)

    find("公告")
    before = freeze(connection)
    find("公告栏")
    find("通知公告")
    after = freeze(connection, anew=True)
    assert (column(connection, before).name, column(connection, after).name) == ("公告", "通知公告")


def test_the_home_page_is_found_by_whatever_address_it_was_read(connection: Connection) -> None:
    read = visit(url=HOME + "index.html", kind="home")
    old = visit(AT - 900 * HOUR, url=HOME, kind="home", newest=date(2018, 9, 9))
    evidence.land(connection, [read, old])
    home = gather(connection).home
    assert home is not None
    assert (home.counted, home.newest, home.ever_filled) == (read, date(2018, 9, 9), True)


def test_a_home_page_never_read_is_unknown_and_says_why(connection: Connection) -> None:
    evidence.land(connection, [Ours("site", SITE, HOME, AT - HOUR, "代理不可达")])
    home = gather(connection).home
    assert home is not None
    assert (home.url, home.counted, home.why_unknown) == (HOME, None, "代理不可达")


def letter(number: int, at: datetime = AT - HOUR, asked: date = date(2018, 5, 1), **facts: object) -> LetterVisit:
    answered_on = facts.get("answered_on")
    assert answered_on is None or isinstance(answered_on, date)
    return LetterVisit(
        SITE, str(facts.get("box", BOX)), f"{BOX}{number}", asked, answered_on, at,
        bool(facts.get("answered", False)), bool(facts.get("valid", True)),
    )  # fmt: skip


def read_box(at: datetime = AT - HOUR, complete: bool = True) -> PageVisit:
    return visit(at, complete, url=BOX, kind="letters", sha256="ef", because="" if complete else "超时")


def test_messages_are_those_of_the_boxs_counted_visit(connection: Connection) -> None:
    rows = [
        read_box(),
        letter(1),
        letter(2, valid=False),
        letter(3, asked=date(2017, 6, 9)),
        letter(4, asked=date(2017, 6, 10)),
    ]
    evidence.land(connection, [*rows, read_box(AT - 9 * HOUR), letter(5, AT - 9 * HOUR)])
    found = box(connection)
    assert found.counted == read_box()
    assert [(one.url, one.sha256) for one in found.letters] == [(f"{BOX}4", "ef"), (f"{BOX}1", "ef")]


@pytest.mark.parametrize(
    ("other", "elsewhere"),
    [
        (letter(1, AT - 99 * HOUR, answered_on=date(2018, 6, 1)), True),
        (letter(1, AT + 99 * HOUR, answered_on=DAY), True),
        (letter(1, AT + 99 * HOUR, answered_on=date(2018, 9, 11)), False),
        (letter(1, AT - 99 * HOUR, answered=True), True),
        (letter(1, AT + 99 * HOUR, answered=True), False),
        (letter(1, AT - 99 * HOUR), False),
        (letter(1, AT - HOUR, answered_on=date(2018, 6, 1), box=BOX + "other/"), True),
        (letter(2, AT - 99 * HOUR, answered_on=date(2018, 6, 1)), False),
    ],
)
def test_an_answer_that_another_visit_shows_by_then_clears(
    connection: Connection, other: LetterVisit, elsewhere: bool
) -> None:
    evidence.land(connection, [read_box(), letter(1), other])
    [found] = box(connection).letters
    assert (found.answered_on, found.answered_elsewhere) == (None, elsewhere)


def test_the_counted_visits_own_answer_is_not_another_visits(connection: Connection) -> None:
    evidence.land(connection, [read_box(), letter(1, answered_on=date(2018, 6, 1))])
    [found] = box(connection).letters
    assert (found.answered_on, found.answered_elsewhere) == (date(2018, 6, 1), False)


def test_a_box_that_could_not_be_read_is_a_box_and_says_why(connection: Connection) -> None:
    evidence.land(connection, [read_box(AT - 99 * HOUR), letter(1, AT - 99 * HOUR), read_box(complete=False)])
    assert box(connection) == BoxSeen(BOX, "", None, (), "超时")


def test_the_latest_discovery_by_then_counts_and_a_later_one_only_where_there_is_none(connection: Connection) -> None:
    old, later = Discovery(SITE, AT - 99 * HOUR, False, 3, "墙"), Discovery(SITE, AT + HOUR, True, 12)
    evidence.land(connection, [later, Discovery(SITE, AT + 2 * HOUR, True, 13)])
    assert gather(connection).discovery == later
    evidence.land(connection, [old, Discovery(SITE, AT - 999 * HOUR, True, 9)])
    assert gather(connection, freeze(connection, anew=True)).discovery == old


@pytest.mark.parametrize(
    ("seen", "counts"),
    [([AT - HOUR], True), ([AT - 40 * HOUR], False), ([AT + HOUR], False), ([AT - 40 * HOUR, AT + HOUR], True)],
)
def test_a_host_counts_if_it_was_seen_in_the_36_hours_or_on_both_sides(
    connection: Connection, seen: list[datetime], counts: bool
) -> None:
    evidence.land(connection, [Host(SITE, "x.com", "某系统", "业务系统", "http://x.com/", at) for at in seen])
    assert bool(gather(connection).hosts) is counts


def post(number: str, at: datetime, **facts: object) -> Post:
    interpretation = facts.get("interpretation")
    assert interpretation is None or isinstance(interpretation, bool)
    return Post("wb1", "ledger", number, at, "", "题", False, interpretation, False, AT)


def test_an_accounts_posts_are_those_since_the_last_inspection_up_to_the_moment(connection: Connection) -> None:
    first = midnight(date(2018, 6, 10))  # three months, which the day of the last inspection happens to be, too
    moments = [first - timedelta(seconds=1), first, AT, AT + HOUR]
    evidence.land(connection, [post(str(n), at) for n, at in enumerate(moments)])
    assert [p.post_id for p in account(connection).posts] == ["2", "1"]


def test_posts_reach_back_over_an_inspection_that_was_held_just_before(connection: Connection) -> None:
    """Else an inspection five days after the last one would not see what was posted within the two weeks."""
    inspection.freeze(
        connection, "2018Q2", "official", datetime(2018, 6, 30, 10, tzinfo=SHANGHAI), REGISTER, {}, "E15", [], now=AT
    )
    at = datetime(2018, 7, 5, 10, tzinfo=SHANGHAI)
    evidence.land(connection, [post("1", datetime(2018, 6, 25, 9, tzinfo=SHANGHAI))])
    soon = inspection.freeze(connection, "2018Q3", "trial", at, REGISTER, {}, "E15", [], now=AT)
    assert [p.post_id for p in account(connection, soon).posts] == ["1"]


def test_a_column_replaced_on_its_first_day_holds_on_no_day(connection: Connection) -> None:
    def find(kind: ColumnClass, day: date) -> None:
        register.land_columns(connection, SITE, [Column(SITE, LIST, "公告", kind)], "discover", day)

    first, later = DAY + timedelta(days=20), DAY + timedelta(days=30)
    register.land_columns(connection, SITE, [Column(SITE, HOME + "a/", "甲", "other")], "discover", first)
    find("news", later)
    find("notice", later)
    found = {c.url: c.kind for c in gather(connection).columns}
    assert found[LIST] == "notice"


def test_all_visits_of_an_account_are_gathered_in_order_of_time(connection: Connection) -> None:
    visits = [AccountVisit("wb1", "api", AT + n * HOUR, Door.WALL, False, because="限流") for n in (-999, 0, 999)]
    evidence.land(connection, reversed(visits))
    assert account(connection).visits == tuple(visits)


def test_a_corrected_post_counts_as_corrected_but_not_for_what_was_frozen_before(connection: Connection) -> None:
    evidence.land(connection, [post("1", AT - 99 * HOUR)])
    frozen = freeze(connection)
    evidence.land(connection, [post("1", AT - 9 * HOUR, interpretation=True)])
    assert [p.published_at for p in account(connection, frozen).posts] == [AT - 99 * HOUR]
    [found] = account(connection, freeze(connection, anew=True)).posts
    assert (found.published_at, found.interpretation) == (AT - 9 * HOUR, True)


def test_what_the_units_other_accounts_explained_is_gathered_beside_each(connection: Connection) -> None:
    held = replace(REGISTER, accounts=(*REGISTER.accounts, Account("wx1", "wechat", "某市发布", "U1")))
    evidence.land(connection, [post("1", AT - 9 * HOUR, interpretation=True), post("2", AT - 8 * HOUR)])
    evidence.land(connection, [post("3", AT + HOUR, interpretation=True)])
    frozen = inspection.freeze(connection, "2018Q3", "trial", AT, held, {}, "E15", [], now=AT + timedelta(days=365))
    beside = {
        a.account_id: [p.post_id for p in seen.beside] for a, seen in evidence.gather_accounts(connection, frozen)
    }
    assert beside == {"wb1": [], "wx1": ["1"]}


@pytest.mark.usefixtures("known")
def test_the_order_in_which_evidence_is_landed_makes_no_difference(
    connection: Connection, told: Callable[..., None]
) -> None:
    chance = random.Random(2018)
    days = [DAY - timedelta(days=n) for n in (-3, 0, 1, 40, 400)]
    rows: list[Landed] = [item(d, AT + n * HOUR, f"{LIST}{m}") for m, d in enumerate(days) for n in (-900, -9, 9)]
    rows += [visit(AT + n * HOUR, complete=n != -5, newest=DAY, because="断" * (n == -5)) for n in (-90, -9, -5, 9)]
    rows += [read_box(AT + n * HOUR) for n in (-90, -9, -5)]
    rows += [letter(m, AT + n * HOUR, answered_on=DAY if m == n % 3 else None) for n in (-90, -9, -5) for m in range(3)]
    rows += [Visit(SITE, AT - n * HOUR, "probe", Door.TIMEOUT, None) for n in range(0, 200, 7)]
    rows += [Host(SITE, "x.com", "系统", "业务系统", "http://x.com/", AT + n * HOUR) for n in (-90, -9, 9)]
    rows += [Discovery(SITE, AT + n * HOUR, n < 0, 1) for n in (-9, 9)]
    rows += [AccountVisit("wb1", "api", AT + n * HOUR, Door.OPENED, True) for n in (-9, 9)]
    seen = []
    for _ in range(6):
        for table in evidence.TABLES.values():
            told(f"truncate {table.name}")
        chance.shuffle(rows)
        cut = chance.randrange(len(rows))
        evidence.land(connection, rows[:cut])
        evidence.land(connection, rows[cut // 2 :])  # what was landed before comes again
        frozen = freeze(connection, anew=True)
        seen.append((gather(connection, frozen), account(connection, frozen)))
    assert seen == [seen[0]] * 6
    assert seen[0][0].columns[0].newest_url == f"{LIST}1"


def test_some_sites_are_gathered_as_all_of_them_are(connection: Connection) -> None:
    evidence.land(connection, [visit(), Visit(SITE, AT - timedelta(days=1), "probe", Door.OPENED, 0.5)])
    frozen = freeze(connection)
    running = REGISTER.running_sites(DAY)
    together = {site.site_code: seen for site, seen in evidence.gather_sites(connection, frozen)}
    for site in running:
        [(same, alone)] = evidence.gather_sites(connection, frozen, [site])
        assert (same, alone) == (site, together[site.site_code])
    assert together[SITE].visits


def test_new_items_are_counted_by_day_each_address_once_by_its_newest_date(
    connection: Connection, known: None, told: Callable[..., None]
) -> None:
    told("update site_column set class = 'interaction' where site_code = %s", SITE)
    days = [DAY, DAY - timedelta(days=1), DAY - timedelta(days=400)]
    rows = [item(day, url=f"{LIST}{n}") for n, day in enumerate([*days, DAY + timedelta(days=1)])]
    rows += [item(days[1], url=f"{LIST}0"), replace(item(DAY, url=f"{LIST}0"), column_url=HOME)]
    evidence.land(connection, [visit(), *rows])
    frozen = freeze(connection)
    seen = gather(connection, frozen)
    assert seen.new_items == ((days[1], 1), (DAY, 1))
    assert seen.columns[0].dates == (days[2], days[1], DAY)
    [(_, unscored), *_] = evidence.gather_sites(connection, frozen, scored=False)
    assert (unscored.new_items, unscored.columns[0].dates) == ((), ())
