"""Writes the quarter into the note of every run of the quarterly notice, where the grid shows it."""

from typing import Any

from airflow.listeners import hookimpl

from inspectorate.quarter import Quarter
from quarters import BadQuarter, asked

DAG = "quarterly_notice"


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:  # noqa: ARG001
    """Note the quarter, unless a person wrote something there.

    Airflow names backfilled runs itself and gives tasks no way to write a note; a listener runs in the scheduler,
    in the session that starts the run, so what it sets is stored with the start.
    """
    if dag_run.dag_id != DAG or dag_run.note:
        return
    dag_run.note = note(dag_run.run_type, dag_run.logical_date, dag_run.run_after, dag_run.conf or {})


def note(run_type: str, logical_date: Any, run_after: Any, conf: dict[str, Any]) -> str:
    """`2018Q3 补算（试算）`; for a run that will refuse itself only the quarter of its dates."""
    moment = logical_date or run_after
    try:
        # The day within the quarter does not change which quarter it is.
        found = asked(run_type if run_type == "backfill" else "manual", moment, run_after, conf, 1, 0)
    except BadQuarter:
        return str(Quarter.of(moment))
    kinds = {"backfill": "补算", "manual": "人工启动", "scheduled": "定期"}
    official = run_type == "scheduled" or found.official
    return f"{found.quarter} {kinds.get(run_type, run_type)}（{'正式' if official else '试算'}）"
