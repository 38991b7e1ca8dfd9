"""Where lines wait: batches within their bounds, numbers that fit, and a lock that nobody keeps."""

from __future__ import annotations

import signal
from math import inf
from types import FrameType
from typing import Any

import pytest

from contract.errors import InvalidEvent
from contract.events import MAX_LINE_BYTES
from producers.sdk.clock import SystemClock
from producers.sdk.intake import Intake
from producers.sdk.numbering import numbered_line, stamp_of
from producers.sdk.settings import ProducerSettings

pytestmark = pytest.mark.unit

MIB = 1024 * 1024


def intake(**settings: Any) -> Intake:
    return Intake("web-1", ProducerSettings(**settings), SystemClock(), on_batch=lambda: None)


def longest(number: int) -> bytes:
    """A line that fits with this number, and with none that has a digit more."""
    room = MAX_LINE_BYTES + 1 - len(numbered_line(b'{"a":""}\n', stamp_of("web-1"), number))
    return b'{"a":"%b"}\n' % (b"x" * room)


@pytest.mark.parametrize("many", [False, True])
def test_what_is_held_of_small_lines_with_long_keys_is_bounded(*, many: bool) -> None:
    waiting = intake(batch_events=100_000, memory_bytes=MIB, batch_bytes=100_000)
    key = "\N{GRINNING FACE}" * 256

    for _ in range(500):
        if many:
            waiting.add_many([(key, b"{}\n")])
        else:
            waiting.add(key, b"{}\n")

    sizes = [batch.size for batch in waiting.take(inf)]
    assert sum(sizes) == waiting.held > 500 * 1_024
    assert max(sizes) < 100_000 + 2_000


def test_a_line_that_fits_with_the_number_that_it_takes_is_taken() -> None:
    waiting = intake()
    for _ in range(12):
        waiting.add_foreign("x", b"a stranger")

    assert waiting.add("u", longest(1)).producer_seq == 1
    for _ in range(6):
        waiting.add("u", b"{}\n")
    assert waiting.add_many([("u", longest(8)), ("u", longest(9)), ("u", b"{}\n")]).producer_seq == 10
    with pytest.raises(InvalidEvent, match=r"line\.size"):
        waiting.add_many([("u", longest(11)), ("u", longest(9))])
    with pytest.raises(InvalidEvent, match=r"line\.size"):
        waiting.add("u", longest(9))
    assert waiting.number == 10


class Changing(bytes):
    """A line that has another length when it is looked at again."""

    def __len__(self) -> int:
        return 5


def test_a_batch_that_cannot_be_closed_is_not_forgotten() -> None:
    waiting = intake(batch_events=3)
    for _ in range(2):
        waiting.add("u", b"{}\n")

    with pytest.raises(ValueError, match="lines are to be bytes"):
        waiting.add("u", Changing(b"{}\n"))

    assert (waiting.number, waiting.held, waiting.due_at() is None) == (3, 0, False)


class Interrupted(Exception):
    """What a signal's handler raises."""


def _interrupt(_: int, __: FrameType | None) -> None:
    raise Interrupted


def test_who_is_interrupted_keeps_no_lock() -> None:
    waiting, interrupted = intake(overflow="drop"), 0
    before = signal.signal(signal.SIGVTALRM, _interrupt)
    try:
        for _ in range(150):
            try:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0.000_1)
                for _ in range(3_000_000):  # more than there is time for
                    waiting.add("u", b"{}\n")
            except Interrupted:
                interrupted += 1
            if waiting._lock.locked():
                break
            for batch in waiting.take(inf):
                waiting.release(batch.size)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)

    assert not waiting._lock.locked()
    assert interrupted > 100
