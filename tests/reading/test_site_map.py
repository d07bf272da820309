"""A site's columns from its home page, and what is no column."""

# ruff: noqa: E501  (pages and answers are data)

from datetime import datetime

import pytest

from scrapers.dialects import Page, site_map
from scrapers.dialects.menus import canonical
from scrapers.dialects.page import SHANGHAI

HOME = """<html><head><title>示例市水务局</title></head><body>
<a href="javascript:void(0)">设为首页</a> <a href="/login.jsp">用户登录</a> <a href="/search.jsp">高级检索</a>
<ul class="nav"><li><a href="/">首页</a></li>
<li><a href="/zwgk/">政务公开</a><ul><li><a href="/zwgk/tzgg/index.html">通知公告</a></li><li><a href="/zwgk/zcfg/">政策法规</a></li>
<li><a href="/zwgk/rsxx/;jsessionid=A1B2?sid=3">人事信息</a></li></ul></li>
<li><a href="http://zwfw.example.cn/">政务服务网</a></li><li><a href="/hdjl/jzxx/">局长信箱</a></li><li><a href="/zt/fxkh/">防汛抗旱专题</a></li></ul>
<div class="box"><div class="tit"><span>水务要闻</span><a href="/xwzx/swyw/" class="more">更多&gt;&gt;</a></div>
<ul><li><a href="/xwzx/swyw/2018-09/11/1.html">示例市水务局部署秋季防汛工作</a><span>09-11</span></li>
<li><a href="/xwzx/swyw/2018-09/10/2.html">全市水利工程建设推进会召开并部署重点任务</a><span>09-10</span></li>
<li><a href="/xwzx/swyw/2018-09/08/3.html">节水宣传活动走进校园走进社区走进企业</a><span>09-08</span></li></ul></div>
<div class="box"><h3><a href="/zwgk/tzgg">通知公告</a></h3></div>
<a href="/print.jsp?id=3">打印本页</a> <a href="/rili/calendar?d=2018-09">日历</a>
<div class="links"><a href="http://www.gov.cn/">中国政府网</a><a href="http://weibo.com/slj">官方微博</a></div>
</body></html>"""


def home(body: str = HOME, status: int = 200) -> Page:
    return Page("http://slj.example.gov.cn/", body.encode(), datetime(2018, 9, 12, 10, tzinfo=SHANGHAI), status)


def test_menus_and_headings_with_more_give_the_columns() -> None:
    found = {c.name: c for c in site_map(home()).columns}
    assert set(found) >= {"政务公开", "通知公告", "政策法规", "人事信息", "局长信箱", "防汛抗旱专题", "水务要闻"}
    assert {n: found[n].kind for n in ("通知公告", "政策法规", "人事信息", "局长信箱", "水务要闻")} == {
        "通知公告": "notice", "政策法规": "policy", "人事信息": "personnel_plan", "局长信箱": "interaction", "水务要闻": "news"
    }  # fmt: skip
    assert found["通知公告"].parent == "政务公开"
    assert found["通知公告"].level == 2
    assert found["防汛抗旱专题"].type == "专题"


def test_articles_logins_searches_prints_and_calendars_are_no_columns() -> None:
    names = " ".join(c.name for c in site_map(home()).columns)
    for word in ("秋季防汛", "登录", "检索", "打印", "日历", "首页", "微博"):
        assert word not in names


def test_a_column_linked_with_and_without_a_slash_counts_once() -> None:
    assert [c.name for c in site_map(home()).columns].count("通知公告") == 1


def test_another_host_is_evidence_and_no_column() -> None:
    found = site_map(home())
    assert {c.name for c in found.links_out} >= {"政务服务网"}
    assert all("example.gov.cn" in c.url for c in found.columns)


@pytest.mark.parametrize(
    "url",
    [
        "http://slj.example.gov.cn/zwgk/tzgg/",
        "http://SLJ.example.gov.cn:80/zwgk/tzgg/index.html",
        "http://slj.example.gov.cn/zwgk//tzgg/;jsessionid=AB12",
        "http://slj.example.gov.cn/zwgk/tzgg/index_1.html",
        "http://slj.example.gov.cn/zwgk/tzgg/?page=3#top",
    ],
)
def test_one_column_under_several_addresses_counts_once(url: str) -> None:
    assert canonical(url) == "http://slj.example.gov.cn/zwgk/tzgg/"


@pytest.mark.parametrize(
    "body, word",
    [
        ("<html><body><div id=app></div><script src=/app.js></script></body></html>", "脚本"),
        ("<frameset cols='*,*'><frame src=a.htm><frame src=b.htm></frameset>", "框架"),
        ("<html><title>安全验证</title><body>请输入验证码后继续访问</body></html>", "防护"),
        ("<html><script>location.href='/portal/'</script></html>", "跳转"),
    ],
)
def test_an_unreadable_menu_says_why(body: str, word: str) -> None:
    found = site_map(home(body))
    assert found.columns == ()
    assert word in found.because


def test_what_the_menu_sets_below_the_topics_is_a_topic_whatever_its_name() -> None:
    menu = (
        "<ul class='nav'><li><a href='/'>首页</a></li><li><a href='/zwgk/'>政务公开</a></li><li><a href='/xwzx/'>新闻中心</a></li>"
        "<li><a href='/ztzl/'>专题专栏</a><ul><li><a href='/ztzl/zt1/'>抗旱保收</a></li></ul></li></ul>"
    )
    page = Page("http://slj.example.gov.cn/", menu.encode(), datetime(2018, 9, 12, 10, tzinfo=SHANGHAI))
    [topic] = [c for c in site_map(page).columns if c.name == "抗旱保收"]
    assert (topic.type, topic.parent) == ("专题", "专题专栏")
