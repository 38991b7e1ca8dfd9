"""Exploration: some places of a list go to new items that few users have met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAY = 86_400
FEW_INTERACTIONS = 5


@dataclass(frozen=True, kw_only=True)
class Slots:
    """A list of items, and which of its places explore."""

    item: NDArray[np.int32]
    explored: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class NewItems:
    """Items that exploration may show, and how often each was shown without being chosen."""

    item: NDArray[np.int32]
    ignored: NDArray[np.int64]


def eligible(
    created: NDArray[np.int64], interactions: NDArray[np.int64], *, now: int, age_days: float
) -> NDArray[np.int32]:
    """Items younger than the cut-off, before `now` in Unix seconds, that have few interactions."""
    young = created > now - age_days * DAY
    return np.flatnonzero(young & (interactions < FEW_INTERACTIONS)).astype(np.int32)


def explore(
    ranked: NDArray[np.int32], new: NewItems, *, weight: float, slots: int, generator: np.random.Generator
) -> Slots:
    """The first `slots` of `ranked` (best first, all allowed), a share `weight` of them given to new items.

    An item that was shown n times in vain is drawn 1 + n times less often. Where new items are too few,
    the ranking fills their places; where the ranking is too short, the list is.
    """
    length = min(slots, len(np.union1d(ranked, new.item)))
    drawn = _draw(new, _rounded(weight * length, generator), generator)
    rest = ranked[~np.isin(ranked, drawn)]
    length = min(length, len(rest) + len(drawn))
    explored = np.zeros(length, np.bool_)
    explored[generator.choice(length, len(drawn), replace=False)] = True
    item = np.empty(length, np.int32)
    item[explored] = drawn
    item[~explored] = rest[: length - len(drawn)]
    return Slots(item=item, explored=explored)


def _rounded(number: float, generator: np.random.Generator) -> int:
    """Up or down at random, so that it is right on average."""
    whole = int(number)
    return whole + int(generator.random() < number - whole)


def _draw(new: NewItems, count: int, generator: np.random.Generator) -> NDArray[np.int32]:
    count = min(count, len(new.item))
    if not count:
        return np.zeros(0, np.int32)
    chance = 1 / (1 + new.ignored)
    return np.asarray(generator.choice(new.item, count, replace=False, p=chance / chance.sum()))
