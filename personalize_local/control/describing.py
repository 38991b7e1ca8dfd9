"""What Describe and List show of a resource, and the pages of a list."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from personalize_local.emulator import Emulator
from personalize_local.state.resources import FAILED, Resource, current
from personalize_local.wire.errors import InvalidNextTokenException
from personalize_local.wire.models import load

Answer = dict[str, Any]
_Item = TypeVar("_Item")
_Place = tuple[float, str]
MOST_OF_LIST = 100


def described(emulator: Emulator, operation: str, resource: Resource, **more: Any) -> Answer:
    """What Describe answers: of the body, the times, the status and `more`, whatever its output shape has."""
    (member, shape) = next(iter(_output(operation).members.items()))
    shown = _shown(emulator, resource, tuple(shape.members)) | more
    update = next((name for name in shape.members if name.startswith("latest") and name.endswith("Update")), None)
    if update and resource.update:
        shown[update] = _latest_update(emulator, resource, tuple(shape.members[update].members))
    return {member: shown}


def listed(
    emulator: Emulator, operation: str, resources: Sequence[Resource], next_token: str | None, max_results: int
) -> Answer:
    """One page of what List answers: of each resource only what a summary of that operation shows."""
    member, _ = _summary(operation)
    found, token = page(resources, _place, next_token, max_results)
    return {member: [summary(emulator, operation, each) for each in found], "nextToken": token}


def summary(emulator: Emulator, operation: str, resource: Resource) -> Answer:
    """What List shows of one resource."""
    return _shown(emulator, resource, _summary(operation)[1])


def page(
    items: Sequence[_Item], place: Callable[[_Item], _Place], next_token: str | None, max_results: int
) -> tuple[Sequence[_Item], str | None]:
    """The part of a list that a token points at, and the next token. Tokens stay good when resources come and go.

    `items` are sorted by `place`. Raises `InvalidNextTokenException`.
    """
    start = 0
    if next_token is not None:
        after = _after(next_token)
        start = next((n for n, each in enumerate(items) if place(each) > after), len(items))
    part = items[start : start + max_results]
    more = start + max_results < len(items)
    return part, _token(place(part[-1])) if more else None


def _shown(emulator: Emulator, resource: Resource, members: Collection[str]) -> Answer:
    now = emulator.clock.now()
    status = resource.status(now)
    facts = resource.body | {
        "creationDateTime": resource.created,
        "lastUpdatedDateTime": resource.updated(now),
        "status": status,
        "failureReason": resource.failure if status.endswith("FAILED") else None,
    }
    return _only(facts, members)


def _latest_update(emulator: Emulator, resource: Resource, members: Collection[str]) -> Answer:
    update = resource.update
    assert update  # noqa: S101 - the caller looked
    step = current(update.steps, emulator.clock.now())
    facts = update.fields | {
        "status": step.status,
        "failureReason": update.failure if step.status == FAILED else None,
        "creationDateTime": update.created,
        "lastUpdatedDateTime": step.at,
    }
    return _only(facts, members)


def _only(facts: Mapping[str, Any], members: Collection[str]) -> Answer:
    return {name: facts[name] for name in members if name in facts}


@cache
def _output(operation: str) -> Any:
    return load().by_target[operation].output


@cache
def _summary(operation: str) -> tuple[str, tuple[str, ...]]:
    """The member that holds the list, and the members of its items."""
    name, shape = next((name, shape) for name, shape in _output(operation).members.items() if shape.type_name == "list")
    return name, tuple(shape.member.members)


def _place(resource: Resource) -> _Place:
    return resource.created, resource.arn


def _token(place: _Place) -> str:
    created, name = place
    return base64.urlsafe_b64encode(f"{created!r} {name}".encode()).decode()


def _after(token: str) -> _Place:
    try:
        created, name = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode().split(" ")
        return float(created), name
    except ValueError as error:
        raise InvalidNextTokenException(f"Invalid nextToken: {token}") from error
