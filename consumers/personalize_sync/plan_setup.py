"""What must be there before any data: group, schemas, datasets, tracker, filters, solutions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from consumers.personalize_sync.desired import DATASETS, Desired
from consumers.personalize_sync.naming import Names
from consumers.personalize_sync.plan import Call, Plan, wait
from consumers.personalize_sync.world import Dataset, Resource, World
from contract.errors import ConfigurationError


def schema_name(names: Names, dataset: str, schema: str) -> str:
    return names.hashed(dataset, schema)


def filter_name(names: Names, name: str, expression: str) -> str:
    return names.hashed(name, expression)


def plan_setup(world: World, desired: Desired, schemas: Mapping[str, str], names: Names) -> Plan:
    """Raises `ConfigurationError` for a solution that is there with another recipe: recipes do not change."""
    return Plan.joined(_parts(world, desired, schemas, names))


def _parts(world: World, desired: Desired, schemas: Mapping[str, str], names: Names) -> Iterator[Plan]:
    yield from (_schema(names, name, schemas[name]) for name in DATASETS if name not in world.schemas)
    if world.group is None:
        request = {"name": names.deployment}
        yield _call("CreateDatasetGroup", "DatasetGroup", names.group_arn, request)
    if not _is_ready(world.group):
        yield _why_not(world.group, f"dataset group {names.deployment}")
        return
    yield from (_dataset(world, names, name) for name in DATASETS if name in world.schemas)
    if all(_is_ready(world.datasets.get(name)) for name in DATASETS):
        yield from _upon_datasets(world, desired, names)


def _upon_datasets(world: World, desired: Desired, names: Names) -> Iterator[Plan]:
    group = {"datasetGroupArn": names.group_arn}
    if world.tracker is None:
        arn = names.arn("event-tracker", names.deployment)
        yield _call("CreateEventTracker", "EventTracker", arn, {"name": names.deployment, **group})
    for name, expression in desired.filters.items():
        if name in world.filters:
            yield _why_not(world.filters[name], f"filter {name}")
            continue
        full = filter_name(names, name, expression)
        request = {"name": full, **group, "filterExpression": expression}
        yield _call("CreateFilter", "Filter", names.arn("filter", full), request)
    for name, wanted in desired.solutions.items():
        yield _solution(world, names, name, wanted.recipe)


def _schema(names: Names, dataset: str, schema: str) -> Plan:
    name = schema_name(names, dataset, schema)
    return _call("CreateSchema", "Schema", names.arn("schema", name), {"name": name, "schema": schema})


def _dataset(world: World, names: Names, name: str) -> Plan:
    found, schema_arn, arn = world.datasets.get(name), world.schemas[name].arn, names.dataset_arn(name)
    if found is None:
        request = {
            "name": names.of(name),
            "schemaArn": schema_arn,
            "datasetGroupArn": names.group_arn,
            "datasetType": name.capitalize(),
        }
        return _call("CreateDataset", "Dataset", arn, request)
    if not found.is_active or found.schema_arn == schema_arn:
        return _why_not(found, f"dataset {name}")
    return _new_schema(world, found, name, schema_arn)


def _new_schema(world: World, dataset: Dataset, name: str, schema_arn: str) -> Plan:
    change = dataset.change
    if change and change.to == schema_arn and change.is_failed:
        return wait(f"dataset {name} did not take its new schema: {change.failure}")
    if change and change.is_pending:
        return wait(f"dataset {name} gets its new schema")
    if any(job.is_pending for job in world.imports.get(name, ())):
        return wait(f"dataset {name} gets its new schema when its import has ended")
    request = {"datasetArn": dataset.arn, "schemaArn": schema_arn}
    return _call("UpdateDataset", "Dataset", dataset.arn, request)


def _solution(world: World, names: Names, name: str, recipe: str) -> Plan:
    found, recipe_arn = world.solutions.get(name), names.recipe(recipe)
    if found is None:
        request = {
            "name": names.of(name),
            "datasetGroupArn": names.group_arn,
            "recipeArn": recipe_arn,
            "performAutoTraining": False,
        }
        return _call("CreateSolution", "Solution", names.arn("solution", names.of(name)), request)
    if found.recipe_arn != recipe_arn:
        raise ConfigurationError(
            f"solution {names.of(name)} has {found.recipe_arn}, the desired state {recipe_arn}: a recipe cannot be "
            "changed; give the solution another name there"
        )
    return _why_not(found, f"solution {name}")


def _is_ready(found: Resource | None) -> bool:
    return found is not None and found.is_active


def _why_not(found: Resource | None, name: str) -> Plan:
    """Nothing to say of what is active."""
    if found is None or found.is_active:
        return Plan()
    return wait(f"{name} is {found.status}{': ' if found.failure else ''}{found.failure}")


def _call(operation: str, kind: str, arn: str, request: Mapping[str, Any]) -> Plan:
    return Plan(calls=(Call(operation=operation, kind=kind, arn=arn, request=request),))
