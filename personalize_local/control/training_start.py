"""A new solution version, asked for or due by schedule."""

from __future__ import annotations

from typing import Final

from personalize_local.arns import short_id
from personalize_local.control.checks import refuse_over_pending, require_active
from personalize_local.control.creating import Tags, add, new, refuse_taken_name
from personalize_local.control.group_data import require_dataset
from personalize_local.control.recipes import recipe_of
from personalize_local.emulator import Emulator
from personalize_local.limits import MAX_PENDING_SOLUTION_VERSIONS
from personalize_local.recipes.facts import Recipe
from personalize_local.state.resources import ACTIVE, Resource
from personalize_local.wire.errors import InvalidInputException

KIND: Final = "solution-version"
_FROM_SOLUTION: Final = (
    "performHPO",
    "performAutoML",
    "performIncrementalUpdate",
    "recipeArn",
    "eventType",
    "datasetGroupArn",
    "solutionConfig",
)


def start_version(
    emulator: Emulator,
    solution: Resource,
    *,
    name: str | None = None,
    mode: str = "FULL",
    automatic: bool = False,
    tags: Tags | None = None,
) -> Resource:
    """Raises what CreateSolutionVersion refuses by."""
    require_active(emulator, solution)
    recipe = recipe_of(solution.body["recipeArn"])
    _check_mode(emulator, solution, recipe, mode)
    _check_data(emulator, solution, recipe)
    if name:
        refuse_taken_name(emulator, KIND, name, parent=solution.arn)
    refuse_over_pending(emulator, KIND, MAX_PENDING_SOLUTION_VERSIONS)
    version = short_id()
    body = {member: solution.body[member] for member in _FROM_SOLUTION} | {
        "name": name,
        "solutionArn": solution.arn,
        "trainingMode": mode,
        "trainingType": "AUTOMATIC" if automatic else "MANUAL",
    }
    arn = emulator.arns.of("solution", solution.name, version)
    created = new(emulator, KIND, name or version, body, arn=arn, group=solution.group, parent=solution.arn, tags=tags)
    return add(emulator, created)


def latest_active(emulator: Emulator, solution: str) -> Resource | None:
    """The version that $LATEST means."""
    versions = emulator.resources.of(KIND, parent=solution)
    return next((each for each in reversed(versions) if emulator.resources.status(each) == ACTIVE), None)


def _check_mode(emulator: Emulator, solution: Resource, recipe: Recipe, mode: str) -> None:
    if mode == "AUTOTRAIN":
        raise InvalidInputException("trainingMode AUTOTRAIN is for versions that the service trains by itself.")
    if mode == "FULL":
        return
    if not recipe.updatable:
        raise InvalidInputException(f"trainingMode UPDATE is not supported for {recipe.name}.")
    versions = emulator.resources.of(KIND, parent=solution.arn)
    full = (each for each in versions if each.body["trainingMode"] == "FULL")
    if not any(emulator.resources.status(each) == ACTIVE for each in full):
        raise InvalidInputException("trainingMode UPDATE needs an ACTIVE version that was trained with FULL.")


def _check_data(emulator: Emulator, solution: Resource, recipe: Recipe) -> None:
    if recipe.needs_interactions:
        require_dataset(emulator, solution.group, "Interactions", recipe.name)
    if recipe.uses_items and (recipe.type == "USER_SEGMENTATION" or not recipe.needs_interactions):
        require_dataset(emulator, solution.group, "Items", recipe.name)
