"""The whole job without Airflow: what it leaves where nothing could be read, and what it says of the past."""

import json
from datetime import datetime

import pytest

from inspectorate.quarter import SHANGHAI, Quarter
from tests.signing.office import AT, Office

LEFT = [
    *("annex1.xlsx", "columns.jsonl", "findings.jsonl", "notice.docx", "notice.pdf", "ours.jsonl", "verdicts.jsonl"),
    "accounts.jsonl",
]


def test_where_nothing_could_be_read_for_a_reason_of_ours_the_output_is_whole_nobody_is_judged_and_it_ends_3(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    out, quarter = office.home / "out", str(Quarter.of(datetime.now(SHANGHAI)))
    status, _, err = office.run("inspect", quarter, "--out", str(out))
    assert status == 3, err
    assert not [name for name in LEFT if not (out / name).is_file()]
    rows = [json.loads(line) for line in (out / "verdicts.jsonl").read_text("utf-8").splitlines()]
    assert [row["verdict"] for row in rows] == ["unjudged", "unjudged"]
    ours = [json.loads(line) for line in (out / "ours.jsonl").read_text("utf-8").splitlines()]
    assert {row["subject"] for row in ours} >= {row["subject"] for row in rows}
    assert office.ask("select distinct standing from inspection") == [("trial",)]


def test_an_inspection_of_the_past_says_that_what_it_reads_now_can_accuse_nobody_and_is_refused_outside_its_quarter(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    out = office.home / "out"
    for moment in ("2018-10-01T00:00:00", "2199-09-10T10:00:00"):
        assert office.run("inspect", "2018Q3", "--out", str(out), "--inspected-at", moment)[0] == 2
    assert office.ask("select count(*) from inspection") == [(0,)]
    _, _, err = office.run("inspect", "2018Q3", "--out", str(out), "--inspected-at", AT.isoformat())
    assert "只能用于澄清" in err
    found = [json.loads(line) for line in (out / "findings.jsonl").read_text("utf-8").splitlines()]
    failed = {row["clause"] for row in found if row["outcome"] == "failed" and row["consequence"] == "veto"}
    assert failed <= {"E15.W-V-01"}  # of the week that was landed then
