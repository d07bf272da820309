"""Doors for files that people hand in: the register, visits of other monitors, ledgers of posts, messages of 找错."""

import argparse
import sys
from datetime import datetime

from inspectorate.commands import DONE
from inspectorate.quarter import SHANGHAI
from inspectorate.register import BadInput, Complaint
from inspectorate.settings import operator


def import_register(arguments: argparse.Namespace) -> int:
    from inspectorate.formats import register_files
    from inspectorate.store import database, qr_codes, register

    with database.opened() as connection:
        known = register.read(connection)
        filed, warnings = register_files.read(arguments.source, arguments.header_map, known)
        _warn(warnings)
        now = datetime.now(SHANGHAI)
        pictures = register_files.read_pictures(arguments.source, filed.accounts)
        merge = register.merge(connection, filed, operator(), now.date(), close_missing=arguments.close_missing)
        qr_codes.keep(connection, pictures, now)
    print(merge, file=sys.stderr)
    return DONE


def export_register(arguments: argparse.Namespace) -> int:
    from inspectorate.formats import register_files
    from inspectorate.store import database, qr_codes, register

    with database.opened() as connection:
        held = register.read(connection)
        register_files.write(arguments.folder, held, qr_codes.read(connection, held))
    return DONE


def import_visits(arguments: argparse.Namespace) -> int:
    from inspectorate.formats import ledger_files
    from inspectorate.store import database, evidence, register

    with database.opened() as connection:
        codes = {site.site_code for site in register.read(connection).sites}
        visits = ledger_files.read_visits(arguments.file, now=datetime.now(SHANGHAI), known=codes)
        added = evidence.land(connection, visits)
    print(f"首页访问记录 {len(visits)} 条，新增 {added} 条", file=sys.stderr)
    return DONE


def import_posts(arguments: argparse.Namespace) -> int:
    from inspectorate.formats import ledger_files
    from inspectorate.store import database, evidence, register

    with database.opened() as connection:
        posts, visits = ledger_files.read_posts(
            arguments.file, register.read(connection), visited_at=datetime.now(SHANGHAI)
        )
        added = evidence.land(connection, [*posts, *visits])
    print(f"发文 {len(posts)} 条，账号 {len(visits)} 个，新增 {added} 条", file=sys.stderr)
    return DONE


def import_errors(arguments: argparse.Namespace) -> int:
    from inspectorate.formats import ledger_files
    from inspectorate.store import database, evidence, register

    with database.opened() as connection:
        codes = {site.site_code for site in register.read(connection).sites}
        now = datetime.now(SHANGHAI)
        exported_at = arguments.exported_at or now
        if exported_at > now:
            raise BadInput(f"--exported-at 晚于现在: {exported_at}")
        messages = ledger_files.read_errors(arguments.file, exported_at, codes)
        added = evidence.land(connection, messages)
    print(f"“找错”留言 {len(messages)} 条，新增 {added} 条", file=sys.stderr)
    return DONE


def _warn(warnings: list[Complaint]) -> None:
    for warning in warnings:
        print(f"提示 {warning}", file=sys.stderr)
