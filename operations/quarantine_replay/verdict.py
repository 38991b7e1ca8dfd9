"""Whether a refused line is taken by now, and which way it goes in again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from consumers.catalog.changes import Unusable, read_message
from contract.codec import Plausible, decode
from contract.errors import InvalidEvent
from contract.events import FUTURE_TOLERANCE_HOURS
from contract.rules import Reason
from contract.times import epoch_ms
from glue_jobs.events.layout import arrival
from operations.quarantine_sources import CATALOG, CHANGES, EVENTS, BadLine
from producers.sdk.stream import Record

BY_ITS_JOB: Final = "of a snapshot, which its job reads anew at every run"
CONFLICT: Final = "another event has its id"


@dataclass(frozen=True, slots=True)
class Left:
    """It stays where it is."""

    why: str


@dataclass(frozen=True, slots=True)
class ToStream:
    record: Record


@dataclass(frozen=True, slots=True)
class ToQueue:
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The contract as it is now; `earliest`: no event is older."""

    earliest: datetime

    def verdict(self, line: BadLine) -> Left | ToStream | ToQueue:
        """A time is as plausible as it was when the line arrived: a clock that ran ahead is not right because time
        has passed."""
        if line.kind == CATALOG:
            return Left(BY_ITS_JOB)
        return self._change(line) if line.kind == CHANGES else self._event(line)

    def _event(self, line: BadLine) -> Left | ToStream:
        if line.reason == Reason.ID_CONFLICT:
            return Left(CONFLICT)
        try:
            event = decode(line.payload, Plausible(self.earliest, _latest(line)))
        except InvalidEvent as error:
            return Left(str(error))
        # As its producer had it: one visitor's events share a shard.
        return ToStream(Record(event.user_id or event.anonymous_id or "", line.payload + b"\n"))

    def _change(self, line: BadLine) -> Left | ToQueue:
        body = line.payload.decode(errors="surrogatepass")
        sent_at = str(epoch_ms(arrived_at(line)))
        read = read_message({"messageId": "", "body": body, "attributes": {"SentTimestamp": sent_at}})
        return Left(f"{read.reason} ({read.rule})") if isinstance(read, Unusable) else ToQueue(body)


def arrived_at(line: BadLine) -> datetime:
    """When the line came; to the hour where a raw object's key is all that tells."""
    if line.arrived_at is not None:
        return line.arrived_at
    return arrival(line.source_object).hour if line.kind == EVENTS else datetime.min.replace(tzinfo=UTC)


def _latest(line: BadLine) -> datetime:
    # As the events job and the stream's consumer have it.
    hour = arrived_at(line).replace(minute=0, second=0, microsecond=0)
    return hour + timedelta(hours=1 + FUTURE_TOLERANCE_HOURS)
