"""A training: from a group's data to a directory with a model, its metrics and what users did until then."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from personalize_local.data.parts import Dataset as Described
from personalize_local.data.parts import bulk, last_event, put, schema_of, table_of
from personalize_local.data.training import training_data
from personalize_local.data.training_model import (
    CannotTrain,
    Dataset,
    Sources,
    TrainingData,
    TrainingSettings,
    settings_of,
)
from personalize_local.jobs.workers import JobFailed
from personalize_local.jobs.write_model import write_model
from personalize_local.recipes.catalogue import RECIPES
from personalize_local.recipes.evaluation import evaluate
from personalize_local.recipes.facts import Recipe
from personalize_local.recipes.hpo import Range, Search, tune
from personalize_local.recipes.model import Interactions, Objective
from personalize_local.recipes.registry import Trained
from personalize_local.recipes.training import train, update
from personalize_local.serving.model import load_model

_STRENGTH: Final = {"LOW": 0.25, "MEDIUM": 0.5, "HIGH": 1.0}  # logits a standard deviation
_DEFAULT_HPO_JOBS: Final = 8


@dataclass(frozen=True, kw_only=True)
class _Ready:
    """What is learned from."""

    recipe: Recipe
    data: TrainingData
    interactions: Interactions  # with tokens, where the recipe uses them
    objective: Objective | None
    hyperparameters: Mapping[str, str]
    seed: int


def run(  # noqa: PLR0913 - a task's arguments
    *,
    recipe: str,
    datasets: Mapping[str, Described],
    database: str,
    options: Mapping[str, Any],
    previous: str | None,
    out: str,
    seed: int,
) -> dict[str, Any]:
    """Raises `JobFailed` with Personalize's reason when the data does not suffice."""
    began = time.monotonic()
    facts, config = RECIPES[recipe], options.get("solutionConfig") or {}
    settings = _settings(facts, options, config)
    last = last_event(Path(database))
    try:
        data = training_data(_sources(datasets, Path(database), last), settings)
        if recipe == "aws-item-attribute-affinity":
            _check_attributes(data)
    except CannotTrain as error:
        raise JobFailed(str(error)) from error
    ready = _ready(facts, data, config, seed)
    tuned = _tuned(ready, config) if options.get("performHPO") else None
    if tuned:
        ready = replace(ready, hyperparameters={**ready.hyperparameters, **tuned})
    trained = _updated(Path(previous), ready) if previous else _trained(ready)
    metrics = evaluate(
        recipe, ready.interactions, data.facts, ready.hyperparameters, seed=seed, objective=ready.objective
    )
    write_model(Path(out), trained, data, settings, last_seq=last)
    hours = (time.monotonic() - began) / 3_600
    return {"metrics": metrics, "hyperparameters": tuned, "hours": hours, "last_seq": last}


def _check_attributes(data: TrainingData) -> None:
    """Values that all items have, or only one, tell no items apart and join none. Raises `CannotTrain`."""
    items = len(data.items)
    numbers = (np.unique(values, return_counts=True)[1] for values in data.item_numbers.values())
    texts = [] if data.facts.features is None else [np.asarray(data.facts.features.sum(axis=0)).ravel()]
    if not any(((counts > 1) & (counts < items)).any() for counts in (*numbers, *texts)):
        raise CannotTrain("Did not find any attribute to train on: all values of each are equal, or all distinct.")


def _settings(recipe: Recipe, options: Mapping[str, Any], config: Mapping[str, Any]) -> TrainingSettings:
    return settings_of(
        options.get("eventType") or recipe.event_type,
        config,
        needs_interactions=recipe.needs_interactions,
        needs_texts=recipe.model == "semantic",
        merges_sessions=options.get("trainingMode") != "UPDATE",
    )


def _sources(datasets: Mapping[str, Described], database: Path, last: int) -> Sources:
    parts: dict[str, Dataset] = {}
    for name, dataset in datasets.items():
        # Events join the imported ones here, so that repeats are found among all of them.
        together = (
            [*bulk(dataset), put(dataset, database, until=last)]
            if name == "Interactions"
            else [table_of(dataset, database)]
        )
        parts[name.lower()] = Dataset(schema=schema_of(dataset), parts=together)
    return Sources(**parts)


def _ready(recipe: Recipe, data: TrainingData, config: Mapping[str, Any], seed: int) -> _Ready:
    interactions = data.interactions if recipe.takes_context else replace(data.interactions, tokens=None)
    hyperparameters = {
        **(config.get("algorithmHyperParameters") or {}),
        **(config.get("featureTransformationParameters") or {}),
    }
    objective = _objective(data, config.get("optimizationObjective") or {})
    return _Ready(
        recipe=recipe,
        data=data,
        interactions=interactions,
        objective=objective,
        hyperparameters=hyperparameters,
        seed=seed,
    )


def _objective(data: TrainingData, asked: Mapping[str, str]) -> Objective | None:
    name, sensitivity = asked.get("itemAttribute"), asked.get("objectiveSensitivity", "OFF")
    if name is None or sensitivity == "OFF":
        return None
    if name not in data.item_numbers:
        raise JobFailed(f"The Items dataset has no numeric column {name} to optimize for.")
    values = data.item_numbers[name]
    known = np.nan_to_num(values, nan=float(np.nanmean(values)) if np.isfinite(values).any() else 0.0)
    return Objective(value=known.astype(np.float32), strength=_STRENGTH[sensitivity])


def _tuned(ready: _Ready, config: Mapping[str, Any]) -> dict[str, str]:
    asked = config.get("hpoConfig") or {}
    jobs = int((asked.get("hpoResourceConfig") or {}).get("maxNumberOfTrainingJobs") or _DEFAULT_HPO_JOBS)
    search = Search(
        jobs=jobs, fixed=ready.hyperparameters, ranges=_ranges(asked.get("algorithmHyperParameterRanges") or {})
    )
    found = tune(ready.recipe.name, ready.interactions, ready.data.facts, search, ready.seed)
    return {**ready.hyperparameters, **found.best}


def _ranges(asked: Mapping[str, Any]) -> dict[str, Range]:
    numbers = [
        *(asked.get("integerHyperParameterRanges") or ()), *(asked.get("continuousHyperParameterRanges") or ())
    ]  # fmt: skip
    ranges = {each["name"]: Range(least=each.get("minValue"), most=each.get("maxValue")) for each in numbers}
    texts = asked.get("categoricalHyperParameterRanges") or ()
    return ranges | {each["name"]: Range(values=tuple(each["values"])) for each in texts}


def _trained(ready: _Ready) -> Trained:
    return train(
        ready.recipe.name, ready.interactions, ready.data.facts, ready.hyperparameters, objective=ready.objective
    )


def _updated(previous: Path, ready: _Ready) -> Trained:
    earlier = load_model(previous)
    numbers = {item: number for number, item in enumerate(ready.data.items)}
    places = np.array([numbers.get(item, -1) for item in earlier.items], np.int64)
    before = Trained(recipe=ready.recipe.name, model=earlier.model)
    return update(before, ready.interactions, places, ready.objective)
