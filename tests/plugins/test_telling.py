"""Told, not watched: who is mailed when, and what the morning's mail says."""

from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
from airflow.sdk.exceptions import AirflowException

import telling
from inspectorate.quarter import SHANGHAI

MORNING = datetime(2026, 12, 1, 7, 30, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "clock, quiet", [((21, 59), False), ((22, 0), True), ((0, 0), True), ((6, 59), True), ((7, 0), False)]
)
def test_nobody_is_woken_between_ten_and_seven_in_shanghai(clock: tuple[int, int], quiet: bool) -> None:
    assert telling.night(datetime(2026, 12, 1, *clock, tzinfo=SHANGHAI)) is quiet


def test_the_morning_names_what_failed_what_is_short_and_what_comes() -> None:
    subject, body = telling.digest(
        MORNING,
        {"probe_sites": 3, "crawl_sites": 0},
        ["市教育局 <访问> 不足"],
        "距监测时间点还有 9 天。",
    )
    assert subject == "巡查早报 2026-12-01（有失败）"
    assert body == (
        "<p>过去 24 小时失败的运行：首页可用性 3 次。</p><p>距监测时间点还有 9 天。</p>"
        "<p>市教育局 &lt;访问&gt; 不足</p>"
    )
    assert telling.digest(MORNING, {"probe_sites": 0}, [], "")[1] == "<p>过去 24 小时没有失败的运行。</p>"


def test_the_last_day_holds_every_half_hour_once_and_the_night_once() -> None:
    halves = telling.ticks(MORNING, range(0, 24 * 60, 30))
    assert len(halves) == len(set(halves)) == 48
    assert halves[0] == MORNING - timedelta(hours=23, minutes=30)
    assert halves[-1] == MORNING
    assert telling.ticks(MORNING, [60]) == [MORNING.replace(hour=1, minute=0)]
    assert telling.ticks(MORNING, [480]) == [MORNING.replace(hour=8, minute=0) - timedelta(days=1)]


def test_a_late_run_is_told_at_once_and_a_backfilled_one_is_never_late(
    mails: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", mails[0])
    monkeypatch.setenv("INSPECTORATE_WATCH", "zhiban@city.example")
    telling.late({"dag_run": {"run_type": "backfill", "dag_run_id": "b"}}, what="通报超时")
    run = {"run_type": "scheduled", "dag_run_id": "scheduled__2026Q3", "logical_date": "2026-09-10T02:00:00Z"}
    missed = run | {"start_date": "2026-11-24T08:03:45.1Z"}  # tells of itself
    telling.late({"dag_run": missed}, what="通报超时")
    telling.late({"dag_run": run | {"start_date": "2026-09-10T02:00:09Z"}}, what="通报超时")
    (mail,) = (message_from_bytes(one, policy=policy.default) for one in mails[1])
    assert mail["Subject"] == "巡查超时：通报超时"
    assert "scheduled__2026Q3" in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_without_anybody_on_watch_nothing_is_sent_and_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INSPECTORATE_WATCH", raising=False)
    assert telling.watch() == []
    telling.send("巡查早报", "<p></p>")
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT", raising=False)
    monkeypatch.setenv("INSPECTORATE_WATCH", "a@x.example")
    with pytest.raises(AirflowException, match="AIRFLOW_CONN_SMTP_DEFAULT"):
        telling.send("巡查早报", "<p></p>")
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", "smtp://127.0.0.1:1/?disable_ssl=true&disable_tls=true")
    with pytest.raises(AirflowException, match=r"没有发出.*AIRFLOW_CONN_SMTP_DEFAULT"):
        telling.send("巡查早报", "<p></p>")
    monkeypatch.setenv("INSPECTORATE_WATCH", " a@x.example, ,b@x.example")
    assert telling.watch() == ["a@x.example", "b@x.example"]
