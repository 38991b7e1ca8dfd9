"""The latest imported interactions of each user, as filters look at them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Recent:
    """Rows of items by user: `row[start[u]:start[u + 1]]`, with the number of each event's type."""

    users: Any  # sorted ids, as an Arrow array
    types: tuple[str, ...]  # in lower case
    start: NDArray[np.int64]
    row: NDArray[np.int32]
    type: NDArray[np.int16]

    def of(self, user: str, event_type: str) -> NDArray[np.int32]:
        """Oldest first; `event_type` in lower case."""
        at = bisect_left(range(len(self.users)), user, key=lambda number: self.users[number].as_py())
        if at == len(self.users) or self.users[at].as_py() != user:
            return self.row[:0]
        if event_type not in self.types:
            return self.row[:0]
        part = slice(self.start[at], self.start[at + 1])
        found: NDArray[np.int32] = self.row[part][self.type[part] == self.types.index(event_type)]
        return found

    def users_of(self, row: int, event_type: str) -> list[str]:
        """Who had the item of a row; "*" for all types."""
        found = self.row == row
        if event_type != "*":
            found &= self.type == (self.types.index(event_type) if event_type in self.types else -1)
        numbers = np.unique(np.searchsorted(self.start, np.flatnonzero(found), side="right") - 1)
        return [self.users[number].as_py() for number in numbers.tolist()]
