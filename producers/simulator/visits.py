"""One visit of one shopper: lists, clicks, views, cart, purchase."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from contract.codec import Event
from contract.generated.types import Item
from contract.ids import time_ordered_id
from producers.simulator.shop import CATEGORIES, FILMS, Shop, category_of
from producers.simulator.shoppers import Shopper

WEB, APP, BACKEND = "web", "ios", "backend"
PRODUCERS = (WEB, APP, BACKEND)

# Shares of those who came as far as the step before.
_SEARCHES, _RECOMMENDED = 0.3, 0.6
_CLICKS, _FAVOURITE = 0.06, 0.25
_CARTS, _REMOVES, _BUYS = 0.2, 0.15, 0.55
_RATES, _WATCHES = 0.06, 0.7
_KNOWN_FROM_START, _NEXT_PAGE = 0.55, 0.6
_MAX_PAGES = 8


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as its client made it, not yet sent. `at_ms`: epoch milliseconds."""

    at_ms: int
    producer: str
    event: Event


class _Visit:
    """What a visit has come to so far."""

    def __init__(self, shopper: Shopper, at_ms: int, rng: random.Random) -> None:
        self.shopper = shopper
        self.at_ms = at_ms
        self.rng = rng
        self.front = APP if shopper.uses_app else WEB
        self.known = shopper.user is not None and rng.random() < _KNOWN_FROM_START
        self.session_id = f"s-{rng.getrandbits(48):012x}"
        self.tastes = tuple(accumulate(shopper.taste))
        self.happened: list[Happened] = []

    def wait(self, seconds: float) -> None:
        self.at_ms += 200 + int(seconds * 2_000 * self.rng.random())

    def log_in(self) -> None:
        self.known = self.shopper.user is not None

    def emit(self, event_type: str, **fields: Any) -> None:
        shopper = self.shopper
        event = Event(
            event_id=time_ordered_id(self.at_ms, self.rng.randbytes(10)),
            event_type=event_type,
            occurred_at=instant_ms(self.at_ms),
            user_id=shopper.user.user_id if self.known and shopper.user else None,
            anonymous_id=shopper.anonymous_id,
            session_id=self.session_id,
            context=shopper.context,
            consent=shopper.consent,
            **fields,
        )
        self.happened.append(Happened(self.at_ms, self.front, event))


def visit(shopper: Shopper, shop: Shop, at_ms: int, rng: random.Random) -> Sequence[Happened]:
    """At least one event, in order of time; at most about 20 minutes."""
    going = _Visit(shopper, at_ms, rng)
    cart: list[Item] = []
    for _ in range(_MAX_PAGES):
        cart += _look_at_a_list(going, shop)
        if rng.random() > _NEXT_PAGE:
            break
    if cart and rng.random() < _BUYS:
        _buy(going, cart)
    return going.happened


def instant_ms(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).isoformat()[:19] + f".{at_ms % 1000:03d}Z"


def _look_at_a_list(going: _Visit, shop: Shop) -> list[Item]:
    """Shows a list and returns what went into the cart from it and stayed."""
    rng = going.rng
    shown = _list(going, shop)
    recommendation = f"RID-{rng.getrandbits(64):016x}" if rng.random() < _RECOMMENDED else None
    ids = tuple(item.item_id for item in shown)
    if rng.random() < _SEARCHES:
        going.emit("search", properties={"query": f"{shown[0].brand} {shown[0].category_l2}", "results": len(shown)})
        going.wait(2)
    going.emit("impression", recommendation_id=recommendation, impression=ids)
    kept = []
    for place, item in enumerate(shown):
        if rng.random() < _interest(going, item):
            going.wait(8)
            going.emit(
                "click",
                item_id=item.item_id,
                recommendation_id=recommendation,
                impression=ids,
                properties={"position": place + 1},
            )
            kept += _look_at(going, item)
    going.wait(15)
    return kept


def _list(going: _Visit, shop: Shop) -> list[Item]:
    """4 to 12 different items, those of the shopper's taste more often."""
    rng, tastes = going.rng, going.tastes
    found = {}
    for _ in range(rng.randrange(6, 14)):
        item = shop.pick(bisect(tastes, rng.random() * tastes[-1]) % len(CATEGORIES), rng.random())
        found[item.item_id] = item
    return list(found.values())


def _interest(going: _Visit, item: Item) -> float:
    taste = going.shopper.taste[category_of(int(item.item_id[2:]) - 1)]
    return _CLICKS + _FAVOURITE * taste


def _look_at(going: _Visit, item: Item) -> list[Item]:
    rng = going.rng
    going.wait(0.5)
    going.emit("view", item_id=item.item_id, value=item.price)
    if item.category_l2 == CATEGORIES[FILMS][1] and rng.random() < _WATCHES:
        going.wait(30)
        going.emit("watch", item_id=item.item_id, value=float(rng.randrange(20, 7_200)))
    if rng.random() < _RATES:
        going.wait(10)
        going.emit("rating", item_id=item.item_id, value=float(rng.choice((1, 2, 3, 4, 4, 5, 5))))
    if rng.random() >= _CARTS:
        return []
    going.log_in()
    going.wait(20)
    going.emit("add_to_cart", item_id=item.item_id, value=item.price, properties={"quantity": 1})
    if rng.random() >= _REMOVES:
        return [item]
    going.wait(20)
    going.emit("remove_from_cart", item_id=item.item_id)
    return []


def _buy(going: _Visit, cart: Sequence[Item]) -> None:
    """The shop's own servers say what was bought."""
    order = f"o-{going.rng.getrandbits(40):010x}"
    going.front = BACKEND
    going.wait(40)
    for item in cart:
        going.at_ms += 1
        going.emit("purchase", item_id=item.item_id, value=item.price, properties={"order_id": order, "quantity": 1})
