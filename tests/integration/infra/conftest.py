"""Each stage is synthesized once for all tests of the templates."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.app import build
from infra.assembly import Assembly, read_assembly
from infra.config import STAGES


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stands in for the zip that takes a download; only its bytes and its name count here."""
    path = tmp_path_factory.mktemp("wheels") / "some.gluewheels.zip"
    path.write_bytes(b"wheels")
    return path


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Mapping[str, Path]:
    written: dict[str, Path] = {}
    for stage, config in STAGES.items():
        folder = tmp_path_factory.mktemp(stage)
        build(config, folder, wheels=None if stage == "local" else wheels).synth()
        written[stage] = folder
    return written


@pytest.fixture(scope="session")
def assemblies(folders: Mapping[str, Path]) -> Mapping[str, Assembly]:
    return {stage: read_assembly(folder) for stage, folder in folders.items()}


@pytest.fixture(scope="session")
def prod(assemblies: Mapping[str, Assembly]) -> Assembly:
    return assemblies["prod"]
