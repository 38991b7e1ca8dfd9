"""Entry point: settings, adapters, core."""

from __future__ import annotations

import os
import sys
from typing import Any

import boto3
import structlog
from botocore.config import Config

from consumers.catalog.core import BatchResponse
from consumers.catalog.settings import Settings, Surroundings, consumer
from consumers.clock import SystemClock
from consumers.logs import configure_logs
from consumers.settings import load_settings
from consumers.state_table import DynamoDBState

_MARGIN_SECONDS = 10.0  # what is under way is ended, and noted

configure_logs(os.environ)
settings = load_settings(Settings, os.environ)
clock = SystemClock()
# Each put is tried again by the putter, which knows how much time is left; its shape is the contract's.
once = Config(parameter_validation=False, retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=6)
retried = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=2, read_timeout=6)
catalog = consumer(
    settings,
    Surroundings(
        personalize_events=boto3.client("personalize-events", config=once),
        s3=boto3.client("s3", config=retried),
        state=DynamoDBState(boto3.resource("dynamodb", config=retried).Table(settings.state_table)),
        out=sys.stdout,
        clock=clock,
    ),
)


def handler(event: dict[str, Any], context: Any) -> BatchResponse:
    """A batch of the queue; answers which messages must come again."""
    until = clock.monotonic() + context.get_remaining_time_in_millis() / 1_000 - _MARGIN_SECONDS
    with structlog.contextvars.bound_contextvars(request_id=context.aws_request_id):
        return catalog.consume(event["Records"], until=until)
