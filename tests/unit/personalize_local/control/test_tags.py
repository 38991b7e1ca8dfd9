"""Tags: at creation and later, up to fifty."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.personalize_world import World, refused

pytestmark = pytest.mark.unit


def _tags(count: int, first: int = 0) -> list[dict[str, str]]:
    return [{"tagKey": f"k{number}", "tagValue": str(number)} for number in range(first, first + count)]


def _of(world: World, arn: str) -> Any:
    return world("ListTagsForResource", resourceArn=arn)["tags"]


def test_tags_are_given_replaced_and_taken(world: World) -> None:
    group = world.group(tags=_tags(2))
    world("TagResource", resourceArn=group, tags=[{"tagKey": "k1", "tagValue": "new"}, {"tagKey": "t", "tagValue": ""}])
    world("UntagResource", resourceArn=group, tagKeys=["k0", "never"])

    assert _of(world, group) == [{"tagKey": "k1", "tagValue": "new"}, {"tagKey": "t", "tagValue": ""}]


def test_a_resource_has_at_most_fifty_tags(world: World) -> None:
    at_once = refused(world.group, tags=_tags(51))
    group = world.group(tags=_tags(50))

    assert at_once == ("TooManyTagsException", "A resource can have at most 50 tags; these are 51.")
    assert refused(world, "TagResource", resourceArn=group, tags=_tags(1, first=50))[0] == "TooManyTagsException"
    assert refused(world, "UntagResource", resourceArn=group, tagKeys=["k"] * 51)[0] == "TooManyTagKeysException"
    assert world("TagResource", resourceArn=group, tags=_tags(50)) == {}
    assert _of(world, group) == _tags(50)


def test_keys_are_unique_and_not_awss_own(world: World) -> None:
    own = [{"tagKey": "AWS:cost", "tagValue": "1"}]

    assert [refused(world.group, tags=_tags(1) + _tags(1)), refused(world.group, tags=own)] == [
        ("InvalidInputException", "Tag keys must be unique: the request has the same key more than once."),
        ("InvalidInputException", "Tag keys that begin with aws: are reserved: AWS:cost"),
    ]
    assert world("ListDatasetGroups")["datasetGroups"] == []


def test_only_what_is_there_can_be_tagged(world: World) -> None:
    schema = world.schema()

    assert refused(_of, world, f"{schema}x")[0] == "ResourceNotFoundException"
    assert refused(_of, world, schema) == ("InvalidInputException", f"{schema}: schemas cannot be tagged.")
