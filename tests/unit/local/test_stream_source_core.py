"""Lambda's Kinesis event source: order, batches, retries and checkpoints, whatever the function does."""

from __future__ import annotations

import pytest

from infra.local.stream_source import Position, ShardSource, lane_of
from infra.local.stream_source_lane import Backoff
from infra.local.stream_source_records import Batch
from infra.local.stream_source_response import Failed, FailedFrom, NotInvoked, Outcome, Succeeded
from infra.local.stream_source_settings import SourceSettings
from tests.support.stream_sources import Responds, Shard, numbers, record, settings

pytestmark = pytest.mark.unit

FAILED = Failed(error="ValueError")


def done(_: Batch) -> Outcome:
    return Succeeded()


def fails(_: Batch) -> Outcome:
    return FAILED


def fails_with(*poison: int) -> Responds:
    return lambda batch: FAILED if set(numbers(batch.records)) & set(poison) else Succeeded()


def shard(how: SourceSettings | None = None, responds: Responds = done, *, records: int = 0) -> Shard:
    world = Shard.of(how or settings(), responds)
    world.source.add([record(n) for n in range(records)], now=0.0)
    return world


def test_a_batch_holds_no_more_than_its_size() -> None:
    world = shard(settings(batch_size=4), records=10)

    world.run()

    assert world.calls == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert world.source.checkpoint == Position(after="00009")


def test_a_batch_that_is_not_full_waits_for_its_window() -> None:
    world = shard(settings(window_seconds=5.0), records=2)

    world.now = 4.9
    early = world.round()
    world.now = 5.0
    due = world.round()

    assert (early, due, world.calls) == (0, 1, [[0, 1]])


def test_a_full_batch_does_not_wait_and_a_flush_closes_the_window() -> None:
    world = shard(settings(window_seconds=5.0, batch_size=2), records=3)

    assert world.round() == 1
    assert world.round() == 0
    assert world.round(flush=True) == 1
    assert world.calls == [[0, 1], [2]]


def test_the_next_window_begins_when_the_invocation_before_ended() -> None:
    world = shard(settings(window_seconds=5.0, batch_size=2), records=3)
    world.now = 4.0
    world.round()
    world.now = 8.9
    early = world.round()
    world.now = 9.0

    assert (early, world.round()) == (0, 1)


def test_a_batch_fits_the_payload_of_an_invocation() -> None:
    world = shard()
    world.source.add([record(n, data="x" * 2_000_000) for n in range(5)], now=0.0)

    world.run()

    assert world.calls == [[0, 1, 2], [3, 4]]


def test_a_lane_has_one_invocation_at_a_time() -> None:
    source = shard(settings(batch_size=1), records=3).source

    first = source.steps(now=0.0)
    second = source.steps(now=0.0)

    assert (len(first), second) == (1, [])


def test_a_failed_batch_is_tried_again_later_each_time_and_the_rest_waits() -> None:
    slow = Backoff(first_seconds=1.0, most_seconds=8.0)
    source = ShardSource(settings(batch_size=1), start=Position(), backoff=slow)
    source.add([record(0), record(1)], now=0.0)
    world, times = Shard(source=source, responds=fails), []
    for second in range(30):
        world.now = float(second)
        times += [second] * world.round()

    assert world.calls == [[0]] * len(times)
    assert times == [0, 1, 3, 7, 15, 23]


def test_the_wait_has_a_bound() -> None:
    assert [Backoff().after(n) for n in (1, 2, 7, 8, 5_000)] == [0.1, 0.2, 6.4, 10.0, 10.0]


def test_a_batch_that_used_up_its_retries_goes_whole_to_the_destination() -> None:
    world = shard(settings(batch_size=2, maximum_retries=2), fails_with(1), records=4)

    world.run()

    assert world.calls == [[0, 1]] * 3 + [[2, 3]]
    assert world.discarded == [([0, 1], "RetryAttemptsExhausted")]


def test_without_retries_the_first_failure_is_the_last() -> None:
    world = shard(settings(batch_size=2, maximum_retries=0), fails_with(0), records=2)

    world.run()

    assert (world.calls, world.discarded) == ([[0, 1]], [([0, 1], "RetryAttemptsExhausted")])


