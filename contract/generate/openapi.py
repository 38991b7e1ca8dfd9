"""The collector's HTTP interface as OpenAPI 3.1; what an event is comes from the contract."""

from __future__ import annotations

import json
from typing import Any

from contract.events import EVENT, MAX_BODY_BYTES, MAX_BODY_EVENTS, VERSION
from contract.generate.json_schema import json_schema
from contract.rules import Reason

Data = dict[str, Any]

_EVENT: Data = {"$ref": "#/components/schemas/Event"}
_WHY = {
    400: "The body cannot be read. Nothing of it was taken.",
    401: "The write key, or the token, is missing or wrong.",
    403: "Pages of this origin may not send here.",
    408: "The body did not come in time.",
    413: f"More than {MAX_BODY_BYTES} bytes, packed or unpacked, or more than {MAX_BODY_EVENTS} events.",
    415: "A Content-Type or Content-Encoding that is not taken.",
    429: "This write key has sent more events than it may.",
    503: "The events cannot be kept at the moment: send them again, unchanged.",
}
_SENDING = """A bad event does not sink its neighbours: `results` names each that was not taken, by its place.
`received_at`, `producer_id` and `producer_seq` are set here, whatever was sent. Where `sent_at` says that the client's
clock is off by more than five minutes, `occurred_at` is corrected by whole minutes."""
_LOADING = """The answer is a picture of one point, whatever happens. Further parameters: `c.` and `s.` before a name of
context and consent, `p.` before a property's. Ids of an impression are separated by `|`."""
_WAITS = frozenset({429, 503})


def openapi_json() -> str:
    """`contract/generated/openapi.json`, which the collector serves itself."""
    return json.dumps(_document(), indent=2) + "\n"


def _document() -> Data:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Collector",
            "version": str(VERSION),
            "description": "Takes events. An event that was answered with 202 is durable: it is not lost.",
        },
        "paths": {
            "/v1/events": {"post": _post_events(), "options": _preflight()},
            "/v1/pixel": {"get": _get_pixel()},
            "/health": {"get": _text("isAlive", "Whether the process lives.")},
            "/ready": {"get": _ready()},
            "/metrics": {"get": _text("readMetrics", "Counters, in Prometheus' text format.")},
            "/openapi.json": {"get": _description()},
        },
        "components": {
            "schemas": {"Event": _event(), "Result": _result(), "Problem": _problem()},
            "securitySchemes": {
                "writeKey": {"type": "apiKey", "in": "header", "name": "x-write-key"},
                "writeKeyInQuery": {"type": "apiKey", "in": "query", "name": "k"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def _post_events() -> Data:
    body = {
        "oneOf": [
            _EVENT,
            _many(),
            {"type": "object", "required": ["events"], "properties": {"events": _many()}},
        ]
    }
    gzip = {"name": "content-encoding", "in": "header", "schema": {"enum": ["gzip", "identity"]}}
    return {
        "operationId": "sendEvents",
        "summary": "Send events",
        "description": _SENDING,
        "security": [{"writeKey": []}, {"writeKeyInQuery": []}, {"writeKey": [], "token": []}, {"token": []}],
        "parameters": [gzip],
        "requestBody": {
            "required": True,
            "description": f"At most {MAX_BODY_EVENTS} events and {MAX_BODY_BYTES} bytes, packed and unpacked.",
            "content": {"application/json": {"schema": body}, "text/plain": {"schema": body}},
        },
        "responses": {"202": _taken(), **_problems(*_WHY)},
    }


def _preflight() -> Data:
    return {
        "operationId": "mayPageSend",
        "summary": "Whether a page of another origin may send (CORS)",
        "responses": {"204": {"description": "It may, where the answer's headers name it."}, **_problems(403)},
    }


def _get_pixel() -> Data:
    picture = {"image/gif": {"schema": {"type": "string", "contentEncoding": "binary"}}}
    fields = [_parameter(f.name, f.doc) for f in EVENT.fields if not f.fields and f.name not in _SET_HERE]
    return {
        "operationId": "sendEventByImage",
        "summary": "Send one event by loading an image",
        "description": _LOADING,
        "security": [{"writeKeyInQuery": []}],
        "parameters": fields,
        "responses": {
            "200": {
                "description": "x-accepted and x-rejected say what became of the event, x-reason why.",
                "headers": {name: {"schema": {"type": "string"}} for name in ("x-accepted", "x-rejected", "x-reason")},
                "content": picture,
            },
            **{str(status): _answer(status, picture) for status in (401, 429, 503)},
        },
    }


_SET_HERE = frozenset({"received_at", "producer_id", "producer_seq", "properties"})


def _parameter(name: str, doc: str) -> Data:
    return {"name": name, "in": "query", "description": doc, "schema": {"type": "string"}}


def _ready() -> Data:
    return _text("isReady", "Whether it takes events.") | {"responses": {**_plain(), **_problems(503)}}


def _text(name: str, summary: str) -> Data:
    return {"operationId": name, "summary": summary, "responses": _plain()}


def _plain() -> Data:
    return {"200": {"description": "Yes.", "content": {"text/plain": {"schema": {"type": "string"}}}}}


def _description() -> Data:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": "readDescription",
        "summary": "This description",
        "responses": {"200": {"description": "OpenAPI 3.1.", "content": content}},
    }


def _taken() -> Data:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Result"}}}
    return {"description": "Those that were accepted are durable.", "content": content}


def _problems(*statuses: int) -> Data:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {str(status): _answer(status, content) for status in statuses}


def _answer(status: int, content: Data) -> Data:
    answer: Data = {"description": _WHY[status], "content": content}
    if status in _WAITS:
        answer["headers"] = {"retry-after": {"description": "Seconds.", "schema": {"type": "string"}}}
    return answer


def _many() -> Data:
    return {"type": "array", "items": _EVENT, "maxItems": MAX_BODY_EVENTS}


def _event() -> Data:
    schema: Data = json.loads(json_schema(EVENT))
    return {name: value for name, value in schema.items() if name != "$schema"}


def _result() -> Data:
    place = {"type": "integer", "minimum": 0}
    rejected = {
        "index": place | {"description": "Its place in the request, from 0."},
        "reason": {"type": "string", "enum": [reason.value for reason in Reason]},
        "rule": {"type": "string", "description": "The rule of the contract that it breaks, or `app_id.write_key`."},
    }
    return _closed({"accepted": place, "rejected": place, "results": {"type": "array", "items": _closed(rejected)}})


def _problem() -> Data:
    """RFC 9457."""
    text = {"type": "string"}
    return _closed({"type": text, "title": text, "status": {"type": "integer"}, "detail": text})


def _closed(properties: Data) -> Data:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
