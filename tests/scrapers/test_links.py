"""The errands `links` and `closed`: what they try, what they leave for the next run, and what never lands unmasked."""

from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from inspectorate.register import Register, Site, Unit
from inspectorate.store import register
from scrapers.spiders.links import wrong_by_words
from scrapers.words import BadWords, read_words
from tests.scrapers.conftest import connected
from tests.scrapers.mirror import HOST, Mirror, Reply, write_site

Rows = Callable[[str], list[tuple[Any, ...]]]
Run = Callable[..., Any]
NUMBER = "11010519491231002X"  # the example of GB 11643
LINKS = {
    "/good.html": Reply("<title>公告</title><p>" + "关于做好有关工作的通知。" * 30 + "</p>"),
    "/gone.html": Reply("<title>404</title>", 404),
    "/soft.html": Reply("<html><title>提示</title><body><p>您访问的页面不存在</p></body></html>"),
    "/wall.html": Reply("<title>403</title>", 403),
    "/file.pdf": Reply(b"%PDF-1.4", headers={"Content-Type": "application/pdf"}),
    "/broken.html": Reply(reset=True),
}


def write_links(mirror: Mirror, *more: str) -> None:
    listed = "".join(f"<p><a href='{url}'>{url}</a></p>" for url in (*LINKS, *more))
    mirror.pages[f"http://{HOST}/"] = Reply(f"<html><title>市教育局</title><body>{listed}</body></html>")
    for path, reply in LINKS.items():
        mirror.pages[f"http://{HOST}{path}"] = reply


def tries(rows: Rows) -> list[tuple[Any, ...]]:
    return rows(
        f"select replace(url, 'http://{HOST}', ''), scope, outcome, wrong, because from link_try order by url, tried_at"  # noqa: S608
    )


def an_hour_later(rows: Rows) -> None:
    earlier = "update link_try set tried_at = tried_at - interval '61 minutes' returning 1"
    rows(f"with moved as ({earlier}) select 1 from moved")  # noqa: S608


