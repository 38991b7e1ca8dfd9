"""Settings of the consumer, and a consumer made of them."""

from __future__ import annotations

from dataclasses import dataclass
from random import SystemRandom
from typing import Annotated, Any, TextIO

import msgspec

from consumers.catalog.adapters import PersonalizeDatasets
from consumers.catalog.batch import Ports
from consumers.catalog.core import Catalog
from consumers.catalog.putting import Putter
from consumers.catalog.resources import StateResources
from consumers.catalog.versions import StateVersions
from consumers.clock import Clock
from consumers.emf import EmfMetrics
from consumers.s3_objects import S3Objects
from consumers.state_table import StateTable
from consumers.token_bucket import TokenBucket
from contract.snapshots import DATASETS


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`put_calls_per_second`: of each of PutItems and PutUsers, by one instance of the function."""

    state_table: str
    raw_bucket: str
    quarantine_bucket: str
    stage: str
    put_calls_per_second: Annotated[float, msgspec.Meta(gt=0, le=10)]
    aws_lambda_function_name: str = "catalog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a consumer works on: boto3's clients, the state, the log and time."""

    personalize_events: Any
    s3: Any
    state: StateTable
    out: TextIO
    clock: Clock


def consumer(settings: Settings, on: Surroundings) -> Catalog:
    """For all invocations of a process."""
    ports = Ports(
        raw=S3Objects(on.s3, settings.raw_bucket),
        quarantine=S3Objects(on.s3, settings.quarantine_bucket),
        resources=StateResources(on.state),
        versions=StateVersions(on.state),
        putter=Putter(
            personalize=PersonalizeDatasets(on.personalize_events),
            buckets={dataset: TokenBucket(settings.put_calls_per_second, on.clock) for dataset in DATASETS},
            clock=on.clock,
            chance=SystemRandom().uniform,
        ),
    )
    metrics = EmfMetrics(out=on.out, function=settings.aws_lambda_function_name, stage=settings.stage)
    return Catalog(ports=ports, metrics=metrics, clock=on.clock)
