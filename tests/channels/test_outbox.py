"""Letters go out once each, whoever is killed while they go, and whoever cannot be reached is told."""

import io
import json
import time
from datetime import datetime, timedelta

import openpyxl
import pytest
from docx import Document

from inspectorate.quarter import SHANGHAI, Quarter
from inspectorate.store import database, inspection, letters
from inspectorate.store.letters import Outgoing
from tests.channels.post_office import post_office
from tests.signing.office import SHUT, SILENT, Office, visits

STATES = "select unit, state, attempts from outbox order by id"
MORE = 12


def queue_more(office: Office, count: int = MORE) -> None:
    """Letters of verification of further units, as if they were about to be named too."""
    connection = database.connect(office.url)
    which = inspection.find(connection, Quarter(2018, 3))
    letters.queue(
        connection,
        which,
        [
            Outgoing("verify", f"X{i}", f"x{i}@more.test", "a@office.test", "s", f"Subject: {i}\r\n\r\nx\r\n".encode())
            for i in range(count)
        ],
    )
    connection.close()


def read(office: Office, status: int, *argv: str) -> dict[str, list[dict[str, object]]]:
    found, out, err = office.run(*argv)
    assert found == status, (out, err)
    return dict(json.loads(out))


def test_each_unit_about_to_be_named_gets_its_own_list_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.judge()
    with post_office() as post:
        monkeypatch.setenv("INSPECTORATE_SMTP_URL", post.url)
        told = read(office, 0, "notify", "2018Q3", "--verify")
        assert (told["sent"], told["new"]) == (1, 1)
        again = read(office, 0, "notify", "2018Q3", "--verify")
        assert (again["sent"], again["new"]) == (1, 0)
        [found] = post.letters()
    assert str(found["To"].addresses[0].addr_spec) == "yi@one.test"
    assert "核实2018年第三季度" in found["Subject"]
    files = {part.get_filename(): part.get_content() for part in found.iter_attachments()}
    assert sorted(files) == ["核实函.docx", "问题清单.xlsx"]
    book = openpyxl.load_workbook(io.BytesIO(files["问题清单.xlsx"]))
    cells = [str(cell.value) for sheet in book for row in sheet for cell in row if cell.value is not None]
    assert SHUT in cells
    assert SILENT not in " ".join(cells)
    assert "市<b>一</b>局问题清单" in cells
    first = [row for row in book["逐条证据"].iter_rows(min_row=3, values_only=True) if row[0] == "1"]
    assert len(first) == 140, "the veto's list names every visit that was counted; remarks follow with their own"
    text = "\n".join(p.text for p in Document(io.BytesIO(files["核实函.docx"])).paragraphs)
    assert "首页无法访问" in text
    assert "0个工作日" not in text


def test_what_would_be_sent_is_listed_without_a_server_and_without_a_row(office: Office) -> None:
    office.judge()
    rows = [json.loads(line) for line in office.must("notify", "2018Q3", "--verify", "--dry-run").splitlines()]
    assert [(row["unit"], row["recipient"], row["state"]) for row in rows] == [("U1", "yi@one.test", "new")]
    assert datetime.fromisoformat(rows[0]["due"]) >= datetime.now(SHANGHAI) - timedelta(minutes=5)
    assert office.ask("select count(*) from outbox") == [(0,)]
    status, _, err = office.run("notify", "2018Q3", "--verify")
    assert (status, "INSPECTORATE_SMTP_URL" in err) == (2, True)
    assert office.ask("select count(*) from outbox") == [(0,)]


def test_no_unit_is_asked_to_explain_what_nobody_has_judged(office: Office) -> None:
    assert office.run("notify", "2018Q3", "--verify", "--dry-run")[0] == 2
    office.must("freeze", "2018Q3", "--official", "--inspected-at", "2018-09-10T10:00:00")
    status, _, err = office.run("notify", "2018Q3", "--verify", "--dry-run")
    assert (status, "尚未判定" in err) == (2, True)


