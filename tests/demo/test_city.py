"""The mirror city says the truth about itself: counted again here from its pages alone."""

import hashlib
import html
import json
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import pytest

from demo.build import build, make_city
from demo.days import months_after, months_before
from demo.families import CHARSETS
from demo.proxy import Mirror, Reply
from demo.snares import ENTRANCES, HABITS, HOSTILE

AT = datetime(2026, 11, 24, 13, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
SEEDS = (1, 2, 3)
ARTICLE = re.compile(
    r"show\.(?:asp|php)\?|Detail\.aspx|/t\d{8}_\d+\.html|/art_|/info/\d+/|c\d+a\d+/page|/content/article/|\d{6}/\d+\.shtml"
)
UNREADABLE = {"script", "frame", "refused", "captcha", "broken", "missing", "forbidden", "link_out", "dateless"}
UNREADABLE |= {"login", "archived", *HOSTILE}
FAULTY = {
    "stale_news", "first_level", "stale_ten", "blank_five", "home_stale", "shut", "letter_waiting",
}  # fmt: skip


@dataclass(frozen=True)
class Marks:
    """Where a family's column begins and ends, what stands around an article's date, and its further list pages."""

    begin: str
    end: str
    info: str
    further: str


FAMILIES = {
    "hall": Marks('<td class="neirong">', 'class="bottom"', 'class="hui"', "{folder}/index_{n}.asp"),
    "stream": Marks('<div class="right">', '<div class="footer">', 'class="info"', "{folder}/index_{n}.html"),
    "plaza": Marks('<section class="content">', "<footer>", 'class="meta"', "{folder}/index_{n}.html"),
    "trs": Marks('<div class="content">', 'id="foot"', 'class="art_info"', "{folder}/index_{n}.htm"),
    "vsb": Marks('<div class="list_right">', 'class="foot"', 'class="fbsj"', "{stem}/{n}.htm"),
    "webplus": Marks('class="col_news_con"', 'class="wrapper footer"', 'class="arti_metas"', "{folder}/list{page}.htm"),
    "anhui": Marks('<div class="listnews">', 'class="footer"', 'class="wzxxys"', "{url}?pageIndex={page}"),
    "jpage": Marks('<td valign="top">\n<div', 'class="foot"', 'class="wzly"', "-"),
    "script": Marks('<div class="page-content">', '<footer class="foot">', 'class="detail-info"', "-"),
    "php": Marks('<td valign="top">\n<table', 'class="bottom"', 'bgcolor="#f0f0f0"', "{url}&page={page}"),
    "aspx": Marks('<div id="main">', 'id="footer"', 'class="newsinfo"', "{url}&Page={page}"),
}


@dataclass
class Built:
    """One city on disk with its truth."""

    home: Path
    truth: dict
    mirror: Mirror

    def page(self, url: str) -> str:
        """The decoded text of one address."""
        reply = self.reply(url)
        assert reply.status == 200, url
        return decoded(reply.body)

    def reply(self, url: str) -> Reply:
        parts = urlsplit(url)
        return self.mirror.answer(parts.hostname, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))

    def codes(self, role: str) -> list[str]:
        return [code for code, s in self.truth["subjects"].items() if s["kind"] == "site" and s["role"] == role]


def decoded(body: bytes) -> str:
    """Whatever a page says of itself: what is not UTF-8 is of the GB family."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030")


def pages_of(city: Built, url: str, layout: str) -> list[str]:
    """Every list page of a column, found by asking for the next until there is none."""
    found, folder, stem = [url], url.rpartition("/")[0], url.removesuffix(".htm")
    for n in range(1, 9):
        further = FAMILIES[layout].further.format(url=url, folder=folder, stem=stem, n=n, page=n + 1)
        if (
            further == "-"
            or city.reply(further).status != 200
            or b"\xe4\xb8\x8d\xe5\xad\x98" in city.reply(further).body[:400]
        ):
            break
        found.append(further)
    return found


@pytest.fixture(scope="module", params=SEEDS)
def city(request, tmp_path_factory) -> Built:
    home = tmp_path_factory.mktemp(f"city{request.param}")
    build(home, request.param, AT)
    return Built(home, json.loads((home / "truth.json").read_text()), Mirror(home))


def newest_on_pages(city: Built, url: str, layout: str) -> date | None:
    """The newest date not in the future on any article that a column's list pages link."""
    return max((day for day in days_on_pages(city, url, layout) if day <= AT.date()), default=None)


