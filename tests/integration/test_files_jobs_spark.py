"""From lake and catalog to published files: what is in them, what is left out, and what a further run adds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from contract.codec import Consent
from contract.errors import ConfigurationError, TransientError
from contract.manifest import FULL, INCREMENTAL, Manifest
from glue_jobs.files.publish import GateRefused
from tests.support.files_world import FilesWorld
from tests.support.world import NOW, World, view

pytestmark = pytest.mark.integration


@pytest.fixture
def world(tmp_path: Path) -> FilesWorld:
    return FilesWorld(World(tmp_path))


def published(done: Manifest | str) -> Manifest:
    assert isinstance(done, Manifest), done
    return done


def row(number: int, **values: Any) -> dict[str, Any]:
    """Of `view(number)`."""
    base = {
        "USER_ID": f"u-{number % 7}",
        "ITEM_ID": f"i-{number % 5}",
        "TIMESTAMP": 1_795_305_600 + 60 * number,
        "EVENT_TYPE": "view",
        "EVENT_VALUE": None,
        "IMPRESSION": None,
        "RECOMMENDATION_ID": None,
    }
    return base | values


def test_events_become_rows_by_the_projection_and_everything_else_is_accounted_for(
    spark: SparkSession, world: FilesWorld
) -> None:
    twin = view(3)
    events = [
        view(1, user_id=None, anonymous_id="a-1", value=0.0001, impression=("i-1", "i-2"), recommendation_id="RID-1"),
        view(2, user_id='nasty "quoted", \\ and\nmore ', item_id="ütem|é 🎈", value=12_345_678.9),
        twin,
        replace_id(twin),
        view(4, event_type="search", item_id=None),
        view(5, consent=Consent(personalization=False)),
        view(6, event_type="rating", value=-1e30),
        view(7, event_type="rating", value=-1e39),
    ]
    world.lake_of(spark, "web", events)

    done = published(world.interactions(spark))

    assert world.rows(done) == [
        row(1, USER_ID="a-1", EVENT_VALUE=0.0001, IMPRESSION="i-1|i-2", RECOMMENDATION_ID="RID-1"),
        row(2, USER_ID='nasty "quoted", \\ and\nmore ', ITEM_ID="ütem|é 🎈", EVENT_VALUE=12_345_678.9),
        row(3),
        row(6, EVENT_TYPE="rating", EVENT_VALUE=-1e30),
    ]
    assert done.outcomes == {
        "delivered": 4,
        "deduplicated": 1,
        "excluded:consent_refused": 1,
        "excluded:type_not_exported": 1,
        "excluded:value_too_large": 1,
    }
    assert (done.mode, done.number, done.covers, list(world.files(done))) == (FULL, 1, 1, ["part-00000.csv"])
    assert done.last_day_key == "interactions/0000000001/last_day.csv"
    assert world.personalize.read(done.last_day_key) == world.files(done)["part-00000.csv"]
    assert world.bus.told == [
        (
            "Dataset Ready",
            {
                "dataset": "interactions",
                "number": 1,
                "mode": "FULL",
                "rows": 4,
                "bytes": done.files[0].size,
                "prefix": world.personalize.uri("interactions/0000000001/full/"),
                "schema": world.personalize.uri("interactions/0000000001/schema.avsc"),
                "manifest": world.personalize.uri("_ready/interactions/0000000001.json"),
            },
        )
    ]


def replace_id(event: Any) -> Any:
    """The same click again, under another id and half a second later: to Personalize the same row."""
    return view(3, event_id="e-again", occurred_at=event.occurred_at.replace(".000Z", ".500Z"))


def test_a_second_run_over_the_same_lake_writes_nothing_and_reprocessing_gives_the_same_bytes(
    spark: SparkSession, world: FilesWorld
) -> None:
    world.lake_of(spark, "web", [view(n) for n in range(40)])
    first = published(world.interactions(spark))
    before = {o.key: o.etag for o in world.personalize.list("")}

    assert world.interactions(spark) == "nothing new in the lake since publication 1"
    assert world.interactions(spark, mode="full") == "nothing new in the lake since publication 1"
    assert {o.key: o.etag for o in world.personalize.list("")} == before

    again = published(world.interactions(spark, reprocess=True))
    assert (again.number, world.files(again)) == (2, world.files(first))


def test_late_events_are_in_the_next_publication_once_and_change_only_what_they_must(
    spark: SparkSession, world: FilesWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glue_jobs.interactions.run.ROWS_PER_FILE", 20)
    world.lake_of(spark, "web", [view(n) for n in range(70)])
    first = published(world.interactions(spark))
    late = view(900, occurred_at="2026-11-12T10:00:00.000Z", user_id="u-3")
    world.lake_of(spark, "late", [late])

    added = published(world.later(hours=1).interactions(spark))
    whole = published(world.later(hours=30).interactions(spark))

    wanted = row(900, USER_ID="u-3", ITEM_ID="i-0", TIMESTAMP=1_794_477_600)
    assert (added.mode, world.rows(added), added.outcomes) == (
        INCREMENTAL,
        [wanted],
        {"delivered": 1, "deduplicated": 0},
    )
    assert whole.mode == FULL
    old, new = world.files(first), world.files(whole)
    assert len(old) == len(new) == 4
    assert [name for name in old if old[name] != new[name]] == [name for name in new if b"1794477600" in new[name]]
    assert sum(data.count(b"1794477600") for data in new.values()) == 1
    assert world.personalize.read(added.last_day_key) == next(iter(world.files(added).values()))
    last_day = world.personalize.read(whole.last_day_key)
    assert last_day == world.personalize.read(first.last_day_key)
    assert sorted(last_day.splitlines()[1:]) == sorted(line for d in old.values() for line in d.splitlines()[1:])


def test_fewer_new_events_than_an_incremental_import_takes_wait(spark: SparkSession, world: FilesWorld) -> None:
    careful = world.with_gate(min_incremental=3)
    careful.lake_of(spark, "web", [view(n) for n in range(20)])
    careful.interactions(spark)
    careful.lake_of(spark, "more", [view(n) for n in (20, 21)])

    waiting = careful.interactions(spark)
    careful.lake_of(spark, "most", [view(22)])
    done = published(careful.interactions(spark))

    assert waiting == "2 new interactions wait: an INCREMENTAL import takes 3 or more"
    assert (done.mode, done.covers, done.rows) == (INCREMENTAL, 3, 3)


def test_a_dataset_that_the_gate_refuses_is_not_published_and_the_last_good_one_stays(
    spark: SparkSession, world: FilesWorld
) -> None:
    world.lake_of(spark, "web", [view(n) for n in range(20)])
    good = published(world.interactions(spark))
    strict = world.with_gate(min_interactions=1_000).later(days=2)
    strict.lake_of(spark, "more", [view(20)])

    with pytest.raises(GateRefused, match="interactions_minimum") as refused:
        strict.interactions(spark)

    assert "the last good files stay" in str(refused.value)
    assert [m.number for m in world.manifests("interactions")] == [1]
    assert len(world.files(good)) == 1
    assert world.personalize.list("interactions/0000000002/") == world.personalize.list("_staging/") == []
    told, detail = world.bus.told[-1]
    assert (told, detail["dataset"], [rule["rule"] for rule in detail["rules"]]) == (
        "Quality Gate Failed",
        "interactions",
        ["interactions_minimum"],
    )
    assert detail["rules"][0]["measured"] == 21
    assert len(world.bus.told) == 2
    assert str(strict.interactions(spark)).startswith("these rows were refused before: _refused/interactions/")
    assert len(world.bus.told) == 2


def test_a_lake_in_which_the_events_job_is_at_work_is_left_alone(spark: SparkSession, world: FilesWorld) -> None:
    world.lake_of(spark, "web", [view(1)])
    world.world.lake.put("events/dt=2026-11-22/part-00000.parquet", b"half written")

    with pytest.raises(TransientError, match="the events job is at work"):
        world.interactions(spark)


def test_files_that_are_gone_are_made_again(spark: SparkSession, world: FilesWorld) -> None:
    world.lake_of(spark, "web", [view(n) for n in range(9)])
    first = published(world.interactions(spark))
    files = world.files(first)
    world.personalize.delete([first.files[0].key])

    again = published(world.interactions(spark))

    assert (again.number, again.mode, world.files(again)) == (2, FULL, files)


def test_the_newest_version_of_an_item_counts_and_tombstones_and_bad_lines_are_accounted_for(
    spark: SparkSession, world: FilesWorld
) -> None:
    world.snapshot(
        "items",
        [
            {"item_id": "i-1", "price": 1.5, "category_l1": "shoes", "updated_at": "2026-11-01T00:00:00Z"},
            {"item_id": "i-2", "genres": ["a", 'b "c"'], "release_year": 1995, "available": True},
            {"item_id": "i-3", "created_at": "2026-01-05T00:00:00Z", "description": 'Warm,\n"dry" \\ light'},
            b'{"item_id": 7}',
            {"item_id": "i-1", "price": 2, "updated_at": "2026-10-01T00:00:00Z"},
        ],
        taken_at=NOW - timedelta(days=2),
    )
    world.snapshot("items", [{"item_id": "i-2", "deleted": True}, {"item_id": "i-4", "price": 4e-7}])

    done = published(world.catalog(spark, "items"))

    rows = {found["ITEM_ID"]: {k: v for k, v in found.items() if v is not None} for found in world.rows(done)}
    assert rows == {
        "i-1": {"ITEM_ID": "i-1", "PRICE": 1.5, "CATEGORY_L1": "shoes"},
        "i-3": {
            "ITEM_ID": "i-3",
            "CREATION_TIMESTAMP": 1_767_571_200,
            "PRODUCT_DESCRIPTION": 'Warm,\n"dry" \\ light',
        },
        "i-4": {"ITEM_ID": "i-4", "PRICE": 4e-7},
    }
    assert done.outcomes == {"delivered": 3, "deduplicated": 0, "excluded:deleted": 1, "excluded:superseded": 2} | {
        "quarantined": 1
    }


def test_a_later_snapshot_of_few_items_is_an_incremental_publication(spark: SparkSession, world: FilesWorld) -> None:
    world.snapshot("items", [{"item_id": f"i-{n}", "price": n} for n in range(5)], taken_at=NOW - timedelta(days=1))
    first = published(world.catalog(spark, "items"))
    world.snapshot("items", [{"item_id": "i-3", "price": 33}])

    added = published(world.later(hours=1).catalog(spark, "items"))
    nothing = world.later(hours=2).catalog(spark, "items")
    whole = published(world.later(days=2).catalog(spark, "items"))

    prices = [[(found["ITEM_ID"], found["PRICE"]) for found in world.rows(done)] for done in (first, added, whole)]
    assert prices == [
        [(f"i-{n}", float(n)) for n in range(5)],
        [("i-3", 33.0)],
        [("i-0", 0.0), ("i-1", 1.0), ("i-2", 2.0), ("i-3", 33.0), ("i-4", 4.0)],
    ]
    assert nothing == "no new snapshot of items since publication 2"


def test_without_a_catalog_nothing_is_published_and_that_is_said(spark: SparkSession, world: FilesWorld) -> None:
    assert str(world.catalog(spark, "users")).startswith("no snapshot of users under ")
    assert world.interactions(spark) == "the lake is empty"


def test_a_mode_that_there_is_not_is_refused(spark: SparkSession, world: FilesWorld) -> None:
    with pytest.raises(ConfigurationError, match="--mode is one of auto, full, incremental"):
        world.interactions(spark, mode="partial")


def test_news_that_nobody_heard_are_told_again(spark: SparkSession, world: FilesWorld) -> None:
    world.lake_of(spark, "web", [view(1)])
    published(world.interactions(spark))
    world.personalize.delete(["_announced/interactions/0000000001"])

    world.interactions(spark)

    assert [detail["number"] for _, detail in world.bus.told] == [1, 1]
