"""Events of Personalize's own resources, which Personalize does not send: one for each status that is new."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from consumers.bus import Bus
from consumers.personalize_sync.desired import Desired
from consumers.personalize_sync.world import Campaign, Change, Dataset, ImportJob, Resource, World
from consumers.state_table import StateTable
from contract.manifest import ready_key

_PUBLISHED: Final = "personalize-status"


@dataclass(frozen=True, slots=True)
class Statuses:
    """At least once: an event goes out before it is recorded. For one holder of the lease."""

    state: StateTable
    bus: Bus
    _known: dict[str, str] = field(default_factory=dict)

    def tell(self, resources: Iterable[Resource], now: float) -> None:
        for resource in resources:
            if self._known.get(resource.arn) != _mark(resource):
                self._tell(resource, now)

    def _tell(self, resource: Resource, now: float) -> None:
        before = self.state.get(_PUBLISHED, resource.arn)
        mark, status = _mark(resource), status_of(resource)
        if before is None or before["mark"] != mark:
            since = before["since"] if before else resource.created
            self.bus.put(f"Personalize {resource.kind} State Change", detail(resource, max(0, round(now - since))))
            self.state.put(_PUBLISHED, resource.arn, {"status": status, "mark": mark, "since": round(now)})
        self._known[resource.arn] = mark


def status_of(resource: Resource) -> str:
    """Of its latest update, where that is under way or failed."""
    change = _change(resource)
    return change.status if change and (change.is_pending or change.is_failed) else resource.status


def detail(resource: Resource, duration: int) -> dict[str, Any]:
    """`duration`: seconds in the status before."""
    change = _change(resource)
    made: dict[str, Any] = {"Arn": resource.arn, "Status": status_of(resource), "Duration": duration}
    if change and made["Status"] != resource.status:
        made["Update"] = change.to
    failure = resource.failure or (change.failure if change and change.is_failed else "")
    if failure:
        made["FailureReason"] = failure
    if isinstance(resource, ImportJob):
        made |= {"Dataset": resource.dataset, "Manifest": ready_key(resource.dataset, resource.number)}
    return made


def _mark(resource: Resource) -> str:
    """What makes a status another one: an update to something else counts."""
    change = _change(resource)
    return f"{status_of(resource)} {change.to}" if change else resource.status


def _change(resource: Resource) -> Change | None:
    return resource.change if isinstance(resource, Campaign | Dataset) else None


def refusal(kind: str, arn: str, reason: str) -> tuple[str, Mapping[str, Any]]:
    """The event of something that Personalize refused to make: the status that it would have ended in."""
    return f"Personalize {kind} State Change", {
        "Arn": arn,
        "Status": "CREATE FAILED",
        "Duration": 0,
        "FailureReason": reason,
    }


def resources_of(world: World, desired: Desired) -> str | None:
    """What consumers and serving need, as JSON; None until events have a way in."""
    if world.tracker is None or not world.tracker.is_active:
        return None
    campaigns = {name: c for name, c in world.campaigns.items() if name in desired.campaigns and c.is_active}
    value = {
        "tracking_id": world.tracker.tracking_id,
        "datasets": {name: dataset.arn for name, dataset in world.datasets.items()},
        "campaigns": {n: {"arn": c.arn, "solution_version_arn": c.version_arn} for n, c in campaigns.items()},
        "filters": {name: found.arn for name, found in world.filters.items() if found.is_active},
    }
    return json.dumps(value, sort_keys=True)
