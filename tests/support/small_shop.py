"""Generated shoppers and films with tastes of their own, so that a recommender has something to find."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

START = 1_700_000_000
CATEGORIES = ("books", "garden", "kitchen", "music", "sports", "toys")
_KEEPS_TO_TASTE = 0.85


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Item i is of category i modulo 6; a user mostly keeps to two categories."""

    items: Sequence[tuple[str, str, float]]  # id, category, price
    users: Sequence[tuple[str, str]]  # id, age group
    interactions: Sequence[tuple[str, str, int, str]]  # user, item, seconds, event type


def shop(event_types: Sequence[str], *, users: int = 120, items: int = 90, seed: int = 7) -> Shop:
    """Each user has 20 to 40 interactions, of the given types in turn."""
    draw = random.Random(seed)
    catalogue = [(f"item-{n}", CATEGORIES[n % len(CATEGORIES)], round(draw.uniform(1, 200), 2)) for n in range(items)]
    people = [(f"user-{n}", draw.choice(("young", "old"))) for n in range(users)]
    return Shop(
        items=catalogue,
        users=people,
        interactions=[row for user, _ in people for row in _visits(user, items, event_types, draw)],
    )


def _visits(user: str, items: int, event_types: Sequence[str], draw: random.Random) -> list[tuple[str, str, int, str]]:
    favourites = draw.sample(range(len(CATEGORIES)), 2)
    at = START + draw.randrange(30 * 86_400)
    rows = []
    for number in range(draw.randint(20, 40)):
        at += draw.randint(60, 7_200)
        item = draw.randrange(items)
        if draw.random() < _KEEPS_TO_TASTE:
            item = (item + draw.choice(favourites) - item % len(CATEGORIES)) % items
        rows.append((user, f"item-{item}", at, event_types[number % len(event_types)]))
    return rows
