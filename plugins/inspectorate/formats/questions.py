"""A unit's own list (问题清单.xlsx): what was found of it and all that was counted, as texts and no formulas."""

import io
from collections.abc import Iterable
from datetime import UTC, datetime

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from inspectorate.letter import LetterItem
from inspectorate.wording import printable

LARGEST_CELL = 32_000  # a cell of XLSX holds 32767 characters
ITEM_HEADS = ("序号", "标识码", "名称", "指标", "突出问题", "认定情况", "单位说明")
PROOF_HEADS = ("问题序号", "序号", "地址", "情况", "取证时间")


def print_questions(title: str, unit: str, items: Iterable[LetterItem], made_at: datetime) -> bytes:
    """One sheet of findings, with an empty column for the unit's word, and one of all that was counted."""
    kept = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(kept, options)
    book.set_properties({"title": printable(title), "created": made_at.astimezone(UTC).replace(tzinfo=None)})
    line = {"border": 1, "valign": "vcenter", "text_wrap": True, "font_size": 11, "num_format": "@"}
    head = book.add_format({**line, "font_name": "黑体", "align": "center"})
    cell = book.add_format({**line, "font_name": "仿宋_GB2312"})
    top = book.add_format({"font_name": "方正小标宋简体", "font_size": 16, "align": "center", "valign": "vcenter"})
    rows = list(items)
    found = _sheet(book, "问题清单", f"{printable(unit)}问题清单", ITEM_HEADS, (6, 16, 34, 14, 40, 60, 40), head, top)
    for line_number, item in enumerate(rows, 2):
        texts = (str(item.number), item.subject, item.name, item.clause, item.phrase, item.because, "")
        _write(found, line_number, texts, cell)
    counted = _sheet(book, "逐条证据", "逐条证据", PROOF_HEADS, (10, 8, 70, 60, 18), head, top)
    proofs = [(item.number, proof) for item in rows for proof in item.proof]
    for line_number, (number, proof) in enumerate(proofs, 2):
        _write(counted, line_number, (str(number), str(proof.number), proof.url, proof.what, proof.fetched_at), cell)
    book.close()
    return kept.getvalue()


def _sheet(
    book: xlsxwriter.Workbook,
    name: str,
    title: str,
    heads: tuple[str, ...],
    widths: tuple[int, ...],
    head: Format,
    top: Format,
) -> Worksheet:
    sheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C— &P —")
    sheet.set_row(0, 30)
    sheet.merge_range(0, 0, 0, len(heads) - 1, title, top)
    for column, (word, width) in enumerate(zip(heads, widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(1, column, word, head)
    sheet.repeat_rows(1, 1)
    sheet.freeze_panes(2, 0)
    return sheet


def _write(sheet: Worksheet, row: int, texts: tuple[str, ...], cell: Format) -> None:
    for column, text in enumerate(texts):
        if shown := printable(text)[:LARGEST_CELL]:
            sheet.write_string(row, column, shown, cell)
        else:
            sheet.write_blank(row, column, None, cell)
