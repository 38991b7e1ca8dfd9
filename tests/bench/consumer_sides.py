"""The same records taken apart by us and by the peers, and a consumer that does all but I/O."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import structlog
from aws_kinesis_agg.aggregator import RecordAggregator
from aws_kinesis_agg.deaggregator import deaggregate_records
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord

from consumers.clock import SystemClock
from consumers.realtime.core import Consumer
from consumers.realtime.judged import Judge
from consumers.realtime.lines import KinesisRecord
from consumers.realtime.popularity import Popularity
from consumers.realtime.report import Report
from consumers.realtime.sending import Sender
from consumers.realtime.settlement import Settlement, Watermark
from consumers.realtime.tracker import Tracker
from consumers.realtime.users import Item
from consumers.state_table import MemoryState
from consumers.token_bucket import TokenBucket
from contract.codec import Event, encode
from contract.judge import Plausible
from contract.times import format_instant
from producers.simulator.settings import SimulationSettings
from producers.simulator.simulate import Sent, simulate

START = datetime(2026, 11, 20, tzinfo=UTC)
PLAUSIBLE = Plausible(datetime(1995, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC))
_AGGREGATE_BYTES = 50_000
_INVOCATION_BYTES = 4_500_000  # of data: Lambda takes 6 MB, base64 included
In = TypeVar("In")
Out = TypeVar("Out")


def batches(lines: Iterable[tuple[str, bytes]]) -> list[list[KinesisRecord]]:
    """Invocations of lines by their keys, in aggregates of 50 KB as the peer's library packs them."""
    aggregator = RecordAggregator(_AGGREGATE_BYTES)
    packed: list[bytes] = []
    for key, line in lines:
        full = aggregator.add_user_record(key, line)
        packed += [bytes(full.get_contents()[2])] if full else []
    packed.append(bytes(aggregator.clear_and_get().get_contents()[2]))
    records = [_record(number, data) for number, data in enumerate(packed, 1)]
    size = _INVOCATION_BYTES // _AGGREGATE_BYTES
    return [records[at : at + size] for at in range(0, len(records), size)]


def plain_lines(events: int) -> Iterator[tuple[str, bytes]]:
    """Events of 364 bytes on average (the limit was set for 372); no two of one user."""
    rng = Random(7)
    for number in range(1, events + 1):
        user = str(UUID(int=rng.getrandbits(128)))
        at = START + timedelta(milliseconds=number)
        event = Event(
            event_id=str(UUID(int=rng.getrandbits(128))),
            event_type=rng.choice(("view", "click", "add_to_cart")),
            occurred_at=format_instant(at),
            sent_at=format_instant(at + timedelta(seconds=1)),
            user_id=user,
            anonymous_id=str(UUID(int=rng.getrandbits(128))),
            session_id=f"s-{rng.getrandbits(48):012x}",
            item_id=f"i-{rng.randrange(5_000):05d}",
            value=round(rng.uniform(1, 100), 2),
            producer_id="web-7f3a",
            producer_seq=number,
        )
        yield user, encode(event)


def simulated_lines(events: int) -> Iterator[tuple[str, bytes]]:
    """Simulated shoppers': 520 bytes on average, with context, consent, impressions and properties."""
    settings = SimulationSettings(seed=7, events=events, start=START, days=3, broken_share=0, duplicate_share=0)
    sent = (simulated.event for simulated in simulate(settings) if isinstance(simulated, Sent))
    for number, event in enumerate(sent, 1):
        stamped = msgspec.structs.replace(event, producer_id="web-7f3a", producer_seq=number)
        yield event.user_id or event.anonymous_id or "", encode(stamped)


def _record(number: int, data: bytes) -> KinesisRecord:
    record: Any = {  # the peers read the whole of Lambda's
        "eventID": f"shardId-000000000000:{number}",
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "a",
            "sequenceNumber": str(number),
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": (START + timedelta(days=4)).timestamp(),
        },
    }
    found: KinesisRecord = record
    return found


def by_aws_kinesis_agg(batch: Sequence[KinesisRecord]) -> list[bytes]:
    """Its records hold base64 again."""
    records: Any = list(batch)
    return [base64.b64decode(record["kinesis"]["data"]) for record in deaggregate_records(records)]


def by_powertools(batch: Sequence[KinesisRecord]) -> int:
    """Each packed record through Powertools' batch processing, read as JSON, nothing judged. How many."""
    records: Any = list(batch)
    seen = []

    def read(record: KinesisStreamRecord) -> None:
        seen.append(json.loads(record.kinesis.data_as_bytes()))

    event: dict[str, Any] = {"Records": deaggregate_records(records)}
    processor = BatchProcessor(event_type=EventType.KinesisDataStreams)
    failed = process_partial_response(event=event, record_handler=read, processor=processor)
    assert failed == {"batchItemFailures": []}
    return len(seen)


class _Nothing:
    """Every effect of the consumer, done at once."""

    def put(self, *_given: object) -> None:
        return None

    def map(self, function: Callable[[In], Out], items: Iterable[In], /) -> list[Out]:
        return [function(item) for item in items]

    def read(self, _ids: Collection[str]) -> Mapping[str, Item]:
        return {}

    def write(self, _items: Mapping[str, Item]) -> None:
        return None

    def watermark(self, _shard: str) -> Watermark | None:
        return None

    def popularity(self, _shard: str) -> Popularity:
        return Popularity()

    def settle(self, _settlement: Settlement) -> None:
        return None


@dataclass(slots=True)
class _Counted:
    lines: int = 0

    def emit(self, report: Report, _now: datetime, /) -> None:
        self.lines += report.outcomes.total()


def by_core(batch: Sequence[KinesisRecord]) -> int:
    """The whole consumer: judged, grouped, users and popularity computed, accounted for; no I/O. How many lines."""
    nothing, clock, counted = _Nothing(), SystemClock(), _Counted()
    state = MemoryState()
    state.put("personalize", "resources", {"value": json.dumps({"tracking_id": "t"})})
    sender = Sender(
        personalize=nothing,
        tracker=Tracker(state),
        bucket=TokenBucket(1e9, clock),
        clock=clock,
        threads=nothing,
        chance=lambda low, _high: low,
        retry_seconds=1.0,
    )
    consumer = Consumer(
        judge=Judge(earliest=PLAUSIBLE.earliest, sends_interactions=True),
        sender=sender,
        quarantine=nothing,
        users=nothing,
        store=nothing,
        metrics=counted,
        clock=clock,
    )
    with structlog.testing.capture_logs():
        answer = consumer.consume(batch, until=float("inf"))
    assert answer == {"batchItemFailures": []}
    return counted.lines
