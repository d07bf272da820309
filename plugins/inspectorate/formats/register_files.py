"""The register as files: a folder of CSV or one workbook, every row checked before any is taken, and written back."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import yaml

from inspectorate.formats.issuer_file import issuer_text, read_issuer
from inspectorate.formats.ledger_files import Decided, read_decisions, read_posts, read_visits
from inspectorate.formats.pictures import read_picture
from inspectorate.formats.register_rows import EXTRAS, FIELDS, NOBODY, UNKNOWN_LEVEL, check_teams, read_register
from inspectorate.formats.table_files import (
    Table,
    normal,
    read_csv,
    read_tables,
    read_workbook,
    rows_of,
    write_csv,
    write_workbook,
)
from inspectorate.register import Account, BadInput, Column, Complaint, Issuer, Register, Site, Unit

__all__ = ["Decided", "read", "read_decisions", "read_posts", "read_visits", "write", "write_xlsx"]

_SHEETS = {
    "units": ("单位", "单位信息", "单位表"),
    "sites": ("网站", "网站信息", "网站表"),
    "accounts": ("账号", "账号信息", "账号表", "政务新媒体"),
    "columns": ("栏目", "栏目信息", "栏目表"),
}

# Reading


def read(
    source: Path, header_map: Path | None = None, known: Register | None = None
) -> tuple[Register, list[Complaint]]:
    """The register that a folder of CSV or an .xlsx holds, and the warnings about it.

    `known` is the register as it stands: rows may refer to its units and sites.
    BadInput with every bad row, and every warning too, if any row is bad.
    """
    told: list[Complaint] = []
    tables = _tables(source, told)
    issuer_place = (source if source.is_dir() else source.parent) / "issuer.yaml"
    if not tables and not issuer_place.is_file():
        titles = "、".join(f"{name}.csv" for name in _SHEETS)
        raise BadInput([*told, Complaint(source.name, f"没有可导入的文件（应有 {titles} 之一或 issuer.yaml）")])
    headers = _read_header_map(header_map) if header_map else {}
    rows = {
        name: rows_of(table, FIELDS[name], headers.get(name, headers[""]) if headers else {}, told)
        for name, table in tables.items()
    }
    issuer = Issuer()
    if issuer_place.is_file():
        issuer, wrong = read_issuer(issuer_place)
        told += wrong
    known = known or Register()
    register = read_register(rows, issuer, known, issuer_place.parent)
    register = replace(register, unsaid={name: said[0].unsaid() for name, said in rows.items() if said})
    told += check_teams(issuer, {site.site_code for site in (*known.sites, *register.sites)}, issuer_place.name)
    if any(complaint.refuses for complaint in told):
        raise BadInput(_in_order(complaint for complaint in told if complaint.refuses))
    return register, _in_order(told)


def read_pictures(source: Path, accounts: Iterable[Account]) -> dict[str, tuple[str, bytes]]:
    """The 二维码 beside a source that was read: account → file name and bytes; what is no picture is left out."""
    folder, found = source if source.is_dir() else source.parent, {}
    for account in accounts:
        file = folder / account.qr
        picture = read_picture(file) if account.qr and file.is_file() else None
        if picture is not None:
            found[account.account_id] = (account.qr, picture)
    return found


def read_columns(file: Path, known: Register) -> tuple[Column, ...]:
    """The columns of one filed list (CSV, or a workbook's columns sheet). BadInput with every bad row."""
    told: list[Complaint] = []
    found, wrong = read_tables(file)
    told += [c for c in wrong if c.refuses]
    named = [table for table in found if _sheet_named(table.name) == "columns"] or found[:1]
    rows = {"columns": [row for table in named for row in rows_of(table, FIELDS["columns"], {}, told)]}
    columns = read_register(rows, Issuer(), known, file.parent).columns
    if bad := [complaint for complaint in told if complaint.refuses]:
        raise BadInput(_in_order(bad))
    return columns


def _tables(source: Path, told: list[Complaint]) -> dict[str, Table]:
    """The tables of a source under their English names; whatever else lies there is told."""
    if not source.exists():
        raise BadInput([Complaint(str(source), "没有这个文件夹或文件")])
    if source.is_dir():
        found = []
        for file in sorted(source.iterdir()):
            if file.suffix.lower() == ".csv" and file.is_file():
                if _sheet_named(file.stem):
                    table, wrong = read_csv(file)
                    found.append(table)
                    told += wrong
                else:
                    told.append(Complaint(file.name, "不是登记表文件，未导入", refuses=False))
    elif source.suffix.lower() == ".xlsx":
        found, wrong = read_workbook(source)
        told += [complaint for complaint in wrong if _sheet_named(_sheet_of(complaint.place, source))]
    else:
        raise BadInput([Complaint(source.name, "应为存放 CSV 文件的文件夹，或一个 .xlsx 工作簿")])
    tables: dict[str, Table] = {}
    for table in found:
        name = _sheet_named(table.name)
        if name is None:
            told.append(Complaint(table.place, "不是登记表，未导入", refuses=False))
        elif name in tables:
            told.append(Complaint(table.place, f"与 {tables[name].place} 重复"))
        elif not table.header.cells:
            told.append(Complaint(table.place, "是空表，未导入", refuses=False))
        else:
            tables[name] = table
    return tables


def _sheet_named(title: str) -> str | None:
    """The English name of a file or sheet by either language's title."""
    wanted = normal(title)
    return next((name for name, titles in _SHEETS.items() if wanted in map(normal, (name, *titles))), None)


def _sheet_of(place: str, file: Path) -> str:
    return place.removeprefix(f"{file.name}!").rpartition(":")[0]


def _read_header_map(file: Path) -> dict[str, dict[str, str]]:
    """Their headers → ours, empty for `ignore`; by table, and under an empty name for every table.

    YAML: `theirs: ours`, or the same below the name of a table. CSV: two columns, theirs and ours.
    """
    told: list[Complaint] = []
    pairs: list[tuple[str, str, str, str]] = []  # place, table, theirs, ours
    if not file.is_file():
        raise BadInput([Complaint(file.name, "没有这个表头对照文件")])
    if file.suffix.lower() == ".csv":
        table, told = read_csv(file)
        for line in (table.header, *table.lines):
            theirs, ours = [*line.cells, "", ""][:2]
            if normal(ours) not in ("ours", "本系统", "对应列"):  # a header of its own
                pairs.append((table.at(line.number), "", theirs, ours))
    else:
        pairs = _yaml_pairs(file)
    known = {normal(title) for fields in FIELDS.values() for field in fields for title in (field.name, *field.titles)}
    headers: dict[str, dict[str, str]] = {"": {}, **{name: {} for name in _SHEETS}}
    own: dict[str, dict[str, str]] = {name: {} for name in _SHEETS}
    for place, table_title, theirs, ours in pairs:
        name = _sheet_named(table_title) if table_title else ""
        ignored = normal(ours) in ("ignore", "忽略")
        if name is None:
            told.append(Complaint(place, f"未知的表 {table_title!r}"))
        elif not theirs or not (ignored or normal(ours) in known):
            told.append(Complaint(place, f"表头 {theirs!r} 对应的 {ours!r} 不是本系统的列，也不是 ignore(忽略)"))
        else:
            (own[name] if name else headers[""])[normal(theirs)] = "" if ignored else ours
    if told:
        raise BadInput(told)
    for name in _SHEETS:
        headers[name] = headers[""] | own[name]
    return headers


def _yaml_pairs(file: Path) -> list[tuple[str, str, str, str]]:
    try:
        root = yaml.compose(file.read_bytes().decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as wrong:
        raise BadInput([Complaint(file.name, f"表头对照文件格式有误: {str(wrong).splitlines()[0]}")]) from None
    if not isinstance(root, yaml.MappingNode):
        raise BadInput([Complaint(file.name, "表头对照文件应写作“他们的表头: 本系统的列”")])
    pairs = []
    for key, value in root.value:
        inner = value.value if isinstance(value, yaml.MappingNode) else [(key, value)]
        table = str(key.value) if isinstance(value, yaml.MappingNode) else ""
        for theirs, ours in inner:
            place = f"{file.name}:{theirs.start_mark.line + 1}"
            if not isinstance(ours, yaml.ScalarNode) or not isinstance(theirs, yaml.ScalarNode):
                raise BadInput([Complaint(place, "表头对照文件应写作“他们的表头: 本系统的列”")])
            pairs.append((place, table, str(theirs.value), str(ours.value)))
    return pairs


def _in_order(told: Iterable[Complaint]) -> list[Complaint]:
    """Complaints by file and line, each once."""

    def order(complaint: Complaint) -> tuple[str, int]:
        file, _, number = complaint.place.rpartition(":")
        return (file, int(number)) if number.isdigit() else (complaint.place, 0)

    return sorted(dict.fromkeys(told), key=order)


# Writing


def write(folder: Path, register: Register, pictures: Mapping[str, bytes] | None = None) -> None:
    """The register as files that read back as the same register; each file appears whole or not at all.

    `pictures`: the 二维码 by the names that the register gives them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as making:
        for name, (header, rows) in _sheets(register).items():
            write_csv(Path(making) / f"{name}.csv", header, rows)
        if register.issuer != Issuer():
            (Path(making) / "issuer.yaml").write_text(issuer_text(register.issuer), encoding="utf-8")
        for name, picture in (pictures or {}).items():
            (Path(making) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(making) / name).write_bytes(picture)
        for file in sorted(path for path in Path(making).rglob("*") if path.is_file()):
            place = folder / file.relative_to(making)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, place)


def write_xlsx(file: Path, register: Register) -> None:
    """The same as one workbook, with issuer.yaml beside it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_workbook(file, _sheets(register))
    if register.issuer != Issuer():
        (file.parent / "issuer.yaml").write_text(issuer_text(register.issuer), encoding="utf-8")


def _sheets(register: Register) -> dict[str, tuple[list[str], list[list[str]]]]:
    columns = [_column_cells(column) for column in register.columns]
    said = [name for name in EXTRAS if any(cells[name] for cells in columns)]
    rows = {
        "units": [_unit_cells(unit) for unit in register.units],
        "sites": [_site_cells(site) for site in register.sites],
        "accounts": [_account_cells(account) for account in register.accounts],
        "columns": columns,
    }
    headers = {
        name: [field.name for field in fields if field.name not in EXTRAS or field.name in said]
        for name, fields in FIELDS.items()
    }
    return {
        name: (header, [[cells[title] for title in header] for cells in rows[name]]) for name, header in headers.items()
    }


def _unit_cells(unit: Unit) -> dict[str, str]:
    return {
        "unit_id": unit.unit_id,
        "name": unit.name,
        "level": unit.level,
        "contact": unit.contact,
        "email": unit.email,
        "phone": unit.phone,
        "parent": unit.parent,
        "institution": _yes_no(unit.institution),
        "administrative": _yes_no(unit.administrative),
        "vertical": _yes_no(unit.vertical),
    }


def _site_cells(site: Site) -> dict[str, str]:
    return {
        "site_code": site.site_code,
        "name": site.name,
        "unit_id": site.unit_id,
        "kind": site.kind,
        "home_url": site.home_url,
        "disclosure_url": site.disclosure_url,
        "status": site.status,
        "domains": ";".join(site.domains),
        "valid_from": _day(site.valid_from),
        "valid_to": _day(site.valid_to),
        "successor": site.successor,
        "reason": site.reason,
    }


def _account_cells(account: Account) -> dict[str, str]:
    return {
        "account_id": account.account_id,
        "platform": account.platform,
        "name": account.name,
        "unit_id": account.unit_id,
        "address": account.address,
        "status": account.status,
        "uid": account.uid,
        "biz": account.biz,
        "qr": account.qr,
        "matrix": _yes_no(account.matrix),
        "main": _yes_no(account.main),
        "filed_on": _day(account.filed_on),
    }


def _column_cells(column: Column) -> dict[str, str]:
    same = column.owner_confirmed_by == (column.class_confirmed_by if column.owner else "")
    return {
        "site_code": column.site_code,
        "url": column.url,
        "name": column.name,
        "class": column.kind,
        "owner": column.owner,
        "parent": column.parent or ("" if column.level is not None else UNKNOWN_LEVEL),
        "exempt": column.exempt,
        "until": _day(column.exempt_until),
        "confirmed_by": column.class_confirmed_by,
        "reading": column.reading,
        "type": "" if column.type == "栏目" else column.type,
        "owner_confirmed_by": "" if same else column.owner_confirmed_by or NOBODY,
    }


def _yes_no(said: bool | None) -> str:
    return "" if said is None else "yes" if said else "no"


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
