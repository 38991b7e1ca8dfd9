"""What a server writes in one turn of its loop goes out at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from producers.collector.joined_writes import JoinedWrites

pytestmark = pytest.mark.unit


class Turns:
    """A loop that turns when it is told to."""

    def __init__(self) -> None:
        self._called: list[Callable[[], None]] = []

    def call_soon(self, called: Callable[[], None]) -> None:
        self._called.append(called)

    def turn(self) -> None:
        called, self._called = self._called, []
        for each in called:
            each()


class Wire(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 5)})
        self.written: list[bytes] = []
        self.done: list[str] = []

    def write(self, data: Any) -> None:
        assert "close" not in self.done
        self.written.append(bytes(data))

    def close(self) -> None:
        self.done.append("close")

    def is_closing(self) -> bool:
        return "close" in self.done

    def pause_reading(self) -> None:
        self.done.append("pause")

    def resume_reading(self) -> None:
        self.done.append("resume")


def world() -> tuple[Wire, Turns, JoinedWrites]:
    wire, turns = Wire(), Turns()
    return wire, turns, JoinedWrites(wire, turns)  # type: ignore[arg-type]


def test_a_turn_s_writes_are_one() -> None:
    wire, turns, joined = world()

    joined.write(b"head ")
    joined.write(bytearray(b"body"))
    assert wire.written == []
    turns.turn()
    turns.turn()
    joined.write(b"next")
    turns.turn()

    assert wire.written == [b"head body", b"next"]


def test_what_waits_goes_out_before_the_end() -> None:
    wire, turns, joined = world()

    joined.write(b"last words")
    joined.close()
    turns.turn()

    assert (wire.written, wire.done, joined.is_closing()) == ([b"last words"], ["close"], True)


def test_a_connection_that_is_gone_is_not_written_to() -> None:
    wire, turns, joined = world()

    joined.write(b"answer")
    wire.close()
    turns.turn()

    assert wire.written == []


def test_the_rest_is_the_transport_s() -> None:
    wire, _, joined = world()

    joined.pause_reading()
    joined.resume_reading()

    assert wire.done == ["pause", "resume"]
    assert (joined.get_extra_info("peername"), joined.get_extra_info("x", 7)) == (("127.0.0.1", 5), 7)
