"""The desk shows what a reviewer needs, takes decisions in nobody else's name, and runs nothing that a site wrote."""

import gzip
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import HTTPException, Request
from fastapi.testclient import TestClient

from inspectorate import desk, desk_app, settings
from inspectorate.evidence import Discovery, Door, PageVisit, Picture, SharedFault
from inspectorate.finding import Finding, Outcome
from inspectorate.quarter import SHANGHAI, day_of
from inspectorate.register import Column
from inspectorate.store import database, evidence, inspection, register, shared
from scrapers import warc
from scrapers.warc import Exchange, Made, Recorder
from tests.signing.office import AT, FINDING, SHUT, SILENT, VETO, Office

HOSTILE = "<script>alert(document.domain)</script><img src=x onerror=alert(1)>"
PAGE = f'<html><meta charset="gb2312"><body onload="alert(1)">空白栏目{HOSTILE}</body></html>'
SAME = {"Origin": "http://testserver", "X-Who": "fuhe"}


def signed_in(request: Request) -> str:
    """Stands for Airflow's log-in: whoever names nobody is nobody."""
    who = request.headers.get("x-who")
    if not who:
        raise HTTPException(401)
    return who


@pytest.fixture
def browser(office: Office) -> Iterator[TestClient]:
    with TestClient(desk_app.make(signed_in), follow_redirects=False, raise_server_exceptions=True) as client:
        yield client


def keep(office: Office, body: bytes, *headers: tuple[str, str], url: str = "http://one.mou.gov.cn/") -> str:
    """An answer of a site, kept as the errands keep it; its digest."""
    recorder = Recorder(settings.evidence_folder(), "site")
    answer = recorder.keep(
        Exchange(url, AT - timedelta(hours=1), 0.5, "GET / HTTP/1.1", [], "HTTP/1.1", 200, "OK", list(headers), body)
    )
    recorder.close()
    connection = database.connect(office.url)
    evidence.land(connection, [answer])
    connection.close()
    return answer.sha256


def open_findings(page: str) -> list[str]:
    return re.findall(r'href="/finding/([^"]+)"', page)


def test_every_route_answers_401_to_whoever_is_not_signed_in(browser: TestClient) -> None:
    asked = 0
    for route in browser.app.routes:  # type: ignore[attr-defined]
        path = re.sub(r"\{[^}]*\}", "1", route.path)
        for method in route.methods:
            assert browser.request(method, path, headers={"Origin": "http://testserver"}).status_code == 401, path
            asked += 1
    assert asked >= 14
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert browser.get(path).status_code in (401, 404), path
        assert browser.get(path, headers={"X-Who": "fuhe"}).status_code == 404


def test_the_worst_comes_first_and_can_be_filtered(office: Office, browser: TestClient) -> None:
    office.judge()
    me = {"X-Who": "fuhe"}
    page = browser.get("/inspection/2018Q3/1", headers=me)
    assert page.status_code == 200
    found = open_findings(page.text)
    assert found[0] == FINDING
    assert len(found) > 5
    assert "市&lt;b&gt;一&lt;/b&gt;局" in page.text
    assert "<b>" not in page.text
    own = open_findings(browser.get("/inspection/2018Q3/1?unit=U2", headers=me).text)
    assert own
    assert all(one.endswith(SILENT) for one in own)
    assert open_findings(browser.get(f"/inspection/2018Q3/1?clause={VETO}&unit=U1", headers=me).text) == [FINDING]


def test_what_broke_many_sites_at_once_is_told_on_the_desk_and_accuses_none(
    office: Office, browser: TestClient
) -> None:
    office.judge()
    at = AT - timedelta(days=2)
    fault = SharedFault("address", "192.0.2.1", (SHUT, SILENT), at, at + timedelta(minutes=20), kept_visits=9)
    with database.opened() as connection:
        shared.keep(connection, inspection.find(connection, "2018Q3", 1), (fault,))
    page = browser.get("/inspection/2018Q3/1", headers={"X-Who": "fuhe"}).text
    assert "平台性故障（同一IP地址192.0.2.1）：2018-09-08 10:00至2018-09-08 10:20" in page
    assert "2个网站同时打不开，共9次" in page
    assert "市一局、市二局" in page
    office.judge()
    assert "平台性故障" not in browser.get("/inspection/2018Q3/1", headers={"X-Who": "fuhe"}).text


