"""Who shops: tastes, devices, accounts and what they agreed to."""

from __future__ import annotations

import random
from dataclasses import dataclass

from contract.codec import Consent, Context
from contract.generated.types import User
from producers.simulator.settings import SimulationSettings
from producers.simulator.shop import CATEGORIES

_REGISTERED = 0.6
_APP = 0.4
_MINOR_TASTE, _MINOR_TASTES = 0.15, 2


@dataclass(frozen=True, slots=True)
class Shopper:
    """`user` is None for one without an account; `taste` holds a weight for each category."""

    anonymous_id: str
    user: User | None
    uses_app: bool
    context: Context
    consent: Consent
    taste: tuple[float, ...]

    @property
    def refuses_analytics(self) -> bool:
        return self.consent.analytics is False


def shoppers(settings: SimulationSettings) -> tuple[Shopper, ...]:
    """The same for the same settings."""
    rng = random.Random(f"shoppers {settings.seed}")  # noqa: S311  # a simulation, no secret
    return tuple(_shopper(rng, number) for number in range(settings.users))


def _shopper(rng: random.Random, number: int) -> Shopper:
    uses_app = rng.random() < _APP
    return Shopper(
        anonymous_id=f"a-{rng.getrandbits(48):012x}",
        user=_user(rng, number) if rng.random() < _REGISTERED else None,
        uses_app=uses_app,
        context=_context(rng, uses_app=uses_app),
        consent=_consent(number),
        taste=_taste(rng),
    )


def _user(rng: random.Random, number: int) -> User:
    return User(
        user_id=f"u-{number + 1:06d}",
        age_band=rng.choice(("18-24", "25-34", "35-44", "45-54", "55+")),
        gender=rng.choice(("F", "M", "X")),
        membership=rng.choice(("none", "none", "silver", "gold")),
        location=rng.choice(("CH", "DE", "FR", "IT", "US")),
    )


def _context(rng: random.Random, *, uses_app: bool) -> Context:
    locale = rng.choice(("de-CH", "fr-CH", "de-DE", "en-US", "it-IT"))
    if uses_app:
        return Context(device="mobile", platform="ios", app_version=rng.choice(("5.1.0", "5.2.1")), locale=locale)
    device, platform = rng.choice((("desktop", "chrome"), ("desktop", "firefox"), ("mobile", "safari")))
    return Context(
        device=device,
        platform=platform,
        locale=locale,
        page="/",
        referrer=rng.choice(("https://search.example/", "https://news.example/a?b=c", None)),
    )


def _consent(number: int) -> Consent:
    """1 in 200 refuses analytics, 1 in 33 personalization: by number, so that every crowd has some."""
    return Consent(analytics=number % 200 != 9, personalization=number % 33 != 5)  # noqa: PLR2004


def _taste(rng: random.Random) -> tuple[float, ...]:
    """One category above all, two beside it, a little of everything."""
    weights = [0.02] * len(CATEGORIES)
    weights[rng.randrange(len(CATEGORIES))] += 0.5
    for _ in range(_MINOR_TASTES):
        weights[rng.randrange(len(CATEGORIES))] += _MINOR_TASTE
    return tuple(weights)
