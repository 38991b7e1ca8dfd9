"""Delivers events to what ministack does not: Glue workflows and EventBridge Scheduler's startJobRun."""

import contextvars
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from infra.local import patches
from infra.local.glue import GlueRunner
from infra.local.job_run import GlueRefusal
from infra.local.workflows import WorkflowRunner, workflow_name

START_JOB_RUN: Final = "aws-sdk:glue:startJobRun"

_EVENTS: Final = "ministack.services.eventbridge:"
_S3: Final = "ministack.services.s3:"


class EventDelivery:
    """Takes events in the order they happened, one after another, and keeps what it could not deliver."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="events")
        self.undelivered: list[str] = []

    def publish(self, entry: Mapping[str, Any]) -> None:
        """Put an event of AWS's own on the default bus; it is delivered in the background."""
        self._executor.submit(_put_aws_event, entry)

    def settle(self) -> None:
        """Return when every event published so far has reached its targets."""
        self._executor.submit(lambda: None).result()

    def close(self) -> None:
        self._executor.shutdown(wait=True)

    def install(self, *, workflows: WorkflowRunner, glue: GlueRunner) -> None:
        """Take over ministack's delivery of S3's events and of targets it would drop."""
        deliver = patches.get(f"{_EVENTS}_invoke_target")

        def invoke_target(target: dict[str, Any], event: Any, rule: Any, view: Any = None) -> None:
            try:
                if not _invoke_ours(target, workflows=workflows, glue=glue):
                    deliver(target, event, rule, view)
            except GlueRefusal as refusal:
                self.undelivered.append(f"{target['Arn']}: {refusal.code}: {refusal}")

        patches.replace(f"{_EVENTS}_invoke_target", invoke_target)
        patches.replace(f"{_S3}_fire_s3_event_async", self._fire_s3_event)

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
