"""Metrics as lines of CloudWatch's embedded metric format, which it reads from a function's log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TextIO

from contract.times import epoch_ms

NAMESPACE: Final = "Clickstream"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmfCounts:
    """Counts of one function."""

    out: TextIO
    function: str
    stage: str

    def emit(self, values: Mapping[Any, int], now: datetime) -> None:
        directive = {
            "Namespace": NAMESPACE,
            "Dimensions": [["Function", "Stage"]],
            "Metrics": [{"Name": name, "Unit": "Count"} for name in values],
        }
        line: dict[str, Any] = {
            "_aws": {"Timestamp": epoch_ms(now), "CloudWatchMetrics": [directive]},
            "Function": self.function,
            "Stage": self.stage,
            **values,
        }
        self.out.write(json.dumps(line, separators=(",", ":")) + "\n")
