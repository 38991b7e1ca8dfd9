"""EASE: the linear item-item model of least squared error (Steck 2019), in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cholesky, lapack, solve_triangular

from personalize_local.recipes.item_item import Dense

_BLOCK = 512


def ease(users_items: sparse.csr_matrix, regularization: float) -> Dense:
    """Needs eight bytes for each pair of items that have interactions, and four for the result.

    Where users are fewer than items, the same comes from the users' matrix, which is smaller.
    """
    active = users_items[np.flatnonzero(np.diff(users_items.indptr))]
    seen = np.flatnonzero(np.bincount(users_items.indices, minlength=users_items.shape[1])).astype(np.int32)
    slot = np.full(users_items.shape[1], -1, np.int32)
    slot[seen] = np.arange(len(seen))
    if not len(seen):
        return Dense(slot=slot, item=seen, weights=np.zeros((0, 0), np.float32))
    solve = _of_users if active.shape[0] < len(seen) else _of_items
    return Dense(slot=slot, item=seen, weights=solve(active[:, seen].tocsr(), regularization))


def _of_items(users_items: sparse.csr_matrix, regularization: float) -> NDArray[np.float32]:
    return _weights(_inverse(_gram(users_items.T.tocsr(), users_items, regularization)))


def _of_users(users_items: sparse.csr_matrix, regularization: float) -> NDArray[np.float32]:
    """By Woodbury: the inverse is (1 - Y'Y) / regularization, where Y'Y needs only a factor of the users' matrix."""
    gram = _gram(users_items, users_items.T.tocsr(), regularization)
    factor = cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
    y = solve_triangular(factor, users_items.toarray(), lower=True, overwrite_b=True, check_finite=False)
    y = y.astype(np.float32)
    rest = 1 - np.einsum("ij,ij->j", y, y)
    weights = y.T @ y
    weights /= rest
    np.fill_diagonal(weights, 0)
    return np.asarray(weights)


def _gram(left: sparse.csr_matrix, right: sparse.csr_matrix, regularization: float) -> NDArray[np.float64]:
    count = left.shape[0]
    gram = np.empty((count, count))
    for begin in range(0, count, _BLOCK):
        gram[begin : begin + _BLOCK] = (left[begin : begin + _BLOCK] @ right).toarray()
    gram[np.diag_indices(count)] += regularization
    return gram


def _inverse(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """In place, by Cholesky. Only the upper triangle of what returns holds; the matrix is symmetric."""
    # LAPACK counts columns first: to it, our upper triangle is the lower one.
    factor, failed = lapack.dpotrf(gram.T, lower=1, clean=0, overwrite_a=1)
    inverse, singular = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed or singular:
        raise ArithmeticError(f"the matrix of items cannot be inverted: {failed or singular}")
    return np.asarray(inverse).T


def _weights(inverse: NDArray[np.float64]) -> NDArray[np.float32]:
    count = len(inverse)
    diagonal = np.diag(inverse).copy()
    weights = np.empty((count, count), np.float32)
    for begin in range(0, count, _BLOCK):
        end = min(begin + _BLOCK, count)
        upper = np.triu(inverse[begin:end, begin:end])
        square = upper + np.triu(upper, 1).T
        weights[begin:end, begin:end] = -square / diagonal[begin:end]
        right = inverse[begin:end, end:]
        weights[begin:end, end:] = -right / diagonal[end:]
        weights[end:, begin:end] = -right.T / diagonal[begin:end]
    np.fill_diagonal(weights, 0)
    return weights
