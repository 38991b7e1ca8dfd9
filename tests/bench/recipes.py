"""Recommendations on MovieLens-100k beside implicit's, on the same eight splits."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import mean, stdev

import numpy as np
from numpy.typing import NDArray

from personalize_local.recipes.evaluation import list_scores
from personalize_local.recipes.histories import Histories
from personalize_local.recipes.metrics import best, of_lists
from personalize_local.recipes.splits import Split, split
from personalize_local.recipes.training import train
from tests.bench.model import Benchmark, Row, Settings
from tests.bench.recipes_peers import als, tf_idf
from tests.support.movielens import movielens_100k

SEEDS = range(8)
METRICS = {
    "NDCG@25": "normalized_discounted_cumulative_gain_at_25",
    "NDCG@10": "normalized_discounted_cumulative_gain_at_10",
    "MRR@25": "mean_reciprocal_rank_at_25",
    "coverage": "coverage",
}
_HAD = -np.float32(np.inf)

Scorer = Callable[[Split], NDArray[np.float32]]


def _recipe(name: str) -> Scorer:
    def scores(parts: Split) -> NDArray[np.float32]:
        return list_scores(train(name, parts.train).model, parts.given)

    return scores


OURS = {"user-personalization": _recipe("aws-user-personalization-v2")}
PEERS = {"ALS": als, "TF-IDF": tf_idf, "popularity": _recipe("aws-popularity-count")}


def run(settings: Settings) -> list[Row]:
    """Thousandths, so that the table shows them; means over the seeds, and the spread of them."""
    interactions = movielens_100k()
    settings.say(f"{len(interactions):,} ratings, {len(SEEDS)} splits; a split's share of users is 10 %")
    found: dict[str, dict[str, list[float]]] = {name: {} for name in (*OURS, *PEERS)}
    for seed in SEEDS:
        parts = split(interactions, seed)
        for name, scorer in (OURS | PEERS).items():
            for metric, value in _measured(scorer, parts).items():
                found[name].setdefault(metric, []).append(value)
        settings.say(f"seed {seed}: " + ", ".join(f"{n} {found[n]['NDCG@25'][-1] / 1000:.3f}" for n in found))
    return _rows(found)


def _measured(scorer: Scorer, parts: Split) -> dict[str, float]:
    began = time.perf_counter()
    scores = scorer(parts)
    seconds = time.perf_counter() - began
    scores[_cells(parts.given)] = _HAD
    metrics = of_lists(best(scores), parts.targets)
    return {**{name: 1000 * metrics[key] for name, key in METRICS.items()}, "seconds": seconds}


def _cells(given: Histories) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    return np.repeat(np.arange(given.user_count), given.lengths), given.item


def _rows(found: dict[str, dict[str, list[float]]]) -> list[Row]:
    [ours] = OURS

    def row(metric: str, unit: str, key: str, number: Callable[[list[float]], float]) -> Row:
        peers = {name: number(found[name][key]) for name in PEERS}
        return Row(metric=metric, unit=unit, ours=number(found[ours][key]), peers=peers)

    rows = []
    for name in METRICS:
        rows += [row(name, "0.001", name, mean), row(f"{name}, deviation of seeds", "0.001", name, stdev)]
    return [*rows, row("train and score the test users", "s", "seconds", mean)]


BENCHMARK = Benchmark(
    name="recipes",
    what="MovieLens-100k, user-personalization beside implicit's ALS (users folded in) and TF-IDF, 8 splits",
    run=run,
)
