"""`clickstream cost`: what it takes, prints and refuses."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from rich.console import Console

from contract.errors import ConfigurationError
from operations.cost.command import add_options, run

pytestmark = pytest.mark.unit

FREE = "".join(
    f'[{name}]\nusd = 0\nunit = "{unit}"\nas_of = "2027-01"\nsource = "the bill"\nverified = true\n'
    for name, unit in (("personalize-requests-v2", "1,000 requests"), ("glue", "DPU hour"))
)


def command(capsys: pytest.CaptureFixture[str], *typed: str) -> tuple[bool, str]:
    """Whether it is within the cap, and what it prints."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    done = run(parser.parse_args(typed), Console(width=200))
    return done, capsys.readouterr().out


def test_the_table_has_every_line_and_names_what_is_from_memory(capsys: pytest.CaptureFixture[str]) -> None:
    within, printed = command(capsys)

    assert within
    assert "personalize-requests-v2" in printed
    assert "394.20" in printed
    assert "2025, unverified" in printed
    assert "a month, $" in printed


def test_as_json_it_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    _, printed = command(capsys, "--json", "--events-per-day", "86400", "--recommendations-per-day", "0")

    found = json.loads(printed)
    assert found["refused"] is None
    assert found["usd_per_month"] == pytest.approx(sum(line["usd"] for line in found["lines"]), abs=0.01)
    assert found["usd_per_million_events"] == pytest.approx(found["usd_per_month"] / 2.628, abs=0.01)


def test_over_the_cap_it_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    within, printed = command(capsys, "--cap", "100")

    assert not within
    assert "refused: An estimated $" in printed


def test_prices_of_a_file_count(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(FREE)

    _, before = command(capsys, "--json")
    _, after = command(capsys, "--json", "--prices", str(path))

    saved = {line["price"]: line["usd"] for line in json.loads(before)["lines"]}
    assert json.loads(before)["usd_per_month"] - json.loads(after)["usd_per_month"] == pytest.approx(
        saved["personalize-requests-v2"] + saved["glue"], abs=0.01
    )


def test_prices_that_make_no_sense_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(FREE.replace("[glue]", "[glu]"))

    with pytest.raises(ConfigurationError, match="there is no glu"):
        command(capsys, "--prices", str(path))


def test_nothing_without_events_has_no_price_a_million(capsys: pytest.CaptureFixture[str]) -> None:
    _, printed = command(capsys, "--events-per-day", "0", "--json")

    assert json.loads(printed)["usd_per_million_events"] is None


@pytest.mark.parametrize(
    "typed", [("--events-per-day", "-1"), ("--users", "1.5"), ("--cap", "inf"), ("--shards", "-1")]
)
def test_amounts_that_are_none_are_refused(capsys: pytest.CaptureFixture[str], typed: tuple[str, str]) -> None:
    with pytest.raises(SystemExit):
        command(capsys, *typed)
