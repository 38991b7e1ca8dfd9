"""What a producer that died left on disk: which frames are good, which were delivered, what is damaged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from producers.sdk.spool.cursor import Position, read_cursor
from producers.sdk.spool.damage import Damage, keep
from producers.sdk.spool.frames import Bad, stamp_of
from producers.sdk.spool.segments import HEADER_BYTES, Counts, Segment, segments_in, walk


@dataclass(frozen=True, slots=True)
class Recovered:
    """`ages`: of some frames, in seconds and never negative, whatever the clock did meanwhile."""

    sizes: dict[int, tuple[Segment, int]]  # number -> segment, where its last good frame ends
    last: Position
    forgotten: Position
    counts: Counts
    withheld: str = ""
    ages: tuple[tuple[int, float], ...] = ()
    damaged: tuple[Damage, ...] = ()


NOTHING = Recovered({}, Position(0, 0), Position(0, 0), Counts())


def recover(directory: Path, *, now_ms: int) -> Recovered:
    """Read everything once. Damaged bytes are copied aside; a torn tail is left out. Raises OSError."""
    forgotten = last = read_cursor(directory) or Position(0, 0)
    counts, withheld = Counts(), ""
    sizes: dict[int, tuple[Segment, int]] = {}
    ages: list[tuple[int, float]] = []
    damaged: list[Damage] = []
    for segment in segments_in(directory):
        counts = counts.later(_header_of(segment))
        end = HEADER_BYTES
        for found in walk(segment):
            is_news = (segment.number, found.end) > (forgotten.segment, forgotten.end)
            if isinstance(found, Bad):
                damaged += [keep(segment, found)] if is_news and not found.torn else []
                continue
            end = found.end
            stamp = stamp_of(found.body)
            counts, withheld = counts.later(Counts(stamp.accepted, stamp.checkpoints)), stamp.withheld
            if is_news:
                last = Position(segment.number, end, last.frame + 1)
                _add_age(ages, last.frame, max(0, now_ms - stamp.written_ms) / 1000)
        sizes[segment.number] = (segment, end)
    return Recovered(sizes, last, forgotten, counts, withheld, tuple(ages), tuple(damaged))


def _header_of(segment: Segment) -> Counts:
    with segment.path.open("rb") as file:
        return Counts.of(file.read(HEADER_BYTES)) or Counts()


def _add_age(ages: list[tuple[int, float]], frame: int, age: float) -> None:
    if not ages or ages[-1][1] - age >= 1:
        ages.append((frame, age))
