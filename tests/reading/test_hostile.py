"""Pages are hostile: nothing that a server sends may crash the reader, hang it or make it invent a date."""

# ruff: noqa: E501  (pages and answers are data)

import gzip
import resource
import time
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.accuracy import own_pages
from scrapers.dialects import Page, answer, read, read_account, site_map
from scrapers.packing import unpacked
from scrapers.reading import PageChanged

NOW = datetime(2018, 9, 12, 2, tzinfo=UTC)
URL = "http://www.example.gov.cn/zwgk/"


def page(body: str | bytes, **more: object) -> Page:
    return Page(URL, body.encode() if isinstance(body, str) else body, NOW, **more)  # type: ignore[arg-type]


BOMBS = {
    "deep divs": "<div>" * 200_000 + "x",
    "deep fonts": "".join(f"<font size={n}><p>" for n in range(20_000)),
    "open tables": "<table>" * 50_000,
    "one tag with many attributes": "<div " + " ".join(f"a{n}=1" for n in range(200_000)) + ">x",
    "nul bytes": "\0<ul>\0" + "<li><a href='/1.html'>关于水库安全管理的通知</a>2018-09-01</li>\0" * 9,
    "no markup at all": "2018-09-01 " * 200_000,
    "only brackets": "<" * 500_000,
    "an open comment": "<!--" + "<li>" * 100_000,
    "an open script": "<script>" + "location=" * 100_000,
    "a script of one word": "<ul class='list'></ul><script>" + "load" * 50_000 + "; load();</script>",
    "digits": "1" * 1_000_000,
    "dashes": "2018-" * 200_000,
    "blanks": "<p>来源：" + " " * 500_000 + "</p>",
    "quotes": "<script>location.href='" + "'+'" * 200_000,
    "records": "<datastore>" + "<record><![CDATA[" * 50_000,
    "nested json": "[" * 100_000,
    "sponsors": "主办单位：" * 100_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_soon_and_names_no_blank_column(name: str) -> None:
    started = time.process_time()
    facts = read(page(BOMBS[name]), "list")
    site_map(page(BOMBS[name]))
    assert time.process_time() - started < 12
    assert not facts.blank


LISTED = "".join(
    f"<li><a href='/{n}.html'>关于水库安全管理的通知之{n}</a><span>2018-08-{n:02}</span></li>" for n in range(1, 29)
)
EMPTY = "<html><head><title>通知公告</title></head><body><ul class='list'></ul><p>暂无内容</p></body></html>"
PACKED = gzip.compress(f"<html><body><ul>{LISTED}</ul></body></html>".encode())
BROKEN = {
    "truncated": PACKED[:-200],
    "wrong sum": PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:],
    "a byte changed": PACKED[:150] + bytes([PACKED[150] ^ 255]) + PACKED[151:],
    "only the mark": PACKED[:2],
    "empty and truncated": gzip.compress(EMPTY.encode())[:-6],
    "noise": PACKED[:10] + bytes(n * n % 251 for n in range(5_000)),
    "bomb": gzip.compress(b"<p>0" * 30_000_000, 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_page_whose_packing_is_broken_ends_in_an_outcome_within_bounds(name: str) -> None:
    started = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    broken = page(BROKEN[name])
    facts = read(broken, "list")
    assert broken.cut
    assert facts.unread
    assert not facts.blank
    assert all(item.date and item.date.year == 2018 for item in facts.items[:-1])
    assert answer(broken)["kind"] not in ("blank", "soft404")
    assert len(broken.body) <= 10_000_000
    assert time.process_time() - started < 12
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 300


@pytest.mark.parametrize("form", [-15, 15, 31])
def test_a_whole_packed_body_is_unpacked_whole_wherever_it_ends(form: int) -> None:
    for length in range(65_530, 65_545):  # about the size of one step
        packing = zlib.compressobj(6, zlib.DEFLATED, form)
        body = packing.compress(b"a" * length) + packing.flush()
        assert unpacked(body, form, 100_000) == (b"a" * length, "")
        assert unpacked(body[: len(body) // 2], form, 100_000)[1] == "压缩数据不完整"


def test_few_tags_that_bear_more_attributes_than_a_tree_may_hold_are_cut() -> None:
    tag = "<p " + " ".join(f"a{n}" for n in range(1_500)) + ">2018-09-01"
    many = page(tag * 1_100)
    started = time.process_time()
    assert len(many.tree.css("p")) < 300  # a tree takes some 600 bytes for each attribute
    assert "2018-09-01" in many.tree.text()
    assert read(many, "list").unread
    assert time.process_time() - started < 12


def test_a_page_kept_as_it_was_sent_is_unpacked() -> None:
    assert len(read(page(PACKED), "list").items) == 28
    two = PACKED + gzip.compress(b"<!-- a second member -->")
    assert read(page(two), "list").unread == ""
    assert read(page(gzip.compress(EMPTY.encode())), "list").blank


def test_a_hundred_thousand_rows_are_read_in_bounds() -> None:
    rows = "".join(
        f"<li><a href='/{n}.html'>关于水库安全管理工作的通知第{n}号</a><span>2018-0{n % 9 + 1}-01</span></li>"
        for n in range(100_000)
    )
    started = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    facts = read(page(f"<div class=list><ul>{rows}</ul></div>"))
    assert len(facts.items) > 30_000
    assert facts.unread  # read in part: what is missing proves nothing
    assert time.process_time() - started < 20
    assert facts.newest is not None
    assert facts.newest <= NOW.date()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_a_body_over_ten_megabytes_is_read_in_part_and_proves_nothing() -> None:
    facts = read(page("<p>暂无信息</p>" + " " * 11_000_000), "list")
    assert not facts.blank
    assert facts.unread


PIECES = st.sampled_from(
    [
        "<ul>", "</ul>", "<li>", "</li>", "<a href='/t20190101_1.html'>", "<a href=x>", "</a>", "2018-09-01", "2099-01-01", "[09-13]", "12-31", "9月13日",
        "<table>", "<tr>", "<td>", "</td>", "暂无信息", "发布时间：", "来源：", "<div>", "</div>", "关于做好水库安全管理工作的通知", "置顶", "<span>", "</span>",
        "2018", "13", "昨天", "<!--", "-->", "<script>", "</script>", "{", "}", "<title>", "</title>", "当前位置：", ">", "留言时间：", "回复时间：", "已回复",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=60), st.sampled_from(["page", "home", "list", "article", "letters"]))
def test_newest_never_lies_after_the_visit(pieces: list[str], kind: str) -> None:
    facts = read(page("".join(pieces)), kind)
    assert facts.newest is None or facts.newest <= NOW.date()
    assert facts.published_at is None or facts.published_at.date() <= NOW.date()
    assert not (facts.blank and facts.items)
    assert not (facts.blank and facts.unread)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["page", "home", "list", "article", "letters", "weibo", "wechat"]))
def test_random_bytes_raise_nothing_but_page_changed(body: bytes, kind: str) -> None:
    try:
        got = answer(page(body), kind)
    except PageChanged:
        got = {"refused": None}
    assert isinstance(got, dict)


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "ok",
                        "data",
                        "cards",
                        "mblog",
                        "card_group",
                        "list",
                        "user",
                        "id",
                        "created_at",
                        "title",
                        "app_msg_list",
                        "publish_page",
                        "comm_msg_info",
                        "create_time",
                        "base_resp",
                        "items",
                        "version",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=25,
    )
)
def test_any_json_answer_of_a_platform_is_read_refused_or_not_understood(value: object) -> None:
    import json

    for kind in ("weibo", "wechat"):
        try:
            facts = read_account(page(json.dumps(value)), kind)
        except PageChanged:
            continue
        assert facts.newest is None or facts.newest <= NOW


