"""二维码: the pictures that came with the register, kept as they came."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from psycopg2 import Binary
from psycopg2.extensions import connection as Connection

from inspectorate.register import Register


def keep(connection: Connection, pictures: Mapping[str, tuple[str, bytes]], at: datetime) -> int:
    """Keep what is new; account → file name and bytes. How many were. Commits."""
    added = 0
    with connection.cursor() as cursor:
        cursor.execute("lock table qr_code in share row exclusive mode")
        for account, (name, picture) in pictures.items():
            digest = hashlib.sha256(picture).hexdigest()
            cursor.execute(
                "insert into qr_code (account_id, name, sha256, picture, kept_at)"
                " select %(account)s, %(name)s, %(digest)s, %(picture)s, %(at)s where not exists ("
                " select 1 from (select name, sha256 from qr_code where account_id = %(account)s"
                " order by kept_at desc limit 1) as last where last.name = %(name)s and last.sha256 = %(digest)s)",
                {"account": account, "name": name, "digest": digest, "picture": Binary(picture), "at": at},
            )
            added += cursor.rowcount
    connection.commit()
    return added


def read(connection: Connection, register: Register) -> dict[str, bytes]:
    """The pictures of a register's accounts by file name, as they were at its moment, or came first after it.

    A name that stands for different pictures of two accounts stands for none: better no code than another's.
    """
    named = {account.account_id: account.qr for account in register.accounts if account.qr}
    if not named:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct on (q.account_id) q.name, q.sha256, q.picture"
            " from qr_code as q inner join unnest(%(accounts)s::text[], %(names)s::text[]) as n (account_id, name)"
            " on q.account_id = n.account_id and q.name = n.name"
            " order by q.account_id, (%(at)s::timestamptz is not null and q.kept_at > %(at)s),"
            " case when %(at)s::timestamptz is not null and q.kept_at > %(at)s then q.kept_at end,"
            " q.kept_at desc",
            {"accounts": list(named), "names": list(named.values()), "at": register.as_of},
        )
        found: dict[str, dict[str, bytes]] = {}
        for name, digest, picture in cursor.fetchall():
            found.setdefault(name, {})[digest] = bytes(picture)
    return {name: picture for name, pictures in found.items() if len(pictures) == 1 for picture in pictures.values()}
