"""Answers of the two platforms: posts with their time, and refusals told as refusals."""

# ruff: noqa: E501  (pages and answers are data)

import json
from datetime import datetime

import pytest

from scrapers.dialects import Page, read_account
from scrapers.dialects.page import SHANGHAI
from scrapers.reading import PageChanged

NOW = datetime(2018, 9, 12, 10, tzinfo=SHANGHAI)


def weibo(data: object, status: int = 200) -> Page:
    return Page("https://m.weibo.cn/api/container/getIndex", json.dumps(data, ensure_ascii=False).encode(), NOW, status)


def blog(number: int, when: str, **more: object) -> dict[str, object]:
    user = {
        "id": 1234567890,
        "screen_name": "示例发布",
        "verified_reason": "示例市人民政府",
        "followers_count": "1.2万",
    }
    return {
        "id": str(number),
        "bid": f"B{number}",
        "created_at": when,
        "text": f"第{number}条<br/>微博",
        "user": user,
        **more,
    }


def test_a_pinned_post_in_a_card_group_is_not_the_newest() -> None:
    cards = [
        {"card_type": 11, "card_group": [{"mblog": blog(1, "Mon Jan 01 08:00:00 +0800 2018", title={"text": "置顶"})}]},
        {"card_type": 9, "mblog": blog(2, "2小时前")},
        {"card_type": 9, "mblog": blog(3, "09-01", retweeted_status={"id": "9"})},
    ]
    got = read_account(weibo({"ok": 1, "data": {"cards": cards, "cardlistInfo": {"total": 88}}}), "weibo")
    assert [p.pinned for p in got.posts] == [True, False, False]
    assert [p.repost for p in got.posts] == [False, False, True]
    assert got.newest == datetime(2018, 9, 12, 8, tzinfo=SHANGHAI)
    assert (got.id, got.name, got.followers, got.total) == ("1234567890", "示例发布", 12_000, 88)


@pytest.mark.parametrize(
    "shown, when",
    [
        ("刚刚", datetime(2018, 9, 12, 10, tzinfo=SHANGHAI)),
        ("5分钟前", datetime(2018, 9, 12, 9, 55, tzinfo=SHANGHAI)),
        ("昨天 23:10", datetime(2018, 9, 11, 23, 10, tzinfo=SHANGHAI)),
        ("09-12", datetime(2018, 9, 12, tzinfo=SHANGHAI)),
        ("12-31", datetime(2017, 12, 31, tzinfo=SHANGHAI)),
        ("2016-05-04", datetime(2016, 5, 4, tzinfo=SHANGHAI)),
    ],
)
def test_a_time_without_a_year_lies_at_or_before_the_visit(shown: str, when: datetime) -> None:
    got = read_account(weibo({"ok": 1, "data": {"cards": [{"mblog": blog(1, shown)}]}}), "weibo")
    assert got.newest == when


@pytest.mark.parametrize(
    "data, status",
    [
        ({"ok": -100, "url": "https://passport.weibo.com/sso"}, 200),
        ({"ok": 0, "msg": "请求过于频繁"}, 200),
        ({"error_code": 21335, "error": "uid parameter must be current user"}, 200),
        ({}, 432),
    ],
)
def test_a_refusal_is_no_empty_list(data: object, status: int) -> None:
    assert read_account(weibo(data, status), "weibo").refused


def test_a_profile_without_posts_is_no_refusal() -> None:
    got = read_account(weibo({"ok": 0, "msg": "这里还没有内容", "data": {"cards": []}}), "weibo")
    assert got.refused is None
    assert got.posts == ()


def test_what_is_no_answer_is_ours() -> None:
    with pytest.raises(PageChanged):
        read_account(Page("https://m.weibo.cn/", b"\x89PNG", NOW), "weibo")


def wechat(text: str) -> Page:
    return Page("https://mp.weixin.qq.com/cgi-bin/appmsgpublish", text.encode(), NOW)


def test_freq_control_is_a_refusal() -> None:
    got = read_account(wechat('{"base_resp": {"ret": 200013, "err_msg": "freq control"}}'), "wechat")
    assert got.refused is not None
    assert "频率" in got.refused


def test_a_list_in_a_list_in_a_string_is_opened() -> None:
    info = json.dumps(
        {
            "appmsgex": [
                {
                    "aid": "1_1",
                    "title": "防汛工作部署",
                    "link": "http://mp.weixin.qq.com/s/x",
                    "create_time": 1536700000,
                }
            ]
        }
    )
    page = json.dumps({"publish_list": [{"publish_info": info}]})
    got = read_account(wechat(json.dumps({"base_resp": {"ret": 0}, "publish_page": page})), "wechat")
    assert [p.text for p in got.posts] == ["防汛工作部署"]


@pytest.mark.parametrize("form", ["rss", "atom", "json"])
def test_every_form_of_feed_is_read(form: str) -> None:
    feeds = {
        "rss": "<?xml version='1.0'?><rss version='2.0'><channel><title>示例发布 | wechat-feeds</title><item><title>防汛</title>"
        "<link>http://mp.weixin.qq.com/s/a</link><pubDate>Tue, 11 Sep 2018 08:00:00 +0800</pubDate></item></channel></rss>",
        "atom": "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>示例发布</title><entry><title>防汛</title>"
        "<id>a</id><link href='http://mp.weixin.qq.com/s/a'/><updated>2018-09-11T08:00:00+08:00</updated></entry></feed>",
        "json": '{"version": "https://jsonfeed.org/version/1.1", "title": "示例发布", "items": [{"id": "a", "title": "防汛", '
        '"url": "http://mp.weixin.qq.com/s/a", "date_published": "2018-09-11T08:00:00+08:00"}]}',
    }
    got = read_account(wechat(feeds[form]), "wechat")
    assert got.name == "示例发布"
    assert got.newest == datetime(2018, 9, 11, 8, tzinfo=SHANGHAI)
    assert [p.text for p in got.posts] == ["防汛"]
