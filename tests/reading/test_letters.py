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
