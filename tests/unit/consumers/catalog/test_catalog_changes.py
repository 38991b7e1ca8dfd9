"""What becomes of changes of the catalog: the newest reaches Personalize and the next files, whatever happens."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from consumers.catalog.changes import Message
from contract.catalog import ITEM, USER
from contract.rows import read_row
from contract.snapshots import snapshot_time
from tests.support.catalog_world import CatalogWorld, body_of, item, message, of_users

pytestmark = pytest.mark.unit


def test_a_change_is_put_with_its_columns_as_one_json_string_and_lies_in_a_snapshot() -> None:
    world = CatalogWorld()
    row = item("i-1", 5, price=2.5, category_l1="shoes", genres=["a", "b"], available=True, description="Warm & dry ü")
    row |= {"created_at": "2026-01-05T00:00:00Z", "brand": None, "colour": "red"}

    given_back = world.consume([message(1, row)])

    assert given_back == []
    assert world.personalize.has("items") == {
        "i-1": {
            "categoryL1": "shoes",
            "genres": "a|b",
            "price": 2.5,
            "productDescription": "Warm & dry ü",
            "creationTimestamp": 1_767_571_200,
            "available": "True",
        }
    }
    [key] = world.raw.objects
    assert key.startswith("catalog/items/dt=2026-11-23/090000Z-")
    assert world.raw.lines() == [
        {
            "item_id": "i-1",
            "category_l1": "shoes",
            "genres": ["a", "b"],
            "price": 2.5,
            "description": "Warm & dry ü",
            "created_at": "2026-01-05T00:00:00Z",
            "available": True,
            "updated_at": "2026-11-23T08:05:00.000Z",
        }
    ]
    assert world.outcomes() == {"changes_delivered": 1, "put_calls": 1}


def test_a_snapshot_of_changes_is_one_that_the_jobs_read_line_by_line() -> None:
    world = CatalogWorld()
    nasty = {
        "item_id": 'i "1"\\\n',
        "description": "a\u2028b\t",
        "genres": ["ü"],
        "updated_at": "2026-11-23T10:05:00+02:00",
    }

    world.consume([message(1, nasty), message(2, item("i-2", deleted=True)), *of_users([(3, {"user_id": "u-1"})])])

    read = {key: snapshot_time(key) for key in world.raw.objects}
    rows = [read_row(ITEM, line) for line in world.raw.bytes_of("catalog/items/")]
    assert list(read.values()) == [datetime(2026, 11, 23, 9, tzinfo=UTC)] * 2
    assert rows == [
        nasty | {"updated_at": "2026-11-23T08:05:00.000Z"},
        {"item_id": "i-2", "deleted": True, "updated_at": "2026-11-23T09:00:00.000Z"},
    ]
    assert [read_row(USER, line) for line in world.raw.bytes_of("catalog/users/")] == [
        {"user_id": "u-1", "updated_at": "2026-11-23T09:00:00.000Z"}
    ]


def test_of_several_changes_of_one_item_the_newest_is_put_whatever_their_order() -> None:
    world = CatalogWorld()

    world.consume([message(1, item("i-1", 9, price=9)), message(2, item("i-1", 3, price=3)), message(3, item("i-2"))])

    assert world.personalize.has("items") == {"i-1": {"price": 9}, "i-2": {}}
    assert world.outcomes() == {"changes_delivered": 2, "changes_excluded": 1, "put_calls": 1}
    assert [line["item_id"] for line in world.raw.lines()] == ["i-1", "i-2"]


def test_a_row_that_does_not_say_when_it_was_made_is_as_old_as_its_event() -> None:
    world = CatalogWorld()
    world.consume([message(1, item("i-1", price=1), time="2026-11-23T08:10:00Z")])

    world.consume([message(2, item("i-1", 9, price=9)), message(3, item("i-1", 11, price=11))])

    assert world.personalize.has("items") == {"i-1": {"price": 11}}
    assert [line["updated_at"] for line in world.raw.lines()] == [
        "2026-11-23T08:10:00.000Z",
        "2026-11-23T08:11:00.000Z",
    ]


def test_a_deleted_item_is_not_available_and_lies_as_a_tombstone_in_the_snapshot() -> None:
    world = CatalogWorld()
    world.consume([message(1, item("i-1", 1, price=1, available=True))])

    world.consume([message(2, item("i-1", 2, deleted=True, category_l1="shoes", available=True))])

    assert world.personalize.has("items") == {"i-1": {"available": "False", "categoryL1": "shoes"}}
    assert [line for line in world.raw.lines() if line.get("deleted")] == [
        {"item_id": "i-1", "category_l1": "shoes", "available": True, "deleted": True}
        | {"updated_at": "2026-11-23T08:02:00.000Z"}
    ]


def test_a_deleted_user_is_left_to_the_files_and_an_older_change_does_not_bring_him_back() -> None:
    world = CatalogWorld()
    gone = {"user_id": "u-1", "deleted": True, "updated_at": "2026-11-23T08:09:00Z"}

    world.consume(of_users([(1, gone), (2, {"user_id": "u-2", "membership": "gold"})]))
    counted = world.outcomes()
    world.consume(of_users([(3, {"user_id": "u-1", "membership": "old", "updated_at": "2026-11-23T08:01:00Z"})]))

    assert counted == {"changes_delivered": 1, "changes_excluded": 1, "put_calls": 1}
    assert world.personalize.has("users") == {"u-2": {"membership": "gold"}}
    assert {line["user_id"]: line.get("deleted") for line in world.raw.lines("catalog/users/")} == {
        "u-1": True,
        "u-2": None,
    }


@pytest.mark.parametrize(
    ("bad", "reason", "rule"),
    [
        (body_of("m-1", "no json"), "not_json", "message.body"),
        (body_of("m-1", "[" * 100_000), "not_json", "message.body"),
        (body_of("m-1", "[1]"), "not_json", "message.body"),
        (message(1, item("i-1"), kind="Price Changed"), "refused_value", "message.detail-type"),
        (message(1, item("i-1"), time="yesterday"), "bad_format", "message.time"),
        (message(1, {"item_id": 7}), "wrong_type", "item_id.type"),
        (message(1, {"price": 7}), "missing", "item_id.required"),
        (message(1, None), "not_json", "line.json"),
        (message(1, {"item_id": "\ud800"}), "not_utf8", "line.text"),
        (body_of("m-1", '{"detail-type": "User Changed", "detail": {"user_id": ""}}'), "bad_format", "message.time"),
    ],
)  # fmt: skip
def test_a_message_that_makes_no_change_is_kept_with_its_bytes_and_reason_and_blocks_nobody(
    bad: Message, reason: str, rule: str
) -> None:
    world = CatalogWorld()

    given_back = world.consume([bad, message(2, item("i-2", price=2))])

    assert given_back == []
    [line] = world.quarantine.lines("catalog-changes/dt=2026-11-23/")
    assert line == {
        "reason": reason,
        "rule": rule,
        "message": "m-1",
        "arrived_at": "2026-11-23T09:00:00.000Z",
        "payload": base64.b64encode(bad["body"].encode()).decode(),
    }
    assert world.personalize.has("items") == {"i-2": {"price": 2}}
    assert world.outcomes() == {"changes_delivered": 1, "changes_quarantined": 1, "put_calls": 1}


def test_what_cannot_be_quarantined_comes_again_and_the_rest_goes_on() -> None:
    world = CatalogWorld()
    world.quarantine.busy = True

    given_back = world.consume([body_of("m-1", "no json"), message(2, item("i-2"))])

    assert (given_back, world.personalize.has("items")) == (["m-1"], {"i-2": {}})


def test_while_there_is_no_dataset_changes_come_again_and_yet_lie_in_a_snapshot() -> None:
    world = CatalogWorld(with_datasets=False)
    batch = [message(1, item("i-1", price=1))]

    assert world.consume(batch) == ["m-1"]
    world.make_datasets()
    assert world.consume(batch) == []

    assert world.personalize.has("items") == {"i-1": {"price": 1}}
    assert len(world.raw.objects) == 1


def test_nothing_is_put_that_does_not_lie_in_a_snapshot() -> None:
    world = CatalogWorld()
    world.raw.busy = True

    given_back = world.consume([message(1, item("i-1", 2)), message(2, item("i-1", 1)), message(3, item("i-2"))])

    assert (sorted(given_back), world.personalize.calls) == (["m-1", "m-2", "m-3"], [])


def test_a_call_carries_ten_records_of_one_dataset_at_most_and_the_rate_is_kept() -> None:
    world = CatalogWorld()
    users = of_users((n, {"user_id": f"u-{n}"}) for n in range(3))

    world.consume([*(message(f"i{n}", item(f"i-{n:03}")) for n in range(250)), *users])

    assert [(dataset, len(ids)) for dataset, _, ids in world.personalize.calls] == [("items", 10)] * 25 + [("users", 3)]
    assert 1.8 <= world.clock.monotonic() <= 2.5  # 25 calls at 10 a second, half a second's worth at once


def test_a_busy_personalize_is_asked_again_until_the_time_is_over() -> None:
    world = CatalogWorld()
    world.personalize.busy = 3
    assert world.consume([message(1, item("i-1"))]) == []
    assert world.outcomes() == {"changes_delivered": 1, "put_calls": 4, "put_throttles": 3}

    world.personalize.busy = 1_000
    assert world.consume([message(2, item("i-2")), message(3, item("i-3"))], seconds=5) == ["m-2", "m-3"]
    assert world.personalize.has("items") == {"i-1": {}}


def test_of_a_refused_call_the_culprit_is_kept_and_the_others_are_put() -> None:
    world = CatalogWorld()
    world.personalize.refuses = {"i-2": "The price is not a float."}

    given_back = world.consume([message(n, item(f"i-{n}", 1, price=n)) for n in range(1, 5)])

    assert given_back == []
    assert set(world.personalize.has("items")) == {"i-1", "i-3", "i-4"}
    assert world.refused() == [("refused_by_personalize", "The price is not a float.", "m-2")]
    assert world.outcomes() == {"changes_delivered": 3, "changes_quarantined": 1, "put_calls": 5}
