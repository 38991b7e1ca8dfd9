"""The admin path, off by default: orders faults, moves the clock, waits for jobs."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict, deque
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from personalize_local.emulator import Emulator
from personalize_local.wire.errors import (
    InternalServerError,
    InvalidInputException,
    ServiceUnavailable,
    ThrottlingException,
)
from personalize_local.wire.models import load

FaultKind = Literal["throttle", "unavailable", "internal", "slow", "timeout"]


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the next `times` calls of an operation meet; `seconds` is for slow ones, and how long a timeout hangs.

    With a `share` below 1 a call meets it with that probability; those that do not are not counted.
    """

    operation: str
    kind: FaultKind
    times: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    seconds: Annotated[float, msgspec.Meta(ge=0, le=3_600)] = 1.0
    share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """How far the clock moves on."""

    seconds: Annotated[float, msgspec.Meta(ge=0, le=315_360_000)]


class Admin:
    """Faults wait in line by operation; each call takes the first."""

    PATH: ClassVar = "/_personalize/"

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._known = {operation.name for operation in load().operations}
        self._random = random.Random(0)  # noqa: S311  # the same faults in every run

    async def before(self, operation: str) -> None:
        """Do what was ordered for this call; raises the `ServiceError` that was."""
        waiting = self._faults.get(operation)
        if not waiting or self._random.random() >= waiting[0].share:
            return
        fault = waiting.popleft()
        match fault.kind:
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "timeout":
                await asyncio.sleep(fault.seconds)
                raise ServiceUnavailable("The ordered timeout ended before the caller gave up.")
            case "throttle":
                raise ThrottlingException("Rate exceeded")
            case "unavailable":
                raise ServiceUnavailable("Ordered by the admin path.")
            case "internal":
                raise InternalServerError("Ordered by the admin path.")

    async def handle(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        """POST faults, POST clock, POST idle, GET state, DELETE faults; raises `ServiceError`."""
        match method, path.removeprefix(self.PATH):
            case "POST", "faults":
                return self._order(_parsed(body, Fault))
            case "DELETE", "faults":
                self._faults.clear()
            case "POST", "clock":
                self._emulator.clock.advance(_parsed(body, Advance).seconds)
                self._emulator.schedule.ask()  # now, so that who then waits for jobs waits for what became due
                await self._emulator.save()
            case "POST", "idle":
                await self._emulator.jobs.idle()
            case "GET", "state":
                pass
            case _:
                raise InvalidInputException(f"{method} {path}: the admin path has faults, clock, idle and state")
        return self._state()

    def _order(self, fault: Fault) -> dict[str, Any]:
        if fault.operation not in self._known:
            raise InvalidInputException(f"{fault.operation} is no operation of the three services")
        self._faults[fault.operation].extend([fault] * fault.times)
        return self._state()

    def _state(self) -> dict[str, Any]:
        return {
            "now": self._emulator.clock.now(),
            "busy": self._emulator.jobs.busy,
            "faults": {name: len(waiting) for name, waiting in self._faults.items() if waiting},
        }


def _parsed(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise InvalidInputException(str(error)) from error