def test_who_is_farther_beyond_the_limit_comes_before_who_is_less() -> None:
    def finding(subject: str, outcome: Outcome, measured: float | None, clause: str = "c") -> tuple[Finding, Finding]:
        made = Finding("E15", clause, subject, "site", "U", outcome, measured, 5, "p", "b", "veto")
        return made, made

    rows = [
        finding("unjudged", Outcome.UNJUDGED, None),
        finding("near", Outcome.FAILED, 5),
        finding("far", Outcome.FAILED, 50),
        finding("twice", Outcome.FAILED, 5, "c1"),
        finding("twice", Outcome.FAILED, 5, "c2"),
    ]
    assert [raw.subject for raw, _ in desk.worst_first(rows)] == ["twice", "twice", "far", "near", "unjudged"]


def test_a_finding_is_shown_with_its_proof_its_explanation_and_a_form_with_labels(
    office: Office, browser: TestClient
) -> None:
    office.judge()
    office.must("explain", FINDING, "--by", "U1", "--text", f"机房停电{HOSTILE}")
    page = browser.get(f"/finding/{FINDING}", headers={"X-Who": "fuhe"}).text
    assert page.count("超时") >= 140
    assert "机房停电&lt;script&gt;" in page
    assert "<script" not in page
    assert "<img" not in page
    fields = re.findall(r'<(?:input|textarea|select)[^>]*\bid="([^"]+)"', page)
    assert {"reason", "phrase"} <= set(fields)
    assert all(f'<label for="{name}">' in page for name in fields)
    assert page.count("<h1") == 1
    assert 'lang="zh-CN"' in page


