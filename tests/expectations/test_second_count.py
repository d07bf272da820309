"""The second count at every limit: what the views say of evidence, without asking the judge."""

from datetime import date, datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection

from expectations import suites
from inspectorate.evidence import Door, Visit
from inspectorate.quarter import SHANGHAI, midnight
from inspectorate.store import register
from tests.expectations.made_city import DAY, HOUR, City, editions_of

OPEN, SHUT, WALL = (Door.OPENED, 1.5), (Door.TIMEOUT, None), (Door.WALL, 0.2)
SITE = "3415000001"


@pytest.fixture
def city(connection: Connection) -> City:
    return City(connection)


@pytest.mark.parametrize("at", [datetime(2018, 9, 10, 10, tzinfo=SHANGHAI), datetime(2026, 9, 10, 10, tzinfo=SHANGHAI)])
def test_every_automatic_veto_of_an_edition_is_counted_here_too_and_stops_the_quarter_where_the_judge_differs(
    connection: Connection, at: datetime
) -> None:
    city = City(connection, at, (SITE, "3415000002"), ("wb1", "wb2"))
    frozen = city.freeze()
    counted = city.recount(frozen)
    (main,) = (one for one in editions_of(frozen) if one.main)
    vetoes = [c for c in main.clauses if c.consequence == "veto" and c.automatic]
    assert {c.auto for c in vetoes} <= {"A", "S"}
    assert {c.id for c in main.clauses if c.consequence == "veto" and c.auto == "A"} <= {c.id for c in vetoes}
    subjects = {"site": city.sites, "account": city.accounts}
    ids = {c.id for c in vetoes}
    assert {key for key in counted if key[0] in ids} == {(c.id, one) for c in vetoes for one in subjects[c.subject]}
    kept = suites.vetoes(connection, frozen.quarter, frozen.number)
    expected = suites.ledger(kept)
    assert [(e.code, e.stops) for e in expected] == [(clause, True) for clause in sorted(ids)]


def limits(city: City, kind: str) -> date:
    """The first day on which an item of a class is in time, on 10 September 2026."""
    return {"news": date(2026, 8, 27), "notice": date(2026, 3, 10), "other": date(2025, 9, 10)}[kind]


class TestAccess:
    CLAUSE = "E19.W-V-02"

    @pytest.mark.parametrize(
        ("knocks", "outcome", "measured"),
        [
            ([SHUT] * 7 + [OPEN] * 133, "failed", 0.05),
            ([SHUT] * 6 + [OPEN] * 134, "passed", 0.0429),
            ([SHUT] * 6 + [OPEN] * 133, "unjudged", 0.0429),  # one is missing
            ([SHUT] * 6 + [WALL] + [OPEN] * 133, "unjudged", 0.0429),
            ([SHUT] * 6 + [(Door.OURS, None)] + [OPEN] * 133, "unjudged", 0.0429),
            ([(Door.OPENED, 15.0)] * 7 + [OPEN] * 133, "failed", 0.05),
            ([(Door.OPENED, 14.999)] * 7 + [OPEN] * 133, "passed", 0.0),
            ([(Door.OPENED, None)] * 7 + [OPEN] * 133, "unjudged", 0.0),
            ([], "unjudged", 0.0),
        ],
    )
    def test_five_percent_is_a_veto_and_what_nobody_knows_counts_both_ways(
        self, city: City, knocks: list[tuple[Door, float | None]], outcome: str, measured: float
    ) -> None:
        city.knocks(knocks)
        found, number = city.outcome(self.CLAUSE)
        assert (found, round(float(number or 0), 4)) == (outcome, measured)

    @pytest.mark.parametrize(
        ("apart", "outcome"), [(timedelta(minutes=15), "failed"), (timedelta(minutes=14, seconds=59), "unjudged")]
    )
    def test_a_visit_joins_the_first_of_its_group_only_within_a_quarter_of_an_hour(
        self, city: City, apart: timedelta, outcome: str
    ) -> None:
        city.knocks([SHUT] * 8 + [OPEN] * 132)
        first = midnight(city.day) - 7 * DAY
        city.land(*(Visit(SITE, first + timedelta(minutes=72) * n + apart, "other", *OPEN) for n in range(8)))
        assert city.outcome(self.CLAUSE)[0] == outcome

    def test_more_visits_than_due_are_all_counted(self, city: City) -> None:
        city.knocks([SHUT] * 14 + [OPEN] * 322, every=30)
        assert city.outcome(self.CLAUSE)[0] == "passed"

    def test_the_day_of_inspection_and_the_eighth_day_before_are_out(self, city: City) -> None:
        city.knocks([OPEN] * 140)
        for at in (midnight(city.day), midnight(city.day) - 7 * DAY - timedelta(seconds=1)):
            city.land(*(Visit(SITE, at + HOUR * 0, f"m{n}", *SHUT) for n in range(20)))
        assert city.outcome(self.CLAUSE) == ("passed", 0)


