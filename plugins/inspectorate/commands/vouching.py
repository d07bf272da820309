"""Doors for evidence that stopped a quarter: lay impossible rows aside, or answer for going on, both by name."""

import argparse
import json
import sys

from psycopg2.extensions import connection as Connection

from inspectorate.commands import DONE
from inspectorate.commands import inspection as steps
from inspectorate.finding import Json
from inspectorate.quarter import SHANGHAI
from inspectorate.register import BadInput, Issuer
from inspectorate.store import database, register, signing, vouching
from inspectorate.store import inspection as inspections
from inspectorate.store.inspection import Inspection

TITLES = {
    "visit": "首页访问",
    "answer": "网页应答",
    "page_visit": "页面访问",
    "letter_visit": "留言",
    "discovery": "栏目查找",
    "account_visit": "账号访问",
    "article": "条目",
    "post": "发文",
}


def void(arguments: argparse.Namespace) -> int:
    """List what the audit of evidence calls impossible; with a name and a reason take it out of evidence."""
    from expectations.recount import Audited, choose

    if (arguments.by is None) != (arguments.reason is None):
        raise BadInput("作废须同时写明 --by 和 --reason；都不写则只列出")
    with database.opened() as connection:
        inspection = _chosen(connection, arguments)
        if inspection is not None:
            signing.refuse_published(connection, inspection)
        with connection.cursor() as cursor:
            choose(cursor, Audited.of(inspection) if inspection is not None else Audited())
            rows = vouching.impossible(cursor)
            if arguments.source is not None:
                sources = sorted({row.source for row in rows if row.source})
                if arguments.source not in sources:
                    known = "、".join(sources) or "无"
                    raise BadInput(f"来源 {arguments.source!r} 没有不可能的数据，不能整体作废（有的: {known}）")
                rows += vouching.of_source(cursor, arguments.source)
        connection.rollback()
        for row in rows:
            seen_at = row.seen_at.astimezone(SHANGHAI).isoformat()
            facts: Json = {"item": row.item, "subject": row.subject, "seen_at": seen_at, "seconds": row.seconds}
            print(json.dumps(facts | {"source": row.source, "because": row.fault}, ensure_ascii=False))
        if arguments.by is None:
            print(f"不可能的数据 {len(rows)} 条，未作改动；写明 --by 和 --reason 才作废", file=sys.stderr)
            return DONE
        held = inspection.register.issuer if inspection is not None else register.read(connection).issuer
        _known(held, arguments.by)
        _reasoned(arguments.reason)
        done = vouching.void(connection, rows, arguments.reason.strip(), arguments.by)
    told = "、".join(f"{TITLES[item]}{count}条" for item, count in done.items()) or "0条"
    again = "；更正后的数据要计入，须重新导入并另立一次巡查（freeze --anew）" if inspection is not None else ""
    print(f"已作废 {told}，原样留存，不再计入{again}", file=sys.stderr)
    return DONE


def vouch(arguments: argparse.Namespace) -> int:
    """Let an inspection go on although its evidence does not reach a floor; nobody is accused by what is missing."""
    from expectations import suites

    with database.opened() as connection:
        inspection = steps.chosen(connection, arguments)
        _known(inspection.register.issuer, arguments.by)
        _reasoned(arguments.reason)
        signing.refuse_published(connection, inspection)
        stopping = {each.code: each for each in suites.evidence() if each.stops}
        for code in arguments.expectations:
            if code in suites.IMPOSSIBLE:
                raise BadInput("不可能的数据不能确认了事，请用 void 作废")
            if code not in stopping:
                known = "、".join(code for code in stopping if code not in suites.IMPOSSIBLE)
                raise BadInput(f"没有这项要求: {code!r}（可确认的: {known}）")
        vouching.vouch(connection, inspection, arguments.expectations, arguments.reason.strip(), arguments.by)
    print(f"{inspection.name}: 已记录，请重跑“检查证据”", file=sys.stderr)
    return DONE


def _chosen(connection: Connection, arguments: argparse.Namespace) -> Inspection | None:
    """The inspection; None: nothing of the quarter is frozen yet, and what stands now is looked at."""
    if arguments.inspection is None and not inspections.listed(connection, arguments.quarter):
        return None
    return steps.chosen(connection, arguments)


def _known(issuer: Issuer, sign_in: str) -> None:
    if issuer.person(sign_in) is None:
        known = "、".join(p.sign_in for p in issuer.people) or "无"
        raise BadInput(f"issuer.yaml 的 people 中没有 {sign_in!r}（现有: {known}）")


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise BadInput("须写明理由")
