"""What a producer promises while disks, clocks, credentials and shards change under it, over HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract.checkpoints import parse_checkpoint
from contract.kpl import deaggregate
from producers.sdk.new_event import new_event
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.spool.machine import Machine
from tests.support.producer_ledger import last_words, stamp_of, unbalanced
from tests.support.promised_world import (
    FillingDisk,
    SteppedClock,
    events_in,
    lines_of,
    producing,
    sent,
    told,
    wait,
)
from tests.support.sdk_process import KEYS, program, spools_in, told_by
from tests.support.several import until
from tests.support.sharded_kinesis import ShardedKinesis, sharded_kinesis

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (KEYS | {"NO_PROXY": "127.0.0.1", "AWS_EC2_METADATA_DISABLED": "true"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)


@pytest.fixture
def kinesis() -> Iterator[ShardedKinesis]:
    with sharded_kinesis() as stream:
        yield stream


# --- the disk -----------------------------------------------------------------------------------------------------


def test_while_the_disk_is_full_it_acknowledges_by_the_stream_alone(kinesis: ShardedKinesis, tmp_path: Path) -> None:
    disk = FillingDisk()
    producer = producing(kinesis, spool=SpoolDirectory(tmp_path, machine=Machine(files=disk)))
    kinesis.is_away = True
    on_disk = sent(producer, 100)
    wait(on_disk)

    disk.is_full = True
    in_memory = sent(producer, 100)
    time.sleep(0.3)
    assert [receipt for receipt in in_memory if receipt.is_acknowledged] == []
    assert producer.accepted == 100
    kinesis.is_away = False
    wait(in_memory)
    assert set(lines_of(in_memory)) <= set(kinesis.taken)

    disk.is_full = False
    kinesis.is_away = True
    on_disk_again = sent(producer, 100)
    wait(on_disk_again)
    assert set(lines_of(on_disk_again)) & set(kinesis.taken) == set()
    kinesis.is_away = False
    producer.close(10)

    assert events_in(kinesis.taken) == lines_of(on_disk + in_memory + on_disk_again)
    assert told(last_words(kinesis.taken)["web-1"]) == (300, "", True)
    assert unbalanced(kinesis.taken) == []
    assert spools_in(tmp_path) == set()


def test_two_processes_share_a_root_and_each_delivers_its_own_until_one_dies(
    kinesis: ShardedKinesis, tmp_path: Path
) -> None:
    with program(tmp_path, kinesis.url) as process:
        other, reader = told_by(process)
        mine = producing(kinesis, "mine", spool=SpoolDirectory(tmp_path))
        receipts = sent(mine, 300)
        mine.flush(10)
        both = spools_in(tmp_path)
        kinesis.is_away = True
        before = len(other)
        until(lambda: len(other) > before + 200)
        process.kill()
        reader.join(10)
    kinesis.is_away = False
    left = spools_in(tmp_path)
    mine.close(10)
    heir = producing(kinesis, "heir", spool=SpoolDirectory(tmp_path))
    until(lambda: spools_in(tmp_path) == {"heir"})
    heir.close(10)

    producer_id, *numbers = other
    assert both == left == {"mine", producer_id}
    stamps = [stamp for line in kinesis.taken if (stamp := stamp_of(line))]
    assert {(producer_id, int(number)) for number in numbers} <= set(stamps)
    assert [number for name, number in sorted(stamps) if name == "mine"] == list(range(1, 301))
    assert {name: word.final for name, word in last_words(kinesis.taken).items()} == {
        "mine": True,
        producer_id: True,
        "heir": True,
    }
    assert last_words(kinesis.taken)["mine"].accepted == len(receipts)
    assert unbalanced(kinesis.taken) == []
    assert spools_in(tmp_path) == set()


# --- the clock ----------------------------------------------------------------------------------------------------


def test_a_clock_that_is_set_back_breaks_no_id_no_checkpoint_and_delays_nothing(
    kinesis: ShardedKinesis, tmp_path: Path
) -> None:
    clock = SteppedClock()
    machine = Machine(clock=clock)
    producer = producing(kinesis, clock=clock, spool=SpoolDirectory(tmp_path, machine=machine), linger=0.05)
    before = sent(producer, 200, clock=clock)
    late = new_event("view", clock=clock, user_id="u-1", item_id="i-1")
    wait(before)
    until(lambda: any(map(parse_checkpoint, kinesis.taken)))
    kinesis.bytes_a_second = 100_000
    clock.back = timedelta(hours=2)
    began = time.monotonic()
    after = [producer.send(late), *sent(producer, 200, clock=clock)]
    wait(after)
    acknowledged_in = time.monotonic() - began
    producer.flush(10)
    delivered_in = time.monotonic() - began
    producer.close(10)

    assert acknowledged_in < 5
    assert delivered_in < 10
    assert set(kinesis.refused) == {"InvalidSignatureException"}
    assert events_in(kinesis.taken) == lines_of(before + after)
    assert len({json.loads(line)["event_id"] for line in events_in(kinesis.taken)}) == 401
    checkpoints = [checkpoint for line in kinesis.taken if (checkpoint := parse_checkpoint(line))]
    checkpoints.sort(key=lambda checkpoint: checkpoint.number)
    assert [checkpoint.number for checkpoint in checkpoints] == list(range(1, len(checkpoints) + 1))
    assert [c.accepted for c in checkpoints] == sorted(c.accepted for c in checkpoints)
    assert told(checkpoints[-1]) == (401, "", True)
    assert checkpoints[0].at - checkpoints[-1].at > timedelta(hours=1)
    assert unbalanced(kinesis.taken) == []


# --- the credentials ----------------------------------------------------------------------------------------------


def test_credentials_that_expire_in_mid_flight_are_renewed_and_cost_nothing(
    kinesis: ShardedKinesis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "credentials.json"
    config = tmp_path / "config"
    config.write_text(f"[default]\nregion = us-east-1\ncredential_process = cat {kept}\n")
    for name in KEYS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    issue(kept, "first")
    kinesis.good_token = "first"
    producer = producing(kinesis)
    receipts = sent(producer, 100)
    wait(receipts)

    kinesis.good_token = "second"
    receipts += sent(producer, 100)
    until(lambda: kinesis.refused.get("ExpiredTokenException", 0) >= 3)
    assert [receipt.is_acknowledged for receipt in receipts] == [True] * 100 + [False] * 100
    issue(kept, "second")
    wait(receipts)
    producer.close(10)

    assert events_in(kinesis.taken) == lines_of(receipts)
    assert told(last_words(kinesis.taken)["web-1"]) == (200, "", True)


def issue(path: Path, token: str) -> None:
    """Credentials as a process hands them out, good for a minute as far as botocore knows."""
    expiry = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    keys = {"AccessKeyId": "AKID", "SecretAccessKey": "secret", "SessionToken": token, "Expiration": expiry}
    written = path.with_suffix(".new")
    written.write_text(json.dumps({"Version": 1, **keys}))
    written.rename(path)


# --- the shards ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ordered", [False, True], ids=["any order", "ordered"])
def test_a_shard_that_splits_in_mid_flight_leaves_no_event_in_an_aggregate_that_readers_drop(
    kinesis: ShardedKinesis, *, ordered: bool
) -> None:
    producer = producing(kinesis, ordered=ordered)
    receipts = sent(producer, 200)
    kinesis.split(2)
    receipts += sent(producer, 200)
    kinesis.split(0)
    receipts += sent(producer, 200)
    producer.close(10)

    readable = events_in(kinesis.readable())
    assert set(readable) == set(lines_of(receipts))
    assert all(receipt.is_acknowledged for receipt in receipts)
    assert len(events_in(kinesis.taken)) > len(readable), "no aggregate went to a wrong shard"
    assert producer.metrics().repeated == len(kinesis.taken) - len(set(kinesis.taken))
    assert told(last_words(kinesis.taken)["web-1"]) == (600, "", True)
    assert unbalanced(kinesis.taken) == []
    assert not ordered or misplaced(kinesis.readable()) == []


def misplaced(lines: list[bytes]) -> list[bytes]:
    """Lines that come for the first time, and behind a later one of their visitor."""
    highest: dict[str, int] = {}
    seen: set[bytes] = set()
    found = []
    for line in lines:
        if (stamp := stamp_of(line)) and line not in seen:
            seen.add(line)
            user = json.loads(line)["user_id"]
            if stamp[1] < highest.get(user, 0):
                found.append(line)
            highest[user] = max(stamp[1], highest.get(user, 0))
    return found


def test_without_leave_to_list_shards_single_records_deliver_everything_all_the_same(kinesis: ShardedKinesis) -> None:
    kinesis.is_listed = False
    producer = producing(kinesis)
    receipts = sent(producer, 300)
    receipts[0].wait(2)
    producer.close(10)

    assert set(kinesis.refused) == {"AccessDeniedException"}
    assert [record for _, record in kinesis.records if deaggregate(record.data) is not None] == []
    assert events_in(kinesis.taken) == lines_of(receipts)
    assert all(receipt.is_acknowledged for receipt in receipts)
    assert told(last_words(kinesis.taken)["web-1"]) == (300, "", True)
