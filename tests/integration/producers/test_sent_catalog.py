"""The demo's catalog goes to the raw bucket: the shop's own snapshots, or the files that are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from operations.demo.sources import EventFile, Simulation, Source, send_catalog
from producers.catalog.files import snapshot_of
from producers.catalog.snapshot import Snapshot
from producers.simulator.snapshots import simulated_snapshots
from tests.factories import NOW

pytestmark = pytest.mark.integration

SHOP = Simulation(seed=3, events=500, today=NOW)


class FakeS3:
    """Remembers what was put."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803  # boto3's names
        self.objects[Bucket, Key] = Body


def send(source: Source, items: Path | None = None, users: Path | None = None) -> tuple[Snapshot, ...]:
    """What is returned, held against what was put."""
    s3 = FakeS3()
    sent = send_catalog(source, items=items, users=users, s3=s3, bucket="raw", now=NOW)
    assert s3.objects == {("raw", snapshot.key): snapshot.data for snapshot in sent}
    return sent


def items_file(folder: Path) -> Path:
    path = folder / "items.csv"
    path.write_bytes(b"ITEM_ID,GENRE\n1,Comedy\n")
    return path


def users_file(folder: Path) -> Path:
    path = folder / "users.csv"
    path.write_bytes(b"USER_ID,AGE\n1,31\n")
    return path


def test_the_shop_sends_its_own_snapshots_none_of_them_from_the_future() -> None:
    sent = send(SHOP)

    assert sent == simulated_snapshots(SHOP.settings())
    assert [s.dataset for s in sent] == ["items", "users", "items"]
    assert max(s.taken_at for s in sent) <= NOW


def test_past_events_come_with_the_files_that_are_given_and_no_others(tmp_path: Path) -> None:
    source = EventFile(path=tmp_path / "events.csv")
    items, users = items_file(tmp_path), users_file(tmp_path)

    assert send(source) == ()
    assert send(source, items=items) == (snapshot_of(items, "items", NOW),)
    assert send(source, items, users) == (snapshot_of(items, "items", NOW), snapshot_of(users, "users", NOW))


def test_a_file_takes_the_place_of_the_shops_own(tmp_path: Path) -> None:
    items = items_file(tmp_path)

    own = tuple(s for s in simulated_snapshots(SHOP.settings()) if s.dataset == "users")
    assert send(SHOP, items=items) == (snapshot_of(items, "items", NOW), *own)


def test_nothing_is_put_where_a_file_is_no_catalog(tmp_path: Path) -> None:
    s3, items = FakeS3(), items_file(tmp_path)

    with pytest.raises(ConfigurationError, match="a file of users needs user_id"):
        send_catalog(SHOP, items=items, users=items, s3=s3, bucket="raw", now=NOW)

    assert s3.objects == {}
