"""Training jobs, of solution versions and of recommenders alike: what the worker is told, where its model lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from personalize_local.control.running import new_directory
from personalize_local.emulator import Emulator
from personalize_local.recipes.facts import Recipe
from personalize_local.serving.datasets import described as data_of_group
from personalize_local.state.resources import Resource


def task_of(
    emulator: Emulator, job: Resource, recipe: Recipe, options: Mapping[str, Any], *, previous: str | None = None
) -> dict[str, Any]:
    """`options`: eventType, solutionConfig, performHPO, trainingMode, performIncrementalUpdate."""
    return {
        "recipe": recipe.name,
        "datasets": data_of_group(emulator, str(job.group)),
        "database": str(emulator.database.path),
        "options": dict(options),
        "previous": previous,
        "out": new_directory(emulator, "versions"),
        "seed": emulator.settings.seed,
    }


def take_model(emulator: Emulator, trained: Resource, arguments: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    """What the job wrote is from now on what `trained` serves."""
    model = {"model": arguments["out"], "metrics": result["metrics"], "last_seq": result["last_seq"]}
    trained.private |= model
    emulator.resources.changed(trained)
