"""Which publication is imported when: nothing is imported twice, or out of order."""

from __future__ import annotations

import msgspec
import pytest

from contract.errors import ConfigurationError
from contract.manifest import INCREMENTAL
from tests.support.reconciler_bucket import publish, publish_all
from tests.support.reconciler_imports import imports
from tests.support.reconciler_world import ARN, SETTINGS, Deployment

pytestmark = pytest.mark.unit


def test_a_dataset_begins_with_its_newest_full_and_goes_on_with_its_increments_in_order() -> None:
    world = Deployment()
    publish(world.s3, "interactions", 1)
    publish(world.s3, "interactions", 2, mode=INCREMENTAL)
    publish(world.s3, "interactions", 3)
    publish(world.s3, "interactions", 4, mode=INCREMENTAL)
    publish(world.s3, "interactions", 5, mode=INCREMENTAL)

    world.settle()

    assert imports(world) == ["3-full-1", "4-incremental-1", "5-incremental-1"]


def test_an_increment_whose_full_was_never_imported_waits() -> None:
    world = Deployment()
    publish(world.s3, "interactions", 2, mode=INCREMENTAL)

    ended = world.settle()

    assert (ended.is_settled, imports(world)) == (True, [])


def test_increments_go_one_at_a_time() -> None:
    world = Deployment.published()
    world.settle()
    for number in (2, 3):
        publish(world.s3, "interactions", number, mode=INCREMENTAL)

    world.round()
    second = world.round()

    assert (imports(world), second.done) == (["1-full-1", "2-incremental-1"], ())
    assert "an import of interactions is under way" in second.waits


def test_a_new_full_goes_before_increments_that_it_has_in_it() -> None:
    world = Deployment.published()
    world.settle()
    publish(world.s3, "interactions", 2, mode=INCREMENTAL)
    publish(world.s3, "interactions", 3)
    publish(world.s3, "interactions", 4, mode=INCREMENTAL)

    world.settle()

    assert imports(world) == ["1-full-1", "3-full-1", "4-incremental-1"]


def test_few_changed_items_are_an_increment_all_the_same() -> None:
    world = Deployment.published()
    world.settle()
    publish(world.s3, "items", 2, mode=INCREMENTAL, rows=3)

    world.settle()

    assert imports(world, "items") == ["1-full-1", "2-incremental-1"]


def test_items_and_users_come_before_the_first_interactions() -> None:
    world = Deployment()
    publish_all(world.s3)

    world.settle()

    order = [name.removeprefix("dataset-import-job/shop-test-") for name in world.started("dataset-import-job")]
    assert order == ["items-1-full-1", "users-1-full-1", "interactions-1-full-1"]


def test_a_catalog_that_cannot_be_imported_does_not_keep_interactions_back() -> None:
    world = Deployment()
    publish_all(world.s3)
    world.personalize.fails["items-1-full"] = "Input CSV is missing the following columns: [A]."

    world.settle()

    assert imports(world) == ["1-full-1"]


def test_where_interactions_come_by_the_stream_their_files_are_not_imported() -> None:
    world = Deployment(settings=msgspec.structs.replace(SETTINGS, interactions_source="stream"))
    publish_all(world.s3)

    world.settle()

    assert [imports(world, name) for name in ("interactions", "items", "users")] == [[], ["1-full-1"], ["1-full-1"]]


def test_a_quota_on_pending_imports_and_a_dataset_in_use_are_waited_for() -> None:
    world = Deployment.published()
    busy = [
        ("LimitExceededException", "More than 5 resources with PENDING or IN_PROGRESS status."),
        ("ResourceInUseException", "The dataset is in use."),
        ("ThrottlingException", "Rate exceeded"),
        ("ResourceAlreadyExistsException", "Another resource with that name already exists."),
    ]
    world.personalize.refuses["CreateDatasetImportJob"] = busy

    ended = world.settle()

    assert ended.is_settled
    assert imports(world) == ["1-full-1"]
    assert [
        detail for detail in world.news("Personalize DatasetImportJob State Change") if "FailureReason" in detail
    ] == []


def test_a_changed_contract_makes_a_new_schema_for_the_dataset_before_anything_is_imported() -> None:
    world = Deployment.published()
    world.settle()
    dataset = world.personalize.made[f"{ARN}dataset/shop-test/ITEMS"]
    new = dataset.body["schemaArn"]
    dataset.body["schemaArn"] = f"{ARN}schema/shop-test-items-00000000"
    publish(world.s3, "items", 2)

    world.settle()

    update = f"dataset/shop-test/ITEMS -> {new.removeprefix(ARN)}"
    started = world.started("")
    assert world.started("dataset/shop-test/ITEMS")[1:] == [update]
    assert started.index(update) < started.index("dataset-import-job/shop-test-items-2-full-1")


def test_access_refused_stops_with_the_call_that_was_refused() -> None:
    world = Deployment()
    world.personalize.refuses["CreateDatasetGroup"] = [("AccessDeniedException", "not authorized")]

    with pytest.raises(ConfigurationError, match=r"CreateDatasetGroup .*dataset-group/shop-test: .*not authorized"):
        world.settle()
