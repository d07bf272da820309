"""Which columns stand at the first level of a menu, and which lie below which, whatever the menu is built of."""

# ruff: noqa: E501  (pages and answers are data)

from datetime import datetime

import pytest

from scrapers.dialects import Page, read, site_map
from scrapers.dialects.page import SHANGHAI
from scrapers.reading import Found

TOPS = ("政务公开", "互动交流", "工作动态", "政策文件")


def found_in(body: str, url: str = "http://slj.example.gov.cn/") -> dict[str, Found]:
    page = Page(url, f"<html><body>{body}</body></html>".encode(), datetime(2018, 9, 12, 10, tzinfo=SHANGHAI))
    return {c.url.removeprefix("http://slj.example.gov.cn"): c for c in site_map(page).columns}


def menu(top: str, before: str, after: str, home: str) -> str:
    """One menu: 首页, then each top entry with two columns below it."""
    return before + home + "".join(top.format(i=i, name=name) for i, name in enumerate(TOPS)) + after


SHAPES = {
    "nested ul": menu("<li><a href='/{i}/'>{name}</a><ul><li><a href='/{i}/a/'>通知公告</a></li><li><a href='/{i}/b/'>规划计划</a></li></ul></li>", "<div class='n'><div class='w'><ul>", "</ul></div></div>", "<li><a href='/'>首页</a></li>"),
    "a dl an entry": menu("<dl><dt><a href='/{i}/'>{name}</a></dt><dd><a href='/{i}/a/'>通知公告</a></dd><dd><a href='/{i}/b/'>规划计划</a></dd></dl>", "<header><a href='/'><img src='l.png'></a><nav>", "</nav></header>", "<a href='/'>首页</a>"),
    "one dl for all": menu("<dt><a href='/{i}/'>{name}</a></dt><dd><a href='/{i}/a/'>通知公告</a></dd><dd><a href='/{i}/b/'>规划计划</a></dd>", "<dl id='menu'>", "</dl>", "<dt><a href='/'>首页</a></dt>"),
    "boxes in boxes": menu("<div class='x'><a href='/{i}/'>{name}</a><div class='y'><a href='/{i}/a/'>通知公告</a><a href='/{i}/b/'>规划计划</a></div></div>", "<div class='z'>", "</div>", "<div class='x'><a href='/index.html'>网站首页</a></div>"),
    "links and boxes in turn": menu("<a href='/{i}/'>{name}</a><div class='y'><a href='/{i}/a/'>通知公告</a><a href='/{i}/b/'>规划计划</a></div>", "<div>", "</div>", "<a href='/'>首页</a>"),
    "table": menu("<td onmouseover='s({i})'><a href='/{i}/'>{name}</a><div style='display:none'><a href='/{i}/a/'>通知公告</a> <a href='/{i}/b/'>规划计划</a></div></td>", "<table><tr>", "</tr></table>", "<td><a href='/'>网站首页</a></td>"),
    "picture and words": menu("<li><a href='/{i}/'><img src='{i}.png'></a><a href='/{i}/'>{name}</a><div><p><a href='/{i}/a/'>通知公告</a></p><p><a href='/{i}/b/'>规划计划</a></p></div></li>", "<ul>", "</ul>", "<li><a href='/'>首页</a></li>"),
    "boxes elsewhere with the entries' numbers": "<table><tr><td><a href='/'>首页</a></td>" + "".join(f"<td id='nav{i}'><a href='/{i}/'>{name}</a></td>" for i, name in enumerate(TOPS)) + "</tr></table>" + "".join(f"<div id='sub_nav{i}' style='display:none'><a href='/{i}/a/'>通知公告</a> <a href='/{i}/b/'>规划计划</a></div>" for i, _ in enumerate(TOPS)),
    "navigation without 首页": menu("<li><a href='/{i}/'>{name}</a><ul><li><a href='/{i}/a/'>通知公告</a></li><li><a href='/{i}/b/'>规划计划</a></li></ul></li>", "<div class='main-nav'><ul>", "</ul></div>", ""),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_top_entry_is_of_the_first_level_and_what_is_below_it_has_it_as_parent(shape: str) -> None:
    found = found_in(SHAPES[shape])
    assert {(c.name, c.level, c.parent) for url, c in found.items() if url.count("/") == 2} == {
        (t, 1, "") for t in TOPS
    }
    below = [c for url, c in found.items() if url.count("/") == 3]
    assert len(below) == 8
    assert all(c.level == 2 for c in below)
    assert [c.parent for c in below if c.name == "通知公告"] == list(TOPS)


def test_an_entry_that_leads_to_its_own_first_column_is_that_column() -> None:
    same = "<dl><dt><a href='/{i}/a/'>{name}</a></dt><dd><a href='/{i}/a/'>通知公告</a></dd><dd><a href='/{i}/b/'>规划计划</a></dd></dl>"
    found = found_in(menu(same, "<nav>", "</nav>", "<a href='/'>首页</a>"))
    assert (found["/0/a/"].name, found["/0/a/"].parent, found["/0/a/"].level) == ("通知公告", "政务公开", 2)
    assert not any(c.level == 1 for c in found.values())


def test_an_entry_that_is_only_words_is_still_the_parent() -> None:
    words = "<li><span>{name}</span><ul><li><a href='/{i}/a/'>通知公告</a></li></ul></li>"
    found = found_in(menu(words, "<ul class='nav'>", "</ul>", "<li><a href='/'>首页</a></li>"))
    assert [(c.parent, c.level) for c in found.values()] == [(top, 2) for top in TOPS]


def test_headings_inside_a_wide_menu_leave_the_entry_as_parent() -> None:
    wide = "<li><a href='/{i}/'>{name}</a><div><dl><dt>法定内容</dt><dd><a href='/{i}/a/'>通知公告</a></dd></dl></div></li>"
    found = found_in(menu(wide, "<ul>", "</ul>", "<li><a href='/'>首页</a></li>"))
    assert {c.parent for url, c in found.items() if url.endswith("/a/")} == set(TOPS)


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr>" + "".join(f"<td><a href='/{i}/'>{n}</a> <a href='/{i}/a/'>通知公告</a></td>" for i, n in enumerate(TOPS)) + "</tr></table>",
        "<div class='box'><h3>通知公告</h3><a href='/tzgg/'>更多</a></div><div class='box'><h3>政策文件</h3><a href='/zcwj/'>更多</a></div>",
        "<div class='sidenav'><ul>" + "".join(f"<li><a href='/{i}/'>{n}</a></li>" for i, n in enumerate(TOPS)) + "</ul></div>",
        "<div class='menu'><ul>" + "".join(f"<li><a href='/{i}/'>示例栏目{i}</a></li>" for i in range(60)) + "</ul></div>",
    ],
    ids=["entries run together", "headings with more", "a menu at the side", "a farm of links"],
)  # fmt: skip
def test_where_no_menu_is_recognised_the_level_is_unknown(body: str) -> None:
    found = found_in(body)
    assert found
    assert {c.level for c in found.values()} == {None}


