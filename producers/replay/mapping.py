"""Which column of a file becomes which field of an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import yaml

from contract.errors import ConfigurationError
from contract.events import EVENT
from contract.schema import Kind


class TimeUnit(StrEnum):
    """How a file writes time: seconds or milliseconds since 1970, or RFC 3339 text with an offset."""

    S = "s"
    MS = "ms"
    ISO = "iso"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """`fields`: field -> column. `constants`: field -> value where no column gives one. `event_types`: theirs -> ours.

    A field may lie in `properties` or `context`: "properties.order_id". Columns that no field asks for are left out.
    Raises `ConfigurationError` for a field that an event does not have.
    """

    fields: dict[str, str]
    constants: dict[str, str] = field(default_factory=dict)
    event_types: dict[str, str] = field(default_factory=dict)
    time_unit: TimeUnit = TimeUnit.S

    def __post_init__(self) -> None:
        for name in (*self.fields, *self.constants):
            if not _is_field(name):
                raise ConfigurationError(f"mapping: an event has no field {name!r}; see docs/contract.md")
        missing = {"event_type", "occurred_at"} - self.fields.keys() - self.constants.keys()
        if missing:
            raise ConfigurationError(f"mapping: say where {' and '.join(sorted(missing))} come from")


def load_mapping(path: Path) -> Mapping:
    """A mapping from a YAML file with the keys of `Mapping`. Raises `ConfigurationError` for what is none."""
    try:
        return msgspec.convert(yaml.safe_load(path.read_text()), Mapping)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"{path} is not a mapping: {error}") from error


def recognised(header: Sequence[str]) -> Mapping | None:
    """The mapping of a file that everybody knows, by its columns, in any order and case; None for any other."""
    columns = {name.strip().lower(): name for name in header}
    for is_known, mapping in _KNOWN:
        if is_known <= columns.keys():
            return mapping(columns)
    return None


def _personalize(columns: dict[str, str]) -> Mapping:
    """Amazon Personalize, interactions. Columns of one's own become properties."""
    known = {
        "user_id": "user_id",
        "item_id": "item_id",
        "timestamp": "occurred_at",
        "event_type": "event_type",
        "event_value": "value",
        "impression": "impression",
        "recommendation_id": "recommendation_id",
    }
    fields = {known.get(low, f"properties.{low}"): name for low, name in columns.items()}
    return Mapping(fields=fields, constants={"event_type": "view"})


def _movielens(columns: dict[str, str]) -> Mapping:
    fields = {"user_id": "userid", "item_id": "movieid", "value": "rating", "occurred_at": "timestamp"}
    return Mapping(fields={name: columns[low] for name, low in fields.items()}, constants={"event_type": "rating"})


def _retailrocket(columns: dict[str, str]) -> Mapping:
    """Visitors are cookies there, so their id is anonymous."""
    fields = {
        "occurred_at": "timestamp",
        "anonymous_id": "visitorid",
        "event_type": "event",
        "item_id": "itemid",
        "properties.transaction_id": "transactionid",
    }
    return Mapping(
        fields={name: columns[low] for name, low in fields.items()},
        event_types={"addtocart": "add_to_cart", "transaction": "purchase"},
        time_unit=TimeUnit.MS,
    )


_KNOWN = (
    (frozenset({"user_id", "item_id", "timestamp"}), _personalize),
    (frozenset({"userid", "movieid", "rating", "timestamp"}), _movielens),
    (frozenset({"timestamp", "visitorid", "event", "itemid", "transactionid"}), _retailrocket),
)


def _is_field(name: Any) -> bool:
    top, _, inner = str(name).partition(".")
    found = next((f for f in EVENT.fields if f.name == top), None)
    if found is None or (found.kind in {Kind.OBJECT, Kind.SCALARS}) != bool(inner):
        return False
    return found.kind is not Kind.OBJECT or inner in {f.name for f in found.fields}
