"""Which Avro schemas are taken, and what is said of the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_local.schemas.avro import InvalidSchema, parse_schema
from personalize_local.schemas.model import DatasetSchema, Domain, Field
from personalize_local.schemas.named import own_columns

pytestmark = pytest.mark.unit

GENERATED = Path(__file__).parents[4] / "contract" / "generated"
IDS = {
    "Interactions": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
    "Items": [{"name": "ITEM_ID", "type": "string"}, {"name": "OWN", "type": "long"}],
    "Users": [{"name": "USER_ID", "type": "string"}, {"name": "OWN", "type": "long"}],
}
PRICE = {"name": "PRICE", "type": "float"}
CATEGORY = {"name": "CATEGORY_L1", "type": "string", "categorical": True}
GENRES = {"name": "GENRES", "type": ["string"], "categorical": True}
CREATED = {"name": "CREATION_TIMESTAMP", "type": "long"}
EVENT_TYPE = {"name": "EVENT_TYPE", "type": "string"}


def avro(dataset: str, *more: dict[str, Any], **changes: Any) -> str:
    record = {
        "type": "record",
        "name": dataset,
        "namespace": "com.amazonaws.personalize.schema",
        "fields": [*IDS.get(dataset, []), *more],
        "version": "1.0",
    }
    return json.dumps({key: value for key, value in (record | changes).items() if value is not None})


def test_a_schema_says_what_its_columns_are() -> None:
    text = avro(
        "Items",
        {"name": "GENRES", "type": ["null", "string"], "categorical": True},
        {"name": "ABOUT", "type": ["string", "null"], "textual": True},
        {"name": "ADULT", "type": "boolean", "categorical": False},
        {"name": "_score2", "type": ["double"]},
        CREATED,
    )

    schema = parse_schema(text)

    assert schema == DatasetSchema(
        dataset="Items",
        fields=(
            Field(name="ITEM_ID", type="string"),
            Field(name="OWN", type="long"),
            Field(name="GENRES", type="string", nullable=True, categorical=True),
            Field(name="ABOUT", type="string", nullable=True, textual=True),
            Field(name="ADULT", type="boolean"),
            Field(name="_score2", type="double"),
            Field(name="CREATION_TIMESTAMP", type="long"),
        ),
    )
    own = [field.name for field in own_columns("Items", schema.fields)]
    assert own == ["OWN", "GENRES", "ABOUT", "ADULT", "_score2"]


@pytest.mark.parametrize("path", sorted(GENERATED.glob("*.avsc")), ids=lambda path: path.stem)
def test_the_projects_own_schemas_are_taken(path: Path) -> None:
    assert parse_schema(path.read_text()).dataset.lower() == path.stem


@pytest.mark.parametrize(
    ("domain", "text"),
    [
        ("ECOMMERCE", avro("Interactions", EVENT_TYPE)),
        ("ECOMMERCE", avro("Items", PRICE, CATEGORY)),
        ("ECOMMERCE", avro("Items", PRICE, CATEGORY, fields=[IDS["Items"][0], PRICE, CATEGORY])),
        ("ECOMMERCE", avro("Users")),
        ("VIDEO_ON_DEMAND", avro("Interactions", EVENT_TYPE)),
        ("VIDEO_ON_DEMAND", avro("Items", fields=[IDS["Items"][0], GENRES, CREATED])),
        ("VIDEO_ON_DEMAND", avro("Users")),
    ],
)
def test_a_domains_schema_is_taken_with_its_fields(domain: Domain, text: str) -> None:
    assert parse_schema(text, domain).domain == domain


def own(name: str = "A", kind: Any = "string", **flags: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **flags}


def numbered(count: int) -> list[dict[str, Any]]:
    return [own(f"M{at}", "int") for at in range(count)]


REFUSED = {
    "no JSON": ("{", "The schema is not valid JSON"),
    "too deep": ("[" * 100_000, "The schema is not valid JSON"),
    "no object": ("[]", "The schema must be a JSON object"),
    "other type": (avro("Items", type="enum"), '"type": "record"'),
    "other namespace": (avro("Items", namespace="com.example"), '"namespace": "com.amazonaws.personalize.schema"'),
    "no version": (avro("Items", version=None), '"version": "1.0"'),
    "other name": (avro("interactions"), "The schema's name must be its dataset's type"),
    "no name": (avro("Items", name=None), "The schema's name must be its dataset's type"),
    "actions": (avro("Actions"), "Actions: datasets of actions are not supported"),
    "unknown key": (avro("Items", doc="text"), "The schema has unknown attributes: doc"),
    "no fields": (avro("Items", fields=[]), "The schema must have fields"),
    "fields no list": (avro("Items", fields={}), "The schema must have fields"),
    "field no object": (avro("Items", fields=["ITEM_ID"]), "Each field of the schema must be an object"),
    "field without name": (avro("Items", {"type": "string"}), "Each field of the schema must be an object"),
    "name with dash": (avro("Items", own("A-B")), "Field 'A-B': a name has"),
    "name with digit first": (avro("Items", own("1A")), "Field '1A': a name has"),
    "name empty": (avro("Items", own("")), "Field '': a name has"),
    "name not ASCII": (avro("Items", own("É")), "a name has"),
    "name too long": (avro("Items", own("A" * 151)), "a name has at most 150 characters"),
    "unknown attribute": (avro("Items", own("A", textal=True)), "Field A has unknown attributes: textal"),
    "no type": (avro("Items", {"name": "A"}), "Field A: the type must be one of"),
    "unknown type": (avro("Items", own("A", "bytes")), "Field A: the type must be one of"),
    "null alone": (avro("Items", own("A", "null")), "Field A: the type must be one of"),
    "null alone in a list": (avro("Items", own("A", ["null"])), "Field A: the type must be one of"),
    "null twice": (avro("Items", own("A", ["null", "string", "null"])), "Field A: the type must be one of"),
    "two types": (avro("Items", own("A", ["string", "long"])), "a union of exactly one of them"),
    "three types": (avro("Items", own("A", ["string", "long", "null"])), "a union of exactly one of them"),
    "array": (avro("Items", own("A", {"type": "array", "items": "string"})), "Arrays, maps, enums"),
    "nested": (avro("Items", own("A", [{"type": "map"}, "null"])), "Arrays, maps, enums"),
    "flag no boolean": (avro("Items", own("A", categorical="true")), "Field A: categorical must be true or false."),
    "categorical number": (avro("Items", own("A", "long", categorical=True)), "only a string can be categorical"),
    "textual number": (avro("Items", own("A", "long", textual=True)), "only a string of the Items dataset"),
    "textual user": (avro("Users", own("A", textual=True)), "only a string of the Items dataset"),
    "both flags": (avro("Items", own("A", textual=True, categorical=True)), "categorical or textual, not both"),
    "time of 32 bits": (
        avro("Interactions", fields=[*IDS["Interactions"][:2], own("TIMESTAMP", "int")]),
        "TIMESTAMP must be of type long",
    ),
    "id null": (
        avro("Users", fields=[own("USER_ID", ["string", "null"]), own()]),
        "USER_ID is required: its type must not include null",
    ),
    "event type categorical": (
        avro("Interactions", own("EVENT_TYPE", categorical=True)),
        "EVENT_TYPE is a reserved name: it must not be categorical",
    ),
    "impression categorical": (
        avro("Interactions", own("IMPRESSION", categorical=True)),
        "IMPRESSION is a reserved name",
    ),
    "event value double": (avro("Interactions", own("EVENT_VALUE", "double")), "EVENT_VALUE must be of type float"),
    "created int": (avro("Items", own("CREATION_TIMESTAMP", "int")), "CREATION_TIMESTAMP must be of type long"),
    "time missing": (
        avro("Interactions", fields=IDS["Interactions"][:2]),
        "missing the following required fields: TIMESTAMP",
    ),
    "id only": (avro("Items", fields=IDS["Items"][:1]), "must have at least one metadata field"),
    "id and time only": (avro("Items", fields=[IDS["Items"][0], CREATED]), "must have at least one metadata field"),
    "names alike": (avro("Items", own("GENRES_1"), own("genres1")), "Fields GENRES_1 and genres1 are the same name"),
    "name twice": (avro("Items", own(), own()), "Fields A and A are the same name"),
    "six contexts": (avro("Interactions", *numbered(6)), "has 6 metadata fields; at most 5"),
    "101 of an item": (avro("Items", *numbered(100)), "has 101 metadata fields; at most 100"),
    "26 of a user": (avro("Users", *numbered(25)), "has 26 metadata fields; at most 25"),
    "two texts": (avro("Items", own("A", textual=True), own("B", textual=True)), "more than 1 textual field"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_personalize_refuses_is_refused_by_name(name: str) -> None:
    text, message = REFUSED[name]

    with pytest.raises(InvalidSchema) as caught:
        parse_schema(text)

    assert message in str(caught.value)


@pytest.mark.parametrize("dataset", ["Interactions", "Items", "Users"])
def test_as_many_metadata_fields_as_allowed_are_taken(dataset: str) -> None:
    most = {"Interactions": 5, "Items": 99, "Users": 24}[dataset]

    assert len(parse_schema(avro(dataset, *numbered(most))).fields) == most + len(IDS[dataset])


REFUSED_IN_DOMAIN: dict[str, tuple[Domain, str, str]] = {
    "no event type": ("ECOMMERCE", avro("Interactions"), "required fields: EVENT_TYPE"),
    "event type null": (
        "VIDEO_ON_DEMAND",
        avro("Interactions", own("EVENT_TYPE", ["string", "null"])),
        "EVENT_TYPE is required",
    ),
    "no price": ("ECOMMERCE", avro("Items", CATEGORY), "required fields: PRICE"),
    "price double": ("ECOMMERCE", avro("Items", CATEGORY, own("PRICE", "double")), "PRICE must be of type float"),
    "category plain": (
        "ECOMMERCE",
        avro("Items", PRICE, own("CATEGORY_L1")),
        "CATEGORY_L1 is a reserved name: it must be categorical",
    ),
    "description plain": (
        "ECOMMERCE",
        avro("Items", PRICE, CATEGORY, own("PRODUCT_DESCRIPTION")),
        "it must be textual",
    ),
    "no genres": ("VIDEO_ON_DEMAND", avro("Items", CREATED), "required fields: GENRES"),
    "created null": (
        "VIDEO_ON_DEMAND",
        avro("Items", GENRES, own("CREATION_TIMESTAMP", ["long", "null"])),
        "CREATION_TIMESTAMP is required",
    ),
    "duration long": (
        "VIDEO_ON_DEMAND",
        avro("Items", GENRES, CREATED, own("DURATION", "long")),
        "DURATION must be of type float",
    ),
}


@pytest.mark.parametrize("name", REFUSED_IN_DOMAIN)
def test_a_domain_asks_for_more(name: str) -> None:
    domain, text, message = REFUSED_IN_DOMAIN[name]

    with pytest.raises(InvalidSchema) as caught:
        parse_schema(text, domain)

    assert message in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["string", "null", "ITEM_ID"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "type", "x"]), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(text=st.text() | JSON.map(json.dumps) | st.lists(JSON).map(lambda fields: avro("Items", fields=fields)))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        parse_schema(text)
    except InvalidSchema as error:
        assert str(error)  # noqa: PT017
