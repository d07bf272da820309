"""The errands as a person starts them: what they land, what they tell, and how they end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from inspectorate.register import Account
from scrapers.settings import Depth
from tests.scrapers.mirror import HOST, NEWS, OLD, Mirror, Reply, days_ago, home_page, list_page, write_site

Rows = Callable[[str], list[tuple[Any, ...]]]
Run = Callable[..., Any]
SEEN = (
    "select 'page', site, url, kind, visited_at::text, outcome, complete, items, undated, newest, oldest, blank,"
    " dated_list, sha256, because from page_visit"
    " union all select 'article', site, column_url, url, title, dated::text, pinned, position, 0, null, null, false,"
    " false, first_seen::text, '' from article"
    " union all select 'letter', site, box_url, url, visited_at::text, answered_on::text, answered, 0, 0, asked_on,"
    " null, valid, false, '', '' from letter_visit"
    " union all select 'answer', url, sha256, '', fetched_at::text, status::text, false, 0, 0, null, null, false,"
    " false, '', '' from answer"
    " order by 1, 2, 3, 4, 5"
)


def test_a_site_is_read_from_its_home_page_and_its_columns_are_landed(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    write_site(mirror)
    filed()
    ran = run("site")
    assert ran.status == 0, ran.told
    assert rows("select name, class from site_column order by name") == [
        ("工作动态", "news"),
        ("政策文件", "policy"),
    ]
    visits = rows("select url, kind, outcome, complete, items, newest::text from page_visit order by kind, url")
    assert visits == [
        (f"http://{HOST}/gzdt/index.html", "column", "opened", True, 8, days_ago(1)),
        (f"http://{HOST}/zcwj/index.html", "column", "opened", True, 8, days_ago(301)),
        (f"http://{HOST}/", "home", "opened", True, 8, days_ago(1)),
    ]
    assert rows("select ended, columns, because from discovery") == [(True, 2, "")]
    assert rows("select complete, shown, unsure, code from page_foot") == [
        (
            True,
            "code sponsor icp",
            "identity errors contact police sitemap",
            "3415000001",
        ),  # too few to be its whole foot
    ]
    assert rows("select count(*) from ours") == [(0,)]
    assert ran.stats["ends"] == {"opened": 3}


def test_every_landed_answer_lies_in_a_file_that_warcio_finds_whole(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, tmp_path: Path
) -> None:
    write_site(mirror)
    filed()
    run("site")
    folder = tmp_path / "home" / "evidence"
    (path,) = folder.iterdir()
    kept = set()
    with open(path, "rb") as file:
        records = ArchiveIterator(file, check_digests=True)
        for record in records:
            record.content_stream().read()
            assert record.digest_checker.passed is not False
            if record.rec_type == "response":
                digest = record.rec_headers.get_header("WARC-Payload-Digest")
                kept.add((record.rec_headers.get_header("WARC-Target-URI"), digest, records.get_record_offset()))
    assert kept == set(rows("select url, 'sha256:' || sha256, position from answer"))
    assert len(kept) == 4  # the three pages and robots.txt


def test_a_replay_lands_the_same_evidence_and_never_touches_the_network(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, tmp_path: Path
) -> None:
    write_site(mirror)
    mirror.pages[f"http://{HOST}/zcwj/index.html"] = Reply(reset=True)
    broken = iter([Reply("<h1>500</h1>", 500), Reply(list_page("工作动态", NEWS))])
    mirror.pages[f"http://{HOST}/gzdt/index.html"] = lambda: next(broken)
    filed()
    run("site")
    seen, asked = rows(SEEN), len(mirror.asked)
    evidence = tmp_path / "home" / "evidence"
    empty_tables(rows)
    ran = run("site", "--replay", str(evidence), HTTP_PROXY="http://127.0.0.1:1", HTTPS_PROXY="http://127.0.0.1:1")
    assert ran.status == 0, ran.told
    assert len(mirror.asked) == asked
    assert rows(SEEN) == seen
    assert rows("select outcome from page_visit where outcome <> 'opened'") == [("reset",)]


def empty_tables(rows: Rows) -> None:
    """Forget what was seen, so that a replay must land it."""
    rows("with gone as (delete from page_visit returning 1) select count(*) from gone")
    for table in ("article", "letter_visit", "answer", "discovery", "host", "ours", "site_column"):
        rows(f"with gone as (delete from {table} returning 1) select count(*) from gone")  # noqa: S608


def test_landing_a_replay_twice_adds_nothing(mirror: Mirror, filed: Run, run: Run, rows: Rows, tmp_path: Path) -> None:
    write_site(mirror)
    filed()
    run("site")
    seen = rows(SEEN)
    for _ in range(2):
        assert run("site", "--replay", str(tmp_path / "home" / "evidence")).status == 0
        assert rows(SEEN) == seen


def test_records_from_elsewhere_are_taken_over_into_our_own_evidence(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, tmp_path: Path
) -> None:
    write_site(mirror)
    filed()
    run("site")
    seen = rows(SEEN)
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "home" / "evidence").rename(elsewhere)
    empty_tables(rows)
    assert run("site", "--replay", str(elsewhere)).status == 0
    assert rows(SEEN) == seen
    names = {path.name for path in (tmp_path / "home" / "evidence").iterdir()}
    assert {name for (name,) in rows("select distinct warc from answer")} == names


def test_what_was_not_kept_is_ours(mirror: Mirror, filed: Run, run: Run, rows: Rows, tmp_path: Path) -> None:
    filed()
    (tmp_path / "nothing").mkdir()
    ran = run("site", "--replay", str(tmp_path / "nothing"))
    assert ran.status == 3
    assert rows("select because from ours") == [("未留存",)]


def test_a_second_reading_adds_a_visit_and_no_article(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    write_site(mirror)
    filed()
    run("site")
    before = rows("select count(*) from article")
    assert run("site").status == 0
    assert rows("select count(*) from article") == before
    assert rows("select count(*) from page_visit") == [(6,)]
    assert rows("select count(*) from site_column") == [(2,)]


def test_robots_txt_is_obeyed_and_a_person_is_told(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    write_site(mirror)
    mirror.pages[f"http://{HOST}/robots.txt"] = Reply("User-agent: *\nDisallow: /zcwj/")
    filed()
    ran = run("site")
    assert ran.status == 0, ran.told
    assert f"http://{HOST}/zcwj/index.html" not in mirror.asked
    assert rows("select subject, url, because from ours") == [
        ("3415000001", f"http://{HOST}/zcwj/index.html", "robots.txt 不允许")
    ]
    assert rows("select outcome, complete from page_visit where url like '%zcwj%'") == [("ours", False)]


def test_a_site_that_shuts_the_inspector_out_is_not_judged(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    write_site(mirror)
    mirror.pages[f"http://{HOST}/robots.txt"] = Reply("User-agent: *\nDisallow: /")
    filed()
    assert run("site").status == 3
    assert mirror.asked == [f"http://{HOST}/robots.txt"]
    assert rows("select outcome from page_visit") == [("ours",)]
    assert rows("select ended from discovery") == [(False,)]


@pytest.mark.parametrize(
    "target", ["ftp://files.example/", "chrome-extension://dbjbempljhcmhlfp/a.html", "http://[::1"]
)
def test_a_site_that_sends_its_readers_off_the_web_is_told_as_ours(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, target: str
) -> None:
    write_site(mirror)
    away = Reply("", 302, headers={"Location": target})
    mirror.pages[f"http://{HOST}/robots.txt"] = mirror.pages[f"http://{HOST}/zcwj/index.html"] = away
    filed()
    ran = run("site")
    assert ran.status == 0, ran.told
    assert rows("select outcome, complete from page_visit where url like '%gzdt%'") == [("opened", True)]
    assert rows("select outcome, complete from page_visit where url like '%zcwj%'") == [("ours", False)]
    assert [url for _, url, _ in rows("select subject, url, because from ours")] == [f"http://{HOST}/zcwj/index.html"]


def test_429_stops_the_host_for_the_rest_of_the_errand(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    write_site(mirror)
    mirror.pages[f"http://{HOST}/gzdt/index.html"] = Reply(status=429)
    filed()
    run("site")
    assert mirror.asked[-1] == f"http://{HOST}/gzdt/index.html"
    assert rows("select kind, outcome from page_visit order by 1, 2") == [
        ("column", "wall"),
        ("column", "wall"),
        ("home", "opened"),
    ]


def test_a_redirect_into_our_own_network_is_not_followed(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    write_site(mirror)
    for path, target in (("gzdt", mirror.address), ("zcwj", "http://169.254.169.254/latest/")):
        mirror.pages[f"http://{HOST}/{path}/index.html"] = Reply(status=302, headers={"Location": target})
    filed()
    run("site")
    assert not [url for url in mirror.asked if HOST not in url]
    assert rows("select outcome, complete from page_visit where kind = 'column'") == [("ours", False)] * 2


def test_a_home_page_that_leads_into_our_own_network_is_not_followed(mirror: Mirror, filed: Run, run: Run) -> None:
    mirror.pages[f"http://{HOST}/"] = Reply(status=302, headers={"Location": f"{mirror.address}/admin"})
    filed()
    assert run("site").status == 3
    assert not [url for url in mirror.asked if HOST not in url]


def test_a_dead_proxy_is_ours_and_ends_3(filed: Run, run: Run, rows: Rows) -> None:
    filed()
    for errand, table in (("site", "page_visit"), ("probe", "visit")):
        ran = run(errand, HTTP_PROXY="http://127.0.0.1:1", HTTPS_PROXY="http://127.0.0.1:1")
        assert ran.status == 3, ran.told
        assert rows(f"select outcome from {table}") == [("ours",)]  # noqa: S608
    assert {because for (because,) in rows("select because from ours")} == {"代理服务器无法连接"}


def test_a_dead_line_is_not_taken_for_a_dead_city(filed: Run, run: Run, rows: Rows) -> None:
    """Nothing resolves: no proxy, no resolver's word of any host."""
    filed("a.invalid", "b.invalid", "c.invalid")
    ran = run("probe", HTTP_PROXY="", HTTPS_PROXY="")
    assert ran.status == 3, ran.told
    assert set(rows("select outcome from visit")) == {("ours",)}


