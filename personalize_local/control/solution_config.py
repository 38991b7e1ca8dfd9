"""What a solution may be told about its training: checked before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from personalize_local.limits import (
    DEFAULT_TRAINING_DAYS,
    MAX_HPO_JOBS,
    MAX_PARALLEL_HPO_JOBS,
    MAX_TRAINING_DAYS,
)
from personalize_local.recipes.catalogue import ARGUMENTS
from personalize_local.recipes.facts import Hyperparameter, Recipe
from personalize_local.schemas.model import DatasetSchema, DatasetType
from personalize_local.wire.errors import InvalidInputException, NotSupportedException

Config = Mapping[str, Any]
Schemas = Mapping[DatasetType, DatasetSchema]
_RANGES = ("integerHyperParameterRanges", "continuousHyperParameterRanges", "categoricalHyperParameterRanges")
_KEYS = {"USER_ID", "ITEM_ID", "TIMESTAMP"}


def check_config(recipe: Recipe, config: Config, *, schemas: Schemas, tunes: bool, event_type: str | None) -> None:
    """Raises `InvalidInputException`, or `NotSupportedException` for what this emulator cannot do."""
    if config.get("autoMLConfig"):
        raise NotSupportedException("CreateSolution: this emulator does not support solutionConfig.autoMLConfig.")
    check_values(config.get("algorithmHyperParameters"), recipe, recipe.hyperparameters)
    check_values(config.get("featureTransformationParameters"), recipe, recipe.feature_parameters)
    _check_threshold(config.get("eventValueThreshold"), event_type)
    check_events(recipe, config.get("eventsConfig"), event_type)
    _check_search(recipe, config.get("hpoConfig"), tunes=tunes)
    _check_objective(recipe, config.get("optimizationObjective"), schemas)
    check_columns(config.get("trainingDataConfig"), schemas)


def check_values(given: Mapping[str, str] | None, recipe: Recipe, known: tuple[Hyperparameter, ...]) -> None:
    """That every parameter is one of the recipe's and within its bounds."""
    by_name = {each.name: each for each in known}
    for name, text in (given or {}).items():
        if name not in by_name:
            names = ", ".join(by_name) or "none"
            raise InvalidInputException(f"{recipe.name} has no parameter {name} here; it has: {names}.")
        complaint = by_name[name].complaint(text)
        if complaint:
            raise InvalidInputException(complaint)


def check_events(recipe: Recipe, config: Config | None, event_type: str | None) -> None:
    """eventsConfig weighs event types: for the recipes that do, and instead of one eventType."""
    entries = (config or {}).get("eventParametersList")
    if not entries:
        return
    if not recipe.weighs_events:
        raise InvalidInputException(f"{recipe.name} does not support eventsConfig.")
    if event_type is not None:
        raise InvalidInputException("Give either eventType or eventsConfig, not both.")
    types = [entry.get("eventType") for entry in entries]
    if None in types or len(set(types)) < len(types):
        raise InvalidInputException("Each entry of eventParametersList needs an eventType of its own.")


def training_days(config: Config | None) -> int:
    """Of autoTrainingConfig, rate(7 days) where it says nothing."""
    expression = (config or {}).get("schedulingExpression")
    if not expression:
        return DEFAULT_TRAINING_DAYS
    days = int(expression.removeprefix("rate(").partition(" ")[0])  # the wire checked the pattern
    if not 1 <= days <= MAX_TRAINING_DAYS:
        raise InvalidInputException(f"schedulingExpression must be rate(1 day) to rate({MAX_TRAINING_DAYS} days).")
    return days


