"""Trains any recipe: interactions and facts in, a model out. For a worker: it imports scipy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from personalize_local.recipes.arguments import Engine, content_share, engine, sims_settings, values
from personalize_local.recipes.calibration import calibrate
from personalize_local.recipes.catalogue import RECIPES
from personalize_local.recipes.ease import ease
from personalize_local.recipes.histories import Histories, by_recency, distinct, latest, users_of, without_outliers
from personalize_local.recipes.item_item import ItemItem, Neighbours
from personalize_local.recipes.matrices import as_matrix
from personalize_local.recipes.model import Interactions, ItemFacts, Objective
from personalize_local.recipes.neighbours import MAX_DENSE_ITEMS, tf_idf_neighbours
from personalize_local.recipes.personal import Personalization, Scale, popularity_of
from personalize_local.recipes.popularity import DOMAIN_FREQUENCY, FREQUENCIES, by_growth, by_users
from personalize_local.recipes.registry import Model, Trained
from personalize_local.recipes.related import Related
from personalize_local.recipes.renumbering import renumbered
from personalize_local.recipes.segmented import Segments
from personalize_local.recipes.semantic import similar_content
from personalize_local.recipes.similar import similar
from personalize_local.recipes.sims import sims
from personalize_local.recipes.tilt import learn

DENSE_HISTORY = 1_000  # a full matrix gains from long histories; this bounds what one user costs
_ENOUGH_USERS = 250  # fewer have so few items in common that the full regularization would drown them
_DEFAULTS: Mapping[str, str] = MappingProxyType({})


def train(
    recipe: str,
    interactions: Interactions,
    facts: ItemFacts | None = None,
    hyperparameters: Mapping[str, str] = _DEFAULTS,
    objective: Objective | None = None,
) -> Trained:
    """The interactions are those of the recipe's event type already. Raises ValueError for what it does not take."""
    said = values(recipe, hyperparameters)
    histories = distinct(interactions)
    model: Model
    match RECIPES[recipe].model:
        case "user":
            settings = engine(recipe, hyperparameters)
            items = item_item(without_outliers(histories, *settings.percentiles), settings.regularization)
            model = personalization(interactions, histories, items, settings, objective)
        case "popular":
            model = by_users(interactions)
        case "trending":
            model = by_growth(interactions, FREQUENCIES[said.get("trend_discovery_frequency", DOMAIN_FREQUENCY)])
        case "sims":
            model = _related(histories, sims(histories, sims_settings(recipe, hyperparameters)))
        case "similar":
            model = _related(histories, similar(histories, facts, content_share(recipe, hyperparameters)))
        case "semantic":
            model = _related(histories, similar_content(_needed(recipe, facts)))
        case "segments":
            model = segments(histories)
        case None:
            raise ValueError(RECIPES[recipe].refusal)
    return Trained(recipe=recipe, model=model)


def update(
    earlier: Trained, interactions: Interactions, places: NDArray[np.int64], objective: Objective | None = None
) -> Trained:
    """trainingMode UPDATE: the matrix and its scale stay, the rest is learned again; new items have no weights.

    `places[i]`: the number that the earlier version's item i has now, -1 if it is gone.
    """
    model = earlier.model
    if not isinstance(model, Personalization) or not RECIPES[earlier.recipe].updatable:
        raise ValueError(f"{earlier.recipe} does not support trainingMode UPDATE.")
    items = renumbered(model.items, places, interactions.item_count)
    return replace(earlier, model=_around(items, interactions, distinct(interactions), model.scale, objective))


def item_item(histories: Histories, regularization: float, *, max_dense: int = MAX_DENSE_ITEMS) -> ItemItem:
    """A full matrix as long as it fits, else the nearest neighbours."""
    regularization *= min(1.0, np.count_nonzero(histories.lengths) / _ENOUGH_USERS)
    if np.count_nonzero(users_of(histories)) <= max_dense:
        return ease(as_matrix(latest(histories, DENSE_HISTORY)), regularization)
    return tf_idf_neighbours(as_matrix(latest(histories)))


def segments(histories: Histories) -> Segments:
    settings = Engine()
    faded = by_recency(histories, settings.half_life)
    return Segments(items=item_item(histories, settings.regularization), histories=faded)


def personalization(
    interactions: Interactions,
    histories: Histories,
    items: ItemItem,
    settings: Engine,
    objective: Objective | None = None,
) -> Personalization:
    """Around an item-item matrix that is trained already. `histories` are those of the interactions."""
    scale = calibrate(items, histories, interactions, settings.half_life)
    return _around(items, interactions, histories, scale, objective)


def _around(
    items: ItemItem, interactions: Interactions, histories: Histories, scale: Scale, objective: Objective | None
) -> Personalization:
    return Personalization(
        items=items,
        popularity=popularity_of(users_of(histories)),
        scale=scale,
        tilt=None if interactions.tokens is None else learn(interactions, interactions.tokens),
        bonus=None if objective is None else _bonus(objective),
    )


def _bonus(objective: Objective) -> NDArray[np.float32]:
    value = objective.value.astype(np.float64)
    spread = float(value.std())
    return np.asarray(objective.strength * (value - value.mean()) / (spread or 1.0), np.float32)


def _related(histories: Histories, neighbours: Neighbours) -> Related:
    return Related(neighbours=neighbours, users=users_of(histories).astype(np.float32))


def _needed(recipe: str, facts: ItemFacts | None) -> ItemFacts:
    if facts is None or (facts.texts is None and facts.features is None):
        raise ValueError(f"{recipe} needs an Items dataset with text or categories.")
    return facts
