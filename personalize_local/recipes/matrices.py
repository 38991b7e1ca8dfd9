"""Sparse matrices of training: histories as a matrix, and the strongest neighbours of each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_local.recipes.histories import Histories
from personalize_local.recipes.item_item import Neighbours

NEIGHBOURS = 300  # kept of each item
_CELLS = 20_000_000  # of a product at a time: below 400 MB

Adjust = Callable[[sparse.coo_matrix, int], NDArray[np.float32]]


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

    `adjust` gives the new values of a block of the product, whose first row it is told;
    a block is of so many `cells`, were it full.
    """
    return _joined(_strongest(block, count) for block in _blocks(left, right, adjust, cells))


def strongest(rows: sparse.csr_matrix, count: int = NEIGHBOURS) -> Neighbours:
    """The largest positive values of each row."""
    return _joined([_strongest(rows, count)])


def _blocks(
    left: sparse.csr_matrix, right: sparse.csr_matrix, adjust: Adjust | None, cells: int
) -> Iterator[sparse.csr_matrix]:
    right = right.tocsr()
    step = max(1, cells // max(1, right.shape[1]))
    for begin in range(0, left.shape[0], step):
        block = (left[begin : begin + step] @ right).tocoo()
        if adjust is not None:
            block.data = adjust(block, begin)
        block.data[block.row + begin == block.col] = 0
        yield block.tocsr()


def _strongest(rows: sparse.csr_matrix, count: int) -> list[tuple[NDArray[np.int32], NDArray[np.float32]]]:
    found = []
    for begin, end in zip(rows.indptr[:-1], rows.indptr[1:], strict=True):
        item, value = rows.indices[begin:end], rows.data[begin:end]
        kept = np.flatnonzero(value > 0)
        if len(kept) > count:
            kept = kept[np.argpartition(-value[kept], count)[:count]]
        kept = kept[np.argsort(item[kept])]
        found.append((item[kept].astype(np.int32), value[kept].astype(np.float32)))
    return found


def _joined(
    blocks: Iterator[list[tuple[NDArray[np.int32], NDArray[np.float32]]]]
    | list[list[tuple[NDArray[np.int32], NDArray[np.float32]]]],
) -> Neighbours:
    rows = [row for block in blocks for row in block]
    lengths = [len(item) for item, _ in rows]
    return Neighbours(
        start=np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))),
        item=np.concatenate([np.zeros(0, np.int32), *(item for item, _ in rows)]),
        value=np.concatenate([np.zeros(0, np.float32), *(value for _, value in rows)]),
    )
