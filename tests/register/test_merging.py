"""The register in a real Postgres: versions, merging, closing, order, and what was in scope on a day."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection

from inspectorate.quarter import SHANGHAI, midnight
from inspectorate.register import Account, BadInput, Column, Issuer, Person, Register, Site, Unit
from inspectorate.store import register

TODAY = date(2026, 11, 24)
YESTERDAY = TODAY - timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)
IN_2018 = datetime(2018, 9, 25, 10, tzinfo=SHANGHAI)

JYJ = Unit("LA02", "六安市教育局", "department", email="jyj@luan.gov.cn")
MZJ = Unit("LA03", "六安市民政局", "department")
JYJ_SITE = Site(
    "3415000048", "六安市教育局", "LA02", "department", "http://jyj.luan.gov.cn", domains=("jyj.luan.gov.cn",)
)
MZJ_SITE = Site("3415000052", "六安市民政局", "LA03", "department", "http://mzj.luan.gov.cn")
JYJ_WEIBO = Account("LA02-wb", "weibo", "六安市教育局发布", "LA02", address="http://weibo.com/m/ahljaj/?s=6cm7D0")
JYJ_WECHAT = Account("LA02-wx", "wechat", "六安市教育局发布", "LA02")
FILED = Register(units=(JYJ, MZJ), sites=(JYJ_SITE, MZJ_SITE), accounts=(JYJ_WEIBO, JYJ_WECHAT))


def count(connection: Connection, table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {table}")  # noqa: S608 - a table of our own
        [(number,)] = cursor.fetchall()
    return number


def merge(
    connection: Connection, filed: Register, today: date = TODAY, close_missing: bool = False, by: str = "wang"
) -> register.Merge:
    return register.merge(connection, filed, by=by, today=today, close_missing=close_missing)


def test_what_was_filed_is_read_back_in_printed_order(connection: Connection) -> None:
    done = merge(connection, FILED)
    assert done.new == {
        "unit": ("LA02", "LA03"),
        "site": ("3415000048", "3415000052"),
        "account": ("LA02-wb", "LA02-wx"),
    }
    assert register.read(connection) == FILED


def test_the_first_import_holds_on_all_earlier_days(connection: Connection) -> None:
    merge(connection, FILED)
    assert replace(register.read(connection, IN_2018), as_of=None) == FILED
    assert register.read(connection, IN_2018).as_of == IN_2018


def test_importing_again_writes_nothing(connection: Connection) -> None:
    merge(connection, FILED)
    tables = ("unit", "site", "account", "register_trail", "issuer")
    before = [count(connection, table) for table in tables]
    done = merge(connection, FILED, today=TOMORROW)
    assert [count(connection, table) for table in tables] == before
    assert not done.new
    assert not done.changed
    assert done.unchanged["site"] == ("3415000048", "3415000052")


def test_a_changed_row_starts_on_the_day_of_import(connection: Connection) -> None:
    merge(connection, FILED, today=YESTERDAY)
    offline = replace(MZJ_SITE, status="offline")
    done = merge(connection, replace(FILED, sites=(JYJ_SITE, offline)))
    assert done.changed == {"site": ("3415000052",)}
    assert register.read(connection, midnight(YESTERDAY)).sites[1] == MZJ_SITE
    assert register.read(connection, midnight(TODAY)).sites[1] == offline
    assert register.read(connection).sites[1] == offline


def test_even_a_change_on_the_day_of_the_first_import_leaves_earlier_days_alone(connection: Connection) -> None:
    merge(connection, FILED)
    merge(connection, replace(FILED, units=(replace(JYJ, name="六安市教育体育局"), MZJ)))
    assert register.read(connection, IN_2018).units[0].name == "六安市教育局"
    assert register.read(connection, midnight(TODAY)).units[0].name == "六安市教育体育局"


def test_a_second_change_of_the_same_day_replaces_the_first(connection: Connection) -> None:
    merge(connection, FILED, today=YESTERDAY)
    for name in ("甲", "乙", "丙"):
        merge(connection, replace(FILED, units=(replace(JYJ, name=name), MZJ)))
    assert register.read(connection).units[0].name == "丙"
    assert register.read(connection, midnight(YESTERDAY)).units[0].name == "六安市教育局"
    assert count(connection, "unit") == 3
    assert count(connection, "register_trail") == 6 + 3


def test_a_row_no_longer_listed_is_told_and_kept(connection: Connection) -> None:
    merge(connection, FILED)
    done = merge(connection, replace(FILED, sites=(JYJ_SITE,)))
    assert done.missing == {"site": ("3415000052",)}
    assert not done.closed
    assert register.read(connection).sites == (JYJ_SITE, MZJ_SITE)
    assert "3415000052" in str(done)


def test_closing_ends_it_the_day_before_and_leaves_the_past(connection: Connection) -> None:
    merge(connection, FILED)
    done = merge(connection, replace(FILED, sites=(JYJ_SITE,)), close_missing=True)
    assert done.closed == {"site": ("3415000052",)}
    assert register.read(connection).sites == (JYJ_SITE,)
    assert register.read(connection, midnight(TODAY)).sites == (JYJ_SITE,)
    assert register.read(connection, midnight(YESTERDAY)).sites == (JYJ_SITE, MZJ_SITE)


def test_a_closed_row_that_comes_back_was_not_there_in_between(connection: Connection) -> None:
    merge(connection, FILED, today=date(2026, 1, 1))
    merge(connection, replace(FILED, sites=(JYJ_SITE,)), today=date(2026, 3, 1), close_missing=True)
    done = merge(connection, FILED)
    assert done.new == {"site": ("3415000052",)}
    assert MZJ_SITE in register.read(connection, datetime(2026, 2, 28, 23, tzinfo=SHANGHAI)).sites
    assert MZJ_SITE not in register.read(connection, datetime(2026, 3, 1, tzinfo=SHANGHAI)).sites
    assert MZJ_SITE in register.read(connection, midnight(TODAY)).sites


def test_closed_and_listed_again_on_one_day_is_as_if_nothing_had_been(connection: Connection) -> None:
    merge(connection, FILED, today=YESTERDAY)
    for sites in ((JYJ_SITE,), (JYJ_SITE, MZJ_SITE), (JYJ_SITE,), (JYJ_SITE, MZJ_SITE)):
        merge(connection, replace(FILED, sites=sites), close_missing=True)
    assert register.read(connection, midnight(TODAY)).sites == (JYJ_SITE, MZJ_SITE)
    assert register.read(connection, IN_2018).sites == (JYJ_SITE, MZJ_SITE)


def test_a_unit_whose_site_stays_cannot_be_closed_and_nothing_is_changed(connection: Connection) -> None:
    merge(connection, FILED)
    renamed = replace(JYJ, name="六安市教育体育局")
    with pytest.raises(BadInput, match="3415000052 的单位 LA03"):
        merge(connection, Register(units=(renamed,)), close_missing=True)
    assert register.read(connection) == FILED


def test_a_kind_of_thing_of_which_nothing_is_filed_is_left_alone(connection: Connection) -> None:
    merge(connection, FILED)
    done = merge(connection, Register(sites=(JYJ_SITE, MZJ_SITE)), close_missing=True)
    assert not done.closed
    assert register.read(connection) == FILED


def test_fields_that_the_file_has_no_column_for_stay(connection: Connection) -> None:
    merge(connection, FILED)
    bare = replace(JYJ, email="", contact="李四")
    merge(connection, Register(units=(bare, MZJ), unsaid={"units": ("email",)}))
    assert register.read(connection).units[0] == replace(JYJ, contact="李四")
    merge(connection, Register(units=(bare, MZJ)))
    assert register.read(connection).units[0].email == ""


def test_a_pinned_uid_stays_and_begins_no_version(connection: Connection) -> None:
    merge(connection, FILED, today=YESTERDAY)
    register.pin_uid(connection, "LA02-wb", "5555555555", by="scrapers")
    done = merge(connection, replace(FILED, accounts=(replace(JYJ_WEIBO, name="六安教育"), JYJ_WECHAT)))
    assert done.changed == {"account": ("LA02-wb",)}
    assert register.read(connection).accounts[0].uid == "5555555555"
    assert register.read(connection, IN_2018).accounts[0].uid == "5555555555"
    register.pin_uid(connection, "LA02-wb", "6666666666", by="scrapers")
    assert register.read(connection).accounts[0].uid == "5555555555"


def test_a_uid_pinned_for_another_address_is_let_go_and_told(connection: Connection) -> None:
    """Or we would read an abandoned account and accuse the unit of its silence."""
    merge(connection, FILED, today=YESTERDAY)
    register.pin_uid(connection, "LA02-wb", "5555555555", by="scrapers")
    same = replace(JYJ_WEIBO, address="https://www.weibo.com/ahljaj")
    assert merge(connection, replace(FILED, accounts=(same, JYJ_WECHAT))).unpinned == ()
    assert register.read(connection).accounts[0].uid == "5555555555"
    moved = replace(JYJ_WEIBO, address="https://weibo.com/luanjiaoyu")
    assert merge(connection, replace(FILED, accounts=(moved, JYJ_WECHAT))).unpinned == ("LA02-wb",)
    assert register.read(connection).accounts[0].uid == ""


def test_the_days_that_the_office_files_for_a_site_hold_for_earlier_days_too(connection: Connection) -> None:
    merge(connection, FILED, today=YESTERDAY)
    opened = replace(MZJ_SITE, valid_from=date(2018, 10, 1))
    done = merge(connection, replace(FILED, sites=(JYJ_SITE, opened)))
    assert done.changed == {"site": ("3415000052",)}
    assert register.read(connection, IN_2018).running_sites(IN_2018.date()) == (JYJ_SITE,)
    assert register.read(connection).running_sites(TODAY) == (JYJ_SITE, opened)
    assert count(connection, "site") == 2


def test_a_site_that_ended_and_begins_again_keeps_its_earlier_stretch(connection: Connection) -> None:
    ended = replace(MZJ_SITE, valid_to=date(2018, 12, 31))
    merge(connection, replace(FILED, sites=(JYJ_SITE, ended)), today=date(2019, 1, 5))
    again = replace(MZJ_SITE, valid_from=TODAY)
    merge(connection, replace(FILED, sites=(JYJ_SITE, again)))
    assert register.read(connection, IN_2018).running_sites(IN_2018.date()) == (JYJ_SITE, ended)
    assert register.read(connection, midnight(date(2020, 1, 1))).running_sites(date(2020, 1, 1)) == (JYJ_SITE,)
    assert register.read(connection, midnight(TODAY)).running_sites(TODAY) == (JYJ_SITE, again)


def test_a_site_of_the_past_has_its_unit_though_the_unit_was_closed_then(connection: Connection) -> None:
    merge(connection, FILED, today=date(2026, 1, 1))
    merge(connection, Register(units=(JYJ,), sites=(JYJ_SITE,)), today=date(2026, 3, 1), close_missing=True)
    late = Site("3415000099", "民政局二站", "LA03", "department", "http://mz2.luan.gov.cn")
    merge(connection, Register(units=(JYJ, MZJ), sites=(JYJ_SITE, late)))
    then = register.read(connection, datetime(2026, 4, 1, tzinfo=SHANGHAI))
    assert late in then.sites
    assert then.unit("LA03").name == "六安市民政局"


@pytest.mark.parametrize(
    "standing, listed, order",
    [
        ("abc", "abc", "abc"),
        ("abc", "cba", "cba"),
        ("abc", "ca", "cba"),
        ("abc", "b", "abc"),
        ("abc", "bx", "abxc"),
        ("abc", "xb", "axbc"),
        ("abc", "x", "abcx"),
        ("abc", "axyzbc", "axyzbc"),
        ("abc", "xyabcz", "xyabcz"),
        ("abc", "axcyb", "axcyb"),
        ("", "xyz", "xyz"),
    ],
)
def test_the_printed_order_is_the_files_order_among_what_stands(standing: str, listed: str, order: str) -> None:
    from inspectorate.store.registering import printed_order

    assert "".join(printed_order(list(standing), list(listed))) == order


def test_a_new_order_is_printed_and_is_no_new_version(connection: Connection) -> None:
    merge(connection, FILED, today=YESTERDAY)
    done = merge(connection, replace(FILED, sites=(MZJ_SITE, JYJ_SITE)))
    assert not done.changed
    assert register.read(connection).sites == (MZJ_SITE, JYJ_SITE)
    assert count(connection, "site") == 2


def test_the_trail_says_who_changed_what(connection: Connection) -> None:
    merge(connection, FILED, by="wang")
    merge(connection, replace(FILED, units=(replace(JYJ, phone="0564-1"), MZJ)), by="li")
    with connection.cursor() as cursor:
        cursor.execute("select by, was ->> 'phone', becomes ->> 'phone' from register_trail order by id desc limit 1")
        assert cursor.fetchall() == [("li", "", "0564-1")]
        cursor.execute("select count(*) from register_trail where by = 'wang' and was is null")
        assert cursor.fetchall() == [(6,)]


def test_the_issuers_settings_are_kept_and_those_of_the_first_day_hold_before_it(connection: Connection) -> None:
    office = Issuer(
        name="六安市人民政府办公室",
        people=(Person("wang", "王五"),),
        teams={"第一组": ("3415000048",)},
        decimals=1,
        editions=(),
    )
    assert register.read(connection).issuer == Issuer()
    assert merge(connection, Register(issuer=office)).new == {"issuer": ("六安市人民政府办公室",)}
    assert register.read(connection).issuer == office
    assert register.read(connection, IN_2018).issuer == office
    assert merge(connection, Register(issuer=office)).unchanged == {"issuer": ("六安市人民政府办公室",)}
    assert merge(connection, FILED).unchanged == {}
    assert register.read(connection).issuer == office
    merge(connection, Register(issuer=replace(office, decimals=2)))
    assert register.read(connection).issuer.decimals == 2
    assert count(connection, "issuer") == 2


def test_two_imports_at_once_do_not_interleave(connection: Connection, database: str) -> None:
    from inspectorate.store import database as door

    other = door.connect(database)
    try:
        with other.cursor() as cursor:
            cursor.execute("set lock_timeout = '200ms'")
        other.commit()
        from inspectorate.store.registering import registering

        with registering(connection), pytest.raises(Exception, match="lock timeout"):
            merge(other, FILED)
        merge(other, FILED)
        assert register.read(connection) == FILED
    finally:
        other.close()


def test_columns_of_sites_that_are_not_in_the_register_are_not_read(connection: Connection) -> None:
    merge(connection, FILED)
    register.land_columns(
        connection, "3415009999", [Column("3415009999", "http://x.luan.gov.cn/a/", "甲")], "discover", TODAY
    )
    assert register.read(connection).columns == ()


Steps = list[tuple[int, dict[str, str]]]  # day, and what is listed on it: code → name


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 2), st.dictionaries(st.sampled_from(["1", "2", "3"]), st.sampled_from("甲乙"), min_size=1)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_is_imported_each_day_shows_what_was_listed_by_then(connection: Connection, steps: Steps) -> None:
    """The oracle keeps the whole list of each day; before its first day a site is as it was first filed."""
    with connection, connection.cursor() as cursor:
        cursor.execute("truncate unit, site, account, register_trail")
    merge(connection, Register(units=(JYJ,)), today=YESTERDAY)
    day, first, by_day = TODAY, {}, {}
    for later, listed in steps:
        day += timedelta(days=later)
        sites = tuple(
            Site(f"341500000{n}", name, "LA02", "department", "http://a.gov.cn") for n, name in listed.items()
        )
        merge(connection, Register(sites=sites), today=day, close_missing=True)
        by_day[day] = {site.site_code: site.name for site in sites}
        first = {site.site_code: site.name for site in sites} | first
    for asked in (TODAY + timedelta(days=n) for n in range(-1, (day - TODAY).days + 2)):
        passed = [listed for on, listed in by_day.items() if on <= asked]
        seen = filed_by(steps, asked)
        expected = {code: name for code, name in first.items() if code not in seen} | (passed[-1] if passed else {})
        found = {site.site_code: site.name for site in register.read(connection, midnight(asked)).sites}
        assert found == expected
    assert {site.site_code: site.name for site in register.read(connection).sites} == by_day[day]


def filed_by(steps: Steps, asked: date) -> set[str]:
    """Every code that was listed on or before a day, though it may have been closed again on the same day."""
    day, seen = TODAY, set()
    for later, listed in steps:
        day += timedelta(days=later)
        if day <= asked:
            seen |= {f"341500000{n}" for n in listed}
    return seen
