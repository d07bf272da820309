"""Teams' worksheets as workbooks: locked but for what a person enters, and read back row by row."""

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet as Sheet

from inspectorate.formats.table_files import Field, Row, Table, read_workbook, rows_of
from inspectorate.quarter import SHANGHAI
from inspectorate.register import BadInput, Complaint
from inspectorate.wording import printable, width_of
from inspectorate.worksheet import RESULTS, Result, Worksheet

LARGEST_CELL = 32_000  # a cell of XLSX holds 32767 characters
LONGEST_ALT = 255
PICTURE = 5  # the column of the pictures
TICK = "√"
NO_PICTURE = "无画面"
RECORD_LOST = "截图的留存记录缺失"
LARGE = (290, 246)  # pixels of a picture where it stands first
SAME = (124, 105)  # and beside the further rows that it fits
POINTS = 0.75  # a pixel
LONGEST_CAPTION = 120
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
    listed: Mapping[str, str]  # every finding that the worksheet is about, in order → where it stands
    complaints: tuple[Complaint, ...]  # of its rows; whoever takes it in adds what only a database knows


# Writing


def print_worksheet(made: Worksheet, made_at: datetime, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """One team's workbook; `pictures` holds small JPEGs by the digest of the picture that was kept."""
    kept = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(kept, options)
    book.set_properties({"title": printable(made.title), "created": made_at.astimezone(UTC).replace(tzinfo=None)})
    line = {"border": 1, "valign": "vcenter", "text_wrap": True, "font_size": 11, "num_format": "@"}
    looks = {
        "head": book.add_format({**line, "font_name": "黑体", "align": "center", "bg_color": "#EEF1F5"}),
        "cell": book.add_format({**line, "font_name": "仿宋_GB2312"}),
        "under": book.add_format({**line, "font_name": "仿宋_GB2312", "font_size": 9, "valign": "bottom"}),
        "beside": book.add_format({**line, "font_name": "仿宋_GB2312", "font_size": 9, "align": "right"}),
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
    first_rows: dict[tuple[str, str], int] = {}  # where a picture of a subject stands large
    for number, item in enumerate(made.items, 1):
        picture = next((p for p in item.pictures if p.sha256 in pictures), None)
        named = f"{item.name}\n{item.address}".rstrip()
        texts = (item.subject, named, item.clause, item.clause_name, item.seen, "", "", "", "", item.finding_id)
        height = _write(sheet, number, texts, looks["cell"], ITEM_WIDTHS)
        for column in (6, 7, 8):
            sheet.write_blank(number, column, None, looks["open"])
        if picture is None or picture.sha256 is None:
            why = (RECORD_LOST if item.pictures else item.unshown) or RECORD_LOST
            sheet.write_string(number, PICTURE, printable(f"{NO_PICTURE}：{why}"), looks["cell"])
            continue
        first = first_rows.setdefault((item.subject, picture.sha256), number)
        if first == number:
            caption = f"{_cut(picture.url)}\n{picture.taken_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}截图"
            look, box, lines = looks["under"], LARGE, _lines(caption, ITEM_WIDTHS[PICTURE])
        else:
            caption, look, box, lines = f"大图见第{first + 1}行", looks["beside"], SAME, 0
        sheet.write_string(number, PICTURE, "\n".join(printable(part) for part in caption.split("\n")), look)
        sheet.set_row(number, max(height, box[1] * POINTS + lines * LINE_HEIGHT + 6))
        shown = pictures[picture.sha256]
        width, height = _size(shown)
        scale = min(box[0] / width, box[1] / height)
        placed = {
            "image_data": io.BytesIO(shown), "x_scale": scale, "y_scale": scale, "x_offset": 3, "y_offset": 3,
            "object_position": 1,
            "description": f"{printable(item.name)}的页面图：{printable(picture.url)}"[:LONGEST_ALT],
        }  # fmt: skip
        sheet.insert_image(number, PICTURE, "page.jpg", placed)
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
            lines = max(lines, _lines(shown, widths[column]))
        else:
            sheet.write_blank(row, column, None, look)
    height = min(lines * LINE_HEIGHT + 4, 400)
    sheet.set_row(row, height)
    return height


def _lines(text: str, width: int) -> int:
    """How many lines a text takes in a column of so many characters."""
    return sum(max(1, math.ceil(2 * width_of(part) / (width - 2))) for part in text.split("\n"))


def _cut(address: str) -> str:
    return address if len(address) <= LONGEST_CAPTION else f"{address[: LONGEST_CAPTION - 1]}…"


def _size(jpeg: bytes) -> tuple[int, int]:
    """Width and height of a JPEG, as its frame header has them; `pictures.small` makes no others."""
    at = 2
    while not (0xC0 <= jpeg[at + 1] <= 0xCF and jpeg[at + 1] not in (0xC4, 0xC8, 0xCC)):
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    height, width = (int.from_bytes(jpeg[at + n : at + n + 2], "big") for n in (5, 7))
    return width, height


# Reading


def read_worksheet(file: Path) -> Returned:
    """What a person filled in, and every bad row as `file.xlsx!sheet:row: fact`. BadInput: it is no worksheet."""
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
    bad = tuple(complaint for complaint in told if complaint.refuses)
    if not filled and not clean and not bad:
        bad = (Complaint(file.name, "没有填写任何检查结果"),)
    listed = {row.text("finding_id"): row.place for row in rows}
    return Returned(about.get("巡查", ""), about.get("检查组", ""), tuple(filled), clean, listed, bad)


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
    result = RESULTS.get(word.strip())
    if result is None:
        row.wrong(f"检查结果应为{'、'.join(RESULTS)}之一，不是{word!r}")
        return None
    if result == "found" and not note:
        row.wrong("发现问题的须写明问题描述")
    if result != "none" and row.identifier("subject") in clean:
        row.wrong(f"与 {clean[row.identifier('subject')]} 的√矛盾")
    return Filled(row.text("finding_id"), result, note, url, row.place)
