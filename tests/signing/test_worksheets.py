"""Teams' worksheets: what they hold, what they take back, and that two people who disagree hold up the signature."""

import io
import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from PIL import Image

from inspectorate import settings
from inspectorate.evidence import Picture
from inspectorate.finding import Attestation
from inspectorate.formats import pictures, worksheet_files
from inspectorate.quarter import SHANGHAI
from inspectorate.store import database, evidence
from inspectorate.worksheet import Entry, Item, Worksheet, attested, objections, pictures_for
from scrapers import warc
from tests.signing.office import AT, ISSUER, SHUT, SILENT, Office

CLAUSE = "E15.W-V-04"
HOME = "http://one.mou.gov.cn/"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
TEAMS = f"teams:\n  第一组: ['{SHUT}']\n  第二组: ['{SILENT}']\n"


@pytest.fixture
def teams(office: Office, tmp_path: Path) -> Office:
    folder = tmp_path / "teams"
    folder.mkdir()
    (folder / "issuer.yaml").write_text(ISSUER + TEAMS, encoding="utf-8")
    office.must("import", str(folder))
    office.judge()
    return office


def handed_out(office: Office, *more: str) -> dict[str, Path]:
    out = office.must("worksheets", "2018Q3", "--out", str(office.home / "sheets"), *more)
    return {row["team"]: Path(row["file"]) for row in map(json.loads, out.splitlines())}


def fill(file: Path, ticks: tuple[str, ...] = (), **rows: tuple[str, str]) -> Path:
    """The workbook as a person would save it: ticks by subject, and (result, note) by clause."""
    book = openpyxl.load_workbook(file)
    for row in book[worksheet_files.SUBJECTS].iter_rows(min_row=2):
        if row[0].value in ticks:
            row[5].value = "√"
    for row in book[worksheet_files.ITEMS].iter_rows(min_row=2):
        said = rows.get(row[2].value.replace(".", "_").replace("-", "_"))
        if said:
            row[6].value, row[7].value = said
    filled = file.with_name(f"filled-{file.name}")
    book.save(filled)
    return filled


NAME = CLAUSE.replace(".", "_").replace("-", "_")


def test_each_team_gets_its_own_sites_locked_but_for_what_it_enters(teams: Office) -> None:
    files = handed_out(teams)
    assert set(files) == {"第一组", "第二组"}
    book = openpyxl.load_workbook(files["第一组"])
    assert book.sheetnames == [worksheet_files.SUBJECTS, worksheet_files.ITEMS, worksheet_files.ABOUT]
    subjects, items = book[worksheet_files.SUBJECTS], book[worksheet_files.ITEMS]
    assert [row[0].value for row in subjects.iter_rows(min_row=2)] == [SHUT]
    assert [(row[0].value, row[2].value) for row in items.iter_rows(min_row=2)] == [(SHUT, CLAUSE)]
    for sheet in book.worksheets:
        assert sheet.protection.sheet
    row = next(iter(items.iter_rows(min_row=2)))
    assert [cell.protection.locked for cell in row] == [True] * 6 + [False] * 3 + [True]
    lists = [v.formula1 for sheet in (subjects, items) for v in sheet.data_validations.dataValidation]
    assert lists == ['"√"', '"未发现,发现问题,无法认定"']
    more = openpyxl.load_workbook(handed_out(teams, "--all")["第一组"])[worksheet_files.ITEMS]
    assert more.max_row > items.max_row