class TestHome:
    CLAUSE = "E19.W-V-03"

    @pytest.mark.parametrize(("age", "outcome"), [(14, "passed"), (15, "failed")])
    def test_an_item_of_exactly_fourteen_days_is_in(self, city: City, age: int, outcome: str) -> None:
        city.mapped()
        city.column("通知公告")
        city.seen("http://www.s3415000001.gov.cn/通知公告/index.html", city.before(90))
        city.home(city.before(age))
        assert city.outcome(self.CLAUSE)[0] == outcome

    def test_a_column_with_news_clears_a_home_page_without(self, city: City) -> None:
        city.mapped()
        city.seen(city.column("动态", "news"), city.before(3))
        city.home(city.before(30))
        assert city.outcome(self.CLAUSE) == ("passed", 1)

    @pytest.mark.parametrize(("kind", "outcome"), [("news", "unjudged"), ("other", "failed")])
    def test_only_an_unread_column_whose_items_a_home_page_shows_leaves_it_open(
        self, city: City, kind: str, outcome: str
    ) -> None:
        city.mapped()
        city.column("没读到", kind)
        city.home(city.before(30))
        assert city.outcome(self.CLAUSE)[0] == outcome

    def test_an_unread_column_of_any_class_leaves_a_home_page_without_dates_open(self, city: City) -> None:
        city.mapped()
        city.seen(city.column("公告"), city.before(30))
        city.column("没读到", "other")
        city.home(None, undated=5)
        assert city.outcome(self.CLAUSE)[0] == "unjudged"

    def test_nothing_is_said_where_discovery_did_not_end(self, city: City) -> None:
        city.mapped(ended=False)
        city.seen(city.column("公告"), city.before(30))
        city.home(city.before(30))
        assert city.outcome(self.CLAUSE)[0] == "unjudged"

    def test_a_visit_older_than_36_hours_does_not_accuse(self, city: City) -> None:
        city.mapped()
        city.seen(city.column("公告"), city.before(30))
        city.home(city.before(30), visited_at=city.at - 36 * HOUR - timedelta(seconds=1))
        assert city.outcome(self.CLAUSE)[0] == "unjudged"

    def test_a_later_visit_that_shows_an_item_of_the_window_leaves_it_open(self, city: City) -> None:
        city.mapped()
        city.seen(city.column("公告"), city.before(30))
        city.home(city.before(30))
        city.item("http://www.s3415000001.gov.cn/", city.before(3))
        assert city.outcome(self.CLAUSE)[0] == "unjudged"


