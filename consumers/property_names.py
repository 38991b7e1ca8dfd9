"""Names of properties in PutEvents, PutItems and PutUsers."""

from __future__ import annotations


def camel_case(column: str) -> str:
    """NUM_RATINGS -> numRatings, as Personalize derives a property's name from its column."""
    first, *rest = column.lower().split("_")
    return first + "".join(map(str.capitalize, rest))
