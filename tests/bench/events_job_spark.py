"""One run of the events job in this process: raw folder in, lake and quarantine folders out."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import SparkSession

from glue_jobs.events.main import _session
from glue_jobs.events.run import Settings, Stores, run
from tests.support.folder_store import FolderStore

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)


def main(raw: Path, out: Path) -> None:
    for name in ("lake", "quarantine"):
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)
    _start_spark(out)
    stores = Stores(raw=FolderStore(raw), lake=FolderStore(out / "lake"), quarantine=FolderStore(out / "quarantine"))
    settings = Settings(earliest=EARLIEST, lookback=None)
    spark = _session()
    run(spark, stores, settings, clock=lambda: datetime.now(UTC), run_id="bench")
    spark.stop()


def _start_spark(out: Path) -> None:
    """What the machine gives; the job sets what it needs by itself."""
    machine = {
        "spark.master": "local[2]",
        "spark.driver.memory": "6g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.local.dir": str(out / "spark"),
    }
    builder = SparkSession.builder
    for key, value in machine.items():
        builder = builder.config(key, value)
    builder.getOrCreate()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