def test_each_link_is_tried_and_a_wall_is_no_dead_link(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    write_links(mirror, "file:///C:/a.doc", "http://192.168.1.9/a", "mailto:a@b", "#top", "javascript:void(0)")
    filed()
    ran = run("links")
    assert ran.status == 0, ran.told
    assert tries(rows) == [
        ("file:///C:/a.doc", "home", "ours", "指向本机文件", ""),
        ("http://192.168.1.9/a", "home", "ours", "指向内网地址", ""),
        ("/broken.html", "home", "reset", "", "连接中断"),
        ("/file.pdf", "home", "opened", "", ""),
        ("/gone.html", "home", "http_error", "", "HTTP 404"),
        ("/good.html", "home", "opened", "", ""),
        ("/soft.html", "home", "http_error", "", "页面提示不存在"),
        ("/wall.html", "home", "wall", "", "拒绝访问 (403)"),
    ]
    assert rows("select pages, links, tried, because from link_sweep") == [(1, 8, 8, "")]
    assert "http://192.168.1.9/a" not in mirror.asked
    assert rows("select count(*) from link_try where outcome = 'opened' and sha256 is null") == [(0,)]


def test_only_what_failed_is_tried_again_and_not_within_the_hour(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    write_links(mirror)
    filed()
    run("links")
    run("links")
    assert len(tries(rows)) == len(LINKS)
    an_hour_later(rows)
    assert run("links").status == 0
    again = [url for url, *_ in tries(rows)]
    assert sorted({url for url in again if again.count(url) == 2}) == [
        "/broken.html", "/gone.html", "/soft.html", "/wall.html",
    ]  # fmt: skip


def test_a_budget_is_kept_and_the_next_run_goes_on(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    write_links(mirror)
    filed()
    assert run("links", "--budget", "5").status == 0
    assert len(mirror.asked) <= 5 + 2  # robots.txt, and a second try of the last one
    [(tried, because)] = rows("select tried, because from link_sweep")
    assert tried < len(LINKS)
    assert "尚余" in because
    run("links", "--budget", "600")
    assert rows("select tried, because from link_sweep order by swept_at desc limit 1") == [(len(LINKS), "")]


def test_signs_are_landed_masked_and_seen_again_without_a_second_row(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, tmp_path: Path
) -> None:
    body = f"<p>张某 {NUMBER}</p><div style='font-size:0'><a href='http://stranger.example/'>x</a></div><p>莅临指导</p>"
    mirror.pages[f"http://{HOST}/"] = Reply(f"<html><title>市教育局</title><body>{body}</body></html>")
    filed()
    words = tmp_path / "words.csv"
    words.write_text("错误表述,正确表述\n莅临指导,到场指导\n", encoding="gb18030")
    for _ in range(2):
        assert run("links", "--words", str(words)).status == 0
    seen = rows("select sign, what, first_seen < last_seen from page_sign order by sign")
    assert seen[:2] == [
        ("hidden_link", "http://stranger.example/ x", True),
        ("id_number", "疑似公民身份号码110*************2X", True),
    ]
    assert [sign for sign, *_ in seen] == ["hidden_link", "id_number", "wrong_word"]
    assert seen[2][1].startswith("“莅临指导”应为“到场指导”：")
    for table in ("page_sign", "link_try", "ours"):
        assert rows(f"select count(*) from {table} as t where t::text like '%{NUMBER}%'") == [(0,)]  # noqa: S608


def test_a_list_of_words_that_cannot_be_taken_is_refused_with_file_row_and_fact(
    mirror: Mirror, filed: Run, run: Run, tmp_path: Path
) -> None:
    filed()
    words = tmp_path / "words.csv"
    words.write_text("错误表述,正确表述\n莅临指导,\n", encoding="utf-8")
    ran = run("links", "--words", str(words))
    assert ran.status == 2
    assert "words.csv:2: 正确表述为空或与错误表述相同" in ran.told
    assert mirror.asked == []


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("错误表述\n", "words.csv:1: 须有"),
        ("错误表述,正确表述,备注\n", "words.csv:1: 不认识的列 备注"),
        ("错误表述,正确表述\n错,对\n", "words.csv:2: 错误表述少于"),
        ("错误表述,正确表述\n甲乙,丙\n\n甲乙,丁\n", "words.csv:4: 甲乙 重复"),
        ("错误表述,正确表述\n甲乙,丙,丁\n", "words.csv:2: 多出 1 列"),
    ],
)
def test_each_bad_row_of_a_list_is_named(tmp_path: Path, text: str, fact: str) -> None:
    path = tmp_path / "words.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadWords, match=fact):
        read_words(path)


def test_an_expression_is_right_within_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text("﻿wrong,right,unless\n二十大报告,党的二十大报告,甲；乙\n", encoding="utf-8")
    assert read_words(path)[0].unless == ("甲", "乙", "党的二十大报告")


def test_a_home_page_that_cannot_be_read_for_a_reason_of_ours_ends_3(mirror: Mirror, filed: Run, run: Run) -> None:
    filed()
    assert run("links", HTTP_PROXY="http://127.0.0.1:1").status == 3


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file:///C:/a.doc", "指向本机文件"),
        ("C:\\a.doc", "指向本机文件"),
        ("http://localhost/a", "指向本机或内网"),
        ("http://10.1.2.3/a", "指向内网地址"),
        ("http://114.114.114.114/a", "指向IP地址"),
        ("http://www.shili.gov.cn/a", ""),
    ],
)
def test_some_links_are_wrong_by_their_words(url: str, why: str) -> None:
    assert wrong_by_words(url) == why


