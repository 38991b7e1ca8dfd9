"""Each rule of the gate, broken alone."""

from __future__ import annotations

import json

import pytest

from glue_jobs.gate.model import Offence, Severity
from glue_jobs.gate.rules import RULES
from tests.support.personalize_files import CASES, good

pytestmark = pytest.mark.unit

FIRST = {
    "encoding": Offence("part-0.csv", 17, "RECOMMENDATION_ID", "RID-\ufffd"),
    "row_shape": Offence("part-0.csv", 18, "", "8 values for 7 columns: u-16,extra,i-16,1790000016,click,2.29,,"),
    "number_form": Offence("part-0.csv", 17, "PRICE", "12,50"),
    "timestamp_seconds": Offence("part-0.csv", 17, "TIMESTAMP", "1790000015000 has 13 digits: milliseconds?"),
    "required_value": Offence("part-0.csv", 17, "ITEM_ID", "empty"),
    "no_identity": Offence("part-0.csv", 17, "USER_ID", "null"),
    "unique_id": Offence("part-0.csv", 17, "ITEM_ID", "i-3"),
    "stray_files": Offence("_SUCCESS", None, "", "is no data"),
    "columns": Offence("part-0.csv", 1, "GENDER", "Input CSV is missing the following columns: [GENDER]."),
    "null_share": Offence("", None, "LOCATION", "33.3% empty, declared at most 30.0%"),
}


def test_every_rule_has_a_case_and_there_are_many() -> None:
    assert set(CASES) == set(RULES)
    assert len(RULES) >= 25


@pytest.mark.parametrize("rule", RULES)
def test_a_spoiled_dataset_breaks_its_rule_alone(rule: str) -> None:
    verdict = CASES[rule].examined().verdict

    assert [failure.rule for failure in verdict.failures] == [rule]
    assert verdict.passed is (RULES[rule].severity is Severity.WARN)
    assert all(failure.way_out and failure.why for failure in verdict.failures)
    json.dumps(verdict.as_data(), allow_nan=False)


@pytest.mark.parametrize("rule", FIRST)
def test_the_first_offence_is_named_by_file_row_and_column(rule: str) -> None:
    (failure,) = CASES[rule].examined().verdict.failures

    assert failure.offences[0] == FIRST[rule]


@pytest.mark.parametrize("dataset", ["Interactions", "Items", "Users"])
def test_a_good_dataset_breaks_none(dataset: str) -> None:
    examined = good(dataset).examined()

    assert examined.verdict.failures == ()
    assert examined.verdict.passed
    assert {result.rule for result in examined.verdict.results} == {
        rule.id for rule in RULES.values() if dataset in rule.datasets
    }
