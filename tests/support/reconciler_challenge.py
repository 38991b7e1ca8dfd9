"""A deployment whose campaign answers, and to which a challenger comes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from contract.manifest import INCREMENTAL
from contract.times import format_instant
from tests.support.reconciler_bucket import publish
from tests.support.reconciler_personalize import version_id
from tests.support.reconciler_world import SOLUTION, Deployment

USERS = [f"user-{number:03d}" for number in range(120)]
WANTED = "item-wanted"
CHAMPION = f"{SOLUTION}/{version_id('shop-test-user-personalization-1')}"
CHALLENGER = f"{SOLUTION}/{version_id('shop-test-user-personalization-2')}"
POPULARITY = version_id("shop-test-popularity-2")
FINDS, FAILS = [WANTED, "item-1"], ["item-1", "item-2"]
_HOUR = 3_600.0


def challenged(world: Deployment | None = None, *, challenger_ndcg: float = 0.4, finds: bool = True) -> Deployment:
    """The challenger is ACTIVE by Personalize's metric, and has been asked; nobody has come since.

    `finds`: whether it recommends what users will want next; the champion and popularity do not.
    """
    world = world or Deployment.published()
    metric = {"normalized_discounted_cumulative_gain_at_25": challenger_ndcg}
    world.personalize.metrics = {CHALLENGER: metric, **world.personalize.metrics}
    world.lists = {CHALLENGER.rpartition("/")[2]: dict.fromkeys(USERS, FINDS if finds else FAILS)}
    world.lists |= {part: dict.fromkeys(USERS, FAILS) for part in (CHAMPION.rpartition("/")[2], POPULARITY)}
    world.settle()
    world.now += 7 * _HOUR
    publish_day(world, 2)
    world.settle()
    return world


def publish_day(world: Deployment, number: int, *, users: Sequence[str] = USERS, rows: int = 1_000) -> None:
    """An increment with a last day, on which each of these users came to the item that they want."""
    key = f"interactions/{number:010d}/last_day.csv"
    lines = "".join(f"{user},{WANTED},{int(world.now)}\n" for user in users)
    world.s3.objects[key] = f"USER_ID,ITEM_ID,TIMESTAMP\n{lines}".encode()
    finished = format_instant(datetime.fromtimestamp(world.now, UTC))
    publish(world.s3, "interactions", number, mode=INCREMENTAL, rows=rows, last_day_key=key, finished_at=finished)


def come_again(world: Deployment, number: int, *, users: Sequence[str] = USERS) -> None:
    """An hour later; so few rows that they give no reason to train again."""
    world.now += _HOUR
    publish_day(world, number, users=users, rows=len(users))


def served(world: Deployment) -> str:
    """ARN of the version that the campaign answers with, as consumers are told."""
    resources = json.loads(world.state.items["personalize", "resources"]["value"])
    arn: str = resources["campaigns"]["user-personalization"]["solution_version_arn"]
    return arn


def click(world: Deployment, *, hours: float, shown: int, clicked: int) -> None:
    """Time passes; of each five minutes so many recommendations were shown, and clicked."""
    world.state.put("watermark#realtime", "shard-0", {"sequence": "1", "sub": 0, "version": 1})
    until = world.now + hours * _HOUR
    while world.now < until:
        start = format_instant(datetime.fromtimestamp(world.now // 300 * 300, UTC))
        world.state.put("clickthrough#shard-0", start, {"shown": shown, "clicked": clicked})
        world.now += 300