def test_one_dead_name_among_others_is_theirs(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    write_site(mirror)
    filed(HOST, "b.example.gov.cn")
    mirror.pages["http://b.example.gov.cn/"] = Reply(
        status=502, headers={"Proxy-Status": "p; error=dns_error; rcode=NXDOMAIN"}
    )
    assert run("probe").status == 0
    assert rows("select outcome from visit order by site") == [("opened",), ("dns",)]


def test_a_slow_page_times_out_after_two_tries_and_a_page_that_comes_at_the_second_is_open(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    filed("slow.example.gov.cn", "late.example.gov.cn")
    tries = iter([Reply(reset=True), Reply(home_page([], NEWS))])
    mirror.pages["http://slow.example.gov.cn/"] = Reply("x", seconds=2)
    mirror.pages["http://late.example.gov.cn/"] = lambda: next(tries)
    assert run("probe", "--seconds", "1").status == 0
    assert rows("select outcome, seconds is null from visit order by site") == [("timeout", True), ("opened", False)]
    assert mirror.asked.count("http://slow.example.gov.cn/") == 2


def test_a_firewall_page_is_a_wall_whatever_its_status(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    filed()
    mirror.pages[f"http://{HOST}/"] = Reply("<title>安全验证</title><p>请完成安全验证</p>", 405)
    assert run("probe").status == 3
    assert rows("select outcome from visit") == [("wall",)]
    assert rows("select errand from ours") == [("probe",)]


def test_an_unchanged_home_page_is_kept_once(mirror: Mirror, filed: Run, run: Run, tmp_path: Path) -> None:
    write_site(mirror)
    filed()
    run("probe")
    run("probe")
    kinds = []
    for path in sorted((tmp_path / "home" / "evidence").iterdir()):
        with open(path, "rb") as file:
            kinds.append([record.rec_type for record in ArchiveIterator(file)])
    assert kinds == [["warcinfo", "response", "request"], ["warcinfo", "revisit", "request"]]


def test_the_process_ends_as_the_errand_did(environment: dict[str, str], filed: Run) -> None:
    filed()
    dead = environment | {"HTTP_PROXY": "http://127.0.0.1:1"}
    for arguments, status in ((["probe"], 3), (["site", "nobody"], 2), (["--help"], 0)):
        ended = subprocess.run(
            [sys.executable, "-m", "scrapers", *arguments], env=dead, capture_output=True, check=False
        )
        assert ended.returncode == status, ended.stderr


def test_an_unknown_code_is_bad_usage_and_changes_nothing(filed: Run, run: Run, rows: Rows, mirror: Mirror) -> None:
    filed()
    for errand in ("site", "account", "probe"):
        ran = run(errand, "nobody")
        assert (ran.status, mirror.asked) == (2, [])
        assert "nobody" in ran.told
        assert "Traceback" not in ran.told
    assert rows("select count(*) from visit") == [(0,)]


def test_a_database_that_is_not_there_is_a_fault_of_ours(run: Run) -> None:
    ran = run("probe", INSPECTORATE_DSN="postgresql://nobody@127.0.0.1:1/none")
    assert ran.status == 1
    assert "Traceback" not in ran.told


def test_an_environment_that_makes_no_sense_is_bad_usage(run: Run, filed: Run) -> None:
    filed()
    for name, value in (("INSPECTORATE_DELAY", "soon"), ("INSPECTORATE_DSN", "sqlite:///x")):
        ran = run("probe", **{name: value})
        assert ran.status == 2
        assert name in ran.told


def test_a_database_that_breaks_in_the_middle_is_a_fault_of_ours(
    mirror: Mirror, filed: Run, run: Run, connection: Any
) -> None:
    write_site(mirror)
    filed()
    with connection, connection.cursor() as cursor:
        cursor.execute("alter table article rename to gone")
    ran = run("site")
    assert ran.status == 1
    assert "数据库出错" in ran.told


def test_an_evidence_folder_that_cannot_be_written_is_a_fault_of_ours(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, tmp_path: Path
) -> None:
    write_site(mirror)
    filed()
    (tmp_path / "file").write_text("no folder")
    for errand in ("probe", "site"):
        ran = run(errand, "--evidence", str(tmp_path / "file" / "evidence"))
        assert ran.status == 1, ran.told
    assert rows("select count(*) from visit") == [(0,)]


def test_the_budget_bounds_a_site_and_says_so(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    write_site(mirror)
    filed()
    run("site", "--budget", "2")
    assert rows("select ended, because from discovery") == [(False, "访问次数达到上限 2 次")]
    assert rows("select because from ours") == [("本次访问次数已用完",)]


def test_an_errand_that_forgets_all_but_its_last_page_sees_the_same(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_site(mirror)
    filed()
    run("site")
    monkeypatch.setattr("scrapers.__main__.Depth", partial(Depth, held_looks=1))
    run("site")
    seen = rows("select url, newest, items, complete from page_visit order by url, visited_at")
    assert seen[::2] == seen[1::2]
    assert len(seen) == 6


def test_a_list_without_dates_asks_its_articles(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    write_site(mirror)
    bare = [(url, title, "") for url, title, _ in OLD]
    mirror.pages[f"http://{HOST}/zcwj/index.html"] = Reply(list_page("政策文件", bare))
    for url, title, day in OLD:
        mirror.pages[f"http://{HOST}{url}"] = Reply(
            f"<html><head><title>{title}</title></head><body><h1>{title}</h1><div>发布时间：{day}　来源：市教育局</div>"
            f"<div class='content'><p>{'各县区教育局，市直各学校：现将有关事项通知如下。' * 12}</p></div></body></html>"
        )
    filed()
    assert run("site").status == 0
    assert rows(
        "select items, undated, newest::text, dated_list, complete from page_visit where url like '%zcwj%'"
    ) == [(8, 0, days_ago(301), False, True)]


def test_a_headline_above_an_old_list_and_a_row_that_leads_nowhere_are_asked_for_their_days(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    write_site(mirror)
    title, column = "全市教育工作会议部署新学年重点工作", f"http://{HOST}/zcwj/index.html"
    above = f"<div class='top'><a href='/zcwj/top.html'><img src='/1.jpg' alt='{title}'></a><p>会议要求……</p></div>"
    article = f"<html><body><h1>{title}</h1><p>发布时间：{{}}</p><p>{'现将要求通知如下。' * 30}</p></body></html>"
    seen = (
        "select items, newest::text, complete from page_visit where url like '%zcwj%' order by visited_at desc limit 1"
    )
    listed = list_page("政策文件", OLD)
    foreign = "<a href='http://www.gov.cn/zhengce/2018/1.html'>国务院常务会议部署教育工作有关情况</a>"
    mirror.pages[column] = Reply(listed.replace("<ul", f"{foreign}{above}<ul"))
    mirror.pages[f"http://{HOST}/zcwj/top.html"] = Reply(article.format(days_ago(2)))
    filed()
    run("site")
    assert rows(seen) == [(8, days_ago(2), True)]
    assert rows("select count(*) from article where url like '%top%'") == [(0,)]
    mirror.pages[f"http://{HOST}/zcwj/top.html"] = Reply(article.format(days_ago(900)))
    run("site")
    assert rows(seen) == [(8, days_ago(301), True)]
    mirror.pages[f"http://{HOST}/zcwj/top.html"] = Reply(status=403, body="请完成安全验证")
    run("site")
    assert rows(seen) == [(8, days_ago(301), False)]
    row = f"<li>关于公布本年度教育工作要点的公示<span>{days_ago(3)}</span></li>"
    mirror.pages[column] = Reply(listed.replace("</ul><div", f"{row}</ul><div"))
    run("site")
    assert rows(seen) == [(8, days_ago(3), True)]


def test_where_the_home_page_shows_no_second_level_the_first_level_pages_are_asked_for_it(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    write_site(mirror)
    names = {"xwzx": "新闻资讯", "zcwj": "政策文件", "tzgg": "通知公告"}
    menu = " | ".join(["<a href='/'>首页</a>", *(f"<a href='/{path}/'>{name}</a>" for path, name in names.items())])
    mirror.pages[f"http://{HOST}/"] = Reply(f"<html><body><div>{menu}</div></body></html>")
    for path in names:
        side = "<table><tr><td><a href='/zcwj/bmwj/'>部门文件</a></td></tr></table>" if path == "zcwj" else ""
        listed = list_page(names[path], OLD).replace("<body>", f"<body><div>{menu}</div>{side}")
        mirror.pages[f"http://{HOST}/{path}/"] = Reply(listed)
    mirror.pages[f"http://{HOST}/zcwj/bmwj/"] = Reply(list_page("部门文件", OLD))
    filed()
    run("site")
    assert rows("select name, parent from site_column where url like '%bmwj%'") == [("部门文件", "政策文件")]


def test_a_splash_is_walked_through_and_a_home_page_without_items_accuses_nobody(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    write_site(mirror)
    front = mirror.pages.pop(f"http://{HOST}/")
    picture = "<a href='/web/index.html'><img src='/enter.jpg' alt='市教育局'></a>"
    mirror.pages[f"http://{HOST}/web/index.html"] = front
    mirror.pages[f"http://{HOST}/"] = Reply(
        f"<html><body>{picture}<a href='/web/index.html'>进入网站</a></body></html>"
    )
    filed()
    run("site")
    assert rows("select newest::text, complete from page_visit where kind = 'home'") == [(days_ago(1), True)]
    assert rows("select count(*) from site_column") != [(0,)]
    mirror.pages[f"http://{HOST}/"] = Reply(f"<html><body>{picture}<a href='/b.html'>局长信箱</a></body></html>")
    run("site")
    assert rows("select newest, complete, because from page_visit where kind = 'home' order by visited_at desc")[0] == (
        None,
        False,
        "首页没有读到任何信息条目",
    )


def test_a_column_linked_in_many_ways_is_read_once_and_a_closed_one_accuses_nobody(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    write_site(mirror)
    names = {"xwzx": "新闻中心", "zcwj": "政策文件", "tzgg": "通知公告"}

    def menu(n: int) -> str:
        ways = ["/{0}/", f"/{{0}}/index.html;jsessionid={n:08X}AB", f"http://{HOST}/{{0}}/index.html", "/{0}/?print=1"]
        ways_to = {"tzgg": ways[1:3]}  # its server knows the folder by its index file alone
        places = (
            f"<a href='{way.format(path)}'>{name}</a>"
            for path, name in names.items()
            for way in ways_to.get(path, ways[n:])
        )
        return " | ".join(["<a href='/'>首页</a>", *places])

    items = list_page("", NEWS).partition("<body>")[2]
    mirror.pages[f"http://{HOST}/"] = Reply(f"<html><body><div>{menu(0)}</div>{items}")
    for path, name in names.items():
        said = "<p>本栏目已归档，不再更新。</p>" if path == "zcwj" else ""
        own = [(f"/{path}{url}", title, day) for url, title, day in OLD]
        page = list_page(name, own).replace("<body>", f"<body><div>{menu(1)}</div>{said}")
        for way in ("", "index.html") if path != "tzgg" else ("index.html",):
            mirror.pages[f"http://{HOST}/{path}/{way}"] = Reply(page)
    filed()
    run("site")
    visits = rows("select split_part(url, '/', 4), complete from page_visit where kind = 'column' order by 1")
    assert visits == [("tzgg", True), ("xwzx", True), ("zcwj", False)]
    [(because,)] = rows("select because from page_visit where url like '%zcwj%'")
    assert because == "页面注明“本栏目已归档，不再更新。”, 是否仍应更新有待认定"
    run("site")
    assert len(rows("select distinct url from page_visit where kind = 'column'")) == 3


def test_one_list_at_two_addresses_is_one_column_and_under_two_names_a_question(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    """Five stale columns bring a site down: one of them must not be two because two menus lead to it."""
    old = [(f"/content/{n}.html", f"我局召开第{n}次工作会议的有关情况", days_ago(40 + n)) for n in range(5)]
    other = [(f"/{n}.html", f"关于开展第{n}次检查的公告内容", days_ago(400 + n)) for n in range(5)]
    columns = {
        "/dt/": ("部门动态", old),
        "/list.asp?id=7&m=1": ("部门动态", old),
        "/web/dt/": ("部门动态", [(f"/web{url}", title, day) for url, title, day in old]),
        "/list.asp?id=8": ("图片新闻", old),  # its server shows the same whatever it is asked for
        "/gg/": ("通知公告", [(f"/gg{url}", title, day) for url, title, day in other]),
        "/zx/": ("中心动态", [(f"/zx{url}", title, day) for url, title, day in other]),  # alike, and another's
        "/cz/": ("财政信息", []),
        "/web/cz/": ("财政信息", []),
        "/tj/": ("统计信息", []),
        "/jg/": ("机构职能", []),
        "/web/jg/": ("机构职能", []),
    }
    menu = [(url, name) for url, (name, _) in columns.items()]
    mirror.pages[f"http://{HOST}/"] = Reply(home_page(menu, NEWS))
    for url, (name, items) in columns.items():
        text = f"<p>{'本局主管全市教育工作，内设机构有办公室和人事科。' * 20}</p>"  # a page each of the same name
        page = list_page(name, items)
        if not items:
            said = text if name == "机构职能" else "<ul class='list'></ul><p>暂无信息</p>"
            page = page.replace("<ul class='list'></ul>", said)
        mirror.pages[f"http://{HOST}{url}"] = Reply(page)
    filed()
    for _ in range(2):
        run("site")
    assert rows("select substr(url, 26), complete, because from page_visit where kind = 'column' order by 1") == [
        (path, not because, because)
        for path, because in (
            ("/cz/", ""),
            ("/dt/", ""),
            ("/gg/", ""),
            ("/jg/", ""),
            ("/list.asp?id=8", f"列表与“部门动态”（http://{HOST}/dt/）相同, 是否为同一栏目有待认定"),
            ("/tj/", ""),
            ("/web/cz/", f"名称和空白页与“财政信息”（http://{HOST}/cz/）相同, 是否为同一栏目有待认定"),
            ("/web/jg/", ""),
            ("/zx/", ""),
        )
        for _ in range(2)
    ]
    assert rows("select count(*) from site_column where valid_to is null") == [(9,)]
    rows(
        "insert into confirmation (site_code, url, fact, value, by) select site_code, url, 'class', class, '张三'"
        " from site_column where valid_to is null returning 1"
    )
    run("site")  # a person has told them apart
    last = "select distinct on (url) complete from page_visit where kind = 'column' order by url, visited_at desc"
    assert rows(last) == [(True,)] * 9


def test_a_home_page_of_several_frames_is_all_of_them(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    write_site(mirror)
    front = mirror.pages.pop(f"http://{HOST}/")
    menu = "<a href='gzdt/index.html' target='m'>工作动态</a> <a href='zcwj/index.html' target='m'>政策文件</a>"
    frames = "<frameset rows='90,*'><frame src='top.htm'><frame src='main.htm' name='m'></frameset>"
    mirror.pages[f"http://{HOST}/"] = Reply(f"<html><head><title>市教育局</title></head>{frames}</html>")
    mirror.pages[f"http://{HOST}/top.htm"] = Reply(f"<html><body>{menu}</body></html>")
    mirror.pages[f"http://{HOST}/main.htm"] = front
    home = "select items, newest::text, complete from page_visit where kind = 'home' order by visited_at desc limit 1"
    discovered = "select ended from discovery order by visited_at desc limit 1"
    filed()
    run("site")
    assert rows(home) == [(8, days_ago(1), True)]
    assert {path for (path,) in rows("select split_part(url, '/', 4) from site_column")} == {"gzdt", "zcwj"}
    assert rows(discovered) == [(True,)]
    script = "<html><body><div id='m'></div><script>$.ajax('/menu.json')</script></body></html>"
    for top in (Reply(script), Reply(status=500)):
        mirror.pages[f"http://{HOST}/top.htm"] = top
        run("site")
        assert rows(discovered) == [(False,)]
    assert rows(home) == [(8, days_ago(1), False)]
    assert rows(discovered) == [(False,)]


def test_a_day_that_only_the_address_bears_is_asked_of_the_article(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    """Taken over from an older system: the addresses are years old, what stands there is not."""
    write_site(mirror)
    moved = [(f"/zcwj/art/2015/3/{n}/art_1_{n}.html", f"关于印发第{n}号规范性文件的通知要求", "") for n in (3, 2, 1)]
    mirror.pages[f"http://{HOST}/zcwj/index.html"] = Reply(list_page("政策文件", moved))
    for number, (path, title, _) in enumerate(moved):
        text = "<p>各县区人民政府，市政府各部门、各直属机构，现将有关要求通知如下，请认真贯彻执行。</p>" * 4
        body = f"<html><body><h1>{title}</h1><p>发布时间：{days_ago(40 + number)} 10:00</p>{text}</body></html>"
        mirror.pages[f"http://{HOST}{path}"] = Reply(body)
    filed()
    run("site")
    assert rows("select newest::text, undated from page_visit where url like '%zcwj/index%'") == [(days_ago(40), 0)]


def test_the_day_on_which_a_survey_began_dates_no_column(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    """Put up long after: its own page says when, or nobody knows."""
    write_site(mirror)
    surveys = "".join(
        f"<li><a href='/zcwj/{n}.html'>关于第{n}项便民措施的网上调查</a>"
        f"<span>调查时间：{days_ago(400 + n)} 至 {days_ago(10 - n)}</span></li>"
        for n in (1, 2)
    )
    title = "关于第1项便民措施的网上调查"
    mirror.pages[f"http://{HOST}/zcwj/index.html"] = Reply(
        f"<html><head><title>网上调查</title></head><body><ul class='list'>{surveys}</ul></body></html>"
    )
    mirror.pages[f"http://{HOST}/zcwj/1.html"] = Reply(
        f"<html><body><h1>{title}</h1><p>发布时间：{days_ago(40)} 10:00</p>"
        f"<p>{'为了解群众对便民措施的意见，现开展网上调查，请积极参与。' * 6}</p></body></html>"
    )
    filed()
    run("site")
    assert rows("select items, newest::text, undated from page_visit where url like '%zcwj/index%'") == [
        (2, days_ago(40), 1)
    ]


def test_a_list_in_order_is_settled_by_its_first_page_and_one_out_of_order_is_not(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    write_site(mirror)
    shuffled = [OLD[3], OLD[0], OLD[2], OLD[1]]
    mirror.pages[f"http://{HOST}/zcwj/index.html"] = Reply(list_page("政策文件", shuffled, "index_2.html"))
    newer = [("/zcwj/99.html", "关于公布新一批规范性文件目录的通知", days_ago(30)), *OLD[4:]]
    mirror.pages[f"http://{HOST}/zcwj/index_2.html"] = Reply(list_page("政策文件", newer))
    filed()
    run("site")
    assert rows("select newest::text from page_visit where url like '%zcwj%'") == [(days_ago(30),)]


def test_a_site_that_is_shut_is_a_row_and_not_an_error(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    mirror.pages[f"http://{HOST}/"] = Reply("<h1>500</h1>", 500)
    filed()
    assert run("site").status == 0
    assert rows("select outcome, complete, because from page_visit") == [("http_error", False, "HTTP 500")]
    assert rows("select count(*) from ours") == [(0,)]


def test_killed_in_the_middle_and_run_again_nothing_is_lost_and_nothing_is_spoilt(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, environment: dict[str, str], tmp_path: Path
) -> None:
    write_site(mirror)
    mirror.pages[f"http://{HOST}/zcwj/index.html"] = Reply(list_page("政策文件", OLD), seconds=20)
    filed()
    killed = subprocess.Popen([sys.executable, "-m", "scrapers", "site"], env=environment, start_new_session=True)
    until = time.monotonic() + 20
    while f"http://{HOST}/zcwj/index.html" not in mirror.asked and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    mirror.pages[f"http://{HOST}/zcwj/index.html"] = Reply(list_page("政策文件", OLD))
    assert run("site").status == 0
    assert len(list((tmp_path / "home" / "evidence").iterdir())) == 2
    assert rows("select url from page_visit where complete order by url")[-1] == (f"http://{HOST}/zcwj/index.html",)
    for path in (tmp_path / "home" / "evidence").iterdir():
        with open(path, "rb") as file:
            assert next(record.rec_type for record in ArchiveIterator(file)) == "warcinfo"


FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>市教育局发布</title>
<item><guid>1</guid><title>一图读懂新规</title><link>http://feeds.example.com/1</link>
<pubDate>Mon, 02 Nov 2026 08:00:00 +0800</pubDate></item></channel></rss>"""
WECHAT = Account("A-wx", "wechat", "市教育局发布", "U1", "http://feeds.example.com/wx.xml")
WEIBO = Account("A-wb", "weibo", "市教育局", "U1", "http://weibo.com/u/6100068350")


def test_a_feed_gives_its_posts_and_how_far_back_it_reaches(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    mirror.pages[WECHAT.address] = Reply(FEED, headers={"Content-Type": "application/rss+xml"})
    filed(accounts=(WECHAT,))
    assert run("account").status == 0
    assert rows("select account, source, outcome, complete, posts, name_seen from account_visit") == [
        ("A-wx", "feed", "opened", True, 1, "市教育局发布")
    ]
    assert rows("select title, published_at from post")[0][0] == "一图读懂新规"


def test_a_feed_without_posts_is_not_an_account_without_posts(mirror: Mirror, filed: Run, run: Run, rows: Rows) -> None:
    mirror.pages[WECHAT.address] = Reply("<rss version='2.0'><channel><title>市教育局发布</title></channel></rss>")
    filed(accounts=(WECHAT,))
    run("account")
    assert rows("select complete, posts, covers_from from account_visit") == [(False, 0, None)]
    assert rows("select subject from ours") == [("A-wx",)]


def test_weibo_is_asked_only_when_told_to_and_a_login_wall_is_a_wall(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    url = "http://m.weibo.cn/api/container/getIndex?containerid=1076036100068350&page=1&count=25"
    mirror.pages[url] = Reply('{"ok":-100,"url":"https://passport.weibo.com/sso/signin"}')
    filed(accounts=(WEIBO,))
    assert run("account").status == 0
    assert mirror.asked == []
    assert run("account", "--sources", "feed,web").status == 3
    assert rows("select outcome, complete, posts from account_visit") == [("wall", False, None)]
    assert rows("select count(*) from post") == [(0,)]


def test_a_source_that_nobody_knows_is_bad_usage(run: Run) -> None:
    assert run("account", "--sources", "telepathy").status == 2


def box_page(messages: list[tuple[str, str, str]], following: str = "") -> str:
    """A letter box: title, day asked and day answered, which may be empty."""
    lines = "".join(
        f"<tr><td><a href='/hdjl/xx/{n}.html'>{title}</a></td><td>{asked}</td><td>{answered or '待办'}</td></tr>"
        for n, (title, asked, answered) in enumerate(messages)
    )
    more = f"<div class='page'><a href='{following}'>下一页</a></div>" if following else ""
    return (
        "<html><head><title>局长信箱-市教育局</title></head><body>"
        "<div>当前位置：<a href='/'>首页</a> &gt; 局长信箱</div>"
        "<table><tr><th>来信标题</th><th>来信时间</th><th>回复时间</th></tr>" + lines + f"</table>{more}</body></html>"
    )


def test_a_message_told_among_others_is_not_mistaken_for_one_of_them(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    base = f"http://{HOST}"
    mirror.pages[f"{base}/"] = Reply(home_page([("/hdjl/xx/index.html", "局长信箱")], NEWS))
    way = "<div>当前位置：<a href='/'>首页</a> &gt; 局长信箱</div>"
    told = "".join(
        f"<p>反映停车问题</p><p>来信时间：{days_ago(asked)}</p><p>{state}</p>"
        for asked, state in (
            (20, f"回复时间：{days_ago(10)}"),
            (30, f"回复时间：{days_ago(25)}"),
            (200, "办理状态：正在办理"),
        )
    )
    mirror.pages[f"{base}/hdjl/xx/index.html"] = Reply(f"<title>局长信箱</title>{way}{told}")
    filed()
    assert run("site").status == 0
    assert rows("select asked_on::text, answered_on::text, answered, known from letter_visit order by 1") == [
        (days_ago(200), None, False, True),
        (days_ago(30), days_ago(25), True, True),
        (days_ago(20), days_ago(10), True, True),
    ]


def test_a_letter_box_is_read_back_to_its_day_and_keeps_no_words_of_anybody(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    columns = [("/gzdt/index.html", "工作动态"), ("/hdjl/xx/index.html", "局长信箱")]
    base = f"http://{HOST}"
    mirror.pages[f"{base}/"] = Reply(home_page(columns, NEWS))
    mirror.pages[f"{base}/gzdt/index.html"] = Reply(list_page("工作动态", NEWS))
    first = [
        ("咨询转学手续如何办理的问题", days_ago(10), days_ago(8)),
        ("反映学校周边噪音扰民的问题", days_ago(120), ""),
    ]
    second = [("关于教师资格认定时间的咨询", days_ago(500), days_ago(490))]
    mirror.pages[f"{base}/hdjl/xx/index.html"] = Reply(box_page(first, "index_2.html"))
    mirror.pages[f"{base}/hdjl/xx/index_2.html"] = Reply(box_page(second, "index_3.html"))
    filed()
    ran = run("site")
    assert ran.status == 0, ran.told
    assert f"{base}/hdjl/xx/index_3.html" not in mirror.asked
    letters = "select asked_on::text, answered_on::text from letter_visit where box_url like '%xx%' order by 1 desc"
    assert rows(letters) == [
        (days_ago(10), days_ago(8)),
        (days_ago(120), None),
        (days_ago(500), days_ago(490)),
    ]
    assert rows("select complete, items, undated from page_visit where kind = 'letters'") == [(True, 3, 0)]
    words = rows("select coalesce(string_agg(l::text, ''), '') from letter_visit l")[0][0]
    assert "转学" not in words


def test_a_replayed_probe_lands_the_same_visits(
    mirror: Mirror, filed: Run, run: Run, rows: Rows, tmp_path: Path
) -> None:
    filed("a.example.gov.cn", "b.example.gov.cn", "c.example.gov.cn")
    tries = iter([Reply(reset=True), Reply(home_page([], NEWS))])
    mirror.pages["http://a.example.gov.cn/"] = lambda: next(tries)
    mirror.pages["http://b.example.gov.cn/"] = Reply(reset=True)
    mirror.pages["http://c.example.gov.cn/"] = Reply(status=302, headers={"Location": "http://a.example.gov.cn/x"})
    mirror.pages["http://a.example.gov.cn/x"] = Reply(home_page([], NEWS))
    assert run("probe").status == 0
    seen = rows("select site, visited_at::text, outcome, seconds, sha256, because from visit order by 1")
    assert [outcome for _, _, outcome, *_ in seen] == ["opened", "reset", "opened"]
    rows("with gone as (delete from visit returning 1) select 1")
    evidence = str(tmp_path / "home" / "evidence")
    assert run("probe", "--replay", evidence, HTTP_PROXY="http://127.0.0.1:1").status == 0
    assert rows("select site, visited_at::text, outcome, seconds, sha256, because from visit order by 1") == seen


def test_a_silent_list_is_settled_by_the_messages_own_pages_or_left_open(
    mirror: Mirror, filed: Run, run: Run, rows: Rows
) -> None:
    base, day = f"http://{HOST}", days_ago(150)
    mirror.pages[f"{base}/"] = Reply(home_page([("/hdjl/xx/index.html", "局长信箱")], NEWS))
    names = ("咨询转学手续如何办理", "反映校门口噪音扰民", "咨询教师资格认定时间", "反映食堂卫生问题")
    listed = "".join(f"<li><a href='{n}.html'>{t}</a><span>{day}</span></li>" for n, t in enumerate(names))
    way = "<div>当前位置：<a href='/'>首页</a> &gt; 局长信箱</div>"
    mirror.pages[f"{base}/hdjl/xx/index.html"] = Reply(f"<title>局长信箱</title>{way}<ul>{listed}</ul>")
    told = f"<title>局长信箱</title>{way}<p>信件标题：某事</p><p>来信时间：{day}</p><p>信件内容：请问如何办理？</p>"
    advert = "<p>代开正规发票，身份证110101199003077758</p>"
    mirror.pages[f"{base}/hdjl/xx/0.html"] = Reply(f"{told}<p>答复内容：您好，请携带材料到校办理。</p>")
    mirror.pages[f"{base}/hdjl/xx/1.html"] = Reply(f"{told}{advert}<p>办理状态：待回复</p>")
    mirror.pages[f"{base}/hdjl/xx/2.html"] = Reply(f"{told}<p>办理情况见公告栏，反馈另行通知</p>")
    filed()
    ran = run("site")
    assert ran.status == 0, ran.told
    letters = "select substr(url, length(url) - 5, 1), answered, known, asked_on::text from letter_visit order by 1"
    assert rows(letters) == [
        ("0", True, True, day),
        ("1", False, True, day),
        ("2", False, False, day),  # its page says neither
        ("3", False, False, day),  # it has no page
    ]
    assert rows("select complete from page_visit where kind = 'letters'") == [(True,)]
    signs = rows("select url, sign, what from page_sign order by sign")
    assert [(url.rsplit("/", 1)[1], sign) for url, sign, _ in signs] == [
        ("1.html", "letter_advertising"),
        ("1.html", "letter_id_number"),
    ]
    assert "199003" not in str(signs)
