"""Landing: once is enough, nothing is lost, and what was frozen stays as it was."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date, datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection

from inspectorate.evidence import (
    AccountVisit,
    Answer,
    Article,
    ArticleVisit,
    Discovery,
    Door,
    ErrorMessage,
    GuideVisit,
    Host,
    Landed,
    LetterVisit,
    LinkSweep,
    LinkTry,
    Ours,
    PageFoot,
    PageSign,
    PageVisit,
    Picture,
    Post,
    Visit,
)
from inspectorate.quarter import SHANGHAI
from inspectorate.store import evidence
from inspectorate.store.database import LANDING

AT = datetime(2018, 9, 10, 10, tzinfo=SHANGHAI)
LIST = "http://www.a.gov.cn/tzgg/"


def one_of_each() -> list[Landed]:
    return [
        Visit("3415000001", AT, "probe", Door.OPENED, 0.25, "ab" * 32),
        Answer(LIST, AT, 200, "cd" * 32, "site-1.warc.gz", 1024, "text/html", 0.5),
        PageVisit("3415000001", LIST, "column", AT, Door.OPENED, True, 3, 0, date(2018, 9, 1), date(2018, 1, 1), False),
        Article("3415000001", LIST, LIST + "1.html", date(2018, 9, 1), "关于某事的通知", 1, False, AT),
        LetterVisit("3415000001", LIST, LIST + "letter?id=1", date(2018, 5, 1), None, AT),
        Discovery("3415000001", AT, True, 12),
        Host("3415000001", "www.a.gov.cn", "通知公告", "栏目", LIST, AT),
        AccountVisit("wb1", "api", AT, Door.OPENED, True, 10, AT, AT - timedelta(days=30), "某市发布"),
        Post("wb1", "api", "p1", AT, "http://weibo.example/p1", "一条", False, None, False, AT),
        LinkTry("3415000001", "http://gone.example/", LIST, "other", AT, Door.DNS),
        LinkSweep("3415000001", AT, 3, 40, 40),
        GuideVisit("3415000001", LIST + "guide.html", AT, "取水许可", "申请条件", "", 1, True, "ab" * 32),
        ArticleVisit("3415000001", LIST + "1.html", AT, "关于某事的通知", date(2018, 9, 1), None, "ab" * 32),
        PageSign("3415000001", LIST, "id_number", "疑似公民身份号码110*************2X", "ab" * 32, AT),
        PageFoot("3415000001", LIST, AT, True, "icp code", "errors", "3415000001", "ab" * 32),
        Picture("3415000001", LIST, AT, "ef" * 32),
        ErrorMessage("3415000001", "3400001", date(2018, 9, 3), None, AT),
        Ours("site", "3415000001", LIST, AT, "页面无法识别"),
    ]


def rows_of(connection: Connection, statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def everything(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {t.name: rows_of(connection, f"table {t.name} order by id") for t in evidence.TABLES.values()}


def test_every_class_lands_and_landing_again_adds_and_changes_nothing(connection: Connection) -> None:
    assert evidence.land(connection, one_of_each()) == 18
    before = everything(connection)
    assert all(len(rows) == 1 for rows in before.values())
    assert evidence.land(connection, reversed(one_of_each())) == 0
    assert evidence.land(connection, one_of_each() * 2) == 0
    assert everything(connection) == before


def test_every_class_of_evidence_has_a_table_with_its_fields(connection: Connection) -> None:
    from typing import get_args

    assert set(evidence.TABLES) == set(get_args(Landed))


def test_an_item_seen_again_keeps_its_number_and_both_times(connection: Connection) -> None:
    early, late = AT - timedelta(days=7), AT + timedelta(days=7)
    item = (LIST, LIST + "1.html", date(2018, 9, 1), "通知", 1, False)
    evidence.land(connection, [Article("s", *item, AT)])
    assert evidence.land(connection, [Article("s", *item, late), Article("s", *item, early)]) == 0
    assert rows_of(connection, "select first_seen, last_seen from article") == [(early, late)]
    assert len(rows_of(connection, "select distinct id from article")) == 1


def test_the_same_item_twice_in_one_batch_is_one_row(connection: Connection) -> None:
    item = (LIST, LIST + "1.html", None, "通知", 1, False)
    assert evidence.land(connection, [Article("s", *item, AT), Article("s", *item, AT + timedelta(hours=1))]) == 1
    assert rows_of(connection, "select first_seen, last_seen from article") == [(AT, AT + timedelta(hours=1))]


def test_an_item_under_another_date_is_another_row(connection: Connection) -> None:
    rows = [Article("s", LIST, LIST + "1", day, "通知", 1, False, AT) for day in (date(2018, 9, 1), date(2018, 3, 1))]
    assert evidence.land(connection, rows) == 2


def test_an_edited_title_of_a_post_is_taken_from_the_later_look_only(connection: Connection) -> None:
    def post(title: str, seen_at: datetime) -> Post:
        return Post("wb1", "ledger", "p1", AT, "", title, False, True, False, seen_at)

    evidence.land(connection, [post("旧题", AT)])
    evidence.land(connection, [post("新题", AT + timedelta(days=1))])
    evidence.land(connection, [post("更旧的题", AT - timedelta(days=1))])
    assert rows_of(connection, "select title from post") == [("新题",)]


def test_what_a_page_may_hold_is_kept_or_cleaned_never_refused(connection: Connection) -> None:
    title = "制表\t换行\n回车\r反斜\\N 空字\x00 半个\ud83d 表情😀"
    evidence.land(connection, [Article("s", LIST, LIST + "\\N", None, title, 1, False, AT)])
    assert rows_of(connection, "select url, title from article") == [
        (LIST + "\\N", "制表\t换行\n回车\r反斜\\N 空字 半个? 表情😀")
    ]


def test_an_address_too_long_to_be_kept_is_told_as_ours_and_the_rest_lands(connection: Connection) -> None:
    long = LIST + "x" * 5000
    rows: list[Landed] = [*one_of_each(), Article("3415000001", LIST, long, date(2018, 9, 1), "通知", 2, False, AT)]
    assert evidence.land(connection, rows) == 19
    assert evidence.land(connection, rows) == 0
    [(because,)] = rows_of(connection, "select because from ours where errand = 'land:article'")
    assert "过长" in str(because)


def test_ten_thousand_rows_come_in_batches_that_are_committed_one_by_one(connection: Connection) -> None:
    def stream() -> object:
        for number in range(12_000):
            if number == 11_000:
                raise OSError("the crawl broke off")
            yield Article("s", LIST, f"{LIST}{number}", None, "通知", number, False, AT)

    with pytest.raises(OSError, match="broke off"):
        evidence.land(connection, stream())
    connection.rollback()
    assert rows_of(connection, "select count(*) from article") == [(10_000,)]


def test_a_process_killed_while_landing_leaves_whole_batches_that_can_be_completed(
    database: str, connection: Connection
) -> None:
    script = """
