"""Who is visited tonight: a task a subject, or a shard of them where there are many."""

import pytest
from airflow.sdk.exceptions import AirflowException

import scope
from scope import plan


def subjects(count: int) -> list[tuple[str, str]]:
    return [(f"{number:010}", f"第{number}局") for number in range(count)]


def test_up_to_two_hundred_each_subject_has_a_task_with_its_name_and_its_rows() -> None:
    made = plan("site", subjects(200))
    assert len(made) == 200
    assert made[7] == {
        "argv": ["scrapers", "site", "0000000007"],
        "subject": "第7局",
        "rows": "/desk/subject/0000000007",
    }


@pytest.mark.parametrize("count, tasks", [(201, 6), (1000, 25), (8000, 200), (10_000, 200), (25_001, 199)])
def test_above_that_they_go_in_shards_and_never_in_more_tasks_than_two_hundred(count: int, tasks: int) -> None:
    made = plan("account", subjects(count))
    assert len(made) == tasks
    codes = [code for one in made for code in one["argv"][2:]]  # type: ignore[index]
    assert codes == [code for code, _ in subjects(count)]  # all, once, in the register's order
    assert made[0]["subject"] == f"第0局等{len(made[0]['argv']) - 2}个"  # type: ignore[arg-type]


def test_nobody_in_scope_makes_no_task() -> None:
    assert plan("site", []) == []


def test_a_database_that_is_not_there_is_told_in_chinese_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECTORATE_DSN", "postgresql+psycopg2://nobody:x@127.0.0.1:1/none")
    with pytest.raises(AirflowException, match=r"(?s)登记库读不出.*INSPECTORATE_DSN.*可以等到早上"):
        scope.issuer_day()
