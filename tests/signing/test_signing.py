"""Who may sign what, and that nothing but a signature row leads to a published paper."""

import csv
import hashlib
import json
import zipfile
from pathlib import Path

import psycopg2
import pytest

from inspectorate.store import database
from tests.formats.test_paper import ONE_PIXEL
from tests.signing.office import AT, FINDING, SHUT, SILENT, VETO, Office

ANSWERS = "select stage, chosen, by, accepted, because from signing_answer order by id"


def test_a_paper_that_is_not_ready_is_refused_with_every_reason_and_the_refusal_is_kept(office: Office) -> None:
    office.judge()
    status, _, err = office.sign()
    assert status == 2
    for reason in ("待核: 市二局", f"未经复核: {VETO} {SHUT}", "人工指标未经确认: E15.W-V-04"):
        assert reason in err
    office.review()
    status, _, err = office.sign()
    assert (status, "尚未成稿" in err) == (2, True)
    assert [row[:4] for row in office.ask(ANSWERS)] == [("sign", "同意签发", "qianfa", False)] * 2
    assert office.ask("select count(*) from signature") == [(0,)]


def test_a_decider_a_stranger_and_a_form_without_a_number_are_refused_and_recorded(office: Office) -> None:
    office.ready()
    for by, more, reason in (
        ("fuhe", (), "fuhe 复核过本稿所列问题"),
        ("nobody", (), "没有 'nobody'"),
        ("qianfa", ("--number", ""), "未填写文号"),
        ("qianfa", ("--signed-on", "2018-09-09"), "成文日期"),
        ("qianfa", ("--rectify-by", "2018-10-01"), "整改期限"),
        ("qianfa", ("--answer", "同意"), "答复应为"),
    ):
        status, _, err = office.sign(by, *more)
        assert (status, reason in err) == (2, True), err
    told = office.ask(ANSWERS)
    assert len(told) == 6
    assert not any(accepted for _, _, _, accepted, _ in told)
    assert office.run("publish", "2018Q3")[0] == 2


def test_the_one_who_dropped_nothing_printed_may_sign_but_whoever_ever_decided_may_not(office: Office) -> None:
    """A decision that another one has replaced was still made by a person who looked at this finding."""
    office.ready()
    office.must("decide", FINDING, "upheld", "--reason", "再核", "--by", "zhuren")
    office.draft()
    for by in ("fuhe", "zhuren"):
        assert office.sign(by)[0] == 2
    assert office.sign("qianfa")[0] == 0


def test_a_signature_is_bound_to_the_draft_and_a_changed_draft_undoes_it(office: Office) -> None:
    office.ready()
    assert office.sign()[0] == 0
    [(kept,)] = office.ask("select sha256 from draft")
    assert kept == hashlib.sha256((office.home / "out/notice.docx").read_bytes()).hexdigest()
    assert office.ask("select draft_sha256, by from signature") == [(kept, "qianfa")]
    office.must("decide", FINDING, "amended", "--phrase", "网站打不开", "--reason", "更正", "--by", "fuhe")
    status, _, err = office.run("publish", "2018Q3")
    assert (status, "已有变化" in err) == (2, True)
    status, _, err = office.sign()
    assert (status, "成稿" in err) == (2, True)  # the kept draft is another one
    office.draft()
    assert office.run("publish", "2018Q3")[0] == 2
    assert office.sign()[0] == 0
    office.must("publish", "2018Q3")


def test_sent_back_after_signing_the_signature_stands_no_more(office: Office) -> None:
    office.ready()
    assert office.sign()[0] == 0
    office.must("sign", "2018Q3", "--by", "zhuren", "--answer", "退回修改")
    status, _, err = office.run("publish", "2018Q3")
    assert (status, "没有有效的签发记录" in err) == (2, True)
    assert office.sign()[0] == 0
    office.must("publish", "2018Q3")


