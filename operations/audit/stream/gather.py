"""Collect the evidence on the stream consumer: its accounts, its watermarks, and the batches that it gave up."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from consumers.state_table import StateTable
from contract.ledger import CHECKPOINT, DEDUPLICATED
from contract.stream_account import Place, StreamAccount, decode_account
from contract.times import parse_instant
from glue_jobs.events.layout import arrival
from glue_jobs.store import Store
from operations.audit.evidence import Evidence, stamps_by_producer
from operations.audit.gather import stamp_of
from operations.audit.stream.evidence import FailedBatch, RawObject, StreamEvidence
from operations.audit.stream.tally import tally
from operations.kept_batches import PREFIX as GIVEN_UP_BATCHES
from operations.kept_batches import lines_of, read_batch

CONSUMER = "realtime"
REFUSED = "stream/realtime/"
_CLOCKS_APART = timedelta(hours=1)


def gather_stream(
    events: Evidence, state: StateTable, quarantine: Store, *, since: datetime | None = None
) -> StreamEvidence:
    """What is held against the raw objects that `events` lists; with `since`, against those that arrived after it.

    Then accounts are believed about what they quarantined: whether each line is kept takes reading all of them.
    Raises ConfigurationError for a raw object whose key does not say when it arrived.
    """
    raw = [found for found in raw_objects(events) if since is None or found.arrived >= since]
    shards = [shard for shard, _ in state.query(f"watermark#{CONSUMER}")]
    accounts = (account for shard in shards for account in _accounts(state, shard, since))
    added = tally(accounts, keeps_refusing=since is None)
    watermarks = {shard: _place(item) for shard, item in state.query(f"watermark#{CONSUMER}")}  # after the accounts
    failed = [batch for batch in _failed(quarantine, since) if batch is not None]
    return StreamEvidence(
        raw=raw,
        tally=added,
        watermarks=watermarks,
        failed=failed,
        quarantined=_quarantined(quarantine) if since is None else {},
        kept_since=events.kept_since,
        whole=since is None,
    )


def raw_objects(events: Evidence) -> Iterator[RawObject]:
    """Each as the ledger has it, or as it was read anew."""
    accounts = {(account.key, account.etag): account for entry in events.entries for account in entry.inputs}
    for key, etag in events.raw.items():
        arrived = arrival(key).hour
        account, now = accounts.get((key, etag)), events.reread.get(key)
        if account is not None:
            lines, repeats = account.lines - account.count(CHECKPOINT), account.count(DEDUPLICATED)
            yield RawObject(key=key, arrived=arrived, lines=lines, repeats=repeats, producers=account.producers)
        elif now is not None:
            lines = now.lines - len(now.checkpoints)
            yield RawObject(key=key, arrived=arrived, lines=lines, repeats=0, producers=now.producers())


def _accounts(state: StateTable, shard: str, since: datetime | None) -> Iterator[StreamAccount]:
    """Newest first, and no more than are asked for: a shard has 86,400 a day where it is busy."""
    for _, item in state.query(f"account#{CONSUMER}#{shard}", newest_first=True):
        account = decode_account(item["account"])
        if since is not None and parse_instant(account.at) < since - _CLOCKS_APART:
            return
        yield account


def _place(item: Mapping[str, Any]) -> Place:
    return Place(sequence=int(item["sequence"]), sub=int(item["sub"]))


def _quarantined(quarantine: Store) -> dict[str, list[Place]]:
    """A line may be kept by several deliveries of its batch: by its place it is one."""
    places: dict[str, set[Place]] = defaultdict(set)
    for found in quarantine.list(REFUSED):
        for line in gzip.decompress(quarantine.read(found.key)).splitlines():
            kept = json.loads(line)
            places[kept["shard"]].add(_place(kept))
    return {shard: sorted(found) for shard, found in places.items()}


def _failed(quarantine: Store, since: datetime | None) -> Iterator[FailedBatch | None]:
    for found in quarantine.list(GIVEN_UP_BATCHES):
        if since is None or found.modified >= since:
            yield read_failed(found.key, quarantine.read(found.key))


def read_failed(key: str, data: bytes) -> FailedBatch | None:
    """A batch as Lambda keeps it; None for what is not of a stream."""
    batch = read_batch(data)
    if batch is None:
        return None
    lines = [line for record in batch.records for line in lines_of(record)]
    stamps = [stamp for line in lines if (stamp := stamp_of(line))]
    return FailedBatch(key=key, lines=len(lines), producers=stamps_by_producer(stamps))
