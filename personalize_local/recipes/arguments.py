"""Hyperparameters, which are strings, as the numbers that training wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from personalize_local.recipes.catalogue import ARGUMENTS
from personalize_local.recipes.histories import STATIC
from personalize_local.recipes.sims import SimsSettings

# Best on MovieLens-100k and on other films; on parts of their users, near the best: `make bench ONLY=recipes`.
REGULARIZATION = 500.0
HALF_LIFE = 5.0


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Of recipes for users. Defaults of the version 1 recipes' hyperparameters mean the same as these."""

    regularization: float = REGULARIZATION
    half_life: float = HALF_LIFE  # in items
    percentiles: tuple[float, float] = (0.0, 1.0)  # of users, by length of history


def values(recipe: str, given: Mapping[str, str]) -> dict[str, str]:
    """Defaults, and what is given in their place. Raises ValueError for what the recipe does not take."""
    known = ARGUMENTS[recipe]
    if strange := sorted(given.keys() - known.keys()):
        raise ValueError(f"{recipe} has no hyperparameter {', '.join(strange)}.")
    if complaints := [c for name, text in given.items() if (c := known[name].complaint(text))]:
        raise ValueError(" ".join(complaints))
    return {name: each.default for name, each in known.items()} | dict(given)


def engine(recipe: str, given: Mapping[str, str]) -> Engine:
    """A larger hidden dimension regularizes less; bptt is how far back a history speaks."""
    said = values(recipe, given)
    static = said.get("recency_mask") == "False" or said.get("apply_recency_bias") == "false"
    half_life = HALF_LIFE * int(said.get("bptt", "32")) / 32
    return Engine(
        regularization=REGULARIZATION * 149 / int(said.get("hidden_dimension", "149")),
        half_life=STATIC if static else half_life,
        percentiles=_percentiles(said, "user_history_length", (0.0, 1.0)),
    )


def sims_settings(recipe: str, given: Mapping[str, str]) -> SimsSettings:
    said = values(recipe, given)
    if not said:  # a domain's use case: nothing can be set, and no item is too popular to be shown
        return SimsSettings(least_together=2, user_percentiles=(0.0, 1.0), item_percentiles=(0.0, 1.0))
    return SimsSettings(
        popularity_discount=float(said["popularity_discount_factor"]),
        least_together=int(said["min_cointeraction_count"]),
        user_percentiles=_percentiles(said, "user_history_length", (0.0, 1.0)),
        item_percentiles=_percentiles(said, "item_interaction_count", (0.0, 1.0)),
    )


def content_share(recipe: str, given: Mapping[str, str]) -> float:
    """Of metadata in similar-items: its hidden dimensions among all."""
    said = values(recipe, given)
    behaviour, content = int(said.get("item_id_hidden_dim", "100")), int(said.get("item_metadata_hidden_dim", "100"))
    return content / (behaviour + content)


def _percentiles(said: Mapping[str, str], what: str, otherwise: tuple[float, float]) -> tuple[float, float]:
    low, high = said.get(f"min_{what}_percentile"), said.get(f"max_{what}_percentile")
    return otherwise if low is None or high is None else (float(low), float(high))