class TestColumns:
    STALE, OVERDUE, BLANK = "E19.W-V-04a", "E19.W-V-04b", "E19.W-V-04c"

    @pytest.mark.parametrize(
        ("kind", "late", "stale", "outcome"),
        [
            ("news", 1, 5, "failed"),
            ("news", 1, 4, "passed"),
            ("news", 0, 5, "passed"),
            ("notice", 1, 5, "failed"),
            ("notice", 0, 5, "passed"),
            ("other", 1, 5, "passed"),  # the clause does not count them
        ],
    )
    def test_five_stale_columns_fail_and_the_last_day_of_a_window_is_in(
        self, city: City, kind: str, late: int, stale: int, outcome: str
    ) -> None:
        city.mapped()
        for n in range(8):
            url = city.column(f"栏目{n}", kind)
            city.seen(url, limits(city, kind) - timedelta(days=late) if n < stale else city.before(1))
        assert city.outcome(self.STALE)[0] == outcome

    def test_four_stale_and_one_unread_are_open(self, city: City) -> None:
        city.mapped()
        for n in range(4):
            city.seen(city.column(f"栏目{n}", "news"), city.before(30))
        city.column("没读到", "news")
        assert city.outcome(self.STALE) == ("unjudged", 4)

    def test_four_stale_columns_of_a_site_that_was_not_mapped_are_open_and_five_fail(self, city: City) -> None:
        city.mapped(ended=False)
        for n in range(4):
            city.seen(city.column(f"栏目{n}", "news"), city.before(30))
        assert city.outcome(self.STALE) == ("unjudged", 4)
        city.seen(city.column("又一个", "news"), city.before(30))
        frozen = city.freeze("trial")
        assert city.recount(frozen)[self.STALE, SITE] == ("failed", 5)

    def test_a_blank_column_counts_as_overdue_and_blank_and_never_as_stale(self, city: City) -> None:
        city.mapped()
        for n in range(5):
            city.blank(city.column(f"栏目{n}", "news"))
        found = city.recount()
        assert found[self.STALE, SITE] == ("passed", 0)
        assert found[self.OVERDUE, SITE] == ("passed", 5)
        assert found[self.BLANK, SITE] == ("failed", 5)

    def test_a_blank_page_on_which_another_visit_saw_items_is_open(self, city: City) -> None:
        city.mapped()
        urls = [city.column(f"栏目{n}", "news") for n in range(5)]
        for url in urls:
            city.blank(url)
        city.seen(urls[0], city.before(300), visited_at=city.at - 30 * DAY)
        assert city.outcome(self.BLANK) == ("unjudged", 4)

    def test_what_could_not_be_established_is_not_blank(self, city: City) -> None:
        city.mapped()
        for n in range(5):
            city.blank(city.column(f"栏目{n}", "news"), blank=None)
        assert city.outcome(self.BLANK) == ("unjudged", 0)

    @pytest.mark.parametrize(("reason", "outcome"), [("历史专题", "passed"), ("", "failed")])
    def test_an_exempt_column_does_not_count_until_it_is_withdrawn(self, city: City, reason: str, outcome: str) -> None:
        city.mapped()
        urls = [city.column(f"栏目{n}", "news") for n in range(5)]
        for url in urls:
            city.seen(url, city.before(30))
        register.exempt(city.connection, SITE, urls[0], "历史专题", "tester")
        register.exempt(city.connection, SITE, urls[0], reason, "tester")
        assert city.outcome(self.STALE)[0] == outcome

    @pytest.mark.parametrize(("until", "outcome"), [(date(2026, 9, 10), "passed"), (date(2026, 9, 9), "failed")])
    def test_an_exemption_holds_on_its_last_day(self, city: City, until: date, outcome: str) -> None:
        city.mapped()
        urls = [city.column(f"栏目{n}", "news") for n in range(5)]
        for url in urls:
            city.seen(url, city.before(30))
        register.exempt(city.connection, SITE, urls[0], "历史专题", "tester", until)
        assert city.outcome(self.STALE)[0] == outcome

    def test_a_list_without_dates_is_open_until_a_person_calls_it_stale_and_the_page_has_not_changed(
        self, city: City
    ) -> None:
        city.mapped()
        urls = [city.column(f"栏目{n}", "news") for n in range(5)]
        for url in urls:
            city.seen(url, None, undated=5, oldest=None)
        frozen = city.freeze()
        assert city.recount(frozen)[self.STALE, SITE] == ("unjudged", 0)
        for url in urls:
            city.confirm(url, "stale", "yes", "ab")
        assert city.recount(frozen)[self.STALE, SITE] == ("failed", 5)
        city.confirm(urls[0], "stale", "yes", "another page")
        assert city.recount(frozen)[self.STALE, SITE] == ("unjudged", 4)

    def test_ten_overdue_fail_and_a_class_that_a_person_named_counts(self, city: City) -> None:
        city.mapped()
        urls = [city.column(f"栏目{n}", "interaction") for n in range(10)]
        for url in urls:
            city.seen(url, city.before(400))
        frozen = city.freeze()
        assert city.recount(frozen)[self.OVERDUE, SITE] == ("passed", 0)
        for url in urls:
            city.confirm(url, "class", "other")
        assert city.recount(frozen)[self.OVERDUE, SITE] == ("failed", 10)

    def test_other_columns_count_only_where_the_list_itself_shows_dates(self, city: City) -> None:
        city.mapped()
        for n in range(12):
            shown = {0: None, 1: False}.get(n, True)
            city.seen(city.column(f"栏目{n}", "other"), city.before(400), dated_list=shown)
        assert city.outcome(self.OVERDUE) == ("failed", 10)

    def test_a_business_system_is_no_column(self, city: City) -> None:
        city.mapped()
        for n in range(5):
            city.blank(city.column(f"系统{n}", "news", type_="业务系统"))
        assert city.outcome(self.BLANK) == ("passed", 0)

    def test_a_channel_counts_against_a_site_only_until_a_person_confirmed_it(self, city: City) -> None:
        city.mapped()
        urls = [city.column(f"频道{n}", "news", type_="频道") for n in range(5)]
        for url in urls:
            city.seen(url, city.before(30))
        frozen = city.freeze()
        assert city.recount(frozen)[self.STALE, SITE] == ("unjudged", 0)
        for url in urls:
            city.confirm(url, "class", "news")
        assert city.recount(frozen)[self.STALE, SITE] == ("failed", 5)

    def test_a_late_topic_may_be_of_a_campaign_long_over_until_a_person_confirmed_it(self, city: City) -> None:
        city.mapped()
        urls = [city.column(f"专题{n}", "news", type_="专题") for n in range(5)]
        for url in urls:
            city.seen(url, city.before(30))
        frozen = city.freeze()
        assert city.recount(frozen)[self.STALE, SITE] == ("unjudged", 0)
        for url in urls:
            city.confirm(url, "class", "news")
        assert city.recount(frozen)[self.STALE, SITE] == ("failed", 5)

    def test_a_blank_topic_is_blank(self, city: City) -> None:
        city.mapped()
        for n in range(5):
            city.blank(city.column(f"专题{n}", type_="专题"))
        assert city.outcome(self.BLANK) == ("failed", 5)

    def test_a_page_above_other_columns_is_a_channel_but_the_home_folder_is_not(self, city: City) -> None:
        city.mapped()
        home = "http://www.s3415000001.gov.cn/"
        city.seen(city.column("上级", "news", url=home + "xwzx/index.html"), city.before(30))
        city.seen(city.column("下级", "news", url=home + "xwzx/dt/index.html"), city.before(30))
        city.seen(city.column("首层", "news", url=home + "list.html"), city.before(30))
        assert city.outcome(self.STALE) == ("passed", 2)


