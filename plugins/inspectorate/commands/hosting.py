"""A door for whoever runs other programs beside us on the same server: Airflow's own database, for one."""

import argparse
import json
import re
import sys
from typing import Any

from inspectorate.commands import DONE
from inspectorate.register import BadInput


def keep_database(arguments: argparse.Namespace) -> int:
    """Keep the database server running until stdin ends, and say on stdout how to reach it.

    One JSON line: `{"inspectorate": URL, NAME: URL…}`. A database named by --create is made empty if it is not there;
    it belongs to the same server and is none of ours.
    """
    from inspectorate.store import cluster, database

    names: list[str] = arguments.create
    if strange := [name for name in names if not re.fullmatch(r"[a-z_]{1,40}", name)]:
        raise BadInput(f"数据库名只能用小写字母和下划线: {'、'.join(strange)}")
    with cluster.running() as url:
        made = database.connect(url)
        try:
            database.migrate(made)
            made.rollback()
            made.autocommit = True
            with made.cursor() as cursor:
                for name in names:
                    cursor.execute("select 1 from pg_database where datname = %s", [name])
                    if not cursor.fetchall():
                        cursor.execute(f"create database {name}")
        finally:
            made.close()
        address, _, query = url.partition("?")
        beside = {name: f"{address.rpartition('/')[0]}/{name}{'?' if query else ''}{query}" for name in names}
        said: dict[str, Any] = {"inspectorate": url, **beside}
        print(json.dumps(said), flush=True)
        sys.stdin.buffer.read()  # whoever asked is gone or done when this ends
    return DONE
