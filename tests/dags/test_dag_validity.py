"""House rules for DAGs: light to parse, Chinese to read, bounded in time, and no way round a person."""

import ast
import importlib
import itertools
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow._shared.module_loading.file_discovery import find_path_from_directory
from airflow.executors.base_executor import BaseExecutor
from airflow.sdk import DAG
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.serialization.serialized_objects import DagSerialization

from errand import Errand
from inspectorate.quarter import SHANGHAI
from signing import RecordedQuestion

HOUSE = Path(__file__).resolve().parents[2]
FILES = sorted((HOUSE / "dags").glob("*.py"))
PLUGINS = {path.stem for path in (HOUSE / "plugins").glob("*.py")}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
POOLS = {"default_pool", "crawl", "accounts"}
LONGEST = timedelta(hours=4)


@pytest.fixture(scope="module")
def dags() -> dict[str, DAG]:
    return {path.stem: getattr(importlib.import_module(path.stem), path.stem)() for path in FILES}


def tasks(dags: dict[str, DAG]) -> list[tuple[str, Any]]:
    return [(f"{name}.{task.task_id}", task) for name, dag in dags.items() for task in dag.tasks]


def kind(task: Any) -> type:
    return task.operator_class if isinstance(task, MappedOperator) else type(task)


def test_the_house_has_its_eight_dags_each_in_the_file_of_its_name(dags: dict[str, DAG]) -> None:
    expected = ["audit_evidence", "check_links", "correction_notice", "crawl_accounts", "crawl_sites", "follow_up"]
    expected += ["probe_sites", "quarterly_notice"]
    assert sorted(dags) == expected
    assert [dag.dag_id for dag in dags.values()] == expected


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_dag_file_imports_only_airflow_and_plugins_at_its_top(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [n.name for node in ast.walk(tree) if isinstance(node, ast.Import) for n in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    allowed = {"airflow", "pendulum", "datetime", "logging", "typing"} | PLUGINS
    assert not [name for name in names if name.split(".")[0] not in allowed]


PARSING = """
import sys, time
sys.path[:0] = [{plugins!r}, {dags!r}]
import airflow.sdk, airflow.sdk.execution_time.task_runner, airflow.timetables.trigger, sqlalchemy
import airflow.providers.smtp.notifications.smtp, airflow.providers.standard.operators.hitl
before = set(sys.modules)
began = time.process_time()
for name in {names!r}:
    __import__(name)
print(time.process_time() - began)
print(*(set(sys.modules) - before))
"""


def test_all_dag_files_parse_in_well_under_a_second_and_load_no_database_nor_anything_heavy() -> None:
    names = [path.stem for path in FILES]
    code = PARSING.format(plugins=str(HOUSE / "plugins"), dags=str(HOUSE / "dags"), names=names)
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/").stdout
    seconds, loaded = said.splitlines()[-2:]
    assert float(seconds) < 1.0  # all together, on a busy machine
    heavy = {"psycopg2", "pandas", "scrapy", "great_expectations", "weasyprint", "openpyxl", "docx"}
    of_ours = {name for name in loaded.split() if name.startswith("inspectorate.")}
    assert not heavy & {name.split(".")[0] for name in loaded.split()}
    assert of_ours == {"inspectorate.quarter"}


def test_whoever_is_woken_reads_chinese(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        assert CHINESE.search(dag.dag_display_name), dag.dag_id
        assert CHINESE.search(dag.description or ""), dag.dag_id
        assert "红" in (dag.doc_md or ""), f"{dag.dag_id}: the manual does not say what red means"
        assert "早上" in (dag.doc_md or "") or "不能等" in (dag.doc_md or ""), dag.dag_id
        for name, param in dag.params.items():
            assert CHINESE.search(dag.params.get_param(name).schema.get("title", "")), (dag.dag_id, name, param)
    for name, task in tasks(dags):
        assert CHINESE.search(task.task_display_name), name


def test_every_task_is_bounded_and_tries_again_where_that_helps(dags: dict[str, DAG]) -> None:
    for name, task in tasks(dags):
        assert task.pool in POOLS, name
        if issubclass(kind(task), RecordedQuestion):
            assert task.response_timeout, name  # a person may take weeks, but not for ever
            assert task.retries >= 20, name  # each refusal is a try
            continue
        assert task.execution_timeout, name
        assert task.execution_timeout <= LONGEST, name
        # Counts that differ and a third return do not mend themselves.
        assert task.retries >= 1 or task.task_id.split(".")[-1] in ("audit_ledger", "give_up"), name


def test_no_dag_catches_up_and_each_is_bounded_in_runs(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        assert dag.catchup is False, dag.dag_id
        assert dag.max_active_runs == (4 if dag.dag_id == "quarterly_notice" else 1), dag.dag_id
    start = dags["quarterly_notice"].start_date
    assert start == datetime(2015, 3, 1, tzinfo=SHANGHAI)


def test_a_mapped_subject_is_shown_by_its_name(dags: dict[str, DAG]) -> None:
    mapped = [(name, task) for name, task in tasks(dags) if isinstance(task, MappedOperator)]
    assert len(mapped) == 3
    for name, task in mapped:
        assert task.map_index_template == "{{ task.subject }}", name


def test_every_command_is_an_argument_list_of_a_door_of_the_contract(dags: dict[str, DAG]) -> None:
    doors = {"freeze", "audit", "judge", "draft", "publish", "notify", "sign", "follow-up"}
    seen = set()
    for name, task in tasks(dags):
        if isinstance(task, Errand) and isinstance(task.argv, list):
            assert all(isinstance(word, str) and ";" not in word for word in task.argv), name
            seen.add((task.argv[0], task.argv[1]))
        if isinstance(task, RecordedQuestion):
            seen.add((task.command[0], task.command[1]))
    assert {door for module, door in seen if module == "inspectorate"} <= doors
    assert {errand for module, errand in seen if module == "scrapers"} == {"closed", "probe"}


def test_nothing_is_published_without_having_passed_a_signature(dags: dict[str, DAG]) -> None:
    dag = dags["quarterly_notice"]
    publish = dag.get_task("publish")
    assert publish.upstream_task_ids == {"round_1.sign", "round_2.sign", "round_3.sign"}
    assert dag.get_task("notify").upstream_task_ids == {"publish"}
    assert all(isinstance(dag.get_task(name), RecordedQuestion) for name in publish.upstream_task_ids)
    for number in (1, 2, 3):  # what is signed was counted twice after its last judging
        assert dag.get_task(f"round_{number}.sign").upstream_task_ids == {f"round_{number}.audit_ledger"}
        assert dag.get_task(f"round_{number}.audit_ledger").upstream_task_ids == {f"round_{number}.draft"}
    order = ["open_quarter", "freeze", "audit_evidence", "judge", "audit_ledger", "audit_service", "standing"]
    for first, second in itertools.pairwise(order):
        assert second in dag.get_task(first).downstream_task_ids, (first, second)


def test_a_return_leads_to_the_next_rounds_review_and_the_last_one_to_a_red_task(dags: dict[str, DAG]) -> None:
    dag = dags["quarterly_notice"]
    for number, following in ((1, "round_2.review"), (2, "round_3.review"), (3, "give_up")):
        sign = dag.get_task(f"round_{number}.sign")
        assert sign.options_mapping == {"同意签发": "publish", "退回修改": following}  # type: ignore[union-attr]
        assert sign.downstream_task_ids == {"publish", following}
        review = dag.get_task(f"round_{number}.review")
        assert review.options_mapping == {"复核完毕": f"round_{number}.draft"}  # type: ignore[union-attr]


def test_a_trial_ends_in_a_draft_and_never_reaches_a_letter(dags: dict[str, DAG]) -> None:
    dag = dags["quarterly_notice"]
    assert dag.get_task("standing").downstream_task_ids == {"verify", "trial_draft"}
    assert not dag.get_task("trial_draft").downstream_task_ids


def test_a_correction_is_drafted_signed_by_a_person_published_and_sent_and_a_return_is_red(
    dags: dict[str, DAG],
) -> None:
    dag = dags["correction_notice"]
    sign = dag.get_task("sign")
    assert dag.schedule is None
    assert isinstance(sign, RecordedQuestion)
    assert sign.options_mapping == {"同意签发": "publish", "退回修改": "returned"}
    assert sign.upstream_task_ids == {"draft"}
    assert dag.get_task("publish").upstream_task_ids == {"sign"}
    assert dag.get_task("notify").upstream_task_ids == {"publish"}
    assert not dag.get_task("returned").downstream_task_ids
    commands = {name: dag.get_task(name).argv for name in ("draft", "publish", "notify")} | {"sign": sign.command}
    for door, argv in commands.items():
        assert argv[:2] == ["inspectorate", door]
        assert "--correction" in argv


def test_no_deadline_counts_from_the_queue_since_airflow_could_not_clear_such_a_run(dags: dict[str, DAG]) -> None:
    """Airflow 3.3.2 reckons that deadline anew on clearing, from an interval that it kept in another form: a 500."""
    alerts = [(name, alert) for name, dag in dags.items() for alert in dag.deadline or []]
    assert {name for name, _ in alerts} == {"crawl_accounts", "crawl_sites", "quarterly_notice"}
    for name, alert in alerts:
        assert type(alert.reference).__name__ == "DagRunLogicalDateDeadline", name


def test_each_dag_can_be_kept_and_read_back_by_the_scheduler(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        kept = DagSerialization.to_dict(dag)
        assert DagSerialization.from_dict(kept).dag_id == dag.dag_id


def test_airflow_finds_the_plugins_alone_and_never_the_package() -> None:
    found = {Path(path).name for path in find_path_from_directory(HOUSE / "plugins", ".airflowignore", "glob")}
    assert {name for name in found if name.endswith(".py")} == {"inspection_plugin.py", "review_desk.py"}


def test_the_executor_of_a_larger_city_loads_with_the_locked_packages() -> None:
    # The provider and Celery are released apart; a pair that does not fit tells it only when a scheduler starts.
    loaded = importlib.import_module("airflow.providers.celery.executors.celery_executor")
    assert issubclass(loaded.CeleryExecutor, BaseExecutor)
