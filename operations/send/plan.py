"""What a load is: how many events when, in requests of which size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from contract.errors import ConfigurationError

MOST_EVENTS: Final = 500  # the collector takes no more in a request, nor Kinesis in a call
MOST_RATE: Final = 1_000_000
LONGEST_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """`rate`: events a second; `batch`: events in each request; `seconds`: how long requests fall due.

    Raises `ConfigurationError` for what is no load.
    """

    rate: float
    seconds: float
    batch: int = 1

    def __post_init__(self) -> None:
        _within("--rate", self.rate, MOST_RATE)
        _within("--seconds", self.seconds, LONGEST_SECONDS)
        if not 1 <= self.batch <= MOST_EVENTS:
            raise ConfigurationError(f"--batch {self.batch}: choose from 1 to {MOST_EVENTS} events a request")
        if self.requests < 1:
            raise ConfigurationError(
                f"at {self.rate:g} events/s no {self.batch} of them fall due within {self.seconds:g} s"
            )

    @property
    def requests(self) -> int:
        """How many fall due."""
        return math.floor(self.rate * self.seconds / self.batch + 1e-9)

    @property
    def events(self) -> int:
        """How many events those hold."""
        return self.requests * self.batch

    def due(self) -> Iterator[float]:
        """When each request should go out, in seconds from the start: evenly, whatever becomes of those before."""
        return (number * self.batch / self.rate for number in range(self.requests))


def _within(option: str, value: float, most: float) -> None:
    if not 0 < value <= most:
        raise ConfigurationError(f"{option} {value:g}: choose more than 0 and at most {most:,g}")
