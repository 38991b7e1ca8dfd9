"""Illegal changes of the contract are named, legal ones are not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.evolution import problems
from contract.generate.released import contract_data

pytestmark = pytest.mark.unit

Data = dict[str, Any]
RELEASED = Path(__file__).parents[3] / "contract" / "released"
OPTIONAL = contract_data()["records"]["event"]["app_id"]


def changed(change: Callable[[Data], object]) -> list[str]:
    new = copy.deepcopy(contract_data())
    change(new)
    return problems(contract_data(), new)


def event_field(data: Data, name: str) -> Data:
    found: Data = data["records"]["event"][name]
    return found


def column(**facts: Any) -> Data:
    return {"type": "string", "nullable": True, "categorical": False, "textual": False} | facts


ILLEGAL: list[tuple[str, Callable[[Data], object]]] = [
    ("event.value: removed; readers of the lake still ask for it", lambda d: d["records"]["event"].pop("value")),
    (
        "event.consent.analytics: removed; readers of the lake still ask for it",
        lambda d: event_field(d, "consent")["fields"].pop("analytics"),
    ),
    (
        "event.tenant: a new field is required; yesterday's events lack it",
        lambda d: d["records"]["event"].update(tenant=OPTIONAL | {"required": True}),
    ),
    (
        "event.value: type changed from double to long; the lake's files hold double",
        lambda d: event_field(d, "value").update(kind="long"),
    ),
    (
        "event.item_id: became required; yesterday's events may lack it",
        lambda d: event_field(d, "item_id").update(required=True),
    ),
    ("event.user_id: no longer tagged personal", lambda d: event_field(d, "user_id").update(personal=False)),
    (
        "event.app_id: pattern changed; what it took yesterday it may refuse today",
        lambda d: event_field(d, "app_id").update(pattern="[a-z]+"),
    ),
    (
        "event.event_id: max_length narrowed from 256 to 100",
        lambda d: event_field(d, "event_id").update(max_length=100),
    ),
    (
        "event.impression: max_items narrowed from 25 to 20",
        lambda d: event_field(d, "impression").update(max_items=20),
    ),
    (
        "event.producer_seq: maximum narrowed from 9007199254740992 to 1000",
        lambda d: event_field(d, "producer_seq").update(maximum=1000),
    ),
    ("event.value: maximum narrowed from None to 5", lambda d: event_field(d, "value").update(maximum=5)),
    ("event.value: minimum narrowed from None to 0", lambda d: event_field(d, "value").update(minimum=0)),
    (
        "event.producer_seq: minimum narrowed from 1 to 10",
        lambda d: event_field(d, "producer_seq").update(minimum=10),
    ),
    (
        "event.user_id: refuses more values: guest",
        lambda d: event_field(d, "user_id")["refused"].append("guest"),
    ),
    (
        "Items.BRAND: removed; a Personalize dataset cannot lose a column",
        lambda d: d["datasets"]["Items"].pop("BRAND"),
    ),
    (
        "Items.PRICE: type changed from float to string",
        lambda d: d["datasets"]["Items"]["PRICE"].update(type="string"),
    ),
    (
        "Users.PHONE: a new column must be nullable; rows already imported lack it",
        lambda d: d["datasets"]["Users"].update(PHONE=column(nullable=False)),
    ),
    (
        "Interactions: 11 event types and optional columns; Personalize takes 10",
        lambda d: d["exported_types"].append("search"),
    ),
    (
        "Items: 101 metadata columns; Personalize takes 100",
        lambda d: d["datasets"]["Items"].update({f"C{n}": column() for n in range(92)}),
    ),
    (
        "Items: textual columns PRODUCT_DESCRIPTION, REVIEW; Personalize takes one, in Items",
        lambda d: d["datasets"]["Items"].update(REVIEW=column(textual=True)),
    ),
    (
        "Users: textual columns BIO; Personalize takes one, in Items",
        lambda d: d["datasets"]["Users"].update(BIO=column(textual=True)),
    ),
]


@pytest.mark.parametrize(("message", "change"), ILLEGAL, ids=[message.partition(";")[0] for message, _ in ILLEGAL])
def test_an_illegal_change_is_named(message: str, change: Callable[[Data], object]) -> None:
    assert changed(change) == [message]


LEGAL: list[Callable[[Data], object]] = [
    lambda d: d["records"]["event"].update(tenant=OPTIONAL),
    lambda d: event_field(d, "event_id").update(max_length=512),
    lambda d: event_field(d, "impression").update(max_items=50),
    lambda d: event_field(d, "producer_seq").update(maximum=None),
    lambda d: event_field(d, "schema_version").update(maximum=2),
    lambda d: event_field(d, "producer_seq").update(minimum=0),
    lambda d: event_field(d, "event_type")["refused"].clear(),
    lambda d: event_field(d, "item_id").update(personal=True),
    lambda d: d["datasets"]["Items"].update(COLOUR=column(categorical=True)),
    lambda d: d["exported_types"].pop(),
]


@pytest.mark.parametrize("change", LEGAL)
def test_a_legal_change_is_no_problem(change: Callable[[Data], object]) -> None:
    assert changed(change) == []


def test_the_contract_may_follow_the_newest_released_version() -> None:
    newest = max(RELEASED.glob("v*.json"), key=lambda path: int(path.stem[1:]))

    assert problems(json.loads(newest.read_text()), contract_data()) == []
