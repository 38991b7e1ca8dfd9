"""The simulated shop's catalog, as a catalog database would hold it."""

from __future__ import annotations

import random
from dataclasses import dataclass

import msgspec

from contract.generated.types import Item, User
from producers.simulator.settings import SimulationSettings
from producers.simulator.shop import FILMS, category_of, shop
from producers.simulator.shoppers import shoppers

_GENRES = ("comedy", "drama", "thriller", "documentary", "family", "adventure")


@dataclass(frozen=True, slots=True)
class Catalog:
    items: tuple[Item, ...]
    users: tuple[User, ...]


def catalog(settings: SimulationSettings) -> Catalog:
    """Every item that `simulate` names, and every shopper with an account."""
    rng = random.Random(f"films {settings.seed}")  # noqa: S311  # a simulation, no secret
    items = tuple(_film(item, rng) if category_of(n) == FILMS else item for n, item in enumerate(shop(settings).items))
    users = (shopper.user for shopper in shoppers(settings))
    return Catalog(items, tuple(user for user in users if user is not None))


def _film(item: Item, rng: random.Random) -> Item:
    genres = tuple(rng.sample(_GENRES, rng.randint(1, 3)))
    return msgspec.structs.replace(item, genres=genres, release_year=rng.randint(1960, 2026))
