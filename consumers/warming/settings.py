"""Settings of the function, and what they make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom
from typing import Annotated, Any, TextIO

import msgspec

from consumers.clock import Clock
from consumers.emf import EmfMetrics
from consumers.state_table import StateTable
from consumers.token_bucket import TokenBucket
from consumers.warming.adapters import DynamoDBFeatures, Runtime
from consumers.warming.core import Plan, Warming


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`pages`: of 1 MB, of the features table. `filter_name`: of the desired state; empty: none."""

    state_table: str
    features_table: str
    stage: str
    filter_name: str = ""
    users: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 500
    pages: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 50
    results: Annotated[int, msgspec.Meta(ge=1, le=500)] = 25
    calls_per_second: Annotated[float, msgspec.Meta(gt=0, le=500)] = 10
    kept_hours: Annotated[float, msgspec.Meta(gt=0)] = 24
    aws_lambda_function_name: str = "warming"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the function works on: boto3's client and table, the state, the log and time."""

    personalize_runtime: Any
    features: Any
    state: StateTable
    out: TextIO
    clock: Clock


def warming(settings: Settings, on: Surroundings) -> Warming:
    """For all invocations of a process."""
    plan = Plan(
        users=settings.users,
        pages=settings.pages,
        kept=timedelta(hours=settings.kept_hours),
        filter_name=settings.filter_name,
    )
    return Warming(
        personalize=Runtime(client=on.personalize_runtime, results=settings.results),
        features=DynamoDBFeatures(on.features),
        state=on.state,
        plan=plan,
        metrics=EmfMetrics(out=on.out, function=settings.aws_lambda_function_name, stage=settings.stage),
        bucket=TokenBucket(settings.calls_per_second, on.clock),
        clock=on.clock,
        chance=SystemRandom().uniform,
    )
