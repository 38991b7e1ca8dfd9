"""Whatever was published and is not in Personalize as it was published, the audit names."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from consumers.state_table import MemoryState
from contract.manifest import FULL, INCREMENTAL, Manifest
from operations.audit.core import Patience
from operations.audit.imports.core import audit_imports
from operations.audit.imports.gather import gather_imports
from operations.audit.report import Hop, Report
from tests.support.folder_store import FolderStore
from tests.support.listed_imports import ListedImports, add_resources, published
from tests.support.world import NOW

pytestmark = pytest.mark.faults

JOB = "clickstream-test-interactions-{}"
NOT_IMPORTED = "was published and is not imported"


class Shop:
    """Publications of an hour ago, and what Personalize says of them."""

    def __init__(self, folder: Path) -> None:
        self.store, self.state, self.personalize = FolderStore(folder), MemoryState(), ListedImports()
        add_resources(self.state)

    def publish(self, dataset: str, number: int, rows: int, mode: str = FULL, *, hours_ago: int = 1) -> Manifest:
        at = NOW - timedelta(hours=hours_ago)
        return published(self.store, dataset, number, rows=rows, mode=mode, at=at)

    def imported(self, manifest: Manifest, **told: Any) -> None:
        self.personalize.add(manifest, self.store.uri(""), **told)

    def hold(self, manifest: Manifest, why: str, *, hour: int) -> None:
        decision = {"kind": "import", "decision": "held", "subject": manifest.key, "why": why, "numbers": {}}
        self.state.put("decision", f"2026-11-23T{hour:02d}:00:00.000Z#import", {"value": json.dumps(decision)})

    def audit(self, *, drained: bool = True, source: str = "both") -> Report:
        evidence = gather_imports(
            self.store, self.state, self.personalize, prefix="clickstream-test", interactions_source=source
        )
        return audit_imports(evidence, Patience(now=NOW, allowed=None if drained else timedelta(hours=72)))

    def told(self) -> list[str]:
        report = self.audit()
        return [str(finding) for finding in report.findings]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "bucket")


@pytest.fixture
def full(shop: Shop) -> Manifest:
    """2,000 interactions, imported."""
    manifest = shop.publish("interactions", 1, 2_000)
    shop.imported(manifest)
    return manifest


def at(manifest: Manifest) -> str:
    return f"({manifest.key}, {manifest.rows:,} rows)"


def hop(accepted: int, **fates: int) -> Hop:
    return Hop(hop="import", accepted=accepted, delivered=fates.pop("delivered", 0), **fates)


def test_what_was_published_and_imported_balances(shop: Shop, full: Manifest) -> None:
    more = shop.publish("interactions", 2, 1_500, INCREMENTAL)
    items = shop.publish("items", 1, 7)
    shop.imported(more)
    shop.imported(items, status="CREATE FAILED", failureReason="Insufficient privileges")
    shop.imported(items, attempt=2)

    assert full.rows == 2_000
    assert shop.audit() == Report(hops=[hop(3_507, delivered=3_507)], findings=[], pending=[])


def test_nothing_published_is_nothing_to_import(shop: Shop) -> None:
    assert shop.audit() == Report(hops=[hop(0)], findings=[], pending=[])


def test_before_the_reconciler_ran_all_is_missing(shop: Shop) -> None:
    shop.state.delete("personalize", "resources")
    users = shop.publish("users", 1, 9)

    report = shop.audit()

    assert report.hops == [hop(9)]
    assert list(map(str, report.findings)) == [f"import: {NOT_IMPORTED} {at(users)}"]
    assert not report.balanced


def test_a_publication_that_no_import_has_is_named(shop: Shop, full: Manifest) -> None:
    more = shop.publish("interactions", 2, 1_500, INCREMENTAL)

    report = shop.audit()

    assert [h.missing for h in report.hops] == [1_500]
    assert list(map(str, report.findings)) == [f"import: {NOT_IMPORTED} {at(more)}"]
    assert full.number == 1


def test_a_failed_import_is_named_with_its_reason(shop: Shop) -> None:
    items = shop.publish("items", 1, 7)
    shop.imported(items, status="CREATE FAILED", failureReason="Invalid Data location.")

    assert shop.told() == [f"import: its import failed: Invalid Data location. {at(items)}"]


def test_what_is_on_its_way_is_pending_until_its_time_is_over(shop: Shop) -> None:
    items, users = shop.publish("items", 1, 7), shop.publish("users", 1, 9, hours_ago=73)
    shop.imported(items, status="CREATE IN_PROGRESS")

    report = shop.audit(drained=False)

    assert report.hops == [hop(16, pending=7)]
    assert list(map(str, report.pending)) == [f"import: {NOT_IMPORTED} {at(items)}"]
    assert list(map(str, report.findings)) == [f"import: {NOT_IMPORTED} {at(users)}"]


def test_a_newer_full_publication_takes_the_place_of_all_before(shop: Shop, full: Manifest) -> None:
    shop.publish("interactions", 2, 1_500, INCREMENTAL)
    shop.publish("interactions", 3, 1_700)
    shop.imported(shop.publish("interactions", 4, 4_000))

    assert full.rows == 2_000
    assert shop.audit() == Report(hops=[hop(9_200, delivered=6_000, excluded=3_200)], findings=[], pending=[])


def test_where_the_stream_alone_carries_interactions_their_files_are_excluded(shop: Shop) -> None:
    shop.publish("interactions", 1, 2_000)
    shop.imported(shop.publish("items", 1, 7))

    assert shop.audit(source="stream") == Report(
        hops=[hop(2_007, delivered=7, excluded=2_000)], findings=[], pending=[]
    )


def test_an_addition_too_small_for_personalize_waits_and_what_follows_it_too(shop: Shop, full: Manifest) -> None:
    shop.publish("interactions", 2, 999, INCREMENTAL)
    shop.publish("interactions", 3, 1_000, INCREMENTAL)

    report = shop.audit()

    assert full.rows == 2_000
    assert report.hops == [hop(3_999, delivered=2_000, pending=1_999)]
    assert [finding.what for finding in report.pending] == [
        "waits for the next FULL, as Personalize takes no such INCREMENTAL"
    ] * 2
    assert report.balanced


def test_a_held_import_says_why(shop: Shop) -> None:
    users = shop.publish("users", 1, 9)
    shop.hold(users, "too few rows", hour=9)

    assert shop.told() == [f"import: its import is held: too few rows {at(users)}"]


def test_of_the_reasons_why_an_import_is_held_the_newest_is_said(shop: Shop) -> None:
    users = shop.publish("users", 1, 9)
    for hour, why in enumerate(("a file is gone", "too few rows"), 8):
        shop.hold(users, why, hour=hour)

    assert shop.told() == [f"import: its import is held: too few rows {at(users)}"]


def test_an_import_from_elsewhere_is_named(shop: Shop) -> None:
    items = shop.publish("items", 1, 7)
    shop.imported(items, location="s3://other/items.csv")

    name = "clickstream-test-items-1-full-1"
    assert shop.told() == [f"import: was imported FULL from s3://other/items.csv/ by {name} {at(items)}"]


def test_an_addition_that_was_imported_twice_is_named(shop: Shop, full: Manifest) -> None:
    more = shop.publish("interactions", 2, 1_500, INCREMENTAL)
    shop.imported(more)
    shop.imported(more, attempt=2)

    assert full.rows == 2_000
    assert shop.told() == [f"import: was imported 2 times {at(more)}"]


def test_an_older_full_import_that_came_later_is_named(shop: Shop) -> None:
    older, newer = shop.publish("interactions", 1, 2_000), shop.publish("interactions", 2, 2_500)
    shop.imported(newer)
    shop.imported(older)

    assert shop.told() == [f"import: was imported, and then replaced by the older {older.key} {at(newer)}"]


@pytest.mark.parametrize("name", ["by-hand", JOB.format("1-full-x"), JOB.format("10-full-1")])
def test_an_import_that_no_publication_stands_behind_is_named(shop: Shop, full: Manifest, name: str) -> None:
    shop.imported(full, jobName=name)

    assert shop.told() == [f"import: rows that no publication has were imported into interactions ({name})"]


def test_what_a_later_full_import_replaced_is_not_asked_about(shop: Shop, full: Manifest) -> None:
    shop.imported(full, jobName="by-hand")
    shop.imported(shop.publish("interactions", 2, 2_500))

    assert shop.told() == []
    assert shop.personalize.described == [JOB.format("2-full-1")]


def test_a_dataset_that_is_gone_holds_nothing(shop: Shop) -> None:
    items = shop.publish("items", 1, 7)

    assert shop.told() == [f"import: {NOT_IMPORTED} {at(items)}"]
