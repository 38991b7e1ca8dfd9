"""Delivers events where ministack would not, or would lose them: Glue, functions, and a target's dead-letter queue."""

import contextvars
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

from contract.errors import TransientError
from infra.local import patches
from infra.local.functions import Destinations
from infra.local.glue import GlueRunner
from infra.local.job_run import GlueRefusal
from infra.local.workflows import WorkflowRunner, workflow_name

START_JOB_RUN: Final = "aws-sdk:glue:startJobRun"

_EVENTS: Final = "ministack.services.eventbridge:"
_S3: Final = "ministack.services.s3:"
_FUNCTION_OF: Final = "ministack.services.lambda_svc:_get_func_record_for_ref"
_DELIVERED: Final = frozenset({"lambda", "sqs", "sns"})  # the targets of which we know whether they were reached


class FunctionQueue(Protocol):
    """Lambda's queue of asynchronous invocations."""

    def submit(self, function_arn: str, event: Any) -> str:
        """Accept an event for a function."""
        ...


class EventDelivery:
    """Takes events in the order they happened, one after another, and keeps what it could not deliver."""

    def __init__(self, *, destinations: Destinations) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="events")
        self._destinations = destinations
        self._reach = threading.local()  # what became of the target that this thread delivers to
        self.undelivered: list[str] = []

    def publish(self, entry: Mapping[str, Any]) -> None:
        """Put an event of AWS's own on the default bus; it is delivered in the background."""
        self._executor.submit(_put_aws_event, entry)

    def settle(self) -> None:
        """Return when every event published so far has reached its targets, or their dead-letter queues."""
        for _ in range(2):
            self._executor.submit(lambda: None).result()

    def close(self) -> None:
        self._executor.shutdown(wait=True)

    def install(self, *, workflows: WorkflowRunner, glue: GlueRunner, functions: FunctionQueue) -> None:
        """Take over ministack's delivery of S3's events and of targets it would drop."""
        deliver = patches.get(f"{_EVENTS}_invoke_target")

        def invoke_target(target: dict[str, Any], event: Any, rule: Any, view: Any = None) -> None:
            self._reach.problem, self._reach.reached = "", False
            try:
                if not _invoke_ours(target, workflows=workflows, glue=glue):
                    deliver(target, event, rule, view)
                    self._missed(target)
            except GlueRefusal as refusal:
                self._reach.problem = f"{refusal.code}: {refusal}"
            problem, self._reach.problem = self._reach.problem, ""
            if problem:
                self._undeliverable(target, event, rule, problem)

        patches.replace(f"{_EVENTS}_invoke_target", invoke_target)
        patches.replace(f"{_S3}_fire_s3_event_async", self._fire_s3_event)
        self._install_dispatchers(functions)

    def _install_dispatchers(self, functions: FunctionQueue) -> None:
        to_sqs, to_sns = patches.get(f"{_EVENTS}_dispatch_to_sqs"), patches.get(f"{_EVENTS}_dispatch_to_sns")

        def dispatch_to_lambda(arn: str, payload: str) -> None:
            if self._reaches(bool(patches.get(_FUNCTION_OF)(arn)[0]), arn):
                functions.submit(arn, json.loads(payload))

        def dispatch_to_sqs(spec: Any, payload: str, sqs_parameters: Any = None) -> None:
            if self._reaches(bool(patches.get("ministack.services.sqs:_queue_by_arn")(str(spec))), str(spec)):
                to_sqs(spec, payload, sqs_parameters)

        def dispatch_to_sns(arn: str, payload: str) -> None:
            if self._reaches(arn in patches.get("ministack.services.sns:_topics"), arn):
                to_sns(arn, payload)

        patches.replace(f"{_EVENTS}_dispatch_to_lambda", dispatch_to_lambda)
        patches.replace(f"{_EVENTS}_dispatch_to_sqs", dispatch_to_sqs)
        patches.replace(f"{_EVENTS}_dispatch_to_sns", dispatch_to_sns)

    def _reaches(self, there: bool, arn: str) -> bool:  # noqa: FBT001 - reads as a sentence where it is called
        self._reach.reached = True
        if not there:
            self._reach.problem = f"RESOURCE_NOT_FOUND: {arn} is not there"
        return there

    def _missed(self, target: Mapping[str, Any]) -> None:
        service = str(target.get("Arn", "")).split(":")[2:3]
        if not self._reach.reached and service and service[0] in _DELIVERED:
            self._reach.problem = "INVALID_TARGET: it is in another account or region"

    def _undeliverable(self, target: Mapping[str, Any], event: Any, rule: Mapping[str, Any], problem: str) -> None:
        self.undelivered.append(f"{target['Arn']}: {problem}")
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue:
            return
        code, _, message = problem.partition(": ")
        attributes = {
            "RULE_ARN": str(rule.get("Arn", "")),
            "TARGET_ARN": str(target["Arn"]),
            "ERROR_CODE": code,
            "ERROR_MESSAGE": message,
        }
        body = json.dumps(patches.get(f"{_EVENTS}_pattern_event_view")(event).event_with_detail())
        # Never here: this may be the thread that would have to answer.
        self._executor.submit(self._send, str(queue), body, attributes)

    def _send(self, queue: str, body: str, attributes: dict[str, str]) -> None:
        try:
            self._destinations.send_message(queue, body, attributes)
        except TransientError as error:
            self.undelivered.append(f"dead-letter queue {error}")

    def _fire_s3_event(self, bucket_name: str, key: str, event_name: str, *args: Any, **kwargs: Any) -> None:
        # ministack starts a thread for each object: the order is lost, and nobody knows when all are through.
        if bucket_name not in patches.get(f"{_S3}_bucket_notifications"):
            return
        names = ("size", "etag", "deletion_type", "version_id", "object_extra", "record_extra")
        details = {**dict(zip(names, args, strict=False)), **kwargs}
        details["sequencer"] = patches.get(f"{_S3}_next_event_sequencer")(event_name)
        fire: Callable[..., None] = patches.get(f"{_S3}_fire_s3_event")
        context = contextvars.copy_context()  # the account and region of the request
        self._executor.submit(lambda: context.run(fire, bucket_name, key, event_name, **details))


def _put_aws_event(entry: Mapping[str, Any]) -> None:
    patches.get(f"{_EVENTS}_put_events")({"Entries": [dict(entry)]}, allow_aws_source=True)


def _invoke_ours(target: Mapping[str, Any], *, workflows: WorkflowRunner, glue: GlueRunner) -> bool:
    arn = str(target.get("Arn", ""))
    workflow = workflow_name(arn)
    if workflow is not None:
        workflows.notify(workflow)
        return True
    if arn.endswith(f":::{START_JOB_RUN}"):
        glue.start(json.loads(target.get("Input") or "{}"))
        return True
    if ":::aws-sdk:" in arn or arn.split(":")[2] in {"kinesis", "firehose", "glue"}:
        raise GlueRefusal("UnsupportedTarget", "the local endpoint does not deliver to this kind of target")
    return False
