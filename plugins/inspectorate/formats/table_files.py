"""Tables as people hand them in: CSV as Excel writes it, or the sheets of one workbook, read into rows of text."""

import codecs
import csv
import io
import re
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.exceptions import InvalidFileException

from inspectorate.register import BadInput, Complaint

LARGEST = 256 * 1024 * 1024  # bytes of a CSV file
UNPACKED = 32 * 1024 * 1024  # bytes of a workbook, unpacked: ten times as much in memory
MOST_COLUMNS = 200  # of a sheet
_FORMULA = re.compile(r"[=+\-@\t＝＋－＠]")
_DEFUSED = re.compile(r"'+[=+\-@\t＝＋－＠]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_EDGES = "\ufeff\u200b\u200c\u200d\u2060\xa0\u3000 \t\r\n"
_BROKEN_WORKBOOK = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, InvalidFileException, ElementTree.ParseError, SyntaxError,
    KeyError, IndexError, ValueError, TypeError, AttributeError, EOFError, OSError, OverflowError,
    NotImplementedError, RuntimeError, AssertionError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number as the person sees it, and its cells."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV file or one sheet. `header` is the first row that is not empty."""

    name: str  # file name without suffix, or the sheet's title
    place: str  # `sites.csv`, `file.xlsx!sites`
    header: Line
    lines: tuple[Line, ...]
    mac: bool = False  # serial dates count from 1904

    def at(self, number: int) -> str:
        return f"{self.place}:{number}"


# Formulas. A cell that a spreadsheet would take for one is written with an apostrophe before it,
# and exactly that apostrophe is taken off again when it is read.


def defuse(text: str) -> str:
    """What a cell says, so that no spreadsheet takes it for a formula."""
    return "'" + text if _FORMULA.match(text) or _DEFUSED.match(text) else text


def undefuse(text: str) -> str:
    """The opposite of `defuse`."""
    return text[1:] if text.startswith("'") and _DEFUSED.match(text) else text


# Reading


def read_csv(file: Path) -> tuple[Table, list[Complaint]]:
    """One CSV file: UTF-8 with or without BOM, or GB18030; separated by comma, semicolon or tab."""
    complaints: list[Complaint] = []
    text, skipped = _without_sep_line(_decode(file, complaints))
    rows: list[Line] = []
    first = text.lstrip("\r\n").split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(first), strict=True)
    start = 1
    name = file.name
    try:
        for cells in reader:
            line = Line(start + skipped, tuple(_csv_cell(cell, name, start + skipped, complaints) for cell in cells))
            start = reader.line_num + 1
            rows.append(line)
    except csv.Error as wrong:
        fact = "引号没有闭合" if "unexpected end" in str(wrong) else f"CSV 格式有误（{wrong}）"
        complaints.append(Complaint(f"{file.name}:{start + skipped}", fact))
    return _table(file.stem, file.name, rows, complaints), complaints


def read_workbook(file: Path) -> tuple[list[Table], list[Complaint]]:
    """Every sheet of an .xlsx file that holds anything; BadInput if it is no such file."""
    _check_workbook(file)
    complaints: list[Complaint] = []
    tables = []
    try:
        with warnings.catch_warnings(action="ignore"):  # of what openpyxl leaves out: validations, styles, pictures
            book = openpyxl.load_workbook(file, data_only=False, keep_links=False)
        for sheet in book.worksheets:
            place = f"{file.name}!{sheet.title}"
            for merged in sheet.merged_cells.ranges:
                what = "表头" if merged.min_row == 1 else "单元格"
                complaints.append(
                    Complaint(f"{place}:{merged.min_row}", f"{what}有合并: {merged}，请取消合并，每格单独填写")
                )
            widest = max((cell.column for cell in sheet._cells.values() if cell.value is not None), default=0)
            if widest > MOST_COLUMNS:
                complaints.append(Complaint(f"{place}:1", f"第{MOST_COLUMNS}列以后还有内容（共{widest}列）"))
            rows = [
                Line(number, tuple(_sheet_cell(cell, place, complaints) for cell in cells))
                for number, cells in _filled_rows(sheet)
            ]
            if rows:
                table = _table(sheet.title, place, rows, complaints)
                tables.append(Table(table.name, place, table.header, table.lines, mac=book.epoch == CALENDAR_MAC_1904))
    except _BROKEN_WORKBOOK as broken:
        raise BadInput([Complaint(file.name, f"工作簿已损坏，无法读取（{_brief(broken)}）")]) from None
    return tables, complaints


