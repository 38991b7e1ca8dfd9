"""What `clickstream replay` does on a deployment: settings and adapters around the two ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom

import boto3

from contract.errors import ConfigurationError
from contract.events import EARLIEST
from glue_jobs.store import StoredObject
from operations.audit.gather import read_entries
from operations.deployment import Deployment
from operations.replay.span import Span, objects_in, require_all, span_of, unread
from operations.replay.to_files import GlueJobs, republish
from operations.replay.to_stream import replay
from producers.sdk.batches import BatchWriter
from producers.sdk.clock import Clock
from producers.sdk.kinesis.by_boto import BotoKinesis, kinesis_client
from producers.sdk.limits import Limits

STREAM, FILES = "stream", "files"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`to`: stream or files."""

    start: datetime
    end: datetime
    to: str = STREAM
    dry_run: bool = False


def run_replay(deployment: Deployment, asked: Asked, clock: Clock, say: Say) -> None:
    """Says what it is about to do, how far it is, and what it did."""
    span = span_of(asked.start, asked.end, now=clock.now())
    objects = objects_in(deployment.raw(), span)
    size = sum(stored.size for stored in objects)
    say(f"{span}: {len(objects):,} raw objects, {size:,} bytes packed")
    entries = read_entries(deployment.lake())
    require_all(span, objects, entries)
    if asked.to == FILES:
        _require_read(span, unread(objects, entries))
    if asked.dry_run:
        say("nothing was done: --dry-run")
    elif asked.to == FILES:
        _to_files(deployment, clock, say)
    else:
        _to_stream(deployment, objects, clock, say)


def _require_read(span: Span, waiting: list[str]) -> None:
    if waiting:
        raise ConfigurationError(
            f"the events job has not read {len(waiting):,} objects of {span}, so the files would lack them; "
            f"the first is {waiting[0]}"
        )


def _to_files(deployment: Deployment, clock: Clock, say: Say) -> None:
    job = next(name for name in deployment.jobs if name.endswith("interactions"))
    run = republish(GlueJobs(boto3.client("glue")), job, clock, lambda run: say(f"{job} {run.id}: {run.state}"))
    say(f"{job} has published the interactions anew (run {run.id}): the whole lake, this span with it")


def _to_stream(deployment: Deployment, objects: list[StoredObject], clock: Clock, say: Say) -> None:
    stream = BotoKinesis(kinesis_client, deployment.stream_name)
    sink = BatchWriter(stream, clock=clock, limits=Limits(), jitter=SystemRandom().random)
    done = replay(
        deployment.raw(),
        objects,
        sink,
        earliest=EARLIEST,
        progress=lambda so_far: say(f"{so_far.objects:,} of {len(objects):,} objects, {so_far.sent:,} lines sent"),
    )
    say(
        f"{done.lines:,} lines: {done.sent:,} sent again, {done.checkpoints:,} checkpoints left out, "
        f"{done.refused:,} that the contract refuses left out (`clickstream quarantine replay` is for these)"
    )
