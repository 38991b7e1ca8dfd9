"""The zip of wheels holds what the lock says, is the same for the same wheels, and fits beside what Glue has."""

import sys
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from infra.assets import ROOT
from infra.wheels import LOCK, NAME, SUFFIX, Download, WheelsMissing, build_wheels, is_built, pins

pytestmark = pytest.mark.unit

GLUE_HAS = pins(ROOT / "requirements" / "glue-5.1.txt")
LINES = """
altair==6.3.0 \\
    --hash=sha256:00
ruamel-yaml==0.19.1 \\
    --hash=sha256:01 \\
    --hash=sha256:02
"""
WHEELS = ("altair-6.3.0-py3-none-any.whl", "ruamel.yaml-0.19.1-cp311-cp311-manylinux2014_x86_64.whl")
GLUE_5_1 = {"python_version": "3.11", "sys_platform": "linux", "platform_machine": "x86_64", "extra": ""}


def fetched(*wheels: str) -> Download:
    """A download that brings these, each with its name as content."""

    def download(_: Path, folder: Path) -> None:
        for wheel in wheels:
            (folder / wheel).write_text(wheel)

    return download


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "some.lock"
    path.write_text(LINES)
    return path


def test_the_zip_holds_every_wheel_of_the_lock_and_says_so(tmp_path: Path, lock: Path) -> None:
    built = build_wheels(tmp_path / NAME, lock=lock, download=fetched(*WHEELS))

    with zipfile.ZipFile(built) as archive:
        content = {name: archive.read(name).decode() for name in archive.namelist()}
    assert content == {
        **{f"wheels/{wheel}": wheel for wheel in WHEELS},
        "wheels/requirements.txt": "altair==6.3.0\nruamel-yaml==0.19.1\n",
    }
    assert built.name.endswith(SUFFIX) is True


def test_the_same_wheels_are_the_same_bytes_in_whatever_order_they_came(tmp_path: Path, lock: Path) -> None:
    first, second = (
        build_wheels(tmp_path / folder / NAME, lock=lock, download=fetched(*wheels)).read_bytes()
        for folder, wheels in (("first", WHEELS), ("second", WHEELS[::-1]))
    )

    assert first == second


@pytest.mark.parametrize(
    ("wheels", "named"),
    [
        (WHEELS[:1], "ruamel-yaml"),
        ((*WHEELS, "six-1.17.0-py3-none-any.whl"), "six"),
        ((WHEELS[0].replace("6.3.0", "6.2.0"), WHEELS[1]), "6.2.0"),
    ],
)
def test_a_wheel_too_few_too_many_or_of_another_version_is_refused(
    tmp_path: Path, lock: Path, wheels: tuple[str, ...], named: str
) -> None:
    with pytest.raises(WheelsMissing, match=named):
        build_wheels(tmp_path / NAME, lock=lock, download=fetched(*wheels))

    assert not (tmp_path / NAME).exists()


def test_a_zip_counts_as_built_until_the_lock_changes(tmp_path: Path, lock: Path) -> None:
    target = tmp_path / NAME
    before = is_built(target, lock)
    build_wheels(target, lock=lock, download=fetched(*WHEELS))
    built = is_built(target, lock)
    lock.write_text(LINES.replace("6.3.0", "6.4.0"))

    assert (before, built, is_built(target, lock)) == (False, True, False)


def test_the_wheels_are_of_the_versions_that_are_tested_with() -> None:
    dev, glue = pins(ROOT / "requirements" / "dev.lock"), pins(LOCK)

    assert {name: dev.get(name) for name in glue} == glue
    assert glue["great-expectations"] == "1.24.1"


def test_the_lock_has_hashes_for_all_and_names_no_index() -> None:
    lines = LOCK.read_text().splitlines()
    packages = [line for line in lines if "==" in line]

    assert [line for line in packages if not line.endswith(" \\")] == []
    assert [line for line in lines if not line.startswith(("    --hash=sha256:", *pins(LOCK)))] == []


def test_nothing_is_wanted_that_neither_the_zip_nor_glue_has() -> None:
    """What pip on Glue will find, as it is without an index."""
    there = {**GLUE_HAS, **pins(LOCK)}
    wanting = {
        f"{name} wants {needed}"
        for name in pins(LOCK)
        for needed in map(Requirement, requires(name) or ())
        if needed.marker is None or needed.marker.evaluate(GLUE_5_1)
        if not needed.specifier.contains(there.get(needed.name.lower().replace("_", "-").replace(".", "-"), "0"))
    }

    assert wanting == set()
    assert sys.version_info[:2] == (3, 11)


def test_what_glue_has_is_not_shipped_again() -> None:
    assert set(pins(LOCK)) & set(GLUE_HAS) == set()
