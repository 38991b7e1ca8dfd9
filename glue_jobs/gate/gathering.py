"""What is kept of a dataset while its files pass by, one at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from glue_jobs.gate import limits
from glue_jobs.gate.counts import Counts, Repeats
from glue_jobs.gate.findings import Findings
from glue_jobs.gate.model import Context, Offence
from glue_jobs.gate.schema import Schema
from glue_jobs.gate.settings import Settings


@dataclass(slots=True)
class Span:
    """The least and the greatest value of a column; None before any."""

    least: Any = None
    greatest: Any = None

    def add(self, values: pa.ChunkedArray) -> None:
        found = pc.min_max(values).as_py()
        self.least = min((v for v in (self.least, found["min"]) if v is not None), default=None)
        self.greatest = max((v for v in (self.greatest, found["max"]) if v is not None), default=None)


@dataclass(slots=True)
class Gathering:
    """Grows by the distinct users, items and categories, and by a bounded sample of rows; not by the rows."""

    schema: Schema
    context: Context
    settings: Settings
    findings: Findings = field(default_factory=Findings)
    rows: int = 0
    size: int = 0  # bytes
    complete: bool = True  # whether all rows are accounted for
    lacking: set[str] = field(default_factory=set)  # columns that a file does not have
    nulls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    spans: dict[str, Span] = field(default_factory=lambda: defaultdict(Span))  # of columns that are not counted
    counts: dict[str, Counts] = field(default_factory=dict)  # of ids, event types and categories
    repeats: Repeats = field(default_factory=Repeats)
    unknown: dict[str, list[Offence]] = field(default_factory=lambda: defaultdict(list))  # ids that no catalog has
    sample: pa.Table | None = None

    def counted(self, column: str) -> Counts:
        return self.counts.get(column) or Counts()

    def count(self, column: str, encoded: pa.DictionaryArray, *, limited: bool) -> tuple[Any, int]:
        """Numbers of the values, and how many numbers were given before."""
        if column not in self.counts:
            self.counts[column] = Counts(limits.COUNTED_VALUES if limited else None)
        before = len(self.counts[column])
        return self.counts[column].add(encoded), before

    def known(self, column: str) -> pa.Array | None:
        """Ids that a catalog has, for what refers to it."""
        if self.schema.dataset != "Interactions":
            return None
        return {"ITEM_ID": self.context.known_items, "USER_ID": self.context.known_users}.get(column)
