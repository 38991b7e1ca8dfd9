"""Great Expectations for Glue: a zip of wheels that its pip installs from, with no network at run time."""

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from infra.assets import BUILD, ROOT, write_zip

LOCK: Final = ROOT / "requirements" / "glue.lock"
SUFFIX: Final = ".gluewheels.zip"  # by which Glue knows such a zip
NAME: Final = f"great_expectations{SUFFIX}"

# What Glue 5.1 and Lambda run on, newest first: Amazon Linux 2023 with glibc 2.34.
_PLATFORMS: Final = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux2014_x86_64")
_FOLDER: Final = "wheels"  # in the zip; Glue looks there for requirements.txt, too

Download = Callable[[Path, Path], None]
"""Puts a wheel for each line of a lock into a folder."""


class WheelsMissing(Exception):
    """The wheels of a lock could not be had; the message says which, or what pip said."""


def ensure_wheels(*, target: Path = BUILD / NAME, lock: Path = LOCK) -> Path:
    """The zip of the lock's wheels, downloaded where it was not built from this lock before."""
    return target if is_built(target, lock) else build_wheels(target, lock=lock, download=download)


def is_built(target: Path, lock: Path) -> bool:
    """Whether `target` holds what `lock` asks for."""
    if not target.exists():
        return False
    with zipfile.ZipFile(target) as archive:
        return archive.read(f"{_FOLDER}/requirements.txt").decode() == requirements(pins(lock))


def build_wheels(target: Path, *, lock: Path, download: Download) -> Path:
    """Write the zip: the same bytes for the same wheels. Raises `WheelsMissing`."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / _FOLDER
        folder.mkdir()
        download(lock, folder)
        refuse_gaps(folder, pins(lock))
        (folder / "requirements.txt").write_text(requirements(pins(lock)))
        return write_zip(target, root=Path(scratch), files=folder.iterdir())


def download(lock: Path, folder: Path, *, python: str = "3.11") -> None:
    """Let pip fetch the wheels that fit Glue, or Lambda's Python, each held against its hash."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    fitting = ["--python-version", python, "--implementation", "cp", "--only-binary", ":all:", "--no-deps"]
    platforms = [word for platform in _PLATFORMS for word in ("--platform", platform)]
    given = ["--require-hashes", "--requirement", str(lock), "--dest", str(folder)]
    done = subprocess.run([*command, *fitting, *platforms, *given], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise WheelsMissing(f"pip could not fetch the wheels of {lock.name}:\n{done.stderr[-2000:]}")


def pins(lock: Path) -> Mapping[str, str]:
    """The version of each package in a lock, by its normalized name."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s\\;]+)", lock.read_text(), flags=re.MULTILINE))


def requirements(pinned: Mapping[str, str]) -> str:
    """The pins as pip reads them."""
    return "".join(f"{name}=={version}\n" for name, version in sorted(pinned.items()))


def refuse_gaps(folder: Path, wanted: Mapping[str, str]) -> None:
    """Raise `WheelsMissing` where the wheels in `folder` are not exactly those wanted."""
    names = (path.name.split("-") for path in folder.glob("*.whl"))
    found = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version, *_ in names}
    if found != wanted:
        raise WheelsMissing(f"wheels and lock differ in {sorted(set(found.items()) ^ set(wanted.items()))}")
