"""What API Gateway hands to a function is the same request that a server would have read, and so is the answer."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest

from producers.collector.gateway import answer_of, request_of
from producers.collector.http import Request, Response

pytestmark = pytest.mark.unit

# As the documentation of payload format 2.0 has it; shortened to what is read.
EVENT: dict[str, Any] = {
    "version": "2.0",
    "routeKey": "POST /v1/events",
    "rawPath": "/v1/events",
    "rawQueryString": "",
    "headers": {"content-type": "application/json", "X-Write-Key": "k-1"},
    "requestContext": {"http": {"method": "POST", "path": "/v1/events", "sourceIp": "192.0.2.7"}},
    "body": '{"event_type":"view","item_id":"café"}',
    "isBase64Encoded": False,
}


def test_a_request_is_taken_as_it_came_with_header_names_in_lower_case() -> None:
    assert request_of(EVENT) == Request(
        method="POST",
        path="/v1/events",
        headers={b"content-type": b"application/json", b"x-write-key": b"k-1"},
        body='{"event_type":"view","item_id":"café"}'.encode(),
        client_ip="192.0.2.7",
    )


def test_bytes_come_in_base64() -> None:
    packed = gzip.compress(b"[]")

    assert request_of({**EVENT, "body": base64.b64encode(packed).decode(), "isBase64Encoded": True}).body == packed


def test_a_request_without_a_body_has_none_and_its_query_stays_encoded() -> None:
    bare = {name: value for name, value in EVENT.items() if name not in {"body", "headers"}}

    request = request_of({**bare, "rawPath": "/v1/pixel", "rawQueryString": "k=a%20b&e=view"})

    assert (request.body, request.query, request.headers) == (b"", b"k=a%20b&e=view", {})


def test_a_text_is_answered_as_a_text_and_a_picture_in_base64() -> None:
    headers = ((b"content-type", b"application/json"), (b"vary", b"origin"), (b"vary", b"accept-encoding"))

    assert answer_of(Response(202, b'{"accepted":1}', headers)) == {
        "statusCode": 202,
        "headers": {"content-type": "application/json", "vary": "origin, accept-encoding"},
        "body": '{"accepted":1}',
        "isBase64Encoded": False,
    }
    assert answer_of(Response(200, b"GIF89a\xff")) == {
        "statusCode": 200,
        "headers": {},
        "body": base64.b64encode(b"GIF89a\xff").decode(),
        "isBase64Encoded": True,
    }


def test_a_lone_surrogate_reaches_the_reader_which_refuses_it() -> None:
    assert request_of({**EVENT, "body": '"\ud800"'}).body == b'"\xed\xa0\x80"'
