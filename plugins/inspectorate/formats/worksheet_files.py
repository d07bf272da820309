"""Teams' worksheets as workbooks: locked but for what a person enters, and read back row by row."""

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet as Sheet

from inspectorate.formats.table_files import Field, Row, Table, read_workbook, rows_of
from inspectorate.register import BadInput, Complaint
from inspectorate.wording import printable, width_of
from inspectorate.worksheet import RESULTS, Result, Worksheet

LARGEST_CELL = 32_000  # a cell of XLSX holds 32767 characters
LONGEST_ALT = 255
TICK = "√"
NO_PICTURE = "无截图"
PICTURE_HEIGHT = 190  # points of a row that has one
PICTURE_PIXELS = (290, 246)
SUBJECTS, ITEMS, ABOUT = "一、网站账号", "二、逐项检查", "说明"
SUBJECT_FIELDS = (
    Field("subject", ("标识码",), mandatory=True),
    Field("name", ("名称",)),
    Field("unit", ("主办单位",)),
    Field("address", ("地址",)),
    Field("count", ("检查项数",)),
    Field("clean", ("全部未发现问题（填√）",)),
)
ITEM_FIELDS = (
    Field("subject", ("标识码",)),
    Field("name", ("名称和地址", "名称")),
    Field("clause", ("指标",)),
    Field("clause_name", ("指标名称",)),
    Field("seen", ("系统所见",)),
    Field("picture", ("页面图",)),
    Field("result", ("检查结果",)),
    Field("note", ("问题描述",)),
    Field("url", ("问题网址",)),
    Field("finding_id", ("编号",), mandatory=True),
)
SUBJECT_WIDTHS = (14, 30, 30, 34, 9, 24)
ITEM_WIDTHS = (13, 30, 13, 28, 40, 42, 12, 36, 28, 20)
LINE_HEIGHT = 15  # points
HELP = (
    ("填写方法", f"没有发现问题的网站、账号，在“{SUBJECTS}”的最后一列填√，不必逐项填写。"),
    ("", f"其余在“{ITEMS}”逐项选择检查结果；选“发现问题”的须写明问题描述。其他单元格已锁定。"),
    ("", "填好后由本人导入：inspectorate import-worksheet 文件 --by 登录名。"),
)


@dataclass(frozen=True, slots=True)
class Filled:
    """One row that a person filled in; `place` tells where it stood."""

    finding_id: str
    result: Result
    note: str
    url: str
    place: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A worksheet as it came back."""

    inspection: str
    team: str
    filled: tuple[Filled, ...]
    clean: Mapping[str, str]  # subject → where its tick stands
    listed: tuple[str, ...]  # every finding that the worksheet is about


# Writing


def print_worksheet(made: Worksheet, made_at: datetime, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """One team's workbook; `pictures` holds PNG or JPEG by the page that it shows."""
    kept = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(kept, options)
    book.set_properties({"title": printable(made.title), "created": made_at.astimezone(UTC).replace(tzinfo=None)})
    line = {"border": 1, "valign": "vcenter", "text_wrap": True, "font_size": 11, "num_format": "@"}
    looks = {
        "head": book.add_format({**line, "font_name": "黑体", "align": "center", "bg_color": "#EEF1F5"}),
        "cell": book.add_format({**line, "font_name": "仿宋_GB2312"}),
        "open": book.add_format({**line, "font_name": "仿宋_GB2312", "locked": False, "bg_color": "#FFFBE6"}),
    }
    _subjects(book, looks, made)
    _items(book, looks, made, pictures or {})
    about = book.add_worksheet(ABOUT)
    about.set_column(0, 0, 14)
    about.set_column(1, 1, 90)
    rows = (("项目", "内容"), ("巡查", made.inspection), ("检查组", made.team), ("名称", made.title), *HELP)
    for number, row in enumerate(rows):
        _write(about, number, row, looks["head"] if number == 0 else looks["cell"], (14, 90))
    about.protect()
    book.close()
    return kept.getvalue()


def _sheet(
    book: xlsxwriter.Workbook, name: str, title: str, fields: tuple[Field, ...], widths: tuple[int, ...], head: Format
) -> Sheet:
    sheet: Sheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_header(f'&C&"黑体"&14 {printable(title).replace("&", "&&")}')
    sheet.set_footer("&C— &P —")
    for column, (field, width) in enumerate(zip(fields, widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, field.titles[0], head)
    sheet.set_row(0, 24)
    sheet.repeat_rows(0, 0)
    sheet.freeze_panes(1, 2)
    sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True, "select_locked_cells": True})
    return sheet


def _subjects(book: xlsxwriter.Workbook, looks: Mapping[str, Format], made: Worksheet) -> None:
    sheet = _sheet(book, SUBJECTS, made.title, SUBJECT_FIELDS, SUBJECT_WIDTHS, looks["head"])
    for number, code in enumerate(made.subjects, 1):
        own = [item for item in made.items if item.subject == code]
        first = own[0]
        texts = (code, first.name, first.unit, first.address, str(len(own)))
        _write(sheet, number, texts, looks["cell"], SUBJECT_WIDTHS)
        sheet.write_blank(number, 5, None, looks["open"])
    last = len(made.subjects)
    sheet.data_validation(
        1, 5, last, 5,
        {"validate": "list", "source": [TICK], "error_title": "填写有误", "error_message": "只能填√，或留空"},
    )  # fmt: skip
    sheet.autofilter(0, 0, last, 5)


