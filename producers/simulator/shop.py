"""The shop: what it sells, and which item a shopper's eye falls on."""

from __future__ import annotations

import random
from bisect import bisect
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate

from contract.generated.types import Item
from contract.times import format_instant
from producers.simulator.settings import SimulationSettings

CATEGORIES = (
    ("apparel", "shoes"),
    ("apparel", "jackets"),
    ("apparel", "dresses"),
    ("outdoor", "tents"),
    ("outdoor", "bikes"),
    ("home", "kitchen"),
    ("home", "lighting"),
    ("media", "films"),
    ("media", "games"),
    ("beauty", "care"),
)
FILMS = 7
BRANDS = ("Nordwind", "Alba", "Kestrel", "Linden", "Mora", "Quay", "Solis", "Terrane")
_NEWEST_FIRST_SALE_DAYS = 400


@dataclass(frozen=True, slots=True)
class Shop:
    """Items, and for each category its items with their popularity added up."""

    items: tuple[Item, ...]
    shelves: tuple[tuple[tuple[int, ...], tuple[float, ...]], ...]

    def pick(self, category: int, draw: float) -> Item:
        """The item at `draw`, from [0, 1), of the category's popularity."""
        places, weights = self.shelves[category]
        return self.items[places[bisect(weights, draw * weights[-1])]]


def shop(settings: SimulationSettings) -> Shop:
    """The same for the same settings."""
    rng = random.Random(f"shop {settings.seed}")  # noqa: S311  # a simulation, no secret
    items = tuple(_item(rng, number, settings) for number in range(settings.items))
    return Shop(items, tuple(_shelf(settings.items, category) for category in range(len(CATEGORIES))))


def category_of(number: int) -> int:
    return number % len(CATEGORIES)


def _item(rng: random.Random, number: int, settings: SimulationSettings) -> Item:
    top, child = CATEGORIES[category_of(number)]
    brand = rng.choice(BRANDS)
    first_sold = settings.start - timedelta(days=rng.randrange(1, _NEWEST_FIRST_SALE_DAYS))
    return Item(
        item_id=f"i-{number + 1:05d}",
        category_l1=top,
        category_l2=child,
        price=round(rng.lognormvariate(3.5, 0.8), 2),
        brand=brand,
        description=f"{brand} {child}, model {number + 1}.",
        created_at=format_instant(first_sold),
        available=rng.random() > 0.03,  # noqa: PLR2004  # 3 % are sold out
    )


def _shelf(items: int, category: int) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Zipf's law: the second of a category sells half as well as the first, about."""
    places = tuple(range(category, items, len(CATEGORIES)))
    return places, tuple(accumulate(1 / (rank + 2) for rank in range(len(places))))
