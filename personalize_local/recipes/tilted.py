"""The tilt of items towards tokens, as serving computes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_REMEMBERED: Final = 32


@dataclass(frozen=True, kw_only=True)
class Tilt:
    """Interactions of each item, and of each token with items: `item[start[t]:start[t + 1]]`, `together` of them."""

    start: NDArray[np.int64]
    item: NDArray[np.int32]
    together: NDArray[np.float32]
    of_item: NDArray[np.float32]
    smoothing: float
    _lifts: dict[int, NDArray[np.float32]] = field(init=False, default_factory=dict, repr=False, compare=False)

    def scores(self, tokens: NDArray[np.int32]) -> NDArray[np.float32]:
        """The sum of the tokens' log-lifts of every item; tokens that training did not see say nothing."""
        total = np.zeros(len(self.of_item), np.float32)
        for token in tokens[(tokens >= 0) & (tokens < len(self.start) - 1)].tolist():
            total += self._remembered(token)
        return total

    def _remembered(self, token: int) -> NDArray[np.float32]:
        """A few tokens, those of many users, are asked for again and again."""
        lift = self._lifts.get(token)
        if lift is None:
            if len(self._lifts) == _REMEMBERED:
                self._lifts.clear()
            lift = self._lifts[token] = self._lift(token)
        return lift

    def _lift(self, token: int) -> NDArray[np.float32]:
        row = slice(self.start[token], self.start[token + 1])
        share = self.together[row].sum() / max(1.0, float(self.of_item.sum()))
        lift = -np.log1p(self.of_item * (share / self.smoothing))
        lift[self.item[row]] += np.log1p(self.together[row] / self.smoothing)
        return np.asarray(lift, np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"start": self.start, "item": self.item, "together": self.together, "of_item": self.of_item}
