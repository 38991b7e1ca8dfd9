"""Data Docs: pages for people, and Great Expectations' verdict is the gate's."""

from __future__ import annotations

from pathlib import Path

import pytest

from glue_jobs.gate.expectations import data_docs
from tests.support.personalize_files import CASES, good, schema_of

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of what Great Expectations imports
]


@pytest.mark.parametrize("rule", ["timestamp_seconds", "interactions_minimum", "duplicates", "columns"])
def test_great_expectations_agrees_where_a_rule_is_broken(rule: str, tmp_path: Path) -> None:
    case = CASES[rule]
    examined = case.examined()

    agrees = data_docs(examined, case.schema or schema_of(case.dataset), tmp_path, run_name="r")

    assert agrees is examined.verdict.passed
    assert (tmp_path / "index.html").exists()
    (page,) = tmp_path.glob("validations/*rules/**/*.html")
    (failure,) = examined.verdict.failures
    assert failure.way_out[:20] in page.read_text()


def test_great_expectations_agrees_where_none_is_broken(tmp_path: Path) -> None:
    examined = good("Items").examined()

    assert data_docs(examined, schema_of("Items"), tmp_path, run_name="r") is examined.verdict.passed is True
