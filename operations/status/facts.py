"""What a status is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consumers.personalize_sync.cost import Estimate
from consumers.personalize_sync.publications import Shelf
from consumers.personalize_sync.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLag:
    """How far a consumer is behind the stream: in records, or by the age of the oldest; None where nobody knows."""

    consumer: str
    records: int | None = None
    seconds: float | None = None
    problem: str = ""  # what last went wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`now` in epoch seconds. `metrics`: by ARN of a version. `decisions`: with their times, newest first."""

    now: float
    world: World
    shelf: Shelf
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    decisions: Sequence[tuple[str, Mapping[str, Any]]] = ()
    streams: Sequence[StreamLag] = ()
    quarantine: Sequence[tuple[str, str, int]] = ()  # reason, rule, lines
    cost: Estimate | None = None
    cap_usd: float | None = None
    warnings: Sequence[str] = ()
