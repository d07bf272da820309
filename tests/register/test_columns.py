"""Columns in a real Postgres: what discovery finds, what a unit files, and a person's word that goes before both."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection

from inspectorate.quarter import SHANGHAI, midnight
from inspectorate.register import BadInput, Column, Register, Site, Unit
from inspectorate.store import register

TODAY = date(2026, 11, 24)
YESTERDAY = TODAY - timedelta(days=1)
IN_2018 = datetime(2018, 9, 25, 10, tzinfo=SHANGHAI)
CODE = "3415000048"
HOST = "http://jyj.luan.gov.cn"
FILED = Register(
    units=(Unit("LA02", "六安市教育局", "department"),),
    sites=(Site(CODE, "六安市教育局", "LA02", "department", HOST),),
)
NEWS = Column(CODE, f"{HOST}/news/", "工作动态", "news")
NOTICES = Column(CODE, f"{HOST}/notice/", "通知公告", "notice")
SCHOOLS = Column(CODE, f"{HOST}/school/", "学校风采", "other", parent="工作动态", level=2)


@pytest.fixture(autouse=True)
def site_in_register(connection: Connection) -> None:
    register.merge(connection, FILED, by="wang", today=YESTERDAY)


def land(connection: Connection, *columns: Column, today: date = TODAY, ended: bool = True) -> register.ColumnChanges:
    return register.land_columns(connection, CODE, columns, "discover", today, ended)


def file(connection: Connection, *columns: Column, today: date = TODAY, **unsaid: tuple[str, ...]) -> register.Merge:
    return register.merge(connection, Register(columns=columns, unsaid=dict(unsaid)), by="wang", today=today)


def columns(connection: Connection, as_of: datetime | None = None) -> tuple[Column, ...]:
    return register.read(connection, as_of).columns


def test_a_first_discovery_holds_for_the_past_too(connection: Connection) -> None:
    changes = land(connection, NEWS, SCHOOLS, NOTICES)
    assert changes.new == (NEWS, SCHOOLS, NOTICES)
    assert columns(connection) == (NEWS, SCHOOLS, NOTICES)
    assert columns(connection, IN_2018) == (NEWS, SCHOOLS, NOTICES)


def test_finding_the_same_again_writes_nothing(connection: Connection) -> None:
    land(connection, NEWS, NOTICES)
    assert land(connection, NEWS, NOTICES) == register.ColumnChanges()
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from site_column union all select count(*) from register_trail where thing = 'column'"
        )
        assert cursor.fetchall() == [(2,), (2,)]


def test_what_is_gone_and_what_moved_is_told(connection: Connection) -> None:
    land(connection, NEWS, NOTICES, today=YESTERDAY)
    elsewhere = replace(NEWS, url=f"{HOST}/xw/")
    changes = land(connection, elsewhere)
    assert changes.moved == ((NEWS, elsewhere),)
    assert changes.gone == (NOTICES,)
    assert changes.new == ()
    assert columns(connection) == (elsewhere,)
    assert columns(connection, midnight(YESTERDAY)) == (NEWS, NOTICES)
    assert "/news/" in str(changes)


def test_a_column_is_not_gone_because_a_discovery_did_not_end(connection: Connection) -> None:
    land(connection, NEWS, NOTICES)
    assert land(connection, NEWS, SCHOOLS, ended=False) == register.ColumnChanges(new=(SCHOOLS,))
    assert set(columns(connection)) == {NEWS, NOTICES, SCHOOLS}


def test_a_discovery_that_found_nothing_closes_nothing(connection: Connection) -> None:
    land(connection, NEWS, NOTICES)
    assert land(connection) == register.ColumnChanges()
    assert columns(connection) == (NEWS, NOTICES)


def test_discovery_never_overwrites_a_confirmed_class(connection: Connection) -> None:
    land(connection, NEWS)
    register.confirm(connection, CODE, NEWS.url, "class", "policy", by="wang")
    land(connection, replace(NEWS, kind="other"))
    assert columns(connection) == (replace(NEWS, kind="policy", class_confirmed_by="wang"),)
    changes = land(connection, replace(NEWS, kind="other", name="要闻"))
    assert [c.name for c in changes.changed] == ["要闻"]
    assert columns(connection) == (replace(NEWS, name="要闻", kind="policy"),)  # to be confirmed again


def test_discovery_never_overwrites_what_a_person_filed(connection: Connection) -> None:
    filed = replace(NEWS, name="教育要闻", owner="LA02", reading="ul.list")
    file(connection, filed)
    assert land(connection, NEWS) == register.ColumnChanges()
    assert columns(connection) == (filed,)


def test_a_filed_column_that_discovery_does_not_find_is_kept_and_told(connection: Connection) -> None:
    file(connection, NOTICES)
    changes = land(connection, NEWS)
    assert changes.gone == ()
    assert changes.unseen == (NOTICES,)
    assert set(columns(connection)) == {NEWS, NOTICES}


def test_a_persons_word_goes_along_when_a_column_moves_but_not_what_was_said_of_the_page(
    connection: Connection,
) -> None:
    land(connection, NEWS, NOTICES, today=YESTERDAY)
    register.confirm(connection, CODE, NEWS.url, "class", "policy", by="wang")
    register.confirm(connection, CODE, NEWS.url, "blank", "yes", by="li", sha256="ab" * 32)
    register.exempt(connection, CODE, NEWS.url, "机构改革", by="zhao", until=date(2027, 1, 1))
    land(connection, replace(NEWS, url=f"{HOST}/xw/"), NOTICES)
    moved = columns(connection)[0]
    assert (moved.kind, moved.class_confirmed_by) == ("policy", "wang")
    assert (moved.exempt, moved.exempt_until) == ("机构改革", date(2027, 1, 1))
    assert moved.blank_confirmed_by == ""


def test_importing_sites_leaves_columns_and_confirmations(connection: Connection) -> None:
    land(connection, NEWS)
    register.confirm(connection, CODE, NEWS.url, "class", "policy", by="wang")
    register.merge(connection, FILED, by="li", today=TODAY, close_missing=True)
    assert columns(connection) == (replace(NEWS, kind="policy", class_confirmed_by="wang"),)


def test_filed_columns_are_confirmed_by_whom_the_file_names(connection: Connection) -> None:
    filed = replace(
        SCHOOLS, owner="LA02", class_confirmed_by="wang", owner_confirmed_by="wang", exempt="已停办", exempt_until=TODAY
    )
    assert file(connection, filed).new == {"column": (SCHOOLS.url,)}
    assert columns(connection) == (filed,)
    with connection.cursor() as cursor:
        cursor.execute("select fact, value, by from confirmation order by fact")
        assert cursor.fetchall() == [("class", "other", "wang"), ("owner", "LA02", "wang")]


def test_filing_the_same_columns_again_writes_nothing(connection: Connection) -> None:
    filed = replace(SCHOOLS, owner="LA02", class_confirmed_by="wang", owner_confirmed_by="wang", exempt="已停办")
    file(connection, NEWS, filed)
    again = file(connection, NEWS, filed, today=TODAY + timedelta(days=3))
    assert again.unchanged == {"column": (NEWS.url, SCHOOLS.url)}
    with connection.cursor() as cursor:
        cursor.execute("select (select count(*) from confirmation), (select count(*) from exemption)")
        assert cursor.fetchall() == [(2, 1)]


def test_a_list_without_confirmations_does_not_undo_one(connection: Connection) -> None:
    file(connection, replace(NEWS, kind="policy", class_confirmed_by="wang"))
    file(connection, NEWS)
    assert columns(connection)[0].kind == "policy"
    file(connection, replace(NEWS, kind="notice", class_confirmed_by="li"))
    assert (columns(connection)[0].kind, columns(connection)[0].class_confirmed_by) == ("notice", "li")


def test_empty_cells_leave_owner_exemption_and_hint(connection: Connection) -> None:
    file(connection, replace(NEWS, owner="LA02", reading="ul.list", exempt="机构改革"))
    file(connection, NEWS)
    assert columns(connection) == (replace(NEWS, owner="LA02", reading="ul.list", exempt="机构改革"),)


def test_a_column_that_nobody_listed_stays(connection: Connection) -> None:
    land(connection, NEWS)
    register.merge(connection, Register(columns=(NOTICES,)), by="wang", today=TODAY, close_missing=True)
    assert set(columns(connection)) == {NEWS, NOTICES}


def test_a_withdrawn_exemption_is_none(connection: Connection) -> None:
    file(connection, replace(NEWS, exempt="机构改革", exempt_until=TODAY))
    register.exempt(connection, CODE, NEWS.url, "", by="wang")
    assert columns(connection) == (NEWS,)


def test_nothing_can_be_said_of_a_column_that_is_not_there(connection: Connection) -> None:
    with pytest.raises(BadInput, match="没有网站 3415000048 的栏目"):
        register.confirm(connection, CODE, NEWS.url, "class", "news", by="wang")


def test_a_column_that_a_person_placed_at_the_first_level_stays_there(connection: Connection) -> None:
    land(connection, replace(NEWS, level=None))
    assert columns(connection)[0].level is None
    file(connection, NEWS)
    land(connection, replace(NEWS, parent="某处", level=3))
    assert columns(connection) == (NEWS,)


def test_a_place_in_the_menu_that_a_person_confirmed_stays(connection: Connection) -> None:
    land(connection, replace(NEWS, parent="某处", level=3))
    register.confirm(connection, CODE, NEWS.url, "parent", "", by="wang")
    assert columns(connection) == (NEWS,)
    land(connection, replace(NEWS, parent="别处", level=2))
    assert columns(connection) == (NEWS,)


def test_a_closed_column_that_is_found_again_was_not_there_in_between(connection: Connection) -> None:
    land(connection, NEWS, NOTICES, today=date(2026, 1, 1))
    land(connection, NEWS, today=date(2026, 3, 1))
    land(connection, NEWS, NOTICES)
    assert columns(connection, datetime(2026, 2, 1, tzinfo=SHANGHAI)) == (NEWS, NOTICES)
    assert columns(connection, datetime(2026, 4, 1, tzinfo=SHANGHAI)) == (NEWS,)
    assert columns(connection) == (NEWS, NOTICES)
