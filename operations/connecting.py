"""Reach a stage: the local one lives on an endpoint of this machine, the others on AWS."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from infra.local.endpoint import Endpoint
from operations.deployment import Deployment, find_deployment


@contextlib.contextmanager
def connected(stage: str) -> Iterator[Deployment]:
    """The stage's deployment, reachable for the length of the block.

    The local stage lives on an endpoint of this machine, which is started where it does not run; every other
    stage is reached by boto3's own settings.
    """
    if stage != "local":
        yield find_deployment(stage)
        return
    running = Endpoint.attach()
    endpoint = running or Endpoint.start(warm_spark=False, timed_delivery=False)
    os.environ.update(endpoint.environment())
    try:
        yield find_deployment(stage)
    finally:
        if running is None:
            endpoint.stop()
