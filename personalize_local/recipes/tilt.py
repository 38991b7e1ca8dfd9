"""What a moment and a user's metadata say of items: how much oftener each was chosen where a token was there."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from personalize_local.recipes.model import Interactions
from personalize_local.recipes.tilted import Tilt

_LIFTED = 10.0  # interactions that are believed at half: fewer say little


def learn(interactions: Interactions, tokens: sparse.csr_matrix) -> Tilt:
    """Counts of (token, item); `tokens` has a row an interaction."""
    count = len(interactions)
    ones = np.ones(count, np.float32)
    items = sparse.csr_matrix((ones, interactions.item, np.arange(count + 1)), shape=(count, interactions.item_count))
    together = (tokens.T.tocsr().astype(np.float32) @ items).tocsr()
    return Tilt(
        start=together.indptr.astype(np.int64),
        item=together.indices.astype(np.int32),
        together=together.data.astype(np.float32),
        of_item=np.bincount(interactions.item, minlength=interactions.item_count).astype(np.float32),
        smoothing=_LIFTED,
    )
