"""Where the collector hands events over: what it needs of a producer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Line = tuple[str, bytes]
"""A partition key, and a line with its newline."""


class Intake(Protocol):
    """A producer with a spool on a server, one without on Lambda, memory in tests."""

    async def accept(self, stamped: Sequence[Line], foreign: Sequence[Line]) -> None:
        """Return once all of it is durable: on disk, or on the stream.

        `stamped` are valid events in canonical form, without producer fields: they get their numbers here. `foreign`
        go on the stream as they are. Raises `TransientError` where that cannot be promised now; what was put
        nevertheless is repeated when the client sends it again, and the events job removes the repeat.
        """
        ...

    def trouble(self) -> str:
        """Why it takes nothing at the moment; empty where it takes events."""
        ...

    def metrics(self) -> str:
        """The producer's metrics in Prometheus' text format; may be empty."""
        ...
