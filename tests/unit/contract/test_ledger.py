"""Ledger entries: what goes in comes out, and a balance is exact."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from contract.checkpoints import Checkpoint
from contract.ledger import (
    CHECKPOINT,
    CONSENT_REFUSED,
    DEDUPLICATED,
    DELIVERED,
    EXCLUDED,
    QUARANTINED,
    Entry,
    ObjectAccount,
    OutputFile,
    decode_entry,
    encode_entry,
    entry_key,
)
from contract.ranges import Ranges

pytestmark = pytest.mark.unit

ACCOUNT = ObjectAccount(
    key="events/dt=2026-11-23/hour=09/part.gz",
    etag="abc",
    size=1_234,
    lines=10,
    outcomes={
        DELIVERED: Ranges.parse("1-3,5"),
        DEDUPLICATED: Ranges.parse("6"),
        QUARANTINED: Ranges.parse("7-8"),
        CONSENT_REFUSED: Ranges.parse("9"),
        f"{EXCLUDED}:erased": Ranges.parse("10"),
        CHECKPOINT: Ranges.parse("4"),
    },
    producers={"web-1": Ranges.to(5)},
    checkpoints=(
        Checkpoint(producer_id="web-1", number=1, accepted=5, at=datetime(2026, 11, 23, 9, tzinfo=UTC), final=True),
    ),
)
ENTRY = Entry(
    job="events",
    number=7,
    run_id="jr_1",
    finished_at="2026-11-23T10:00:00.000Z",
    settings={"partition": "day"},
    inputs=(ACCOUNT, replace(ACCOUNT, key="other.gz")),
    outputs=(OutputFile(table="events", key="events/dt=2026-11-23/a.parquet", etag="def", size=99, rows=4),),
)


def test_numbers_that_were_withdrawn_come_back_and_others_leave_no_trace() -> None:
    plain = ACCOUNT.checkpoints[0]
    told = replace(plain, number=2, withdrawn=Ranges.of([2, 3]))
    entry = replace(ENTRY, inputs=(replace(ACCOUNT, checkpoints=(plain, told)),))

    assert decode_entry(encode_entry(entry)) == entry
    assert gzip.decompress(encode_entry(entry)).count(b'"withdrawn":"2-3"') == 1
    assert b"withdrawn" not in gzip.decompress(encode_entry(ENTRY))


def test_an_entry_comes_back_as_it_was_written_in_the_same_bytes() -> None:
    assert decode_entry(encode_entry(ENTRY)) == ENTRY
    assert encode_entry(ENTRY) == encode_entry(decode_entry(encode_entry(ENTRY)))


def test_an_entry_counts_its_inputs_and_adds_the_reasons_of_exclusion_up() -> None:
    counts = {name: ENTRY.count(name) for name in (DELIVERED, DEDUPLICATED, QUARANTINED, EXCLUDED, CHECKPOINT)}

    assert counts == {DELIVERED: 8, DEDUPLICATED: 2, QUARANTINED: 4, EXCLUDED: 4, CHECKPOINT: 2}


def test_an_account_is_balanced_when_each_line_has_one_outcome() -> None:
    twice = replace(ACCOUNT, outcomes=ACCOUNT.outcomes | {QUARANTINED: Ranges.parse("3,7")})
    none = replace(ACCOUNT, outcomes=ACCOUNT.outcomes | {QUARANTINED: Ranges.parse("7")})

    assert [a.is_balanced for a in (ACCOUNT, twice, none)] == [True, False, False]


def test_keys_of_entries_sort_as_their_numbers_do() -> None:
    assert ENTRY.key == "_ledger/events/0000000007.json.gz"
    assert entry_key("events", 99) < entry_key("events", 100)
