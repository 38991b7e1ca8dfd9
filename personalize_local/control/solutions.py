"""Solutions: a recipe with its settings, and when it is trained by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from personalize_local.control.automatic import schedule
from personalize_local.control.checks import refuse_in_use, refuse_over_most, require_active, require_settled
from personalize_local.control.creating import Tags, add, new
from personalize_local.control.describing import MOST_OF_LIST, Answer, described, listed, summary
from personalize_local.control.group_data import schemas_of_group
from personalize_local.control.recipes import recipe_of
from personalize_local.control.removing import remove
from personalize_local.control.running import unfinished
from personalize_local.control.solution_config import check_config, check_events, training_days
from personalize_local.emulator import Emulator
from personalize_local.limits import MAX_SOLUTIONS
from personalize_local.operations import operation
from personalize_local.recipes.facts import Recipe
from personalize_local.state.lifecycle import update
from personalize_local.state.resources import Resource
from personalize_local.wire.errors import InvalidInputException, NotSupportedException

KIND = "solution"


@operation("CreateSolution")
def create_solution(  # noqa: PLR0913 - the members of the request
    emulator: Emulator,
    *,
    name: str,
    dataset_group_arn: str,
    recipe_arn: str | None = None,
    perform_hpo: bool = False,
    perform_auto_ml: bool = False,
    perform_auto_training: bool = True,
    perform_incremental_update: bool = False,
    event_type: str | None = None,
    solution_config: Mapping[str, Any] | None = None,
    tags: Tags | None = None,
) -> Answer:
    group = emulator.resources.get(dataset_group_arn, "dataset-group")
    require_active(emulator, group)
    if perform_auto_ml:
        raise NotSupportedException("CreateSolution: this emulator does not support performAutoML.")
    recipe, config = _creatable(recipe_arn), dict(solution_config or {})
    schemas = schemas_of_group(emulator, group.arn)
    check_config(recipe, config, schemas=schemas, tunes=perform_hpo, event_type=event_type)
    _check_incremental(recipe, asked=perform_incremental_update)
    _set_schedule(config, trains=perform_auto_training)
    refuse_over_most(emulator, KIND, MAX_SOLUTIONS, group=group.arn)
    body = {
        "performHPO": perform_hpo,
        "performAutoML": False,
        "performAutoTraining": perform_auto_training,
        "performIncrementalUpdate": perform_incremental_update,
        "recipeArn": recipe.arn,
        "datasetGroupArn": group.arn,
        "eventType": event_type,
        "solutionConfig": config,
    }
    solution = new(emulator, KIND, name, body, group=group.arn, tags=tags)
    if perform_auto_training:
        schedule(emulator, solution)
    return {"solutionArn": add(emulator, solution).arn}


@operation("DescribeSolution")
def describe_solution(emulator: Emulator, *, solution_arn: str) -> Answer:
    solution = emulator.resources.get(solution_arn, KIND)
    versions = emulator.resources.of("solution-version", parent=solution_arn)
    latest = summary(emulator, "ListSolutionVersions", versions[-1]) if versions else None
    return described(emulator, "DescribeSolution", solution, latestSolutionVersion=latest)


@operation("ListSolutions")
def list_solutions(
    emulator: Emulator,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int = MOST_OF_LIST,
) -> Answer:
    found = emulator.resources.of(KIND, group=dataset_group_arn)
    return listed(emulator, "ListSolutions", found, next_token, max_results)


@operation("UpdateSolution")
def update_solution(
    emulator: Emulator,
    *,
    solution_arn: str,
    perform_auto_training: bool | None = None,
    perform_incremental_update: bool | None = None,
    solution_update_config: Mapping[str, Any] | None = None,
) -> Answer:
    solution = emulator.resources.get(solution_arn, KIND)
    require_active(emulator, solution)
    require_settled(emulator, solution)
    if perform_auto_training is None and perform_incremental_update is None and not solution_update_config:
        raise InvalidInputException("UpdateSolution: nothing to update is given.")
    recipe, change = recipe_of(solution.body["recipeArn"]), dict(solution_update_config or {})
    check_events(recipe, change.get("eventsConfig"), solution.body["eventType"])
    _check_incremental(recipe, asked=bool(perform_incremental_update))
    trains = solution.body["performAutoTraining"] if perform_auto_training is None else perform_auto_training
    config = solution.body["solutionConfig"] | change
    _set_schedule(config, trains=trains, asked=change.get("autoTrainingConfig"))
    fields = {
        "performAutoTraining": trains,
        "performIncrementalUpdate": _either(perform_incremental_update, solution.body["performIncrementalUpdate"]),
        "solutionConfig": config,
        "solutionUpdateConfig": change,
    }
    _reschedule(emulator, solution, fields)
    solution.update = update(emulator.clock, KIND, fields)
    emulator.resources.changed(solution)
    return {"solutionArn": solution_arn}


@operation("DeleteSolution")
def delete_solution(emulator: Emulator, *, solution_arn: str) -> None:
    solution = emulator.resources.get(solution_arn, KIND)
    require_settled(emulator, solution)
    versions = emulator.resources.of("solution-version", parent=solution_arn)
    refuse_in_use(solution, emulator.resources.of("campaign", parent=solution_arn))
    refuse_in_use(solution, unfinished(emulator, "solution-version", parent=solution_arn))
    for version in versions:
        refuse_in_use(solution, unfinished(emulator, "batch-inference-job", "batch-segment-job", parent=version.arn))
    remove(emulator, solution)


def _creatable(arn: str | None) -> Recipe:
    if arn is None:
        raise InvalidInputException("recipeArn is required, for performAutoML is false.")
    recipe = recipe_of(arn)
    if recipe.domain:
        raise InvalidInputException(f"{arn} is a use case of {recipe.domain}: create a recommender with it.")
    if recipe.type == "PERSONALIZED_ACTIONS":
        raise NotSupportedException(f"CreateSolution: this emulator does not support {recipe.name}.")
    if recipe.refusal:
        raise InvalidInputException(recipe.refusal)
    return recipe


def _check_incremental(recipe: Recipe, *, asked: bool) -> None:
    if asked and recipe.model != "semantic":
        raise InvalidInputException(f"{recipe.name} does not support performIncrementalUpdate.")


def _set_schedule(config: dict[str, Any], *, trains: bool, asked: Mapping[str, Any] | None = None) -> None:
    """With the default written out, so that Describe shows it."""
    given = asked or config.get("autoTrainingConfig")
    days = training_days(given)
    if not trains:
        config.pop("autoTrainingConfig", None)
        return
    config["autoTrainingConfig"] = {"schedulingExpression": f"rate({days} day{'' if days == 1 else 's'})"}


def _reschedule(emulator: Emulator, solution: Resource, fields: Mapping[str, Any]) -> None:
    before = solution.body["performAutoTraining"], solution.body["solutionConfig"].get("autoTrainingConfig")
    if before != (fields["performAutoTraining"], fields["solutionConfig"].get("autoTrainingConfig")):
        solution.private.pop("next_training", None)
        if fields["performAutoTraining"]:
            schedule(emulator, solution)


def _either(given: bool | None, before: Any) -> Any:  # noqa: FBT001 - a member of the request
    return before if given is None else given
