"""Files of past events: CSV, JSON lines and Parquet, whole and damaged, end to end onto a stream in memory."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import SystemRandom

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.checkpoints import parse_checkpoint
from contract.codec import Plausible, decode
from contract.errors import ConfigurationError
from contract.events import EARLIEST
from producers.replay.mapping import Mapping, TimeUnit, load_mapping
from producers.replay.replay import ReplayResult, replay, replay_producer_id
from producers.sdk.batches import BatchWriter
from producers.sdk.limits import Limits
from producers.sdk.memory import MemoryStream
from producers.sdk.producer import EventProducer
from tests.factories import NOW, FakeClock

pytestmark = pytest.mark.integration

HEADER = b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\n"
SHOP = Mapping(
    fields={"user_id": "customer", "item_id": "sku", "occurred_at": "time", "event_type": "action"},
    event_types={"buy": "purchase"},
    time_unit=TimeUnit.ISO,
)


def replayed(path: Path, mapping: Mapping | None = None) -> tuple[ReplayResult, list[bytes]]:
    """The result, and the lines on the stream, checkpoints left out, sorted."""
    stream, clock = MemoryStream(), FakeClock()
    writer = BatchWriter(stream, clock=clock, limits=Limits(), jitter=SystemRandom().random)
    with EventProducer(stream, clock=clock, producer_id=replay_producer_id(path)) as producer:
        result = replay(path, producer, writer, mapping)
    return result, sorted(r.data for r in stream.lines if parse_checkpoint(r.data) is None)


def file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
    return path


@pytest.mark.parametrize("name", ["interactions.csv", "interactions.csv.gz"])
def test_every_row_of_a_csv_file_becomes_an_event_and_a_replay_repeats_it(tmp_path: Path, name: str) -> None:
    path = file(tmp_path, name, HEADER + b"1,10,1600000000,view\r\n2,20,1600000001,purchase\n\n")

    result, lines = replayed(path)

    events = [decode(line, Plausible(EARLIEST, NOW)) for line in lines]
    assert result == ReplayResult(rows=2, accepted=2, raw=0)
    assert sorted((e.user_id, e.item_id, e.occurred_at, e.event_type, e.producer_seq) for e in events) == [
        ("1", "10", "2020-09-13T12:26:40Z", "view", 1),
        ("2", "20", "2020-09-13T12:26:41Z", "purchase", 2),
    ]
    assert replayed(path) == (result, lines)


def test_rows_that_make_no_event_reach_the_stream_with_their_bytes(tmp_path: Path) -> None:
    bad = [b",10,1600000000,view", b"1,,1600000000,view", b"1,10,soon,view", b"1,10,1600000000", b"caf\xe9,,1,view"]
    path = file(tmp_path, "i.csv", HEADER + b"\n".join([b"1,10,1600000000,view", *bad]))

    result, lines = replayed(path)

    assert result == ReplayResult(rows=6, accepted=1, raw=5)
    assert [line for line in lines if not line.startswith(b"{")] == sorted(row + b"\n" for row in bad)


def test_a_quoted_value_may_hold_commas_and_newlines(tmp_path: Path) -> None:
    path = file(tmp_path, "i.csv", HEADER + b'"a,b","1\n0",1600000000,view\n"x","y\nz",soon,view\n')

    result, lines = replayed(path)

    assert result == ReplayResult(rows=2, accepted=1, raw=1)
    assert b'"x","y z",soon,view\n' in lines
    assert any(b'"item_id":"1\\n0"' in line and b'"user_id":"a,b"' in line for line in lines)


def json_lines(folder: Path) -> Path:
    rows = b'{"customer":"c1","sku":"s1","time":"2026-01-01T00:00:00Z","action":"buy"}\nnot json\n\n{"sku":"s2"}\n'
    return file(folder, "events.jsonl.gz", rows)


def parquet(folder: Path) -> Path:
    rows = {
        "customer": ["c1", None, "c3"],
        "sku": ["s1", "s2", "s3"],
        "time": [datetime(2026, 1, 1), datetime(2026, 1, 1), None],  # noqa: DTZ001  # as Parquet often has it
        "action": ["buy", "view", "view"],
    }
    path = folder / "events.parquet"
    pq.write_table(pa.table(rows), path)
    return path


@pytest.mark.parametrize("make", [json_lines, parquet])
def test_other_formats_are_read_by_a_mapping(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    result, lines = replayed(make(tmp_path), SHOP)

    [event] = [decode(line, Plausible(EARLIEST, NOW)) for line in lines if b"producer_seq" in line]
    assert result == ReplayResult(rows=3, accepted=1, raw=2)
    assert (event.user_id, event.item_id, event.event_type) == ("c1", "s1", "purchase")
    assert event.occurred_at.startswith("2026-01-01T00:00:00")


def test_unknown_columns_are_named_with_the_way_out(tmp_path: Path) -> None:
    path = file(tmp_path, "i.csv", b"customer,sku,time\n1,2,3\n")

    with pytest.raises(ConfigurationError, match=r"(?s)customer, sku, time; give a mapping.*fields:"):
        replayed(path)


def test_a_mapping_of_columns_that_the_file_lacks_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, "i.csv", b"customer,sku,time\n1,2,3\n")

    with pytest.raises(ConfigurationError, match="has no column action"):
        replayed(path, SHOP)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("i.xls", b"x", "not a .csv"), ("none.csv", None, "no such file"), ("i.csv", b"", "its columns are none")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        file(tmp_path, name, content)

    with pytest.raises(ConfigurationError, match=message):
        replayed(tmp_path / name)


def test_a_cut_off_gzip_file_is_an_error_that_says_so(tmp_path: Path) -> None:
    path = file(tmp_path, "i.csv.gz", HEADER + b"".join(b"%d,10,1600000000,view\n" % n for n in range(5_000)))
    path.write_bytes(path.read_bytes()[:-500])

    with pytest.raises(ConfigurationError, match="damaged gzip"):
        replayed(path)


def test_a_mapping_is_read_from_yaml(tmp_path: Path) -> None:
    text = (
        "fields: {user_id: customer, item_id: sku, occurred_at: time, event_type: action}\n"
        "event_types: {buy: purchase}\ntime_unit: iso\n"
    )

    assert load_mapping(file(tmp_path, "shop.yaml", text.encode())) == SHOP


@pytest.mark.parametrize("text", ["- 1", "fields: 3", "fields: {a: b", "fields: {user_id: u}\ntime_unit: hours"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="not a mapping"):
        load_mapping(file(tmp_path, "bad.yaml", text.encode()))
