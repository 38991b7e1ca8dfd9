"""A trained model as serving holds it: arrays mapped from its directory, and who did what until its training."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from personalize_local.data.tokens import Tokens
from personalize_local.data.vocabulary import Vocabulary
from personalize_local.recipes.catalogue import RECIPES
from personalize_local.recipes.facts import Recipe
from personalize_local.recipes.model import History
from personalize_local.recipes.personal import Personalization
from personalize_local.recipes.popular import Popular
from personalize_local.recipes.registry import Model, load
from personalize_local.recipes.related import Related
from personalize_local.serving.events import Event

FACTS: Final = "model.json"
ARRAYS: Final = "arrays"
HISTORIES: Final = ("start", "item", "at", "weight")  # of users, oldest first


@dataclass(frozen=True, kw_only=True)
class Histories:
    """Of user u: rows `start[u]` to `start[u + 1]`."""

    users: Vocabulary
    start: NDArray[np.int64]
    item: NDArray[np.int32]
    at: NDArray[np.int64]
    weight: NDArray[np.float32]

    def of(self, user: str) -> slice:
        number = self.users.find(user)
        return slice(0, 0) if number is None else slice(int(self.start[number]), int(self.start[number + 1]))


@dataclass(frozen=True, kw_only=True)
class Weighing:
    """What a solution makes of an event: eventType, eventValueThreshold, eventsConfig."""

    types: Mapping[str, tuple[float | None, float]] | None = None  # in lower case -> threshold, weight; None: all
    threshold: float | None = None

    def of(self, event_type: str, value: float | None) -> float:
        """Its weight; 0 for an event that does not count."""
        others = (self.threshold, 0.0 if self.types else 1.0)
        threshold, weight = (self.types or {}).get(event_type.lower(), others)
        if threshold is not None and (value is None or value < threshold):
            return 0.0
        return weight


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """One solution version, or what a recommender trained."""

    directory: str
    recipe: Recipe
    model: Model
    items: Vocabulary
    histories: Histories
    created: NDArray[np.int64]  # CREATION_TIMESTAMP of each item, or what stands for it
    interactions: NDArray[np.int64]  # of each item
    tokens: Tokens  # of users and of the moment
    weighing: Weighing
    last_seq: int  # of the put events that the histories have

    def logits(
        self, user: str | None, item: str | None, known: Sequence[int], events: Sequence[Event]
    ) -> NDArray[np.float32]:
        """Of each item. `known`: tokens of the user and the moment; `events`: those put since the training."""
        match self.model:
            case Personalization() as model:
                return model.scores(self._history(user, events), np.array(known, np.int32))
            case Related() as model:
                number = self.items.find(item) if item is not None else None
                return model.related(-1 if number is None else number)
            case Popular() as model:
                return model.ranking()
        raise TypeError(f"{self.recipe.name} serves no requests")

    @cached_property
    def influences(self) -> Mapping[str, NDArray[np.float32]]:
        """POPULARITY and FRESHNESS of each item, 0 to 1."""
        return {
            "POPULARITY": _ranked(np.asarray(self.interactions)),
            "FRESHNESS": _ranked(np.asarray(self.created)),
        }

    def _history(self, user: str | None, events: Sequence[Event]) -> History:
        rows = self.histories.of(user) if user is not None else slice(0, 0)
        item, weight = self.histories.item[rows], self.histories.weight[rows]
        live = [
            (number, heavy, event.at)
            for event in events
            if (number := self.items.find(event.item)) is not None
            and (heavy := self.weighing.of(event.type, event.value))
        ]
        if not live:
            return History(item=item, weight=weight)
        numbers, weights, times = zip(*live, strict=True)
        at = np.concatenate((self.histories.at[rows], times))
        order = np.argsort(at, kind="stable")
        together = np.concatenate((item, np.array(numbers, np.int32)))[order]
        return History(item=together, weight=np.concatenate((weight, np.array(weights, np.float32)))[order])


def load_model(directory: Path) -> ServedModel:
    """From what a training wrote; arrays are mapped, so a large model costs memory only where it is read."""
    facts: dict[str, Any] = json.loads((directory / FACTS).read_text())
    arrays = {path.stem: _mapped(path) for path in sorted((directory / ARRAYS).glob("*.npy"))}
    return ServedModel(
        directory=str(directory),
        recipe=RECIPES[facts["recipe"]],
        model=load(facts["recipe"], arrays, facts["settings"]).model,
        items=Vocabulary.open(directory / "items"),
        histories=Histories(
            users=Vocabulary.open(directory / "users"),
            **{name: _mapped(directory / f"history-{name}.npy") for name in HISTORIES},
        ),
        created=_mapped(directory / "created.npy"),
        interactions=_mapped(directory / "interactions.npy"),
        tokens=msgspec.convert(facts["tokens"], Tokens),
        weighing=Weighing(
            types={name: (threshold, weight) for name, threshold, weight in facts["types"]} or None,
            threshold=facts["threshold"],
        ),
        last_seq=facts["last_seq"],
    )


def _mapped(path: Path) -> NDArray[Any]:
    # As a plain array: numpy's own class for mapped ones makes each slice several times as slow.
    array: NDArray[Any] = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    return array


def _ranked(values: NDArray[Any]) -> NDArray[np.float32]:
    """The share of items that are below each one."""
    return (np.searchsorted(np.sort(values), values) / max(1, len(values))).astype(np.float32)
