"""What a spool holds: which segments, how far they go, what of them was delivered. Pure but for its lock."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from producers.sdk.spool.ages import Ages
from producers.sdk.spool.cursor import Position
from producers.sdk.spool.frames import Frame
from producers.sdk.spool.recovery import Recovered
from producers.sdk.spool.segments import HEADER_BYTES, Counts, Segment


@dataclass(frozen=True, slots=True)
class SpoolDepth:
    """What is not delivered yet."""

    bytes: int
    frames: int
    oldest_seconds: float  # to a second


class Held:
    """Any thread may ask and tell. Times are in seconds of one monotonic clock."""

    def __init__(self, recovered: Recovered, *, now: float) -> None:
        self._lock = threading.Lock()
        self._sizes = dict(recovered.sizes)
        self._ages = Ages()
        for frame, age in recovered.ages:
            self._ages.add(frame, now - age)
        self.last = recovered.last
        self.forgotten = recovered.forgotten
        self.counts = recovered.counts
        self.withheld = recovered.withheld

    def next_number(self) -> int:
        with self._lock:
            return max(self._sizes, default=max(self.last.segment, self.forgotten.segment)) + 1

    def begun(self, segment: Segment) -> None:
        with self._lock:
            self._sizes[segment.number] = (segment, HEADER_BYTES)

    def dropped(self, segment: Segment) -> None:
        with self._lock:
            self._sizes.pop(segment.number, None)

    def grew(self, segment: Segment, end: int, frame: Frame, now: float) -> Position:
        """A frame was written, and ends here."""
        with self._lock:
            self.last = Position(segment.number, end, self.last.frame + 1)
            self._sizes[segment.number] = (segment, end)
            self.counts = self.counts.later(Counts(frame.accepted, frame.checkpoints))
            self.withheld = frame.withheld
            self._ages.add(self.last.frame, now)
            return self.last

    def forget(self, up_to: Position) -> list[Segment]:
        """All up to here was delivered; the segments that nobody needs any more."""
        with self._lock:
            if up_to <= self.forgotten:
                return []
            self.forgotten = self.last if up_to == self.last else up_to  # whose count knows of damaged frames
            self._ages.forget_before(self.forgotten.frame + 1)  # or they grew for as long as nobody asks
            # The newest that has a frame stays: it tells how far the producer was.
            newest = max((number for number, (_, size) in self._sizes.items() if size > HEADER_BYTES), default=0)
            done = [
                number
                for number, (_, size) in self._sizes.items()
                if number != newest and (number, size) <= (up_to.segment, up_to.end)
            ]
            return [self._sizes.pop(number)[0] for number in sorted(done)]

    def behind(self, position: Position | None) -> tuple[Position, list[tuple[Segment, int]]]:
        """Where to read on, and the segments from there with where the frames in them end."""
        with self._lock:
            start = self.forgotten if position is None or position < self.forgotten else position
            return start, [self._sizes[number] for number in sorted(self._sizes) if number >= start.segment]

    def has(self, segment: Segment) -> bool:
        with self._lock:
            return segment.number in self._sizes

    def undelivered(self) -> int:
        """Bytes."""
        with self._lock:
            return self._undelivered()

    def depth(self, now: float) -> SpoolDepth:
        with self._lock:
            frames = self.last.frame - self.forgotten.frame
            age = self._ages.of(self.forgotten.frame + 1, now) if frames else 0.0
            return SpoolDepth(self._undelivered() if frames else 0, frames, age)

    def _undelivered(self) -> int:
        at = self.forgotten
        later = sum(size - HEADER_BYTES for number, (_, size) in self._sizes.items() if number > at.segment)
        size = self._sizes[at.segment][1] if at.segment in self._sizes else 0
        return later + max(0, size - at.end)
