"""Doors for judging: freeze, judge, draft, and what if another edition held."""

import argparse
import json
import sys
from datetime import datetime

from inspectorate import judge as judging
from inspectorate.commands import DONE, OURS_FAILED
from inspectorate.commands import inspection as steps
from inspectorate.commands.signing import already_published, beside_published
from inspectorate.quarter import SHANGHAI
from inspectorate.register import BadInput
from inspectorate.store import database, qr_codes, signing
from inspectorate.store import inspection as inspections


def freeze(arguments: argparse.Namespace) -> int:
    if arguments.inspected_at is not None:  # told even where the quarter is frozen already and the time changes nothing
        steps.check_moment(arguments.quarter, arguments.inspected_at, datetime.now(SHANGHAI))
    with database.opened() as connection:
        published = signing.publications(connection, str(arguments.quarter)) if arguments.official else []
        if published:
            frozen = inspections.find(connection, arguments.quarter, published[0].number)
            print(f"{frozen.name}: 已印发（{published[0].document_number}），未作改动", file=sys.stderr)
        else:
            frozen = steps.freeze(
                connection,
                arguments.quarter,
                arguments.inspected_at or datetime.now(SHANGHAI),
                "official" if arguments.official else "trial",
                anew=arguments.anew,
            )
    print(
        json.dumps(
            {
                "inspection": frozen.name,
                "standing": frozen.standing,
                "inspected_at": frozen.inspected_at.astimezone(SHANGHAI).isoformat(),
                "edition": frozen.main_edition,
            },
            ensure_ascii=False,
        )
    )
    return DONE


def judge(arguments: argparse.Namespace) -> int:
    with database.opened() as connection:
        inspection = steps.chosen(connection, arguments)
        if already_published(connection, inspection, arguments.out):
            return DONE
        judged = steps.judge_inspection(connection, inspection, arguments.out)
        beside_published(connection, judged, arguments.out)
    tell(judged)
    return DONE


def draft(arguments: argparse.Namespace) -> int:
    """Judge again, because decisions may have come since, and print the papers."""
    from inspectorate.formats.pdf import ConverterFailed
    from inspectorate.notice import Contradiction

    with database.opened() as connection:
        inspection = steps.chosen(connection, arguments)
        if already_published(connection, inspection, arguments.out):
            return DONE
        judged = steps.judge_inspection(connection, inspection, arguments.out)
        try:
            papers = steps.draft(judged, arguments.out, qr_codes.read(connection, inspection.register))
        except (ConverterFailed, Contradiction) as failed:
            print(f"本系统故障：{failed}", file=sys.stderr)
            return OURS_FAILED
        signing.keep_draft(connection, inspection, papers["notice.docx"], papers["notice.pdf"])
        beside_published(connection, judged, arguments.out)
    tell(judged)
    return DONE


def what_if(arguments: argparse.Namespace) -> int:
    """Whose verdict would change under another main edition, from the same evidence; decisions stay out of it."""
    with database.opened() as connection:
        inspection = steps.chosen(connection, arguments)
        library = steps.law(connection, inspection)
        try:
            other = library.replace_main(arguments.edition)
        except ValueError as unknown:
            raise BadInput(str(unknown)) from None
        pairs = []
        for law in (library, other):
            editions = steps.in_force(law, inspection)
            found = steps.judge_all(connection, inspection, editions, None)
            judged = steps.settle(connection, inspection, editions, found)
            pairs.append((judged.verdicts, judged.findings))
    for row in judging.what_if(*pairs):
        print(json.dumps(row, ensure_ascii=False))
    return DONE


def tell(judged: steps.Judged) -> None:
    """One line for people, and one for each platform that broke many sites at once."""
    for fault in judged.shared:
        print(f"{judged.inspection.name}: {judging.say_shared(fault)}", file=sys.stderr)
    held = judged.inspection.register
    counted = judging.figures(judged.verdicts, held.units, held.issuer)
    parts = [
        f"{name}{rate.running}个（合格{rate.passed}、不合格{rate.failed}、待核{rate.unjudged}）"
        for name, rate in (("网站", counted.sites), ("账号", counted.accounts))
        if rate.running
    ]
    print(f"{judged.inspection.name}: " + "，".join(parts), file=sys.stderr)
