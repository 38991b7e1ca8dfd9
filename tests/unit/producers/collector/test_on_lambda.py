"""As a function the collector takes its keys from where it is told, and answers when the stream has the events."""

from __future__ import annotations

import asyncio
import hashlib
import json
from itertools import repeat, takewhile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contract.checkpoints import parse_checkpoint
from contract.errors import ConfigurationError
from producers.collector.http import Request
from producers.collector.on_lambda import Deadline, FunctionSettings, app_of, write_keys_of
from producers.sdk.clock import SystemClock
from producers.sdk.memory import Answer, MemoryStream
from producers.sdk.stream import Refused

pytestmark = pytest.mark.unit

KEYS = json.dumps([{"name": "web", "sha256": hashlib.sha256(b"web-1").hexdigest()}])
EVENT = {
    "event_id": "01970000-0000-7000-8000-000000000001",
    "event_type": "view",
    "occurred_at": "2026-11-20T10:00:00.000Z",
    "user_id": "u-1",
    "item_id": "i-1",
}
POSTED = Request(
    method="POST", path="/v1/events", headers={b"x-write-key": b"web-1"}, body=json.dumps([EVENT]).encode()
)


class FakeSsm:
    """One parameter."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def get_parameter(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if asked["Name"] != "/there":
            raise ClientError({"Error": {"Code": "ParameterNotFound", "Message": "none"}}, "GetParameter")
        return {"Parameter": {"Value": KEYS}}


def test_hashes_come_from_the_parameter_once_or_from_the_environment_without_asking() -> None:
    ssm = FakeSsm()

    assert write_keys_of(FunctionSettings(stream="s", write_keys_parameter="/there"), lambda: ssm) == KEYS
    assert write_keys_of(FunctionSettings(stream="s", write_keys="[]"), lambda: ssm) == "[]"
    assert ssm.asked == [{"Name": "/there", "WithDecryption": True}]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (FunctionSettings(stream="s"), "either"),
        (FunctionSettings(stream="s", write_keys="[]", write_keys_parameter="/there"), "either"),
        (FunctionSettings(stream="s", write_keys_parameter="/elsewhere"), "/elsewhere"),
    ],
)
def test_keys_that_are_not_to_be_had_stop_it_at_the_start(settings: FunctionSettings, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        write_keys_of(settings, FakeSsm)


def test_tokens_are_not_its_own_to_check() -> None:
    clock = SystemClock()
    settings = FunctionSettings(stream="s", write_keys=KEYS, jwks="https://login.example/keys")

    with pytest.raises(ConfigurationError, match="HTTP API"):
        app_of(settings, stream=MemoryStream(), clock=clock, deadline=Deadline(clock))


def ask(stream: MemoryStream, *, seconds: float) -> tuple[int, bytes]:
    clock = SystemClock()
    deadline = Deadline(clock)
    app = app_of(FunctionSettings(stream="s", write_keys=KEYS), stream=stream, clock=clock, deadline=deadline)
    deadline.within(seconds)
    response = asyncio.run(app.respond(POSTED))
    return response.status, response.body


def test_an_answer_comes_when_the_stream_has_the_event_and_the_final_checkpoint() -> None:
    stream = MemoryStream()

    status, body = ask(stream, seconds=10)

    assert (status, json.loads(body)) == (202, {"accepted": 1, "rejected": 0, "results": []})
    event, last = [record.data for record in stream.lines]
    checkpoint = parse_checkpoint(last)
    assert json.loads(event)["producer_seq"] == 1
    assert checkpoint is not None
    assert (checkpoint.accepted, checkpoint.final) == (1, True)


def test_a_stream_that_takes_nothing_in_time_is_answered_with_come_again() -> None:
    taking: list[bool] = []
    refusing = Answer(refuses=frozenset({0}), refused=Refused.FAILED)

    status, body = ask(MemoryStream(takewhile(lambda _: not taking, repeat(refusing))), seconds=0.2)

    taking.append(True)  # or the interpreter waited for it at its end
    assert status == 503
    assert b"send them again" in body
