"""A spool as a source of loads: frames in order, forgotten once all before them were delivered too."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf

from producers.sdk.delivery.outbox import Outbox, Sending
from producers.sdk.intake import Intake
from producers.sdk.spool.cursor import Position
from producers.sdk.spool.frames import Frame
from producers.sdk.spool.spool import Spool
from producers.sdk.troubles import Log

_READ_AT_ONCE = 1024 * 1024  # bytes
_FRAME_OVERHEAD = 1_000
_LINE_OVERHEAD = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What there is to know of lines that are passed on."""

    position: Position | None = None  # of their frame; None where they are in none
    last: int  # the producer's highest number up to and including them
    batch: int = 0  # the number of their batch, where this process made it
    cost: int = 0  # bytes
    then: Callable[[Sending], None] | None = None  # called when the stream has them


class Passed(Sending):
    """A load from a spool, or from a batch that the spool did not take."""

    __slots__ = ("piece",)
    piece: Piece


class Source:
    """One thread reads; the threads that deliver tell, under the outbox's lock."""

    def __init__(self, spool: Spool, outbox: Outbox, *, on_done: Callable[[], None]) -> None:
        """`on_done` is called when there may be room again."""
        self.spool = spool
        self._outbox = outbox
        self._on_done = on_done
        self._read_up_to: Position | None = None
        self._row: deque[Passed] = deque()
        self._forgotten: Position | None = None
        self._delivered_up_to: Position | None = None
        self._skipped: deque[int] = deque()  # numbers of the batches whose frames are yet to be read
        self._named = 0  # damages that were told of
        self.held = 0
        """Bytes of what was passed on and not delivered."""
        self.taken = 0
        """Bytes that came from disk since whoever accounts for them set it to 0."""
        self.freed = 0
        """The same of those that were delivered."""
        self.delivered = 0
        """All numbers up to this one are on the stream."""
        self.batch = 0
        """All batches up to this one are."""

    @property
    def is_caught_up(self) -> bool:
        """Whether everything on disk was passed on."""
        return self._read_up_to is not None and self._read_up_to >= self.spool.last

    @property
    def is_delivered(self) -> bool:
        """Whether everything is on the stream."""
        return self.is_caught_up and not self._row

    def begin_at_end(self) -> None:
        """Of a new spool: nothing is to be read."""
        self._read_up_to = self.spool.last

    def skip(self, batch: int) -> None:
        """A frame was appended that will be read later."""
        self._skipped.append(batch)

    def pass_on(self, keys: Sequence[bytes], lines: Sequence[bytes], piece: Piece) -> None:
        """Give lines to the outbox. With a position: those of the frame that ends there, the next in order."""
        load = Passed(keys, lines, deadline=inf, done=self._done)
        load.piece = piece
        with self._outbox.lock:
            if piece.position is not None:
                self._read_up_to = piece.position
            self.held += piece.cost
            self._row.append(load)
            self._outbox.add(load)

    def read(self, room: int) -> bool:
        """Pass on what fits, and say whether there was anything. Raises `TransientError` where the disk fails."""
        if room <= 0 or self.is_caught_up:
            return False
        found = self.spool.read(self._read_up_to, min(room, _READ_AT_ONCE))
        for position, frame in found:
            self._pass_on_frame(position, frame)
        if not found:  # what was there is damaged: its numbers are told as accepted, so that the ledger names them
            batch = max(self._skipped, default=0)
            self._skipped.clear()
            self.pass_over(Piece(position=self.spool.last, last=self.spool.accepted, batch=batch))
        return bool(found)

    def name_damage(self, log: Log) -> None:
        """Tell of what was found damaged since this was called."""
        for damage in self.spool.damaged()[self._named :]:
            self._named += 1
            kept = None if damage.kept is None else str(damage.kept)
            facts = {"segment": damage.segment, "start": damage.start, "bytes": damage.size, "kept": kept}
            with suppress(Exception):  # a log that fails keeps nothing from being delivered
                log.warning("spool_damaged", producer_id=damage.producer_id, **facts)

    def pass_over(self, piece: Piece) -> None:
        """There are no lines to deliver up to the end of this frame, the next in order."""
        load = Passed([], [], deadline=inf, done=self._done)
        load.piece = piece
        with self._outbox.lock:
            self._read_up_to = piece.position
            self._row.append(load)
            self._advance()

    def _pass_on_frame(self, position: Position, frame: Frame) -> None:
        keys = [key.encode() for key, _ in frame.entries]
        lines = [line for _, line in frame.entries]
        batch = self._skipped.popleft() if self._skipped else 0
        if position >= self.spool.last and self._skipped:  # frames before it were damaged
            batch = max(self._skipped)
            self._skipped.clear()
        if not lines:
            self.pass_over(Piece(position=position, last=frame.accepted, batch=batch))
            return
        cost = _FRAME_OVERHEAD + sum(map(len, keys)) + sum(map(len, lines)) + _LINE_OVERHEAD * len(lines)
        with self._outbox.lock:
            self.taken += cost
            self.pass_on(keys, lines, Piece(position=position, last=frame.accepted, batch=batch, cost=cost))

    def _done(self, load: Sending) -> None:
        assert isinstance(load, Passed)  # noqa: S101 - it passes on no other
        self.held -= load.piece.cost
        self.freed += load.piece.cost
        self._advance()
        if load.piece.then is not None:
            load.piece.then(load)
        self._on_done()

    def _advance(self) -> None:
        while self._row and not self._row[0].left:
            done = self._row.popleft().piece
            self.delivered = max(self.delivered, done.last)
            self.batch = max(self.batch, done.batch)
            self._delivered_up_to = done.position or self._delivered_up_to

    def forget(self) -> None:
        """Let the disk have back what was delivered."""
        delivered = self._delivered_up_to
        if delivered is not None and delivered != self._forgotten:
            self.spool.forget(delivered)
            self._forgotten = delivered

    def account(self, intake: Intake) -> None:
        """Let the intake know what is held of it, and what no more."""
        with self._outbox.lock:
            taken, self.taken = self.taken, 0
            freed, self.freed = self.freed, 0
            batch = self.batch
        if taken:
            intake.hold(taken)
        if freed or batch:
            intake.release(freed, batch)
