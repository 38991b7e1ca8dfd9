"""Instants: RFC 3339 text on the wire, UTC inside, milliseconds kept, seconds only for Personalize."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from contract.schema import INSTANT_PATTERN

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_is_instant = re.compile(INSTANT_PATTERN).fullmatch


def parse_instant(text: str) -> datetime:
    """The instant in UTC, cut to the millisecond. Raises ValueError for what is not an instant."""
    if not _is_instant(text):
        raise ValueError(f"{text!r} is not an RFC 3339 instant with an offset")
    exact = datetime.fromisoformat(text).astimezone(UTC)
    return exact.replace(microsecond=exact.microsecond // 1000 * 1000)


def format_instant(at: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    in_utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return in_utc.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def epoch_ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)
