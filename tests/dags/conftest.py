"""Airflow's own state in a folder of this test process, set before Airflow is imported."""

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="inspectorate-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(Path(__file__).resolve().parents[2] / "plugins")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "dags"))  # as Airflow puts it there
