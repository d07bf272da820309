"""The share of labelled facts that the reader gets right on the corpus, every miss with its reason, and its cost."""

import argparse
import json
import os
import re
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import lxml.html
import yaml
from selectolax.lexbor import LexborHTMLParser

from scrapers.dialects import Page, answer, site_map
from scrapers.dialects.menus import canonical
from scrapers.dialects.page import SHANGHAI
from scrapers.reading import PageChanged

KINDS = {
    "home": {"home"},
    "article": {"article"},
    "article_copied": {"article"},
    "article_js_rendered": {"article"},
    "article_fragment": {"article"},
    "list": {"list"},
    "list_xml": {"list"},
    "qa_list": {"letters"},
    "form": {"other"},
    "column": {"other", "article"},
    "soft404": {"soft404"},
    "waf_challenge": {"challenge"},
    "js_redirect_home": {"other", "home"},
    "splash_home": {"other", "home"},
}
ACCOUNTS = ("weibo_", "wechat_")
NO_PAGE = (
    "list_csv",
    "mailbox_qa",
    "site_list",
    "account_list",
    "waf_headers",
    "sogou",
    "mailbox_list_csv",
    "mailbox_qa_json",
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One labelled fact beside what the reader says."""

    file: str
    fact: str
    wanted: Any
    got: Any
    right: bool

    @property
    def invented(self) -> bool:
        return not self.right and self.wanted in (None, "", [], 0)


def corpus() -> Path:
    """INSPECTORATE_CORPUS, else ../shared/corpus beside the checkout."""
    return Path(os.environ.get("INSPECTORATE_CORPUS") or Path(__file__).resolve().parents[2] / "shared" / "corpus")


def labels(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines() if line]


def own_pages() -> Iterator[tuple[str, Page, dict[str, Any]]]:
    """The pages of our own making, each with what stands beside it."""
    folder = Path(__file__).resolve().parents[1] / "tests" / "pages"
    for path in sorted(folder.glob("*/*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        body = path.with_suffix(".html").read_bytes()
        page = Page(case["url"], body, datetime.fromisoformat(case["fetched_at"]), case["status"])
        yield f"{path.parent.name}/{path.stem}", page, case


def compare_own(file: str, page: Page, case: dict[str, Any]) -> Iterator[Compared]:
    """Every fact that stands beside a page of our own making, in the words of contract §5."""
    got = answer(page, case["kind"])
    got["letters"] = [[m["asked_on"], m["answered_on"]] for m in got["letters"]]
    items = got.pop("items")
    got["items"] = len(items)
    got["dates"] = [i["date"] for i in items]
    got["first_title"] = items[0]["title"] if items else None
    got["first_url"] = items[0]["url"] if items else None
    got["pinned"] = [n for n, i in enumerate(items) if i["pinned"]]
    for fact, wanted in case["expect"].items():
        if fact == "site":
            for name, value in wanted.items():
                yield Compared(file, f"site.{name}", value, got["site"][name], got["site"][name] == value)
        else:
            yield Compared(file, fact, wanted, got[fact], got[fact] == wanted)


def visited(label: dict[str, Any]) -> datetime:
    """The day after the latest day that the label names: the corpus does not say when its pages were fetched."""
    days = re.findall(r"(?<!\d)(20[0-3]\d-[01]\d-[0-3]\d)(?!\d)", json.dumps(label["label"], ensure_ascii=False))
    if not days:
        return datetime(2026, 11, 24, 12, tzinfo=SHANGHAI)
    return datetime.fromisoformat(max(days)).replace(hour=12, tzinfo=SHANGHAI) + timedelta(days=1)


def page_of(folder: Path, label: dict[str, Any]) -> Page:
    told = label["label"].get("saved_from")
    host = label["site"].split(" ")[0].replace("/", "")
    host = host if re.fullmatch(r"[\w.:-]+", host) and "." in host else "www.example.gov.cn"
    root = label["class"] in ("home", "js_redirect_home", "splash_home")
    url = told or (f"http://{host}/" if root else f"http://{host}/column/{Path(label['file']).stem}.html")
    status = label["label"].get("http_status")
    return Page(url, (folder / label["file"]).read_bytes(), visited(label), status if isinstance(status, int) else 200)


def folded(text: object) -> str:
    return re.sub(r"\s+", "", str(text or "")).replace("（", "(").replace("）", ")")


def bare(text: object) -> str:
    """A label's value without the labeller's remark in brackets at the end."""
    return re.sub(r"\s*\((?:placeholder|发布机构|责任部门|[a-z ]+)\)$", "", str(text)) if text else ""


def same_day(wanted: str | None, got: str | None) -> bool:
    if not wanted:
        return not got
    if not got:
        return False
    if len(wanted) > 10:
        return got[:16].replace("T", " ") == wanted[:16]
    return got[:10] == wanted[:10]


def compare(folder: Path, label: dict[str, Any]) -> Iterator[Compared]:
    """Every fact of one label that contract §5 can express."""
    kind, file = label["class"], label["file"]
    if kind.startswith(NO_PAGE):
        return
    page = page_of(folder, label)
    if kind.startswith(ACCOUNTS):
        yield from compare_account(page, label)
        return
    got = answer(page)
    said = label["label"]
    actual = label["encoding"]["actual"]
    if actual != "ascii":
        yield Compared(file, "charset", actual, got["charset"], got["charset"] == actual)
    if kind == "encoding_sample":
        title = said["title_decoded"]
        yield Compared(file, "title", title, got["title"], folded(got["title"]) in folded(title) and bool(got["title"]))
        return
    if kind in KINDS:
        yield Compared(file, "kind", "|".join(sorted(KINDS[kind])), got["kind"], got["kind"] in KINDS[kind])
    yield Compared(file, "blank", False, got["blank"], not got["blank"])
    yield from compare_article(file, kind, said, got)
    yield from compare_marks(file, said, got)
    yield from compare_list(file, kind, said, got)
    if kind == "home":
        yield from compare_home(file, said, got, page)
    if said.get("is_redirect_stub") is not None:
        target = said.get("target") if said["is_redirect_stub"] else None
        right = (
            folded(got["redirect"]).endswith(target.rstrip("/") if target.startswith("/") else target)
            if target and got["redirect"]
            else target == got["redirect"]
        )
        yield Compared(file, "redirect", target, got["redirect"], right)


def compare_article(file: str, kind: str, said: dict[str, Any], got: dict[str, Any]) -> Iterator[Compared]:
    wanted = said.get("title")
    if wanted:
        yield Compared(file, "title", wanted, got["title"], folded(wanted) == folded(got["title"]))
    if "published_displayed" in said:
        wanted = said["published_displayed"]
        yield Compared(file, "published_at", wanted, got["published_at"], same_day(wanted, got["published_at"]))
    if "source_displayed" in said:
        wanted = bare(said["source_displayed"])
        yield Compared(file, "source", wanted, got["source"], folded(wanted) == folded(got["source"]))
    for name in ("column", "meta_columnname"):
        if said.get(name) and kind != "list_xml":
            wanted = said[name]
            right = folded(wanted) == folded(got["column"])
            if name == "meta_columnname":
                right = right or folded(wanted) == folded(
                    said.get("title")
                )  # a tag that repeats the title is no column
            yield Compared(file, "column", wanted, got["column"], right)


def compare_marks(file: str, said: dict[str, Any], got: dict[str, Any]) -> Iterator[Compared]:
    site = got["site"]
    if "footer" in said:
        foot = said["footer"] or {}
        for ours, theirs in (
            ("icp", "icp"),
            ("police", "gongan"),
            ("site_code", "site_code"),
            ("sponsor", "organiser"),
        ):
            wanted = foot.get(theirs)
            if wanted and "placeholder" in wanted:
                wanted = None
            if ours == "police" and wanted:
                wanted = re.sub(r"\D", "", wanted)
            if ours == "site_code" and not wanted:
                wanted = said.get("meta_siteidcode")
            yield Compared(file, f"site.{ours}", wanted, site[ours], folded(wanted) == folded(site[ours]))
    low = {k.lower(): v for k, v in got["meta"].items()}
    for name in (
        "sitename",
        "siteidcode",
        "columnname",
        "pubdate",
        "contentsource",
        "sitedomain",
        "firstpublishedtime",
    ):
        if f"meta_{name}" in said:
            wanted = said[f"meta_{name}"] or ""
            yield Compared(file, "meta", wanted, low.get(name, ""), folded(wanted) == folded(low.get(name)))


def compare_list(file: str, kind: str, said: dict[str, Any], got: dict[str, Any]) -> Iterator[Compared]:
    if kind in ("list", "list_xml", "column", "form"):
        if said.get("items") is not None:
            yield Compared(file, "items", said["items"], len(got["items"]), said["items"] == len(got["items"]))
        yield Compared(file, "newest", said.get("newest"), got["newest"], same_day(said.get("newest"), got["newest"]))
        days = [i["date"] for i in got["items"] if i["date"]]
        if said.get("oldest"):
            yield Compared(
                file, "oldest", said["oldest"], min(days, default=None), said["oldest"] == min(days, default=None)
            )
    if said.get("qa") and kind == "qa_list":
        pairs = [(m["asked_on"], m["answered_on"]) for m in got["letters"]]
        yield Compared(file, "letters", len(said["qa"]), len(pairs), len(said["qa"]) == len(pairs))
        for number, pair in enumerate(said["qa"]):
            mine = pairs[number] if number < len(pairs) else (None, None)
            yield Compared(file, "asked_on", pair["asked"], mine[0], same_day(pair["asked"], mine[0]))
            yield Compared(file, "answered_on", pair["replied"], mine[1], same_day(pair["replied"], mine[1]))


def compare_home(file: str, said: dict[str, Any], got: dict[str, Any], page: Page) -> Iterator[Compared]:
    if said.get("newest_content"):
        yield Compared(
            file, "newest", said["newest_content"], got["newest"], same_day(said["newest_content"], got["newest"])
        )
    days = {i["date"] for i in got["items"]}
    found = site_map(page)
    addresses = {_bare(c.url) for c in (*found.columns, *found.links_out)}
    names = {folded(c.name) for c in (*found.columns, *found.links_out)}
    # One column has several names on a page: each name of an address that was found counts.
    links = {folded(link.text): _bare(canonical(page.absolute(link.href))) for link in page.outline.links}
    names |= {name for name, url in links.items() if url in addresses}
    for column in said["columns"]:
        if column.get("newest"):
            yield Compared(
                file, "column.newest", f"{column['name']} {column['newest']}", len(days), column["newest"] in days
            )
        if (
            column.get("name")
            and column.get("items")
            and (folded(column["name"]) in links or folded(column["name"]) in names)
        ):
            yield Compared(file, "column.name", column["name"], len(names), folded(column["name"]) in names)


def _bare(url: str) -> str:
    """An address as the reader folds it: with www and without it a column is the same one."""
    return url.split("://", 1)[-1].rstrip("/").removeprefix("www.")


def reasons() -> dict[tuple[str, str, str], str]:
    """Why a fact is missed, by file, fact and label."""
    told = yaml.safe_load((Path(__file__).parent / "misses.yaml").read_text(encoding="utf-8"))
    return {(one["file"], one["fact"], one["label"]): one["because"] for one in told}


def why(fact: Compared) -> str:
    """The reason of a miss; empty: nobody has worked it out."""
    return reasons().get((fact.file, fact.fact, str(fact.wanted)), "")


def compare_account(page: Page, label: dict[str, Any]) -> Iterator[Compared]:
    file, said = label["file"], label["label"]
    try:
        got = answer(page, label["class"].split("_")[0])
    except PageChanged as error:
        yield Compared(file, "account", "readable", str(error), False)
        return
    account, posts = got["account"], got["posts"]
    if said.get("account") and not file.endswith((".csv", "history.jsonl")):  # neither file names its account
        yield Compared(
            file, "account.name", said["account"], account["name"], folded(said["account"]) == folded(account["name"])
        )
    for name in ("uid", "wechat_id"):
        if said.get(name) and not file.endswith(".csv"):
            yield Compared(file, "account.id", str(said[name]), account["id"], str(said[name]) == account["id"])
    if said.get("verified_subject"):
        yield Compared(
            file,
            "account.verified_as",
            said["verified_subject"],
            account["verified_as"],
            said["verified_subject"] == account["verified_as"],
        )
    if said.get("followers_stated"):
        yield Compared(
            file,
            "account.followers",
            said["followers_stated"],
            account["followers"],
            said["followers_stated"] == account["followers"],
        )
    if label["class"] == "wechat_article":
        yield Compared(
            file,
            "post.title",
            said["title"],
            posts[0]["text"] if posts else None,
            bool(posts) and folded(said["title"]) == folded(posts[0]["text"]),
        )
    wanted = said.get("posts", said.get("rows", said.get("items") if label["class"] == "wechat_rss" else None))
    if wanted is not None:
        yield Compared(file, "posts", wanted, len(posts), wanted == len(posts))
    if said.get("pushes"):
        pushes = {(p["published_at"], p["id"].rsplit("_", 1)[0]) for p in posts}
        yield Compared(file, "posts", said["pushes"], len(pushes), said["pushes"] == len(pushes))
    newest = said.get("newest_iso") or said.get("published") or said.get("newest")
    if newest:
        right = (got["newest"] or "")[:19].replace("T", " ").startswith(newest[:16])
        yield Compared(file, "newest", newest, got["newest"], right)
    if said.get("oldest"):
        oldest = min((p["published_at"] for p in posts if p["published_at"]), default="")
        yield Compared(
            file, "oldest", said["oldest"], oldest, oldest[:19].replace("T", " ").startswith(said["oldest"][:16])
        )
    if "reposts" in said:
        reposts = sum(p["repost"] for p in posts)
        yield Compared(file, "reposts", said["reposts"], reposts, said["reposts"] == reposts)
    if said.get("first_row_is_pinned") or said.get("oldest_is_first_row_pinned"):
        yield Compared(file, "pinned", True, posts[0]["pinned"] if posts else None, bool(posts) and posts[0]["pinned"])


def cost(folder: Path, rows: list[dict[str, Any]], rounds: int = 9) -> dict[str, list[float]]:
    """CPU milliseconds a page: lxml's parse and lexbor's of the decoded text alone, and the whole of reading.

    The three take turns within a round; the least of all rounds counts, in one process.
    """
    jobs: dict[str, Callable[[Page], object]] = {
        "lxml": lambda page: lxml.html.document_fromstring(page.text),
        "lexbor": lambda page: LexborHTMLParser(page.text),
        "read": lambda page: answer(Page(page.url, page.body, page.fetched_at, page.status)),
    }
    spent: dict[str, list[float]] = {name: [] for name in jobs}
    for label in rows:
        if not label["file"].startswith("html/") or not label["file"].endswith(".html"):
            continue
        page = page_of(folder, label)
        if not page.text.strip() or page.text.lstrip().startswith("<?xml"):
            continue  # lxml takes no text that declares its charset
        best = dict.fromkeys(jobs, float("inf"))
        for _ in range(rounds):
            for name, job in jobs.items():
                started = time.process_time()
                job(page)
                best[name] = min(best[name], time.process_time() - started)
        for name, seconds in best.items():
            spent[name].append(seconds * 1e3)
    return spent


def ratio(spent: dict[str, list[float]], floor: str) -> float:
    return statistics.median(read / parse for read, parse in zip(spent["read"], spent[floor], strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-cost", action="store_true", help="leave the timing out")
    parser.add_argument("--least", type=float, default=0.0, help="end 1 where fewer than this share is right")
    chosen = parser.parse_args()
    folder = corpus()
    if not (folder / "labels.jsonl").exists():
        print(f"没有语料：{folder}", file=sys.stderr)
        return 2
    rows = labels(folder)
    done = [fact for label in rows for fact in compare(folder, label)]
    made = [fact for name, page, case in own_pages() for fact in compare_own(name, page, case)]
    by_fact: dict[str, list[Compared]] = defaultdict(list)
    for fact in done:
        by_fact[fact.fact].append(fact)
    for name, facts in sorted(by_fact.items()):
        right = sum(f.right for f in facts)
        print(f"{name:20} {right:4}/{len(facts):<4} {right / len(facts):7.1%}")
    print("\nmisses:")
    for fact in [*done, *made]:
        if not fact.right:
            print(f"  {fact.file}: {fact.fact}: label {str(fact.wanted)[:70]!r}, read {str(fact.got)[:70]!r}")
            print(f"    because: {why(fact) or 'not worked out'}")
    right = sum(f.right for f in done)
    share = right / len(done)
    print(f"\nright: {right}/{len(done)} = {share:.2%}")
    print(f"called blank that is not: {sum(not f.right for f in by_fact['blank'])}")
    print(f"invented where the label says none: {sum(f.invented for f in done if f.fact != 'blank')}")
    own_right = sum(f.right for f in made)
    print(f"pages of our own making: {own_right}/{len(made)} = {own_right / len(made):.2%}")
    false_blank = sum(f.fact == "blank" and f.got is True and not f.right for f in made)
    invented = sum(f.invented for f in made if f.fact != "blank")
    print(f"of these called blank that are not: {false_blank}, invented: {invented}")
    if not chosen.no_cost:
        spent = cost(folder, rows)
        medians = ", ".join(f"{name} {statistics.median(times):.2f} ms" for name, times in spent.items())
        print(
            f"cost, median over {len(spent['read'])} pages: read / parse by lxml {ratio(spent, 'lxml'):.2f}, "
            f"read / parse by lexbor {ratio(spent, 'lexbor'):.2f} ({medians})"
        )
    return 0 if share >= chosen.least and own_right / len(made) >= chosen.least and not false_blank else 1


if __name__ == "__main__":
    sys.exit(main())
