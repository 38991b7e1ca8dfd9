"""When a producer says on the stream how many events it accepted, and what it says. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime

from contract.checkpoints import MAX_WITHDRAWN_CHARS, Checkpoint
from contract.ranges import Ranges
from producers.sdk.receipts import Batch


class Told:
    """How far every number has its fate, and what of it was told. Batches are begun in order."""

    def __init__(self, producer_id: str, *, every: float, now: float) -> None:
        self.accepted = 0
        """Each number up to this one was acknowledged or withdrawn."""
        self.number = 0
        """Checkpoints made so far."""
        self._producer_id = producer_id
        self._every = every
        self._at = now
        self._told = 0
        self._batches: deque[Batch] = deque()
        self._withdrawn = Ranges()

    def begin(self, batch: Batch) -> None:
        self._batches.append(batch)

    def advance(self) -> None:
        """Look at which batches were settled meanwhile."""
        while self._batches and self._batches[0].is_settled:
            batch = self._batches.popleft()
            self.accepted = batch.last
            self._withdrawn |= Ranges.of(batch.withdrawn())

    def due_at(self, delivered: int) -> float | None:
        """When the next one is due, all up to `delivered` being on the stream; None where there is nothing new."""
        return self._at + self._every if min(self.accepted, delivered) > self._told else None

    def next(self, delivered: int, *, at: datetime, now: float, final: bool = False) -> Checkpoint:
        """A checkpoint on what is on the stream. Asked for the final one it may give others before, where there is
        more to tell than one takes.
        """
        accepted = min(self.accepted, delivered)
        ready = self._withdrawn & Ranges.to(accepted)
        told, is_whole = _that_fit(ready.pairs)
        if not is_whole:
            accepted = told.last
        self._withdrawn -= told
        self._at = now
        self._told = accepted
        self.number += 1
        return Checkpoint(
            producer_id=self._producer_id,
            number=self.number,
            accepted=accepted,
            at=at,
            final=final and is_whole,
            withdrawn=told,
        )


def _that_fit(pairs: Iterable[tuple[int, int]]) -> tuple[Ranges, bool]:
    """As many as one checkpoint takes, and whether those are all."""
    chars = 0
    fit: list[tuple[int, int]] = []
    for pair in pairs:
        chars += len(str(Ranges((pair,)))) + 1
        if chars > MAX_WITHDRAWN_CHARS:
            return Ranges(tuple(fit)), False
        fit.append(pair)
    return Ranges(tuple(fit)), True
