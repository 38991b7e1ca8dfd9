"""Asking versions what they would recommend: the same users for all, once, and what fails is told."""

from __future__ import annotations

import msgspec
import pytest

from tests.support.reconciler_alerts import alerts
from tests.support.reconciler_challenge import CHAMPION, USERS, challenged, click, come_again, publish_day, served
from tests.support.reconciler_world import SETTINGS, Deployment

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("reason", ["Invalid S3 input path", "Invalid S3 output path"])
def test_a_batch_that_fails_is_told_and_leaves_the_champion(reason: str) -> None:
    world = Deployment.published()
    world.personalize.fails["batch-inference-job/"] = reason
    failing = challenged(world)

    assert served(failing) == CHAMPION
    assert alerts(failing.bus.events) == [("resource-failed", reason)] * 3


def test_a_batch_that_is_refused_at_once_is_told_and_leaves_the_champion() -> None:
    world = Deployment.published()
    world.personalize.refuses["CreateBatchInferenceJob"] = [("InvalidInputException", "Invalid S3 input path")] * 3
    failing = challenged(world)

    assert served(failing) == CHAMPION
    assert alerts(failing.bus.events) == [("resource-failed", "Invalid S3 input path")] * 3


def test_all_are_asked_about_the_same_users_though_a_newer_day_comes_before_the_last_is_asked() -> None:
    world = Deployment.published()
    world.personalize.refuses["CreateBatchInferenceJob"] = [("InvalidInputException", "Not now.")] * 3
    challenged(world)
    [key] = [key for key in world.s3.objects if key.endswith("users.jsonl")]
    asked = world.s3.objects[key]
    publish_day(world, 3, users=USERS[:5])
    world.now += 3_600

    world.settle()

    assert (len(asked.splitlines()), world.s3.objects[key]) == (len(USERS), asked)
    assert len(world.started("batch-inference-job/")) == 3


def test_a_day_that_was_looked_at_is_not_read_again() -> None:
    world = challenged()
    come_again(world, 3, users=USERS[:60])
    world.settle()
    del world.s3.objects["interactions/0000000003/last_day.csv"]

    ended = world.settle()

    assert [why for why in ended.waits if "60 of 100 users came" in why] != []


def test_a_day_that_is_missing_is_waited_for_and_keeps_nothing_else_back() -> None:
    world = challenged()
    come_again(world, 3)
    del world.s3.objects["interactions/0000000003/last_day.csv"]

    ended = world.settle()

    assert [why for why in ended.waits if "last_day.csv is missing" in why] != []
    assert served(world) == CHAMPION


def test_a_month_that_would_cost_more_than_the_cap_makes_nothing_and_says_so_once() -> None:
    world = Deployment.published(settings=msgspec.structs.replace(SETTINGS, monthly_cap_usd=100))

    ended = world.settle()
    world.settle()

    assert (ended.is_settled, world.personalize.started) == (True, [])
    [detail] = world.news("Personalize Cost Refused")
    assert detail["Why"].startswith("An estimated $4")
    assert [name for name, _ in alerts(world.bus.events)] == ["cost-refused"]
    assert [(kind, word) for kind, word, _ in world.decisions()] == [("cost", "refused")]


def test_over_the_cap_a_rollback_still_goes_through() -> None:
    world = challenged()
    click(world, hours=12, shown=100, clicked=10)
    come_again(world, 3)
    world.settle()
    click(world, hours=6, shown=100, clicked=2)
    world.settings = msgspec.structs.replace(SETTINGS, monthly_cap_usd=100)

    world.settle()

    assert served(world) == CHAMPION
