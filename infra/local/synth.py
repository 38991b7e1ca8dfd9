"""Synthesizes the local stage's templates, once for each state of their sources."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from contract.errors import ConfigurationError
from infra.config import LakePartition
from infra.local.paths import ROOT

ASSEMBLIES: Final = Path("build/cdk")
_FOLDERS: Final = ("infra", "eventbridge_rules", "glue_jobs", "contract", "consumers", "operations")
_FILES: Final = ("requirements/dev.lock",)
_IGNORED: Final = {"__pycache__", ".mypy_cache", ".ruff_cache"}


def synthesize(root: Path = ROOT, *, lake_partition: LakePartition = "day") -> tuple[Path, bool]:
    """The local assembly and whether it had to be made; raises `ConfigurationError` with what CDK said."""
    assembly = root / ASSEMBLIES / f"local-by-{lake_partition}"
    stamp = assembly.with_suffix(".sources")
    digest = source_digest(root)
    if (assembly / "manifest.json").exists() and stamp.exists() and stamp.read_text() == digest:
        return assembly, False
    done = subprocess.run(
        [
            *(sys.executable, "-m", "infra.app", "--stage", "local"),
            *("--lake_partition", lake_partition, "--out", str(assembly)),
        ],
        cwd=root,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ConfigurationError(f"the templates could not be synthesized:\n{done.stderr[-3000:]}")
    stamp.write_text(digest)
    return assembly, True


def source_digest(root: Path = ROOT) -> str:
    """A hash of everything the templates are made of, names included."""
    digest = hashlib.sha256()
    for path in _sources(root):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            parts = set(path.relative_to(root).parts)
            in_local = path.is_relative_to(root / "infra" / "local")
            if path.is_file() and not in_local and not parts & _IGNORED:
                yield path
    yield from (root / file for file in _FILES if (root / file).exists())
