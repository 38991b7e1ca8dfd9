"""Items for a user: what the latest items of a history speak for, as serving computes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personalize_local.recipes.histories import recent
from personalize_local.recipes.item_item import ItemItem
from personalize_local.recipes.model import History
from personalize_local.recipes.tilted import Tilt

TIE = np.float32(1e-3)  # of a popular item, where the matrix cannot tell two items apart
_WARM_TILT = np.float32(0.5)  # the history says part of it already


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What turns sums of weights into logits; learned from users' latest items."""

    half_life: float  # in items
    temperature: float
    repeat: float  # added for items that the user had


@dataclass(frozen=True, kw_only=True)
class Personalization:
    """Cold users get what is popular, tilted towards what is known of them."""

    items: ItemItem
    popularity: NDArray[np.float32]  # log of users
    scale: Scale
    tilt: Tilt | None = None
    bonus: NDArray[np.float32] | None = None  # of the solution's objective

    def scores(self, history: History, tokens: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        used = recent(history, self.scale.half_life)
        warm = bool(self.items.knows(used.item).any())
        logits = self._warm(history, used) if warm else self.popularity.copy()
        if self.tilt is not None and tokens is not None and len(tokens):
            logits += self.tilt.scores(tokens) * (_WARM_TILT if warm else np.float32(1))
        if self.bonus is not None:
            logits += self.bonus
        return logits

    def _warm(self, history: History, used: History) -> NDArray[np.float32]:
        logits = self.items.combined(used.item, used.weight)
        logits /= np.float32(self.scale.temperature)
        logits += TIE * self.popularity
        logits[np.unique(history.item)] += np.float32(self.scale.repeat)
        return logits


def popularity_of(users: NDArray[np.int64]) -> NDArray[np.float32]:
    """So that a softmax over it gives each item its share of users."""
    return np.asarray(np.log(users + 0.5), np.float32)
