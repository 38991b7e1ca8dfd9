"""Checkpoints of a producer with a spool: on disk first, then on the stream."""

from __future__ import annotations

from collections.abc import Callable

from contract.checkpoints import Checkpoint, encode_checkpoint
from contract.errors import ConfigurationError, TransientError
from producers.sdk.around import Around
from producers.sdk.checkpointing import Told
from producers.sdk.delivery.outbox import Outbox, Sending
from producers.sdk.delivery.source import Piece, Source
from producers.sdk.delivery.under_way import UnderWay
from producers.sdk.spool.cursor import Position

_DISK_PAUSE = 0.5  # seconds before a disk that refused is asked again

Append = Callable[[tuple[str, bytes], int], Position]  # key and line of a checkpoint, its number


class Telling:
    """The committer's thread calls it; any thread may ask for the final one."""

    def __init__(self, told: Told, source: Source, outbox: Outbox, around: Around, *, append: Append) -> None:
        self._told = told
        self._source = source
        self._outbox = outbox
        self._append = append
        self._clock = around.clock
        self._troubles = around.troubles
        self._tell_at = 0.0
        self._unwritten: Checkpoint | None = None  # numbered, and nowhere yet
        self._wanted: list[Callable[[], None]] = []  # told once a final checkpoint, made from now on, is on the stream
        self._saying = UnderWay()
        self.closed_at = -1
        """All up to this number the last final checkpoint told of."""

    @property
    def made(self) -> int:
        """Checkpoints made that are on disk or go on the stream."""
        return self._told.number - (self._unwritten is not None)

    def say_final(self, done: Callable[[], None]) -> None:
        """Call `done` once the final checkpoint and those before it are on the stream."""
        with self._outbox.lock:
            self._wanted.append(done)

    def tell(self, now: float, *, is_waiting: bool) -> None:
        """Say what is due; nothing final while a batch `is_waiting` for the disk."""
        with self._outbox.lock:
            delivered, due = self._source.delivered, self.due_at()
            is_final = bool(self._wanted) and not is_waiting
            if is_final:
                self._saying.began()  # until all are said
                for done in self._wanted:
                    self._saying.when_none(done)
                self._wanted = []
        if is_final:
            while not self._say(delivered, now, final=True):
                pass
            self._said()
        elif due is not None and due <= now:
            self._say(delivered, now, final=False)

    def due_at(self) -> float | None:
        """When the next one is due; None where there is nothing new."""
        due = None if self._saying else self._told.due_at(self._source.delivered)
        return None if due is None else max(due, self._tell_at)

    def _say(self, delivered: int, now: float, *, final: bool) -> bool:
        """Whether all was said. A checkpoint goes on the stream once it is on disk: whoever adopts the spool goes on
        with its number. One that the disk refuses is kept for later, unless it is time for the final one.
        """
        checkpoint = self._unwritten or self._next(delivered, now, final=final)
        if checkpoint.final:
            self.closed_at = checkpoint.accepted
        line, is_next = encode_checkpoint(checkpoint), self._source.is_caught_up
        position = self._written(checkpoint, line)
        self._unwritten = None if position or final else checkpoint
        if self._unwritten:
            self._tell_at = now + _DISK_PAUSE
            return False
        if position and not is_next:
            self._source.skip(0)  # it comes once more, behind what waits on disk
            position = None
        with self._outbox.lock:
            self._saying.began()
        # All that it covers is on the stream, so it may pass what waits on disk.
        piece = Piece(position=position, last=delivered, then=self._said)
        self._source.pass_on([checkpoint.producer_id.encode()], [line], piece)
        return checkpoint.final or not final

    def _next(self, delivered: int, now: float, *, final: bool) -> Checkpoint:
        with self._outbox.lock:
            return self._told.next(delivered, at=self._clock.now(), now=now, final=final)

    def _written(self, checkpoint: Checkpoint, line: bytes) -> Position | None:
        try:
            return self._append((checkpoint.producer_id, line), checkpoint.number)
        except (TransientError, ConfigurationError) as error:
            self._troubles.began("spool_refuses", reason=str(error))
            return None

    def _said(self, _: Sending | None = None) -> None:
        with self._outbox.lock:
            self._saying.ended()
