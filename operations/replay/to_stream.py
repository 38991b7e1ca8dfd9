"""Put the lines of raw objects on the stream again, byte for byte: ids and stamps are those of the first time.

The lake finds that it has them, and Personalize that it knows their ids. What counts lines as they pass counts them
again: popularity and click-through of the online features.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from contract.checkpoints import parse_checkpoint
from contract.codec import Plausible, decode
from contract.errors import ConfigurationError, InvalidEvent
from glue_jobs.events.layout import arrival
from glue_jobs.store import Store, StoredObject
from producers.sdk.stream import Record

_BLANK = b" \t\r\n"


class Sink(Protocol):
    """`producers.sdk.batches.BatchWriter` is one."""

    def add(self, record: Record) -> None: ...

    def flush(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """`refused`: lines that the contract does not take: they are in the quarantine, and `clickstream quarantine
    replay` is for them. `checkpoints` stay where they are: what they told was true once."""

    objects: int = 0
    sent: int = 0
    refused: int = 0
    checkpoints: int = 0

    @property
    def lines(self) -> int:
        return self.sent + self.refused + self.checkpoints


def replay(
    raw: Store,
    objects: Sequence[StoredObject],
    sink: Sink,
    *,
    earliest: datetime,
    progress: Callable[[Replayed], None] = lambda _: None,
) -> Replayed:
    """Send every event of the objects, in order, one object in memory at a time; then all of it has been delivered.

    `progress` hears of each object that is through. Raises TransientError where the stream takes nothing for now: a
    replay from there on, or of all, does no harm. Raises ConfigurationError for an object that cannot be read.
    """
    done = Replayed()
    for stored in objects:
        plausible = Plausible(earliest, arrival(stored.key).latest)
        for line in lines_of(stored.key, raw.read(stored.key)):
            done = _send(line, sink, plausible, done)
        sink.flush()
        done = replace(done, objects=done.objects + 1)
        progress(done)
    return done


def _send(line: bytes, sink: Sink, plausible: Plausible, done: Replayed) -> Replayed:
    if parse_checkpoint(line) is not None:
        return replace(done, checkpoints=done.checkpoints + 1)
    try:
        event = decode(line, plausible)
    except InvalidEvent:
        return replace(done, refused=done.refused + 1)
    # As its producer chose the key: one visitor's events share a shard again.
    sink.add(Record(event.user_id or event.anonymous_id or "", line + b"\n"))
    return replace(done, sent=done.sent + 1)


def lines_of(key: str, data: bytes) -> Iterator[bytes]:
    """Lines of a raw object that are not blank, without their newlines."""
    try:
        with gzip.open(io.BytesIO(data)) as unpacked:
            for line in unpacked:
                if line.strip(_BLANK):
                    yield line.removesuffix(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigurationError(f"raw object {key} cannot be read: {error}") from error
