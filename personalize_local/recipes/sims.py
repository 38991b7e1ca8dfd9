"""SIMS: items that the same users had, popular ones discounted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personalize_local.recipes.histories import Histories, latest, users_of, without_outliers
from personalize_local.recipes.item_item import Neighbours
from personalize_local.recipes.matrices import Numbers, Values, as_matrix, nearest


@dataclass(frozen=True, kw_only=True)
class SimsSettings:
    popularity_discount: float = 0.5
    least_together: int = 3
    user_percentiles: tuple[float, float] = (0.005, 0.995)  # by length of history
    item_percentiles: tuple[float, float] = (0.01, 0.9)  # by users


def sims(histories: Histories, settings: SimsSettings) -> Neighbours:
    """Users in common, over the product of both items' users to the power of the discount (0.5: the cosine)."""
    kept = _usual_items(without_outliers(histories, *settings.user_percentiles), *settings.item_percentiles)
    ones = as_matrix(latest(kept))
    ones.data[:] = 1
    scale = np.maximum(1, users_of(kept)).astype(np.float64) ** -settings.popularity_discount

    def adjust(together: Values, row: Numbers, column: Numbers) -> Values:
        enough = together >= settings.least_together
        return np.asarray(together * enough * scale[row] * scale[column], np.float32)

    return nearest(ones.T.tocsr(), ones, adjust=adjust)


def _usual_items(histories: Histories, low: float, high: float) -> Histories:
    """Items whose number of users is between two percentiles (0 to 1) of all that have one."""
    users = users_of(histories)
    known = users[users > 0]
    if not len(known):
        return histories
    least, most = np.quantile(known, [low, high], method="nearest")
    return histories.where(((users >= least) & (users <= most))[histories.item])
