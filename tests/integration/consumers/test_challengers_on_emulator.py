"""The reconciler, with models that the emulator trains: who wins takes over, who loses is held, who fails goes back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contract.manifest import FULL, INCREMENTAL, encode_manifest
from contract.times import format_instant
from tests.support.challenger_arena import START, Row, shuffled, visits
from tests.support.personalize_server import Server, running, s3_server
from tests.support.published_shop import csv_of
from tests.support.reconciler_emulator import Emulated

pytestmark = pytest.mark.integration

_HOUR = 3_600.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with s3_server() as s3, running(tmp_path_factory.mktemp("personalize"), s3) as server:
        yield server


def test_a_better_version_takes_over_a_worse_one_is_held_and_one_that_shoppers_turn_from_goes_back(
    server: Server,
) -> None:
    deployment = Emulated(server, "contest")
    publish(deployment, 1, visits(seed=1, start=START, each=24, keeps=0.5))
    deployment.settle()
    first = served(deployment)

    deployment.ahead = 7 * _HOUR  # the policy keeps trainings apart
    publish(deployment, 2, visits(seed=1, start=START, each=30))
    deployment.settle()
    assert served(deployment) == first  # until users have come again

    publish(deployment, 3, visits(seed=2, start=int(time.time()) + 60, each=6), mode=INCREMENTAL)
    deployment.settle()
    second = served(deployment)
    assert [said(deployment)[-1][key] for key in ("Decision", "SolutionVersion", "Replaces")] == [
        "promoted",
        second,
        first,
    ]
    assert second != first

    publish(deployment, 4, shuffled(visits(seed=3, start=START, each=36)))
    deployment.settle()
    assert served(deployment) == second
    assert said(deployment)[-1]["Decision"] == "held"
    assert said(deployment)[-1]["Why"].startswith("By Personalize's metrics, NDCG@25 ")

    shoppers_turn_away(deployment)
    deployment.settle()
    assert served(deployment) == first
    last = said(deployment)[-1]
    assert (last["Decision"], last["SolutionVersion"], last["Replaces"]) == ("rolled_back", first, second)
    assert last["Numbers"]["drop"] == 0.9


def publish(deployment: Emulated, number: int, rows: Sequence[Row], *, mode: str = FULL) -> None:
    """With a last day that has them all."""
    named = [dict(zip(("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"), row, strict=True)) for row in rows]
    key = f"interactions/{number:010d}/last_day.csv"
    deployment.store.put(key, csv_of("interactions", named))
    manifest = deployment.publish("interactions", named, number=number, mode=mode)
    deployment.store.put(manifest.key, encode_manifest(replace(manifest, last_day_key=key)))


def served(deployment: Emulated) -> str:
    """The version that answers."""
    resources = json.loads(deployment.state.items["personalize", "resources"]["value"])
    arn: str = resources["campaigns"]["user-personalization"]["solution_version_arn"]
    return arn


def said(deployment: Emulated) -> list[dict[str, Any]]:
    """Of promotions, what the bus was told."""
    return [detail for kind, detail in deployment.bus.events if kind == "Personalize Promotion Decided"]


def shoppers_turn_away(deployment: Emulated) -> None:
    """Of 2,000 lists 200 were clicked before the promotion, and 20 since."""
    table, now = deployment.state, time.time()
    table.put("watermark#realtime", "shard-0", {"sequence": "1", "sub": 0, "version": 1})
    for at, clicks in ((now - _HOUR, 200), (now + _HOUR, 20)):
        start = format_instant(datetime.fromtimestamp(at // 300 * 300, UTC))
        table.put("clickthrough#shard-0", start, {"shown": 2_000, "clicked": clicks})
