"""What the plain writer of records promises: full calls within the limits, and nothing lost that was not told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import ConfigurationError, TransientError
from producers.sdk.batches import BatchWriter
from producers.sdk.limits import LARGEST_EVENT, MAX_RECORD_BYTES, Limits
from producers.sdk.memory import Answer, MemoryStream
from producers.sdk.stream import Record
from tests.factories import FakeClock

pytestmark = pytest.mark.unit


def writer(stream: MemoryStream, clock: FakeClock | None = None, **limits: Any) -> BatchWriter:
    return BatchWriter(stream, clock=clock or FakeClock(), limits=Limits(**limits), jitter=lambda: 1.0)


def record(number: int, size: int = 0) -> Record:
    return Record("u", b"%d" % number + b"x" * size)


@given(
    count=st.integers(0, 40),
    most=st.integers(1, 7),
    refusals=st.lists(st.frozensets(st.integers(0, 6)), max_size=9),
    lost=st.integers(0, 9),
)
def test_no_record_is_lost_or_repeated_and_no_call_is_over_the_limit(
    count: int, most: int, refusals: list[frozenset[int]], lost: int
) -> None:
    script = [Answer(refuses=each) for each in refusals]
    script.insert(min(lost, len(script)), Answer(refuses=frozenset(range(most)), raises=TransientError("no answer")))
    stream = MemoryStream(script)
    written = [record(number) for number in range(count)]
    held = writer(stream, records=most, attempts=20)

    for each in written:
        held.add(each)
    held.flush()

    assert sorted(stream.records, key=lambda one: int(one.data)) == written
    assert max(stream.calls, default=0) <= most


def test_a_call_holds_no_more_bytes_than_it_may() -> None:
    stream, size = MemoryStream(), LARGEST_EVENT // 3
    held = writer(stream, bytes=LARGEST_EVENT)

    for number in range(7):
        held.add(record(number, size - 2))

    assert stream.calls == [3, 3]


def test_what_waits_for_long_goes_with_the_next() -> None:
    stream, clock = MemoryStream(), FakeClock()
    held = writer(stream, clock, max_age=2.0)
    held.add(record(1))
    clock.pass_seconds(1.5)
    held.add(record(2))
    clock.pass_seconds(0.5)

    held.add(record(3))

    assert stream.records == [record(1), record(2)]


def test_what_the_stream_does_not_take_is_kept_and_the_record_that_had_no_room_was_not_taken() -> None:
    stream = MemoryStream([Answer(refuses=frozenset({1}))] + [Answer(refuses=frozenset({0}))] * 2)
    held = writer(stream, records=2, attempts=3)
    held.add(record(1))
    held.add(record(2))

    with pytest.raises(TransientError, match="1 records refused after 3 attempts"):
        held.add(record(3))
    held.flush()

    assert stream.records == [record(1), record(2)]


def test_attempts_pause_for_longer_and_longer_up_to_the_longest() -> None:
    clock = FakeClock()
    held = writer(MemoryStream([Answer(raises=TransientError("busy"))] * 6), clock, first_pause=0.5, longest_pause=3.0)
    held.add(record(1))
    began = clock.monotonic()

    held.flush()

    assert clock.monotonic() - began == 0.5 + 1 + 2 + 3 + 3 + 3


def test_a_record_that_no_call_takes_is_refused() -> None:
    stream = MemoryStream()
    held = writer(stream)
    held.add(record(1, MAX_RECORD_BYTES - 2))

    with pytest.raises(ValueError, match="split or drop it"):
        held.add(record(2, MAX_RECORD_BYTES - 1))
    held.flush()

    assert len(stream.records) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"records": 0},
        {"records": 501},
        {"bytes": LARGEST_EVENT - 1},
        {"bytes": 5 * 1024 * 1024 + 1},
        {"attempts": 0},
        {"first_pause": 11.0},
        {"max_age": -1.0},
    ],
    ids=str,
)
def test_a_limit_that_nobody_could_keep_stops_at_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=f"limit {next(iter(wrong))} is"):
        Limits(**wrong)
