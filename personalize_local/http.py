"""From an HTTP request to an operation and back: three services on one port."""

from __future__ import annotations

import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from personalize_local.admin import Admin
from personalize_local.emulator import Emulator
from personalize_local.wire.errors import (
    REST_STATUS,
    InternalServerError,
    InvalidInputException,
    ServiceError,
    UnknownOperationException,
)
from personalize_local.wire.models import Api, Operation, load
from personalize_local.wire.validation import compile_input

MAX_BODY: Final = 6 * 2**20  # more than the largest request that fits the models
Headers = list[tuple[str, str]]
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: Headers
    body: bytes


class Handler:
    """Answers requests for one emulator; `admin` is None unless faults may be ordered."""

    def __init__(self, emulator: Emulator, *, admin: Admin | None = None, api: Api | None = None) -> None:
        self._emulator = emulator
        self._admin = admin
        self._api = api or load()
        self._checks: Mapping[str, Callable[[dict[str, Any]], None]] = {
            operation.name: compile_input(operation.input) for operation in self._api.operations
        }

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """`headers` have lower-case names. Never raises: a bug is an answer of 500, with its traceback in the log."""
        if self._admin and path.startswith(self._admin.PATH):
            return await self._administered(method, path, body)
        operation = self._api.find(path, headers.get("x-amz-target", "")) if method == "POST" else None
        try:
            if operation is None:
                raise UnknownOperationException(_unknown(method, path, headers))  # noqa: TRY301
            if self._admin:
                await self._admin.before(operation.name)
            request = _request(body)
            self._checks[operation.name](request)
            return _answered(operation, await self._emulator.answer(operation.name, request))
        except ServiceError as error:
            return _refused(operation, error)
        except Exception:  # noqa: BLE001
            traceback.print_exc()
            return _refused(operation, InternalServerError("An internal error of the emulator; its log has more."))

    async def _administered(self, method: str, path: str, body: bytes) -> Answer:
        assert self._admin  # noqa: S101 - the caller looked
        try:
            return Answer(200, _headers("application/json"), _encode(await self._admin.handle(method, path, body)))
        except ServiceError as error:
            return _refused(None, error)


def _request(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BODY:
        raise InvalidInputException(f"The request has {len(body)} bytes; at most {MAX_BODY} are taken.")
    try:
        request = _decode(body) if body else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputException(f"The request is no JSON: {error}") from error
    if not isinstance(request, dict):
        raise InvalidInputException("The request must be a JSON object.")
    return request


def _answered(operation: Operation, answer: Mapping[str, Any] | None) -> Answer:
    if operation.output is None:
        return Answer(200, _headers(_content_type(operation)), b"")
    return Answer(200, _headers(_content_type(operation)), _encode(_present(answer or {})))


def _present(value: Any) -> Any:
    """Without the members that are None: absent members are not written."""
    if isinstance(value, dict):
        return {
            name: _present(each) if isinstance(each, dict | list) else each
            for name, each in value.items()
            if each is not None
        }
    if isinstance(value, list):
        return [_present(each) for each in value]
    return value


def _refused(operation: Operation | None, error: ServiceError) -> Answer:
    rest = operation is not None and operation.is_rest
    status = REST_STATUS.get(error.code, error.status) if rest else error.status
    headers = [*_headers(_content_type(operation)), ("x-amzn-errortype", error.code)]
    return Answer(status, headers, _encode({"__type": error.code, "message": str(error)}))


def _headers(content_type: str) -> Headers:
    return [("content-type", content_type), ("x-amzn-requestid", str(uuid.UUID(int=time.time_ns() << 32)))]


def _content_type(operation: Operation | None) -> str:
    return "application/x-amz-json-1.1" if operation and not operation.is_rest else "application/json"


def _unknown(method: str, path: str, headers: Mapping[str, str]) -> str:
    named = headers.get("x-amz-target") or f"{method} {path}"
    return f"{named} is no operation of personalize, personalize-events or personalize-runtime."
