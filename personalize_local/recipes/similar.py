"""Similar-items: what users do and what items are, blended; items that few had go by what they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_local.recipes.histories import Histories, latest, users_of
from personalize_local.recipes.item_item import Neighbours
from personalize_local.recipes.matrices import as_matrix, strongest
from personalize_local.recipes.model import ItemFacts
from personalize_local.recipes.neighbours import tf_idf_neighbours
from personalize_local.recipes.semantic import similar_content

COLD = 5  # interactions; below, only metadata counts


def similar(histories: Histories, facts: ItemFacts | None, content_share: float) -> Neighbours:
    """Both are cosines, so they blend as they are."""
    behaviour = tf_idf_neighbours(as_matrix(latest(histories)))
    if facts is None:
        return behaviour
    cold = users_of(histories) < COLD
    by_content = np.where(cold, 1.0, content_share).astype(np.float64)
    return strongest(_scaled(behaviour, 1 - by_content) + _scaled(similar_content(facts), by_content))


def _scaled(neighbours: Neighbours, factor: NDArray[np.float64]) -> sparse.csr_matrix:
    shape = (neighbours.item_count, neighbours.item_count)
    rows = sparse.csr_matrix((neighbours.value, neighbours.item, neighbours.start), shape=shape)
    return (sparse.diags(factor) @ rows).tocsr()
