"""What was published and proved wrong is taken back in a second paper; the first one stays as it was."""

import csv
import io
import json
from datetime import date, datetime, timedelta

import psycopg2
import pytest
from docx import Document
from openpyxl import load_workbook

from inspectorate.quarter import SHANGHAI
from inspectorate.store import correcting, database, signing
from tests.channels.post_office import post_office
from tests.signing.office import FINDING, SHUT, SILENT, VETO, Office
from tests.signing.test_follow_up import due, follow

CORRECT = ("2018Q3", "--correction")


def take_back(office: Office) -> None:
    """The veto was wrong, and what nobody could see of the site is taken for passed with it."""
    office.must("reverse", FINDING, "--reason", "监测线路故障", "--by", "zhuren")
    out = office.home / "correction"
    office.must("draft", *CORRECT, "--out", str(out))
    status, _, err = office.run("sign", *CORRECT, "--by", "qianfa", "--answer", "同意签发", "--number", "230")
    # the points for the same visits are what it would fail by now
    assert (status, f"依据变为 E15.W-D-01 {SHUT}" in err, "一并 reverse" in err) == (2, True, True)
    findings = [json.loads(line) for line in office.must("findings", "2018Q3").splitlines()]
    for one in findings:
        bears = one["consequence"] in ("veto", "points") and one["outcome"] in ("failed", "unjudged")
        if one["subject"] == SHUT and bears and one["decision"] == "none":
            office.must("reverse", one["finding_id"], "--reason", "无证据表明存在问题", "--by", "zhuren")
    office.must("draft", *CORRECT, "--out", str(out))


def sign(office: Office, by: str = "qianfa", number: str = "230") -> tuple[int, str, str]:
    return office.run("sign", *CORRECT, "--by", by, "--answer", "同意签发", "--number", number)


def text_of(body: bytes) -> str:
    paper = Document(io.BytesIO(body))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in paper.paragraphs), *cells])


def signed_to_mend_by(office: Office) -> date:
    [(day,)] = office.ask("select rectify_by from publication")
    return date.fromisoformat(str(day))


def test_nothing_is_taken_back_that_was_not_published_so_or_by_a_stranger(office: Office) -> None:
    office.ready()
    door = ["reverse", FINDING, "--reason", "误判", "--by"]
    status, _, err = office.run(*door, "zhuren")
    assert (status, "尚未印发" in err) == (2, True)
    assert office.sign()[0] == 0
    office.must("publish", "2018Q3")
    for argv, fact in (
        ([*door, "nobody"], "nobody"),
        (["reverse", f"2018Q3/1/{VETO}/{SILENT}", "--reason", "误判", "--by", "zhuren"], "没有这样认定"),
        (["reverse", f"2018Q3/1/{VETO}/x", "--reason", "误判", "--by", "zhuren"], "没有这条判定"),
        ([*door, "zhuren", "--restore"], "没有撤销过"),
        (["draft", *CORRECT, "--out", str(office.home)], "没有待更正的认定"),
        (["publish", *CORRECT], "没有有效的更正签发记录"),
        (["notify", *CORRECT, "--dry-run"], "没有印发过更正通报"),
    ):
        status, _, err = office.run(*argv)
        assert (status, fact in err) == (2, True), (argv, err)
    office.must(*door, "zhuren")
    assert office.run(*door, "zhuren")[0] == 2
    office.must(*door, "zhuren", "--restore")
    assert office.run("draft", *CORRECT, "--out", str(office.home))[0] == 2


