"""The door for auditing: may we judge, does the second count agree, how fresh and how fast are the units."""

import argparse
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg2.extensions import connection as Connection

from inspectorate import edition, settings
from inspectorate.commands import DONE, OURS_FAILED
from inspectorate.commands import inspection as steps
from inspectorate.quarter import SHANGHAI, day_of
from inspectorate.register import BadInput
from inspectorate.store import cluster, database, register, signing
from inspectorate.store import inspection as inspections

if TYPE_CHECKING:
    from expectations import auditing

LATE = timedelta(hours=36)  # frozen later than this, evidence cannot be added: a backfill or a past trial only reports


def audit(arguments: argparse.Namespace) -> int:
    """Run one suite; a quarter that must not go on ends 1, with what it means and what to do on the last line."""
    from expectations import auditing
    from expectations.recount import Audited

    now = datetime.now(SHANGHAI)
    root = None if arguments.no_docs else arguments.docs or settings.home() / "data_docs"
    with cluster.running() as url, database.opened() as connection:
        if arguments.readiness or _nothing_frozen(connection, arguments):
            if arguments.suite != "evidence":
                raise BadInput("--readiness 只用于 evidence")
            done = _readiness(connection, url, arguments, root, now)
        else:
            inspection = steps.chosen(connection, arguments)
            published = signing.publication(connection, inspection)
            if published is not None:
                print(f"{inspection.name}: 已印发（{published.document_number}），未作改动", file=sys.stderr)
                return DONE
            done = auditing.audit(
                connection,
                url,
                Audited.of(inspection),
                inspection.quarter,
                arguments.suite,
                steps.in_force(steps.law(connection, inspection), inspection),
                frozenset(inspection.clauses),
                only_reports=arguments.suite == "evidence" and _is_past(inspection),
                root=root,
                now=now,
            )
    print(json.dumps(done.statistics, ensure_ascii=False))
    for line in done.said:
        print(line, file=sys.stderr)
    return OURS_FAILED if done.stopped else DONE


def _nothing_frozen(connection: Connection, arguments: argparse.Namespace) -> bool:
    """Before a quarter's freeze its evidence can only be looked at as it stands."""
    return (
        arguments.suite == "evidence"
        and not arguments.inspection
        and not inspections.listed(connection, arguments.quarter)
    )


def _is_past(inspection: inspections.Inspection) -> bool:
    """A trial frozen so late that nothing could be read any more that accuses."""
    return inspection.standing == "trial" and inspection.frozen_at - inspection.inspected_at > LATE


def _readiness(
    connection: Connection, url: str, arguments: argparse.Namespace, root: Path | None, now: datetime
) -> "auditing.Audit":
    """The evidence as it stands this morning, with what a digest tells beside it."""
    from expectations import auditing
    from expectations.recount import Audited

    held = register.read(connection)
    connection.rollback()
    editions = edition.load().in_force(day_of(now), local=held.issuer.editions)
    return auditing.audit(
        connection,
        url,
        Audited(),
        str(arguments.quarter),
        "evidence",
        editions,
        None,
        only_reports=False,
        root=root,
        now=now,
        more=auditing.readiness(connection, now),
    )
