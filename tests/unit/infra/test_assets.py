"""The zips that jobs run from are the same bytes for the same sources, and hold what a job imports."""

import os
import zipfile
from pathlib import Path

import pytest

from infra.assets import glue_sources, package, write_zip

pytestmark = pytest.mark.unit


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (
        "contract/__init__.py",
        "contract/times.py",
        "contract/codec.py",
        "contract/generate/__main__.py",
        "contract/generated/__init__.py",
        "contract/generated/contract.json",
        "contract/generated/items.avsc",
        "contract/generated/types.py",
        "glue_jobs/__init__.py",
        "glue_jobs/events/main.py",
        "glue_jobs/events/job.yaml",
        "glue_jobs/events/__pycache__/main.pyc",
        "infra/app.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def test_a_job_gets_the_jobs_and_the_plain_part_of_the_contract_and_nothing_else(root: Path) -> None:
    (path,) = package(root=root, out=root / "build")

    with zipfile.ZipFile(path) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == {
            name: name
            for name in (
                "contract/__init__.py",
                "contract/generated/__init__.py",
                "contract/generated/contract.json",
                "contract/generated/items.avsc",
                "contract/times.py",
                "glue_jobs/__init__.py",
                "glue_jobs/events/main.py",
            )
        }
    assert path.name == "glue_jobs.zip"


def test_neither_order_nor_time_nor_mode_changes_the_bytes(root: Path) -> None:
    files = list(glue_sources(root))
    first = write_zip(root / "first.zip", root=root, files=files).read_bytes()
    for path in files:
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o755)

    second = write_zip(root / "second.zip", root=root, files=reversed(files)).read_bytes()

    assert first == second


def test_another_source_is_another_zip(root: Path) -> None:
    first = write_zip(root / "first.zip", root=root, files=glue_sources(root)).read_bytes()
    (root / "contract" / "times.py").write_text("changed")

    assert write_zip(root / "first.zip", root=root, files=glue_sources(root)).read_bytes() != first


def test_a_failed_write_leaves_the_former_zip_whole(root: Path) -> None:
    target = write_zip(root / "z.zip", root=root, files=glue_sources(root))
    before = target.read_bytes()

    with pytest.raises(FileNotFoundError):
        write_zip(target, root=root, files=[root / "contract" / "missing.py"])

    assert target.read_bytes() == before
