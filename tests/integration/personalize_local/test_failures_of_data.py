"""What goes wrong with data at Personalize, and here in the same way: one test a failure.

The numbers are those of the emulator's README.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.personalize_failures import HEADER, SHOP, denying_s3, exported, report
from tests.support.personalize_server import running
from tests.support.personalize_walk import INTERACTIONS, Failed, Walk, csv_of

pytestmark = pytest.mark.integration


def test_1_milliseconds_in_a_file_are_imported_and_reported(walk: Walk) -> None:
    rows = [(user, item, at * 1_000, kind) for user, item, at, kind in SHOP.interactions]

    walk.imported("Interactions", csv_of(HEADER, rows), job=f"{walk.name}-ms")

    assert report(walk, f"{walk.name}-ms")["warnings"] == [
        f"{len(rows)} times have more than ten digits: they must be Unix seconds."
    ]


def test_2_a_missing_column_and_a_wrong_cell_fail_the_import_and_are_named(walk: Walk) -> None:
    without = csv_of(HEADER[:3], [row[:3] for row in SHOP.interactions])
    wrong = csv_of(HEADER, [*SHOP.interactions, ("user-1", "", 1_700_000_000, "View")])

    with pytest.raises(Failed, match=r"Input CSV is missing the following columns: \[EVENT_TYPE\]"):
        walk.imported("Interactions", without, job=f"{walk.name}-without")
    with pytest.raises(Failed, match="Input csv has rows that do not conform to the dataset schema"):
        walk.imported("Interactions", wrong, job=f"{walk.name}-wrong")

    [problem] = report(walk, f"{walk.name}-wrong")["problems"]
    assert (problem["file"], problem["row"], problem["column"]) == (
        f"s3://data/{walk.name}-wrong.csv",
        len(SHOP.interactions) + 2,
        "ITEM_ID",
    )


def test_3_too_few_interactions_of_a_type_fail_the_training(trained: Walk) -> None:
    rare = [(user, item, at, "Gift") for user, item, at, _ in SHOP.interactions[:999]]
    trained.imported("Interactions", csv_of(HEADER, [*SHOP.interactions, *rare]), job=f"{trained.name}-2")

    with pytest.raises(Failed, match="Dataset has fewer than 1000 interactions after filtering by event type: Gift"):
        trained.version(trained.solution("aws-user-personalization-v2", eventType="Gift"))


def test_3_too_few_users_fail_the_training(walk: Walk) -> None:
    rows = [(f"user-{n % 24}", f"item-{n % 90}", 1_700_000_000 + n, "View") for n in range(1_000)]
    walk.imported("Interactions", csv_of(HEADER, rows))

    with pytest.raises(Failed, match="Dataset has fewer than 25 users with at least 2 interactions each"):
        walk.version(walk.solution("aws-user-personalization-v2"))


def test_4_event_types_that_are_reserved_words_fail_the_training(walk: Walk) -> None:
    walk.imported("Interactions", csv_of(HEADER, [(u, i, at, "EVENT_TYPE") for u, i, at, _ in SHOP.interactions]))

    with pytest.raises(Failed, match="All values in the event_type column are either reserved keywords or null"):
        walk.version(walk.solution("aws-user-personalization-v2"))


def test_5_a_bucket_that_may_not_be_read_and_one_that_is_not_there(walk: Walk, tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"Invalid Data location\."):
        walk.active(
            "describe_dataset_import_job",
            "datasetImportJob",
            datasetImportJobArn=walk.start_import("Interactions", "s3://no-such-bucket/x.csv", f"{walk.name}-nowhere"),
        )
    with denying_s3() as url, running(tmp_path, url) as server:
        other = Walk(server, "denied")
        other.dataset("Interactions", INTERACTIONS)
        arn = other.start_import("Interactions", "s3://data/x.csv", "denied")
        with pytest.raises(Failed, match=r"Insufficient privileges for accessing data in Amazon S3\."):
            other.active("describe_dataset_import_job", "datasetImportJob", datasetImportJobArn=arn)


def test_11_full_replaces_what_was_imported_and_keeps_what_was_put(trained: Walk) -> None:
    trained.put(trained.tracker(), "user-put", "item-put", "View", 1_700_000_000)
    other = [(f"other-{user}", item, at, kind) for user, item, at, kind in SHOP.interactions]

    trained.imported("Interactions", csv_of(HEADER, other), job=f"{trained.name}-full")

    users = {row.split(",")[0] for row in exported(trained, "ALL")}
    assert users == {f"other-{user}" for user, _ in SHOP.users} | {"user-put"}


def test_11_an_increment_needs_a_first_import_and_a_thousand_rows(walk: Walk) -> None:
    few = csv_of(HEADER, SHOP.interactions[:999])

    with pytest.raises(ClientError, match="INCREMENTAL"):
        walk.imported("Interactions", few, mode="INCREMENTAL")
    walk.imported("Interactions", csv_of(HEADER, SHOP.interactions))
    with pytest.raises(Failed, match="at least 1000"):
        walk.imported("Interactions", few, job=f"{walk.name}-few", mode="INCREMENTAL")


def test_15_long_values_stray_files_and_filters_on_booleans(empty: Walk) -> None:
    walk = empty
    walk.dataset(
        "Items",
        [
            {"name": "ITEM_ID", "type": "string"},
            {"name": "KIND", "type": "string", "categorical": True},
            {"name": "ON_SALE", "type": "boolean"},
        ],
    )
    header = ["ITEM_ID", "KIND", "ON_SALE"]
    with pytest.raises(Failed, match="do not conform"):
        walk.imported("Items", csv_of(header, [("item-1", "x" * 1_001, "true")]), job=f"{walk.name}-long")
    location = f"s3://data/{walk.name}/"
    walk.upload(f"{walk.name}/part-0.csv", csv_of(header, [("item-1", "x", "true")]))
    walk.upload(f"{walk.name}/_SUCCESS", b"")
    with pytest.raises(Failed):
        walk.active(
            "describe_dataset_import_job",
            "datasetImportJob",
            datasetImportJobArn=walk.start_import("Items", location, f"{walk.name}-stray"),
        )
    [problem] = report(walk, f"{walk.name}-stray")["problems"]
    assert problem["file"] == f"{location}_SUCCESS"
    with pytest.raises(ClientError, match="Could not create filter"):
        walk.filter("sale", 'INCLUDE ItemID WHERE Items.ON_SALE IN ("true")')


def test_15_attributes_that_are_all_distinct_leave_nothing_to_train_on(trained: Walk) -> None:
    fields: list[dict[str, Any]] = [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "NAME", "type": "string", "categorical": True},
    ]
    trained.dataset("Items", fields)
    trained.imported("Items", csv_of(["ITEM_ID", "NAME"], [(item, f"name of {item}") for item, _, _ in SHOP.items]))

    with pytest.raises(Failed, match="Did not find any attribute to train on"):
        trained.version(trained.solution("aws-item-attribute-affinity"))


def test_15_an_impression_that_is_too_long_fails_the_import_and_the_call(empty: Walk) -> None:
    empty.dataset("Interactions", [*INTERACTIONS, {"name": "IMPRESSION", "type": ["null", "string"]}])
    rows = [(*row, "|".join(["item-12345"] * 100) if n == 7 else None) for n, row in enumerate(SHOP.interactions)]

    with pytest.raises(Failed, match="do not conform"):
        empty.imported("Interactions", csv_of([*HEADER, "IMPRESSION"], rows), job=f"{empty.name}-long")

    [problem] = report(empty, f"{empty.name}-long")["problems"]
    assert (problem["row"], problem["column"]) == (9, "IMPRESSION")
    with pytest.raises(ClientError, match="length less than or equal to 25"):
        empty.put(empty.tracker(), "user-1", "item-1", "View", 1_700_000_000, impression=["x"] * 26)
