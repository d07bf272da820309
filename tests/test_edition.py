"""Editions: which one holds on a day, and what the loader refuses with file and line."""

import hashlib
import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from inspectorate import rules
from inspectorate.edition import EDITIONS, BadEdition, Library, load, rule_names
from inspectorate.quarter import Period

LIBRARY = load()
VETOES = {
    "E15": ["01", "02", "03a", "03b", "03c", "04", "05"],
    "E19": [
        "01a",
        "01b",
        "01c",
        "01d",
        "01e",
        "01f",
        "02",
        "03",
        "04a",
        "04b",
        "04c",
        "05a",
        "05b",
        "06a",
        "06b",
        "06c",
    ],
}
AUTOMATIC = {
    "E15.W-V-01", "E15.W-V-02", "E15.W-V-03a", "E15.W-V-03b", "E15.W-V-03c", "E15.W-V-05",
    "E19.W-V-02", "E19.W-V-03", "E19.W-V-04a", "E19.W-V-04b", "E19.W-V-04c", "E19.W-V-05b", "E19.M-V-02a",
}  # fmt: skip


def test_each_edition_holds_every_veto_of_the_rule_book() -> None:
    for name, numbers in VETOES.items():
        vetoes = [c.id for c in LIBRARY.edition(name).clauses_of("site") if c.consequence == "veto"]
        assert vetoes == [f"{name}.W-V-{n}" for n in numbers]
    accounts = [c.id for c in LIBRARY.edition("E19").clauses_of("account")]
    assert accounts == [f"E19.M-V-{n}" for n in ("01a", "01b", "01c", "01d", "02a", "02b", "03a", "03b")]


def test_the_automatic_vetoes_are_those_of_the_contract() -> None:
    found = {c.id for e in LIBRARY.editions for c in e.clauses if c.consequence == "veto" and c.automatic}
    assert found == AUTOMATIC


def test_domain_and_local_rules_never_are_vetoes() -> None:
    for name in ("DN", "LA", "WG", "NM17", "NM18", "NM16-AH"):
        assert {c.consequence for c in LIBRARY.edition(name).clauses} <= {"remark", "note"}


def test_phrases_are_printed_as_the_notice_has_them() -> None:
    phrases = {c.id: c.phrase for e in LIBRARY.editions for c in e.clauses}
    assert phrases["E15.W-V-03a"] == "动态、政策、公告类栏目5个以上未更新"
    assert phrases["E15.W-V-03b"] == "10个以上栏目未更新"
    assert phrases["E15.W-V-03c"] == "5个及以上空白栏目"
    assert all(phrases.values())


def test_clauses_below_h_are_not_confirmed() -> None:
    below = {c.id for e in LIBRARY.editions for c in e.clauses if not c.confirmed and c.consequence != "points"}
    assert below == {
        "E19.W-V-06b", "E19.W-V-06c", "E19.M-V-02b", "E19.M-V-03b", "DN-13", "DN-14", "LA-W-01",
        "WG-02", "WG-05", "WG-06", "WG-07", "WG-13", "WG-14", "WG-15", "WG-18", "NM-11", "NM-13",
    }  # fmt: skip


BOOK = {
    "WG": [*(f"WG-{n:02}" for n in range(1, 20)), *(f"WG-F-{n}" for n in range(1, 9))],
    "DN": [f"DN-{n:02}" for n in range(1, 15)],
    "NM17": ["NM-01", "NM-02", "NM-03"],
    "NM18": ["NM-04", "NM-05", "NM-06", "NM-07", "NM-08", "NM-09"],
    "NM16-AH": ["NM-10", "NM-11", "NM-12", "NM-13"],
    "LA": ["LA-M-01", "LA-M-02", "LA-M-03", "LA-M-04", "LA-M-05", "LA-M-06", "LA-W-01"],
}


@pytest.mark.parametrize("name", BOOK)
def test_every_row_of_the_rule_book_stands_in_its_edition(name: str) -> None:
    assert list(LIBRARY.edition(name).clause_ids) == BOOK[name]


