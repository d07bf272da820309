"""Annex 1 as a spreadsheet, opened again."""

import io
import re
import time
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from inspectorate.formats import sheet
from inspectorate.notice import AccountRow, ListRow, Notice
from tests.formats.test_paper import ONE_PIXEL
from tests.golden.seed import golden


@pytest.fixture(scope="module")
def notice() -> Notice:
    return golden().notice()


def opened(notice: Notice) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(sheet.print_annex(notice)))


def values(page: Worksheet) -> list[tuple[object, ...]]:
    return [tuple(c.value for c in row) for row in page.iter_rows()]


def test_it_holds_the_seven_rows_under_two_header_rows(notice: Notice) -> None:
    page = opened(notice)["附件1"]
    rows = values(page)
    assert rows[0][0] == "2018年第三季度巡查不合格政府网站名单及突出问题"
    assert rows[1][:6] == ("序号", "网站标识码", "网站名称", "首页地址", "信息公开网网址", "微博")
    assert rows[1][7] == "微信"
    assert rows[2][5:9] == ("名称", "地址", "名称", "二维码")
    assert {str(m) for m in page.merged_cells.ranges} >= {"F2:G2", "H2:I2", "A2:A3", "K2:K3"}
    for printed, row in zip(rows[3:], notice.site_rows, strict=True):
        assert printed == (
            row.number, row.site_code, row.name, row.home_url, row.disclosure_url, row.weibo_name, row.weibo_address,
            row.wechat_name, None, "不合格", row.problems,
        )  # fmt: skip
    assert page.print_title_rows == "$2:$3"
    assert page.page_setup.orientation == "landscape"


def test_a_code_stays_a_text(notice: Notice) -> None:
    assert opened(notice)["附件1"]["B4"].value == "3415000055"


@pytest.mark.parametrize(
    "text", ["=1+1", '=HYPERLINK("http://x.example")', "+1", "-1", "@SUM(A1)", "{=A1}", "007", "http://x.example"]
)
def test_nothing_that_a_site_wrote_becomes_a_formula_a_number_or_a_link(notice: Notice, text: str) -> None:
    rows = (replace(notice.site_rows[0], name=text, problems=text), *notice.site_rows[1:])
    page = opened(replace(notice, site_rows=rows))["附件1"]
    for place in ("C4", "K4"):
        assert page[place].value == text
        assert page[place].data_type == "s"
        assert page[place].hyperlink is None


def test_control_characters_do_not_break_the_file(notice: Notice) -> None:
    rows = (replace(notice.site_rows[0], problems="甲\x00\x07乙\x0b丙\ufffe"), *notice.site_rows[1:])
    assert opened(replace(notice, site_rows=rows))["附件1"]["K4"].value == "甲乙 丙"


def test_a_qr_code_lies_over_its_cell_and_a_missing_one_leaves_its_name(notice: Notice) -> None:
    named = tuple(replace(row, wechat_qr=f"{row.number}.png") for row in notice.site_rows)
    pictures = {"1.png": ONE_PIXEL}
    printed = sheet.print_annex(replace(notice, site_rows=named), pictures)
    page = openpyxl.load_workbook(io.BytesIO(printed))["附件1"]
    with zipfile.ZipFile(io.BytesIO(printed)) as package:
        assert package.read("xl/media/image1.png") == ONE_PIXEL
        drawn = package.read("xl/drawings/drawing1.xml").decode()
    assert re.findall(r"<xdr:(col|row)>(\d+)<", drawn) == [("col", "8"), ("row", "3"), ("col", "8"), ("row", "3")]
    assert [row[8] for row in values(page)[3:]] == [None, *(row.wechat_qr for row in named[1:])]
    assert sheet.print_annex(replace(notice, site_rows=named), pictures) == printed


def test_the_same_notice_gives_the_same_bytes(notice: Notice) -> None:
    here = sheet.print_annex(notice)
    time.sleep(2.1)
    assert sheet.print_annex(golden().notice()) == here


def test_a_trial_says_so_on_every_printed_page(notice: Notice) -> None:
    page = opened(replace(notice, watermark=("试算", "待核")))["附件1"]
    assert "试算 · 待核" in (page.oddHeader.right.text or "")
    assert not opened(notice)["附件1"].oddHeader.right.text


def test_other_lists_have_sheets_of_their_own(notice: Notice) -> None:
    more = replace(
        notice,
        titles=dict(notice.titles) | {"accounts": "不合格政务新媒体", "set_aside": "未纳入", "unjudged": "待核"},
        account_rows=(
            AccountRow(1, "微博", "=cmd", "甲局", "http://w.example/u/1", "不合格", "监测时间点前2周内无更新"),
        ),
        set_aside=(ListRow(1, "site", "网站", "3415000001", "甲局", "甲局", "正在迁移"),),
        unjudged=(ListRow(1, "account", "微信", "A2", "乙局发布", "乙局", "来源不可信"),),
    )
    book = opened(more)
    assert book.sheetnames == ["附件1", "不合格账号", "未纳入检查", "待核"]
    assert values(book["不合格账号"])[2] == (
        1,
        "微博",
        "=cmd",
        "甲局",
        "http://w.example/u/1",
        "不合格",
        "监测时间点前2周内无更新",
    )
    assert values(book["未纳入检查"])[2][-1] == "正在迁移"
    assert values(book["待核"])[1][-1] == "待核事项"


def test_a_quarter_without_failing_sites_still_has_its_sheet(notice: Notice) -> None:
    none = replace(notice, site_rows=(), titles={})
    page = opened(none)["附件1"]
    assert page["A1"].value == "2018年第三季度没有不合格政府网站"
    assert page.max_row == 3


def test_no_formula_is_anywhere_in_the_package(notice: Notice) -> None:
    with zipfile.ZipFile(io.BytesIO(sheet.print_annex(notice))) as package:
        assert b"<f>" not in package.read("xl/worksheets/sheet1.xml")
