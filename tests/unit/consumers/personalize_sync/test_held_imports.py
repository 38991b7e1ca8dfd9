"""Publications that could lose history, or must fail, are held, and say why."""

from __future__ import annotations

import pytest

from consumers.personalize_sync.records import force_import
from contract.manifest import INCREMENTAL
from tests.support.reconciler_bucket import damage, publish
from tests.support.reconciler_imports import held, imports, key
from tests.support.reconciler_world import Deployment

pytestmark = pytest.mark.unit


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
