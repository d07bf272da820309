"""Blank is claimed, denied or left open: never denied of a page on which nothing was found."""

# ruff: noqa: E501  (pages are data)

from datetime import datetime

import pytest

from scrapers.dialects import Page, read
from scrapers.dialects.page import SHANGHAI
from scrapers.reading import Facts

MENU = "".join(f"<a href='/zwgk/{n}/'>{word}</a> " for n, word in enumerate(("机构职能", "领导信息", "公示公告", "规划计划", "人事信息", "工作计划", "人事任免", "统计数据", "重大项目", "社会救助", "行政执法", "应急管理")))  # fmt: skip
FOOT = "<p>主办单位：示例市水利局　版权所有 Copyright 2012-2018 网站标识码：3499000021 皖ICP备05099999号-2 皖公网安备 34990002000123号 联系电话：0000-0000000</p>"
WAY = "<p>当前位置：<a href='/'>首页</a> &gt; <a href='/zwgk/'>政务公开</a> &gt; <a href='/zwgk/czyjs/'>财政预决算</a></p>"


def column(body: str, title: str = "财政预决算-示例市水利局") -> Facts:
    whole = f"<html><head><meta name='SiteName' content='示例市水利局门户网站'><title>{title}</title></head><body><h1 style='display:none'>示例市水利局门户网站</h1><div>{MENU}</div>{WAY}{body}{FOOT}</body></html>"
    return read(Page("http://slj.example.gov.cn/zwgk/czyjs/", whole.encode(), datetime(2018, 9, 12, 10, tzinfo=SHANGHAI)), "list")  # fmt: skip


@pytest.mark.parametrize("says", ["共0条 第1/1页", "暂无内容", "该栏目暂无信息"])
def test_a_column_that_says_that_it_is_empty_is_blank_whatever_menu_and_foot_hold(says: str) -> None:
    found = column(f"<table><tr><td></td></tr></table><div>{says}</div>")
    assert (found.kind, found.blank, found.unread) == ("blank", True, "")


def test_a_page_on_which_nothing_was_found_is_neither_blank_nor_filled() -> None:
    found = column("<div class='box'><p>财政预决算</p></div>")
    assert found.blank is None
    assert found.unread


@pytest.mark.parametrize(
    "body",
    [
        "<div><p>局长　张三</p><p>男，汉族，1970年1月生，大学学历</p><p>主持市水利局全面工作，分管办公室、人事科</p><p>副局长　李四</p><p>女，汉族，1972年5月生，研究生学历</p><p>分管规划计划、水资源管理、节约用水工作</p><p>副局长　王五</p><p>男，回族，1975年8月生，大学学历</p><p>分管河道管理、防汛抗旱、水土保持工作</p><p>总工程师　赵六</p><p>男，汉族，1968年3月生，正高级工程师</p><p>分管水利工程建设、质量与安全监督工作</p><p>党组成员　钱七</p><p>分管机关党建、群团、离退休干部工作</p></div>",
        "<div><p>示例市水利局是主管全市水行政工作的市政府组成部门，主要职责是：贯彻执行国家有关水利工作的方针政策和法律法规，拟订全市水利发展战略规划和有关政策，负责保障水资源的合理开发利用，指导监督水利工程建设与运行管理，负责水土保持、农村水利和节约用水工作，组织实施水利工程移民管理。</p><p>内设机构有办公室、规划计划科、水资源管理科、建设与安全监督科、河湖管理科、水土保持科，各科室的职责和联系方式由办公室负责解释，欢迎来电咨询。</p></div>",
    ],
    ids=["leaders", "an office's tasks"],
)
def test_a_single_page_with_text_of_its_own_is_not_blank(body: str) -> None:
    found = column(body)
    assert (found.blank, found.unread, found.items) == (False, "", ())


def test_a_list_filled_by_a_script_is_not_taken_for_a_single_page() -> None:
    lines = "".join(f"<p>本栏目公开示例市水利局第{n}项信息</p>" for n in range(30))
    found = column(f"{lines}<div id='list'></div><script>$.ajax('/data.json')</script>")
    assert found.blank is None
    assert "脚本" in found.unread


FRAME = "<div class='con'><ul class='list'></ul></div>"
QUERY = "<form action='/cx'>姓名 <input name='a'> 证件号 <input type='text' name='b'><input type='submit' value='查询'></form>"
ONE_FIELD = "<form action='/zs'>证书编号 <input name='a'><input type='submit' value='提交'></form>"


@pytest.mark.parametrize(
    "body",
    [
        f"<div class='con'>{QUERY}<ul class='list'></ul></div>",
        f"<div class='con'><div>{QUERY}</div>{FRAME}</div>",
        f"{QUERY}<ul class='list'></ul>",
        f"{ONE_FIELD}{FRAME}",
        f"{ONE_FIELD}<div class='con'>暂无数据</div>",
        f"<div class='con'>{QUERY}<table><tr><td>暂无数据</td></tr></table></div>",
        "<ul class='list'></ul><img src='/files/map2018.jpg' width='600'>",
    ],
)
def test_an_empty_frame_beside_a_form_or_picture_of_its_own_is_not_called_blank(body: str) -> None:
    assert column(body).blank is not True


