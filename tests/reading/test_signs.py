"""Signs on pages: what is hidden, what gambles, what leaks and what is wrong; and what only looks like it."""

from datetime import datetime

import pytest

from scrapers.dialects import Page
from scrapers.dialects.signs import WrongWord, is_id_number, mask, signs_of

AT = datetime.fromisoformat("2026-09-10T10:00:00+08:00")
GOOD = "11010519491231002X"  # the example of GB 11643


def found(
    body: str, head: str = "", *, letter: bool = False, words: tuple[WrongWord, ...] = ()
) -> list[tuple[str, str]]:
    html = f"<html><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>"
    page = Page("http://jyj.shili.gov.cn/a.html", html.encode(), AT)
    return [(sign.kind, sign.what) for sign in signs_of(page, words, letter=letter)]


def kinds(body: str, head: str = "", *, letter: bool = False) -> list[str]:
    return [kind for kind, _ in found(body, head, letter=letter)]


STRANGER = "<a href='http://stranger.example/x'>点这里</a>"


@pytest.mark.parametrize(
    "body",
    [
        f"<div style='position:absolute;left:-9999px'>{STRANGER}</div>",
        f"<div style='font-size:0px'><p>{STRANGER}</p></div>",
        f"<marquee height=0 width=0>{STRANGER}</marquee>",
        f"<div style='display: none'>{STRANGER}</div>",
        f"<div style='overflow:hidden;height:0'>{STRANGER}</div>",
        f"<span style='opacity:0'>{STRANGER}</span>",
        f"<div style='text-indent:-999px'>{STRANGER}</div>",
    ],
)
def test_a_link_to_a_stranger_that_nobody_can_see_is_a_hidden_one(body: str) -> None:
    assert kinds(body) == ["hidden_link"]


def test_a_style_sheet_hides_as_well_as_an_attribute() -> None:
    assert kinds(f"<div class='q'>{STRANGER}</div>", "<style>.q{position:absolute;top:-2000px}</style>") == [
        "hidden_link"
    ]
    assert kinds(f"<div class='q'>{STRANGER}</div>", "<style>.q{display:none}</style>") == []


@pytest.mark.parametrize(
    "body",
    [
        STRANGER,
        f"<ul style='display:none'><li><a href='http://www.ah.gov.cn/'>安徽省政府</a></li><li>{STRANGER}</li></ul>",
        "<div style='display:none'><a href='/gk/1.html'>本站</a></div>",
        "<div style='left:-9999px'><a href='http://www.moe.gov.cn/'>教育部</a></div>",
        f"<div style='max-height:0.5em;line-height:0'>{STRANGER}</div>",
        f"<div style='width:100px;height:10px'>{STRANGER}</div>",
    ],
)
def test_menus_friends_and_plain_links_are_not_hidden(body: str) -> None:
    assert kinds(body) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<a href='http://x.example/'>澳门赌场官网</a>", ["bad_link"]),
        ("<a href='http://www.bet365-cn.example/'>进入</a>", ["bad_link"]),
        ("<a href='http://www.cwl.gov.cn/'>中国福利彩票</a>", []),
        (
            "<a href='http://news.example/'>打击网络赌博 警方捣毁赌场</a>",
            ["bad_link"],
        ),  # a person will see that it is news
        ("<a href='/2018/1.html'>打击赌博专项行动</a>", []),
        ("<a href='http://alphabet.example/'>字母</a>", []),
    ],
)
def test_gambling_links_lead_to_strangers(body: str, expected: list[str]) -> None:
    assert kinds(body) == expected


