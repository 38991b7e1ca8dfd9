"""Trained models as named arrays and settings, and back: what a solution version keeps, and serving loads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from personalize_local.recipes.catalogue import RECIPES
from personalize_local.recipes.histories import Histories
from personalize_local.recipes.item_item import Dense, ItemItem, Neighbours
from personalize_local.recipes.personal import Personalization, Scale
from personalize_local.recipes.popular import Popular
from personalize_local.recipes.related import Related
from personalize_local.recipes.segmented import Segments
from personalize_local.recipes.tilted import Tilt

Model = Personalization | Related | Popular | Segments
Array = NDArray[Any]
Settings = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """`recipe` is its name. Arrays go to a file each; settings are JSON."""

    recipe: str
    model: Model

    def arrays(self) -> dict[str, Array]:
        match self.model:
            case Personalization() as model:
                return _arrays_of_personalization(model)
            case Related() as model:
                return {"users": model.users, **_under("items", model.neighbours.arrays())}
            case Popular() as model:
                return {"value": model.value}
            case Segments() as model:
                histories = {name: getattr(model.histories, name) for name in ("start", "item", "weight")}
                return {**_under("items", model.items.arrays()), **_under("histories", histories)}

    @property
    def settings(self) -> dict[str, float]:
        if not isinstance(self.model, Personalization):
            return {}
        scale, tilt = self.model.scale, self.model.tilt
        settings = {"half_life": scale.half_life, "temperature": scale.temperature, "repeat": scale.repeat}
        return settings if tilt is None else {**settings, "smoothing": tilt.smoothing}


def load(recipe: str, arrays: Mapping[str, Array], settings: Settings) -> Trained:
    """From what `arrays()` and `settings` said; the arrays may be memory-mapped."""
    return Trained(recipe=recipe, model=_model(recipe, arrays, settings))


def _model(recipe: str, arrays: Mapping[str, Array], settings: Settings) -> Model:
    match RECIPES[recipe].model:
        case "user":
            return _personalization(arrays, settings)
        case "popular" | "trending":
            return Popular(value=arrays["value"])
        case "sims" | "similar" | "semantic":
            return Related(neighbours=_neighbours(arrays), users=arrays["users"])
        case "segments":
            items = _items(arrays)
            return Segments(
                items=items, histories=Histories(item_count=items.item_count, **_below("histories", arrays))
            )
        case None:
            raise ValueError(RECIPES[recipe].refusal)


def _arrays_of_personalization(model: Personalization) -> dict[str, Array]:
    arrays: dict[str, Array] = {"popularity": model.popularity, **_under("items", model.items.arrays())}
    if model.tilt is not None:
        arrays |= _under("tilt", model.tilt.arrays())
    return arrays if model.bonus is None else {**arrays, "bonus": model.bonus}


def _personalization(arrays: Mapping[str, Array], settings: Settings) -> Personalization:
    tilt = _below("tilt", arrays)
    return Personalization(
        items=_items(arrays),
        popularity=arrays["popularity"],
        scale=Scale(**{name: settings[name] for name in ("half_life", "temperature", "repeat")}),
        tilt=Tilt(**tilt, smoothing=settings["smoothing"]) if tilt else None,
        bonus=arrays.get("bonus"),
    )


def _items(arrays: Mapping[str, Array]) -> ItemItem:
    return Dense(**_below("items", arrays)) if "items.weights" in arrays else _neighbours(arrays)


def _neighbours(arrays: Mapping[str, Array]) -> Neighbours:
    return Neighbours(**_below("items", arrays))


def _under(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def _below(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name.removeprefix(f"{prefix}."): array for name, array in arrays.items() if name.startswith(f"{prefix}.")}
