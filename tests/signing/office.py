"""A small office with a quarter that can be signed: two sites, one of which was shut all week, and its people."""

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from inspectorate import commands
from inspectorate.quarter import SHANGHAI
from inspectorate.store import database

AT = datetime(2018, 9, 10, 10, tzinfo=SHANGHAI)
SHUT, SILENT = "3415000001", "3415000002"
VETO = "E15.W-V-01"
FINDING = f"2018Q3/1/{VETO}/{SHUT}"
ISSUER = """
name: 某市人民政府办公室
short_name: 市政府办公室
region: mou
addressees: 各县、区人民政府，市政府各部门、各直属机构
number_prefix: 某政办秘
explain_working_days: 0
people:
  fuhe: 复核员
  qianfa: 签发人
  zhuren: 主任
"""
UNITS = [
    ["unit_id", "name", "level", "email"],
    ["U1", "市<b>一</b>局", "department", "yi@one.test"],
    ["U2", "市二局", "department", ""],
]
SITES = [
    ["site_code", "name", "unit_id", "kind", "home_url", "status"],
    [SHUT, "市一局", "U1", "department", "http://one.mou.gov.cn/", "running"],
    [SILENT, "市二局", "U2", "department", "http://two.mou.gov.cn/", "running"],
]


@dataclass
class Office:
    """The office's database and state, and its command line."""

    url: str
    home: Path
    capfd: pytest.CaptureFixture[str]

    def run(self, *argv: str) -> tuple[int, str, str]:
        """One command in this process: its exit status, stdout and stderr."""
        self.capfd.readouterr()
        status = commands.main([str(word) for word in argv])
        said = self.capfd.readouterr()
        return status, said.out, said.err

    def must(self, *argv: str) -> str:
        status, out, err = self.run(*argv)
        assert status == 0, (argv, out, err)
        return out

    def start(self, *argv: str, **more: str) -> "subprocess.Popen[str]":
        """One command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "inspectorate", *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | more,
        )

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of a query; a statement is committed."""
        connection = database.connect(self.url)
        with connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows

    # The steps of the quarter

    def judge(self) -> None:
        self.must("freeze", "2018Q3", "--official", "--inspected-at", AT.isoformat())
        self.must("judge", "2018Q3")

    def review(self) -> None:
        """Decide what failed, set aside what nobody could see, attest what no machine counts."""
        self.must("decide", FINDING, "upheld", "--reason", "已核实", "--by", "fuhe")
        self.must("set-aside", SILENT, "2018Q3", "--reason", "网站迁移中", "--by", "fuhe")
        open_ones = [json.loads(line) for line in self.must("findings", "2018Q3").splitlines()]
        for clause in {f["clause"] for f in open_ones if f["outcome"] == "not_examined" and f["consequence"] == "veto"}:
            self.must("attest", clause, "2018Q3", "--by", "fuhe")

    def draft(self) -> None:
        self.must("draft", "2018Q3", "--out", str(self.home / "out"))

    def ready(self) -> None:
        self.judge()
        self.review()
        self.draft()

    def sign(self, by: str = "qianfa", *more: str) -> tuple[int, str, str]:
        return self.run("sign", "2018Q3", "--by", by, "--answer", "同意签发", "--number", "200", *more)

    def published(self) -> None:
        self.ready()
        status, _, err = self.sign()
        assert status == 0, err
        self.must("publish", "2018Q3")


def file_register(folder: Path) -> Path:
    """The folder with the office's register."""
    folder.mkdir(exist_ok=True)
    for name, rows in (("units", UNITS), ("sites", SITES)):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    (folder / "issuer.yaml").write_text(ISSUER, encoding="utf-8")
    return folder


def visits(path: Path, code: str, outcome: str, source: str = "某监测") -> Path:
    """Twenty visits a day in the week before the inspection."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["site_code", "visited_at", "seconds", "outcome", "source"])
        for day in range(1, 8):
            midnight = AT.replace(hour=0) - timedelta(days=day)
            for visit in range(20):
                at = midnight + timedelta(minutes=60 * visit)
                rows.writerow([code, at.isoformat(), "3" if outcome == "opened" else "", outcome, source])
    return path


@pytest.fixture
def office(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Office:
    """The register is imported and the week of visits landed; nothing is frozen yet."""
    monkeypatch.setenv("INSPECTORATE_DSN", database)
    monkeypatch.setenv("INSPECTORATE_HOME", str(tmp_path / "home"))
    for name in ("INSPECTORATE_SMTP_URL", "INSPECTORATE_WATCH", "INSPECTORATE_MAIL_FROM"):
        monkeypatch.delenv(name, raising=False)
    made = Office(database, tmp_path, capfd)
    made.must("import", str(file_register(tmp_path / "register")))
    made.must("import-visits", str(visits(tmp_path / "visits.csv", SHUT, "timeout")))
    return made
