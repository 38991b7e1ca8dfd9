"""A stopped endpoint loses no record and no event that a function has not answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.local.endpoint import Endpoint
from infra.local.paths import LocalPaths
from tests.support.local_endpoint import JARS, local_at, put
from tests.support.local_functions import Function, function, source, stream, until

pytestmark = pytest.mark.integration


def start(home: Path) -> Endpoint:
    return Endpoint.start(paths=LocalPaths(home=home), jars=JARS, warm_spark=False, timed_delivery=False)


def test_a_restart_goes_on_behind_what_was_done_and_answers_what_was_not(tmp_path: Path) -> None:
    endpoint = start(tmp_path)
    try:
        local = local_at(endpoint)
        reader, sleeper = function(local), function(local, timeout=50)
        name, arn = stream(local)
        source(local, reader, arn)
        put(local, name, b"done")
        endpoint.drain()
        local.client("lambda").invoke(
            FunctionName=sleeper.name, InvocationType="Event", Payload=json.dumps({"order": "sleep"})
        )
        until(sleeper.calls)
        put(local, name, b"put before the stop")
    finally:
        stopped = endpoint.stop()
    assert stopped.startswith("stopped in"), stopped

    endpoint = start(tmp_path)
    try:
        again = local_at(endpoint)
        put(again, name, b"put after it")
        until(lambda: len(sleeper.calls()) == 2)
        until(lambda: "put after it" in _flat(reader))
    finally:
        endpoint.stop()

    assert _flat(reader) == ["done", "put before the stop", "put after it"]
    assert [call["event"] for call in sleeper.calls()] == [{"order": "sleep"}] * 2


def _flat(reader: Function) -> list[str]:
    return [data for batch in reader.datas() for data in batch]
