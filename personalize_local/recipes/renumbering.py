"""The same item-item model when items have other numbers: new ones came, or some went."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_local.recipes.batches import as_sparse
from personalize_local.recipes.item_item import Dense, ItemItem, Neighbours

Places = NDArray[np.int64]


def renumbered(items: ItemItem, places: Places, count: int) -> ItemItem:
    """Item i becomes `places[i]` of `count`, or is gone where that is -1. New items have no weights."""
    return _dense(items, places, count) if isinstance(items, Dense) else _neighbours(items, places, count)


def _dense(items: Dense, places: Places, count: int) -> Dense:
    now = places[items.item].astype(np.int32)
    kept = np.flatnonzero(now >= 0)
    slot = np.full(count, -1, np.int32)
    slot[now[kept]] = np.arange(len(kept))
    weights = items.weights if len(kept) == len(now) else items.weights[np.ix_(kept, kept)]
    return replace(items, slot=slot, item=now[kept], weights=weights)


def _neighbours(items: Neighbours, places: Places, count: int) -> Neighbours:
    pairs = as_sparse(items).tocoo()
    row, column = places[pairs.row], places[pairs.col]
    kept = (row >= 0) & (column >= 0)
    rows = sparse.csr_matrix((pairs.data[kept], (row[kept], column[kept])), shape=(count, count))
    return Neighbours(start=rows.indptr.astype(np.int64), item=rows.indices.astype(np.int32), value=rows.data)
