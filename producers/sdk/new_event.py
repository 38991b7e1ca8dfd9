"""A new event, with its id and time."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from contract.codec import Event
from contract.ids import time_ordered_id
from contract.times import epoch_ms, format_instant
from producers.sdk.clock import Clock


def new_event(event_type: str, *, clock: Clock, entropy: Callable[[int], bytes] = os.urandom, **fields: Any) -> Event:
    """An event of now with a time-ordered id; `fields` are the contract's, and may say `occurred_at` or `event_id`.

    Raises TypeError for a field that the contract does not have. `EventProducer.send` checks the rest.
    """
    now = clock.now()
    made = {"event_id": time_ordered_id(epoch_ms(now), entropy(10)), "occurred_at": format_instant(now)}
    return Event(event_type=event_type, **made | fields)


def new_producer_id(name: str, *, entropy: Callable[[int], bytes] = os.urandom) -> str:
    """An id that no other instance has: the program's name and 12 random hex digits."""
    return f"{name}-{entropy(6).hex()}"
