"""Generated from the contract by `python -m contract.generate`. Do not edit."""

from msgspec import Struct


class Context(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Circumstances."""

    device: str | None = None
    platform: str | None = None
    app_version: str | None = None
    locale: str | None = None
    page: str | None = None
    referrer: str | None = None
    ip: str | None = None


class Consent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the visitor agreed to."""

    analytics: bool | None = None
    personalization: bool | None = None


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that a visitor did, as an immutable fact."""

    schema_version: int | None = None
    app_id: str | None = None
    event_id: str
    event_type: str
    occurred_at: str
    sent_at: str | None = None
    received_at: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    session_id: str | None = None
    item_id: str | None = None
    value: float | None = None
    recommendation_id: str | None = None
    impression: tuple[str, ...] | None = None
    context: Context | None = None
    properties: dict[str, str | int | float | bool | None] | None = None
    consent: Consent | None = None
    producer_id: str | None = None
    producer_seq: int | None = None


class Item(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that can be recommended. The newest version of an item_id wins."""

    item_id: str
    category_l1: str | None = None
    category_l2: str | None = None
    category_l3: str | None = None
    genres: tuple[str, ...] | None = None
    release_year: int | None = None
    price: float | None = None
    brand: str | None = None
    description: str | None = None
    created_at: str | None = None
    available: bool | None = None
    updated_at: str | None = None
    deleted: bool | None = None


class User(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Someone known. The newest version of a user_id wins."""

    user_id: str
    age_band: str | None = None
    gender: str | None = None
    membership: str | None = None
    location: str | None = None
    updated_at: str | None = None
    deleted: bool | None = None