def test_advertising_networks_are_known_by_their_hosts() -> None:
    assert kinds("<script src='//cpro.baidu.com/cpro/ui/c.js'></script>") == ["advertising"]
    assert kinds("<script src='//hm.baidu.com/hm.js'></script><a href='http://www.baidu.com/'>百度</a>") == []


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (GOOD, True),
        (GOOD.lower(), True),
        ("110105194912310021", False),  # the check is wrong
        ("11010519491331002X", False),  # no thirteenth month
        ("110105190002290026", False),  # 1900 had no 29 February
        ("99010519491231002X", False),
        ("1101051949123100", False),
    ],
)
def test_an_id_number_has_a_region_a_day_and_a_check(text: str, right: bool) -> None:
    assert is_id_number(text) is right


def test_personal_numbers_are_told_masked_and_longer_numbers_hold_none() -> None:
    assert found(f"<p>张某，{GOOD}</p>") == [("id_number", f"疑似公民身份号码{mask(GOOD)}")]
    assert GOOD[3:-2] not in mask(GOOD)
    assert kinds(f"<p>流水号9{GOOD}</p><p>{GOOD[:6]}********{GOOD[-4:]}</p>") == []


def test_a_mobile_number_is_a_persons_in_a_list_of_persons_and_in_a_public_message() -> None:
    rows = "".join(f"<tr><td>某{n}</td><td>1380000000{n}</td></tr>" for n in range(3))
    assert kinds(f"<h1>低保名单</h1><table>{rows}</table>") == ["phone"] * 3
    assert kinds("<p>联系人：李主任，电话13800000001</p>") == []
    assert kinds("<p>请回电13800000001</p>", letter=True) == ["phone"]
    assert "13800000001" not in str(found("<p>请回电13800000001</p>", letter=True))


def test_advertising_and_id_numbers_in_messages_are_signs_that_nobody_read_them() -> None:
    assert kinds(f"<p>代开增值税发票</p><p>{GOOD}</p>", letter=True) == ["letter_id_number", "letter_advertising"]
    assert kinds("<p>咨询代开发票的流程</p>") == []


def test_wrong_words_are_the_offices_and_right_where_the_list_says_so() -> None:
    words = (WrongWord("二十大报告", "党的二十大报告", ("党的二十大报告",)), WrongWord("莅临指导", "到场指导"))
    assert found("<p>学习二十大报告精神</p>", words=words)[0] == (
        "wrong_word",
        "“二十大报告”应为“党的二十大报告”：学习二十大报告精神",
    )
    assert found("<p>学习党的二十大报告</p>", words=words) == []
    assert found(f"<p>{GOOD}莅临指导</p>", words=words)[-1][1].count(GOOD) == 0


def test_a_hostile_page_of_links_ends() -> None:
    body = f"<div style='font-size:0'>{STRANGER * 5_000}</div>" + "<div>" * 400 + STRANGER
    assert len(found(body)) <= 40


def article(shown: str, tag: str = "", address: str = "/a.html") -> list[tuple[str, str]]:
    head = f"<meta name='ArticleTitle' content='关于做好防汛工作的通知'><meta name='PubDate' content='{tag}'>"
    body = f"<h1>关于做好防汛工作的通知</h1><p>发布时间：{shown}</p><p>各单位：请认真做好防汛工作。</p>"
    html = f"<html><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>"
    page = Page(f"http://jyj.shili.gov.cn{address}", html.encode(), AT)
    return [(sign.kind, sign.what) for sign in signs_of(page)]


def test_a_shown_day_far_later_than_tag_or_address_is_a_sign() -> None:
    assert article("2026-08-01", tag="2015-03-02 10:00") == [("older_date", "显示2026-08-01，标签为2015-03-02")]
    assert article("2026-08-01", address="/gk/201503/t20150302_1.html") == [
        ("older_date", "显示2026-08-01，地址为2015-03-02")
    ]


@pytest.mark.parametrize(
    ("tag", "address"),
    [("2026-07-20", "/a.html"), ("2026-09-09 02:00", "/a.html"), ("", "/gk/202609/t20260909_1.html"), ("", "/a.html")],
)
def test_a_tag_of_a_page_made_again_or_an_address_of_a_newer_system_is_none(tag: str, address: str) -> None:
    assert article("2026-08-01", tag, address) == []
