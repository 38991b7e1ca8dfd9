"""One producer's frames on disk, in order, until they are delivered."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contract.errors import TransientError
from contract.times import epoch_ms
from producers.sdk.spool.ages import Ages
from producers.sdk.spool.cursor import Position, write_cursor
from producers.sdk.spool.damage import Damage, keep
from producers.sdk.spool.frames import HEAD_BYTES, Bad, Frame, decode_body, encode_body
from producers.sdk.spool.locks import Lock
from producers.sdk.spool.machine import Machine
from producers.sdk.spool.recovery import Recovered
from producers.sdk.spool.segments import HEADER_BYTES, SALT_BYTES, Counts, OpenSegment, Segment, walk
from producers.sdk.spool.settings import SpoolSettings

_CURSOR_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class SpoolDepth:
    """What is not delivered yet."""

    bytes: int
    frames: int
    oldest_seconds: float  # to a second


class Spool:
    """One writer; any thread may read, forget and ask. The lock on its directory is held until it is closed."""

    def __init__(
        self, directory: Path, recovered: Recovered, *, lock: Lock, settings: SpoolSettings, machine: Machine
    ) -> None:
        self.producer_id = directory.name
        self._directory = directory
        self._lock_of_directory = lock
        self._settings = settings
        self._machine = machine
        self._clock = machine.clock
        self._counts = recovered.counts
        self._sizes: dict[int, tuple[Segment, int]] = dict(recovered.sizes)
        self._last, self._forgotten = recovered.last, recovered.forgotten
        self._ages = Ages()
        for frame, age in recovered.ages:
            self._ages.add(frame, self._clock.monotonic() - age)
        self._damaged = {(d.segment, d.start): d for d in recovered.damaged}
        self._open: OpenSegment | None = None
        self._cursor_at = -_CURSOR_SECONDS
        self._is_dirty = False
        self._trouble: OSError | None = None
        self._state = threading.Lock()  # held for moments
        self._writing = threading.Lock()  # held while the disk is at work
        self._closed = threading.Event()
        self._syncer: threading.Thread | None = None

    @property
    def accepted(self) -> int:
        """The producer's highest number that any frame told of, delivered ones included."""
        return self._counts.accepted

    @property
    def checkpoints(self) -> int:
        """Checkpoints that any frame told of."""
        return self._counts.checkpoints

    @property
    def last(self) -> Position:
        """Where the newest frame ends; everything was delivered once this was forgotten."""
        return self._last

    def append(self, frame: Frame) -> Position:
        """Write the frame behind the others; durable as the settings promise when it returns.

        Raises `TransientError` where the spool is full or the disk refuses: nothing of the frame stays.
        """
        if self._closed.is_set():
            raise ValueError(f"spool {self.producer_id} is closed")
        body = encode_body(frame, written_ms=max(0, epoch_ms(self._clock.now())))
        with self._writing, self._translated():
            self._make_room(len(body) + HEAD_BYTES)
            target = self._segment_for(len(body) + HEAD_BYTES)
            end = target.append(body, sync=self._settings.sync_seconds is None)
            self._is_dirty = self._settings.sync_seconds is not None
            return self._note(target, end, frame)

    def read(self, after: Position | None, max_bytes: int) -> list[tuple[Position, Frame]]:
        """Frames behind `after`, or behind what was forgotten: in order, up to `max_bytes`, one at least.

        Nothing once there are no more.

        Raises `TransientError` where the disk does not give them.
        """
        with self._translated():
            return list(self._read(after, max_bytes))

    def forget(self, up_to: Position) -> None:
        """Everything up to here was delivered. A crash repeats at most what was forgotten in the last second."""
        with self._state:
            if up_to <= self._forgotten:
                return
            self._forgotten = up_to
            done = [n for n, (_, size) in self._sizes.items() if (n, size) <= (up_to.segment, up_to.end)]
            # The newest stays: it tells how far the producer was.
            gone = [self._sizes.pop(number)[0] for number in sorted(done) if number != max(self._sizes)]
            now = self._clock.monotonic()
            is_due = now - self._cursor_at >= _CURSOR_SECONDS
            if is_due:
                self._cursor_at = now
        # A disk that refuses here costs repeats after a crash, nothing else.
        with contextlib.suppress(OSError):
            for segment in gone:
                segment.path.unlink(missing_ok=True)
            if is_due:
                write_cursor(self._directory, up_to)

    def depth(self) -> SpoolDepth:
        """What is not delivered, as of now."""
        with self._state:
            frames = self._last.frame - self._forgotten.frame
            age = self._ages.of(self._forgotten.frame + 1, self._clock.monotonic()) if frames else 0.0
            return SpoolDepth(self._undelivered(), frames, age)

    def damaged(self) -> tuple[Damage, ...]:
        """What was found damaged so far, and where its bytes lie."""
        return tuple(self._damaged.values())

    def close(self) -> None:
        """Let another process have what is left. Closing twice is closing once."""
        if self._closed.is_set():
            return
        self._closed.set()
        with self._writing, contextlib.suppress(OSError):
            self._leave_segment()
        with contextlib.suppress(OSError):
            write_cursor(self._directory, self._forgotten)
        self._lock_of_directory.close()

    def remove(self) -> None:
        """Take everything off the disk: all was delivered and nobody needs to finish it. Closes it too."""
        self._closed.set()
        with self._writing, contextlib.suppress(OSError):
            self._leave_segment()
        gone = self._directory.with_name(f"~{self.producer_id}")  # no reader takes half of a spool for a whole one
        with contextlib.suppress(OSError):
            self._directory.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
        self._lock_of_directory.close()

    # --- writing: `_writing` is held ------------------------------------------------------------------------------

    def _make_room(self, size: int) -> None:
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble
        with self._state:
            held = self._undelivered()
        if held + size > self._settings.max_bytes:
            raise TransientError(f"spool {self.producer_id} is full: {held} of {self._settings.max_bytes} bytes")

    def _segment_for(self, size: int) -> OpenSegment:
        current = self._open
        if current is not None:
            fits = current.size + size <= self._settings.segment_bytes or current.size == HEADER_BYTES
            if fits and current.is_sound:
                return current
            self._leave_segment()
        number = max(self._sizes, default=self._last.segment) + 1
        segment = Segment.named(self._directory, number, self._machine.entropy(SALT_BYTES))
        self._open = OpenSegment(segment, self._counts, self._machine.files)
        with self._state:
            self._sizes[number] = (segment, self._open.size)
        self._start_syncer()
        return self._open

    def _leave_segment(self) -> None:
        leaving, self._open = self._open, None
        if leaving is None:
            return
        try:
            if self._is_dirty and leaving.is_sound:
                leaving.sync()
        finally:
            self._is_dirty = False
            leaving.close()

    def _note(self, target: OpenSegment, end: int, frame: Frame) -> Position:
        with self._state:
            self._last = Position(target.segment.number, end, self._last.frame + 1)
            self._sizes[target.segment.number] = (target.segment, end)
            self._counts = Counts(
                max(self._counts.accepted, frame.accepted), max(self._counts.checkpoints, frame.checkpoints)
            )
            self._ages.add(self._last.frame, self._clock.monotonic())
            return self._last

    def _start_syncer(self) -> None:
        if self._settings.sync_seconds is not None and self._syncer is None:
            self._syncer = threading.Thread(target=self._sync_often, name="spool-sync", daemon=True)
            self._syncer.start()

    def _sync_often(self) -> None:
        while not self._closed.wait(self._settings.sync_seconds):
            with self._writing:
                try:
                    if self._open is not None and self._is_dirty and self._open.is_sound:
                        self._is_dirty = False
                        self._open.sync()
                except OSError as error:
                    self._trouble = error  # the next append says so

    # --- reading --------------------------------------------------------------------------------------------------

    def _undelivered(self) -> int:
        done = self._forgotten
        later = sum(size - HEADER_BYTES for number, (_, size) in self._sizes.items() if number > done.segment)
        size = self._sizes[done.segment][1] if done.segment in self._sizes else done.end
        return later + size - done.end

    def _read(self, after: Position | None, max_bytes: int) -> Iterator[tuple[Position, Frame]]:
        with self._state:
            start = self._forgotten if after is None or after < self._forgotten else after
            segments = [(n, *self._sizes[n]) for n in sorted(self._sizes) if n >= start.segment]
        left, frame = max_bytes, start.frame
        for number, segment, size in segments:
            for found in walk(segment, start=start.end if number == start.segment else 0, end=size):
                if isinstance(found, Bad):
                    self._keep(segment, found)
                    continue
                if left < max_bytes and found.end - found.start > left:
                    return
                left -= found.end - found.start
                frame += 1
                yield Position(number, found.end, frame), decode_body(found.body)

    def _keep(self, segment: Segment, bad: Bad) -> None:
        if not bad.torn and (segment.path.name, bad.start) not in self._damaged:
            self._damaged[segment.path.name, bad.start] = keep(segment, bad)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TransientError(f"spool {self._directory}: {error}") from error
