"""Personalize's split: a tenth of the users is held out, and of each of them the newest tenth of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personalize_local.recipes.histories import Histories, distinct
from personalize_local.recipes.model import Interactions

MAX_TEST_USERS = 10_000  # enough for three digits
_REPEATS_MATTER = 0.05


@dataclass(frozen=True, kw_only=True)
class Split:
    """`given` and `targets`: row i is the same test user.

    `again`: whether users come back to items so often that items they had are judged too. Else lists
    are judged without them, as a client would filter them out.
    """

    train: Interactions
    given: Histories
    targets: Histories
    again: bool


def split(interactions: Interactions, seed: int) -> Split:
    counts = np.bincount(interactions.user, minlength=interactions.user_count)
    users = _test_users(np.flatnonzero(counts), seed)
    test = np.zeros(interactions.user_count, np.bool_)
    test[users] = True
    older = _older(interactions, counts, 0.9)
    judged = test[interactions.user]
    given = distinct(interactions.where(judged & older)).of(users)
    targets = distinct(interactions.where(judged & ~older)).of(users)
    repeated = _had(given, targets)
    again = bool(repeated.mean() > _REPEATS_MATTER) if len(repeated) else False
    return Split(
        train=interactions.where(~judged),
        given=given,
        targets=targets if again else targets.where(~repeated),
        again=again,
    )


def split_each(interactions: Interactions) -> tuple[Histories, Histories]:
    """For segments: of every user the oldest 80 % of events, and the new items of the newest 20 %."""
    counts = np.bincount(interactions.user, minlength=interactions.user_count)
    older = _older(interactions, counts, 0.8)
    given, targets = distinct(interactions.where(older)), distinct(interactions.where(~older))
    return given, targets.where(~_had(given, targets))


def _test_users(users: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    count = min(MAX_TEST_USERS, max(1, len(users) // 10)) if len(users) else 0
    return np.sort(np.random.default_rng(seed).choice(users, count, replace=False))


def _older(interactions: Interactions, counts: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    """The oldest share of each user's interactions, at least one."""
    start = np.cumsum(counts) - counts
    place = np.arange(len(interactions)) - start[interactions.user]
    kept = np.maximum(1, np.round(counts * share))
    return np.asarray(place < kept[interactions.user])


def _had(given: Histories, targets: Histories) -> NDArray[np.bool_]:
    """Which of the targets the same user had already."""
    return np.isin(_pairs(targets), _pairs(given))


def _pairs(histories: Histories) -> NDArray[np.int64]:
    users = np.repeat(np.arange(histories.user_count), histories.lengths)
    return users * histories.item_count + histories.item
