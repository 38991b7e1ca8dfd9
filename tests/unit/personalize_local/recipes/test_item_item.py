"""Item-item models beside their definitions, computed in full."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from personalize_local.recipes.batches import as_sparse, combined, towards
from personalize_local.recipes.ease import ease
from personalize_local.recipes.histories import by_recency, distinct
from personalize_local.recipes.item_item import Dense, ItemItem, Neighbours
from personalize_local.recipes.matrices import as_matrix, nearest, strongest
from personalize_local.recipes.neighbours import tf_idf_neighbours
from personalize_local.recipes.renumbering import renumbered
from personalize_local.recipes.training import item_item
from tests.support.shoppers import two_tastes

pytestmark = pytest.mark.unit


def matrix(users: int = 80) -> sparse.csr_matrix:
    """Histories of different lengths."""
    rows = two_tastes(users=users)
    return as_matrix(distinct(rows.where(np.random.default_rng(1).random(len(rows)) < 0.7)))


def by_definition(users_items: sparse.csr_matrix, regularization: float) -> NDArray[np.float64]:
    full = users_items.toarray().astype(np.float64)
    inverse = np.linalg.inv(full.T @ full + regularization * np.eye(full.shape[1]))
    weights = np.asarray(-inverse / np.diag(inverse))
    np.fill_diagonal(weights, 0)
    return weights


def in_full(items: ItemItem) -> NDArray[np.float32]:
    one = np.ones(1, np.float32)
    return np.stack([items.combined(np.array([i], np.int32), one) for i in range(items.item_count)])


@pytest.mark.parametrize("users", [80, 20], ids=["more users than items", "fewer users than items"])
def test_ease_is_the_closed_form(users: int) -> None:
    weights = in_full(ease(matrix(users), 30))

    assert weights == pytest.approx(by_definition(matrix(users), 30), abs=1e-6)


def test_ease_of_more_items_than_a_block_is_the_same() -> None:
    many = as_matrix(distinct(two_tastes(users=700, items=600)))

    assert in_full(ease(many, 30)) == pytest.approx(by_definition(many, 30), abs=1e-6)


def test_items_without_interactions_take_no_place_and_say_nothing() -> None:
    rows = sparse.csr_matrix(np.array([[1, 0, 1, 0], [1, 0, 1, 0], [0, 0, 1, 0]], np.float32))

    model = ease(rows, 1)

    assert (model.item.tolist(), model.slot.tolist(), model.weights.shape) == ([0, 2], [0, -1, 1, -1], (2, 2))
    assert model.knows(np.array([0, 1, 2, 3], np.int32)).tolist() == [True, False, True, False]
    assert model.combined(np.array([1, 3], np.int32), np.ones(2, np.float32)).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(("users", "regularization"), [(50, 60), (250, 300), (400, 300)])
def test_few_users_are_regularized_less(users: int, regularization: float) -> None:
    histories = distinct(two_tastes(users=users))

    expected = ease(as_matrix(histories), regularization)

    assert in_full(item_item(histories, 300)).tolist() == in_full(expected).tolist()


def test_from_nothing_nothing_is_learned() -> None:
    nothing = sparse.csr_matrix((3, 4), dtype=np.float32)

    assert in_full(ease(nothing, 1)).tolist() == in_full(tf_idf_neighbours(nothing)).tolist() == [[0] * 4] * 4


def test_training_again_gives_the_same_bits() -> None:
    assert ease(matrix(), 30).weights.tobytes() == ease(matrix(), 30).weights.tobytes()


def test_without_regularization_what_cannot_be_inverted_is_said() -> None:
    twins = sparse.csr_matrix(np.ones((5, 2), np.float32))

    with pytest.raises(ArithmeticError, match="cannot be inverted"):
        ease(twins, 0)


def test_neighbours_are_cosines_of_users_weighted_by_rarity() -> None:
    users_items = matrix()
    full = users_items.toarray().astype(np.float64)
    weighted = full * np.log(full.shape[1] / (1 + full.sum(axis=1)))[:, None]
    lengths = np.linalg.norm(weighted, axis=0)
    expected = (weighted.T @ weighted) / np.outer(lengths, lengths)
    np.fill_diagonal(expected, 0)

    assert in_full(tf_idf_neighbours(users_items)) == pytest.approx(expected, abs=1e-5)


def test_only_the_strongest_neighbours_are_kept() -> None:
    rows = sparse.csr_matrix(np.array([[0, 3, 1, 2], [0, 0, 0, 0], [-1, 0, 0, 5]], np.float32))

    found = strongest(rows, 2)

    assert (found.start.tolist(), found.item.tolist(), found.value.tolist()) == ([0, 2, 2, 3], [1, 3, 3], [3, 2, 5])


def test_a_product_in_blocks_is_the_product() -> None:
    rows = matrix().T.tocsr()
    whole = nearest(rows, rows.T.tocsr(), count=5)

    parts = nearest(rows, rows.T.tocsr(), count=5, cells=200)

    assert in_full(parts).tolist() == in_full(whole).tolist()
    assert np.diff(whole.start).max() == 5


def test_values_are_adjusted_by_their_rows_and_columns() -> None:
    rows = matrix().T.tocsr()
    together = (rows @ rows.T).toarray()
    expected = np.where(together > 0, 100 * np.arange(40)[:, None] + np.arange(40), 0)
    np.fill_diagonal(expected, 0)

    found = nearest(rows, rows.T, adjust=lambda _, row, column: np.asarray(100 * row + column, np.float32), cells=200)

    assert in_full(found).tolist() == expected.tolist()


@pytest.mark.parametrize("model", [ease(matrix(), 30), tf_idf_neighbours(matrix())], ids=["full", "neighbours"])
def test_many_at_once_is_one_by_one(model: ItemItem) -> None:
    histories = by_recency(distinct(two_tastes(seed=1, users=6)), 2)
    rows = [slice(int(a), int(b)) for a, b in zip(histories.start, histories.start[1:], strict=False)]

    one_by_one = [model.combined(histories.item[row], histories.weight[row]) for row in rows]

    assert combined(model, histories) == pytest.approx(np.stack(one_by_one), abs=1e-5)


@pytest.mark.parametrize("model", [ease(matrix(), 30), tf_idf_neighbours(matrix())], ids=["full", "neighbours"])
def test_towards_aims_is_the_matrix_times_them(model: ItemItem) -> None:
    aims = np.random.default_rng(0).random((model.item_count, 3), np.float32)

    assert towards(model, aims) == pytest.approx(in_full(model) @ aims, abs=1e-4)


@pytest.mark.parametrize("model", [ease(matrix(), 30), tf_idf_neighbours(matrix())], ids=["full", "neighbours"])
def test_items_with_other_numbers_have_their_weights(model: ItemItem) -> None:
    places = np.random.default_rng(0).permutation(45)[:40]
    places[[3, 8]] = -1
    kept = np.flatnonzero(places >= 0)
    expected = np.zeros((45, 45), np.float32)
    expected[np.ix_(places[kept], places[kept])] = in_full(model)[np.ix_(kept, kept)]

    assert in_full(renumbered(model, places, 45)).tolist() == expected.tolist()


def test_arrays_are_all_that_a_model_is() -> None:
    full, sparse_one = ease(matrix(), 30), tf_idf_neighbours(matrix())

    assert Dense(**full.arrays()).weights is full.weights
    assert in_full(Neighbours(**sparse_one.arrays())).tolist() == as_sparse(sparse_one).toarray().tolist()
