"""The scheduled audit: quick, and its imbalance as a metric."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import boto3
import structlog

from consumers.logs import configure_logs
from consumers.settings import load_settings
from operations.audit.core import Patience
from operations.audit.everything import STREAM_RETENTION_AND_GRACE, audit_all
from operations.audit.metric import CloudWatchMetrics, publish
from operations.audit.settings import Settings, deployment_of

configure_logs(os.environ)
deployment = deployment_of(load_settings(Settings, os.environ))
metrics = CloudWatchMetrics(boto3.client("cloudwatch"), deployment.stage)


def handler(_: Any, context: Any) -> dict[str, int]:
    """Fails where the audit could not be made: the alarm takes a metric that is not there for a fault."""
    with structlog.contextvars.bound_contextvars(request_id=context.aws_request_id):
        patience = Patience(now=datetime.now(UTC), allowed=STREAM_RETENTION_AND_GRACE)
        return publish(audit_all(deployment, patience, quick=True), metrics)