def test_a_correction_goes_through_draft_signature_publication_and_letters_and_the_first_paper_stays(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.published()
    first = {path.name: path.read_bytes() for path in (office.home / "home/published/2018Q3").iterdir()}
    with post_office() as post:
        monkeypatch.setenv("INSPECTORATE_SMTP_URL", post.url)
        dry = json.loads(office.must("notify", "2018Q3", "--dry-run"))
        office.must("notify", "2018Q3")
        again = json.loads(office.must("notify", "2018Q3", "--dry-run"))
        assert (dry["state"], again["state"]) == ("new", "sent")
        assert dry["due"] == again["due"] == str(signed_to_mend_by(office))
        take_back(office)
        for by, number, fact in (
            ("fuhe", "230", "复核过或撤销过"),  # decided the finding
            ("zhuren", "230", "复核过或撤销过"),  # took it back
            ("nobody", "230", "nobody"),
            ("qianfa", "", "文号"),
            ("qianfa", "200", "已用于 2018Q3/1"),
        ):
            status, _, err = sign(office, by, number)
            assert (status, fact in err) == (2, True), err
        assert office.run("publish", *CORRECT)[0] == 2
        asked = json.loads(office.must("sign", *CORRECT, "--stage", "sign"))
        assert not asked["settled"]
        assert ("市一局" in asked["body"], "200号" in asked["body"], "已用于" in asked["body"]) == (True, True, True)
        form = ("--stage", "sign", "--answer", "同意签发", "--by", "qianfa", "--form", '{"文号": "230"}', "--draft")
        stale = json.loads(office.must("sign", *CORRECT, *form, "0" * 64))
        assert (stale["accepted"], "已有变化" in stale["because"]) == (False, True)
        assert json.loads(office.must("sign", *CORRECT, *form, asked["draft"])) == {"accepted": True, "because": ""}
        assert json.loads(office.must("sign", *CORRECT, "--stage", "sign"))["settled"]
        told = json.loads(office.must("publish", *CORRECT))
        assert told["corrects"].endswith("200号")
        assert FINDING in told["withdrawn"]
        again = json.loads(office.must("publish", *CORRECT))
        assert again["sha256"] == told["sha256"]
        assert "已印发更正通报" in json.loads(office.must("sign", *CORRECT, "--stage", "sign"))["because"]
        assert json.loads(office.must("draft", *CORRECT, "--out", str(office.home / "again")))["withdrawn"] == 0
        assert not (office.home / "again").exists()
        folder = office.home / "home/published/2018Q3/correction-1"
        said = text_of((folder / "correction.docx").read_bytes())
        for words in (
            "关于更正2018年第三季度", "市一局（3415000001）", "首页无法访问", "监测线路故障", "误判",
            "由1家更正为0家", "由0%更正为100%", "以本通报为准", told["document_number"],
        ):  # fmt: skip
            assert words in said.replace("\n", ""), words
        assert "试算" not in said
        assert {p.name: p.read_bytes() for p in (office.home / "home/published/2018Q3").glob("*.*")} == first
        # letters: whoever got the first, once
        assert len(post.letters()) == 1
        for _ in range(2):
            office.must("notify", *CORRECT)
        assert [str(one["To"].addresses[0].addr_spec) for one in post.letters()] == ["yi@one.test"] * 2
        letter = post.letters()[1]
        body = letter.get_body()
        assert body is not None
        content = "".join(body.get_content().split())
        assert "涉及你单位的认定已予撤销" in content
        assert told["document_number"] in content
        assert [part.get_filename() for part in letter.iter_attachments()] == ["更正通报.pdf"]
        assert office.run("reverse", FINDING, "--reason", "再想", "--by", "zhuren", "--restore")[0] == 2


def test_what_was_taken_back_is_dunned_of_nobody_and_its_streak_is_mended(office: Office) -> None:
    office.published()
    due(office, datetime.now(SHANGHAI).date() - timedelta(days=1))
    assert [row["clause"] for row in follow(office)["overdue"]] == [VETO]
    take_back(office)
    told = follow(office)
    assert (told["failing"], told["overdue"]) == (0, [])
    assert told["withdrawn"] == [{"subject": SHUT, "unit": "U1", "clause": VETO, "closed": "误判撤销"}]
    row = json.loads(office.must("notify", "2018Q3", "--dry-run") or "null")
    assert row is None  # the order that had not gone out yet goes out no more
    connection = database.connect(office.url)
    published = signing.publications(connection)
    assert [p.verdict for p in correcting.history(connection, published, SHUT)] == ["不合格"]
    assert sign(office)[0] == 0
    office.must("publish", *CORRECT)
    [past] = correcting.history(connection, published, SHUT)
    assert (past.verdict, past.was, bool(past.correction)) == ("合格", "不合格", True)
    assert published[0].verdicts == signing.publications(connection)[0].verdicts  # as it was printed
    connection.close()


def test_a_streak_counts_the_quarters_up_to_the_last_that_say_the_same() -> None:
    def past(*verdicts: str) -> list[correcting.Past]:
        return [correcting.Past(f"20{n}Q1", "", verdict, None, "") for n, verdict in enumerate(verdicts, 18)]

    assert correcting.streak(past("不合格", "合格", "不合格", "不合格")) == 2
    assert correcting.streak(past("合格", "合格", "不合格")) == 1
    assert correcting.streak([]) == 0


def test_the_trail_tells_who_did_what_and_no_cell_of_it_is_a_formula(office: Office) -> None:
    office.published()
    office.must("reverse", FINDING, "--reason", "=HYPERLINK(1)", "--by", "zhuren")
    rows = [json.loads(line) for line in office.must("trail", "2018Q3").splitlines()]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    told = {(row["what"], row["by"]) for row in rows}
    assert {("复核", "fuhe"), ("不纳入检查", "fuhe"), ("签发", "qianfa"), ("撤销认定", "zhuren"), ("印发", "")} <= told
    sheet, book = office.home / "t/trail.csv", office.home / "t/trail.xlsx"
    for file in (sheet, book):
        office.must("trail", "2018Q3", "--out", str(file))
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == len(rows)
    assert [row["说明"] for row in found if row["事项"] == "撤销认定"] == ["'=HYPERLINK(1)"]
    cells = [cell for row in load_workbook(book).active.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert office.run("trail", "2018Q3", "--out", str(office.home / "trail.pdf"))[0] == 2


def test_the_database_keeps_reversals_and_corrections_for_ever(office: Office) -> None:
    office.published()
    take_back(office)
    assert sign(office)[0] == 0
    office.must("publish", *CORRECT)
    for statement in (
        "delete from reversal",
        "update correction set verdicts = '[]'",
        "update correction_file set body = ''",
        "update correction_answer set by = 'x'",
    ):
        connection = database.connect(office.url)
        with pytest.raises(psycopg2.errors.RestrictViolation), connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()
