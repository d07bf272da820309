"""The conventions of the house, kept by a test, so that a reviewer need not say them twice."""

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
ROOMS = ("plugins", "scrapers", "expectations", "demo", "dags", "benchmarks")
LONGEST_FUNCTION = 60  # lines; what is longer answers more than one question
HOST = re.compile(r"(?:^|[./@])[a-z0-9-]+\.(?:gov\.cn|com\.cn|cn|com|net|org)(?:$|[/:?])")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=HOUSE, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: nobody can say which files are the project's")
    return [HOUSE / name for name in listed.stdout.splitlines() if (HOUSE / name).is_file()]


def modules() -> list[Path]:
    return sorted(path for room in ROOMS for path in (HOUSE / room).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(HOUSE)}:{getattr(node, 'lineno', 1)}"


def test_every_module_says_in_one_sentence_what_it_is_for() -> None:
    silent = [str(path.relative_to(HOUSE)) for path in modules() if not ast.get_docstring(tree(path))]
    assert not silent


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "common", "helpers", "helper", "base", "manager", "misc", "lib"}
    assert not [path for path in modules() if path.stem in drawers or path.parent.name in drawers]


def test_no_top_module_is_named_after_the_standard_library_or_a_dependency() -> None:
    """Airflow's plugin scanner runs files of plugins/ under their bare names."""
    taken = set(sys.stdlib_module_names) | set(packages_distributions()) - {"inspectorate", "scrapers", "expectations"}
    top = [
        *(HOUSE / "plugins").glob("*.py"),
        *(HOUSE / "dags").glob("*.py"),
        *(HOUSE / "plugins/inspectorate").glob("*.py"),
    ]
    assert not [path.name for path in top if path.stem in taken and not path.stem.startswith("__")]


def test_no_function_is_longer_than_one_question() -> None:
    long = [
        f"{place(path, node)} {node.name}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno > LONGEST_FUNCTION
    ]
    assert not long


def test_no_condition_in_a_reader_names_a_host() -> None:
    """A special case for one site belongs in its register entry, not in the reader."""
    named = []
    for path in (HOUSE / "scrapers").rglob("*.py"):
        for node in ast.walk(tree(path)):
            tests: list[ast.AST] = []
            if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
                tests = [node.test]
            elif isinstance(node, ast.comprehension):
                tests = list(node.ifs)
            elif isinstance(node, ast.Compare | ast.match_case):
                tests = [node]
            named += [
                place(path, constant)
                for test in tests
                for constant in ast.walk(test)
                if isinstance(constant, ast.Constant)
                and isinstance(constant.value, str)
                and HOST.search(constant.value)
            ]
    assert not named


def test_the_law_is_written_once() -> None:
    """A limit stands in an edition; the rules know none: no number beyond counting and sharing."""
    harmless = {0, 1, -1, 2, 100, 4}
    numbers = [
        f"{place(path, node)} {node.value!r}"
        for path in (HOUSE / "plugins/inspectorate/rules").rglob("*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value not in harmless
    ]
    assert not numbers


def test_no_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    registries = "|".join(
        ["py" + r"pi\.org", "python" + "hosted", "npm" + r"js\.(?:org|com)", r"deb\.debian" + r"\.org"]
    )
    machine = "/(?:" + "|".join(["wor" + "k", "roo" + "t"]) + ")/[a-z.]"
    wrong = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        wrong += [f"{path.relative_to(HOUSE)}: {found[0]}" for found in re.finditer(f"{registries}|{machine}", text)]
    assert not wrong


def test_every_rule_has_its_cases_and_every_case_its_rule() -> None:
    from inspectorate.rules import RULES

    cases = {path.stem for path in (HOUSE / "tests/cases").glob("*.yaml")}
    assert cases == set(RULES)


def test_every_clause_that_code_names_stands_in_an_edition() -> None:
    from inspectorate import edition

    known = {clause.id for one in edition.load().editions for clause in one.clauses}
    pattern = re.compile(r"\b(?:E15\.[WM]|E19\.[WM]|DN|LA-[WM]|NM|WG)-(?:[VD]-)?\d{2}[a-z]?\b")
    unknown = [
        f"{place(path, node)} {found}"
        for path in (HOUSE / "plugins").rglob("*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for found in pattern.findall(node.value)
        if found not in known
    ]
    assert not unknown
