"""Faults that a test orders, met by a real client with its retries and timeouts."""

from __future__ import annotations

import json
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.support.personalize_server import Server, running

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _no_faults_left(server: Server) -> Iterator[None]:
    yield
    server.admin("DELETE", "faults")


def order(server: Server, kind: str, **more: float) -> None:
    fault = {"operation": "ListSchemas", "kind": kind, **more}
    server.admin("POST", "faults", json.dumps(fault).encode())


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("throttle", "ThrottlingException"),
        ("internal", "InternalServerError"),
        ("unavailable", "ServiceUnavailable"),
    ],
)
def test_as_many_calls_fail_as_were_ordered_and_a_client_that_retries_gets_through(
    server: Server, kind: str, code: str
) -> None:
    order(server, kind, times=2)
    impatient = server.client("personalize")
    with pytest.raises(ClientError) as caught:
        impatient.list_schemas()
    assert caught.value.response["Error"]["Code"] == code

    answer = server.client("personalize", retries={"total_max_attempts": 3}).list_schemas()

    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert impatient.list_schemas()["ResponseMetadata"]["RetryAttempts"] == 0


def test_a_slow_answer_is_late_and_right(server: Server) -> None:
    order(server, "slow", seconds=0.3)
    began = time.monotonic()

    answer = server.client("personalize").list_schemas()

    assert time.monotonic() - began >= 0.3
    assert "schemas" in answer


def test_a_call_that_hangs_runs_into_the_clients_timeout_and_others_do_not(server: Server) -> None:
    order(server, "timeout", seconds=3)

    with pytest.raises(ReadTimeoutError):
        server.client("personalize", read_timeout=0.3).list_schemas()
    assert "datasetGroups" in server.client("personalize", read_timeout=0.3).list_dataset_groups()


def test_an_unknown_operation_or_kind_is_refused(server: Server) -> None:
    for fault in ({"operation": "Nothing", "kind": "slow"}, {"operation": "ListSchemas", "kind": "odd"}, {"x": 1}):
        with pytest.raises(urllib.error.HTTPError) as caught:
            server.admin("POST", "faults", json.dumps(fault).encode())
        assert caught.value.code == 400


def test_without_the_option_there_is_no_admin_path(tmp_path: Path, s3: str) -> None:
    with running(tmp_path, s3, admin=False) as server, pytest.raises(urllib.error.HTTPError) as caught:
        server.admin("GET", "state")
    assert (caught.value.code, json.load(caught.value)["__type"]) == (400, "UnknownOperationException")


def test_a_share_of_the_calls_fails_and_the_others_are_not_counted(server: Server) -> None:
    order(server, "throttle", times=1_000, share=0.5)
    impatient = server.client("personalize")

    failed = sum(_fails(impatient) for _ in range(60))
    left = json.loads(server.admin("GET", "state"))["faults"]["ListSchemas"]

    assert 15 < failed < 45
    assert left == 1_000 - failed


def _fails(client: Any) -> bool:
    try:
        client.list_schemas()
    except ClientError:
        return True
    return False
