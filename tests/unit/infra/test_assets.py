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
        "contract/write_keys.py",
        "contract/generate/__main__.py",
        "contract/generated/__init__.py",
        "contract/generated/contract.json",
        "contract/generated/items.avsc",
        "contract/generated/types.py",
        "consumers/__init__.py",
        "consumers/sync/core.py",
        "consumers/sync/desired.toml",
        "consumers/sync/function.yaml",
        "consumers/sync/__pycache__/core.pyc",
        "glue_jobs/__init__.py",
        "glue_jobs/events/main.py",
        "glue_jobs/events/job.yaml",
        "glue_jobs/events/__pycache__/main.pyc",
        "glue_jobs/store.py",
        "operations/__init__.py",
        "operations/audit/__init__.py",
        "operations/cli.py",
        "infra/app.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""{name}"""')
    (tmp_path / "operations" / "audit" / "lambda_handler.py").write_text("from glue_jobs.store import Store")
    return tmp_path


def content(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def said(*names: str) -> dict[str, str]:
    """What the fixture wrote into these."""
    return {name: f'"""{name}"""' for name in names}


CONTRACT = (
    "contract/__init__.py",
    "contract/codec.py",
    "contract/generated/__init__.py",
    "contract/generated/contract.json",
    "contract/generated/items.avsc",
    "contract/generated/types.py",
    "contract/times.py",
    "contract/write_keys.py",
)


def test_a_job_gets_the_jobs_and_the_plain_part_of_the_contract_and_nothing_else(root: Path) -> None:
    path = package(root=root, out=root / "build").glue_jobs

    assert content(path) == said(
        "contract/__init__.py",
        "contract/generated/__init__.py",
        "contract/generated/contract.json",
        "contract/generated/items.avsc",
        "contract/times.py",
        "glue_jobs/__init__.py",
        "glue_jobs/events/main.py",
        "glue_jobs/store.py",
    )
    assert path.name == "glue_jobs.zip"


def test_a_function_gets_all_consumers_with_what_they_read_and_the_whole_contract(root: Path) -> None:
    path = package(root=root, out=root / "build").functions["lambda"]

    assert content(path) == said(
        *CONTRACT, "consumers/__init__.py", "consumers/sync/core.py", "consumers/sync/desired.toml"
    )


def test_the_audit_gets_what_it_imports_and_no_command(root: Path) -> None:
    path = package(root=root, out=root / "build").functions["audit"]

    assert content(path) == {
        **said(*CONTRACT, "glue_jobs/__init__.py", "glue_jobs/store.py"),
        **said("operations/__init__.py", "operations/audit/__init__.py"),
        "operations/audit/lambda_handler.py": "from glue_jobs.store import Store",
    }


def test_packages_lie_beside_the_sources_in_a_zip_of_another_name(root: Path) -> None:
    (root / "msgspec.py").write_text("a package")
    vendored = write_zip(root / "packages.zip", root=root, files=[root / "msgspec.py"])
    plain = package(root=root, out=root / "build").functions
    first, second = (
        package(root=root, out=root / "build", vendored={"lambda": vendored}).functions["lambda"].read_bytes()
        for _ in range(2)
    )

    assert first == second
    assert content(root / "build" / "lambda.zip") == {"msgspec.py": "a package", **content(plain["lambda"])}
    assert {name: path.name for name, path in plain.items()} == {
        "lambda": "lambda_sources.zip",
        "audit": "audit_sources.zip",
    }


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
