"""What the shop sells and who shops there: items and users, with the columns that Personalize trains on."""

from __future__ import annotations

from contract.schema import Field, Kind, Record

CATEGORY = r"[^|]{1,256}"  # "|" separates values in a Personalize column

UPDATED_AT = Field(
    name="updated_at",
    kind=Kind.INSTANT,
    doc="When this version was made; where absent, when its snapshot was taken.",
    example="2026-11-23T09:30:00Z",
)
DELETED = Field(name="deleted", kind=Kind.BOOLEAN, doc="`true`: a tombstone, it is no longer there.", example=False)

ITEM = Record(
    name="item",
    version=1,
    doc="Something that can be recommended. The newest version of an item_id wins.",
    fields=(
        Field(name="item_id", kind=Kind.STRING, doc="Names the item.", example="i-204", required=True),
        Field(name="category_l1", kind=Kind.STRING, doc="Top category.", example="apparel", pattern=CATEGORY),
        Field(name="category_l2", kind=Kind.STRING, doc="Its child.", example="shoes", pattern=CATEGORY),
        Field(name="category_l3", kind=Kind.STRING, doc="Its grandchild.", example="boots", pattern=CATEGORY),
        Field(
            name="genres",
            kind=Kind.STRINGS,
            doc="Several categories at once, of films or music.",
            example=["comedy", "drama"],
            max_items=20,  # with their separators under the 1,000 characters that Personalize takes
            pattern=r"[^|]{1,49}",
        ),
        Field(
            name="release_year",
            kind=Kind.LONG,
            doc="When it first came out.",
            example=1995,
            minimum=1000,
            maximum=2999,
        ),
        Field(name="price", kind=Kind.DOUBLE, doc="In the shop's currency.", example=89.0, minimum=0),
        Field(name="brand", kind=Kind.STRING, doc="Brand.", example="Nordwind", pattern=CATEGORY),
        Field(
            name="description",
            kind=Kind.STRING,
            doc="Free text; Personalize reads 20,000 characters of it.",
            example="Warm boots for wet days.",
            max_length=20_000,
        ),
        Field(
            name="created_at",
            kind=Kind.INSTANT,
            doc="When it was first for sale.",
            example="2026-01-05T00:00:00Z",
        ),
        Field(name="available", kind=Kind.BOOLEAN, doc="`false`: never recommend it.", example=True),
        UPDATED_AT,
        DELETED,
    ),
)

USER = Record(
    name="user",
    version=1,
    doc="Someone known. The newest version of a user_id wins.",
    fields=(
        Field(
            name="user_id",
            kind=Kind.STRING,
            doc="Names the user.",
            example="u-1027",
            required=True,
            personal=True,
        ),
        Field(
            name="age_band",
            kind=Kind.STRING,
            doc="Age, in bands.",
            example="25-34",
            pattern=CATEGORY,
            personal=True,
        ),
        Field(name="gender", kind=Kind.STRING, doc="As told.", example="F", pattern=CATEGORY, personal=True),
        Field(name="membership", kind=Kind.STRING, doc="Loyalty tier.", example="gold", pattern=CATEGORY),
        Field(
            name="location",
            kind=Kind.STRING,
            doc="Country or region.",
            example="CH",
            pattern=CATEGORY,
            personal=True,
        ),
        UPDATED_AT,
        DELETED,
    ),
)