def read_tables(file: Path) -> tuple[list[Table], list[Complaint]]:
    """The table or tables of one file, by its suffix."""
    if not file.is_file():
        raise BadInput([Complaint(file.name, "没有这个文件")])
    if file.suffix.lower() in (".csv", ".txt", ".tsv"):
        table, complaints = read_csv(file)
        return [table], complaints
    return read_workbook(file)


def _table(name: str, place: str, rows: Sequence[Line], complaints: list[Complaint]) -> Table:
    filled = [row for row in rows if any(row.cells)]
    if not filled:
        return Table(name, place, Line(1, ()), ())
    header, lines = filled[0], filled[1:]
    for line in lines:
        if len(line.cells) > len(header.cells) and any(line.cells[len(header.cells) :]):
            complaints.append(
                Complaint(f"{place}:{line.number}", f"有{len(line.cells)}格，多于表头的{len(header.cells)}格")
            )
    return Table(name, place, header, tuple(lines))


def _csv_cell(cell: str, name: str, number: int, complaints: list[Complaint]) -> str:
    if not cell:
        return ""
    if '="' in cell:  # how systems keep leading zeros from Excel
        quoted = re.fullmatch(r'="(.*)"', cell.strip(), re.DOTALL)
        if quoted:
            return _cell(quoted[1], name, number, complaints, typed=True)
    return _cell(cell, name, number, complaints, typed=False)


def _cell(text: str, place: str, number: int, complaints: list[Complaint], typed: bool) -> str:
    """Clean text of one cell; control characters and formulas are complained of. `typed`: known to be no formula."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.strip(_EDGES)
    if _CONTROL.search(text):
        complaints.append(Complaint(f"{place}:{number}", f"有不可见的控制字符: {text!r}"))
        return _CONTROL.sub("", text)
    if text.startswith("=") and not typed:
        complaints.append(Complaint(f"{place}:{number}", f"单元格是公式，请改为数值: {text!r}"))
    return undefuse(text)


def _sheet_cell(cell: Any, place: str, complaints: list[Complaint]) -> str:
    """One cell of a sheet as the text that a CSV file would hold."""
    value = cell.value
    where = f"{place}:{cell.row}"
    if value is None:
        return ""
    if cell.data_type == "f":
        complaints.append(Complaint(where, f"单元格 {get_column_letter(cell.column)}{cell.row} 是公式，请改为数值"))
        return ""
    if cell.data_type == "e":
        complaints.append(Complaint(where, f"单元格 {get_column_letter(cell.column)}{cell.row} 是错误值 {value}"))
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int | float):
        return str(int(value)) if value == int(value) else repr(value)
    return _cell(str(value), place, cell.row, complaints, typed=True)


def _filled_rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """The rows of a sheet that hold a value, whatever lies between them."""
    last: dict[int, int] = {}
    values = [cell for cell in sheet._cells.values() if cell.value is not None]  # iter_rows would make every empty one
    for cell in values:
        last[cell.row] = max(last.get(cell.row, 0), min(cell.column, MOST_COLUMNS))
    for number in sorted(last):
        yield number, [sheet.cell(number, column) for column in range(1, last[number] + 1)]


def _check_workbook(file: Path) -> None:
    """Refuse what is no .xlsx, what is encrypted and what would unpack to something enormous."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        magic = opened.read(8)
    if magic.startswith(bytes.fromhex("d0cf11e0")):
        raise BadInput([Complaint(file.name, "文件设有打开密码，或是旧版 .xls 格式，请另存为不加密的 .xlsx")])
    if not magic.startswith(b"PK"):
        raise BadInput([Complaint(file.name, "不是 .xlsx 工作簿")])
    try:
        with zipfile.ZipFile(file) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
            names = {part.filename for part in packed.infolist()}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeDecodeError) as broken:
        raise BadInput([Complaint(file.name, f"工作簿已损坏，无法读取（{_brief(broken)}）")]) from None
    if max(size, unpacked) > UNPACKED:
        raise BadInput(
            [Complaint(file.name, f"工作簿解开后有 {max(size, unpacked) >> 20} MB，超过 {UNPACKED >> 20} MB")]
        )
    if "[Content_Types].xml" not in names:
        raise BadInput([Complaint(file.name, "不是 .xlsx 工作簿")])


