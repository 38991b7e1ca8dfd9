"""Settings of the reconciler, and a reconciler made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from consumers.bus import Bus
from consumers.personalize_sync.adapters import Boto3Personalize
from consumers.personalize_sync.asking import Asking
from consumers.personalize_sync.bucket import S3Files
from consumers.personalize_sync.desired import Desired, declared, schemas
from consumers.personalize_sync.evidence import Evidence
from consumers.personalize_sync.naming import names_for
from consumers.personalize_sync.observing import Observer
from consumers.personalize_sync.plan_cost import Costs
from consumers.personalize_sync.planning import Planner
from consumers.personalize_sync.prices import declared_prices
from consumers.personalize_sync.reconciling import Reconciler
from consumers.personalize_sync.records import StateRecords
from consumers.personalize_sync.statuses import Statuses
from consumers.state_table import StateTable


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`lease_seconds`: after how long a reconciler that was killed has a successor."""

    deployment: str
    state_table: str
    personalize_bucket: str
    personalize_role_arn: str
    bus: str
    aws_region: str
    interactions_source: Literal["bulk", "stream", "both"] = "both"
    monthly_cap_usd: float
    poll_seconds: float = 5.0
    lease_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a reconciler works on: two clients of boto3, the state table and the bus."""

    personalize: Any
    s3: Any
    state: StateTable
    bus: Bus


def reconciler(
    settings: Settings, on: Surroundings, clock: Callable[[], float], desired: Desired | None = None
) -> Reconciler:
    """For one invocation; `desired` None: what is declared beside this module.

    Raises `ConfigurationError` for a desired state or a name that cannot be.
    """
    names = names_for(settings.personalize_role_arn, deployment=settings.deployment, region=settings.aws_region)
    desired, avro = desired or declared(), schemas()
    api = Boto3Personalize(on.personalize)
    files = S3Files(on.s3, settings.personalize_bucket, avro)
    records = StateRecords(on.state)
    role = settings.personalize_role_arn
    planner = Planner(
        desired=desired,
        schemas=avro,
        names=names,
        role_arn=role,
        stream_only=settings.interactions_source == "stream",
        files=files,
        records=records,
        evidence=Evidence(api=api, files=files, state=on.state, clock=clock),
        asking=Asking(names=names, role_arn=role, api=api, files=files),
        costs=Costs(prices=declared_prices(), cap_usd=settings.monthly_cap_usd, desired=desired),
    )
    return Reconciler(
        observer=Observer(api=api, files=files, desired=desired, schemas=avro, names=names),
        planner=planner,
        api=api,
        files=files,
        records=records,
        statuses=Statuses(on.state, on.bus),
        state=on.state,
        bus=on.bus,
        clock=clock,
    )
