"""The collector's image: what it copies is what the server imports, its packages are locked, its user is nobody."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.assets import ROOT
from infra.capabilities.collector_service import PORT, SPOOL
from infra.imports import modules_of
from infra.wheels import pins

pytestmark = pytest.mark.unit

FOLDER = ROOT / "producers" / "collector"
DOCKERFILE = re.sub(r"\\\n\s*", "", (FOLDER / "Dockerfile").read_text())
LOCK = ROOT / "requirements" / "collector.lock"
NAMES = {"jwt": "pyjwt", "ua_parser": "ua-parser"}
IN_LAMBDA_ALONE = {"boto3"}


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, flags=re.MULTILINE)


def copied() -> list[Path]:
    return [ROOT / words.split()[0] for words in instructions("COPY") if not words.startswith("--from")]


def third_party(paths: frozenset[Path]) -> Iterator[str]:
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import(names=names):
                    yield from (alias.name.partition(".")[0] for alias in names)
                case ast.ImportFrom(module=str(module)):
                    yield module.partition(".")[0]


def test_it_copies_all_that_the_server_imports() -> None:
    needed = modules_of(ROOT, "producers.collector.__main__")

    assert [path for path in needed if not any(path.is_relative_to(there) for there in copied())] == []
    assert ROOT / "producers" / "sdk" / "producer.py" in needed
    assert [there for there in copied() if not there.exists()] == []


def test_what_the_build_may_see_is_what_it_copies() -> None:
    seen = [ROOT / line[1:] for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"]

    assert sorted(seen) == sorted(set(copied()))


def test_it_compiles_what_is_in_c() -> None:
    [compile_it] = [line for line in instructions("RUN") if line.startswith("gcc")]

    assert all(list(ROOT.glob(source.lstrip("/"))) for source in compile_it.split() if source.endswith(".c"))
    assert "--from=native /contract/_native.so /collector/contract/_native.so" in instructions("COPY")


def test_its_lock_has_all_that_the_server_imports_at_the_versions_that_are_tested() -> None:
    dev, locked = pins(ROOT / "requirements" / "dev.lock"), pins(LOCK)
    ours = {"contract", "producers"} | sys.stdlib_module_names
    wanted = set(third_party(modules_of(ROOT, "producers.collector.__main__"))) - ours - IN_LAMBDA_ALONE

    assert {NAMES.get(name, name) for name in wanted} - set(locked) == set()
    assert {package: dev.get(package) for package in locked} == locked
    assert "uvicorn" in locked


def test_packages_are_taken_by_their_hashes_alone() -> None:
    [install] = [line for line in instructions("RUN") if "pip install" in line]
    packages = [line for line in LOCK.read_text().splitlines() if "==" in line]

    assert "--require-hashes" in install
    assert "--only-binary :all:" in install
    assert [line for line in packages if not line.endswith(" \\")] == []


def test_it_runs_as_a_user_without_rights_who_owns_the_spool() -> None:
    assert instructions("USER") == ["10001:10001"]
    assert instructions("VOLUME") == [f'["{SPOOL}"]']
    assert instructions("EXPOSE") == [str(PORT)]
    assert any(f"--owner=collector --group=collector --mode=0700 {SPOOL}" in line for line in instructions("RUN"))


def test_it_is_of_the_python_that_is_tested() -> None:
    assert instructions("ARG") == [f"PYTHON={sys.version_info[0]}.{sys.version_info[1]}-slim-bookworm"]
