"""Metrics as lines of CloudWatch's embedded metric format, which it reads from a function's log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TextIO

from contract.times import epoch_ms

NAMESPACE: Final = "Clickstream"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmfMetrics:
    """Of one function: milliseconds where a name ends in `_ms`, else counts."""

    out: TextIO
    function: str
    stage: str

    def emit(self, values: Mapping[Any, int | Sequence[int]], now: datetime) -> None:
        """Write one line. CloudWatch takes at most 100 values of a metric in it."""
        directive = {
            "Namespace": NAMESPACE,
            "Dimensions": [["Function", "Stage"]],
            "Metrics": [{"Name": name, "Unit": _unit(name)} for name in values],
        }
        line: dict[str, Any] = {
            "_aws": {"Timestamp": epoch_ms(now), "CloudWatchMetrics": [directive]},
            "Function": self.function,
            "Stage": self.stage,
            **values,
        }
        self.out.write(json.dumps(line, separators=(",", ":")) + "\n")


def _unit(name: str) -> str:
    return "Milliseconds" if name.endswith("_ms") else "Count"
