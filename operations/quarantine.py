"""Look into the quarantine: how many lines by reason, and each with its bytes."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow.parquet as pq

from glue_jobs.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A refused line: why, where it was, and what it was."""

    reason: str
    rule: str
    source_object: str
    source_line: int
    payload: bytes

    @property
    def id(self) -> str:
        """What `clickstream quarantine show` takes."""
        return f"{self.source_object}:{self.source_line}"


def read_quarantine(store: Store) -> Iterator[BadLine]:
    """Every line: of events by the day on which it arrived, object and line; then of the catalog."""
    columns = ["reason", "rule", "source_object", "source_line", "payload"]
    for found in (*store.list("events/"), *store.list("catalog/")):
        table = pq.read_table(io.BytesIO(store.read(found.key)), columns=columns)
        yield from (BadLine(**row) for row in table.to_pylist())


def count_by_rule(lines: Iterator[BadLine]) -> list[tuple[str, str, int, str]]:
    """(reason, rule, lines, id of the first), most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], str] = {}
    for line in lines:
        counts[line.reason, line.rule] += 1
        first.setdefault((line.reason, line.rule), line.id)
    return [(reason, rule, count, first[reason, rule]) for (reason, rule), count in counts.most_common()]
