"""Annex 1 as a spreadsheet (xlsx), with its two header rows; texts are written as texts and never as formulas."""

import io
import math
from collections.abc import Mapping
from datetime import UTC

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.image import Image
from xlsxwriter.worksheet import Worksheet

from inspectorate.notice import AccountRow, ListRow, Notice, SiteRow
from inspectorate.wording import printable, width_of

SITE_WIDTHS = (5, 12, 20, 22, 26, 14, 22, 14, 12, 8, 28)  # narrow enough to be read on a printed page
SITE_HEADS = ("序号", "网站标识码", "网站名称", "首页地址", "信息公开网网址", "", "", "", "", "结果", "存在的突出问题")
PAIRS = ((5, "微博", "名称", "地址"), (7, "微信", "名称", "二维码"))
ACCOUNT_HEADS = ("序号", "平台", "账号名称", "主办单位", "地址", "结果", "存在的突出问题")
LIST_HEADS = ("序号", "类别", "标识码", "名称", "主办单位")
QR_COLUMN, QR_PIXELS, QR_ROW_POINTS = 8, 76, 64
LINE_POINTS = 15
Cell = str | int


def print_annex(notice: Notice, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """Annex 1 and the other lists that the notice prints, a sheet each; the same notice gives the same bytes.

    `pictures` holds the QR codes by the file name that the register keeps; where one is missing the name stands.
    """
    kept = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(kept, options)
    moment = notice.inspected_at.astimezone(UTC).replace(tzinfo=None)
    book.set_properties({"title": printable(notice.title), "author": printable(notice.issuer), "created": moment})
    looks = _looks(book)
    words = "【" + " · ".join(notice.watermark) + "】" if notice.watermark else ""
    _sites(_sheet(book, "附件1", words), looks, notice, pictures or {})
    rows: list[tuple[Cell, ...]] = [_account(r) for r in notice.account_rows]
    if rows:
        title = notice.titles["accounts"]
        _list(_sheet(book, "不合格账号", words), looks, title, ACCOUNT_HEADS, rows, (6, 8, 30, 34, 40, 9, 40))
    for sheet, name, reason, listed in (
        ("未纳入检查", "set_aside", "未纳入原因", notice.set_aside),
        ("待核", "unjudged", "待核事项", notice.unjudged),
    ):
        if listed:
            heads = (*LIST_HEADS, reason)
            found = [_listed(r) for r in listed]
            _list(_sheet(book, sheet, words), looks, notice.titles[name], heads, found, (6, 8, 14, 34, 34, 60))
    book.close()
    return kept.getvalue()


def _looks(book: xlsxwriter.Workbook) -> dict[str, Format]:
    line = {"border": 1, "valign": "vcenter", "text_wrap": True}
    return {
        "title": book.add_format(
            {"font_name": "方正小标宋简体", "font_size": 18, "align": "center", "valign": "vcenter"}
        ),
        "mark": book.add_format({"font_name": "黑体", "font_size": 12, "font_color": "#C00000", "align": "right"}),
        "head": book.add_format({**line, "font_name": "黑体", "font_size": 11, "align": "center"}),
        "mid": book.add_format({**line, "font_name": "仿宋_GB2312", "font_size": 11, "align": "center"}),
        "cell": book.add_format({**line, "font_name": "仿宋_GB2312", "font_size": 11, "num_format": "@"}),
    }


def _sheet(book: xlsxwriter.Workbook, name: str, words: str) -> Worksheet:
    """An A4 sheet turned, one page wide, with the watermark's words above and the page number below."""
    sheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=1.38, right=1.46, top=1.1, bottom=1.02)
    sheet.set_footer("&C— &P —")
    if words:
        sheet.set_header(f'&R&"黑体"&14{words}')
    return sheet


