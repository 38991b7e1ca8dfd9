"""Solution versions: trained models with their metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from personalize_local.control.campaigns import follow_latest
from personalize_local.control.checks import is_unfinished
from personalize_local.control.creating import Tags
from personalize_local.control.describing import MOST_OF_LIST, Answer, described, listed
from personalize_local.control.recipes import recipe_of
from personalize_local.control.training import take_model, task_of
from personalize_local.control.training_start import KIND, latest_active, start_version
from personalize_local.emulator import Emulator
from personalize_local.jobs.runner import KINDS, JobKind
from personalize_local.operations import operation
from personalize_local.state.resources import ACTIVE, Resource
from personalize_local.wire.errors import InvalidInputException, ResourceInUseException

_OPTIONS = ("eventType", "solutionConfig", "performHPO", "trainingMode", "performIncrementalUpdate")


@operation("CreateSolutionVersion")
def create_solution_version(
    emulator: Emulator,
    *,
    solution_arn: str,
    name: str | None = None,
    training_mode: str = "FULL",
    tags: Tags | None = None,
) -> Answer:
    solution = emulator.resources.get(solution_arn, "solution")
    version = start_version(emulator, solution, name=name, mode=training_mode, tags=tags)
    return {"solutionVersionArn": version.arn}


@operation("DescribeSolutionVersion")
def describe_solution_version(emulator: Emulator, *, solution_version_arn: str) -> Answer:
    return described(emulator, "DescribeSolutionVersion", emulator.resources.get(solution_version_arn, KIND))


@operation("ListSolutionVersions")
def list_solution_versions(
    emulator: Emulator,
    *,
    solution_arn: str | None = None,
    next_token: str | None = None,
    max_results: int = MOST_OF_LIST,
) -> Answer:
    if solution_arn is not None:
        emulator.resources.get(solution_arn, "solution")
    found = emulator.resources.of(KIND, parent=solution_arn)
    return listed(emulator, "ListSolutionVersions", found, next_token, max_results)


@operation("StopSolutionVersionCreation")
def stop_solution_version_creation(emulator: Emulator, *, solution_version_arn: str) -> None:
    version = emulator.resources.get(solution_version_arn, KIND)
    if not is_unfinished(emulator, version):
        status = emulator.resources.status(version)
        raise InvalidInputException(f"{version.arn} is not in a valid state: its status is {status}.")
    emulator.jobs.stop(version)


@operation("GetSolutionMetrics")
def get_solution_metrics(emulator: Emulator, *, solution_version_arn: str) -> Answer:
    version = emulator.resources.get(solution_version_arn, KIND)
    status = emulator.resources.status(version)
    if is_unfinished(emulator, version):
        raise ResourceInUseException(f"{version.arn} has no metrics yet: its status is {status}.")
    if status != ACTIVE:
        raise InvalidInputException(f"{version.arn} has no metrics: its status is {status}.")
    return {"solutionVersionArn": version.arn, "metrics": version.private["metrics"]}


def _prepare(emulator: Emulator, version: Resource) -> dict[str, Any]:
    options = {member: version.body[member] for member in _OPTIONS}
    before = latest_active(emulator, str(version.parent)) if options["trainingMode"] == "UPDATE" else None
    recipe = recipe_of(version.body["recipeArn"])
    return task_of(emulator, version, recipe, options, previous=before.private["model"] if before else None)


async def _settle(
    emulator: Emulator, version: Resource, arguments: Mapping[str, Any], result: Mapping[str, Any]
) -> None:
    version.body["trainingHours"] = result["hours"]
    if result["hyperparameters"] is not None:
        version.body["tunedHPOParams"] = {"algorithmHyperParameters": result["hyperparameters"]}
    take_model(emulator, version, arguments, result)
    follow_latest(emulator, version)


KINDS[KIND] = JobKind(task="train", prepare=_prepare, settle=_settle)
