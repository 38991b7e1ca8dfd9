"""What GetSolutionMetrics says of a recipe on given data: trained on a part, judged on the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from personalize_local.recipes.arguments import values
from personalize_local.recipes.batches import many
from personalize_local.recipes.catalogue import RECIPES
from personalize_local.recipes.histories import Histories
from personalize_local.recipes.matrices import as_matrix
from personalize_local.recipes.metrics import LENGTH, average_rewards, best, of_lists
from personalize_local.recipes.model import Interactions, ItemFacts, Objective
from personalize_local.recipes.personal import Personalization
from personalize_local.recipes.popular import Popular
from personalize_local.recipes.popularity import DOMAIN_FREQUENCY, FREQUENCIES, by_growth, counts
from personalize_local.recipes.registry import Model
from personalize_local.recipes.related import Related
from personalize_local.recipes.segments import affinity
from personalize_local.recipes.splits import Split, split, split_each
from personalize_local.recipes.training import segments, train

_CELLS = 20_000_000
_SEGMENTED_ITEMS = 200
_TOP_SHARE = 0.01


def evaluate(
    recipe: str,
    interactions: Interactions,
    facts: ItemFacts | None,
    hyperparameters: Mapping[str, str],
    *,
    seed: int = 0,
    objective: Objective | None = None,
) -> dict[str, float]:
    """The metrics of the recipe's type, by key. Without interactions there are none."""
    if not len(interactions):
        return {}
    if RECIPES[recipe].model == "segments":
        return _of_segments(interactions)
    parts = split(interactions, seed)
    trained = train(recipe, parts.train, facts, hyperparameters, objective)
    found = judge(trained.model, parts, objective)
    if RECIPES[recipe].model == "trending":
        frequency = values(recipe, hyperparameters).get("trend_discovery_frequency", DOMAIN_FREQUENCY)
        found["trend_prediction_accuracy"] = trend_accuracy(interactions, FREQUENCIES[frequency])
    return found


def judge(model: Model, parts: Split, objective: Objective | None = None) -> dict[str, float]:
    """The model's lists for the test users, beside what they had next."""
    lists = np.concatenate([best(scores) for scores in _scores(model, parts)])
    found = of_lists(lists, parts.targets)
    if objective is not None:
        found["average_rewards_at_k"] = average_rewards(lists, parts.targets, objective.value)
    return found


def trend_accuracy(interactions: Interactions, seconds: int) -> float:
    """Growth of the items recommended before the last interval, over that of the 25 that grew most in it."""
    now = int(interactions.at.max())
    before = interactions.where(interactions.at <= now - seconds)
    growth = counts(interactions, now - seconds, now) - counts(interactions, now - 2 * seconds, now - seconds)
    possible = np.maximum(0, np.sort(growth)[-LENGTH:]).sum()
    [shown] = best(by_growth(before, seconds).ranking()[None, :])
    return float(max(0, growth[shown].sum()) / possible) if possible else 0.0


def _scores(model: Model, parts: Split) -> Iterator[NDArray[np.float32]]:
    given = parts.given
    step = max(1, _CELLS // max(1, given.item_count))
    for begin in range(0, given.user_count, step):
        chunk = given.of(np.arange(begin, min(begin + step, given.user_count)))
        scores = list_scores(model, chunk)
        if not parts.again:
            scores[np.repeat(np.arange(chunk.user_count), chunk.lengths), chunk.item] = -np.inf
        yield scores


def list_scores(model: Model, given: Histories) -> NDArray[np.float32]:
    match model:
        case Personalization():
            return many(model, given)
        case Popular():
            return np.tile(model.ranking(), (given.user_count, 1))
        case Related():
            last = np.where(given.lengths > 0, given.item[given.start[1:] - 1], -1)
            return np.stack([model.related(item) for item in last.tolist()])
        case _:
            raise TypeError(f"{type(model).__name__} gives no lists of items.")


def _of_segments(interactions: Interactions) -> dict[str, float]:
    """Means over items that users came to next: of the top 1 % of users, how many did, and which share that is."""
    given, targets = split_each(interactions)
    model = segments(given)
    owners, comers = as_matrix(given).tocsc(), as_matrix(targets).tocsc()
    count = max(1, round(_TOP_SHARE * np.count_nonzero(given.lengths)))
    hits, recalls = [], []
    for item in _sample(np.unique(targets.item)).tolist():
        scores = affinity(model, np.array([item], np.int32))
        scores[owners.indices[owners.indptr[item] : owners.indptr[item + 1]]] = -np.inf
        came = comers.indices[comers.indptr[item] : comers.indptr[item + 1]]
        hits.append(len(np.intersect1d(best(scores[None, :], count), came)))
        recalls.append(hits[-1] / len(came))
    return {"hit_at_k": float(np.mean(hits or [0])), "recall_at_k": float(np.mean(recalls or [0]))}


def _sample(items: NDArray[np.int32]) -> NDArray[np.int32]:
    count = min(len(items), _SEGMENTED_ITEMS)
    return items[np.linspace(0, len(items) - 1, count).astype(np.int64)] if count else items