def test_an_automatic_clause_has_a_rule_or_names_the_evidence_that_is_missing() -> None:
    for edition in LIBRARY.editions:
        for clause in edition.clauses:
            if clause.auto == "A":
                assert bool(clause.rule) + bool(clause.missing) + clause.office == 1, clause.id


@pytest.mark.parametrize(
    ("day", "main"),
    [("2015-03-01", "E15"), ("2018-09-10", "E15"), ("2019-04-17", "E15"), ("2019-04-18", "E19"), ("2026-11-24", "E19")],
)
def test_the_edition_is_the_one_in_force_on_the_day_of_inspection(day: str, main: str) -> None:
    found = LIBRARY.main(date.fromisoformat(day))
    assert found is not None
    assert found.id == main


def test_accounts_had_no_edition_before_2019() -> None:
    assert LIBRARY.main(date(2018, 9, 10), "account") is None
    assert LIBRARY.main(date(2019, 4, 18), "account") is LIBRARY.edition("E19")


def test_before_the_first_edition_there_is_no_default() -> None:
    with pytest.raises(LookupError, match="2015-02-28"):
        LIBRARY.main(date(2015, 2, 28))


def names(library: Library, day: str, **more: object) -> list[str]:
    return [e.id for e in library.in_force(date.fromisoformat(day), **more)]  # type: ignore[arg-type]


def test_the_others_hold_by_their_own_dates_and_local_ones_if_switched_on() -> None:
    assert names(LIBRARY, "2015-06-30") == ["E15"]
    assert names(LIBRARY, "2018-06-30", kind="site") == ["E15", "WG"]
    assert names(LIBRARY, "2018-07-01", kind="site") == ["E15", "WG", "LA"]
    assert names(LIBRARY, "2018-09-05", kind="site") == ["E15", "WG", "LA"]
    assert names(LIBRARY, "2018-09-06") == ["E15", "DN", "NM17", "WG", "LA", "NM16-AH"]
    assert names(LIBRARY, "2018-09-10", local=()) == ["E15", "DN", "NM17", "WG"]
    assert names(LIBRARY, "2018-09-10", kind="account") == ["NM17", "LA", "NM16-AH"]
    assert names(LIBRARY, "2018-12-27", kind="account", local=()) == ["NM17", "NM18"]
    assert names(LIBRARY, "2018-12-26", kind="account", local=()) == ["NM17"]


def test_another_main_edition_replaces_only_the_main_one() -> None:
    replaced = LIBRARY.replace_main("E19")
    assert names(replaced, "2018-09-10", local=()) == ["E19", "DN", "NM17", "WG"]
    assert names(replaced, "2018-08-01", local=["LA"]) == ["E19", "NM17", "WG", "LA"]
    assert names(LIBRARY.replace_main("E15"), "2026-11-24", local=()) == ["E15", "DN", "NM17", "NM18", "WG"]
    with pytest.raises(ValueError, match="E15、E19"):
        LIBRARY.replace_main("DN")


def test_a_digest_is_that_of_the_files_bytes() -> None:
    for name, digest in load().digests.items():
        assert digest == hashlib.sha256((EDITIONS / f"{name}.yaml").read_bytes()).hexdigest()


def test_a_limit_that_a_clause_does_not_name_has_no_default() -> None:
    clause = LIBRARY.clause("E15.W-V-03c")
    assert clause.count == 5
    with pytest.raises(KeyError, match=r"E15\.yaml:\d+: 指标 E15\.W-V-03c 没有写明 share"):
        _ = clause.share


def test_periods_are_days_or_calendar_months() -> None:
    assert LIBRARY.clause("E19.W-V-03").window == Period(days=14)
    assert LIBRARY.clause("E15.W-V-05").waiting == Period(months=3)
    assert {k: str(c.period) for k, c in LIBRARY.edition("E15").cadences.items()} == {
        "news": "2周",
        "notice": "6个月",
        "policy": "6个月",
        "personnel_plan": "1年",
        "interaction": "None",
        "other": "1年",
    }


