"""Whatever the stream consumer skips, or its accounts lose, the audit fails and says what it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aws_kinesis_agg.aggregator import RecordAggregator

from consumers.state_table import MemoryState
from contract.ledger import DELIVERED, QUARANTINED
from contract.ranges import Ranges
from contract.stream_account import StreamAccount, decode_account, encode_account
from operations.audit.core import Patience
from operations.audit.gather import Stores, gather
from operations.audit.report import Hop, Report
from operations.audit.stream.core import audit_stream
from operations.audit.stream.evidence import FailedBatch
from operations.audit.stream.gather import gather_stream, read_failed
from tests.support.stream_accounts import SHARD, account_of, failed_batch, kept_key, kept_line, settle, settle_all
from tests.support.world import NOW, World, produced, view

pytestmark = pytest.mark.faults

EVENTS = 25
BROKEN = b'{"broken"\n'
STAMPED = produced(map(view, range(1, EVENTS + 1)))  # and three checkpoints among them
LINES = [*STAMPED, BROKEN]
ACCOUNTS = f"account#realtime#{SHARD}"
ABSENT = "is in raw and in no account of the stream consumer"
FAILED = "aws/lambda/0b8b/shardId-000000000000/2026/11/23/2026-11-23T09.30.00-1.json"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.land("a", LINES[:20])
    world.land("b", LINES[20:])
    return world


@pytest.fixture
def state(world: World) -> MemoryState:
    state = MemoryState()
    settle_all(state, LINES, at=NOW, quarantine=world.quarantine)
    return state


def audited(
    world: World,
    state: MemoryState,
    *,
    allowed: timedelta | None = None,
    quick: bool = False,
    kept_since: datetime | None = None,
) -> Report:
    stores = Stores(raw=world.raw, lake=world.lake, quarantine=world.quarantine)
    events = gather(stores, kept_since=kept_since)
    since = NOW - timedelta(days=4) if quick else None
    return audit_stream(gather_stream(events, state, world.quarantine, since=since), Patience(now=NOW, allowed=allowed))


def told(world: World, state: MemoryState) -> list[str]:
    report = audited(world, state)
    assert report.balanced is not bool(report.findings)
    return [str(finding) for finding in report.findings]


def account_at(state: MemoryState, number: int) -> tuple[str, StreamAccount]:
    key, item = list(state.query(ACCOUNTS))[number]
    return key, decode_account(item["account"])


def place(state: MemoryState, number: int) -> str:
    return f"({SHARD} from {account_at(state, number)[1].first.key})"


def change(state: MemoryState, number: int, by: Callable[[StreamAccount], StreamAccount]) -> None:
    key, account = account_at(state, number)
    state.put(ACCOUNTS, key, {"account": encode_account(by(account))})


@pytest.mark.parametrize("quick", [False, True])
def test_what_was_read_once_balances(world: World, state: MemoryState, *, quick: bool) -> None:
    assert audited(world, state, quick=quick) == Report(
        hops=[Hop(hop="put_events", accepted=26, delivered=25, quarantined=1)], findings=[], pending=[]
    )


def test_a_lost_account_is_named_event_by_event(world: World, state: MemoryState) -> None:
    key, account = account_at(state, 1)
    state.delete(ACCOUNTS, key)

    assert account.producers == {"web-1": Ranges.of(range(11, 20))}  # and a checkpoint
    assert told(world, state) == [f"put_events: producer web-1 sequence 11-19 {ABSENT}"]
    assert [hop.missing for hop in audited(world, state).hops] == [9]


def test_an_event_that_the_consumer_skipped_is_named(world: World) -> None:
    state = MemoryState()
    settle_all(
        state, [line for line in LINES if b'"producer_seq":17}' not in line], at=NOW, quarantine=world.quarantine
    )

    assert told(world, state) == [f"put_events: producer web-1 sequence 17 {ABSENT}"]


def test_a_line_that_an_account_lost_is_noticed(world: World, state: MemoryState) -> None:
    change(state, 0, lambda account: replace(account, outcomes={DELIVERED: account.lines - 1}))

    assert told(world, state) == [
        f"put_events: an account names 10 events and has 9 lines {place(state, 0)}",
        "put_events: 1 lines of raw, with no producer's stamp, are in no account",
    ]


def test_a_line_without_a_stamp_that_no_account_has_is_noticed(world: World) -> None:
    state = MemoryState()
    settle_all(state, STAMPED, at=NOW, quarantine=world.quarantine)

    assert told(world, state) == ["put_events: 1 lines of raw, with no producer's stamp, are in no account"]


def test_a_refused_line_that_is_no_longer_kept_is_noticed(world: World, state: MemoryState) -> None:
    world.quarantine.delete([kept_key(len(LINES))])

    what = "an account has 1 lines quarantined, of which 0 are kept"
    assert told(world, state) == [f"put_events: {what} {place(state, 2)}"]


def test_a_refused_line_that_two_deliveries_kept_is_one(world: World, state: MemoryState) -> None:
    world.quarantine.delete([kept_key(len(LINES))])
    change(state, 2, lambda account: replace(account, outcomes={DELIVERED: 5, QUARANTINED: 2}))
    for name in ("a", "b"):
        world.quarantine.put(f"stream/realtime/{name}.jsonl.gz", kept_line(len(LINES), NOW))

    assert told(world, state) == [
        f"put_events: an account has 2 lines quarantined, of which 1 are kept {place(state, 2)}"
    ]


def test_refused_lines_that_the_bucket_no_longer_keeps_are_not_missed(world: World, state: MemoryState) -> None:
    world.quarantine.delete([kept_key(len(LINES))])

    assert audited(world, state, kept_since=NOW).findings == []


def test_lines_that_are_counted_twice_are_noticed(world: World, state: MemoryState) -> None:
    settle(state, account_of(LINES[:2], first=account_at(state, 2)[1].last.sequence, at=NOW))

    assert told(world, state) == [
        f"put_events: an account counts lines that the account before it counts too {place(state, 3)}"
    ]


def test_an_account_beyond_the_watermark_is_noticed(world: World, state: MemoryState) -> None:
    state.put("watermark#realtime", SHARD, {"sequence": "28", "sub": 0, "version": 2})

    assert told(world, state) == [f"put_events: an account reaches beyond its shard's watermark {place(state, 2)}"]


def test_an_account_with_an_outcome_of_its_own_is_noticed(world: World, state: MemoryState) -> None:
    change(state, 2, lambda account: replace(account, outcomes={"forgotten": 1, DELIVERED: 7, QUARANTINED: 1}))

    assert told(world, state)[0] == (
        f"put_events: an account has an outcome that the ledger does not know: forgotten {place(state, 2)}"
    )


def test_without_a_consumer_that_ran_all_is_missing(world: World) -> None:
    assert told(world, MemoryState()) == [
        f"put_events: producer web-1 sequence 1-25 {ABSENT}",
        "put_events: 1 lines of raw, with no producer's stamp, are in no account",
    ]


@pytest.mark.parametrize("as_text", [True, False])
def test_a_batch_that_was_given_up_is_kept_and_counts_as_quarantined(world: World, *, as_text: bool) -> None:
    state = MemoryState()
    settle_all(state, LINES[:20], at=NOW, quarantine=world.quarantine)
    world.quarantine.put(FAILED, failed_batch(LINES[15:], as_text=as_text))  # 15 to 19 had been settled

    assert audited(world, state) == Report(
        hops=[Hop(hop="put_events", accepted=25, delivered=19, quarantined=6)], findings=[], pending=[]
    )


def test_a_kept_batch_that_was_taken_away_is_named(world: World) -> None:
    state = MemoryState()
    settle_all(state, LINES[:20], at=NOW, quarantine=world.quarantine)

    assert told(world, state)[0] == f"put_events: producer web-1 sequence 20-25 {ABSENT}"


def test_what_other_functions_left_there_is_no_batch(world: World, state: MemoryState) -> None:
    world.quarantine.put("aws/lambda/async/catalog/2026/11/23/x.json", b'{"requestContext": {}}')

    assert told(world, state) == []


def test_a_replayed_line_is_read_twice_and_misses_nothing(world: World, state: MemoryState) -> None:
    world.land("replayed", LINES[:3])
    settle(state, account_of(LINES[:3], first=100, at=NOW))

    assert audited(world, state) == Report(
        hops=[Hop(hop="put_events", accepted=29, delivered=28, quarantined=1)], findings=[], pending=[]
    )


def test_what_is_on_its_way_is_pending_until_its_time_is_over(world: World) -> None:
    state = MemoryState()
    settle_all(state, LINES[:20], at=NOW, quarantine=world.quarantine)
    world.land("old", produced([view(1)], producer_id="ios-1"), arrival="dt=2026-11-20/hour=08")
    world.land("older", produced([view(2)], producer_id="ios-2"), arrival="dt=2026-11-19/hour=00")

    report = audited(world, state, allowed=timedelta(hours=72))

    assert report == Report(
        hops=[Hop(hop="put_events", accepted=27, delivered=19, pending=6)],
        findings=report.findings,
        pending=report.pending,
    )
    assert list(map(str, report.findings)) == [
        f"put_events: producer ios-1 sequence 1 {ABSENT}",
        f"put_events: producer ios-2 sequence 1 {ABSENT}",
    ]
    assert list(map(str, report.pending)) == [f"put_events: producer web-1 sequence 20-25 {ABSENT}"]


def test_a_quick_look_leaves_out_what_is_old_on_both_sides(world: World, state: MemoryState) -> None:
    old = produced([view(1)], producer_id="ios-1")
    world.land("old", old, arrival="dt=2026-11-19/hour=00")
    state.put(ACCOUNTS, "0" * 62, {"account": encode_account(account_of(old, first=0, at=NOW - timedelta(days=4.5)))})

    assert audited(world, state, quick=True) == Report(
        hops=[Hop(hop="put_events", accepted=26, delivered=25, quarantined=1)], findings=[], pending=[]
    )


def test_a_kept_batch_is_taken_apart_as_the_consumer_does_it() -> None:
    packed = RecordAggregator()
    for line in STAMPED[:3]:
        packed.add_user_record("key", line)
    aggregate = packed.clear_and_get().get_contents()[2]
    several = b"".join(STAMPED[3:6]) + b" \n"
    damaged = aggregate[:-1] + b"?"

    found = read_failed(FAILED, failed_batch([aggregate, several, damaged, checkpoint_line(), BROKEN]))

    assert found == FailedBatch(key=FAILED, lines=8, producers={"web-1": Ranges.of(range(1, 7))})


def checkpoint_line() -> bytes:
    return next(line for line in STAMPED if line.startswith(b'{"checkpoint"'))
