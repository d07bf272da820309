"""From files into the register and back: what is exported imports again, and changes nothing."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from inspectorate.formats import register_files
from inspectorate.register import Column, Register
from inspectorate.store import register

SEED = Path(__file__).resolve().parents[3] / "shared" / "seed"
TODAY = date(2026, 11, 24)

pytestmark = pytest.mark.skipif(not SEED.is_dir(), reason="the notice that the project starts from is not at hand")


def load(connection: Connection, source: Path, today: date = TODAY) -> register.Merge:
    filed, _ = register_files.read(source, None, register.read(connection))
    return register.merge(connection, filed, by="wang", today=today)


@pytest.fixture
def filled(connection: Connection) -> Connection:
    """The seed's seven units, and columns of which one is confirmed, one exempt and one of unknown level."""
    load(connection, SEED)
    code, host = "3415000048", "http://jyj.luan.gov.cn"
    found = [
        Column(code, f"{host}/news/", "工作动态", "news"),
        Column(code, f"{host}/zt/", "专题", "other", type="频道"),
        Column(code, f"{host}/zt/gk/", "高考", "other", parent="专题", level=2, type="专题"),
        Column(code, f"{host}/deep/", "某处", "notice", level=None),
        Column(code, f"{host}/lost/", "深处", "notice", parent="不在名单中的栏目", level=4),
    ]
    register.land_columns(connection, code, found, "discover", TODAY)
    register.confirm(connection, code, f"{host}/news/", "class", "policy", by="li")
    register.confirm(connection, code, f"{host}/zt/", "owner", "LA02", by="zhao")
    register.exempt(connection, code, f"{host}/deep/", "机构改革", by="li", until=date(2027, 1, 1))
    return connection


@pytest.mark.parametrize("workbook", [False, True])
def test_what_is_exported_imports_again_and_writes_nothing(filled: Connection, tmp_path: Path, workbook: bool) -> None:
    before = register.read(filled)
    source = tmp_path / "register.xlsx" if workbook else tmp_path
    (register_files.write_xlsx if workbook else register_files.write)(source, before)
    done = load(filled, source, today=TODAY + timedelta(days=7))
    assert (done.new, done.changed, done.missing) == ({}, {}, {})
    assert register.read(filled) == before


def test_an_export_fills_an_empty_register_with_the_same(filled: Connection, tmp_path: Path, server: str) -> None:
    before = register.read(filled)
    register_files.write(tmp_path, before)
    with filled, filled.cursor() as cursor:
        cursor.execute("truncate unit, site, account, site_column, confirmation, exemption, issuer")
    load(filled, tmp_path)
    after = register.read(filled)
    levels = tuple(replace(column, level=2) if column.level == 4 else column for column in before.columns)
    assert after == replace(before, columns=levels)


def test_the_seed_imported_twice_changes_nothing(filled: Connection) -> None:
    done = load(filled, SEED, today=TODAY + timedelta(days=1))
    assert (done.new, done.changed, done.missing) == ({}, {}, {})
    assert len(register.read(filled).columns) == 5


def test_nothing_is_written_when_a_row_is_bad(filled: Connection, tmp_path: Path) -> None:
    before = register.read(filled)
    (tmp_path / "units.csv").write_text("unit_id,name,level\nLA02,改名,市直\nLA90,坏,省级\n", "utf-8")
    with pytest.raises(register_files.BadInput):
        load(filled, tmp_path)
    assert register.read(filled) == before
    assert isinstance(before, Register)
