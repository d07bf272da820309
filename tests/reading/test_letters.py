"""Which messages a page shows as answered, which as waiting, and of which it says neither."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from scrapers.dialects import Page, answer, read

PAGES = Path(__file__).parents[1] / "pages"
CASES = [path for path in sorted(PAGES.glob("*/letter*.json")) if "states" in json.loads(path.read_text("utf-8"))]
AT = datetime.fromisoformat("2018-09-12T10:00:00+08:00")


def page(body: str, title: str = "局长信箱", at: datetime = AT) -> Page:
    html = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    return Page("http://slj.example.gov.cn/hdjl/1.html", html.encode(), at)


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_a_message_is_answered_or_waits_or_is_silent(path: Path) -> None:
    """a: answered, w: waits, ?: the page does not say."""
    case = json.loads(path.read_text("utf-8"))
    body = path.with_suffix(".html").read_bytes()
    found = read(Page(case["url"], body, datetime.fromisoformat(case["fetched_at"]))).letters
    assert "".join("a" if m.answered else "w" if m.waits else "?" for m in found) == case["states"]
    assert not any(m.answered and m.waits for m in found)


def test_a_page_whose_answer_a_script_could_bring_says_nothing() -> None:
    told = "<p>信件标题：水压不足</p><p>来信时间：2018-05-02</p><p>信件内容：请问何时能够改造？</p>"
    [waiting] = read(page(told), "letters").letters
    [silent] = read(page(f"{told}<div id='reply'></div><script>$.ajax('/reply?id=1')</script>"), "letters").letters
    assert (waiting.waits, silent.waits, silent.answered) == (True, False, False)


def test_numbers_of_persons_in_a_title_are_masked() -> None:
    [path] = [p for p in CASES if p.stem == "letters-number-of-a-person-in-a-title"]
    told = json.dumps(answer(Page("http://slj.example.gov.cn/", path.with_suffix(".html").read_bytes(), AT), "letters"))
    assert "13805641234" not in told
    assert "341502199001011230" not in told
    assert "138******34" in told


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("网上调查", "list"),
        ("在线访谈", "list"),
        ("常见问题", "list"),
        ("局长信箱", "letters"),
        ("来信选登", "letters"),
    ],
)
def test_a_list_that_shows_no_state_is_one_of_messages_only_by_the_columns_own_name(name: str, kind: str) -> None:
    days = [date(2018, 8, 1) + timedelta(days=n) for n in range(6)]
    rows = "".join(
        f"<li><a href='/hd/t{d:%Y%m%d}_{n}.html'>关于城区供水问题的第{n}期说明</a><span>{d}</span></li>"
        for n, d in enumerate(days)
    )
    way = f"<div>当前位置：<a href='/'>首页</a> &gt; <a href='/hd/'>互动交流</a> &gt; {name}</div>"
    facts = read(page(f"{way}<ul class='list'>{rows}</ul><p>我们将及时反馈。</p>", f"{name}-示例市水务局"))
    assert facts.kind == kind
    assert [m.asked_on for m in facts.letters] == (days if kind == "letters" else [])


@pytest.mark.parametrize(
    "reply", ["局办公室回复：已安排抢修，谢谢（2018-05-08）", "回复：路灯已修好。", "已办结", "答复：已转养护科修好。"]
)
def test_a_message_beside_words_of_an_answer_never_waits_though_no_day_of_the_answer_is_read(reply: str) -> None:
    letters = "".join(
        f"<table><tr><td>道路积水第{n}次</td></tr><tr><td>来信时间：2018-05-0{n}</td></tr><tr><td>{said}</td></tr></table>"
        for n, said in enumerate((reply, "回复时间：2018-05-09 已修好", reply), 1)
    )
    found = read(page(letters), "letters").letters
    assert len(found) == 3
    assert not any(message.waits for message in found)


def told(*pairs: tuple[str, str]) -> str:
    return "".join(f"<div class='ask'><b>{ask}</b></div><div class='re'>{reply}</div>" for ask, reply in pairs)


TOLD = {
    "the days stand before 留言 and 回复": (
        told(
            (
                "网友 张** 于 2018-08-20 10:11:12 留言：<p>请问学区怎么划分？</p>",
                "2018-08-22 09:00:00 管理员回复：<p>您好，已转学校办理完毕。</p>",
            ),
            ("网友 李** 于 2018-06-01 08:00:00 留言：<p>请问如何补办医保卡？</p>", ""),
        ),
        [("2018-08-20", "2018-08-22", "a"), ("2018-06-01", None, "w")],
    ),
    "the day of the answer stands in brackets behind it": (
        told(
            ("留言时间：2018-5-4 22:10:01<p>请问何时通天然气？</p>", "回复：已在规划中。[2018-5-9 8:30:00]"),
            ("留言时间：2018-4-4 7:10:00<p>请问何时修路？</p>", "回复：已列入 2018-3-1 的计划，年内动工。"),
            ("留言时间：2018-4-2 7:10:00<p>请问何时修桥？</p>", "回复：详见本局通知。2018-3-1"),
        ),
        [("2018-05-04", "2018-05-09", "a"), ("2018-04-04", None, "a"), ("2018-04-02", None, "a")],
    ),
    "a table a message, the day of its answer in brackets": (
        "".join(
            f"<table><tr><td>留言时间</td><td>{asked}</td></tr><tr><td>留言内容</td><td>请问何时修路？</td></tr>"
            f"<tr><td>{label}</td><td>{said}</td></tr></table>"
            for asked, label, said in (
                ("2018-09-01", "答复（2018-09-05）", "已列入计划，年内动工。"),
                ("2018-08-20", "【回复时间】（2018-08-22）", "请到窗口办理，谢谢。"),
                ("2018-08-11", "答复（未答复）", ""),
            )
        ),
        [("2018-09-01", "2018-09-05", "a"), ("2018-08-20", "2018-08-22", "a"), ("2018-08-11", None, "w")],
    ),
    "both days stand in one cell": (
        "<table><tr><td>标题</td><td>受理部门</td><td>来信时间/回复时间</td></tr>"
        "<tr><td><a href='1.html'>反映停车难</a></td><td>住建局</td><td>2018-09-01/2018-09-05</td></tr>"
        "<tr><td><a href='2.html'>反映积水</a></td><td>水务局</td><td>2018-08-20/--</td></tr></table>",
        [("2018-09-01", "2018-09-05", "a"), ("2018-08-20", None, "?")],
    ),
    "the answer itself stands in its cell": (
        "<table><tr><th>主题</th><th>留言时间</th><th>回复</th></tr>"
        "<tr><td>反映停车难</td><td>2018-09-01</td><td>您好，将尽快增设车位。（2018-09-05）</td></tr>"
        "<tr><td>反映积水</td><td>2018-08-20</td><td></td></tr></table>",
        [("2018-09-01", "2018-09-05", "a"), ("2018-08-20", None, "?")],
    ),
    "the day stands behind the office that answered": (
        "<h1>反映停车难</h1><p>写信时间：2018-03-01</p><p>信件内容：请增设车位。</p>"
        "<p>回复单位：市住建局 2018-03-05 10:20</p><p>您好，将尽快增设车位。</p>",
        [("2018-03-01", "2018-03-05", "a")],
    ),
    "the office stands in brackets before its answer": (
        "<h1>反映停车难</h1><p>写信时间：2018-03-01</p><p>信件内容：请增设车位。</p>"
        "<p>【市住建局答复】您好，将尽快增设车位。</p><p>2018.3.5</p>",
        [("2018-03-01", "2018-03-05", "a")],
    ),
    "a day before the question is none of an answer": (
        "<table><tr><th>标题</th><th>来信时间</th><th>回复时间</th></tr>"
        "<tr><td><a href='1.html'>反映停车难</a></td><td>2018-03-01</td><td>2018-03-05</td></tr>"
        "<tr><td><a href='2.html'>反映积水</a></td><td>2018-02-11</td><td>1900-01-01</td></tr></table>",
        [("2018-03-01", "2018-03-05", "a"), ("2018-02-11", None, "?")],
    ),
    "the steps of one message name who took them": (
        "<h1>关于噪声的投诉</h1><ul><li>2018-05-01 09:00 信件提交</li><li>2018-05-02 10:00 转环保局办理答复</li>"
        "<li>2018-05-10 16:00 市环保局已答复</li><li>2018-05-11 办结</li></ul><div>信件内容：夜间施工。</div>",
        [("2018-05-01", "2018-05-10", "a")],
    ),
    "the office signs its answer": (
        "<h1>关于报销的咨询</h1><p>来信时间：2018-04-02</p><p>来信内容：请问如何报销？</p><h3>回复：</h3>"
        "<p>您好！请到窗口办理。</p><p>市医保局</p><p>2018年4月10日</p><p>关闭窗口</p><p>2018年9月12日</p>",
        [("2018-04-02", "2018-04-10", "a")],
    ),
    "its state stands in brackets before each title": (
        "<ul>"
        + "".join(
            f"<li><span>[{state}]</span><a href='/mail/{n}.html'>第{n}号路段积水的问题</a><em>2018-0{n}-10</em></li>"
            for n, state in ((8, "已回复"), (7, "处理中"), (6, "未回复"), (5, "已答复"))
        )
        + "</ul>",
        [("2018-08-10", None, "a"), ("2018-07-10", None, "w"), ("2018-06-10", None, "w"), ("2018-05-10", None, "a")],
    ),
}


@pytest.mark.parametrize("shape", TOLD)
def test_when_a_message_was_asked_and_answered(shape: str) -> None:
    body, expected = TOLD[shape]
    found = read(page(body), "letters").letters
    assert [
        (str(m.asked_on), str(m.answered_on) if m.answered_on else None, "a" if m.answered else "w" if m.waits else "?")
        for m in found
    ] == expected


@pytest.mark.parametrize(
    "behind",
    [
        "<div><img src='/images/line.gif'><p>家长您好，请于8月20日到学校报名。</p><p>县教育局 4月5日</p></div>",
        "<p>领导批示：请住建局办理。</p><p>办理回告：管道抢修已完成。</p>",
        "<p>经办人意见：</p><p>请携带身份证到政务大厅三楼办理。</p>",
        "<h4>【部门意见】</h4><p>经调查，工资已全部发放到位。</p>",
        "<hr><p>王先生，您好！您的来信已收悉。您所在小区属于一小学区。</p>",
        "<p>版主：admin</p><p>日期：2018-04-03</p><p>您好，缴费标准为180元。</p>",
        "<p>当前进展：<b>已评价</b></p><p>满意度：满意</p>",
        "<p><img src='/pic/20180405.jpg' alt='回复函扫描件'></p>",
        "<p><img src='/upload/huifu0405.jpg'></p>",
        "<p>至今没有回复！</p>",
    ],
)
def test_a_message_with_anything_behind_it_that_may_be_an_answer_does_not_wait(behind: str) -> None:
    asked = "<h3>咨询报名</h3><p>写信时间：2018-04-01</p><p>来信人：张**</p><p>来信内容：</p><p>请问怎么报名？</p>"
    way = "<p>当前位置：<a href='/'>首页</a> &gt; 局长信箱</p><p>浏览次数：12</p>"
    [silent] = read(page(way + asked + "<p>主办：示例市水务局</p><p>版权所有，请勿转载。</p>"), "letters").letters
    [told_of] = read(page(way + asked + behind + "<p>主办：示例市水务局</p>"), "letters").letters
    assert (silent.waits, told_of.waits, told_of.asked_on) == (True, False, date(2018, 4, 1))


@pytest.mark.parametrize(
    "behind",
    [
        "<table><tr><th>处理部门</th><th>处理意见</th><th>处理时间</th></tr>"
        "<tr><td>市住建局</td><td>已安排人员实地查看，将尽快增设车位。</td><td>2018-04-05</td></tr></table>",
        "<p>答复内容：</p><iframe src='/reply?id=1'></iframe>",
        "<p>回复内容：</p><div id='r'></div><script>$.get('/r?id=1', function(d){$('#r').html(d)})</script>",
        "<p>回复内容：</p><p><img src='/u/reply.jpg'></p>",
        "<p>信件状态：无效信件</p>",
        "<p>信件状态：不予受理</p><p>答复内容：</p>",
    ],
)
def test_an_empty_place_of_an_answer_waits_only_where_nothing_else_may_bring_it(behind: str) -> None:
    asked = "<h3>反映停车难</h3><p>写信时间：2018-04-01</p><p>信件内容：请增设车位。</p>"
    empty = "<p>答复单位：</p><p>答复日期：</p><p>答复内容：</p>"
    way = "<p>当前位置：<a href='/'>首页</a> &gt; 局长信箱</p>"
    [waits] = read(page(way + asked + empty), "letters").letters
    [open_] = read(page(way + asked + behind), "letters").letters
    assert (waits.waits, open_.waits) == (True, False)
