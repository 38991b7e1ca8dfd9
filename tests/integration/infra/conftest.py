"""Each stage is synthesized once for all tests of the templates."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.app import Wheels, build
from infra.assembly import Assembly, read_assembly
from infra.assets import write_zip
from infra.config import STAGES


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Wheels:
    """Stand in for the zips that take a download; only their bytes and names count here."""
    folder = tmp_path_factory.mktemp("wheels")
    (folder / "package.py").write_text("")
    (folder / "some.gluewheels.zip").write_bytes(b"wheels")
    vendored = {
        name: write_zip(folder / f"{name}.zip", root=folder, files=[folder / "package.py"])
        for name in ("lambda", "audit")
    }
    return Wheels(glue=folder / "some.gluewheels.zip", functions=vendored)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory, wheels: Wheels) -> Mapping[str, Path]:
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
