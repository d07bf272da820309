"""A person's doors: list findings, decide them, attest what no machine examines, set a subject aside."""

import argparse
import json
import sys
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from inspectorate import edition, judge
from inspectorate.commands import DONE
from inspectorate.commands.inspection import chosen, finding_line
from inspectorate.finding import Ruling
from inspectorate.quarter import SHANGHAI, Quarter
from inspectorate.register import BadInput, Complaint, Issuer
from inspectorate.store import database, signing, worksheets
from inspectorate.store import finding as kept
from inspectorate.worksheet import objections

if TYPE_CHECKING:
    from inspectorate.store.inspection import Inspection


def findings(arguments: argparse.Namespace) -> int:
    """Every finding as a JSON line; `--open`: those that a person has yet to decide before a paper may be signed.

    What an inspection team's people found or disagree about is told in `because`, and is open until it is decided.
    """
    with database.opened() as connection:
        inspection = chosen(connection, arguments)
        found = kept.read_decided(connection, inspection)
        weighed = judge.weighing(found, edition.load().editions)
        names = {p.sign_in: p.name for p in inspection.register.issuer.people}
        objected = {(o.clause, o.subject): o.say(names) for o in objections(worksheets.read(connection, inspection))}
        for finding in found:
            said = objected.get((finding.clause, finding.subject)) if finding.decision is Ruling.NONE else None
            if arguments.open and not said and not judge.awaits_decision(finding, weighed):
                continue
            if said:
                finding = replace(finding, because=said)
            print(json.dumps(finding_line(inspection, finding), ensure_ascii=False))
    return DONE


def decide(arguments: argparse.Namespace) -> int:
    from inspectorate.store import inspection as inspections

    quarter, number, clause, subject = parts(arguments.finding_id)
    ruling = Ruling(arguments.ruling)
    _check_ruling(ruling, arguments.reason, arguments.phrase)
    with database.opened() as connection:
        inspection = inspections.find(connection, quarter, number)
        known_person(inspection.register.issuer, arguments.by)
        signing.refuse_published(connection, inspection)
        kept.decide(
            connection, inspection, clause, subject, ruling, arguments.reason, arguments.by, _now(), arguments.phrase
        )
    return DONE


def import_decisions(arguments: argparse.Namespace) -> int:
    """All rows are checked before the first one is written; every bad one is told."""
    from inspectorate.formats import ledger_files
    from inspectorate.store import inspection as inspections

    rows = ledger_files.read_decisions(arguments.file)
    with database.opened() as connection:
        ruled: list[kept.Ruled] = []
        complaints = []
        for row in rows:
            try:
                quarter, number, clause, subject = parts(row.finding_id)
                inspection = inspections.find(connection, quarter, number)
                known_person(inspection.register.issuer, row.by)
                signing.refuse_published(connection, inspection)
                kept.check(connection, inspection, clause, subject)
                ruled.append(kept.Ruled(inspection, clause, subject, row.ruling, row.reason, row.by, row.phrase))
            except BadInput as bad:
                complaints.append(Complaint(row.place, str(bad)))
        if complaints:
            raise BadInput(complaints)
        kept.decide_all(connection, ruled, _now())
    print(f"复核意见 {len(rows)} 条", file=sys.stderr)
    return DONE


def attest(arguments: argparse.Namespace) -> int:
    with database.opened() as connection:
        inspection = chosen(connection, arguments)
        known_person(inspection.register.issuer, arguments.by)
        signing.refuse_published(connection, inspection)
        if arguments.clause not in inspection.clauses:
            raise BadInput(f"{inspection.name}: 本次巡查没有启用指标 {arguments.clause}")
        running = _running(inspection)
        if strangers := [code for code in arguments.excepted if code not in running]:
            raise BadInput(f"{inspection.name}: 不在本次巡查范围: {'、'.join(strangers)}")
        kept.attest(connection, inspection, arguments.clause, arguments.by, _now(), arguments.excepted)
    return DONE


def set_aside(arguments: argparse.Namespace) -> int:
    if not arguments.reason.strip():
        raise BadInput("未纳入检查须写明理由")
    with database.opened() as connection:
        inspection = chosen(connection, arguments)
        known_person(inspection.register.issuer, arguments.by)
        signing.refuse_published(connection, inspection)
        kept.set_aside(connection, inspection, arguments.subject, arguments.reason, arguments.by, _now())
    return DONE


def parts(finding: str) -> tuple[Quarter, int, str, str]:
    parts = finding.split("/")
    try:
        quarter, number, clause, subject = parts
        return Quarter.parse(quarter), int(number), clause, subject
    except ValueError:
        raise BadInput(f"判定编号应写作 季度/次数/指标/对象: {finding!r}") from None


def _check_ruling(ruling: Ruling, reason: str, phrase: str) -> None:
    if not reason.strip():
        raise BadInput("复核须写明理由")
    if ruling is Ruling.AMENDED and not phrase.strip():
        raise BadInput("更正（amended）须用 --phrase 写明更正后的表述")
    if ruling is not Ruling.AMENDED and phrase:
        raise BadInput("只有更正（amended）可以带 --phrase")


def known_person(issuer: Issuer, sign_in: str) -> None:
    """BadInput if nobody of the office signs in by this name."""
    if issuer.person(sign_in) is None:
        known = "、".join(p.sign_in for p in issuer.people) or "无"
        raise BadInput(f"issuer.yaml 的 people 中没有 {sign_in!r}（现有: {known}）")


def _running(inspection: "Inspection") -> set[str]:
    from inspectorate.quarter import day_of

    day = day_of(inspection.inspected_at)
    register = inspection.register
    return {s.site_code for s in register.running_sites(day)} | {a.account_id for a in register.running_accounts(day)}


def _now() -> datetime:
    return datetime.now(SHANGHAI)
