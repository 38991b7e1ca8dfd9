"""Items beside an item: SIMS, similar-items, semantic-similarity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from personalize_local.recipes.histories import distinct
from personalize_local.recipes.matrices import as_matrix
from personalize_local.recipes.model import ItemFacts
from personalize_local.recipes.related import Related
from personalize_local.recipes.semantic import content, similar_content
from personalize_local.recipes.similar import similar
from personalize_local.recipes.sims import SimsSettings, sims
from tests.support.shoppers import interactions, two_tastes

pytestmark = pytest.mark.unit

ALL = (0.0, 1.0)
EVERYONE = SimsSettings(user_percentiles=ALL, item_percentiles=ALL)
# Users 0 to 3 had items 0 and 1, users 0 and 1 item 2 too, user 4 items 0 and 3.
ROWS = [(user, item) for item in (0, 1) for user in range(4)] + [(0, 2), (1, 2), (4, 0), (4, 3)]


def facts(texts: list[str] | None, features: list[list[int]] | None = None) -> ItemFacts:
    count = len(texts or features or ())
    rows = None if features is None else sparse.csr_matrix(np.array(features, np.float32))
    return ItemFacts(created=np.zeros(count, np.int64), texts=None if texts is None else tuple(texts), features=rows)


def related(settings: SimsSettings) -> dict[int, list[int]]:
    """Neighbours of each item, best first."""
    found = sims(distinct(interactions(ROWS)), settings)
    rows = {i: slice(int(found.start[i]), int(found.start[i + 1])) for i in range(found.item_count)}
    return {i: found.item[row][np.argsort(-found.value[row], kind="stable")].tolist() for i, row in rows.items()}


def test_items_together_too_seldom_are_no_neighbours() -> None:
    assert related(replace(EVERYONE, least_together=3)) == {0: [1], 1: [0], 2: [], 3: []}
    assert related(replace(EVERYONE, least_together=2)) == {0: [1, 2], 1: [0, 2], 2: [1, 0], 3: []}


def test_a_discount_decides_between_popular_and_close() -> None:
    everyone = replace(EVERYONE, least_together=0)

    assert related(replace(everyone, popularity_discount=0.0))[0] == [1, 2, 3]
    assert related(replace(everyone, popularity_discount=1.0))[2] == [1, 0]
    assert related(replace(everyone, popularity_discount=0.0))[2] == [0, 1]


def test_half_a_discount_is_the_cosine() -> None:
    users_items = as_matrix(distinct(two_tastes())).toarray()
    lengths = np.linalg.norm(users_items, axis=0)
    expected = (users_items.T @ users_items) / np.outer(lengths, lengths)
    np.fill_diagonal(expected, 0)

    found = sims(distinct(two_tastes()), replace(EVERYONE, least_together=0))

    value = sparse.csr_matrix((found.value, found.item, found.start), shape=(40, 40)).toarray()
    assert value == pytest.approx(expected, abs=1e-6)


def test_weights_of_events_do_not_change_how_often_items_come_together() -> None:
    light = replace(interactions(ROWS), weight=np.full(len(ROWS), 0.5, np.float32))

    found, same = sims(distinct(light), EVERYONE), sims(distinct(interactions(ROWS)), EVERYONE)

    assert (found.item.tolist(), found.value.tolist()) == (same.item.tolist(), same.value.tolist())


def test_the_most_popular_items_are_left_out_by_percentile() -> None:
    found = related(SimsSettings(least_together=0, user_percentiles=ALL, item_percentiles=(0.0, 0.7)))

    assert found == {0: [], 1: [2], 2: [1], 3: []}


def test_items_say_the_same_in_other_words_too() -> None:
    found = similar_content(facts(["Red wool COAT", "steel pan", "a coat of blue WOOL", "iron pan", ""]))

    model = Related(neighbours=found, users=np.zeros(5, np.float32))
    assert [int(np.argmax(model.related(item))) for item in range(4)] == [2, 3, 0, 1]
    assert (model.related(4) < 0).all()


def test_a_word_that_comes_again_counts_ever_less() -> None:
    [twice, once] = content(facts(["wool wool wool wool steel", "wool steel"])).toarray()

    assert twice[0] / twice[1] == pytest.approx((1 + np.log(4)) * once[0] / once[1])


def test_a_word_of_most_texts_says_nothing() -> None:
    found = content(facts(["the coat", "the pan", "the bed"]))

    assert found.nnz == 3


def test_the_rarer_a_category_the_more_it_says() -> None:
    # Item 0 shares a common category with items 1, 2 and 3, and a rare one with item 4.
    found = similar_content(facts(None, [[1, 1], [1, 0], [1, 0], [1, 0], [0, 1]]))

    assert int(np.argmax(Related(neighbours=found, users=np.zeros(5, np.float32)).related(0))) == 4


def test_a_cold_item_goes_by_what_it_is_and_a_warm_one_by_both() -> None:
    all_rows = two_tastes(items=41)
    fourth = np.flatnonzero(all_rows.item == 40)[4:]
    rows = all_rows.where(~np.isin(np.arange(len(all_rows)), fourth))
    # Item 40 has four users left; all items that are multiples of 10 say the same.
    told = facts(["alike" if item % 10 == 0 else f"unlike{item}" for item in range(41)])

    found = similar(distinct(rows), told, 0.5)
    behaviour = similar(distinct(rows), None, 0.5)

    def neighbours(item: int) -> set[int]:
        return set(found.item[found.start[item] : found.start[item + 1]].tolist())

    assert neighbours(40) == {0, 10, 20, 30}
    assert neighbours(10) == set(behaviour.item[behaviour.start[10] : behaviour.start[11]].tolist()) | {0, 20, 30, 40}


def test_neighbours_come_before_popular_items_and_an_item_never_beside_itself() -> None:
    found = sims(distinct(interactions(ROWS)), EVERYONE)
    model = Related(neighbours=found, users=np.array([5, 4, 2, 1], np.float32))

    beside = model.related(1)

    assert np.argsort(-beside).tolist() == [0, 2, 3, 1]
    assert (beside > 0).tolist() == [True, False, False, False]
    assert beside[1] == -np.inf


def test_beside_an_unknown_item_stand_popular_ones() -> None:
    nothing = sims(distinct(interactions(ROWS)), SimsSettings(least_together=10))

    assert np.argsort(-Related(neighbours=nothing, users=np.array([1, 4, 2, 5], np.float32)).related(-1)).tolist() == [
        3, 1, 2, 0,
    ]  # fmt: skip
