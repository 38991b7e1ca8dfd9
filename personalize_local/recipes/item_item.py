"""How strongly each item speaks for each other one: what serving reads. Arrays may be memory-mapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Dense:
    """A full matrix over the items that training saw; others have slot -1, and neither speak nor are spoken for."""

    slot: NDArray[np.int32]  # of each item
    item: NDArray[np.int32]  # of each slot
    weights: NDArray[np.float32]  # slots x slots

    @property
    def item_count(self) -> int:
        return len(self.slot)

    def knows(self, item: NDArray[np.int32]) -> NDArray[np.bool_]:
        return self.slot[item] >= 0

    def combined(self, item: NDArray[np.int32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
        """The weighted sum of these items' rows."""
        rows = self.slot[item]
        known = rows >= 0
        total = np.zeros(self.item_count, np.float32)
        # Not `@`: for so few rows its threads cost more than they bring, above all while a training has them.
        total[self.item] = np.einsum("i,ij->j", weight[known], self.weights[rows[known]])
        return total

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"slot": self.slot, "item": self.item, "weights": self.weights}


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The strongest neighbours of each item: `item[start[i]:start[i + 1]]`, all values above 0."""

    start: NDArray[np.int64]
    item: NDArray[np.int32]
    value: NDArray[np.float32]

    @property
    def item_count(self) -> int:
        return len(self.start) - 1

    def knows(self, item: NDArray[np.int32]) -> NDArray[np.bool_]:
        return np.asarray(self.start[item + 1] > self.start[item])

    def combined(self, item: NDArray[np.int32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
        """The weighted sum of these items' rows."""
        total = np.zeros(self.item_count, np.float32)
        for number, factor in zip(item.tolist(), weight.tolist(), strict=True):
            row = slice(self.start[number], self.start[number + 1])
            total[self.item[row]] += factor * self.value[row]
        return total

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"start": self.start, "item": self.item, "value": self.value}


ItemItem = Dense | Neighbours
