"""Every recipe trains, is stored, loads and says the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from personalize_local.recipes.arguments import Engine
from personalize_local.recipes.catalogue import RECIPES
from personalize_local.recipes.histories import distinct, users_of
from personalize_local.recipes.item_item import Dense, Neighbours
from personalize_local.recipes.model import History, Interactions, ItemFacts, Objective
from personalize_local.recipes.personal import Personalization
from personalize_local.recipes.popular import Popular
from personalize_local.recipes.registry import Model, Trained, load
from personalize_local.recipes.related import Related
from personalize_local.recipes.segments import affinity
from personalize_local.recipes.training import item_item, personalization, train, update
from tests.support.shoppers import interactions, two_tastes

pytestmark = pytest.mark.unit

ROWS = two_tastes()
UP = "aws-user-personalization"
FACTS = ItemFacts(
    created=np.zeros(40, np.int64),
    features=sparse.csr_matrix(np.eye(2)[np.arange(40) % 2]),
    texts=tuple(f"word{item % 5}" for item in range(40)),
)
DID = History(item=np.array([3, 5], np.int32), weight=np.ones(2, np.float32))


def told(rows: Interactions = ROWS) -> Interactions:
    return replace(rows, tokens=sparse.csr_matrix(np.eye(2, dtype=np.float32)[rows.user % 2]))


def says(model: Model) -> NDArray[np.float32]:
    match model:
        case Personalization():
            return model.scores(DID, np.array([1], np.int32))
        case Related():
            return model.related(7)
        case Popular():
            return model.ranking()
        case _:
            return affinity(model, np.array([7], np.int32))


def stored(trained: Trained, folder: Path) -> Trained:
    """There and back, as a solution version does it."""
    for name, array in trained.arrays().items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    arrays = {path.stem: np.load(path, mmap_mode="r") for path in folder.glob("*.npy")}
    return load(trained.recipe, arrays, json.loads(json.dumps(trained.settings)))


@pytest.mark.parametrize("recipe", [name for name, each in RECIPES.items() if each.model is not None])
def test_every_recipe_says_the_same_after_it_was_stored(recipe: str, tmp_path: Path) -> None:
    trained = train(recipe, told(), FACTS)

    again = stored(trained, tmp_path)

    assert says(again.model).tolist() == says(trained.model).tolist()
    assert again.recipe == recipe
    assert says(trained.model).dtype == np.float32


@pytest.mark.parametrize("recipe", [name for name, each in RECIPES.items() if each.model is None])
def test_a_recipe_that_is_not_served_is_refused_with_its_reason(recipe: str) -> None:
    with pytest.raises(ValueError, match=r"not supported|no longer be created"):
        train(recipe, ROWS)
    with pytest.raises(ValueError, match=r"not supported|no longer be created"):
        load(recipe, {}, {})


def test_an_objective_is_stored_too(tmp_path: Path) -> None:
    trained = train(UP, ROWS, objective=Objective(value=np.arange(40, dtype=np.float32), strength=1))

    assert says(stored(trained, tmp_path).model).tolist() == says(trained.model).tolist()


def test_a_large_catalogue_is_served_by_neighbours(tmp_path: Path) -> None:
    histories = distinct(ROWS)
    items = item_item(histories, 500, max_dense=30)

    trained = Trained(recipe=UP, model=personalization(told(), histories, items, Engine()))

    assert isinstance(items, Neighbours)
    assert says(stored(trained, tmp_path).model).tolist() == says(trained.model).tolist()


def test_only_items_that_somebody_had_count_for_what_is_large() -> None:
    histories = distinct(replace(ROWS, item_count=50_000))

    assert isinstance(item_item(histories, 500), Dense)


def test_semantic_similarity_needs_something_said_of_items() -> None:
    with pytest.raises(ValueError, match="aws-semantic-similarity needs an Items dataset with text or categories"):
        train("aws-semantic-similarity", ROWS, ItemFacts(created=np.zeros(40, np.int64)))


def test_semantic_similarity_needs_no_interactions() -> None:
    nothing = ROWS.where(np.zeros(len(ROWS), np.bool_))

    model = train("aws-semantic-similarity", nothing, FACTS).model

    assert (says(model) > 0).any()


def test_hyperparameters_reach_the_training() -> None:
    fading, static = train(UP, ROWS).settings, train(UP, ROWS, None, {"recency_mask": "False"}).settings

    assert (fading["half_life"], static["half_life"]) == (5, 1e6)


def test_users_of_outlying_histories_teach_nothing() -> None:
    robot = [(200, item) for item in range(40, 80)]
    rows = interactions([*zip(ROWS.user.tolist(), ROWS.item.tolist(), strict=True), *robot])

    usual, every = (
        train(UP, rows, None, {"max_user_history_length_percentile": most}).model for most in ("0.98", "1.0")
    )

    assert isinstance(usual, Personalization)
    assert isinstance(every, Personalization)
    known = np.arange(80) < 40
    assert usual.items.knows(np.arange(80, dtype=np.int32)).tolist() == known.tolist()
    assert every.items.knows(np.arange(80, dtype=np.int32)).all()


def test_an_update_knows_new_items_and_keeps_the_weights_of_old_ones(tmp_path: Path) -> None:
    earlier = stored(train(UP, told()), tmp_path)
    # A new item comes to stand before all others; user 0 had it.
    places = np.arange(1, 41)
    now = replace(ROWS, item_count=41, item=ROWS.item + np.int32(1))
    grown = replace(now, item=np.where(np.arange(len(now)) == 0, 0, now.item).astype(np.int32))

    updated = update(earlier, told(grown), places)

    assert isinstance(updated.model, Personalization)
    assert isinstance(earlier.model, Personalization)
    assert updated.settings == earlier.settings
    assert np.exp(updated.model.popularity) - 0.5 == pytest.approx(users_of(distinct(grown)), abs=1e-4)
    later = History(item=np.array([4, 6], np.int32), weight=DID.weight)
    weighed = updated.model.items.combined(later.item, later.weight)
    assert weighed.tolist() == [0, *earlier.model.items.combined(DID.item, DID.weight).tolist()]


@pytest.mark.parametrize("recipe", ["aws-sims", "aws-user-personalization-v2"])
def test_other_recipes_cannot_be_updated(recipe: str) -> None:
    with pytest.raises(ValueError, match=f"{recipe} does not support trainingMode UPDATE"):
        update(train(recipe, ROWS), ROWS, np.arange(40))
