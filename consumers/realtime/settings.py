"""Settings of the consumer, and a consumer made of them."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Annotated, Any, Literal, TextIO

import msgspec

from consumers.clock import Clock
from consumers.emf import EmfMetrics
from consumers.realtime.adapters import Client, PersonalizeEvents
from consumers.realtime.core import Consumer
from consumers.realtime.dynamodb import DynamoDBStore, DynamoDBUsers
from consumers.realtime.judged import Judge
from consumers.realtime.metrics import EmfReports
from consumers.realtime.sending import Sender
from consumers.realtime.tracker import Tracker
from consumers.s3_objects import S3Objects
from consumers.state_table import StateTable
from consumers.token_bucket import TokenBucket
from contract.errors import ConfigurationError
from contract.events import EARLIEST

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`put_events_per_second`: calls of this shard's consumer. `retry_seconds`: how long a call that Personalize does
    not take is tried again. `earliest`: the day before which no event can have occurred. `put_events_within_hours`:
    with both sources, what occurred longer ago goes by file alone: a backfill or a replay would cost a call an event,
    and tells real time nothing."""

    state_table: str
    features_table: str
    quarantine_bucket: str
    stage: str
    put_events_per_second: Positive
    interactions_source: Literal["bulk", "stream", "both"] = "both"
    put_events_threads: Annotated[int, msgspec.Meta(ge=1, le=64)] = 16
    retry_seconds: Positive = 10.0
    earliest: str = f"{EARLIEST:%Y-%m-%d}"
    put_events_within_hours: Positive = 24.0
    aws_lambda_function_name: str = "realtime"

    def late_after(self) -> timedelta | None:
        """None where nothing but the stream carries interactions."""
        return timedelta(hours=self.put_events_within_hours) if self.interactions_source == "both" else None

    def earliest_instant(self) -> datetime:
        """Raises ConfigurationError for what is no day."""
        try:
            return datetime.strptime(self.earliest, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError as error:
            raise ConfigurationError(f"EARLIEST: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a consumer works on: clients of AWS, threads, the log and time."""

    personalize_events: Client
    s3: Any
    dynamodb: Any
    state: StateTable
    threads: Executor
    out: TextIO
    clock: Clock


def consumer(settings: Settings, on: Surroundings) -> Consumer:
    """For all invocations of a process. Raises `ConfigurationError`."""
    chance = SystemRandom().uniform
    return Consumer(
        judge=Judge(
            earliest=settings.earliest_instant(),
            sends_interactions=settings.interactions_source != "bulk",
            late_after=settings.late_after(),
        ),
        sender=Sender(
            personalize=PersonalizeEvents(on.personalize_events),
            tracker=Tracker(on.state),
            bucket=TokenBucket(settings.put_events_per_second, on.clock),
            clock=on.clock,
            threads=on.threads,
            chance=chance,
            retry_seconds=settings.retry_seconds,
        ),
        quarantine=S3Objects(on.s3, settings.quarantine_bucket),
        users=DynamoDBUsers(client=on.dynamodb, table=settings.features_table, clock=on.clock, chance=chance),
        store=DynamoDBStore(client=on.dynamodb, state=settings.state_table, features=settings.features_table),
        metrics=EmfReports(EmfMetrics(out=on.out, function=settings.aws_lambda_function_name, stage=settings.stage)),
        clock=on.clock,
    )
