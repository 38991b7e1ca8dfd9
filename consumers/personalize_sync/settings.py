"""Settings of the reconciler, and a reconciler made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from consumers.bus import EventBridgeBus
from consumers.personalize_sync.adapters import Boto3Personalize
from consumers.personalize_sync.bucket import S3Files
from consumers.personalize_sync.desired import declared, schemas
from consumers.personalize_sync.naming import names_for
from consumers.personalize_sync.observing import Observer
from consumers.personalize_sync.planning import Planner
from consumers.personalize_sync.reconciling import Reconciler
from consumers.personalize_sync.records import StateRecords
from consumers.personalize_sync.statuses import Statuses
from consumers.state_table import StateTable

SOURCE = "clickstream.personalize"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`lease_seconds`: after how long a reconciler that was killed has a successor."""

    deployment: str
    state_table: str
    personalize_bucket: str
    personalize_role_arn: str
    bus: str
    aws_region: str
    interactions_source: Literal["bulk", "stream", "both"] = "both"
    poll_seconds: float = 5.0
    lease_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """Of boto3, for as long as the process lives."""

    personalize: Any
    s3: Any
    events: Any


def reconciler(settings: Settings, clients: Clients, state: StateTable, clock: Callable[[], float]) -> Reconciler:
    """For one invocation. Raises `ConfigurationError` for a desired state or a name that cannot be."""
    names = names_for(settings.personalize_role_arn, deployment=settings.deployment, region=settings.aws_region)
    desired, avro = declared(), schemas()
    api = Boto3Personalize(clients.personalize)
    files = S3Files(clients.s3, settings.personalize_bucket, avro)
    records = StateRecords(state)
    bus = EventBridgeBus(clients.events, settings.bus, SOURCE)
    planner = Planner(
        desired=desired,
        schemas=avro,
        names=names,
        role_arn=settings.personalize_role_arn,
        stream_only=settings.interactions_source == "stream",
        files=files,
        records=records,
    )
    return Reconciler(
        observer=Observer(api=api, files=files, desired=desired, schemas=avro, names=names),
        planner=planner,
        api=api,
        records=records,
        statuses=Statuses(state, bus),
        state=state,
        bus=bus,
        clock=clock,
    )
