"""How good lists were, by Personalize's own definitions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from personalize_local.recipes.histories import Histories

LENGTH = 25
_CUTS = (5, 10, 25)


def best(scores: NDArray[np.float32], count: int = LENGTH) -> NDArray[np.int32]:
    """The items of the largest scores of each row, best first; -1 where all that is left has -inf."""
    count = min(count, scores.shape[1])
    part = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    part.sort(axis=1)  # of equal scores, the smaller item is first
    values = np.take_along_axis(scores, part, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    items, values = np.take_along_axis(part, order, axis=1), np.take_along_axis(values, order, axis=1)
    return np.asarray(np.where(np.isfinite(values), items, -1), np.int32)


def hits_of(lists: NDArray[np.int32], targets: Histories) -> NDArray[np.bool_]:
    """Which places of each list hold an item that its user had next."""
    users = np.arange(targets.user_count)
    wanted = np.repeat(users, targets.lengths) * targets.item_count + targets.item
    shown = users[:, None] * targets.item_count + lists
    return np.isin(shown, wanted) & (lists >= 0)


def of_lists(lists: NDArray[np.int32], targets: Histories) -> dict[str, float]:
    """Means over the users who had any next item. Keys are those of GetSolutionMetrics."""
    judged = targets.lengths > 0
    if not judged.any():
        return dict.fromkeys(("coverage", "mean_reciprocal_rank_at_25", *_keys()), 0.0)
    hits = np.zeros((len(lists), LENGTH), np.bool_)
    hits[:, : lists.shape[1]] = hits_of(lists, targets)
    hits, wanted = hits[judged], targets.lengths[judged]
    first = np.where(hits.any(axis=1), 1 / (1 + hits.argmax(axis=1)), 0)
    gains = [_gain(hits, wanted, cut) for cut in _CUTS]
    precisions = [float(hits[:, :cut].mean()) for cut in _CUTS]
    return {
        "coverage": len(np.unique(lists[lists >= 0])) / targets.item_count,
        "mean_reciprocal_rank_at_25": float(first.mean()),
        **dict(zip(_keys(), gains + precisions, strict=True)),
    }


def average_rewards(lists: NDArray[np.int32], targets: Histories, reward: NDArray[np.float32]) -> float:
    """Of the reward in what users had next, the share that their lists held; a mean over users with any."""
    per_user = np.repeat(np.arange(targets.user_count), targets.lengths)
    total = np.bincount(per_user, weights=reward[targets.item], minlength=targets.user_count)
    reached = np.where(hits_of(lists, targets), reward[lists], 0).sum(axis=1)
    return float((reached[total > 0] / total[total > 0]).mean()) if (total > 0).any() else 0.0


def _keys() -> list[str]:
    gains = [f"normalized_discounted_cumulative_gain_at_{cut}" for cut in _CUTS]
    return gains + [f"precision_at_{cut}" for cut in _CUTS]


def _gain(hits: NDArray[np.bool_], wanted: NDArray[np.int64], cut: int) -> float:
    discount = 1 / np.log2(np.arange(2, cut + 2))
    ideal = np.cumsum(discount)[np.minimum(wanted, cut) - 1]
    return float(((hits[:, :cut] @ discount) / ideal).mean())
