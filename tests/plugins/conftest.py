"""Airflow's own state in a folder of this test process, set before Airflow is imported."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="inspectorate-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(Path(__file__).resolve().parents[2] / "plugins")

PLAYED = Path(__file__).parent / "played"


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands called `scrapers` and `inspectorate` that do as they are told, in place of the real ones."""
    folder = tmp_path / "played"
    for name in ("scrapers", "inspectorate"):
        shutil.copytree(PLAYED, folder / name)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return tmp_path
