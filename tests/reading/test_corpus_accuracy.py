"""The reader against pages that nobody here wrote: the share of labelled facts that it gets right."""

import pytest

from benchmarks import accuracy


@pytest.fixture(scope="module")
def compared() -> list[accuracy.Compared]:
    folder = accuracy.corpus()
    if not (folder / "labels.jsonl").exists():
        pytest.skip(f"no corpus at {folder}: set INSPECTORATE_CORPUS")
    return [fact for label in accuracy.labels(folder) for fact in accuracy.compare(folder, label)]


def test_98_of_100_labelled_facts_are_right(compared: list[accuracy.Compared]) -> None:
    assert sum(f.right for f in compared) / len(compared) >= 0.98


def test_no_page_is_called_blank_that_is_not(compared: list[accuracy.Compared]) -> None:
    assert [f.file for f in compared if f.fact == "blank" and not f.right] == []


def test_no_date_is_invented_where_a_page_shows_none(compared: list[accuracy.Compared]) -> None:
    dates = {"published_at", "newest", "answered_on", "asked_on", "oldest"}
    assert [(f.file, f.fact, f.got) for f in compared if f.fact in dates and f.invented] == []


def test_every_miss_has_a_reason(compared: list[accuracy.Compared]) -> None:
    assert [(f.file, f.fact, f.wanted, f.got) for f in compared if not f.right and not accuracy.why(f)] == []
