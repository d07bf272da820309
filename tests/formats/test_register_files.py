"""The register's files as people hand them in: every variant that is taken, and every bad row that is told."""

import os
import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspectorate.formats import register_files, table_files
from inspectorate.register import Account, BadInput, Column, Complaint, Issuer, Person, Register, Site, Unit
from tests.formats.test_paper import ONE_PIXEL

SEED = Path(__file__).resolve().parents[3] / "shared" / "seed"

UNITS = "unit_id,name,level\nLA02,六安市教育局,department\n"
SITES = "site_code,name,unit_id,kind,home_url,status\n3415000048,六安市教育局,LA02,department,http://jyj.luan.gov.cn,running\n"
ACCOUNTS = (
    "account_id,platform,name,unit_id,address,status\n"
    "LA02-wb,weibo,六安市教育局发布,LA02,http://weibo.com/m/ahljaj/?s=6cm7D0,running\n"
)
COLUMNS = "site_code,url,name,class\n3415000048,http://jyj.luan.gov.cn/news/,工作动态,news\n"


def lay(folder: Path, encoding: str = "utf-8", **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_bytes(text.encode(encoding))
    return folder


def sheet(file: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        made = book.create_sheet(title)
        for row in rows:
            made.append(row)
    book.save(file)
    return file


def complaints(source: Path, header_map: Path | None = None, known: Register | None = None) -> list[str]:
    with pytest.raises(BadInput) as bad:
        register_files.read(source, header_map, known)
    return [str(complaint) for complaint in bad.value.complaints if complaint.refuses]


def facts(folder: Path, **files: str) -> list[str]:
    given = {"units": UNITS, "sites": SITES, "accounts": ACCOUNTS} | files
    return complaints(lay(folder, **{name: text for name, text in given.items() if text}))


def doubts(folder: Path, **files: str) -> list[str]:
    given = {"units": UNITS, "sites": SITES, "accounts": ACCOUNTS} | files
    _, warnings = register_files.read(lay(folder, **given))
    assert not any(warning.refuses for warning in warnings)
    return [str(warning) for warning in warnings]


def site(**cells: str) -> str:
    """One sites.csv row with some cells replaced or added."""
    row = {
        "site_code": "3415000048",
        "name": "六安市教育局",
        "unit_id": "LA02",
        "kind": "department",
        "home_url": "http://jyj.luan.gov.cn",
        "status": "running",
    } | cells
    return ",".join(row) + "\n" + ",".join(row.values()) + "\n"


# What is taken


@pytest.mark.skipif(
    not SEED.is_dir(), reason="the notice that the project starts from does not lie beside the checkout"
)
def test_the_notice_that_the_project_starts_from_loads() -> None:
    register, warnings = register_files.read(SEED)
    assert (len(register.units), len(register.sites), len(register.accounts)) == (7, 7, 14)
    assert [str(warning)[:12] for warning in warnings] == ["sites.csv:2:"]
    assert "branch_id" in warnings[0].fact
    assert not warnings[0].refuses
    weibo = [account for account in register.accounts if account.platform == "weibo"]
    assert [account.uid for account in weibo] == [
        "6100068350", "", "5110803966", "5408275784", "5862279490", "3744383325", "6102877858",
    ]  # fmt: skip
    assert weibo[1].address == "http://weibo.com/m/ahljaj/?s=6cm7D0"
    assert register.sites[6].name == "六安市人民防空办公室(六安市人防局)"


def expected() -> Register:
    return Register(
        units=(Unit("LA02", "六安市教育局", "department"),),
        sites=(Site("3415000048", "六安市教育局", "LA02", "department", "http://jyj.luan.gov.cn"),),
        accounts=(
            Account("LA02-wb", "weibo", "六安市教育局发布", "LA02", address="http://weibo.com/m/ahljaj/?s=6cm7D0"),
        ),
        columns=(Column("3415000048", "http://jyj.luan.gov.cn/news/", "工作动态", "news"),),
    )


def taken(source: Path, header_map: Path | None = None) -> Register:
    register, _ = register_files.read(source, header_map)
    return replace(register, unsaid={})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_encoding_gives_the_same_register(tmp_path: Path, encoding: str) -> None:
    folder = lay(tmp_path, encoding, units=UNITS, sites=SITES, accounts=ACCOUNTS, columns=COLUMNS)
    assert taken(folder) == expected()


CHINESE = {
    "单位": "单位编号,单位名称,层级\nLA02,六安市教育局,市直\n",
    "网站": "网站标识码,网站名称,单位编号,类型,首页地址,状态\n"
    "3415000048,六安市教育局,LA02,部门网站,http://jyj.luan.gov.cn,正常运行\n",
    "账号": "账号编号,平台,账号名称,单位编号,地址,状态\n"
    "LA02-wb,微博,六安市教育局发布,LA02,http://weibo.com/m/ahljaj/?s=6cm7D0,正常运行\n",
    "栏目": "网站标识码,网址,栏目名称,类别\n3415000048,http://jyj.luan.gov.cn/news/,工作动态,动态要闻\n",
}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_file_names_headers_and_values_give_the_same_register(tmp_path: Path, encoding: str) -> None:
    assert taken(lay(tmp_path, encoding, **CHINESE)) == expected()


def test_headers_of_both_languages_may_stand_side_by_side_in_any_order(tmp_path: Path) -> None:
    mixed = "层级,name, UNIT_ID *\n市直,六安市教育局,LA02\n"
    assert taken(lay(tmp_path, units=mixed)).units == expected().units


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_of_excel_are_found_out(tmp_path: Path, separator: str) -> None:
    assert taken(lay(tmp_path, units=UNITS.replace(",", separator))).units == expected().units


def test_a_sep_line_is_no_header_but_counts_as_a_line(tmp_path: Path) -> None:
    assert taken(lay(tmp_path, units="sep=;\r\n" + UNITS.replace(",", ";"))).units == expected().units
    assert complaints(lay(tmp_path, units="sep=,\nunit_id,name,level\nLA02,六安市教育局,省级\n"))[0].startswith(
        "units.csv:3:"
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_taken(tmp_path: Path, newline: str) -> None:
    assert taken(lay(tmp_path, units=UNITS.replace("\n", newline))).units == expected().units


def test_one_workbook_gives_the_same_register(tmp_path: Path) -> None:
    rows: dict[str, list[list[object]]] = {
        title: [list(line.split(",")) for line in text.splitlines()] for title, text in CHINESE.items()
    }
    rows["网站"][1][0] = 3415000048
    rows["说明"] = [["填表说明"]]
    file = sheet(tmp_path / "登记表.xlsx", **rows)
    register, warnings = register_files.read(file)
    assert replace(register, unsaid={}) == expected()
    assert [str(warning) for warning in warnings] == ["登记表.xlsx!说明: 不是登记表，未导入"]


def test_what_a_spreadsheet_does_to_numbers_and_dates_is_undone(tmp_path: Path) -> None:
    header = ["site_code", "name", "unit_id", "kind", "home_url", "status", "valid_from", "valid_to"]
    cells = [" ３４１５００００４８ ", "六安市教育局　", "LA02", "department", "http://jyj.luan.gov.cn", "Running"]
    book = sheet(
        tmp_path / "a.xlsx",
        units=[["unit_id", "name", "level", "institution"], ["LA02", "六安市教育局", "department", True]],
        sites=[
            header,
            [3415000047.0, *cells[1:], datetime(2018, 1, 1), 43466],
            [],
            [None, " "],
            [*cells, "2018/1/1", "2019年1月1日"],
        ],
    )
    register = taken(book)
    assert [site.site_code for site in register.sites] == ["3415000047", "3415000048"]
    assert {(site.name, site.valid_from, site.valid_to) for site in register.sites} == {
        ("六安市教育局", date(2018, 1, 1), date(2019, 1, 1))
    }
    assert register.units[0].institution is True
    csv = "\n".join(
        [
            ",".join(header),
            '="3415000048",六安市教育局,LA02,department,http://jyj.luan.gov.cn,running,43101,20190101',
            ",,,,,,,",
            "",
        ]
    )
    assert taken(lay(tmp_path / "csv", units=UNITS, sites=csv)).sites[0].valid_from == date(2018, 1, 1)
    floated = site(site_code="3415000048.0")
    assert taken(lay(tmp_path / "csv2", units=UNITS, sites=floated)).sites[0].site_code == "3415000048"


def test_a_workbook_that_counts_from_1904_keeps_its_days(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    made = book.worksheets[0]
    made.title = "sites"
    made.append([*["site_code", "name", "unit_id", "kind", "home_url", "status", "valid_from"]])
    made.append(["3415000048", "教育局", "LA02", "department", "http://jyj.luan.gov.cn", "running", 43101 - 1462])
    book.save(tmp_path / "mac.xlsx")
    register, _ = register_files.read(tmp_path / "mac.xlsx", None, expected())
    assert register.sites[0].valid_from == date(2018, 1, 1)


def test_a_protected_sheet_can_be_read(tmp_path: Path) -> None:
    file = sheet(tmp_path / "a.xlsx", units=[["unit_id", "name", "level"], ["LA02", "六安市教育局", "市直"]])
    book = openpyxl.load_workbook(file)
    book["units"].protection.sheet = True
    book["units"].protection.password = "secret"
    book.save(file)
    assert taken(file).units == expected().units


def test_one_stray_cell_at_the_bottom_of_a_sheet_is_told_quickly(tmp_path: Path) -> None:
    file = sheet(tmp_path / "a.xlsx", units=[["unit_id", "name", "level"], ["LA02", "六安市教育局", "市直"]])
    book = openpyxl.load_workbook(file)
    book["units"].cell(1048576, 1, "LA03")
    book.save(file)
    assert complaints(file) == [
        "a.xlsx!units:1048576: 缺少 name(单位名称)",
        "a.xlsx!units:1048576: 缺少 level(层级)",
    ]


def test_what_lies_far_to_the_right_is_told_and_not_left_out(tmp_path: Path) -> None:
    file = sheet(tmp_path / "a.xlsx", units=[["unit_id", "name", "level"], ["LA02", "六安市教育局", "市直"]])
    book = openpyxl.load_workbook(file)
    book["units"].cell(2, 16384, "x")
    book.save(file)
    assert "a.xlsx!units:1: 第200列以后还有内容（共16384列）" in complaints(file)


def test_rows_may_refer_to_what_is_in_the_register_already(tmp_path: Path) -> None:
    folder = lay(tmp_path, sites=SITES, columns=COLUMNS)
    assert complaints(folder) == ["sites.csv:2: 单位编号 LA02 不在 units 中，也不在登记库中"]
    register, _ = register_files.read(folder, None, replace(expected(), sites=(), columns=()))
    assert register.sites == expected().sites


def test_domains_are_cut_at_every_mark_and_the_main_one_is_first(tmp_path: Path) -> None:
    register = taken(
        lay(
            tmp_path, units=UNITS, sites=site(domains="jyj.luan.gov.cn；http://www.jyj.luan.gov.cn/、六安市教育局.政务")
        )
    )
    assert register.sites[0].domains == ("jyj.luan.gov.cn", "www.jyj.luan.gov.cn", "六安市教育局.政务")


def test_a_file_says_which_fields_it_has_no_column_for(tmp_path: Path) -> None:
    register, _ = register_files.read(lay(tmp_path, units=UNITS))
    assert register.unsaid == {
        "units": ("contact", "email", "phone", "parent", "institution", "administrative", "vertical")
    }


def test_columns_know_their_depth_below_their_parents(tmp_path: Path) -> None:
    header = "site_code,url,name,class,parent\n"
    row = "3415000048,http://jyj.luan.gov.cn/{0}/,{0},other,{1}\n"
    pairs = [
        ("丙", "乙"),
        ("甲", ""),
        ("乙", "甲"),
        ("丁", "没有列出的"),
        ("戊", "未知"),
        ("己", "戊"),
        ("庚", "辛"),
        ("辛", "庚"),
    ]
    text = header + "".join(row.format(*pair) for pair in pairs)
    register = taken(lay(tmp_path, units=UNITS, sites=SITES, columns=text))
    assert [column.level for column in register.columns] == [3, 1, 2, 2, None, None, 3, 3]


def test_columns_are_known_by_their_canonical_address(tmp_path: Path) -> None:
    text = COLUMNS.replace("http://jyj.luan.gov.cn/news/", "HTTP://JYJ.luan.gov.cn:80#top")
    assert taken(lay(tmp_path, units=UNITS, sites=SITES, columns=text)).columns[0].url == "http://jyj.luan.gov.cn/"


def test_an_upper_unit_may_be_given_by_its_name(tmp_path: Path) -> None:
    text = "unit_id,name,level,parent\nLA02,六安市教育局,市直,\nLA20,六安一中,下属单位,六安市教育局\n"
    assert taken(lay(tmp_path, units=text)).units[1].parent == "LA02"


# What is refused


@pytest.mark.parametrize(
    "cells, fact",
    [
        ({"name": ""}, "缺少 name(网站名称)"),
        ({"name": " \u3000"}, "缺少 name(网站名称)"),
        ({"kind": "门户"}, "kind(类型) 的取值 '门户' 不在 portal(门户网站)、department(部门网站) 之内"),
        ({"status": "在用"}, "status(状态) 的取值 '在用' 不在"),
        ({"site_code": "341500004"}, "网站标识码应为10位"),
        ({"site_code": "341500004800"}, "不是12位"),
        ({"site_code": "3.415E+09"}, "科学计数法"),
        ({"unit_id": "LA99"}, "单位编号 LA99 不在 units 中，也不在登记库中"),
        ({"home_url": "jyj.luan.gov.cn"}, "应以 http:// 或 https:// 开头"),
        ({"home_url": "http://jyj luan.gov.cn"}, "空格"),
        ({"disclosure_url": "www.luan.gov.cn"}, "disclosure_url(信息公开网网址)"),
        ({"valid_from": "2018-02-30"}, "日期应为 YYYY-MM-DD 格式"),
        ({"valid_from": "去年"}, "日期应为 YYYY-MM-DD 格式"),
        ({"valid_from": "2018-05-01", "valid_to": "2018-04-30"}, "valid_from 2018-05-01 晚于 valid_to 2018-04-30"),
        ({"successor": "12"}, "successor(承接网站标识码)"),
        ({"successor": "3415000048"}, "就是本网站"),
        ({"domains": "jyj.luan.gov.cn;教育局"}, "所持域名"),
        ({"name": "=HYPERLINK(1)"}, "单元格是公式"),
        ({"name": "六安\x00市"}, "控制字符"),
    ],
)
def test_a_bad_site_is_told_by_its_line(tmp_path: Path, cells: dict[str, str], fact: str) -> None:
    told = facts(tmp_path, sites=site(**cells), accounts="")
    assert len(told) == 1
    assert told[0].startswith("sites.csv:2: ")
    assert fact in told[0]


@pytest.mark.parametrize(
    "old, new, fact",
    [
        ("weibo,六", "抖音,六", "platform(平台) 的取值 '抖音'"),
        ("http://weibo.com/m/ahljaj/?s=6cm7D0", "http://www.luan.gov.cn/u/1", "不是微博地址"),
        ("http://weibo.com/m/ahljaj/?s=6cm7D0", "http://weibo.com/5862279490/HmAbCdEfG", "不是微博账号的地址"),
        (
            "weibo,六安市教育局发布,LA02,http://weibo.com/m/ahljaj/?s=6cm7D0",
            "wechat,甲,LA02,https://mp.weixin.qq.com/s/x",
            "__biz",
        ),
        ("running", "suspended", "status(状态) 的取值 'suspended'"),
        ("LA02-wb", "", "缺少 account_id(账号编号)"),
        ("LA02,http", "LA77,http", "单位编号 LA77"),
    ],
)
def test_a_bad_account_is_told_by_its_line(tmp_path: Path, old: str, new: str, fact: str) -> None:
    told = facts(tmp_path, accounts=ACCOUNTS.replace(old, new, 1))
    assert len(told) == 1
    assert told[0].startswith("accounts.csv:2: ")
    assert fact in told[0]


def test_a_uid_that_differs_from_the_addresss_is_refused(tmp_path: Path) -> None:
    text = "account_id,platform,name,unit_id,status,address,uid\na,weibo,甲,LA02,running,http://weibo.com/u/6100068350,6100068351\n"
    assert facts(tmp_path, accounts=text) == ["accounts.csv:2: uid 6100068351 与微博地址中的 6100068350 不符"]


@pytest.mark.parametrize(
    "extra, fact",
    [
        ({"email": "jyj@@luan.gov.cn"}, "邮箱写法有误"),
        ({"email": "jyj"}, "邮箱写法有误"),
        ({"institution": "也许"}, "institution(事业单位) 的取值"),
        ({"parent": "LA99"}, "上级单位 LA99 不在 units 中"),
        ({"parent": "LA02"}, "上级单位循环"),
        ({"level": "乡镇"}, "level(层级) 的取值 '乡镇'"),
    ],
)
def test_a_bad_unit_is_told_by_its_line(tmp_path: Path, extra: dict[str, str], fact: str) -> None:
    row = {"unit_id": "LA02", "name": "六安市教育局", "level": "department"} | extra
    told = facts(tmp_path, units=",".join(row) + "\n" + ",".join(row.values()) + "\n")
    assert len(told) == 1
    assert told[0].startswith("units.csv:2: ")
    assert fact in told[0]


@pytest.mark.parametrize(
    "extra, fact",
    [
        ({"class": "新闻"}, "class(类别) 的取值 '新闻'"),
        ({"site_code": "3415000099"}, "网站标识码 3415000099 不在 sites 中，也不在登记库中"),
        ({"until": "2026-12-31"}, "有免检期限，但没有免检原因"),
        ({"owner": "LA99"}, "责任单位 LA99 不在 units 中"),
        ({"url": "/news/"}, "开头"),
    ],
)
def test_a_bad_column_is_told_by_its_line(tmp_path: Path, extra: dict[str, str], fact: str) -> None:
    row = {"site_code": "3415000048", "url": "http://jyj.luan.gov.cn/n/", "name": "动态", "class": "news"} | extra
    told = facts(tmp_path, columns=",".join(row) + "\n" + ",".join(row.values()) + "\n")
    assert len(told) == 1
    assert told[0].startswith("columns.csv:2: ")
    assert fact in told[0]


def test_a_second_row_of_the_same_key_names_the_first(tmp_path: Path) -> None:
    row = SITES.splitlines()[1]
    twice = SITES + "\n" + row + "\n"
    assert facts(tmp_path, sites=twice) == ["sites.csv:4: 网站标识码 3415000048 与第2行重复"]
    same = COLUMNS + "3415000048,http://JYJ.luan.gov.cn/news/#a,动态,news\n"
    assert facts(tmp_path, columns=same) == ["columns.csv:3: 网址 http://jyj.luan.gov.cn/news/ 与第2行重复"]


def test_every_bad_row_of_every_file_is_told_at_once_and_in_order(tmp_path: Path) -> None:
    told = facts(
        tmp_path,
        units=UNITS + "LA03,,department\nLA04,六安市司法局,省级\n",
        sites=SITES + "12,甲,LA04,portal,http://a.gov.cn,running\n3415000052,乙,LA98,portal,http://b.gov.cn,running\n",
    )
    assert [line.split(" ")[0] for line in told] == ["sites.csv:3:", "sites.csv:4:", "units.csv:3:", "units.csv:4:"]


def test_a_cell_of_several_lines_does_not_shift_the_numbers(tmp_path: Path) -> None:
    text = 'unit_id,name,level,contact\nLA02,六安市教育局,department,"张三\n李四\n王五"\nLA03,,department,\n'
    assert facts(tmp_path, units=text, sites=SITES, accounts="") == ["units.csv:5: 缺少 name(单位名称)"]


def test_unknown_columns_are_refused_by_name(tmp_path: Path) -> None:
    told = facts(tmp_path, units="unit_id,name,level,传真\nLA02,六安市教育局,市直,1\n")
    assert len(told) == 1
    assert told[0].startswith("units.csv:1: 未知列 '传真'")


def test_missing_and_doubled_and_empty_headers_are_told(tmp_path: Path) -> None:
    told = facts(tmp_path, units="unit_id,单位编号,level,,\nLA02,LA02,市直,x,\n", sites="", accounts="")
    assert told == [
        "units.csv:1: 列 '单位编号' 与第1列重复",
        "units.csv:1: 第4列没有表头，但第2行有内容",
        "units.csv:1: 缺少列 name(单位名称)",
    ]


def test_more_cells_than_headers_are_told(tmp_path: Path) -> None:
    told = facts(tmp_path, units="unit_id,name,level\nLA02,六安市,教育局,市直\n", sites="", accounts="")
    assert "units.csv:2: 有4格，多于表头的3格" in told


def test_the_row_in_another_encoding_is_named(tmp_path: Path) -> None:
    raw = (
        UNITS.encode() + "LA03,六安市民政局,department\n".encode() + "LA04,六安市司法局,department\n".encode("gb18030")
    )
    (tmp_path / "units.csv").write_bytes(raw)
    assert complaints(tmp_path) == ["units.csv:4: 有不是 UTF-8 编码的文字"]
    (tmp_path / "units.csv").write_bytes("unit_id,name,level\n甲,乙,市直\n".encode("gb18030") + b"LA03,\xff\xff,\n")
    assert "units.csv:3: 有不是 GB18030 编码的文字" in complaints(tmp_path)
    (tmp_path / "units.csv").write_bytes(UNITS.encode("utf-16"))
    assert "UTF-16" in complaints(tmp_path)[0]


def test_an_open_quote_is_told_where_it_begins(tmp_path: Path) -> None:
    assert "units.csv:3: 引号没有闭合" in facts(
        tmp_path, units=UNITS + 'LA03,"六安市民政局,department\n' + "LA04,甲,market\n" * 3
    )


def test_nothing_to_import_is_an_error(tmp_path: Path) -> None:
    assert "没有可导入的文件" in complaints(tmp_path)[0]
    assert "没有这个文件夹或文件" in complaints(tmp_path / "nowhere")[0]
    (tmp_path / "a.xls").write_bytes(b"")
    assert "应为存放 CSV 文件的文件夹" in complaints(tmp_path / "a.xls")[0]


def test_the_same_table_twice_is_an_error(tmp_path: Path) -> None:
    assert "与 units.csv 重复" in complaints(lay(tmp_path, units=UNITS, 单位=UNITS))[0]


def test_files_that_are_no_part_of_the_register_are_told_but_do_not_refuse(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("nothing")
    assert doubts(tmp_path, site=SITES) == ["site.csv: 不是登记表文件，未导入"]


# What draws a warning


def test_two_main_accounts_on_one_platform_draw_a_warning(tmp_path: Path) -> None:
    row = "{0},weibo,{0},LA02,running,{1}\n"
    text = (
        "account_id,platform,name,unit_id,status,main\n"
        + row.format("a", "yes")
        + row.format("b", "no")
        + row.format("c", "是")
    )
    assert doubts(tmp_path, accounts=text) == ["accounts.csv:4: 单位 LA02 在同一平台有两个主账号，另见第2行"]


def test_doubtful_sites_draw_a_warning(tmp_path: Path) -> None:
    address = "http://www.luan.gov.cn/opennessContent/?branch_id=5212"
    told = doubts(tmp_path, sites=site(disclosure_url=address, successor="3415000099", domains="www.luan.gov.cn"))
    assert len(told) == 3
    assert all(line.startswith("sites.csv:2: ") for line in told)
    assert "区划" in doubts(tmp_path, sites=site(site_code="3415220048"))[0]


def test_a_name_of_an_owner_outside_the_register_draws_a_warning(tmp_path: Path) -> None:
    text = "site_code,url,name,class,owner\n3415000048,http://jyj.luan.gov.cn/z/,招生,other,六安市招生考试院\n"
    assert doubts(tmp_path, columns=text) == ["columns.csv:2: 责任单位“六安市招生考试院”不在单位名单中，按文字保留"]


def test_a_picture_lies_beside_the_file_or_its_cell_stays_empty(tmp_path: Path) -> None:
    text = "account_id,platform,name,unit_id,status,qr\na,wechat,甲,LA02,running,{}\n"
    assert doubts(tmp_path, accounts=text.format("a.png")) == ["accounts.csv:2: 找不到二维码图片 'a.png'"]
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n<script>")
    assert "不是可用的图片" in doubts(tmp_path, accounts=text.format("a.png"))[0]
    (tmp_path / "a.png").write_bytes(ONE_PIXEL)
    assert doubts(tmp_path, accounts=text.format("a.png")) == []
    for outside in ("../a.png", "/etc/a.png", "C:\\a.png"):
        assert "表格旁" in facts(tmp_path, accounts=text.format(outside))[0]


# Workbooks that are none


def test_formulas_errors_and_merged_cells_are_told_by_their_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    made = book.worksheets[0]
    made.title = "units"
    made.append(["六安市单位登记表", None, None])
    made.append(["unit_id", "name", "level"])
    made.append(["LA02", "=A1", "市直"])
    made.append(["LA03", "#REF!", "市直"])
    made["B4"].data_type = "e"
    made.merge_cells("A1:C1")
    made.merge_cells("A5:A6")
    book.save(tmp_path / "a.xlsx")
    told = complaints(tmp_path / "a.xlsx")
    assert any(line.startswith("a.xlsx!units:1: 表头有合并: A1:C1") for line in told)
    assert any(line.startswith("a.xlsx!units:5: 单元格有合并: A5:A6") for line in told)
    assert any(line.startswith("a.xlsx!units:3: 单元格 B3 是公式") for line in told)
    assert any(line.startswith("a.xlsx!units:4: 单元格 B4 是错误值 #REF!") for line in told)


def test_what_is_no_workbook_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    for raw, fact in [
        (b"", "不是 .xlsx"),
        (UNITS.encode(), "不是 .xlsx"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "打开密码"),
        (b"PK\x03\x04 and then nothing", "已损坏"),
    ]:
        file.write_bytes(raw)
        assert fact in complaints(file)[0]
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("word/document.xml", "<x/>")
    assert "不是 .xlsx" in complaints(file)[0]


def test_a_workbook_that_unpacks_to_something_enormous_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<x/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"\0" * (table_files.UNPACKED + 1))
    assert "MB" in complaints(tmp_path / "a.xlsx")[0]


def test_entities_that_expand_without_end_are_refused(tmp_path: Path) -> None:
    file = sheet(tmp_path / "a.xlsx", units=[["unit_id", "name", "level"], ["LA02", "x", "市直"]])
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{(f"&{chr(97 + i)};") * 10}">' for i in range(12)
    )
    parts = {}
    with zipfile.ZipFile(file) as packed:
        parts = {part: packed.read(part) for part in packed.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = f"{bomb}]>".encode() + parts[name].split(b"?>", 1)[-1].replace(b">x<", b">&m;<")
    assert b"&m;<" in parts[name]
    with zipfile.ZipFile(file, "w") as packed:
        for part, raw in parts.items():
            packed.writestr(part, raw)
    assert "已损坏" in complaints(file)[0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_workbook_is_read_or_refused_but_never_a_traceback(tmp_path: Path, data: st.DataObject) -> None:
    whole = tmp_path / "whole.xlsx"
    if not whole.exists():
        sheet(whole, units=[["unit_id", "name", "level"], ["LA02", "六安市教育局", "市直"]])
        with zipfile.ZipFile(whole) as packed:
            parts = {part: packed.read(part) for part in packed.namelist()}
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as packed:  # so that damage reaches the XML
            for part, raw in parts.items():
                packed.writestr(part, raw)
    raw = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(4, len(raw) - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path / "damaged.xlsx"
    file.write_bytes(bytes(raw[: data.draw(st.sampled_from([len(raw), len(raw) // 2]))]))
    try:
        told = register_files.read(file)[1]
    except BadInput as bad:
        told = bad.complaints or [Complaint("", "", refuses=False)]
    assert not told or all(complaint.fact for complaint in told)


# Header maps


def test_a_header_map_says_what_other_headers_are(tmp_path: Path) -> None:
    theirs = "网站标识码,网站名称,主办单位编码,网站类型,首页网址,运行状态,名称\n3415000048,六安市教育局,LA02,部门网站,http://jyj.luan.gov.cn,正常运行,x\n"
    folder = lay(tmp_path / "in", units=UNITS, sites=theirs)
    assert len(complaints(folder)) == 5
    pairs = {"主办单位编码": "unit_id", "运行状态": "状态", "名称": "ignore"}
    (tmp_path / "map.yaml").write_text("".join(f"{theirs}: {ours}\n" for theirs, ours in pairs.items()), "utf-8")
    assert taken(folder, tmp_path / "map.yaml").sites == expected().sites
    (tmp_path / "map.csv").write_bytes(
        "".join(f"{t},{o}\n" for t, o in [("他们的表头", "ours"), *pairs.items()]).encode("gb18030")
    )
    assert taken(folder, tmp_path / "map.csv").sites == expected().sites
    (tmp_path / "nested.yaml").write_text("sites:\n" + "".join(f"  {t}: {o}\n" for t, o in pairs.items()), "utf-8")
    assert taken(folder, tmp_path / "nested.yaml").sites == expected().sites


def test_a_header_map_that_names_no_column_of_ours_is_told_by_its_line(tmp_path: Path) -> None:
    folder = lay(tmp_path / "in", units=UNITS)
    (tmp_path / "map.yaml").write_text("运行状态: status\n主办: 主管部门\n", "utf-8")
    assert complaints(folder, tmp_path / "map.yaml")[0].startswith("map.yaml:2: 表头 '主办' 对应的 '主管部门'")
    (tmp_path / "map.yaml").write_text("- a\n", "utf-8")
    assert "对照文件" in complaints(folder, tmp_path / "map.yaml")[0]
    assert "没有这个表头对照文件" in complaints(folder, tmp_path / "none.yaml")[0]


# issuer.yaml


ISSUER = """\
name: 六安市人民政府办公室
short name: 市政府办
region: luan
主送: [各县区人民政府, 开发区管委, 市政府各部门、各直属机构]
抄送: 市委办公室，市人大常委会办公室，市政协办公室
number_prefix: 六政办秘
decimals: 1
rounding: half_up
inspection_day: 25
deadlines:
  rectify_days: 20
people:
  wang: 王五
  li: 李四
teams:
  第一组: ["3415000048", 3415000052]
"""


def issuer(folder: Path, text: str) -> Issuer:
    (folder / "issuer.yaml").write_text(text, "utf-8")
    return register_files.read(folder)[0].issuer


def test_the_issuers_settings_are_read(tmp_path: Path) -> None:
    assert issuer(tmp_path, ISSUER) == Issuer(
        name="六安市人民政府办公室",
        short_name="市政府办",
        region="luan",
        addressees="各县区人民政府，开发区管委，市政府各部门、各直属机构",
        copies="市委办公室，市人大常委会办公室，市政协办公室",
        number_prefix="六政办秘",
        decimals=1,
        inspection_day=25,
        rectify_days=20,
        people=(Person("wang", "王五"), Person("li", "李四")),
        teams={"第一组": ("3415000048", "3415000052")},
    )
    listed = "people:\n- {sign_in: wang, name: 王五}\n- li: 李四\nteams:\n- {name: 甲, sites: [3415000048]}\n"
    assert issuer(tmp_path, listed).people == (Person("wang", "王五"), Person("li", "李四"))


@pytest.mark.parametrize(
    "text, told",
    [
        ("name: 甲\nnmae: 乙\n", "issuer.yaml:2: 未知的键 'nmae'"),
        ("decimals: 一\n", "issuer.yaml:1: 应为 0 至 4 的整数: '一'"),
        ("decimals: 9\n", "issuer.yaml:1: 应为 0 至 4 的整数"),
        ("rounding: bankers\n", "issuer.yaml:1: 舍入方式应为 half_up"),
        ("name: 甲\nname: 乙\n", "issuer.yaml:2: 键 name 重复"),
        ("people:\n  wang: 王五\n  wang: 李四\n", "issuer.yaml:3: 登录名 'wang' 重复"),
        ("people: 王五\n", "issuer.yaml:1: 人员应写作"),
        ("teams:\n  甲:\n  - 12\n", "issuer.yaml:3: 网站标识码应为10位"),
        ("deadlines:\n  整改限期: 3\n", "issuer.yaml:2: 未知的键 '整改限期'"),
        ("region: luan.gov.cn\n", "issuer.yaml:1: 地区标识应为域名中的一段"),
        ("name: [甲\n", "issuer.yaml:2: YAML 格式有误"),
        ("甲\n", "issuer.yaml:1: 应为“键: 值”的形式"),
    ],
)
def test_a_wrong_setting_is_told_by_line_and_key(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "issuer.yaml").write_text(text, "utf-8")
    assert complaints(tmp_path)[0].startswith(told)


def test_issuer_yaml_stands_beside_the_workbook(tmp_path: Path) -> None:
    sheet(tmp_path / "a.xlsx", units=[["unit_id", "name", "level"], ["LA02", "六安市教育局", "市直"]])
    (tmp_path / "issuer.yaml").write_text("name: 六安市人民政府办公室\n", "utf-8")
    assert register_files.read(tmp_path / "a.xlsx")[0].issuer.name == "六安市人民政府办公室"


# Writing


@pytest.mark.parametrize("text", ["=1+1", "+86 564", "-", "@sum", "'=1", "''=1", "＝1", "'", "'甲", "甲=1", ""])
def test_a_defused_cell_is_no_formula_and_reads_back_exactly(text: str) -> None:
    written = table_files.defuse(text)
    assert not written.startswith(("=", "+", "-", "@", "＝"))
    assert table_files.undefuse(written) == text


def test_an_export_shows_no_formula_and_keeps_a_bom_for_excel(tmp_path: Path) -> None:
    hostile = replace(expected().units[0], name='=HYPERLINK("http://a.example")', phone="+86 564", contact="'@甲")
    register_files.write(tmp_path, Register(units=(hostile,)))
    raw = (tmp_path / "units.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert b",'+86 564," in raw
    assert taken(tmp_path).units == (hostile,)
    register_files.write_xlsx(tmp_path / "a.xlsx", Register(units=(hostile,)))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert {cell.data_type for row in book["units"].iter_rows() for cell in row if cell.value} == {"s"}
    assert taken(tmp_path / "a.xlsx").units == (hostile,)


def test_an_export_overwrites_an_older_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    register_files.write(tmp_path, expected())
    register_files.write(tmp_path, Register(units=expected().units))
    assert sorted(os.listdir(tmp_path)) == ["accounts.csv", "columns.csv", "sites.csv", "units.csv"]
    assert taken(tmp_path) == Register(units=expected().units)


def test_the_complaint_of_a_bad_row_reads_as_the_contract_says() -> None:
    assert str(Complaint("sites.csv:3", "缺少 name(网站名称)")) == "sites.csv:3: 缺少 name(网站名称)"


PRINTED = st.text(
    st.characters(exclude_categories=["C", "Z"], include_characters=" \n,;\"'=+-@＝（）〔〕"), max_size=12
).map(lambda text: text.strip(table_files._EDGES))
NAMED = PRINTED.filter(bool)
DAYS = st.none() | st.dates(date(1990, 1, 1), date(2090, 1, 1))
SAID = st.none() | st.booleans()
HOSTS = st.from_regex(r"[a-z]{1,8}\.luan\.gov\.cn", fullmatch=True)
PATHS = st.from_regex(r"/([a-z0-9]{1,5}/){0,3}", fullmatch=True)


@st.composite
def registers(draw: st.DrawFn) -> Register:
    ids = [f"LA{n:02}" for n in range(draw(st.integers(1, 4)))]
    units = tuple(
        Unit(
            unit_id=unit_id,
            name=draw(NAMED),
            level=draw(st.sampled_from(["city", "county", "committee", "department", "subordinate"])),
            contact=draw(PRINTED),
            email=draw(st.sampled_from(["", "a.b@luan.gov.cn"])),
            phone=draw(st.sampled_from(["", "+86 564-3377", "0564"])),
            parent=draw(st.sampled_from(["", *ids[:index]])),
            institution=draw(SAID),
            administrative=draw(SAID),
            vertical=draw(SAID),
        )
        for index, unit_id in enumerate(ids)
    )
    codes = [f"34150000{n:02}" for n in range(draw(st.integers(0, 4)))]
    sites = []
    for code in codes:
        days = [day for day in (draw(DAYS), draw(DAYS)) if day]
        sites.append(
            Site(
                site_code=code,
                name=draw(NAMED),
                unit_id=draw(st.sampled_from(ids)),
                kind=draw(st.sampled_from(["portal", "department"])),
                home_url=f"http://{draw(HOSTS)}{draw(PATHS)}",
                disclosure_url=draw(st.sampled_from(["", "http://www.luan.gov.cn/o/?branch_id=5212&a=1"])),
                status=draw(st.sampled_from(["running", "suspended", "moved", "offline"])),
                domains=tuple(draw(st.lists(HOSTS, max_size=3, unique=True))),
                valid_from=min(days) if days else None,
                valid_to=max(days) if days else None,
                successor=draw(st.sampled_from(["", "3415009999"])),
                reason=draw(PRINTED),
            )
        )
    held, issuer = draw(columns(codes, ids)), draw(issuers())
    known = {person.sign_in for person in issuer.people}
    named = {name for column in held for name in (column.class_confirmed_by, column.owner_confirmed_by) if name}
    if known:  # an office that names its people takes nobody else's word
        issuer = replace(issuer, people=(*issuer.people, *(Person(name, name) for name in sorted(named - known))))
    return Register(units, tuple(sites), draw(accounts(ids)), held, issuer)


@st.composite
def accounts(draw: st.DrawFn, ids: list[str]) -> tuple[Account, ...]:
    weibo = [
        ("http://weibo.com/u/6100068350?s=6cm7D0", "6100068350"),
        ("http://weibo.com/m/ahljaj/", "5555555555"),
        ("", ""),
    ]
    wechat = [("https://feeds.luan.gov.cn/a.xml", ""), ("MzA5NTk1NTU1NQ==", "MzA5NTk1NTU1NQ=="), ("", "")]
    made = []
    for number in range(draw(st.integers(0, 4))):
        platform = draw(st.sampled_from(["weibo", "wechat"]))
        address, pinned = draw(st.sampled_from(weibo if platform == "weibo" else wechat))
        made.append(
            Account(
                account_id=f"a-{number}",
                platform=platform,
                name=draw(NAMED),
                unit_id=draw(st.sampled_from(ids)),
                address=address,
                status=draw(st.sampled_from(["running", "offline"])),
                uid=pinned if platform == "weibo" else "",
                biz=pinned if platform == "wechat" else "",
                qr=draw(st.sampled_from(["", "a.png"])),
                matrix=draw(SAID),
                main=draw(SAID),
                filed_on=draw(DAYS),
            )
        )
    return tuple(made)


@st.composite
def columns(draw: st.DrawFn, codes: list[str], ids: list[str]) -> tuple[Column, ...]:
    made = []
    for code in codes:
        for path in draw(st.lists(PATHS, max_size=3, unique=True)):
            person, owner, exempt = draw(PRINTED), draw(st.sampled_from(["", *ids])), draw(PRINTED)
            parent = draw(st.sampled_from(["", "没有列出的栏目"]))
            made.append(
                Column(
                    site_code=code,
                    url=f"http://jyj.luan.gov.cn{path}",
                    name=draw(NAMED.filter(lambda name: name != "没有列出的栏目")),
                    kind=draw(st.sampled_from(["news", "notice", "policy", "personnel_plan", "interaction", "other"])),
                    type=draw(st.sampled_from(["栏目", "频道", "专题", "业务系统"])),
                    parent=parent,
                    level=2 if parent else draw(st.sampled_from([1, None])),
                    owner=owner,
                    reading=draw(PRINTED),
                    class_confirmed_by=person,
                    owner_confirmed_by=draw(st.sampled_from([person, "", "li"])) if owner else "",
                    exempt=exempt,
                    exempt_until=draw(DAYS) if exempt else None,
                )
            )
    return tuple(made)


@st.composite
def issuers(draw: st.DrawFn) -> Issuer:
    return Issuer(
        name=draw(PRINTED.filter(lambda text: "\n" not in text)),
        region=draw(st.sampled_from(["", "luan"])),
        addressees=draw(PRINTED),
        decimals=draw(st.integers(0, 4)),
        rectify_days=draw(st.integers(1, 366)),
        editions=tuple(draw(st.lists(st.sampled_from(["LA", "AH"]), unique=True))),
        people=tuple(Person(sign_in, draw(NAMED)) for sign_in in draw(st.lists(NAMED, max_size=3, unique=True))),
        teams=dict.fromkeys(draw(st.lists(NAMED, max_size=2, unique=True)), ("3415000048",)),
    )


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(register=registers())
def test_every_register_reads_back_from_its_export(
    tmp_path_factory: pytest.TempPathFactory, register: Register
) -> None:
    folder = tmp_path_factory.mktemp("export")
    register_files.write(folder, register)
    assert taken(folder) == register


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(register=registers())
def test_every_register_reads_back_from_its_workbook(
    tmp_path_factory: pytest.TempPathFactory, register: Register
) -> None:
    file = tmp_path_factory.mktemp("export") / "register.xlsx"
    register_files.write_xlsx(file, register)
    assert taken(file) == register


# Whatever is handed in


CSV_BYTES = st.lists(
    st.sampled_from(
        [
            b",",
            b"\n",
            b"\r",
            b'"',
            b"=",
            b";",
            b"\t",
            b"\0",
            b"\xff",
            "六安".encode(),
            "六安".encode("gb18030"),
            b"\xef\xbb\xbf",
        ]
        + [
            word.encode()
            for word in ("unit_id", "name", "level", "单位编号", "department", "LA02", "sep=", "1e9", "'-")
        ]
    ),
    max_size=40,
).map(b"".join)
YAML_TEXT = st.lists(
    st.sampled_from(
        [
            *"[]{}:-?&*!|>'\"%@`#, \n\t\0",
            "\n  ",
            ": ",
            "- ",
            "name",
            "teams",
            "people",
            "&a",
            "*a",
            "!!int",
            "<<",
            "---",
            "...",
        ]
    ),
    max_size=25,
).map("".join)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(raw=CSV_BYTES | st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_but_never_a_traceback(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "units.csv").write_bytes(raw)
    try:
        told = register_files.read(tmp_path)[1]
    except BadInput as bad:
        told = bad.complaints
    assert all(complaint.fact and complaint.place for complaint in told)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=YAML_TEXT | st.text(max_size=30))
def test_any_settings_are_read_or_refused_but_never_a_traceback(tmp_path: Path, text: str) -> None:
    (tmp_path / "issuer.yaml").write_text(text, "utf-8", newline="")
    try:
        told = register_files.read(tmp_path)[1]
    except BadInput as bad:
        told = bad.complaints
    assert all(complaint.place.startswith("issuer.yaml") for complaint in told)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=YAML_TEXT)
def test_any_header_map_is_read_or_refused_but_never_a_traceback(tmp_path: Path, text: str) -> None:
    lay(tmp_path / "in", units=UNITS)
    (tmp_path / "map.yaml").write_text(text, "utf-8", newline="")
    try:
        register = register_files.read(tmp_path / "in", tmp_path / "map.yaml")[0]
    except BadInput as bad:
        assert_told = [complaint.fact for complaint in bad.complaints]
    else:
        assert_told = [unit.name for unit in register.units]
    assert all(assert_told)
