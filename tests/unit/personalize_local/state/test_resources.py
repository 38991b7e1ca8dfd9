"""Resources: steps by the clock, updates applied and deletions done when their time has come, changes told once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from personalize_local.clock import Clock, parse_clock
from personalize_local.state import lifecycle
from personalize_local.state.database import SCHEMA
from personalize_local.state.resources import Resource, Resources, Step, write
from personalize_local.wire.errors import (
    InvalidInputException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
)

pytestmark = pytest.mark.unit


class Standing(Clock):
    """Stands at 1,000 until it is advanced."""

    def __init__(self, speed: float | None = None) -> None:
        super().__init__(speed=speed, wall=lambda: 1_000.0)


def _made(clock: Clock, name: str = "a", kind: str = "campaign") -> Resource:
    steps = lifecycle.creation(clock, kind)
    return Resource(arn=f"arn/{kind}/{name}", kind=kind, name=name, body={"x": 1}, created=clock.now(), steps=steps)


def test_steps_come_by_the_clock() -> None:
    clock = Standing(speed=1.0)
    resource = _made(clock)
    seen = []
    for seconds in (0, 59, 1, 539, 1):
        clock.advance(seconds)
        seen.append((clock.now() - 1_000, resource.status(clock.now()), resource.updated(clock.now()) - 1_000))

    assert seen == [
        (0, "CREATE PENDING", 0),
        (59, "CREATE PENDING", 0),
        (60, "CREATE IN_PROGRESS", 60),
        (599, "CREATE IN_PROGRESS", 60),
        (600, "ACTIVE", 600),
    ]


def test_a_scaled_clock_is_as_many_times_faster() -> None:
    steps = lifecycle.creation(Standing(speed=60.0), "campaign")

    assert steps == [Step(1_000, "CREATE PENDING"), Step(1_001, "CREATE IN_PROGRESS"), Step(1_010, "ACTIVE")]


def test_an_instant_clock_has_no_steps_between() -> None:
    clock = Standing()

    assert lifecycle.creation(clock, "campaign") == [Step(1_000, "ACTIVE")]
    assert lifecycle.deletion(clock) == [Step(1_000, "DELETED")]
    assert lifecycle.transition(clock, "STOP", "INACTIVE") == [Step(1_000, "INACTIVE")]


@pytest.mark.parametrize("text", ["", "fast", "scaled", "scaled:", "scaled:0", "scaled:-1", "scaled:x"])
def test_a_clock_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"clock|float"):
        parse_clock(text)


@pytest.mark.parametrize(("text", "speed"), [("instant", None), ("real", 1.0), ("scaled:2.5", 2.5)])
def test_clocks_are_parsed(text: str, speed: float | None) -> None:
    assert parse_clock(text).speed == speed


def test_an_update_becomes_the_body_when_it_is_active_and_watchers_hear_of_it() -> None:
    clock = Standing(speed=1.0)
    resources, told = Resources(clock), []
    resources.watchers.append(lambda resource: told.append(resource.arn))
    resource = _made(clock)
    resources.add(resource)
    resource.update = lifecycle.update(clock, "campaign", {"x": 2})
    before = dict(resources.get(resource.arn, "campaign").body), list(told)
    resources.changes()
    clock.advance(600)
    after = resources.get(resource.arn, "campaign").body
    resources.get(resource.arn, "campaign")

    assert (before, after, told) == (({"x": 1}, []), {"x": 2}, [resource.arn])
    assert [arn for arn, _ in resources.changes()] == [resource.arn]


def test_what_is_deleted_is_gone_everywhere_at_once() -> None:
    clock = Standing(speed=1.0)
    resources, told = Resources(clock), []
    resources.watchers.append(lambda resource: told.append(resource.arn))
    kept, gone = _made(clock, "kept"), _made(clock, "gone")
    for resource in (kept, gone):
        resources.add(resource)
    gone.steps += lifecycle.deletion(clock)
    clock.advance(20)

    assert [each.name for each in resources.of("campaign")] == ["kept"]
    assert [each.name for each in resources] == ["kept"]
    assert (resources.find(gone.arn), told) == (None, [gone.arn])
    assert dict(resources.changes())[gone.arn] is None
    with pytest.raises(ResourceNotFoundException):
        resources.get(gone.arn, "campaign")


def test_a_name_is_free_again_after_deletion() -> None:
    clock = Standing()
    resources = Resources(clock)
    first = _made(clock)
    resources.add(first)
    with pytest.raises(
        ResourceAlreadyExistsException, match=r"Another resource with Arn arn/campaign/a already exists\."
    ):
        resources.add(_made(clock))
    first.steps += lifecycle.deletion(clock)
    resources.add(_made(clock))

    assert len(resources.of("campaign")) == 1


def test_an_arn_of_another_kind_is_wrong_input() -> None:
    clock = Standing()
    resources = Resources(clock)
    resources.add(_made(clock))

    with pytest.raises(InvalidInputException, match="is the ARN of a campaign, not of a filter"):
        resources.get("arn/campaign/a", "filter")


def test_changes_are_told_once_and_read_back_whole(tmp_path: Path) -> None:
    clock = Standing(speed=1.0)
    resources = Resources(clock)
    resource = _made(clock)
    resource.tags, resource.private, resource.failure = {"k": "v"}, {"segments": ["s"]}, "why"
    resource.update = lifecycle.update(clock, "campaign", {"x": 2})
    resources.add(resource)
    resources.add(_made(clock, "gone"))
    connection = sqlite3.connect(tmp_path / "state.sqlite")
    connection.executescript(SCHEMA)
    write(connection, resources.changes())
    resources.remove("arn/campaign/gone")
    write(connection, resources.changes())
    read = Resources(clock)
    read.load(connection)
    connection.close()

    assert list(read) == [resource]
    assert resources.changes() == []


def test_the_oldest_come_first() -> None:
    clock = Standing()
    resources = Resources(clock)
    for name in ("b", "c"):
        resources.add(_made(clock, name))
    clock.advance(1)
    resources.add(_made(clock, "a"))

    assert [each.name for each in resources.of("campaign")] == ["b", "c", "a"]
