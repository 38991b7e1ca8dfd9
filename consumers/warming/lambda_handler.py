"""Entry point: settings, adapters, core."""

from __future__ import annotations

import os
import sys
from typing import Any

import boto3
import structlog
from botocore.config import Config

from consumers.clock import SystemClock
from consumers.logs import configure_logs
from consumers.settings import load_settings
from consumers.state_table import DynamoDBState
from consumers.warming.promotion import promotion_of
from consumers.warming.settings import Settings, Surroundings, warming

_MARGIN_SECONDS = 10.0  # what is under way is ended

configure_logs(os.environ)
settings = load_settings(Settings, os.environ)
clock = SystemClock()
# Each call is tried again by the core, which knows how much time is left.
once = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=6)
retried = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=2, read_timeout=6)
tables = boto3.resource("dynamodb", config=retried)
function = warming(
    settings,
    Surroundings(
        personalize_runtime=boto3.client("personalize-runtime", config=once),
        features=tables.Table(settings.features_table),
        state=DynamoDBState(tables.Table(settings.state_table)),
        out=sys.stdout,
        clock=clock,
    ),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """A promotion; fails where not all users could be warmed, so that Lambda tries again. The promotion stands."""
    until = clock.monotonic() + context.get_remaining_time_in_millis() / 1_000 - _MARGIN_SECONDS
    with structlog.contextvars.bound_contextvars(request_id=context.aws_request_id):
        report = function.warm(promotion_of(event), until=until)
    return {"users_warmed": report.warmed if report else 0}
