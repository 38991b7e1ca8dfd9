"""What the lanes promise: no line is lost, none is repeated without a reason, and order holds where it is asked for."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.errors import ConfigurationError, TransientError
from producers.sdk.lanes.lanes import Lanes
from producers.sdk.lanes.loads import Load
from producers.sdk.lanes.routing import ShardMap
from producers.sdk.memory import even_shards, taken_apart
from producers.sdk.stream import Outcome, Record, Refused
from tests.support.lanes import load, taken, takes, with_map
from tests.support.sharded_stream import ShardedStream, drive

pytestmark = pytest.mark.unit


def made(rng: Random, users: int) -> list[Load]:
    numbers = Counter[int]()
    loads = []
    for _ in range(rng.randrange(1, 12)):
        lines = []
        for _ in range(rng.choice([1, 3, 40])):
            user = rng.randrange(users)
            numbers[user] += 1
            lines.append(f"u-{user}:{numbers[user]}")
        loads.append(load(*lines))
    return loads


def lines_by_key(loads: list[Load]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for one in loads:
        for key, line in zip(one.keys, one.lines, strict=True):
            found.setdefault(key.decode(), []).append(line)
    return found


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32), ordered=st.booleans(), small=st.booleans())
def test_no_line_is_lost_whatever_the_stream_does(seed: int, *, ordered: bool, small: bool) -> None:
    rng = Random(seed)
    stream = ShardedStream(rng, trouble=rng.choice([0, 0.2, 0.6]), lost_answers=rng.choice([0, 0.2]))
    loads = made(rng, users=rng.choice([1, 5, 60]))
    lanes = Lanes(aggregate_bytes=100 if small else 2_000, ordered=ordered)

    finished = drive(lanes, stream, list(loads), rng, reshards=rng.choice([0, 0.1]))

    wanted, arrived = lines_by_key(loads), stream.readable()
    assert {key: set(lines) for key, lines in arrived.items()} == {key: set(lines) for key, lines in wanted.items()}
    assert Counter(map(id, finished)) == Counter(map(id, loads))
    assert [one.failures for one in loads] == [{}] * len(loads)


@settings(max_examples=100)
@given(seed=st.integers(0, 2**32), ordered=st.booleans())
def test_no_line_is_repeated_while_answers_come_and_the_map_is_true(seed: int, *, ordered: bool) -> None:
    rng = Random(seed)
    stream = ShardedStream(rng, trouble=rng.choice([0, 0.2, 0.6]), lost_answers=0)
    loads = made(rng, users=20)

    drive(Lanes(aggregate_bytes=300, ordered=ordered), stream, list(loads), rng, reshards=0)

    assert sum(map(len, stream.readable().values())) == sum(len(one.lines) for one in loads)


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32), users=st.sampled_from([1, 4, 30]), small=st.booleans())
def test_the_lines_of_a_key_arrive_in_their_order_where_it_is_asked_for(seed: int, users: int, *, small: bool) -> None:
    rng = Random(seed)
    stream = ShardedStream(rng, trouble=rng.choice([0.2, 0.6]), lost_answers=rng.choice([0, 0.2]))
    loads = made(rng, users)

    drive(
        Lanes(aggregate_bytes=100 if small else 2_000, ordered=True),
        stream,
        list(loads),
        rng,
        reshards=rng.choice([0, 0.1]),
    )

    first_times = {key: list(dict.fromkeys(lines)) for key, lines in stream.readable().items()}
    assert first_times == lines_by_key(loads)


THROTTLED = Outcome(refused=Refused.THROTTLED)


def test_single_records_go_while_the_map_is_unknown() -> None:
    lanes = Lanes(aggregate_bytes=51_200, ordered=False)

    lanes.add(load("a:1", "b:2", "a:3"))

    assert taken(lanes) == [Record("a", b"a:1"), Record("b", b"b:2"), Record("a", b"a:3")]


def test_an_aggregate_a_shard_goes_once_it_is_known() -> None:
    shards = ShardMap(even_shards(2))
    lanes = with_map(shards=shards)
    sent = load("a:1", "b:2", "a:3", "c:4", "d:5", "e:6")

    lanes.add(sent)

    assert [[one.data for one in taken_apart(record)] for record in taken(lanes)] == [
        [line for key, line in zip(sent.keys, sent.lines, strict=True) if shards.lane(key) == lane] for lane in (0, 1)
    ]


def test_full_aggregates_are_full_to_one_percent() -> None:
    lanes = with_map()
    lanes.add(load(*(f"user-{n}:{'x' * 330}" for n in range(2_000))))

    *full, _ = taken(lanes)

    assert len(full) > 10
    assert min(len(record.data) for record in full) >= 0.99 * 51_200


def test_a_call_holds_five_hundred_records_and_the_rest_waits() -> None:
    lanes = Lanes(aggregate_bytes=51_200, ordered=False)
    lanes.add(load(*(f"u:{n}" for n in range(1_001))))

    assert [len(taken(lanes)) for _ in range(4)] == [500, 500, 1, 0]


def test_a_record_that_was_refused_waits_for_a_jittered_pause_that_doubles() -> None:
    lanes = Lanes(aggregate_bytes=51_200, ordered=False)
    lanes.add(load("u:1"))
    now, pauses = 0.0, []
    for _ in range(9):
        lanes.settle(takes(lanes, now), [Outcome(refused=Refused.FAILED)], now, lambda: 1.0)
        due = lanes.wake_at(now)
        assert due is not None
        assert lanes.take(due - 0.001) is None
        pauses.append(round(due - now, 3))
        now = due

    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert lanes.counts.retried == 9


def test_a_dead_stream_is_asked_by_nobody_before_a_pause_is_over() -> None:
    lanes = Lanes(aggregate_bytes=51_200, ordered=False)
    lanes.add(load("u:1"))
    lanes.failed(takes(lanes, 0), TransientError("no route"), 0.0, lambda: 1.0)
    lanes.add(load("u:2"))

    assert lanes.take(0.05) is None
    assert lanes.wake_at(0.05) == 0.1
    assert [record.data for record in taken(lanes, 0.1)] == [b"u:1", b"u:2"]


def test_what_is_over_its_deadline_is_given_up_with_the_reason_and_the_rest_goes() -> None:
    lanes = with_map()
    late, early = load("u:1", "u:2", deadline=5), load("u:3", deadline=50)
    lanes.add(late)
    lanes.settle(takes(lanes, 0), [THROTTLED], 0.0, lambda: 1.0)
    lanes.add(early)

    assert [record.data for record in taken(lanes, 5.0)] == [b"u:3"]
    assert lanes.finished() == [late]
    assert {at: str(why) for at, why in late.failures.items()} == dict.fromkeys(
        [0, 1], "given up at its deadline; the stream is throttled"
    )


def test_what_no_repetition_helps_is_given_up_at_once_and_what_has_no_deadline_is_kept() -> None:
    lanes = Lanes(aggregate_bytes=51_200, ordered=False)
    mortal, immortal = load("u:1", deadline=100), load("u:2")
    lanes.add(mortal)
    lanes.add(immortal)
    error = ConfigurationError("no such stream")

    lanes.failed(takes(lanes, 0), error, 0.0, lambda: 1.0)

    assert lanes.finished() == [mortal]
    assert mortal.failures == {0: error}
    assert [record.data for record in taken(lanes, 0.1)] == [b"u:2"]


def test_a_shard_that_refused_is_given_four_fifths_of_what_it_takes_and_more_by_and_by() -> None:
    lanes = with_map()
    lanes.add(load("u:1"))
    lanes.settle(takes(lanes, 0), [THROTTLED], 0.0, lambda: 0.0)
    lanes.add(load(*(f"u:{'x' * 1_000}" for _ in range(20_000))))

    sent = [sum(len(record.data) for record in taken(lanes, tick / 10)) for tick in range(1, 151)]

    assert 700_000 < sum(sent[10:20]) < 900_000
    assert 900_000 < sum(sent[140:150]) <= 1_050_000


def test_after_giving_up_everything_a_checkpoint_may_still_go() -> None:
    lanes = with_map()
    flying, waiting, checkpoint = load("a:1", deadline=9), load("a:2", deadline=9), load("p:c")
    lanes.add(flying)
    call = takes(lanes, 0)
    lanes.add(waiting)
    lanes.add(checkpoint)
    why = TransientError("closed")

    lanes.abandon(why)
    lanes.settle(call, [THROTTLED], 0.0, lambda: 0.0)

    assert lanes.finished() == [waiting, flying]
    assert (waiting.failures, flying.failures) == ({0: why}, {0: why})
    assert [record.data for record in taken(lanes, 9.0)] == [b"p:c"]
