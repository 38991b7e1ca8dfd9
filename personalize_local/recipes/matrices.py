"""Sparse matrices of training: histories as a matrix, and the strongest neighbours of each row."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_local.recipes.histories import Histories
from personalize_local.recipes.item_item import Neighbours

NEIGHBOURS = 300  # kept of each item
_CELLS = 20_000_000  # of a product at a time: below 400 MB

Numbers = NDArray[np.int32]
Values = NDArray[np.float32]
Adjust = Callable[[Values, Numbers, Numbers], Values]
Row = tuple[Numbers, Values]


def as_matrix(histories: Histories) -> sparse.csr_matrix:
    """Users x items, the weights."""
    shape = (histories.user_count, histories.item_count)
    return sparse.csr_matrix((histories.weight, histories.item, histories.start), shape=shape, dtype=np.float32)


def of_unit_length(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return sparse.diags(1 / np.maximum(length, 1e-12)).dot(rows).tocsr().astype(np.float32)


def nearest(
    left: sparse.csr_matrix,
    right: sparse.csr_matrix,
    *,
    adjust: Adjust | None = None,
    count: int = NEIGHBOURS,
    cells: int = _CELLS,
) -> Neighbours:
    """The largest positive values of each row of `left` times `right`, without the diagonal.

    `adjust` gives new values for some, of which it is told the rows and columns. So many `cells` are computed
    at a time, were the product full.
    """
    return _joined(_products(left, right.tocsr(), adjust, count, cells))


def strongest(rows: sparse.csr_matrix, count: int = NEIGHBOURS) -> Neighbours:
    """The largest positive values of each row, without the diagonal."""
    return _joined(_strongest(rows, 0, count))


def _products(
    left: sparse.csr_matrix, right: sparse.csr_matrix, adjust: Adjust | None, count: int, cells: int
) -> Iterator[Row]:
    step = max(1, cells // max(1, right.shape[1]))
    for begin in range(0, left.shape[0], step):
        block = left[begin : begin + step] @ right
        if adjust is not None:
            rows = np.repeat(np.arange(begin, begin + block.shape[0], dtype=np.int32), np.diff(block.indptr))
            block.data = adjust(block.data, rows, block.indices)
        yield from _strongest(block, begin, count)


def _strongest(rows: sparse.csr_matrix, first: int, count: int) -> Iterator[Row]:
    for number, (begin, end) in enumerate(itertools.pairwise(rows.indptr.tolist()), first):
        item, value = rows.indices[begin:end], rows.data[begin:end]
        kept = np.flatnonzero((value > 0) & (item != number))
        if len(kept) > count:
            kept = kept[np.argpartition(-value[kept], count)[:count]]
        kept = kept[np.argsort(item[kept])]
        yield item[kept].astype(np.int32), value[kept].astype(np.float32)


def _joined(found: Iterator[Row]) -> Neighbours:
    rows = list(found)
    lengths = [len(item) for item, _ in rows]
    return Neighbours(
        start=np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))),
        item=np.concatenate([np.zeros(0, np.int32), *(item for item, _ in rows)]),
        value=np.concatenate([np.zeros(0, np.float32), *(value for _, value in rows)]),
    )
