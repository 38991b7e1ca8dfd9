"""Packages for Lambda: wheels downloaded by lock, unpacked into one zip that functions' zips begin with."""

import tempfile
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from infra.assets import BUILD, ROOT, write_zip
from infra.wheels import Download, WheelsMissing, download, pins, refuse_gaps, requirements

LOCKS: Final[Mapping[str, Path]] = {name: ROOT / "requirements" / f"{name}.lock" for name in ("lambda", "audit")}
"""By the name that a function.yaml has for its zip."""

PYTHON: Final = "3.12"
UNZIPPED_LIMIT_BYTES: Final = 250 * 1024**2  # Lambda's own, for a function with its layers
_TOLD: Final = "requirements.txt"
# Headers, sources and tests that come with wheels; no function needs them.
_LEFT_OUT: Final = ("pyarrow/include/", "pyarrow/includes/", "pyarrow/src/", "pyarrow/tests/")


def ensure_vendored(*, build: Path = BUILD, locks: Mapping[str, Path] = LOCKS) -> dict[str, Path]:
    """A zip for each lock, downloaded where it was not built from this lock before. Raises `WheelsMissing`."""
    zips = {}
    for name, lock in locks.items():
        target = zips[name] = build / f"{name}_packages.zip"
        if not _is_built(target, lock):
            build_vendored(target, lock=lock, download=partial(download, python=PYTHON))
    return zips


def build_vendored(target: Path, *, lock: Path, download: Download) -> Path:
    """Write the zip: the same bytes for the same wheels. Raises `WheelsMissing`, also where Lambda would refuse it."""
    with tempfile.TemporaryDirectory() as scratch:
        wheels, site = Path(scratch) / "wheels", Path(scratch) / "site"
        wheels.mkdir()
        download(lock, wheels)
        refuse_gaps(wheels, pins(lock))
        for wheel in wheels.glob("*.whl"):
            _unpack(wheel, site)
        _refuse_too_large(lock, site)
        (site / _TOLD).write_text(requirements(pins(lock)))
        return write_zip(target, root=site, files=(path for path in site.rglob("*") if path.is_file()))


def _is_built(target: Path, lock: Path) -> bool:
    if not target.exists():
        return False
    with zipfile.ZipFile(target) as archive:
        return archive.read(_TOLD).decode() == requirements(pins(lock))


def _unpack(wheel: Path, site: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site, [name for name in archive.namelist() if not name.startswith(_LEFT_OUT)])


def _refuse_too_large(lock: Path, site: Path) -> None:
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    if size > UNZIPPED_LIMIT_BYTES:
        raise WheelsMissing(f"the packages of {lock.name} are {size:,} bytes; Lambda takes {UNZIPPED_LIMIT_BYTES:,}")
