"""Costs are medians by number; what was measured comes out as JSON and as a plain table."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from tests.bench.measure import Cost
from tests.bench.model import Benchmark, Row
from tests.bench.raw_events import RawSettings
from tests.bench.report import table, to_json

pytestmark = pytest.mark.unit

ROW = Row(metric="CPU time", unit="s", ours=118.25, peers={"duckdb": 14.0}, limit=2.5)


def test_each_number_is_the_median_of_its_own() -> None:
    costs = [
        Cost(wall_seconds=3, cpu_seconds=10, peak_bytes=7),
        Cost(wall_seconds=1, cpu_seconds=30, peak_bytes=9),
        Cost(wall_seconds=2, cpu_seconds=20, peak_bytes=8),
    ]

    assert Cost.of_median(costs) == Cost(wall_seconds=2, cpu_seconds=20, peak_bytes=8)


def test_rows_come_out_as_they_are() -> None:
    assert json.loads(to_json([ROW])) == [
        {"metric": "CPU time", "unit": "s", "ours": 118.25, "peers": {"duckdb": 14.0}, "limit": 2.5}
    ]


def test_a_peer_without_a_number_leaves_its_place_empty() -> None:
    benchmark = Benchmark(name="one", what="a test", run=lambda _: [])
    console = Console(width=80, file=io.StringIO(), record=True)

    console.print(table(benchmark, [ROW, Row(metric="lines", unit="", ours=5, peers={})]))

    rows = [line.split() for line in console.export_text().splitlines()]
    assert ["CPU", "time", "s", "118", "14.0", "2.5"] in rows
    assert ["lines", "5.0"] in rows


def test_other_settings_make_other_data() -> None:
    assert RawSettings(events=1).digest != RawSettings(events=2).digest
    assert RawSettings(events=1).digest == RawSettings(events=1).digest
