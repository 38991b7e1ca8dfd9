"""Recommenders: a domain's use case, trained and served as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from personalize_local.control.checks import refuse_in_use, refuse_over_most, require_active, require_settled
from personalize_local.control.creating import Tags, add, new
from personalize_local.control.describing import MOST_OF_LIST, Answer, described, listed
from personalize_local.control.group_data import require_dataset, schemas_of_group
from personalize_local.control.recipes import recipe_of
from personalize_local.control.removing import remove
from personalize_local.control.retraining import KIND as RETRAINING
from personalize_local.control.retraining import options_of, retrain, take_first_model
from personalize_local.control.running import unfinished
from personalize_local.control.serving_config import check_serving
from personalize_local.control.solution_config import check_columns
from personalize_local.control.training import task_of
from personalize_local.emulator import Emulator
from personalize_local.jobs.runner import KINDS, JobKind
from personalize_local.limits import MAX_RECOMMENDERS
from personalize_local.operations import operation
from personalize_local.recipes.facts import Recipe
from personalize_local.state.lifecycle import transition, update
from personalize_local.state.resources import ACTIVE, Resource
from personalize_local.wire.errors import InvalidInputException

KIND: Final = "recommender"
_INACTIVE: Final = "INACTIVE"


@operation("CreateRecommender")
def create_recommender(
    emulator: Emulator,
    *,
    name: str,
    dataset_group_arn: str,
    recipe_arn: str,
    recommender_config: Mapping[str, Any] | None = None,
    tags: Tags | None = None,
) -> Answer:
    group = emulator.resources.get(dataset_group_arn, "dataset-group")
    require_active(emulator, group)
    recipe, config = recipe_of(recipe_arn), _with_default(recommender_config or {})
    _check_domain(group, recipe)
    _check_config(emulator, group.arn, recipe, config)
    refuse_over_most(emulator, KIND, MAX_RECOMMENDERS, group=group.arn)
    body = {"datasetGroupArn": group.arn, "recipeArn": recipe_arn, "recommenderConfig": config}
    recommender = new(emulator, KIND, name, body, group=group.arn, tags=tags)
    return {"recommenderArn": add(emulator, recommender).arn}


@operation("DescribeRecommender")
def describe_recommender(emulator: Emulator, *, recommender_arn: str) -> Answer:
    recommender = emulator.resources.get(recommender_arn, KIND)
    metrics = recommender.private.get("metrics")
    return described(emulator, "DescribeRecommender", recommender, modelMetrics=metrics)


@operation("ListRecommenders")
def list_recommenders(
    emulator: Emulator,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int = MOST_OF_LIST,
) -> Answer:
    found = emulator.resources.of(KIND, group=dataset_group_arn)
    return listed(emulator, "ListRecommenders", found, next_token, max_results)


@operation("UpdateRecommender")
def update_recommender(emulator: Emulator, *, recommender_arn: str, recommender_config: Mapping[str, Any]) -> Answer:
    """Other columns to train from need a new training; all else only takes time."""
    recommender = emulator.resources.get(recommender_arn, KIND)
    require_active(emulator, recommender)
    require_settled(emulator, recommender)
    before, config = recommender.body["recommenderConfig"], _with_default(recommender_config)
    _check_config(emulator, str(recommender.group), recipe_of(recommender.body["recipeArn"]), config)
    fields = {"recommenderConfig": config}
    if before.get("trainingDataConfig") == config.get("trainingDataConfig"):
        recommender.update = update(emulator.clock, KIND, fields)
        emulator.resources.changed(recommender)
    else:
        refuse_in_use(recommender, unfinished(emulator, RETRAINING, parent=recommender_arn))
        retrain(emulator, recommender, fields)
    return {"recommenderArn": recommender_arn}


@operation("StopRecommender")
def stop_recommender(emulator: Emulator, *, recommender_arn: str) -> Answer:
    return _turn(emulator, recommender_arn, before=ACTIVE, word="STOP", after=_INACTIVE)


@operation("StartRecommender")
def start_recommender(emulator: Emulator, *, recommender_arn: str) -> Answer:
    return _turn(emulator, recommender_arn, before=_INACTIVE, word="START", after=ACTIVE)


@operation("DeleteRecommender")
def delete_recommender(emulator: Emulator, *, recommender_arn: str) -> None:
    recommender = emulator.resources.get(recommender_arn, KIND)
    require_settled(emulator, recommender)
    refuse_in_use(recommender, unfinished(emulator, RETRAINING, parent=recommender_arn))
    remove(emulator, recommender)


def _turn(emulator: Emulator, arn: str, *, before: str, word: str, after: str) -> Answer:
    recommender = emulator.resources.get(arn, KIND)
    require_settled(emulator, recommender)
    status = emulator.resources.status(recommender)
    if status != before:
        raise InvalidInputException(f"{arn} is not in a valid state: its status is {status}.")
    recommender.steps = [*recommender.steps, *transition(emulator.clock, word, after)]
    emulator.resources.changed(recommender)
    return {"recommenderArn": arn}


def _with_default(config: Mapping[str, Any]) -> dict[str, Any]:
    return {"minRecommendationRequestsPerSecond": 1} | dict(config)


def _check_domain(group: Resource, recipe: Recipe) -> None:
    domain = group.body.get("domain")
    if domain is None:
        raise InvalidInputException(f"{group.arn} is a custom dataset group: recommenders need one with a domain.")
    if recipe.domain != domain:
        raise InvalidInputException(f"{recipe.arn} is not a use case of the {domain} domain.")


def _check_config(emulator: Emulator, group: str, recipe: Recipe, config: Mapping[str, Any]) -> None:
    require_dataset(emulator, group, "Interactions", recipe.name)
    if recipe.uses_items:
        require_dataset(emulator, group, "Items", recipe.name)
    check_serving(emulator, recipe, config, group)
    check_columns(config.get("trainingDataConfig"), schemas_of_group(emulator, group))


def _prepare(emulator: Emulator, recommender: Resource) -> dict[str, Any]:
    options = options_of(recommender.body["recommenderConfig"].get("trainingDataConfig"))
    return task_of(emulator, recommender, recipe_of(recommender.body["recipeArn"]), options)


KINDS[KIND] = JobKind(task="train", prepare=_prepare, settle=take_first_model)
