"""What becomes of lines on their way while the stream's shards change."""

from __future__ import annotations

import pytest

from producers.sdk.lanes.routing import HASHES, ShardMap
from producers.sdk.memory import even_shards, taken_apart
from producers.sdk.stream import Outcome, Record, Refused, Shard
from tests.support.lanes import ONE, load, taken, takes, with_map

pytestmark = pytest.mark.unit


def test_in_order_nothing_goes_while_lines_that_went_elsewhere_wait_for_the_next_map() -> None:
    lanes = with_map(ordered=True)
    lanes.add(load("a:1", "a:2"))
    lanes.settle(takes(lanes, 0.0), [Outcome("shardId-of-a-child")], 0.0, lambda: 0.0)
    lanes.add(load("a:3"))

    assert (lanes.take(1.0), lanes.wake_at(1.0)) == (None, None)
    lanes.remap(ShardMap(even_shards(2)))
    [record] = taken(lanes, 1.0)
    assert [line.data for line in taken_apart(record)] == [b"a:1", b"a:2", b"a:3"]


@pytest.mark.parametrize("outcome", [Outcome("shardId-of-a-child"), Outcome(refused=Refused.FAILED)])
def test_what_comes_back_after_a_new_map_goes_ahead_of_what_came_later(outcome: Outcome) -> None:
    lanes = with_map()
    lanes.add(load("a:1", "a:2", deadline=10.0))
    call = takes(lanes, 0.0)
    lanes.remap(ShardMap([Shard("another", 0, HASHES - 1)]))
    lanes.add(load("b:1", deadline=20.0))

    lanes.settle(call, [outcome], 0.0, lambda: 0.0)

    [record] = taken(lanes, 1.0)
    assert [line.data for line in taken_apart(record)] == [b"a:1", b"a:2", b"b:1"]


def test_an_aggregate_that_went_elsewhere_is_sent_again_by_the_next_map() -> None:
    lanes = with_map()
    sent = load("a:1", "b:2", deadline=100)
    lanes.add(sent)
    lanes.settle(takes(lanes, 0), [Outcome("shard-9")], 0.0, lambda: 1.0)
    assert (lanes.is_stale, lanes.finished(), lanes.counts.repeated) == (True, [], 2)

    lanes.remap(ShardMap(even_shards(3)))
    again = takes(lanes, 0)

    assert [one for record in again.records for one in taken_apart(record)] == [
        Record("a", b"a:1"),
        Record("b", b"b:2"),
    ]
    lanes.settle(again, [Outcome(packed.shard_id) for packed in again.packed], 0.0, lambda: 1.0)
    assert lanes.finished() == [sent]


def test_a_plain_record_is_right_wherever_it_went() -> None:
    lanes = with_map()
    sent = load("a:1")
    lanes.add(sent)

    lanes.settle(takes(lanes, 0), [Outcome("shard-9")], 0.0, lambda: 1.0)

    assert (lanes.is_stale, lanes.finished(), lanes.counts.repeated) == (True, [sent], 0)


def test_a_map_that_is_wrong_twice_is_as_good_as_none() -> None:
    lanes = with_map()
    lanes.add(load("a:1", "b:2"))
    lanes.settle(takes(lanes, 0), [Outcome("shard-9")], 0.0, lambda: 1.0)

    lanes.remap(ONE)

    assert [record.data for record in taken(lanes)] == [b"a:1", b"b:2"]
    assert not lanes.has_map
