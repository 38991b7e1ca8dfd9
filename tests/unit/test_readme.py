"""What README and the page on sending tell people to type exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from operations.cli import parser

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SENDING = (ROOT / "docs" / "producers.md").read_text()
COMMANDS = {
    *re.findall(r"\.venv/bin/clickstream ([^`]+)`", README),
    *re.findall(r"`clickstream ([^`]+ [^`]+)`", SENDING),
}


def test_every_make_target_that_readme_names_is_in_the_makefile() -> None:
    named = set(re.findall(r"\bmake ([a-z][a-z0-9-]*)", README)) - {"lists"}
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))

    assert named
    assert named - targets == set()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_clickstream_command_that_people_are_told_is_understood(command: str) -> None:
    assert callable(parser().parse_args(command.split()).command)


def test_every_file_and_folder_that_readme_names_is_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    folders = re.findall(r"^\| `([a-z_/]+/)`", README, flags=re.MULTILINE)

    assert [path for path in (*links, *folders) if not (ROOT / path).exists()] == []


def test_ci_runs_what_readme_tells_people_to_run() -> None:
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "exec make test"
