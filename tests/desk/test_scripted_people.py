"""The demonstration's reviewers work on the real desk: they decide by what it shows, and leave nothing waiting."""

import random
import smtplib
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from demo import office as people
from demo.build import make_city
from demo.days import SHANGHAI
from demo.explaining import LAME, leave
from demo.office import LEAVE, Desk, DeskFailed
from demo.postbox import letters_in, postbox, recipient
from inspectorate import desk_app
from tests.desk.test_desk import signed_in
from tests.signing.office import FINDING, VETO, Office

GIVEN = "已按《关于同意栏目迁移的批复》（某政办函〔2018〕53号，2018年7月18日）迁移"
TOO_LATE = "已按《关于同意栏目迁移的批复》（某政办函〔2018〕53号，2018年9月18日）迁移"


class Browser:
    """As much of a running Airflow as the desk needs: pages and forms under a sign-in name."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def read(self, path: str, who: str) -> bytes:
        return self.client.get(path.removeprefix("/desk"), headers={"X-Who": who}).content

    def submit(self, path: str, form: str, who: str) -> bytes:
        headers = {"X-Who": who, "Origin": "http://testserver", "Content-Type": "application/x-www-form-urlencoded"}
        answer = self.client.post(path.removeprefix("/desk"), content=form, headers=headers)
        assert answer.status_code == 303, answer.text
        return answer.content


@pytest.fixture
def browser(office: Office) -> Iterator[Browser]:
    issuer = (office.home / "register" / "issuer.yaml").read_text(encoding="utf-8")
    (office.home / "register" / "issuer.yaml").write_text(issuer + "  hegao: 核稿员\n", encoding="utf-8")
    office.must("import", str(office.home / "register"))
    office.judge()
    with TestClient(desk_app.make(signed_in), follow_redirects=False) as client:
        yield Browser(client)


@pytest.mark.parametrize(("words", "ruling"), [(GIVEN, "dropped"), (TOO_LATE, "upheld"), (LAME[0], "upheld")])
def test_only_a_leave_from_before_the_inspection_excuses_and_then_nothing_waits(
    office: Office, browser: Browser, words: str, ruling: str
) -> None:
    office.must("explain", FINDING, "--by", "U1", "--text", words)
    desk = Desk(browser, "2018Q3/1")  # type: ignore[arg-type]
    told: list[str] = []
    people.review(desk, (2018, 9, 10), told.append)
    assert office.ask("select ruling from decision where clause = %s", VETO) == [(ruling,)]
    assert office.ask("select count(*) from attestation") != [(0,)]
    assert '"decision": "none"' not in "".join(
        line for line in office.must("findings", "2018Q3", "--open").splitlines() if '"failed"' in line
    )
    assert not desk.board("fuhe").css("select#subject option[value]:not([value=''])")
    assert told


def test_a_page_that_is_not_the_desk_is_told_and_not_taken_for_an_empty_one(browser: Browser) -> None:
    with pytest.raises(DeskFailed, match="不是复核台的页面"):
        Desk(browser, "2018Q3/1").page("/style.css", "fuhe")  # type: ignore[arg-type]


def test_every_city_gives_one_leave_that_reads_as_one() -> None:
    city = make_city(3, datetime(2026, 11, 24, tzinfo=SHANGHAI), 55, 60)
    moving = next(site for site in city.running if site.role == "moving")
    assert LEAVE.search(leave(city, moving, random.Random(1)))
    assert not any(LEAVE.search(words) for words in LAME)


def test_a_letter_is_kept_before_it_is_answered_and_one_that_comes_twice_is_two(tmp_path: Path) -> None:
    letter = EmailMessage()
    letter["To"], letter["From"], letter["Subject"] = "市一局 <yi@one.test>", "xuncha@mou.test", "关于限期整改的通知"
    letter.set_content("正文")
    with postbox(tmp_path) as box:
        for _ in range(2):
            with smtplib.SMTP("127.0.0.1", box.port) as line:
                line.send_message(letter)
        assert len(box.letters()) == 2
    kept = letters_in(tmp_path)
    assert [(recipient(one), str(one["Subject"])) for one in kept] == [("yi@one.test", "关于限期整改的通知")] * 2