class TestFirstLevel:
    CLAUSE = "E19.W-V-04a"

    def five(self, city: City, **facts: object) -> list[str]:
        city.mapped()
        urls = [city.column(f"公告{n}", "notice", **facts) for n in range(5)]  # type: ignore[arg-type]
        for url in urls:
            city.seen(url, city.before(300))
        return urls

    @pytest.mark.parametrize(("level", "outcome"), [(1, "failed"), (2, "passed"), (None, "unjudged")])
    def test_notices_count_at_first_level_and_an_unknown_level_may_be_the_first(
        self, city: City, level: int | None, outcome: str
    ) -> None:
        self.five(city, level=level)
        assert city.outcome(self.CLAUSE)[0] == outcome

    @pytest.mark.parametrize(("age", "outcome"), [(300, "failed"), (100, "passed"), (None, "unjudged")])
    def test_a_parent_is_as_fresh_as_the_newest_below_it_at_any_depth(
        self, city: City, age: int | None, outcome: str
    ) -> None:
        self.five(city)
        city.seen(city.column("子", "other", parent="公告0", level=2), city.before(300))
        deep = city.column("孙", "other", parent="子", level=3)
        if age is not None:
            city.seen(deep, city.before(age))
        assert city.outcome(self.CLAUSE)[0] == outcome

    def test_a_parent_without_a_list_is_as_stale_as_its_children(self, city: City) -> None:
        urls = self.five(city)
        city.seen(urls[0], None, items=0, undated=None, oldest=None, visited_at=city.at - HOUR / 2)
        city.tell("delete from page_visit where url = %s and visited_at < %s", urls[0], city.at - HOUR / 2)
        assert city.outcome(self.CLAUSE) == ("passed", 4)
        city.seen(city.column("子", "notice", parent="公告0", level=2), city.before(300))
        assert city.recount(city.freeze("trial"))[self.CLAUSE, SITE] == ("failed", 5)

    def test_a_menu_that_names_itself_as_its_own_parent_ends(self, city: City) -> None:
        self.five(city)
        city.seen(city.column("甲", "other", parent="乙", level=2), city.before(1))
        city.seen(city.column("乙", "other", parent="甲", level=2), city.before(1))
        assert city.outcome(self.CLAUSE)[0] == "failed"

    def test_a_person_may_lift_a_column_to_the_first_level(self, city: City) -> None:
        urls = self.five(city, level=2)
        frozen = city.freeze()
        for url in urls:
            city.confirm(url, "parent", "")
        assert city.recount(frozen)[self.CLAUSE, SITE] == ("failed", 5)


