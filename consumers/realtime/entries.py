"""An event as an entry of PutEvents' `eventList`, the dataset's further columns as one JSON string in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from consumers.property_names import camel_case
from contract.codec import Event
from contract.errors import ConfigurationError
from contract.events import RESERVED_WORDS
from contract.projection import INTERACTIONS, DatasetColumn, interaction, put_event

MAX_PROPERTIES_CHARS = 1_024
Entry = Mapping[str, Any]
_FORBIDDEN = frozenset({"userid", "sessionid", "eventtype", "timestamp", "recommendationid", "impression"})


class TooLong(Exception):
    """The values do not fit in `properties`."""


@dataclass(frozen=True, slots=True)
class Properties:
    """`keys`: property by column. Made of the declared columns, so that a new one travels by itself."""

    keys: Mapping[str, str]

    @classmethod
    def of(cls, columns: Iterable[DatasetColumn]) -> Properties:
        """Raises ConfigurationError for a column whose property Personalize forbids."""
        keys = {column.name: camel_case(column.name) for column in columns if column.name not in RESERVED_WORDS}
        forbidden = sorted(name for name, key in keys.items() if key.lower() in _FORBIDDEN)
        if forbidden:
            raise ConfigurationError(f"Personalize takes no property named as {', '.join(forbidden)}")
        return cls(keys)

    def text(self, row: Mapping[str, Any]) -> str | None:
        """The JSON string for an Interactions row, None where it has none of the columns. Raises `TooLong`."""
        values = {key: row[column] for column, key in self.keys.items() if row.get(column) is not None}
        if not values:
            return None
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        if len(text) > MAX_PROPERTIES_CHARS:
            raise TooLong(f"{len(text)} characters of properties; {MAX_PROPERTIES_CHARS} are allowed")
        return text


OF_INTERACTIONS = Properties.of(INTERACTIONS.columns)


def entry_of(event: Event, properties: Properties = OF_INTERACTIONS) -> Entry:
    """Of an event that is exported. Raises `TooLong`."""
    values = msgspec.to_builtins(event)
    text = properties.text(interaction(values)) if properties.keys else None
    return put_event(values) | ({"properties": text} if text else {})
