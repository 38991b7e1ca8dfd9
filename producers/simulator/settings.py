"""What a simulation is asked for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from contract.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationSettings:
    """`events` are accepted by producers, exactly; broken lines and redeliveries come on top, exactly their share.

    Shares are of `events`; events of visitors who refuse analytics are never redelivered. `start` has a zone.
    Events occur from `start` on over `days`, but for an hour at the end.
    Raises `ConfigurationError` for what cannot be simulated.
    """

    seed: int
    events: int
    start: datetime
    days: int = 7
    items: int = 1_000
    users: int = 3_000
    broken_share: float = 0.05
    duplicate_share: float = 0.01
    late_share: float = 0.02

    def __post_init__(self) -> None:
        for name, low in (("events", 1), ("days", 1), ("items", 50), ("users", 1)):
            if getattr(self, name) < low:
                raise ConfigurationError(f"a simulation needs {name} of at least {low}, not {getattr(self, name)}")
        for name in ("broken_share", "duplicate_share", "late_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigurationError(f"{name} is a share from 0 to 1, not {getattr(self, name)}")
        if self.start.tzinfo is None:
            raise ConfigurationError("start needs a zone: datetime(..., tzinfo=UTC)")

    @property
    def end(self) -> datetime:
        return self.start + timedelta(days=self.days)

    @property
    def digest(self) -> str:
        """12 hex digits that name this very simulation: other settings make other events."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]

    @property
    def broken(self) -> int:
        return round(self.events * self.broken_share)

    @property
    def duplicates(self) -> int:
        return round(self.events * self.duplicate_share)
