"""Fetches Spark's S3 connector once, by Spark's own resolver, and pins what it got."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from contract.errors import ConfigurationError
from infra.local.java import java_home

PACKAGES: Final = (
    "org.apache.hadoop:hadoop-aws:3.3.4",
    "com.amazonaws:aws-java-sdk-s3:1.12.262",
    "com.amazonaws:aws-java-sdk-dynamodb:1.12.262",
    "com.amazonaws:aws-java-sdk-sts:1.12.262",
)
# The bundle is 280 MB of which S3 needs five; the rest Spark brings in newer versions.
EXCLUDED: Final = (
    "com.amazonaws:aws-java-sdk-bundle",
    "com.fasterxml.jackson.core:jackson-annotations",
    "com.fasterxml.jackson.core:jackson-core",
    "com.fasterxml.jackson.core:jackson-databind",
    "commons-codec:commons-codec",
    "commons-logging:commons-logging",
    "joda-time:joda-time",
    "org.apache.httpcomponents:httpclient",
    "org.apache.httpcomponents:httpcore",
)
LOCK: Final = Path(__file__).with_name("jars.lock")


def ensure_jars(folder: Path, *, lock: Path = LOCK) -> tuple[Path, ...]:
    """The connector's jars in `folder`, fetched when one is missing or altered; in a fixed order.

    Raises `ConfigurationError` when they cannot be fetched or are not the pinned ones.
    """
    pinned = read_lock(lock)
    if _problem(folder, pinned) is not None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent.resolve(), prefix="jars-") as scratch:
            fetched = _resolve(Path(scratch))
            problem = _problem(fetched, pinned)
            if problem is not None:
                raise ConfigurationError(f"Spark's resolver fetched other jars than {lock.name} pins: {problem}")
            _replace(folder, fetched)
    return tuple(folder / name for name in pinned)


def read_lock(lock: Path) -> dict[str, str]:
    """The pinned jars, name to sha256."""
    rows = (line.split() for line in lock.read_text().splitlines() if line)
    return {name: digest for digest, name in rows}


def _problem(folder: Path, pinned: dict[str, str]) -> str | None:
    for name, digest in pinned.items():
        path = folder / name
        if not path.exists():
            return f"{name} is missing"
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            return f"{name} has another sha256"
    return None


def _resolve(scratch: Path) -> Path:
    # An empty application: Spark resolves its packages into `<ivy>/jars` before it would run anything.
    settings = {
        "spark.jars.ivy": str(scratch / "ivy"),
        "spark.jars.packages": ",".join(PACKAGES),
        "spark.jars.excludes": ",".join(EXCLUDED),
        "spark.ui.enabled": "false",
    }
    options = [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
    application = scratch / "nothing.py"
    application.touch()
    done = subprocess.run(
        [str(_spark_home() / "bin" / "spark-submit"), "--master", "local[1]", *options, str(application)],
        env={**os.environ, **_spark_environment(), "SPARK_SUBMIT_OPTS": _without_maven_cache(scratch)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ConfigurationError(
            f"Spark could not fetch its S3 connector; is the network reachable?\n{done.stderr[-2000:]}"
        )
    return scratch / "ivy" / "jars"


def _without_maven_cache(scratch: Path) -> str:
    # The resolver believes a POM in ~/.m2 without asking for its jar, which Maven may never have fetched.
    return f"{os.environ.get('SPARK_SUBMIT_OPTS', '')} -Duser.home={scratch}".strip()


def _spark_environment() -> dict[str, str]:
    return {
        "SPARK_HOME": str(_spark_home()),
        "JAVA_HOME": str(java_home(os.environ)),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def _spark_home() -> Path:
    package = find_spec("pyspark")
    if package is None or package.origin is None:
        raise ConfigurationError("pyspark is not installed; run `make setup`")
    return Path(package.origin).parent


def _replace(folder: Path, fetched: Path) -> None:
    # A rename is atomic: nobody ever sees half a set of jars.
    if folder.exists():
        shutil.rmtree(folder)
    fetched.rename(folder)
