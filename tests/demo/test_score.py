"""The comparison with the truth: what counts as found, missed, false or open."""

import json
import zipfile
from pathlib import Path

from demo import score
from demo.run import compare

TRUTH = {
    "subjects": {
        "9901000001": {"kind": "site", "name": "甲", "role": "x"},
        "9901000002": {"kind": "site", "name": "乙", "role": "x"},
        "9901000003": {"kind": "site", "name": "丙", "role": "x"},
        "A": {"kind": "account", "name": "号", "role": "x"},
    },
    "not_running": {"9901000090": "suspended"},
    "clauses": {
        "E19": {
            "E19.W-V-04a": {
                "9901000001": {"expected": "failed", "because": "", "seeded": "fault"},
                "9901000002": {"expected": "not failed", "because": "", "seeded": "near_miss"},
                "9901000003": {"expected": "unjudged", "because": "", "seeded": "near_miss"},
            }
        },
        "E15": {"E15.W-V-03a": {"9901000001": {"expected": "failed", "because": "", "seeded": "fault"}}},
        "DN": {},
        "LA": {},
    },
    "verdicts": {"E19": {"9901000001": "不合格", "9901000002": "not 不合格", "9901000003": "unjudged", "A": "不合格"}},
}


def finding(subject: str, outcome: str, clause: str = "E19.W-V-04a") -> dict:
    return {"clause": clause, "subject": subject, "outcome": outcome}


def test_a_failed_finding_where_the_truth_fails_is_recall_and_the_other_edition_is_left_out() -> None:
    scores = score.score_clauses(
        [finding("9901000001", "failed"), finding("9901000002", "passed"), finding("9901000003", "unjudged")], TRUTH
    )
    assert [(s.clause, s.recall, s.false, s.missed, s.cleared, s.unjudged) for s in scores] == [
        ("E19.W-V-04a", "1/1", [], [], 1, 1)
    ]


def test_an_accusation_the_truth_does_not_share_is_false_even_where_the_truth_is_unknown() -> None:
    scores = score.score_clauses(
        [finding(code, "failed") for code in ("9901000001", "9901000002", "9901000003")], TRUTH
    )
    assert scores[0].false == ["9901000002", "9901000003"]


def test_an_open_or_absent_finding_is_a_miss_and_told_apart() -> None:
    [opened] = score.score_clauses([finding("9901000001", "unjudged")], TRUTH)
    assert (opened.missed, opened.open, opened.absent) == (["9901000001"], 1, 0)
    [absent] = score.score_clauses([finding("9901000002", "passed")], TRUTH)
    assert (absent.missed, absent.open, absent.absent) == (["9901000001"], 0, 1)


def test_a_site_that_does_not_run_cannot_fail_without_being_counted_false() -> None:
    rows = [finding("9901000001", "failed"), finding("9901000090", "failed", "E19.W-V-02")]
    assert {s.clause: s.false for s in score.score_clauses(rows, TRUTH)}["E19.W-V-02"] == ["9901000090"]


def test_the_paper_is_scored_by_the_sites_it_names() -> None:
    paper = score.score_paper({"9901000002", "9901000090"}, TRUTH, "E19")
    assert (paper.failed, paper.false, paper.missed) == (2, ["9901000002", "9901000090"], ["9901000001"])


def test_accounts_have_a_score_of_their_own() -> None:
    rows = [
        {"subject": "A", "kind": "account", "verdict": "unjudged"},
        {"subject": "9901000001", "kind": "site", "verdict": "不合格"},
    ]
    assert score.score_accounts(rows, TRUTH, "E19").missed == ["A"]


def test_annex_rows_marked_otherwise_than_failing_name_nobody(tmp_path: Path) -> None:
    book = tmp_path / "annex1.xlsx"
    rows = [["序号", "网站标识码", "结果"], ["1", "9901000001", "不合格"], ["2", "9901000002", "待核"]]
    sheet = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>" for row in rows
    )
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(book, "w") as file:
        file.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{space}"><sheetData>{sheet}</sheetData></worksheet>'
        )
    assert score.named_sites(book, TRUTH) == {"9901000001"}


def test_the_edition_is_taken_from_the_findings() -> None:
    assert score.main_edition([finding("x", "passed", "DN-01"), finding("x", "passed", "E15.W-V-01")]) == "E15"


def write_outcome(home: Path, accused: list[str], named: list[str]) -> None:
    """What an inspection left behind that fails `accused` and names `named`."""
    out = home / "out"
    out.mkdir(parents=True)
    codes = ["9901000001", "9901000002", "9901000003"]
    findings = [finding(code, "failed" if code in accused else "passed") for code in codes]
    verdicts = [{"subject": code, "kind": "site", "verdict": "不合格" if code in named else "合格"} for code in codes]
    verdicts.append({"subject": "A", "kind": "account", "verdict": "不合格"})
    for name, rows in (("findings", findings), ("verdicts", verdicts)):
        (out / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (out / "notice.docx").write_bytes(b"")


def test_the_closing_lines_are_the_contracts_and_the_status_is_good_when_all_is_found(tmp_path: Path, capsys) -> None:
    write_outcome(tmp_path, ["9901000001"], ["9901000001"])
    assert compare(tmp_path, TRUTH) == 0
    notice, truth = capsys.readouterr().out.splitlines()[-2:]
    assert notice == f"notice: {tmp_path}/out/notice.docx"
    assert truth == "truth: failed=1 false=0 missed=0"


def test_naming_a_wrong_site_or_missing_one_spoils_the_status(tmp_path: Path, capsys) -> None:
    write_outcome(tmp_path, ["9901000001"], ["9901000002"])
    assert compare(tmp_path, TRUTH) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "truth: failed=1 false=1 missed=1"


def test_a_false_accusation_in_one_clause_spoils_the_status_though_the_paper_is_right(tmp_path: Path, capsys) -> None:
    write_outcome(tmp_path, ["9901000001", "9901000002"], ["9901000001"])
    assert compare(tmp_path, TRUTH) == 1
    assert "误报 E19.W-V-04a 9901000002" in capsys.readouterr().out


def test_a_site_with_a_reason_that_only_a_person_knows_is_neither_missed_nor_rightly_named() -> None:
    assert score.score_paper([], TRUTH, "E19", {"9901000001"}).missed == []
    assert score.score_paper(["9901000001"], TRUTH, "E19", {"9901000001"}).false == ["9901000001"]
