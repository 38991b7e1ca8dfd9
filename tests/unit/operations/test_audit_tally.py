"""Accounts added up: the same sums however many there are, and little kept of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.ledger import DELIVERED, QUARANTINED
from contract.ranges import Ranges
from contract.stream_account import EXCLUDED_TYPE, Place, StreamAccount
from operations.audit.stream.tally import StampSet, tally

pytestmark = pytest.mark.unit

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC).isoformat()


def account(number: int, *, shard: str = "shard-1", **outcomes: int) -> StreamAccount:
    """Of ten lines, the only ones of their producer's tens."""
    return StreamAccount(
        consumer="realtime",
        shard=shard,
        first=Place(sequence=number * 10),
        last=Place(sequence=number * 10 + 9),
        at=AT,
        outcomes=outcomes or {DELIVERED: 7, EXCLUDED_TYPE: 2, "excluded:consent_refused": 1},
        producers={"web-1": Ranges.of(range(number * 10 + 1, number * 10 + 11))},
    )


@given(
    parts=st.lists(st.dictionaries(st.sampled_from(["a", "b"]), st.frozensets(st.integers(1, 60)), max_size=2)),
    at_once=st.integers(1, 20),
)
def test_a_set_of_stamps_is_the_union_of_what_was_added(parts: list[dict[str, frozenset[int]]], at_once: int) -> None:
    found = StampSet(pairs_at_once=at_once)
    for part in parts:
        found.add({producer_id: Ranges.of(seqs) for producer_id, seqs in part.items()})

    wanted = {name: frozenset[int]().union(*(part.get(name, ()) for part in parts)) for name in ("a", "b")}
    assert {name: frozenset(found.joined().get(name, Ranges())) for name in ("a", "b")} == wanted


def test_a_thousand_accounts_are_a_few_sums() -> None:
    added = tally(map(account, range(999, -1, -1)), keeps_refusing=False)

    assert added.stamps() == {"web-1": Ranges(((1, 10_000),))}
    assert dict(added.outcomes) == {DELIVERED: 7_000, "excluded": 3_000}
    assert (added.lines, added.findings, added.refusing) == (10_000, [], [])
    assert added.newest == {"shard-1": account(999)}


@pytest.mark.parametrize("keeps", [True, False])
def test_accounts_that_refused_lines_are_kept_where_they_are_asked_for(*, keeps: bool) -> None:
    refusing = account(2, delivered=8, quarantined=2)

    added = tally([account(3), refusing, account(1)], keeps_refusing=keeps)

    assert added.refusing == ([refusing] if keeps else [])
    assert added.outcomes[QUARANTINED] == 2


def test_places_of_other_shards_are_other_places() -> None:
    added = tally([account(2), account(1), account(2, shard="shard-2"), account(1, shard="shard-2")])

    assert added.findings == []
    assert sorted(added.newest) == ["shard-1", "shard-2"]


def test_an_account_that_ends_before_it_begins_is_noticed() -> None:
    wrong = replace(account(1), last=Place(sequence=8))

    assert [str(finding) for finding in tally([wrong]).findings] == [
        f"put_events: an account ends before it begins (shard-1 from {wrong.first.key})"
    ]
