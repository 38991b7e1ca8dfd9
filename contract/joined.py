"""Many byte strings as one: contiguous, as C takes them and as a processor likes them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Final, overload


class Joined(Sequence[bytes]):
    """Byte strings, one behind the other, of 4 GiB at most. Each is an object only while somebody looks at it."""

    __slots__ = ("bounds", "data")

    def __init__(self, data: bytes, bounds: array[int]) -> None:
        """`bounds`: unsigned, 32 bits each; where each string begins, and where the last one ends."""
        self.data: Final = data
        self.bounds: Final = bounds

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> Joined:
        if isinstance(texts, Joined):
            return texts
        return cls(b"".join(texts), array("I", accumulate(map(len, texts), initial=0)))

    @classmethod
    def of_texts(cls, texts: Sequence[str]) -> Joined:
        """Their UTF-8."""
        text = "".join(texts)
        data = text.encode()
        if len(data) == len(text):
            return cls(data, array("I", accumulate(map(len, texts), initial=0)))
        return cls.of([each.encode() for each in texts])

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __iter__(self) -> Iterator[bytes]:
        data = self.data
        return (data[start:end] for start, end in pairwise(self.bounds))

    @overload
    def __getitem__(self, place: int) -> bytes: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[bytes]: ...

    def __getitem__(self, place: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        place = range(len(self))[place]
        return self.data[self.bounds[place] : self.bounds[place + 1]]
