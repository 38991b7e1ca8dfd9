"""The latest events of each user, as they were put: what makes recommendations follow a click."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection
from itertools import chain
from typing import Final, NamedTuple

from personalize_local.limits import RECENT_EVENTS

EARLIEST: Final = 946_684_800  # 2000-01-01: what is older was sent in another unit
_A_DAY: Final = 86_400


class Event(NamedTuple):
    """One put event, as far as serving needs it. `user`: the user's id, or the session's while nobody is known."""

    seq: int
    user: str
    item: str
    type: str
    at: int  # Unix seconds
    value: float | None


class EventLog:
    """By user and event type, the last `RECENT_EVENTS`. The case of a type says nothing."""

    def __init__(self) -> None:
        self.last_seq = 0
        self.types: set[str] = set()  # in lower case
        self._users: defaultdict[str, dict[str, deque[Event]]] = defaultdict(dict)

    def add(self, event: Event) -> None:
        """Events come in the order of `seq`; one that is known already is passed over."""
        if event.seq <= self.last_seq:
            return
        self.last_seq = event.seq
        types, name = self._users[event.user], event.type.lower()
        kept = types.get(name)
        if kept is None:
            kept = types[name] = deque(maxlen=RECENT_EVENTS)
            self.types.add(name)
        kept.append(event)

    def of(self, user: str, *, after: int = 0) -> list[Event]:
        """Oldest first, by the time that the events say."""
        types = self._users.get(user)
        if not types:
            return []
        found = [event for event in chain.from_iterable(types.values()) if event.seq > after]
        return sorted(found, key=lambda event: (event.at, event.seq))

    def of_type(self, user: str, event_type: str) -> Collection[Event]:
        """As they came; `event_type` in lower case."""
        types = self._users.get(user)
        return types.get(event_type, ()) if types else ()

    def users_of(self, item: str, event_type: str) -> list[str]:
        """Who had an item, by an event type in lower case or "*"."""
        wanted = self.types if event_type == "*" else {event_type}
        return [
            user
            for user, types in self._users.items()
            if any(event.item == item for name in wanted & types.keys() for event in types[name])
        ]


def is_usable(item: str | None, at: float, now: float) -> bool:
    """Personalize answers 200 to such events all the same, and nothing ever comes of them."""
    return item is not None and EARLIEST <= at <= now + _A_DAY
