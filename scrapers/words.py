"""The office's list of wrong expressions, a CSV file that it keeps itself."""

import csv
import io
from pathlib import Path

from scrapers.dialects.signs import WrongWord

HEADER = {
    "错误表述": "wrong",
    "正确表述": "right",
    "例外": "unless",
    "wrong": "wrong",
    "right": "right",
    "unless": "unless",
}
LEAST = 2  # characters: one alone is no expression


class BadWords(Exception):
    """The file cannot be taken; the message names its row and what is wrong with it."""


def read_words(path: Path) -> tuple[WrongWord, ...]:
    """UTF-8 or GB18030 with a header: 错误表述, 正确表述, perhaps 例外 (several: `;` between). All or BadWords."""
    try:
        text = _decoded(path.read_bytes())
    except OSError as error:
        raise BadWords(f"{path.name}: 无法读取（{error.strerror}）") from error
    except UnicodeDecodeError:
        raise BadWords(f"{path.name}: 不是 UTF-8 或 GB18030 文字") from None
    rows = csv.reader(io.StringIO(text))
    header = [name.strip() for name in next(rows, [])]
    if strangers := [name for name in header if name not in HEADER]:
        raise BadWords(f"{path.name}:1: 不认识的列 {'、'.join(strangers)}")
    columns = [HEADER[name] for name in header]
    if not {"wrong", "right"} <= set(columns) or len(set(columns)) < len(columns):
        raise BadWords(f"{path.name}:1: 须有“错误表述”和“正确表述”两列，各一次")
    found: dict[str, WrongWord] = {}
    for row in rows:
        if any(cell.strip() for cell in row):
            word = _read(row, columns, f"{path.name}:{rows.line_num}")
            if word.wrong in found:
                raise BadWords(f"{path.name}:{rows.line_num}: {word.wrong} 重复")
            found[word.wrong] = word
    return tuple(found.values())


def _read(row: list[str], columns: list[str], place: str) -> WrongWord:
    if len(row) > len(columns):
        raise BadWords(f"{place}: 多出 {len(row) - len(columns)} 列")
    cells = {name: "".join(cell.split()) for name, cell in zip(columns, row, strict=False)}
    wrong, right = cells.get("wrong", ""), cells.get("right", "")
    if len(wrong) < LEAST:
        raise BadWords(f"{place}: 错误表述少于 {LEAST} 个字")
    if not right or right == wrong:
        raise BadWords(f"{place}: 正确表述为空或与错误表述相同")
    unless = tuple(part for part in cells.get("unless", "").replace("；", ";").split(";") if part)
    if wrong in right:  # the right expression holds the wrong one: there it is right
        unless += (right,)
    return WrongWord(wrong, right, unless)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030")
