"""Small made-up interactions with something to learn from: tests of recipes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from personalize_local.recipes.model import Interactions


def interactions(rows: Sequence[tuple[int, int]], *, users: int = 0, items: int = 0) -> Interactions:
    """(user, item) in the order of time, one a second; users in any order."""
    return timed([(user, item, second) for second, (user, item) in enumerate(rows)], users=users, items=items)


def timed(rows: Sequence[tuple[int, int, int]], *, users: int = 0, items: int = 0) -> Interactions:
    """(user, item, Unix second)."""
    user, item, at = np.array(rows, np.int64).reshape(-1, 3).T
    order = np.lexsort((at, user))
    return Interactions(
        user_count=users or int(user.max()) + 1,
        item_count=items or int(item.max()) + 1,
        user=user[order].astype(np.int32),
        item=item[order].astype(np.int32),
        at=at[order],
        weight=np.ones(len(order), np.float32),
    )


def two_tastes(seed: int = 0, *, users: int = 80, items: int = 40, each: int = 10) -> Interactions:
    """Even users choose even items and odd ones odd, nine times of ten; small numbers are more popular. No repeats."""
    generator = np.random.default_rng(seed)
    popularity = 1 / (5 + np.arange(items))
    rows = []
    for user in range(users):
        likes = np.where(np.arange(items) % 2 == user % 2, 0.9, 0.1) * popularity
        chosen = generator.choice(items, each, replace=False, p=likes / likes.sum())
        rows += [(user, item) for item in chosen.tolist()]
    return interactions(rows, users=users, items=items)
