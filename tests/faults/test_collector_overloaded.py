"""A collector that is offered ten times what the stream takes: it says so, stays small, and loses nothing it took."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from producers.sdk.memory import even_shards
from tests.support.collector_load import Load, Offered, request, under
from tests.support.collector_process import CollectorProcess, collector_process, waiting_in
from tests.support.producer_ledger import last_words, stamp_of, unbalanced
from tests.support.sharded_kinesis import ShardedKinesis, sharded_kinesis

SECONDS: Final = float(os.environ.get("SECONDS", "5"))
REQUESTS_A_SECOND: Final = 120
EVENTS_EACH: Final = 100
MEBI: Final = 1024**2
SPOOL_BYTES: Final = int(MEBI * SECONDS / 10)
HELD_BYTES: Final = MEBI  # of events in the producer
MOST_MORE: Final = 24 * MEBI  # than at rest: what it may hold as events and as bodies, and what Python makes of it
KEYS: Final = {"web": 0.0, "trial": 300.0}  # events a second that each may send; 0: any
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 3 * SECONDS)]


@pytest.fixture
def kinesis() -> Iterator[ShardedKinesis]:
    size = len(request(1, EVENTS_EACH, write_key="", occurred_at="2026-11-23T09:00:00Z"))
    with sharded_kinesis(shards=even_shards(1), bytes_a_second=size * REQUESTS_A_SECOND / 10) as stream:
        yield stream


def test_under_ten_times_what_the_stream_takes_it_stays_small_says_no_in_time_and_loses_nothing(
    kinesis: ShardedKinesis, tmp_path: Path
) -> None:
    root, log = tmp_path / "spool", tmp_path / "log"
    settings = {"spool_bytes": SPOOL_BYTES, "producer_bytes": HELD_BYTES, "held_bytes": 8 * MEBI}
    with collector_process(root, kinesis.url, log, write_keys=write_keys(), **settings) as collector:
        at_rest = collector.peak_bytes
        with under(load_on(collector)) as offered:
            time.sleep(SECONDS)
        ended = time.monotonic()
        kept = {*ids_in(waiting_in(root)), *ids_in(list(kinesis.taken))}
        taken = len(ids_in(kinesis.taken))
        ready_again = answers_in_time(collector, ended)
        empty_again = spool_is_empty(collector, ended)
        peak = collector.peak_bytes
        code = collector.stop(30)

    print(  # noqa: T201 - the figures that are promised
        f"\noffered {offered.sent * EVENTS_EACH:,} events in {offered.seconds:.1f} s, {offered.missed} requests "
        f"found no connection; the stream took {taken:,}; answers {dict(offered.statuses)}\n"
        f"memory: {at_rest / MEBI:.0f} MiB at rest, {peak / MEBI:.0f} MiB at most\n"
        f"recovered: ready and answering within 100 ms after {ready_again:.1f} s, spool empty after {empty_again:.1f} s"
    )
    it_was_ten_times_too_much(offered, taken)
    assert {"202", "429", "503"} == set(offered.statuses)
    assert offered.mute == 0
    assert peak - at_rest < MOST_MORE
    assert offered.event_ids() - kept == set()
    all_arrived_once(offered, kinesis)
    assert code in {0, -15}
    assert list(root.glob("collector-*")) == []


# --- what is done -------------------------------------------------------------------------------------------------


def load_on(collector: CollectorProcess) -> Load:
    return Load(
        collector.port,
        requests_a_second=REQUESTS_A_SECOND,
        events_each=EVENTS_EACH,
        connections=300,
        write_keys=["web"] * 9 + ["trial"],
    )


def write_keys() -> str:
    """Each is the key to itself."""
    limits = {key: {"events_per_second": rate, "burst": 300} if rate else {} for key, rate in KEYS.items()}
    hashes = {key: hashlib.sha256(key.encode()).hexdigest() for key in KEYS}
    return json.dumps([{"name": key, "sha256": hashes[key], **limits[key]} for key in KEYS])


def answers_in_time(collector: CollectorProcess, since: float) -> float:
    """Seconds until it is ready, and takes an event within 100 ms."""
    for number in count():
        probe = {"event_id": f"probe-{number}", "event_type": "view", "user_id": "u-1", "item_id": "i-1"}
        began = time.monotonic()
        status = collector.post(json.dumps({**probe, "occurred_at": "2026-01-01T00:00:00Z"}), write_key="web")
        now = time.monotonic()
        if (status, collector.get("/ready")[0]) == (202, 200) and now - began < 0.1:
            return now - since
        time.sleep(0.05)
    raise AssertionError


def spool_is_empty(collector: CollectorProcess, since: float) -> float:
    while collector.metric("clickstream_producer_spool_bytes") > 0:
        time.sleep(0.05)
    return time.monotonic() - since


# --- what must hold -----------------------------------------------------------------------------------------------


def it_was_ten_times_too_much(offered: Offered, taken: int) -> None:
    assert offered.sent * EVENTS_EACH > 5 * taken
    assert offered.missed < offered.sent / 20


def all_arrived_once(offered: Offered, kinesis: ShardedKinesis) -> None:
    assert offered.event_ids() - ids_in(kinesis.taken) == set()
    stamps = Counter(filter(None, map(stamp_of, kinesis.taken)))
    assert [stamp for stamp, times in stamps.items() if times > 1] == []
    [(_, word)] = last_words(kinesis.taken).items()
    assert (word.accepted, word.final) == (len(stamps), True)
    assert unbalanced(kinesis.taken) == []


def ids_in(lines: Iterator[bytes] | list[bytes]) -> set[bytes]:
    return {line.partition(b'"event_id":"')[2].partition(b'"')[0] for line in lines if b'"event_id":"' in line}