def _write(sheet: Worksheet, row: int, looks: dict[str, Format], cells: tuple[Cell, ...]) -> None:
    for column, value in enumerate(cells):
        if isinstance(value, int):
            sheet.write_number(row, column, value, looks["mid"])
        elif text := printable(value):
            sheet.write_string(row, column, text, looks["cell"])
        else:
            sheet.write_blank(row, column, None, looks["cell"])


def _sites(sheet: Worksheet, looks: dict[str, Format], notice: Notice, pictures: Mapping[str, bytes]) -> None:
    """Title, then two header rows in which 微博 and 微信 stand over two cells each, repeated on every printed page."""
    _title(sheet, looks, notice.titles.get("sites", f"{notice.quarter.title}没有不合格政府网站"), len(SITE_HEADS))
    for column, width in enumerate(SITE_WIDTHS):
        sheet.set_column(column, column, width)
    paired = {first + i for first, *_ in PAIRS for i in (0, 1)}
    for column, head in enumerate(SITE_HEADS):
        if column not in paired:
            sheet.merge_range(1, column, 2, column, head, looks["head"])
    for first, platform, *names in PAIRS:
        sheet.merge_range(1, first, 1, first + 1, platform, looks["head"])
        for i, name in enumerate(names):
            sheet.write_string(2, first + i, name, looks["head"])
    for line, row in enumerate(notice.site_rows, 3):
        cells = _site(row)
        if picture := pictures.get(row.wechat_qr):
            cells = (*cells[:QR_COLUMN], "", *cells[QR_COLUMN + 1 :])
            lines = 1 + max(math.ceil(2 * width_of(str(c)) / w) for c, w in zip(cells, SITE_WIDTHS, strict=True))
            sheet.set_row(line, max(QR_ROW_POINTS, lines * LINE_POINTS))  # a row whose height is set does not grow
            _show(sheet, line, picture, f"{row.wechat_name}的二维码")
        _write(sheet, line, looks, cells)
    sheet.repeat_rows(1, 2)
    sheet.freeze_panes(3, 0)


def _show(sheet: Worksheet, line: int, picture: bytes, words: str) -> None:
    """A picture over its cell, as wide as a code must be to be scanned; cell pictures are unknown to older programs."""
    image = Image(io.BytesIO(picture))
    wide, high = image.width * 96 / image.x_dpi, image.height * 96 / image.y_dpi  # pixels at 100 %
    scale = QR_PIXELS / max(wide, high)
    sheet.insert_image(
        line,
        QR_COLUMN,
        "",
        {
            "image_data": io.BytesIO(picture), "description": printable(words), "object_position": 1,
            "x_scale": scale, "y_scale": scale, "x_offset": 4, "y_offset": 4,
        },
    )  # fmt: skip


def _list(
    sheet: Worksheet,
    looks: dict[str, Format],
    title: str,
    heads: tuple[str, ...],
    rows: list[tuple[Cell, ...]],
    widths: tuple[int, ...],
) -> None:
    _title(sheet, looks, title, len(heads))
    for column, (head, width) in enumerate(zip(heads, widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(1, column, head, looks["head"])
    for line, row in enumerate(rows, 2):
        _write(sheet, line, looks, row)
    sheet.repeat_rows(1, 1)
    sheet.freeze_panes(2, 0)


def _title(sheet: Worksheet, looks: dict[str, Format], title: str, columns: int) -> None:
    sheet.set_row(0, 36)
    sheet.merge_range(0, 0, 0, columns - 1, title, looks["title"])


def _site(r: SiteRow) -> tuple[Cell, ...]:
    return (
        r.number, r.site_code, r.name, r.home_url, r.disclosure_url, r.weibo_name, r.weibo_address, r.wechat_name,
        r.wechat_qr, r.result, r.problems,
    )  # fmt: skip


def _account(r: AccountRow) -> tuple[Cell, ...]:
    return (r.number, r.platform, r.name, r.unit, r.address, r.result, r.problems)


def _listed(r: ListRow) -> tuple[Cell, ...]:
    return (r.number, r.kind, r.subject, r.name, r.unit, r.reason)
