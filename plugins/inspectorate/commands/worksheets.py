"""Doors for what inspection teams look at by hand: worksheets out, and what people entered back in."""

import argparse
import hashlib
import json
import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from psycopg2.extensions import connection as Connection

from inspectorate.commands import DONE
from inspectorate.commands import inspection as steps
from inspectorate.commands.deciding import known_person
from inspectorate.desk import kept_page
from inspectorate.finding import Finding, finding_id
from inspectorate.quarter import SHANGHAI
from inspectorate.register import BadInput, Complaint
from inspectorate.store import database, signing, worksheets
from inspectorate.store import finding as kept
from inspectorate.store import inspection as inspections
from inspectorate.store.inspection import Inspection
from inspectorate.worksheet import Entry, Worksheet, compose_worksheets, objections

if TYPE_CHECKING:
    from inspectorate.formats import worksheet_files


def hand_out(arguments: argparse.Namespace) -> int:
    """A workbook a team; what each of them is about, as JSON lines."""
    from inspectorate.formats import worksheet_files

    with database.opened() as connection:
        inspection = steps.chosen(connection, arguments)
        judged = steps.judged_before(connection, inspection)
        taken = steps.pictures_of(connection, inspection)
        made = compose_worksheets(
            judged.quarter, inspection.number, inspection.register, inspection.inspected_at,
            kept.read(connection, inspection), judged.editions, arguments.all, taken,
        )  # fmt: skip
        if not made:
            raise BadInput(f"{inspection.name}: 没有须人工检查的指标")
        arguments.out.mkdir(parents=True, exist_ok=True)
        for one in made:
            pictures = _pictures(connection, one)
            name = re.sub(r"[^\w-]", "_", one.team)
            file = arguments.out / f"{inspection.quarter}-{inspection.number}-{name}.xlsx"
            file.write_bytes(worksheet_files.print_worksheet(one, inspection.inspected_at, pictures))
            told = {"team": one.team, "subjects": len(one.subjects), "items": len(one.items)}
            print(json.dumps(told | {"pictures": len(pictures), "file": str(file)}, ensure_ascii=False))
    return DONE


def _pictures(connection: Connection, sheet: Worksheet) -> dict[str, bytes]:
    """The pictures that stand beside the rows, small, by digest; one whose record is lost is told, and left out."""
    from inspectorate.formats.pictures import small

    found: dict[str, bytes | None] = {}
    for item in sheet.items:
        for one in item.pictures:
            if one.sha256 is None:
                continue
            if one.sha256 not in found:
                try:
                    found[one.sha256] = small(kept_page(connection, one.sha256).body)
                    why = "不是图片"
                except BadInput as lost:
                    found[one.sha256], why = None, str(lost)
                if found[one.sha256] is None:
                    print(f"{item.subject} {one.url}: 页面图未附：{why}", file=sys.stderr)
            if found[one.sha256] is not None:
                break
    return {digest: body for digest, body in found.items() if body is not None}


def take_in(arguments: argparse.Namespace) -> int:
    """All rows are checked before the first one is written; every bad one is told. Disagreements are told too."""
    from inspectorate.formats import worksheet_files

    returned = worksheet_files.read_worksheet(arguments.file)
    with database.opened() as connection:
        try:
            quarter, number = inspections.parse_name(returned.inspection)
        except BadInput:
            bad = Complaint(arguments.file.name, "“说明”中的巡查编号已被改动")
            raise BadInput([*returned.complaints, bad]) from None
        inspection = inspections.find(connection, quarter, number)
        known_person(inspection.register.issuer, arguments.by)
        signing.refuse_published(connection, inspection)
        entries = _entries(connection, inspection, returned, arguments.by, datetime.now(SHANGHAI))
        sha256 = hashlib.sha256(arguments.file.read_bytes()).hexdigest()
        news = worksheets.keep(connection, inspection, entries, arguments.file.name, sha256)
        open_ones = objections(worksheets.read(connection, inspection))
    names = {p.sign_in: p.name for p in inspection.register.issuer.people}
    print(f"{inspection.name} {returned.team}: 检查结果 {len(entries)} 条，新增 {news} 条", file=sys.stderr)
    for one in open_ones:
        print(f"待复核 {one.tell(names)}", file=sys.stderr)
    return DONE


def _entries(
    connection: Connection, inspection: Inspection, returned: "worksheet_files.Returned", by: str, at: datetime
) -> list[Entry]:
    """The rows as entries; a tick stands for all rows of its subject that say nothing else. BadInput: all bad rows."""
    found: dict[str, Finding] = {
        finding_id(inspection.quarter, inspection.number, f.clause, f.subject): f
        for f in kept.read(connection, inspection)
    }
    made: dict[str, Entry] = {}
    told = list(returned.complaints)
    for row in returned.filled:
        finding = found.get(row.finding_id)
        if finding is None or finding.outcome != "not_examined":
            told.append(Complaint(row.place, f"{row.finding_id}: 没有这条须人工检查的判定（编号可能已被改动）"))
        elif row.finding_id in made:
            told.append(Complaint(row.place, f"{row.finding_id}: 重复"))
        else:
            made[row.finding_id] = Entry(
                finding.clause, finding.subject, finding.digest, returned.team, row.result, row.note, row.url, by, at
            )
    own_of: dict[str, dict[str, Finding]] = {}
    filled = {row.place for row in returned.filled}
    for key, place in returned.listed.items():
        if (one := found.get(key)) is not None:
            own_of.setdefault(one.subject, {})[key] = one
        elif place not in filled:
            told.append(Complaint(place, f"{key}: 没有这条须人工检查的判定（编号可能已被改动）"))
    for subject, place in returned.clean.items():
        own = {key: f for key, f in own_of.get(subject, {}).items() if f.outcome == "not_examined"}
        if not own:
            told.append(Complaint(place, f"{subject}: 本表没有这个对象的检查项"))
        for key, f in own.items():
            made.setdefault(key, Entry(f.clause, f.subject, f.digest, returned.team, "none", "", "", by, at))
    if told:
        raise BadInput(sorted(told, key=_in_the_file))
    return list(made.values())


def _in_the_file(complaint: Complaint) -> tuple[str, int]:
    """Sheet by sheet and row by row, as a person mends them."""
    sheet, _, row = complaint.place.rpartition(":")
    return (sheet, int(row)) if row.isdecimal() else (complaint.place, 0)
