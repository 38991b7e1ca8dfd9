"""The events job on files: outcomes, tables, incremental runs, and the same bytes again."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace
from pyspark.sql import SparkSession

from contract.codec import Consent, encode
from contract.errors import ConfigurationError, TransientError
from contract.ledger import CONSENT_REFUSED, decode_entry
from contract.ranges import Ranges
from glue_jobs.events.run import Settings
from tests.support.folder_store import FolderStore
from tests.support.world import EARLIEST, World, produced, view

pytestmark = pytest.mark.integration

LAKE_FILE = "events/dt=2026-11-22/part-00000.parquet"
BAD_FILE = "events/dt=2026-11-23/part-00000.parquet"
NOT_JSON = b'{"event_id": "x",\xff\xfe\n'
CHECKPOINT = (
    b'{"checkpoint":{"producer_id":"p","number":1,"accepted":0,"at":"2026-11-23T09:00:00.000Z","final":true}}\n'
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def rows(store: FolderStore, key: str, *columns: str) -> list[tuple[object, ...]]:
    table = pq.read_table(store.root / key, columns=list(columns))
    return list(zip(*(table[name].to_pylist() for name in columns), strict=True))


def test_every_line_has_one_outcome_and_each_table_its_rows(spark: SparkSession, world: World) -> None:
    refusing = replace(view(3), consent=Consent(analytics=False))
    conflict = view(1, event_id="e-0002")
    lines = [
        encode(view(2)),
        b"\n",
        encode(view(1)),
        NOT_JSON,
        encode(view(2)),
        encode(refusing),
        encode(conflict),
        CHECKPOINT,
    ]
    key = world.land("a", lines)

    entry = world.run(spark)

    assert entry is not None
    (account,) = entry.inputs
    assert account.lines == 7
    assert account.is_balanced
    assert {outcome: str(numbers) for outcome, numbers in account.outcomes.items()} == {
        "delivered": "1,3",
        "quarantined": "4,7",
        "deduplicated": "5",
        CONSENT_REFUSED: "6",
        "checkpoint": "8",
    }
    lake = rows(world.lake, LAKE_FILE, "event_id", "occurred_at", "app_id", "source_line")
    assert lake == [
        ("e-0001", datetime(2026, 11, 22, 0, 1, tzinfo=UTC), "default", 3),
        ("e-0002", datetime(2026, 11, 22, 0, 2, tzinfo=UTC), "default", 1),
    ]
    bad = rows(world.quarantine, BAD_FILE, "reason", "rule", "payload", "source_object", "source_line")
    assert bad == [
        ("not_utf8", "line.text", NOT_JSON.removesuffix(b"\n"), key, 4),
        ("id_conflict", "event_id.conflict", encode(conflict).removesuffix(b"\n"), key, 7),
    ]


def test_the_entry_tells_producers_numbers_and_checkpoints(spark: SparkSession, world: World) -> None:
    world.land("a", produced(map(view, range(1, 26))))

    entry = world.run(spark)

    assert entry is not None
    (account,) = entry.inputs
    assert account.producers == {"web-1": Ranges.to(25)}
    assert [(c.number, c.accepted, c.final) for c in account.checkpoints] == [
        (1, 10, False),
        (2, 20, False),
        (3, 25, True),
    ]
    assert [decode_entry(world.lake.read(entry.key))] == [entry]


def test_a_second_run_over_the_same_input_writes_nothing(spark: SparkSession, world: World) -> None:
    world.land("a", produced(map(view, range(1, 6))))
    world.run(spark)
    before = {found.key: found for found in world.lake.list("")}

    assert world.run(spark) is None
    assert {found.key: found for found in world.lake.list("")} == before


def test_what_the_lake_has_stays_and_what_comes_again_is_a_repeat(spark: SparkSession, world: World) -> None:
    world.land("b", [encode(view(n)) for n in (1, 2)])
    world.run(spark)
    world.land("a", [encode(view(n)) for n in (2, 3)])  # sorts before b, arrives after

    entry = world.run(spark)

    assert entry is not None
    assert {o: str(n) for o, n in entry.inputs[0].outcomes.items()} == {"deduplicated": "1", "delivered": "2"}
    kept = rows(world.lake, LAKE_FILE, "event_id", "source_object")
    assert [(event_id, str(source)[-4:]) for event_id, source in kept] == [
        ("e-0001", "b.gz"),
        ("e-0002", "b.gz"),
        ("e-0003", "a.gz"),
    ]


def test_only_touched_partitions_are_written_again(spark: SparkSession, world: World) -> None:
    world.land("a", [encode(view(1)), encode(view(2, occurred_at="2026-11-20T10:00:00Z"))])
    world.run(spark)
    world.land("b", [encode(view(3))])

    entry = world.run(spark)

    assert entry is not None
    assert [output.key for output in entry.outputs] == [LAKE_FILE]


def test_reprocessing_into_an_empty_prefix_gives_the_same_names_and_bytes(spark: SparkSession, world: World) -> None:
    for name, numbers in (("a", range(1, 8)), ("b", range(5, 12))):
        world.land(name, [*produced(map(view, numbers), producer_id=name), NOT_JSON])
        world.run(spark)
    first = world.published()
    shutil.rmtree(world.lake.root)
    shutil.rmtree(world.quarantine.root)

    world.run(spark)

    assert world.published() == first


def test_a_month_is_one_partition_named_by_its_first_day(spark: SparkSession, world: World) -> None:
    monthly = World(world.root, Settings(earliest=EARLIEST, lookback=None, partition="month"))
    monthly.land("a", [encode(view(n, occurred_at=f"1996-03-{n:02d}T10:00:00Z")) for n in (1, 31)])

    entry = monthly.run(spark)

    assert entry is not None
    assert [(output.key, output.rows) for output in entry.outputs] == [("events/dt=1996-03-01/part-00000.parquet", 2)]


def test_another_layout_than_the_lakes_is_refused(spark: SparkSession, world: World) -> None:
    world.land("a", [encode(view(1))])
    world.run(spark)
    monthly = World(world.root, Settings(earliest=EARLIEST, lookback=None, partition="month"))

    with pytest.raises(ConfigurationError, match="reprocess into an empty prefix"):
        monthly.run(spark)


def test_an_unknown_layout_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="day or month, not 'week'"):
        Settings(earliest=EARLIEST, lookback=None, partition="week")


def test_an_object_outside_of_firehoses_prefix_stops_the_run_before_it_reads(spark: SparkSession, world: World) -> None:
    world.land("a", [encode(view(1))], arrival="elsewhere")

    with pytest.raises(ConfigurationError, match=r"elsewhere/a\.gz"):
        world.run(spark)
    assert world.lake.list("") == []


def test_an_object_without_a_line_is_accounted_for(spark: SparkSession, world: World) -> None:
    world.land("a", [])
    world.land("b", [encode(view(1))])

    entry = world.run(spark)

    assert entry is not None
    assert [(account.lines, account.outcomes) for account in entry.inputs] == [
        (0, {}),
        (1, {"delivered": Ranges.to(1)}),
    ]


def test_a_run_that_another_one_overtook_says_so(spark: SparkSession, world: World) -> None:
    world.land("a", [encode(view(1))])

    with pytest.raises(TransientError, match="run again"):
        world.run(spark, lake=_Overtaken(world.lake.root))


class _Overtaken(FolderStore):
    def create(self, key: str, data: bytes) -> None:
        super().create(key, data)
        super().create(key, data)
