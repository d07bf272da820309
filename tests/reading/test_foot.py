"""What is read at the foot of a page, and what is left open because a browser may show it."""

from datetime import UTC, datetime

import pytest

from inspectorate.evidence import FOOT_MARKS
from scrapers.dialects import Page
from scrapers.dialects.foot import Foot, foot_of

PIECES = {
    "identity": '<a href="http://bszs.conac.cn/sitename?method=show&id=1"><img src="/i/blue.png"></a>',
    "errors": '<a href="http://pucha.kaipuyun.cn/exposure/x.html">我为政府网站找错</a>',
    "code": "<p>网站标识码：3415000048</p>",
    "sponsor": "<p>主办单位：某市教育局</p>",
    "contact": "<p>联系电话：0564-1234567</p>",
    "icp": "<p>皖ICP备05012345号-1</p>",
    "police": "<p>皖公网安备 34150002000123号</p>",
    "sitemap": '<a href="/map.html">网站地图</a>',
}
OFFERED = '<form action="/s"><input name=q placeholder="请输入关键字"></form><a href="/wza">无障碍浏览</a>'


def foot(*without: str, more: str = "") -> Foot:
    told = "".join(text for mark, text in PIECES.items() if mark not in without)
    page = f"<html><head><title>某市教育局</title>{more}</head><body><div id=dibu>{told}</div></body></html>"
    page = page.replace("<body>", f"<body>{OFFERED}")
    return foot_of(Page("http://jyj.shi.gov.cn/", page.encode(), datetime(2018, 9, 10, tzinfo=UTC)))


def test_every_mark_is_found() -> None:
    assert foot() == Foot(FOOT_MARKS, (), "3415000048")


@pytest.mark.parametrize("mark", FOOT_MARKS)
def test_each_mark_is_missed_where_it_is_not_there(mark: str) -> None:
    found = foot(mark)
    assert (set(FOOT_MARKS) - set(found.shown), found.unsure) == ({mark}, ())
    assert found.code == ("" if mark == "code" else "3415000048")


def test_a_page_with_few_of_the_marks_was_not_read_to_its_foot() -> None:
    assert foot("identity", "errors", "code", "police").unsure == ()
    assert foot("identity", "errors", "code", "police", "sitemap").unsure == (
        *("identity", "errors", "code", "police", "sitemap"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "file", ['<script src="/js/foot.js">', "<iframe src='/inc/bottom.html'>", "<script src=/common.js>"]
)
def test_what_another_file_may_hold_is_open(file: str) -> None:
    assert foot("police", more=f"{file}</script></iframe>").unsure == ("police",)


def test_a_script_from_elsewhere_may_write_what_its_service_hands_out_and_nothing_else() -> None:
    assert foot("identity", "sitemap", more='<script src="//cdn.other.cn/a.js"></script>').unsure == ("identity",)
    assert foot("identity", more='<script src="//jyj.shi.gov.cn/a.js"></script>').unsure == ()


def test_the_scripts_of_the_services_themselves_are_their_marks() -> None:
    conac = '<script src="http://dcs.conac.cn/js/12/194/0000/60431/CA121940000.js"></script>'
    wrong = '<script id="_jiucuo_" sitecode="3415000048" src="http://pucha.kaipuyun.cn/exposure/jiucuo.js"></script>'
    found = foot("identity", "errors", "code", more=conac + wrong)
    assert (found.shown, found.code) == (tuple(m for m in FOOT_MARKS), "3415000048")


@pytest.mark.parametrize(
    ("body", "lacking"),
    [
        ("", ("search", "barrier_free")),
        ("<form><input value=搜索></form>", ("barrier_free",)),
        ("<a href='/jsearch/'><img src='a.gif'></a><a>长者模式</a>", ()),
        ("<script src='/js/header.js'></script>", ()),
        ("<script src='/js/jquery.min.js'></script>", ("search", "barrier_free")),
    ],
)
def test_what_a_home_page_offers_nowhere_is_told_unless_another_file_may_hold_it(
    body: str, lacking: tuple[str, ...]
) -> None:
    page = f"<html><body>{body}{''.join(PIECES.values())}</body></html>"
    assert foot_of(Page("http://jyj.shi.gov.cn/", page.encode(), datetime(2018, 9, 10, tzinfo=UTC))).lacking == lacking