def check_columns(config: Config | None, schemas: Schemas) -> None:
    """trainingDataConfig: columns that exist, included or excluded, but never keys."""
    included = (config or {}).get("includedDatasetColumns") or {}
    excluded = (config or {}).get("excludedDatasetColumns") or {}
    both = sorted({name.upper() for name in included} & {name.upper() for name in excluded})
    if both:
        raise InvalidInputException(f"Columns are included or excluded, not both: {', '.join(both)}.")
    by_type = {kind.upper(): schema for kind, schema in schemas.items()}
    for name, columns in [*included.items(), *excluded.items()]:
        schema = by_type.get(name.upper())
        if schema is None:
            raise InvalidInputException(f"trainingDataConfig names {name}, a dataset that the group does not have.")
        unknown = sorted(set(columns) - schema.by_name.keys())
        if unknown:
            raise InvalidInputException(f"Dataset {name} has no such columns: {', '.join(unknown)}.")
    keys = sorted({column for columns in excluded.values() for column in columns} & _KEYS)
    if keys:
        raise InvalidInputException(f"Columns that training cannot do without are excluded: {', '.join(keys)}.")


def _check_threshold(threshold: str | None, event_type: str | None) -> None:
    if threshold is None:
        return
    if event_type is None:
        raise InvalidInputException("eventValueThreshold needs an eventType.")
    if not _is_number(threshold):
        raise InvalidInputException(f"eventValueThreshold must be a number; it is {threshold!r}.")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _check_search(recipe: Recipe, config: Config | None, *, tunes: bool) -> None:
    tunable = {each.name: each for each in recipe.hyperparameters if each.tunable}
    if tunes and not tunable:
        raise InvalidInputException(f"{recipe.name} has no hyperparameters to optimize: performHPO must be false.")
    if config is None:
        return
    if not tunes:
        raise InvalidInputException("hpoConfig is given, but performHPO is not true.")
    if config.get("hpoObjective"):
        raise NotSupportedException("CreateSolution: this emulator does not support hpoConfig.hpoObjective.")
    resources = config.get("hpoResourceConfig") or {}
    _check_count("maxNumberOfTrainingJobs", resources, MAX_HPO_JOBS)
    _check_count("maxParallelTrainingJobs", resources, MAX_PARALLEL_HPO_JOBS)
    _check_ranges(config.get("algorithmHyperParameterRanges"), recipe, tunable)


def _check_count(name: str, config: Config, most: int) -> None:
    text = config.get(name)
    if text is not None and not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise InvalidInputException(f"{name} must be an integer from 1 to {most}; it is {text!r}.")


def _check_ranges(ranges: Config | None, recipe: Recipe, tunable: Mapping[str, Hyperparameter]) -> None:
    if ranges is None:
        return
    missing = [name for name in _RANGES if ranges.get(name) is None]
    if missing:
        raise InvalidInputException(f"algorithmHyperParameterRanges must have {', '.join(missing)}, if only empty.")
    for kind in _RANGES:
        for entry in ranges[kind]:
            known = tunable.get(entry.get("name", ""))
            if known is None or f"{known.kind}HyperParameterRanges" != kind:
                raise InvalidInputException(f"{recipe.name} has no {entry.get('name')!r} to optimize in {kind}.")
            _check_range(entry, ARGUMENTS[recipe.name][known.name])


def _check_range(entry: Config, known: Hyperparameter) -> None:
    texts = entry.get("values") or [str(entry[bound]) for bound in ("minValue", "maxValue") if bound in entry]
    complaint = next((each for each in map(known.complaint, texts) if each), None)
    if complaint:
        raise InvalidInputException(complaint)
    if known.kind != "categorical" and not entry.get("minValue", known.least) <= entry.get("maxValue", known.most):
        raise InvalidInputException(f"{known.name}: minValue is above maxValue.")


def _check_objective(recipe: Recipe, objective: Config | None, schemas: Schemas) -> None:
    if objective is None or objective.get("objectiveSensitivity") == "OFF":
        return
    if recipe.type != "USER_PERSONALIZATION" or recipe.model != "user":
        raise InvalidInputException(f"{recipe.name} does not support an optimizationObjective.")
    name = objective.get("itemAttribute")
    field = schemas["Items"].by_name.get(name or "") if "Items" in schemas else None
    if field is None or not field.is_number:
        raise InvalidInputException(
            f"optimizationObjective.itemAttribute must be a numeric column of the Items dataset; it is {name!r}."
        )
