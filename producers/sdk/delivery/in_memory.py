"""Delivery without a spool: an event is acknowledged once the stream has it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from producers.sdk.around import Around
from producers.sdk.checkpointing import Told
from producers.sdk.delivery.outbox import Outbox, Sending
from producers.sdk.delivery.under_way import UnderWay
from producers.sdk.intake import Intake
from producers.sdk.metrics import Histogram
from producers.sdk.receipts import Batch


class InMemory:
    """Moves batches from the intake to the outbox, and tells their callers. The senders call it."""

    def __init__(self, intake: Intake, outbox: Outbox, told: Told, around: Around) -> None:
        self._intake = intake
        self._outbox = outbox
        self._told = told
        self._delivery_seconds = around.settings.delivery_seconds
        self._clock = around.clock
        self._bell = around.senders_bell
        self._batches: deque[Batch] = deque()
        self._saying = UnderWay()
        self.acknowledge_seconds = Histogram()
        self.withdrawn = 0
        self.failure: Exception | None = None
        """Why the last event that was given up was."""

    def feed(self, now: float) -> float | None:
        """As `producers.sdk.delivery.sending.Feed`."""
        with self._outbox.lock:
            self._tell(now)
            for batch in self._intake.take(now):
                self._told.begin(batch)
                self._batches.append(batch)
                deadline = batch.opened_at + self._delivery_seconds
                self._outbox.add(
                    Sending(batch.keys, batch.lines, deadline=deadline, done=partial(self._settled, batch))
                )
            times = self._intake.due_at(), None if self._saying else self._told.due_at(self._told.accepted)
            return min((at for at in times if at is not None), default=None)

    def say_final(self, done: Callable[[], None]) -> None:
        """Send the final checkpoint, and call `done` once the stream has it and those before it."""
        with self._outbox.lock:
            while not self._say(final=True):
                pass
            self._saying.when_none(done)
        self._bell.ring_all()

    def _tell(self, now: float) -> None:
        due = self._told.due_at(self._told.accepted)
        if due is not None and due <= now and not self._saying:
            self._say(final=False)

    def _say(self, *, final: bool) -> bool:
        now, at = self._clock.monotonic(), self._clock.now()
        checkpoint = self._told.next(self._told.accepted, at=at, now=now, final=final)
        self._saying.began()
        self._outbox.add_checkpoint(checkpoint, self._said)
        return checkpoint.final

    def _said(self, _: Sending) -> None:
        self._saying.ended()

    def _settled(self, batch: Batch, load: Sending) -> None:
        batch.settle(load.failures)
        self.acknowledge_seconds.add(self._clock.monotonic() - batch.opened_at)
        if load.failures:
            self.withdrawn += len(load.failures)
            self.failure = next(iter(load.failures.values()))
        settled = 0
        while self._batches and self._batches[0].is_settled:
            settled = self._batches.popleft().number
        self._told.advance()
        self._intake.release(batch.size, settled)
