"""A benchmark's numbers as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich import box
from rich.table import Table

from tests.bench.model import Benchmark, Row


def to_json(rows: Sequence[Row]) -> str:
    return json.dumps([asdict(row) for row in rows], indent=1) + "\n"


def table(benchmark: Benchmark, rows: Sequence[Row]) -> Table:
    peers = list(dict.fromkeys(name for row in rows for name in row.peers))
    drawn = Table("metric", "unit", title=f"{benchmark.name}: {benchmark.what}", box=box.SIMPLE, title_justify="left")
    for name in ("ours", *peers, "limit"):
        drawn.add_column(name, justify="right")
    for row in rows:
        values = (row.ours, *(row.peers.get(name) for name in peers), row.limit)
        drawn.add_row(row.metric, row.unit, *map(_number, values))
    return drawn


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"
