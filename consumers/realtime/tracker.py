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
    for value in sorted(_texts(call), key=len, reverse=True):
        if _names_a_tracker(value):
            message = message.replace(value, "")
    return _names_a_tracker(message) is not None


def _texts(call: Call) -> set[str]:
    of_entries = {value for entry in call.entries for value in entry.values() if isinstance(value, str)}
    shown = {item for entry in call.entries for item in entry.get("impression", ())}
    return of_entries | shown | {call.session_id, call.user_id or ""}
