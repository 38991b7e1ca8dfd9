"""The parts of one producer in one process, put together, started at the first event and stopped in order."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from functools import partial

from contract.errors import TransientError
from producers.sdk import lifecycle
from producers.sdk.around import Around
from producers.sdk.checkpointing import Told
from producers.sdk.delivery.in_memory import InMemory
from producers.sdk.delivery.orphans import Orphans
from producers.sdk.delivery.outbox import Outbox
from producers.sdk.delivery.sending import NoFeed, Senders
from producers.sdk.delivery.spooling import Spooled
from producers.sdk.intake import Intake
from producers.sdk.metrics import Snapshot
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.stream import Stream

_END_SECONDS = 5.0  # for a thread to come back from a call
_LEAST_END_SECONDS = 0.5


class Engine:
    """Threads begin with the first event; with a spool, when `start` is called, since orphans may wait."""

    def __init__(self, producer_id: str, stream: Stream, spool: SpoolDirectory | None, around: Around) -> None:
        self._producer_id = producer_id
        self._stream = stream
        self._directory = spool
        self._around = around
        settings, now = around.settings, around.clock.monotonic()
        self.intake = Intake(producer_id, settings, around.clock, on_batch=self.start)
        self.outbox = Outbox(settings, around.jitter)
        self.told = Told(producer_id, every=settings.checkpoint_every, now=now)
        self._delivery: InMemory | Spooled | None = None
        self._senders: Senders | None = None
        self._starting = threading.Lock()
        self._closing = threading.Lock()
        self._final: Future[None] | None = None
        self._asked: list[Future[None]] = []  # final checkpoints that are not on the stream
        self._is_ended = False
        self.is_closed = False

    def start(self) -> None:
        """Begin, and wake who takes from the intake. Raises `TransientError` where no spool can be opened."""
        if self._senders is None:
            with self._starting:
                if self._senders is None:
                    self._begin()
        self._around.bell.ring()

    def flush(self, seconds: float | None, *, checkpoint: bool) -> None:
        """As `EventProducer.flush`."""
        until = None if seconds is None else time.monotonic() + seconds
        if not self.intake.wait_settled(self.intake.hurry(), seconds):
            if self.intake.is_ended:
                raise _closed()
            raise TransientError(f"not everything is on the stream within {seconds} s; it is kept")
        self._raise_failure()
        if checkpoint and not _is_said(self._say_final(), until):
            raise TransientError(f"the checkpoint is not on the stream within {seconds} s; it is kept")

    def close(self, seconds: float) -> None:
        """As `EventProducer.close`."""
        with self._closing:
            if self.is_closed:
                return
            until = time.monotonic() + seconds
            self.intake.shut()
            last = self.intake.hurry()
            is_delivered = self.intake.wait_settled(last, seconds)
            if self._directory is not None:
                self._close_spooled(until, is_delivered=is_delivered)
            else:
                self._close_in_memory(until, last, is_delivered=is_delivered)
            self.is_closed = True
        self._raise_failure()

    def snapshot(self) -> Snapshot:
        """As `EventProducer.metrics`."""
        delivery, counts = self._delivery, self.outbox.counts
        depth = delivery.spool.depth() if isinstance(delivery, Spooled) else None
        return Snapshot(
            producer_id=self._producer_id,
            sent=self.intake.number,
            accepted=self.told.accepted,
            delivered=self.outbox.delivered,
            withdrawn=delivery.withdrawn if delivery else 0,
            dropped=self.intake.dropped,
            retried=counts.retried,
            throttled=counts.throttled,
            repeated=counts.repeated,
            bytes=self.outbox.bytes,
            held_bytes=self.intake.held,
            held_events=self.intake.number - self.told.accepted,
            spool_bytes=depth.bytes if depth else 0,
            spool_frames=depth.frames if depth else 0,
            spool_seconds=depth.oldest_seconds if depth else 0.0,
            put_seconds=self.outbox.put_seconds.read(),
            **({"acknowledge_seconds": delivery.acknowledge_seconds.read()} if delivery else {}),
        )

    def _begin(self) -> None:
        around, intake, outbox = self._around, self.intake, self.outbox
        if self._directory is None:
            in_memory = InMemory(intake, outbox, self.told, around)
            self._delivery = in_memory
            senders = Senders(self._stream, intake, outbox, in_memory, around)
        else:
            orphans = Orphans(self._directory, outbox, intake, around)
            spooled = Spooled(intake, outbox, self.told, self._directory.open(self._producer_id), orphans, around)
            self._delivery = spooled
            senders = Senders(self._stream, intake, outbox, NoFeed(), around)
            spooled.start()
        senders.start()
        lifecycle.began_in_this_process()
        self._senders = senders

    def _say_final(self) -> Future[None]:
        self.start()
        assert self._delivery is not None  # noqa: S101 - it was started
        said: Future[None] = Future()
        with self.outbox.lock:
            if self._is_ended:
                raise _closed()
            self._asked.append(said)
        self._delivery.say_final(partial(self._said, said))
        return said

    def _said(self, said: Future[None]) -> None:  # the outbox's lock is held
        if said in self._asked:
            self._asked.remove(said)
            said.set_result(None)

    def _close_in_memory(self, until: float, last: int, *, is_delivered: bool) -> None:
        if not is_delivered:
            self.outbox.abandon(TransientError("closed before the stream took it; it was given up"))
            # The final checkpoint tells what was given up: what is under way must have come back.
            if not self.intake.wait_settled(last, _left(until)):
                raise TransientError("calls to the stream are under way still: close again")
        self._final = self._final or self._say_final()
        if not _is_said(self._final, until):
            raise TransientError("the final checkpoint is not on the stream; it is kept: close again")
        self._end()

    def _close_spooled(self, until: float, *, is_delivered: bool) -> None:
        if is_delivered and not _is_said(self._say_final(), until):
            is_delivered = False
        self._end(max(_LEAST_END_SECONDS, _left(until) or 0.0))
        if not is_delivered:
            self._around.troubles.log.warning("left_in_spool", producer_id=self._producer_id)

    def _end(self, seconds: float = _END_SECONDS) -> None:
        if isinstance(self._delivery, Spooled):
            self._delivery.end(seconds)
        if self._senders is not None:
            self._senders.end(min(seconds, _END_SECONDS))
        self.intake.end()
        with self.outbox.lock:
            self._is_ended = True
            asked, self._asked = self._asked, []
        for said in asked:
            said.set_exception(_closed())

    def _raise_failure(self) -> None:
        if self._delivery is None or self._delivery.failure is None:
            return
        failure, self._delivery.failure = self._delivery.failure, None
        raise type(failure)(*failure.args) from failure


def _left(until: float | None) -> float | None:
    return None if until is None else max(0.0, until - time.monotonic())


def _is_said(said: Future[None], until: float | None) -> bool:
    try:
        said.result(_left(until))
    except TimeoutError:
        return False
    return True


def _closed() -> TransientError:
    return TransientError("this producer was closed; not all that was asked for is on the stream")
