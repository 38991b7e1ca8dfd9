"""A word to the reconciler: look now, not at the next minute."""

from __future__ import annotations

import boto3

from consumers.bus import EventBridgeBus
from operations.deployment import Deployment


def wake_reconciler(deployment: Deployment) -> None:
    """Ask for a look at what Personalize holds; returns once the bus has taken the wish. Raises TransientError."""
    bus = EventBridgeBus(boto3.client("events"), deployment.name, "clickstream.operations")
    bus.put("Reconcile Requested", {})
