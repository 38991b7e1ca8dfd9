"""Checkpoints: small records with which a producer says, on the stream itself, how many events it has accepted.

With them a gap in `producer_seq` is a loss that has a name, and the end of the sequence is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from contract.ranges import Ranges
from contract.schema import INSTANT_PATTERN
from contract.times import format_instant, parse_instant

INTERVAL_SECONDS = 60

PATTERN = (
    r'\A\{"checkpoint":\{"producer_id":"([A-Za-z0-9_.-]{1,64})","number":([1-9][0-9]{0,14}),'
    rf'"accepted":(0|[1-9][0-9]{{0,14}}),"at":"({INSTANT_PATTERN})","final":(true|false)'
    r'(?:,"withdrawn":"([0-9,-]+)")?\}\}\Z'
)
"""A checkpoint's whole line, its values in six groups; the syntax is Python's and Java's."""

MAX_WITHDRAWN_CHARS = 4_000

_match = re.compile(PATTERN).match
_range = re.compile(r"([1-9][0-9]{0,14})(?:-([1-9][0-9]{0,14}))?").fullmatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """`accepted`: events 1 to `accepted` were acknowledged. `number`: 1, 2, 3 … without a gap. `final`: closed.

    `withdrawn`: of the numbers since the checkpoint before those that were given up without having been acknowledged:
    the caller knows. Written, they take `MAX_WITHDRAWN_CHARS` at most.
    """

    producer_id: str
    number: int
    accepted: int
    at: datetime
    final: bool
    withdrawn: Ranges = field(default_factory=Ranges)


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    """One line, with its newline."""
    return (
        f'{{"checkpoint":{{"producer_id":"{checkpoint.producer_id}","number":{checkpoint.number},'
        f'"accepted":{checkpoint.accepted},"at":"{format_instant(checkpoint.at)}",'
        f'"final":{"true" if checkpoint.final else "false"}{_withdrawn(checkpoint.withdrawn)}}}}}\n'
    ).encode()


def parse_checkpoint(line: bytes) -> Checkpoint | None:
    """The checkpoint on this line, or None where it is anything else."""
    if not line.startswith(b'{"checkpoint":'):
        return None
    found = _match(line.removesuffix(b"\n").decode(errors="replace"))
    if found is None:
        return None
    producer_id, number, accepted, at, final, withdrawn = found.groups()
    return Checkpoint(
        producer_id=producer_id,
        number=int(number),
        accepted=int(accepted),
        at=parse_instant(at),
        final=final == "true",
        withdrawn=_ranges(withdrawn or ""),
    )


def _withdrawn(numbers: Ranges) -> str:
    return f',"withdrawn":"{numbers}"' if numbers else ""


def _ranges(text: str) -> Ranges:
    # What cannot be read excuses no number. The line stays a checkpoint, as `PATTERN` says.
    found = filter(None, map(_range, text.split(",")))
    pairs = ((int(one[1]), int(one[2] or one[1])) for one in found)
    return Ranges.join((low, high) for low, high in pairs if low <= high)
