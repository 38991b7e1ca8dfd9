"""Entry point of the reconciler: settings, adapters, core."""

from __future__ import annotations

import os
import time
from typing import Any

import boto3
import structlog
from botocore.config import Config

from consumers.bus import EventBridgeBus
from consumers.logs import configure_logs
from consumers.personalize_sync.lease import Lease
from consumers.personalize_sync.running import Pace, run
from consumers.personalize_sync.settings import Settings, Surroundings, reconciler
from consumers.settings import load_settings
from consumers.state_table import DynamoDBState

_MARGIN_SECONDS = 20.0  # a round that has begun ends before the function's time does

configure_logs(os.environ)
settings = load_settings(Settings, os.environ)
retries = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=3, read_timeout=10)
on = Surroundings(
    personalize=boto3.client("personalize", config=retries),
    s3=boto3.client("s3", config=retries),
    state=DynamoDBState(boto3.resource("dynamodb", config=retries).Table(settings.state_table)),
    bus=EventBridgeBus(boto3.client("events", config=retries), settings.bus, "clickstream.personalize"),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Any event wakes it: what is to be done is in Personalize and in the bucket, not in the event."""
    with structlog.contextvars.bound_contextvars(
        request_id=context.aws_request_id, woken_by=event.get("detail-type", event.get("source", "schedule"))
    ):
        lease = Lease(on.state, context.aws_request_id, settings.lease_seconds, time.time)
        until = time.time() + context.get_remaining_time_in_millis() / 1_000 - _MARGIN_SECONDS
        pace = Pace(poll_seconds=settings.poll_seconds, until=until, clock=time.time, sleep=time.sleep)
        ended = run(reconciler(settings, on, time.time), lease, pace)
        return {"settled": ended.is_settled, "waits": list(ended.waits), "by": ended.by}
