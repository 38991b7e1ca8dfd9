"""The world of the realtime consumer in memory: what it did to it can be asked, and each effect can fail or kill."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from aws_kinesis_agg.aggregator import RecordAggregator

from consumers.realtime.calls import Call
from consumers.realtime.clickthrough import Clicks
from consumers.realtime.core import Consumer
from consumers.realtime.judged import Judge
from consumers.realtime.lines import KinesisRecord
from consumers.realtime.popularity import Popularity
from consumers.realtime.report import Report
from consumers.realtime.sending import Refused, Sender
from consumers.realtime.settlement import Settlement, Watermark
from consumers.realtime.tracker import Tracker
from consumers.realtime.users import Item
from consumers.state_table import Conflict, MemoryState
from consumers.token_bucket import TokenBucket
from contract.codec import Event, encode
from contract.errors import TransientError
from contract.stream_account import StreamAccount
from tests.factories import NOW, FakeClock

In = TypeVar("In")
Out = TypeVar("Out")

SHARD = "shardId-000000000000"
TRACKER = "3f0d3b6e-0000-4000-8000-000000000001"
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)

Fault = Callable[[str], None]
"""Hears the name of an effect before it happens and, with "+", after it happened; may raise."""


def harmless(_effect: str) -> None:
    """No fault."""


class Faults:
    """Effects that go wrong the next times: an error is raised, anything else is called. Remembers all effects."""

    def __init__(self, **faults: Sequence[Exception | Callable[[], object]]) -> None:
        self._left = {effect: list(of_effect) for effect, of_effect in faults.items()}
        self.seen: list[str] = []

    def __call__(self, effect: str) -> None:
        self.seen.append(effect)
        if left := self._left.get(effect):
            fault = left.pop(0)
            if isinstance(fault, Exception):
                raise fault
            fault()


def record(sequence: int, data: bytes, *, arrived_at: datetime = NOW, shard: str = SHARD) -> KinesisRecord:
    """As Lambda hands it over, as far as we read it."""
    return {
        "eventID": f"{shard}:{sequence}",
        "kinesis": {
            "sequenceNumber": str(sequence),
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": arrived_at.timestamp(),
        },
    }


def records(*events: Event | bytes, first: int = 1) -> list[KinesisRecord]:
    """A record for each event or line."""
    lines = (encode(one) if isinstance(one, Event) else one for one in events)
    return [record(first + number, line) for number, line in enumerate(lines)]


def aggregated(*lines: bytes) -> bytes:
    """One record's bytes, packed by the peer's library."""
    aggregator = RecordAggregator()
    for line in lines:
        aggregator.add_user_record("key", line)
    return bytes(aggregator.clear_and_get().get_contents()[2])


class Here:
    """Threads that are none."""

    def map(self, function: Callable[[In], Out], items: Iterable[In], /) -> list[Out]:
        return [function(item) for item in items]


@dataclass
class FakePersonalize:
    """Takes every event once by its id, refuses those of `refuses` with a message, and other trackers than its own."""

    fault: Fault
    tracking_id: str = TRACKER
    refuses: Callable[[Mapping[str, Any]], str | None] = lambda _entry: None
    busy_for: set[str] = field(default_factory=set)  # users
    events: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # as first put, with user and session
    calls: list[Call] = field(default_factory=list)  # that were taken

    def put(self, tracking_id: str, call: Call) -> None:
        self.fault("put_events")
        if call.user_id in self.busy_for:
            raise TransientError("ThrottlingException")
        if tracking_id != self.tracking_id:
            raise Refused(f"Invalid trackingId: no active event tracker has {tracking_id}.")
        for entry in call.entries:
            if message := self.refuses(entry):
                raise Refused(message)
        self.calls.append(call)
        for entry in call.entries:
            whose = {"userId": call.user_id, "sessionId": call.session_id}
            self.events.setdefault(entry["eventId"], {**whose, **entry})
        self.fault("put_events+")


@dataclass
class FakeQuarantine:
    fault: Fault
    objects: dict[str, bytes] = field(default_factory=dict)

    def put(self, key: str, body: bytes) -> None:
        self.fault("quarantine")
        self.objects[key] = body
        self.fault("quarantine+")

    def lines(self) -> list[dict[str, Any]]:
        """Those of all objects, in order; the same place is the same line."""
        found = {}
        for body in self.objects.values():
            for text in gzip.decompress(body).splitlines():
                line = json.loads(text)
                found[int(line["sequence"]), line["sub"]] = line
        return [found[place] for place in sorted(found)]


@dataclass
class FakeUsers:
    fault: Fault
    items: dict[str, Item] = field(default_factory=dict)

    def read(self, ids: Collection[str]) -> dict[str, Item]:
        self.fault("read_users")
        return {name: self.items[name] for name in ids if name in self.items}

    def write(self, items: Mapping[str, Item]) -> None:
        for name, item in items.items():
            self.fault("write_user")
            self.items[name] = item
            self.fault("write_user+")


@dataclass
class FakeStore:
    fault: Fault
    watermarks: dict[str, Watermark] = field(default_factory=dict)
    accounts: list[StreamAccount] = field(default_factory=list)
    popularities: dict[str, Popularity] = field(default_factory=dict)
    clicks: dict[str, Clicks] = field(default_factory=dict)

    def watermark(self, shard: str) -> Watermark | None:
        self.fault("read_watermark")
        return self.watermarks.get(shard)

    def popularity(self, shard: str) -> Popularity:
        self.fault("read_popularity")
        return self.popularities.get(shard, Popularity())

    def settle(self, settlement: Settlement) -> None:
        self.fault("settle")
        before = self.watermarks.get(settlement.shard)
        if settlement.watermark.version != (before.version + 1 if before else 1):
            raise Conflict(settlement.shard)
        self.watermarks[settlement.shard] = settlement.watermark
        self.accounts.append(settlement.account)
        if settlement.popularity is not None:
            self.popularities[settlement.shard] = settlement.popularity
        for bucket, clicks in settlement.clickthrough.items():
            self.clicks[bucket] = self.clicks.get(bucket, Clicks()).plus(clicks)
        self.fault("settle+")


@dataclass
class FakeMetrics:
    reports: list[Report] = field(default_factory=list)

    def emit(self, report: Report, _now: datetime, /) -> None:
        self.reports.append(report)


class World:
    """A shard, and everything that its consumer touches."""

    def __init__(self, *, interactions_source: str = "both", rate: float = 1_000) -> None:
        self.fault: Fault = harmless
        self.clock = FakeClock()
        self.state = MemoryState()
        self.state.put("personalize", "resources", {"value": json.dumps({"tracking_id": TRACKER})})
        self.personalize = FakePersonalize(self._fault)
        self.quarantine = FakeQuarantine(self._fault)
        self.users = FakeUsers(self._fault)
        self.store = FakeStore(self._fault)
        self.metrics = FakeMetrics()
        self.rate = rate
        self.interactions_source = interactions_source
        self.consumer = self.new_process()

    def new_process(self) -> Consumer:
        """A consumer that remembers nothing."""
        self.consumer = Consumer(
            judge=Judge(earliest=EARLIEST, sends_interactions=self.interactions_source != "bulk"),
            sender=Sender(
                personalize=self.personalize,
                tracker=Tracker(self.state),
                bucket=TokenBucket(self.rate, self.clock),
                clock=self.clock,
                threads=Here(),
                chance=lambda _low, high: high,
                retry_seconds=10.0,
            ),
            quarantine=self.quarantine,
            users=self.users,
            store=self.store,
            metrics=self.metrics,
            clock=self.clock,
        )
        return self.consumer

    def deliver(self, batch: Sequence[KinesisRecord], *, seconds: float = 54.0) -> str | None:
        """One invocation: the record that is given back."""
        answer = self.consumer.consume(batch, until=self.consumer.clock.monotonic() + seconds)
        [*failed] = answer["batchItemFailures"]
        assert len(failed) <= 1
        return failed[0]["itemIdentifier"] if failed else None

    def outcomes(self) -> Counter[str]:
        """What became of all lines that are settled."""
        return sum((Counter(account.outcomes) for account in self.store.accounts), Counter[str]())

    def poison(self) -> list[tuple[str, bytes]]:
        """Reason and bytes of each quarantined line."""
        return [(line["reason"], base64.b64decode(line["payload"])) for line in self.quarantine.lines()]

    def _fault(self, effect: str) -> None:
        self.fault(effect)