def _brief(broken: BaseException) -> str:
    return f"{type(broken).__name__}: {broken}"[:120].replace("\n", " ")


# Encodings


def _decode(file: Path, complaints: list[Complaint]) -> str:
    """The text of a file in UTF-8 or GB18030; the rows that fit neither are named."""
    if file.stat().st_size > LARGEST:
        raise BadInput([Complaint(file.name, f"文件超过 {LARGEST >> 20} MB")])
    raw = file.read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadInput([Complaint(file.name, "文件是 UTF-16 编码，请另存为“CSV UTF-8（逗号分隔）”")])
    if raw.startswith(b"PK\x03\x04"):
        raise BadInput([Complaint(file.name, "文件是工作簿而不是 CSV")])
    bom = raw.startswith(codecs.BOM_UTF8)
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    lines = raw.splitlines(keepends=True) if b"\n" in raw else re.split(rb"(?<=\r)", raw)
    encoding = "utf-8" if bom or _mostly_utf8(lines) else "gb18030"
    decoded = []
    for number, line in enumerate(lines, start=1):
        try:
            decoded.append(line.decode(encoding))
        except UnicodeDecodeError:
            complaints.append(Complaint(f"{file.name}:{number}", f"有不是 {encoding.upper()} 编码的文字"))
            decoded.append(line.decode(encoding, "replace"))
    return "".join(decoded)


def _mostly_utf8(lines: Iterable[bytes]) -> bool:
    """More of the lines with Chinese are UTF-8 than not: a few broken rows do not make a file GB18030."""
    tally = [0, 0]
    for line in lines:
        if not line.isascii():
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                tally[1] += 1
            else:
                tally[0] += 1
    return tally[0] > tally[1]


def _without_sep_line(text: str) -> tuple[str, int]:
    """Excel's own first line `sep=;` names the separator and is no header; it still counts as a line."""
    found = re.match(r'"?sep=(.)"?\r?\n', text)
    return (text[found.end() :], 1) if found else (text, 0)


def _delimiter(header: str) -> str:
    """Whichever of Excel's separators cuts the header into most cells."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max((",", ";", "\t"), key=bare.count)


# Headers


@dataclass(frozen=True, slots=True)
class Field:
    """One header: its English name, its Chinese titles, and whether it may be missing or empty."""

    name: str
    titles: tuple[str, ...]
    mandatory: bool = False

    def __str__(self) -> str:
        return f"{self.name}({self.titles[0]})"


class Row:
    """One row under its headers. A question whose answer is wrong is complained of and answered with nothing."""

    def __init__(
        self, table: Table, line: Line, fields: Sequence[Field], at: dict[str, int], told: list[Complaint]
    ) -> None:
        self.table = table
        self.line = line
        self.fields = {field.name: field for field in fields}
        self.at = at
        self.told = told
        for field in fields:
            if field.mandatory and field.name in at and not self.text(field.name):
                self.wrong(f"缺少 {field}")

    @property
    def place(self) -> str:
        return self.table.at(self.line.number)

    def unsaid(self) -> tuple[str, ...]:
        """The fields that the whole file has no column for."""
        return tuple(name for name in self.fields if name not in self.at)

    def wrong(self, fact: str) -> None:
        self.told.append(Complaint(self.place, fact))

    def doubt(self, fact: str) -> None:
        self.told.append(Complaint(self.place, fact, refuses=False))

    def text(self, name: str) -> str:
        """The cell as it stands; empty where the column is missing."""
        index = self.at.get(name)
        return "" if index is None or index >= len(self.line.cells) else self.line.cells[index]

    def read(self, name: str, reader: Callable[[str], Any]) -> Any:
        """What a reader makes of a cell, or of nothing the empty text; its ValueError is this row's fault."""
        text = self.identifier(name) if name in ("site_code", "successor", "uid") else self.text(name)
        if not text:
            return ""
        try:
            return reader(text)
        except ValueError as wrong:
            self.wrong(f"{self.fields[name]}: {wrong}")
            return ""

    def identifier(self, name: str) -> str:
        """A number or code that a spreadsheet may have mangled: `3415000048.0` is 3415000048."""
        text = unicodedata.normalize("NFKC", self.text(name)).strip()
        if re.fullmatch(r"\d+(\.\d+)?[eE]\+?\d+", text):
            self.wrong(f"{self.fields[name]} 被表格软件改成了科学计数法，原来的数字已丢失: {text!r}")
            return ""
        return re.sub(r"^(\d+)\.0+$", r"\1", text)

    def choice(self, name: str, words: dict[str, str]) -> str:
        """The English word for a cell, which may hold either language's."""
        text = unicodedata.normalize("NFKC", self.text(name)).strip().lower()
        if not text:
            return ""
        if text not in words:
            choices: dict[str, str] = {}
            for word, english in words.items():
                if word != english:
                    choices.setdefault(english, f"{english}({word})")
            known = "、".join(choices.get(english, english) for english in dict.fromkeys(words.values()))
            self.wrong(f"{self.fields[name]} 的取值 {self.text(name)!r} 不在 {known} 之内")
            return ""
        return words[text]

    def yes_no(self, name: str) -> bool | None:
        word = self.choice(name, {"yes": "yes", "no": "no", "是": "yes", "否": "no", "true": "yes", "false": "no"})
        return None if word == "" else word == "yes"

    def day(self, name: str) -> date | None:
        text = unicodedata.normalize("NFKC", self.text(name)).strip()
        if not text:
            return None
        try:
            return read_loose_day(text, self.table.mac)
        except ValueError as wrong:
            self.wrong(f"{self.fields[name]}: {wrong}")
            return None


