"""The simulated shop's catalog, as a catalog database would hold it."""

from __future__ import annotations

from dataclasses import dataclass

from contract.generated.types import Item, User
from producers.simulator.settings import SimulationSettings
from producers.simulator.shop import shop
from producers.simulator.shoppers import shoppers


@dataclass(frozen=True, slots=True)
class Catalog:
    items: tuple[Item, ...]
    users: tuple[User, ...]


def catalog(settings: SimulationSettings) -> Catalog:
    """Every item that `simulate` names, and every shopper with an account."""
    users = (shopper.user for shopper in shoppers(settings))
    return Catalog(shop(settings).items, tuple(user for user in users if user is not None))