def test_a_decision_is_taken_in_the_name_of_who_is_signed_in(office: Office, browser: TestClient) -> None:
    office.judge()
    form = {"finding_id": FINDING, "ruling": "upheld", "reason": "已核实"}
    assert browser.post("/decisions", data={**form, "by": "zhuren"}, headers=SAME).status_code == 403
    assert browser.post("/decisions", data=form, headers={**SAME, "X-Who": "stranger"}).status_code == 403
    done = browser.post("/decisions", data=form, headers=SAME)
    assert (done.status_code, done.headers["location"]) == (303, "/inspection/2018Q3/1?said=decided")
    told = browser.post(
        "/decisions", json={**form, "ruling": "dropped"}, headers={"X-Who": "zhuren", "Authorization": "Bearer x"}
    )
    assert (told.status_code, told.json()["by"]) == (201, "zhuren")
    assert office.ask("select ruling, by, reason from decision order by id") == [
        ("upheld", "fuhe", "已核实"), ("dropped", "zhuren", "已核实"),
    ]  # fmt: skip
    page = browser.get("/inspection/2018Q3/1", headers={"X-Who": "fuhe"}).text
    assert FINDING not in open_findings(page)
    assert FINDING in open_findings(browser.get("/inspection/2018Q3/1?all=1", headers={"X-Who": "fuhe"}).text)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"reason": ""}, 400),
        ({"ruling": "none"}, 400),
        ({"ruling": "weg"}, 400),
        ({"ruling": "amended"}, 400),
        ({"finding_id": "2018Q3/1/E15.W-V-01/9"}, 400),
        ({"finding_id": "2018Q3/9/E15.W-V-01/9"}, 400),
        ({"finding_id": "x"}, 400),
        ({"digest": "0" * 64}, 409),
    ],
)
def test_what_cannot_be_decided_is_told_in_chinese_and_leaves_nothing(
    office: Office, browser: TestClient, fields: dict[str, str], status: int
) -> None:
    office.judge()
    given = {"finding_id": FINDING, "ruling": "upheld", "reason": "已核实"} | fields
    told = browser.post("/decisions", data=given, headers=SAME)
    assert told.status_code == status
    assert 'role="alert"' in told.text
    assert office.ask("select count(*) from decision") == [(0,)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_sites_page_changes_nothing_with_our_cookie(
    office: Office, browser: TestClient, headers: dict[str, str]
) -> None:
    office.judge()
    for path in ("/decisions", "/attestations", "/set-asides", "/letters"):
        form = {"finding_id": FINDING, "ruling": "dropped", "reason": "r", "inspection": "2018Q3/1", "letter": "1"}
        assert browser.post(path, data=form, headers={"X-Who": "fuhe", **headers}).status_code == 403
        assert browser.get(path, headers={"X-Who": "fuhe"}).status_code in (405, 200)
    assert office.ask("select (select count(*) from decision) + (select count(*) from set_aside)") == [(0,)]


def test_a_quarter_is_reviewed_on_the_desk_alone_and_then_it_can_be_signed(office: Office, browser: TestClient) -> None:
    office.judge()
    form = {"finding_id": FINDING, "ruling": "upheld", "reason": "已核实"}
    assert browser.post("/decisions", data=form, headers=SAME).status_code == 303
    page = browser.get("/inspection/2018Q3/1", headers=SAME).text
    clauses = re.findall(r'name="clause" value="([^"]+)"', page)
    assert "E15.W-V-04" in clauses
    aside = {"inspection": "2018Q3/1", "subject": SILENT, "reason": "迁移中"}
    assert browser.post("/set-asides", data=aside, headers=SAME).status_code == 303
    given = {"inspection": "2018Q3/1", "clause": clauses, "except": ""}
    assert browser.post("/attestations", data=given, headers=SAME).status_code == 303
    page = browser.get("/inspection/2018Q3/1", headers=SAME).text
    assert open_findings(page) == []  # a veto is upheld: what is unjudged beside it waits for nobody
    assert browser.get("/paper/2018Q3/1", headers=SAME).status_code == 400
    office.draft()
    paper = browser.get("/paper/2018Q3/1", headers=SAME)
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    assert office.sign()[0] == 0
    office.must("publish", "2018Q3")
    assert browser.post("/decisions", data=form, headers=SAME).status_code == 400
    assert "已印发" in browser.get("/inspection/2018Q3/1", headers=SAME).text
    published = browser.get("/paper/2018Q3/1", headers=SAME).content
    assert published == (office.home / "home/published/2018Q3/notice.pdf").read_bytes()
    correction = "/paper/2018Q3/1?correction="
    assert browser.get(f"{correction}draft", headers=SAME).status_code == 400
    office.must("reverse", FINDING, "--reason", "监测线路故障", "--by", "zhuren")
    office.must("draft", "2018Q3", "--correction", "--out", str(office.home / "correction"))
    assert f"{correction}draft" in browser.get("/inspection/2018Q3/1", headers=SAME).text
    drafted = (office.home / "correction/correction.pdf").read_bytes()
    assert browser.get(f"{correction}draft", headers=SAME).content == drafted
    assert [browser.get(f"{correction}{serial}", headers=SAME).status_code for serial in ("1", "x")] == [404, 404]


@pytest.mark.parametrize("packing", ["", "gzip"])
def test_a_hostile_page_is_shown_as_it_was_and_runs_nothing(office: Office, browser: TestClient, packing: str) -> None:
    raw = PAGE.encode("gb18030")
    headers = [("Content-Type", "text/html")] + ([("Content-Encoding", packing)] if packing else [])
    sha256 = keep(office, gzip.compress(raw) if packing else raw, *headers)
    me = {"X-Who": "fuhe"}
    around = browser.get(f"/page/{sha256}", headers=me)
    assert 'sandbox=""' in around.text
    assert "空白栏目&lt;script&gt;" in around.text
    assert "<script" not in around.text
    assert "default-src 'none'" in around.headers["content-security-policy"]
    inside = browser.get(f"/kept/{sha256}", headers=me)
    assert inside.content == raw
    assert inside.headers["content-type"] == "text/html; charset=gb2312"
    policy = inside.headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    assert "allow-" not in policy
    assert "script-src" not in policy
    assert inside.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ('text/html; charset="x\r\nSet-Cookie: a=b"', "text/html"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/javascript", "application/octet-stream"),
        ("image/png", "image/png"),
    ],
)
def test_what_a_server_called_its_answer_is_not_believed(
    office: Office, browser: TestClient, kind: str, shown: str
) -> None:
    sha256 = keep(office, b"\x89PNG or not", ("Content-Type", kind.replace("\r\n", " ")))
    told = browser.get(f"/kept/{sha256}", headers={"X-Who": "fuhe"})
    assert told.headers["content-type"].startswith(shown)
    assert "set-cookie" not in told.headers
    assert ("attachment" in told.headers.get("content-disposition", "")) is (shown == "application/octet-stream")


