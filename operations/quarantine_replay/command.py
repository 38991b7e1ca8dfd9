"""What `clickstream quarantine replay` does on a deployment: adapters around the core, and what is shown of it."""

from __future__ import annotations

from datetime import UTC, datetime
from random import SystemRandom

import boto3
from rich.console import Console
from rich.table import Table

from contract.errors import ConfigurationError
from contract.events import EARLIEST
from operations.deployment import Deployment
from operations.quarantine import read_quarantine
from operations.quarantine_replay.core import Outcome, Replay, Wanted
from operations.quarantine_replay.queue import SqsSink
from operations.quarantine_replay.replayed import StoreReplayed
from operations.quarantine_replay.verdict import Contract
from producers.sdk.batches import BatchWriter
from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.by_boto import BotoKinesis, kinesis_client
from producers.sdk.limits import Limits


def replay_quarantine(deployment: Deployment, wanted: Wanted, *, dry: bool, console: Console) -> Outcome:
    """Lines that the contract takes by now go on the stream, changes of the catalog on their queue, each once.

    Raises ConfigurationError where the stage has no consumers, TransientError where not all was taken: run again.
    """
    if not deployment.catalog_queue:
        raise ConfigurationError(f"{deployment.name} has no queue for the catalog: it was deployed without consumers")
    stream = BotoKinesis(kinesis_client, deployment.stream_name)
    quarantine = deployment.quarantine()
    replay = Replay(
        contract=Contract(earliest=EARLIEST),
        replayed=StoreReplayed(quarantine),
        stream=BatchWriter(stream, clock=SystemClock(), limits=Limits(), jitter=SystemRandom().random),
        queue=SqsSink(boto3.client("sqs"), deployment.catalog_queue),
        clock=lambda: datetime.now(UTC),
        progress=lambda so_far: console.print(f"{so_far.wanted:,} lines read, {so_far.replayed:,} replayed"),
    )
    outcome = replay.run(read_quarantine(quarantine), wanted, dry=dry)
    show_outcome(console, outcome, dry=dry)
    return outcome


def show_outcome(console: Console, outcome: Outcome, *, dry: bool) -> None:
    """What became of the lines, and why those that stay do."""
    would = "would go " if dry else "went "
    table = Table(title=f"The quarantine, {'as it would be ' if dry else ''}replayed")
    table.add_column("what became of a line", overflow="fold")
    table.add_column("lines", justify="right")
    for name, count in (
        (f"{would}on the stream", outcome.to_stream),
        (f"{would}on the catalog's queue", outcome.to_queue),
        ("lies here more than once", outcome.repeated),
        ("was replayed before", outcome.before),
        *((f"stays: {why}", count) for why, count in outcome.left.most_common()),
    ):
        if count:
            table.add_row(name, f"{count:,}")
    table.add_row("[bold]all that were asked for[/]", f"[bold]{outcome.wanted:,}[/]")
    console.print(table)
