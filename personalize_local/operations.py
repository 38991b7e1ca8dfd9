"""The table of operations: each is a function of the emulator and of the request's members by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore import xform_name

from personalize_local.wire.errors import NotSupportedException

# A function of the emulator and the request's members in snake_case; its answer, or an awaitable of it.
Handler = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Served:
    """An operation that is served, and the members of its request that are honoured."""

    handler: Handler
    members: frozenset[str]


OPERATIONS: Final[dict[str, Served]] = {}
_SNAKE: Final[dict[str, str]] = {}


def operation(name: str) -> Callable[[Handler], Handler]:
    """Serve the operation of this name by the function below: its parameters are the members it honours."""

    def register(handler: Handler) -> Handler:
        _emulator, *members = inspect.signature(handler).parameters
        OPERATIONS[name] = Served(handler=handler, members=frozenset(members))
        return handler

    return register


def call(name: str, emulator: Any, request: Mapping[str, Any]) -> Any:
    """Call what serves `name`; raises `NotSupportedException` for an operation or a member that nothing honours."""
    served = OPERATIONS.get(name)
    if served is None:
        raise NotSupportedException(f"{name} is an operation that this emulator does not support.")
    arguments = {snake(member): value for member, value in request.items() if value is not None}
    unsupported = arguments.keys() - served.members
    if unsupported:
        named = ", ".join(sorted(member for member in request if snake(member) in unsupported))
        raise NotSupportedException(f"{name}: this emulator does not support {named}.")
    return served.handler(emulator, **arguments)


def snake(member: str) -> str:
    """minProvisionedTPS → min_provisioned_tps, as boto3 spells it."""
    known = _SNAKE.get(member)
    if known is None:
        known = _SNAKE[member] = xform_name(member)
    return known
