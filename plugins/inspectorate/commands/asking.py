"""Doors for what only a person can say of columns: the questions, the answers, and the unit's own list."""

import argparse
import json
import sys

from inspectorate.commands import DONE
from inspectorate.commands.deciding import known_person
from inspectorate.quarter import SHANGHAI
from inspectorate.register import BadInput, Complaint
from inspectorate.store import database, register


def questions(arguments: argparse.Namespace) -> int:
    """The questions whose answers may change a verdict as JSON lines, worst first; `--all`: the others behind them."""
    from inspectorate import asking, open_questions
    from inspectorate.commands.inspection import chosen
    from inspectorate.formats import answer_files

    with database.opened() as connection:
        inspection = chosen(connection, arguments)
        asked = open_questions.ask(connection, inspection)
    held = inspection.register
    names = held.names
    units = {u.unit_id: u.name for u in held.units}
    shown = [q for q in asked if q.asked or arguments.all]
    for question in shown:
        print(json.dumps(asking.question_row(question, names, units), ensure_ascii=False))
    if arguments.out is not None:
        answer_files.write_questions(arguments.out, shown, names, units)
    count, minutes = asking.total(asked)
    subjects = len({q.subject for q in asked if q.asked})
    rest = len(asked) - count
    print(
        f"{inspection.name}: 共{count}问，预计{minutes:g}分钟，关系{subjects}个对象的结论；"
        f"另有{rest}项未确认，现在怎样回答都不改变结论，不必问",
        file=sys.stderr,
    )
    return DONE


def import_answers(arguments: argparse.Namespace) -> int:
    """All rows are checked before the first one is written; every bad one is told."""
    from inspectorate.formats import answer_files

    answers = answer_files.read_answers(arguments.file)
    with database.opened() as connection:
        held = register.read(connection)
        columns = {(c.site_code, c.url) for c in held.columns}
        words, complaints = [], []
        for one in answers:
            try:
                known_person(held.issuer, one.by)
                if (one.site_code, one.url) not in columns:
                    raise BadInput(f"登记库中没有网站 {one.site_code} 的栏目 {one.url}")
                sha256 = register.page_of(connection, one.site_code, one.url, one.sha256)
                words.append(
                    register.answered(
                        one.site_code, one.url, one.fact, one.answer, one.reason, one.by, one.until, sha256
                    )
                )
            except BadInput as bad:
                complaints.append(Complaint(one.place, str(bad)))
        if complaints:
            raise BadInput(complaints)
        register.say(connection, words)
    print(f"答复 {len(words)} 条已记录，重新 judge 后生效", file=sys.stderr)
    return DONE


def confirm_column(arguments: argparse.Namespace) -> int:
    """One person's word on one fact of one column, with the reason; `--until` where it has to be renewed."""
    with database.opened() as connection:
        known_person(register.read(connection).issuer, arguments.by)
        sha256 = register.page_of(connection, arguments.site_code, arguments.url)
        word = register.answered(
            arguments.site_code, arguments.url, arguments.fact, arguments.value, arguments.reason, arguments.by,
            arguments.until, sha256,
        )  # fmt: skip
        register.say(connection, [word])
    return DONE


def exempt_column(arguments: argparse.Namespace) -> int:
    """Why a column need not be updated; an empty reason with `--withdraw` ends it."""
    from inspectorate.store.columns import EXEMPTIONS, Word

    if arguments.withdraw:
        reason = ""
    elif not arguments.kind or not arguments.reason.strip():
        raise BadInput("免检须用 --kind 和 --reason 写明类型和理由")
    else:
        reason = f"{EXEMPTIONS[arguments.kind]}：{arguments.reason.strip()}"
        if arguments.kind == "nothing" and arguments.until is None:
            raise BadInput("无内容可发布的免检须用 --until 写明截止日期，到期重新确认")
    with database.opened() as connection:
        known_person(register.read(connection).issuer, arguments.by)
        register.say(
            connection,
            [Word(arguments.site_code, arguments.url, "exempt", reason, arguments.by, until=arguments.until)],
        )
    return DONE


def compare_columns(arguments: argparse.Namespace) -> int:
    """The unit's own filed list beside what was found: every difference as a JSON line; nothing is changed."""
    from inspectorate.formats import register_files
    from inspectorate.register import filed_and_found

    with database.opened() as connection:
        held = register.read(connection)
        filed = register_files.read_columns(arguments.file, held)
    rows = list(filed_and_found(filed, held.columns))
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))
    told = {kind: sum(row["difference"] == kind for row in rows) for kind in ("只在报送", "只在网站", "不一致")}
    print("，".join(f"{kind}{count}个" for kind, count in told.items()), file=sys.stderr)
    return DONE


def first_seen(arguments: argparse.Namespace) -> int:
    """What a site's lists printed, and when we first saw it there: JSON lines, or with --out a CSV file."""
    from inspectorate.formats.table_files import write_csv
    from inspectorate.store import ledger

    with database.opened() as connection:
        if arguments.code not in {site.site_code for site in register.read(connection).sites}:
            raise BadInput(f"登记库中没有网站 {arguments.code}")
        rows = ledger.first_seen(connection, arguments.code, arguments.column)
    shown = [
        (
            row.column, row.column_url, str(row.place), "是" if row.pinned else "", row.title, row.url,
            row.dated.isoformat() if row.dated else "", row.first_seen.astimezone(SHANGHAI).isoformat(),
        )
        for row in rows
    ]  # fmt: skip
    names = ("column", "column_url", "place", "pinned", "title", "url", "printed", "first_seen")
    if arguments.out is None:
        for cells in shown:
            print(json.dumps(dict(zip(names, cells, strict=True)), ensure_ascii=False))
    else:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        titles = ("栏目", "栏目网址", "首见位置", "置顶", "标题", "网址", "所注日期", "首见时间")
        write_csv(arguments.out, titles, shown)
    print(f"{arguments.code}: {len(rows)} 条", file=sys.stderr)
    return DONE
