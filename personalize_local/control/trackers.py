"""Event trackers: the id by which a group's events come in."""

from __future__ import annotations

import uuid

from personalize_local.arns import short_id
from personalize_local.control.checks import require_active, require_settled
from personalize_local.control.creating import Tags, add, new, refuse_taken_name
from personalize_local.control.describing import MOST_OF_LIST, Answer, described, listed
from personalize_local.control.removing import remove
from personalize_local.emulator import Emulator
from personalize_local.operations import operation
from personalize_local.wire.errors import ResourceAlreadyExistsException

KIND = "event-tracker"


@operation("CreateEventTracker")
def create_event_tracker(emulator: Emulator, *, name: str, dataset_group_arn: str, tags: Tags | None = None) -> Answer:
    group = emulator.resources.get(dataset_group_arn, "dataset-group")
    require_active(emulator, group)
    present = emulator.resources.of(KIND, group=group.arn)
    if present:
        raise ResourceAlreadyExistsException(f"{group.arn} has an event tracker already: {present[0].arn}.")
    refuse_taken_name(emulator, KIND, name)
    tracking_id = str(uuid.uuid4())
    body = {"datasetGroupArn": group.arn, "accountId": emulator.arns.account, "trackingId": tracking_id}
    arn = emulator.arns.of(KIND, short_id())
    tracker = add(emulator, new(emulator, KIND, name, body, arn=arn, group=group.arn, tags=tags))
    return {"eventTrackerArn": tracker.arn, "trackingId": tracking_id}


@operation("DescribeEventTracker")
def describe_event_tracker(emulator: Emulator, *, event_tracker_arn: str) -> Answer:
    return described(emulator, "DescribeEventTracker", emulator.resources.get(event_tracker_arn, KIND))


@operation("ListEventTrackers")
def list_event_trackers(
    emulator: Emulator,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int = MOST_OF_LIST,
) -> Answer:
    found = emulator.resources.of(KIND, group=dataset_group_arn)
    return listed(emulator, "ListEventTrackers", found, next_token, max_results)


@operation("DeleteEventTracker")
def delete_event_tracker(emulator: Emulator, *, event_tracker_arn: str) -> None:
    tracker = emulator.resources.get(event_tracker_arn, KIND)
    require_settled(emulator, tracker)
    remove(emulator, tracker)
