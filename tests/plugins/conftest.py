"""Airflow's own state in a folder of this test process, set before Airflow is imported."""

import atexit
import json
import os
import shutil
import socketserver
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import warm

if "AIRFLOW_HOME" not in os.environ:
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="inspectorate-airflow-")
    atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(Path(__file__).resolve().parents[2] / "plugins")

pytest.register_assert_rewrite("live_quarter")
PLAYED = Path(__file__).parent / "played"


@pytest.fixture(params=["started", "forked"])
def played(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Commands called `scrapers` and `inspectorate` that do as they are told, in place of the real ones.

    Each test runs twice: with commands started as new processes, and forked by a warm one.
    """
    folder = tmp_path / "played"
    for name in ("scrapers", "inspectorate"):
        shutil.copytree(PLAYED, folder / name)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.delenv(warm.ADDRESS, raising=False)
    if request.param == "started":
        yield tmp_path
        return
    process = warm.start([])
    until = time.monotonic() + 20
    while not Path(os.environ[warm.ADDRESS]).exists() and time.monotonic() < until:
        time.sleep(0.05)
    yield tmp_path
    process.terminate()
    process.wait()


class Sink(socketserver.StreamRequestHandler):
    """Takes every mail and keeps it."""

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        taking, kept = False, b""
        for line in self.rfile:
            if taking:
                if line == b".\r\n":
                    taking = False
                    self.server.mails.append(kept)  # type: ignore[attr-defined]
                    self.wfile.write(b"250 ok\r\n")
                kept += line
                continue
            word = line.strip().upper()[:4]
            if word == b"DATA":
                taking, kept = True, b""
            self.wfile.write({b"DATA": b"354 go\r\n", b"QUIT": b"221 bye\r\n"}.get(word, b"250 ok\r\n"))
            if word == b"QUIT":
                return


@pytest.fixture(scope="module")
def mails() -> Iterator[tuple[str, list[bytes]]]:
    """A mail server that keeps what it is sent: how Airflow connects to it, and what came."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sink) as server:
        server.daemon_threads = True
        server.mails = kept = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        plain = {"disable_ssl": True, "disable_tls": True}
        address = {"conn_type": "smtp", "host": "127.0.0.1", "port": server.server_address[1], "extra": plain}
        yield json.dumps(address), kept
        server.shutdown()
