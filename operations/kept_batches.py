"""Batches of the stream that a function gave up, as Lambda keeps them whole in the quarantine bucket."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contract.checkpoints import parse_checkpoint
from contract.kpl import DamagedAggregate, payloads

PREFIX: Final = "aws/lambda/"
"""Under which Lambda keeps them; it chooses the rest of the key."""
_BLANK: Final = b" \t\r"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBatch:
    """Records as the function was given them, and Lambda's word for why it was given up."""

    condition: str
    records: Sequence[Mapping[str, Any]]


def read_batch(data: bytes) -> KeptBatch | None:
    """None for what is not of a stream: an event that nobody waited for is kept there, too."""
    kept = json.loads(data)
    if "KinesisBatchInfo" not in kept:
        return None
    payload = kept["payload"]
    event = json.loads(payload) if isinstance(payload, str) else payload
    return KeptBatch(condition=(kept.get("requestContext") or {}).get("condition", ""), records=event["Records"])


def lines_of(record: Mapping[str, Any]) -> Iterator[bytes]:
    """The lines of one record without their newlines, blank ones and producers' checkpoints left out; a damaged
    aggregate is one line."""
    data = base64.b64decode(record["kinesis"]["data"])
    try:
        parts = payloads(data)
    except DamagedAggregate:
        yield data
        return
    for part in [data] if parts is None else parts:
        for line in part.split(b"\n"):
            if line.strip(_BLANK) and parse_checkpoint(line) is None:
                yield line
