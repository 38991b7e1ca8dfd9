"""An HTTP API's requests and answers, payload format 2.0, as the collector's."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from producers.collector.http import Request, Response


def request_of(event: Mapping[str, Any]) -> Request:
    """The request that API Gateway hands to a function; the address is that of who connected to the gateway."""
    http = event["requestContext"]["http"]
    return Request.of_text(
        http["method"],
        event["rawPath"],
        headers=event.get("headers") or {},
        query=event.get("rawQueryString") or "",
        body=_body(event),
        client_ip=http.get("sourceIp") or "",
    )


def answer_of(response: Response) -> dict[str, Any]:
    """What API Gateway wants back; names of headers that come more than once are joined as HTTP allows."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    answer: dict[str, Any] = {"statusCode": response.status, "headers": headers}
    try:
        return answer | {"body": response.body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:  # a picture
        return answer | {"body": base64.b64encode(response.body).decode(), "isBase64Encoded": True}


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        # What is no character is none in the stream either: the reader refuses it, and says so.
        return str(body).encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return b""  # API Gateway's own encoding: it is never so
