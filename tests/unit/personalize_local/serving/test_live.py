"""A group is loaded once for all who wait, again when its data changed, and meanwhile the older one answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from personalize_local.clock import Clock
from personalize_local.serving.events import Event
from personalize_local.serving.group import catch_up, load_group
from personalize_local.serving.live import Live
from personalize_local.state.database import Database
from tests.support.shop import avro

pytestmark = pytest.mark.unit

ARN = "group"
ITEMS: dict[str, Any] = {
    "arn": "items",
    "schema": avro("Items", ITEM_ID="string", PRICE="float"),
    "domain": None,
    "segments": [],
}
INTERACTIONS: dict[str, Any] = {
    "arn": "interactions",
    "schema": avro("Interactions", USER_ID="string", ITEM_ID="string", TIMESTAMP="long"),
    "domain": None,
    "segments": [],
}


class Host:
    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.database = Database(path / "state.sqlite")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path)
    yield host
    host.database.close()


def datasets() -> Mapping[str, Mapping[str, Any]]:
    return {"Items": ITEMS, "Interactions": INTERACTIONS}


async def put_item(host: Host, item: str, price: float) -> None:
    row = ("items", item, json.dumps({"PRICE": price}), host.clock.now())
    insert = "INSERT INTO records (dataset, id, properties, put_at) VALUES (?, ?, ?, ?)"
    await host.database.commit(lambda connection: connection.execute(insert, row))


def test_all_who_wait_get_one_group_and_later_ones_too(host: Host) -> None:
    async def run() -> None:
        live = Live(host)
        first, second = await asyncio.gather(live.group(ARN, datasets), live.group(ARN, datasets))
        assert first is second
        assert await live.group(ARN, datasets) is first

    asyncio.run(run())


def test_a_group_whose_data_changed_is_loaded_again(host: Host) -> None:
    async def run() -> None:
        live = Live(host)
        before = await live.group(ARN, datasets)
        await put_item(host, "item-1", 5.0)
        live.forget(ARN)
        after = await live.group(ARN, datasets)
        assert (before.items.row("item-1"), after.items.row("item-1")) == (None, 0)

    asyncio.run(run())


def test_while_a_load_takes_long_the_older_group_answers_and_hears_of_events(host: Host) -> None:
    async def run() -> None:
        live = Live(host, patience_seconds=0)
        before = await live.group(ARN, datasets)
        live.forget(ARN)
        meanwhile = await live.group(ARN, datasets)
        live.put_event(ARN, Event(1, "user-1", "item-1", "View", 1_800_000_000, None), ())
        assert meanwhile is before
        assert [event.item for event in before.events.of("user-1")] == ["item-1"]
        while (after := await live.group(ARN, datasets)) is before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert after is not before

    asyncio.run(run())


def test_what_was_put_since_a_group_was_loaded_is_caught_up_with(host: Host) -> None:
    path = host.database.path
    asyncio.run(put_item(host, "item-1", 1.0))
    group = load_group(datasets(), path, now=host.clock.now())
    asyncio.run(put_item(host, "item-9", 9.0))

    catch_up(group, datasets(), path, now=host.clock.now())

    prices = {item: group.item_records.values(item, ["PRICE"]) for item in ("item-1", "item-9")}
    assert prices == {"item-1": {"PRICE": 1.0}, "item-9": {"PRICE": 9.0}}


def test_a_deleted_group_is_dropped(host: Host) -> None:
    async def run() -> None:
        live = Live(host)
        before = await live.group(ARN, datasets)
        live.drop(ARN)
        assert await live.group(ARN, datasets) is not before

    asyncio.run(run())