import sys, time
from datetime import datetime, timedelta, timezone
from inspectorate.evidence import Visit, Door
from inspectorate.store import database, evidence
connection = database.connect(sys.argv[1])
start = datetime(2018, 9, 1, tzinfo=timezone.utc)
def rows():
    for n in range(40_000):
        if n % 5000 == 1:
            print(n, flush=True)
        yield Visit("s", start + timedelta(seconds=n), "probe", Door.OPENED, 1.0)
evidence.land(connection, rows())
"""
    command = [sys.executable, "-c", script, database]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    [(landed,)] = rows_of(connection, "select count(*) from visit")
    connection.rollback()
    assert landed in (10_000, 15_000)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ)
    assert rows_of(connection, "select count(*) from visit") == [(40_000,)]


def test_four_that_land_the_same_at_once_add_it_once(database: str, connection: Connection) -> None:
    from inspectorate.store.database import connect

    added: list[int] = []

    def land(turn: int) -> None:
        own = connect(database)
        rows = [Article("s", LIST, f"{LIST}{n}", None, "通知", n, False, AT) for n in range(2000)]
        added.append(evidence.land(own, rows[turn * 500 :] + rows[: turn * 500]))
        own.close()

    threads = [threading.Thread(target=land, args=[turn]) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(added) == 2000
    assert rows_of(connection, "select count(*) from article") == [(2000,)]


def test_landing_waits_for_a_freeze_and_a_freeze_for_landing(database: str, connection: Connection) -> None:
    from inspectorate.store.database import connect

    other = connect(database)
    with other.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [LANDING])
    done = threading.Event()

    def land() -> None:
        evidence.land(connection, one_of_each())
        done.set()

    thread = threading.Thread(target=land)
    thread.start()
    time.sleep(0.2)
    assert not done.is_set()
    other.rollback()
    thread.join(10)
    assert done.is_set()
    with connection.cursor() as cursor:
        evidence.share_landing(cursor)
    with other.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LANDING])
        assert cursor.fetchone() == (False,)
    other.close()


def test_what_we_could_not_see_is_read_back_from_a_moment_on(connection: Connection) -> None:
    rows = [Ours("site", "s", "", AT + timedelta(hours=h), f"第{h}次") for h in range(3)]
    evidence.land(connection, rows)
    assert evidence.read_ours(connection, AT + timedelta(hours=1)) == rows[1:]
    assert evidence.read_ours(connection, AT, AT + timedelta(hours=1)) == rows[:2]