def test_a_block_beside_the_menu_has_no_level_until_its_own_page_tells() -> None:
    found = found_in(SHAPES["nested ul"] + "<div><h3>招标公告</h3><a href='/zbgg/'>更多</a></div>")
    assert found["/zbgg/"].level is None


def test_the_areas_of_a_picture_are_its_menu() -> None:
    areas = "".join(f"<area href='/{i}/' alt='{n}'>" for i, n in enumerate(TOPS))
    with_home = found_in(f"<img usemap='#m'><map name='m'><area href='/' alt='首页'>{areas}</map>")
    assert [(c.name, c.level) for c in with_home.values()] == [(t, 1) for t in TOPS]
    assert {c.level for c in found_in(f"<map name='m'>{areas}</map>").values()} == {None}


def test_words_that_a_click_leads_on_from_are_a_menu_too() -> None:
    clicks = [
        "<td onclick=\"location.href='dt/list.html'\">工作动态</td>",
        "<span onClick='window.open(\"/gg/list.html\")'>通知<b>公告</b></span>",
        "<a href='javascript:void(0)' onclick=\"window.location = 'http://slj.example.gov.cn/zc/'\">政策文件</a>",
        "<a href=\"javascript:location.assign('/rs/')\">人事信息</a>",
        "<td onclick=\"show('tab3')\">规划计划</td>",
        "<li onclick=\"location.href='/dt/view?id=7'\">我局召开全市水利工作会议</li>",
        "<b onclick=\"window.open('http://127.0.0.1/x/')\">财政信息</b>",
    ]
    found = found_in(f"<table><tr>{''.join(clicks)}</tr></table>", "http://slj.example.gov.cn/web/")
    names = {url: column.name for url, column in found.items()}
    assert names == {
        "/web/dt/list.html": "工作动态",
        "/gg/list.html": "通知公告",
        "/zc/": "政策文件",
        "/rs/": "人事信息",
    }