def test_the_names_that_the_loader_knows_are_the_rules_there_are() -> None:
    assert rule_names() == frozenset(rules.RULES)
    assert rule_names() == {n for e in LIBRARY.editions for c in e.clauses for n in (c.rule, c.proposal) if n}, (
        "a rule that no clause names"
    )


@pytest.fixture
def spoiled(tmp_path: Path) -> Callable[..., str]:
    """Load the editions with one of them changed; the complaint that comes of it."""

    def spoil(name: str, old: str, new: str) -> str:
        for path in EDITIONS.glob("*.yaml"):
            shutil.copy(path, tmp_path)
        path = tmp_path / f"{name}.yaml"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")
        with pytest.raises(BadEdition) as caught:
            load(tmp_path)
        return str(caught.value)

    return spoil


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("E15", "pass_mark: 60", "passmark: 60", "不认识的键 'passmark'"),
        ("E15", "    auto: A", "    auto: X", "'auto' 应为 A、S、M 之一"),
        ("E15", "    auto: A", "    automatic: A", "不认识的键 'automatic'"),
        ("E15", "rule: columns_blank", "rule: columns_empty", "没有名为 'columns_empty' 的规则"),
        ("E15", "{count: 5}", "{counts: 5}", "不认识的键 'counts'"),
        ("E15", "{count: 5}", "{count: many}", "'count' 应为数字"),
        ("E15", "{count: 5}", "{count: -5}", "'count' 应大于零"),
        ("E15", "{count: 5}", "{count: 5.5}", "'count' 应为数字"),
        ("E15", "{count: 5}", "{count: 5, count: 6}", "键 'count' 重复"),
        ("E15", "id: E15.W-V-02", "id: E15.W-V-01", "E15.W-V-01 重复"),
        ("E15", "valid_to: 2019-04-17", "valid_to: 2019-04-31", "'valid_to' 应为 YYYY-MM-DD 日期"),
        ("E15", "valid_to: 2019-04-17", "valid_to: 2014-04-17", "'valid_to' 早于 'valid_from'"),
        ("E15", "valid_to: 2019-04-17", "valid_to: 2019-04-16", "中间有空档"),
        ("E15", "valid_to: 2019-04-17", "valid_to: 2019-04-18", "施行日期重叠"),
        ("E15", "valid_to: 2019-04-17\n", "", "施行日期重叠"),
        ("E19", "valid_from: 2019-04-18", "valid_from: 2019-04-18\nvalid_to: 2025-01-01", "不应有截止日期"),
        ("E15", "period: {days: 14}", "period: {weeks: 2}", "不认识的键 'weeks'"),
        ("E15", "period: {days: 14}", "period: {days: 14, months: 1}", "days 或 months 之一"),
        ("E15", "  - {class: interaction, title: 互动交流类, confidence: H}\n", "", "每一类栏目"),
        ("E15", "class: interaction", "class: news", "栏目类别重复"),
        ("E15", "    source: 国办发", "    sauce: 国办发", "不认识的键 'sauce'"),
        ("E15", "    consequence: veto", "    consequence: points", "'points' 须与"),
        ("E15", "subject: site", "subject: account", "版本不涉及 'account'"),
        ("DN", "id: DN\n", "id: ND\n", "文件名与版本号 'ND' 不符"),
        ("DN", "levels: [city, county]", "levels: [city, town]", "不认识 'town'"),
        ("LA", "local: true", "local: yes", "'local' 应为 true 或 false"),
        ("LA", "clauses:", "clauses: [", "不是合法的 YAML"),
        ("WG", "    rule: sites_of_unit\n", "", "自动指标须写明 'rule'"),
        ("NM18", "proposal: accounts_named_alike", "proposal: accounts_alike", "没有名为 'accounts_alike' 的规则"),
        ("WG", "id: WG-02", "id: WG-01", "WG-01 重复"),
        ("WG", "id: WG-02", "id: DN-01", "DN-01 重复"),
        ("DN", "subjects: [site]", "subjects: [site]\noverrides: []", "只有 variant: true"),
        ("E15", "scoring: {full: 100}\n", "", "计分须写明 'pass_mark' 和 'scoring'"),
        ("E15", "pass_mark: 60\n", "", "计分须写明 'pass_mark' 和 'scoring'"),
        ("E15", "{full: 100}", "{whole: 100}", "不认识的键 'whole'"),
        ("E15", "    cap: 16", "    cap: 0", "'cap' 应大于零"),
        ("E15", "    consequence: veto\n", "    consequence: veto\n    cap: 5\n", "'cap' 和 'bonus' 只用于"),
        ("E15", "    consequence: veto\n", "    consequence: veto\n    bonus: true\n", "'cap' 和 'bonus' 只用于"),
        ("E15", "    points: 4\n", "", "'points' 须与"),
        ("E19", "points_on: []", "points_on: [portal]", "分值尚未核实, 不能计分: E19.W-D-01、"),
        ("E19", "  services_points: 25\n", "", "'services' 与 'services_points' 须同时出现"),
        ("E19", "  bonus_most: 30\n", "", "'bonus_over' 与 'bonus_most' 须同时出现"),
        ("E19", "E19.W-D-09, E19", "E19.W-D-99, E19", "没有指标 E19.W-D-99"),
        ("E19", "{what: 未提供样表, each: true}", "{what: 未提供样表, confirmed: true}", "没有分值就不能算已核实"),
    ],
)
def test_the_loader_refuses_with_file_and_line(
    spoiled: Callable[..., str], name: str, old: str, new: str, complaint: str
) -> None:
    said = spoiled(name, old, new)
    assert complaint in said
    assert re.match(rf"{name}\.yaml:\d+: ", said), said


