"""Records in full batches, where only what the stream refused is sent again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contract.errors import TransientError
from producers.sdk.clock import Clock
from producers.sdk.limits import MAX_RECORD_BYTES, Limits
from producers.sdk.stream import Outcome, Record, Stream


class BatchWriter:
    """Holds at most one call's records. Not for several threads at once.

    A record that is refused goes out again after those that were taken: readers sort by `occurred_at`.
    """

    def __init__(self, stream: Stream, *, clock: Clock, limits: Limits, jitter: Callable[[], float]) -> None:
        """`jitter` draws from [0, 1)."""
        self._stream = stream
        self._clock = clock
        self._limits = limits
        self._jitter = jitter
        self._held: list[Record] = []
        self._held_bytes = 0
        self._oldest = 0.0

    def add(self, record: Record) -> None:
        """Take the record, flushing first where it would not fit, or where the oldest has waited for long enough.

        Raises `TransientError` when that flush fails, and ValueError for a record that no call takes: then this record
        was not taken.
        """
        size = record.size
        if size > MAX_RECORD_BYTES:
            raise ValueError(f"a record of {size} bytes; the stream takes {MAX_RECORD_BYTES}: split or drop it")
        if self._held and self._is_due(size):
            self.flush()
        if not self._held:
            self._oldest = self._clock.monotonic()
        self._held.append(record)
        self._held_bytes += size

    def flush(self) -> None:
        """Deliver everything held, or raise `TransientError` and keep what is left for the next flush."""
        why: Exception | None = None
        for attempt in range(self._limits.attempts):
            if not self._held:
                return
            if attempt:
                self._clock.sleep(self._pause(attempt))
            try:
                self._keep(self._stream.put(self._held))
            except TransientError as error:
                why = error
        if self._held:
            raise TransientError(
                f"{len(self._held)} records refused after {self._limits.attempts} attempts; they are kept: flush again"
            ) from why

    def _is_due(self, size: int) -> bool:
        return (
            len(self._held) >= self._limits.records
            or self._held_bytes + size > self._limits.bytes
            or self._clock.monotonic() - self._oldest >= self._limits.max_age
        )

    def _pause(self, attempt: int) -> float:
        longest = min(self._limits.longest_pause, self._limits.first_pause * 2.0 ** (attempt - 1))
        return self._jitter() * longest

    def _keep(self, outcomes: Sequence[Outcome]) -> None:
        self._held = [r for r, outcome in zip(self._held, outcomes, strict=True) if outcome.refused]
        self._held_bytes = sum(r.size for r in self._held)
