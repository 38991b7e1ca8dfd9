"""What a simulation put on the stream, and what must become of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Truth:
    """Counts of lines. `producers`: events accepted, by producer_id; the others by type, rule and reason."""

    accepted: int = 0
    excluded: int = 0  # accepted, but the visitor refuses analytics
    late: int = 0  # accepted, hours after they occurred
    duplicates: int = 0  # records delivered once more
    broken: int = 0
    producers: Counter[str] = field(default_factory=Counter)
    event_types: Counter[str] = field(default_factory=Counter)
    broken_rules: Counter[str] = field(default_factory=Counter)
    broken_reasons: Counter[str] = field(default_factory=Counter)

    @property
    def delivered(self) -> int:
        """Rows that the lake must have."""
        return self.accepted - self.excluded

    @property
    def lines(self) -> int:
        """Lines put on the stream, checkpoints not counted."""
        return self.accepted + self.duplicates + self.broken
