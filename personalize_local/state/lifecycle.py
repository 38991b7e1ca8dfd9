"""By which steps a resource is created, updated and deleted."""

from __future__ import annotations

from typing import Any, Final

from personalize_local.clock import Clock
from personalize_local.state.resources import ACTIVE, DELETING, GONE, IN_PROGRESS, PENDING, Resource, Step, Update

_PENDING_SHARE: Final = 0.1  # of the time to ACTIVE
_DELETION_SECONDS: Final = 20.0
_TRANSITION_SECONDS: Final = 300.0


def creation(clock: Clock, kind: str) -> list[Step]:
    """For a resource that only takes time, no work."""
    now, takes = clock.now(), clock.takes(kind)
    if not takes:
        return [Step(now, ACTIVE)]
    return [Step(now, PENDING), Step(now + _PENDING_SHARE * takes, IN_PROGRESS), Step(now + takes, ACTIVE)]


def waiting(clock: Clock) -> list[Step]:
    """For a resource whose further steps its job will add."""
    return [Step(clock.now(), PENDING)]


def in_progress_at(clock: Clock, resource: Resource) -> float:
    """When a job may begin."""
    return resource.created + _PENDING_SHARE * clock.takes(resource.kind)


def active_at(clock: Clock, resource: Resource) -> float:
    """Before when a job's resource may not be active, however fast the work was."""
    return resource.created + clock.takes(resource.kind)


def update(clock: Clock, kind: str, fields: dict[str, Any]) -> Update:
    """A change that needs no work."""
    return Update(fields=fields, created=clock.now(), steps=creation(clock, kind))


def transition(clock: Clock, word: str, after: str) -> list[Step]:
    """STOP PENDING, STOP IN_PROGRESS, INACTIVE: what a recommender goes through."""
    now, takes = clock.now(), _TRANSITION_SECONDS / clock.speed if clock.speed else 0.0
    if not takes:
        return [Step(now, after)]
    return [Step(now, f"{word} PENDING"), Step(now + takes / 2, f"{word} IN_PROGRESS"), Step(now + takes, after)]


def deletion(clock: Clock) -> list[Step]:
    """Shown as being deleted for a while, but at an instant clock."""
    now, takes = clock.now(), _DELETION_SECONDS / clock.speed if clock.speed else 0.0
    if not takes:
        return [Step(now, GONE)]
    return [Step(now, DELETING), Step(now + takes / 2, "DELETE IN_PROGRESS"), Step(now + takes, GONE)]
