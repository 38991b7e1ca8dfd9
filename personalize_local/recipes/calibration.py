"""How large logits must be, so that a softmax over them says what users chose next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from personalize_local.recipes.batches import combined
from personalize_local.recipes.histories import Histories, by_recency
from personalize_local.recipes.item_item import ItemItem
from personalize_local.recipes.model import Interactions
from personalize_local.recipes.personal import Scale

_CELLS = 20_000_000
_USERS = 512
_TEMPERATURES = np.geomspace(1e-3, 10, 41)
_RAREST_REPEAT = 0.001


def calibrate(items: ItemItem, histories: Histories, interactions: Interactions, half_life: float) -> Scale:
    """From users' latest items: the temperature that makes them likeliest, and how likely an item comes again."""
    users = _sample(histories)
    if not len(users):
        return Scale(half_life=half_life, temperature=1.0, repeat=0.0)
    chosen = histories.of(users)
    before, after = chosen.where(chosen.ages > 0), chosen.where(chosen.ages == 0)
    new = np.where(_had(before), -np.inf, combined(items, by_recency(before, half_life)))
    temperature = _likeliest(new.astype(np.float64), after.item)
    logits = combined(items, by_recency(chosen, half_life)).astype(np.float64) / temperature
    repeat = _offset(logits, _had(chosen), max(_RAREST_REPEAT, share_of_repeats(interactions)))
    return Scale(half_life=half_life, temperature=temperature, repeat=repeat)


def _had(histories: Histories) -> NDArray[np.bool_]:
    had = np.zeros((histories.user_count, histories.item_count), np.bool_)
    had[np.repeat(np.arange(histories.user_count), histories.lengths), histories.item] = True
    return had


def share_of_repeats(interactions: Interactions) -> float:
    """How many moves from one item to another lead to an item that the user had before."""
    user, item = interactions.user, interactions.item
    same_user = user[1:] == user[:-1]
    moves = int((same_user & (item[1:] != item[:-1])).sum())
    pairs = len(np.unique(user.astype(np.int64) * interactions.item_count + item))
    news = pairs - len(np.unique(user))
    return min(0.999, 1 - news / moves) if moves else 0.0


def _sample(histories: Histories) -> NDArray[np.int64]:
    able = np.flatnonzero(histories.lengths > 1)
    count = min(len(able), _USERS, max(1, _CELLS // max(1, histories.item_count)))
    return able[np.linspace(0, len(able) - 1, count).astype(np.int64)] if count else able


def _likeliest(sums: NDArray[np.float64], target: NDArray[np.int32]) -> float:
    aimed = sums[np.arange(len(sums)), target]
    losses = [float((_log_sum(sums / t) - aimed / t).mean()) for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _offset(logits: NDArray[np.float64], had: NDArray[np.bool_], share: float) -> float:
    """What to add for items that were had, so that they get this share on average."""
    old = _log_sum(np.where(had, logits, -np.inf))
    new = _log_sum(np.where(had, -np.inf, logits))
    low, high = -60.0, 60.0
    for _ in range(50):
        middle = (low + high) / 2
        found = float((1 / (1 + np.exp(np.clip(new - old - middle, -700, 700)))).mean())
        low, high = (middle, high) if found < share else (low, middle)
    return (low + high) / 2


def _log_sum(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    largest = logits.max(axis=1)
    floor = np.where(np.isfinite(largest), largest, 0)
    with np.errstate(divide="ignore"):  # a user may have had all items
        return np.asarray(floor + np.log(np.exp(logits - floor[:, None]).sum(axis=1)))