OWN = [case for case in own_pages() if case[2]["expect"].get("blank") is not True]


@pytest.mark.parametrize("name", [name for name, _, _ in OWN])
def test_a_page_cut_short_anywhere_is_not_called_blank(name: str) -> None:
    whole, asked = next((page, case["kind"]) for n, page, case in OWN if n == name)
    step = max(1, len(whole.body) // 12)
    for end in range(0, len(whole.body), step):
        part = Page(whole.url, whole.body[:end], whole.fetched_at, whole.status)
        for kind in {asked, "list", "page"}:
            facts = read(part, kind)
            assert not facts.blank, (end, kind, part.text[-80:])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(OWN), st.data())
def test_a_page_changed_at_random_is_read_and_lies_in_no_future(
    own: tuple[str, Page, dict], data: st.DataObject
) -> None:
    _, whole, case = own
    body = bytearray(whole.body)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(0, len(body) - 1)))
        length = data.draw(st.integers(0, 200))
        how = data.draw(st.sampled_from(["cut", "twice", "noise", "marks", "swap"]))
        piece = bytes(body[at : at + length])
        if how == "cut":
            del body[at : at + length]
        elif how == "twice":
            body[at:at] = piece * data.draw(st.integers(1, 40))
        elif how == "noise":
            body[at:at] = data.draw(st.binary(max_size=40))
        elif how == "marks":
            body[at:at] = data.draw(
                st.sampled_from([b"</div>", b"<!--", b"<table>", b"</ul>", b"<script>", b"\0", b"'", b">"])
            )
        else:
            body[at : at + length] = piece[::-1]
    page = Page(whole.url, bytes(body), whole.fetched_at, whole.status)
    facts = read(page, case["kind"])
    site_map(page)
    assert facts.newest is None or facts.newest <= page.today
    assert facts.published_at is None or facts.published_at.date() <= page.today
    assert not (facts.blank and (facts.items or facts.unread))
