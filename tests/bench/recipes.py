"""Recommendations on MovieLens-100k and on the sample films beside implicit's, on the same splits."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import mean, stdev

import numpy as np
from numpy.typing import NDArray

from personalize_local.recipes.evaluation import list_scores
from personalize_local.recipes.histories import Histories
from personalize_local.recipes.metrics import best, of_lists
from personalize_local.recipes.model import Interactions
from personalize_local.recipes.splits import Split, split
from personalize_local.recipes.training import train
from tests.bench.model import Benchmark, Row, Settings
from tests.bench.recipes_peers import als, tf_idf
from tests.support.movielens import movielens_100k, sample_films
from tests.support.sample_data import MOVIES

SEEDS = range(8)
FILM_SEEDS = range(4)  # there are many films
METRICS = {
    "NDCG@25": "normalized_discounted_cumulative_gain_at_25",
    "NDCG@10": "normalized_discounted_cumulative_gain_at_10",
    "MRR@25": "mean_reciprocal_rank_at_25",
    "coverage": "coverage",
}
_HAD = -np.float32(np.inf)

Scorer = Callable[[Split], NDArray[np.float32]]
Found = dict[str, dict[str, list[float]]]  # by engine and metric, a number a seed


def _recipe(name: str) -> Scorer:
    def scores(parts: Split) -> NDArray[np.float32]:
        return list_scores(train(name, parts.train).model, parts.given)

    return scores


OURS = {"user-personalization": _recipe("aws-user-personalization-v2")}
PEERS = {"ALS": als, "TF-IDF": tf_idf, "popularity": _recipe("aws-popularity-count")}


def run(settings: Settings) -> list[Row]:
    """Thousandths, so that the table shows them; means over the seeds, and the spread of them."""
    ratings = _measured_all(settings, "ratings", movielens_100k(), SEEDS)
    rows = _rows(ratings)
    if MOVIES.exists():
        films = _measured_all(settings, "films", sample_films(), FILM_SEEDS)
        rows.append(_row(films, "films: NDCG@25", "0.001", "NDCG@25", mean))
    return rows


def _measured_all(settings: Settings, what: str, interactions: Interactions, seeds: range) -> Found:
    settings.say(f"{len(interactions):,} {what}, {len(seeds)} splits; a split's share of users is 10 %")
    found: Found = {name: {} for name in (*OURS, *PEERS)}
    for seed in seeds:
        parts = split(interactions, seed)
        for name, scorer in (OURS | PEERS).items():
            for metric, value in _measured(scorer, parts).items():
                found[name].setdefault(metric, []).append(value)
        settings.say(f"seed {seed}: " + ", ".join(f"{n} {found[n]['NDCG@25'][-1] / 1000:.3f}" for n in found))
    return found


def _measured(scorer: Scorer, parts: Split) -> dict[str, float]:
    began = time.perf_counter()
    scores = scorer(parts)
    seconds = time.perf_counter() - began
    scores[_cells(parts.given)] = _HAD
    metrics = of_lists(best(scores), parts.targets)
    return {**{name: 1000 * metrics[key] for name, key in METRICS.items()}, "seconds": seconds}


def _cells(given: Histories) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    return np.repeat(np.arange(given.user_count), given.lengths), given.item


def _rows(found: Found) -> list[Row]:
    rows = []
    for name in METRICS:
        rows.append(_row(found, name, "0.001", name, mean))
        rows.append(_row(found, f"{name}, deviation of seeds", "0.001", name, stdev))
    return [*rows, _row(found, "train and score the test users", "s", "seconds", mean)]


def _row(found: Found, metric: str, unit: str, key: str, number: Callable[[list[float]], float]) -> Row:
    [ours] = OURS
    peers = {name: number(found[name][key]) for name in PEERS}
    return Row(metric=metric, unit=unit, ours=number(found[ours][key]), peers=peers)


BENCHMARK = Benchmark(
    name="recipes",
    what="MovieLens-100k, user-personalization beside implicit's ALS (users folded in) and TF-IDF, 8 splits",
    run=run,
)
