"""A shard's rate as a producer learns it: little is refused, and what the shard takes is used."""

from __future__ import annotations

import pytest

from producers.sdk.lanes.rates import Rate

pytestmark = pytest.mark.unit

RECORD = 50_000
STEP = 0.005


def offered(rate: Rate, capacity: float, *, start: float, seconds: float) -> tuple[float, int]:
    """Everything the rate lets go, to a shard that takes `capacity` bytes a second: the share taken, and refusals."""
    room, taken, refused = capacity, 0, 0
    for step in range(int(seconds / STEP)):
        now = start + step * STEP
        room = min(capacity, room + capacity * STEP)
        while rate.ready_at(now) <= now:
            rate.spend(RECORD, now)
            if room < RECORD:
                rate.refused(now)
                refused += 1
                break
            room -= RECORD
            taken += RECORD
    return taken / (capacity * seconds), refused


@pytest.mark.parametrize("capacity", [60_000, 100_000, 500_000, 1_000_000])
def test_a_shard_gets_nine_tenths_of_what_it_takes_and_refuses_less_than_one_record_a_second(capacity: int) -> None:
    taken, refused = offered(Rate(), capacity, start=0, seconds=60)

    assert taken > 0.9
    assert refused < 60


def test_nothing_is_held_back_before_the_first_refusal() -> None:
    rate = Rate()

    for _ in range(1_000):
        rate.spend(RECORD, now=1.0)

    assert rate.ready_at(1.0) == 1.0


def test_what_another_producer_took_comes_back_within_two_minutes() -> None:
    rate = Rate()
    offered(rate, 60_000, start=0, seconds=60)

    taken, _ = offered(rate, 1_000_000, start=60 + 120, seconds=60)

    assert taken > 0.9


def test_refusals_of_one_moment_are_one() -> None:
    one, ten = Rate(), Rate()
    one.refused(1.0)
    for _ in range(10):
        ten.refused(1.0)

    assert one.ready_at(1.0) == ten.ready_at(1.0) == pytest.approx(1.2)
