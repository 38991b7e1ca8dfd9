"""Who may import whom: the arrows of the data flow, kept true."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
OURS = {
    "contract",
    "producers",
    "consumers",
    "glue_jobs",
    "emr_steps",
    "eventbridge_rules",
    "serving",
    "personalize_local",
    "infra",
    "operations",
    "tests",
}
MAY_IMPORT: dict[str, set[str]] = {
    "contract": set(),
    "producers": {"contract"},
    "consumers": {"contract"},
    "glue_jobs": {"contract"},
    "emr_steps": {"contract"},
    "eventbridge_rules": {"contract"},
    "serving": {"contract"},
    "personalize_local": set(),
    "infra": {"contract", "eventbridge_rules"},  # and reads the data files beside the code
    "infra/local": {"contract", "eventbridge_rules", "personalize_local"},
    "operations": OURS - {"tests", "operations"},
}
NEEDS_MSGSPEC = {"contract/codec.py", "contract/write_keys.py", "contract/generated/types.py"}
IN_SPARK = {"contract", "pyspark", "boto3", "botocore", "numpy", "pyarrow"} | sys.stdlib_module_names


def imports(path: Path) -> set[str]:
    """Full names of the modules that a file imports, also within functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(module=str(module), level=0, names=names):
                found |= {module, *(f"{module}.{alias.name}" for alias in names)}
            case ast.ImportFrom():
                raise AssertionError(f"{path}: relative imports hide the arrows")
    return found


def files(unit: str) -> list[Path]:
    return sorted((ROOT / unit).rglob("*.py"))


def top(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("unit", sorted(MAY_IMPORT))
def test_imports_follow_the_data_flow(unit: str) -> None:
    own = unit.partition("/")[0]
    outer = [p for p in files(unit) if unit != "infra" or "local" not in p.relative_to(ROOT / "infra").parts]
    strays = {
        f"{path.relative_to(ROOT)} imports {top(module)}"
        for path in outer
        for module in imports(path)
        if top(module) in OURS - MAY_IMPORT[unit] - {own}
    }

    assert strays == set()


def test_the_contracts_root_is_plain_python() -> None:
    strays = {
        f"{name} imports {top(module)}"
        for path in files("contract")
        if (name := str(path.relative_to(ROOT))) not in NEEDS_MSGSPEC
        for module in imports(path)
        if top(module) not in {"contract"} | sys.stdlib_module_names
        or module in {"contract.codec", "contract.write_keys", "contract.generated.types"}
    }

    assert strays == set()


@pytest.mark.parametrize("unit", ["glue_jobs", "emr_steps"])
def test_spark_jobs_import_only_what_their_zip_and_glue_hold(unit: str) -> None:
    strays = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files(unit)
        for module in imports(path)
        if top(module) not in IN_SPARK | {unit} or module in {"contract.codec", "contract.generated.types"}
    }

    assert strays == set()


def test_there_is_no_local_mode_in_the_product() -> None:
    product = [p for unit in MAY_IMPORT if not unit.startswith(("infra", "operations")) for p in files(unit)]

    assert [p for p in product if any(m.startswith("infra") for m in imports(p))] == []
    assert len(product) > 50


def test_no_entry_point_is_imported_by_a_unit_test() -> None:
    entries = {"lambda_handler", "main", "__main__"}
    strays = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files("tests/unit")
        for module in imports(path)
        if top(module) in OURS - {"tests"} and entries & set(module.split("."))
    }

    assert strays == set()


def test_every_file_says_what_it_is_for_and_stays_readable() -> None:
    long, silent = [], []
    for path in (p for unit in OURS for p in files(unit)):
        text = path.read_text()
        long += [str(path)] if text.count("\n") > 300 else []
        silent += [str(path)] if text.strip() and not ast.get_docstring(ast.parse(text)) else []

    assert (long, silent) == ([], [])
