"""Every page of our own making beside what it says: one page a trap, one expectation file a page."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from scrapers.dialects import Page, answer, read

PAGES = Path(__file__).parents[1] / "pages"
CASES = sorted(p.with_suffix(".html") for p in PAGES.glob("*/*.json"))


def told(path: Path) -> tuple[Page, dict[str, Any]]:
    case = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    page = Page(case["url"], path.read_bytes(), datetime.fromisoformat(case["fetched_at"]), case["status"])
    return page, case


@pytest.mark.parametrize("path", CASES, ids=[f"{p.parent.name}/{p.stem}" for p in CASES])
def test_a_page_says_what_stands_beside_it(path: Path) -> None:
    page, case = told(path)
    got = answer(page, case["kind"])
    for fact, wanted in case["expect"].items():
        if fact == "items":
            assert len(got["items"]) == wanted, [i["title"] for i in got["items"]]
        elif fact == "dates":
            assert [i["date"] for i in got["items"]] == wanted
        elif fact == "first_title":
            assert got["items"][0]["title"] == wanted
        elif fact == "first_url":
            assert got["items"][0]["url"] == wanted
        elif fact == "pinned":
            assert [n for n, i in enumerate(got["items"]) if i["pinned"]] == wanted
        elif fact == "letters":
            assert [[m["asked_on"], m["answered_on"]] for m in got["letters"]] == wanted
        elif fact == "site":
            assert {name: got["site"][name] for name in wanted} == wanted
        else:
            assert got[fact] == wanted, fact


def test_there_is_a_page_for_every_family() -> None:
    assert {p.parent.name for p in CASES} >= {"plain", "trs", "hanweb", "vsb", "anhui", "json"}


def test_an_article_in_english_names_its_source_and_a_day_may_stand_between_middle_dots() -> None:
    line = "<div>2018・09・19 Source: China Daily | Editor: Li</div>"
    body = f"<h1>New office opens in the city</h1>{line}<p>{'The city opened an office. ' * 20}</p>"
    html = f"<html><body>{body}</body></html>"
    page = Page("http://x.example.gov.cn/a.html", html.encode(), datetime.fromisoformat("2018-09-20T10:00:00+08:00"))
    got = answer(page, "article")
    assert (got["source"], got["published_at"]) == ("China Daily", "2018-09-19T00:00:00+08:00")


TITLE = "关于开展全市安全生产大检查的通知"
TEXT = f"<p>{'市政府召开专题会议，研究部署下一阶段重点工作，各级各部门要压实责任。' * 6}</p>"
LINES_OF_PUBLICATION = {
    f"<h1>{TITLE}</h1><p>发布时间：18-09-11　浏览：12次</p>": "2018-09-11",
    f"<h1>{TITLE}</h1><p>来源：市政府办　18/09/11　字体：大 中 小</p>": "2018-09-11",
    f"<h1>{TITLE}</h1><p>发布时间：二〇一八年九月十一日</p>": "2018-09-11",
    f"<div>2018-09-11</div><h1>{TITLE}</h1>": "2018-09-11",
    f"<div>2018-09-11 来源：市政府办</div><h2>{TITLE}</h2>": "2018-09-11",
    f"<h1>{TITLE}</h1><p>18-09-11</p>": None,  # alone it may be a number
    f"<h1>{TITLE}</h1><p>型号18-09-11的设备已经更新。</p>": None,
    f"<h1>{TITLE}</h1><p>发布时间：11-09-18</p>": None,  # the 11th of 2018 or the 18th of 2011
    f"<h1>{TITLE}</h1><p>发布时间：18-12-11</p>": None,  # has not come yet
    f"<h1>{TITLE}</h1><p>截止时间：18-09-11</p>": None,
    f"<h1>{TITLE}</h1><p>发布时间：18-09-11</p><p>发布时间：18-03-02</p>": None,
    f"<div>2018-09-20</div><h1>{TITLE}</h1>": None,  # may be the clock of the visit
    f"<div>今天是2018年9月19日</div><h1>{TITLE}</h1>": None,
    f"<div>2018-09-11</div><p><a href='/zwgk/'>政务公开</a> > 正文</p><h1>{TITLE}</h1>": None,
}


@pytest.mark.parametrize("lines", LINES_OF_PUBLICATION)
def test_an_article_bears_the_day_of_its_line_of_publication_in_rare_shapes_too_and_no_other(lines: str) -> None:
    html = f"<html><head><title>{TITLE}</title></head><body>{lines}{TEXT}</body></html>"
    page = Page("http://x.example.gov.cn/a.html", html.encode(), datetime.fromisoformat("2018-09-20T10:00:00+08:00"))
    got = answer(page, "article")["published_at"]
    assert (got[:10] if got else None) == LINES_OF_PUBLICATION[lines]


def test_a_shorter_list_with_later_days_keeps_a_longer_one_from_being_called_stale() -> None:
    def rows(count: int, day: str, where: str) -> str:
        row = "<li><a href='/{0}/{1}.html'>关于开展第{1}次安全生产大检查的通知</a><span>{2}</span></li>"
        return "<ul>" + "".join(row.format(where, n, day) for n in range(count)) + "</ul>"

    def newest(own: str, other: str) -> str:
        html = f"<html><body><p>通知公告</p>{own}<div>{other}</div></body></html>"
        visited = datetime.fromisoformat("2018-09-20T10:00:00+08:00")
        return str(read(Page("http://x.example.gov.cn/tzgg/", html.encode(), visited), "list").newest)

    long = rows(15, "2016-03-01", "old")
    assert newest(rows(5, "2018-09-11", "new"), f"<h3>历史回顾</h3>{long}") == "2018-09-11"
    assert newest(rows(5, "2018-10-11", "new"), f"<h3>历史回顾</h3>{long}") == "2016-03-01"  # has not come yet
    headline = "<div><a href='/z/1.html'>关于开展全市安全生产大检查的通知</a><span>发布日期：2018-09-19</span></div>"
    assert newest(headline + long, "") == "2018-09-19"
    assert newest(headline.replace("发布", "截止") + long, "") == "2016-03-01"
    assert newest(long, f"<h3>热点信息</h3>{rows(5, '2018-09-11', 'hot')}") == "2016-03-01"
    assert newest(long, f"<h3><a href='/xw/'>要闻</a></h3>{rows(5, '2018-09-11', 'xw')}") == "2016-03-01"


def test_a_sponsor_ends_before_a_bracket_that_is_cut_and_a_block_by_the_sites_own_staff_is_a_wall() -> None:
    visited = datetime.fromisoformat("2018-09-20T10:00:00+08:00")
    foot = "<p>主办单位：示例市人民政府办公室 (政府信息公开办)</p><p>网站标识码：3415000048</p>"
    page = Page("http://x.example.gov.cn/a.html", f"<html><body>{TEXT}{foot}</body></html>".encode(), visited)
    assert read(page, "article").site["sponsor"] == "示例市人民政府办公室"
    words = "<html><body>您的请求带有不合法参数，已被网站管理员设置拦截！</body></html>"
    assert read(Page("http://x.example.gov.cn/tzgg/", words.encode(), visited), "list").kind == "challenge"


def test_the_clock_in_a_pages_head_dates_no_row_of_two_boxes_that_are_no_list() -> None:
    head = "<div>2018年9月20日 星期四 加入收藏 <a href='/xxgk/'>政府信息公开</a></div>"
    foot = "<div>联系我们：示例市东路一号</div><div><a href='/jc.html'>政府网站找错</a></div>"
    html = f"<html><body><center>{head}{foot}</center></body></html>"
    visited = datetime.fromisoformat("2018-09-20T10:00:00+08:00")
    found = read(Page("http://x.example.gov.cn/about.php", html.encode(), visited), "list")
    assert (found.newest, found.blank) == (None, None)
