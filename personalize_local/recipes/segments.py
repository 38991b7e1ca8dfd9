"""The users with the most affinity to an item, or to all items of an attribute."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from personalize_local.recipes.batches import towards
from personalize_local.recipes.matrices import as_matrix
from personalize_local.recipes.segmented import Segments


def affinity(model: Segments, items: NDArray[np.int32]) -> NDArray[np.float32]:
    """Of every user: the mean score of these items. -inf for users of whom nothing is known."""
    aim = np.zeros((model.items.item_count, 1), np.float32)
    aim[items] = 1 / max(1, len(items))
    scores = np.asarray(as_matrix(model.histories) @ towards(model.items, aim)).ravel()
    scores[model.histories.lengths == 0] = -np.inf
    return scores.astype(np.float32)


def users_for(model: Segments, items: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """The first `count` users, best first; ties by number. Users of whom nothing is known are left out."""
    scores = affinity(model, items)
    best = np.argsort(-scores, kind="stable")[:count]
    return np.asarray(best[np.isfinite(scores[best])], np.int32)
