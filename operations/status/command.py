"""What `clickstream status` does on a deployment: settings and adapters around the core."""

from __future__ import annotations

from datetime import datetime

import boto3

from consumers.personalize_sync.naming import names_for
from contract.errors import ConfigurationError
from infra.local.endpoint import Endpoint
from operations.deployment import Deployment, told
from operations.quarantine import count_by_rule, read_quarantine
from operations.status.core import Section, sections
from operations.status.gather import Sources, gather_facts
from operations.status.lags import CloudWatchLags, EndpointLags, StreamLags, lags_of


def read_status(deployment: Deployment, now: datetime, endpoint: Endpoint | None = None) -> list[Section]:
    """Everything, as it is now. `endpoint`: that the local stage lives on, where it is not this machine's usual one.

    Raises ConfigurationError where the stage has no consumers.
    """
    if not deployment.personalize_role:
        raise ConfigurationError(f"{deployment.name} has no role for Personalize: it was deployed without consumers")
    personalize = boto3.client("personalize")
    names = names_for(deployment.personalize_role, deployment=deployment.name, region=personalize.meta.region_name)
    sources = Sources(
        personalize=personalize,
        s3=boto3.client("s3"),
        bucket=deployment.personalize_bucket,
        state=deployment.state(),
        names=names,
    )
    counts = count_by_rule(read_quarantine(deployment.quarantine()))
    return sections(
        gather_facts(
            sources,
            now,
            streams=lags_of(deployment.functions, _lags(deployment, now, endpoint)),
            quarantine=[(reason, rule, lines) for reason, rule, lines, _ in counts],
            cap_usd=_cap(deployment),
        )
    )


def _cap(deployment: Deployment) -> float | None:
    """Of the month, as the reconciler was told."""
    function = deployment.functions.get("PersonalizeSync")
    return float(told(function)["MONTHLY_CAP_USD"]) if function else None


def _lags(deployment: Deployment, now: datetime, endpoint: Endpoint | None) -> StreamLags:
    here = endpoint or (Endpoint.attach() if deployment.stage == "local" else None)
    return EndpointLags(here.health) if here else CloudWatchLags(boto3.client("cloudwatch"), now)
