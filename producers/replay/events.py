"""A row and a mapping in, an event out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from contract.codec import Context, Event
from contract.ids import replayed_id
from contract.times import format_instant
from producers.replay import mapping as mappings
from producers.replay.mapping import TimeUnit

Values = Mapping[str, Any]


class EventMaker:
    """Makes the events of one file; the same row makes the same event at every replay."""

    def __init__(self, mapping: mappings.Mapping, *, digest: str) -> None:
        self._digest = digest
        self._types = mapping.event_types
        self._read_time = _READ_TIME[mapping.time_unit]
        self._constants = mapping.constants
        self._columns = [(name, column, self._reader(name)) for name, column in mapping.fields.items()]
        self._nested = any("." in name for name in (*mapping.fields, *mapping.constants))

    def event(self, values: Values, row: int) -> Event:
        """The event of this row, its number counted from 1. Not yet checked.

        Raises ValueError, TypeError, OverflowError or OSError for values that no event can hold.
        """
        fields: dict[str, Any] = dict(self._constants)
        for name, column, read in self._columns:
            value = values.get(column)
            if value is not None and value != "":
                fields[name] = read(value)
        fields.setdefault("event_id", replayed_id(self._digest, row))
        return Event(**_nested(fields) if self._nested else fields)

    def _reader(self, name: str) -> Callable[[Any], Any]:
        if name.startswith("properties."):
            return _scalar
        if name == "event_type":
            return lambda value: self._types.get(value, value)
        readers: dict[str, Callable[[Any], Any]] = {
            "value": float,
            "occurred_at": self._read_time,
            "impression": _listed,
        }
        return readers.get(name, _text)


def _nested(flat: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in flat.items():
        top, _, inner = name.partition(".")
        if inner:
            fields.setdefault(top, {})[inner] = value
        else:
            fields[name] = value
    if "context" in fields:
        fields["context"] = Context(**fields["context"])
    return fields


def _text(value: Any) -> str:
    """Ids are often numbers in files; a float or an object is no id."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"{value!r} is no text")
    return str(value)


def _scalar(value: Any) -> Any:
    if not isinstance(value, str | int | float | bool):
        raise TypeError(f"{value!r} is no string, number or boolean")
    return value


def _listed(value: Any) -> tuple[str, ...]:
    return tuple(value.split("|") if isinstance(value, str) else map(_text, value))


def _of_seconds(value: Any) -> str:
    if isinstance(value, datetime):
        return _of_datetime(value)
    return _of_ms(float(value) * 1000) if "." in str(value) else _of_ms(int(value) * 1000)


def _of_ms(value: Any) -> str:
    if isinstance(value, datetime):
        return _of_datetime(value)
    seconds, ms = divmod(int(value), 1000)
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19] + (f".{ms:03d}Z" if ms else "Z")


def _of_iso(value: Any) -> str:
    return _of_datetime(value) if isinstance(value, datetime) else _text(value)


def _of_datetime(value: datetime) -> str:
    """Parquet times without a zone are UTC."""
    return format_instant(value if value.tzinfo else value.replace(tzinfo=UTC))


_READ_TIME: dict[TimeUnit, Callable[[Any], str]] = {
    TimeUnit.S: _of_seconds,
    TimeUnit.MS: _of_ms,
    TimeUnit.ISO: _of_iso,
}