@pytest.mark.parametrize(
    "line, trail",
    [
        ("<div>当前位置：<a href='/'>首页</a> &gt; <a href='/a/'>政务公开</a> &gt; <a href='/a/b/'>通知公告</a></div>", ("政务公开", "通知公告")),
        ("<td>您现在的位置：<a href='http://slj.example.gov.cn/'>示例市水利局</a>&gt;&gt;<a>政策文件</a>&gt;&gt;部门文件&gt;&gt;列表</td>", ("政策文件", "部门文件")),
        ("<ul class='breadcrumb'><li><a href='/'>首页</a></li><li><a>政务公开</a></li><li>通知公告</li></ul>", ("政务公开", "通知公告")),
        ("<p class='crumbs'><a href='/'>首页</a><span>/</span><a href='/a/'>政务公开</a></p>", ("政务公开",)),
        ("<div><a href='/'>首页</a>&nbsp;→&nbsp;<a href='/z/'>政务公开</a>&nbsp;→&nbsp;通知公告</div>", ("政务公开", "通知公告")),
        ("<div>您的位置：通知公告</div>", ()),
        ("<div>当前位置：政务公开 &gt; 通知公告</div>", ()),
        ("<div><a href='/'>首页</a> | <a href='/a/'>政务公开</a> | <a href='/b/'>互动交流</a></div>", ()),
    ],
)  # fmt: skip
def test_the_way_bread_names_the_columns_from_the_home_page_down(line: str, trail: tuple[str, ...]) -> None:
    body = f"<html><body>{line}<ul><li><a href='1.html'>关于开展节约用水宣传活动的通知</a><span>2018-09-01</span></li></ul></body></html>"
    page = Page("http://slj.example.gov.cn/a/b/", body.encode(), datetime(2018, 9, 12, 10, tzinfo=SHANGHAI))
    assert read(page, "list").trail == trail


def test_the_own_page_of_a_message_that_waits_says_when_it_was_asked() -> None:
    rows = {"信件标题": "小区供水", "提交日期": "2018/06/02 09:10:11", "信件内容": "请尽快处理。", "处理情况": "待处理"}
    body = "".join(f"<tr><td>{name}：</td><td>{said}</td></tr>" for name, said in rows.items())
    page = Page(
        "http://slj.example.gov.cn/MailView.aspx?MailID=7",
        f"<html><head><title>小区供水-局长信箱</title></head><body><table>{body}</table></body></html>".encode(),
        datetime(2018, 9, 12, 10, tzinfo=SHANGHAI),
    )
    [message] = read(page, "letters").letters
    assert (str(message.asked_on), message.answered_on, message.answered) == ("2018-06-02", None, False)
