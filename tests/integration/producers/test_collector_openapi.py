"""Whatever its description allows, and much that it does not: the collector answers as documented, never with 5xx."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.collector_server import ROOT, Server, counting_server, served
from tests.support.collector_world import KEY, SHOP

pytestmark = pytest.mark.integration

DESCRIPTION = json.loads((ROOT / "contract" / "generated" / "openapi.json").read_text())
OPERATIONS: dict[str, Any] = {
    operation.ok().label: operation.ok()  # type: ignore[union-attr]
    for operation in schemathesis.openapi.from_dict(DESCRIPTION).get_all_operations()
}
TAKES_ANYTHING = ("POST /v1/events", "GET /v1/pixel")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
senders = st.sampled_from(
    [
        {"x-write-key": KEY.decode()},
        {"x-write-key": KEY.decode(), "origin": SHOP},
        {"x-write-key": KEY.decode(), "origin": "https://evil.example"},
        {"x-write-key": "wrong"},
        {},
    ]
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served(*counting_server()) as found:
        yield found


def asked(server: Server, label: str, mode: GenerationMode, examples: int) -> set[int]:
    """The statuses of the answers, each of which is as described."""
    seen: set[int] = set()

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode), sender=senders)
    def ask(case: Any, sender: dict[str, str]) -> None:
        case.headers = {**(case.headers or {}), **sender}
        if label == "GET /v1/pixel":
            case.query = {**(case.query or {}), "k": KEY.decode()}
        seen.add(case.call_and_validate(base_url=server.url, checks=CHECKS).status_code)

    ask()
    return seen


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_to_what_is_described_is_described(server: Server, label: str) -> None:
    many = label in TAKES_ANYTHING

    seen = asked(server, label, GenerationMode.POSITIVE, 40 if many else 3)

    assert max(seen) < 500
    assert seen & {200, 202, 204}


@pytest.mark.parametrize("label", TAKES_ANYTHING)
def test_so_is_every_answer_to_what_is_not(server: Server, label: str) -> None:
    assert max(asked(server, label, GenerationMode.NEGATIVE, 25)) < 500


@pytest.mark.parametrize("path", DESCRIPTION["paths"])
def test_a_method_that_is_not_described_is_refused(server: Server, path: str) -> None:
    others = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
    others -= {method.upper() for method in DESCRIPTION["paths"][path]}

    assert {status(server, method, path) for method in others} == {405}


def status(server: Server, method: str, path: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request(method, path)
    found = connection.getresponse().status
    connection.close()
    return found