def _items(
    book: xlsxwriter.Workbook, looks: Mapping[str, Format], made: Worksheet, pictures: Mapping[str, bytes]
) -> None:
    sheet = _sheet(book, ITEMS, made.title, ITEM_FIELDS, ITEM_WIDTHS, looks["head"])
    rows_of_page: dict[tuple[str, str], int] = {}
    for number, item in enumerate(made.items, 1):
        page = next((page for page in item.pages if page in pictures), None)
        before = rows_of_page.get((item.subject, page)) if page is not None else None
        said = NO_PICTURE if page is None else "" if before is None else f"同第{before + 1}行"
        named = f"{item.name}\n{item.address}".rstrip()
        texts = (item.subject, named, item.clause, item.clause_name, item.seen, said, "", "", "", item.finding_id)
        height = _write(sheet, number, texts, looks["cell"], ITEM_WIDTHS)
        for column in (6, 7, 8):
            sheet.write_blank(number, column, None, looks["open"])
        if page is not None and before is None:  # once a subject: the next rows are about the same page
            rows_of_page[item.subject, page] = number
            picture = pictures[page]
            sheet.set_row(number, max(height, PICTURE_HEIGHT))
            width, height = _size(picture)
            scale = min(PICTURE_PIXELS[0] / width, PICTURE_PIXELS[1] / height)
            placed = {
                "image_data": io.BytesIO(picture), "x_scale": scale, "y_scale": scale, "x_offset": 3, "y_offset": 3,
                "object_position": 1, "description": f"{printable(item.name)}的页面图：{printable(page)}"[:LONGEST_ALT],
            }  # fmt: skip
            sheet.insert_image(number, 5, "page.png", placed)
    last = len(made.items)
    sheet.data_validation(
        1, 6, last, 6,
        {"validate": "list", "source": list(RESULTS), "error_title": "检查结果", "error_message": "请从下拉列表中选择"},
    )  # fmt: skip
    sheet.autofilter(0, 0, last, len(ITEM_FIELDS) - 1)


def _write(sheet: Sheet, row: int, texts: tuple[str, ...], look: Format, widths: tuple[int, ...]) -> float:
    """One row of texts, high enough to show them; its height in points."""
    lines = 1
    for column, text in enumerate(texts):
        parts = [printable(part) for part in text.split("\n")]
        if shown := "\n".join(parts)[:LARGEST_CELL]:
            sheet.write_string(row, column, shown, look)
            lines = max(lines, sum(max(1, math.ceil(2 * width_of(part) / (widths[column] - 2))) for part in parts))
        else:
            sheet.write_blank(row, column, None, look)
    height = min(lines * LINE_HEIGHT + 4, 400)
    sheet.set_row(row, height)
    return height


def _size(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG; a square where neither says it."""
    if picture[:8] == b"\x89PNG\r\n\x1a\n":
        return int.from_bytes(picture[16:20], "big") or 1, int.from_bytes(picture[20:24], "big") or 1
    at = 2
    while picture[:2] == b"\xff\xd8" and at + 9 < len(picture) and picture[at] == 0xFF:
        if 0xC0 <= picture[at + 1] <= 0xCF and picture[at + 1] not in (0xC4, 0xC8, 0xCC):
            height, width = (int.from_bytes(picture[at + n : at + n + 2], "big") or 1 for n in (5, 7))
            return width, height
        at += 2 + int.from_bytes(picture[at + 2 : at + 4], "big")
    return PICTURE_PIXELS[0], PICTURE_PIXELS[0]


# Reading


def read_worksheet(file: Path) -> Returned:
    """What a person filled in. BadInput with every bad row, as `file.xlsx!sheet:row: fact`."""
    if not file.is_file():
        raise BadInput([Complaint(file.name, "没有这个文件")])
    tables, told = read_workbook(file)
    by_name = {table.name: table for table in tables}
    if missing := [name for name in (SUBJECTS, ITEMS, ABOUT) if name not in by_name]:
        raise BadInput([Complaint(file.name, f"不是本系统的人工检查表：缺少工作表 {'、'.join(missing)}")])
    about = {line.cells[0]: line.cells[1] for line in by_name[ABOUT].lines if len(line.cells) > 1}
    clean = _ticks(by_name[SUBJECTS], told)
    rows = rows_of(by_name[ITEMS], ITEM_FIELDS, {}, told)
    filled = [one for row in rows if (one := _filled(row, clean)) is not None]
    if bad := [complaint for complaint in told if complaint.refuses]:
        raise BadInput(bad)
    if not filled and not clean:
        raise BadInput([Complaint(file.name, "没有填写任何检查结果")])
    return Returned(
        about.get("巡查", ""), about.get("检查组", ""), tuple(filled), clean, tuple(r.text("finding_id") for r in rows)
    )


def _ticks(table: Table, told: list[Complaint]) -> dict[str, str]:
    ticks: dict[str, str] = {}
    for row in rows_of(table, SUBJECT_FIELDS, {}, told):
        said = row.text("clean")
        if said in (TICK, "✓", "✔"):
            ticks[row.identifier("subject")] = row.place
        elif said:
            row.wrong(f"“全部未发现问题”只能填√或留空: {said!r}")
    return ticks


def _filled(row: Row, clean: Mapping[str, str]) -> Filled | None:
    word, note, url = row.text("result"), row.text("note"), row.text("url")
    if not word:
        if note or url:
            row.wrong("写了问题描述或网址，但没有选择检查结果")
        return None
    result: Any = row.choice("result", dict(RESULTS))
    if not result:
        return None
    if result == "found" and not note:
        row.wrong("发现问题的须写明问题描述")
    if result != "none" and row.identifier("subject") in clean:
        row.wrong(f"与 {clean[row.identifier('subject')]} 的√矛盾")
    return Filled(row.text("finding_id"), result, note, url, row.place)
