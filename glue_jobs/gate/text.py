"""The bytes of a file below its header: how quotes, backslashes and line ends are used, and where they are misused.

Personalize's form: a quote opens at a value's start and closes at its end; within, a backslash escapes a quote or a
backslash; outside, there is neither. Rows that break it are taken out, so that the others are still judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]

QUOTE, BACKSLASH, COMMA, LF, CR = (ord(c) for c in '"\\,\n\r')
_AT_ONCE = 1 << 16  # quotes that are looked at together: a fault costs no more than this
_MOST_FAULTS = 1_000  # rows that are taken out one by one; after that the file is given up


@dataclass(frozen=True, slots=True)
class Fault:
    rule: str
    row: int  # as a spreadsheet counts
    column: int  # of the header, from 0
    text: str


@dataclass(slots=True)
class Body:
    """What is left to parse. `doubled`: quotes are escaped by doubling throughout, as RFC 4180 has it."""

    data: bytes | memoryview
    faults: list[Fault] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)  # rule -> how many, of which `faults` holds the first
    taken_out: list[int] = field(default_factory=list)  # rows
    quoted: bool = False
    doubled: bool = False
    given_up: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """Whole rows in which every quote opens or closes a value. `row` is that of the first."""

    start: int
    end: int
    quotes: Positions
    row: int

    def outside(self, positions: Positions) -> npt.NDArray[np.bool_]:
        """Which of the positions lie outside quotes."""
        result: npt.NDArray[np.bool_] = np.searchsorted(self.quotes, positions) % 2 == 0
        return result

    def within(self, positions: Positions) -> Positions:
        low, high = np.searchsorted(positions, [self.start, self.end])
        return positions[low:high]


def positions_of(data: bytes | memoryview, byte: int) -> Positions:
    """Where the byte stands, found in blocks so that no mask of the whole file is made."""
    view, block = np.frombuffer(data, np.uint8), 1 << 24
    found = [np.flatnonzero(view[at : at + block] == byte) + at for at in range(0, len(view), block)]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def escaped(backslashes: Positions) -> Positions:
    """Where a backslash escapes what stands: after a run of an odd number of them."""
    if not len(backslashes):
        return backslashes
    breaks = np.flatnonzero(np.diff(backslashes) != 1)
    ends = np.append(backslashes[breaks], backslashes[-1])
    starts = np.insert(backslashes[breaks + 1], 0, backslashes[0])
    odd: Positions = ends[(ends - starts) % 2 == 0]
    return odd + 1


def doubled_quotes(quotes: Positions) -> Positions:
    """Second quotes of the pairs that escape a quote, where quotes are escaped by doubling."""
    second: Positions = quotes[2::2]
    found: Positions = second[quotes[1:-1:2] + 1 == second]
    return found


def misused(data: bytes | memoryview, quotes: Positions) -> int | None:
    """Index of the first quote that opens elsewhere than at a value's start, or has no close at a value's end."""
    view = np.frombuffer(data, np.uint8)
    opens, closes = quotes[0::2], quotes[1::2]
    before = np.where(opens > 0, view[np.maximum(opens - 1, 0)], LF)
    after = np.where(closes + 1 < len(view), view[np.minimum(closes + 1, len(view) - 1)], LF)
    bad = ~np.isin(before, (COMMA, LF, CR))
    bad[: len(closes)] |= ~np.isin(after, (COMMA, LF, CR))
    bad[len(closes) :] = True
    return int(np.argmax(bad)) * 2 if bad.any() else None


def first_misused(data: bytes | memoryview, quotes: Positions, start: int) -> int | None:
    """As `misused`, from the quote at index `start` on."""
    for at in range(start, len(quotes), _AT_ONCE):
        found = misused(data, quotes[at : at + _AT_ONCE])
        if found is not None:
            return at + found
    return None


class Reader:
    """Walks the quotes of a file from one fault to the next."""

    def __init__(self, data: bytes | memoryview) -> None:
        self.data = data
        self.backslashes = positions_of(data, BACKSLASH)
        every = positions_of(data, QUOTE)
        self.quotes = np.setdiff1d(every, escaped(self.backslashes), assume_unique=True)
        self.every_quote = every
        self._ends: Positions | None = None

    @property
    def ends(self) -> Positions:
        """Where lines end: at a line feed, or a carriage return without one."""
        if self._ends is None:
            view = np.frombuffer(self.data, np.uint8)
            feeds, returns = positions_of(self.data, LF), positions_of(self.data, CR)
            alone = returns[view[np.minimum(returns + 1, len(view) - 1)] != LF]
            self._ends = np.sort(np.concatenate([feeds, alone]))
        return self._ends

    def segments(self, faults: list[tuple[int, int, int]]) -> Iterator[Segment]:
        """The well-formed parts; between them a row is bad, and goes to `faults` as (quote, from, to)."""
        start, index, row = 0, 0, 2
        while (bad := first_misused(self.data, self.quotes, index)) is not None and len(faults) < _MOST_FAULTS:
            opens = int(self.quotes[bad])
            resume = self._line_end(opens)
            cut = self._row_start(opens, start, self.quotes[index:bad])
            good = Segment(start, cut, self.quotes[index:bad], row)
            yield good
            faults.append((opens, cut, resume))
            row += self.rows_in(good) + 1
            start, index = resume, int(np.searchsorted(self.quotes, resume))
        if bad is None:
            yield Segment(start, len(self.data), self.quotes[index:], row)

    def rows_in(self, part: Segment) -> int:
        return int(part.outside(part.within(self.ends)).sum())

    def place(self, part: Segment, position: int) -> tuple[int, int]:
        """Row and column of a position in the part, or in the bad row that follows it."""
        ends = part.within(self.ends)
        ends = ends[(ends < position) & part.outside(ends)]
        begin = int(ends[-1]) + 1 if len(ends) else part.start
        commas = positions_of(bytes(self.data[begin:position]), COMMA) + begin
        return part.row + len(ends), int(part.outside(commas).sum())

    def _line_end(self, position: int) -> int:
        at = int(np.searchsorted(self.ends, position))
        return int(self.ends[at]) + 1 if at < len(self.ends) else len(self.data)

    def _row_start(self, position: int, start: int, quotes: Positions) -> int:
        part = Segment(start, position, quotes, 0)
        ends = part.within(self.ends)
        ends = ends[part.outside(ends)]
        return int(ends[-1]) + 1 if len(ends) else start
