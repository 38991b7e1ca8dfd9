"""TF-IDF nearest neighbours: for catalogues too large for a full item-item matrix."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from personalize_local.recipes.item_item import Neighbours
from personalize_local.recipes.matrices import nearest, of_unit_length

MAX_DENSE_ITEMS = 15_000  # a full matrix takes 1.8 GB to train and 0.9 GB to serve


def tf_idf_neighbours(users_items: sparse.csr_matrix) -> Neighbours:
    """Cosine of two items over their users, where a user of many items counts less."""
    items_users = users_items.T.tocsr()
    breadth = np.diff(users_items.indptr)
    rarity = np.log(users_items.shape[1] / (1 + breadth)).clip(min=0.1)
    vectors = of_unit_length(items_users @ sparse.diags(rarity.astype(np.float32)))
    return nearest(vectors, vectors.T.tocsr())
