"""From imported interactions to the latest of each user. It needs Arrow, which serving does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_local.data.segments import codes_of
from personalize_local.limits import RECENT_EVENTS
from personalize_local.serving.recent import Recent

_MOST: Final = 2**62


def recent_of(interactions: Any, row_of: Callable[[str], int]) -> Recent:
    """From an Arrow table of interactions: of each user and type, the last `RECENT_EVENTS`."""
    users, rank = _sorted_codes(interactions.column("USER_ID"))
    items, names = codes_of(interactions.column("ITEM_ID"))
    kinds, types = _types(interactions)
    at = interactions.column("TIMESTAMP").to_numpy()
    order = _order(users * (len(types) + 1) + kinds, at)
    order = order[_last(users[order], kinds[order])]
    order = order[users[order] >= 0]
    known = {name: row_of(name) for name in sorted(names.to_pylist())}  # in order, so that ties are broken by id
    rows = np.array([known[name] for name in names.to_pylist()], np.int32)
    return Recent(
        users=rank,
        types=types,
        start=np.searchsorted(users[order], np.arange(len(rank) + 1)),
        row=rows[items[order]] if len(rows) else rows,
        type=kinds[order].astype(np.int16),
    )


def _order(group: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.intp]:
    """Places by group and time; one sort of one number each, wherever both fit into it."""
    if not len(at):
        return np.zeros(0, np.intp)
    length = int(at.max()) - int(at.min()) + 1  # Python's integers do not overflow
    if length < _MOST // (int(group.max()) + 2):
        order: NDArray[np.intp] = np.argsort(group * length + (at - at.min()))
        return order
    return np.asarray(np.lexsort((at, group)))


def _sorted_codes(column: Any) -> tuple[NDArray[np.int64], Any]:
    """Of each value its number among the sorted distinct ones, and these."""
    codes, names = codes_of(column)
    order = pc.array_sort_indices(names).to_numpy()
    place = np.empty(len(order) + 1, np.int64)
    place[order] = np.arange(len(order))
    place[-1] = -1  # null
    return place[codes], names.take(order)


def _types(interactions: Any) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    if "EVENT_TYPE" not in interactions.column_names:
        return np.zeros(len(interactions), np.int64), ("",)
    codes, names = codes_of(interactions.column("EVENT_TYPE"))
    lowered = [name.lower() for name in names.to_pylist()]
    types = tuple(sorted(set(lowered)))
    number = np.array([*(types.index(name) for name in lowered), -1], np.int64)
    return number[codes], types


def _last(users: NDArray[np.int64], kinds: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Marks the last `RECENT_EVENTS` of each run of the same user and type."""
    ends = np.append((users[1:] != users[:-1]) | (kinds[1:] != kinds[:-1]), len(users) > 0)
    if not len(ends) or not len(users):
        return np.zeros(len(users), np.bool_)
    end_of_run = np.flatnonzero(ends)
    last = end_of_run[np.searchsorted(end_of_run, np.arange(len(users)))]
    return last - np.arange(len(users)) < RECENT_EVENTS
