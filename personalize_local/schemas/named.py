"""The columns that Personalize names itself: required and reserved, by dataset and domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from personalize_local.schemas.model import AvroType, DatasetType, Domain, Field


@dataclass(frozen=True, kw_only=True)
class Named:
    """What a column of this name has to be. `nullable`: it may be null, not that it must."""

    type: AvroType
    required: bool = False
    nullable: bool = False
    categorical: bool = False
    textual: bool = False
    metadata: bool = False  # counts as the metadata column that Items and Users must have


def _required(kind: AvroType, *, categorical: bool = False, metadata: bool = False) -> Named:
    return Named(type=kind, required=True, categorical=categorical, metadata=metadata)


def _optional(kind: AvroType, *, categorical: bool = False, textual: bool = False, metadata: bool = False) -> Named:
    return Named(type=kind, nullable=True, categorical=categorical, textual=textual, metadata=metadata)


_CATEGORY: Final = _optional("string", categorical=True, metadata=True)
_TEXT: Final = _optional("string", textual=True, metadata=True)

_CUSTOM: Final[Mapping[DatasetType, Mapping[str, Named]]] = {
    "Interactions": {
        "USER_ID": _required("string"),
        "ITEM_ID": _required("string"),
        "TIMESTAMP": _required("long"),
        "EVENT_TYPE": _optional("string"),
        "EVENT_VALUE": _optional("float"),
        "IMPRESSION": _optional("string"),
        "RECOMMENDATION_ID": _optional("string"),
        "EVENT_ATTRIBUTION_SOURCE": _optional("string"),
    },
    "Items": {"ITEM_ID": _required("string"), "CREATION_TIMESTAMP": _optional("long")},
    "Users": {"USER_ID": _required("string")},
}

_OF_DOMAIN: Final[Mapping[Domain, Mapping[DatasetType, Mapping[str, Named]]]] = {
    "ECOMMERCE": {
        "Interactions": {"EVENT_TYPE": _required("string")},
        "Items": {
            "PRICE": _required("float", metadata=True),
            "CATEGORY_L1": _required("string", categorical=True, metadata=True),
            "CATEGORY_L2": _CATEGORY,
            "CATEGORY_L3": _CATEGORY,
            "PRODUCT_DESCRIPTION": _TEXT,
            "AGE_GROUP": _CATEGORY,
            "ADULT": _CATEGORY,
            "GENDER": _CATEGORY,
        },
    },
    "VIDEO_ON_DEMAND": {
        "Interactions": {"EVENT_TYPE": _required("string")},
        "Items": {
            "GENRES": _required("string", categorical=True, metadata=True),
            "CREATION_TIMESTAMP": _required("long"),
            "PRICE": _optional("float", metadata=True),
            "DURATION": _optional("float", metadata=True),
            "GENRE_L2": _CATEGORY,
            "GENRE_L3": _CATEGORY,
            "AVERAGE_RATING": _optional("float", metadata=True),
            "PRODUCT_DESCRIPTION": _TEXT,
            "CONTENT_OWNER": _CATEGORY,
            "CONTENT_CLASSIFICATION": _CATEGORY,
        },
    },
}

# Names that Personalize keeps for itself: as a value of EVENT_TYPE they make the row useless.
KEYWORDS: Final = frozenset(name for columns in _CUSTOM.values() for name in columns)


def named_columns(dataset: DatasetType, domain: Domain | None) -> Mapping[str, Named]:
    """Every column of the dataset whose form is not the customer's to choose."""
    of_domain = _OF_DOMAIN[domain].get(dataset, {}) if domain else {}
    return {**_CUSTOM[dataset], **of_domain}


def own_columns(dataset: DatasetType, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The columns that describe a user, an item or the context of an interaction."""
    return tuple(field for field in fields if field.name not in _CUSTOM[dataset])