class TestLetters:
    CLAUSE = "E19.W-V-05b"

    @pytest.mark.parametrize(
        ("asked", "outcome"),
        [
            (date(2026, 6, 10), "passed"),  # exactly three calendar months
            (date(2026, 6, 9), "failed"),
            (date(2025, 9, 10), "failed"),  # the first day of the last year
            (date(2025, 9, 9), "passed"),
        ],
    )
    def test_a_message_of_the_last_year_may_wait_three_calendar_months(
        self, city: City, asked: date, outcome: str
    ) -> None:
        city.mapped()
        city.letter(city.box(), asked)
        assert city.outcome(self.CLAUSE)[0] == outcome

    @pytest.mark.parametrize(
        ("answered", "facts", "outcome"),
        [
            (date(2026, 9, 1), {}, "passed"),  # late is a remark
            (None, {"answered": True}, "passed"),
            (None, {"valid": False}, "passed"),
            (date(2026, 9, 11), {}, "unjudged"),
        ],
    )
    def test_an_answer_or_what_is_no_message_does_not_count(
        self, city: City, answered: date | None, facts: dict[str, object], outcome: str
    ) -> None:
        city.mapped()
        city.letter(city.box(), date(2026, 5, 1), answered, **facts)
        assert city.outcome(self.CLAUSE)[0] == outcome

    def test_an_answer_that_another_visit_shows_leaves_it_open(self, city: City) -> None:
        city.mapped()
        box = city.box()
        city.letter(box, date(2026, 5, 1))
        city.letter(box, date(2026, 5, 1), date(2026, 9, 9), visited_at=city.at + 30 * DAY)
        assert city.outcome(self.CLAUSE) == ("unjudged", 0)

    @pytest.mark.parametrize(
        ("name", "outcome"), [("网上举报", "passed"), ("咨询投诉", "failed"), ("在线访谈", "passed"), ("", "unjudged")]
    )
    def test_the_name_of_a_box_says_whether_it_is_meant(self, city: City, name: str, outcome: str) -> None:
        city.mapped()
        city.letter(city.box(name), date(2026, 5, 1))
        assert city.outcome(self.CLAUSE)[0] == outcome

    def test_a_box_that_was_not_read_within_the_hours_may_hold_anything(self, city: City) -> None:
        city.mapped()
        city.box(visited_at=city.at - 50 * HOUR)
        assert city.outcome(self.CLAUSE) == ("unjudged", 0)

    def test_messages_without_a_date_may_have_waited(self, city: City) -> None:
        city.mapped()
        city.box(undated=3)
        assert city.outcome(self.CLAUSE) == ("unjudged", 0)

    @pytest.mark.parametrize(("ended", "outcome"), [(True, "passed"), (False, "unjudged")])
    def test_without_a_box_it_passes_only_if_discovery_ended(self, city: City, ended: bool, outcome: str) -> None:
        city.mapped(ended)
        assert city.outcome(self.CLAUSE)[0] == outcome

    def test_a_letter_box_is_a_page_with_content_for_the_columns(self, city: City) -> None:
        city.mapped()
        city.box()
        assert city.recount()["E19.W-V-04c", SITE] == ("passed", 0)


