"""A stream that answers nobody until it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event as Flag
from threading import Semaphore

from contract.checkpoints import Checkpoint, parse_checkpoint
from contract.codec import Event, Plausible, decode
from producers.sdk.memory import MemoryStream
from producers.sdk.stream import Outcome, Record


class GatedStream(MemoryStream):
    """Takes so many calls at once, and the others when it is opened."""

    def __init__(self, *, passes: int = 0, shards: int = 1) -> None:
        super().__init__(shards=shards)
        self._passes = Semaphore(passes)
        self._is_open = Flag()
        self.is_asked = Flag()  # somebody waits

    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        if not self._passes.acquire(blocking=False):
            self.is_asked.set()
            if not self._is_open.wait(10):
                raise AssertionError("nobody opened the stream")
        return super().put(records)

    def open(self) -> None:
        self._is_open.set()

    def events(self, plausible: Plausible) -> list[Event]:
        return [decode(line.data, plausible) for line in self.lines if parse_checkpoint(line.data) is None]

    def checkpoints(self) -> list[Checkpoint]:
        return [found for line in self.lines if (found := parse_checkpoint(line.data)) is not None]
