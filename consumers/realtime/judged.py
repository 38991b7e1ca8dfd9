"""What becomes of a line: an event that goes to Personalize or stays here, a checkpoint, or poison."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from consumers.realtime.entries import Entry, TooLong, entry_of
from consumers.realtime.lines import Line
from contract.checkpoints import parse_checkpoint
from contract.codec import Event, Plausible, decode
from contract.errors import InvalidEvent
from contract.events import EVENT, FUTURE_TOLERANCE_HOURS
from contract.ledger import DELIVERED, QUARANTINED
from contract.lines import read_object
from contract.projection import EXPORTED_TYPES, MAX_FLOAT
from contract.rules import Reason
from contract.stream_account import EXCLUDED_CONSENT, EXCLUDED_LATE, EXCLUDED_SOURCE, EXCLUDED_TYPE, EXCLUDED_VALUE

DAMAGED = "damaged_aggregate"
_EXPORTED = frozenset(EXPORTED_TYPES)
_is_producer = re.compile(EVENT.field("producer_id").pattern).fullmatch
_LARGEST_SEQ = EVENT.field("producer_seq").maximum or 0


class Judged(NamedTuple):
    """`outcome`: that of `contract.stream_account`, None where the line is no line of the account. DELIVERED means
    that it is to be delivered."""

    line: Line
    outcome: str | None
    event: Event | None = None
    entry: Entry | None = None  # of PutEvents, where it is to be delivered
    reason: str = ""  # of the quarantine
    rule: str = ""
    stamp: tuple[str, int] | None = None  # producer_id and producer_seq, also of poison that has them


class Judge:
    """Asks the contract. Whether a time is plausible, or late, depends on when the line arrived, never on when it is
    read.

    `late_after`: what occurred longer before it arrived is not sent, where files carry it anyway.
    """

    def __init__(self, *, earliest: datetime, sends_interactions: bool, late_after: timedelta | None = None) -> None:
        self._earliest = earliest
        self._sends_interactions = sends_interactions
        self._late_after = late_after
        self._plausible = lru_cache(maxsize=64)(self._plausible_at)

    def judge(self, line: Line) -> Judged:
        """The line with its outcome, as far as our own rules decide on it."""
        if line.damage is not None:
            return Judged(line, QUARANTINED, reason=DAMAGED, rule=line.damage)
        if not line.data or parse_checkpoint(line.data) is not None:
            return Judged(line, None)
        try:
            event = decode(line.data, self._plausible(line.arrived_at))
        except InvalidEvent as error:
            stamp = _stamp_in(line.data)
            return Judged(line, QUARANTINED, reason=error.reason, rule=error.rule, stamp=stamp)
        stamp = _stamp(event.producer_id, event.producer_seq)
        outcome = self._outcome(event, line)
        if outcome != DELIVERED:
            return Judged(line, outcome, event, stamp=stamp)
        try:
            return Judged(line, DELIVERED, event, entry_of(event), stamp=stamp)
        except TooLong:
            return Judged(line, QUARANTINED, reason=Reason.TOO_LONG, rule="properties.put_events", stamp=stamp)

    def _outcome(self, event: Event, line: Line) -> str:
        if refuses_personalization(event):
            return EXCLUDED_CONSENT
        if event.event_type not in _EXPORTED:
            return EXCLUDED_TYPE
        if event.value is not None and abs(event.value) > MAX_FLOAT:
            return EXCLUDED_VALUE
        if not self._sends_interactions:
            return EXCLUDED_SOURCE
        return EXCLUDED_LATE if self._is_late(event, line) else DELIVERED

    def _is_late(self, event: Event, line: Line) -> bool:
        if self._late_after is None:
            return False
        occurred_at = datetime.fromisoformat(event.occurred_at).timestamp()
        return occurred_at < line.arrived_at - self._late_after.total_seconds()

    def _plausible_at(self, arrived_at: float) -> Plausible:
        # As the events job has it of the hour under which Firehose keeps the line: one event, one verdict.
        hour = datetime.fromtimestamp(arrived_at, UTC).replace(minute=0, second=0, microsecond=0)
        return Plausible(self._earliest, hour + timedelta(hours=1 + FUTURE_TOLERANCE_HOURS))


def refuses_personalization(event: Event) -> bool:
    return event.consent is not None and event.consent.personalization is False


def _stamp(producer_id: str | None, producer_seq: int | None) -> tuple[str, int] | None:
    return None if producer_id is None or producer_seq is None else (producer_id, producer_seq)


def _stamp_in(line: bytes) -> tuple[str, int] | None:
    """The stamp of a line that is no event, where it can be read: its producer's sequence has no gap there."""
    parsed = read_object(line)
    if not isinstance(parsed, dict):
        return None
    producer_id, producer_seq = parsed.get("producer_id"), parsed.get("producer_seq")
    if not isinstance(producer_id, str) or not _is_producer(producer_id) or type(producer_seq) is not int:
        return None
    return (producer_id, producer_seq) if 1 <= producer_seq <= _LARGEST_SEQ else None