def test_the_picture_that_was_kept_of_a_page_goes_into_the_sheet_of_its_team(teams: Office) -> None:
    taken_at = AT - timedelta(hours=1)
    recorder = warc.Recorder(settings.evidence_folder(), "site")
    long = Image.new("RGB", (1280, 4000), "black")
    long.paste("white", (0, 0, 1280, 300))
    png = io.BytesIO()
    long.save(png, "PNG")
    answer = recorder.keep_made(warc.Made.picture(HOME, taken_at, png.getvalue()))
    recorder.close()
    kept = Picture(SHUT, HOME, taken_at, answer.sha256)
    none = Picture(SILENT, "http://two.mou.gov.cn/", taken_at, None, None, None, True, "未安装浏览器")
    connection = database.connect(teams.url)
    evidence.land(connection, [answer, kept, none])
    connection.close()
    teams.must("freeze", "2018Q3", "--official", "--anew", "--inspected-at", AT.isoformat())
    teams.must("judge", "2018Q3")
    out = teams.home / "sheets"
    told = teams.must("worksheets", "2018Q3", "--out", str(out))
    rows = {row["team"]: row for row in map(json.loads, told.splitlines())}
    assert {team: row["pictures"] for team, row in rows.items()} == {"第一组": 1, "第二组": 0}
    with zipfile.ZipFile(rows["第一组"]["file"]) as packed:
        shown = Image.open(io.BytesIO(packed.read("xl/media/image1.jpeg")))
    assert (shown.format, shown.size) == ("JPEG", pictures.SMALL)  # of the long page its upper part
    assert shown.getpixel((9, 9))[0] > 250 > 9 > shown.getpixel((9, 600))[0]
    told = {team: _pictured(Path(row["file"])) for team, row in rows.items()}
    assert told == {"第一组": {f"{HOME}\n2018-09-10 09:00截图"}, "第二组": {"无画面：未安装浏览器"}}
    accounts = teams.must("worksheets", "2018Q3", "--out", str(out), "--all")
    every = set().union(*(_pictured(Path(json.loads(line)["file"])) for line in accounts.splitlines()))
    assert "大图见第2行" in every


def _pictured(file: Path) -> set[str]:
    """What a team's sheet says beside its rows."""
    items = openpyxl.load_workbook(file)[worksheet_files.ITEMS]
    return {str(row[5].value) for row in items.iter_rows(min_row=2)}


def test_a_picture_whose_record_is_gone_is_told_and_its_row_says_so(teams: Office) -> None:
    connection = database.connect(teams.url)
    evidence.land(connection, [Picture(SHUT, HOME, AT - timedelta(hours=1), "0" * 64)])
    connection.close()
    teams.must("freeze", "2018Q3", "--official", "--anew", "--inspected-at", AT.isoformat())
    teams.must("judge", "2018Q3")
    status, told, err = teams.run("worksheets", "2018Q3", "--out", str(teams.home / "sheets"))
    assert (status, err.count(f"{HOME}: 页面图未附")) == (0, 1)
    assert _pictured(Path(json.loads(told.splitlines()[0])["file"])) == {"无画面：截图的留存记录缺失"}


def test_the_picture_of_the_very_page_goes_before_its_columns_and_that_before_the_home_pages() -> None:
    def of(url: str, sha256: str | None = "0" * 64) -> Picture:
        return Picture("1", url, AT, sha256)

    home, column, below = "http://a/", "http://a/gk/list.html", "http://a/gk/tz/index.html"
    taken = {p.url: p for p in (of(home), of(column), of(below), of("http://a/no.html", None), of("http://a/x.html"))}

    def best(*pages: str) -> list[str]:
        return [picture.url for picture in pictures_for(pages, home, taken)]

    assert best() == best("http://a/no.html") == best("http://b/gk/tz/1.html") == [home]
    assert best("http://a/gk/tz/1.html") == [below, column, home]
    assert best("http://a/gk/2.html", below) == [below, column, home]
    assert best("http://a/x.html") == ["http://a/x.html", home]
    assert pictures_for(["http://a/1.html"], home, {}) == ()


def test_a_tick_closes_its_site_and_the_other_teams_sites_wait(teams: Office) -> None:
    files = handed_out(teams)
    teams.must("import-worksheet", str(fill(files["第一组"], (SHUT,))), "--by", "fuhe")

    def standing() -> dict[str, str]:
        rows = [json.loads(line) for line in teams.must("judge", "2018Q3", "--out", str(teams.home / "j")) or []]
        assert rows == []
        lines = (teams.home / "j/findings.jsonl").read_text(encoding="utf-8").splitlines()
        return {f["subject"]: f["outcome"] for f in map(json.loads, lines) if f["clause"] == CLAUSE}

    assert standing() == {SHUT: "passed", SILENT: "not_examined"}
    teams.must("import-worksheet", str(fill(files["第二组"], **{NAME: ("未发现", "")})), "--by", "zhuren")
    assert standing() == {SHUT: "passed", SILENT: "passed"}
    again = teams.run("import-worksheet", str(fill(files["第一组"], (SHUT,))), "--by", "fuhe")
    assert (again[0], "新增 0 条" in again[2]) == (0, True)
    assert teams.ask("select team, result, by from worksheet_entry order by id") == [
        ("第一组", "none", "fuhe"),
        ("第二组", "none", "zhuren"),
    ]


