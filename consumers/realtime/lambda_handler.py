"""Entry point: settings, adapters, core."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import botocore.session
import structlog
from botocore.config import Config

from consumers.clock import SystemClock
from consumers.logs import configure_logs
from consumers.realtime.core import BatchResponse
from consumers.realtime.settings import Settings, Surroundings, consumer
from consumers.realtime.signed_http import SignedPersonalizeEvents
from consumers.settings import load_settings
from consumers.state_table import DynamoDBState

_MARGIN_SECONDS = 6.0  # what is under way is ended, users and the watermark are written

configure_logs(os.environ)
settings = load_settings(Settings, os.environ)
clock = SystemClock()
retried = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=2, read_timeout=4)
realtime = consumer(
    settings,
    Surroundings(
        # Each PutEvents call is tried again by the sender, which knows how much time is left.
        personalize_events=SignedPersonalizeEvents.of_session(
            botocore.session.get_session(), connections=settings.put_events_threads, clock=clock
        ),
        s3=boto3.client("s3", config=retried),
        dynamodb=boto3.client("dynamodb", config=retried),
        state=DynamoDBState(boto3.resource("dynamodb", config=retried).Table(settings.state_table)),
        threads=ThreadPoolExecutor(settings.put_events_threads),
        out=sys.stdout,
        clock=clock,
    ),
)


def handler(event: dict[str, Any], context: Any) -> BatchResponse:
    """A batch of one shard; answers from which record on Lambda must deliver it again."""
    until = clock.monotonic() + context.get_remaining_time_in_millis() / 1_000 - _MARGIN_SECONDS
    with structlog.contextvars.bound_contextvars(request_id=context.aws_request_id):
        return realtime.consume(event["Records"], until=until)
