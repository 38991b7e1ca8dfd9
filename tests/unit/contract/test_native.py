"""What is compiled is there, and a machine that has it not goes on without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contract import native

pytestmark = pytest.mark.unit


def test_make_setup_has_compiled_it() -> None:
    assert native.load() is not None


def test_where_nothing_was_compiled_there_is_nothing(tmp_path: Path) -> None:
    assert native.load(tmp_path / "_native.so") is None


def test_what_was_compiled_for_another_version_is_left_alone(tmp_path: Path) -> None:
    source, library = tmp_path / "native.c", tmp_path / "_native.so"
    for version in ("", "const int native_version = -1;"):
        source.write_text(f"{version} int some;")
        subprocess.run([sys.executable, "-m", "ziglang", "cc", "-shared", "-o", library, source], check=True)

        assert native.load(library) is None


def test_what_was_compiled_for_another_machine_is_left_alone(tmp_path: Path) -> None:
    library = tmp_path / "_native.so"
    library.write_bytes(b"\x7fELF of another machine")

    assert native.load(library) is None
