"""What a producer says of itself on the stream: no more than is there, each number that was given up once, in time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import pytest

from contract.checkpoints import MAX_WITHDRAWN_CHARS, Checkpoint, encode_checkpoint
from contract.ranges import Ranges
from producers.sdk.checkpointing import Told
from producers.sdk.receipts import Batch
from tests.factories import NOW

pytestmark = pytest.mark.unit


class Settled:
    """A batch up to this number, of which some were given up."""

    def __init__(self, last: int, withdrawn: Iterable[int] = ()) -> None:
        self.last = last
        self.is_settled = True
        self._withdrawn = tuple(withdrawn)

    def withdrawn(self) -> Iterable[int]:
        return self._withdrawn


def told_of(*batches: Settled) -> Told:
    told = Told("web-1", every=10.0, now=0.0)
    for batch in batches:
        told.begin(cast("Batch", batch))
    told.advance()
    return told


def said(told: Told, delivered: int, *, now: float = 0.0, final: bool = False) -> tuple[int, int, str, bool]:
    """Number, accepted, withdrawn, final."""
    found = told.next(delivered, at=NOW, now=now, final=final)
    return found.number, found.accepted, str(found.withdrawn), found.final


def test_the_first_batch_without_a_fate_holds_back_those_behind_it() -> None:
    open_one = Settled(7)
    open_one.is_settled = False
    told = told_of(Settled(5), open_one, Settled(9))

    assert told.accepted == 5
    open_one.is_settled = True
    told.advance()
    assert told.accepted == 9


def test_many_batches_held_back_by_one_are_kept_as_one_and_none_of_their_numbers_is_lost() -> None:
    open_one = Settled(7)
    open_one.is_settled = False
    told = told_of(Settled(5), open_one, *(Settled(8 + n, [8 + n] if n % 100 == 0 else []) for n in range(10_000)))

    assert (told.accepted, len(told._batches)) == (5, 3)
    open_one.is_settled = True
    told.advance()
    assert said(told, 20_000) == (1, 10_007, str(Ranges.of(range(8, 10_008, 100))), False)


def test_no_checkpoint_overtakes_its_events_and_none_comes_without_news() -> None:
    told = told_of(Settled(5))

    assert told.due_at(0) is None
    assert told.due_at(3) == 10.0
    assert said(told, 3, now=12.0) == (1, 3, "", False)
    assert told.due_at(3) is None
    assert told.due_at(7) == 22.0
    assert said(told, 7, now=30.0) == (2, 5, "", False)
    assert told.due_at(7) is None


def test_a_number_that_was_given_up_is_told_once_by_the_checkpoint_that_covers_it() -> None:
    told = told_of(Settled(5, [2, 5]))

    assert said(told, 3) == (1, 3, "2", False)
    assert told.due_at(3) is None
    assert said(told, 5) == (2, 5, "5", False)
    assert said(told, 5, final=True) == (3, 5, "", True)


def test_what_one_checkpoint_does_not_take_goes_into_more_and_the_last_is_the_final_one() -> None:
    numbers = range(1, 10_000, 2)
    told = told_of(Settled(10_000, numbers))
    found: list[Checkpoint] = []
    while not found or not found[-1].final:
        found.append(told.next(10_000, at=NOW, now=0.0, final=True))

    assert Ranges.join(pair for one in found for pair in one.withdrawn.pairs) == Ranges.of(numbers)
    assert max(len(str(one.withdrawn)) for one in found) <= MAX_WITHDRAWN_CHARS
    assert [one.accepted for one in found] == [*(one.withdrawn.last for one in found[:-1]), 10_000]
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert [one.final for one in found] == [False] * (len(found) - 1) + [True]
    assert max(len(encode_checkpoint(one)) for one in found) < MAX_WITHDRAWN_CHARS + 300
