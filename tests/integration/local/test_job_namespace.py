"""A job's script runs alone: its arguments, its modules and its failure are its own."""

import sys
import zipfile
from pathlib import Path

import pytest

from infra.local.job_namespace import run_script

pytestmark = pytest.mark.integration  # it writes and runs files


def library(folder: Path, says: str) -> Path:
    folder.mkdir()
    path = folder / "lib.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("spoken/__init__.py", "")
        archive.writestr("spoken/words.py", f"SAYS = {says!r}")
    return path


def run(folder: Path, code: str, *argv: str, libraries: list[Path] | None = None) -> str | None:
    script = folder / "script.py"
    script.write_text(code)
    return run_script(script, argv=argv, libraries=libraries or [])


def test_a_script_is_main_and_has_its_arguments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = list(sys.argv)

    assert run(tmp_path, "import sys; print(__name__, sys.argv[1:])", "--a", "1") is None

    assert capsys.readouterr().out == "__main__ ['--a', '1']\n"
    assert sys.argv == before


def test_the_modules_of_one_run_are_unknown_to_the_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, path = "from spoken.words import SAYS; print(SAYS)", list(sys.path)

    for says in ("first", "second"):
        assert run(tmp_path, code, libraries=[library(tmp_path / says, says)]) is None
    without = run(tmp_path, code)

    assert capsys.readouterr().out == "first\nsecond\n"
    assert without == "ModuleNotFoundError: No module named 'spoken'"
    assert sys.path == path


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("raise ValueError('no')", "ValueError: no"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import sys; sys.exit('why')", "SystemExit: why"),
        ("import sys; sys.exit(0)", None),
        ("import sys; sys.exit()", None),
        ("raise KeyboardInterrupt", "KeyboardInterrupt: "),
        ("def", "SyntaxError: invalid syntax (script.py, line 1)"),
    ],
)
def test_how_a_script_ends_is_its_result(tmp_path: Path, code: str, error: str | None) -> None:
    assert run(tmp_path, code) == error
