"""The resources: found by ARN, listed by kind, each with the steps by which its status changes."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec

from personalize_local.clock import Clock
from personalize_local.wire.errors import (
    InvalidInputException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
)

PENDING: Final = "CREATE PENDING"
IN_PROGRESS: Final = "CREATE IN_PROGRESS"
ACTIVE: Final = "ACTIVE"
FAILED: Final = "CREATE FAILED"
STOPPING: Final = "CREATE STOPPING"
STOPPED: Final = "CREATE STOPPED"
DELETING: Final = "DELETE PENDING"
GONE: Final = "DELETED"  # never shown: such a resource is not found

RUNNING: Final = frozenset({PENDING, IN_PROGRESS, STOPPING})


class Step(msgspec.Struct, frozen=True):
    """From this moment on, this status."""

    at: float
    status: str


class Update(msgspec.Struct, kw_only=True):
    """A change on its way: the resource keeps serving what it was until the last step is ACTIVE."""

    fields: dict[str, Any]
    created: float
    steps: list[Step]
    failure: str | None = None
    applied: bool = False


class Resource(msgspec.Struct, kw_only=True):
    """One resource; `body` is what Describe shows of it besides times and status."""

    arn: str
    kind: str
    name: str
    body: dict[str, Any]
    created: float
    steps: list[Step]
    group: str | None = None  # ARN of its dataset group
    parent: str | None = None  # ARN of what it is listed under, where that is not the group
    failure: str | None = None
    update: Update | None = None
    tags: dict[str, str] = {}
    private: dict[str, Any] = {}  # what only the emulator knows: where data and models lie

    def status(self, now: float) -> str:
        return current(self.steps, now).status

    def updated(self, now: float) -> float:
        return current(self.steps, now).at


class Resources:
    """All of them, in memory; `changes` gives what the database has yet to hear of."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all: dict[str, Resource] = {}
        self._of_kind: defaultdict[str, dict[str, Resource]] = defaultdict(dict)
        self._changed: dict[str, None] = {}
        self.watchers: list[Callable[[Resource], None]] = []  # told when time deleted or updated a resource

    def load(self, connection: sqlite3.Connection) -> None:
        """Read what an earlier process left."""
        for (record,) in connection.execute("SELECT record FROM resources"):
            self._take(msgspec.json.decode(record, type=Resource))

    def add(self, resource: Resource) -> None:
        """Raises `ResourceAlreadyExistsException`."""
        if self.find(resource.arn) is not None:
            raise ResourceAlreadyExistsException(f"Another resource with Arn {resource.arn} already exists.")
        self._take(resource)
        self.changed(resource)

    def changed(self, resource: Resource) -> None:
        """Say that a resource must be written."""
        self._changed[resource.arn] = None

    def changed_still(self, arns: Iterable[str]) -> None:
        """Say that these could not be written."""
        self._changed |= dict.fromkeys(arns)

    def remove(self, arn: str) -> None:
        del self._of_kind[self._all.pop(arn).kind][arn]
        self._changed[arn] = None

    def find(self, arn: str) -> Resource | None:
        resource = self._all.get(arn)
        return resource if resource is None else self._settled(resource)

    def get(self, arn: str, kind: str) -> Resource:
        """Raises `ResourceNotFoundException`; `InvalidInputException` when the ARN is of another kind."""
        resource = self.find(arn)
        if resource is None:
            raise ResourceNotFoundException(f"Resource Arn {arn} does not exist.")
        if resource.kind != kind:
            raise InvalidInputException(f"{arn} is the ARN of a {resource.kind}, not of a {kind}.")
        return resource

    def of(self, kind: str, *, group: str | None = None, parent: str | None = None) -> list[Resource]:
        """Oldest first."""
        return self._sorted(
            resource
            for resource in list(self._of_kind[kind].values())
            if (group is None or resource.group == group) and (parent is None or resource.parent == parent)
        )

    def __iter__(self) -> Iterator[Resource]:
        """Oldest first: jobs are taken up again in the order in which they were asked for."""
        return iter(self._sorted(list(self._all.values())))

    def status(self, resource: Resource) -> str:
        return resource.status(self._clock.now())

    def changes(self) -> list[tuple[str, bytes | None]]:
        """(ARN, record, or None for a removed one) since the last call."""
        found = self._changed
        self._changed = {}
        return [(arn, msgspec.json.encode(self._all[arn]) if arn in self._all else None) for arn in found]

    def _take(self, resource: Resource) -> None:
        self._all[resource.arn] = self._of_kind[resource.kind][resource.arn] = resource

    def _sorted(self, resources: Iterable[Resource]) -> list[Resource]:
        settled = map(self._settled, resources)
        return sorted(filter(None, settled), key=lambda each: (each.created, each.arn))

    def _settled(self, resource: Resource) -> Resource | None:
        """With updates applied whose time has come; None when it is deleted."""
        now = self._clock.now()
        if resource.status(now) == GONE:
            self.remove(resource.arn)
            self._tell(resource)
            return None
        update = resource.update
        if update and not update.applied and current(update.steps, now).status == ACTIVE:
            resource.body |= update.fields
            update.applied = True
            self.changed(resource)
            self._tell(resource)
        return resource

    def _tell(self, resource: Resource) -> None:
        for watcher in self.watchers:
            watcher(resource)


def current(steps: list[Step], now: float) -> Step:
    """The last step whose time has come; the first one before that."""
    return next((step for step in reversed(steps) if step.at <= now), steps[0])


def write(connection: sqlite3.Connection, changes: Iterable[tuple[str, bytes | None]]) -> None:
    """Put `Resources.changes()` into the database."""
    for arn, record in changes:
        if record is None:
            connection.execute("DELETE FROM resources WHERE arn = ?", (arn,))
        else:
            connection.execute("INSERT OR REPLACE INTO resources (arn, record) VALUES (?, ?)", (arn, record))
