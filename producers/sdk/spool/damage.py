"""Bytes of a spool that are no frames any more: kept for a person to look at, and named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from producers.sdk.spool.frames import Bad
from producers.sdk.spool.segments import Segment, read_left

FOLDER = "damaged"  # beside the spools


@dataclass(frozen=True, slots=True)
class Damage:
    """`size` bytes at `start` of a segment; `kept` is where they lie now, None where somebody took them away."""

    producer_id: str
    segment: str
    start: int
    size: int
    kept: Path | None

    @classmethod
    def gone(cls, segment: Segment, start: int, end: int) -> Self:
        return cls(segment.path.parent.name, segment.path.name, start, end - start, None)


def keep(segment: Segment, bad: Bad) -> Damage:
    """Copy the bytes aside; the same bytes lie in the same place however often. Raises OSError."""
    spool = segment.path.parent
    kept = spool.parent / FOLDER / f"{spool.name}-{segment.path.stem}-{bad.start}.bytes"
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    with segment.path.open("rb") as file:
        kept.write_bytes(read_left(file, bad.start, bad.end))
    return Damage(spool.name, segment.path.name, bad.start, bad.end - bad.start, kept)
