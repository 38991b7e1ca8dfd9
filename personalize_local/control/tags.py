"""Tags: up to fifty texts by key on every resource that the caller made, but for schemas."""

from __future__ import annotations

from collections.abc import Sequence

from personalize_local.control.creating import Tags, parsed_tags
from personalize_local.control.describing import Answer
from personalize_local.emulator import Emulator
from personalize_local.limits import MAX_TAGS
from personalize_local.operations import operation
from personalize_local.state.resources import Resource
from personalize_local.wire.errors import (
    InvalidInputException,
    ResourceNotFoundException,
    TooManyTagKeysException,
)


@operation("ListTagsForResource")
def list_tags_for_resource(emulator: Emulator, *, resource_arn: str) -> Answer:
    tags = _tagged(emulator, resource_arn).tags
    return {"tags": [{"tagKey": key, "tagValue": value} for key, value in tags.items()]}


@operation("TagResource")
def tag_resource(emulator: Emulator, *, resource_arn: str, tags: Tags) -> Answer:
    resource = _tagged(emulator, resource_arn)
    resource.tags = parsed_tags(tags, resource.tags)
    emulator.resources.changed(resource)
    return {}


@operation("UntagResource")
def untag_resource(emulator: Emulator, *, resource_arn: str, tag_keys: Sequence[str]) -> Answer:
    resource = _tagged(emulator, resource_arn)
    if len(tag_keys) > MAX_TAGS:
        raise TooManyTagKeysException(f"A request can name at most {MAX_TAGS} tag keys; these are {len(tag_keys)}.")
    resource.tags = {key: value for key, value in resource.tags.items() if key not in tag_keys}
    emulator.resources.changed(resource)
    return {}


def _tagged(emulator: Emulator, arn: str) -> Resource:
    resource = emulator.resources.find(arn)
    if resource is None:
        raise ResourceNotFoundException(f"Resource Arn {arn} does not exist.")
    if resource.kind == "schema":
        raise InvalidInputException(f"{arn}: schemas cannot be tagged.")
    return resource
