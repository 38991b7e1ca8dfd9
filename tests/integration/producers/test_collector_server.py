"""The server as it is started: workers, what they put on the stream, how they end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from contract.checkpoints import parse_checkpoint
from contract.kpl import payloads
from tests.support.collector_process import collector_process
from tests.support.collector_server import ROOT
from tests.support.collector_world import KEY, WEB
from tests.support.sdk_process import spools_in
from tests.support.sharded_kinesis import ShardedKinesis, sharded_kinesis

pytestmark = pytest.mark.integration

KEYS = json.dumps([{"name": WEB.name, "sha256": WEB.sha256, "app_id": "shop"}])


def test_two_workers_deliver_all_that_they_took_and_say_that_it_was_all(tmp_path: Path) -> None:
    told = {"write_keys": KEYS, "workers": 2, "truncate_ip": True, "name": "web"}
    with (
        sharded_kinesis() as stream,
        collector_process(tmp_path / "spool", stream.url, tmp_path / "log", **told) as collector,
    ):
        events = [event(number) for number in range(40)]
        statuses = {collector.post(json.dumps([e, {"event_type": "view"}]), write_key=KEY.decode()) for e in events}
        strangers = collector.post(json.dumps(events), write_key="wrong")
        pixel = status_of(f"http://127.0.0.1:{collector.port}/v1/pixel?k=open%20sesame&event_type=opened&user_id=u-1")
        spools = spools_in(tmp_path / "spool")
        code = collector.stop(20)

    taken = lines_of(stream)
    good = [json.loads(line) for line in taken if b'"producer_seq"' in line]
    checkpoints = [found for found in map(parse_checkpoint, taken) if found and found.final]
    assert (statuses, strangers, pixel, code) == ({202}, 401, 200, 0)
    assert sorted(e["event_id"] for e in good if e["event_type"] == "view") == sorted(e["event_id"] for e in events)
    assert {(e["app_id"], e["context"]["ip"]) for e in good} == {("shop", "127.0.0.0")}
    assert [line for line in taken if line == b'{"event_type": "view"}\n'] == [b'{"event_type": "view"}\n'] * 40
    assert sum(checkpoint.accepted for checkpoint in checkpoints) == len(good) == 41
    assert len(spools) == 2
    assert {checkpoint.producer_id for checkpoint in checkpoints} == spools
    assert all(producer_id.startswith("web-") for producer_id in spools)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"STREAM": "clicks", "STRAEM": "x"}, "COLLECTOR_STRAEM"),
        ({"STREAM": "clicks"}, "nobody may send"),
        ({"STREAM": "clicks", "ANYONE": "true"}, "region"),
        ({"STREAM": "clicks", "ANYONE": "true", "SPOOL_BYTES": "1000000", "WORKERS": "2"}, "set spool_root"),
        ({"STREAM": "clicks", "ANYONE": "true", "NAME": "my shop", "WORKERS": "2"}, "$.name"),
        ({"STREAM": "clicks", "JWKS": "http://id.example/keys", "WORKERS": "2"}, "https"),
    ],
)
def test_a_server_that_cannot_work_does_not_start_and_says_why(tmp_path: Path, told: dict[str, str], why: str) -> None:
    environ = {
        "PATH": "/usr/bin",
        "PYTHONPATH": str(ROOT),
        **{f"COLLECTOR_{name}": value for name, value in told.items()},
    }
    command = [sys.executable, "-m", "producers.collector"]

    ended = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False)

    assert ended.returncode != 0
    assert why in ended.stderr.splitlines()[-1]


def event(number: int) -> dict[str, Any]:
    return {
        "event_id": f"e-{number}",
        "event_type": "view",
        "occurred_at": "2026-11-01T09:00:00Z",
        "user_id": f"u-{number % 7}",
        "item_id": "i-1",
    }


def status_of(url: str) -> int:
    with urlopen(url, timeout=10) as answer:  # noqa: S310 - on this machine
        found: int = answer.status
    return found


def lines_of(stream: ShardedKinesis) -> list[bytes]:
    """Each once: what was sent again is a documented repeat."""
    kept = [line for _, record in stream.records for line in payloads(record.data) or [record.data]]
    stamped = dict.fromkeys(line for line in kept if b'"producer_' in line)
    return [*stamped, *(line for line in kept if line not in stamped)]
