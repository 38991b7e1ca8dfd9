"""Events to PutEvents calls: grouped by user and session, ten at most."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from consumers.realtime.entries import Entry
from contract.codec import Event

MAX_ENTRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One PutEvents call but for its tracker. `numbers` say which line of the batch each entry is."""

    session_id: str
    user_id: str | None
    entries: tuple[Entry, ...]
    numbers: tuple[int, ...]

    def one_by_one(self) -> list[Call]:
        """The same events, a call each."""
        return [
            Call(session_id=self.session_id, user_id=self.user_id, entries=(entry,), numbers=(number,))
            for entry, number in zip(self.entries, self.numbers, strict=True)
        ]

    def redacted(self, message: str) -> str:
        """What Personalize says of this call, without the values of its events that it repeats."""
        for value in sorted(self._texts() - {""}, key=len, reverse=True):
            message = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", message)
        return message

    def _texts(self) -> set[str]:
        of_entries = {value for entry in self.entries for value in entry.values() if isinstance(value, str)}
        shown = {item for entry in self.entries for item in entry.get("impression", ())}
        return of_entries | shown | {self.session_id, self.user_id or ""}


def calls_of(events: Iterable[tuple[int, Event, Entry]]) -> list[Call]:
    """Calls for the numbered events, in the order of their first ones."""
    open_groups: dict[tuple[str, str | None], list[tuple[int, Entry]]] = {}
    groups = []
    for number, event, entry in events:
        key = session_of(event), event.user_id
        group = open_groups.setdefault(key, [])
        if not group:
            groups.append((*key, group))
        group.append((number, entry))
        if len(group) == MAX_ENTRIES:
            del open_groups[key]
    return [_call(session_id, user_id, group) for session_id, user_id, group in groups]


def session_of(event: Event) -> str:
    """The `sessionId`: anonymous_id, else session_id, else user_id.

    Personalize keeps an unknown visitor's history under the sessionId, and hands it to the user with whom it meets the
    same sessionId later: so it must be the id that outlives the login and stands for the visitor in the files, which is
    anonymous_id. Without one the event names its user, and any session of theirs will do; never a random one, which
    would make every event a visit.
    """
    session = event.anonymous_id or event.session_id or event.user_id
    assert session  # noqa: S101 - the contract takes no event of nobody
    return session


def _call(session_id: str, user_id: str | None, group: list[tuple[int, Entry]]) -> Call:
    numbers, entries = zip(*group, strict=True)
    return Call(session_id=session_id, user_id=user_id, entries=entries, numbers=numbers)
