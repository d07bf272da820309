"""Real pages, served under their own host names through a proxy, are inspected without a traceback or a shame."""

import csv
import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

HOUSE = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("INSPECTORATE_CORPUS", HOUSE.parent / "shared" / "corpus"))

pytestmark = [
    pytest.mark.skipif(
        not (CORPUS / "labels.jsonl").is_file(), reason="the corpus of real pages is not on this machine"
    ),
    pytest.mark.slow,
]


def labels() -> list[dict]:
    with (CORPUS / "labels.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture
def proxy():
    """A forward proxy that answers for every host of the corpus: its home page, or whatever page there is of it."""
    pages: dict[str, dict[str, bytes]] = defaultdict(dict)
    for label in labels():
        if label["file"].startswith(("html/", "hostile/")) and label["file"].endswith((".html", ".xml")):
            host = label["site"].split()[0].split(":")[0]
            body = (CORPUS / label["file"]).read_bytes()
            pages[host]["/" + Path(label["file"]).name] = body
            if "home" in label["class"] or "/" not in pages[host]:
                pages[host]["/"] = body

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            body = pages.get(asked.hostname or "", {}).get(asked.path or "/")
            self.send_response(200 if body is not None else 404)
            body = body or b"<html><title>404</title><body>404 Not Found</body></html>"
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", [host for host in sorted(pages) if host.endswith(".gov.cn")]
    server.shutdown()


def test_real_sites_are_inspected_without_a_traceback(tmp_path: Path, proxy: tuple[str, list[str]]) -> None:
    address, hosts = proxy
    register = tmp_path / "register"
    register.mkdir()
    with (register / "units.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [["unit_id", "name", "level"], *([f"U{n}", f"单位{n}", "department"] for n, _ in enumerate(hosts))]
        )
    with (register / "sites.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [
                ["site_code", "name", "unit_id", "kind", "home_url", "status"],
                *(
                    [f"34150{n:05d}", host, f"U{n}", "department", f"http://{host}/", "running"]
                    for n, host in enumerate(hosts)
                ),
            ]
        )
    environment = {
        **os.environ,
        "HTTP_PROXY": address,
        "HTTPS_PROXY": address,
        "INSPECTORATE_HOME": str(tmp_path / "home"),
        "INSPECTORATE_DELAY": "0",
    }
    environment.pop("INSPECTORATE_DSN", None)
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    quarter = f"{now.year}Q{(now.month - 1) // 3 + 1}"
    out = tmp_path / "out"

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "inspectorate", *words], env=environment, capture_output=True, text=True, check=False
        )

    filed = run("import", str(register))
    assert filed.returncode == 0, filed.stderr
    inspected = run("inspect", quarter, "--out", str(out))
    assert "Traceback" not in inspected.stderr, inspected.stderr[-3000:]
    assert inspected.returncode == 0, inspected.stderr[-3000:]
    findings = [json.loads(line) for line in (out / "findings.jsonl").read_text(encoding="utf-8").splitlines()]
    ours = [json.loads(line) for line in (out / "ours.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {finding["subject"] for finding in findings} == {f"34150{n:05d}" for n, _ in enumerate(hosts)}
    assert ours, "pages that lead nowhere are told as what we could not see"
    blank = [
        finding for finding in findings if finding["clause"].endswith(("03c", "04c")) and finding["outcome"] == "failed"
    ]
    assert not blank, "nothing that was not fetched is blank"


def test_every_file_of_the_corpus_goes_through_read(tmp_path: Path) -> None:
    batch = tmp_path / "batch.jsonl"
    kinds = {"weibo": "weibo", "wechat": "wechat"}
    rows = [
        {
            "kind": kinds.get(label["file"].split("/")[0], "page"),
            "file": str(CORPUS / label["file"]),
            "url": f"http://{label['site'].split()[0].strip('()') or 'unknown'}/",
            "fetched_at": "2026-11-01T10:00:00+08:00",
        }
        for label in labels()
        if label["file"].startswith(("html/", "hostile/", "weibo/", "wechat/"))
        and not label["file"].endswith(".headers.json")
    ]
    batch.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    answered = subprocess.run(
        [sys.executable, "-m", "inspectorate", "read", "--batch", str(batch)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in answered.stderr, answered.stderr[-3000:]
    answers = [json.loads(line) for line in answered.stdout.splitlines()]
    assert len(answers) == len(rows)
    assert not [row["file"] for row, answer in zip(rows, answers, strict=True) if answer.get("kind") == "blank"]
