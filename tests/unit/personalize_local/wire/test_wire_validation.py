"""Values against botocore's shapes: the messages, and what is hard about patterns and numbers."""

from __future__ import annotations

from typing import Any

import pytest

from personalize_local.wire.errors import InvalidInputException, InvalidNextTokenException
from personalize_local.wire.models import load
from personalize_local.wire.validation import compile_input

pytestmark = pytest.mark.unit

OPERATIONS = {operation.name: operation for operation in load().operations}
GROUP = "arn:aws:personalize:us-east-1:000000000000:dataset-group/g"


def _check(operation: str, request: Any) -> str | None:
    try:
        compile_input(OPERATIONS[operation].input)(request)
    except InvalidInputException as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "CreateDatasetGroup",
            {},
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
        ),
        (
            "CreateDatasetGroup",
            {"name": "n" * 64},
            (
                f"1 validation error detected: Value '{'n' * 64}' at 'name' failed to satisfy constraint: "
                "Member must have length less than or equal to 63"
            ),
        ),
        (
            "CreateDatasetGroup",
            {"name": "-n"},
            (
                "1 validation error detected: Value '-n' at 'name' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: ^[a-zA-Z0-9][a-zA-Z0-9\-_]*"
            ),
        ),
        (
            "CreateDatasetGroup",
            {"name": "n", "domain": "SPORTS"},
            (
                "1 validation error detected: Value 'SPORTS' at 'domain' failed to satisfy constraint: "
                "Member must satisfy enum value set: [ECOMMERCE, VIDEO_ON_DEMAND]"
            ),
        ),
        (
            "CreateDatasetGroup",
            {"name": "n", "tags": [{"tagKey": "k"}]},
            (
                "1 validation error detected: Value null at 'tags.1.member.tagValue' failed to satisfy constraint: "
                "Member must not be null"
            ),
        ),
        (
            "CreateDatasetGroup",
            {"name": "n", "nam": 1},
            "Unknown parameter 'nam'; known: name, roleArn, kmsKeyArn, domain, tags",
        ),
        ("CreateDatasetGroup", {"name": 5}, "Value at 'name' must be a string, not a number: 5"),
        ("CreateDatasetGroup", {"name": True}, "Value at 'name' must be a string, not a boolean: True"),
        ("ListSchemas", {"maxResults": True}, "Value at 'maxResults' must be a number, not a boolean: True"),
        ("ListSchemas", {"maxResults": 1.5}, "Value at 'maxResults' must be an integer, not a number: 1.5"),
        (
            "ListSchemas",
            {"maxResults": 101},
            (
                "1 validation error detected: Value 101 at 'maxResults' failed to satisfy constraint: "
                "Member must have value less than or equal to 100"
            ),
        ),
    ],
)
def test_a_refusal_names_the_place_and_the_rule(operation: str, request_: dict[str, Any], message: str) -> None:
    assert _check(operation, request_) == message


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("CreateDatasetGroup", {"name": "n", "domain": None}),  # as JavaScript clients write absent members
        ("CreateDatasetGroup", {"name": "n", "tags": []}),
        ("CreateDatasetGroup", {"name": "n", "tags": [{"tagKey": "größe_ 1", "tagValue": ""}]}),
        ("ListSchemas", {"maxResults": 100.0}),
        ("DescribeDatasetGroup", {"datasetGroupArn": GROUP}),
        ("ListRecipes", {}),
    ],
)
def test_good_input_passes(operation: str, request_: dict[str, Any]) -> None:
    assert _check(operation, request_) is None


@pytest.mark.parametrize("name", ["n\n", "n ", "né", ""])
def test_a_pattern_fits_the_whole_text_and_only_ascii_letters(name: str) -> None:
    assert _check("CreateDatasetGroup", {"name": name}) is not None


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf"), 10**400, 2**53 + 1])
def test_numbers_are_finite(number: float) -> None:
    event = {"eventType": "View", "sentAt": number}

    assert _check("PutEvents", {"trackingId": "t", "sessionId": "s", "eventList": [event]}) is not None


def test_a_wrong_token_is_refused_as_a_token() -> None:
    with pytest.raises(InvalidNextTokenException):
        compile_input(OPERATIONS["ListSchemas"].input)({"nextToken": "é"})
