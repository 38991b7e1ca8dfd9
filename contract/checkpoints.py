"""Checkpoints: small records with which a producer says, on the stream itself, how many events it has accepted.

With them a gap in `producer_seq` is a loss that has a name, and the end of the sequence is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from contract.schema import INSTANT_PATTERN
from contract.times import format_instant, parse_instant

INTERVAL_SECONDS = 60

PATTERN = (
    r'\A\{"checkpoint":\{"producer_id":"([A-Za-z0-9_.-]{1,64})","number":([1-9][0-9]{0,14}),'
    rf'"accepted":(0|[1-9][0-9]{{0,14}}),"at":"({INSTANT_PATTERN})","final":(true|false)\}}\}}\Z'
)
"""A checkpoint's whole line, its values in five groups; the syntax is Python's and Java's."""

_match = re.compile(PATTERN).match


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """`accepted`: events 1 to `accepted` were acknowledged. `number`: 1, 2, 3 … without a gap. `final`: closed."""

    producer_id: str
    number: int
    accepted: int
    at: datetime
    final: bool


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    """One line, with its newline."""
    return (
        f'{{"checkpoint":{{"producer_id":"{checkpoint.producer_id}","number":{checkpoint.number},'
        f'"accepted":{checkpoint.accepted},"at":"{format_instant(checkpoint.at)}",'
        f'"final":{"true" if checkpoint.final else "false"}}}}}\n'
    ).encode()


def parse_checkpoint(line: bytes) -> Checkpoint | None:
    """The checkpoint on this line, or None where it is anything else."""
    if not line.startswith(b'{"checkpoint":'):
        return None
    found = _match(line.removesuffix(b"\n").decode(errors="replace"))
    if found is None:
        return None
    producer_id, number, accepted, at, final = found.groups()
    return Checkpoint(
        producer_id=producer_id,
        number=int(number),
        accepted=int(accepted),
        at=parse_instant(at),
        final=final == "true",
    )