def days_on_pages(city: Built, url: str, layout: str) -> list[date]:
    """The day of every article that a column's list pages link."""
    days: list[date] = []
    marks = FAMILIES[layout]
    for page in pages_of(city, url, layout):
        text = city.page(page)
        body = text[text.index(marks.begin) : text.index(marks.end)] if marks.begin in text else text
        body = body.partition('class="sidebox"')[0]
        for href in re.findall(r'(?:href=|"url": )["\']([^"\']+)["\']', body):
            if ARTICLE.search(href):
                article = city.page(urljoin(page, html.unescape(href)))
                info = article[article.index(marks.info) :] if marks.info in article else article
                days.append(date(*map(int, re.search(r"(20\d\d)[-年/](\d{1,2})[-月/](\d{1,2})", info).groups())))
    return days


def count_again(city: Built, code: str) -> dict[str, int]:
    """Count a site's late and blank columns from its pages, with arithmetic of our own."""
    layout = city.truth["subjects"][code]["layout"]
    today = AT.date()
    limits = {"news": today - timedelta(days=14), "notice": date(2026, 5, 24), "policy": date(2026, 5, 24)}
    counts = {"03a": 0, "04a": 0, "03b": 0, "03c": 0}
    for column in city.truth["columns"][code]:
        if column["shape"] != "list" or column["trap"] in UNREADABLE:
            continue
        newest = newest_on_pages(city, column["url"], layout)
        late = newest is not None and newest < limits.get(column["class"], date(2025, 11, 24))
        newsy = column["class"] in limits
        counts["03c"] += newest is None
        counts["03b"] += newest is None or late
        counts["03a"] += late and newsy
        counts["04a"] += late and newsy and (column["class"] == "news" or column["level"] == 1)
    return counts


def test_the_pages_bear_out_every_count_that_the_truth_calls_a_fault_or_not(city: Built) -> None:
    clauses = city.truth["clauses"]
    for code, subject in city.truth["subjects"].items():
        if subject["kind"] != "site" or subject["role"] == "walled":
            continue
        counts = count_again(city, code)
        for edition, clause, key, limit in (
            ("E15", "E15.W-V-03a", "03a", 5), ("E19", "E19.W-V-04a", "04a", 5), ("E15", "E15.W-V-03b", "03b", 10),
            ("E19", "E19.W-V-04b", "03b", 10), ("E15", "E15.W-V-03c", "03c", 5), ("E19", "E19.W-V-04c", "03c", 5),
        ):  # fmt: skip
            said = clauses[edition][clause][code]["expected"]
            assert (said == "failed") == (counts[key] >= limit), (clause, subject["role"], counts)


def test_every_fault_is_seeded_at_least_once_and_each_edition_has_what_it_alone_finds(city: Built) -> None:
    for edition in ("E15", "E19"):
        for clause, rows in city.truth["clauses"][edition].items():
            assert any(row["expected"] == "failed" for row in rows.values()), clause
    only_old = city.codes("first_level")[0]
    assert city.truth["verdicts"]["E15"][only_old] == "不合格"
    assert city.truth["verdicts"]["E19"][only_old] != "不合格"
    assert {"DN-03", "DN-06"} <= {
        c for c, rows in city.truth["clauses"]["DN"].items() if "failed" in {r["expected"] for r in rows.values()}
    }


def test_surveys_and_interviews_are_few_only_where_lists_that_go_back_a_year_show_few(city: Built) -> None:
    since = months_before(AT.date(), 12)
    for clause, word in (("E15.W-D-06c", "征集"), ("E15.W-D-07b", "访谈")):
        for code, expected in city.truth["clauses"]["E15"][clause].items():
            subject = city.truth["subjects"][code]
            if subject["role"] == "walled":
                continue
            columns = [c for c in city.truth["columns"][code] if word in c["name"]]
            days = [sorted(days_on_pages(city, c["url"], subject["layout"])) for c in columns]
            shown = sum(day >= since for some in days for day in some)
            portal = code == next(iter(city.truth["subjects"]))
            few = 0 < shown < (6 if portal else 3) and all(some[0] < since for some in days)
            assert few == (expected["expected"] == "failed"), (clause, code, days)


def test_near_misses_stand_one_short_of_every_limit(city: Built) -> None:
    edge = city.codes("edge_counts")[0]
    assert count_again(city, edge) == {"03a": 4, "04a": 4, "03b": 9, "03c": 4}
    exact = city.codes("edge_dates")[0]
    assert count_again(city, exact) == {"03a": 0, "04a": 0, "03b": 0, "03c": 0}
    newest = {c["class"]: c["newest"] for c in city.truth["columns"][exact] if c["newest"] and not c["trap"]}
    assert newest["news"] == "2026-11-10"
    assert newest["notice"] == newest["policy"] == "2026-05-24"
    for role in ("edge_counts", "edge_dates", "odd_lists", "unreadable", "walled"):
        for code in city.codes(role):
            assert city.truth["verdicts"]["E19"][code] != "不合格", role