def test_the_line_is_the_one_that_is_wrong(spoiled: Callable[..., str]) -> None:
    lines = (EDITIONS / "E15.yaml").read_text("utf-8").splitlines()
    line = 1 + next(n for n, text in enumerate(lines) if "rule: columns_blank" in text)
    said = spoiled("E15", "rule: columns_blank", "rule: columns_empty")
    assert said.startswith(f"E15.yaml:{line}: ")


def test_a_folder_without_editions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadEdition, match="没有任何版本文件"):
        load(tmp_path)


def test_every_day_since_2015_has_one_main_edition() -> None:
    day = date(2015, 3, 1)
    while day < date(2027, 1, 1):
        assert sum(e.main and e.holds(day) for e in LIBRARY.editions) == 1, day
        day += timedelta(days=17)


# variants

VARIANT = """\
id: E19-AH
title: 示例省政府网站与政务新媒体检查指标
document: 示例文号
issuer: 示例省人民政府办公厅
parent: E19
variant: true
local: true
valid_from: 2019-06-01
subjects: [site, account]
columns:
  - {class: other, title: 其他类, period: {months: 6}, dated_list: true, confidence: H}
overrides:
  - id: E19.W-V-04c
    limits: {count: 4}
    phrase: 4个及以上空白栏目
clauses:
  - id: E19-AH.W-V-01
    name: 本省另加的一项
    subject: site
    consequence: veto
    auto: M
    confidence: H
    phrase: 本省另加的一项
    source: 示例文号
"""
DAY = date(2026, 11, 24)


@pytest.fixture
def with_variant(tmp_path: Path) -> Callable[..., Library]:
    def read(*texts: str) -> Library:
        for path in EDITIONS.glob("*.yaml"):
            shutil.copy(path, tmp_path)
        for text in texts:
            (tmp_path / f"{text.partition('id: ')[2].split()[0]}.yaml").write_text(text, "utf-8")
        return load(tmp_path)

    return read


