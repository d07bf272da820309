"""Every page of our own making beside what it says: one page a trap, one expectation file a page."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from scrapers.dialects import Page, answer

PAGES = Path(__file__).parents[1] / "pages"
CASES = sorted(p.with_suffix(".html") for p in PAGES.glob("*/*.json"))


def told(path: Path) -> tuple[Page, dict[str, Any]]:
    case = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    page = Page(case["url"], path.read_bytes(), datetime.fromisoformat(case["fetched_at"]), case["status"])
    return page, case


@pytest.mark.parametrize("path", CASES, ids=[f"{p.parent.name}/{p.stem}" for p in CASES])
def test_a_page_says_what_stands_beside_it(path: Path) -> None:
    page, case = told(path)
    got = answer(page, case["kind"])
    for fact, wanted in case["expect"].items():
        if fact == "items":
            assert len(got["items"]) == wanted, [i["title"] for i in got["items"]]
        elif fact == "dates":
            assert [i["date"] for i in got["items"]] == wanted
        elif fact == "first_title":
            assert got["items"][0]["title"] == wanted
        elif fact == "first_url":
            assert got["items"][0]["url"] == wanted
        elif fact == "pinned":
            assert [n for n, i in enumerate(got["items"]) if i["pinned"]] == wanted
        elif fact == "letters":
            assert [[m["asked_on"], m["answered_on"]] for m in got["letters"]] == wanted
        elif fact == "site":
            assert {name: got["site"][name] for name in wanted} == wanted
        else:
            assert got[fact] == wanted, fact


def test_there_is_a_page_for_every_family() -> None:
    assert {p.parent.name for p in CASES} >= {"plain", "trs", "hanweb", "vsb", "anhui", "json"}


def test_an_article_in_english_names_its_source_and_a_day_may_stand_between_middle_dots() -> None:
    line = "<div>2018・09・19 Source: China Daily | Editor: Li</div>"
    body = f"<h1>New office opens in the city</h1>{line}<p>{'The city opened an office. ' * 20}</p>"
    html = f"<html><body>{body}</body></html>"
    page = Page("http://x.example.gov.cn/a.html", html.encode(), datetime.fromisoformat("2018-09-20T10:00:00+08:00"))
    got = answer(page, "article")
    assert (got["source"], got["published_at"]) == ("China Daily", "2018-09-19T00:00:00+08:00")
