"""The gate: files and their schema in, a verdict and what the next run compares with out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from contract.manifest import FULL
from glue_jobs.gate import measures as m
from glue_jobs.gate.drift import distribution, parts
from glue_jobs.gate.gathering import Gathering
from glue_jobs.gate.judging import judge
from glue_jobs.gate.limits import TOP_ITEMS, TOP_VALUES
from glue_jobs.gate.measures import Measure
from glue_jobs.gate.model import Context, Examined, FileFacts, GateFile, Offence, Result, Verdict
from glue_jobs.gate.parsed import parse
from glue_jobs.gate.rule import Bound, Rule
from glue_jobs.gate.rules import RULES
from glue_jobs.gate.schema import read_schema, schema_faults
from glue_jobs.gate.settings import Settings

__all__ = ["Context", "Examined", "FileFacts", "GateFile", "examine"]

MEASURES: dict[str, Callable[[Gathering], Measure]] = {
    "no_rows": m.no_rows,
    "metadata_columns": m.metadata,
    "metadata_missing": m.metadata,
    "event_types_and_columns": m.event_types_and_columns,
    "interactions_minimum": m.interactions,
    "interactions_minimum_by_solution": m.interactions_by_solution,
    "active_users_minimum": m.active_users,
    "active_users_share": m.active_share,
    "incremental_minimum": m.rows,
    "records_maximum": m.rows,
    "bytes_maximum": m.size,
    "duplicates": m.duplicates,
    "items_known": m.known("ITEM_ID", "items"),
    "users_known": m.known("USER_ID", "users"),
    "null_share": m.null_share,
    "column_information": m.column_information,
    "volume": m.volume,
    "freshness": m.freshness,
    "drift_event_mix": m.drift_of("EVENT_TYPE", "event_types"),
    "drift_item_popularity": m.drift_of("ITEM_ID", "top_items"),
    "drift_categories": m.drift_of_categories,
}
_WITHOUT_ROWS = {"no_rows", "metadata_columns", "metadata_missing", "bytes_maximum"}
_ASKED_OF_EVERY_FILE = ("encoding", "header_unquoted", "columns", "row_shape", "escapes", "line_ends", "compressed")
_DATA_NAMES = (".csv", ".csv.gz")


def examine(files: Sequence[GateFile], schema: Mapping[str, Any], context: Context, settings: Settings) -> Examined:
    """Judges the files by their bytes, one at a time. Raises only what reading them raises."""
    gathering = Gathering(read_schema(schema), context, settings)
    faults = list(schema_faults(schema, settings.max_schema))
    gathering.findings.add("schema_form", len(faults), faults[:3])
    gathering.findings.visit(*_ASKED_OF_EVERY_FILE)
    strays = [*context.strays, *(file.name for file in files if not file.name.endswith(_DATA_NAMES))]
    gathering.findings.add("stray_files", len(strays), [Offence(name, None, "", "is no data") for name in strays[:3]])
    facts = tuple(_examine_file(file, gathering) for file in files)
    dataset = gathering.schema.dataset
    results = tuple(_result(rule, gathering) for rule in RULES.values() if dataset in rule.datasets)
    return Examined(
        verdict=Verdict(dataset=dataset, results=results),
        profile=_profile(gathering),
        files=facts,
        sample=gathering.sample,
        ids=_ids(gathering),
    )


def _examine_file(file: GateFile, gathering: Gathering) -> FileFacts:
    data = file.read()
    parsed = parse(file.name, data, gathering.schema, gathering.findings)
    judge(parsed, gathering)
    gathering.size += parsed.size
    return FileFacts(name=file.name, rows=parsed.count, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def _result(rule: Rule, gathering: Gathering) -> Result:
    minimum = _bound(rule.minimum, gathering)
    maximum = 0.0 if rule.counts_offences else _bound(rule.maximum, gathering)
    measure = _measure(rule, gathering)
    value = measure.value
    low = value is not None and minimum is not None and value < minimum
    high = value is not None and maximum is not None and value > maximum
    return Result(
        dataset=gathering.schema.dataset,
        rule=rule.id,
        severity=gathering.settings.severity(rule.id),
        passed=None if value is None else not (low or high),
        measured=value,
        minimum=minimum,
        maximum=maximum,
        offences=measure.offences if low or high else (),
        why=rule.why,
        way_out=rule.way_out,
        note=measure.note,
    )


def _bound(bound: Bound | None, gathering: Gathering) -> float | None:
    if isinstance(bound, Mapping):
        mode, dataset = gathering.context.mode, gathering.schema.dataset
        bound = bound.get(dataset) or bound[mode]
    found = getattr(gathering.settings, bound) if isinstance(bound, str) else bound
    return None if found is None else float(found)


def _measure(rule: Rule, gathering: Gathering) -> Measure:
    if gathering.context.mode not in rule.modes:
        return m.none(f"asked of {rule.modes[0]} only" if rule.modes[0] == FULL else "asked of increments only")
    if rule.id not in MEASURES:
        count = gathering.findings.count(rule.id)
        if count is None:
            return m.none("nothing of the kind is there")
        return Measure(count, offences=gathering.findings.first(rule.id))
    if not gathering.rows and rule.id not in _WITHOUT_ROWS:
        return m.none("there are no rows")
    return MEASURES[rule.id](gathering)


def _profile(gathering: Gathering) -> dict[str, Any]:
    """What the next run compares with. Holds no user ids."""
    profile: dict[str, Any] = {"rows": gathering.rows}
    if gathering.schema.dataset == "Interactions":
        types, items = gathering.counted("EVENT_TYPE"), gathering.counted("ITEM_ID")
        profile["oldest"], profile["newest"] = gathering.spans["TIMESTAMP"].least, gathering.spans["TIMESTAMP"].greatest
        profile["users"], profile["active_users"] = _users(gathering)
        profile["event_types"] = distribution(types, gathering.nulls["EVENT_TYPE"], TOP_VALUES)
        profile["top_items"] = distribution(items, gathering.nulls["ITEM_ID"], TOP_ITEMS)
    profile["categories"] = {
        column.name: distribution(parts(gathering.counts[column.name]), gathering.nulls[column.name], TOP_VALUES)
        for column in gathering.schema.columns
        if column.categorical and column.name in gathering.counts
    }
    return profile


def _users(gathering: Gathering) -> tuple[int, int]:
    """How many there are, and how many of them came twice or more."""
    users = gathering.counted("USER_ID")
    return len(users), int((users.counts > 1).sum())


def _ids(gathering: Gathering) -> Any:
    key = {"Items": "ITEM_ID", "Users": "USER_ID"}.get(gathering.schema.dataset)
    return gathering.counts[key].values if key in gathering.counts else None
