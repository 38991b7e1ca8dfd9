"""Delivery with a spool: an event is acknowledged once it is on disk, and sent from memory or, later, from there."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf

from contract.errors import TransientError
from contract.ranges import Ranges
from producers.sdk.around import Around
from producers.sdk.checkpointing import Told
from producers.sdk.delivery.orphans import Orphans
from producers.sdk.delivery.outbox import Outbox, Sending
from producers.sdk.delivery.source import Piece, Source
from producers.sdk.delivery.telling import Telling
from producers.sdk.intake import Intake
from producers.sdk.metrics import Histogram
from producers.sdk.receipts import Batch
from producers.sdk.spool.cursor import Position
from producers.sdk.spool.frames import Frame
from producers.sdk.spool.spool import Spool

_DISK_PAUSE = 0.5  # seconds before a disk that refused is asked again


class Spooled:
    """The committer: a thread that writes batches to the spool, acknowledges them, and keeps the outbox filled.

    A batch that the disk refuses goes on in memory, and is acknowledged once the stream has it.
    """

    def __init__(
        self, intake: Intake, outbox: Outbox, told: Told, spool: Spool, orphans: Orphans, around: Around
    ) -> None:
        self._intake = intake
        self._outbox = outbox
        self._told = told
        self._orphans = orphans
        self._room = (
            around.settings.memory_bytes // 4
        )  # of the loads; calls hold them again, and the intake needs the rest
        self._clock = around.clock
        self._bell = around.bell
        self._senders_bell = around.senders_bell
        self._troubles = around.troubles
        self._source = Source(spool, outbox, on_done=around.bell.ring)
        self._source.begin_at_end()
        self._waiting: deque[Batch] = deque()  # batches that are not on disk, in order
        self._in_memory: list[Batch] = []  # those that the disk refused, until the stream has them
        self._last = 0  # the highest number that the spool was told of
        self._append_at = self._read_at = self._renew_at = 0.0
        self._telling = Telling(told, self._source, outbox, around, append=self._append_checkpoint)
        self._is_ending = self._is_given_up = False
        self._fates = threading.Lock()  # a batch is acknowledged or given up
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self.acknowledge_seconds = Histogram()
        self.withdrawn = 0
        self.failure: Exception | None = None

    @property
    def spool(self) -> Spool:
        return self._source.spool

    def start(self) -> None:
        self._thread.start()

    def end(self, seconds: float) -> None:
        """Leave what is not delivered to the next process; what is not on disk within so many seconds is given up.

        A disk that hangs then keeps nobody waiting but the committer, who lets the spool go once it answers.
        """
        self._is_ending = True
        self._bell.ring_all()
        self._thread.join(seconds)
        self._give_up()

    def say_final(self, done: Callable[[], None]) -> None:
        """Write the final checkpoint, and call `done` once the stream has it and those before it."""
        self._telling.say_final(done)
        self._bell.ring_all()

    # --- the committer's thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._is_ending:
            heard = self._bell.rings
            now = self._clock.monotonic()
            try:
                is_busy = self._work(now)
            except Exception as error:  # noqa: BLE001 - a thread that ended in silence would keep everyone waiting
                self._failed(error)
                self._bell.wait(heard, _DISK_PAUSE)
                continue
            self._troubles.ended("committer_fails")
            if not is_busy:
                self._wait(heard, now)
        try:
            self._leave()
        except Exception as error:  # noqa: BLE001 - others could not have the spool
            self._failed(error)
        finally:
            self.spool.close()

    def _failed(self, error: Exception) -> None:
        self._troubles.began("committer_fails", reason=f"{type(error).__name__}: {error}")

    def _leave(self) -> None:
        """Write what came last, give up what neither the stream nor the disk has, and let others have the rest."""
        if not self._is_given_up:
            self._take(inf)
            self._append_at = 0.0
            self._commit(inf)
            self._renew(inf)
        self._give_up()
        self._orphans.leave()
        self._source.forget()
        if self._source.is_delivered and self._telling.closed_at == self._last and not self._waiting:
            self.spool.remove()

    def _give_up(self) -> None:
        why = TransientError("closed before the stream or the disk took it")
        with self._outbox.lock, self._fates:
            self._is_given_up = True
            for batch in [*self._in_memory, *self._waiting]:
                if not batch.is_settled:
                    self.failure = why
                    self.withdrawn += len(batch.numbers())
                    batch.settle(dict.fromkeys(range(len(batch.lines)), why))

    def _work(self, now: float) -> bool:
        """Whether there may be more to do at once."""
        self._take(now)
        self._commit(now)
        if self._is_given_up:
            return False
        is_busy = self._read(now)
        self._telling.tell(now, is_waiting=bool(self._waiting))
        self._renew(now)
        self._source.forget()
        self._source.account(self._intake)
        is_busy |= self._orphans.work(now, room=self._room - self._source.held)
        self._senders_bell.ring()
        return is_busy

    def _take(self, now: float) -> None:
        with self._outbox.lock:
            for batch in self._intake.take(now):
                self._told.begin(batch)
                self._waiting.append(batch)

    def _wait(self, heard: int, now: float) -> None:
        times = [
            self._intake.due_at(),
            self._telling.due_at(),
            self._orphans.due_at,
        ]
        if self._waiting:
            times.append(self._append_at)
        if not self._source.is_caught_up and self._read_at > now:
            times.append(self._read_at)
        if self._is_stale():
            times.append(self._renew_at)
        soonest = min(at for at in times if at is not None)
        self._bell.wait(heard, max(0.0, soonest - now))

    def _commit(self, now: float) -> None:
        while self._waiting and now >= self._append_at and not self._is_given_up:
            batch = self._waiting[0]
            if not self._append(batch):
                if self._is_given_up:
                    return
                if not self._source.is_caught_up:  # or it would overtake what is on disk
                    self._append_at = now + _DISK_PAUSE
                    return
                self._keep_in_memory(batch)
            self._waiting.popleft()

    def _append(self, batch: Batch) -> bool:
        keys, lines, size = batch.keys, batch.lines, batch.size
        if batch.is_settled:  # it was given up, and its lines may be gone
            return False
        entries = tuple(zip(map(bytes.decode, keys), lines, strict=True))
        was_caught_up = self._source.is_caught_up
        frame = Frame(entries, accepted=batch.last, checkpoints=self._telling.made, withheld=self._withheld())
        try:
            position = self.spool.append(frame)
        except TransientError as error:
            self._troubles.began("spool_refuses", reason=str(error))
            return False
        self._troubles.ended("spool_refuses")
        self._last = batch.last
        with self._fates:
            if self._is_given_up:  # while the disk was at it: whoever adopts the spool delivers it all the same
                return True
            batch.settle({})
        self._acknowledged(batch)
        if was_caught_up and self._source.held + size <= self._room:
            self._source.pass_on(keys, lines, Piece(position=position, last=batch.last, batch=batch.number, cost=size))
        else:
            self._source.skip(batch.number)
            self._intake.release(size)
        return True

    def _keep_in_memory(self, batch: Batch) -> None:
        self._in_memory.append(batch)
        self._last = max(self._last, batch.last)
        piece = Piece(last=batch.last, batch=batch.number, cost=batch.size, then=partial(self._settle, batch))
        self._source.pass_on(batch.keys, batch.lines, piece)

    def _settle(self, batch: Batch, load: Sending) -> None:
        self._in_memory.remove(batch)
        if not batch.is_settled:
            batch.settle(load.failures)
            self._acknowledged(batch)

    def _acknowledged(self, batch: Batch) -> None:
        self.acknowledge_seconds.add(self._clock.monotonic() - batch.opened_at)
        with self._outbox.lock:
            self._told.advance()

    def _withheld(self) -> str:
        with self._outbox.lock:
            return str(Ranges.of(number for batch in self._in_memory for number in batch.numbers()))

    def _append_checkpoint(self, entry: tuple[str, bytes], number: int) -> Position:
        return self.spool.append(Frame((entry,), self._last, number, self._withheld()))

    def _is_stale(self) -> bool:
        is_told = self.spool.accepted >= self._last and not self.spool.withheld
        return not self._in_memory and not self._waiting and not is_told

    def _renew(self, now: float) -> None:
        """Write a frame of nothing where the newest says of numbers that the stream has that they are nowhere."""
        if not self._is_stale() or now < self._renew_at:
            return
        is_next = self._source.is_caught_up
        try:
            position = self.spool.append(Frame((), self._last, self._telling.made, ""))
        except TransientError:
            self._renew_at = now + _DISK_PAUSE
            return
        if is_next:
            self._source.pass_over(Piece(position=position, last=self._last))
        else:
            self._source.skip(0)

    def _read(self, now: float) -> bool:
        if now < self._read_at:
            return False
        try:
            found = self._source.read(self._room - self._source.held)
        except TransientError as error:
            self._troubles.began("spool_unreadable", reason=str(error))
            self._read_at = now + _DISK_PAUSE
            return False
        self._troubles.ended("spool_unreadable")
        self._source.name_damage(self._troubles.log)
        return found
