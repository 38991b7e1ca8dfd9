"""Faults to order, the clock, waiting for jobs: by the admin path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from personalize_local.admin import Admin
from personalize_local.http import Handler
from tests.support.personalize_world import Refused, World, refused

pytestmark = pytest.mark.unit

DAY = 86_400.0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.handler = Handler(made.emulator, admin=Admin(made.emulator))
    yield made
    made.close()


def _admin(world: World, method: str, what: str, **body: Any) -> tuple[int, dict[str, Any]]:
    sent = json.dumps(body).encode() if body else b""
    answer = world.loop.run_until_complete(world.handler.handle(method, f"/_personalize/{what}", {}, sent))
    return answer.status, json.loads(answer.body)


def _list(world: World) -> str | tuple[int, str]:
    try:
        world("ListSchemas")
    except Refused as refusal:
        return refusal.status, refusal.code
    return "answered"


def test_the_next_calls_meet_what_was_ordered_in_its_order(world: World) -> None:
    _admin(world, "POST", "faults", operation="ListSchemas", kind="throttle", times=2)
    _admin(world, "POST", "faults", operation="ListSchemas", kind="internal")
    _, state = _admin(world, "POST", "faults", operation="ListSchemas", kind="unavailable")
    other = world("ListDatasetGroups")

    assert (state["faults"], other) == ({"ListSchemas": 4}, {"datasetGroups": []})
    assert [_list(world) for _ in range(5)] == [
        (400, "ThrottlingException"),
        (400, "ThrottlingException"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailable"),
        "answered",
    ]


def test_slow_calls_are_answered_and_timeouts_are_not(world: World) -> None:
    _admin(world, "POST", "faults", operation="ListSchemas", kind="slow", seconds=0.05)
    _admin(world, "POST", "faults", operation="ListSchemas", kind="timeout", seconds=0.05)
    began = world.loop.time()
    answers = [_list(world), _list(world)]

    assert answers == ["answered", (503, "ServiceUnavailable")]
    assert world.loop.time() - began >= 0.1


def test_orders_are_withdrawn(world: World) -> None:
    _admin(world, "POST", "faults", operation="ListSchemas", kind="throttle")
    status, state = _admin(world, "DELETE", "faults")

    assert (status, state["faults"], _list(world)) == (200, {}, "answered")


@pytest.mark.parametrize(
    ("method", "what", "body"),
    [
        ("POST", "faults", {"operation": "ListWorlds", "kind": "throttle"}),
        ("POST", "faults", {"operation": "ListSchemas", "kind": "explode"}),
        ("POST", "faults", {"operation": "ListSchemas", "kind": "slow", "minutes": 1}),
        ("POST", "faults", {"operation": "ListSchemas", "kind": "slow", "seconds": -1}),
        ("POST", "faults", {"operation": "ListSchemas", "kind": "slow", "times": 0}),
        ("POST", "faults", {"operation": "ListSchemas", "kind": "slow", "times": 10**9}),
        ("POST", "faults", {}),
        ("POST", "clock", {"seconds": -1}),
        ("POST", "clock", {"seconds": "1"}),
        ("GET", "faults", {}),
        ("GET", "world", {}),
    ],
)
def test_a_wrong_order_is_refused(world: World, method: str, what: str, body: dict[str, Any]) -> None:
    status, error = _admin(world, method, what, **body)

    assert (status, error["__type"]) == (400, "InvalidInputException")


def test_what_becomes_due_by_the_clock_is_waited_for(world: World) -> None:
    group = world.group()
    world.dataset(group)
    solution = world.solution(group)
    _admin(world, "POST", "clock", seconds=DAY)
    world.fake.held = True
    _, busy = _admin(world, "GET", "state")
    world.fake.held = False
    _, idle = _admin(world, "POST", "idle")
    [version] = world("ListSolutionVersions", solutionArn=solution)["solutionVersions"]

    assert (busy["busy"], idle["busy"], version["status"]) == (True, False, "ACTIVE")
    assert refused(world, "DescribeSchema", schemaArn=solution)[0] == "InvalidInputException"
