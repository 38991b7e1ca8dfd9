"""Ids and their numbers: sorted, in two memory-mapped arrays, so that a million cost a start nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, overload

import numpy as np
from numpy.typing import NDArray

_TEXT: Final = "ids.npy"
_OFFSETS: Final = "offsets.npy"


class Vocabulary(Sequence[str]):
    """Id i is the i-th in the order of UTF-8 bytes, which is Python's order of strings, too."""

    def __init__(self, text: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        self._text = memoryview(text.data)
        self._offsets = memoryview(offsets.data)

    @classmethod
    def of(cls, ids: Sequence[str]) -> Vocabulary:
        """In memory. Raises ValueError for ids that are not sorted or not distinct."""
        return cls(*_packed(ids))

    @staticmethod
    def write(path: Path, ids: Sequence[str]) -> None:
        """Two files in the folder `path`, made if need be; `whole_folder` makes them durable. Raises as `of`."""
        text, offsets = _packed(ids)
        path.mkdir(parents=True, exist_ok=True)
        np.save(path / _TEXT, text)
        np.save(path / _OFFSETS, offsets)

    @classmethod
    def open(cls, path: Path) -> Vocabulary:
        text = np.load(path / _TEXT, mmap_mode="r", allow_pickle=False)
        return cls(text, np.load(path / _OFFSETS, mmap_mode="r", allow_pickle=False))

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self._bytes(i).decode() for i in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        return self._bytes(at % len(self)).decode()

    def __iter__(self) -> Iterator[str]:
        return (self._bytes(at).decode() for at in range(len(self)))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.find(name) is not None

    def find(self, name: str) -> int | None:
        """The id's number."""
        wanted = name.encode("utf-8", "surrogatepass")
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._bytes(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self._bytes(low) == wanted else None

    def _bytes(self, at: int) -> bytes:
        return self._text[self._offsets[at] : self._offsets[at + 1]].tobytes()


def _packed(ids: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    encoded = [name.encode() for name in ids]
    if any(left >= right for left, right in pairwise(encoded)):
        raise ValueError("ids must be sorted and distinct")
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(name) for name in encoded], out=offsets[1:])
    # One byte more, since an empty file cannot be mapped.
    return np.frombuffer(b"".join(encoded) + b"\0", np.uint8), offsets