def test_a_record_that_is_gone_or_cannot_be_unpacked_is_told(office: Office, browser: TestClient) -> None:
    me = {"X-Who": "fuhe"}
    assert browser.get(f"/page/{'0' * 64}", headers=me).status_code == 400
    broken = keep(office, b"not gzip", ("Content-Encoding", "gzip"))
    assert "无法展开" in browser.get(f"/page/{broken}", headers=me).text
    bomb = keep(office, gzip.compress(bytes(desk.LARGEST_PAGE + 1)), ("Content-Encoding", "gzip"), url="http://b/")
    assert "页面过大" in browser.get(f"/kept/{bomb}", headers=me).text
    for path in settings.evidence_folder().iterdir():
        path.unlink()
    assert "没有完整的记录" in browser.get(f"/page/{broken}", headers=me).text


def test_docs_are_served_in_an_origin_of_their_own_and_nothing_beside_them(office: Office, browser: TestClient) -> None:
    me = {"X-Who": "fuhe"}
    folder = settings.home() / "data_docs/2018Q3/1/evidence-1"
    (folder / "gx").mkdir(parents=True)
    (folder / "index.html").write_text("<p>报告</p>", encoding="utf-8")
    (folder / "gx/index.html").write_text("gx", encoding="utf-8")
    (settings.home() / "secret").write_text("geheim")
    for path in ("/docs/2018Q3", "/docs/2018Q3/1"):
        assert re.findall(r'href="(/docs/[^"]+)"', browser.get(path, headers=me).text) == ["/docs/2018Q3/1/evidence-1/"]
    shown = browser.get("/docs/2018Q3/1/evidence-1/", headers=me)
    assert shown.text == "<p>报告</p>"
    assert "allow-same-origin" not in shown.headers["content-security-policy"]
    assert shown.headers["content-security-policy"].startswith("sandbox")
    for path in ("/docs/../secret", "/docs/%2e%2e/secret", "/docs/..%2fsecret", "/docs/2018Q3/%2e%2e/%2e%2e/secret"):
        assert "geheim" not in browser.get(path, headers=me).text


def test_what_was_seen_of_a_subject_lately_is_listed(office: Office, browser: TestClient) -> None:
    page = browser.get(f"/subject/{SHUT}", headers={"X-Who": "watch"})
    assert (page.status_code, "timeout" in page.text) == (200, True)
    assert browser.get("/subject/nobody", headers={"X-Who": "watch"}).status_code == 404


