"""What the audit judges: the ledger's entries, and the store as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contract.checkpoints import Checkpoint
from contract.ledger import Entry
from contract.ranges import Ranges


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLines:
    """A raw object as it is now, read without Spark."""

    key: str
    lines: int  # not blank
    stamps: Mapping[int, tuple[str, int]]  # line -> producer_id, producer_seq
    checkpoints: Sequence[Checkpoint]

    def producers(self) -> dict[str, Ranges]:
        return stamps_by_producer(self.stamps.values())


def stamps_by_producer(stamps: Iterable[tuple[str, int]]) -> dict[str, Ranges]:
    """From pairs of producer_id and producer_seq, repeats and disorder included."""
    found: dict[str, list[int]] = {}
    for producer_id, seq in stamps:
        found.setdefault(producer_id, []).append(seq)
    return {producer_id: Ranges.of(seqs) for producer_id, seqs in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRows:
    """The rows of a table as they are now: where each came from, repeats kept."""

    places: Sequence[tuple[str, int]]  # source object, source line


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """`raw`, `files`: key -> etag as listed now. `reread`: raw objects whose bytes had to be looked at (unread by
    the job, not as an entry has them, or home of a row in doubt). `rows`: of tables that were looked at row by row.
    `kept_since`: what arrived before may be gone from raw and the quarantine, which keep it no longer.
    """

    entries: Sequence[Entry]
    raw: Mapping[str, str]
    reread: Mapping[str, RawLines] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by table
    rows: Mapping[str, TableRows] = field(default_factory=dict)  # by table
    kept_since: datetime | None = None
