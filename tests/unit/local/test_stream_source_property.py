"""Whatever fails, no record is lost or overtakes another of its key: Lambda's Kinesis event source by chance."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.stream_source import Position
from infra.local.stream_source_records import Batch
from infra.local.stream_source_response import Failed, FailedFrom, NotInvoked, Outcome, Succeeded
from infra.local.stream_source_settings import SourceSettings
from tests.support.stream_sources import Shard, numbers, record, settings

pytestmark = pytest.mark.unit

FAILED = Failed(error="ValueError")


@st.composite
def sources(draw: st.DrawFn) -> SourceSettings:
    """A mapping with any mix of limits."""
    return settings(
        batch_size=draw(st.integers(1, 8)),
        lanes=draw(st.integers(1, 4)),
        maximum_retries=draw(st.none() | st.integers(0, 3)),
        maximum_age_seconds=draw(st.none() | st.just(60.0)),
        bisects=draw(st.booleans()),
    )


class Function:
    """Does what its script says, then succeeds; sees that no record comes before an earlier one of its key."""

    def __init__(self, keys: list[int], script: list[tuple[str, int]]) -> None:
        self.finished: set[int] = set()
        self._keys, self._script = keys, list(script)
        self._by_key: dict[int, list[int]] = defaultdict(list)
        for number, key in enumerate(keys):
            self._by_key[key].append(number)

    def __call__(self, batch: Batch) -> Outcome:
        sent = numbers(batch.records)
        self._check(sent)
        kind, where = self._script.pop(0) if self._script else ("ok", 0)
        if kind == "fail":
            return FAILED
        if kind in {"absent", "busy"}:
            return NotInvoked(error=kind, busy=kind == "busy")
        index = where % len(sent) if kind == "from" else len(sent)
        self.finished.update(sent[:index])
        return Succeeded() if index == len(sent) else FailedFrom(sequence_number=f"{sent[index]:05d}")

    def _check(self, sent: list[int]) -> None:
        for number in sent:
            before = {n for n in self._by_key[self._keys[number]] if n < number}
            assert before <= self.finished | set(sent)


KINDS = st.tuples(st.sampled_from(["ok", "fail", "from", "absent", "busy"]), st.integers(0, 99))


@given(keys=st.lists(st.integers(0, 5), max_size=40), script=st.lists(KINDS, max_size=40), how=sources())
def test_every_record_is_delivered_in_the_order_of_its_key_or_told_to_the_destination(
    keys: list[int], script: list[tuple[str, int]], how: SourceSettings
) -> None:
    function = Function(keys, script)
    world = Shard.of(how, function)
    world.source.add([record(n, key=str(key)) for n, key in enumerate(keys)], now=0.0)

    while world.source.unfinished:
        told = len(world.discarded)
        world.now += 0.0 if world.round(flush=True) else 1.0
        function.finished.update(n for given_up, _ in world.discarded[told:] for n in given_up)

    assert function.finished == set(range(len(keys)))
    assert world.source.checkpoint == (Position(after=f"{len(keys) - 1:05d}") if keys else Position())
    assert all(len(call) <= how.batch_size for call in world.calls)
