"""Many users at once, for evaluation, batch jobs and segments: matrix products in place of loops."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_local.recipes.histories import Histories, by_recency
from personalize_local.recipes.item_item import Dense, ItemItem, Neighbours
from personalize_local.recipes.matrices import as_matrix
from personalize_local.recipes.personal import TIE, Personalization


def combined(items: ItemItem, faded: Histories) -> NDArray[np.float32]:
    """Users x items: of each user the weighted sum of the rows of their items. Mind the memory: 4 bytes each."""
    users_items = as_matrix(faded)
    if isinstance(items, Dense):
        total = np.zeros(users_items.shape, np.float32)
        total[:, items.item] = users_items[:, items.item] @ items.weights
        return total
    return np.asarray((users_items @ as_sparse(items)).toarray())


def towards(items: ItemItem, aims: NDArray[np.float32]) -> NDArray[np.float32]:
    """What each item says for the aims, which are items x any: the matrix times them."""
    if isinstance(items, Dense):
        total = np.zeros(aims.shape, np.float32)
        total[items.item] = items.weights @ aims[items.item]
        return total
    return np.asarray(as_sparse(items) @ aims)


def as_sparse(items: Neighbours) -> sparse.csr_matrix:
    shape = (items.item_count, items.item_count)
    return sparse.csr_matrix((items.value, items.item, items.start), shape=shape)


def many(model: Personalization, given: Histories) -> NDArray[np.float32]:
    """What `model.scores` says, for many users at once."""
    faded = by_recency(given, model.scale.half_life)
    known = np.bincount(
        np.repeat(np.arange(faded.user_count), faded.lengths)[model.items.knows(faded.item)], minlength=given.user_count
    )
    logits = combined(model.items, faded) / np.float32(model.scale.temperature) + TIE * model.popularity
    logits[np.repeat(np.arange(given.user_count), given.lengths), given.item] += np.float32(model.scale.repeat)
    logits[known == 0] = model.popularity
    return logits if model.bonus is None else logits + model.bonus