@pytest.mark.parametrize(
    "head",
    [
        "<form action='/s'><input name='q'><input type='submit' value='搜索'></form>",
        "<div class='header'><form action='/s'><select name='c'></select><input type='text' name='q'></form></div>",
    ],
)
def test_the_search_of_the_whole_site_does_not_hide_a_blank_column(head: str) -> None:
    assert column(head + FRAME).blank is True
    assert column(f"{head}<div class='con'>暂无数据</div>").blank is True


BESIDES = {
    "its words are folded away": "<div class='nodata' style='display: none'>暂无数据</div><p>一、2018年部门预算收入1200万元。</p>",
    "a document": "<embed src='/upload/2018ys.pdf'><p>暂无信息</p>",
    "a film": "<video src='a.mp4'></video><p>暂无信息</p>",
    "named pictures": "<ul><li><img src='1.jpg' alt='2018年预算公开表'></li><li><img src='2.jpg' alt='2018年决算公开表'></li></ul><p>暂无内容</p>",
    "a table": "<table><tr><th>项目</th><th>金额</th></tr><tr><td>工资福利</td><td>300</td></tr><tr><td>公用经费</td><td>80</td></tr></table><p>暂无内容</p>",
    "a file": "<a href='/f/2018.doc'>部门预算</a><p>暂无信息</p>",
    "columns below": "<div><a href='a/'>预算公开</a> <a href='b/'>决算公开</a></div><p>暂无信息</p>",
    "a way elsewhere": "<p>本栏目内容请点击<a href='http://czj.example.gov.cn/'>市财政局网站</a>查看。</p><p>暂无信息</p>",
    "an answer to a query": "<p>搜索结果：没有找到相关记录</p>",
    "repair": "<p>系统维护中，暂无信息显示</p>",
    "a fault": "<p>数据库连接失败 暂无数据</p>",
    "rows that are fetched": "<div class='list' data-url='/api/list?c=5'></div><p>暂无信息</p>",
    "a script that fetches rows": "<ul class='list'></ul><p>暂无信息</p><script src='/js/getlist.js'></script>",
    "a data island": "<xml id='ds'><row><title>2018预算</title></row></xml><ul class='list' datasrc='#ds'></ul><p>暂无信息</p>",
    "a call for rows": "<div class='list'>暂无数据</div><script>$(function(){loadList(1)})</script>",
    "a locked door": "<div class='list'>您没有权限访问该栏目</div><ul class='list'></ul>",
    "a door for users": "<div class='list'>请登录后查看</div><ul class='list'></ul>",
    "a column that was merged": "<div>本栏目内容已整合至“政策文件”栏目</div><ul class='list'></ul>",
    "a sentence": "<p>暂无信息</p><p>张三，男，1970年出生，市政府党组书记、市长，主持市政府全面工作。</p>",
    "rows that lead nowhere": "<div><h4>关于召开会议的通知</h4><p>2018-09-02</p></div><ul class='list'></ul>",
    "a map of links": "<ul class='list'></ul><map name='m'><area href='/a/1.html'></map><img src='/img/nav.png' usemap='#m'>",
    "a drawing": "<canvas id='c'></canvas><ul class='list'></ul>",
    "years to choose from": "<p>暂无内容</p><a href='?y=2018'>2018</a> <a href='?y=2017'>2017</a>",
    "kinds to choose from": "<p>暂无内容</p><a href='?t=2'>规章</a> <a href='?t=3'>规范性文件</a>",
    "years in a field": "<ul class='list'></ul><select onchange='go()'><option>2017年</option><option>2016年</option></select>",
    "years by a click": "<p>暂无内容</p><a href='javascript:q(2018)'>2018年</a><a href='javascript:q(2017)'>2017年</a>",
    "tabs": "<ul class='list'></ul><ul class='tabs'><li onclick='tab(1)'>市政府规章</li><li onclick='tab(2)'>废止的规章</li></ul>",
    "a chart": "<ul class='list'></ul><div id='echarts'></div><script src='/js/echarts.min.js'></script>",
    "pictures that lead to articles": "<p>暂无内容</p><a href='/z/1.html'><img src='1.jpg'></a><a href='/z/2.html'><img src='2.jpg'></a>",
    "that nothing happened": "<ul class='list'></ul><p>说明：本年度未发生行政复议案件</p>",
    "rolling words": "<ul class='list'></ul><marquee>关于2018年中秋节放假安排的通知</marquee>",
    "a further page": "<p>第99页 暂无内容</p>",
    "other pages": "<p>暂无内容</p><a href='list_1.html'>1</a> <a href='list_2.html'>2</a>",
    "what has ended": "<p>在办（0）</p><p>已办（23）</p><p>暂无内容</p>",
    "more to come": "<p>没有更多了</p><ul class='list'></ul>",
    "no script, no rows": "<ul class='list'></ul><noscript>请开启JavaScript</noscript>",
}
FURNITURE = {
    "a banner of Flash": "<object><param name='movie' value='/b.swf'><embed src='/b.swf'></object>",
    "badges": "<p><img src='a.jpg' alt='官方微信二维码'><img src='b.jpg' alt='官方微博二维码'></p>",
    "who keeps the site": "<p>网站维护：市信息中心　系统维护电话：0000-0000000　网站维护与技术支持：示例公司</p>",
    "a manual": "<a href='/wza.doc'>无障碍使用手册下载</a><p>请点击下载无障碍浏览软件</p>",
    "a folded menu": "<div style='display:none'><a href='/x/'>移动版</a></div>",
    "a pager of no pages": "<p>共0条 第1/0页 <a href='?page=1'>首页</a> <a href='?page=0'>上一页</a> <a href='?page=1'>尾页</a></p>",
    "a welcome": "<marquee>热烈欢迎您访问示例市水利局门户网站</marquee>",
    "links of friends": "<select onchange='window.open(this.value)'><option value='http://www.gov.cn'>中国政府网</option><option>安徽省政府</option></select>",
    "a banner": "<a href='/zt/zzb/'><img src='/img/banner.jpg'></a>",
    "buttons": "<a href='javascript:window.print()'>打印本页</a> <a href='#' onclick='addFavorite()'>加入收藏</a>",
    "a hot list": "<h3>热点信息</h3><p><a href='/x/1.html'>关于召开会议的通知</a></p><p>2018-09-02</p>",
    "the door of the users": "<a href='/login'>登录</a> <a href='/reg'>注册</a><p>今天是2018年9月19日</p>",
    "a library": "<script src='/js/jquery.min.js'></script>",
}


