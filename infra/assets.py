"""Writes the zips that jobs run from: the same bytes for the same sources, without Docker."""

import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold


def package(*, root: Path = ROOT, out: Path = BUILD) -> tuple[Path, ...]:
    """Write every artefact that a deployment names, and return their paths."""
    return (write_zip(out / "glue_jobs.zip", root=root, files=glue_sources(root)),)


def glue_sources(root: Path) -> Iterator[Path]:
    """What a Spark job imports: the jobs, and the part of the contract that is plain Python."""
    yield from (path for path in (root / "contract").glob("*.py") if path.name != "codec.py")
    generated = root / "contract" / "generated"
    yield from (generated / "__init__.py", *generated.glob("*.json"), *generated.glob("*.avsc"))
    yield from (root / "glue_jobs").rglob("*.py")


def write_zip(target: Path, *, root: Path, files: Iterable[Path]) -> Path:
    """Zip `files` under their paths relative to `root`; clock, order and modes leave no trace."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(f".{os.getpid()}.part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it was made
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    unfinished.replace(target)
    return target
