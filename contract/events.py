"""What a visitor did: the event, version 1.

Limits are Amazon Personalize's where it has one (PutEvents API model; developer guide, "Data formats").
"""

from __future__ import annotations

from datetime import UTC, datetime

from contract.schema import Field, Kind, Record

VERSION = 1

EVENT_TYPES = (
    "view",
    "click",
    "add_to_cart",
    "remove_from_cart",
    "purchase",
    "watch",
    "rating",
    "search",
    "impression",
)
"""Ours. The vocabulary is open: any name that `event_type` allows is an event."""

NEEDS_ITEM = ("view", "click", "add_to_cart", "remove_from_cart", "purchase", "watch", "rating")
NEEDS_VALUE = ("rating",)

RESERVED_WORDS = frozenset(
    {
        "USER_ID",
        "ITEM_ID",
        "TIMESTAMP",
        "EVENT_TYPE",
        "EVENT_VALUE",
        "IMPRESSION",
        "RECOMMENDATION_ID",
        "EVENT_ATTRIBUTION_SOURCE",
        "CREATION_TIMESTAMP",
    }
)
"""Column names of Personalize. As an event type they make a training fail."""

NO_IDENTITY = frozenset({"null", "NULL", "Null", "undefined", "none", "None", "NaN", "nan", "nil", "[object Object]"})
"""What broken clients send for "nobody". Personalize takes the call and ignores the event."""

IMPRESSION_MAX_CHARS = 1_000  # of the ids joined by "|", as the CSV column holds them
MAX_LINE_BYTES = 65_536
MAX_BODY_BYTES = 1_000_000  # of a request to the collector, packed and unpacked; as one event it fits into a record
MAX_BODY_EVENTS = 500
MAX_DEPTH = 4  # objects and arrays inside one another, the event itself included
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
"""No event is older, where nobody says otherwise: published collections of ratings begin in 1996."""
FUTURE_TOLERANCE_HOURS = 24  # a client's clock may run ahead of ours by this much

ABSENT = {"schema_version": 1, "app_id": "default"}
"""What a field that is absent stands for."""

CONTEXT = (
    Field(name="device", kind=Kind.STRING, doc="Kind of device.", example="mobile"),
    Field(name="platform", kind=Kind.STRING, doc="Operating system or browser family.", example="ios"),
    Field(name="app_version", kind=Kind.STRING, doc="Version of the app or site.", example="5.2.1"),
    Field(name="locale", kind=Kind.STRING, doc="Language and region, BCP 47.", example="de-CH"),
    Field(name="page", kind=Kind.STRING, doc="Page or screen.", example="/p/42", max_length=2_000, personal=True),
    Field(
        name="referrer",
        kind=Kind.STRING,
        doc="Where the visitor came from.",
        example="https://example.org/",
        max_length=2_000,
        personal=True,
    ),
    Field(
        name="ip",
        kind=Kind.STRING,
        doc="The visitor's network: the address without its last part. Set by the collector where that is asked for.",
        example="203.0.113.0",
        max_length=64,
        personal=True,
    ),
)

CONSENT = (
    Field(
        name="analytics",
        kind=Kind.BOOLEAN,
        doc="`false`: the visitor refuses analytics; the event is excluded from the lake.",
        example=True,
    ),
    Field(
        name="personalization",
        kind=Kind.BOOLEAN,
        doc="`false`: the visitor refuses personalization; the event never reaches Personalize.",
        example=True,
    ),
)

EVENT = Record(
    name="event",
    version=VERSION,
    doc="Something that a visitor did, as an immutable fact.",
    fields=(
        Field(
            name="schema_version",
            kind=Kind.LONG,
            doc="Version of this contract; 1 where absent.",
            example=1,
            minimum=1,
            maximum=VERSION,
        ),
        Field(
            name="app_id",
            kind=Kind.STRING,
            doc="Which application sent it; `default` where absent.",
            example="shop",
            max_length=64,
            pattern=r"[A-Za-z0-9_-]{1,64}",
        ),
        Field(
            name="event_id",
            kind=Kind.STRING,
            doc="Names the event for good: a repeat is the same event. Time-ordered UUIDs are best.",
            example="0193b1c2-7a54-7cc3-98c4-dc0c0c07398f",
            required=True,
        ),
        Field(
            name="event_type",
            kind=Kind.STRING,
            doc=f"What happened. Ours: {', '.join(EVENT_TYPES)}; any other name is welcome.",
            example="view",
            required=True,
            pattern=r"[A-Za-z][A-Za-z0-9_.: -]{0,255}",
            refused=RESERVED_WORDS,
        ),
        Field(
            name="occurred_at",
            kind=Kind.INSTANT,
            doc="When it happened, by the client's clock. Kept to the millisecond.",
            example="2026-11-23T09:30:00.250Z",
            required=True,
        ),
        Field(
            name="sent_at",
            kind=Kind.INSTANT,
            doc="When the client sent it, by the same clock.",
            example="2026-11-23T09:30:02Z",
        ),
        Field(
            name="received_at",
            kind=Kind.INSTANT,
            doc="When the collector took it. Set by the collector alone.",
            example="2026-11-23T09:30:02.100Z",
        ),
        Field(
            name="user_id",
            kind=Kind.STRING,
            doc="The known user. One of user_id and anonymous_id is required.",
            example="u-1027",
            personal=True,
            refused=NO_IDENTITY,
        ),
        Field(
            name="anonymous_id",
            kind=Kind.STRING,
            doc="The browser's or device's own id: the visitor before, and after, login.",
            example="a-77f0",
            personal=True,
            refused=NO_IDENTITY,
        ),
        Field(
            name="session_id",
            kind=Kind.STRING,
            doc="The visit.",
            example="s-5d1e",
            refused=NO_IDENTITY,
        ),
        Field(
            name="item_id",
            kind=Kind.STRING,
            doc=f"The item concerned. Required for {', '.join(NEEDS_ITEM)}.",
            example="i-204",
        ),
        Field(
            name="value",
            kind=Kind.DOUBLE,
            doc="Price, rating, seconds watched. Required for rating.",
            example=19.9,
        ),
        Field(
            name="recommendation_id",
            kind=Kind.STRING,
            doc="The Personalize recommendation that led here.",
            example="RID-1c9a",
            max_length=40,
        ),
        Field(
            name="impression",
            kind=Kind.STRINGS,
            doc="Item ids that were shown, in order.",
            example=["i-204", "i-7"],
            max_items=25,
            pattern=r"[^|]{1,256}",
        ),
        Field(name="context", kind=Kind.OBJECT, doc="Circumstances.", example={}, fields=CONTEXT),
        Field(
            name="properties",
            kind=Kind.SCALARS,
            doc="Anything else, by name: strings, numbers, booleans.",
            example={"query": "shoes"},
            max_items=50,
            max_length=1_000,
            pattern=r"[A-Za-z_][A-Za-z0-9_]{0,149}",
        ),
        Field(name="consent", kind=Kind.OBJECT, doc="What the visitor agreed to.", example={}, fields=CONSENT),
        Field(
            name="producer_id",
            kind=Kind.STRING,
            doc="The producer instance that accepted the event; stamped by it, with producer_seq.",
            example="web-7f3a",
            max_length=64,
            pattern=r"[A-Za-z0-9_.-]{1,64}",
        ),
        Field(
            name="producer_seq",
            kind=Kind.LONG,
            doc="Its number among all that this instance accepted: 1, 2, 3 … without a gap.",
            example=1,
            minimum=1,
            maximum=2**53,
        ),
    ),
)
