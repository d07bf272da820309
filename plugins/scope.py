"""Who is visited tonight: the arguments of the crawls' mapped tasks."""

import logging
from collections.abc import Sequence
from datetime import date, datetime
from math import ceil
from typing import TYPE_CHECKING

from errand import in_words, told_red
from inspectorate.quarter import SHANGHAI

if TYPE_CHECKING:
    from inspectorate.register import Register

log = logging.getLogger(__name__)
EACH = 200  # up to so many subjects each has a task of its own; a shard above that
SHARD = 40  # subjects of one shard, while that makes no more than EACH shards
DESK = "/desk/subject/"

Mapped = dict[str, object]


def plan(errand: str, subjects: Sequence[tuple[str, str]], options: Sequence[str] = ()) -> list[Mapped]:
    """One task a subject (code, name), or one a shard, in the order of the register."""
    if len(subjects) <= EACH:
        return [
            {"argv": ["scrapers", errand, code, *options], "subject": name, "rows": DESK + code}
            for code, name in subjects
        ]
    size = max(SHARD, ceil(len(subjects) / EACH))
    shards = [subjects[at : at + size] for at in range(0, len(subjects), size)]
    return [
        {
            "argv": ["scrapers", errand, *(code for code, _ in shard), *options],
            "subject": f"{shard[0][1]}等{len(shard)}个",
            "rows": "",
        }
        for shard in shards
    ]


def sites() -> list[tuple[str, str]]:
    """Code and name of every site that runs today. Asks the database: only inside a task."""
    day, held = _held()
    return [(site.site_code, site.name) for site in held.running_sites(day)]


def accounts() -> list[tuple[str, str]]:
    """Id and name of every account that runs today and can be read without its owner's help."""
    day, held = _held()
    return [(account.account_id, account.name) for account in held.running_accounts(day)]


def pictures() -> list[str]:
    """The options for pictures: of each home page, and of columns older than the shortest edition has it."""
    from inspectorate import edition  # noqa: PLC0415 - when a task runs, never when a DAG is parsed

    days = edition.load().shortest_days(datetime.now(SHANGHAI).date())
    old = ",".join(f"{kind}={number}" for kind, number in sorted(days.items()))
    return ["--picture-home", "--picture-after", old]


def issuer_day() -> tuple[int, int]:
    """Day of the quarter's last month and hour at which the issuer inspects."""
    _, held = _held()
    return held.issuer.inspection_day, held.issuer.inspection_hour


def papers() -> str:
    """The folder below which drafts are kept; a volume that all workers share."""
    from inspectorate import settings  # noqa: PLC0415

    return str(settings.home() / "papers")


def _held() -> "tuple[date, Register]":
    import psycopg2  # noqa: PLC0415 - when a task runs, never when a DAG is parsed
    from airflow.sdk.exceptions import AirflowException  # noqa: PLC0415

    from inspectorate.store import cluster, database, register  # noqa: PLC0415

    try:
        with database.opened() as connection:
            return datetime.now(SHANGHAI).date(), register.read(connection)
    except (psycopg2.Error, cluster.ClusterFailed, database.MigrationRefused) as failed:
        told = in_words(
            f"登记库读不出（{' '.join(str(failed).split())}）。",
            "检查 Postgres 是否在运行、INSPECTORATE_DSN 是否正确，恢复后清除本任务重跑。",
            "可以等到早上；监测日当天不能等。",
        )
        raise AirflowException(told_red(log, told)) from failed
