"""aws_kinesis_agg and we read each other's aggregates; what it gets wrong, we do not."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from aws_kinesis_agg.aggregator import RecordAggregator
from aws_kinesis_agg.deaggregator import deaggregate_records
from hypothesis import given
from hypothesis import strategies as st

from contract.kpl import DamagedAggregate, SubRecord, deaggregate, payloads
from contract.kpl_write import Aggregate, pack
from tests.support.kpl_messages import AggregatedRecord, Given, sealed

pytestmark = pytest.mark.integration

HASH_KEYS = st.integers(0, 2**128 - 1).map(str)
KEYS = st.sampled_from(["u-1", "u-2"]) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=200)
DATA = st.binary(max_size=400) | st.sampled_from([2_047, 2_048, 16_384]).map(bytes)


def ours(records: Sequence[Given]) -> bytes:
    aggregate = Aggregate(10**9)
    for key, data, hash_key in records:
        assert aggregate.add(key.encode(), data, hash_key)
    return aggregate.close()


def theirs(records: Sequence[Given]) -> bytes:
    aggregator = RecordAggregator()
    for key, data, hash_key in records:
        assert aggregator.add_user_record(key, data, hash_key) is None
    return bytes(aggregator.clear_and_get().get_contents()[2])


def read_by_peer(data: bytes) -> list[Given]:
    record: dict[str, Any] = {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": "outer",
        "sequenceNumber": "1",
        "approximateArrivalTimestamp": 1.0,
        "data": base64.b64encode(data).decode(),
    }
    found = [each["kinesis"] for each in deaggregate_records([{"kinesis": record}])]
    return [(each["partitionKey"], base64.b64decode(each["data"]), each.get("explicitHashKey")) for each in found]


@given(records=st.lists(st.tuples(KEYS, DATA, HASH_KEYS), min_size=2, max_size=30))
def test_the_peer_finds_what_we_packed_and_packs_the_same_bytes(records: list[Given]) -> None:
    assert read_by_peer(ours(records)) == records
    assert theirs(records) == ours(records)


@given(records=st.lists(st.tuples(KEYS, DATA, HASH_KEYS | st.none()), min_size=1, max_size=30))
def test_we_find_what_the_peer_packed(records: list[Given]) -> None:
    assert deaggregate(theirs(records)) == [SubRecord(key, hash_key, data) for key, data, hash_key in records]
    assert payloads(theirs(records)) == [data for _, data, _ in records]


def test_records_of_one_key_fill_an_aggregate_where_the_peer_counts_its_text_each_time() -> None:
    key, line = str(UUID(int=7)), bytes(60)
    aggregator = RecordAggregator(50_000)
    full = next(full for _ in range(1_000) if (full := aggregator.add_user_record(key, line)))

    packed, count = next(pack([key.encode()] * 1_000, [line] * 1_000, 50_000))

    assert 50_000 - len(packed) < len(line) + 6
    assert full.get_num_user_records() < 0.7 * count


def test_one_bad_key_among_five_is_an_error_where_the_peer_drops_three_records(
    capsys: pytest.CaptureFixture[str],
) -> None:
    message = AggregatedRecord(partition_key_table=["u-1"])
    for number in range(5):
        message.records.add(partition_key_index=7 if number == 1 else 0, data=b"%d" % number)
    data = sealed(message.SerializeToString())

    with pytest.raises(DamagedAggregate):
        deaggregate(data)
    with pytest.raises(DamagedAggregate):
        payloads(data)

    assert read_by_peer(data) == [("u-1", b"0", None)]
    assert "ERROR" in capsys.readouterr().err


def test_a_record_without_a_hash_key_has_none_where_the_peer_gives_it_the_first() -> None:
    data = ours([("u-1", b"one", "7"), ("u-2", b"two", None)])

    assert deaggregate(data) == [SubRecord("u-1", "7", b"one"), SubRecord("u-2", None, b"two")]
    assert [hash_key for _, _, hash_key in read_by_peer(data)] == ["7", "7"]


def test_a_damaged_aggregate_is_an_error_where_the_peer_hands_it_on_as_a_record() -> None:
    data = bytearray(ours([("u-1", b"one", None), ("u-2", b"two", None)]))
    data[-1] ^= 1

    with pytest.raises(DamagedAggregate):
        deaggregate(bytes(data))

    assert read_by_peer(bytes(data)) == [("outer", bytes(data), None)]


def test_importing_the_codec_changes_no_path_and_loads_no_protobuf() -> None:
    code = """
import sys
before = list(sys.path)
import contract.kpl, contract.kpl_write
print(sys.path == before, any(name.startswith(("google", "six", "aws_kinesis_agg")) for name in sys.modules))
"""

    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert found.stdout == "True False\n"
