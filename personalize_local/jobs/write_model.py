"""Writes what a training found into the directory that serving maps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from personalize_local.data.durable import whole_folder
from personalize_local.data.training_model import TrainingData, TrainingSettings
from personalize_local.data.vocabulary import Vocabulary
from personalize_local.recipes.model import Interactions
from personalize_local.recipes.registry import Trained
from personalize_local.serving.model import ARRAYS, FACTS


def write_model(out: Path, trained: Trained, data: TrainingData, settings: TrainingSettings, *, last_seq: int) -> None:
    """The directory is there whole or not at all. `last_seq`: the last put event that the data has."""
    with whole_folder(out) as folder:
        (folder / ARRAYS).mkdir()
        for name, array in trained.arrays().items():
            np.save(folder / ARRAYS / f"{name}.npy", array)
        for name, array in _beside(data).items():
            np.save(folder / f"{name}.npy", array)
        Vocabulary.write(folder / "items", data.items)
        Vocabulary.write(folder / "users", data.users)
        facts = _facts(trained, data, settings) | {"last_seq": last_seq}
        (folder / FACTS).write_text(json.dumps(facts))


def _facts(trained: Trained, data: TrainingData, settings: TrainingSettings) -> dict[str, Any]:
    types = [[each.event_type.lower(), each.threshold, each.weight] for each in settings.events]
    if not types and settings.event_type is not None:
        types = [[settings.event_type.lower(), settings.threshold, 1.0]]
    return {
        "recipe": trained.recipe,
        "settings": trained.settings,
        "tokens": msgspec.to_builtins(data.tokens),
        "types": types,
        "threshold": settings.threshold,
    }


def _beside(data: TrainingData) -> dict[str, Any]:
    interactions = data.interactions
    return {
        "created": data.facts.created,
        "interactions": np.bincount(interactions.item, minlength=interactions.item_count),
        **{f"history-{name}": array for name, array in _histories(interactions).items()},
    }


def _histories(interactions: Interactions) -> dict[str, Any]:
    return {
        "start": np.searchsorted(interactions.user, np.arange(interactions.user_count + 1)),
        "item": interactions.item,
        "at": interactions.at,
        "weight": interactions.weight,
    }
