"""Runs the gate on files of one's own, catalog first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from contract.errors import ConfigurationError
from glue_jobs.gate.gate import examine
from glue_jobs.gate.model import Context, Examined
from glue_jobs.gate.schema import REQUIRED
from glue_jobs.gate.settings import Settings
from operations.check.beside import Beside
from operations.check.inferred import infer_schema
from operations.check.inputs import Input, find_inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    dataset: str
    schema: Mapping[str, Any]
    inferred: bool
    examined: Examined


def check(
    paths: Sequence[Path],
    *,
    schemas: Sequence[Path],
    mode: str,
    settings: Settings,
    now: datetime,
    beside: Beside | None = None,
) -> tuple[Checked, ...]:
    """One answer a dataset. Items and users that are given are those that interactions should refer to.

    Raises ConfigurationError where the files cannot be read or belong to no dataset.
    """
    given, beside = _schemas(schemas), beside or Beside()
    inputs = find_inputs(paths, next(iter(given)) if len(given) == 1 else None)
    if unused := sorted(given.keys() - inputs.keys()):
        raise ConfigurationError(f"a schema of {', '.join(unused)} is given, and no file of it")
    known: dict[str, pa.Array | None] = {}
    done = []
    for dataset in sorted(inputs, key=("Items", "Users", "Interactions").index):
        context = Context(
            mode=mode,
            now=now,
            strays=tuple(inputs[dataset].strays),
            known_items=known.get("Items"),
            known_users=known.get("Users"),
            last=beside.last.get(dataset),
            null_shares=beside.null_shares,
        )
        checked = _check(dataset, inputs[dataset], given.get(dataset), context, settings)
        known[dataset] = checked.examined.ids
        done.append(checked)
    return tuple(done)


def _check(
    dataset: str, found: Input, schema: Mapping[str, Any] | None, context: Context, settings: Settings
) -> Checked:
    used = schema or infer_schema(dataset, found.header, found.files)
    examined = examine(found.files, used, context, settings)
    return Checked(dataset=dataset, schema=used, inferred=schema is None, examined=examined)


def _schemas(paths: Sequence[Path]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for path in paths:
        try:
            schema = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{path}: no schema in JSON: {error}") from error
        name = schema.get("name") if isinstance(schema, dict) else None
        if name not in REQUIRED or name in found:
            raise ConfigurationError(f"{path}: its name must be one of {', '.join(REQUIRED)}, each given once")
        found[name] = schema
    return found


def passed(done: Sequence[Checked]) -> bool:
    return all(checked.examined.verdict.passed for checked in done)


def as_data(done: Sequence[Checked]) -> dict[str, Any]:
    """Everything, as JSON takes it."""
    return {
        "passed": passed(done),
        "datasets": [
            {
                "dataset": checked.dataset,
                "passed": checked.examined.verdict.passed,
                "files": [asdict(file) for file in checked.examined.files],
                "schema": checked.schema,
                "schema_inferred": checked.inferred,
                "rules": checked.examined.verdict.as_data(),
                "profile": checked.examined.profile,
            }
            for checked in done
        ],
    }