def test_bisecting_isolates_the_poison_and_uses_up_no_retry() -> None:
    world = shard(settings(bisects=True, maximum_retries=1), fails_with(2), records=4)

    world.run()

    assert world.calls == [[0, 1, 2, 3], [0, 1], [2, 3], [2], [2], [3]]
    assert world.discarded == [([2], "RetryAttemptsExhausted")]


def test_a_reported_failure_goes_on_from_that_record_with_all_its_retries() -> None:
    def responds(batch: Batch) -> Outcome:
        return (
            FailedFrom(sequence_number="00002")
            if "00002" in {r.sequence_number for r in batch.records}
            else done(batch)
        )

    world = shard(settings(maximum_retries=1), responds, records=4)

    world.run()

    assert world.calls == [[0, 1, 2, 3], [2, 3], [2, 3]]
    assert world.discarded == [([2, 3], "RetryAttemptsExhausted")]


def test_what_was_reported_done_is_checkpointed_at_once() -> None:
    world = shard(settings(), lambda _: FailedFrom(sequence_number="00002"), records=4)

    world.round()

    assert world.source.checkpoint == Position(after="00001")
    assert world.source.unfinished == 2


def test_a_function_that_could_not_be_called_uses_up_no_retry() -> None:
    world = shard(settings(maximum_retries=0), lambda _: NotInvoked(error="throttled", busy=True), records=1)
    for second in range(100):
        world.now = float(second)
        world.round()
    world.responds = done
    world.now = 1_000.0
    world.round()

    assert (world.source.unfinished, world.discarded) == (0, [])


def test_records_that_are_too_old_are_given_up_without_a_call() -> None:
    world = shard(settings(maximum_age_seconds=60.0), records=0)
    world.source.add([record(0, arrived_at=0.0), record(1, arrived_at=50.0)], now=61.0)
    world.now = 61.0

    world.run()

    assert (world.calls, world.discarded) == ([[1]], [([0], "RecordAgeExceeded")])


def test_a_failing_batch_is_given_up_when_its_records_are_too_old() -> None:
    world = shard(settings(maximum_age_seconds=60.0), fails, records=1)

    world.run()

    assert world.discarded == [([0], "RecordAgeExceeded")]
    assert world.now > 60.0


def test_a_discard_that_could_not_be_told_is_tried_again() -> None:
    source = shard(settings(maximum_retries=0), records=1).source
    [call] = source.steps(now=0.0)
    source.settle(call.lane, FAILED, now=0.0)
    [told] = source.steps(now=0.0)
    source.settle(told.lane, NotInvoked(error="SlowDown"), now=0.0)

    [again] = source.steps(now=60.0)

    assert again == told
    assert source.unfinished == 1
    assert source.settle(again.lane, Succeeded(), now=60.0)


def test_a_lane_that_fails_does_not_hold_up_the_others_but_the_checkpoint() -> None:
    keys = {lane: next(k for k in map(str, range(100)) if lane_of(k, 2) == lane) for lane in (0, 1)}
    world = shard(settings(lanes=2, batch_size=1), fails_with(0))
    world.source.add([record(n, key=keys[n % 2]) for n in range(4)], now=0.0)
    for second in range(5):
        world.now = float(second)
        world.round()

    assert [call for call in world.calls if call != [0]] == [[1], [3]]
    assert world.source.checkpoint == Position()
    world.responds = done
    world.run()

    assert world.source.checkpoint == Position(after="00003")


def test_it_reads_ahead_within_a_bound() -> None:
    source = shard(settings(batch_size=10, lanes=2)).source

    empty = source.wanted()
    source.add([record(n) for n in range(40)], now=0.0)

    assert (empty, source.wanted()) == (40, 0)


def test_the_failures_of_a_batch_are_counted_until_something_goes_on() -> None:
    world = shard(settings(), fails, records=1)
    for second in range(3):
        world.now = second * 10.0
        world.round()
    [lane] = world.source.lanes
    failing = (lane.stuck, lane.error)
    world.responds = done
    world.run()

    assert (failing, lane.stuck, lane.error) == ((3, "ValueError"), 0, "")