def test_the_code_that_came_with_the_register_is_printed_in_annex_1_and_a_later_one_is_not(office: Office) -> None:
    """二维码: kept whole, so the signed paper prints the same again whatever lies beside the file by then."""
    folder = office.home / "register"
    (folder / "码.png").write_bytes(ONE_PIXEL)
    rows = [["account_id", "platform", "name", "unit_id", "status", "qr"], ["A1", "wechat", "市一局", "U1", "running"]]
    rows[1].append("码.png")
    with (folder / "accounts.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    office.must("import", str(folder))
    office.must("import", str(folder))
    [(name, size)] = office.ask("select name, length(picture) from qr_code")
    assert (name, size) == ("码.png", len(ONE_PIXEL))
    office.judge()
    office.must("set-aside", "A1", "2018Q3", "--reason", "账号迁移中", "--by", "fuhe")
    office.review()
    office.draft()
    assert pictures_in(office.home / "out" / "notice.docx") == [ONE_PIXEL]
    (folder / "码.png").unlink()
    assert office.sign()[0] == 0
    office.must("publish", "2018Q3")
    [printed] = (office.home / "home" / "published").rglob("notice.docx")
    assert pictures_in(printed) == [ONE_PIXEL]
    office.must("export", str(office.home / "export"))
    assert (office.home / "export" / "码.png").read_bytes() == ONE_PIXEL


def pictures_in(paper: Path) -> list[bytes]:
    with zipfile.ZipFile(paper) as parts:
        return [parts.read(name) for name in parts.namelist() if name.startswith("word/media/")]


def test_the_same_answer_twice_is_one_signature(office: Office) -> None:
    office.ready()
    assert [office.sign()[0] for _ in range(2)] == [0, 0]
    assert office.ask("select count(*) from signature") == [(1,)]


def test_a_trial_is_never_signed_nor_published(office: Office) -> None:
    office.must("freeze", "2018Q3", "--inspected-at", "2018-09-10T10:00")
    office.must("judge", "2018Q3")
    office.review()
    office.draft()
    status, _, err = office.sign()
    assert (status, "试算结果不得签发" in err) == (2, True)
    assert office.run("publish", "2018Q3")[0] == 2
    assert office.run("notify", "2018Q3")[0] == 2
    assert office.run("notify", "2018Q3", "--verify")[0] == 2


def test_airflow_asks_by_stage_and_reads_what_became_of_the_answer(office: Office) -> None:
    office.judge()
    asked = json.loads(office.must("sign", "2018Q3", "--inspection", "2018Q3/1", "--stage", "review"))
    assert asked["settled"] is False
    assert "尚不能签发" in asked["body"]
    assert "<b>" not in asked["body"]
    answer = ["--by", "fuhe", "--form", "{}", "--run", "r1", "--try", "1"]
    told = json.loads(office.must("sign", "2018Q3", "--stage", "review", "--chosen", "复核完毕", *answer))
    assert told["accepted"] is False
    office.review()
    told = json.loads(office.must("sign", "2018Q3", "--stage", "review", "--chosen", "复核完毕", *answer))
    assert told["accepted"] is True
    office.draft()
    form = json.dumps({"文号": "201", "成文日期": None, "整改期限": 20})
    chosen = ["--chosen", "同意签发", "--form", form, "--run", "r1", "--try", "2"]
    told = json.loads(office.must("sign", "2018Q3", "--stage", "sign", *chosen, "--by", "fuhe"))
    assert (told["accepted"], "不得签发" in told["because"]) == (False, True)
    told = json.loads(office.must("sign", "2018Q3", "--stage", "sign", *chosen, "--by", "qianfa"))
    assert told["accepted"] is True
    assert office.ask("select document_number like %s, rectify_by - signed_on from signature", "%201号") == [(True, 20)]
    for stage in ("review", "sign"):
        assert json.loads(office.must("sign", "2018Q3", "--stage", stage))["settled"] is True
    office.must("publish", "2018Q3")
    assert "已印发" in json.loads(office.must("sign", "2018Q3", "--stage", "sign"))["because"]


def test_published_again_is_the_same_and_nothing_behind_it_moves(office: Office, tmp_path: Path) -> None:
    office.published()
    folder = office.home / "home/published/2018Q3"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(first) == ["annex1.xlsx", "notice.docx", "notice.pdf"]
    (folder / "notice.pdf").unlink()
    (folder / "annex1.xlsx").write_bytes(b"spoilt")
    again = json.loads(office.must("publish", "2018Q3"))
    assert again["again"] is True
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    assert again["sha256"] == {name: hashlib.sha256(body).hexdigest() for name, body in first.items()}
    before = office.ask("select digest, position from finding order by position")
    for step in (
        ["judge", "2018Q3"],
        ["draft", "2018Q3", "--out", str(tmp_path / "later")],
        ["freeze", "2018Q3", "--official", "--anew"],
        ["sign", "2018Q3", "--by", "zhuren", "--answer", "同意签发", "--number", "7"],
    ):
        status, _, err = office.run(*step)
        assert (status, "已印发" in err) == (0, True), step
    for refused in (
        ["decide", FINDING, "dropped", "--reason", "晚了", "--by", "fuhe"],
        ["set-aside", SHUT, "2018Q3", "--reason", "晚了", "--by", "fuhe"],
        ["attest", "E15.W-V-04", "2018Q3", "--by", "fuhe"],
        ["explain", FINDING, "--by", "U1", "--text", "晚了"],
    ):
        status, _, err = office.run(*refused)
        assert (status, "已印发" in err) == (2, True), refused
    assert office.ask("select digest, position from finding order by position") == before
    assert (tmp_path / "later/difference.jsonl").read_text() == ""


def test_the_database_itself_keeps_what_was_published(office: Office) -> None:
    office.published()
    for statement in (
        "delete from finding",
        "update finding set phrase = 'x'",
        "insert into decision (quarter, number, clause, subject, digest, ruling, reason, by)"
        " values ('2018Q3', 1, 'c', 's', 'd', 'dropped', 'r', 'b')",
        "insert into signature (quarter, number, draft_sha256, by) values ('2018Q3', 1, 'x', 'y')",
        "update signature set by = 'x'",
        "delete from publication",
        "update published_file set body = ''",
        "delete from signing_answer",
    ):
        connection = database.connect(office.url)
        with pytest.raises(psycopg2.errors.RestrictViolation), connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()


def test_a_trial_beside_a_published_quarter_writes_the_difference_and_changes_nothing(
    office: Office, tmp_path: Path
) -> None:
    office.published()
    office.must("freeze", "2018Q3", "--inspected-at", "2018-09-20T10:00")
    status, _, err = office.run("judge", "2018Q3", "--inspection", "2", "--out", str(tmp_path / "trial"))
    assert (status, "不受影响" in err) == (0, True)
    rows = [json.loads(line) for line in (tmp_path / "trial/difference.jsonl").read_text().splitlines()]
    changed = {row["subject"]: (row["was"]["verdict"], row["becomes"]["verdict"]) for row in rows}
    assert changed[SHUT] == ("不合格", "unjudged")  # the week of visits lies before the other one's window
    assert changed[SILENT] == ("未纳入本季度检查", "unjudged")
    assert office.ask("select number, published from difference") == [(2, 1)]


def test_a_number_serves_one_paper_only(office: Office) -> None:
    office.published()
    office.must("freeze", "2018Q2", "--official", "--inspected-at", "2018-06-10T10:00")
    office.must("judge", "2018Q2")
    for subject in (SHUT, SILENT):
        office.must("set-aside", subject, "2018Q2", "--reason", "没有证据", "--by", "fuhe")
    office.must("attest", "E15.W-V-04", "2018Q2", "--by", "fuhe")
    office.must("draft", "2018Q2", "--out", str(office.home / "q2"))
    status, _, err = office.run("sign", "2018Q2", "--by", "qianfa", "--answer", "同意签发", "--number", "200")
    assert (status, "已用于 2018Q3/1" in err) == (2, True)


def test_a_quarter_has_one_notice_whichever_of_its_inspections_is_signed_last(office: Office) -> None:
    office.ready()
    office.must("freeze", "2018Q3", "--official", "--anew", "--inspected-at", AT.isoformat())
    second = ["2018Q3", "--inspection", "2018Q3/2"]
    office.must("judge", *second)
    office.must("decide", FINDING.replace("/1/", "/2/"), "upheld", "--reason", "已核实", "--by", "fuhe")
    office.must("set-aside", SILENT, *second, "--reason", "网站迁移中", "--by", "fuhe")
    office.must("attest", "E15.W-V-04", *second, "--by", "fuhe")
    office.must("draft", *second, "--out", str(office.home / "second"))
    for which, number in (("2018Q3/1", "200"), ("2018Q3/2", "201")):
        office.must(
            "sign", "2018Q3", "--inspection", which, "--by", "qianfa", "--answer", "同意签发", "--number", number
        )
    office.must("publish", "2018Q3", "--inspection", "2018Q3/1")
    status, _, err = office.run("publish", *second)
    assert (status, "本季度已印发 2018Q3/1" in err) == (2, True)
    status, _, err = office.run("sign", *second, "--by", "zhuren", "--answer", "同意签发", "--number", "202")
    assert (status, "本季度已印发 2018Q3/1" in err) == (2, True)
    assert json.loads(office.must("sign", *second, "--stage", "review"))["settled"] is True
    status, _, err = office.run("notify", *second, "--verify")
    assert (status, "不再发核实函" in err) == (0, True)
    assert office.run("notify", *second)[0] == 2
    assert office.ask("select count(*) from publication") == [(1,)]
    assert office.ask("select count(*) from outbox") == [(0,)]


def test_an_explanation_lands_beside_the_finding_of_the_unit_that_gives_it(office: Office, tmp_path: Path) -> None:
    office.judge()
    (tmp_path / "说明.txt").write_text("机房停电")
    office.must("explain", FINDING, "--by", "U1", "--text", "停电", "--file", str(tmp_path / "说明.txt"))
    assert office.ask("select clause, unit, text, file_name, late from explanation") == [
        (VETO, "U1", "停电", "说明.txt", False)
    ]
    assert office.run("explain", FINDING, "--by", "U2", "--text", "不是我")[0] == 2
    assert office.run("explain", FINDING, "--by", "U1")[0] == 2
    assert office.run("explain", "2018Q3/1/E15.W-V-01/9", "--by", "U1", "--text", "x")[0] == 2
