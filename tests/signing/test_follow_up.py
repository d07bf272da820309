"""Day by day after publication: what was mended, who is reminded, what is overdue, each told once."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from inspectorate.evidence import Door, Visit
from inspectorate.quarter import SHANGHAI
from inspectorate.store import database, evidence
from tests.channels.post_office import post_office
from tests.signing.office import SHUT, VETO, Office


def follow(office: Office, status: int = 0) -> dict[str, Any]:
    found, out, err = office.run("follow-up")
    assert found == status, (out, err)
    [row] = json.loads(out)["publications"]
    return dict(row)


def due(office: Office, day: date) -> None:
    """Move the published deadline, as only a test may."""
    office.ask("alter table publication disable trigger publication_stays")
    office.ask("update publication set rectify_by = %s", day)
    office.ask("alter table publication enable trigger publication_stays")


def open_again(office: Office) -> None:
    """The site opened all of last week, seen after publication."""
    connection = database.connect(office.url)
    midnight = datetime.now(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    times = [midnight - timedelta(days=day) + timedelta(minutes=60 * n) for day in range(1, 8) for n in range(20)]
    evidence.land(connection, [Visit(SHUT, at, "probe", Door.OPENED, 1.0) for at in times])
    connection.close()


def test_nothing_published_is_nothing_to_follow(office: Office) -> None:
    office.judge()
    assert json.loads(office.must("follow-up"))["publications"] == []


def test_a_unit_is_reminded_once_and_overdue_is_told_to_the_watch_once_a_day(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.published()
    today = datetime.now(SHANGHAI).date()
    monkeypatch.setenv("INSPECTORATE_WATCH", "watch@office.test, second@office.test")
    with post_office() as post:
        monkeypatch.setenv("INSPECTORATE_SMTP_URL", post.url)
        early = follow(office)
        assert (early["failing"], early["mended"], early["reminded"], early["overdue"]) == (1, 0, [], [])
        due(office, today)
        assert [follow(office)["reminded"] for _ in range(2)] == [["U1"], ["U1"]]
        assert [str(one["To"].addresses[0].addr_spec) for one in post.letters()] == ["yi@one.test"]
        assert "即将到期" in post.letters()[0]["Subject"]
        due(office, today - timedelta(days=1))
        for _ in range(2):
            assert [row["clause"] for row in follow(office)["overdue"]] == [VETO]
        told = post.letters()[1:]
        assert sorted(str(one["To"].addresses[0].addr_spec) for one in told) == [
            "second@office.test",
            "watch@office.test",
        ]
        body = told[0].get_body()
        assert body is not None
        assert "市一局（首页无法访问）" in body.get_content()


def test_what_later_visits_show_as_mended_is_recorded_apart_and_nobody_is_reminded(office: Office) -> None:
    office.published()
    before = office.ask("select outcome, measured, digest from finding order by position")
    assert follow(office)["mended"] == 0
    open_again(office)
    due(office, datetime.now(SHANGHAI).date() - timedelta(days=1))
    told = follow(office)  # no mail server is set: none is needed
    assert (told["rechecked"], told["mended"], told["overdue"], told["reminded"]) == (1, 1, [], [])
    assert office.ask("select clause, subject, outcome from recheck") == [(VETO, SHUT, "passed")]
    assert office.ask("select outcome, measured, digest from finding order by position") == before


def test_a_reminder_without_a_mail_server_is_told_and_not_lost(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.published()
    due(office, datetime.now(SHANGHAI).date())
    status, _, err = office.run("follow-up")
    assert (status, "INSPECTORATE_SMTP_URL" in err) == (1, True)
    with post_office() as post:
        monkeypatch.setenv("INSPECTORATE_SMTP_URL", post.url)
        follow(office)
        assert len(post.arrived) == 1
