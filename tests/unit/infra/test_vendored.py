"""Packages for Lambda are the wheels of the lock, unpacked, the same bytes each time, and never too large."""

import sys
import zipfile
from pathlib import Path

import pytest

from infra import vendored
from infra.assets import ROOT
from infra.vendored import LOCKS, build_vendored
from infra.wheels import Download, WheelsMissing, pins

pytestmark = pytest.mark.unit

LINES = """
msgspec==0.22.0 \\
    --hash=sha256:00
pyarrow==21.0.0 \\
    --hash=sha256:01
"""
WHEELS = {
    "msgspec-0.22.0-cp312-cp312-manylinux2014_x86_64.whl": {"msgspec/__init__.py": "m", "msgspec/_core.so": "c"},
    "pyarrow-21.0.0-cp312-cp312-manylinux_2_28_x86_64.whl": {
        "pyarrow/__init__.py": "p",
        "pyarrow/tests/test_all.py": "t",
        "pyarrow/include/arrow/api.h": "h",
    },
}


def fetched(*wheels: str) -> Download:
    def download(_: Path, folder: Path) -> None:
        for wheel in wheels:
            with zipfile.ZipFile(folder / wheel, "w") as archive:
                for name, text in WHEELS[wheel].items():
                    archive.writestr(name, text)

    return download


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "some.lock"
    path.write_text(LINES)
    return path


def test_wheels_are_unpacked_without_what_no_function_needs(tmp_path: Path, lock: Path) -> None:
    built = build_vendored(tmp_path / "packages.zip", lock=lock, download=fetched(*WHEELS))

    with zipfile.ZipFile(built) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == {
            "msgspec/__init__.py": "m",
            "msgspec/_core.so": "c",
            "pyarrow/__init__.py": "p",
            "requirements.txt": "msgspec==0.22.0\npyarrow==21.0.0\n",
        }


def test_the_same_wheels_are_the_same_bytes(tmp_path: Path, lock: Path) -> None:
    first, second = (
        build_vendored(tmp_path / name, lock=lock, download=fetched(*wheels)).read_bytes()
        for name, wheels in (("first.zip", tuple(WHEELS)), ("second.zip", tuple(WHEELS)[::-1]))
    )

    assert first == second


def test_a_wheel_too_few_is_refused(tmp_path: Path, lock: Path) -> None:
    with pytest.raises(WheelsMissing, match="pyarrow"):
        build_vendored(tmp_path / "packages.zip", lock=lock, download=fetched(next(iter(WHEELS))))

    assert not (tmp_path / "packages.zip").exists()


def test_more_than_lambda_takes_is_refused(tmp_path: Path, lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendored, "UNZIPPED_LIMIT_BYTES", 2)

    with pytest.raises(WheelsMissing, match=r"some.lock are 3 bytes; Lambda takes 2"):
        build_vendored(tmp_path / "packages.zip", lock=lock, download=fetched(*WHEELS))


@pytest.mark.parametrize("name", LOCKS)
def test_functions_run_with_the_versions_that_are_tested_with(name: str) -> None:
    dev, locked = pins(ROOT / "requirements" / "dev.lock"), pins(LOCKS[name])

    assert {package: dev.get(package) for package in locked} == locked
    assert set(pins(LOCKS["lambda"])) == {
        *("msgspec", "pybase64", "structlog"),
        *("ua-parser", "ua-parser-builtins"),  # the collector's
    }
    assert set(pins(LOCKS["audit"])) - set(pins(LOCKS["lambda"])) == {"pyarrow"}
    assert sys.version_info[:2] == (3, 11)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_hashes_for_all_and_names_no_index(name: str) -> None:
    lines = LOCKS[name].read_text().splitlines()
    packages = [line for line in lines if "==" in line]

    assert [line for line in packages if not line.endswith(" \\")] == []
    assert [line for line in lines if not line.startswith(("    --hash=sha256:", *pins(LOCKS[name])))] == []
