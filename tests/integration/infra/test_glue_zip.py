"""The contract works from the zip in a Python that has nothing installed, as on a Glue worker."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.assets import package

pytestmark = pytest.mark.integration

IMPORT_ALL = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
for name in json.loads(sys.argv[2]):
    assert importlib.import_module(name).__file__.startswith(sys.argv[1]), name
print("imported")
"""


def test_every_part_of_the_contract_that_jobs_carry_imports_without_a_package(tmp_path: Path) -> None:
    path = package(out=tmp_path).glue_jobs
    with zipfile.ZipFile(path) as archive:
        modules = [
            name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for name in archive.namelist()
            if name.startswith("contract/") and name.endswith(".py")
        ]
    assert "contract.rules" in modules

    # -I -S: neither site-packages nor the working directory can lend what the zip lacks.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT_ALL, str(path), json.dumps(modules)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("imported\n", "")
