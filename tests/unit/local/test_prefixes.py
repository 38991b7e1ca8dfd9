"""Firehose's prefix expressions give the keys that Firehose gives."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from infra.local.prefixes import PrefixValues, check_expressions, evaluate

pytestmark = pytest.mark.unit

AT = datetime(2026, 3, 9, 7, 5, 2, tzinfo=UTC)


def values(at: datetime = AT, error_type: str | None = None) -> PrefixValues:
    return PrefixValues(at=at, random=lambda: "abcdefghijklmnop", error_type=error_type)


@pytest.mark.parametrize(
    ("template", "prefix"),
    [
        ("events/", "events/"),
        ("events/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/", "events/dt=2026-03-09/hour=07/"),
        ("!{timestamp:yyyy/MM/dd/HH}/", "2026/03/09/07/"),
        ("!{timestamp:'dt='yyyyMMdd}/", "dt=20260309/"),
        ("!{firehose:random-string}/", "abcdefghijk/"),
    ],
)
def test_a_prefix_is_evaluated(template: str, prefix: str) -> None:
    assert evaluate(template, values()) == prefix


def test_an_error_prefix_names_the_kind_of_error() -> None:
    template = "errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/"

    assert evaluate(template, values(error_type="processing-failed")) == "errors/processing-failed/dt=2026-03-09/"


def test_timestamps_are_utc() -> None:
    at = datetime(2026, 3, 9, 1, 30, tzinfo=timezone(timedelta(hours=2)))

    assert evaluate("!{timestamp:yyyy-MM-dd/HH}", values(at)) == "2026-03-08/23"


@pytest.mark.parametrize(
    ("template", "errors", "problem"),
    [
        ("!{partitionKeyFromQuery:customer}/", False, "unknown expression !{partitionKeyFromQuery:customer}"),
        ("!{firehose:error-output-type}/", False, "unknown expression !{firehose:error-output-type}"),
        ("!{firehose:error-output-type}/", True, None),
        ("!{timestamp:EEE}/", False, "unknown letters EEE in a timestamp"),
        ("plain/", False, None),
    ],
)
def test_an_expression_it_does_not_know_is_refused(template: str, errors: bool, problem: str | None) -> None:  # noqa: FBT001
    assert check_expressions(template, errors=errors) == problem
