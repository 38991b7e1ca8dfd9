"""What the audit of the stream consumer judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contract.ranges import Ranges
from contract.stream_account import Place
from operations.audit.stream.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class RawObject:
    """What a raw object holds that the stream consumer must have read too; checkpoints are left out."""

    key: str
    arrived: datetime  # by the hour in its key, which is the earliest that it can have been
    lines: int
    repeats: int  # of its lines, those that the lake has from elsewhere
    producers: Mapping[str, Ranges]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedBatch:
    """A batch that the consumer gave up and Lambda kept, whole."""

    key: str  # in the quarantine's bucket
    lines: int
    producers: Mapping[str, Ranges]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvidence:
    """`watermarks`: by shard, read after the accounts. Without `whole`, only the newest accounts were read.

    `quarantined`: by shard, in order, places of the lines that the consumer refused and that are still kept, read
    after the accounts that the tally keeps; `kept_since`: what was refused before may be gone.
    """

    raw: Sequence[RawObject]
    tally: Tally  # of the accounts
    watermarks: Mapping[str, Place]
    failed: Sequence[FailedBatch] = field(default_factory=tuple)
    quarantined: Mapping[str, Sequence[Place]] = field(default_factory=dict)
    kept_since: datetime | None = None
    whole: bool = True
