"""What campaigns, recommenders and batch jobs may be told about serving: exploration, influence, metadata."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from personalize_local.control.group_data import require_dataset
from personalize_local.emulator import Emulator
from personalize_local.recipes.facts import Recipe
from personalize_local.wire.errors import InvalidInputException

_EXPLORATION: Final = {"explorationWeight": (0.0, 1.0), "explorationItemAgeCutOff": (0.0, math.inf)}


def check_serving(emulator: Emulator, recipe: Recipe, config: Mapping[str, Any], group: str | None) -> None:
    """Raises `InvalidInputException`."""
    _check_exploration(recipe, config.get("itemExplorationConfig"))
    if config.get("rankingInfluence") and recipe.model != "semantic":
        raise InvalidInputException(f"{recipe.name} does not support rankingInfluence.")
    if config.get("enableMetadataWithRecommendations"):
        require_dataset(emulator, group, "Items", "enableMetadataWithRecommendations")


def _check_exploration(recipe: Recipe, given: Mapping[str, str] | None) -> None:
    if not given:
        return
    if not recipe.explores:
        raise InvalidInputException(f"{recipe.name} does not support itemExplorationConfig.")
    for name, text in given.items():
        if name not in _EXPLORATION:
            raise InvalidInputException(f"itemExplorationConfig has {' and '.join(_EXPLORATION)}, not {name}.")
        least, most = _EXPLORATION[name]
        if not least <= _number(text) <= most:
            raise InvalidInputException(f"{name} must be a number from {least} to {most}; it is {text!r}.")


def _number(text: str) -> float:
    """Not a number where the text is none, or is infinite."""
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan
