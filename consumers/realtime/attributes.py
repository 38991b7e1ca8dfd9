"""Values as DynamoDB's wire has them, and back: text, whole numbers, bytes, maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Attributes = dict[str, dict[str, Any]]


def typed(values: Mapping[str, Any]) -> Attributes:
    return {name: _typed(value) for name, value in values.items()}


def plain(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in attributes.items()}


def _typed(value: Any) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case int() if not isinstance(value, bool):
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case Mapping():
            return {"M": typed(value)}
        case _:
            raise TypeError(f"{type(value).__name__} is not written")


def _plain(attribute: Mapping[str, Any]) -> Any:
    [(kind, value)] = attribute.items()
    match kind:
        case "S" | "B":
            return value
        case "N":
            return int(value)
        case "M":
            return plain(value)
        case _:
            raise TypeError(f"{kind} is not read")
