"""The desk as Airflow gets it: its own log-in stands before every route."""

import json
import os
import subprocess
import sys
from pathlib import Path

ASK = """
import json, re
import review_desk
from fastapi.testclient import TestClient
app = review_desk.ReviewDesk.fastapi_apps[0]["app"]
client = TestClient(app, raise_server_exceptions=False)
print(json.dumps({
    f"{method} {route.path}": client.request(method, re.sub(r"\\{[^}]*\\}", "1", route.path)).status_code
    for route in app.routes for method in route.methods
}))
"""


def test_airflow_itself_answers_401_on_every_route_to_whoever_has_no_token(tmp_path: Path) -> None:
    plugins = Path(__file__).resolve().parents[2] / "plugins"
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK],
        env=os.environ | {"AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(plugins)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answers = json.loads(told.stdout.splitlines()[-1])
    assert len(answers) >= 14
    assert set(answers.values()) == {401}
