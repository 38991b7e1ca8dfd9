"""What a benchmark is and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    repeats: int  # alternated runs of each side; medians are reported
    build: Path  # where data and results lie
    say: Callable[[str], None]  # hears how far it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number, ours beside the peers'. `limit`: what the machine could do at best, or what we must keep."""

    metric: str
    unit: str
    ours: float
    peers: Mapping[str, float]
    limit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """`run` raises where the two sides do not come to the same result."""

    name: str
    what: str
    run: Callable[[Settings], list[Row]]
    on_request: bool = False  # not among all: it takes long
