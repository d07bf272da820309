"""Questions about columns from the command line and on the desk, what the answers do, and how long they hold."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from inspectorate import desk_app
from inspectorate.evidence import Discovery, Door, PageVisit
from inspectorate.register import Column
from inspectorate.store import columns, database, evidence, register
from tests.desk.test_desk import SAME, signed_in
from tests.signing.office import AT, SHUT, SILENT, Office, visits

HOST = "http://two.mou.gov.cn"
SHEET = "标识码"


def lands(office: Office, stale: int = 6, undated: int = 0) -> None:
    """The second site answers all week and has so many news columns, none of them confirmed."""
    office.must("import-visits", str(visits(office.home / "open.csv", SILENT, "opened")))
    connection = database.connect(office.url)
    names = [f"动态{n}" for n in range(stale + undated)]
    found = [Column(SILENT, f"{HOST}/c{n}/", name, "news") for n, name in enumerate(names)]
    register.land_columns(connection, SILENT, found, "discover", date(2018, 9, 1))
    rows: list[object] = [Discovery(SILENT, AT - timedelta(hours=3), True, len(found))]
    for n, column in enumerate(found):
        newest = AT.date() - timedelta(days=40) if n < stale else None
        rows.append(
            PageVisit(
                SILENT, column.url, "column", AT - timedelta(hours=1), Door.OPENED, True, items=5,
                undated=0 if newest else 5, newest=newest, oldest=newest, blank=False, dated_list=bool(newest),
                sha256=f"{n:064x}",
            )
        )  # fmt: skip
    home = PageVisit(
        SILENT, f"{HOST}/", "home", AT - timedelta(hours=1), Door.OPENED, True, items=9, undated=0, newest=AT.date(),
        oldest=AT.date(), blank=False, dated_list=True, sha256="f" * 64,
    )  # fmt: skip
    box = PageVisit(
        SILENT, f"{HOST}/box/", "letters", AT - timedelta(hours=1), Door.OPENED, True, items=0, undated=0, blank=True,
        sha256="e" * 64,
    )  # fmt: skip
    evidence.land(connection, [*rows, home, box])  # type: ignore[list-item]
    connection.close()
    office.judge()


def asked(office: Office, *more: str) -> list[dict[str, object]]:
    rows = [json.loads(line) for line in office.must("questions", "2018Q3", *more).splitlines()]
    return [row for row in rows if row["subject"] == SILENT]


def test_five_of_six_are_asked_and_their_answers_settle_it(office: Office) -> None:
    lands(office)
    sheet = office.home / "questions.csv"
    status, out, err = office.run("questions", "2018Q3", "--out", str(sheet))
    assert status == 0
    assert "共5问，预计5分钟，关系1个对象的结论；另有1项" in err
    assert [json.loads(line)["fact"] for line in out.splitlines()] == ["class"] * 5
    assert len(asked(office, "--all")) == 6
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row |= {"答复": "动态要闻", "理由": "打开看过", "确认人": "fuhe"}
    rows[-1]["确认人"] = "nobody"
    fill(sheet, rows)
    status, _, err = office.run("import-answers", str(sheet))
    assert (status, "questions.csv:6" in err, "nobody" in err) == (2, True, True)
    assert office.ask("select count(*) from confirmation") == [(0,)]  # all or nothing
    rows[-1]["确认人"] = "zhuren"
    fill(sheet, rows)
    office.must("import-answers", str(sheet))
    assert asked(office) == []
    assert office.ask("select distinct fact, value, reason from confirmation") == [("class", "news", "打开看过")]
    office.must("judge", "2018Q3")
    told = {f["clause"]: f for f in map(json.loads, office.must("findings", "2018Q3").splitlines())
            if f["subject"] == SILENT}  # fmt: skip
    assert (told["E15.W-V-03a"]["outcome"], told["E15.W-V-03a"]["columns_confirmed"]) == ("failed", True)


def test_a_decision_holds_until_judging_again_finds_otherwise(office: Office) -> None:
    lands(office, stale=7)
    which = f"2018Q3/1/E15.W-V-03a/{SILENT}"

    def told(*more: str) -> list[tuple[object, object]]:
        rows = map(json.loads, office.must("findings", "2018Q3", *more).splitlines())
        return [(row["measured"], row["decision"]) for row in rows if row["finding_id"] == which]

    office.must("decide", which, "upheld", "--reason", "已核实", "--by", "fuhe")
    office.must("judge", "2018Q3")
    assert (told(), told("--open")) == ([(7, "upheld")], [])
    for reason, expected in (("已归档", (6, "none")), ("", (7, "upheld"))):  # judged as before, it finds its word again
        connection = database.connect(office.url)
        columns.exempt(connection, SILENT, f"{HOST}/c0/", reason, "zhuren")
        connection.close()
        office.must("judge", "2018Q3")
        assert told() == [expected]
        assert told("--open") == ([expected] if expected[1] == "none" else [])


def fill(sheet: Path, rows: list[dict[str, str]]) -> None:
    with sheet.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_an_answer_that_is_none_is_refused_with_its_row(office: Office) -> None:
    lands(office)
    sheet = office.home / "questions.csv"
    office.must("questions", "2018Q3", "--out", str(sheet))
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        [row, *_] = csv.DictReader(file)
    for change, fact in (
        ({"答复": "大概是"}, "应为"),
        ({"答复": "免检", "理由": ""}, "免检须写明理由"),
        ({"答复": "动态要闻", "确认人": ""}, "没有确认人"),
        ({"答复": "动态要闻", "网址": f"{HOST}/gone/"}, "登记库中没有网站"),
        ({"事项": "整体", "答复": "是"}, "decide 或 set-aside"),
        ({"答复": "是", "事项": "空白", "页面摘要": "0" * 63 + "x"}, "没有完整读到过"),
        ({"答复": "否", "事项": "空白", "理由": "有内容"}, "截止日期"),
        ({"答复": "动态要闻", "截止日期": "下个月"}, "日期应为"),
    ):
        fill(sheet, [row | {"答复": "动态要闻", "理由": "看过", "确认人": "fuhe"} | change])
        status, _, err = office.run("import-answers", str(sheet))
        assert (status, "questions.csv:2" in err, fact in err) == (2, True, True), err


def test_an_undated_list_is_asked_once_and_the_answer_holds_while_the_page_does(office: Office) -> None:
    lands(office, stale=4, undated=3)
    for n in range(4):
        office.must("confirm-column", SILENT, f"{HOST}/c{n}/", "class", "news", "--by", "fuhe", "--reason", "看过")
    office.must("judge", "2018Q3")
    rows = {row["fact"]: row for row in asked(office)}
    only = rows["date"]
    assert (set(rows), only["verdict"], only["otherwise"]) == ({"class", "date"}, "unjudged", "不合格")
    word = ["confirm-column", SILENT, str(only["url"]), "stale", "是", "--by", "fuhe"]
    office.must(*word, "--until", "2018-12-31")
    # settled as far as dates go: the class of the fifth is what it rests on now
    assert [row["fact"] for row in asked(office)] == ["class"]
    office.must(*word, "--until", "2018-09-09")
    assert [row["fact"] for row in asked(office)] == ["class", "date"]  # the word ended before the day of inspection


def test_exemptions_say_their_kind_their_reason_and_their_end(office: Office) -> None:
    lands(office)
    door = ["exempt-column", SILENT, f"{HOST}/c0/", "--by", "fuhe"]
    for more, fact in (
        ([], "写明类型和理由"),
        (["--kind", "nothing", "--reason", "今年没有"], "截止日期"),
        (["--kind", "archived", "--reason", "已停办", "--by", "nobody"], "nobody"),
    ):
        status, _, err = office.run(*door, *more)
        assert (status, fact in err) == (2, True), err
    for n in range(2):
        more = ["--kind", "archived", "--reason", "已停办", "--by", "fuhe"]
        office.must("exempt-column", SILENT, f"{HOST}/c{n}/", *more)
    office.must("judge", "2018Q3")
    assert asked(office) == []  # four are left, below every limit
    office.must(*door, "--withdraw")
    office.must("judge", "2018Q3")
    assert [row["fact"] for row in asked(office)] == ["class"] * 5


def test_a_column_that_bears_another_name_is_to_be_confirmed_again(office: Office) -> None:
    lands(office)
    url = f"{HOST}/c0/"
    office.must("confirm-column", SILENT, url, "class", "notice", "--by", "fuhe")
    office.must("exempt-column", SILENT, url, "--kind", "archived", "--reason", "已停办", "--by", "fuhe")
    connection = database.connect(office.url)
    standing = [c for c in register.read(connection).columns if c.site_code == SILENT]
    assert (standing[0].kind, standing[0].class_confirmed_by, standing[0].exempt_until) == ("notice", "fuhe", None)
    today = date.today()
    found = [Column(SILENT, c.url, "通知" if c.url == url else c.name, "news") for c in standing]
    register.land_columns(connection, SILENT, found, "discover", today)
    renamed = register.read(connection).columns[0]
    assert (renamed.name, renamed.kind, renamed.class_confirmed_by) == ("通知", "notice", "")  # as said, but asked anew
    assert renamed.exempt_until == today - timedelta(days=1)
    register.land_columns(connection, SILENT, found, "discover", today)  # again: nothing more is written
    connection.close()
    assert office.ask("select count(*) from confirmation") == [(2,)]
    # the inspection of that day still counts what was said then
    assert [row["url"] for row in asked(office, "--all")] == [f"{HOST}/c{n}/" for n in range(1, 6)]


def test_the_units_own_list_is_compared_with_what_was_found(office: Office) -> None:
    lands(office)
    filed = office.home / "报送栏目.csv"
    filed.write_text(
        "网站标识码,网址,栏目名称,类别,责任单位\n"
        f"{SILENT},{HOST}/c0/,动态0,news,\n{SILENT},{HOST}/c1/,要闻,notice,\n{SILENT},{HOST}/mine/,自报栏目,news,\n",
        encoding="utf-8",
    )
    status, out, err = office.run("compare-columns", str(filed))
    rows = {row["url"].removeprefix(HOST): row for row in map(json.loads, out.splitlines())}
    assert (status, "只在报送1个，只在网站4个，不一致1个" in err) == (0, True)
    assert rows["/c1/"]["facts"] == {
        "name": {"filed": "要闻", "found": "动态1"},
        "class": {"filed": "notice", "found": "news"},
    }
    assert (rows["/mine/"]["difference"], rows["/c5/"]["difference"]) == ("只在报送", "只在网站")
    assert "/c0/" not in rows
    filed.write_text(f"网站标识码,网址,栏目名称,类别\n{SILENT},{HOST}/c0/,动态0,也许\n", encoding="utf-8")
    status, _, err = office.run("compare-columns", str(filed))
    assert (status, "报送栏目.csv:2" in err) == (2, True)


def test_a_filed_confirmation_is_by_one_of_the_offices_people(office: Office, tmp_path: Path) -> None:
    lands(office)
    folder = tmp_path / "filed"
    folder.mkdir()
    file = folder / "columns.csv"
    row = f"{SILENT},{HOST}/c0/,动态0,news"
    file.write_text(f"site_code,url,name,class,confirmed_by\n{row},nobody\n", encoding="utf-8")
    status, _, err = office.run("import", str(folder))
    assert (status, "columns.csv:2" in err, "nobody" in err) == (2, True, True)
    assert office.ask("select count(*) from confirmation") == [(0,)]
    file.write_text(f"site_code,url,name,class,confirmed_by\n{row},fuhe\n", encoding="utf-8")
    office.must("import", str(folder))
    assert office.ask("select value, by from confirmation") == [("news", "fuhe")]


@pytest.mark.parametrize("who", ["fuhe", "nobody"])
def test_the_desk_asks_and_takes_answers_in_ones_own_name(office: Office, who: str) -> None:
    lands(office)
    with TestClient(desk_app.make(signed_in), follow_redirects=False) as browser:
        me = {**SAME, "X-Who": who}
        page = browser.get("/questions/2018Q3/1", headers=me).text
        assert "共5问，预计5分钟" in page
        assert page.count('action="/columns"') == 5
        assert browser.get("/questions/2018Q3/1?all=1", headers=me).text.count("不必问：") == 1
        given = {"inspection": "2018Q3/1", "site_code": SILENT, "url": f"{HOST}/c0/", "fact": "class",
                 "answer": "notice", "reason": "是公告", "sha256": f"{0:064x}"}  # fmt: skip
        told = browser.post("/columns", data=given, headers=me)
        if who == "nobody":
            assert told.status_code == 403
            assert office.ask("select count(*) from confirmation") == [(0,)]
            return
        assert (told.status_code, told.headers["location"]) == (303, "/questions/2018Q3/1?said=column")
        assert office.ask("select value, by, reason from confirmation") == [("notice", "fuhe", "是公告")]
        assert "共5问" in browser.get("/questions/2018Q3/1", headers=me).text  # another five may still decide it
        assert browser.post("/columns", data={**given, "answer": "x"}, headers=me).status_code == 400
        assert browser.get(f"/questions/2018Q3/1?all=1&x={SHUT}", headers=me).status_code == 200
