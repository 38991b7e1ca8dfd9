"""What is counted over all files, how far a distribution moved, and which cells are numbers or too long."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from contract.errors import ConfigurationError
from glue_jobs.gate.counts import Counts, Repeats
from glue_jobs.gate.drift import distribution, stability_index
from glue_jobs.gate.settings import parse_settings
from tests.support.personalize_files import CASES, good, with_cell

pytestmark = pytest.mark.unit


def counted(values: list[str | None]) -> Counts:
    counts = Counts()
    counts.add(pa.array(values, pa.string()).dictionary_encode())
    return counts


def test_an_id_that_an_earlier_file_has_comes_again() -> None:
    case = good("Users")
    first = case.files["part-0.csv"]

    found = replace(case, files={"1.csv": first, "2.csv": first}).examined()

    (failed,) = (failure for failure in found.verdict.failures if failure.rule == "unique_id")
    assert (failed.measured, str(failed.offences[0])) == (50, "2.csv row 2 column USER_ID: u-0")
    assert [file.rows for file in found.files] == [50, 50]


def test_the_stability_index_counts_the_rest_and_the_empty() -> None:
    last = distribution(counted(["a", "a", "b", "c"]), 4, 1)

    assert last == {"shares": {"a": 0.25}, "rest": 0.25, "empty": 0.5}
    assert stability_index(last, counted(["a", "a", "b", "c"]), 4) == 0
    assert stability_index(last, counted(["a", "b", "c", "c"]), 0) == pytest.approx(
        (0.75 - 0.25) * math.log(3) + (1e-4 - 0.5) * math.log(1e-4 / 0.5)
    )


@pytest.mark.parametrize("value", ["NaN", "nan", "inf", "-Infinity", "1e999", "0x1F", "1_000", "1 000", "-"])
def test_what_is_no_number_is_named(value: str) -> None:
    (failed,) = with_cell("Interactions", "EVENT_VALUE", value).examined().verdict.failures

    assert (failed.rule, str(failed.offences[0])) == (
        "number_form",
        f"part-0.csv row 17 column EVENT_VALUE: {value}",
    )


@pytest.mark.parametrize("value", ["0", "-1.5", "1e3", "2.50"])
def test_plain_numbers_pass(value: str) -> None:
    assert with_cell("Interactions", "EVENT_VALUE", value).examined().verdict.failures == ()


def test_lengths_are_characters_not_bytes() -> None:
    assert with_cell("Interactions", "ITEM_ID", "é" * 256).examined().verdict.failures == ()
    assert with_cell("Items", "BRAND", "😀" * 1_000).examined().verdict.failures == ()


def test_the_solution_that_has_too_little_is_named() -> None:
    (failed,) = CASES["interactions_minimum_by_solution"].examined().verdict.failures

    assert (failed.measured, [offence.value for offence in failed.offences]) == (400, ["top: 400 interactions"])


def test_a_sample_of_rows_tells_repeats_and_types_nearly_as_all_do() -> None:
    rows = np.arange(40_000) % 20_000  # each twice
    types = rows % 2

    every, sample = Repeats(), Repeats(most=5_000)
    for repeats in (every, sample):
        repeats.add(rows, rows, types, rows)

    assert (every.share(), every.distinct_by_type()[1:3].tolist()) == (0.5, [10_000, 10_000])
    assert sample.share() == 0.5
    assert sample.distinct_by_type()[1:3].tolist() == pytest.approx([10_000, 10_000], rel=0.1)


@pytest.mark.parametrize("text", ["max_psi=inf", "max_psi=nan", "max_psi=-1"])
def test_a_threshold_that_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="max_psi"):
        parse_settings(text)
