"""Automatic training: the first version within an hour of a solution, the next ones by its schedule."""

from __future__ import annotations

import math
from typing import Final

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
        if due is None or emulator.resources.status(solution) != ACTIVE:
            continue
        if due <= now and _is_made_by_hand(emulator, solution, due):
            due = due + _interval(emulator, solution)
            _set_next(emulator, solution, due)
        if due <= now:
            _set_next(emulator, solution, _after(due, now, _interval(emulator, solution)))
            _train(emulator, solution)


def _is_made_by_hand(emulator: Emulator, solution: Resource, due: float) -> bool:
    """Whether somebody started a version in the first hour: it stands for the first automatic one."""
    scheduled = solution.private["scheduled"]
    versions = emulator.resources.of("solution-version", parent=solution.arn)
    is_first = due <= scheduled + emulator.clock.scaled(_FIRST_SECONDS)
    return is_first and any(scheduled <= version.created <= due for version in versions)


def _train(emulator: Emulator, solution: Resource) -> None:
    try:
        start_version(emulator, solution, automatic=True)
    except LimitExceededException:
        _set_next(emulator, solution, emulator.clock.now() + emulator.clock.scaled(_AGAIN_SECONDS))
    except ServiceError as refused:
        print(f"{solution.arn} was not trained by its schedule: {refused}", flush=True)  # noqa: T201 - the log


def _set_next(emulator: Emulator, solution: Resource, at: float) -> None:
    solution.private["next_training"] = at
    emulator.resources.changed(solution)


def _interval(emulator: Emulator, solution: Resource) -> float:
    days = training_days(solution.body["solutionConfig"].get("autoTrainingConfig"))
    return emulator.clock.scaled(days * _DAY)


def _after(due: float, now: float, interval: float) -> float:
    return due + interval * (math.floor((now - due) / interval) + 1)