@pytest.mark.parametrize("besides", BESIDES)
def test_a_page_that_calls_itself_empty_is_not_believed_beside_something_to_read(besides: str) -> None:
    found = column(f"<div class='con'>{BESIDES[besides]}</div>")
    assert found.blank is not True
    assert found.unread or found.items or found.blank is False


@pytest.mark.parametrize("furniture", FURNITURE)
def test_the_furniture_of_a_site_does_not_fill_an_empty_column(furniture: str) -> None:
    found = column(f"{FURNITURE[furniture]}<div class='con'><ul class='list'></ul><p>暂无信息</p></div>")
    assert (found.blank, found.unread) == (True, "")


HEAD = (
    "<div class='top'><span>今天是2018年9月12日 星期三</span><a href='#' onclick='SetHome(this)'>设为首页</a> "
    "<a href='/wza/'>无障碍浏览</a><form action='/search.jsp'><input name='q'><input type='submit' value='搜索'></form></div>"
    "<div class='banner'><object><embed src='/images/top.swf'></object></div><script src='/js/jquery.min.js'></script>"
)
SIDE = (
    "<div class='left'><h3>政务公开</h3><ul>"
    + "".join(f"<li><a href='/zwgk/{n}/'>{n}类信息</a></li>" for n in range(6))
    + "</ul></div>"
)
KEPT = (
    "<p>网站维护：示例市水利信息中心　地址：示例市人民路1号　邮编：237000</p><p>建议使用1024*768分辨率，IE8.0以上浏览器访问本网站</p>"
    "<script src='http://s4.cnzz.com/stat.php?id=1'></script><noscript><img src='http://c.cnzz.com/1.gif'></noscript>"
)
EMPTY = [
    "<ul class='newslist'><li>暂无信息</li></ul><div class='page'>共0条 第1/1页 首页 上一页 下一页 尾页</div>",
    "<table><tr><th>序号</th><th>标题</th><th>时间</th></tr></table><p align='center'>没有相关内容！</p>",
    "<div class='list'><div class='empty'><img src='/images/empty.png'><p>暂无数据</p></div></div>",
    "<div class='con'>该栏目正在建设中……</div>",
    "<div>本栏目暂无内容，敬请期待！</div>",
    "<div>内容更新中，请稍后访问。</div>",
    "<div class='list_con'><ul></ul><div class='pager'>&nbsp;共<b>0</b>条记录&nbsp;1/0页</div></div>",
    "<div class='main'><ul class='newslist'></ul></div>",
]


@pytest.mark.parametrize("empty", EMPTY)
def test_an_empty_column_is_blank_in_the_frame_of_a_whole_site(empty: str) -> None:
    found = column(f"{HEAD}{SIDE}{empty}{KEPT}")
    assert (found.blank, found.unread) == (True, "")