def test_a_unit_without_an_address_is_listed_and_written_to_once_it_has_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.must("import-visits", str(visits(office.home / "two.csv", SILENT, "timeout")))
    office.judge()
    with post_office() as post:
        monkeypatch.setenv("INSPECTORATE_SMTP_URL", post.url)
        told = read(office, 0, "notify", "2018Q3", "--verify")
        assert [row["unit"] for row in told["no_address"]] == ["U2"]
        units = office.home / "register/units.csv"
        units.write_text(units.read_text().replace("市二局,department,", "市二局,department,er@two.test"))
        office.must("import", str(office.home / "register"))
        told = read(office, 0, "notify", "2018Q3", "--verify")
        assert (told["no_address"], told["sent"]) == ([], 2)
        assert [str(one["To"].addresses[0].addr_spec) for one in post.letters()] == ["yi@one.test", "er@two.test"]


def test_killed_between_the_last_dot_and_the_answer_a_letter_is_unsure_and_never_sent_again_by_itself(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.judge()
    with post_office() as post:
        monkeypatch.setenv("INSPECTORATE_SMTP_URL", post.url)
        post.may_answer.clear()
        sender = office.start("notify", "2018Q3", "--verify")
        assert post.has_text.wait(30)
        sender.kill()
        sender.communicate(timeout=10)
        post.may_answer.set()
        for _ in range(2):
            told = read(office, 1, "notify", "2018Q3", "--verify")
            assert [row["unit"] for row in told["unsure"]] == ["U1"]
        assert len(post.arrived) == 1
        assert office.ask(STATES) == [("U1", "unsure", 1)]
        [row] = [json.loads(line) for line in office.must("letters", "--open").splitlines()]
        letter = str(row["letter"])
        assert office.run("settle-letter", letter, "resend", "--by", "zhuren", "--reason", " ")[0] == 2
        office.must("settle-letter", letter, "resend", "--by", "zhuren", "--reason", "对方没有收到")
        read(office, 0, "notify", "2018Q3", "--verify")
        first, second = post.letters()
        assert first["Message-ID"] == second["Message-ID"]
        assert office.run("settle-letter", letter, "resend", "--by", "zhuren", "--reason", "再发")[0] == 2


def test_killed_before_the_text_went_out_a_letter_waits_and_is_sent_by_the_next_run(office: Office) -> None:
    office.judge()
    queue_more(office, 1)
    connection = database.connect(office.url)
    which = inspection.find(connection, Quarter(2018, 3))
    assert letters.claim(connection, which, ["verify"]) is not None
    other = database.connect(office.url)
    letters.recover(other)  # its sender lives
    assert office.ask(STATES) == [("X0", "claimed", 1)]
    connection.close()  # and now it is dead
    deadline = time.monotonic() + 5
    while office.ask(STATES) != [("X0", "queued", 1)] and time.monotonic() < deadline:
        letters.recover(other)
        time.sleep(0.05)
    assert office.ask(STATES) == [("X0", "queued", 1)]
    other.close()


def test_two_senders_at_once_send_every_letter_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.judge()
    queue_more(office)
    with post_office() as post:
        post.seconds = 0.05
        monkeypatch.setenv("INSPECTORATE_SMTP_URL", post.url)
        senders = [office.start("notify", "2018Q3", "--verify") for _ in range(3)]
        for sender in senders:
            sender.communicate(timeout=120)
        read(office, 0, "notify", "2018Q3", "--verify")
        assert len(post.arrived) == MORE + 1
        assert len({one["Subject"] for one in post.letters()}) == MORE + 1
    assert {row[1:] for row in office.ask(STATES)} == {("sent", 1)}


def test_a_refusal_is_listed_a_delay_is_red_until_it_is_over_and_the_rest_goes_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.judge()
    queue_more(office, 3)
    with post_office() as post:
        monkeypatch.setenv("INSPECTORATE_SMTP_URL", post.url)
        post.answers |= {"x0@more.test": "550 no such user", "x1@more.test": "451 greylisted"}
        told = read(office, 1, "notify", "2018Q3", "--verify")
        assert (told["sent"], [row["unit"] for row in told["waiting"]]) == (2, ["X1"])
        assert "550 no such user" in str(told["refused"][0]["because"])
        del post.answers["x1@more.test"]
        told = read(office, 0, "notify", "2018Q3", "--verify")
        assert (told["sent"], [row["unit"] for row in told["refused"]]) == (3, ["X0"])
        assert len(post.arrived) == 3


def test_a_line_that_breaks_at_every_letter_loses_none_and_doubles_none(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.judge()
    queue_more(office, 2)
    with post_office() as post:
        monkeypatch.setenv("INSPECTORATE_SMTP_URL", post.url)
        post.after_text = ""
        told = read(office, 1, "notify", "2018Q3", "--verify")
        assert (len(told["unsure"]), len(post.arrived)) == (3, 3)
        post.after_text = "250 OK"
        read(office, 1, "notify", "2018Q3", "--verify")
        assert len(post.arrived) == 3


def test_a_server_that_is_not_there_leaves_everything_waiting_and_red(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.judge()
    monkeypatch.setenv("INSPECTORATE_SMTP_URL", "smtp://127.0.0.1:9")
    status, out, err = office.run("notify", "2018Q3", "--verify")
    assert (status, "无法连接" in err) == (1, True)
    assert [row["unit"] for row in json.loads(out)["waiting"]] == ["U1"]
    with post_office() as post:
        monkeypatch.setenv("INSPECTORATE_SMTP_URL", post.url)
        assert read(office, 0, "notify", "2018Q3", "--verify")["sent"] == 1


def test_the_order_to_mend_goes_out_after_publication_only_and_verification_no_more(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with post_office() as post:
        monkeypatch.setenv("INSPECTORATE_SMTP_URL", post.url)
        office.ready()
        assert office.run("notify", "2018Q3")[0] == 2
        assert office.sign()[0] == 0
        status, _, err = office.run("notify", "2018Q3", "--verify")
        assert (status, "已签发" in err, post.arrived) == (0, True, [])
        assert office.run("notify", "2018Q3")[0] == 2  # signed is not published
        office.must("publish", "2018Q3")
        told = read(office, 0, "notify", "2018Q3")
        assert (told["sent"], told["no_address"]) == (1, [])
        [found] = post.letters()
        files = {part.get_filename(): part.get_content() for part in found.iter_attachments()}
        assert sorted(files) == ["通报.pdf", "问题清单.xlsx", "限期整改通知.docx"]
        assert files["通报.pdf"] == (office.home / "home/published/2018Q3/notice.pdf").read_bytes()
        text = "\n".join(p.text for p in Document(io.BytesIO(files["限期整改通知.docx"])).paragraphs)
        assert "某政办秘〔" in text
        read(office, 0, "notify", "2018Q3")
        assert len(post.arrived) == 1


def test_nobody_signs_while_a_unit_may_still_explain(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.ready()
    with post_office() as post:
        monkeypatch.setenv("INSPECTORATE_SMTP_URL", post.url)
        office.must("notify", "2018Q3", "--verify")
    office.ask("update outbox set answer_until = %s", datetime.now(SHANGHAI) + timedelta(days=1))
    status, _, err = office.sign()
    assert (status, "说明期限未满" in err) == (2, True)
    explain = ("explain", f"2018Q3/1/E15.W-V-01/{SHUT}", "--by", "U1", "--text")
    office.must(*explain, "机房停电")
    assert office.sign()[0] == 0
    office.ask("update outbox set answer_until = %s", datetime.now(SHANGHAI) - timedelta(minutes=1))
    status, _, err = office.run(*explain, "补充说明")
    assert (status, "已过说明期限" in err) == (0, True)
    assert office.ask("select text, late from explanation order by id") == [("机房停电", False), ("补充说明", True)]
