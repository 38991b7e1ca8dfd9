"""The simulated catalog: the same for a seed, and every line's fate is the one that the truth says."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.catalog import ITEM, USER
from contract.rows import Refused, read_row
from contract.snapshots import snapshot_time
from contract.times import parse_instant
from producers.catalog.snapshot import Snapshot
from producers.simulator.broken_items import BROKEN_ITEMS
from producers.simulator.settings import SimulationSettings
from producers.simulator.simulate import Sent, simulate
from producers.simulator.snapshots import CatalogTruth, catalog_truth, simulated_snapshots

pytestmark = pytest.mark.unit

START = datetime(2026, 11, 9, tzinfo=UTC)
WEEK = SimulationSettings(seed=7, events=3_000, start=START, users=60)
RECORDS = {"items": (ITEM, "item_id"), "users": (USER, "user_id")}


def judged(snapshots: tuple[Snapshot, ...], dataset: str) -> tuple[CatalogTruth, dict[str, dict[str, Any]]]:
    """What becomes of each line when the newest version wins, line by line; and the rows that are left."""
    record, name = RECORDS[dataset]
    versions: dict[str, list[tuple[datetime, dict[str, Any]]]] = {}
    broken: Counter[str] = Counter()
    for snapshot in (s for s in snapshots if s.dataset == dataset):
        for line in gzip.decompress(snapshot.data).split(b"\n")[:-1]:
            row = read_row(record, line)
            if isinstance(row, Refused):
                broken[row.rule.id] += 1
            else:
                at = parse_instant(row["updated_at"]) if "updated_at" in row else snapshot.taken_at
                versions.setdefault(row[name], []).append((at, row))
    newest = {key: max(found, key=lambda version: version[0])[1] for key, found in versions.items()}
    left = {key: row for key, row in newest.items() if not row.get("deleted")}
    older = sum(len(found) - 1 for found in versions.values())
    truth = CatalogTruth(delivered=len(left), superseded=older, deleted=len(newest) - len(left), broken_rules=broken)
    return truth, left


def test_a_seed_gives_the_same_snapshots_and_another_seed_others() -> None:
    assert simulated_snapshots(WEEK) == simulated_snapshots(WEEK)
    assert simulated_snapshots(WEEK) != simulated_snapshots(replace(WEEK, seed=8))


def test_the_bytes_hold_no_time_of_their_making() -> None:
    assert {snapshot.data[4:8] for snapshot in simulated_snapshots(WEEK)} == {bytes(4)}


def test_a_shop_without_accounts_sends_no_users() -> None:
    lonely = next(
        asked for seed in range(20) if not catalog_truth(asked := replace(WEEK, users=1, seed=seed))["users"].lines
    )

    assert [s.dataset for s in simulated_snapshots(lonely)] == ["items", "items"]


def test_changes_tombstones_and_broken_lines_come_mixed() -> None:
    delta = gzip.decompress(simulated_snapshots(WEEK)[2].data).split(b"\n")[:-1]

    places = [place for place, line in enumerate(delta) if b'"deleted":true' in line]
    assert places != list(range(places[0], places[-1] + 1))


def test_all_comes_first_and_what_changed_at_the_end() -> None:
    found = simulated_snapshots(WEEK)

    described = [(s.dataset, s.taken_at, snapshot_time(s.key)) for s in found]
    assert described == [("items", START, START), ("users", START, START), ("items", WEEK.end, WEEK.end)]
    assert [s.rows for s in found] == [gzip.decompress(s.data).count(b"\n") for s in found]
    assert sorted(s.key for s in found if s.dataset == "items") == [found[0].key, found[2].key]


@pytest.mark.parametrize("dataset", ["items", "users"])
def test_the_truth_is_what_becomes_of_the_lines(dataset: str) -> None:
    truth, _ = judged(simulated_snapshots(WEEK), dataset)

    assert truth == catalog_truth(WEEK)[dataset]
    assert truth.lines == sum(s.rows for s in simulated_snapshots(WEEK) if s.dataset == dataset)


def test_the_week_has_every_fate() -> None:
    truth = catalog_truth(WEEK)["items"]

    assert (truth.delivered, truth.superseded, truth.deleted, truth.quarantined) == (990, 82, 10, 10)
    assert truth.lines == 1_092
    assert catalog_truth(WEEK)["users"].quarantined == 0


@settings(max_examples=20, deadline=None)
@given(items=st.integers(50, 400), users=st.integers(1, 20), seed=st.integers(0, 1_000))
def test_the_truth_holds_for_any_shop(items: int, users: int, seed: int) -> None:
    asked = replace(WEEK, items=items, users=users, seed=seed)
    snapshots = simulated_snapshots(asked)

    assert {dataset: judged(snapshots, dataset)[0] for dataset in RECORDS} == catalog_truth(asked)


def test_no_version_is_as_old_as_another_of_the_same_item() -> None:
    """Else which one wins would be chance."""
    times: dict[str, list[datetime]] = {}
    for snapshot in (s for s in simulated_snapshots(WEEK) if s.dataset == "items"):
        for line in gzip.decompress(snapshot.data).split(b"\n")[:-1]:
            row = read_row(ITEM, line)
            if not isinstance(row, Refused):
                at = parse_instant(row["updated_at"]) if "updated_at" in row else snapshot.taken_at
                times.setdefault(row["item_id"], []).append(at)

    assert all(len(set(found)) == len(found) for found in times.values())
    assert max(max(found) for found in times.values()) <= WEEK.end


def test_a_change_wins_an_outdated_version_loses_and_an_item_comes_back() -> None:
    first = {row["item_id"]: row for row in rows_of(simulated_snapshots(WEEK)[0])}
    _, left = judged(simulated_snapshots(WEEK), "items")

    dearer = {key for key, row in left.items() if row["price"] != first[key]["price"]}
    later = rows_of(simulated_snapshots(WEEK)[2])
    tombstones = {row["item_id"] for row in later if row.get("deleted")}
    outdated = {row["item_id"] for row in later if row.get("updated_at", "9") < "2026-11-09"}
    assert len(dearer) == 51
    assert len(tombstones & dearer) == 1
    assert (len(outdated), outdated & dearer) == (20, set())


def rows_of(snapshot: Snapshot) -> list[dict[str, Any]]:
    read = (read_row(ITEM, line) for line in gzip.decompress(snapshot.data).split(b"\n")[:-1])
    return [row for row in read if not isinstance(row, Refused)]


def test_each_broken_line_breaks_the_rule_that_is_said_of_it() -> None:
    item = next(row for row in rows_of(simulated_snapshots(WEEK)[0]) if "genres" in row)

    for rule, make in BROKEN_ITEMS:
        verdict = read_row(ITEM, make(item))
        assert isinstance(verdict, Refused)
        assert (verdict.rule.id, b"\n" in make(item)) == (rule, False)


def test_nearly_all_items_and_all_users_of_the_events_are_known() -> None:
    events = [s.event for s in simulate(WEEK) if isinstance(s, Sent)]
    (_, items), (_, users) = (judged(simulated_snapshots(WEEK), dataset) for dataset in RECORDS)

    named = [event.item_id for event in events if event.item_id]
    assert 0.97 <= sum(item in items for item in named) / len(named) < 1
    assert len(set(named) & items.keys()) / len(set(named)) >= 0.97
    assert {event.user_id for event in events if event.user_id} <= users.keys()


def test_films_have_genres_and_a_year() -> None:
    films = [row for row in rows_of(simulated_snapshots(WEEK)[0]) if row["category_l2"] == "films"]

    assert len(films) == 100
    assert all(1 <= len(film["genres"]) <= 3 and 1960 <= film["release_year"] <= 2026 for film in films)
