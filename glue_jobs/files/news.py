"""What the bus is told of a dataset: that it is ready, or that the gate refused it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from contract.manifest import Manifest
from glue_jobs.gate.model import Result, Severity, Verdict
from glue_jobs.store import Store


def news(manifest: Manifest, store: Store) -> dict[str, Any]:
    """The detail of "Dataset Ready": all that an import needs to be started."""
    return {
        "dataset": manifest.dataset,
        "number": manifest.number,
        "mode": manifest.mode,
        "rows": manifest.rows,
        "bytes": sum(file.size for file in manifest.files),
        "prefix": store.uri(manifest.prefix),
        "schema": store.uri(manifest.schema_key),
        "manifest": store.uri(manifest.key),
    }


def stops(verdict: Verdict) -> list[Result]:
    """What keeps a dataset from being published; warnings do not."""
    return [failed for failed in verdict.failures if failed.severity is Severity.STOP]


def refusal(dataset: str, mode: str, stopped: Sequence[Result], *, report: str, docs: str) -> dict[str, Any]:
    """The detail of "Quality Gate Failed". `report`, `docs`: where all of it can be read."""
    rules = [_rule(result) for result in stopped]
    return {"dataset": dataset, "mode": mode, "rules": rules, "report": report, "dataDocs": docs}


def _rule(result: Result) -> dict[str, Any]:
    return {
        "rule": result.rule,
        "measured": result.measured,
        "minimum": result.minimum,
        "maximum": result.maximum,
        "wayOut": result.way_out,
        "offence": asdict(result.offences[0]) if result.offences else None,
    }
