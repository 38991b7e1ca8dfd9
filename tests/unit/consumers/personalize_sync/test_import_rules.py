"""Which publication is imported when: history is never lost, nothing is imported twice, and what is held says why."""

from __future__ import annotations

import msgspec
import pytest

from consumers.personalize_sync.records import force_import
from contract.errors import ConfigurationError
from contract.manifest import INCREMENTAL
from tests.support.reconciler_bucket import damage, publish, publish_all
from tests.support.reconciler_world import ARN, SETTINGS, Deployment

pytestmark = pytest.mark.unit


def imports(world: Deployment, dataset: str = "interactions") -> list[str]:
    """In the order in which they were started."""
    front = f"dataset-import-job/shop-test-{dataset}-"
    return [name.removeprefix(front) for name in world.started("dataset-import-job") if name.startswith(front)]


def held(world: Deployment) -> list[tuple[str, str]]:
    return [(detail["Manifest"], detail["Why"]) for detail in world.news("Personalize Import Held")]


def key(number: int, dataset: str = "interactions") -> str:
    return f"_ready/{dataset}/{number:010d}.json"


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
    at_once = imports(world)
    world.round()

    assert (at_once, imports(world)) == (["1-full-1", "2-incremental-1"],) * 2


def test_a_new_full_goes_before_increments_that_it_has_in_it() -> None:
    world = Deployment.published()
    world.settle()
    publish(world.s3, "interactions", 2, mode=INCREMENTAL)
    publish(world.s3, "interactions", 3)
    publish(world.s3, "interactions", 4, mode=INCREMENTAL)

    world.settle()

    assert imports(world) == ["1-full-1", "3-full-1", "4-incremental-1"]


def test_a_full_with_far_fewer_rows_is_held_and_told_once_and_the_old_chain_goes_on() -> None:
    world = Deployment.published()
    world.settle()
    publish(world.s3, "interactions", 2, mode=INCREMENTAL, rows=1_000)
    publish(world.s3, "interactions", 3, rows=900)
    publish(world.s3, "interactions", 4, mode=INCREMENTAL)

    world.settle()
    world.settle()

    assert imports(world) == ["1-full-1", "2-incremental-1"]
    first = "FULL would replace 2,000 imported rows by 900; 1,000 or more go by themselves"
    assert held(world) == [(key(3), first)]
    [detail] = world.news("Personalize Import Held")
    assert detail["Numbers"] == {"rows": 900, "imported": 2_000, "least": 1_000.0}
    assert ("import", "held", f"import#{key(3)}#rows") in world.decisions()


def test_a_held_full_is_imported_when_a_person_says_so() -> None:
    world = Deployment.published()
    world.settle()
    publish(world.s3, "interactions", 2, rows=10)
    world.settle()
    before = imports(world)

    force_import(world.state, key(2), who="ada", at=world.now)
    world.settle()

    assert (before, imports(world)) == (["1-full-1"], ["1-full-1", "2-full-1"])


def test_rows_of_increments_count_among_those_that_a_full_would_replace() -> None:
    world = Deployment.published()
    world.settle()
    publish(world.s3, "interactions", 2, mode=INCREMENTAL, rows=10_000)
    world.settle()
    publish(world.s3, "interactions", 3, rows=5_999)

    world.settle()

    assert imports(world) == ["1-full-1", "2-incremental-1"]
    assert held(world) == [(key(3), "FULL would replace 12,000 imported rows by 5,999; 6,000 or more go by themselves")]


def test_where_no_manifest_tells_what_was_imported_a_full_is_held() -> None:
    world = Deployment.published()
    world.settle()
    del world.s3.objects[key(1)]
    publish(world.s3, "interactions", 2)

    world.settle()

    assert imports(world) == ["1-full-1"]
    assert held(world) == [(key(2), "no manifest tells how many rows were imported before")]


