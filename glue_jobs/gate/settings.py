"""The gate's thresholds, each a setting with its default and unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

from contract.errors import ConfigurationError
from contract.events import EARLIEST
from glue_jobs.gate import limits
from glue_jobs.gate.model import Severity
from glue_jobs.gate.rules import RULES

_SOLUTION = "solution."


def _threshold(default: Any, unit: str) -> Any:
    return field(default=default, metadata={"unit": unit})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`solutions`: which event types each trains on; without any, all types train together."""

    min_interactions: int = _threshold(limits.MIN_INTERACTIONS, "rows without repeats")
    min_active_users: int = _threshold(limits.MIN_ACTIVE_USERS, "users with 2 interactions or more")
    min_active_share: float = _threshold(limits.MIN_ACTIVE_SHARE, "share of users")
    min_incremental: int = _threshold(limits.MIN_INCREMENTAL, "rows")
    max_interactions: int = _threshold(limits.MAX_INTERACTIONS, "rows")
    max_items: int = _threshold(limits.MAX_ITEMS, "rows")
    max_full_bytes: int = _threshold(limits.MAX_FULL_BYTES, "bytes")
    max_incremental_bytes: int = _threshold(limits.MAX_INCREMENTAL_BYTES, "bytes")
    max_interactions_metadata: int = _threshold(limits.MAX_METADATA_COLUMNS["Interactions"], "columns")
    max_items_metadata: int = _threshold(limits.MAX_METADATA_COLUMNS["Items"], "columns")
    max_users_metadata: int = _threshold(limits.MAX_METADATA_COLUMNS["Users"], "columns")
    max_event_types_and_columns: int = _threshold(limits.MAX_EVENT_TYPES_AND_COLUMNS, "event types and columns")
    max_id: int = _threshold(limits.MAX_ID, "characters")
    max_value: int = _threshold(limits.MAX_VALUE, "characters")
    max_text: int = _threshold(limits.MAX_TEXT, "characters")
    max_schema: int = _threshold(limits.MAX_SCHEMA, "characters")
    earliest: datetime = field(default=EARLIEST, metadata={"unit": "date"})
    future_hours: float = _threshold(limits.FUTURE_HOURS, "hours")
    max_duplicates: float = _threshold(limits.MAX_DUPLICATES, "share of rows")
    min_items_known: float = _threshold(limits.MIN_ITEMS_KNOWN, "share of rows")
    min_users_known: float = _threshold(limits.MIN_USERS_KNOWN, "share of rows")
    min_volume: float = _threshold(limits.MIN_VOLUME, "of the last run's rows")
    max_psi: float = _threshold(limits.MAX_PSI, "population stability index")
    severities: Mapping[str, Severity] = field(default_factory=dict)
    solutions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def severity(self, rule: str) -> Severity:
        return self.severities.get(rule, RULES[rule].severity)


THRESHOLDS = {f.name: f for f in fields(Settings) if f.metadata}


def parse_settings(text: str, base: Settings | None = None) -> Settings:
    """From `max_psi=0.2,stop=drift_event_mix+duplicates,warn=volume,solution.top=view+click`, over `base`.

    Raises ConfigurationError for a name, rule or value that it does not know.
    """
    settings = base or Settings()
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise ConfigurationError(f"gate: {part!r} is no setting; say NAME=VALUE. Known: {_known()}")
        settings = _changed(settings, name.strip(), value.strip())
    return settings


def _changed(settings: Settings, name: str, value: str) -> Settings:
    if name in set(Severity):
        return replace(settings, severities={**settings.severities, **dict.fromkeys(_rules(value), Severity(name))})
    if name.startswith(_SOLUTION) and name != _SOLUTION:
        solution = {name.removeprefix(_SOLUTION): tuple(value.split("+"))}
        return replace(settings, solutions={**settings.solutions, **solution})
    if name not in THRESHOLDS:
        raise ConfigurationError(f"gate: no setting {name!r}. Known: {_known()}")
    return replace(settings, **{name: _value(name, value)})


def _rules(value: str) -> list[str]:
    rules = value.split("+")
    if strange := sorted(set(rules) - set(RULES)):
        raise ConfigurationError(f"gate: no rule {', '.join(strange)}. Known: {', '.join(sorted(RULES))}")
    return rules


def _value(name: str, value: str) -> Any:
    default = THRESHOLDS[name].default
    read: Callable[[str], Any] = _date if isinstance(default, datetime) else type(default)
    try:
        found = read(value)
    except ValueError as error:
        raise ConfigurationError(f"gate: {name}={value} is none; it is counted in {_unit(name)}") from error
    if isinstance(found, float | int) and not 0 <= found < float("inf"):
        raise ConfigurationError(f"gate: {name}={value} is out of range; it is counted in {_unit(name)}")
    return found


def _date(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _unit(name: str) -> str:
    return str(THRESHOLDS[name].metadata["unit"])


def _known() -> str:
    return ", ".join([*THRESHOLDS, "stop", "warn", f"{_SOLUTION}NAME"])