def test_letters_that_nobody_can_be_sure_of_are_settled_on_the_desk(office: Office, browser: TestClient) -> None:
    office.judge()
    office.ask(
        "insert into outbox (quarter, number, kind, unit, recipient, sender, subject, message, sha256, state)"
        " values ('2018Q3', 1, 'verify', 'U1', 'yi@one.test', 'a@b.test', 's', 'm', 'x', 'unsure')"
    )
    page = browser.get("/letters", headers=SAME).text
    letter = re.findall(r'name="letter" value="(\d+)"', page)[0]
    given: dict[str, Any] = {"letter": letter, "ruling": "arrived", "reason": "电话核实"}
    assert browser.post("/letters", data={**given, "reason": ""}, headers=SAME).status_code == 400
    assert browser.post("/letters", data=given, headers=SAME).status_code == 303
    assert office.ask("select state, because from outbox") == [("sent", "fuhe: 电话核实（已送达）")]


def test_below_another_address_every_link_leads_back_to_it(office: Office) -> None:
    """Airflow mounts the desk under /desk."""
    from fastapi import FastAPI

    office.judge()
    outer = FastAPI()
    outer.mount("/desk", desk_app.make(signed_in))
    with TestClient(outer, follow_redirects=False) as client:
        for path in ("/desk/", "/desk/inspection/2018Q3/1", f"/desk/finding/{FINDING}"):
            page = client.get(path, headers=SAME)
            assert page.status_code == 200
            links = re.findall(r'(?:href|action|src)="(/[^"]*)"', page.text)
            assert links
            assert all(link.startswith("/desk/") for link in links)
        done = client.post(
            "/desk/decisions", data={"finding_id": FINDING, "ruling": "upheld", "reason": "r"}, headers=SAME
        )
        assert done.headers["location"].startswith("/desk/inspection/")


def test_a_decision_at_the_moment_of_review_is_dated_in_shanghai() -> None:
    moment = datetime(2018, 9, 10, 23, 30, tzinfo=SHANGHAI)
    assert desk.show_time(moment) == "2018-09-10 23:30"
    assert desk.web_address("javascript:alert(1)") == ""


def test_a_picture_is_shown_beside_the_page_that_it_shows(office: Office, browser: TestClient) -> None:
    """A site whose blank columns failed it: one with a picture, the others with the reason why there is none."""
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 40
    seen_at = AT - timedelta(hours=2)
    recorder = Recorder(settings.evidence_folder(), "site")
    answer = recorder.keep_made(Made.picture("http://two.mou.gov.cn/c0/", seen_at, png))
    recorder.close()
    urls = [f"http://two.mou.gov.cn/c{n}/" for n in range(12)]
    rows: list[Any] = [answer, Discovery(SILENT, seen_at, True, len(urls))]
    for url in urls:
        rows.append(
            PageVisit(SILENT, url, "column", seen_at, Door.OPENED, True, 0, 0, blank=True, sha256=answer.sha256)
        )
        rows.append(Picture(SILENT, url, seen_at, None, None, None, True, "未安装浏览器"))
    rows[3] = Picture(SILENT, urls[0], seen_at, answer.sha256, None, None, True)
    with database.opened() as connection:
        columns = [Column(SILENT, url, f"栏目{n}", "other") for n, url in enumerate(urls)]
        register.land_columns(connection, SILENT, columns, "test", day_of(seen_at), True)
        evidence.land(connection, rows)
    office.judge()
    found = office.ask(
        "select clause, because from finding where subject = %s and outcome = 'failed' and clause like %s order by 1",
        SILENT,
        "E15.W-V-03%",
    )
    clause, because = found[-1]
    assert str(because).endswith("；附截图1张；另11处无截图：未安装浏览器")
    page = browser.get(f"/finding/2018Q3/1/{clause}/{SILENT}", headers={"X-Who": "fuhe"}).text
    assert page.count("无截图：未安装浏览器") == 1 + 11
    assert page.count(f'src="/kept/{answer.sha256}"') == 1
    shown = browser.get(f"/kept/{answer.sha256}", headers={"X-Who": "fuhe"})
    assert (shown.content, shown.headers["content-type"]) == (png, "image/png")
    office.must("judge", "2018Q3", "--out", str(office.home / "judged"))
    [beside] = (office.home / "judged" / "evidence").iterdir()
    assert "resource" in [warc.parse_record(text).rec_type for _, text in warc.positions(beside)]
