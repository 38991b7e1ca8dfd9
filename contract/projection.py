"""What Personalize gets of an event, an item and a user: one declaration for files and for PutEvents.

Sources: Amazon Personalize developer guide, "Data formats" and "Schemas"; PutEvents API model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.times import epoch_ms, parse_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetColumn:
    """A column of a Personalize dataset and the contract's field that fills it."""

    name: str
    source: str
    type: str = "string"  # of Avro
    nullable: bool = True
    categorical: bool = False
    textual: bool = False
    max_null_share: float = 1.0  # of its rows; the gate stops a dataset that has more


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    name: str  # as Personalize spells it
    columns: tuple[DatasetColumn, ...]


EXPORTED_TYPES = ("view", "click", "add_to_cart", "purchase", "watch", "rating")
"""Event types that Personalize learns from. Searches and impressions are none: impressions travel in their column."""

INTERACTIONS = Dataset(
    name="Interactions",
    columns=(
        DatasetColumn(name="USER_ID", source="user_id", nullable=False),  # else anonymous_id
        DatasetColumn(name="ITEM_ID", source="item_id", nullable=False),
        DatasetColumn(name="TIMESTAMP", source="occurred_at", type="long", nullable=False),
        DatasetColumn(name="EVENT_TYPE", source="event_type", nullable=False),
        DatasetColumn(name="EVENT_VALUE", source="value", type="float"),
        DatasetColumn(name="IMPRESSION", source="impression"),
        DatasetColumn(name="RECOMMENDATION_ID", source="recommendation_id"),
    ),
)
ITEMS = Dataset(
    name="Items",
    columns=(
        DatasetColumn(name="ITEM_ID", source="item_id", nullable=False),
        DatasetColumn(name="CATEGORY_L1", source="category_l1", categorical=True),
        DatasetColumn(name="CATEGORY_L2", source="category_l2", categorical=True),
        DatasetColumn(name="CATEGORY_L3", source="category_l3", categorical=True),
        DatasetColumn(name="GENRES", source="genres", categorical=True),
        DatasetColumn(name="RELEASE_YEAR", source="release_year", type="long"),
        DatasetColumn(name="PRICE", source="price", type="float"),
        DatasetColumn(name="BRAND", source="brand", categorical=True),
        DatasetColumn(name="PRODUCT_DESCRIPTION", source="description", textual=True),
        DatasetColumn(name="CREATION_TIMESTAMP", source="created_at", type="long"),
        # A word, not a boolean: Personalize cannot filter on booleans.
        DatasetColumn(name="AVAILABLE", source="available", categorical=True),
    ),
)
USERS = Dataset(
    name="Users",
    columns=(
        DatasetColumn(name="USER_ID", source="user_id", nullable=False),
        DatasetColumn(name="AGE_BAND", source="age_band", categorical=True),
        DatasetColumn(name="GENDER", source="gender", categorical=True),
        DatasetColumn(name="MEMBERSHIP", source="membership", categorical=True),
        DatasetColumn(name="LOCATION", source="location", categorical=True),
    ),
)

MAX_FLOAT = 3.4028234663852886e38
"""The greatest number in 32 bits: EVENT_VALUE has no more, and one value beyond it would fail a whole import."""

DATASETS = {dataset.name: dataset for dataset in (INTERACTIONS, ITEMS, USERS)}


def epoch_seconds(instant: str) -> int:
    """Whole seconds, as Personalize takes them; the fraction is cut in files and in PutEvents alike."""
    return epoch_ms(parse_instant(instant)) // 1000


def is_exported(event: Mapping[str, Any]) -> bool:
    """Whether Personalize gets this event: its type is exported, a float holds its value, and the visitor does not
    refuse."""
    refused = (event.get("consent") or {}).get("personalization") is False
    return event["event_type"] in EXPORTED_TYPES and abs(event.get("value") or 0) <= MAX_FLOAT and not refused


def interaction(event: Mapping[str, Any]) -> dict[str, Any]:
    """An exported event's row of the Interactions dataset, by column; None where it has no value."""
    impression = event.get("impression")
    return {
        "USER_ID": event.get("user_id") or event["anonymous_id"],
        "ITEM_ID": event["item_id"],
        "TIMESTAMP": epoch_seconds(event["occurred_at"]),
        "EVENT_TYPE": event["event_type"],
        "EVENT_VALUE": event.get("value"),
        "IMPRESSION": "|".join(impression) if impression else None,
        "RECOMMENDATION_ID": event.get("recommendation_id"),
    }


def item(row: Mapping[str, Any]) -> dict[str, Any]:
    """An item's row of the Items dataset, by column; None where it has no value."""
    genres, available, created_at = row.get("genres"), row.get("available"), row.get("created_at")
    made = {
        "GENRES": "|".join(genres) if genres else None,
        "CREATION_TIMESTAMP": epoch_seconds(created_at) if created_at else None,
        "AVAILABLE": None if available is None else str(available),
    }
    return {column.name: made.get(column.name, row.get(column.source)) for column in ITEMS.columns}


def user(row: Mapping[str, Any]) -> dict[str, Any]:
    """A user's row of the Users dataset, by column; None where it has no value."""
    return {column.name: row.get(column.source) for column in USERS.columns}


def put_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """The same event as an entry of PutEvents' `eventList`: the same values, to the last digit."""
    row = interaction(event)
    entry = {
        "eventId": event["event_id"],
        "eventType": row["EVENT_TYPE"],
        "itemId": row["ITEM_ID"],
        "sentAt": row["TIMESTAMP"],
        "eventValue": row["EVENT_VALUE"],
        "impression": list(event.get("impression") or ()) or None,
        "recommendationId": row["RECOMMENDATION_ID"],
    }
    return {name: value for name, value in entry.items() if value is not None}
