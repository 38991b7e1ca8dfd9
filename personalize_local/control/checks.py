"""Refusals that many operations share: a parent not active, a quota reached, a resource in use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from personalize_local.emulator import Emulator
from personalize_local.state.resources import ACTIVE, IN_PROGRESS, PENDING, RUNNING, Resource
from personalize_local.wire.errors import (
    InvalidInputException,
    LimitExceededException,
    NotSupportedException,
    ResourceInUseException,
)

_UNFINISHED = {PENDING, IN_PROGRESS, "PENDING", "IN_PROGRESS"}


def require_active(emulator: Emulator, resource: Resource) -> None:
    """`ResourceInUseException` where waiting helps, `InvalidInputException` where it does not."""
    status = emulator.resources.status(resource)
    if status == ACTIVE:
        return
    message = f"{resource.arn} is not in a valid state: its status is {status}."
    if status.endswith(("PENDING", "IN_PROGRESS")):
        raise ResourceInUseException(message)
    raise InvalidInputException(message)


def require_settled(emulator: Emulator, resource: Resource) -> None:
    """That neither its creation nor its deletion nor an update is on its way."""
    status = emulator.resources.status(resource)
    if status.endswith(("PENDING", "IN_PROGRESS", "STOPPING")):
        raise ResourceInUseException(f"{resource.arn} is not in a valid state: its status is {status}.")
    if is_updating(emulator, resource):
        raise ResourceInUseException(f"{resource.arn} is not in a valid state: an update of it is in progress.")


def is_updating(emulator: Emulator, resource: Resource) -> bool:
    update = resource.update
    return update is not None and not update.applied and current_status(emulator, resource) in RUNNING


def current_status(emulator: Emulator, resource: Resource) -> str | None:
    """Of its latest update."""
    update, now = resource.update, emulator.clock.now()
    if update is None:
        return None
    return next((step.status for step in reversed(update.steps) if step.at <= now), update.steps[0].status)


def is_unfinished(emulator: Emulator, resource: Resource) -> bool:
    """Whether a job waits or runs."""
    return emulator.resources.status(resource) in _UNFINISHED


def refuse_in_use(resource: Resource, users: Iterable[Resource]) -> None:
    names = ", ".join(user.arn for user in users)
    if names:
        raise ResourceInUseException(f"{resource.arn} is in use by {names}.")


def refuse_over_pending(emulator: Emulator, kind: str, most: int) -> None:
    """The quota on jobs of one kind that wait or run."""
    if sum(is_unfinished(emulator, each) for each in emulator.resources.of(kind)) >= most:
        raise LimitExceededException(f"More than {most} resources with PENDING or IN_PROGRESS status.")


def refuse_over_most(emulator: Emulator, kind: str, most: int, *, group: str | None = None) -> None:
    """The quota on resources of one kind, in a dataset group or in the region."""
    if len(emulator.resources.of(kind, group=group)) >= most:
        named = kind.replace("-", " ")
        article = "an" if named[0] in "aeiou" else "a"
        raise LimitExceededException(
            f"Cannot create {article} {named}. More than {most} resources in ACTIVE state. "
            "Please delete some and try again."
        )


def refuse_keys(operation: str, output: dict[str, Any] | None) -> None:
    """Nothing is encrypted here, so nobody is told that it is."""
    if output and output["s3DataDestination"].get("kmsKeyArn"):
        raise NotSupportedException(
            f"{operation}: this emulator does not support jobOutput.s3DataDestination.kmsKeyArn."
        )
