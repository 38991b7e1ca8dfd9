"""What Describe and List show of a resource, and the pages of a list."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from typing import Any

from personalize_local.emulator import Emulator
from personalize_local.state.resources import FAILED, Resource, current
from personalize_local.wire.errors import InvalidNextTokenException


def shown(
    emulator: Emulator, resource: Resource, *, status: bool = True, without: Collection[str] = ()
) -> dict[str, Any]:
    """Its body with times, and with status and failure where the resource has them."""
    now = emulator.clock.now()
    times = {"creationDateTime": resource.created, "lastUpdatedDateTime": resource.updated(now)}
    state = {"status": resource.status(now), "failureReason": _failure(resource, now)} if status else {}
    return {name: value for name, value in (resource.body | times | state).items() if name not in without}


def latest_update(emulator: Emulator, resource: Resource) -> dict[str, Any] | None:
    """The `latest…Update` of a resource that was ever updated."""
    update = resource.update
    if update is None:
        return None
    step = current(update.steps, emulator.clock.now())
    return update.fields | {
        "status": step.status,
        "failureReason": update.failure if step.status == FAILED else None,
        "creationDateTime": update.created,
        "lastUpdatedDateTime": step.at,
    }


def page(
    resources: Sequence[Resource], next_token: str | None, max_results: int
) -> tuple[Sequence[Resource], str | None]:
    """The part of a list that a token points at, and the next token. Tokens stay good when resources come and go."""
    start = 0
    if next_token is not None:
        after = _after(next_token)
        start = next((n for n, each in enumerate(resources) if (each.created, each.arn) > after), len(resources))
    part = resources[start : start + max_results]
    more = start + max_results < len(resources)
    return part, _token(part[-1]) if more else None


def _failure(resource: Resource, now: float) -> str | None:
    return resource.failure if resource.status(now).endswith("FAILED") else None


def _token(last: Resource) -> str:
    return base64.urlsafe_b64encode(f"{last.created!r} {last.arn}".encode()).decode()


def _after(token: str) -> tuple[float, str]:
    try:
        created, arn = base64.urlsafe_b64decode(token.encode()).decode().split(" ")
        return float(created), arn
    except ValueError as error:
        raise InvalidNextTokenException(f"Invalid nextToken: {token}") from error
