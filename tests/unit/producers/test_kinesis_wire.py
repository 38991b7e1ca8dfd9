"""The calls of Kinesis as bytes: JSON as any reader reads it, CBOR byte for byte as botocore writes it."""

from __future__ import annotations

import base64
import json
from typing import Any

import botocore.session
import pytest
from botocore.parsers import BaseCBORParser
from botocore.serialize import CBORSerializer
from hypothesis import given
from hypothesis import strategies as st

from producers.sdk.kinesis import cbor
from producers.sdk.kinesis.wire import CborWire, JsonWire, Wire
from producers.sdk.stream import Outcome, Record, Refused

pytestmark = pytest.mark.unit

SHAPE = botocore.session.get_session().get_service_model("kinesis").operation_model("PutRecords").input_shape
WIRES: list[Wire] = [JsonWire(), CborWire()]
ANY_TEXT: Any = st.characters(exclude_categories=["Cs"])  # without lone surrogates, which no UTF-8 holds
KEYS = st.text(ANY_TEXT, min_size=1, max_size=20)
HASH_KEYS = st.none() | st.integers(0, 2**128 - 1).map(str)
RECORDS = st.lists(st.builds(Record, KEYS, st.binary(max_size=400), HASH_KEYS), min_size=1, max_size=30)
ODD = ['"', "\\", "\\u0041", "ü ☃ 🛒", "\x00\x1f\x7f", "\u2028", "</script>", "a" * 256]


def asked(records: list[Record], name: str = "events") -> dict[str, Any]:
    entries = [
        {"Data": r.data, "PartitionKey": r.key} | ({} if r.hash_key is None else {"ExplicitHashKey": r.hash_key})
        for r in records
    ]
    return {"StreamName": name, "Records": entries}


def as_cbor(value: Any) -> bytes:
    """By botocore, which knows the parameters of PutRecords."""
    written = bytearray()
    serializer: Any = CBORSerializer()
    serializer._serialize_data_item(written, value, SHAPE, None)
    return bytes(written)


@given(RECORDS)
def test_any_records_are_json_of_their_base64(records: list[Record]) -> None:
    body = json.loads(JsonWire().put_records("events", records))

    for entry in body["Records"]:
        entry["Data"] = base64.b64decode(entry["Data"], validate=True)
    assert body == asked(records)


@given(RECORDS)
def test_any_records_are_botocores_cbor(records: list[Record]) -> None:
    body = CborWire().put_records("events", records)

    assert body == as_cbor(asked(records))
    assert cbor.decode(body) == asked(records)


@pytest.mark.parametrize("size", [23, 24, 255, 256, 65_535, 65_536])
def test_sizes_at_the_edges_of_cbor_are_botocores(size: int) -> None:
    records = [Record("k" * min(size, 256), b"\x00" * size)]

    assert CborWire().put_records("e" * size, records) == as_cbor(asked(records, "e" * size))


@pytest.mark.parametrize("key", ODD)
@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.content_type)
def test_odd_keys_and_names_arrive_as_they_are(wire: Wire, key: str) -> None:
    body = wire.read(wire.put_records(key, [Record(key, b"x")]))

    assert (body["StreamName"], [record["PartitionKey"] for record in body["Records"]]) == (key, [key])
    assert wire.read(wire.call({"StreamName": key})) == {"StreamName": key}


ANSWER = {
    "FailedRecordCount": 2,
    "EncryptionType": "NONE",
    "Records": [
        {"ShardId": "s-1", "SequenceNumber": "4" * 56},
        {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded"},
        {"ErrorCode": "InternalFailure", "ErrorMessage": None},
    ],
}
OUTCOMES = [Outcome("s-1"), Outcome(refused=Refused.THROTTLED), Outcome(refused=Refused.FAILED)]


def indefinite(value: Any) -> bytes:
    """CBOR as Java's writers make it: no map or list says how long it is."""
    match value:
        case dict():
            return b"\xbf" + b"".join(indefinite(part) for pair in value.items() for part in pair) + b"\xff"
        case list():
            return b"\x9f" + b"".join(map(indefinite, value)) + b"\xff"
        case str():
            return cbor.text(value)
        case None:
            return b"\xf6"
    return cbor.head(0, value)


@pytest.mark.parametrize(
    ("wire", "answer"), [(JsonWire(), json.dumps(ANSWER).encode()), (CborWire(), indefinite(ANSWER))], ids=type
)
def test_an_answer_is_an_outcome_for_each_record(wire: Wire, answer: bytes) -> None:
    assert wire.outcomes(answer) == OUTCOMES
    assert wire.read(answer) == ANSWER


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.content_type)
@pytest.mark.parametrize(
    "answer",
    [None, 3, "text", [], {}, {"Records": None}, {"Records": [3]}, {"Records": [{}]}, {"Records": [{"ShardId": 3}]}],
    ids=str,
)
def test_another_answer_is_none(wire: Wire, answer: Any) -> None:
    body = json.dumps(answer).encode() if isinstance(wire, JsonWire) else indefinite(answer)

    with pytest.raises(ValueError):  # noqa: PT011 - which words is not promised
        wire.outcomes(body)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(answer: bytes) -> None:
    for wire in WIRES:
        for read in (wire.read, wire.outcomes):
            try:
                read(answer)
            except ValueError:
                continue


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xa1",
        b"\x81",
        b"\x5a\xff\xff\xff\xff",
        b"\x9f",
        b"\xbf\x61a\xff",
        b"\x01\x01",
        b"\x1c",
        b"\x81" * 40,
        b"\xa1\x80\x01",
        b"\x62\xff\xff",
        b"\xe0",
        b"\xfb\x00",
        b"\x1f",
        b"\xdf\x01\xff",
        b"\xff",
    ],
    ids=bytes.hex,
)
def test_damaged_cbor_is_refused(answer: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        cbor.decode(answer)


VALUES = st.recursive(
    st.integers(0, 2**64 - 1) | st.text(ANY_TEXT, max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=10,
)


@given(VALUES)
def test_any_item_is_read_as_botocore_reads_it(value: Any) -> None:
    written = indefinite(value)
    parser = BaseCBORParser()

    assert cbor.decode(written) == value
    assert parser.parse_data_item(parser.get_peekable_stream_from_bytes(written)) == value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("f4", False),
        ("f5", True),
        ("20", -1),
        ("3903e7", -1000),
        ("f93e00", 1.5),
        ("fb3ff199999999999a", 1.1),
        ("c11a514b67b0", 1363896240),
        ("5f42010243030405ff", b"\1\2\3\4\5"),
        ("7f657374726561646d696e67ff", "streaming"),
    ],
)
def test_what_the_standard_gives_as_examples_is_read(written: str, value: Any) -> None:
    assert cbor.decode(bytes.fromhex(written)) == value
