"""Which event tracker to send to: made by the reconciler, perhaps later than the first events, perhaps anew."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field

from consumers.realtime.calls import Call
from consumers.state_table import StateTable

_names_a_tracker = re.compile(r"\btracker\b|\btracking ?id\b", re.IGNORECASE).search


@dataclass(slots=True)
class Tracker:
    """Reads `personalize`/`resources` where it does not know the id yet, or the one it knew was refused."""

    state: StateTable
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _known: str | None = field(default=None, init=False)

    def tracking_id(self) -> str | None:
        """None while there is no tracker. Raises `TransientError`."""
        with self._lock:
            if self._known is None:
                found = self.state.get("personalize", "resources")
                self._known = json.loads(found["value"]).get("tracking_id") if found else None
            return self._known

    def forget(self, tracking_id: str) -> None:
        """It was refused: ask again, unless that was done already."""
        with self._lock:
            if self._known == tracking_id:
                self._known = None


def blames_tracker(message: str, call: Call) -> bool:
    """Whether Personalize refuses a call for its tracker, not for an event. What the message repeats of the event,
    such as an item named "tracker", does not count."""
    return _names_a_tracker(call.redacted(message)) is not None
