"""How much of everything a rate of events takes: `python -m infra.scaling 1 1000 1000000`. docs/scaling.md explains."""

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

EVENT_BYTES: Final = 600  # one line of JSON, as the simulator writes them
EXPORTED: Final = 0.8  # of events: Personalize learns nothing from searches and impressions
EVENTS_A_CALL: Final = 1.5  # of PutEvents takes 10, but of one visit; within a batch few visits have more
FULL: Final = 0.7  # of what something can do, before there is another

SHARD_BYTES: Final = 1_000_000  # a second, in
SHARD_RECORDS: Final = 1_000  # a second, in; the SDK packs events, so that bytes decide
CALLS_A_LAMBDA: Final = 300  # of PutEvents a second, by one shard's consumer
REQUEST_RECORDS: Final = 2  # of the collector as a function: its events, and a checkpoint
ON_DEMAND_BYTES: Final = 200_000_000  # a second, that an on-demand stream grows to without asking AWS
PUT_EVENTS_QUOTA: Final = 1_000  # calls a second and dataset group, adjustable
EVENTS_A_CORE_SECOND: Final = 7_800  # of the events job, `make bench ONLY=events_job` on two loaded cores
CORES_A_WORKER: Final = 4  # Glue's G.1X

RATES: Final = (100, 1_000, 10_000, 100_000)
SIZES: Final = (300, 600, 2_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a rate takes; counts are rounded up, and there is always at least one."""

    events_per_second: float
    megabytes_per_second: float
    shards: int
    lambdas: int
    events_a_shard: float
    put_events_calls: float
    glue_workers: int

    @property
    def on_demand(self) -> bool:
        """Whether an on-demand stream grows so far without asking AWS."""
        return self.megabytes_per_second * 1e6 <= ON_DEMAND_BYTES

    @property
    def within_quota(self) -> bool:
        """Whether Personalize takes that many calls without asking AWS."""
        return self.put_events_calls <= PUT_EVENTS_QUOTA


def needs(events_per_second: float) -> Needs:
    """Raises `ValueError` for a rate that is none."""
    if not 0 < events_per_second < math.inf:
        raise ValueError(f"events per second: wanted more than 0, not {events_per_second}")
    incoming = events_per_second * EVENT_BYTES
    calls = events_per_second * EXPORTED / EVENTS_A_CALL
    consumers = calls / CALLS_A_LAMBDA if calls <= PUT_EVENTS_QUOTA else 0.0  # beyond it Personalize is sent files
    shards = math.ceil(max(incoming / SHARD_BYTES / FULL, consumers))
    executors = math.ceil(events_per_second / (EVENTS_A_CORE_SECOND * CORES_A_WORKER * FULL))
    return Needs(
        events_per_second=events_per_second,
        megabytes_per_second=incoming / 1e6,
        shards=shards,
        lambdas=shards,
        events_a_shard=events_per_second / shards,
        put_events_calls=calls,
        glue_workers=executors + 1,  # the driver
    )


def shards_in(events_per_second: float, event_bytes: int, *, records_an_event: float = 0.0) -> int:
    """Shards that take such a rate in. `records_an_event`: 1 for a producer that does not pack, 2 divided by the
    events of a request for the collector as a function; 0 for the SDK, which packs until bytes decide."""
    by_bytes = events_per_second * event_bytes / SHARD_BYTES
    by_records = events_per_second * records_an_event / SHARD_RECORDS
    return max(1, math.ceil(max(by_bytes, by_records) / FULL))


def shards_table(rates: Sequence[float], sizes: Sequence[int]) -> Iterator[str]:
    """A Markdown table, a row a rate: packed events of several sizes, then those of 600 bytes in other ways."""
    ways = (
        ("unpacked", 1.0),
        ("function, 1 a request", float(REQUEST_RECORDS)),
        ("function, 25 a request", REQUEST_RECORDS / 25),
    )
    packed = " | ".join(f"{size:,} B" for size in sizes)
    yield f"| events/s | {packed} | " + " | ".join(f"{EVENT_BYTES} B, {name}" for name, _ in ways) + " |"
    yield "|---:|" + "---:|" * (len(sizes) + len(ways))
    for rate in rates:
        cells = [shards_in(rate, size) for size in sizes]
        cells += [shards_in(rate, EVENT_BYTES, records_an_event=records) for _, records in ways]
        yield f"| {rate:,} | " + " | ".join(f"{cell:,}" for cell in cells) + " |"


def table(rates: Sequence[float]) -> Iterator[str]:
    """A Markdown table, a column a rate."""
    columns = [needs(rate) for rate in rates]
    yield "| | " + " | ".join(f"{each.events_per_second:,.0f} events/s" for each in columns) + " |"
    yield "|---|" + "---:|" * len(columns)
    for name, words in (
        ("into the stream, MB/s", [f"{each.megabytes_per_second:,.1f}" for each in columns]),
        ("shards", [f"{each.shards:,}" for each in columns]),
        ("on demand without asking AWS", [_yes(each.on_demand) for each in columns]),
        ("Lambda at once (realtime)", [f"{each.lambdas:,}" for each in columns]),
        ("events a second in one Lambda", [f"{each.events_a_shard:,.0f}" for each in columns]),
        ("PutEvents calls a second", [f"{each.put_events_calls:,.0f}" for each in columns]),
        ("within Personalize's quota", [_yes(each.within_quota) for each in columns]),
        ("Glue workers G.1X, events job", [f"{each.glue_workers:,}" for each in columns]),
    ):
        yield f"| {name} | " + " | ".join(words) + " |"


def _yes(true: bool) -> str:  # noqa: FBT001 - it is all it takes
    return "yes" if true else "no"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("rates", type=float, nargs="*", default=[1, 1_000, 1_000_000], help="events per second")
    print("\n".join(table(parser.parse_args().rates)))
    print("\n".join(["", *shards_table(RATES, SIZES)]))


if __name__ == "__main__":
    main()
