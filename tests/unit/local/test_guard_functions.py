"""A function counts as run only if the endpoint counted its invocation; nothing is run only in name."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.functions import Answer
from infra.local.ministack_functions import InvocationCounts, answer_of

pytestmark = pytest.mark.unit


def test_invocations_are_counted_by_what_came_of_them() -> None:
    counts = InvocationCounts()
    for result in ({"body": 1}, {"error": True}, {"error": True, "throttle": True}):
        counts.begin()
        assert counts.running() == 1
        counts.end("f", result)

    assert counts.shown() == {"f": {"invocations": 2, "errors": 1, "throttled": 1}}
    assert (counts.begun(), counts.running()) == (3, 0)


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ({"body": {"a": 1}, "log": ""}, Answer(payload={"a": 1})),
        ({"body": None}, Answer()),
        (
            {"error": True, "body": {"errorType": "T", "errorMessage": "m"}},
            Answer(error="T: m", payload={"errorType": "T", "errorMessage": "m"}),
        ),
        ({"error": True, "body": "text"}, Answer(error="Error: text", payload="text")),
        (
            {"error": True, "throttle": True, "body": {"message": "Rate Exceeded: f"}},
            Answer(error="Rate Exceeded: f", ran=False, throttled=True),
        ),
    ],
)
def test_what_ministack_returns_is_read_as_an_answer(result: dict[str, Any], answer: Answer) -> None:
    assert answer_of(result) == answer
