"""What all tests share: one small Spark session, made when the first test asks for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from infra.local.java import archive_option, java_home
from infra.local.paths import LocalPaths

JAVA = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -Duser.timezone=UTC"
TESTS = Path(__file__).parent
ARCHIVE = LocalPaths().home / "tests-classes.jsa"


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """The job's own settings on one core; start-up dominates small tests, so Java compiles less."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["JAVA_HOME"] = str(java_home(os.environ))
    scratch = tmp_path_factory.mktemp("spark")
    ARCHIVE.parent.mkdir(exist_ok=True)
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "2g",
        "spark.driver.extraJavaOptions": f"{JAVA} {archive_option(ARCHIVE)}",
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",  # planning again and again is most of a small run
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MILLIS",
    }
    builder = SparkSession.builder.master("local[1]").appName("tests")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.hookimpl(tryfirst=True)  # before the workers read the mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On several workers, what shares a Spark session or an endpoint stays together. Spark's tests take longest and
    come first."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: _group(item) != "spark")


def _group(item: pytest.Item) -> str:
    """A folder of fixtures is one group, elsewhere a file is."""
    if "spark" in getattr(item, "fixturenames", ()):
        return "spark"
    kind, *folders = item.path.relative_to(TESTS).parts
    return "/".join((kind, *folders[:1]))
