"""Items beside an item, as serving reads them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personalize_local.recipes.item_item import Neighbours


@dataclass(frozen=True, kw_only=True)
class Related:
    """The neighbours of each item; popular items fill the rest."""

    neighbours: Neighbours
    users: NDArray[np.float32]  # of each item

    def related(self, item: int) -> NDArray[np.float32]:
        scores = self.users / np.float32(1 + self.users.max(initial=0)) - np.float32(1)
        if item < 0:
            return scores
        row = slice(self.neighbours.start[item], self.neighbours.start[item + 1])
        scores[self.neighbours.item[row]] = self.neighbours.value[row]
        scores[item] = -np.inf
        return scores
