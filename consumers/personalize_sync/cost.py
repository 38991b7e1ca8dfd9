"""What it costs: an estimate a month and a million events, before anything is made; what to refuse, what to warn of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from consumers.personalize_sync.prices import Prices
from consumers.personalize_sync.workload import HOURS, Workload, uses, v1_hours

_V2 = "-v2"
_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A month's `quantity` of what is billed by `unit`, for `usd`. `verified`: whether its price's source was read."""

    price: str
    what: str
    quantity: float
    unit: str
    usd: float
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """US dollars, at list prices."""

    lines: tuple[Line, ...]
    events: float  # in a month

    @property
    def usd_per_month(self) -> float:
        return sum(line.usd for line in self.lines)

    @property
    def usd_per_million_events(self) -> float | None:
        """None where there are no events."""
        return self.usd_per_month / self.events * 1e6 if self.events else None


def estimate(workload: Workload, prices: Prices) -> Estimate:
    """A line for everything that is billed. Raises KeyError where the table lacks a price: it is incomplete."""
    lines = [
        Line(
            price=use.price,
            what=use.what,
            quantity=use.quantity,
            unit=prices[use.price].unit,
            usd=use.quantity * prices[use.price].usd,
            verified=prices[use.price].verified,
        )
        for use in uses(workload)
    ]
    return Estimate(lines=tuple(lines), events=workload.events)


def refuse(found: Estimate, cap: float) -> str | None:
    """Why nothing is to be made, or None where the month stays within the cap, in US dollars."""
    if found.usd_per_month <= cap:
        return None
    largest = sorted(found.lines, key=lambda line: -line.usd)[:3]
    named = ", ".join(f"{line.price} ${line.usd:,.2f} ({line.what})" for line in largest)
    return (
        f"An estimated ${found.usd_per_month:,.2f} a month is over the cap of ${cap:,.2f}; most of it: {named}. "
        "Raise the cap, or do less."
    )


def training_price(recipe: str, interactions: int, prices: Prices) -> float:
    """US dollars for one training of this recipe (its name or ARN)."""
    if recipe.endswith(_V2):
        return interactions / 1_000 * prices["personalize-training-v2"].usd
    return v1_hours(interactions) * prices["personalize-training-v1"].usd


def idle_price(recipe: str, min_tps: int, prices: Prices) -> float:
    """US dollars a month for a campaign of this recipe that nobody asks."""
    if recipe.endswith(_V2):
        return min_tps * HOURS * 3_600 / 1_000 * prices["personalize-requests-v2"].usd
    return min_tps * HOURS * prices["personalize-campaign-v1"].usd


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignUse:
    """`requests`: in the last 24 hours. `active_since`: epoch seconds."""

    name: str
    recipe: str
    min_tps: int
    active_since: float
    requests: int


def idle_campaigns(campaigns: Iterable[CampaignUse], prices: Prices, *, now: float) -> Iterator[tuple[str, str]]:
    """(name, warning) of those that have been active for a day, and nobody asked in it."""
    for each in campaigns:
        if now - each.active_since >= _DAY and not each.requests:
            price = idle_price(each.recipe, each.min_tps, prices)
            said = f"Campaign {each.name} is active and nobody asked it for 24 hours: about ${price:,.0f} a month for "
            yield each.name, said + "nothing. Delete it, or serve from it."
