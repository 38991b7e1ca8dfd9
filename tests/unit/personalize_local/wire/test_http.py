"""From bytes to an answer: routes, codes, headers, bodies that are no request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from personalize_local.http import MAX_BODY, Answer
from tests.support.personalize_world import World

pytestmark = pytest.mark.unit

TARGET = "x-amz-target"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def _send(world: World, path: str, body: bytes, *, target: str = "", method: str = "POST") -> Answer:
    headers = {TARGET: target} if target else {}
    return world.loop.run_until_complete(world.handler.handle(method, path, headers, body))


def _error(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["__type"]


def test_the_control_plane_is_found_by_its_target(world: World) -> None:
    answer = _send(world, "/", b"{}", target="AmazonPersonalize.ListSchemas")

    assert (answer.status, json.loads(answer.body)) == (200, {"schemas": []})
    assert dict(answer.headers)["content-type"] == "application/x-amz-json-1.1"
    assert len(dict(answer.headers)["x-amzn-requestid"]) == 36


def test_errors_have_the_codes_of_their_protocol(world: World) -> None:
    arn = "arn:aws:personalize:us-east-1:000000000000:dataset/g/ITEMS"
    items = json.dumps({"datasetArn": arn, "items": [{"itemId": "i"}]}).encode()
    control = _send(world, "/", json.dumps({"datasetArn": arn}).encode(), target="AmazonPersonalize.DescribeDataset")
    rest = _send(world, "/items", items)

    assert _error(control) == (400, "ResourceNotFoundException")
    assert _error(rest) == (404, "ResourceNotFoundException")
    assert dict(rest.headers)["x-amzn-errortype"] == "ResourceNotFoundException"
    assert dict(rest.headers)["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [
        ("POST", "/", "AmazonPersonalize.CreateWorld"),
        ("POST", "/", ""),
        ("POST", "/nothing", ""),
        ("GET", "/events", ""),
        ("GET", "/", "AmazonPersonalize.ListSchemas"),
    ],
)
def test_what_is_no_operation_is_refused(world: World, method: str, path: str, target: str) -> None:
    assert _error(_send(world, path, b"{}", target=target, method=method)) == (400, "UnknownOperationException")


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b"7", b'"x"', b"{" + b" " * MAX_BODY + b"}"]
)
def test_a_body_that_is_no_request_is_refused(world: World, body: bytes) -> None:
    for path, target in (("/", "AmazonPersonalize.ListSchemas"), ("/events", "")):
        assert _error(_send(world, path, body, target=target)) == (400, "InvalidInputException")


def test_the_admin_path_is_closed_unless_it_is_opened(world: World) -> None:
    assert _error(_send(world, "/_personalize/state", b"", method="GET")) == (400, "UnknownOperationException")


def test_an_answer_waits_until_its_changes_are_on_disk(world: World) -> None:
    world.group()
    connection = world.emulator.database
    rows = world.loop.run_until_complete(
        connection.commit(lambda each: each.execute("SELECT arn FROM resources").fetchall())
    )

    assert rows == [("arn:aws:personalize:us-east-1:000000000000:dataset-group/shop",)]
    assert not asyncio.all_tasks(world.loop) - {
        task for task in asyncio.all_tasks(world.loop) if task.get_name() == "schedule"
    }
