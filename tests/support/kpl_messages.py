"""The KPL format's AggregatedRecord as a protobuf message, from the names and numbers of its description.

A record's tags are left out: nobody writes them, and readers skip them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.json_format import ParseDict

from contract.kpl import MAGIC

Given = tuple[str, bytes, str | None]  # key, data, explicit hash key

_FILE = {
    "name": "kpl_for_tests.proto",  # a name of its own: aws_kinesis_agg claims "messages.proto"
    "package": "kpl_for_tests",
    "syntax": "proto2",
    "messageType": [
        {
            "name": "Record",
            "field": [
                {"name": "partition_key_index", "number": 1, "label": "LABEL_REQUIRED", "type": "TYPE_UINT64"},
                {"name": "explicit_hash_key_index", "number": 2, "label": "LABEL_OPTIONAL", "type": "TYPE_UINT64"},
                {"name": "data", "number": 3, "label": "LABEL_REQUIRED", "type": "TYPE_BYTES"},
            ],
        },
        {
            "name": "AggregatedRecord",
            "field": [
                {"name": "partition_key_table", "number": 1, "label": "LABEL_REPEATED", "type": "TYPE_STRING"},
                {"name": "explicit_hash_key_table", "number": 2, "label": "LABEL_REPEATED", "type": "TYPE_STRING"},
                {"name": "records", "number": 3, "label": "LABEL_REPEATED", "typeName": "Record"},
            ],
        },
    ],
}


def _message_class() -> Any:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(ParseDict(_FILE, descriptor_pb2.FileDescriptorProto()))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("kpl_for_tests.AggregatedRecord"))


AggregatedRecord = _message_class()


def sealed(body: bytes) -> bytes:
    return MAGIC + body + hashlib.md5(body, usedforsecurity=False).digest()


def by_protobuf(records: Sequence[Given]) -> bytes:
    """An aggregate of the records as protobuf's own code writes it."""
    keys = {key: number for number, key in enumerate(dict.fromkeys(key for key, _, _ in records))}
    hashed = {key: number for number, key in enumerate(dict.fromkeys(h for _, _, h in records if h is not None))}
    message = AggregatedRecord(partition_key_table=keys, explicit_hash_key_table=hashed)
    for key, data, hash_key in records:
        added = message.records.add(partition_key_index=keys[key], data=data)
        if hash_key is not None:
            added.explicit_hash_key_index = hashed[hash_key]
    return sealed(message.SerializeToString())