def test_the_newest_item_of_every_column_lies_where_the_truth_says(city: Built) -> None:
    for code, columns in city.truth["columns"].items():
        subject = city.truth["subjects"][code]
        if subject["role"] == "walled":
            continue
        for column in columns:
            if column["shape"] == "list" and column["trap"] not in UNREADABLE | {"future"}:
                found = newest_on_pages(city, column["url"], subject["layout"])
                assert str(found or None) == str(column["newest"]), (subject["role"], column)


def test_the_week_has_enough_shut_visits_only_where_the_truth_says_so(city: Built) -> None:
    rows = [line.split(",") for line in (city.home / "visits.csv").read_text("utf-8-sig").splitlines()[1:]]
    for code, expected in city.truth["clauses"]["E19"]["E19.W-V-02"].items():
        mine = [row for row in rows if row[0] == code]
        assert {row[1][:10] for row in mine} == {f"2026-11-{day}" for day in range(17, 24)}
        known = [row for row in mine if row[3] not in ("wall", "ours")]
        shut = [row for row in known if row[3] != "opened" or float(row[2]) >= 15]
        if expected["expected"] == "failed":
            assert len(shut) / 168 >= 0.05
        elif city.truth["subjects"][code]["role"] == "edge_dates":
            assert len(shut) == 9  # two of them are one knock
            assert any(row[2] == "14.9" for row in mine)
        else:
            assert len(shut) / 168 < 0.05


def test_the_posts_of_a_silent_account_end_before_the_window_in_ledger_and_on_the_web(city: Built) -> None:
    rows = [line.split(",") for line in (city.home / "posts.csv").read_text("utf-8-sig").splitlines()[1:]]
    quiet = {a for a, r in city.truth["clauses"]["E19"]["E19.M-V-02a"].items() if r["expected"] == "failed"}
    assert len(quiet) == 2
    for account in {row[0] for row in rows}:
        newest = max(date.fromisoformat(row[1][:10]) for row in rows if row[0] == account)
        assert (account in quiet) == (newest < date(2026, 11, 10)), account
    shown = city.mirror.replies[next(h for h in city.mirror.replies if h.startswith("feeds."))]
    assert all(b"2026" in reply.body for reply in shown.values())


def test_menus_lead_only_to_pages_that_answer_or_to_seeded_trouble(city: Built) -> None:
    for code, subject in city.truth["subjects"].items():
        if subject["kind"] != "site" or subject["role"] in ("walled", "unreadable"):
            continue
        home = f"http://{subject['host']}/"
        text = city.page(urljoin(home, subject["front"]))
        for href in re.findall(r'href="([^"#]+)"', text):
            url = urljoin(home, html.unescape(href))
            if urlsplit(url).hostname == subject["host"] and "css" not in url:
                reply = city.mirror.answer(subject["host"], url.removeprefix(home[:-1]))
                assert reply.status in (200, 302), (code, url)


def test_every_family_serves_a_site_and_its_bytes_are_what_its_charset_says(city: Built) -> None:
    sites = [s for s in city.truth["subjects"].values() if s["kind"] == "site"]
    assert {s["layout"] for s in sites} == set(FAMILIES)
    for subject in sites:
        if subject["role"] != "walled":
            body = city.mirror.answer(subject["host"], subject["front"]).body
            assert subject["name"] in decoded(body)
            assert subject["name"] in body.decode(CHARSETS[subject["charset"]].written)


def test_over_as_many_seeds_as_there_are_families_every_fault_meets_every_family() -> None:
    met = {(site.role, site.layout) for seed in range(len(FAMILIES)) for site in make_city(seed, AT).running}
    assert {family for role, family in met if role == "stale_ten"} == set(FAMILIES)
    assert len(met) == len(FAMILIES) * len({role for role, _ in met})


def fingerprint(home: Path) -> str:
    """One digest over every file beneath."""
    digest = hashlib.sha256()
    for path in sorted(p for p in home.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(home)).encode() + path.read_bytes())
    return digest.hexdigest()


def test_over_ten_seeds_every_snare_is_laid_before_faulty_and_innocent_sites() -> None:
    """Each column that the snares add counts for nobody: it is fresh, or nobody can see how old it is."""
    laid: dict[str, set[bool]] = {}
    for seed in range(1, 11):
        city = make_city(seed, AT)
        for site in city.running:
            faulty = site.role in FAULTY
            marks = {site.entrance, *(site.flags & set(HABITS)), *(c.trap for c in site.leaves if c.trap in HOSTILE)}
            for mark in marks - {""}:
                laid.setdefault(mark, set()).add(faulty)
            for column in site.leaves:
                if column.slug in ("xs1", "xs2"):
                    assert column.newest
                    assert (AT.date() - column.newest).days < 200
    assert {mark for mark, met in laid.items() if True in met} >= {*ENTRANCES, *HABITS}
    assert {mark for mark, met in laid.items() if False in met} == {*ENTRANCES, *HABITS, *HOSTILE}


