"""Generated from the contract by `python -m contract.generate`. Do not edit."""

from typing import Annotated

from msgspec import Meta, Struct


class Context(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Circumstances."""

    device: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    platform: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    app_version: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    locale: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    page: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None
    referrer: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None
    ip: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class Consent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the visitor agreed to."""

    analytics: bool | None = None
    personalization: bool | None = None


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that a visitor did, as an immutable fact."""

    schema_version: Annotated[int, Meta(ge=1, le=1)] | None = None
    app_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    event_id: Annotated[str, Meta(min_length=1, max_length=256)]
    event_type: Annotated[str, Meta(min_length=1, max_length=256)]
    occurred_at: str
    sent_at: str | None = None
    received_at: str | None = None
    user_id: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    anonymous_id: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    session_id: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    item_id: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    value: float | None = None
    recommendation_id: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    impression: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...], Meta(max_length=25)] | None = None
    context: Context | None = None
    properties: Annotated[dict[str, Annotated[str, Meta(max_length=1000)] | int | float | bool | None], Meta(max_length=50)] | None = None
    consent: Consent | None = None
    producer_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    producer_seq: Annotated[int, Meta(ge=1, le=9007199254740992)] | None = None


class Item(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that can be recommended. The newest version of an item_id wins."""

    item_id: Annotated[str, Meta(min_length=1, max_length=256)]
    category_l1: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    category_l2: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    category_l3: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    genres: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...], Meta(max_length=20)] | None = None
    release_year: Annotated[int, Meta(ge=1000, le=2999)] | None = None
    price: float | None = None
    brand: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    description: Annotated[str, Meta(min_length=1, max_length=20000)] | None = None
    created_at: str | None = None
    available: bool | None = None
    updated_at: str | None = None
    deleted: bool | None = None


class User(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Someone known. The newest version of a user_id wins."""

    user_id: Annotated[str, Meta(min_length=1, max_length=256)]
    age_band: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    gender: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    membership: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    location: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    updated_at: str | None = None
    deleted: bool | None = None
