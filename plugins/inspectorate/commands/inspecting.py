"""The whole job without Airflow: crawl sites and accounts in scope, land, freeze, judge, draft."""

import argparse
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from psycopg2.extensions import connection as Connection

from inspectorate.commands import DONE, NOTHING_READ, OURS_FAILED, crawling, judging
from inspectorate.commands import inspection as steps
from inspectorate.quarter import SHANGHAI, Quarter, day_of
from inspectorate.store import database, evidence, qr_codes, register
from inspectorate.store import inspection as inspections
from inspectorate.store.inspection import Run


def inspect(arguments: argparse.Namespace) -> int:
    """A trial of one quarter, left in --out.

    Killed and begun again with the same QUARTER and --out, it reads what it had not read yet and keeps its
    inspection. Ends with NOTHING_READ, its output complete, when nothing at all could be read for a reason of ours.
    """
    began = datetime.now(SHANGHAI)
    _check(arguments.quarter, arguments.inspected_at, began)
    arguments.out.mkdir(parents=True, exist_ok=True)
    with database.opened() as connection:
        run = inspections.begin(connection, arguments.quarter, str(arguments.out.resolve()))
        status = DONE if run.crawl_ended_at else _crawl(connection, run, arguments)
        if status == OURS_FAILED:
            return status
        moment = arguments.inspected_at or inspections.crawl_ended(connection, run, datetime.now(SHANGHAI))
        frozen = steps.freeze(
            connection,
            arguments.quarter,
            moment,
            main_edition=arguments.edition,
            only=frozenset(arguments.only),
            anew=True,
            run=run,
        )
        judged = steps.judge_inspection(connection, frozen, arguments.out)
        subjects = {verdict.subject for verdict in judged.verdicts}
        nothing = evidence.nothing_read(connection, subjects, run.started_at)
        if nothing:  # what stood in the way can be mended, and then the same command reads
            inspections.forget(connection, run)
        pictures = qr_codes.read(connection, frozen.register)
    status = _draft(judged, arguments.out, pictures)
    judging.tell(judged)
    if status == DONE and nothing:
        print("由于我方原因没有读到任何内容, 不作任何判断", file=sys.stderr)
        return NOTHING_READ
    return status


def _check(quarter: Quarter, inspected_at: datetime | None, now: datetime) -> None:
    steps.check_moment(quarter, inspected_at or now, now)
    if inspected_at is not None:
        print("提示 监测时间点早于本次采集，本次采集到的内容只能用于澄清，不能作为认定问题的依据", file=sys.stderr)


def _crawl(connection: Connection, run: Run, arguments: argparse.Namespace) -> int:
    """Read every subject in scope that this run has not read yet: sites in one process, accounts in another."""
    held = steps.narrowed(register.read(connection), frozenset(arguments.only))
    day = day_of(arguments.inspected_at or datetime.now(SHANGHAI))
    sites = [s.site_code for s in held.running_sites(day) if s.site_code not in run.done]
    accounts = [a.account_id for a in held.running_accounts(day) if a.account_id not in run.done]
    processes = []
    if sites:
        back = ["--back-to", day_of(arguments.inspected_at).isoformat()] if arguments.inspected_at else []
        processes.append(crawling.start("site", sites, [*crawling.picture_options(day), *back]))
    if accounts and set(arguments.sources) & {"feed", "web"}:
        processes.append(crawling.start("account", accounts, ["--sources", ",".join(arguments.sources)]))
    # 3 is told again at the end, when the output is complete; whatever else is not 0 is a fault of ours.
    failed = [
        status for process in processes for status in [crawling.wait(process)] if status not in (DONE, NOTHING_READ)
    ]
    if failed:
        print(f"本系统故障：采集进程以状态 {failed[0]} 结束; 再次运行同一命令会接着采集", file=sys.stderr)
        return OURS_FAILED
    return DONE


def _draft(judged: steps.Judged, folder: Path, pictures: Mapping[str, bytes]) -> int:
    from inspectorate.formats.pdf import ConverterFailed
    from inspectorate.notice import Contradiction

    try:
        steps.draft(judged, folder, pictures)
    except (ConverterFailed, Contradiction) as failed:
        print(f"本系统故障：{failed}", file=sys.stderr)
        return OURS_FAILED
    return DONE
