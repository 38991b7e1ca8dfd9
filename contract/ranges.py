"""Sets of whole numbers as ranges: a million sequence numbers without a gap are one pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice


@dataclass(frozen=True, slots=True)
class Ranges:
    """Sorted, disjoint, not touching. Written "1-500,502,510-600"."""

    pairs: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Ranges:
        """From any numbers, repeats and disorder included."""
        runs = groupby(enumerate(sorted(set(numbers))), key=lambda at: at[1] - at[0])
        ends = ([n for _, n in run] for _, run in runs)
        return cls(tuple((run[0], run[-1]) for run in ends))

    @classmethod
    def to(cls, last: int) -> Ranges:
        """1 to `last`."""
        return cls(((1, last),)) if last > 0 else cls()

    @classmethod
    def join(cls, pairs: Iterable[tuple[int, int]]) -> Ranges:
        """From any pairs, overlapping and disorder included."""
        joined: list[tuple[int, int]] = []
        for low, high in sorted(pairs):
            if joined and low <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
            else:
                joined.append((low, high))
        return cls(tuple(joined))

    @classmethod
    def parse(cls, text: str) -> Ranges:
        ends = (part.partition("-") for part in text.split(",") if part)
        return cls.join((int(low), int(high or low)) for low, _, high in ends)

    def __str__(self) -> str:
        return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in self.pairs)

    def __len__(self) -> int:
        return sum(high - low + 1 for low, high in self.pairs)

    def __iter__(self) -> Iterator[int]:
        for low, high in self.pairs:
            yield from range(low, high + 1)

    def __or__(self, other: Ranges) -> Ranges:
        return Ranges.join((*self.pairs, *other.pairs))

    def __sub__(self, other: Ranges) -> Ranges:
        return Ranges(tuple(_gaps(self.pairs, other.pairs)))

    def __and__(self, other: Ranges) -> Ranges:
        return self - (self - other)

    @property
    def last(self) -> int:
        """The greatest number, 0 where there is none."""
        return self.pairs[-1][1] if self.pairs else 0

    def first(self, count: int) -> list[int]:
        return list(islice(self, count))


def _gaps(pairs: Iterable[tuple[int, int]], taken: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    """What of `pairs` is outside of `taken`; both sorted, so that each is walked once."""
    at = 0
    for low, high in pairs:
        rest = low
        while at < len(taken) and taken[at][1] < rest:
            at += 1
        look = at
        while look < len(taken) and taken[look][0] <= high:
            if taken[look][0] > rest:
                yield rest, taken[look][0] - 1
            rest = taken[look][1] + 1
            look += 1
        if rest <= high:
            yield rest, high