def test_files_that_are_not_as_published_are_held_until_they_are() -> None:
    world = Deployment()
    manifest = publish(world.s3, "items", 1)
    good = dict(world.s3.objects)
    damage(world.s3, manifest)

    world.settle()
    assert imports(world, "items") == []
    assert held(world) == [(key(1, "items"), "below items/0000000001/full/ are not the files that the manifest names")]

    world.s3.objects |= good
    world.settle()
    assert imports(world, "items") == ["1-full-1"]


def test_a_stray_file_below_the_prefix_holds_the_import_that_it_would_fail() -> None:
    world = Deployment()
    manifest = publish(world.s3, "items", 1)
    world.s3.objects[f"{manifest.prefix}_SUCCESS"] = b""

    world.settle()

    assert imports(world, "items") == []
    assert [manifest_key for manifest_key, _ in held(world)] == [key(1, "items")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{", "its manifest cannot be read: JSONDecodeError"),
        (b"{}", "its manifest cannot be read: KeyError('files')"),
        (b'{"files": [], "sources": [], "gate": []}', "its manifest cannot be read: TypeError"),
    ],
)
def test_an_unreadable_manifest_is_held_and_increments_after_it_wait(data: bytes, why: str) -> None:
    world = Deployment.published()
    world.settle()
    world.s3.objects[key(2)] = data
    publish(world.s3, "interactions", 3, mode=INCREMENTAL)

    world.settle()

    assert imports(world) == ["1-full-1"]
    [(manifest_key, said)] = held(world)
    assert (manifest_key, said.startswith(why)) == (key(2), True)


def test_a_manifest_that_is_not_what_its_name_says_is_held() -> None:
    world = Deployment()
    publish(world.s3, "items", 1)
    world.s3.objects[key(7, "items")] = world.s3.objects.pop(key(1, "items"))

    world.settle()

    assert held(world) == [(key(7, "items"), "its manifest cannot be read: ValueError('it is of items 1')")]


def test_a_manifest_that_points_outside_its_prefix_is_held() -> None:
    world = Deployment()
    publish(world.s3, "items", 1)
    text = world.s3.objects[key(1, "items")].decode()
    world.s3.objects[key(1, "items")] = text.replace('"prefix": "items/', '"prefix": "secret/').encode()

    world.settle()

    assert held(world) == [
        (key(1, "items"), "its manifest cannot be read: ValueError('its files are not below its prefix')")
    ]


def test_files_of_another_contract_wait_for_the_next_publication() -> None:
    world = Deployment()
    manifest = publish(world.s3, "items", 1)
    world.s3.objects[manifest.schema_key] = b'{"type": "record"}'

    world.settle()
    publish(world.s3, "items", 2)
    world.settle()

    assert imports(world, "items") == ["2-full-1"]
    assert [manifest_key for manifest_key, _ in held(world)] == [key(1, "items")]


@pytest.mark.parametrize("facts", [{"rows": 999}, {"size": 10**9 + 1}])
def test_an_increment_that_personalize_would_refuse_waits_for_the_next_full(facts: dict[str, int]) -> None:
    world = Deployment.published()
    world.settle()
    publish(world.s3, "interactions", 2, mode=INCREMENTAL, **facts)
    publish(world.s3, "interactions", 3, mode=INCREMENTAL)

    ended = world.settle()

    assert imports(world) == ["1-full-1", "3-incremental-1"]
    assert held(world) == []
    assert ended.is_settled


def test_few_changed_items_are_an_increment_all_the_same() -> None:
    world = Deployment.published()
    world.settle()
    publish(world.s3, "items", 2, mode=INCREMENTAL, rows=3)

    world.settle()

    assert imports(world, "items") == ["1-full-1", "2-incremental-1"]


def test_an_older_increment_never_replaces_newer_rows() -> None:
    world = Deployment.published()
    world.settle()
    late = publish(world.s3, "items", 2, mode=INCREMENTAL)
    good = dict(world.s3.objects)
    damage(world.s3, late)
    publish(world.s3, "items", 3, mode=INCREMENTAL)
    world.settle()

    world.s3.objects |= {name: data for name, data in good.items() if name.startswith("items/0000000002")}
    world.settle()

    assert imports(world, "items") == ["1-full-1", "3-incremental-1"]


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
