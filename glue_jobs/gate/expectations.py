"""Great Expectations over what the gate measured, and its Data Docs: pages for people."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from glue_jobs.gate import limits
from glue_jobs.gate.model import Examined, Result, Severity
from glue_jobs.gate.schema import Column, read_schema

_SITE = "gate"
_CRITICAL = "critical"


def data_docs(examined: Examined, schema: Mapping[str, Any], folder: Path, *, run_name: str) -> bool:
    """Write Data Docs into the folder; return Great Expectations' own verdict over the rules that stop.

    Two suites: the measures of all rules that apply, within their bounds; and the first rows, against the schema.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    gx = _imported()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}
    site = {"class_name": "SiteBuilder", "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"}}
    context.add_data_docs_site(_SITE, {**site, "store_backend": store})
    name = examined.verdict.dataset.lower()
    measured = {r.rule: r for r in examined.verdict.results if r.measured is not None}
    results = _validated(context, f"{name} rules", _row(measured), _of_rules(measured), run_name)
    if examined.sample is not None and examined.sample.num_rows:
        frame = examined.sample.to_pandas()
        _validated(context, f"{name} first rows", frame, _of_columns(schema, list(frame.columns)), run_name)
    return all(r.success for r in results if r.expectation_config.severity == _CRITICAL)


def _row(measured: Mapping[str, Result]) -> Any:
    return pa.table({rule: [float(result.measured or 0)] for rule, result in measured.items()}).to_pandas()


def _of_rules(measured: Mapping[str, Result]) -> list[Any]:
    gxe = _imported(".expectations")
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column=rule,
            min_value=result.minimum,
            max_value=result.maximum,
            severity=_CRITICAL if result.severity is Severity.STOP else "warning",
            description=f"{rule}: {_wanted(result)}. {result.why} Way out: {result.way_out}",
            meta={"why": result.why, "way_out": result.way_out},
        )
        for rule, result in measured.items()
    ]


def _wanted(result: Result) -> str:
    if result.minimum is not None:
        return f"at least {result.minimum:,.10g}"
    return f"at most {result.maximum:,.10g}"


def _of_columns(schema: Mapping[str, Any], found: list[str]) -> list[Any]:
    gxe = _imported(".expectations")
    columns = [column for column in read_schema(schema).columns if column.name in found]
    ordered = gxe.ExpectTableColumnsToMatchOrderedList(column_list=read_schema(schema).names)
    return [ordered, *(expectation for column in columns for expectation in _of_column(column))]


def _of_column(column: Column) -> list[Any]:
    gxe = _imported(".expectations")
    expected = [] if column.nullable else [gxe.ExpectColumnValuesToNotBeNull(column=column.name)]
    if column.type == "boolean":
        return [*expected, gxe.ExpectColumnValuesToBeInSet(column=column.name, value_set=["true", "false"])]
    if column.type != "string":
        form = r"^-?[0-9]+$" if column.type in {"int", "long"} else r"^[+-]?[0-9.]+([eE][+-]?[0-9]+)?$"
        return [*expected, gxe.ExpectColumnValuesToMatchRegex(column=column.name, regex=form)]
    is_id = column.name in {"USER_ID", "ITEM_ID"}
    most = limits.MAX_ID if is_id else limits.MAX_TEXT if column.textual else limits.MAX_VALUE
    return [*expected, gxe.ExpectColumnValueLengthsToBeBetween(column=column.name, min_value=1, max_value=most)]


def _validated(context: Any, name: str, frame: Any, expectations: list[Any], run_name: str) -> list[Any]:
    """Validates, writes the suite's pages, and returns the results."""
    gx = _imported()
    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe(name)
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=suite))
    update = gx.checkpoint.UpdateDataDocsAction(name="docs", site_names=[_SITE])
    checkpoint = gx.Checkpoint(
        name=name, validation_definitions=[definition], actions=[update], result_format={"result_format": "SUMMARY"}
    )
    done = context.checkpoints.add(checkpoint).run(
        batch_parameters={"dataframe": frame}, run_id=gx.RunIdentifier(run_name=run_name)
    )
    (found,) = done.run_results.values()
    return list(found.results)


def _imported(part: str = "") -> Any:
    """Great Expectations takes seconds to import: only here, so that `clickstream check` need not."""
    return importlib.import_module(f"great_expectations{part}")
