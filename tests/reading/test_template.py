"""A template is known by its boxes: not by its words, its links, its ids or how often a box is repeated."""

from datetime import datetime

import pytest

from scrapers.dialects import Page
from scrapers.dialects.template import template_of

AT = datetime.fromisoformat("2026-09-10T10:00:00+08:00")


def shape(site: str, menu: int = 5, inside: str = "<p class='none'>暂无内容</p>", extra: str = "") -> str:
    items = "".join(f"<li class='m{n}'><a href='/{site}/{n}'>栏目{n}</a></li>" for n in range(menu))
    body = f"<div class='top' id='{site}'><ul>{items}</ul></div><div class='list'>{inside}</div>{extra}"
    html = f"<html><title>{site}</title><body>{body}<script>var a={len(site)}</script></body></html>"
    return template_of(Page(f"http://{site}.gov.cn/", html.encode(), AT))


def test_two_sites_on_one_platform_have_one_template() -> None:
    assert shape("jyj") == shape("kjj-long-name", menu=9) != ""


@pytest.mark.parametrize("inside", ["<ul><li>一条</li></ul>", "<div><p class='none'>暂无内容</p></div>", ""])
def test_another_frame_is_another_template(inside: str) -> None:
    assert shape("jyj") != shape("jyj", inside=inside)


def test_a_page_of_endless_boxes_has_no_template() -> None:
    assert shape("jyj", extra="<b><i>" * 30_000) == "" or shape("jyj", extra="<div></div>" * 30_000) == ""
