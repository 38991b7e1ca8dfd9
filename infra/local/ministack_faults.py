"""Lets ordered faults strike where ministack works: puts, invocations, tables and objects."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from infra.local import patches
from infra.local.faults import Faults, InvocationFault
from infra.local.ministack_functions import Execute

Response = tuple[int, dict[str, str], bytes]

_THROTTLED: Final = "ProvisionedThroughputExceededException"
_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
_SLOW_DOWN: Final = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


class MinistackFaults:
    """Asks the order before each call that it may be about."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._call = threading.local()  # the fault of the invocation that this thread runs

    def install(self) -> None:
        """Put the order in front of what it may strike."""
        self._install_put_records()
        self._install_dynamodb()
        self._install_objects()
        acquire = patches.get("ministack.services.lambda_svc:acquire_worker")

        def acquire_worker(*args: Any, **kwargs: Any) -> Any:
            worker, reason = acquire(*args, **kwargs)
            self._call.worker = worker
            return worker, reason

        patches.replace("ministack.services.lambda_svc:acquire_worker", acquire_worker)

    def around(self, execute: Execute) -> Execute:
        """`execute`, with the ordered faults of its function."""

        def executed(function: dict[str, Any], event: Any) -> dict[str, Any]:
            name = str((function.get("config") or function).get("FunctionName", ""))
            fault = self._faults.invocation(name)
            if fault == InvocationFault():
                return execute(function, event)
            return self._struck(fault, lambda: execute(function, event))

        return executed

    def _struck(self, fault: InvocationFault, run: Any) -> dict[str, Any]:
        with self._killing(fault) as killed:
            result: dict[str, Any] = run()
        if result.get("throttle"):
            return result
        if fault.timeout_seconds is not None:
            text = f"Task timed out after {fault.timeout_seconds:.2f} seconds"
            return _crash("Sandbox.Timedout", text, result) if killed.is_set() else result
        # A kill that came too late is an answer that was lost.
        return _crash("Runtime.ExitError", "the process was killed or its answer lost, as ordered", result)

    @contextmanager
    def _killing(self, fault: InvocationFault) -> Iterator[threading.Event]:
        killed, self._call.worker = threading.Event(), None
        call = self._call.__dict__  # this thread's, also for the timer's thread
        seconds = fault.timeout_seconds if fault.kill_after_seconds is None else fault.kill_after_seconds
        timer = threading.Timer(seconds or 0.0, self._kill, (call, killed))
        if not fault.loses_answer:
            timer.start()
        try:
            yield killed
        finally:
            timer.cancel()

    def _kill(self, call: Mapping[str, Any], killed: threading.Event) -> None:
        process = getattr(call.get("worker"), "_proc", None)
        if process is not None:
            killed.set()
            process.kill()
            self._faults.note_kill()

    def _install_put_records(self) -> None:
        put = patches.get("ministack.services.kinesis:_put_records")

        def put_records(data: dict[str, Any]) -> Response:
            records = data.get("Records", [])
            fault = self._faults.put_records(len(records))
            if fault.throttled:
                return _error(_THROTTLED, "Rate exceeded, as ordered")
            if not fault.failed:
                answer: Response = put(data)
                return answer
            return _put_some(put, data, failed=sorted(fault.failed))

        patches.replace("ministack.services.kinesis:_put_records", put_records)

    def _install_dynamodb(self) -> None:
        handlers = patches.get("ministack.app:SERVICE_HANDLERS")
        handle = handlers["dynamodb"]

        async def refusing(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Response:
            action = headers.get("x-amz-target", "").rpartition(".")[2]
            if action in _WRITES and self._faults.refuses_table(_tables(json.loads(body or b"{}"))):
                return _error(_THROTTLED, "The level of configured provisioned throughput was exceeded, as ordered")
            answer: Response = await handle(method, path, headers, body, query)
            return answer

        handlers["dynamodb"] = refusing

    def _install_objects(self) -> None:
        put = patches.get("ministack.services.s3:_put_object")

        def put_object(bucket_name: str, key: str, body: bytes, headers: dict[str, str]) -> Response:
            if self._faults.refuses_object(key):
                return 503, {"Content-Type": "application/xml"}, _SLOW_DOWN
            answer: Response = put(bucket_name, key, body, headers)
            return answer

        patches.replace("ministack.services.s3:_put_object", put_object)


def _crash(kind: str, message: str, result: Mapping[str, Any]) -> dict[str, Any]:
    return {"error": True, "body": {"errorType": kind, "errorMessage": message}, "log": result.get("log", "")}


def _put_some(put: Any, data: dict[str, Any], *, failed: list[int]) -> Response:
    """Put all records but those at the places `failed`, which are told as Kinesis tells them."""
    records, refused = data["Records"], set(failed)
    kept = [record for place, record in enumerate(records) if place not in refused]
    status, headers, body = put({**data, "Records": kept})
    if status >= 400:  # noqa: PLR2004 - an HTTP status
        return status, headers, body
    answer = json.loads(body)
    written = iter(answer["Records"])
    error = {"ErrorCode": _THROTTLED, "ErrorMessage": "Rate exceeded for the shard, as ordered"}
    answer["Records"] = [error if place in refused else next(written) for place in range(len(records))]
    answer["FailedRecordCount"] = len(refused)
    return status, headers, json.dumps(answer).encode()


def _tables(request: Mapping[str, Any]) -> set[str]:
    """The tables that a write is about, by name."""
    named = {str(request.get("TableName", ""))} | set(request.get("RequestItems", {}))
    for item in request.get("TransactItems", []):
        named |= {str(operation.get("TableName", "")) for operation in item.values()}
    return {name.rpartition("/")[2] for name in named if name}


def _error(code: str, message: str) -> Response:
    response: Response = patches.get("ministack.core.responses:error_response_json")(code, message, 400)
    return response