def test_two_people_who_disagree_hold_up_the_signature_until_somebody_decides(teams: Office) -> None:
    files = handed_out(teams)
    teams.review()  # attests in general that nothing was found: that holds over nobody's objection
    teams.must("import-worksheet", str(fill(files["第一组"], (SHUT,))), "--by", "fuhe")
    found = fill(files["第一组"], **{NAME: ("发现问题", "首页有错别字")})
    _, _, err = teams.run("import-worksheet", str(found), "--by", "zhuren")
    assert f"待复核 {CLAUSE} {SHUT} 检查人意见不一致（复核员：未发现、主任：发现问题）" in err
    names = {f"2018Q3/1/{CLAUSE}/{SHUT}": "检查人意见不一致（复核员：未发现、主任：发现问题）"}
    assert names.items() <= _open(teams).items()
    teams.draft()
    status, _, err = teams.sign()
    assert (status, "须先复核" in err, CLAUSE in err) == (2, True, True), err
    teams.must("decide", f"2018Q3/1/{CLAUSE}/{SHUT}", "dropped", "--reason", "属正常用语", "--by", "fuhe")
    assert not names.keys() & _open(teams).keys()
    teams.draft()
    status, _, err = teams.sign()
    assert status == 0, err
    teams.must("publish", "2018Q3")
    status, _, err = teams.run("import-worksheet", str(found), "--by", "fuhe")
    assert (status, "已印发" in err) == (2, True)


def _open(office: Office) -> dict[str, str]:
    lines = office.must("findings", "2018Q3", "--open").splitlines()
    return {row["finding_id"]: row["because"] for row in map(json.loads, lines)}


