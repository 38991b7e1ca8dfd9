"""Whatever is done to the published files, or to what they were made from, the audit fails and says what it was."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from contract.codec import Consent
from contract.manifest import Manifest
from glue_jobs.catalog.layout import quarantine_key
from operations.audit.files.core import audit_files
from operations.audit.files.gather import FileStores, gather_files
from operations.audit.report import Finding, Hop
from tests.support.files_world import FilesWorld
from tests.support.world import ARRIVAL, NOW, World, view

pytestmark = pytest.mark.faults

ITEMS: list[dict[str, Any] | bytes] = [
    {"item_id": "i-1", "price": 1.5, "category_l1": "shoes"},
    {"item_id": "i-2", "price": 2},
    b'{"item_id": 7}',
    {"item_id": "i-3", "deleted": True},
]
USERS = [{"user_id": f"u-{number}", "membership": "gold"} for number in range(4)]
NOT_AS_PUBLISHED = "a published file is not the one that was published"
NOT_IN = "is not in the files of {}"
UNFOUNDED = "a row that nothing stands behind is in a file"
NO_QUARANTINE = "the quarantine does not hold what was refused"

Lines = list[bytes]


def audited(world: FilesWorld, *, quick: bool = False) -> tuple[dict[str, Hop], list[Finding]]:
    stores = FileStores(
        raw=world.raw, lake=world.world.lake, quarantine=world.world.quarantine, personalize=world.personalize
    )
    hops, findings = audit_files(gather_files(stores, quick=quick))
    return {hop.hop: hop for hop in hops}, findings


def found(world: FilesWorld, *, quick: bool = False) -> list[tuple[str, str, str]]:
    """What the audit says: hop, what, where."""
    return sorted((finding.hop, finding.what, finding.where) for finding in audited(world, quick=quick)[1])


@pytest.fixture(scope="module")
def published(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> FilesWorld:
    """The interactions twice, FULL and INCREMENTAL, the items once and the users twice."""
    world = FilesWorld(World(tmp_path_factory.mktemp("published"))).with_gate(min_items_known=0)
    repeated = view(3, event_id="e-again")
    world.lake_of(spark, "web", [*map(view, range(1, 9)), repeated, view(50, consent=Consent(personalization=False))])
    world.snapshot("items", ITEMS)
    world.snapshot("users", USERS, taken_at=NOW - timedelta(days=1))
    for job in (world.interactions, lambda s: world.catalog(s, "items"), lambda s: world.catalog(s, "users")):
        assert isinstance(job(spark), Manifest)
    world.lake_of(spark, "more", [view(20), view(4, event_id="e-later"), view(21)])
    world.snapshot("users", [{"user_id": "u-1", "membership": "silver"}])
    assert isinstance(world.interactions(spark), Manifest)
    assert isinstance(world.catalog(spark, "users"), Manifest)
    return world


@pytest.fixture
def world(published: FilesWorld, tmp_path: Path) -> FilesWorld:
    return FilesWorld(published.world.copied_to(tmp_path / "world"))


# --- published files ----------------------------------------------------------------------------------------------

FULL_FILE = "interactions/0000000001/full/part-00000.csv"
ADDED_FILE = "interactions/0000000002/incremental/part-00000.csv"
ITEMS_FILE = "items/0000000001/full/part-00000.csv"
USERS_FILE = "users/0000000002/incremental/part-00000.csv"
ROW_2 = b"u-2,i-2,1795305720,view,,,"
SHOWN_2 = "u-2, i-2, 1795305720, view, , , "
PLACE_2 = f"{ARRIVAL}/web.gz line 2"


def rewrite(world: FilesWorld, key: str, change: Callable[[Lines], Lines]) -> None:
    path = world.personalize.root / key
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def without(start: bytes) -> Callable[[Lines], Lines]:
    return lambda lines: [line for line in lines if not line.startswith(start)]


def with_line(line: bytes) -> Callable[[Lines], Lines]:
    return lambda lines: [*lines, line + b"\n"]


def with_other(old: bytes, new: bytes) -> Callable[[Lines], Lines]:
    return lambda lines: [line.replace(old, new) for line in lines]


def folder(key: str) -> str:
    return key.rpartition("/")[0] + "/"


@pytest.mark.parametrize("quick", [False, True])
def test_what_is_as_it_was_published_balances(world: FilesWorld, *, quick: bool) -> None:
    hops, findings = audited(world, quick=quick)

    assert findings == []
    assert hops == {
        "interactions": Hop(hop="interactions", accepted=13, delivered=11, deduplicated=1, excluded=1),
        "items": Hop(hop="items", accepted=4, delivered=2, quarantined=1, excluded=1),
        "users": Hop(hop="users", accepted=5, delivered=5),
    }


ALTERED: dict[str, tuple[str, Callable[[Lines], Lines], list[tuple[str, str]]]] = {
    "a row taken out": (FULL_FILE, without(ROW_2), [(NOT_IN.format(folder(FULL_FILE)), PLACE_2)]),
    "a row taken out of an increment": (
        *(ADDED_FILE, without(b"u-6,")),
        [(NOT_IN.format(folder(ADDED_FILE)), f"{ARRIVAL}/more.gz line 1")],
    ),
    "a row added": (
        *(FULL_FILE, with_line(b"u-9,i-9,1795305720,view,1.5,,")),
        [(UNFOUNDED, f"{folder(FULL_FILE)}: u-9, i-9, 1795305720, view, 1.5, , ")],
    ),
    "a row doubled": (
        *(FULL_FILE, with_line(ROW_2)),
        [("a row is in the files 2 times", f"{folder(FULL_FILE)}: {SHOWN_2}")],
    ),
    "a row altered": (
        *(FULL_FILE, with_other(ROW_2, b"u-2,i-3,1795305720,view,,,")),
        [
            (UNFOUNDED, f"{folder(FULL_FILE)}: u-2, i-3, 1795305720, view, , , "),
            (NOT_IN.format(folder(FULL_FILE)), PLACE_2),
        ],
    ),
    "cut off within the last row": (
        *(FULL_FILE, lambda lines: [*lines[:-1], b"u-1,i"]),
        [(NOT_IN.format(folder(FULL_FILE)), f"{ARRIVAL}/web.gz line 8")],
    ),
    "emptied": (
        *(USERS_FILE, lambda _: []),
        [("the newest version of u-1 is not in the files", folder(USERS_FILE))],
    ),
    "bytes that are not text": (
        *(USERS_FILE, with_other(b"silver", b"\xff")),
        [("the newest version of u-1 is not in the files", folder(USERS_FILE))],
    ),
    "an item altered": (
        *(ITEMS_FILE, with_other(b"shoes", b"boots")),
        [("the newest version of i-1 is not in the files", folder(ITEMS_FILE))],
    ),
    "an item taken out": (
        *(ITEMS_FILE, without(b"i-2,")),
        [("the newest version of i-2 is not in the files", folder(ITEMS_FILE))],
    ),
    "an item doubled": (
        *(ITEMS_FILE, with_line(b"i-2,,,,,,2.0,,,,")),
        [("i-2 is in the files 2 times", folder(ITEMS_FILE))],
    ),
    "an item that the catalog has not": (
        *(ITEMS_FILE, with_line(b"i-9,,,,,,9.0,,,,")),
        [(UNFOUNDED, f"{folder(ITEMS_FILE)}: i-9, , , , , , 9.0, , , , ")],
    ),
    "an item that was deleted": (
        *(ITEMS_FILE, with_line(b"i-3,,,,,,9.0,,,,")),
        [(UNFOUNDED, f"{folder(ITEMS_FILE)}: i-3, , , , , , 9.0, , , , ")],
    ),
}


@pytest.mark.parametrize("altered", ALTERED)
def test_an_altered_file_is_named_and_what_was_altered_in_it(altered: str, world: FilesWorld) -> None:
    key, change, told = ALTERED[altered]
    rewrite(world, key, change)
    hop = key.partition("/")[0]

    assert found(world) == sorted((hop, what, where) for what, where in [*told, (NOT_AS_PUBLISHED, key)])
    assert found(world, quick=True) == [(hop, NOT_AS_PUBLISHED, key)]


def test_a_file_taken_away_is_named_and_each_of_its_rows(world: FilesWorld) -> None:
    (world.personalize.root / ADDED_FILE).unlink()

    lost = [("interactions", NOT_IN.format(folder(ADDED_FILE)), f"{ARRIVAL}/more.gz line {line}") for line in (1, 2, 3)]
    assert found(world) == [("interactions", "a published file is gone", ADDED_FILE), *lost]


@pytest.mark.parametrize("stray", ["_SUCCESS", "part-00001.csv"])
def test_an_object_that_no_manifest_names_is_named(stray: str, world: FilesWorld) -> None:
    key = f"{folder(ITEMS_FILE)}{stray}"
    world.personalize.put(key, b"")

    what = "an object that no manifest names lies among published files; it fails the import"
    assert found(world) == found(world, quick=True) == [("items", what, key)]


# --- what they were made from -------------------------------------------------------------------------------------


def items_snapshot(world: FilesWorld) -> str:
    (only,) = world.raw.list("catalog/items/")
    return only.key


def test_a_snapshot_that_changed_after_the_run_is_named(world: FilesWorld) -> None:
    key = items_snapshot(world)
    changed = gzip.decompress(world.raw.read(key)).replace(b"shoes", b"boots")
    world.raw.put(key, gzip.compress(changed))

    assert found(world) == [("items", "a snapshot is not the one that was read", key)]


def test_a_snapshot_that_is_cut_off_is_named(world: FilesWorld) -> None:
    key = items_snapshot(world)
    world.raw.put(key, world.raw.read(key)[:-20])

    assert found(world) == [
        ("items", "a snapshot cannot be read", key),
        ("items", "a snapshot is not the one that was read", key),
    ]


def test_a_snapshot_taken_away_is_named(world: FilesWorld) -> None:
    key = items_snapshot(world)
    world.raw.delete([key])

    assert found(world) == [("items", "a snapshot is not the one that was read", key)]


@pytest.mark.parametrize("spoil", ["deleted", "emptied", "not parquet"])
def test_a_refused_line_that_the_quarantine_does_not_hold_is_named(spoil: str, world: FilesWorld) -> None:
    path = world.world.quarantine.root / quarantine_key("items")
    if spoil == "deleted":
        path.unlink()
    elif spoil == "emptied":
        pq.write_table(pq.ParquetFile(path).read().slice(1), path)
    else:
        path.write_bytes(b"PAR1")

    assert found(world) == [("items", NO_QUARANTINE, f"{items_snapshot(world)} line 3")]


# --- what is on its way -------------------------------------------------------------------------------------------


def test_events_and_snapshots_that_came_after_the_publication_are_pending(
    spark: SparkSession, world: FilesWorld
) -> None:
    world.lake_of(spark, "late", [view(60), view(61), view(62, event_type="search", item_id=None)])
    world.snapshot("items", [{"item_id": "i-1", "price": 3}])

    hops, findings = audited(world)

    assert findings == []
    assert hops["interactions"] == Hop(
        hop="interactions", accepted=16, delivered=11, deduplicated=1, excluded=1, pending=3
    )
    assert hops["items"] == Hop(hop="items", accepted=5, delivered=2, quarantined=1, excluded=1, pending=1)


def test_without_a_publication_everything_is_pending(world: FilesWorld) -> None:
    shutil.rmtree(world.personalize.root)

    hops, findings = audited(world)

    assert findings == []
    assert hops == {
        name: Hop(hop=name, accepted=count, delivered=0, pending=count)
        for name, count in (("interactions", 13), ("items", 4), ("users", 5))
    }
