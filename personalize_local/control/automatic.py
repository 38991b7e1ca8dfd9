"""Automatic training: the first version within an hour of a solution, the next ones by its schedule."""

from __future__ import annotations

import math
from typing import Final

from personalize_local.control.checks import require_active
from personalize_local.control.solution_config import training_days
from personalize_local.control.training_start import start_version
from personalize_local.emulator import Emulator
from personalize_local.jobs.schedule import every
from personalize_local.state.resources import ACTIVE, Resource
from personalize_local.wire.errors import LimitExceededException, ServiceError

_FIRST_SECONDS: Final = 3_600.0
_DAY: Final = 86_400.0
_AGAIN_SECONDS: Final = 600.0  # after a quota stood in the way


def schedule(emulator: Emulator, solution: Resource) -> None:
    """Let the first automatic version begin an hour after the solution is active, or after its update."""
    starts = max(emulator.clock.now(), solution.steps[-1].at)
    solution.private["scheduled"] = starts
    solution.private["next_training"] = starts + emulator.clock.scaled(_FIRST_SECONDS)


@every(seconds=0)
def train_what_is_due(emulator: Emulator) -> None:
    """One version for each solution whose time has come, however many times were missed."""
    now = emulator.clock.now()
    for solution in emulator.resources.of("solution"):
        due = solution.private.get("next_training")
        if due is not None and due <= now and emulator.resources.status(solution) == ACTIVE:
            solution.private["next_training"] = _next(emulator, solution, due, now)
            emulator.resources.changed(solution)
            _train(emulator, solution, due)


def _train(emulator: Emulator, solution: Resource, due: float) -> None:
    """Nothing where a version was started by hand in the first hour, or where training cannot begin now."""
    scheduled = solution.private["scheduled"]
    is_first = due <= scheduled + emulator.clock.scaled(_FIRST_SECONDS)
    versions = emulator.resources.of("solution-version", parent=solution.arn)
    if is_first and any(version.created >= scheduled for version in versions):
        return
    try:
        require_active(emulator, solution)
        start_version(emulator, solution, automatic=True)
    except LimitExceededException:
        solution.private["next_training"] = emulator.clock.now() + emulator.clock.scaled(_AGAIN_SECONDS)
    except ServiceError as refused:
        print(f"{solution.arn} was not trained by its schedule: {refused}", flush=True)  # noqa: T201 - the log


def _next(emulator: Emulator, solution: Resource, due: float, now: float) -> float:
    days = training_days(solution.body["solutionConfig"].get("autoTrainingConfig"))
    interval = emulator.clock.scaled(days * _DAY)
    return due + interval * (math.floor((now - due) / interval) + 1)
