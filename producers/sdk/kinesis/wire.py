"""The calls of Kinesis as bytes, and what its answers say: in JSON, or in the CBOR of AWS's own Java SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from pybase64 import b64encode

from producers.sdk.kinesis import cbor
from producers.sdk.kinesis.errors import outcome
from producers.sdk.stream import Outcome, Record


class Wire(Protocol):
    @property
    def content_type(self) -> str: ...

    def put_records(self, stream: str, records: Sequence[Record]) -> bytes: ...

    def call(self, fields: Mapping[str, str]) -> bytes:
        """Any other call."""
        ...

    def outcomes(self, answer: bytes) -> Sequence[Outcome]:
        """What PutRecords answered. Raises ValueError where it is no such answer."""
        ...

    def read(self, answer: bytes) -> Any:
        """Any other answer, an error's too. Raises ValueError where it cannot be read."""
        ...


class _Put(msgspec.Struct, rename="pascal", gc=False):
    shard_id: str | None = None
    error_code: str | None = None


class _Answer(msgspec.Struct, rename="pascal", gc=False):
    records: list[_Put]


_answer = msgspec.json.Decoder(_Answer)
_quoted = msgspec.json.encode


class JsonWire:
    content_type = "application/x-amz-json-1.1"

    def put_records(self, stream: str, records: Sequence[Record]) -> bytes:
        parts = [b'{"StreamName":', _quoted(stream), b',"Records":[']
        before = b'{"Data":"'
        for record in records:
            parts += (before, b64encode(record.data), b'","PartitionKey":', _quoted(record.key))
            if record.hash_key is not None:
                parts += (b',"ExplicitHashKey":', _quoted(record.hash_key))
            before = b'},{"Data":"'
        parts.append(b"}]}")
        return b"".join(parts)

    def call(self, fields: Mapping[str, str]) -> bytes:
        return _quoted(fields)

    def outcomes(self, answer: bytes) -> Sequence[Outcome]:
        try:
            puts = _answer.decode(answer).records
        except msgspec.MsgspecError as error:
            raise ValueError(str(error)) from error
        return [outcome(put.shard_id, put.error_code) for put in puts]

    def read(self, answer: bytes) -> Any:
        try:
            return msgspec.json.decode(answer)
        except msgspec.MsgspecError as error:
            raise ValueError(str(error)) from error


_DATA, _KEY, _HASH_KEY = cbor.text("Data"), cbor.text("PartitionKey"), cbor.text("ExplicitHashKey")
_TWO, _THREE = cbor.head(cbor.MAP, 2) + _DATA, cbor.head(cbor.MAP, 3) + _DATA


class CborWire:
    content_type = "application/x-amz-cbor-1.1"

    def put_records(self, stream: str, records: Sequence[Record]) -> bytes:
        parts = [cbor.head(cbor.MAP, 2), cbor.text("StreamName"), cbor.text(stream)]
        parts += (cbor.text("Records"), cbor.head(cbor.ARRAY, len(records)))
        for record in records:
            parts += (_TWO if record.hash_key is None else _THREE, cbor.head(cbor.BYTES, len(record.data)), record.data)
            parts += (_KEY, cbor.text(record.key))
            if record.hash_key is not None:
                parts += (_HASH_KEY, cbor.text(record.hash_key))
        return b"".join(parts)

    def call(self, fields: Mapping[str, str]) -> bytes:
        texts = (cbor.text(word) for field in fields.items() for word in field)
        return cbor.head(cbor.MAP, len(fields)) + b"".join(texts)

    def outcomes(self, answer: bytes) -> Sequence[Outcome]:
        try:
            puts = msgspec.convert(cbor.decode(answer), _Answer).records
        except msgspec.MsgspecError as error:
            raise ValueError(str(error)) from error
        return [outcome(put.shard_id, put.error_code) for put in puts]

    def read(self, answer: bytes) -> Any:
        return cbor.decode(answer)
