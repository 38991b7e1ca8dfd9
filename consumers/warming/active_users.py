"""Who was here last, of the users in the features table.

The table has no index on time: one would be written with every click, day and night, for a question that is asked once
a promotion. So the table is scanned, within a bound of pages. DynamoDB keeps items in the order of a hash of their ids:
where the bound ends the scan, what was seen is a fair sample, and the newest of it are taken.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple


class Seen(NamedTuple):
    """A user; of two the one who was here later is the greater."""

    last_event_at: str  # RFC 3339 to the millisecond, UTC: sorts as time does
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """`is_all`: every user was looked at."""

    user_ids: tuple[str, ...]  # the latest first
    looked_at: int
    is_all: bool


def most_recent(pages: Iterable[Sequence[Seen]], *, count: int, most_pages: int) -> Active:
    """The users who were here last; holds `count` of them and a page in memory."""
    walk = iter(pages)
    newest: list[Seen] = []
    looked_at = 0
    for page in islice(walk, most_pages):
        looked_at += len(page)
        newest = heapq.nlargest(count, [*newest, *page])
    is_all = next(walk, None) is None
    return Active(user_ids=tuple(seen.user_id for seen in newest), looked_at=looked_at, is_all=is_all)
