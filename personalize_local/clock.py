"""The clock by which resources become active: at once, faster than AWS, or as slowly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

# Seconds from CREATE PENDING to ACTIVE, as users see them on AWS.
TYPICAL_SECONDS: Final = MappingProxyType(
    {
        "dataset-group": 20.0,
        "dataset": 10.0,
        "dataset-import-job": 900.0,
        "dataset-export-job": 900.0,
        "data-deletion-job": 3_600.0,
        "event-tracker": 10.0,
        "solution": 10.0,
        "solution-version": 2_700.0,
        "campaign": 600.0,
        "recommender": 3_600.0,
        "recommender-training": 3_600.0,
        "filter": 60.0,
        "batch-inference-job": 1_800.0,
        "batch-segment-job": 1_800.0,
    }
)


@dataclass(kw_only=True)
class Clock:
    """`speed` is how many times faster than AWS; None: everything is active as soon as its work is done.

    `advanced` seconds are added to the time of day, so that a test need not wait for a week's training.
    """

    speed: float | None = None
    wall: Callable[[], float] = time.time
    advanced: float = field(default=0.0)

    def now(self) -> float:
        """Unix seconds."""
        return self.wall() + self.advanced

    def takes(self, kind: str) -> float:
        """Seconds until a new resource of this kind is active."""
        return TYPICAL_SECONDS[kind] / self.speed if self.speed else 0.0

    def scaled(self, seconds: float) -> float:
        """A schedule's interval in this clock's seconds; an instant clock leaves schedules alone."""
        return seconds / (self.speed or 1.0)

    def advance(self, seconds: float) -> None:
        self.advanced += seconds

    async def until(self, at: float) -> None:
        """Wait for a moment; notices that the clock was advanced."""
        while (left := at - self.now()) > 0:  # noqa: ASYNC110 - what ends it early is `advance`, rare enough
            await asyncio.sleep(min(left, 0.2))


def parse_clock(text: str) -> Clock:
    """From `instant`, `real` or `scaled:60`; raises ValueError."""
    if text == "instant":
        return Clock()
    if text == "real":
        return Clock(speed=1.0)
    name, _, speed = text.partition(":")
    if name != "scaled" or not speed or float(speed) <= 0:
        raise ValueError(f"a clock is instant, real or scaled:60 (sixty times faster than AWS), not {text!r}")
    return Clock(speed=float(speed))