def read_loose_day(text: str, mac: bool = False) -> date:
    """A day as people and spreadsheets write it: 2018-09-01, 2018/9/1, 2018年9月1日, 20180901, or a serial number."""
    found = re.fullmatch(
        r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00?:00(?::00(?:\.0+)?)?)?", text
    ) or re.fullmatch(r"((?:19|20)\d{2})(\d{2})(\d{2})", text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
        if re.fullmatch(r"[2-6]\d{4}(?:\.0+)?", text):  # 1954 to 2091
            first = date(1904, 1, 1) if mac else date(1899, 12, 30)
            return date.fromordinal(first.toordinal() + int(float(text)))
    except ValueError:
        pass
    raise ValueError(f"日期应为 YYYY-MM-DD 格式: {text!r}")


def rows_of(table: Table, fields: Sequence[Field], header_map: dict[str, str], told: list[Complaint]) -> list[Row]:
    """The rows of a table under its headers; unknown, missing and doubled headers are complained of.

    `header_map` says what other headers are, by their normal form: one of ours, or empty for `ignore`.
    """
    names = {normal(title): field.name for field in fields for title in (field.name, *field.titles)}
    place = table.at(table.header.number)
    at: dict[str, int] = {}
    for index, title in enumerate(table.header.cells):
        if not title:
            filled = next((line for line in table.lines if len(line.cells) > index and line.cells[index]), None)
            if filled:
                told.append(Complaint(place, f"第{index + 1}列没有表头，但第{filled.number}行有内容"))
            continue
        ours = header_map.get(normal(title))
        if ours == "":
            continue
        name = names.get(normal(ours or title))
        if name is None:
            known = "、".join(str(field) for field in fields)
            told.append(Complaint(place, f"未知列 {title!r}（应为 {known}；其他列请用 --map 说明）"))
        elif name in at:
            told.append(Complaint(place, f"列 {title!r} 与第{at[name] + 1}列重复"))
        else:
            at[name] = index
    for field in fields:
        if field.mandatory and field.name not in at:
            told.append(Complaint(place, f"缺少列 {field}"))
    return [Row(table, line, fields, at, told) for line in table.lines]


def normal(title: str) -> str:
    """A header without case, blanks, full-width forms and the stars and circles that mark mandatory ones."""
    return re.sub(r"[\s*○●_-]+", "", unicodedata.normalize("NFKC", title)).casefold()


# Writing


def write_csv(file: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A CSV file that Excel opens as it is: UTF-8 with BOM, formulas defused."""
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows([defuse(cell) for cell in row] for row in rows)


def write_workbook(file: Path, sheets: Mapping[str, tuple[Sequence[str], Iterable[Sequence[str]]]]) -> None:
    """A workbook whose every cell is text, formulas defused."""
    book = openpyxl.Workbook(write_only=True)
    for title, (header, rows) in sheets.items():
        sheet = book.create_sheet(title)
        for row in (header, *rows):
            cells = []
            for text in row:
                cell = openpyxl.cell.WriteOnlyCell(sheet, defuse(text) or None)
                if text:
                    cell.data_type = "s"
                    cell.number_format = "@"
                cells.append(cell)
            sheet.append(cells)
    book.save(file)
