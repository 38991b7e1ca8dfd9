"""A recommender's new training while it goes on serving: a job of its own, which no operation shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from personalize_local.arns import short_id
from personalize_local.control.checks import is_updating
from personalize_local.control.creating import add, new
from personalize_local.control.recipes import recipe_of
from personalize_local.control.running import unfinished
from personalize_local.control.training import take_model, task_of
from personalize_local.emulator import Emulator
from personalize_local.jobs.runner import KINDS, JobKind
from personalize_local.jobs.schedule import every
from personalize_local.state.resources import ACTIVE, FAILED, PENDING, Resource, Step, Update

KIND: Final = "recommender-training"
_INTERVAL_SECONDS: Final = 7 * 86_400.0


def retrain(emulator: Emulator, recommender: Resource, fields: Mapping[str, Any] | None = None) -> None:
    """Train it anew; `fields` become its own, as an update that is done when the training is."""
    for earlier in emulator.resources.of(KIND, parent=recommender.arn):
        emulator.resources.remove(earlier.arn)
    config = (fields or recommender.body)["recommenderConfig"]
    body = {"trainingDataConfig": config.get("trainingDataConfig"), "updates": fields is not None}
    training = new(emulator, KIND, short_id(), body, group=recommender.group, parent=recommender.arn)
    if fields is not None:
        recommender.update = Update(
            fields=dict(fields), created=training.created, steps=[Step(training.created, PENDING)]
        )
    recommender.private["next_training"] = training.created + emulator.clock.scaled(_INTERVAL_SECONDS)
    emulator.resources.changed(recommender)
    add(emulator, training)


@every(seconds=0)
def retrain_weekly(emulator: Emulator) -> None:
    """As the service does with every recommender that is not stopped."""
    now = emulator.clock.now()
    for recommender in emulator.resources.of("recommender"):
        due = recommender.private.get("next_training", now + 1)
        idle = not unfinished(emulator, KIND, parent=recommender.arn) and not is_updating(emulator, recommender)
        if due <= now and idle and emulator.resources.status(recommender) == ACTIVE:
            retrain(emulator, recommender)


def options_of(columns: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a recommender's training is told."""
    return {
        "eventType": None,
        "solutionConfig": {"trainingDataConfig": columns} if columns else {},
        "performHPO": False,
        "trainingMode": "FULL",
        "performIncrementalUpdate": False,
    }


async def take_first_model(
    emulator: Emulator, recommender: Resource, arguments: Mapping[str, Any], result: Mapping[str, Any]
) -> None:
    """Of its creation; the next training is due a week later."""
    take_model(emulator, recommender, arguments, result)
    recommender.private["next_training"] = emulator.clock.now() + emulator.clock.scaled(_INTERVAL_SECONDS)


def _prepare(emulator: Emulator, training: Resource) -> dict[str, Any]:
    recipe = recipe_of(_recommender(emulator, training).body["recipeArn"])
    return task_of(emulator, training, recipe, options_of(training.body["trainingDataConfig"]))


async def _settle(
    emulator: Emulator, training: Resource, arguments: Mapping[str, Any], result: Mapping[str, Any]
) -> None:
    take_model(emulator, _recommender(emulator, training), arguments, result)
    _end_update(emulator, training, ACTIVE)


def _fail(emulator: Emulator, training: Resource) -> None:
    recommender = _recommender(emulator, training)
    if recommender.update and training.body["updates"]:
        recommender.update.failure = training.failure
    _end_update(emulator, training, FAILED)


def _end_update(emulator: Emulator, training: Resource, status: str) -> None:
    recommender = _recommender(emulator, training)
    if recommender.update and training.body["updates"]:
        recommender.update.steps.append(Step(emulator.clock.now(), status))
        emulator.resources.changed(recommender)


def _recommender(emulator: Emulator, training: Resource) -> Resource:
    return emulator.resources.get(str(training.parent), "recommender")


KINDS[KIND] = JobKind(task="train", prepare=_prepare, settle=_settle, failed=_fail)
