"""What each user did, one row a distinct item at its last time, and how much of it still counts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from personalize_local.limits import TRAINING_HISTORY
from personalize_local.recipes.model import History, Interactions

STATIC = 1e6  # a half-life with which nothing fades; JSON has no infinity
_HALF_LIVES = 10  # what is older weighs less than a thousandth


@dataclass(frozen=True, kw_only=True)
class Histories:
    """Items of user u: `item[start[u]:start[u + 1]]`, oldest first, each once."""

    item_count: int
    start: NDArray[np.int64]
    item: NDArray[np.int32]
    weight: NDArray[np.float32]

    @property
    def user_count(self) -> int:
        return len(self.start) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.start)

    @property
    def ages(self) -> NDArray[np.int64]:
        """Of each row: how many later items its user has."""
        return np.repeat(self.start[1:], self.lengths) - 1 - np.arange(len(self.item))

    def where(self, keep: NDArray[np.bool_]) -> Histories:
        """The rows that `keep` marks, of the same users."""
        before = np.concatenate(([0], np.cumsum(keep)))
        return replace(self, start=before[self.start], item=self.item[keep], weight=self.weight[keep])

    def of(self, users: NDArray[np.int64]) -> Histories:
        """Of these users alone, in this order."""
        lengths = self.lengths[users]
        start = np.concatenate(([0], np.cumsum(lengths)))
        rows = np.repeat(self.start[users] - start[:-1], lengths) + np.arange(start[-1])
        return replace(self, start=start, item=self.item[rows], weight=self.weight[rows])


def distinct(interactions: Interactions) -> Histories:
    """Each pair of user and item once: at its latest time, with its largest weight."""
    pair = interactions.user.astype(np.int64) * interactions.item_count + interactions.item
    order = np.argsort(pair, kind="stable")
    changes = np.flatnonzero(np.diff(pair[order])) + 1
    first = np.concatenate(([0], changes))[: len(pair)]
    last = order[np.concatenate((changes, [len(pair)]))[: len(first)] - 1]
    weight = np.maximum.reduceat(interactions.weight[order], first) if len(pair) else interactions.weight
    in_time = np.argsort(last)
    lengths = np.bincount(interactions.user[last], minlength=interactions.user_count)
    return Histories(
        item_count=interactions.item_count,
        start=np.concatenate(([0], np.cumsum(lengths))),
        item=interactions.item[last[in_time]],
        weight=weight[in_time],
    )


def latest(histories: Histories, count: int = TRAINING_HISTORY) -> Histories:
    return histories.where(histories.ages < count)


def by_recency(histories: Histories, half_life: float) -> Histories:
    """Weights halve with every `half_life` later items; rows that hardly count are left out."""
    ages = histories.ages
    faded = replace(histories, weight=_faded(histories.weight, ages, half_life))
    return faded.where(ages < _depth(half_life))


def recent(history: History, half_life: float) -> History:
    """The same for one user, whose history may have an item many times."""
    item, weight = history.item[-TRAINING_HISTORY:], history.weight[-TRAINING_HISTORY:]
    found, place, inverse = np.unique(item[::-1], return_index=True, return_inverse=True)
    largest = np.zeros(len(found), np.float32)
    np.maximum.at(largest, inverse, weight[::-1])
    newest_first = np.argsort(place)[: _depth(half_life)]
    kept = newest_first[::-1]
    ages = np.arange(len(kept))[::-1]
    return History(item=found[kept], weight=_faded(largest[kept], ages, half_life))


def without_outliers(histories: Histories, low: float, high: float) -> Histories:
    """Users whose history is of a length between two percentiles (0 to 1) of all that have one; others become empty."""
    lengths = histories.lengths
    known = lengths[lengths > 0]
    if not len(known):
        return histories
    least, most = np.quantile(known, [low, high], method="nearest")
    return histories.where(np.repeat((lengths >= least) & (lengths <= most), lengths))


def users_of(histories: Histories) -> NDArray[np.int64]:
    """Of each item: how many users had it."""
    return np.bincount(histories.item, minlength=histories.item_count)


def _depth(half_life: float) -> int:
    return min(TRAINING_HISTORY, math.ceil(half_life * _HALF_LIVES))


def _faded(weight: NDArray[np.float32], ages: NDArray[np.int64], half_life: float) -> NDArray[np.float32]:
    return np.asarray(weight * np.exp2(-ages / half_life), np.float32)
