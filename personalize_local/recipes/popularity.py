"""Popular items and trending ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from personalize_local.recipes.histories import distinct, users_of
from personalize_local.recipes.model import Interactions
from personalize_local.recipes.popular import Popular

DOMAIN_FREQUENCY = "2 hours"  # nothing can be set there
FREQUENCIES = {"30 minutes": 1_800, "1 hour": 3_600, "2 hours": 7_200, "3 hours": 10_800, "1 day": 86_400}


def by_users(interactions: Interactions) -> Popular:
    """Users an item. Of one type of event: give only its interactions."""
    return Popular(value=users_of(distinct(interactions)).astype(np.float32))


def by_growth(interactions: Interactions, seconds: int) -> Popular:
    """Growth between the two latest intervals of this length, in units of its chance variation.

    Items that neither grow nor shrink follow by popularity, which is less than any growth.
    """
    now = int(interactions.at.max(initial=0))
    latest = counts(interactions, now - seconds, now)
    before = counts(interactions, now - 2 * seconds, now - seconds)
    growth = (latest - before) / np.sqrt(latest + before + 1)
    total = counts(interactions, -1, now)
    return Popular(value=(growth + 0.1 * total / (1 + total.max(initial=0))).astype(np.float32))


def counts(interactions: Interactions, after: int, until: int) -> NDArray[np.float64]:
    """Interactions of each item in (after, until]."""
    within = (interactions.at > after) & (interactions.at <= until)
    return np.bincount(interactions.item[within], minlength=interactions.item_count).astype(np.float64)
