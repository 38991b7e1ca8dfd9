"""When a producer says on the stream how many events it accepted, and what it says. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contract.checkpoints import MAX_WITHDRAWN_CHARS, Checkpoint
from contract.ranges import Ranges
from producers.sdk.receipts import Batch


@dataclass(frozen=True, slots=True)
class _Settled:
    """Batches that followed each other, each with its fate."""

    last: int
    withdrawn: Ranges

    @property
    def is_settled(self) -> bool:
        return True


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
        self._batches: deque[Batch | _Settled] = deque()
        self._withdrawn = Ranges()

    def begin(self, batch: Batch) -> None:
        # One without a fate may hold back hours of others: they are kept as one.
        while len(self._batches) > 1 and self._batches[-1].is_settled and self._batches[-2].is_settled:
            later, earlier = _settled(self._batches.pop()), _settled(self._batches.pop())
            self._batches.append(_Settled(later.last, earlier.withdrawn | later.withdrawn))
        self._batches.append(batch)

    def advance(self) -> None:
        """Look at which batches were settled meanwhile."""
        while self._batches and self._batches[0].is_settled:
            settled = _settled(self._batches.popleft())
            self.accepted = settled.last
            self._withdrawn |= settled.withdrawn

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


def _settled(found: Batch | _Settled) -> _Settled:
    return found if isinstance(found, _Settled) else _Settled(found.last, Ranges.of(found.withdrawn()))


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
