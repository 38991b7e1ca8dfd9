"""How often each row was met."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Counts:
    """Rows only ever grow; one that was never added was met 0 times."""

    def __init__(self) -> None:
        self._counts = np.zeros(0, np.int64)

    def add(self, row: int) -> None:
        self._grow(row + 1)
        self._counts[row] += 1

    def first(self, count: int) -> NDArray[np.int64]:
        """Of rows 0 to `count` - 1. Not to be changed."""
        self._grow(count)
        return self._counts[:count]

    def _grow(self, size: int) -> None:
        if size > len(self._counts):
            larger = np.zeros(max(size, 2 * len(self._counts)), np.int64)
            larger[: len(self._counts)] = self._counts
            self._counts = larger
