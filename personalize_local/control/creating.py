"""A new resource: its name is free, its tags are good, its status begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from personalize_local.emulator import Emulator
from personalize_local.jobs.runner import KINDS
from personalize_local.limits import MAX_TAGS
from personalize_local.state.lifecycle import creation, waiting
from personalize_local.state.resources import Resource
from personalize_local.wire.errors import (
    InvalidInputException,
    ResourceAlreadyExistsException,
    TooManyTagsException,
)

Tags = Sequence[Mapping[str, str]]


def new(emulator: Emulator, kind: str, name: str, body: dict[str, Any], **given: Any) -> Resource:
    """A resource of that name, not yet added; `given` are members of `Resource`, and tags as the request has them."""
    given["tags"] = parsed_tags(given.pop("tags", None))
    arn = given.pop("arn", None) or emulator.arns.of(kind, name)
    of_kind = {"jobName" if kind.endswith("-job") else "name": name, arn_member(kind): arn}
    steps = waiting(emulator.clock) if kind in KINDS else creation(emulator.clock, kind)
    created = steps[0].at
    return Resource(arn=arn, kind=kind, name=name, body=of_kind | body, created=created, steps=steps, **given)


def add(emulator: Emulator, resource: Resource) -> Resource:
    """Take it into the state and start its job if it has one; raises `ResourceAlreadyExistsException`."""
    emulator.resources.add(resource)
    if resource.kind in KINDS:
        emulator.jobs.start(resource)
    return resource


def refuse_taken_name(emulator: Emulator, kind: str, name: str, *, parent: str | None = None) -> None:
    """For kinds whose ARN does not have the name."""
    for other in emulator.resources.of(kind, parent=parent):
        if other.name == name:
            raise ResourceAlreadyExistsException(f"Another resource with name {name} already exists: {other.arn}.")


def parsed_tags(tags: Tags | None, present: Mapping[str, str] | None = None) -> dict[str, str]:
    """With those that are present; raises `TooManyTagsException` and `InvalidInputException`."""
    given = {tag["tagKey"]: tag["tagValue"] for tag in tags or ()}
    if len(given) < len(tags or ()):
        raise InvalidInputException("Tag keys must be unique: the request has the same key more than once.")
    reserved = [key for key in given if key.lower().startswith("aws:")]
    if reserved:
        raise InvalidInputException(f"Tag keys that begin with aws: are reserved: {', '.join(reserved)}")
    together = dict(present or {}) | given
    if len(together) > MAX_TAGS:
        raise TooManyTagsException(f"A resource can have at most {MAX_TAGS} tags; these are {len(together)}.")
    return together


def arn_member(kind: str) -> str:
    """dataset-import-job → datasetImportJobArn."""
    first, *others = kind.split("-")
    return first + "".join(each.capitalize() for each in others) + "Arn"
