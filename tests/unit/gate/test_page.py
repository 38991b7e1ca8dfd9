"""The page about the gate says what the gate does."""

from __future__ import annotations

import re

import pytest

from glue_jobs.gate.page import EXAMPLES, PAGE, gate_page
from glue_jobs.gate.rules import RULES
from glue_jobs.gate.settings import THRESHOLDS, parse_settings
from infra.app import _parse
from operations.cli import parser

pytestmark = pytest.mark.unit


def section(rule: str) -> str:
    return gate_page().partition(f"### `{rule}`\n\n")[2].partition("\n##")[0].rstrip("\n")


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == gate_page(), "run: python -m glue_jobs.gate.page"


def test_every_rule_has_its_section_and_every_setting_its_row() -> None:
    assert re.findall(r"^### `(\w+)`$", gate_page(), flags=re.MULTILINE) == list(RULES)
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (.+) \|$", gate_page(), flags=re.MULTILINE)
    assert [(name, unit) for name, _, unit in rows] == [(n, f.metadata["unit"]) for n, f in THRESHOLDS.items()]
    assert ("max_psi", "0.2", "population stability index") in rows
    assert ("earliest", "1995-01-01", "date") in rows


def test_a_rule_that_counts_bad_things() -> None:
    assert section("unique_id") == (
        "*stop* · Items, Users\n\n"
        "- **Measures** ids that come again; there may be none.\n"
        "- **Why:** A later row replaces the earlier one; within one import nothing says which is later.\n"
        "- **Way out:** Keep one row an id: the newest."
    )


def test_a_rule_with_bounds_by_mode() -> None:
    full, incremental = "100,000,000,000 (`max_full_bytes`) for FULL", "1,000,000,000 (`max_incremental_bytes`)"
    assert section("bytes_maximum").startswith(
        f"*stop* · all datasets\n\n- **Measures** bytes; at most {full}, {incremental} for INCREMENTAL.\n"
    )


def test_a_rule_of_one_mode_that_warns_and_one_with_a_number_for_a_bound() -> None:
    assert section("drift_event_mix").startswith("*warn* · Interactions · FULL only\n")
    assert "at most 0.2 (`max_psi`)." in section("drift_event_mix")
    assert "- **Measures** rows; at least 1.\n" in section("no_rows")


def test_names_in_prose_are_not_read_as_markdown() -> None:
    assert "raise max\\_psi for a run" in section("drift_event_mix")
    assert "the event_type column" in section("reserved_word")  # within code nothing is escaped


def test_the_examples_can_be_typed() -> None:
    (check, check_settings), (app, app_settings) = EXAMPLES

    assert parser().parse_args([*check.split()[1:], check_settings]).set == [check_settings]
    assert _parse([*app.split()[3:], app_settings]).gate == app_settings
    assert parse_settings(check_settings) != parse_settings("") != parse_settings(app_settings)
