"""Each function's handler starts from its zip, with the packages of its lock and the environment it declares."""

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from infra.assets import ROOT, Packages, package
from infra.capabilities.function_spec import FunctionSpec, read_functions
from infra.vendored import LOCKS
from infra.wheels import pins

pytestmark = pytest.mark.integration

# Finds packages that are not in the lock nor in Lambda's runtime, so that importing one fails as it would there.
START = """
import importlib, sys
zip, packages, handler, *allowed = sys.argv[1:]
ours = {"consumers", "contract", "glue_jobs", "operations", "producers"}

class Runtime:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] not in {*allowed, *ours, *sys.stdlib_module_names}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Runtime)
sys.path[:0] = [zip]
sys.path.append(packages)
module, _, name = handler.rpartition(".")
loaded = importlib.import_module(module)
import structlog
print(callable(getattr(loaded, name)), loaded.__file__.startswith(zip), structlog.is_configured())
"""
RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
LOOKED_FOR = ("re2", "ua_parser_rs")  # faster engines that ua-parser does without
GIVEN_BY_LAMBDA = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_LAMBDA_FUNCTION_NAME": "some"}
NUMBERS = {
    "PUT_EVENTS_PER_SECOND": "250",
    "POLL_SECONDS": "5.0",
    "CALLS_PER_SECOND": "10",
    "MONTHLY_CAP_USD": "300",
    "INTERACTIONS_SOURCE": "both",
    "COLLECTOR_WRITE_KEYS": '[{"name": "web", "sha256": "' + "0a" * 32 + '"}]',
    "COLLECTOR_WRITE_KEYS_PARAMETER": "",
    "COLLECTOR_ORIGINS": "https://shop.example",
    "COLLECTOR_TRUNCATE_IP": "true",
    "COLLECTOR_PARSE_USER_AGENT": "true",
}


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    return package(out=tmp_path_factory.mktemp("packages"))


def environment(spec: FunctionSpec) -> dict[str, str]:
    """What infra would fill in, near enough to be read."""
    filled = {name: value if "${" not in value else "filled" for name, value in spec.environment.items()}
    known = {name: value for name, value in NUMBERS.items() if name in filled}
    role = {name: "arn:aws:iam::111122223333:role/some" for name in filled if name.endswith("_ROLE_ARN")}
    return {**GIVEN_BY_LAMBDA, "LOG_LEVEL": "INFO", **filled, **known, **role}


@pytest.mark.parametrize("spec", read_functions(ROOT), ids=lambda spec: spec.name)
def test_a_handler_starts_from_its_zip(spec: FunctionSpec, packages: Packages) -> None:
    site = sysconfig.get_path("purelib")  # as a plain folder: our own editable install is not seen
    allowed = (*RUNTIME, *LOOKED_FOR, *(name.replace("-", "_") for name in pins(LOCKS[spec.zip])))

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", START, str(packages.functions[spec.zip]), site, spec.handler, *allowed],
        env=environment(spec),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("True True True\n", "")


def test_a_zip_holds_what_its_functions_read(packages: Packages) -> None:
    with zipfile.ZipFile(packages.functions["lambda"]) as archive:
        names = set(archive.namelist())
    read = {
        str(path.relative_to(ROOT)) for kind in ("*.toml", "*.json") for path in (ROOT / "consumers").rglob(kind)
    } | {str(path.relative_to(ROOT)) for path in (ROOT / "contract" / "generated").glob("*.avsc")}

    assert read - names == set()
    assert len(read) > 3
    assert [name for name in names if name.endswith((".yaml", ".pyc"))] == []


def test_zips_are_small_enough_to_start_fast(packages: Packages) -> None:
    sizes: dict[str, Path] = packages.functions

    assert {name: path.stat().st_size < 1_000_000 for name, path in sizes.items()} == {"lambda": True, "audit": True}
