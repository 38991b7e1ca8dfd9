"""What `clickstream spool` does with what was typed; each says whether all is well."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom

from rich.console import Console

from contract.errors import ConfigurationError
from contract.times import epoch_ms
from operations.connecting import connected
from operations.spool.sending import send_spool
from operations.spool.show import show_spools, show_verdict
from producers.sdk.batches import BatchWriter
from producers.sdk.clock import Clock, SystemClock
from producers.sdk.kinesis.by_boto import BotoKinesis, kinesis_client
from producers.sdk.limits import Limits
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.spool.inspect import alive_by_producer, inspect, kept_bytes
from producers.sdk.stream import Stream

ROOT = Path(os.environ.get("COLLECTOR_SPOOL_ROOT", "spool"))


def spool_list(args: argparse.Namespace, console: Console) -> bool:
    show_spools(console, inspect(args.root, now_ms=epoch_ms(SystemClock().now())))
    return True


def spool_verify(args: argparse.Namespace, console: Console) -> bool:
    found = inspect(args.root, now_ms=epoch_ms(SystemClock().now()))
    return show_verdict(console, found, kept_bytes(args.root))


def spool_send(args: argparse.Namespace, console: Console) -> bool:
    wanted = orphans(args.root, args.producer_ids, console)
    if wanted:
        with connected(args.stage) as deployment:
            stream = BotoKinesis(kinesis_client, deployment.stream_name)
            return send_orphans(args.root, wanted, stream, SystemClock(), console)
    console.print("no producer that is dead has left anything")
    return True


def orphans(root: Path, asked: Sequence[str], console: Console) -> list[str]:
    """Whose spools can be sent: those asked for, or all that no process has.

    Raises `ConfigurationError` for one asked for that is not there or whose process lives.
    """
    alive = alive_by_producer(root)
    for producer_id in asked:
        if producer_id not in alive:
            raise ConfigurationError(f"no spool {producer_id} in {root}; `clickstream spool list` names them")
        if alive[producer_id]:
            raise ConfigurationError(f"spool {producer_id} belongs to a process that lives and sends it itself")
    for producer_id in sorted(alive) if not asked else ():
        if alive[producer_id]:
            console.print(f"{producer_id}: left alone, its process lives and sends it itself")
    return list(asked) or [producer_id for producer_id in sorted(alive) if not alive[producer_id]]


def send_orphans(root: Path, wanted: Sequence[str], stream: Stream, clock: Clock, console: Console) -> bool:
    """One after the other, and whether each could be read.

    Raises `TransientError` when the stream takes nothing for now, and keeps what is left.
    """
    directory = SpoolDirectory(root)
    writer = BatchWriter(stream, clock=clock, limits=Limits(), jitter=SystemRandom().random)
    for producer_id in wanted:
        spool = directory.take(producer_id)
        if spool is None:
            why = directory.left.get(producer_id, "another process has taken it meanwhile")
            console.print(f"{producer_id}: left alone, {why}")
            continue
        try:
            total = spool.depth().frames
            sent = send_spool(
                spool,
                writer,
                clock,
                lambda so_far: console.print(f"{so_far.frames:,} of {total:,} batches, {so_far.lines:,} lines"),  # noqa: B023 - called within this turn
            )
            console.print(f"{producer_id}: {sent.lines:,} lines and its last checkpoint are on the stream")
            for damage in spool.damaged():
                console.print(f"[red]damaged[/] {damage.segment}: {damage.size} bytes lie in {damage.kept}")
        finally:
            spool.close()
    return not directory.left