class TestAccounts:
    CLAUSE = "E19.M-V-02a"

    @pytest.fixture
    def city(self, connection: Connection) -> City:
        return City(connection, sites=(), accounts=("wb1",))

    @pytest.mark.parametrize(
        ("newest", "outcome", "measured"),
        [
            (datetime(2026, 8, 27, 0, 0, tzinfo=SHANGHAI), "passed", 1),  # exactly two weeks before
            (datetime(2026, 8, 26, 23, 59, tzinfo=SHANGHAI), "failed", 0),
            (None, "failed", 0),
        ],
    )
    def test_a_post_of_the_fourteenth_day_before_is_in(
        self, city: City, newest: datetime | None, outcome: str, measured: int
    ) -> None:
        city.looked("wb1", "ledger", newest)
        if newest:
            city.post("wb1", "ledger", newest)
        assert city.outcome(self.CLAUSE, "wb1") == (outcome, measured)

    @pytest.mark.parametrize(
        ("sources", "outcome"),
        [(["feed"], "unjudged"), (["feed", "web"], "failed"), (["api"], "failed"), ([], "unjudged")],
    )
    def test_one_untrusted_source_never_accuses_alone(self, city: City, sources: list[str], outcome: str) -> None:
        for source in sources:
            city.looked("wb1", source, city.at - 40 * DAY)
        assert city.outcome(self.CLAUSE, "wb1")[0] == outcome

    def test_sources_that_contradict_a_trusted_one_leave_it_open(self, city: City) -> None:
        city.looked("wb1", "ledger", city.at - 40 * DAY)
        city.looked("wb1", "feed", city.at - DAY)
        city.post("wb1", "feed", city.at - DAY)
        assert city.outcome(self.CLAUSE, "wb1") == ("unjudged", None)

    def test_an_old_look_or_one_that_does_not_reach_back_does_not_accuse(self, city: City) -> None:
        city.looked("wb1", "ledger", city.at - 40 * DAY, visited_at=city.at - 37 * HOUR)
        city.looked("wb1", "api", city.at - 40 * DAY, covers_from=city.at - 3 * DAY)
        assert city.outcome(self.CLAUSE, "wb1") == ("unjudged", None)

    def test_a_post_seen_later_clears_and_reposts_count(self, city: City) -> None:
        for n in range(3):
            city.post("wb1", "feed", city.at - n * DAY, n)
        assert city.outcome(self.CLAUSE, "wb1") == ("passed", 3)


def test_nothing_landed_after_the_freeze_is_counted(city: City) -> None:
    city.mapped()
    frozen = city.freeze()
    for n in range(5):
        city.seen(city.column(f"栏目{n}", "news"), city.before(30))
    assert city.recount(frozen)["E19.W-V-04a", SITE] == ("unjudged", 0)


def test_under_the_older_edition_all_levels_count_and_accounts_are_in_no_ledger(connection: Connection) -> None:
    city = City(connection, at=datetime(2018, 9, 10, 10, tzinfo=SHANGHAI), accounts=("wb1",))
    city.mapped()
    for n in range(5):
        city.seen(city.column(f"公告{n}", "notice", level=2), city.before(300))
    found = city.recount()
    assert found["E15.W-V-03a", SITE] == ("failed", 5)
    assert not [clause for clause, subject in found if subject == "wb1" and clause.startswith("E1")]


def test_a_session_that_names_no_inspection_sees_nothing(city: City) -> None:
    city.mapped()
    city.recount()
    with city.connection.cursor() as cursor:
        cursor.execute("reset all")
        for view in ("audited", "ledger_recount", "ledger_comparison", "evidence_subject", "service_freshness"):
            cursor.execute(f"select count(*) from {view}")  # noqa: S608
            assert cursor.fetchall() == [(0,)], view


def test_no_limit_of_the_law_stands_in_the_sql() -> None:
    from inspectorate.store.database import MIGRATIONS

    text = (MIGRATIONS / "0003_second_count.sql").read_text(encoding="utf-8")
    code = "\n".join(line.partition("--")[0] for line in text.splitlines())
    for limit in ("0.05)", "15 ", "14 days", "6 months", "3 months", "12 months", ">= 5", ">= 10", ">= 20"):
        assert limit not in code, limit
