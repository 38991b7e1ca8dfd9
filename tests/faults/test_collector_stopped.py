"""SIGTERM while events pour in: what was acknowledged is delivered or spooled in time, and the next process ends it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from producers.sdk.memory import even_shards
from tests.support.collector_load import Load, under
from tests.support.collector_process import collector_process, waiting_in
from tests.support.producer_ledger import last_words, stamp_of, unbalanced
from tests.support.sdk_process import program, spools_in, told_by
from tests.support.sharded_kinesis import ShardedKinesis, sharded_kinesis

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]
BYTES_A_SECOND: Final = 200_000  # a tenth of what comes
DEADLINE: Final = 1.0  # seconds to close; there is more than that to deliver
SLACK: Final = 3.0  # of a machine with other things to do


@pytest.fixture
def kinesis() -> Iterator[ShardedKinesis]:
    with sharded_kinesis(shards=even_shards(1), bytes_a_second=BYTES_A_SECOND) as stream:
        yield stream


def test_a_collector_told_to_end_under_load_keeps_what_it_acknowledged(kinesis: ShardedKinesis, tmp_path: Path) -> None:
    root, log = tmp_path / "spool", tmp_path / "log"
    settings = {"anyone": True, "drain_seconds": 2, "close_seconds": DEADLINE}
    with collector_process(root, kinesis.url, log, **settings) as collector:
        load = Load(collector.port, requests_a_second=80, events_each=100, connections=100, write_keys=[""])
        with under(load) as offered:
            time.sleep(1.2)
            began = time.monotonic()
            code = collector.stop(20)
            ended_in = time.monotonic() - began
            load.until.set()
    first, acknowledged = spools_in(root), offered.event_ids()
    kept = ids_in([*waiting_in(root), *kinesis.settle()])
    left = len(acknowledged - ids_in(kinesis.taken))

    kinesis.bytes_a_second = None
    with collector_process(root, kinesis.url, log, **settings) as heir:
        until_adopted(root, first)
        heir_code = heir.stop(20)
    print(  # noqa: T201 - the figures that are promised
        f"\ncollector: {len(acknowledged):,} events acknowledged, exit code {code} after {ended_in:.1f} s, "
        f"{left:,} left to the next; answers {dict(offered.statuses)}"
    )
    assert (code, heir_code) == (-signal.SIGTERM, -signal.SIGTERM)
    assert ended_in < 2 + DEADLINE + SLACK
    assert set(offered.statuses) <= {"202", "503", "none"}
    assert len(acknowledged) > 1_000
    assert left > 0, "it was no test: nothing was left"
    assert acknowledged - kept == set()
    assert acknowledged - ids_in(kinesis.taken) == set()
    every_sequence_is_ended(kinesis, root, at_least=len(acknowledged))


def test_a_program_closed_by_a_signal_under_load_keeps_what_it_acknowledged(
    kinesis: ShardedKinesis, tmp_path: Path
) -> None:
    root = tmp_path / "spool"
    with program(root, kinesis.url, deadline=DEADLINE) as process:
        told, reader = told_by(process)
        time.sleep(1.2)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(20)
        ended_in = time.monotonic() - began
        reader.join(10)
    first = spools_in(root)
    producer_id, acknowledged = told[0], {(told[0], int(number)) for number in told[1:]}
    kept = stamps_in([*waiting_in(root), *kinesis.settle()])
    left = len(acknowledged - stamps_in(kinesis.taken))

    kinesis.bytes_a_second = None
    with program(root, kinesis.url, "drain") as heir:
        heir_code = heir.wait(20)
    print(  # noqa: T201 - the figures that are promised
        f"\nprogram: {len(acknowledged):,} events acknowledged, exit code {code} after {ended_in:.1f} s, "
        f"{left:,} left to the next"
    )
    assert (code, heir_code) == (-signal.SIGTERM, 0)
    assert ended_in < DEADLINE + SLACK
    assert first == {producer_id}
    assert len(acknowledged) > 1_000
    assert left > 0, "it was no test: nothing was left"
    assert acknowledged - kept == set()
    assert acknowledged - stamps_in(kinesis.taken) == set()
    every_sequence_is_ended(kinesis, root, at_least=len(acknowledged))


# --- what is done -------------------------------------------------------------------------------------------------


def until_adopted(root: Path, first: set[str]) -> None:
    end = time.monotonic() + 20
    while spools_in(root) & first:
        assert time.monotonic() < end
        time.sleep(0.02)


# --- what must hold -----------------------------------------------------------------------------------------------


def every_sequence_is_ended(kinesis: ShardedKinesis, root: Path, *, at_least: int) -> None:
    words = last_words(kinesis.taken)
    assert all(word.final and not word.withdrawn for word in words.values())
    assert len(words) == 2
    assert max(word.accepted for word in words.values()) >= at_least
    assert unbalanced(kinesis.taken) == []
    assert spools_in(root) == set()


def stamps_in(lines: list[bytes]) -> set[tuple[str, int]]:
    return set(filter(None, map(stamp_of, lines)))


def ids_in(lines: list[bytes]) -> set[bytes]:
    return {line.partition(b'"event_id":"')[2].partition(b'"')[0] for line in lines if b'"event_id":"' in line}
