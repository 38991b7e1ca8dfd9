"""Writes the zips that jobs and functions run from: the same bytes for the same sources, without Docker."""

import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.imports import modules_of

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold
_CODE_AND_DATA = ("*.py", "*.toml", "*.json")
_NEEDS_MSGSPEC = {"codec.py", "write_keys.py"}  # of the contract: no Spark runtime has it
_AUDIT = "operations.audit.lambda_handler"
_COLLECTOR = "producers.collector.lambda_handler"


@dataclass(frozen=True, kw_only=True)
class Packages:
    """The artefacts that a deployment names."""

    glue_jobs: Path
    functions: dict[str, Path]
    """By the name that a function.yaml has for its zip."""


def package(*, root: Path = ROOT, out: Path = BUILD, vendored: dict[str, Path] | None = None) -> Packages:
    """Write every artefact; `vendored` has a zip of unpacked wheels for each zip of functions, or nothing."""
    wheels = vendored or {}
    sources = {"lambda": lambda_sources, "audit": audit_sources}
    return Packages(
        glue_jobs=write_zip(out / "glue_jobs.zip", root=root, files=glue_sources(root)),
        functions={
            # Two names, as both may be wanted: a deployment's, and one for a Python that has the packages.
            name: write_zip(
                out / (f"{name}.zip" if name in wheels else f"{name}_sources.zip"),
                root=root,
                files=files(root),
                beside=wheels.get(name),
            )
            for name, files in sources.items()
        },
    )


def glue_sources(root: Path) -> Iterator[Path]:
    """What a Spark job imports: the jobs, and the part of the contract that is plain Python."""
    yield from (path for path in (root / "contract").glob("*.py") if path.name not in _NEEDS_MSGSPEC)
    generated = root / "contract" / "generated"
    yield from (generated / "__init__.py", *generated.glob("*.json"), *generated.glob("*.avsc"))
    yield from (root / "glue_jobs").rglob("*.py")


def lambda_sources(root: Path) -> Iterator[Path]:
    """What a function imports and reads: the consumers, all of the contract but its generator, and of the producers
    what the collector imports."""
    consumers = {path for kind in _CODE_AND_DATA for path in (root / "consumers").rglob(kind)}
    yield from {*_contract(root), *consumers, *modules_of(root, _COLLECTOR)}


def audit_sources(root: Path) -> Iterator[Path]:
    """What the audit imports, wherever it stands, found by its imports."""
    yield from {*_contract(root), *modules_of(root, _AUDIT)}


def _contract(root: Path) -> Iterator[Path]:
    yield from (root / "contract").glob("*.py")
    generated = root / "contract" / "generated"
    yield from (path for kind in ("*.py", "*.json", "*.avsc") for path in generated.glob(kind))


def write_zip(target: Path, *, root: Path, files: Iterable[Path], beside: Path | None = None) -> Path:
    """Zip `files` under their paths relative to `root`; clock, order and modes leave no trace.

    What the zip `beside` holds is in it, too.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(f".{os.getpid()}.part")
    if beside is not None:
        shutil.copyfile(beside, unfinished)
    with zipfile.ZipFile(unfinished, "a" if beside else "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it was made
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    unfinished.replace(target)
    return target