def test_all_that_is_wrong_with_a_worksheet_is_told_at_once_row_by_row(teams: Office, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(handed_out(teams, "--all")["第一组"])
    book[worksheet_files.SUBJECTS]["F2"].value = "OK"
    rows = book[worksheet_files.ITEMS]
    changes = {2: {"J": "2018Q3/1/X/x", "G": "未发现"}, 3: {"G": "也许"}, 4: {"J": "x"}, 5: {"H": "有错"}}
    changes |= {6: {"G": "发现问题"}, 7: {"G": "未发现"}, 8: {"J": rows["J7"].value, "G": "未发现"}}
    for number, cells in changes.items():
        for column, value in cells.items():
            rows[f"{column}{number}"].value = value
    book.save(tmp_path / "bad.xlsx")
    status, _, err = teams.run("import-worksheet", str(tmp_path / "bad.xlsx"), "--by", "fuhe")
    assert status == 2
    told = [line.partition(": ") for line in err.splitlines() if line.startswith("bad.xlsx!")]
    assert [place.rpartition("!")[2] for place, _, _ in told] == [
        f"{worksheet_files.SUBJECTS}:2",
        *(f"{worksheet_files.ITEMS}:{row}" for row in (2, 3, 4, 5, 6, 8)),
    ]
    for (_, _, fact), part in zip(
        told, ("只能填√", "没有这条", "也许", "没有这条", "没有选择", "须写明", "重复"), strict=True
    ):
        assert part in fact
    assert teams.ask("select count(*) from worksheet_entry") == [(0,)]


def test_every_bad_row_is_told_and_nothing_is_written(teams: Office, tmp_path: Path) -> None:
    file = handed_out(teams)["第一组"]
    place = f"{worksheet_files.ITEMS}:2"

    def refused(change: Path, fact: str, by: str = "fuhe") -> None:
        status, _, err = teams.run("import-worksheet", str(change), "--by", by)
        assert (status, fact in err) == (2, True), err
        assert teams.ask("select count(*) from worksheet_entry") == [(0,)]

    refused(fill(file, **{NAME: ("发现问题", "")}), f"{place}: 发现问题的须写明问题描述")
    refused(fill(file, **{NAME: ("", "有错字")}), f"{place}: 写了问题描述")
    refused(fill(file, **{NAME: ("大概没有", "")}), f"{place}: 检查结果应为")
    refused(fill(file, (SHUT,), **{NAME: ("发现问题", "有错字")}), "矛盾")
    refused(fill(file), "没有填写任何检查结果")
    refused(fill(file, (SHUT,)), "nobody", by="nobody")
    book = openpyxl.load_workbook(fill(file, **{NAME: ("未发现", "")}))
    book[worksheet_files.ITEMS]["J2"].value = f"2018Q3/1/{CLAUSE}/{SILENT}x"
    book.save(tmp_path / "moved.xlsx")
    refused(tmp_path / "moved.xlsx", f"{place}: 2018Q3/1/{CLAUSE}/{SILENT}x: 没有这条")
    book = openpyxl.load_workbook(fill(file, **{NAME: ("=1+1", "")}))
    book.save(tmp_path / "formula.xlsx")
    refused(tmp_path / "formula.xlsx", "是公式")
    (tmp_path / "no.xlsx").write_bytes(b"PK no")
    refused(tmp_path / "no.xlsx", "no.xlsx")
    other = openpyxl.Workbook()
    other.active["A1"] = "x"
    other.save(tmp_path / "other.xlsx")
    refused(tmp_path / "other.xlsx", "不是本系统的人工检查表")


def test_what_a_page_said_is_text_and_a_picture_stands_beside_its_row() -> None:
    text = ("=cmd|' /C calc'!A0", "单位", "http://a/", "X", "指标", "+SUM(A1)\n@x <b>")
    item = Item("2018Q3/1/X/1", "1", *text, (Picture("1", f"http://a/{'list' * 50}", AT, "d" * 64),))
    bare = Item("2018Q3/1/X/2", "2", *text, unshown="公众号页面须在微信中查看")
    small = pictures.small(PNG)
    assert small is not None
    assert pictures.small(b"GIF89a") is None
    assert pictures.small(PNG[:40]) is None
    made = Worksheet("2018Q3/1", "第一组", "人工检查表", (item, item, bare))
    body = worksheet_files.print_worksheet(made, datetime(2018, 9, 10, tzinfo=SHANGHAI), {"d" * 64: small})
    book = openpyxl.load_workbook(io.BytesIO(body))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert book[worksheet_files.ITEMS]["B2"].value == "=cmd|' /C calc'!A0\nhttp://a/"
    first, *others = [row[5].value for row in book[worksheet_files.ITEMS].iter_rows(min_row=2)]
    assert first.startswith("http://a/list")
    assert first.endswith("…\n2018-09-10 10:00截图")
    assert others == ["大图见第2行", "无画面：公众号页面须在微信中查看"]
    with zipfile.ZipFile(io.BytesIO(body)) as packed:  # both rows show it, and the file holds it once
        assert [name for name in packed.namelist() if "media" in name] == ["xl/media/image1.jpeg"]
        assert packed.read("xl/drawings/drawing1.xml").count(b"<xdr:pic>") == 2
        assert "externalLink" not in "".join(packed.namelist())
    assert worksheet_files.print_worksheet(made, datetime(2018, 9, 10, tzinfo=SHANGHAI), {"d" * 64: small}) == body


def test_the_latest_word_of_each_person_counts_and_no_attestation_holds_over_an_objection() -> None:
    at = datetime(2018, 9, 11, 9, tzinfo=SHANGHAI)

    def entry(subject: str, result: str, by: str, hour: int) -> Entry:
        return Entry("X", subject, "d", "第一组", result, "", "", by, at.replace(hour=hour))  # type: ignore[arg-type]

    rows = [entry("1", "found", "a", 9), entry("1", "none", "a", 10), entry("2", "none", "a", 9),
            entry("2", "unclear", "b", 9), entry("3", "none", "b", 9)]  # fmt: skip
    assert [(o.subject, o.disagree) for o in objections(rows)] == [("2", True)]
    held = attested(rows, [Attestation("X", ("9",), "c", at), Attestation("Y", (), "c", at)])
    assert [(a.clause, a.excepted, sorted(a.subjects), a.by) for a in held] == [
        ("X", ("9", "2"), [], "c"),
        ("Y", (), [], "c"),
        ("X", (), ["1"], "a"),
        ("X", (), ["3"], "b"),
    ]
