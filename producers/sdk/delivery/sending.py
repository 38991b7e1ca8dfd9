"""The threads that put calls on the stream, all alike: take one, put it, settle it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Protocol

from contract.errors import ConfigurationError, TransientError
from producers.sdk.around import Around
from producers.sdk.delivery.outbox import Outbox
from producers.sdk.intake import Intake
from producers.sdk.lanes.loads import Call
from producers.sdk.lanes.routing import ShardMap
from producers.sdk.stream import Outcome, Stream

_PAUSE = 0.5  # seconds after what nobody foresaw


class Feed(Protocol):
    """Where the outbox's loads come from."""

    def feed(self, now: float) -> float | None:
        """Move what is ready into the outbox; when there may be more, where only time is waited for."""
        ...


class NoFeed:
    """Another thread fills the outbox."""

    def feed(self, now: float) -> float | None:  # noqa: ARG002
        return None


class Senders:
    """They sleep while there is nothing to do, and end when they are told to, with the call that they have."""

    def __init__(self, stream: Stream, intake: Intake, outbox: Outbox, feed: Feed, around: Around) -> None:
        self._stream = stream
        self._intake = intake
        self._outbox = outbox
        self._feed = feed
        self._bell = around.senders_bell
        self._clock = around.clock
        self._troubles = around.troubles
        self._is_ending = False
        names = [f"sender-{number}" for number in range(around.settings.senders)]
        self._threads = [threading.Thread(target=self._run, name=name, daemon=True) for name in names]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self, seconds: float) -> None:
        """Wait for so long at most: a call that hangs hangs alone."""
        self._is_ending = True
        self._bell.ring_all()
        until = time.monotonic() + seconds
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        while not self._is_ending:
            heard = self._bell.rings
            try:
                self._work(heard)
            except Exception as error:  # noqa: BLE001 - a thread that ended in silence would keep everyone waiting
                self._troubles.began("sender_fails", reason=f"{type(error).__name__}: {error}")
                self._bell.wait(heard, _PAUSE)
            else:
                self._troubles.ended("sender_fails")

    def _work(self, heard: int) -> None:
        """One question, one call, or one wait."""
        now = self._clock.monotonic()
        if self._outbox.may_ask(now):
            self._ask()
            return
        # One at a time, or a batch could overtake the one before it.
        with self._outbox.lock:
            fed_at = self._feed.feed(now)
            call, next_at = self._outbox.take(now)
        if call is None:
            self._wait(heard, now, fed_at, next_at, self._outbox.ask_at())
            return
        if next_at is not None and next_at <= now:
            self._bell.ring()
        self._intake.hold(call.size)
        try:
            self._put(call)
        finally:
            self._intake.release(call.size)

    def _wait(self, heard: int, now: float, *times: float | None) -> None:
        soonest = min((at for at in times if at is not None), default=None)
        self._bell.wait(heard, None if soonest is None else max(0.0, soonest - now))

    def _put(self, call: Call) -> None:
        began = self._clock.monotonic()
        try:
            outcomes = _as_many(self._stream.put(call.records), call)
        except (TransientError, ConfigurationError) as error:
            self._failed(call, error)
        except Exception as error:  # noqa: BLE001 - a thread that ended in silence would keep everyone waiting
            self._failed(call, ConfigurationError(f"{type(error).__name__}: {error}"))
        else:
            now = self._clock.monotonic()
            self._outbox.settle(call, outcomes, now, now - began)
            refused = sum(outcome.refused is not None for outcome in outcomes)
            if refused:
                self._troubles.began("stream_refuses", records=len(call.packed), refused=refused)
            else:
                self._troubles.ended("stream_refuses")
            self._troubles.ended("stream_fails")

    def _failed(self, call: Call, error: Exception) -> None:
        self._outbox.failed(call, error, self._clock.monotonic())
        self._troubles.began("stream_fails", records=len(call.packed), reason=str(error))

    def _ask(self) -> None:
        shards = None
        try:
            shards = ShardMap(self._stream.shards())
        except Exception as error:  # noqa: BLE001 - it goes without, record by record
            self._troubles.began("shards_unknown", reason=str(error))
        else:
            self._troubles.ended("shards_unknown")
        self._outbox.heard(shards, self._clock.monotonic())
        self._bell.ring_all()


def _as_many(outcomes: Sequence[Outcome], call: Call) -> Sequence[Outcome]:
    if len(outcomes) != len(call.packed):
        raise TransientError(f"{len(outcomes)} outcomes for {len(call.packed)} records")
    return outcomes
