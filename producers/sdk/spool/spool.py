"""One producer's frames on disk, in order, until they are delivered."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract.errors import TransientError
from contract.times import epoch_ms
from producers.sdk.spool.cursor import Position, write_cursor
from producers.sdk.spool.damage import Damage, keep
from producers.sdk.spool.frames import HEAD_BYTES, Bad, Found, Frame, decode_body, encode_body
from producers.sdk.spool.held import Held, SpoolDepth
from producers.sdk.spool.locks import Lock
from producers.sdk.spool.machine import Machine
from producers.sdk.spool.recovery import Recovered
from producers.sdk.spool.segments import HEADER_BYTES, Segment, walk
from producers.sdk.spool.settings import SpoolSettings
from producers.sdk.spool.writing import Writer

_CURSOR_SECONDS = 1.0


class Spool:
    """One writer; any thread may read, forget and ask. The lock on its folder is held until it is closed.

    A forked child has no part in it: there, it takes nothing and changes nothing.
    """

    def __init__(
        self, directory: Path, recovered: Recovered, *, lock: Lock, settings: SpoolSettings, machine: Machine
    ) -> None:
        self.producer_id = directory.name
        self._directory = directory
        self._lock = lock
        self._settings = settings
        self._clock = machine.clock
        self._held = Held(recovered, now=machine.clock.monotonic())
        self._writer = Writer(directory, self._held, settings, machine)
        self._damaged = {(d.segment, d.start): d for d in recovered.damaged}
        self._cursor = threading.Lock()
        self._cursor_at = -_CURSOR_SECONDS

    @property
    def accepted(self) -> int:
        """The producer's highest number that any frame told of, delivered ones included."""
        return self._held.counts.accepted

    @property
    def checkpoints(self) -> int:
        """Checkpoints that any frame told of."""
        return self._held.counts.checkpoints

    @property
    def withheld(self) -> str:
        """Numbers that the newest frame called neither acknowledged nor spooled."""
        return self._held.withheld

    @property
    def last(self) -> Position:
        """Where the newest frame ends; everything was delivered once this was forgotten."""
        return self._held.last

    def append(self, frame: Frame) -> Position:
        """Write the frame behind the others; durable as the settings promise when it returns.

        Raises `TransientError` where the spool is full or the disk refuses: nothing of the frame stays.
        """
        if not self._lock.is_held:
            raise ValueError(f"spool {self.producer_id} is closed, or another process's")
        body = encode_body(frame, written_ms=max(0, epoch_ms(self._clock.now())))
        held, most = self._held.undelivered(), self._settings.max_bytes
        if held + HEAD_BYTES + len(body) > most:
            raise TransientError(f"spool {self.producer_id} is full: {held} of {most} bytes are not delivered")
        with self._translated():
            return self._writer.append(frame, body)

    def read(self, after: Position | None, max_bytes: int) -> list[tuple[Position, Frame]]:
        """Frames behind `after`, or behind what was forgotten: in order, up to `max_bytes`, one at least.

        Empty once there are no more. Raises `TransientError` where the disk does not give them.
        """
        start, segments = self._held.behind(after)
        frames: list[tuple[Position, Frame]] = []
        left = max_bytes
        with self._translated():
            for segment, found in self._found(start, segments):
                left -= found.end - found.start
                if frames and left < 0:
                    break
                at = Position(segment.number, found.end, start.frame + len(frames) + 1)
                frames.append((at, decode_body(found.body)))
        return frames

    def forget(self, up_to: Position) -> None:
        """Everything up to here was delivered. A crash repeats at most what was forgotten within one second."""
        if not self._lock.is_held:
            return
        gone = self._held.forget(up_to)
        # A disk that refuses costs repeats after a crash, nothing else.
        with contextlib.suppress(OSError):
            for segment in gone:
                segment.path.unlink(missing_ok=True)
            self._write_cursor(at_once=False)

    def depth(self) -> SpoolDepth:
        """What is not delivered, as of now."""
        return self._held.depth(self._clock.monotonic())

    def damaged(self) -> tuple[Damage, ...]:
        """What was found damaged so far, and where its bytes lie."""
        return tuple(self._damaged.values())

    def close(self) -> None:
        """Let another process have what is left. Closing twice is closing once."""
        if not self._lock.is_held:
            return
        with contextlib.suppress(OSError):
            self._writer.close()
        with contextlib.suppress(OSError):
            self._write_cursor(at_once=True)
        self._lock.close()

    def remove(self) -> None:
        """Close it and take everything off the disk: all was delivered, and the last checkpoint too."""
        if not self._lock.is_held:
            return
        with contextlib.suppress(OSError):
            self._writer.close()
        gone = self._directory.with_name(f"~{self.producer_id}")  # nobody shall take half of a spool for a whole one
        with contextlib.suppress(OSError):
            self._directory.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
        self._lock.close()

    def _found(self, start: Position, segments: list[tuple[Segment, int]]) -> Iterator[tuple[Segment, Found]]:
        for segment, end in segments:
            begin = start.end if segment.number == start.segment else 0
            reached = max(begin, HEADER_BYTES)
            try:
                for found in walk(segment, start=begin, end=end):
                    reached = max(reached, found.end)
                    if isinstance(found, Bad):
                        self._keep(segment, found, has_frames=end > HEADER_BYTES)
                    else:
                        yield segment, found
            except FileNotFoundError:
                if not self._held.has(segment):  # it was delivered meanwhile
                    continue
            if reached < end:
                self._damaged[segment.path.name, reached] = Damage.gone(segment, reached, end)

    def _keep(self, segment: Segment, bad: Bad, *, has_frames: bool) -> None:
        is_worth = has_frames or not bad.torn  # what is read here was whole once, the beginning of a frame too
        if is_worth and (segment.path.name, bad.start) not in self._damaged:
            self._damaged[segment.path.name, bad.start] = keep(segment, bad)

    def _write_cursor(self, *, at_once: bool) -> None:
        with self._cursor:
            now = self._clock.monotonic()
            if at_once or now - self._cursor_at >= _CURSOR_SECONDS:
                self._cursor_at = now
                write_cursor(self._directory, self._held.forgotten)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TransientError(f"spool {self._directory}: {error}") from error
