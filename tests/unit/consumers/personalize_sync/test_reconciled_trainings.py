"""Trainings in the reconciler: after imports, once a decision, and with the baseline beside."""

from __future__ import annotations

import msgspec
import pytest

from consumers.personalize_sync.plan import Decision
from consumers.personalize_sync.records import StateRecords
from contract.manifest import INCREMENTAL
from tests.support.mortal import Fuse, Killed
from tests.support.reconciler_bucket import PROFILE, publish, publish_all
from tests.support.reconciler_world import ARN, SETTINGS, SOLUTION, Deployment

pytestmark = pytest.mark.unit

_HOUR = 3_600.0


def trained(world: Deployment) -> list[str]:
    """Names of versions, in order."""
    versions = (made for made in world.personalize.made.values() if made.kind == "SolutionVersion")
    return [made.body["name"].removeprefix("shop-test-") for made in versions]


def test_a_training_waits_until_imports_have_ended_and_the_baseline_comes_with_it() -> None:
    world = Deployment.published()
    world.settle()
    world.now += 7 * _HOUR
    publish(world.s3, "items", 2, mode=INCREMENTAL, rows=5)
    world.personalize.takes = 100.0
    world.round()
    imported_at = world.now + 100
    world.personalize.takes = 2.0
    publish(world.s3, "interactions", 2, mode=INCREMENTAL)

    world.settle()

    assert trained(world) == ["user-personalization-1", "popularity-1", "user-personalization-2", "popularity-2"]
    made = world.personalize.made.values()
    second = next(each for each in made if each.body.get("name") == "shop-test-user-personalization-2")
    assert second.created >= imported_at


def test_an_import_that_personalize_refuses_keeps_no_training_back() -> None:
    world = Deployment.published()
    world.personalize.refuses["CreateDatasetImportJob"] = [("InvalidInputException", "No.")]

    ended = world.settle()

    assert ended.is_settled
    assert world.started("dataset-import-job/shop-test-items") == []
    assert trained(world) == ["user-personalization-1", "popularity-1"]


def test_no_training_without_news() -> None:
    world = Deployment.published()
    world.settle()

    for _ in range(5):
        world.now += 24 * _HOUR
        world.settle()

    assert trained(world) == ["user-personalization-1", "popularity-1"]
    assert len(world.news("Personalize Training Decided")) == 2


def test_what_was_decided_before_a_crash_is_done_without_deciding_again() -> None:
    world = Deployment()
    for dataset in ("items", "users"):
        publish(world.s3, dataset, 1)
    publish(world.s3, "interactions", 1, profile={**PROFILE, "active_users": 1})
    decision = Decision(key=f"train#{SOLUTION}#1", kind="train", decision="train", why="", subject=SOLUTION)
    StateRecords(world.state).note(decision, at=world.now)

    world.settle()

    assert trained(world)[:1] == ["user-personalization-1"]


def test_a_version_that_was_asked_for_and_not_seen_is_not_asked_for_under_another_name() -> None:
    world = Deployment.published()
    fuse = Fuse(left=1, after=True)
    make = world.personalize._create

    def dying(kind: str, request: dict[str, object]) -> dict[str, object]:
        if kind != "SolutionVersion":
            return make(kind, request)
        with fuse.burning():
            return make(kind, request)

    world.personalize._create = dying  # type: ignore[method-assign]
    with pytest.raises(Killed):
        world.settle()

    world.settle()

    assert trained(world) == ["user-personalization-1", "popularity-1"]


def test_what_comes_by_the_stream_alone_is_trained_on_once_the_files_show_that_there_is_enough() -> None:
    world = Deployment(settings=msgspec.structs.replace(SETTINGS, interactions_source="stream"))
    publish_all(world.s3)
    world.personalize.put_events = True

    world.settle()

    assert trained(world)[0] == "user-personalization-1"
    assert [name for name in world.started("dataset-import-job") if "interactions" in name] == []


def test_a_version_that_a_person_made_is_not_followed_by_another_at_once() -> None:
    world = Deployment.published()
    world.settle()
    world.personalize.create_solution_version(
        name="by-hand", solutionArn=f"{ARN}solution/shop-test-user-personalization"
    )

    world.now += 60
    world.settle()

    assert trained(world) == ["user-personalization-1", "popularity-1", "by-hand", "popularity-2"]
