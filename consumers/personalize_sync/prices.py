"""The price table: dated, with sources, overridable entry by entry."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Annotated

import msgspec

from contract.errors import ConfigurationError


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`verified`: that its source was read; others are from memory."""

    usd: Annotated[float, msgspec.Meta(ge=0)]
    unit: str
    as_of: str
    source: str
    verified: bool


Prices = Mapping[str, Price]


def load_prices(text: str, over: Prices | None = None) -> dict[str, Price]:
    """The entries of a file, above those of `over`. Raises `ConfigurationError` for an entry that `over` has not."""
    try:
        found = msgspec.convert(tomllib.loads(text), dict[str, Price])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"prices: {error}") from error
    unknown = [name for name in found if over is not None and name not in over]
    if unknown:
        raise ConfigurationError(f"prices: there is no {', '.join(unknown)}; there are {', '.join(over or ())}")
    for name, price in found.items():
        if over and price.unit != over[name].unit:
            raise ConfigurationError(f"prices: {name} is by {over[name].unit!r}, not by {price.unit!r}")
    return {**(over or {}), **found}


def declared_prices() -> dict[str, Price]:
    """The table beside this module."""
    return load_prices((resources.files("consumers.personalize_sync") / "prices.toml").read_text())
