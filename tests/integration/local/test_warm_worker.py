"""A warm process has imported what takes seconds to import, and does without where it is not installed."""

import os
import sys
from pathlib import Path

import pytest

from infra.local.jars import ensure_jars
from infra.local.server import client_environment
from infra.local.spark_process import SparkProcess, Task
from infra.local.spark_worker import _import_slow_package
from tests.support.local_endpoint import JARS

pytestmark = pytest.mark.integration

SCRIPT = """
import sys, time

deadline = time.monotonic() + 90
while not hasattr(sys.modules.get("great_expectations"), "get_context"):
    if time.monotonic() > deadline:
        sys.exit("nobody imported it")
    time.sleep(0.05)
"""


def test_the_slow_package_comes_with_a_warm_start(tmp_path: Path) -> None:
    environ = {**os.environ, **client_environment("http://127.0.0.1:9")}  # nobody answers there, nor has to
    spark = SparkProcess(jars=ensure_jars(JARS), environ=environ, log=tmp_path / "spark.log", memory="1g")
    (tmp_path / "script.py").write_text(SCRIPT)
    task = Task(script=tmp_path / "script.py", libraries=[], argv=[], spark={}, log=tmp_path / "job.log")
    spark.start(warm_up=True)

    outcome = spark.run(task, timeout_seconds=120, cancelled=lambda: False)
    spark.kill()

    assert (outcome.state, outcome.error) == ("SUCCEEDED", "")


def test_a_package_that_is_not_there_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "great_expectations", None)

    _import_slow_package()
