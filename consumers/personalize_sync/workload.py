"""What a deployment does in a month, and what AWS bills of that: quantities, without prices."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from consumers.personalize_sync.data_profile import DataProfile

DAYS, HOURS = 365 / 12, 730.0
SECONDS = HOURS * 3_600
GB = 1e9
MOST_CONSIDERED = 3_000_000_000  # interactions in a training of v2 recipes (developer guide, "Quotas")
EXPORTED = 0.8  # of events: Personalize learns nothing from searches and impressions

# A published example of v1: 100,000 interactions billed 2.1 hours, 25 to 50 million 54.
_V1_HOURS, _V1_AT, _V1_GROWTH = 2.1, 100_000, 0.55


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Bytes are those of one row or event. The defaults are assumptions: replace them by what you measure."""

    events_per_day: float
    users: int
    items: int
    recommendations_per_day: float = 0.0
    trainings_per_month: float = 4.3
    campaigns: int = 1
    min_tps: int = 1
    history_days: float = 365.0  # that a FULL import holds
    history_rows: float = 0.0  # where they were counted; else by the days
    full_imports_per_month: float = DAYS
    asked_users: int = 2_000  # of an evaluation, for each of three versions
    shards: int = 0  # 0: on demand
    streams_to_personalize: bool = True
    imports_files: bool = True
    event_bytes: float = 600.0
    row_bytes: float = 80.0
    item_bytes: float = 400.0
    user_bytes: float = 60.0
    raw_days: float = 365.0  # that raw objects and the lake keep
    glue_runs_per_day: float = 48.0
    glue_dpus: float = 2.0

    @property
    def events(self) -> float:
        """In a month."""
        return self.events_per_day * DAYS

    @property
    def history(self) -> float:
        """Interactions that a training considers."""
        rows = self.history_rows or self.events_per_day * self.history_days * EXPORTED
        return min(rows, MOST_CONSIDERED)


@dataclass(frozen=True, slots=True)
class Use:
    """`quantity` in a month, in the unit of the price of this name."""

    price: str
    what: str
    quantity: float


def workload_of(data: DataProfile, *, users: int, items: int, recommendations_per_day: float) -> Workload:
    """Of what was seen so far."""
    return Workload(
        events_per_day=data.rows_a_day / EXPORTED,
        users=max(users, data.users),
        items=items,
        recommendations_per_day=recommendations_per_day,
        history_rows=data.rows,
        row_bytes=data.size / data.rows if data.rows else 80.0,
    )


def uses(of: Workload) -> list[Use]:
    """Everything billed by use, in the order of the table."""
    return [*_personalize(of), *_stream(of), *_storage(of), *_compute(of)]


def v1_hours(interactions: float) -> float:
    """Billed for a training of so many interactions; our reading of a published example."""
    return _V1_HOURS * math.exp(_V1_GROWTH * math.log(max(1.0, interactions / _V1_AT)))


def _personalize(of: Workload) -> Iterator[Use]:
    imported = of.full_imports_per_month * (
        of.history * of.row_bytes + of.items * of.item_bytes + of.users * of.user_bytes
    )
    if of.imports_files:
        yield Use("personalize-ingestion", "files: FULL imports, and increments between them", imported / GB)
    if of.streams_to_personalize:
        yield Use("personalize-ingestion", "PutEvents", of.events * EXPORTED * of.row_bytes / GB)
    trained = of.trainings_per_month * of.history / 1_000
    yield Use("personalize-training-v2", f"user-personalization, {of.trainings_per_month:g} a month", trained)
    hours = of.trainings_per_month * v1_hours(of.history)
    yield Use("personalize-training-v1", "popularity, the baseline", hours)
    floor, asked = of.campaigns * of.min_tps * SECONDS, of.recommendations_per_day * DAYS
    told = "minimum TPS, day and night" if floor > asked else "requests"
    yield Use("personalize-requests-v2", f"{of.campaigns} campaign(s): {told}", max(floor, asked) / 1_000)
    lists = of.trainings_per_month * min(of.asked_users, of.users) / 1_000
    yield Use("personalize-batch-v2", "evaluation: champion and challenger", 2 * lists)
    yield Use("personalize-batch-v1", "evaluation: popularity", lists)


def _stream(of: Workload) -> Iterator[Use]:
    size, readers, kept_days = of.events * of.event_bytes / GB, 2, 1.0  # Firehose, Lambda; 48 hours, one is free
    if of.shards:
        yield Use("kinesis-shard", f"{of.shards} shards", of.shards * HOURS)
        yield Use("kinesis-shard-kept", "the second day", of.shards * HOURS)
        yield Use("kinesis-put-units", "records of the SDK, aggregated", size * GB / 25_000 / 1e6)
    else:
        yield Use("kinesis-on-demand-stream", "one stream", HOURS)
        yield Use("kinesis-on-demand-in", "events", size)
        yield Use("kinesis-on-demand-out", "two readers", readers * size)
        yield Use("kinesis-on-demand-kept", "the second day", size / DAYS * kept_days)
    yield Use("firehose", "events to raw objects", size)


def _storage(of: Workload) -> Iterator[Use]:
    compressed, in_lake = of.event_bytes / 6, 60.0  # gzip; Parquet
    kept = of.events_per_day * of.raw_days * (compressed + in_lake)
    files = 30 * of.history * of.row_bytes  # a month of FULL publications
    yield Use("s3-kept", "raw objects, lake, files", (kept + files) / GB)
    objects = max(SECONDS / 300, of.events * compressed / 64e6) * 2 + of.glue_runs_per_day * DAYS * 50
    yield Use("s3-writes", "objects and listings", objects / 1_000)
    yield Use("dynamodb-writes", "features of users, watermarks, counts", _realtime_writes(of) / 1e6)
    yield Use("dynamodb-reads", "features of users", of.events * EXPORTED / 1e6)
    yield Use("dynamodb-kept", "features of users", of.users * 4_000 / GB)


def _compute(of: Workload) -> Iterator[Use]:
    # Assumed: two minutes a run, and an hour of a DPU for 20 million events.
    hours = of.glue_runs_per_day * DAYS * of.glue_dpus * 2 / 60 + of.events / 20e6
    yield Use("glue", f"{of.glue_runs_per_day:g} runs a day, and the work", hours)
    minutely = SECONDS / 60
    yield Use("lambda-requests", "batches of the stream, the reconciler", (_batches(of) + minutely) / 1e6)
    # Assumed: 2 ms an event (PutEvents waits), 20 ms a batch, a second a look of the reconciler; 512 MB.
    seconds = of.events * EXPORTED * 0.002 + _batches(of) * 0.02 + minutely * 1.0
    yield Use("lambda-time", "the same", seconds * 0.5)
    yield Use("eventbridge", "state changes, publications", 10_000 / 1e6)


def _batches(of: Workload) -> float:
    """A poll a second at most, of 1,000 records that hold many events each; an event at least makes one."""
    return max(min(of.events, SECONDS), of.events / 1_000)


def _realtime_writes(of: Workload) -> float:
    """Units: 4 KB for the user of each event, twice 10 for each batch's transaction."""
    return of.events * EXPORTED * 4 + _batches(of) * 20
