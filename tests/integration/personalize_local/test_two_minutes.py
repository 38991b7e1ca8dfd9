"""The README's first program runs as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.personalize_server import ROOT, Server, running, s3_server

pytestmark = pytest.mark.integration


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Server]:
    with s3_server() as s3, running(tmp_path / "data", s3) as server:
        yield server


def test_the_first_program_of_the_readme(alone: Server, tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", (ROOT / "personalize_local" / "README.md").read_text(), re.DOTALL)
    (tmp_path / "books.py").write_text(program)
    environ = {
        **os.environ,
        "AWS_ENDPOINT_URL": alone.url,
        "AWS_ENDPOINT_URL_S3": alone.s3_endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }

    ran = subprocess.run(
        [sys.executable, "books.py"], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )

    popular, personal = (line.split(": ")[1].split() for line in ran.stdout.splitlines())
    assert (len(popular), len(personal)) == (8, 8), ran.stderr
    assert sum(_is_odd(book) for book in personal) == 8


def _is_odd(book: str) -> bool:
    return int(book.removeprefix("book-")) % 2 == 1