def test_a_column_answers_under_every_address_that_its_site_links(city: Built) -> None:
    for code, subject in city.truth["subjects"].items():
        if (
            subject["kind"] != "site"
            or subject["role"] == "walled"
            or not {"sessions", "aliases"} & {*subject["flags"]}
        ):
            continue
        home = f"http://{subject['host']}{subject['front']}"
        links = {urljoin(home, html.unescape(href)) for href in re.findall(r"href=[\"']([^\"'#]+)", city.page(home))}
        odd = [url for url in links if "sess" in url.lower() and urlsplit(url).hostname == subject["host"]]
        assert odd or "sessions" not in subject["flags"], code
        for url in odd:
            plain = re.sub(r";jsessionid=[0-9A-F]+|[?&]PHPSESSID=[0-9A-F]+", "", url)
            assert city.reply(url).body == city.reply(plain).body, url


def test_the_same_seed_gives_the_same_bytes_and_another_moves_the_faults(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7)):
        build(tmp_path / name, seed, AT)
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")
    roles = [[site.role for site in make_city(seed, AT).running] for seed in SEEDS]
    assert len({tuple(r) for r in roles}) == len(SEEDS)
    assert len({make_city(seed, AT).name for seed in range(12)}) > 3


def test_a_city_of_55_sites_and_60_accounts_is_a_matter_of_two_numbers() -> None:
    city = make_city(1, AT, 55, 60)
    assert (len(city.running), len(city.accounts)) == (55, 60)
    assert len({site.code for site in city.sites}) == len({site.host for site in city.sites}) == 57
    assert len({account.account_id for account in city.accounts}) == 60


@pytest.mark.parametrize("seed", SEEDS)
def test_in_a_whole_city_eight_sites_fail_by_the_rule_and_one_of_them_has_leave(seed: int, tmp_path: Path) -> None:
    city = build(tmp_path, seed, AT, 55, 60)
    truth = json.loads((tmp_path / "truth.json").read_text())
    failed = {
        code
        for code, verdict in truth["verdicts"]["E19"].items()
        if verdict == "不合格" and truth["subjects"][code]["kind"] == "site"
    }
    assert len(failed) == 8
    [excused] = truth["excused"]
    assert excused in failed
    levels = [site.unit.level for site in city.running]
    assert {level: levels.count(level) for level in levels} == {
        "city": 1,
        "county": 7,
        "committee": 2,
        "department": 45,
    }
    told = json.loads((tmp_path / "explanations.json").read_text())
    numbered = {email for email, words in told.items() if re.search(r"政办函〔\d{4}〕\d+号", words["text"])}
    assert numbered == {next(site.unit.email for site in city.running if site.code == excused)}
    assert len(told) < len(failed)  # nobody answers for one of them


def test_the_quarter_long_over_has_one_shut_site_and_nothing_that_could_name_another(city: Built) -> None:
    [(seeded, facts), (bare, none)] = city.truth["past"].items()
    assert (seeded, bare, none["failed"]) == ("2026Q2", "2026Q1", [])
    rows = [line.split(",") for line in (city.home / "visits-past.csv").read_text("utf-8-sig").splitlines()[1:]]
    assert {row[1][:10] for row in rows} == {f"2026-06-{day:02}" for day in range(3, 10)}
    shut = [row for row in rows if row[3] != "opened" or float(row[2]) >= 15]
    assert {row[0] for row in shut} == set(facts["failed"])
    assert len(shut) / 168 > 0.05


@pytest.mark.parametrize(
    ("day", "months", "earlier"),
    [
        (date(2026, 5, 31), 3, date(2026, 2, 28)),
        (date(2024, 5, 31), 3, date(2024, 2, 29)),
        (date(2026, 3, 1), 2, date(2026, 1, 1)),
        (date(2026, 1, 15), 12, date(2025, 1, 15)),
    ],
)
def test_months_are_calendar_months_clamped_at_their_end(day: date, months: int, earlier: date) -> None:
    assert months_before(day, months) == earlier
    assert months_after(earlier, months) <= day


@pytest.mark.parametrize("day", ["2027-01-01", "2026-02-28", "2028-02-29", "2026-08-31", "2026-12-31"])
def test_a_city_can_be_built_on_the_awkward_days_of_the_year(day: str) -> None:
    city = make_city(5, datetime.fromisoformat(f"{day}T00:40:00+08:00"))
    edge = next(site for site in city.running if site.role == "edge_dates")
    assert all(
        i.at <= city.at
        for site in city.running
        for c in site.leaves
        for i in c.items
        if c.trap not in ("future", "fresh_future")
    )
    assert months_before(city.day, 3) in {x.asked.date() for c in edge.leaves for x in c.letters if x.answered is None}
