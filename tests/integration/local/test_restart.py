"""A stopped endpoint forgets nothing and repeats nothing."""

import gzip
from pathlib import Path

import pytest

from infra.local.endpoint import Endpoint
from infra.local.paths import LocalPaths
from tests.support.local_endpoint import JARS, delivery, local_at, put

pytestmark = pytest.mark.integration


def start(home: Path) -> Endpoint:
    return Endpoint.start(paths=LocalPaths(home=home), jars=JARS, warm_spark=False, timed_delivery=False)


def test_delivery_goes_on_where_it_stood(tmp_path: Path) -> None:
    endpoint = start(tmp_path)
    try:
        local = local_at(endpoint)
        name, bucket = delivery(local)
        put(local, name, b"delivered\n")
        endpoint.drain()
        put(local, name, b"still in the stream\n")
    finally:
        stopped = endpoint.stop()
    assert stopped.startswith("stopped in")

    endpoint = start(tmp_path)
    try:
        local = local_at(endpoint)
        after = endpoint.drain()["firehose"]
        bodies = local.bodies(bucket).values()
    finally:
        endpoint.stop()

    assert after["records"] == 1
    assert sorted(gzip.decompress(body) for body in bodies) == [b"delivered\n", b"still in the stream\n"]


def test_a_running_endpoint_is_found_again_and_a_stopped_one_is_not(tmp_path: Path) -> None:
    paths = LocalPaths(home=tmp_path)
    endpoint = start(tmp_path)
    try:
        assert Endpoint.attach(paths) == endpoint
    finally:
        endpoint.stop()

    assert Endpoint.attach(paths) is None
