"""Whatever is taken from the stream or the store, at any hop, the audit fails and says what it was."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from operations.audit.report import Hop
from tests.support.world import ARRIVAL, World, produced, view

pytestmark = pytest.mark.faults

EVENTS = 25
BROKEN = b'{"broken"\n'
LAKE_FILE = "events/dt=2026-11-22/part-00000.parquet"
BAD_FILE = "events/dt=2026-11-23/part-00000.parquet"

Lines = list[bytes]


def event(lines: Lines, number: int) -> bytes:
    """The line of the event that the producer gave this number."""
    (found,) = (line for line in lines if line.endswith(b'"producer_seq":%d}\n' % number))
    return found


def checkpoint(lines: Lines, number: int) -> bytes:
    (found,) = (line for line in lines if line.startswith(b'{"checkpoint"') and b'"number":%d,' % number in line)
    return found


def findings(world: World, *, quick: bool = False) -> list[str]:
    report = world.audit(quick=quick)
    assert report.balanced is not bool(report.findings)
    return [str(finding) for finding in report.findings]


# --- on the way to raw: the stream, or Firehose, loses it ---------------------------------------------------------


def drop_one_event(lines: Lines) -> Lines:
    return [line for line in lines if line != event(lines, 17)]


def drop_one_and_repeat_another(lines: Lines) -> Lines:
    return [event(lines, 18) if line == event(lines, 17) else line for line in lines]


def drop_a_checkpoint(lines: Lines) -> Lines:
    return [line for line in lines if line != checkpoint(lines, 2)]


def drop_the_last_checkpoint(lines: Lines) -> Lines:
    return [line for line in lines if line != checkpoint(lines, 3)]


def drop_the_end(lines: Lines) -> Lines:
    return [line for line in lines if line not in (event(lines, 24), event(lines, 25))]


LOST_EARLY: list[tuple[Callable[[Lines], Lines], list[str]]] = [
    (drop_one_event, ["producer: producer web-1 sequence 17 was accepted and is not in raw"]),
    (drop_one_and_repeat_another, ["producer: producer web-1 sequence 17 was accepted and is not in raw"]),
    (
        drop_a_checkpoint,
        ["producer: producer web-1 sequence 11-25 checkpoint 2 is not in raw; it told of one of these as the last"],
    ),
    (
        drop_the_last_checkpoint,
        ["producer: producer web-1 sequence 25 has no final checkpoint: more may have been accepted after it"],
    ),
    (drop_the_end, ["producer: producer web-1 sequence 24-25 was accepted and is not in raw"]),
]


@pytest.mark.parametrize(("lose", "told"), LOST_EARLY, ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_lost_before_raw_is_named(
    lose: Callable[[Lines], Lines], told: list[str], spark: SparkSession, tmp_path: Path
) -> None:
    world = World(tmp_path)
    world.land("a", [*lose(produced(map(view, range(1, EVENTS + 1)))), BROKEN])
    world.run(spark)

    assert findings(world) == told


def test_a_whole_object_that_never_came_is_named(spark: SparkSession, tmp_path: Path) -> None:
    world, lines = World(tmp_path), produced(map(view, range(1, EVENTS + 1)))
    world.land("a", lines[:10])
    world.land("b", lines[10:20])
    world.land("c", lines[20:])
    (world.raw.root / ARRIVAL / "b.gz").unlink()
    world.run(spark)

    assert findings(world) == [
        "producer: producer web-1 sequence 11-19 was accepted and is not in raw",
        "producer: producer web-1 sequence 1-20 checkpoint 1 is not in raw; it told of one of these as the last",
    ]


# --- after the job: raw, lake and quarantine are altered behind its back -------------------------------------------


@pytest.fixture(scope="module")
def processed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("processed"))
    world.land("a", [*produced(map(view, range(1, EVENTS + 1))), BROKEN])
    world.land("b", produced([view(40)], producer_id="ios-1"))
    world.run(spark)
    assert findings(world) == []
    assert findings(world, quick=True) == []
    return world


@pytest.fixture
def world(processed: World, tmp_path: Path) -> World:
    return processed.copied_to(tmp_path / "world")


def rewrite_raw(world: World, name: str, change: Callable[[Lines], Lines]) -> None:
    path = world.raw.root / ARRIVAL / f"{name}.gz"
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(change(lines)), mtime=0))


def rewrite_table(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    pq.write_table(change(pq.ParquetFile(path).read()), path)


@pytest.mark.parametrize("change", [drop_one_event, drop_one_and_repeat_another])
def test_an_event_taken_from_raw_is_named(change: Callable[[Lines], Lines], world: World) -> None:
    rewrite_raw(world, "a", change)

    what = "was in a raw object that has changed since it was read"
    assert findings(world) == [f"raw: producer web-1 sequence 17 {what} ({ARRIVAL}/a.gz)"]


def test_a_checkpoint_taken_from_raw_is_noticed(world: World) -> None:
    rewrite_raw(world, "a", drop_a_checkpoint)

    assert findings(world) == [
        f"raw: a raw object is not what was read ({ARRIVAL}/a.gz: 29 lines when it was read, 28 now)"
    ]


def test_a_raw_object_taken_away_is_named_event_by_event(world: World) -> None:
    (world.raw.root / ARRIVAL / "a.gz").unlink()

    assert findings(world) == [f"raw: producer web-1 sequence 1-25 was in a raw object that is gone ({ARRIVAL}/a.gz)"]


@pytest.mark.parametrize("quick", [False, True])
def test_a_row_taken_from_the_lake_is_named(world: World, *, quick: bool) -> None:
    rewrite_table(world.lake.root / LAKE_FILE, lambda rows: rows.filter(pa.compute.field("producer_seq") != 17))

    assert findings(world, quick=quick) == [
        f"events: a file of events is not the one that was written ({LAKE_FILE})",
        f"events: producer web-1 sequence 17 is missing from events ({ARRIVAL}/a.gz line 18)",
    ]


def test_a_row_taken_from_the_lake_is_named_though_another_fills_its_place(world: World) -> None:
    def swap(rows: pa.Table) -> pa.Table:
        others = [at for at, seq in enumerate(rows["producer_seq"].to_pylist()) if seq != 17]
        return rows.take([*others, 17])

    rewrite_table(world.lake.root / LAKE_FILE, swap)

    assert findings(world)[1:] == [
        f"events: producer web-1 sequence 17 is missing from events ({ARRIVAL}/a.gz line 18)",
        f"events: producer web-1 sequence 18 is in events more than once ({ARRIVAL}/a.gz line 19)",
    ]


def test_a_file_taken_from_the_lake_is_named_event_by_event(world: World) -> None:
    (world.lake.root / LAKE_FILE).unlink()

    told = findings(world)

    assert told[0] == f"events: a file of events is gone ({LAKE_FILE})"
    assert [line.split(" is missing")[0] for line in told[1:]] == [
        *(f"events: producer web-1 sequence {number}" for number in range(1, 26)),
        "events: producer ios-1 sequence 1",
    ]


def test_a_file_that_no_run_wrote_is_noticed(world: World) -> None:
    alien = "events/dt=2026-11-22/part-00001.parquet"
    (world.lake.root / alien).write_bytes((world.lake.root / LAKE_FILE).read_bytes())

    assert (
        findings(world)[0]
        == f"events: a file that no entry names lies among those of events; Athena reads it ({alien})"
    )


def test_a_line_taken_from_the_quarantine_is_named(world: World) -> None:
    rewrite_table(world.quarantine.root / BAD_FILE, lambda rows: rows.slice(1))

    assert findings(world) == [
        f"events: a file of quarantine is not the one that was written ({BAD_FILE})",
        f"events: is missing from quarantine ({ARRIVAL}/a.gz line 29)",
    ]


def test_a_file_taken_from_the_quarantine_is_noticed(world: World) -> None:
    (world.quarantine.root / BAD_FILE).unlink()

    assert findings(world, quick=True) == [
        f"events: a file of quarantine is gone ({BAD_FILE})",
        f"events: is missing from quarantine ({ARRIVAL}/a.gz line 29)",
    ]


def test_an_object_that_waits_for_the_job_is_pending_and_fails_nothing(world: World) -> None:
    world.land("z", produced(map(view, range(100, 104)), producer_id="late-1"))

    report = world.audit()

    assert report.balanced
    raw = next(hop for hop in report.hops if hop.hop == "raw")
    assert (raw.accepted, raw.delivered, raw.pending) == (31, 27, 4)


def test_what_is_on_its_way_is_pending_until_its_time_is_over(spark: SparkSession, tmp_path: Path) -> None:
    world = World(tmp_path)
    world.land("a", drop_one_event(produced(map(view, range(1, EVENTS + 1)))))
    world.run(spark)

    report = world.audit(drained=False)

    assert report.balanced
    assert [str(finding) for finding in report.pending] == [
        "producer: producer web-1 sequence 17 was accepted and is not in raw"
    ]


def test_a_producer_that_goes_on_misses_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.land("a", drop_the_last_checkpoint(produced(map(view, range(1, EVENTS + 1)))))

    report = world.audit(drained=False)

    assert report.balanced
    assert report.hops[0] == Hop(hop="producer", accepted=25, delivered=25)
    assert list(map(str, report.pending)) == [
        "producer: producer web-1 sequence 25 has no final checkpoint: more may have been accepted after it"
    ]
