"""Tries at links, signs on pages and visits to closed sites, landed and gathered as of one inspection."""

import json
from datetime import date, timedelta
from pathlib import Path

from psycopg2.extensions import connection as Connection

from inspectorate.commands import inspection as steps
from inspectorate.evidence import (
    Article,
    ArticleVisit,
    Door,
    ErrorMessage,
    LinkSweep,
    LinkTry,
    PageFoot,
    PageSign,
    Visit,
)
from inspectorate.quarter import Quarter
from inspectorate.store import links
from inspectorate.working_days import working_days_after
from tests.expectations.made_city import DAY, HOUR, City

SITE, CLOSED = "3415000001", "3415000002"
HOME = "http://www.s3415000001.gov.cn/"


def tried(city: City, url: str, hours: float, door: Door, wrong: str = "") -> LinkTry:
    return LinkTry(SITE, url, HOME, "home", city.at - hours * HOUR, door, wrong)


def test_what_was_tried_and_seen_by_the_inspection_is_judged_and_written_out(
    connection: Connection, tmp_path: Path
) -> None:
    city = City(connection, sites=(SITE, CLOSED))
    city.tell("update site set status = 'offline' where site_code = %s", CLOSED)
    asked = city.at.date() - 30 * DAY
    table = f"{city.at.year - 1}年政府网站工作年度报表"
    city.land(
        *(tried(city, "http://dead/", hours, Door.DNS) for hours in (30, 20, 1)),
        *(tried(city, "http://twice/", hours, Door.DNS) for hours in (20, 1)),
        tried(city, "http://late/", 20, Door.DNS),
        tried(city, "http://late/", -1, Door.OPENED),  # after the moment: no matter
        tried(city, "http://10.0.0.1/", 1, Door.OURS, "指向内网地址"),
        tried(city, "http://open/", 1, Door.OPENED),
        LinkSweep(SITE, city.at - HOUR, 1, 5, 5),
        PageSign(SITE, HOME, "hidden_link", "http://x/", "ab", city.at - HOUR),
        PageSign(SITE, HOME, "advertising", "http://y/", "ab", city.at - 200 * DAY),  # of another quarter
        PageSign(SITE, HOME, "wrong_word", "“甲”", "ab", city.at + HOUR),  # after the moment
        PageFoot(SITE, HOME, city.at - 8 * DAY, True, "sitemap", ""),  # too long ago to clear
        PageFoot(SITE, HOME, city.at - HOUR, True, "identity code icp", "errors", SITE, "ef"),
        PageFoot(SITE, HOME, city.at + HOUR, True, "police", ""),  # after the moment: clears
        ArticleVisit(SITE, HOME + "a.html", city.at - HOUR, "一则通知", city.at.date(), False, "aa"),
        ArticleVisit(SITE, HOME + "b.html", city.at - 2 * HOUR, "一则消息", city.at.date(), False, "bb"),
        ArticleVisit(SITE, HOME + "b.html", city.at - HOUR, "一则消息", city.at.date(), True, "cc"),  # the latest holds
        ArticleVisit(
            SITE, HOME + "c.html", city.at + HOUR, "一则公告", city.at.date(), False, "dd"
        ),  # after the moment
        *(
            Article(SITE, HOME + folder, HOME + "t.html", day, table, 1, False, city.at)
            for folder, day in (("", date(city.at.year, 2, 2)), ("tzgg/", date(city.at.year, 2, 1)))
        ),
        ErrorMessage(SITE, "7", asked, None, city.at - HOUR),
        Visit(CLOSED, city.at - 2 * DAY, "closed", Door.OPENED, None, "cd", "页面标题“某某”"),
    )
    frozen = city.freeze()
    judged = steps.judge_inspection(connection, frozen, tmp_path)
    found = {(f.clause, f.subject): f for f in judged.findings}
    assert str(found["E19.W-V-01d", SITE].outcome) == "not_examined"
    assert [p.what for p in found["E19.W-V-01d", SITE].proof] == ["暗链：http://x/"]
    assert not found["WG-08", SITE].proof
    assert not found["E19.W-V-01a", SITE].proof
    assert [p.url for p in found["DN-10", CLOSED].proof] == ["http://www.s3415000002.gov.cn/"]
    feet = [str(found[f"WG-F-{n}", SITE].outcome) for n in range(1, 9)]
    assert feet == ["passed", "unjudged", "passed", "failed", "failed", "passed", "unjudged", "failed"]
    assert [(p.url, p.sha256) for p in found["WG-F-8", SITE].proof] == [(HOME, "ef")]
    bare = found["WG-04", SITE]
    assert (str(bare.outcome), [(p.url, p.sha256) for p in bare.proof]) == ("failed", [(HOME + "a.html", "aa")])
    assert [p.what for p in found["WG-11", SITE].proof] == [
        f"“找错”留言7：{asked}提交，应于{working_days_after(asked, 3)}前（含）答复，导出时未答复"
    ]
    late = found["WG-16", SITE]
    assert str(late.outcome) == "failed"
    assert [p.what for p in late.proof] == [f"《{table}》注明{city.at.year}-02-01，晚于{city.at.year}-01-31"]
    lines = [json.loads(line) for line in (tmp_path / "links.jsonl").read_text("utf-8").splitlines()]
    assert {line["url"]: line["state"] for line in lines} == {
        "http://dead/": "dead",
        "http://twice/": "unknown",
        "http://late/": "unknown",
        "http://10.0.0.1/": "wrong",
    }
    assert len(next(line for line in lines if line["state"] == "dead")["tried"]) == 3


def test_the_next_run_is_told_the_latest_try_and_a_closed_site_once_a_quarter(connection: Connection) -> None:
    city = City(connection)
    now = city.at
    with connection.cursor() as cursor:
        cursor.execute("select now()")
        [(now,)] = cursor.fetchall()
    for hours, door in ((5, Door.OPENED), (2, Door.WALL)):
        city.land(LinkTry(SITE, "http://a/", HOME, "home", now - timedelta(hours=hours), door))
    city.land(LinkTry(SITE, "http://old/", HOME, "home", now - timedelta(days=90), Door.DNS))
    assert links.latest_tries(connection, [SITE]) == {(SITE, "http://a/"): (now - timedelta(hours=2), True)}
    assert links.latest_tries(connection, ["other"]) == {}
    quarter = Quarter.of(now)
    assert links.closed_visits(connection, quarter) == set()
    city.land(Visit(CLOSED, now, "closed", Door.OURS, None), Visit(SITE, now, "probe", Door.DNS, None))
    assert links.closed_visits(connection, quarter) == set()
    city.land(Visit(CLOSED, now + timedelta(seconds=1), "closed", Door.DNS, None))
    assert links.closed_visits(connection, quarter) == {CLOSED}
