"""Great Expectations: a suite run against the views, with its Data Docs in a folder that needs no network."""

import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from expectations.recount import Audited, session
from expectations.suites import Expectation

SITE = "docs"


def check(
    url: str, audited: Audited, suite: str, expected: Sequence[Expectation], folder: Path
) -> dict[str, tuple[bool, int]]:
    """Run a suite and write its Data Docs below `folder`; code of each expectation → met, and how many rows were not.

    `url`: a SQLAlchemy URL. The import alone takes ten seconds, so only this function pays for it.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read at import
    import great_expectations as gx  # noqa: PLC0415
    from great_expectations.checkpoint.actions import UpdateDataDocsAction  # noqa: PLC0415
    from great_expectations.core.run_identifier import RunIdentifier  # noqa: PLC0415
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    context.add_data_docs_site(site_name=SITE, site_config=_site(folder))
    for standing in list(context.get_site_names()):
        if standing != SITE:
            context.delete_data_docs_site(standing)
    options = " ".join(f"-c {name}={value}" for name, value in session(audited).items())
    given: dict[str, Any] = {
        "connection_string": url.replace("$", r"\$"),
        "kwargs": {"connect_args": {"options": options}},
    }
    source = context.data_sources.add_postgres("evidence", **given)
    definitions = []
    for view, members in groupby(expected, key=lambda each: each.view):
        name = f"{suite}.{view}"
        batch = source.add_query_asset(view, query=f"select * from {view}").add_batch_definition_whole_table(  # noqa: S608
            audited.name
        )
        made = context.suites.add(gx.ExpectationSuite(name, expectations=[_expectation(each) for each in members]))
        definitions.append(
            context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=made))
        )
    checkpoint = gx.Checkpoint(
        name=suite,
        validation_definitions=definitions,
        actions=[UpdateDataDocsAction(name="docs", site_names=[SITE])],
        result_format="SUMMARY",
    )
    run = RunIdentifier(run_name=audited.name.replace("/", "-"))
    return _met(context.checkpoints.add(checkpoint).run(run_id=run))


def _site(folder: Path) -> Any:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }


def _expectation(each: Expectation) -> Any:
    from great_expectations.expectations.core.unexpected_rows_expectation import (  # noqa: PLC0415
        UnexpectedRowsExpectation,
    )
    from great_expectations.expectations.metadata_types import FailureSeverity  # noqa: PLC0415

    return UnexpectedRowsExpectation(
        unexpected_rows_query=each.unexpected,
        description=each.says,
        severity=FailureSeverity.CRITICAL if each.stops else FailureSeverity.WARNING,
        meta={"code": each.code},
    )


def _met(result: Any) -> dict[str, tuple[bool, int]]:
    """What the checkpoint says of each expectation; one that could not be asked is a fault of ours."""
    met = {}
    for run in result.run_results.values():
        for each in run.results:
            code = each.expectation_config.meta["code"]
            if each.exception_info and each.exception_info.get("raised_exception"):
                raise RuntimeError(f"{code}: {each.exception_info.get('exception_message')}")
            met[code] = (bool(each.success), int(each.result.get("observed_value") or 0))
    return met
