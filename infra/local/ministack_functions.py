"""Lambda functions where ministack runs them: every invocation is counted, and none is only pretended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from infra.local import patches
from infra.local.functions import Answer
from infra.local.functions_queue import RetryPolicy, read_policy, unsupported

_LAMBDA: Final = "ministack.services.lambda_svc:"

Execute = Callable[[dict[str, Any], Any], dict[str, Any]]


class InvocationCounts:
    """How often each function really ran, whoever called it: what a log says is checked against this."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, dict[str, int]] = {}
        self._running = self._begun = 0

    def begin(self) -> None:
        """An invocation begins."""
        with self._lock:
            self._running += 1
            self._begun += 1

    def end(self, function: str, result: Mapping[str, Any]) -> None:
        """An invocation of `function` ended; one that was throttled did not run."""
        with self._lock:
            self._running -= 1
            counts = self._counts.setdefault(function, {"invocations": 0, "errors": 0, "throttled": 0})
            counts["throttled" if result.get("throttle") else "invocations"] += 1
            counts["errors"] += bool(result.get("error")) and not result.get("throttle")

    def running(self) -> int:
        """The invocations under way."""
        with self._lock:
            return self._running

    def begun(self) -> int:
        """A number that changes with every invocation."""
        with self._lock:
            return self._begun

    def shown(self) -> dict[str, dict[str, int]]:
        """By function: how often it ran, how often it failed, how often it was not let run."""
        with self._lock:
            return {function: dict(counts) for function, counts in self._counts.items()}


class MinistackFunctions:
    """Calls functions in this process, as ministack's own event sources do."""

    def invoke(self, function_arn: str, event: Any) -> Answer:
        """Run the function once and wait for it; never raises for what the function does."""
        record, config, name = patches.get(f"{_LAMBDA}_get_func_record_for_ref")(function_arn)
        if not record or not config:
            return Answer(error=f"function {name} is not there", ran=False)
        prepared = patches.get(f"{_LAMBDA}_execution_record_for_config")(record, config)
        return answer_of(patches.get(f"{_LAMBDA}_execute_function_with_config_scope")(prepared, event))

    def policy(self, function_arn: str) -> RetryPolicy:
        """How the function's asynchronous invocations are tried again."""
        record, config, _ = patches.get(f"{_LAMBDA}_get_func_record_for_ref")(function_arn)
        return read_policy(record or {}, config or {})


def answer_of(result: Mapping[str, Any]) -> Answer:
    """What ministack's executor returned, as an answer."""
    body = result.get("body")
    if not result.get("error"):
        return Answer(payload=body)
    details: Mapping[str, Any] = body if isinstance(body, Mapping) else {"errorMessage": str(body)}
    if result.get("throttle"):
        return Answer(error=str(details.get("message", "Rate Exceeded")), ran=False, throttled=True)
    error = f"{details.get('errorType', 'Error')}: {details.get('errorMessage', '')}"
    return Answer(error=error, payload=body)


def install(counts: InvocationCounts, *, around: Callable[[Execute], Execute]) -> None:
    """Count every invocation, refuse those that ministack would answer without running anything.

    `around` may put faults in between.
    """
    original = patches.get(f"{_LAMBDA}_execute_function")
    execute = around(original)
    mismatch = patches.get(f"{_LAMBDA}_function_config_scope_mismatch")

    def counted(function: dict[str, Any], event: Any) -> dict[str, Any]:
        config = function.get("config") or function
        if mismatch(config):  # it comes back here in the function's own account and region
            answer: dict[str, Any] = original(function, event)
            return answer
        name = str(config.get("FunctionName", ""))
        if not function.get("code_zip"):
            return _error("Runtime.NoCode", f"function {name} has no code the local endpoint could run")
        counts.begin()
        result: dict[str, Any] = {"error": True}
        try:
            result = execute(function, event)
        finally:
            counts.end(name, result)
        return result

    patches.replace(f"{_LAMBDA}_execute_function", counted)


def install_async(submit: Callable[[str, Any], str]) -> None:
    """Asynchronous invocations of every kind go to `submit`; a configuration it would not honour is refused."""
    put = patches.get(f"{_LAMBDA}_put_event_invoke_config")

    def invoke_async(function: dict[str, Any], event: Any) -> None:
        submit(str((function.get("config") or function)["FunctionArn"]), event)

    def put_checked(name: str, qualifier: str | None, data: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        what = unsupported(data)
        refuse = patches.get("ministack.core.responses:error_response_json")
        answer: tuple[int, dict[str, str], bytes] = (
            refuse(
                "InvalidParameterValueException", f"function {name}: the local endpoint does not implement {what}", 400
            )
            if what
            else put(name, qualifier, data)
        )
        return answer

    _complete_templates()
    patches.replace(f"{_LAMBDA}invoke_async_with_retry", invoke_async)
    patches.replace(f"{_LAMBDA}_put_event_invoke_config", put_checked)


def _complete_templates() -> None:
    """A template's functions keep their dead-letter queue and concurrency, which ministack leaves out."""
    handler = patches.get("ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS")["AWS::Lambda::Function"]
    # create(logical id, properties, …), update(physical id, old properties, new properties, …)
    for operation, position in (("create", 1), ("update", 2)):
        handler[operation] = _completing(handler[operation], position)


def _completing(operation: Callable[..., Any], position: int) -> Callable[..., Any]:
    def completed(*args: Any, **more: Any) -> Any:
        made, properties = operation(*args, **more), args[position]
        record, _, name = patches.get(f"{_LAMBDA}_get_func_record_for_ref")(made[0])
        record["config"]["DeadLetterConfig"] = properties.get("DeadLetterConfig") or {}
        reserved = properties.get("ReservedConcurrentExecutions")
        if reserved is not None:
            limit = {"ReservedConcurrentExecutions": int(reserved)}
            patches.get(f"{_LAMBDA}_put_function_concurrency")(name, limit)
        return made

    return completed


def end_all() -> None:
    """End every function's process: who waits for one must not keep the endpoint from stopping."""
    patches.get("ministack.core.lambda_runtime:reset")()


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": True, "body": {"errorType": kind, "errorMessage": message}, "log": ""}
