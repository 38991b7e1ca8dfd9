"""What the emulator's README says of operations and options is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from personalize_local.app import REGISTERED
from personalize_local.operations import OPERATIONS
from personalize_local.wire.models import SERVICES, load

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
README = (ROOT / "personalize_local" / "README.md").read_text()


def test_the_table_of_operations_is_whole_and_true() -> None:
    assert REGISTERED
    table = re.findall(r"^\| (personalize[a-z-]*) \| (.*) \| (.*) \|$", README, flags=re.MULTILINE)
    said = {service: (_names(served), _names(refused)) for service, served, refused in table}

    names = {s: {each.name for each in load().operations if each.service == s} for s in SERVICES}
    assert said == {s: (names[s] & OPERATIONS.keys(), names[s] - OPERATIONS.keys()) for s in SERVICES}


def test_the_options_are_those_of_the_command() -> None:
    command = (ROOT / "personalize_local" / "__main__.py").read_text()
    options = set(re.findall(r'add_argument\("(--[a-z0-9-]+)"', command))

    assert set(re.findall(r"(?<=[`\s])--[a-z0-9-]+", README)) == options


def _names(cell: str) -> set[str]:
    return set() if cell == "none" else set(cell.split(", "))