def test_a_variant_writes_some_clauses_of_its_parent_anew_where_it_is_switched_on(
    with_variant: Callable[..., Library],
) -> None:
    library = with_variant(VARIANT)
    varied = library.in_force(DAY, local=["E19-AH"])[0]
    plain = library.in_force(DAY, local=[])[0]
    assert (plain.id, plain.clause("E19.W-V-04c").count) == ("E19", 5)
    assert (varied.id, varied.main, varied.clause("E19.W-V-04c").count) == ("E19-AH", True, 4)
    blank = varied.clause("E19.W-V-04c")
    assert (blank.edition, blank.phrase, blank.rule) == ("E19-AH", "4个及以上空白栏目", "columns_blank")
    assert varied.clause("E19.W-V-04b") == plain.clause("E19.W-V-04b")
    assert varied.clause_ids == (*plain.clause_ids, "E19-AH.W-V-01")
    assert (str(varied.cadences["other"].period), str(varied.cadences["news"].period)) == ("6个月", "2周")
    assert library.clause("E19.W-V-04c").count == 5


def test_a_variant_holds_by_its_own_days_and_only_under_its_parent(with_variant: Callable[..., Library]) -> None:
    library = with_variant(VARIANT)
    assert library.in_force(date(2019, 5, 31), local=["E19-AH"])[0].id == "E19"
    assert library.in_force(date(2019, 6, 1), local=["E19-AH"])[0].id == "E19-AH"
    assert library.in_force(date(2018, 9, 10), local=["E19-AH"])[0].id == "E15"
    assert library.in_force(DAY)[0].id == "E19"


def test_a_citys_variant_may_vary_its_provinces(with_variant: Callable[..., Library]) -> None:
    city = VARIANT.replace("id: E19-AH\n", "id: E19-SL\n").replace("parent: E19\n", "parent: E19-AH\n")
    city = city.replace("count: 4", "count: 3").partition("clauses:")[0]
    library = with_variant(VARIANT, city)
    assert library.in_force(DAY, local=["E19-AH", "E19-SL"])[0].clause("E19.W-V-04c").count == 3
    assert library.in_force(DAY, local=["E19-SL"])[0].id == "E19"


def test_two_variants_of_one_edition_cannot_both_hold(with_variant: Callable[..., Library]) -> None:
    other = VARIANT.replace("E19-AH", "E19-BH")
    library = with_variant(VARIANT, other)
    with pytest.raises(ValueError, match="E19-AH、E19-BH"):
        library.in_force(DAY, local=["E19-AH", "E19-BH"])


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("id: E19.W-V-04c", "id: E19.W-V-44c", "E19-AH.yaml:13: E19 没有指标 E19.W-V-44c"),
        ("parent: E19\n", "parent: E20\n", "E19-AH.yaml:5: 没有版本 'E20' 可供改写"),
        ("parent: E19\n", "parent: DN\n", "E19-AH.yaml:5: 只能改写主版本, 而不是 DN"),
        ("parent: E19\n", "", "E19-AH.yaml:1: 缺少 'parent'"),
        ("local: true\n", "", "E19-AH.yaml:6: 改写的版本由发文机关启用"),
        ("limits: {count: 4}", "limits: {count: four}", "E19-AH.yaml:14: 'count' 应为数字"),
        ("    limits: {count: 4}", "    limit: {count: 4}", "E19-AH.yaml:14: 不认识的键 'limit'"),
        ("  - id: E19-AH.W-V-01", "  - id: E19.W-V-04b", "E19-AH.yaml:17: E19 已有 E19.W-V-04b"),
        ("subjects: [site, account]\n", "subjects: [site, account]\npoints_on: [portal]\n", "E19-AH.yaml:10: "),
    ],
)
def test_a_bad_variant_is_refused_with_file_and_line(
    with_variant: Callable[..., Library], old: str, new: str, complaint: str
) -> None:
    assert old in VARIANT
    with pytest.raises(BadEdition) as caught:
        with_variant(VARIANT.replace(old, new, 1))
    assert complaint in str(caught.value)
