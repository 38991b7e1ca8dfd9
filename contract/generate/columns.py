"""The contract as tables of the Glue catalog, which Athena reads."""

from __future__ import annotations

import json
from typing import Any

from contract.columns import EVENTS_TABLE, QUARANTINE_TABLE, Column


def tables_json() -> str:
    """`contract/generated/tables.json`: what infra makes Glue tables of."""
    tables = {
        "events": _table("lake", EVENTS_TABLE),
        "quarantine": _table("quarantine", QUARANTINE_TABLE),
    }
    return json.dumps(tables, indent=2) + "\n"


def _table(bucket: str, columns: tuple[Column, ...]) -> dict[str, Any]:
    return {
        "bucket": bucket,
        "prefix": "events/",
        "format": "parquet",
        "columns": [{"name": c.name, "type": c.type, "comment": c.doc} for c in columns],
        "partition": {"name": "dt", "type": "string"},
    }