def test_a_closed_site_is_looked_at_once_a_quarter(mirror: Mirror, run: Run, rows: Rows, database: str) -> None:
    sites = (
        Site("3415000001", "旧网", "U1", "department", "http://old.shili.gov.cn/", status="offline"),
        Site("3415000002", "新网", "U1", "department", f"http://{HOST}/"),
        Site("3415000003", "无网", "U1", "department", "http://none.shili.gov.cn/", status="moved"),
    )
    made = Register((Unit("U1", "市教育局", "department"),), sites)
    with closing(connected(database)) as connection:
        register.merge(connection, made, "test", date(2020, 1, 1), False)
    write_site(mirror)
    page = "<html><title>澳门葡京娱乐</title><body><a href='http://x.example/'>百家乐</a></body></html>"
    mirror.pages["http://old.shili.gov.cn/"] = Reply(page)
    mirror.pages["http://none.shili.gov.cn/"] = Reply(status=502, headers={"Proxy-Status": "p; error=dns_error"})
    for _ in range(2):
        assert run("closed").status == 0
    assert rows("select site, source, outcome, because from visit order by site") == [
        ("3415000001", "closed", "opened", "页面标题“澳门葡京娱乐”"),
        ("3415000003", "closed", "dns", "代理服务器报告 dns_error"),
    ]
    assert rows("select distinct site, sign from page_sign") == [("3415000001", "bad_link")]
    assert f"http://{HOST}/" not in mirror.asked


def test_a_guide_that_a_link_leads_to_is_read_and_its_attachments_are_tried(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    told = ("设定依据：条例", "申请条件：符合规划", "申请材料：取水申请表", "办理时限：20日", "办理流程：受理、决定")
    body = "".join(f"<p>{line}</p>" for line in told)
    files = "<a href='/f/1.doc'>取水申请表</a><a href='/f/2.doc'>样表</a>"
    write_links(mirror, "/bszn/1.html")
    mirror.pages[f"http://{HOST}/bszn/1.html"] = Reply(f"<title>取水许可</title><h1>取水许可</h1>{body}<p>{files}</p>")
    mirror.pages[f"http://{HOST}/f/1.doc"] = Reply(b"\xd0\xcf", headers={"Content-Type": "application/msword"})
    filed()
    ran = run("links")
    assert ran.status == 0, ran.told
    assert [row for row in tries(rows) if row[0] not in LINKS] == [
        ("/bszn/1.html", "home", "opened", "", ""),
        ("/f/1.doc", "other", "opened", "", ""),
        ("/f/2.doc", "other", "http_error", "", "HTTP 404"),
    ]
    seen = rows("select title, lacking, unclear, attachments, forms from guide_visit")
    assert seen == [("取水许可", "", "办理地点、联系电话", 2, True)]
    assert rows("select count(*) from guide_visit where sha256 is null") == [(0,)]
    assert rows("select links, tried from link_sweep") == [(len(LINKS) + 3, len(LINKS) + 3)]


def test_an_article_that_a_link_leads_to_lands_with_its_day_and_whether_it_shows_the_hour(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    body = "<p>" + "各学校要认真做好开学准备工作，确保平稳有序。" * 20 + "</p>"
    heads = {
        "day": "发布时间：2018-09-03",
        "hour": "发布时间：2018-09-03 09:05",
        "open": "发布时间：2018-09-03</p><p>受理时间：上午8:30至12:00",
        "none": "来源：办公室",
    }
    write_links(mirror, *(f"/tzgg/{name}.html" for name in heads))
    for name, head in heads.items():
        page = f"<html><title>关于做好开学工作的通知</title><body><h1>关于做好开学工作的通知</h1><p>{head}</p>{body}"
        mirror.pages[f"http://{HOST}/tzgg/{name}.html"] = Reply(page + "</body></html>")
    filed()
    assert run("links").status == 0
    seen = rows(
        "select substring(url from '(\\w+).html'), title, dated, clock from article_visit where url like '%tzgg%'"
    )
    title, day = "关于做好开学工作的通知", date(2018, 9, 3)
    assert sorted(seen) == [
        ("day", title, day, False),
        ("hour", title, day, True),
        ("none", title, None, False),
        ("open", title, day, None),
    ]
    assert rows("select count(*) from article_visit where sha256 is null") == [(0,)]
